//! SETEX, PSETEX and GETEX: strings with a time to live.

use super::options::{Known, Options, Time, TimeUnit, expire_ms};
use super::{record_set, reply_string};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Entry, Event, Expiry, NewValue};
use crate::number::write_i64;

pub(crate) const SPECS: &[Spec] = &[SETEX, PSETEX, GETEX];

const SETEX: Spec = Spec {
    name: "setex",
    summary: "Stores a string that disappears after some seconds.",
    since: "2.0.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 4,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key", 0),
        Arg::int("seconds"),
        Arg::string("value"),
    ],
    ..Spec::new(setex)
};

const PSETEX: Spec = Spec {
    name: "psetex",
    summary: "Stores a string that disappears after some milliseconds.",
    since: "2.6.0",
    args: &[
        Arg::key("key", 0),
        Arg::int("milliseconds"),
        Arg::string("value"),
    ],
    handler: psetex,
    ..SETEX
};

const GETEX: Spec = Spec {
    name: "getex",
    summary: "Gives the string at a key and changes when the key disappears, if wanted.",
    since: "6.2.0",
    group: Group::String,
    complexity: "O(1)",
    arity: -2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec {
        notes: "RW and UPDATE because it changes the TTL",
        ..KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))
    }],
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "expiration",
            &[
                Arg::int("seconds").after("EX"),
                Arg::int("milliseconds").after("PX"),
                Arg::new("unix-time-seconds", ArgKind::UnixTime).after("EXAT"),
                Arg::new("unix-time-milliseconds", ArgKind::UnixTime).after("PXAT"),
                Arg::word("persist", "PERSIST"),
            ],
        )
        .optional(),
    ],
    ..Spec::new(getex)
};

fn setex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_for(ctx, TimeUnit::Seconds, "setex")
}

fn psetex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_for(ctx, TimeUnit::Milliseconds, "psetex")
}

fn set_for(ctx: &mut Ctx<'_>, unit: TimeUnit, command: &str) -> Result<(), Error> {
    let (key, value) = (ctx.arg(1), ctx.arg(3));
    let expiry = Expiry::At(expire_ms(ctx, 2, unit, command)?);
    ctx.keys.set(key, &NewValue::string(value)?, expiry)?;
    ctx.changed(Event::SET, key);
    ctx.changed(Event::EXPIRE, key);
    record_set(ctx, key, value, expiry);
    ctx.reply.ok();
    Ok(())
}

fn getex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let time = Options::parse(ctx.args, 2, Known::GetEx)?.time;
    let found = ctx.keys.read(key);
    let timed = found.is_some_and(Entry::is_timed);
    let exists = found.is_some();
    reply_string(&mut ctx.reply, found)?;
    // A bad time is no error where there is no key.
    if !exists {
        return Ok(());
    }
    match time {
        Time::At(index, unit) => {
            let at = expire_ms(ctx, index, unit, "getex")?;
            expire_at(ctx, key, at)
        }
        Time::Persist if timed => {
            let place = ctx.keys.find(key);
            ctx.keys.set_expire(place, None)?;
            ctx.changed(Event::PERSIST, key);
            ctx.record(&[b"PERSIST", key]);
            Ok(())
        }
        Time::Persist | Time::Unsaid | Time::Keep => Ok(()),
    }
}

/// Gives an existing key this expiry; one that is already over deletes it.
fn expire_at(ctx: &mut Ctx<'_>, key: &[u8], at: u64) -> Result<(), Error> {
    let place = ctx.keys.find(key);
    if at <= ctx.now.unix_ms {
        ctx.keys.remove(place);
        ctx.changed(Event::DEL, key);
        ctx.record(&[b"DEL", key]);
        return Ok(());
    }
    ctx.keys.set_expire(place, Some(at))?;
    ctx.changed(Event::EXPIRE, key);
    let mut digits = [0; 20];
    ctx.record(&[b"PEXPIREAT", key, write_i64(at as i64, &mut digits)]);
    Ok(())
}
