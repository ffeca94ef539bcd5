//! BLPOP, BRPOP, BLMOVE, BRPOPLPUSH and BLMPOP: they wait for an element where there is none.

use core::iter;

use super::pop::{ManyKeys, pop_first, pop_name, pop_one};
use super::transfer::transfer;
use super::{ENDS, end};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::session::blocking::{Awaits, GiveUp};
use crate::types::list::{End, List};

pub(crate) const SPECS: &[Spec] = &[BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP];

const POPPED: KeyFlags = KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE);
const TIMEOUT: Arg = Arg::new("timeout", ArgKind::Double);
const FRACTIONS: &[(&str, &str)] = &[("6.0.0", "Fractions of seconds as `timeout`.")];

const BLPOP: Spec = Spec {
    name: "blpop",
    summary: "Takes the first element of the first list that has one, or waits for it.",
    since: "2.0.0",
    group: Group::List,
    complexity: "O(N) where N is the number of provided keys.",
    history: FRACTIONS,
    arity: -3,
    flags: Flags::WRITE.or(Flags::BLOCKING),
    acl: Acl::LIST,
    keys: &[KeySpec::range(1, -2, 1, POPPED)],
    args: &[Arg::key("key", 0).multiple(), TIMEOUT],
    ..Spec::new(blpop)
};

const BRPOP: Spec = Spec {
    name: "brpop",
    summary: "Takes the last element of the first list that has one, or waits for it.",
    handler: brpop,
    ..BLPOP
};

const BLMOVE: Spec = Spec {
    name: "blmove",
    summary: "Moves an element from an end of one list to an end of another, or waits for it.",
    since: "6.2.0",
    complexity: "O(1)",
    history: &[],
    arity: 6,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::BLOCKING),
    keys: &[
        KeySpec::at(1, POPPED),
        KeySpec::at(2, KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::one_of("wherefrom", ENDS),
        Arg::one_of("whereto", ENDS),
        TIMEOUT,
    ],
    handler: blmove,
    ..BLPOP
};

const BRPOPLPUSH: Spec = Spec {
    name: "brpoplpush",
    summary: "Moves the last element of one list to the head of another, or waits for it.",
    since: "2.2.0",
    deprecated: Some(("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")),
    history: FRACTIONS,
    arity: 4,
    args: &[Arg::key("source", 0), Arg::key("destination", 1), TIMEOUT],
    handler: brpoplpush,
    ..BLMOVE
};

const BLMPOP: Spec = Spec {
    name: "blmpop",
    summary: "Takes elements from the first list that has some, or waits for them.",
    since: "7.0.0",
    complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    history: &[],
    arity: -5,
    flags: Flags::WRITE.or(Flags::BLOCKING).or(Flags::MOVABLEKEYS),
    keys: &[KeySpec::counted(2, POPPED)],
    args: &[
        TIMEOUT,
        Arg::int("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", ENDS),
        Arg::int("count").after("COUNT").optional(),
    ],
    handler: blmpop,
    ..BLPOP
};

fn blpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop(ctx, End::Head)
}

fn brpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop(ctx, End::Tail)
}

fn pop(ctx: &mut Ctx<'_>, end: End) -> Result<(), Error> {
    let last = ctx.args.len() - 1;
    let deadline = ctx.deadline(last)?;
    let keys = ctx.args.upto(last).from(1);
    for key in keys.iter() {
        let place = ctx.keys.find(key);
        if ctx.keys.collection::<List>(place)?.is_some() {
            ctx.reply.array(2);
            ctx.reply.bulk(key);
            pop_one(ctx, place, key, end)?;
            ctx.record(&[pop_name(end), key]);
            return Ok(());
        }
    }
    ctx.block_on(keys.iter(), deadline, Awaits::List, GiveUp::NullArray)
}

fn blmove(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (from, to) = (end(ctx.args, 3)?, end(ctx.args, 4)?);
    move_or_wait(ctx, from, to, 5)
}

fn brpoplpush(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    move_or_wait(ctx, End::Tail, End::Head, 3)
}

fn move_or_wait(ctx: &mut Ctx<'_>, from: End, to: End, timeout: usize) -> Result<(), Error> {
    let deadline = ctx.deadline(timeout)?;
    let (source, target) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(source);
    if ctx.keys.collection::<List>(place)?.is_some() {
        transfer(ctx, from, to)?;
        let side = |end| match end {
            End::Head => &b"LEFT"[..],
            End::Tail => b"RIGHT",
        };
        ctx.record(&[b"LMOVE", source, target, side(from), side(to)]);
        return Ok(());
    }
    if ctx.conn.exec_len.is_some() {
        // Other than when the time is over.
        ctx.reply.null();
        return Ok(());
    }
    let keys = iter::once(source);
    ctx.block_on(keys, deadline, Awaits::List, GiveUp::NullArray)
}

fn blmpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let request = ManyKeys::parse(ctx.args, 2)?;
    let deadline = ctx.deadline(1)?;
    if pop_first(ctx, &request)? {
        return Ok(());
    }
    let keys = request.keys.iter();
    ctx.block_on(keys, deadline, Awaits::List, GiveUp::NullArray)
}
