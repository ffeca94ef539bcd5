//! INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT: strings as numbers.

use super::record_set;
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Entry, Event, Expiry, NewValue, Value};
use crate::number::long_double::LongDouble;
use crate::number::parse_i64;
use alloc::vec::Vec;

pub(crate) const SPECS: &[Spec] = &[INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT];

const INCR: Spec = Spec {
    name: "incr",
    summary: "Adds one to the integer at a key; a missing key counts as 0.",
    since: "1.0.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE),
    )],
    args: &[Arg::key("key", 0)],
    ..Spec::new(incr)
};

const DECR: Spec = Spec {
    name: "decr",
    summary: "Takes one from the integer at a key; a missing key counts as 0.",
    handler: decr,
    ..INCR
};

const INCRBY: Spec = Spec {
    name: "incrby",
    summary: "Adds to the integer at a key; a missing key counts as 0.",
    arity: 3,
    args: &[Arg::key("key", 0), Arg::int("increment")],
    handler: incrby,
    ..INCR
};

const DECRBY: Spec = Spec {
    name: "decrby",
    summary: "Takes from the integer at a key; a missing key counts as 0.",
    arity: 3,
    args: &[Arg::key("key", 0), Arg::int("decrement")],
    handler: decrby,
    ..INCR
};

const INCRBYFLOAT: Spec = Spec {
    name: "incrbyfloat",
    summary: "Adds to the floating-point number at a key; a missing key counts as 0.",
    since: "2.6.0",
    arity: 3,
    args: &[Arg::key("key", 0), Arg::new("increment", ArgKind::Double)],
    handler: incrbyfloat,
    ..INCR
};

fn incr(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    increment(ctx, 1)
}

fn decr(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    increment(ctx, -1)
}

fn incrby(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let by = ctx.args.int(2)?;
    increment(ctx, by)
}

fn decrby(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let by = ctx.args.int(2)?.checked_neg();
    increment(
        ctx,
        by.ok_or(Error::fixed(&"ERR decrement would overflow"))?,
    )
}

fn increment(ctx: &mut Ctx<'_>, by: i64) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let sum = match ctx.keys.update(place, |entry| add(entry, by)) {
        Some(sum) => sum?,
        None => {
            ctx.keys
                .put(place, key, &NewValue::Int(by), Expiry::Clear)?;
            by
        }
    };
    ctx.changed(Event::INCRBY, key);
    ctx.reply.int(sum);
    Ok(())
}

/// Adds to an entry's integer: in place where it is one, else by reading its text.
#[inline]
fn add(entry: &mut Entry, by: i64) -> Result<i64, Error> {
    if let Some(value) = entry.int_mut() {
        *value = value.checked_add(by).ok_or(Error::IncrOverflow)?;
        return Ok(*value);
    }
    let Value::Bytes(text) = entry.string()? else {
        return Err(Error::NotInteger);
    };
    let value = parse_i64(text).ok_or(Error::NotInteger)?;
    let sum = value.checked_add(by).ok_or(Error::IncrOverflow)?;
    let mut counter = Entry::new(entry.key(), &NewValue::Int(sum), entry.expire_ms())?;
    counter.set_access(entry.access());
    *entry = counter;
    Ok(sum)
}

fn incrbyfloat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let old = match ctx.keys.entry(place).map(Entry::string).transpose()? {
        None => Some(LongDouble::from_i64(0)),
        Some(Value::Int(value)) => Some(LongDouble::from_i64(value)),
        Some(Value::Bytes(text)) => LongDouble::parse(text),
        Some(Value::Shared(_)) => None,
    };
    let old = old.ok_or(Error::NotFloat)?;
    let by = LongDouble::parse(ctx.arg(2)).ok_or(Error::NotFloat)?;
    let sum = old.add(by);
    if sum.is_nan_or_infinite() {
        return Err(Error::fixed(&"ERR increment would produce NaN or Infinity"));
    }
    let mut text = Vec::new();
    sum.write_fixed17_trimmed(&mut text);
    let new = NewValue::text(&text, false)?;
    ctx.keys.put(place, key, &new, Expiry::Keep)?;
    ctx.changed(Event::INCRBYFLOAT, key);
    record_set(ctx, key, &text, Expiry::Keep);
    ctx.reply.bulk(&text);
    Ok(())
}
