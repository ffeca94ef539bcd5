//! The stream group.
//!
//! IDs are small numbers, so that requests meet entries; `*` is not said, because both sides' clocks differ. Idle times are
//! only asked for where they are 0 or far away.

use super::compare::Compare::Exact;
use super::generate::{Args, Generator, Group, Random};

/// The stream group.
pub const GROUP: Group = Group {
    name: "stream",
    generators: GENERATORS,
};

const fn row(weight: u32, make: fn(&mut Random) -> Args) -> Generator {
    Generator {
        weight,
        compare: Exact,
        make,
    }
}

const GENERATORS: &[Generator] = &[
    row(60, xadd),
    row(6, |r| Args::new("XLEN").arg(r.key())),
    row(12, |r| {
        let args = Args::new("XRANGE").arg(r.key());
        let args = args.arg(bound(r)).arg(bound(r));
        count(r, args)
    }),
    row(12, |r| {
        let args = Args::new("XREVRANGE").arg(r.key());
        let args = args.arg(bound(r)).arg(bound(r));
        count(r, args)
    }),
    row(14, |r| {
        let args = Args::new("XDEL").arg(r.key());
        ids(r, args)
    }),
    row(8, |r| {
        let args = Args::new("XTRIM").arg(r.key());
        trim(r, args)
    }),
    row(10, xread),
    row(25, xreadgroup),
    row(12, |r| {
        let args = Args::new("XACK").arg(r.key()).arg(group(r));
        ids(r, args)
    }),
    row(8, |r| {
        let args = Args::new("XGROUP CREATE").arg(r.key()).arg(group(r));
        let mut args = args.arg(if r.percent(40) { "$".into() } else { id(r) });
        if r.percent(60) {
            args = args.arg("MKSTREAM");
        }
        entries_read(r, args)
    }),
    row(4, |r| {
        let args = Args::new("XGROUP SETID").arg(r.key()).arg(group(r));
        let args = args.arg(if r.percent(40) { "$".into() } else { id(r) });
        entries_read(r, args)
    }),
    row(1, |r| {
        Args::new("XGROUP DESTROY").arg(r.key()).arg(group(r))
    }),
    row(3, |r| {
        let args = Args::new("XGROUP CREATECONSUMER").arg(r.key());
        args.arg(group(r)).arg(consumer(r))
    }),
    row(2, |r| {
        let args = Args::new("XGROUP DELCONSUMER").arg(r.key());
        args.arg(group(r)).arg(consumer(r))
    }),
    row(8, |r| Args::new("XPENDING").arg(r.key()).arg(group(r))),
    row(10, xclaim),
    row(6, xautoclaim),
    row(4, xsetid),
    row(6, |r| Args::new("XINFO STREAM").arg(r.key())),
    row(6, |r| Args::new("XINFO GROUPS").arg(r.key())),
    row(2, |r| {
        Args::new("COPY").arg(r.key()).arg(r.key()).arg("REPLACE")
    }),
    row(1, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    row(2, |r| Args::new("DEL").arg(r.key())),
    row(1, super::string::set),
];

fn group(r: &mut Random) -> &'static str {
    r.word(&["g", "g", "g", "h", ""])
}

fn consumer(r: &mut Random) -> &'static str {
    r.word(&["alice", "bob", "carol"])
}

fn id(r: &mut Random) -> String {
    match r.below(20) {
        0 => (*r.pick(&[
            "0",
            "0-0",
            "-",
            "+",
            "x",
            "1-",
            "5-*",
            "18446744073709551615-1",
        ]))
        .to_owned(),
        1..6 => format!("{}", r.below(40)),
        _ => format!("{}-{}", r.below(40), r.below(6)),
    }
}

fn bound(r: &mut Random) -> String {
    match r.below(10) {
        0..2 => "-".to_owned(),
        2..4 => "+".to_owned(),
        4..6 => format!("({}", id(r)),
        _ => id(r),
    }
}

