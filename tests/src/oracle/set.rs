//! The set group. Members are few, so that sets meet; sometimes many at once come, around the sizes where a set changes
//! its form. What chance decides is asked only where there is one choice.

use super::compare::Compare::{self, Exact, Scan, Unordered};
use super::generate::{Args, Generator, Group, KEYS, Random};

/// The set group.
pub const GROUP: Group = Group {
    name: "set",
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
    row(20, |r| members(r, "SADD", 5)),
    row(2, many),
    row(10, |r| members(r, "SREM", 4)),
    row(6, |r| Args::new("SISMEMBER").arg(r.key()).arg(member(r))),
    row(5, |r| members(r, "SMISMEMBER", 4)),
    row(5, |r| Args::new("SCARD").arg(r.key())),
    by(6, Unordered, |r| Args::new("SMEMBERS").arg(r.key())),
    row(8, |r| {
        Args::new("SMOVE").arg(r.key()).arg(r.key()).arg(member(r))
    }),
    by(2, Unordered, |r| all(r, "SPOP")),
    by(4, Unordered, |r| all(r, "SRANDMEMBER")),
    row(3, |r| only(r, "SPOP")),
    row(3, |r| only(r, "SRANDMEMBER")),
    by(5, Unordered, |r| several(r, "SINTER")),
    by(5, Unordered, |r| several(r, "SUNION")),
    by(5, Unordered, |r| several(r, "SDIFF")),
    row(6, |r| several(r, "SINTERSTORE")),
    row(6, |r| several(r, "SUNIONSTORE")),
    row(6, |r| several(r, "SDIFFSTORE")),
    row(6, sintercard),
    by(3, Scan, sscan),
    row(6, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    row(2, |r| Args::new("DEL").arg(r.key())),
    row(2, |r| {
        Args::new("COPY").arg(r.key()).arg(r.key()).arg("REPLACE")
    }),
    row(1, |r| Args::new("SET").arg(r.key()).arg(r.value())),
];

fn member(r: &mut Random) -> Vec<u8> {
    match r.below(10) {
        0..4 => r.between(0, 12).to_string().into_bytes(),
        4..7 => vec![*r.pick(b"abcdefgh")],
        7 if r.percent(20) => {
            let len = *r.pick(&[63, 64, 65, 300]);
            vec![b'x'; len]
        }
        8 => r.value(),
        _ => r.integer().to_string().into_bytes(),
    }
}

fn members(r: &mut Random, name: &str, most: i64) -> Args {
    let args = Args::new(name).arg(r.key());
    (0..r.between(1, most)).fold(args, |args, _| args.arg(member(r)))
}

/// Numbers or words around the limits of the small forms, added or taken away.
fn many(r: &mut Random) -> Args {
    let name = if r.percent(75) { "SADD" } else { "SREM" };
    let args = Args::new(name).arg(r.key());
    let prefix = *r.pick(&["", "", "m"]);
    let first = *r.pick(&[0, 0, 60, 1000]);
    let count = *r.pick(&[100, 126, 127, 128, 129, 511, 512, 513]);
    (first..first + count).fold(args, |args, n| args.arg(format!("{prefix}{n}")))
}

/// More than there are.
fn all(r: &mut Random, name: &str) -> Args {
    let count = match r.below(10) {
        0 => 0,
        1 => i64::MAX,
        2 if name == "SRANDMEMBER" => i64::MIN,
        _ => 100_000,
    };
    Args::new(name).arg(r.key()).int(count)
}

/// One of one.
fn only(r: &mut Random, name: &str) -> Args {
    let key = r.key();
    let mut args = Args::new(name).arg(key.clone());
    if r.percent(50) {
        let few = if name == "SPOP" { 0 } else { -3 };
        args = args.int(r.between(few, 3));
    }
    let add = Args::new("SADD").arg(key.clone()).arg(member(r));
    args.after(Args::new("DEL").arg(key)).after(add)
}

fn several(r: &mut Random, name: &str) -> Args {
    let mut args = Args::new(name).arg(r.key());
    let most = if r.percent(10) { 7 } else { 3 };
    for _ in 0..r.between(i64::from(name.ends_with("STORE")), most) {
        args = args.arg(r.key());
    }
    args
}

fn sintercard(r: &mut Random) -> Args {
    let count = r.between(1, 3);
    let said = if r.percent(90) {
        count
    } else {
        *r.pick(&[0, -1, 4, i64::MAX])
    };
    let mut args = Args::new("SINTERCARD").int(said);
    for _ in 0..count {
        args = args.arg(r.key());
    }
    if r.percent(50) {
        args = args.arg("LIMIT").int(r.between(-1, 6));
    }
    args
}

fn sscan(r: &mut Random) -> Args {
    let cursor = if r.percent(4) { "abc" } else { "0" };
    let mut args = Args::new("SSCAN").arg(r.key()).arg(cursor);
    if r.percent(40) {
        let pattern = *r.pick(&["*", "1*", "[a-d]", "m*", "?", "nomatch"]);
        args = args.arg("MATCH").arg(pattern);
    }
    if r.percent(5) {
        args = args.arg("TYPE").arg("set");
    }
    if r.percent(60) {
        let count = *r.pick(&[-1, 0, 1, 5, 100, 100_000]);
        args = args.arg("COUNT").int(count);
    }
    args
}

/// What damage has left to chance again: SPOP and SRANDMEMBER of a set of several members.
pub fn make_certain(argv: &mut Vec<Vec<u8>>, compare: Compare) {
    let by_chance = argv.first().is_some_and(|name| {
        name.eq_ignore_ascii_case(b"SPOP") || name.eq_ignore_ascii_case(b"SRANDMEMBER")
    });
    if !by_chance || argv.len() < 2 {
        return;
    }
    // Damage may have put another word in the key's place, and some such words are keys of sets by then.
    if compare == Exact && (argv[1].is_empty() || !KEYS.contains(&argv[1].as_slice())) {
        argv[1] = b"none".to_vec();
    }
    let few = argv.len() == 2 || argv[2] == b"-1";
    if compare == Unordered && few {
        argv.truncate(2);
        argv.push(b"100000".to_vec());
    }
}
