//! XINFO.

use super::{COUNT, KEY, STREAM, no_such_group, reply_entry, reply_id};
use crate::command::{Acl, Arg, Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::commands::server::help;
use crate::error::Error;
use crate::resp::Reply;
use crate::types::stream::{self, Stream, StreamId};

pub(crate) const SPECS: &[Spec] = &[XINFO];

const GROUP_NAME: Arg = Arg::string("groupname");

/// What the subcommands have in common.
const PART: Spec = Spec {
    flags: Flags::READONLY,
    keys: &[KeySpec::at(2, KeyFlags::RO.or(KeyFlags::ACCESS))],
    ..STREAM
};

const XINFO: Spec = Spec {
    acl: Acl::NONE,
    name: "xinfo",
    summary: "Shows the state of streams, groups and consumers.",
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "consumers",
            summary: "Shows the consumers of a group.",
            arity: 4,
            tips: &["nondeterministic_output"],
            args: &[KEY, GROUP_NAME],
            handler: consumers,
            ..PART
        },
        Spec {
            name: "groups",
            summary: "Shows the groups of a stream.",
            history: &[("7.0.0", "Added the `entries-read` and `lag` fields")],
            arity: 3,
            args: &[KEY],
            handler: groups,
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
            name: "stream",
            summary: "Shows the state of a stream.",
            history: &[
                ("6.0.0", "Added the `FULL` modifier."),
                (
                    "7.0.0",
                    "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields",
                ),
            ],
            arity: -3,
            args: &[KEY, Arg::block("full", &[COUNT]).after("FULL").optional()],
            handler: stream,
            ..PART
        },
    ],
    handler: help,
    ..STREAM
};

fn consumers(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, name, now_ms) = (ctx.arg(2), ctx.arg(3), ctx.now.unix_ms as i64);
    let Some((stream, _)) = ctx.keys.read_collection::<Stream>(key)? else {
        return Err(Error::NoSuchKey);
    };
    let Some(group) = stream.group(name) else {
        return Err(no_such_group(&ctx.server.told, key, name));
    };
    let reply = &mut ctx.reply;
    reply.array(group.consumers_len());
    for consumer in group.consumers() {
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        reply.bulk(b"pending");
        reply.int(consumer.pending_len() as i64);
        reply.bulk(b"idle");
        reply.int(now_ms.wrapping_sub(consumer.seen_ms).max(0));
        reply.bulk(b"inactive");
        reply.int(match consumer.active_ms {
            -1 => -1,
            active_ms => now_ms.wrapping_sub(active_ms).max(0),
        });
    }
    Ok(())
}

/// A number that may be unknown.
fn known(reply: &mut Reply<'_>, name: &[u8], number: Option<i64>) {
    reply.bulk(name);
    match number {
        Some(number) => reply.int(number),
        None => reply.null(),
    }
}

fn groups(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let Some((stream, _)) = ctx.keys.read_collection::<Stream>(ctx.arg(2))? else {
        return Err(Error::NoSuchKey);
    };
    let reply = &mut ctx.reply;
    reply.array(stream.groups_len());
    for (name, group) in stream.groups() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(name);
        reply.bulk(b"consumers");
        reply.int(group.consumers_len() as i64);
        reply.bulk(b"pending");
        reply.int(group.pending_len() as i64);
        reply.bulk(b"last-delivered-id");
        reply_id(reply, group.last_id);
        known(
            reply,
            b"entries-read",
            group.entries_read.map(|read| read as i64),
        );
        known(reply, b"lag", stream.lag(group));
    }
    Ok(())
}

