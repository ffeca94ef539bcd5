//! The geo group. Places lie in one region and here and there in the world.
//!
//! Stored distances are searched again, but not stored again, because their last bit may differ: as places they all lie at
//! one distance, so that a COUNT shows how Redis' sort leaves equal ones.

use super::compare::Compare::Exact;
use super::generate::{Args, Generator, Group, Random};

/// The geo group.
pub const GROUP: Group = Group {
    name: "geo",
    generators: GENERATORS,
};

/// Where distances are stored.
const DISTANCES: &str = "geo:distances";

const fn row(weight: u32, make: fn(&mut Random) -> Args) -> Generator {
    Generator {
        weight,
        compare: Exact,
        make,
    }
}

const GENERATORS: &[Generator] = &[
    row(40, geoadd),
    row(1, |r| Args::new("SET").arg(key(r)).arg("x")),
    row(4, |r| {
        Args::new("ZRANGE")
            .arg(key(r))
            .arg("0")
            .arg("-1")
            .arg("WITHSCORES")
    }),
    row(2, |_| Args::new("ZRANGE geo:distances 0 -1")),
    row(8, |r| {
        let args = Args::new("GEOSEARCH").arg(DISTANCES);
        let args = args.arg("FROMLONLAT").arg("0").arg("0").arg("BYRADIUS");
        let args = args.arg("30000").arg("km").arg(r.word(&["ASC", "DESC"]));
        args.arg("COUNT").arg((1 + r.below(25)).to_string())
    }),
    row(2, |r| Args::new("DEL").arg(key(r))),
    row(10, |r| {
        let args = Args::new("GEODIST").arg(key(r)).arg(member(r));
        let args = args.arg(member(r));
        if r.percent(60) {
            args.arg(unit(r))
        } else {
            args
        }
    }),
    row(8, |r| {
        Args::new("GEOHASH")
            .arg(key(r))
            .arg(member(r))
            .arg(member(r))
    }),
    row(8, |r| {
        Args::new("GEOPOS")
            .arg(key(r))
            .arg(member(r))
            .arg(member(r))
    }),
    row(25, |r| {
        let args = Args::new("GEOSEARCH").arg(key(r));
        let args = area(r, args);
        options(r, args, true)
    }),
    row(10, |r| {
        let distances = r.percent(30);
        let target = if distances { DISTANCES } else { key(r) };
        let args = Args::new("GEOSEARCHSTORE").arg(target).arg(key(r));
        let args = area(r, args);
        let args = if distances {
            args.arg("STOREDIST")
        } else {
            args
        };
        options(r, args, false)
    }),
    row(10, |r| {
        let args = Args::new(r.word(&["GEORADIUS", "GEORADIUS_RO"])).arg(key(r));
        let args = point(r, args).arg(radius(r)).arg(unit(r));
        around(r, args)
    }),
    row(10, |r| {
        let name = *r.pick(&["GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"]);
        let args = Args::new(name).arg(key(r)).arg(member(r));
        let args = args.arg(radius(r)).arg(unit(r));
        around(r, args)
    }),
];

/// A key that no other group uses.
fn key(r: &mut Random) -> &'static str {
    r.word(&[
        "geo:1", "geo:2", "geo:3", "geo:1", "geo:2", "geo:3", DISTANCES,
    ])
}

fn member(r: &mut Random) -> String {
    format!("p{}", r.below(30))
}

fn unit(r: &mut Random) -> &'static str {
    r.word(&["m", "km", "ft", "mi", "KM", "km", "km", "yards"])
}

fn radius(r: &mut Random) -> String {
    match r.below(10) {
        0 => (*r.pick(&["0", "-1", "x", "1e9", "inf"])).to_owned(),
        1..5 => format!("{}.5", r.below(300)),
        _ => r.below(20_000).to_string(),
    }
}

fn point(r: &mut Random, args: Args) -> Args {
    if r.percent(4) {
        return args
            .arg(*r.pick(&["181", "x", "-180", "180", "inf"]))
            .arg("85.05112878");
    }
    let part = |r: &mut Random| r.below(1_000_000);
    let (longitude, latitude) = if r.percent(70) {
        (r.between(12, 16), r.between(36, 39))
    } else {
        (r.between(-179, 179), r.between(-84, 84))
    };
    let args = args.arg(format!("{longitude}.{:06}", part(r)));
    args.arg(format!("{latitude}.{:06}", part(r)))
}

fn geoadd(r: &mut Random) -> Args {
    let mut args = Args::new("GEOADD").arg(key(r));
    for _ in 0..*r.pick(&[0, 0, 0, 1, 1, 2]) {
        args = args.arg(*r.pick(&["NX", "XX", "CH"]));
    }
    for _ in 0..*r.pick(&[1, 2, 5, 10]) {
        args = point(r, args).arg(member(r));
    }
    args
}

fn area(r: &mut Random, args: Args) -> Args {
    let args = if r.percent(50) {
        args.arg("FROMMEMBER").arg(member(r))
    } else {
        point(r, args.arg("FROMLONLAT"))
    };
    if r.percent(50) {
        args.arg("BYRADIUS").arg(radius(r)).arg(unit(r))
    } else {
        args.arg("BYBOX").arg(radius(r)).arg(radius(r)).arg(unit(r))
    }
}

fn options(r: &mut Random, mut args: Args, details: bool) -> Args {
    if r.percent(60) {
        args = args.arg(*r.pick(&["ASC", "DESC"]));
    }
    if r.percent(40) {
        args = args.arg("COUNT").int(r.between(0, 5));
        if r.percent(30) {
            args = args.arg("ANY");
        }
    }
    for word in ["WITHDIST", "WITHHASH", "WITHCOORD"] {
        if r.percent(if details { 40 } else { 2 }) {
            args = args.arg(word);
        }
    }
    args
}

fn around(r: &mut Random, args: Args) -> Args {
    if r.percent(70) {
        return options(r, args, true);
    }
    let args = options(r, args, false);
    if r.percent(50) {
        args.arg("STORE").arg(key(r))
    } else {
        args.arg("STOREDIST").arg(DISTANCES)
    }
}
