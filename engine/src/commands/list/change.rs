//! LSET, LINSERT, LREM and LTRIM.

use super::{limits, range, removed, resolve};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::list::List;

pub(crate) const SPECS: &[Spec] = &[LSET, LINSERT, LREM, LTRIM];

const LSET: Spec = Spec {
    name: "lset",
    summary: "Replaces the element at an index of a list.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
    arity: 4,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key", 0),
        Arg::int("index"),
        Arg::string("element"),
    ],
    ..Spec::new(lset)
};

fn lset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, limits) = (ctx.args, limits(ctx));
    let place = ctx.keys.find(args.at(1));
    let list = ctx.keys.collection_mut::<List>(place)?;
    let (list, _) = list.ok_or(Error::NoSuchKey)?;
    let (index, value) = (args.int(2)?, args.at(3));
    // Also where the index turns out to be none: the encoding shows it.
    list.grow_for(value.len(), 1, limits)?;
    // Redis keeps only 32 bits of this index.
    let index = resolve(i64::from(index as i32), list.len()).ok_or(Error::IndexOutOfRange)?;
    list.set(index, value, limits)?;
    list.shrink(limits);
    ctx.changed(Event::LSET, args.at(1));
    ctx.reply.ok();
    Ok(())
}

const LINSERT: Spec = Spec {
    name: "linsert",
    summary: "Puts an element before or behind the first one that equals a given one.",
    since: "2.2.0",
    group: Group::List,
    complexity: "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
    arity: 5,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "where",
            &[Arg::word("before", "BEFORE"), Arg::word("after", "AFTER")],
        ),
        Arg::string("pivot"),
        Arg::string("element"),
    ],
    ..Spec::new(linsert)
};

fn linsert(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, limits) = (ctx.args, limits(ctx));
    let after = args.is(2, "AFTER");
    if !after && !args.is(2, "BEFORE") {
        return Err(Error::Syntax);
    }
    let place = ctx.keys.find(args.at(1));
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        ctx.reply.int(0);
        return Ok(());
    };
    let value = args.at(4);
    // Before it is known whether the pivot is there, as in Redis.
    list.grow_for(value.len(), 1, limits)?;
    let Some(index) = list.position(args.at(3)) else {
        ctx.reply.int(-1);
        return Ok(());
    };
    list.insert(index, value, after, limits)?;
    ctx.reply.int(list.len() as i64);
    ctx.changed(Event::LINSERT, args.at(1));
    Ok(())
}

const LREM: Spec = Spec {
    name: "lrem",
    summary: "Takes elements of one value out of a list.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[
        Arg::key("key", 0),
        Arg::int("count"),
        Arg::string("element"),
    ],
    ..Spec::new(lrem)
};

fn lrem(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let (key, count) = (ctx.arg(1), ctx.args.int(2)?);
    let value = ctx.arg(3);
    let place = ctx.keys.find(key);
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        ctx.reply.int(0);
        return Ok(());
    };
    let most = match count.unsigned_abs() {
        0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let gone = list.remove_equal(value, most, count < 0);
    if gone > 0 {
        list.shrink(limits);
        removed(ctx, place, Event::LREM, key, gone);
    }
    ctx.reply.int(gone as i64);
    Ok(())
}

const LTRIM: Spec = Spec {
    name: "ltrim",
    summary: "Keeps only the elements of a list between two indexes.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(N) where N is the number of elements to be removed by the operation.",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key", 0), Arg::int("start"), Arg::int("stop")],
    ..Spec::new(ltrim)
};

fn ltrim(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let (key, start, stop) = (ctx.arg(1), ctx.args.int(2)?, ctx.args.int(3)?);
    let place = ctx.keys.find(key);
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        ctx.reply.ok();
        return Ok(());
    };
    let len = list.len();
    let (first, count) = range(start, stop, len);
    let behind = list.remove(first + count, len - first - count);
    let before = list.remove(0, first);
    list.shrink(limits);
    ctx.keys.discard(behind);
    ctx.keys.discard(before);
    // Redis tells of it even if nothing went, but counts no change then.
    if count == len {
        ctx.notify(Event::LTRIM, key);
    } else {
        removed(ctx, place, Event::LTRIM, key, len - count);
    }
    ctx.reply.ok();
    Ok(())
}
