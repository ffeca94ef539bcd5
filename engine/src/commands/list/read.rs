//! LLEN, LINDEX and LRANGE.

use super::{range, reply_element, resolve};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::types::list::List;

pub(crate) const SPECS: &[Spec] = &[LLEN, LINDEX, LRANGE];

const LLEN: Spec = Spec {
    name: "llen",
    summary: "Gives a list's length.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    args: &[Arg::key("key", 0)],
    ..Spec::new(llen)
};

fn llen(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let list = ctx.keys.read_collection::<List>(ctx.arg(1))?;
    ctx.reply.int(list.map_or(0, |(list, _)| list.len()) as i64);
    Ok(())
}

const LINDEX: Spec = Spec {
    name: "lindex",
    summary: "Gives the element at an index of a list.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
    arity: 3,
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0), Arg::int("index")],
    ..Spec::new(lindex)
};

fn lindex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let args = ctx.args;
    let Some((list, _)) = ctx.keys.read_collection::<List>(args.at(1))? else {
        ctx.reply.null();
        return Ok(());
    };
    let index = resolve(args.int(2)?, list.len());
    match index.and_then(|index| list.get(index)) {
        Some(element) => reply_element(&mut ctx.reply, element),
        None => ctx.reply.null(),
    }
    Ok(())
}

const LRANGE: Spec = Spec {
    name: "lrange",
    summary: "Gives the elements of a list between two indexes.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
    arity: 4,
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0), Arg::int("start"), Arg::int("stop")],
    ..Spec::new(lrange)
};

fn lrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (start, stop) = (ctx.args.int(2)?, ctx.args.int(3)?);
    let Some((list, _)) = ctx.keys.read_collection::<List>(ctx.arg(1))? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let (first, count) = range(start, stop, list.len());
    ctx.reply.array(count);
    if count > 0 {
        for element in list.walk(first, false).take(count) {
            reply_element(&mut ctx.reply, element);
        }
    }
    Ok(())
}
