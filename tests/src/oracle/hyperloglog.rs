//! The HyperLogLog group. GET shows the bytes, which must be Redis' own.

use super::compare::Compare::Exact;
use super::generate::{Args, Generator, Group, Random};

/// The HyperLogLog group.
pub const GROUP: Group = Group {
    name: "hyperloglog",
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
    row(20, pfadd),
    row(2, many),
    row(8, |r| Args::new("PFCOUNT").arg(r.key())),
    row(4, |r| keys(r, "PFCOUNT")),
    row(6, |r| keys(r, "PFMERGE")),
    row(6, |r| Args::new("GET").arg(r.key())),
    row(2, |r| Args::new("STRLEN").arg(r.key())),
    row(2, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    row(1, |r| Args::new("PFDEBUG GETREG").arg(r.key())),
    row(2, |r| Args::new("PFDEBUG DECODE").arg(r.key())),
    row(2, |r| Args::new("PFDEBUG ENCODING").arg(r.key())),
    row(1, |r| Args::new("PFDEBUG TODENSE").arg(r.key())),
    row(1, |r| Args::new("PFDEBUG NOSUCH").arg(r.key())),
    row(3, |r| Args::new("DEL").arg(r.key())),
    row(2, |r| Args::new("COPY").arg(r.key()).arg(r.key())),
    row(1, |r| Args::new("SET").arg(r.key()).arg(header(r))),
    row(2, |r| {
        // Only in the header: a run cut off at the end makes Redis read beyond it.
        let at = r.between(0, 15);
        Args::new("SETRANGE")
            .arg(r.key())
            .int(at)
            .arg(vec![*r.pick(&[0, 0x84, 0xff])])
    }),
];

fn pfadd(r: &mut Random) -> Args {
    let args = Args::new("PFADD").arg(r.key());
    (0..r.below(5)).fold(args, |args, _| args.arg(r.value()))
}

/// So many elements that sparse registers may become dense.
fn many(r: &mut Random) -> Args {
    let args = Args::new("PFADD").arg(r.key());
    let first = r.between(0, 5000);
    let count = *r.pick(&[50, 300, 900]);
    (first..first + count).fold(args, Args::int)
}

fn keys(r: &mut Random, name: &str) -> Args {
    (0..r.between(1, 4)).fold(Args::new(name), |args, _| args.arg(r.key()))
}

/// The beginning of a HyperLogLog, perhaps a damaged one.
fn header(r: &mut Random) -> Vec<u8> {
    let mut bytes = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff".to_vec();
    if r.percent(60) {
        let at = usize::try_from(r.below(18)).unwrap_or(0);
        bytes[at] = *r.pick(&[0, 1, 2, 0x80, 0x84, 0xff]);
    }
    bytes
}
