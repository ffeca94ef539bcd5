//! The bitmap group. Offsets are small, around 16 KB where strings become shared, or beyond the limit; nothing in
//! between, as memory is not what is tested.

use super::compare::Compare::Exact;
use super::generate::{Args, Generator, Group, Random};

/// The bitmap group.
pub const GROUP: Group = Group {
    name: "bitmap",
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
    row(12, |r| {
        Args::new("SETBIT").arg(r.key()).int(offset(r)).int(bit(r))
    }),
    row(6, |r| Args::new("GETBIT").arg(r.key()).int(offset(r))),
    row(10, bitcount),
    row(10, bitpos),
    row(8, bitop),
    row(14, bitfield),
    row(4, bitfield_ro),
];

fn offset(r: &mut Random) -> i64 {
    match r.below(20) {
        0 => *r.pick(&[-1, 4_294_967_296, 4_294_967_303, i64::MAX, i64::MIN]),
        1..4 => r.between(0, 4000),
        4 if r.percent(30) => r.between(130_500, 140_000),
        _ => r.between(0, 130),
    }
}

fn bit(r: &mut Random) -> i64 {
    if r.percent(4) {
        *r.pick(&[2, -1, i64::MAX])
    } else {
        r.between(0, 1)
    }
}

fn unit(r: &mut Random, args: Args) -> Args {
    match r.below(3) {
        0 => args,
        1 => args.arg("BYTE"),
        _ => args.arg("BIT"),
    }
}

fn bitcount(r: &mut Random) -> Args {
    let args = Args::new("BITCOUNT").arg(r.key());
    if r.percent(25) {
        return args;
    }
    let args = args.int(r.index_argument());
    if r.percent(3) {
        return args;
    }
    let args = args.int(r.index_argument());
    unit(r, args)
}

fn bitpos(r: &mut Random) -> Args {
    let mut args = Args::new("BITPOS").arg(r.key()).int(bit(r));
    for _ in 0..r.below(3) {
        args = args.int(r.index_argument());
    }
    if args.argv.len() == 5 {
        unit(r, args)
    } else {
        args
    }
}

fn bitop(r: &mut Random) -> Args {
    let operation = *r.pick(&["AND", "OR", "XOR", "NOT", "NAND"]);
    let args = Args::new("BITOP").arg(operation).arg(r.key());
    let sources = if operation == "NOT" && r.percent(80) {
        1
    } else {
        r.between(1, 4)
    };
    (0..sources).fold(args, |args, _| args.arg(r.key()))
}

fn bitfield(r: &mut Random) -> Args {
    let args = Args::new("BITFIELD").arg(r.key());
    (0..r.between(0, 4)).fold(args, |args, _| match r.below(4) {
        0 => field(r, args.arg("GET")),
        1 => field(r, args.arg("SET")).int(r.integer()),
        2 => field(r, args.arg("INCRBY")).int(r.integer()),
        _ => {
            let mode = *r.pick(&["WRAP", "SAT", "FAIL", "fail", "OTHER"]);
            field(r, args.arg("OVERFLOW").arg(mode).arg("INCRBY")).int(r.integer())
        }
    })
}

fn bitfield_ro(r: &mut Random) -> Args {
    let args = Args::new("BITFIELD_RO").arg(r.key());
    let args = (0..r.between(0, 3)).fold(args, |args, _| field(r, args.arg("GET")));
    if r.percent(10) {
        field(r, args.arg("SET")).int(1)
    } else {
        args
    }
}

/// A type and an offset.
fn field(r: &mut Random, args: Args) -> Args {
    let bits = match r.below(10) {
        0 => *r.pick(&[0, 63, 64, 65, -1]),
        1..4 => *r.pick(&[1, 8, 16, 32, 62, 63]),
        _ => r.between(1, 64),
    };
    let kind = format!("{}{bits}", r.pick(&["i", "u", "i", "u", "i", "u", "x"]));
    let at = match r.below(20) {
        0 => *r.pick(&[-1, 4_294_967_296, i64::MAX]),
        1..4 => r.between(0, 1000),
        _ => r.between(0, 60),
    };
    let scaled = r.percent(30);
    args.arg(kind).arg(if scaled {
        format!("#{at}")
    } else {
        at.to_string()
    })
}
