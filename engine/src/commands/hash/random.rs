//! HRANDFIELD.

use super::deadline::drop_due;
use super::{KEY, READER, reply_element};
use crate::command::{Arg, Ctx, Flags, Spec};
use crate::error::Error;
use crate::resp::{Protocol, Reply};
use crate::types::hash_map::Hash;
use crate::types::listpack::Element;

pub(crate) const SPECS: &[Spec] = &[HRANDFIELD];

const HRANDFIELD: Spec = Spec {
    name: "hrandfield",
    summary: "Gives random fields of a hash, different ones or with repetitions.",
    since: "6.2.0",
    complexity: "O(N) where N is the number of fields returned",
    arity: -2,
    flags: Flags::READONLY,
    args: &[
        KEY,
        Arg::block(
            "options",
            &[
                Arg::int("count"),
                Arg::word("withvalues", "WITHVALUES").optional(),
            ],
        )
        .optional(),
    ],
    tips: &["nondeterministic_output"],
    handler: hrandfield,
    ..READER
};

/// Fields whose time has come that a request for one field deletes at most.
const DUE_SLICE: usize = 500;

fn hrandfield(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 2 {
        return several(ctx);
    }
    /// Fields of which one lives, if not nearly all of them are due.
    const DRAWS: usize = 200;
    let (key, now_ms) = (ctx.arg(1), ctx.now.unix_ms);
    let some_are_due = drop_due(ctx, key, DUE_SLICE)?;
    let mut drawn = draw(ctx, now_ms, if some_are_due { DRAWS } else { 1 })?;
    if some_are_due && !drawn {
        drop_due(ctx, key, usize::MAX)?;
        drawn = draw(ctx, now_ms, 1)?;
    }
    if !drawn {
        ctx.reply.null();
    }
    Ok(())
}

/// Replies a random field whose time has not come, if one of so many draws finds one.
fn draw(ctx: &mut Ctx<'_>, now_ms: u64, draws: usize) -> Result<bool, Error> {
    let Some((hash, _)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        return Ok(false);
    };
    let random = &mut ctx.server.random;
    for _ in 0..draws {
        let Some((field, _, deadline)) = hash.random(|| random.next_u64()) else {
            break;
        };
        if deadline > now_ms {
            reply_element(&mut ctx.reply, field);
            return Ok(true);
        }
    }
    Ok(false)
}

fn several(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let count = ctx.args.int(2)?;
    if count == i64::MIN {
        return Err(Error::fixed(
            &"ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ));
    }
    let with_values = ctx.args.len() > 3;
    if ctx.args.len() > 4 || with_values && !ctx.args.is(3, "WITHVALUES") {
        return Err(Error::Syntax);
    }
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(Error::OutOfRange);
    }
    drop_due(ctx, ctx.arg(1), usize::MAX)?;
    let Some((hash, _)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let random = &mut ctx.server.random;
    let mut random = || random.next_u64();
    let reply = &mut ctx.reply;
    if count >= 0 {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(hash.len());
        head(reply, count, with_values);
        return hash.sample(count, random, |field, value| {
            entry(reply, field, with_values.then_some(value));
        });
    }
    let count = usize::try_from(count.unsigned_abs()).map_err(|_| Error::OutOfMemory)?;
    head(reply, count, with_values);
    for _ in 0..count {
        if let Some((field, value, _)) = hash.random(&mut random) {
            entry(reply, field, with_values.then_some(value));
        }
        if reply.out().failed() {
            return Err(Error::OutOfMemory);
        }
    }
    Ok(())
}

/// The head of a list of fields; with values RESP3 has a list of pairs.
fn head(reply: &mut Reply<'_>, count: usize, with_values: bool) {
    let flat = with_values && reply.protocol() == Protocol::Resp2;
    reply.array(if flat { 2 * count } else { count });
}

fn entry(reply: &mut Reply<'_>, field: Element<'_>, value: Option<Element<'_>>) {
    if value.is_some() && reply.protocol() == Protocol::Resp3 {
        reply.array(2);
    }
    reply_element(reply, field);
    if let Some(value) = value {
        reply_element(reply, value);
    }
}
