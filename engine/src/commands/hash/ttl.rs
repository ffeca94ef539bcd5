//! HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME and HPERSIST.

use super::fields::{FIELDS, NOT_POSITIVE, fields};
use super::{KEY, READER};
use crate::command::{Acl, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::hash_map::{Hash, NEVER};

pub(crate) const SPECS: &[Spec] = &[HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME, HPERSIST];

const NO_FIELD: i64 = -2;
const NO_DEADLINE: i64 = -1;
const PERSISTED: i64 = 1;

const HTTL: Spec = Spec {
    name: "httl",
    summary: "Tells the seconds until fields of a hash expire.",
    since: "7.4.0",
    complexity: "O(N) where N is the number of specified fields",
    arity: -5,
    flags: Flags::READONLY.or(Flags::FAST),
    args: &[KEY, FIELDS],
    tips: &["nondeterministic_output"],
    handler: httl,
    ..READER
};

const HPTTL: Spec = Spec {
    name: "hpttl",
    summary: "Tells the milliseconds until fields of a hash expire.",
    handler: hpttl,
    ..HTTL
};

const HEXPIRETIME: Spec = Spec {
    name: "hexpiretime",
    summary: "Tells the Unix times in seconds at which fields of a hash expire.",
    tips: &[],
    handler: hexpiretime,
    ..HTTL
};

const HPEXPIRETIME: Spec = Spec {
    name: "hpexpiretime",
    summary: "Tells the Unix times in milliseconds at which fields of a hash expire.",
    tips: &[],
    handler: hpexpiretime,
    ..HTTL
};

const HPERSIST: Spec = Spec {
    name: "hpersist",
    summary: "Lets fields of a hash live on for ever.",
    since: "7.4.0",
    group: Group::Hash,
    complexity: "O(N) where N is the number of specified fields",
    arity: -5,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[KEY, FIELDS],
    ..Spec::new(hpersist)
};

fn httl(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, now_ms| (at_ms - now_ms).div_ceil(1000))
}

fn hpttl(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, now_ms| at_ms - now_ms)
}

fn hexpiretime(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, _| at_ms.div_ceil(1000))
}

fn hpexpiretime(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    tell(ctx, |at_ms, _| at_ms)
}

/// Answers for each field what `show` makes of its deadline and the time, which is before that.
fn tell(ctx: &mut Ctx<'_>, show: fn(u64, u64) -> u64) -> Result<(), Error> {
    let hash = ctx.keys.read_collection::<Hash>(ctx.args.at(1))?;
    let names = fields(ctx.args, 2, NOT_POSITIVE)?;
    let now_ms = ctx.now.unix_ms;
    ctx.reply.array(names.len());
    for field in names.iter() {
        let found = hash.and_then(|(hash, hasher)| hash.find(hasher, field));
        ctx.reply.int(match found {
            None => NO_FIELD,
            Some((_, NEVER)) => NO_DEADLINE,
            Some((_, deadline)) if deadline <= now_ms => NO_FIELD,
            Some((_, deadline)) => show(deadline, now_ms) as i64,
        });
    }
    Ok(())
}

fn hpersist(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    ctx.keys.collection::<Hash>(place)?;
    let names = fields(ctx.args, 2, NOT_POSITIVE)?;
    let now_ms = ctx.now.unix_ms;
    let mut hash = ctx.keys.collection_mut::<Hash>(place)?;
    ctx.reply.array(names.len());
    let mut persisted = 0;
    for field in names.iter() {
        let Some((hash, hasher)) = &mut hash else {
            ctx.reply.int(NO_FIELD);
            continue;
        };
        ctx.reply.int(match hash.find(hasher, field) {
            None => NO_FIELD,
            Some((_, NEVER)) => NO_DEADLINE,
            Some((_, deadline)) if deadline <= now_ms => NO_FIELD,
            Some(_) => {
                hash.set_deadline(hasher, field, NEVER)?;
                persisted += 1;
                PERSISTED
            }
        });
    }
    if persisted > 0 {
        ctx.changed(Event::HPERSIST, key);
        ctx.changes += persisted - 1;
    }
    Ok(())
}
