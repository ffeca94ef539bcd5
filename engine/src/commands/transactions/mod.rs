//! MULTI, EXEC, DISCARD, WATCH and UNWATCH.

use alloc::boxed::Box;

use crate::boundary::Now;
use crate::command::{
    Acl, Arg, Ctx, Flags, Group, InMulti, KeyFlags, KeySpec, Spec, World, call_inner, call_nested,
};
use crate::conn::{Conn, Replies};
use crate::error::Error;
use crate::pause::PauseMode;
use crate::resp::Chunks;
use crate::server::Server;
use crate::session;
use crate::session::queue::Queue;

/// The longest that others wait for what the host does in the middle of a transaction, in milliseconds.
const HOST_MS_MAX: u64 = 10_000;

pub(crate) const SPECS: &[Spec] = &[MULTI, EXEC, DISCARD, WATCH, UNWATCH];

const ANY_TIME: Flags = Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE);
const QUICK: Flags = ANY_TIME.or(Flags::FAST).or(Flags::ALLOW_BUSY);

const MULTI: Spec = Spec {
    name: "multi",
    summary: "Begins a transaction: commands are queued from here on.",
    since: "1.2.0",
    group: Group::Transactions,
    complexity: "O(1)",
    arity: 1,
    flags: QUICK,
    acl: Acl::TRANSACTION,
    in_multi: InMulti::AtOnce,
    ..Spec::new(multi)
};

fn multi(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.conn.queue.is_some() {
        return Err(Error::fixed(&"ERR MULTI calls can not be nested"));
    }
    ctx.conn.queue = Some(Box::new(Queue::new()));
    ctx.reply.ok();
    Ok(())
}

const EXEC: Spec = Spec {
    name: "exec",
    summary: "Runs the queued commands, with no other command between them.",
    since: "1.2.0",
    group: Group::Transactions,
    complexity: "Depends on commands in the transaction",
    arity: 1,
    flags: ANY_TIME.or(Flags::SKIP_SLOWLOG),
    acl: Acl::TRANSACTION,
    in_multi: InMulti::Exec,
    ..Spec::new(exec)
};

fn exec(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let Some(queue) = ctx.conn.queue.take() else {
        return Err(Error::fixed(&"ERR EXEC without MULTI"));
    };
    expire_watched(ctx);
    let changed = ctx.server.session.watches.is_dirty(ctx.conn.id);
    ctx.server.session.watches.clear(ctx.conn);
    session::refresh(ctx.keys, ctx.server);
    if queue.spoiled {
        return Err(Error::fixed(
            &"EXECABORT Transaction discarded because of previous errors.",
        ));
    }
    if changed {
        ctx.reply.null_array();
        return Ok(());
    }
    // Queued CLIENT REPLY commands work from their place on.
    if ctx.conn.replies == Replies::On {
        ctx.reply.array(queue.len());
    }
    ctx.conn.exec_len = Some(queue.len());
    ctx.server.log.begin_block();
    let mut rest = None;
    for (at, (command, args)) in queue.iter().enumerate() {
        call_nested(ctx, command, args);
        if is_suspended(ctx.conn, ctx.server) {
            rest = Some(at + 1);
            break;
        }
    }
    if let Some(next) = rest {
        suspended(ctx.now, ctx.conn, ctx.server, queue, next);
        return Ok(());
    }
    ctx.server.log.end_block();
    ctx.conn.exec_len = None;
    Ok(())
}

/// The rest of the transaction cannot run yet.
fn is_suspended(conn: &Conn, server: &Server) -> bool {
    conn.waiting || server.scripts.running.is_some()
}

/// A script of the transaction was suspended, or the host has something to do: the rest waits for its end, and all
/// others with it.
#[cold]
fn suspended(now: Now, conn: &mut Conn, server: &mut Server, queue: Box<Queue>, next: usize) {
    conn.exec_len = None;
    if let Some(running) = &mut server.scripts.running {
        running.transaction = Some((queue, next));
    } else {
        conn.rest = Some((queue, next));
        let waiting = server.waiting.last();
        // What takes ticks to do would not be done.
        if waiting.is_some_and(|waiting| waiting.pending.is_quick()) {
            server.sleep.begin(PauseMode::All, HOST_MS_MAX, now);
        }
    }
}

/// Goes on with a transaction whose script or whose work for the host has ended, from its request `next` on.
pub(crate) fn go_on(
    now: Now,
    queue: Box<Queue>,
    next: usize,
    conn: &mut Conn,
    world: &mut World,
    out: &mut Chunks,
) {
    let World {
        keys,
        clients,
        server,
    } = world;
    conn.exec_len = Some(queue.len());
    let mut rest = None;
    for (at, (command, args)) in queue.iter().enumerate().skip(next) {
        let world = (&mut *keys, &mut *clients, &mut *server);
        call_inner(now, command, args, conn, world, out);
        if is_suspended(conn, server) {
            rest = Some(at + 1);
            break;
        }
    }
    conn.exec_len = None;
    if let Some(next) = rest {
        suspended(now, conn, server, queue, next);
    }
}

/// A watched key whose time has come since WATCH has changed.
fn expire_watched(ctx: &mut Ctx<'_>) {
    for at in 0..ctx.conn.watched.len() {
        let (database, key) = ctx.conn.watched[at].clone();
        ctx.keys.select(database);
        ctx.keys.find(&key);
    }
    ctx.settle();
    ctx.keys.select(ctx.conn.database);
}

const DISCARD: Spec = Spec {
    name: "discard",
    summary: "Drops the queued commands.",
    since: "2.0.0",
    group: Group::Transactions,
    complexity: "O(N), when N is the number of queued commands",
    arity: 1,
    flags: QUICK,
    acl: Acl::TRANSACTION,
    in_multi: InMulti::AtOnce,
    ..Spec::new(discard)
};

fn discard(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.conn.queue.take().is_none() {
        return Err(Error::fixed(&"ERR DISCARD without MULTI"));
    }
    ctx.server.session.watches.clear(ctx.conn);
    session::refresh(ctx.keys, ctx.server);
    ctx.reply.ok();
    Ok(())
}

const WATCH: Spec = Spec {
    name: "watch",
    summary: "Makes the next EXEC run nothing if one of these keys changes before it.",
    since: "2.2.0",
    group: Group::Transactions,
    complexity: "O(1) for every key.",
    arity: -2,
    flags: QUICK,
    acl: Acl::TRANSACTION,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    args: &[Arg::key("key", 0).multiple()],
    in_multi: InMulti::AtOnce,
    ..Spec::new(watch)
};

fn watch(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.conn.queue.is_some() {
        return Err(Error::fixed(&"ERR WATCH inside MULTI is not allowed"));
    }
    let database = ctx.keys.selected();
    for key in ctx.args.from(1).iter() {
        // A key whose time has come is missing already: that it goes is no change.
        ctx.keys.find(key);
        ctx.settle();
        ctx.server.session.watches.add(ctx.conn, database, key)?;
    }
    session::refresh(ctx.keys, ctx.server);
    ctx.reply.ok();
    Ok(())
}

const UNWATCH: Spec = Spec {
    name: "unwatch",
    summary: "Forgets all watched keys.",
    since: "2.2.0",
    group: Group::Transactions,
    complexity: "O(1)",
    arity: 1,
    flags: QUICK,
    acl: Acl::TRANSACTION,
    ..Spec::new(unwatch)
};

fn unwatch(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.server.session.watches.clear(ctx.conn);
    session::refresh(ctx.keys, ctx.server);
    ctx.reply.ok();
    Ok(())
}
