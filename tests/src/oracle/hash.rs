//! The hash group: fields, their values, and whole hashes.

use super::compare::Compare::{self, Exact, Scan, Unordered};
use super::generate::{Args, Generator, Group, Random};

/// The hash group.
pub const GROUP: Group = Group {
    name: "hash",
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
    row(24, |r| set(r, "HSET")),
    row(6, |r| set(r, "HMSET")),
    row(3, set_many),
    row(6, |r| one(r, "HSETNX").arg(r.value())),
    row(10, |r| one(r, "HGET")),
    row(5, |r| fields(r, "HMGET")),
    row(4, |r| one(r, "HSTRLEN")),
    row(4, |r| one(r, "HEXISTS")),
    row(4, |r| Args::new("HLEN").arg(r.key())),
    row(10, |r| fields(r, "HDEL")),
    row(2, delete_many),
    row(8, |r| one(r, "HINCRBY").int(r.integer())),
    row(2, |r| one(r, "HINCRBY").arg(r.value())),
    row(6, |r| one(r, "HINCRBYFLOAT").arg(r.float())),
    row(2, |r| one(r, "HINCRBYFLOAT").arg(r.value())),
    by(8, Unordered, |r| Args::new("HGETALL").arg(r.key())),
    by(4, Unordered, |r| Args::new("HKEYS").arg(r.key())),
    by(4, Unordered, |r| Args::new("HVALS").arg(r.key())),
    by(5, Unordered, random_field),
    row(2, random_of_one),
    by(5, Scan, scan),
    by(2, Scan, |r| {
        let args = Args::new("HSCAN").arg(r.key()).arg("0");
        matching(r, args).arg("COUNT").int(r.between(1, 5))
    }),
    row(5, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    row(2, |r| Args::new("TYPE").arg(r.key())),
    row(3, |r| Args::new("DEL").arg(r.key())),
    row(2, |r| Args::new("COPY").arg(r.key()).arg(r.key())),
    row(2, |r| Args::new("RENAME").arg(r.key()).arg(r.key())),
    // Keys of another type.
    row(1, |r| Args::new("SET").arg(r.key()).arg(r.value())),
];

const FIELDS: &[&[u8]] = &[
    b"f", b"g", b"h", b"field", b"0", b"1", b"-7", b"01", b"128", b"", b"F", b"f\0", b"f*",
];

pub(super) fn field(r: &mut Random) -> Vec<u8> {
    match r.below(10) {
        0..8 => r.pick(FIELDS).to_vec(),
        _ => r.value(),
    }
}

fn one(r: &mut Random, name: &str) -> Args {
    Args::new(name).arg(r.key()).arg(field(r))
}

fn fields(r: &mut Random, name: &str) -> Args {
    let args = one(r, name);
    (0..r.below(6)).fold(args, |args, _| args.arg(field(r)))
}

pub(super) fn set(r: &mut Random, name: &str) -> Args {
    let args = Args::new(name).arg(r.key());
    (0..=r.below(5)).fold(args, |args, _| args.arg(field(r)).arg(r.value()))
}

/// Around the number of fields at which a hash is no listpack any more.
pub(super) fn set_many(r: &mut Random) -> Args {
    let first = r.between(0, 600);
    let args = Args::new("HSET").arg(r.key());
    (0..r.between(1, 300)).fold(args, |args, step| {
        args.arg(format!("n{}", first + step)).int(step)
    })
}

pub(super) fn delete_many(r: &mut Random) -> Args {
    let first = r.between(0, 600);
    let args = Args::new("HDEL").arg(r.key());
    (0..r.between(1, 600)).fold(args, |args, step| args.arg(format!("n{}", first + step)))
}

/// All fields, none, or an error: which fields is chance otherwise.
fn random_field(r: &mut Random) -> Args {
    let args = Args::new("HRANDFIELD").arg(r.key()).int(*r.pick(&[
        100_000,
        100_000,
        100_000,
        0,
        i64::MAX,
        i64::MIN,
    ]));
    match r.below(10) {
        0..5 => args.arg("WITHVALUES"),
        5 => args.arg("WITHVALUE"),
        _ => args,
    }
}

fn random_of_one(r: &mut Random) -> Args {
    let key = r.key();
    let set = Args::new("HSET")
        .arg(key.clone())
        .arg(field(r))
        .arg(r.value());
    let args = Args::new("HRANDFIELD")
        .after(Args::new("DEL").arg(key.clone()))
        .after(set)
        .arg(key);
    match r.below(3) {
        0 => args,
        1 => args.int(-r.between(1, 9)),
        _ => args.int(-r.between(1, 9)).arg("WITHVALUES"),
    }
}

fn scan(r: &mut Random) -> Args {
    let cursor = if r.percent(5) {
        *r.pick(&["abc", "", "18446744073709551616", "1.5"])
    } else {
        "0"
    };
    let args = Args::new("HSCAN").arg(r.key()).arg(cursor);
    matching(r, args).arg("COUNT").int(if r.percent(5) {
        *r.pick(&[0, -1, i64::MIN])
    } else {
        100_000
    })
}

fn matching(r: &mut Random, args: Args) -> Args {
    if r.percent(40) {
        args.arg("MATCH")
            .arg(*r.pick(&[&b"*"[..], b"f*", b"?", b"[0-9]*", b"n1*", b"\\*", b""]))
    } else {
        args
    }
}
