//! Whether a request may run: short gates in a fixed order, each with Redis' own refusal. Knows no handler.

use alloc::format;

use super::{Command, Flags, InMulti, table};
use crate::config::Config;
use crate::conn::Conn;
use crate::error::{Error, Told};
use crate::resp::{Args, Protocol};
use crate::server::Server;

/// Bytes of a request's arguments that an unknown command's error repeats.
const ECHO_BYTES_MAX: usize = 128;

/// Passes the request through all gates.
///
/// # Errors
/// The first gate's refusal.
#[inline]
pub(crate) fn admit(
    command: &Command,
    args: Args<'_>,
    conn: &Conn,
    server: &Server,
) -> Result<(), Error> {
    arity(command, args, &server.told)?;
    authentication(command, conn, &server.config)?;
    if server.store.hinders() {
        loading(command, server)?;
        disk(command, conn, server)?;
    }
    if conn.queue.is_none() && conn.subscriptions.is_none() && !conn.monitors {
        return Ok(());
    }
    transaction(command, conn)?;
    subscriber(command, conn, &server.told)?;
    monitor(command, conn)
}

/// Until all is loaded.
#[cold]
fn loading(command: &Command, server: &Server) -> Result<(), Error> {
    if server.store.loading.is_some() && !command.flags.has(Flags::LOADING) {
        return Err(Error::fixed(
            &"LOADING Redis is loading the dataset in memory",
        ));
    }
    Ok(())
}

/// What cannot be stored is not changed. PING tells of it, too.
#[cold]
fn disk(command: &Command, conn: &Conn, server: &Server) -> Result<(), Error> {
    let queued = conn.queue.as_ref().map_or(Flags::NONE, |queue| queue.flags);
    let exec = command.in_multi == InMulti::Exec;
    let writes = command.flags.has(Flags::WRITE) || (exec && queued.has(Flags::WRITE));
    if !writes && command.name != "ping" {
        return Ok(());
    }
    let config = &server.config;
    if config.stop_writes_on_bgsave_error && !config.save.is_empty() && !server.store.saves.good {
        return Err(Error::fixed(
            &"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.",
        ));
    }
    match &server.store.log.failure {
        None => Ok(()),
        Some(failure) => Err(server.told.tell(format!(
            "MISCONF Errors writing to the AOF file: {}",
            failure.text()
        ))),
    }
}

/// To Redis one that monitors is a kind of replica.
#[cold]
fn monitor(command: &Command, conn: &Conn) -> Result<(), Error> {
    let touching = [Flags::WRITE, Flags::READONLY, Flags::MAY_REPLICATE];
    if conn.monitors && touching.iter().any(|flag| command.flags.has(*flag)) {
        return Err(Error::fixed(
            &"ERR Replica can't interact with the keyspace",
        ));
    }
    Ok(())
}

#[cold]
fn transaction(command: &Command, conn: &Conn) -> Result<(), Error> {
    if conn.queue.is_some() && command.flags.has(Flags::NO_MULTI) {
        return Err(Error::fixed(
            &"ERR Command not allowed inside a transaction",
        ));
    }
    Ok(())
}

/// RESP2 cannot tell replies from messages, so that a connection that gets messages may do little else.
#[cold]
fn subscriber(command: &Command, conn: &Conn, told: &Told) -> Result<(), Error> {
    let listens = conn.subscriptions.is_some() && conn.protocol == Protocol::Resp2;
    if !listens || command.subscribed {
        return Ok(());
    }
    let name = table::name_of(command);
    Err(told.tell(format!(
        "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed \
         in this context"
    )))
}

/// What the refusal of a request means for a transaction: it cannot be run any more, and the refusal of EXEC ends it.
#[cold]
pub(crate) fn refused(exec: bool, conn: &mut Conn, server: &mut Server, error: Error) -> Error {
    if let Some(queue) = &mut conn.queue {
        queue.spoiled = true;
    }
    if !exec {
        return error;
    }
    conn.queue = None;
    server.session.watches.clear(conn);
    let text = server.told.text(error);
    let text = text.strip_prefix(b"ERR ").unwrap_or(text);
    let text = [b"EXECABORT Transaction discarded because of: ", text].concat();
    server.told.tell(text)
}

#[inline]
pub(super) fn arity(command: &Command, args: Args<'_>, told: &Told) -> Result<(), Error> {
    let wanted = command.arity.unsigned_abs() as usize;
    if args.len() == wanted || (command.arity < 0 && args.len() > wanted) {
        return Ok(());
    }
    Err(wrong_arity(&table::name_of(command), told))
}

#[cold]
pub(crate) fn wrong_arity(command: &str, told: &Told) -> Error {
    told.tell_pieces(&[
        b"ERR wrong number of arguments for '",
        command.as_bytes(),
        b"' command",
    ])
}

#[inline]
fn authentication(command: &Command, conn: &Conn, config: &Config) -> Result<(), Error> {
    if may_run(conn, config) || command.flags.has(Flags::NO_AUTH) {
        return Ok(());
    }
    Err(Error::fixed(&"NOAUTH Authentication required."))
}

/// Whether a connection needs no AUTH, or no more.
#[inline]
pub(crate) fn may_run(conn: &Conn, config: &Config) -> bool {
    conn.authenticated || config.requirepass.is_empty()
}

/// What `%s` would print of an argument: it ends at a NUL byte.
pub(crate) fn printable(arg: &[u8], bytes_max: usize) -> &[u8] {
    let arg = &arg[..arg.len().min(bytes_max)];
    let end = arg.iter().position(|byte| *byte == 0);
    &arg[..end.unwrap_or(arg.len())]
}

/// The refusal of a name that no command has.
#[cold]
pub(crate) fn unknown_command(args: Args<'_>, told: &Told) -> Error {
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(printable(args.at(0), ECHO_BYTES_MAX));
    text.extend_from_slice(b"', with args beginning with: ");
    let mut echoed = 0;
    for arg in args.from(1).iter() {
        if echoed >= ECHO_BYTES_MAX {
            break;
        }
        let part = printable(arg, ECHO_BYTES_MAX - echoed);
        text.push(b'\'');
        text.extend_from_slice(part);
        text.extend_from_slice(b"' ");
        echoed += part.len() + 3;
    }
    told.tell(text)
}

/// The refusal of a name that is no subcommand of its container.
#[cold]
pub(crate) fn unknown_subcommand(container: &Command, args: Args<'_>, told: &Told) -> Error {
    told.tell_pieces(&[
        b"ERR unknown subcommand '",
        printable(args.at(1), ECHO_BYTES_MAX),
        b"'. Try ",
        container.name.to_ascii_uppercase().as_bytes(),
        b" HELP.",
    ])
}
