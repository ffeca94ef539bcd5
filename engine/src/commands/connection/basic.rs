//! PING, ECHO, QUIT and RESET.

use crate::command::{Acl, Arg, Ctx, Flags, Group, InMulti, Spec};
use crate::conn::Replies;
use crate::error::Error;
use crate::resp::Protocol;
use crate::session;

pub(crate) const SPECS: &[Spec] = &[PING, ECHO, QUIT, RESET];

const PING: Spec = Spec {
    name: "ping",
    summary: "Answers PONG, or repeats its argument.",
    since: "1.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: -1,
    flags: Flags::FAST,
    acl: Acl::CONNECTION,
    args: &[Arg::string("message").optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    subscribed: true,
    ..Spec::new(ping)
};

fn ping(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let listens = ctx.conn.subscriptions.is_some() && ctx.reply.protocol() == Protocol::Resp2;
    if listens && ctx.args.len() <= 2 {
        ctx.reply.array(2);
        ctx.reply.bulk(b"pong");
        ctx.reply.bulk(ctx.arg(1));
        return Ok(());
    }
    match ctx.args.len() {
        1 => ctx.reply.simple("PONG"),
        2 => ctx.reply.bulk(ctx.arg(1)),
        _ => {
            return Err(Error::fixed(
                &"ERR wrong number of arguments for 'ping' command",
            ));
        }
    }
    Ok(())
}

const ECHO: Spec = Spec {
    name: "echo",
    summary: "Repeats its argument.",
    since: "1.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::CONNECTION,
    args: &[Arg::string("message")],
    ..Spec::new(echo)
};

fn echo(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.bulk(ctx.arg(1));
    Ok(())
}

const QUIT: Spec = Spec {
    name: "quit",
    summary: "Says goodbye and closes the connection.",
    since: "1.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    deprecated: Some(("7.2.0", "just closing the connection")),
    arity: -1,
    flags: super::SESSION.or(Flags::FAST),
    acl: Acl::CONNECTION,
    in_multi: InMulti::AtOnce,
    subscribed: true,
    ..Spec::new(quit)
};

fn quit(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.ok();
    ctx.conn.closing = true;
    Ok(())
}

const RESET: Spec = Spec {
    name: "reset",
    summary: "Puts the connection back into the state of a new one.",
    since: "6.2.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 1,
    flags: super::SESSION.or(Flags::FAST),
    acl: Acl::CONNECTION,
    in_multi: InMulti::AtOnce,
    subscribed: true,
    ..Spec::new(reset)
};

/// What SETINFO told stays: it is still the same library at the other end.
fn reset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let authenticated = ctx.config().requirepass.is_empty();
    session::leave(ctx.server, ctx.conn);
    session::refresh(ctx.keys, ctx.server);
    let conn = &mut *ctx.conn;
    conn.database = 0;
    conn.protocol = Protocol::Resp2;
    conn.authenticated = authenticated;
    conn.replies = Replies::On;
    conn.no_evict = false;
    conn.no_touch = false;
    conn.name.clear();
    ctx.reply.set_protocol(Protocol::Resp2);
    ctx.reply.simple("RESET");
    Ok(())
}
