//! HGETALL, HKEYS and HVALS: a whole hash.

use super::{KEY, READER, reply_element};
use crate::command::{Ctx, Flags, Spec};
use crate::error::Error;
use crate::types::hash_map::Hash;

pub(crate) const SPECS: &[Spec] = &[HGETALL, HKEYS, HVALS];

const HGETALL: Spec = Spec {
    name: "hgetall",
    summary: "Gives all fields of a hash with their values.",
    complexity: "O(N) where N is the size of the hash.",
    arity: 2,
    flags: Flags::READONLY,
    args: &[KEY],
    tips: &["nondeterministic_output_order"],
    handler: hgetall,
    ..READER
};

const HKEYS: Spec = Spec {
    name: "hkeys",
    summary: "Gives all fields of a hash.",
    handler: hkeys,
    ..HGETALL
};

const HVALS: Spec = Spec {
    name: "hvals",
    summary: "Gives all values of a hash.",
    handler: hvals,
    ..HGETALL
};

fn hgetall(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let now_ms = ctx.now.unix_ms;
    let Some((hash, _)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        ctx.reply.map(0);
        return Ok(());
    };
    ctx.reply.map(hash.live_len(now_ms));
    hash.each(|field, value, deadline| {
        if deadline > now_ms {
            reply_element(&mut ctx.reply, field);
            reply_element(&mut ctx.reply, value);
        }
        true
    });
    Ok(())
}

fn hkeys(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let now_ms = ctx.now.unix_ms;
    let Some((hash, _)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        ctx.reply.array(0);
        return Ok(());
    };
    ctx.reply.array(hash.live_len(now_ms));
    hash.each(|field, _, deadline| {
        if deadline > now_ms {
            reply_element(&mut ctx.reply, field);
        }
        true
    });
    Ok(())
}

fn hvals(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let now_ms = ctx.now.unix_ms;
    let Some((hash, _)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        ctx.reply.array(0);
        return Ok(());
    };
    ctx.reply.array(hash.live_len(now_ms));
    hash.each(|_, value, deadline| {
        if deadline > now_ms {
            reply_element(&mut ctx.reply, value);
        }
        true
    });
    Ok(())
}
