//! HSET, HMSET and HSETNX.

use super::deadline::live;
use super::{FIELD, KEY, store};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::hash_map::Deadline;

pub(crate) const SPECS: &[Spec] = &[HSET, HMSET, HSETNX];

const PAIRS: Arg = Arg::block("field_value", &[FIELD, Arg::string("value")]).multiple();

const HSET: Spec = Spec {
    name: "hset",
    summary: "Stores the values of fields of a hash and gives the number of new fields.",
    since: "2.0.0",
    group: Group::Hash,
    complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
    history: &[("4.0.0", "Takes several fields with their values.")],
    arity: -4,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    member: 2,
    args: &[KEY, PAIRS],
    ..Spec::new(hset)
};

const HMSET: Spec = Spec {
    name: "hmset",
    summary: "Stores the values of fields of a hash.",
    complexity: "O(N) where N is the number of fields being set.",
    deprecated: Some(("4.0.0", "`HSET` with multiple field-value pairs")),
    history: &[],
    handler: hmset,
    member: 2,
    ..HSET
};

const HSETNX: Spec = Spec {
    name: "hsetnx",
    summary: "Stores the value of a field of a hash unless the field exists.",
    complexity: "O(1)",
    history: &[],
    arity: 4,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::INSERT))],
    member: 2,
    args: &[KEY, FIELD, Arg::string("value")],
    handler: hsetnx,
    ..HSET
};

fn hset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let created = set_pairs(ctx, "hset")?;
    ctx.reply.int(created as i64);
    Ok(())
}

fn hmset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_pairs(ctx, "hmset")?;
    ctx.reply.ok();
    Ok(())
}

fn set_pairs(ctx: &mut Ctx<'_>, command: &str) -> Result<u64, Error> {
    if !ctx.args.len().is_multiple_of(2) {
        return Err(ctx.wrong_arity(command));
    }
    let key = ctx.arg(1);
    let pairs = ctx.args.from(2);
    let count = pairs.len() / 2;
    let pairs = (0..count).map(move |at| (pairs.at(2 * at), pairs.at(2 * at + 1)));
    let created = store(ctx, key, pairs, Deadline::Clear)?;
    ctx.changed(Event::HSET, key);
    // Every field counts as a change.
    ctx.changes += count as u64 - 1;
    Ok(created)
}

fn hsetnx(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, field, value) = (ctx.arg(1), ctx.arg(2), ctx.arg(3));
    let exists = live(ctx, key, field)?.is_some();
    if exists {
        let place = ctx.keys.find(key);
        ctx.keys.touch(place);
    } else {
        store(ctx, key, [(field, value)].into_iter(), Deadline::Clear)?;
        ctx.changed(Event::HSET, key);
    }
    ctx.reply.flag(!exists);
    Ok(())
}
