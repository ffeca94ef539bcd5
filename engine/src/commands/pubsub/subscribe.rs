//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE, their opposites, PUBLISH and SPUBLISH.

use alloc::vec::Vec;

use crate::command::{Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::conn::Replies;
use crate::error::Error;
use crate::resp::Reply;
use crate::session::pubsub::Kind;

pub(crate) const SPECS: &[Spec] = &[
    SUBSCRIBE,
    UNSUBSCRIBE,
    PSUBSCRIBE,
    PUNSUBSCRIBE,
    SSUBSCRIBE,
    SUNSUBSCRIBE,
    PUBLISH,
    SPUBLISH,
];

const LISTENING: Flags = Flags::PUBSUB
    .or(Flags::NOSCRIPT)
    .or(Flags::LOADING)
    .or(Flags::STALE);
const PUBLISHING: Flags = Flags::PUBSUB
    .or(Flags::LOADING)
    .or(Flags::STALE)
    .or(Flags::FAST)
    .or(Flags::MAY_REPLICATE);

const SUBSCRIBE: Spec = Spec {
    name: "subscribe",
    summary: "Begins to listen to channels.",
    since: "2.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of channels to subscribe to.",
    arity: -2,
    flags: LISTENING,
    args: &[Arg::string("channel").multiple()],
    subscribed: true,
    ..Spec::new(subscribe)
};

fn subscribe(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    begin(ctx, Kind::Channel, b"subscribe")
}

const UNSUBSCRIBE: Spec = Spec {
    name: "unsubscribe",
    summary: "Ends listening to channels, or to all.",
    since: "2.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of clients already subscribed to a channel.",
    arity: -1,
    flags: LISTENING,
    args: &[Arg::string("channel").optional().multiple()],
    subscribed: true,
    ..Spec::new(unsubscribe)
};

fn unsubscribe(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    end(ctx, Kind::Channel, b"unsubscribe")
}

const PSUBSCRIBE: Spec = Spec {
    name: "psubscribe",
    summary: "Begins to listen to all channels that match patterns.",
    since: "2.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of patterns the client is already subscribed to.",
    arity: -2,
    flags: LISTENING,
    args: &[Arg::new(
        "pattern",
        ArgKind::Block(&[Arg::new("pattern", ArgKind::Pattern)]),
    )
    .multiple()],
    subscribed: true,
    ..Spec::new(psubscribe)
};

fn psubscribe(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    begin(ctx, Kind::Pattern, b"psubscribe")
}

const PUNSUBSCRIBE: Spec = Spec {
    name: "punsubscribe",
    summary: "Ends listening by patterns, or by all.",
    since: "2.0.0",
    group: Group::Pubsub,
    complexity: "O(N+M) where N is the number of patterns the client is already subscribed and M is the \
number of total patterns subscribed in the system (by any client).",
    arity: -1,
    flags: LISTENING,
    args: &[Arg::new("pattern", ArgKind::Pattern).optional().multiple()],
    subscribed: true,
    ..Spec::new(punsubscribe)
};

fn punsubscribe(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    end(ctx, Kind::Pattern, b"punsubscribe")
}

const SSUBSCRIBE: Spec = Spec {
    name: "ssubscribe",
    summary: "Begins to listen to shard channels.",
    since: "7.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of shard channels to subscribe to.",
    arity: -2,
    flags: LISTENING,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)],
    args: &[Arg::string("shardchannel").multiple()],
    subscribed: true,
    ..Spec::new(ssubscribe)
};

fn ssubscribe(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    begin(ctx, Kind::Shard, b"ssubscribe")
}

const SUNSUBSCRIBE: Spec = Spec {
    name: "sunsubscribe",
    summary: "Ends listening to shard channels, or to all.",
    since: "7.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of clients already subscribed to a shard channel.",
    arity: -1,
    flags: LISTENING,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)],
    args: &[Arg::string("shardchannel").optional().multiple()],
    subscribed: true,
    ..Spec::new(sunsubscribe)
};

fn sunsubscribe(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    end(ctx, Kind::Shard, b"sunsubscribe")
}

fn begin(ctx: &mut Ctx<'_>, kind: Kind, word: &[u8]) -> Result<(), Error> {
    for name in ctx.args.from(1).iter() {
        ctx.server.session.pubsub.add(ctx.conn, kind, name)?;
        confirm(ctx, kind, word, Some(name));
    }
    Ok(())
}

fn end(ctx: &mut Ctx<'_>, kind: Kind, word: &[u8]) -> Result<(), Error> {
    if ctx.args.len() > 1 {
        for name in ctx.args.from(1).iter() {
            ctx.server.session.pubsub.remove(ctx.conn, kind, name);
            confirm(ctx, kind, word, Some(name));
        }
        return Ok(());
    }
    let subscriptions = ctx.conn.subscriptions.as_ref();
    let names: Vec<_> = subscriptions.map_or_else(Vec::new, |own| own.of(kind).to_vec());
    if names.is_empty() {
        confirm(ctx, kind, word, None);
    }
    for name in names {
        ctx.server.session.pubsub.remove(ctx.conn, kind, &name);
        confirm(ctx, kind, word, Some(&name));
    }
    Ok(())
}

/// A confirmation is a push: CLIENT REPLY does not hold it back.
fn confirm(ctx: &mut Ctx<'_>, kind: Kind, word: &[u8], name: Option<&[u8]>) {
    let protocol = ctx.conn.protocol;
    let subscriptions = ctx.conn.subscriptions.as_ref();
    let count = subscriptions.map_or(0, |own| own.count(kind));
    let out = if ctx.conn.replies == Replies::On {
        ctx.reply.out()
    } else {
        &mut ctx.conn.mailbox
    };
    let mut reply = Reply::new(out, protocol);
    reply.push(3);
    reply.bulk(word);
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.int(count as i64);
}

const PUBLISH: Spec = Spec {
    name: "publish",
    summary: "Sends a message to all who listen to a channel.",
    since: "2.0.0",
    group: Group::Pubsub,
    complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the \
total number of subscribed patterns (by any client).",
    arity: 3,
    flags: PUBLISHING,
    args: &[Arg::string("channel"), Arg::string("message")],
    ..Spec::new(publish)
};

fn publish(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let count = ctx.publish(false, ctx.arg(1), ctx.arg(2));
    ctx.reply.int(count as i64);
    Ok(())
}

const SPUBLISH: Spec = Spec {
    name: "spublish",
    summary: "Sends a message to all who listen to a shard channel.",
    since: "7.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
    arity: 3,
    flags: PUBLISHING,
    keys: &[KeySpec::at(1, KeyFlags::NOT_KEY)],
    args: &[Arg::string("shardchannel"), Arg::string("message")],
    ..Spec::new(spublish)
};

fn spublish(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let count = ctx.publish(true, ctx.arg(1), ctx.arg(2));
    ctx.reply.int(count as i64);
    Ok(())
}
