//! LMOVE and RPOPLPUSH.

use alloc::vec::Vec;

use super::{ENDS, end, limits, pop_event, push_event, removed};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Place;
use crate::types::list::{End, List};

pub(crate) const SPECS: &[Spec] = &[LMOVE, RPOPLPUSH];

const LMOVE: Spec = Spec {
    name: "lmove",
    summary: "Moves an element from an end of one list to an end of another, and gives it.",
    since: "6.2.0",
    group: Group::List,
    complexity: "O(1)",
    arity: 5,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[
        KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2, KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::one_of("wherefrom", ENDS),
        Arg::one_of("whereto", ENDS),
    ],
    ..Spec::new(lmove)
};

const RPOPLPUSH: Spec = Spec {
    name: "rpoplpush",
    summary: "Moves the last element of one list to the head of another, and gives it.",
    since: "1.2.0",
    deprecated: Some(("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")),
    arity: 3,
    args: &[Arg::key("source", 0), Arg::key("destination", 1)],
    handler: rpoplpush,
    ..LMOVE
};

fn lmove(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (from, to) = (end(ctx.args, 3)?, end(ctx.args, 4)?);
    transfer(ctx, from, to)
}

fn rpoplpush(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    transfer(ctx, End::Tail, End::Head)
}

/// Moves an element from the list at the first argument to that at the second, and writes it; null where there is none.
pub(super) fn transfer(ctx: &mut Ctx<'_>, from: End, to: End) -> Result<(), Error> {
    let (source, target) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(source);
    if ctx.keys.collection::<List>(place)?.is_none() {
        ctx.reply.null();
        return Ok(());
    }
    let place = ctx.keys.find(target);
    ctx.keys.collection::<List>(place)?;
    // Finding the target may have removed it, expired, and so moved others.
    let place = ctx.keys.find(source);
    let value = copy_of(ctx, place, from)?;
    if source == target {
        remove(ctx, place, from)?;
        let pushed = push(ctx, target, to, &value);
        if pushed.is_err() {
            removed(ctx, place, pop_event(from), source, 1);
        }
        pushed?;
    } else {
        push(ctx, target, to, &value)?;
        let place = ctx.keys.find(source);
        remove(ctx, place, from)?;
    }
    ctx.reply.bulk(&value);
    ctx.notify(push_event(to), target);
    let (limits, place) = (limits(ctx), ctx.keys.find(source));
    if let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? {
        list.shrink(limits);
    }
    removed(ctx, place, pop_event(from), source, 1);
    Ok(())
}

/// The element at an end, copied.
fn copy_of(ctx: &Ctx<'_>, place: Place, from: End) -> Result<Vec<u8>, Error> {
    let mut value = Vec::new();
    if let Some((list, _)) = ctx.keys.collection::<List>(place)?
        && let Some(element) = list.get(index(list, from))
    {
        value.try_reserve_exact(element.text_len())?;
        value.extend_from_slice(element.text(&mut [0; 20]));
    }
    Ok(value)
}

fn index(list: &List, end: End) -> usize {
    match end {
        End::Head => 0,
        End::Tail => list.len().saturating_sub(1),
    }
}

fn remove(ctx: &mut Ctx<'_>, place: Place, from: End) -> Result<(), Error> {
    if let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? {
        list.remove(index(list, from), 1);
    }
    Ok(())
}

/// Adds an element to a list, which comes into being if need be.
fn push(ctx: &mut Ctx<'_>, key: &[u8], to: End, value: &[u8]) -> Result<(), Error> {
    let limits = limits(ctx);
    let place = ctx.keys.open::<List>(key)?;
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        return Ok(());
    };
    let pushed = list
        .grow_for(value.len(), 1, limits)
        .and_then(|()| list.push(to, value, limits));
    if pushed.is_err() {
        ctx.keys.remove_if_empty(place);
    }
    pushed
}
