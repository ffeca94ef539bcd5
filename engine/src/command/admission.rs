//! Whether a request may run: short gates in a fixed order, each with Redis' own refusal. Knows no handler.

use alloc::format;

use super::{Flags, Spec, table};
use crate::config::Config;
use crate::conn::Conn;
use crate::error::Error;
use crate::resp::{Args, Protocol};

/// Bytes of a request's arguments that an unknown command's error repeats.
const ECHO_BYTES_MAX: usize = 128;

/// Passes the request through all gates.
///
/// # Errors
/// The first gate's refusal.
#[inline]
pub(crate) fn admit(
    spec: &Spec,
    args: Args<'_>,
    conn: &Conn,
    config: &Config,
) -> Result<(), Error> {
    arity(spec, args)?;
    authentication(spec, conn, config)?;
    if conn.queue.is_none() && conn.subscriptions.is_none() && !conn.monitors {
        return Ok(());
    }
    transaction(spec, conn)?;
    subscriber(spec, conn)?;
    monitor(spec, conn)
}

/// To Redis one that monitors is a kind of replica.
#[cold]
fn monitor(spec: &Spec, conn: &Conn) -> Result<(), Error> {
    let touching = [Flags::WRITE, Flags::READONLY, Flags::MAY_REPLICATE];
    if conn.monitors && touching.iter().any(|flag| spec.flags.has(*flag)) {
        return Err(Error::Static(
            "ERR Replica can't interact with the keyspace",
        ));
    }
    Ok(())
}

#[cold]
fn transaction(spec: &Spec, conn: &Conn) -> Result<(), Error> {
    if conn.queue.is_some() && spec.flags.has(Flags::NO_MULTI) {
        return Err(Error::Static(
            "ERR Command not allowed inside a transaction",
        ));
    }
    Ok(())
}

/// RESP2 cannot tell replies from messages, so that a connection that gets messages may do little else.
#[cold]
fn subscriber(spec: &Spec, conn: &Conn) -> Result<(), Error> {
    let listens = conn.subscriptions.is_some() && conn.protocol == Protocol::Resp2;
    if !listens || spec.subscribed {
        return Ok(());
    }
    let name = table::name_of(spec);
    Err(Error::Text(format!(
        "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed \
         in this context"
    )))
}

/// What the refusal of a request means for a transaction: it cannot be run any more, and the refusal of EXEC ends it.
#[cold]
pub(crate) fn refused(
    exec: bool,
    conn: &mut Conn,
    server: &mut crate::server::Server,
    error: Error,
) -> Error {
    if let Some(queue) = &mut conn.queue {
        queue.spoiled = true;
    }
    if !exec {
        return error;
    }
    conn.queue = None;
    server.session.watches.clear(conn);
    let text = error.text();
    let text = text.strip_prefix("ERR ").unwrap_or(text);
    Error::Text(format!(
        "EXECABORT Transaction discarded because of: {text}"
    ))
}

#[inline]
fn arity(spec: &Spec, args: Args<'_>) -> Result<(), Error> {
    let wanted = spec.arity.unsigned_abs() as usize;
    if args.len() == wanted || (spec.arity < 0 && args.len() > wanted) {
        return Ok(());
    }
    Err(wrong_arity(spec))
}

#[cold]
fn wrong_arity(spec: &Spec) -> Error {
    let name = table::name_of(spec);
    Error::Text(format!(
        "ERR wrong number of arguments for '{name}' command"
    ))
}

#[inline]
fn authentication(spec: &Spec, conn: &Conn, config: &Config) -> Result<(), Error> {
    if may_run(conn, config) || spec.flags.has(Flags::NO_AUTH) {
        return Ok(());
    }
    Err(Error::Static("NOAUTH Authentication required."))
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
pub(crate) fn unknown_command(args: Args<'_>) -> Error {
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
    Error::Bytes(text)
}

/// The refusal of a name that is no subcommand of its container.
#[cold]
pub(crate) fn unknown_subcommand(container: &Spec, args: Args<'_>) -> Error {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(printable(args.at(1), ECHO_BYTES_MAX));
    text.extend_from_slice(b"'. Try ");
    text.extend_from_slice(container.name.to_ascii_uppercase().as_bytes());
    text.extend_from_slice(b" HELP.");
    Error::Bytes(text)
}
