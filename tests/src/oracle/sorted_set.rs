//! The sorted set group.
//!
//! Scores are multiples of 1/8, whose texts are the same in every version of Redis. Ranges of members are only defined where
//! all scores are equal, so those commands get a fresh set each.

use super::compare::Compare::{self, Exact, Scan, Unordered};
use super::generate::{Args, Generator, Group, Random};

/// The sorted set group.
pub const GROUP: Group = Group {
    name: "sorted-set",
    generators: GENERATORS,
};

const fn row(weight: u32, make: fn(&mut Random) -> Args) -> Generator {
    by(weight, Exact, make)
}

const fn by(weight: u32, compare: Compare, make: fn(&mut Random) -> Args) -> Generator {
    Generator {
        weight,
        compare,
        make,
    }
}

const GENERATORS: &[Generator] = &[
    row(40, zadd),
    row(4, zadd_many),
    row(1, super::string::set),
    row(3, |r| Args::new("DEL").arg(r.key())),
    row(10, |r| {
        let args = Args::new("ZINCRBY").arg(r.key()).arg(score(r));
        args.arg(member(r))
    }),
    row(10, |r| members(r, "ZREM")),
    row(5, |r| Args::new("ZSCORE").arg(r.key()).arg(member(r))),
    row(5, |r| members(r, "ZMSCORE")),
    row(5, |r| Args::new("ZCARD").arg(r.key())),
    row(8, |r| Args::new("ZRANK").arg(r.key()).arg(member(r))),
    row(8, |r| Args::new("ZREVRANK").arg(r.key()).arg(member(r))),
    row(6, |r| scores(r, "ZCOUNT")),
    row(6, |r| {
        let args = scores(r, "ZRANGEBYSCORE");
        range_options(r, args, true)
    }),
    row(6, |r| {
        let args = scores(r, "ZREVRANGEBYSCORE");
        range_options(r, args, true)
    }),
    row(6, |r| {
        let args = ranks(r, "ZRANGE");
        range_options(r, args, false)
    }),
    row(6, |r| {
        let args = ranks(r, "ZREVRANGE");
        range_options(r, args, false)
    }),
    row(8, zrange_by_score),
    row(8, by_member),
    row(6, zrangestore),
    row(4, |r| ranks(r, "ZREMRANGEBYRANK")),
    row(4, |r| scores(r, "ZREMRANGEBYSCORE")),
    row(6, |r| {
        let name = *r.pick(&["ZPOPMIN", "ZPOPMAX"]);
        let args = Args::new(name).arg(r.key());
        if r.percent(50) {
            args.int(r.between(0, 5))
        } else {
            args
        }
    }),
    row(6, zmpop),
    by(4, Unordered, zrandmember),
    by(3, Scan, |r| Args::new("ZSCAN").arg(r.key()).arg("0")),
    row(12, combine),
    row(4, zintercard),
    row(6, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    row(2, |r| {
        Args::new("COPY").arg(r.key()).arg(r.key()).arg("REPLACE")
    }),
    row(2, |r| Args::new("TYPE").arg(r.key())),
];

/// Members: names, numbers, odd bytes, and ones too long for a listpack.
fn member(r: &mut Random) -> Vec<u8> {
    match r.below(20) {
        0..12 => format!("m{}", r.below(12)).into_bytes(),
        12..15 => r.between(-3, 300).to_string().into_bytes(),
        15 => vec![b'l'; *r.pick(&[64, 64, 64, 64, 64, 65, 300])],
        _ => r
            .pick(&[
                &b""[..],
                b"a",
                b"b",
                b"01",
                b"\xff",
                b"\x00a",
                b"9223372036854775808",
            ])
            .to_vec(),
    }
}

fn eighths(r: &mut Random) -> String {
    let eighths = r.between(-80, 80);
    format!("{}", f64::from(i32::try_from(eighths).unwrap_or(0)) / 8.0)
}

fn score(r: &mut Random) -> String {
    match r.below(20) {
        0 => (*r.pick(&["inf", "-inf", "+inf", "Infinity", "0", "-0", "1e3", "0x10"])).to_owned(),
        1 => (*r.pick(&["nan", "abc", "", " 1", "1 "])).to_owned(),
        2..10 => r.between(-3, 6).to_string(),
        _ => eighths(r),
    }
}

fn zadd(r: &mut Random) -> Args {
    let mut args = Args::new("ZADD").arg(r.key());
    for _ in 0..*r.pick(&[0, 0, 0, 1, 1, 2]) {
        args = args.arg(*r.pick(&["NX", "XX", "GT", "LT", "CH", "INCR"]));
    }
    for _ in 0..*r.pick(&[1, 1, 1, 2, 3, 20]) {
        args = args.arg(score(r)).arg(member(r));
    }
    args
}

/// Enough members to leave the listpack.
fn zadd_many(r: &mut Random) -> Args {
    let start = r.below(100);
    let count = *r.pick(&[100, 127, 128, 129, 140]);
    (start..start + count).fold(Args::new("ZADD").arg(r.key()), |args, n| {
        args.arg(eighths(r)).arg(n.to_string())
    })
}

fn members(r: &mut Random, name: &str) -> Args {
    let args = Args::new(name).arg(r.key());
    (0..r.between(1, 4)).fold(args, |args, _| args.arg(member(r)))
}

fn score_bound(r: &mut Random) -> String {
    match r.below(12) {
        0 => "-inf".to_owned(),
        1 => "+inf".to_owned(),
        2 => (*r.pick(&[
            // None that strtod calls out of range: Redis 7.0 keeps errno, and the next SORT fails for it.
            "", "(", "nan", "abc", "((1", " 1", "1 ", "9e307", "-9e307",
        ]))
        .to_owned(),
        3..6 => format!("({}", r.between(-10, 10)),
        _ => eighths(r),
    }
}

fn scores(r: &mut Random, name: &str) -> Args {
    let args = Args::new(name).arg(r.key());
    args.arg(score_bound(r)).arg(score_bound(r))
}

fn ranks(r: &mut Random, name: &str) -> Args {
    let args = Args::new(name).arg(r.key());
    args.int(r.index_argument()).int(r.index_argument())
}

fn limit(r: &mut Random, args: Args) -> Args {
    args.arg("LIMIT")
        .int(r.between(-1, 6))
        .int(r.between(-2, 8))
}

fn range_options(r: &mut Random, mut args: Args, limited: bool) -> Args {
    if r.percent(50) {
        args = args.arg("WITHSCORES");
    }
    if r.percent(if limited { 40 } else { 4 }) {
        args = limit(r, args);
    }
    if r.percent(10) {
        args = args.arg(*r.pick(&["REV", "BYSCORE"]));
    }
    args
}

fn zrange_by_score(r: &mut Random) -> Args {
    let args = scores(r, "ZRANGE").arg("BYSCORE");
    let args = if r.percent(40) { args.arg("REV") } else { args };
    range_options(r, args, true)
}

fn zrangestore(r: &mut Random) -> Args {
    let args = Args::new("ZRANGESTORE").arg(r.key()).arg(r.key());
    if r.percent(50) {
        return args.int(r.index_argument()).int(r.index_argument());
    }
    let args = args.arg(score_bound(r)).arg(score_bound(r)).arg("BYSCORE");
    let args = if r.percent(40) { args.arg("REV") } else { args };
    if r.percent(40) { limit(r, args) } else { args }
}

fn member_bound(r: &mut Random) -> Vec<u8> {
    match r.below(10) {
        0 => b"-".to_vec(),
        1 => b"+".to_vec(),
        2 => r.pick(&[&b""[..], b"abc", b"[", b"(", b"-1"]).to_vec(),
        n => {
            let mut bound = if n < 6 { b"[".to_vec() } else { b"(".to_vec() };
            bound.extend(member(r));
            bound
        }
    }
}

/// A command on members between others, in a set made for it where all scores are equal.
fn by_member(r: &mut Random) -> Args {
    let key = r.key();
    let count = *r.pick(&[5, 10, 140]);
    let fresh = (0..count).fold(Args::new("ZADD").arg(key.clone()), |args, _| {
        args.arg("0").arg(member(r))
    });
    let name = *r.pick(&[
        "ZLEXCOUNT",
        "ZRANGEBYLEX",
        "ZREVRANGEBYLEX",
        "ZREMRANGEBYLEX",
        "ZRANGE",
    ]);
    let mut args = Args::new(name).arg(key.clone());
    args = args.arg(member_bound(r)).arg(member_bound(r));
    if name == "ZRANGE" {
        args = args.arg("BYLEX");
        if r.percent(40) {
            args = args.arg("REV");
        }
    }
    if name.contains("RANGE") && r.percent(30) {
        args = limit(r, args);
    }
    args.after(Args::new("DEL").arg(key)).after(fresh)
}

fn zmpop(r: &mut Random) -> Args {
    let count = r.between(1, 3);
    let args = (0..count).fold(Args::new("ZMPOP").int(count), |args, _| args.arg(r.key()));
    let args = args.arg(*r.pick(&["MIN", "MAX"]));
    if r.percent(50) {
        args.arg("COUNT").int(r.between(0, 5))
    } else {
        args
    }
}

/// All members, or members of a set that has one at most.
fn zrandmember(r: &mut Random) -> Args {
    let key = r.key();
    let mut args = Args::new("ZRANDMEMBER").arg(key.clone());
    if r.percent(50) {
        return args.int(100_000);
    }
    if r.percent(50) {
        args = args.int(r.between(-4, 4));
        if r.percent(50) {
            args = args.arg("WITHSCORES");
        }
    }
    let one = Args::new("ZADD").arg(key.clone()).arg("1.5").arg(member(r));
    args.after(Args::new("DEL").arg(key)).after(one)
}

fn combine(r: &mut Random) -> Args {
    let name = *r.pick(&[
        "ZUNION",
        "ZINTER",
        "ZDIFF",
        "ZUNIONSTORE",
        "ZINTERSTORE",
        "ZDIFFSTORE",
    ]);
    let storing = name.ends_with("STORE");
    let mut args = Args::new(name);
    if storing {
        args = args.arg(r.key());
    }
    let count = r.between(1, 3);
    args = (0..count).fold(args.int(count), |args, _| args.arg(r.key()));
    if r.percent(30) {
        args = args.arg("WEIGHTS");
        for _ in 0..count {
            args = args.arg(*r.pick(&["1", "-1", "0", "2", "inf", "-inf", "x"]));
        }
    }
    if r.percent(30) {
        args = args
            .arg("AGGREGATE")
            .arg(*r.pick(&["SUM", "MIN", "MAX", "AVG"]));
    }
    if r.percent(40) {
        args = args.arg("WITHSCORES");
    }
    args
}

fn zintercard(r: &mut Random) -> Args {
    let count = r.between(1, 3);
    let args = (0..count).fold(Args::new("ZINTERCARD").int(count), |args, _| {
        args.arg(r.key())
    });
    if r.percent(50) {
        args.arg("LIMIT").int(r.between(-1, 5))
    } else {
        args
    }
}
