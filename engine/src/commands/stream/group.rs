//! XGROUP.

use super::{KEY, STREAM, id, no_such_group, strict_id};
use crate::command::{Acl, Arg, Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::commands::server::help;
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::types::stream::{self, Stream};

pub(crate) const SPECS: &[Spec] = &[XGROUP];

const GROUP_NAME: Arg = Arg::string("groupname");
const CONSUMER_NAME: Arg = Arg::string("consumername");
const ID: Arg = Arg::one_of("id", &[Arg::string("id"), Arg::word("new_id", "$")]);
const ENTRIES_READ: Arg = Arg::int("entries_read").after("ENTRIESREAD").optional();

const INSERTS: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RW.or(KeyFlags::INSERT))];
const DELETES: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RW.or(KeyFlags::DELETE))];

/// What the subcommands have in common.
const PART: Spec = Spec {
    flags: Flags::WRITE,
    keys: DELETES,
    ..STREAM
};

const XGROUP: Spec = Spec {
    acl: Acl::NONE,
    name: "xgroup",
    summary: "Works on the consumer groups of a stream.",
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "create",
            summary: "Creates a consumer group.",
            history: &[("7.0.0", "Added the `entries_read` named argument.")],
            arity: -5,
            flags: Flags::WRITE.or(Flags::DENYOOM),
            keys: INSERTS,
            args: &[
                KEY,
                GROUP_NAME,
                ID,
                Arg::word("mkstream", "MKSTREAM").optional(),
                ENTRIES_READ,
            ],
            handler: create,
            ..PART
        },
        Spec {
            name: "createconsumer",
            summary: "Creates a consumer of a group.",
            since: "6.2.0",
            arity: 5,
            flags: Flags::WRITE.or(Flags::DENYOOM),
            keys: INSERTS,
            args: &[KEY, GROUP_NAME, CONSUMER_NAME],
            handler: create_consumer,
            ..PART
        },
        Spec {
            name: "delconsumer",
            summary: "Deletes a consumer of a group.",
            arity: 5,
            args: &[KEY, GROUP_NAME, CONSUMER_NAME],
            handler: delete_consumer,
            ..PART
        },
        Spec {
            name: "destroy",
            summary: "Deletes a consumer group.",
            complexity: "O(N) where N is the number of entries in the group's pending entries list (PEL).",
            arity: 4,
            args: &[KEY, GROUP_NAME],
            handler: destroy,
            ..PART
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            handler: help,
            ..STREAM
        },
        Spec {
            name: "setid",
            summary: "Sets which entry a group was delivered last.",
            history: &[("7.0.0", "Added the optional `entries_read` argument.")],
            arity: -5,
            keys: &[KeySpec::at(2, KeyFlags::RW.or(KeyFlags::UPDATE))],
            args: &[KEY, GROUP_NAME, ID, ENTRIES_READ],
            handler: set_id,
            ..PART
        },
    ],
    handler: help,
    ..STREAM
};

/// Options of CREATE and SETID: MKSTREAM, and ENTRIESREAD's number.
fn options(ctx: &Ctx<'_>, name: &str) -> Result<(bool, Option<u64>), Error> {
    let (mut make, mut read) = (false, None);
    let mut at = 5;
    while at < ctx.args.len() {
        if name == "CREATE" && ctx.args.is(at, "MKSTREAM") {
            make = true;
            at += 1;
        } else if ctx.args.is(at, "ENTRIESREAD") && at + 1 < ctx.args.len() {
            let count = ctx.args.int(at + 1)?;
            if count < -1 {
                return Err(Error::fixed(
                    &"ERR value for ENTRIESREAD must be positive or -1",
                ));
            }
            read = u64::try_from(count).ok();
            at += 2;
        } else {
            return Err(ctx.wrong_arguments("XGROUP"));
        }
    }
    Ok((make, read))
}

/// Options may be said again, but there may not be more than `most` arguments; the key and the group are looked for before.
fn at_most(ctx: &Ctx<'_>, most: usize) -> Result<(), Error> {
    match ctx.args.len() > most {
        true => Err(ctx.wrong_arguments("XGROUP")),
        false => Ok(()),
    }
}

