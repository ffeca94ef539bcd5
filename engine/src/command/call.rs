//! Runs one admitted request: handler, error reply, log, accounts. Knows no single command.

use super::context::{Ctx, Effect, World};
use super::{Command, CommandId, Flags, Group, InMulti, admission, table};
use crate::boundary::Now;
use crate::clients::Clients;
use crate::conn::{Conn, Replies};
use crate::error::{Error, Told};
use crate::keyspace::Keyspace;
use crate::resp::{Args, Chunks, Reply, UNRESOLVED};
use crate::script::Busy;
use crate::server::Server;
use crate::session::blocking::{Awaits, Blocked};
use crate::session::notify::Around;
use crate::session::{blocking, monitor, tracking};

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
    } else if conn.blocked.is_some() || conn.waiting {
        // The reply that is left out is still to come.
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
    if !server.renames.is_empty() {
        number = server.renames.resolve(args.at(0), number);
    }
    let found = lookup(&mut number, args, &server.told);
    conn.last_command = number;
    let exec = matches!(&found, Ok(command) if command.in_multi == InMulti::Exec);
    let admitted =
        found.and_then(|command| super::admit(command, args, conn, server).map(|()| command));
    let command = match admitted {
        Ok(command) => command,
        Err(error) => {
            let error = if exec || conn.queue.is_some() {
                admission::refused(exec, conn, server, error)
            } else {
                error
            };
            let text = server.told.text(error);
            server.stats.rejected(number, text);
            server.stats.lap_ns = (server.stopwatch)();
            Reply::new(out, protocol).error_bytes(text);
            return Called::Done;
        }
    };
    if server.is_held_up()
        && let Some(called) = held_up(
            now,
            (number, command, args),
            exec,
            conn,
            (clients, server),
            out,
        )
    {
        return called;
    }
    if conn.queue.is_some() && command.in_multi == InMulti::Queued {
        queue(
            number,
            command,
            args,
            conn,
            server,
            &mut Reply::new(out, protocol),
        );
        return Called::Done;
    }
    let world = (&mut *keys, &mut *clients, &mut *server);
    run(now, number, command, args, conn, world, out);
    if conn.tracking.is_some() {
        end_caching(number, conn);
    }
    if !server.session.monitors.is_empty() {
        monitor::feed(now, command, args, None, conn, clients, server);
    }
    Called::Done
}

/// CLIENT CACHING holds for one command, or for one transaction.
#[cold]
fn end_caching(number: CommandId, conn: &mut Conn) {
    let of_client = table::container(number).is_some_and(|container| container.name == "client");
    if let Some(own) = &mut conn.tracking
        && conn.queue.is_none()
        && !of_client
    {
        own.caching = false;
    }
}

