//! Whether a request may run: short gates in a fixed order, each with Redis' own refusal. Knows no handler.

use alloc::format;
use alloc::string::String;

use super::{Flags, Spec};
use crate::config::Config;
use crate::conn::Conn;
use crate::error::Error;
use crate::resp::Args;

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
    authentication(spec, conn, config)
}

#[inline]
fn arity(spec: &Spec, args: Args<'_>) -> Result<(), Error> {
    let wanted = spec.arity.unsigned_abs() as usize;
    if args.len() == wanted || (spec.arity < 0 && args.len() > wanted) {
        return Ok(());
    }
    Err(wrong_arity(spec, args))
}

#[cold]
fn wrong_arity(spec: &Spec, args: Args<'_>) -> Error {
    let container = String::from_utf8_lossy(args.at(0)).to_ascii_lowercase();
    if container == spec.name {
        return Error::Text(format!(
            "ERR wrong number of arguments for '{container}' command"
        ));
    }
    Error::Text(format!(
        "ERR wrong number of arguments for '{container}|{}' command",
        spec.name
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
