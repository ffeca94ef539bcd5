//! TTL, PTTL, EXPIRETIME, PEXPIRETIME and PERSIST.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Entry, Event};

pub(crate) const SPECS: &[Spec] = &[TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST];

const NO_KEY: i64 = -2;
const NO_EXPIRY: i64 = -1;

const TTL: Spec = Spec {
    name: "ttl",
    summary: "Tells the seconds until a key expires.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    history: &[("2.8.0", "Answers -2 where there is no key.")],
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    ..Spec::new(ttl)
};

fn ttl(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, now_ms| seconds((at_ms - now_ms).max(0)))
}

const PTTL: Spec = Spec {
    name: "pttl",
    summary: "Tells the milliseconds until a key expires.",
    since: "2.6.0",
    handler: pttl,
    ..TTL
};

fn pttl(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, now_ms| (at_ms - now_ms).max(0))
}

const EXPIRETIME: Spec = Spec {
    name: "expiretime",
    summary: "Tells the Unix time in seconds at which a key expires.",
    since: "7.0.0",
    history: &[],
    tips: &[],
    handler: expiretime,
    ..TTL
};

fn expiretime(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, _| seconds(at_ms))
}

const PEXPIRETIME: Spec = Spec {
    name: "pexpiretime",
    summary: "Tells the Unix time in milliseconds at which a key expires.",
    since: "7.0.0",
    history: &[],
    tips: &[],
    handler: pexpiretime,
    ..TTL
};

fn pexpiretime(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, _| at_ms)
}

/// Rounded to the nearest second. `ms` is not negative.
fn seconds(ms: i64) -> i64 {
    ((ms.unsigned_abs() + 500) / 1000) as i64
}

fn tell(ctx: &mut Ctx<'_>, show: fn(i64, i64) -> i64) -> Result<(), Error> {
    let place = ctx.keys.find_counted(ctx.arg(1));
    let answer = match ctx.keys.entry(place) {
        None => NO_KEY,
        Some(entry) => entry.expire_ms().map_or(NO_EXPIRY, |at_ms| {
            show(at_ms as i64, ctx.now.unix_ms as i64)
        }),
    };
    ctx.reply.int(answer);
    Ok(())
}

const PERSIST: Spec = Spec {
    name: "persist",
    summary: "Lets a key live on for ever.",
    since: "2.2.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key", 0)],
    ..Spec::new(persist)
};

fn persist(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    ctx.keys.touch(place);
    let timed = ctx.keys.entry(place).is_some_and(Entry::is_timed);
    if timed {
        ctx.keys.set_expire(place, None)?;
        ctx.changed(Event::PERSIST, key);
    }
    ctx.reply.flag(timed);
    Ok(())
}
