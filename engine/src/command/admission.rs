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

/// The refusal of a name that no command has.
#[cold]
pub(crate) fn unknown_command(args: Args<'_>) -> Error {
    let name = args.at(0);
    let mut text = format!(
        "ERR unknown command '{}', with args beginning with: ",
        String::from_utf8_lossy(&name[..name.len().min(ECHO_BYTES_MAX)])
    );
    let mut echoed = 0;
    for arg in args.from(1).iter() {
        if echoed >= ECHO_BYTES_MAX {
            break;
        }
        let part = &arg[..arg.len().min(ECHO_BYTES_MAX - echoed)];
        text.push_str(&format!("'{}' ", String::from_utf8_lossy(part)));
        echoed += part.len() + 3;
    }
    Error::Text(text)
}

/// The refusal of a name that is no subcommand of its container.
#[cold]
pub(crate) fn unknown_subcommand(container: &Spec, args: Args<'_>) -> Error {
    let name = args.at(1);
    Error::Text(format!(
        "ERR unknown subcommand '{}'. Try {} HELP.",
        String::from_utf8_lossy(&name[..name.len().min(ECHO_BYTES_MAX)]),
        container.name.to_ascii_uppercase(),
    ))
}
