//! XLEN, XRANGE and XREVRANGE.

use super::{COUNT, KEY, READS, STREAM, end_id, reply_entry, start_id};
use crate::command::{Arg, Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::types::stream::Stream;

pub(crate) const SPECS: &[Spec] = &[XLEN, XRANGE, XREVRANGE];

const XLEN: Spec = Spec {
    name: "xlen",
    summary: "Counts the entries of a stream.",
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    args: &[KEY],
    handler: xlen,
    ..STREAM
};

const XRANGE: Spec = Spec {
    name: "xrange",
    summary: "Gives the entries of a stream with IDs in a range.",
    complexity: "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
    history: &[("6.2.0", "Added exclusive ranges.")],
    arity: -4,
    flags: Flags::READONLY,
    keys: READS,
    args: &[KEY, Arg::string("start"), Arg::string("end"), COUNT],
    handler: xrange,
    ..STREAM
};

const XREVRANGE: Spec = Spec {
    name: "xrevrange",
    summary: "Gives the entries of a stream with IDs in a range, the last one first.",
    complexity: "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
    history: &[("6.2.0", "Added exclusive ranges.")],
    arity: -4,
    flags: Flags::READONLY,
    keys: READS,
    args: &[KEY, Arg::string("end"), Arg::string("start"), COUNT],
    handler: xrevrange,
    ..STREAM
};

pub(super) fn xlen(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let stream = ctx.keys.read_collection::<Stream>(ctx.arg(1))?;
    let len = stream.map_or(0, |(stream, _)| stream.len());
    ctx.reply.int(len as i64);
    Ok(())
}

fn xrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    range(ctx, false)
}

fn xrevrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    range(ctx, true)
}

fn range(ctx: &mut Ctx<'_>, backwards: bool) -> Result<(), Error> {
    let (start, end) = if backwards { (3, 2) } else { (2, 3) };
    let (start, end) = (start_id(ctx.arg(start))?, end_id(ctx.arg(end))?);
    let mut count = None;
    let mut at = 4;
    while at < ctx.args.len() {
        if !ctx.args.is(at, "COUNT") || at + 1 == ctx.args.len() {
            return Err(Error::Syntax);
        }
        count = Some(ctx.args.int(at + 1)?.max(0) as usize);
        at += 2;
    }
    let Some((stream, _)) = ctx.keys.read_collection::<Stream>(ctx.arg(1))? else {
        ctx.reply.array(0);
        return Ok(());
    };
    if count == Some(0) {
        ctx.reply.null_array();
        return Ok(());
    }
    let mark = ctx.reply.out().mark();
    let mut len = 0;
    for entry in stream
        .range(start, end, backwards)
        .take(count.unwrap_or(usize::MAX))
    {
        reply_entry(&mut ctx.reply, &entry);
        len += 1;
    }
    ctx.reply.array_at(mark, len);
    Ok(())
}