fn stream(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(2));
    if ctx.keys.collection::<Stream>(place)?.is_none() {
        return Err(Error::NoSuchKey);
    }
    let full = ctx.args.len() > 3;
    let mut count = 10;
    if full {
        let fits = matches!(ctx.args.len(), 4 | 6)
            && ctx.args.is(3, "FULL")
            && (ctx.args.len() == 4 || ctx.args.is(4, "COUNT"));
        if !fits {
            return Err(ctx.wrong_arguments("XINFO"));
        }
        if ctx.args.len() == 6 {
            count = match ctx.args.int(5)? {
                0 => i64::MAX,
                count if count < 0 => 10,
                count => count,
            };
        }
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let Some((stream, _)) = ctx.keys.read_collection::<Stream>(ctx.arg(2))? else {
        return Err(Error::NoSuchKey);
    };
    let reply = &mut ctx.reply;
    reply.map(if full { 9 } else { 10 });
    reply.bulk(b"length");
    reply.int(stream.len() as i64);
    reply.bulk(b"radix-tree-keys");
    reply.int(stream.nodes_len() as i64);
    reply.bulk(b"radix-tree-nodes");
    reply.int(stream.radix_nodes() as i64);
    reply.bulk(b"last-generated-id");
    reply_id(reply, stream.last_id);
    reply.bulk(b"max-deleted-entry-id");
    reply_id(reply, stream.max_deleted_id);
    reply.bulk(b"entries-added");
    reply.int(stream.entries_added as i64);
    reply.bulk(b"recorded-first-entry-id");
    reply_id(reply, stream.first_id);
    if full {
        reply.bulk(b"entries");
        let mark = reply.out().mark();
        let mut len = 0;
        for entry in stream
            .range(StreamId::MIN, StreamId::MAX, false)
            .take(count)
        {
            reply_entry(reply, &entry);
            len += 1;
        }
        reply.array_at(mark, len);
        reply.bulk(b"groups");
        reply.array(stream.groups_len());
        for (name, group) in stream.groups() {
            full_group(reply, stream, (name, group), count);
        }
        return Ok(());
    }
    reply.bulk(b"groups");
    reply.int(stream.groups_len() as i64);
    for (name, backwards) in [(&b"first-entry"[..], false), (b"last-entry", true)] {
        reply.bulk(name);
        match stream.range(StreamId::MIN, StreamId::MAX, backwards).next() {
            Some(entry) => reply_entry(reply, &entry),
            None => reply.null(),
        }
    }
    Ok(())
}

fn full_group(
    reply: &mut Reply<'_>,
    stream: &Stream,
    (name, group): (&[u8], &stream::Group),
    count: usize,
) {
    reply.map(7);
    reply.bulk(b"name");
    reply.bulk(name);
    reply.bulk(b"last-delivered-id");
    reply_id(reply, group.last_id);
    known(
        reply,
        b"entries-read",
        group.entries_read.map(|read| read as i64),
    );
    known(reply, b"lag", stream.lag(group));
    reply.bulk(b"pel-count");
    reply.int(group.pending_len() as i64);
    reply.bulk(b"pending");
    reply.array(group.pending_len().min(count));
    let mut next = Some(StreamId::MIN);
    for _ in 0..count {
        let Some((id, delivery)) = next.and_then(|next| group.next_delivery(next)) else {
            break;
        };
        next = id.next();
        reply.array(4);
        reply_id(reply, id);
        reply.bulk(group.consumer(delivery.consumer).name());
        reply.int(delivery.time_ms);
        reply.int(delivery.count as i64);
    }
    reply.bulk(b"consumers");
    reply.array(group.consumers_len());
    for consumer in group.consumers() {
        reply.map(5);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        reply.bulk(b"seen-time");
        reply.int(consumer.seen_ms);
        reply.bulk(b"active-time");
        reply.int(consumer.active_ms);
        reply.bulk(b"pel-count");
        reply.int(consumer.pending_len() as i64);
        reply.bulk(b"pending");
        reply.array(consumer.pending_len().min(count));
        for id in consumer.pending_from(StreamId::MIN).take(count) {
            reply.array(3);
            reply_id(reply, id);
            let delivery = group.delivery(id);
            reply.int(delivery.map_or(0, |delivery| delivery.time_ms));
            reply.int(delivery.map_or(0, |delivery| delivery.count as i64));
        }
    }
}
