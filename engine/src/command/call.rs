//! Runs one admitted request: handler, error reply, log, accounts. Knows no single command.

use super::context::{Ctx, Effect, World};
use super::{CommandId, Flags, Spec, admission, table};
use crate::boundary::Now;
use crate::conn::{Conn, Replies};
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::resp::{ArgBuf, Args, Chunks, Reply, UNRESOLVED};
use crate::server::Server;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// It was answered.
    Done,
    /// It has to wait, and nothing has happened yet.
    Parked,
}

/// Looks up, admits and runs one request of `conn`, and writes its reply to `out`, unless CLIENT REPLY
/// keeps it from the client.
pub(crate) fn call(
    now: Now,
    number: CommandId,
    args: Args<'_>,
    conn: &mut Conn,
    world: &mut World,
    out: &mut Chunks,
) -> Called {
    if conn.replies == Replies::On {
        return answer(now, number, args, conn, world, out);
    }
    let mark = out.mark();
    let before = conn.replies;
    if before == Replies::SkipNext {
        conn.replies = Replies::Skipping;
    }
    let called = answer(now, number, args, conn, world, out);
    if called == Called::Parked {
        conn.replies = before;
    } else if conn.replies != Replies::On {
        out.truncate(mark);
        if conn.replies == Replies::Skipping {
            conn.replies = Replies::On;
        }
    }
    called
}

#[inline]
fn answer(
    now: Now,
    mut number: CommandId,
    args: Args<'_>,
    conn: &mut Conn,
    world: &mut World,
    out: &mut Chunks,
) -> Called {
    let World {
        keys,
        clients,
        server,
    } = world;
    let protocol = conn.protocol;
    let found = lookup(&mut number, args);
    conn.last_command = number;
    let admitted =
        found.and_then(|spec| super::admit(spec, args, conn, &server.config).map(|()| spec));
    let spec = match admitted {
        Ok(spec) => spec,
        Err(error) => {
            server.stats.rejected(number, &error);
            server.stats.lap_ns = (server.stopwatch)();
            Reply::new(out, protocol).error(&error);
            return Called::Done;
        }
    };
    if server.pause.holds(spec, now) {
        server.pause.park(conn.id);
        return Called::Parked;
    }
    let started_ns = server.stats.lap_ns;
    keys.select(conn.database);
    let mark = out.mark();
    let mut ctx = Ctx {
        now,
        args,
        conn,
        reply: Reply::new(out, protocol),
        keys,
        clients,
        server,
        changes: 0,
        effect: Effect::Verbatim,
    };
    let result = (spec.handler)(&mut ctx);
    let Ctx {
        changes,
        effect,
        mut reply,
        ..
    } = ctx;
    if let Err(error) = &result {
        reply.out().truncate(mark);
        reply.error(error);
    }
    log_effects(args, keys, server, changes, effect);
    account(now, number, args, conn, server, &result, started_ns);
    Called::Done
}

#[inline]
fn lookup(number: &mut CommandId, args: Args<'_>) -> Result<&'static Spec, Error> {
    if *number == UNRESOLVED {
        return Err(admission::unknown_command(args));
    }
    let spec = table::spec(*number);
    if spec.subcommands.is_empty() || args.len() < 2 {
        return Ok(spec);
    }
    match table::resolve_subcommand(*number, args.at(1)) {
        Some(sub) => {
            *number = sub;
            Ok(table::spec(sub))
        }
        None => {
            *number = UNRESOLVED;
            Err(admission::unknown_subcommand(spec, args))
        }
    }
}

/// Reads the stopwatch, once, and books the time since `started_ns`. A command's time is thus all that
/// passed since the one before it, and a command that runs others has their time too.
#[inline]
fn account(
    now: Now,
    number: CommandId,
    args: Args<'_>,
    conn: &Conn,
    server: &mut Server,
    result: &Result<(), Error>,
    started_ns: u64,
) {
    let end_ns = (server.stopwatch)();
    server.stats.lap_ns = end_ns;
    let ns = end_ns.saturating_sub(started_ns);
    let track = server.config.latency_tracking;
    server.stats.called(number, result, ns, track);
    let us = ns / 1000;
    let slower_than = server.config.slowlog_log_slower_than;
    let threshold_ms = server.config.latency_monitor_threshold;
    if (slower_than >= 0 && us >= slower_than as u64)
        || (threshold_ms > 0 && us / 1000 >= threshold_ms)
    {
        note_slow(now, table::spec(number), args, conn, server, us);
    }
}

#[cold]
fn note_slow(now: Now, spec: &Spec, args: Args<'_>, conn: &Conn, server: &mut Server, us: u64) {
    let config = &server.config;
    let slower_than = config.slowlog_log_slower_than;
    if slower_than >= 0 && us >= slower_than as u64 && !spec.flags.has(Flags::SKIP_SLOWLOG) {
        let address = &conn.peer.address;
        let time = (now.unix_ms / 1000, us);
        let entries_max = config.slowlog_max_len;
        server
            .slowlog
            .push(time, args, address, &conn.name, entries_max);
    }
    let threshold_ms = config.latency_monitor_threshold;
    if threshold_ms > 0 && us / 1000 >= threshold_ms {
        let event = if spec.flags.has(Flags::FAST) {
            "fast-command"
        } else {
            "command"
        };
        server.latency.note(event, now.unix_ms / 1000, us / 1000);
    }
}

/// Logs what the command did, and before it the deletion of keys that it found expired.
#[inline]
fn log_effects(
    args: Args<'_>,
    keys: &mut Keyspace,
    server: &mut Server,
    changes: u64,
    effect: Effect,
) {
    server.stats.changes += changes;
    if !server.log.is_kept() {
        return;
    }
    log_expired(keys, server);
    if changes > 0 && effect == Effect::Verbatim {
        server.log.append(keys.selected(), args);
    }
}

/// Logs the deletion of keys that expired.
pub(crate) fn log_expired(keys: &mut Keyspace, server: &mut Server) {
    let mut record = ArgBuf::new();
    let delete: &[u8] = if server.config.lazyfree_lazy_expire {
        b"UNLINK"
    } else {
        b"DEL"
    };
    for (database, key) in keys.take_expired() {
        record.clear();
        record.push(delete);
        record.push(&key);
        server.log.append(database, record.args());
    }
}
