//! Deadlines of a hash's fields. Redis has these commands from 8.0 on, so that the group is not among those that run by
//! default. Moments are absolute, far ahead or long past: nothing comes between the two servers' clocks.

use super::compare::Compare::{self, Exact, Unordered};
use super::generate::{Args, FUTURE_S, Generator, Group, MILLIS, Random};
use super::hash::{delete_many, field, set, set_many};

/// The group.
pub const GROUP: Group = Group {
    name: "hash-deadline",
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
    row(12, |r| set(r, "HSET")),
    row(2, set_many),
    row(2, delete_many),
    row(20, expire),
    row(4, |r| {
        let args = Args::new("HEXPIRE").arg(r.key()).int(0);
        listed(r, args)
    }),
    row(8, |r| {
        let name = *r.pick(&["HPEXPIRETIME", "HEXPIRETIME"]);
        let args = Args::new(name).arg(r.key());
        listed(r, args)
    }),
    row(6, |r| {
        let args = Args::new("HPERSIST").arg(r.key());
        listed(r, args)
    }),
    row(10, |r| {
        let args = Args::new("HGETEX").arg(r.key());
        let args = match r.below(4) {
            0 => args,
            1 => args.arg("PERSIST"),
            _ => moment(r, args),
        };
        listed(r, args)
    }),
    row(14, set_with_deadline),
    row(5, |r| {
        let args = Args::new("HGETDEL").arg(r.key());
        listed(r, args)
    }),
    row(6, |r| {
        let args = Args::new("HINCRBY").arg(r.key()).arg(field(r));
        args.int(r.between(-5, 5))
    }),
    row(4, |r| {
        let args = Args::new("HINCRBYFLOAT").arg(r.key()).arg(field(r));
        args.arg(r.float())
    }),
    row(4, |r| {
        let args = Args::new("HSETNX").arg(r.key()).arg(field(r));
        args.arg(r.value())
    }),
    row(4, |r| Args::new("HDEL").arg(r.key()).arg(field(r))),
    row(3, |r| Args::new("HLEN").arg(r.key())),
    row(3, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    by(10, Unordered, |r| Args::new("HGETALL").arg(r.key())),
    by(10, Unordered, |r| {
        let key = r.key();
        let read = Args::new("HKEYS").after(Args::new("DEL").arg(key.clone()));
        let mut names = Args::new("HSET").arg(key.clone());
        for name in ["a", "b", "c", "d", "e"] {
            names = names.arg(name).int(1);
        }
        let mut read = read.after(names);
        for _ in 0..r.below(7) {
            let at = Args::new("HEXPIREAT")
                .arg(key.clone())
                .int(*r.pick(FUTURE_S));
            let name = *r.pick(&["a", "b", "c", "d", "e"]);
            read = read.after(at.arg("FIELDS").int(1).arg(name));
        }
        read.arg(key)
    }),
    row(2, |r| Args::new("COPY").arg(r.key()).arg(r.key())),
    row(2, |r| Args::new("RENAME").arg(r.key()).arg(r.key())),
    row(1, |r| Args::new("DEL").arg(r.key())),
    row(1, |r| Args::new("SET").arg(r.key()).arg(r.value())),
    row(1, |r| {
        let name = *r.pick(&["HTTL", "HPTTL", "HEXPIRE", "HPEXPIRE", "HSETEX", "HGETEX"]);
        let args = Args::new(name).arg(r.key());
        (0..r.below(6)).fold(args, |args, _| {
            args.arg(*r.pick(&["FIELDS", "0", "-1", "FNX", "KEEPTTL", "x", "NX", "PERSIST"]))
        })
    }),
];

/// `FIELDS numfields field …`, now and then with a wrong number.
fn listed(r: &mut Random, args: Args) -> Args {
    let count = r.between(1, 5);
    let args = args.arg("FIELDS").int(announced(r, count));
    (0..count).fold(args, |args, _| args.arg(field(r)))
}

fn announced(r: &mut Random, count: i64) -> i64 {
    match r.below(40) {
        0 => 0,
        1 => count + 1,
        2 => -1,
        _ => count,
    }
}

fn moment(r: &mut Random, args: Args) -> Args {
    let seconds = *r.pick(FUTURE_S);
    match r.below(6) {
        0 => args.arg("EXAT").int(r.between(0, 1000)),
        1 => args.arg("PX").int(0),
        2 => args.arg("EXAT").int(i64::MAX / r.between(1, 200_000)),
        3 | 4 => args.arg("EXAT").int(seconds),
        _ => args.arg("PXAT").int(seconds * 1000 + *r.pick(MILLIS)),
    }
}

fn expire(r: &mut Random) -> Args {
    let seconds = *r.pick(FUTURE_S);
    let args = match r.below(8) {
        0 => Args::new("HPEXPIREAT").arg(r.key()).int(r.between(0, 1000)),
        1..4 => {
            let args = Args::new("HPEXPIREAT").arg(r.key());
            args.int(seconds * 1000 + *r.pick(MILLIS))
        }
        _ => Args::new("HEXPIREAT").arg(r.key()).int(seconds),
    };
    let args = match r.below(8) {
        0..4 => args.arg(*r.pick(&["NX", "XX", "GT", "LT"])),
        _ => args,
    };
    listed(r, args)
}

fn set_with_deadline(r: &mut Random) -> Args {
    let args = Args::new("HSETEX").arg(r.key());
    let args = match r.below(4) {
        0 => args.arg(*r.pick(&["FNX", "FXX"])),
        _ => args,
    };
    let args = match r.below(4) {
        0 => args,
        1 => args.arg("KEEPTTL"),
        _ => moment(r, args),
    };
    let count = r.between(1, 4);
    let args = args.arg("FIELDS").int(announced(r, count));
    (0..count).fold(args, |args, _| args.arg(field(r)).arg(r.value()))
}
