//! The list group. Elements are short, or so long that a handful of them needs several nodes.

use super::compare::Compare::{Exact, Unordered};
use super::generate::{Args, Generator, Group, Random};

/// The list group.
pub const GROUP: Group = Group {
    name: "list",
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
    row(20, push),
    row(4, pushx),
    row(8, pop),
    row(3, |r| Args::new("LLEN").arg(r.key())),
    row(6, |r| Args::new("LINDEX").arg(r.key()).int(index(r))),
    row(8, |r| {
        // Redis 7.2 and Hyla take 32 bits of the index, 7.0 takes all: wider ones mean different elements, and even where
        // neither has one, what is made of the list for the new element differs, which SORT shows later.
        let index = index(r).clamp(i32::MIN.into(), i32::MAX.into());
        Args::new("LSET").arg(r.key()).int(index).arg(element(r))
    }),
    row(8, |r| {
        Args::new("LRANGE").arg(r.key()).int(index(r)).int(index(r))
    }),
    row(6, |r| {
        let count = r.between(-3, 3);
        Args::new("LREM").arg(r.key()).int(count).arg(element(r))
    }),
    row(2, trim),
    row(10, insert),
    row(8, position),
    row(8, transfer),
    row(5, pop_first),
    row(6, sort),
    Generator {
        compare: Unordered,
        ..row(4, sort_by)
    },
    row(1, |r| Args::new("DEL").arg(r.key())),
    row(8, |r| Args::new("OBJECT ENCODING").arg(r.key())),
];

/// One of few, so that searches find something.
fn element(r: &mut Random) -> Vec<u8> {
    match r.below(24) {
        0..10 => r.pick(&["a", "b", "c", "d", "1", "2"]).as_bytes().to_vec(),
        10..14 => r.between(-3, 30).to_string().into_bytes(),
        14..18 => r.value(),
        18..22 => long(r, &[64, 300, 1000]),
        22 => long(r, &[2000, 4000, 4090, 4100]),
        _ => long(r, &[8170, 8180, 8192, 8193, 9000]),
    }
}

fn long(r: &mut Random, lengths: &[usize]) -> Vec<u8> {
    let byte = *r.pick(b"xyz");
    vec![byte; *r.pick(lengths)]
}

fn index(r: &mut Random) -> i64 {
    if r.percent(90) {
        r.between(-12, 12)
    } else {
        r.index_argument()
    }
}

fn side(r: &mut Random) -> &'static str {
    if r.percent(2) {
        "MIDDLE"
    } else {
        r.word(&["LEFT", "RIGHT"])
    }
}

fn push(r: &mut Random) -> Args {
    let name = *r.pick(&["LPUSH", "RPUSH"]);
    let args = Args::new(name).arg(r.key());
    (0..r.between(1, 6)).fold(args, |args, _| args.arg(element(r)))
}

fn pushx(r: &mut Random) -> Args {
    let name = *r.pick(&["LPUSHX", "RPUSHX"]);
    let args = Args::new(name).arg(r.key());
    (0..r.between(1, 2)).fold(args, |args, _| args.arg(element(r)))
}

fn pop(r: &mut Random) -> Args {
    let name = *r.pick(&["LPOP", "RPOP"]);
    let args = Args::new(name).arg(r.key());
    match r.below(4) {
        0..2 => args,
        2 => args.int(r.between(-1, 4)),
        _ => args.int(r.integer()),
    }
}

fn trim(r: &mut Random) -> Args {
    let args = Args::new("LTRIM").arg(r.key());
    if r.percent(70) {
        args.int(r.between(0, 2)).int(r.between(-3, -1))
    } else {
        args.int(index(r)).int(index(r))
    }
}

fn insert(r: &mut Random) -> Args {
    let place = *r.pick(&["BEFORE", "AFTER", "BEFORE", "AFTER", "INSTEAD"]);
    Args::new("LINSERT")
        .arg(r.key())
        .arg(place)
        .arg(element(r))
        .arg(element(r))
}

fn position(r: &mut Random) -> Args {
    let mut args = Args::new("LPOS").arg(r.key()).arg(element(r));
    if r.percent(50) {
        args = args.arg("RANK").int(r.between(-3, 3));
    }
    if r.percent(50) {
        args = args.arg("COUNT").int(r.between(-1, 3));
    }
    if r.percent(30) {
        args = args.arg("MAXLEN").int(r.between(-1, 20));
    }
    args
}

fn transfer(r: &mut Random) -> Args {
    if r.percent(30) {
        return Args::new("RPOPLPUSH").arg(r.key()).arg(r.key());
    }
    Args::new("LMOVE")
        .arg(r.key())
        .arg(r.key())
        .arg(side(r))
        .arg(side(r))
}

fn pop_first(r: &mut Random) -> Args {
    let keys = r.between(1, 3);
    let stated = if r.percent(5) { r.between(-1, 4) } else { keys };
    let args = Args::new("LMPOP").int(stated);
    let args = (0..keys).fold(args, |args, _| args.arg(r.key()));
    let args = args.arg(side(r));
    match r.below(3) {
        0 => args,
        _ => args.arg("COUNT").int(r.between(0, 4)),
    }
}

/// Numbers without BY have one right order: what is equal is told apart by its text.
fn sort(r: &mut Random) -> Args {
    let mut args = Args::new(r.word(&["SORT", "SORT", "SORT_RO"])).arg(r.key());
    if r.percent(40) {
        args = args
            .arg("LIMIT")
            .int(r.between(-1, 4))
            .int(r.between(-1, 5));
    }
    args = sort_options(r, args);
    if r.percent(30) {
        args = args.arg("STORE").arg(r.key());
    }
    args
}

/// With BY what is equal comes in an order of chance, and ALPHA takes texts for equal that differ behind a NUL: nothing
/// is cut or stored.
fn sort_by(r: &mut Random) -> Args {
    let pattern = r.word(&["key:*", "k*", "nosort", "*", "k*->f", "k*->"]);
    let mut args = Args::new("SORT_RO").arg(r.key());
    if r.percent(60) {
        args = args.arg("BY").arg(pattern);
    }
    if r.percent(60) {
        args = args.arg("ALPHA");
    }
    sort_options(r, args)
}

fn sort_options(r: &mut Random, mut args: Args) -> Args {
    for _ in 0..r.below(3) {
        args = args
            .arg("GET")
            .arg(r.word(&["#", "k*", "key:*", "a", "k*->f"]));
    }
    if r.percent(50) {
        args = args.arg(r.word(&["ASC", "DESC"]));
    }
    args
}