/// The place of the request's stream, which must exist unless it `may_miss`.
fn place(ctx: &mut Ctx<'_>, may_miss: bool) -> Result<Place, Error> {
    let place = ctx.keys.find(ctx.arg(2));
    if ctx.keys.collection::<Stream>(place)?.is_none() && !may_miss {
        return Err(Error::fixed(
            &"ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
        ));
    }
    Ok(place)
}

/// The request's group, which must exist.
fn group_at<'a>(ctx: &'a mut Ctx<'_>, place: Place) -> Result<stream::GroupMut<'a>, Error> {
    let (key, name) = (ctx.arg(2), ctx.arg(3));
    let stream = ctx.keys.collection_mut::<Stream>(place)?;
    match stream.and_then(|(stream, _)| stream.group_mut(name)) {
        Some(group) => Ok(group),
        None => Err(no_such_group(&ctx.server.told, key, name)),
    }
}

fn create(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (make, read) = options(ctx, "CREATE")?;
    let (key, name) = (ctx.arg(2), ctx.arg(3));
    let mut place = place(ctx, make)?;
    at_most(ctx, 8)?;
    let last = match ctx.keys.collection::<Stream>(place)? {
        Some((stream, _)) => stream.last_id,
        None => stream::StreamId::MIN,
    };
    let id = match ctx.arg(4) {
        b"$" => last,
        text => strict_id(text, 0)?,
    };
    let is_new = !place.exists();
    if is_new {
        place = ctx.keys.create(place, key, Stream::default())?;
    }
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(());
    };
    if !stream.create_group(name, stream::Group::new(id, read))? {
        return Err(Error::fixed(
            &"BUSYGROUP Consumer Group name already exists",
        ));
    }
    ctx.reply.ok();
    if is_new {
        ctx.changed(Event::XGROUP_CREATE, key);
    } else {
        ctx.announce(Event::XGROUP_CREATE, key);
        ctx.changed_unseen();
    }
    Ok(())
}

fn set_id(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (_, read) = options(ctx, "SETID")?;
    let key = ctx.arg(2);
    let place = place(ctx, false)?;
    let last = match ctx.keys.collection::<Stream>(place)? {
        Some((stream, _)) => stream.last_id,
        None => stream::StreamId::MIN,
    };
    let text = ctx.arg(4);
    group_at(ctx, place)?;
    at_most(ctx, 7)?;
    let mut group = group_at(ctx, place)?;
    let id = match text {
        b"$" => last,
        text => id(text, 0)?,
    };
    group.last_id = id;
    group.entries_read = read;
    ctx.reply.ok();
    ctx.changed_unseen();
    ctx.announce(Event::XGROUP_SETID, key);
    Ok(())
}

fn destroy(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, name) = (ctx.arg(2), ctx.arg(3));
    let place = place(ctx, false)?;
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(());
    };
    let rest = stream.destroy_group(name);
    ctx.reply.flag(rest.is_some());
    if rest.is_some() {
        ctx.keys.discard(rest);
        ctx.announce(Event::XGROUP_DESTROY, key);
        ctx.changed_unseen();
        // Who waits for the group's entries learns that it is gone.
        ctx.wake(key);
    }
    Ok(())
}

fn create_consumer(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, name, now_ms) = (ctx.arg(2), ctx.arg(4), ctx.now.unix_ms as i64);
    let place = place(ctx, false)?;
    let mut group = group_at(ctx, place)?;
    let is_new = group.find(name).is_none();
    if is_new {
        group.create(name, now_ms)?;
        ctx.changed_unseen();
        ctx.announce(Event::XGROUP_CREATECONSUMER, key);
    }
    ctx.reply.flag(is_new);
    Ok(())
}

fn delete_consumer(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, name) = (ctx.arg(2), ctx.arg(4));
    let place = place(ctx, false)?;
    let mut group = group_at(ctx, place)?;
    let mut pending = 0;
    if let Some(consumer) = group.find(name) {
        pending = group.delete(consumer);
        ctx.keys.settle_later(place);
        ctx.announce(Event::XGROUP_DELCONSUMER, key);
        ctx.changed_unseen();
    }
    ctx.reply.int(pending as i64);
    Ok(())
}
