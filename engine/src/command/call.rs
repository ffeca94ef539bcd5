//! Runs one admitted request: handler, error reply, log, accounts. Knows no single command.

use super::context::{Ctx, Effect, World};
use super::{CommandId, Spec, admission, table};
use crate::boundary::Now;
use crate::conn::Conn;
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::resp::{ArgBuf, Args, Chunks, Reply, UNRESOLVED};
use crate::server::Server;

/// Looks up, admits and runs one request of `conn`, and writes its reply to `out`.
pub(crate) fn call(
    now: Now,
    mut number: CommandId,
    args: Args<'_>,
    conn: &mut Conn,
    world: &mut World,
    out: &mut Chunks,
) {
    let World {
        keys,
        clients,
        server,
    } = world;
    let protocol = conn.protocol;
    let admitted =
        lookup(&mut number, args).and_then(|spec| super::admit(spec, args, conn).map(|()| spec));
    let spec = match admitted {
        Ok(spec) => spec,
        Err(error) => {
            server.stats.rejected(number, &error);
            Reply::new(out, protocol).error(&error);
            return;
        }
    };
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
    server.stats.called(number, &result);
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
        None => Err(admission::unknown_subcommand(spec, args)),
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
