//! Commands about the connection itself: who it is, how it speaks, and which others there are. They touch
//! no key.

pub(crate) mod auth;
pub(crate) mod basic;
pub(crate) mod client;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::command::Flags;
use crate::error::{Error, owned};

/// The flags of commands that set up a connection, or end it, whatever state the server is in.
const SESSION: Flags = Flags::NOSCRIPT
    .or(Flags::LOADING)
    .or(Flags::STALE)
    .or(Flags::NO_AUTH)
    .or(Flags::ALLOW_BUSY);

/// Whether a text can stand in a line of CLIENT LIST: printable, no spaces.
fn is_printable(text: &[u8]) -> bool {
    text.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

/// Checks a connection's name.
///
/// # Errors
/// A name that CLIENT LIST could not show.
fn check_name(name: &[u8]) -> Result<(), Error> {
    if is_printable(name) {
        return Ok(());
    }
    Err(Error::fixed(
        &"ERR Client names cannot contain spaces, newlines or special characters.",
    ))
}

/// Puts `text` in the place of `field`'s. O(length).
///
/// # Errors
/// Out of memory; `field` is as before.
fn store(field: &mut Vec<u8>, text: &[u8]) -> Result<(), Error> {
    *field = owned(text)?;
    Ok(())
}
