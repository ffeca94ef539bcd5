//! The generic group: whole keys, their time to live, and databases.

use super::compare::Compare::{
    self, Exact, Millis, Scan, Seconds, UnixMillis, UnixSeconds, Unordered,
};
use super::generate::{Args, Generator, Group, Random};

/// The generic group.
pub const GROUP: Group = Group {
    name: "generic",
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
    // Without it the group alone would have no keys.
    row(20, super::string::set),
    row(6, |r| keys(r, "DEL")),
    row(3, |r| keys(r, "UNLINK")),
    row(5, |r| keys(r, "EXISTS")),
    row(3, |r| keys(r, "TOUCH")),
    row(4, |r| Args::new("TYPE").arg(r.key())),
    by(4, Unordered, |r| Args::new("KEYS").arg(*r.pick(PATTERNS))),
    row(5, |r| Args::new("RENAME").arg(r.key()).arg(r.key())),
    row(4, |r| Args::new("RENAMENX").arg(r.key()).arg(r.key())),
    row(7, copy),
    row(5, |r| Args::new("MOVE").arg(r.key()).int(r.database())),
    row(10, |r| Args::new("OBJECT ENCODING").arg(r.key())),
    row(3, |r| Args::new("OBJECT REFCOUNT").arg(r.key())),
    row(1, |r| Args::new("OBJECT FREQ").arg(r.key())),
    row(1, |_| Args::new("OBJECT HELP")),
    row(8, |r| relative(r, "EXPIRE")),
    row(8, |r| relative(r, "PEXPIRE")),
    row(6, |r| absolute(r, "EXPIREAT")),
    row(6, |r| absolute(r, "PEXPIREAT")),
    by(5, Seconds, |r| Args::new("TTL").arg(r.key())),
    by(5, Millis, |r| Args::new("PTTL").arg(r.key())),
    by(6, UnixSeconds, |r| Args::new("EXPIRETIME").arg(r.key())),
    by(6, UnixMillis, |r| Args::new("PEXPIRETIME").arg(r.key())),
    row(4, |r| Args::new("PERSIST").arg(r.key())),
    row(4, |_| Args::new("DBSIZE")),
    row(2, |r| {
        Args::new("SWAPDB").int(r.database()).int(r.database())
    }),
    row(4, |r| Args::new("SELECT").int(r.database())),
    row(1, flush),
    row(1, randomkey),
    by(4, Scan, scan),
    by(2, Scan, |r| {
        scan_options(r, Args::new("SCAN 0"))
            .arg("COUNT")
            .int(r.between(1, 5))
    }),
    row(3, unknown),
];

/// Globs, well-formed or not.
const PATTERNS: &[&[u8]] = &[
    b"*",
    b"k*",
    b"k?",
    b"?",
    b"",
    b"k[0-3]",
    b"k[^0-3]",
    b"k[3-0]",
    b"[kK]0",
    b"*:*",
    b"\\*",
    b"k\\[0\\]",
    b"k[",
    b"k[0",
    b"[",
    b"k[0\\]]",
    b"**0",
    b"*k*0*",
    b"{tag}*",
    b"bin\x00*",
    b"\\",
    b"k\\",
    b"[^a]",
    b"[a-c-e]",
    b"nomatch",
];

fn keys(r: &mut Random, name: &str) -> Args {
    (0..r.between(1, 3)).fold(Args::new(name), |args, _| args.arg(r.key()))
}

fn copy(r: &mut Random) -> Args {
    let mut args = Args::new("COPY").arg(r.key()).arg(r.key());
    for _ in 0..r.below(3) {
        args = if r.percent(50) {
            args.arg("REPLACE")
        } else {
            args.arg("DB").int(r.database())
        };
    }
    args
}

fn relative(r: &mut Random, name: &str) -> Args {
    let time = if name == "EXPIRE" {
        r.relative_s()
    } else {
        r.relative_ms()
    };
    let args = Args::new(name).arg(r.key()).int(time);
    conditions(r, args)
}

fn absolute(r: &mut Random, name: &str) -> Args {
    let time = if name == "EXPIREAT" {
        r.absolute_s()
    } else {
        r.absolute_ms()
    };
    let args = Args::new(name).arg(r.key()).int(time);
    conditions(r, args)
}

fn conditions(r: &mut Random, args: Args) -> Args {
    let how_many = *r.pick(&[0, 0, 1, 1, 1, 2]);
    (0..how_many).fold(args, |args, _| args.arg(*r.pick(&["NX", "XX", "GT", "LT"])))
}

fn flush(r: &mut Random) -> Args {
    let words = *r.pick(&[
        "FLUSHDB",
        "FLUSHDB SYNC",
        "FLUSHDB ASYNC",
        "FLUSHDB NOW",
        "FLUSHALL",
        "FLUSHALL ASYNC",
        "FLUSHALL SYNC ASYNC",
    ]);
    Args::new(words)
}

/// Chance decides which key, unless there is one at most.
fn randomkey(r: &mut Random) -> Args {
    let args = Args::new("RANDOMKEY").after(Args::new("FLUSHDB"));
    if r.percent(80) {
        args.after(Args::new("SET").arg(r.key()).arg(r.value()))
    } else {
        args
    }
}

/// One call that sees everything, unless a server thinks otherwise.
fn scan(r: &mut Random) -> Args {
    let cursor = if r.percent(5) {
        *r.pick(&["abc", "", "18446744073709551616", "1.5"])
    } else {
        "0"
    };
    let args = scan_options(r, Args::new("SCAN").arg(cursor));
    args.arg("COUNT").int(if r.percent(5) {
        *r.pick(&[0, -1, i64::MIN])
    } else {
        100_000
    })
}

fn scan_options(r: &mut Random, mut args: Args) -> Args {
    if r.percent(40) {
        args = args.arg("MATCH").arg(*r.pick(PATTERNS));
    }
    if r.percent(30) {
        args = args
            .arg("TYPE")
            .arg(*r.pick(&["string", "STRING", "list", "nosuchtype"]));
    }
    args
}

fn unknown(r: &mut Random) -> Args {
    let words = *r.pick(&[
        "NOSUCH",
        "GETT",
        "SE",
        "OBJECT NOSUCH",
        "OBJECT",
        "OBJECT ENCODING a b",
    ]);
    let args = Args::new(words);
    (0..r.below(4)).fold(args, |args, _| args.arg(r.value()))
}
