//! HGET, HMGET, HSTRLEN, HEXISTS and HLEN.

use super::deadline::{Fields, lapse, live_at};
use super::{FIELD, KEY, READER, reply_element};
use crate::command::{Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::hash_map::Hash;
use crate::types::listpack::Element;

pub(crate) const SPECS: &[Spec] = &[HGET, HMGET, HSTRLEN, HEXISTS, HLEN];

const HGET: Spec = Spec {
    name: "hget",
    summary: "Gives the value of a field of a hash.",
    arity: 3,
    flags: Flags::READONLY.or(Flags::FAST),
    args: &[KEY, FIELD],
    member: 2,
    ..READER
};

const HMGET: Spec = Spec {
    name: "hmget",
    summary: "Gives the values of fields of a hash; null for each that is missing.",
    complexity: "O(N) where N is the number of fields being requested.",
    arity: -3,
    args: &[KEY, FIELD.multiple()],
    handler: hmget,
    member: 2,
    ..HGET
};

const LENGTH_KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO)];

const HSTRLEN: Spec = Spec {
    name: "hstrlen",
    summary: "Gives the length of the value of a field of a hash.",
    since: "3.2.0",
    keys: LENGTH_KEYS,
    handler: hstrlen,
    member: 2,
    ..HGET
};

const HEXISTS: Spec = Spec {
    name: "hexists",
    summary: "Says whether a hash has a field.",
    keys: LENGTH_KEYS,
    handler: hexists,
    member: 2,
    ..HGET
};

const HLEN: Spec = Spec {
    name: "hlen",
    summary: "Gives the number of fields of a hash.",
    arity: 2,
    keys: LENGTH_KEYS,
    args: &[KEY],
    handler: hlen,
    ..HGET
};

pub(super) fn hget(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let hash = ctx.keys.read_collection::<Hash>(ctx.args.at(1))?;
    match hash.and_then(|(hash, hasher)| hash.find(hasher, ctx.args.at(2))) {
        Some((value, deadline)) if deadline > ctx.now.unix_ms => {
            reply_element(&mut ctx.reply, value);
        }
        None => ctx.reply.null(),
        Some(_) => {
            lapse(ctx, ctx.arg(1), ctx.arg(2));
            ctx.reply.null();
        }
    }
    Ok(())
}

fn hmget(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let hash = ctx.keys.read_collection::<Hash>(ctx.args.at(1))?;
    let fields = ctx.args.from(2);
    ctx.reply.array(fields.len());
    if hash.is_some_and(|(hash, _)| hash.is_timed()) {
        return hmget_timed(ctx);
    }
    for field in fields.iter() {
        match hash.and_then(|(hash, hasher)| hash.find(hasher, field)) {
            Some((value, _)) => reply_element(&mut ctx.reply, value),
            None => ctx.reply.null(),
        }
    }
    Ok(())
}

/// The same where some fields may have to go on the way. As in Redis nothing is told of those if only the last one
/// of a hash went.
#[cold]
fn hmget_timed(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let mut fields = Fields::of(ctx, key);
    for field in ctx.args.from(2).iter() {
        fields.reply(ctx, field)?;
    }
    if fields.lapsed > usize::from(fields.gone) {
        ctx.notify(Event::HEXPIRED, key);
        if fields.gone {
            ctx.notify(Event::DEL, key);
        }
    }
    Ok(())
}

fn hstrlen(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let value = read(ctx)?;
    let len = value.map_or(0, |value| value.text_len() as i64);
    ctx.reply.int(len);
    Ok(())
}

fn hexists(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let exists = read(ctx)?.is_some();
    ctx.reply.flag(exists);
    Ok(())
}

/// Reads the field that argument 2 names.
fn read<'k>(ctx: &'k mut Ctx<'_>) -> Result<Option<Element<'k>>, Error> {
    let place = ctx.keys.find_counted(ctx.args.at(1));
    ctx.keys.touch(place);
    live_at(ctx, place, ctx.arg(1), ctx.arg(2))
}

fn hlen(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let hash = ctx.keys.read_collection::<Hash>(ctx.args.at(1))?;
    ctx.reply.int(hash.map_or(0, |(hash, _)| hash.len() as i64));
    Ok(())
}
