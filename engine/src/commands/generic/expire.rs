//! EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT.

use alloc::vec::Vec;

use crate::command::printable;
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::write_i64;

pub(crate) const SPECS: &[Spec] = &[EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT];

const CONDITION: Arg = Arg::one_of(
    "condition",
    &[
        Arg::word("nx", "NX"),
        Arg::word("xx", "XX"),
        Arg::word("gt", "GT"),
        Arg::word("lt", "LT"),
    ],
)
.optional()
.since("7.0.0");

const EXPIRE: Spec = Spec {
    name: "expire",
    summary: "Lets a key expire after some seconds.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    history: &[("7.0.0", "Added the conditions `NX`, `XX`, `GT` and `LT`.")],
    arity: -3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key", 0), Arg::int("seconds"), CONDITION],
    ..Spec::new(expire)
};

fn expire(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let now_ms = ctx.now.unix_ms as i64;
    set_expiry(ctx, "expire", 1000, now_ms)
}

const PEXPIRE: Spec = Spec {
    name: "pexpire",
    summary: "Lets a key expire after some milliseconds.",
    since: "2.6.0",
    args: &[Arg::key("key", 0), Arg::int("milliseconds"), CONDITION],
    handler: pexpire,
    ..EXPIRE
};

fn pexpire(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let now_ms = ctx.now.unix_ms as i64;
    set_expiry(ctx, "pexpire", 1, now_ms)
}

const EXPIREAT: Spec = Spec {
    name: "expireat",
    summary: "Lets a key expire at a Unix time in seconds.",
    since: "1.2.0",
    args: &[
        Arg::key("key", 0),
        Arg::new("unix-time-seconds", ArgKind::UnixTime),
        CONDITION,
    ],
    handler: expireat,
    ..EXPIRE
};

fn expireat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_expiry(ctx, "expireat", 1000, 0)
}

const PEXPIREAT: Spec = Spec {
    name: "pexpireat",
    summary: "Lets a key expire at a Unix time in milliseconds.",
    since: "2.6.0",
    args: &[
        Arg::key("key", 0),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime),
        CONDITION,
    ],
    handler: pexpireat,
    ..EXPIRE
};

fn pexpireat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_expiry(ctx, "pexpireat", 1, 0)
}

/// What all four do: the time is argument 2 in units of `unit_ms`, counted from `base_ms`.
fn set_expiry(ctx: &mut Ctx<'_>, command: &str, unit_ms: i64, base_ms: i64) -> Result<(), Error> {
    let conditions = Conditions::parse(ctx, 3)?;
    let at_ms = ctx
        .args
        .int(2)?
        .checked_mul(unit_ms)
        .and_then(|time_ms| time_ms.checked_add(base_ms))
        .ok_or_else(|| ctx.invalid_expiry(command))?;
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    ctx.keys.touch(place);
    let met = ctx
        .keys
        .entry(place)
        .is_some_and(|entry| conditions.met(entry.expire_ms(), at_ms));
    if !met {
        ctx.reply.flag(false);
        return Ok(());
    }
    if at_ms <= ctx.now.unix_ms as i64 {
        ctx.keys.remove(place);
        ctx.changed(Event::DEL, key);
        let lazily = ctx.config().lazyfree_lazy_expire;
        ctx.record(&[if lazily { b"UNLINK" } else { b"DEL" }, key]);
    } else {
        ctx.keys.set_expire(place, Some(at_ms as u64))?;
        ctx.changed(Event::EXPIRE, key);
        record(ctx, at_ms);
    }
    ctx.reply.flag(true);
    Ok(())
}

/// Logs the time as an absolute one; the conditions stay.
fn record(ctx: &mut Ctx<'_>, at_ms: i64) {
    if !ctx.server.log.is_kept() {
        return;
    }
    let mut digits = [0; 20];
    let mut effect: Vec<&[u8]> = ctx.args.iter().collect();
    effect[0] = b"PEXPIREAT";
    effect[2] = write_i64(at_ms, &mut digits);
    ctx.record(&effect);
}

/// What the expiry so far must be like.
#[derive(Clone, Copy, Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn parse(ctx: &Ctx<'_>, first: usize) -> Result<Self, Error> {
        let args = ctx.args;
        let mut given = Conditions::default();
        for (index, word) in args.iter().enumerate().skip(first) {
            let condition = match () {
                () if args.is(index, "NX") => &mut given.nx,
                () if args.is(index, "XX") => &mut given.xx,
                () if args.is(index, "GT") => &mut given.gt,
                () if args.is(index, "LT") => &mut given.lt,
                () => {
                    let word = printable(word, usize::MAX);
                    return Err(ctx.refuse_with(&[b"ERR Unsupported option ", word]));
                }
            };
            *condition = true;
        }
        if given.nx && (given.xx || given.gt || given.lt) {
            return Err(Error::fixed(
                &"ERR NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if given.gt && given.lt {
            return Err(Error::fixed(
                &"ERR GT and LT options at the same time are not compatible",
            ));
        }
        Ok(given)
    }

    /// A key without expiry counts as one that expires last.
    fn met(self, current_ms: Option<u64>, at_ms: i64) -> bool {
        match current_ms {
            None => !self.xx && !self.gt,
            Some(current_ms) => {
                let current_ms = current_ms as i64;
                let too_early = self.gt && at_ms <= current_ms;
                let too_late = self.lt && at_ms >= current_ms;
                !(self.nx || too_early || too_late)
            }
        }
    }
}
