//! RENAME, RENAMENX, COPY and MOVE.

use super::{database, int32};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;

pub(crate) const SPECS: &[Spec] = &[RENAME, RENAMENX, COPY, MOVE];

const SAME_OBJECT: Error = Error::fixed(&"ERR source and destination objects are the same");

const RENAME: Spec = Spec {
    name: "rename",
    summary: "Gives a key another name; a key that has this name already is replaced.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2, KeyFlags::OW.or(KeyFlags::UPDATE)),
    ],
    args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
    ..Spec::new(rename)
};

fn rename(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    rename_if(ctx, |_| true)?;
    ctx.reply.ok();
    Ok(())
}

const RENAMENX: Spec = Spec {
    name: "renamenx",
    summary: "Gives a key another name unless that is taken.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    history: &[("3.2.0", "Equal names are no error any more.")],
    arity: 3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2, KeyFlags::OW.or(KeyFlags::INSERT)),
    ],
    args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
    ..Spec::new(renamenx)
};

fn renamenx(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let renamed = rename_if(ctx, |taken| !taken)?;
    ctx.reply.flag(renamed);
    Ok(())
}

/// Renames if `may`, which is told whether there is a key of the new name, says so.
fn rename_if(ctx: &mut Ctx<'_>, may: impl Fn(bool) -> bool) -> Result<bool, Error> {
    let (old, new) = (ctx.arg(1), ctx.arg(2));
    let source = ctx.keys.find(old);
    ctx.keys.touch(source);
    if !source.exists() {
        return Err(Error::NoSuchKey);
    }
    if old == new {
        return Ok(may(true));
    }
    let target = ctx.keys.find(new);
    if !may(target.exists()) {
        ctx.keys.touch(target);
        return Ok(false);
    }
    // Finding the target may have removed it, expired, and so moved others.
    let source = ctx.keys.find(old);
    let Some(renamed) = ctx.keys.moved(source, new)? else {
        return Err(Error::NoSuchKey);
    };
    ctx.keys.store(target, renamed)?;
    ctx.keys.delete(old);
    ctx.changed(Event::RENAME_FROM, old);
    ctx.notify(Event::RENAME_TO, new);
    Ok(true)
}

const COPY: Spec = Spec {
    name: "copy",
    summary: "Copies a key's value and expiry to another key or database.",
    since: "6.2.0",
    group: Group::Generic,
    complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS)),
        KeySpec::at(2, KeyFlags::OW.or(KeyFlags::UPDATE)),
    ],
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::int("destination-db").after("DB").optional(),
        Arg::word("replace", "REPLACE").optional(),
    ],
    ..Spec::new(copy)
};

fn copy(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (from, to) = (ctx.arg(1), ctx.arg(2));
    let here = ctx.keys.selected();
    let (there, replace) = copy_options(ctx)?;
    if here == there && from == to {
        return Err(SAME_OBJECT);
    }
    let fresh = ctx.keys.fresh_access();
    let Some(entry) = ctx.keys.read(from) else {
        ctx.reply.flag(false);
        return Ok(());
    };
    let mut copied = entry.copied(to)?;
    copied.set_access(fresh);
    ctx.keys.select(there);
    let target = ctx.keys.find(to);
    let may = replace || !target.exists();
    let stored = if may {
        ctx.keys.store(target, copied)
    } else {
        ctx.keys.touch(target);
        Ok(())
    };
    if may && stored.is_ok() {
        ctx.changed(Event::COPY_TO, to);
    }
    // The log wants the database in which the command ran.
    ctx.keys.select(here);
    stored?;
    ctx.reply.flag(may);
    Ok(())
}

/// The target's database, and whether to replace.
fn copy_options(ctx: &Ctx<'_>) -> Result<(usize, bool), Error> {
    let mut there = ctx.keys.selected();
    let mut replace = false;
    let mut index = 3;
    while index < ctx.args.len() {
        if ctx.args.is(index, "REPLACE") {
            replace = true;
        } else if ctx.args.is(index, "DB") && index + 1 < ctx.args.len() {
            index += 1;
            there = database(ctx, int32(ctx.args, index)?)?;
        } else {
            return Err(Error::Syntax);
        }
        index += 1;
    }
    Ok((there, replace))
}

const MOVE: Spec = Spec {
    name: "move",
    summary: "Moves a key to another database unless it is there already.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE),
    )],
    args: &[Arg::key("key", 0), Arg::int("db")],
    ..Spec::new(move_key)
};

fn move_key(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let here = ctx.keys.selected();
    let there = database(ctx, int32(ctx.args, 2)?)?;
    if here == there {
        return Err(SAME_OBJECT);
    }
    let source = ctx.keys.find(key);
    ctx.keys.touch(source);
    if !source.exists() {
        ctx.reply.flag(false);
        return Ok(());
    }
    ctx.keys.select(there);
    let target = ctx.keys.find(key);
    ctx.keys.touch(target);
    ctx.keys.select(here);
    let free = !target.exists();
    if free {
        if let Some(moved) = ctx.keys.moved(source, key)? {
            ctx.keys.select(there);
            let stored = ctx.keys.store(target, moved);
            ctx.keys.select(here);
            stored?;
        }
        ctx.keys.remove(source);
        ctx.changed(Event::MOVE_FROM, key);
        ctx.keys.select(there);
        ctx.notify(Event::MOVE_TO, key);
        ctx.keys.select(here);
    }
    ctx.reply.flag(free);
    Ok(())
}
