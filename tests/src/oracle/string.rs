//! The string group: every command and option, mostly sensible, with edge values.

use super::compare::Compare::Exact;
use super::generate::{Args, Generator, Group, Random};

/// The string group.
pub const GROUP: Group = Group {
    name: "string",
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
    row(30, set),
    row(12, |r| Args::new("GET").arg(r.key())),
    row(8, getex),
    row(4, |r| Args::new("GETDEL").arg(r.key())),
    row(4, |r| Args::new("GETSET").arg(r.key()).arg(r.value())),
    row(4, |r| Args::new("SETNX").arg(r.key()).arg(r.value())),
    row(4, |r| {
        Args::new("SETEX")
            .arg(r.key())
            .int(r.relative_s())
            .arg(r.value())
    }),
    row(4, |r| {
        Args::new("PSETEX")
            .arg(r.key())
            .int(r.relative_ms())
            .arg(r.value())
    }),
    row(8, |r| Args::new("APPEND").arg(r.key()).arg(r.value())),
    row(5, |r| Args::new("STRLEN").arg(r.key())),
    row(7, setrange),
    row(7, |r| {
        Args::new("GETRANGE")
            .arg(r.key())
            .int(r.index_argument())
            .int(r.index_argument())
    }),
    row(3, |r| {
        Args::new("SUBSTR")
            .arg(r.key())
            .int(r.index_argument())
            .int(r.index_argument())
    }),
    row(6, |r| Args::new("INCR").arg(r.key())),
    row(6, |r| Args::new("DECR").arg(r.key())),
    row(6, |r| Args::new("INCRBY").arg(r.key()).int(r.integer())),
    row(6, |r| Args::new("DECRBY").arg(r.key()).int(r.integer())),
    row(10, incrbyfloat),
    row(5, |r| keys(r, "MGET")),
    row(5, |r| pairs(r, "MSET")),
    row(3, |r| pairs(r, "MSETNX")),
    row(6, lcs),
];

pub(super) fn set(r: &mut Random) -> Args {
    let mut args = Args::new("SET").arg(r.key()).arg(r.value());
    // Half of all are plain; the others take every combination, most of which a server refuses.
    let options = if r.percent(50) { 0 } else { r.between(1, 3) };
    for _ in 0..options {
        args = match r.below(8) {
            0 => args.arg("NX"),
            1 => args.arg("XX"),
            2 => args.arg("GET"),
            3 => args.arg("KEEPTTL"),
            _ => expiry(r, args),
        };
    }
    args
}

/// EX, PX, EXAT or PXAT with its time.
fn expiry(r: &mut Random, args: Args) -> Args {
    match r.below(4) {
        0 => args.arg("EX").int(r.relative_s()),
        1 => args.arg("PX").int(r.relative_ms()),
        2 => args.arg("EXAT").int(r.absolute_s()),
        _ => args.arg("PXAT").int(r.absolute_ms()),
    }
}

fn getex(r: &mut Random) -> Args {
    let args = Args::new("GETEX").arg(r.key());
    match r.below(10) {
        0..2 => args,
        2..4 => args.arg("PERSIST"),
        4 => expiry(r, args).arg("PERSIST"),
        5 => {
            let args = expiry(r, args);
            expiry(r, args)
        }
        _ => expiry(r, args),
    }
}

fn setrange(r: &mut Random) -> Args {
    // Short strings, some around 16 KB, where they become shared, and nothing up to the limit: memory is not what is
    // tested here.
    let offset = match r.below(20) {
        0 => *r.pick(&[
            -1,
            536_870_912,
            536_870_913,
            4_294_967_296,
            i64::MAX,
            i64::MIN,
        ]),
        1 => r.between(100, 1000),
        2 => r.between(16_300, 30_000),
        _ => r.between(0, 60),
    };
    Args::new("SETRANGE")
        .arg(r.key())
        .int(offset)
        .arg(r.value())
}

fn incrbyfloat(r: &mut Random) -> Args {
    let args = Args::new("INCRBYFLOAT").arg(r.key());
    if r.percent(70) {
        args.arg(r.float())
    } else {
        args.arg(r.value())
    }
}

/// One to five keys; sometimes the same one twice.
fn keys(r: &mut Random, name: &str) -> Args {
    (0..r.between(1, 5)).fold(Args::new(name), |args, _| args.arg(r.key()))
}

fn pairs(r: &mut Random, name: &str) -> Args {
    (0..r.between(1, 4)).fold(Args::new(name), |args, _| args.arg(r.key()).arg(r.value()))
}

fn lcs(r: &mut Random) -> Args {
    let mut args = Args::new("LCS").arg(r.key()).arg(r.key());
    for _ in 0..r.between(0, 3) {
        args = match r.below(4) {
            0 => args.arg("LEN"),
            1 => args.arg("IDX"),
            2 => args.arg("WITHMATCHLEN"),
            _ => args
                .arg("MINMATCHLEN")
                .int(*r.pick(&[0, 1, 2, 3, 5, -1, i64::MAX, i64::MIN])),
        };
    }
    // Half of the time on two strings that have something in common.
    if r.percent(50) {
        let both = Args::new("MSET")
            .arg(args.argv[1].clone())
            .arg(text(r))
            .arg(args.argv[2].clone())
            .arg(text(r));
        args = args.after(both);
    }
    args
}

fn text(r: &mut Random) -> Vec<u8> {
    (0..r.between(0, 40)).map(|_| *r.pick(b"abc")).collect()
}