/// What becomes of a request while a script is suspended, a pause is on or the server ends; nothing where it
/// may run.
#[cold]
fn held_up(
    now: Now,
    (number, command, args): (CommandId, &Command, Args<'_>),
    exec: bool,
    conn: &mut Conn,
    (clients, server): (&mut Clients, &mut Server),
    out: &mut Chunks,
) -> Option<Called> {
    if let Some(busy) = server.scripts.busy()
        && !command.flags.has(Flags::ALLOW_BUSY)
    {
        return Some(while_busy(busy, number, exec, conn, server, out));
    }
    if server.pause.is_set() {
        let late = server.pause.is_late(conn.id);
        let reads = server.pause.is_for_writes() && server.scripts.only_reads(command, args);
        if !reads && server.pause.holds(flags_of(command, conn), late, now) {
            server.pause.park(conn.id);
            return Some(Called::Parked);
        }
        server.pause.follow_up(clients, &mut server.outputs);
    }
    let stop = [&mut server.sleep, &mut server.ending];
    let stop = stop.into_iter().find(|stop| stop.is_on(now))?;
    stop.park(conn.id);
    Some(Called::Parked)
}

/// What becomes of a request while a script is suspended.
#[cold]
fn while_busy(
    busy: Busy,
    number: CommandId,
    exec: bool,
    conn: &mut Conn,
    server: &mut Server,
    out: &mut Chunks,
) -> Called {
    let Busy::Refuse(mut error) = busy else {
        server.scripts.park(conn.id);
        return Called::Parked;
    };
    if exec || conn.queue.is_some() {
        error = admission::refused(exec, conn, server, error);
    }
    let text = server.told.text(error);
    server.stats.rejected(number, text);
    server.stats.lap_ns = (server.stopwatch)();
    Reply::new(out, conn.protocol).error_bytes(text);
    Called::Done
}

/// What a request may do; EXEC may do what its queue does.
#[cold]
fn flags_of(command: &Command, conn: &Conn) -> Flags {
    match &conn.queue {
        Some(queue) if command.in_multi == InMulti::Exec => command.flags.or(queue.flags),
        _ => command.flags,
    }
}

/// Puts a request into the connection's queue. A connection whose queue grows beyond
/// `client-query-buffer-limit` is closed: the queue is input that has not run.
#[cold]
fn queue(
    number: CommandId,
    command: &Command,
    args: Args<'_>,
    conn: &mut Conn,
    server: &mut Server,
    reply: &mut Reply<'_>,
) {
    server.stats.lap_ns = (server.stopwatch)();
    let limit = server.config.client_query_buffer_limit;
    let Some(queue) = &mut conn.queue else {
        return;
    };
    let bytes = args.iter().map(<[u8]>::len).sum::<usize>() + queue.bytes();
    if bytes as u64 > limit.min(u64::from(u32::MAX) / 2) {
        conn.queue = None;
        conn.closing = true;
        return;
    }
    match queue.push(number, command.flags, args) {
        Ok(()) => reply.simple("QUEUED"),
        Err(error) => {
            queue.spoiled = true;
            let text = server.told.text(error);
            server.stats.rejected(number, text);
            reply.error_bytes(text);
        }
    }
}

/// Runs a queued request as a part of the command that `ctx` is of. Its reply stands behind what that one has
/// written.
pub(crate) fn call_nested(ctx: &mut Ctx<'_>, number: CommandId, args: Args<'_>) {
    let command = table::get(number);
    let world = (&mut *ctx.keys, &mut *ctx.clients, &mut *ctx.server);
    let out = ctx.reply.out();
    let mark = out.mark();
    run(ctx.now, number, command, args, ctx.conn, world, out);
    if !ctx.server.session.monitors.is_empty() {
        let (conn, clients) = (&mut *ctx.conn, &mut *ctx.clients);
        monitor::feed(ctx.now, command, args, None, conn, clients, ctx.server);
    }
    if matches!(ctx.conn.replies, Replies::Off) {
        out.truncate(mark);
    }
}

/// Runs a command that a script calls, or that a transaction goes on with, and that may run. Its reply stands behind
/// what is in `out`.
pub(crate) fn call_inner(
    now: Now,
    number: CommandId,
    args: Args<'_>,
    conn: &mut Conn,
    world: (&mut Keyspace, &mut Clients, &mut Server),
    out: &mut Chunks,
) {
    run(now, number, table::get(number), args, conn, world, out);
}

/// Runs a waiting command again, because `key` changed. If it need not wait any more its reply is put into the
/// mailbox and the connection goes on.
pub(crate) fn run_again(now: Now, conn: &mut Conn, world: &mut World, database: usize, key: &[u8]) {
    let World {
        keys,
        clients,
        server,
    } = world;
    let Some(blocked) = &mut conn.blocked else {
        return;
    };
    keys.select(database);
    let place = keys.find(key);
    if !blocked.awaits.is_met_by(keys.entry(place)) {
        return;
    }
    let number = blocked.command;
    let request = core::mem::take(&mut blocked.request);
    let mut out = core::mem::take(&mut conn.mailbox);
    let mark = out.mark();
    server.stats.lap_ns = (server.stopwatch)();
    let command = table::get(number);
    let world = (&mut *keys, &mut *clients, &mut *server);
    let waits = run(now, number, command, request.args(), conn, world, &mut out);
    if conn.replies != Replies::On {
        out.truncate(mark);
    }
    conn.depends_on(&mut server.log);
    out.append(&mut conn.mailbox);
    conn.mailbox = out;
    match &mut conn.blocked {
        Some(blocked) if waits => blocked.request = request,
        _ => {
            server.session.blocking.remove(conn);
            blocking::resume(server, conn);
        }
    }
}

/// Runs a command again that waits until the log is durable, because it is farther than before.
pub(crate) fn run_durable(now: Now, conn: &mut Conn, world: &mut World) {
    let waits = conn.blocked.as_ref();
    if waits.is_some_and(|blocked| blocked.awaits == Awaits::Durable) {
        run_again(now, conn, world, conn.database, &[]);
    }
}

/// Runs a record of a log: nothing is refused but what is no command, nothing is counted and nobody is told. In
/// it no key's time comes, and no expiry is in the past.
///
/// # Errors
/// The command is not known, or cannot be with so many arguments.
pub(crate) fn replay(
    now: Now,
    args: Args<'_>,
    conn: &mut Conn,
    world: &mut World,
    out: &mut Chunks,
) -> Result<(), Error> {
    let mut number = table::resolve(args.at(0));
    let told = &world.server.told;
    let spec = lookup(&mut number, args, told)?;
    admission::arity(spec, args, told)?;
    conn.last_command = number;
    let queued = spec.in_multi == InMulti::Queued;
    if let (Some(queue), true) = (&mut conn.queue, queued) {
        return queue.push(number, spec.flags, args);
    }
    if queued {
        // Nothing waits.
        conn.exec_len = Some(1);
    }
    let unix_ms = match spec.group {
        // Consumers are as old as they were when they were made, as near as can be told.
        Group::Stream => now.unix_ms,
        _ => 0,
    };
    let World {
        keys,
        clients,
        server,
    } = world;
    keys.select(conn.database);
    let now = Now { unix_ms, ..now };
    let mut ctx = Ctx::new(now, args, conn, (keys, clients, server), out);
    // What failed then fails now.
    let _ = (spec.handler)(&mut ctx);
    if queued {
        conn.exec_len = None;
    }
    Ok(())
}

/// The handler, its error, its effects and its accounts. True if the command waits.
#[inline]
fn run(
    now: Now,
    number: CommandId,
    command: &Command,
    args: Args<'_>,
    conn: &mut Conn,
    (keys, clients, server): (&mut Keyspace, &mut Clients, &mut Server),
    out: &mut Chunks,
) -> bool {
    let started_ns = server.stats.lap_ns;
    keys.select(conn.database);
    let quiet = conn.no_touch;
    if quiet {
        keys.set_touch(false);
    }
    let mark = out.mark();
    let world = (&mut *keys, &mut *clients, &mut *server);
    let mut ctx = Ctx::new(now, args, conn, world, out);
    let result = (command.handler)(&mut ctx);
    let Ctx {
        changes,
        effect,
        waits,
        ..
    } = ctx;
    if let Err(error) = result {
        out.truncate(mark);
        Reply::new(out, conn.protocol).error_bytes(server.told.text(error));
    }
    if quiet {
        keys.set_touch(true);
    }
    if conn.tracking.is_some() {
        tracking::read(command, args, conn, server);
    }
    if changes > 0 {
        server.stats.changes += changes;
        server.log.promise();
    }
    if keys.has_journal() {
        let mut around = Around {
            now,
            clients,
            server,
            running: Some(conn),
        };
        around.settle(keys);
    }
    if changes > 0 && effect == Effect::Verbatim && server.log.is_kept() {
        server.log.append(keys.selected(), args);
    }
    if changes > 0 {
        conn.wrote = server.log.end();
    }
    if waits {
        // It is accounted for when it has run to its end.
        server.stats.lap_ns = (server.stopwatch)();
    } else {
        account(now, number, args, conn, server, result.err(), started_ns);
    }
    waits
}

#[inline]
fn lookup(number: &mut CommandId, args: Args<'_>, told: &Told) -> Result<&'static Command, Error> {
    if *number == UNRESOLVED {
        return Err(admission::unknown_command(args, told));
    }
    let command = table::get(*number);
    if command.subcommands == 0 || args.len() < 2 {
        return Ok(command);
    }
    match table::resolve_subcommand(*number, args.at(1)) {
        Some(sub) => {
            *number = sub;
            Ok(table::get(sub))
        }
        None => {
            *number = UNRESOLVED;
            Err(admission::unknown_subcommand(command, args, told))
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
    failure: Option<Error>,
    started_ns: u64,
) {
    let end_ns = (server.stopwatch)();
    server.stats.lap_ns = end_ns;
    let ns = end_ns.saturating_sub(started_ns);
    book(now, number, args, conn, server, failure, ns);
}

/// Books a command that waited and was not served. Its time is none, unless it was at work while it waited.
pub(crate) fn account_waited(
    now: Now,
    blocked: &Blocked,
    conn: &Conn,
    server: &mut Server,
    failure: Option<Error>,
) {
    let since_us = blocked.busy_since_us.unwrap_or(now.mono_us);
    let ns = now.mono_us.saturating_sub(since_us).saturating_mul(1000);
    let args = blocked.request.args();
    book(now, blocked.command, args, conn, server, failure, ns);
}

#[inline]
fn book(
    now: Now,
    number: CommandId,
    args: Args<'_>,
    conn: &Conn,
    server: &mut Server,
    failure: Option<Error>,
    ns: u64,
) {
    let track = server.config.latency_tracking;
    let failure = failure.map(|error| server.told.text(error));
    server.stats.called(number, failure, ns, track);
    let us = ns / 1000;
    let slower_than = server.config.slowlog_log_slower_than;
    let threshold_ms = server.config.latency_monitor_threshold;
    if (slower_than >= 0 && us >= slower_than as u64)
        || (threshold_ms > 0 && us / 1000 >= threshold_ms)
    {
        note_slow(now, table::get(number), args, conn, server, us);
    }
}

#[cold]
fn note_slow(
    now: Now,
    command: &Command,
    args: Args<'_>,
    conn: &Conn,
    server: &mut Server,
    us: u64,
) {
    let config = &server.config;
    let slower_than = config.slowlog_log_slower_than;
    if slower_than >= 0 && us >= slower_than as u64 && !command.flags.has(Flags::SKIP_SLOWLOG) {
        let address = &conn.peer.address;
        let time = (now.unix_ms / 1000, us);
        let entries_max = config.slowlog_max_len;
        server
            .slowlog
            .push(time, args, address, &conn.name, entries_max);
    }
    let threshold_ms = config.latency_monitor_threshold;
    if threshold_ms > 0 && us / 1000 >= threshold_ms {
        let event = if command.flags.has(Flags::FAST) {
            "fast-command"
        } else {
            "command"
        };
        server.latency.note(event, now.unix_ms / 1000, us / 1000);
    }
}
