//! LPUSH, RPUSH, LPUSHX and RPUSHX.

use super::{limits, push_event};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Place;
use crate::types::list::{End, List};

pub(crate) const SPECS: &[Spec] = &[LPUSH, RPUSH, LPUSHX, RPUSHX];

const LPUSH: Spec = Spec {
    name: "lpush",
    summary: "Adds elements at a list's head, one after the other.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    history: &[("2.4.0", "Several elements in one call.")],
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key", 0), Arg::string("element").multiple()],
    ..Spec::new(lpush)
};

const RPUSH: Spec = Spec {
    name: "rpush",
    summary: "Adds elements at a list's tail.",
    handler: rpush,
    ..LPUSH
};

const LPUSHX: Spec = Spec {
    name: "lpushx",
    summary: "Adds elements at the head of a list that exists.",
    since: "2.2.0",
    history: &[("4.0.0", "Several elements in one call.")],
    handler: lpushx,
    ..LPUSH
};

const RPUSHX: Spec = Spec {
    name: "rpushx",
    summary: "Adds elements at the tail of a list that exists.",
    handler: rpushx,
    ..LPUSHX
};

fn lpush(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.open::<List>(ctx.arg(1))?;
    push(ctx, place, End::Head, b"LPUSH")
}

fn rpush(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.open::<List>(ctx.arg(1))?;
    push(ctx, place, End::Tail, b"RPUSH")
}

fn lpushx(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(1));
    push(ctx, place, End::Head, b"LPUSH")
}

fn rpushx(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(1));
    push(ctx, place, End::Tail, b"RPUSH")
}

/// Adds the elements to the list at a place. Where memory runs out, those added until then stay and are logged.
fn push(ctx: &mut Ctx<'_>, place: Place, end: End, name: &[u8]) -> Result<(), Error> {
    let limits = limits(ctx);
    let elements = ctx.args.from(2);
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        ctx.reply.int(0);
        return Ok(());
    };
    let bytes = elements.iter().map(<[u8]>::len).sum();
    let mut result = list.grow_for(bytes, elements.len(), limits);
    let mut pushed = 0;
    while result.is_ok() && pushed < elements.len() {
        result = list.push(end, elements.at(pushed), limits);
        pushed += usize::from(result.is_ok());
    }
    let len = list.len();
    if pushed > 0 {
        let key = ctx.arg(1);
        ctx.changed(push_event(end), key);
        ctx.changes += pushed as u64 - 1;
        if result.is_err() {
            ctx.record_all([name, key].into_iter().chain(elements.upto(pushed).iter()));
        }
    } else {
        ctx.keys.remove_if_empty(place);
    }
    result?;
    ctx.reply.int(len as i64);
    Ok(())
}