fn ids(r: &mut Random, args: Args) -> Args {
    (0..r.between(1, 4)).fold(args, |args, _| args.arg(id(r)))
}

fn count(r: &mut Random, args: Args) -> Args {
    if r.percent(50) {
        args.arg("COUNT").int(r.between(-1, 8))
    } else {
        args
    }
}

fn entries_read(r: &mut Random, args: Args) -> Args {
    if r.percent(25) {
        args.arg("ENTRIESREAD").int(r.between(-2, 20))
    } else {
        args
    }
}

fn trim(r: &mut Random, args: Args) -> Args {
    let by_len = r.percent(60);
    let mut args = args.arg(if by_len { "MAXLEN" } else { "MINID" });
    let rough = r.percent(40);
    if rough {
        args = args.arg("~");
    } else if r.percent(30) {
        args = args.arg("=");
    }
    args = if by_len {
        args.int(r.between(-1, 30))
    } else {
        args.arg(id(r))
    };
    if rough && r.percent(50) || r.percent(3) {
        args = args.arg("LIMIT").int(r.between(-1, 200));
    }
    args
}

fn xadd(r: &mut Random) -> Args {
    let mut args = Args::new("XADD").arg(r.key());
    if r.percent(10) {
        args = args.arg("NOMKSTREAM");
    }
    if r.percent(10) {
        args = trim(r, args);
    }
    args = args.arg(match r.below(10) {
        0..6 => format!("{}-*", r.below(40)),
        _ => id(r),
    });
    let fields = *r.pick(&[1, 1, 1, 2, 3]);
    for n in 0..fields {
        args = if r.percent(85) {
            args.arg(format!("field-{n}"))
        } else {
            args.arg(r.value())
        };
        args = args.arg(r.value());
    }
    args
}

fn xread(r: &mut Random) -> Args {
    let args = count(r, Args::new("XREAD"));
    let (first, second) = (r.key(), r.key());
    if r.percent(50) {
        return args
            .arg("STREAMS")
            .arg(first)
            .arg(if r.percent(20) { "$".into() } else { id(r) });
    }
    args.arg("STREAMS")
        .arg(first)
        .arg(second)
        .arg(id(r))
        .arg(id(r))
}

fn xreadgroup(r: &mut Random) -> Args {
    let args = Args::new("XREADGROUP GROUP").arg(group(r)).arg(consumer(r));
    let mut args = count(r, args);
    if r.percent(15) {
        args = args.arg("NOACK");
    }
    let args = args.arg("STREAMS").arg(r.key());
    args.arg(if r.percent(70) { ">".into() } else { id(r) })
}

fn xclaim(r: &mut Random) -> Args {
    let args = Args::new("XCLAIM").arg(r.key()).arg(group(r));
    let args = args
        .arg(consumer(r))
        .arg(*r.pick(&["0", "0", "-1", "100000000", "x"]));
    let mut args = ids(r, args);
    for _ in 0..r.below(3) {
        args = match r.below(5) {
            0 => args.arg("FORCE"),
            1 => args.arg("JUSTID"),
            2 => args.arg("RETRYCOUNT").int(r.between(-1, 5)),
            3 => args.arg("LASTID").arg(id(r)),
            _ => args.arg("IDLE").int(1000),
        };
    }
    args
}

fn xautoclaim(r: &mut Random) -> Args {
    let args = Args::new("XAUTOCLAIM").arg(r.key()).arg(group(r));
    let args = args.arg(consumer(r)).arg(*r.pick(&["0", "0", "100000000"]));
    let args = args.arg(bound(r));
    let args = count(r, args);
    if r.percent(30) {
        args.arg("JUSTID")
    } else {
        args
    }
}

fn xsetid(r: &mut Random) -> Args {
    let mut args = Args::new("XSETID").arg(r.key()).arg(id(r));
    if r.percent(30) {
        args = args.arg("ENTRIESADDED").int(r.between(-1, 60));
    }
    if r.percent(30) {
        args = args.arg("MAXDELETEDID").arg(id(r));
    }
    args
}
