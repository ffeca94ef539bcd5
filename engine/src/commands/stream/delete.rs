//! XDEL and XSETID.

use super::{DELETES, IDS, KEY, STREAM, UPDATES, strict_id, strict_ids};
use crate::command::{Arg, Ctx, Flags, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::stream::Stream;

pub(crate) const SPECS: &[Spec] = &[XDEL, XSETID];

const XDEL: Spec = Spec {
    name: "xdel",
    summary: "Deletes entries of a stream.",
    complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
    arity: -3,
    flags: Flags::WRITE.or(Flags::FAST),
    keys: DELETES,
    args: &[KEY, IDS],
    handler: xdel,
    ..STREAM
};

const XSETID: Spec = Spec {
    name: "xsetid",
    summary: "Sets what a stream knows of its last ID.",
    history: &[(
        "7.0.0",
        "Added the `entries_added` and `max_deleted_entry_id` arguments.",
    )],
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    keys: UPDATES,
    args: &[
        KEY,
        Arg::string("last-id"),
        Arg::int("entries_added")
            .after("ENTRIESADDED")
            .optional()
            .since("7.0.0"),
        Arg::string("max_deleted_entry_id")
            .after("MAXDELETEDID")
            .optional()
            .since("7.0.0"),
    ],
    handler: xsetid,
    ..STREAM
};

fn xdel(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    if ctx.keys.collection::<Stream>(place)?.is_none() {
        ctx.reply.int(0);
        return Ok(());
    }
    let ids = strict_ids(ctx, 2, ctx.args.len())?;
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(());
    };
    let (mut deleted, first) = (0, stream.first_id);
    for id in ids {
        deleted += i64::from(stream.delete(id));
    }
    if deleted > 0 {
        if stream.is_empty() || stream.get(first).is_none() {
            stream.deleted();
        }
        ctx.changed(Event::XDEL, key);
    }
    ctx.reply.int(deleted);
    Ok(())
}

fn xsetid(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let id = strict_id(ctx.arg(2), 0)?;
    let (mut added, mut max_deleted) = (None, None);
    let mut at = 3;
    while at < ctx.args.len() {
        let has_value = at + 1 < ctx.args.len();
        if has_value && ctx.args.is(at, "ENTRIESADDED") {
            let count = ctx.args.int(at + 1)?;
            added = Some(
                u64::try_from(count)
                    .map_err(|_| Error::fixed(&"ERR entries_added must be positive"))?,
            );
        } else if has_value && ctx.args.is(at, "MAXDELETEDID") {
            let deleted = strict_id(ctx.arg(at + 1), 0)?;
            if id < deleted {
                return Err(Error::fixed(
                    &"ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                ));
            }
            max_deleted = Some(deleted);
        } else {
            return Err(Error::Syntax);
        }
        at += 2;
    }
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Err(Error::NoSuchKey);
    };
    if id < stream.max_deleted_id {
        return Err(Error::fixed(
            &"ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
        ));
    }
    if let Some(top) = stream.last_entry_id() {
        if id < top {
            return Err(Error::fixed(
                &"ERR The ID specified in XSETID is smaller than the target stream top item",
            ));
        }
        if added.is_some_and(|added| added < stream.len() as u64) {
            return Err(Error::fixed(
                &"ERR The entries_added specified in XSETID is smaller than the target stream length",
            ));
        }
    }
    stream.last_id = id;
    if let Some(added) = added {
        stream.entries_added = added;
    }
    if let Some(deleted) = max_deleted.filter(|deleted| *deleted != Default::default()) {
        stream.max_deleted_id = deleted;
    }
    ctx.reply.ok();
    ctx.announce(Event::XSETID, key);
    ctx.changed_unseen();
    Ok(())
}
