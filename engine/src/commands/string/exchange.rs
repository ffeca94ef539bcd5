//! SETNX, GETSET, GETDEL and DELIFEQ: a look and a change in one step.

use super::{record_set, reply_string};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Expiry, NewValue};

pub(crate) const SPECS: &[Spec] = &[SETNX, GETSET, GETDEL, DELIFEQ];

const SETNX: Spec = Spec {
    name: "setnx",
    summary: "Stores a string at a key that does not exist yet.",
    since: "1.0.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::OW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key", 0), Arg::string("value")],
    ..Spec::new(setnx)
};

const GETSET: Spec = Spec {
    name: "getset",
    summary: "Stores a string at a key and gives the one that was there.",
    since: "1.0.0",
    group: Group::String,
    complexity: "O(1)",
    deprecated: Some(("6.2.0", "`SET` with the `!GET` argument")),
    arity: 3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE),
    )],
    args: &[Arg::key("key", 0), Arg::string("value")],
    ..Spec::new(getset)
};

const GETDEL: Spec = Spec {
    name: "getdel",
    summary: "Gives the string at a key and deletes the key.",
    since: "6.2.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[Arg::key("key", 0)],
    ..Spec::new(getdel)
};

const DELIFEQ: Spec = Spec {
    name: "delifeq",
    summary: "Deletes a key whose string equals the given one.",
    since: "9.0.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RM.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[Arg::key("key", 0), Arg::string("value")],
    ..Spec::new(delifeq)
};

fn setnx(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, value) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(key);
    ctx.reply.flag(!place.exists());
    if !place.exists() {
        let new = NewValue::string(value)?;
        ctx.keys.put(place, key, &new, Expiry::Clear)?;
        ctx.changed(Event::SET, key);
        record_set(ctx, key, value, Expiry::Clear);
    }
    Ok(())
}

fn getset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, value) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find_counted(key);
    reply_string(&mut ctx.reply, ctx.keys.entry(place))?;
    let new = NewValue::string(value)?;
    ctx.keys.put(place, key, &new, Expiry::Clear)?;
    ctx.changed(Event::SET, key);
    record_set(ctx, key, value, Expiry::Clear);
    Ok(())
}

fn getdel(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find_counted(key);
    reply_string(&mut ctx.reply, ctx.keys.entry(place))?;
    if ctx.keys.remove(place) {
        ctx.changed(Event::DEL, key);
        ctx.record(&[b"DEL", key]);
    }
    Ok(())
}

fn delifeq(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, expected) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(key);
    let entry = ctx.keys.entry(place);
    let equal = match entry {
        Some(entry) => entry.string()?.bytes(&mut [0; 20]) == expected,
        None => false,
    };
    if equal {
        ctx.keys.remove(place);
        ctx.changed(Event::DEL, key);
        ctx.record(&[b"DEL", key]);
    }
    ctx.reply.flag(equal);
    Ok(())
}
