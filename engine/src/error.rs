//! Every error a command can answer with. The text is exactly what the wire shows.

use alloc::vec::Vec;
use core::cell::Cell;

/// A command's error reply, as one pointer to its text: a result with nothing else in it fits a register, and every `?`
/// between a handler and its caller is a comparison.
///
/// Texts with parts of the request in them stand in the engine's [`Told`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(&'static &'static str);

#[allow(
    non_upper_case_globals,
    reason = "what an error is reads as a variant does"
)]
impl Error {
    /// The key holds another type.
    pub const WrongType: Error =
        Error(&"WRONGTYPE Operation against a key holding the wrong kind of value");
    /// Options that do not fit together, or an unknown one.
    pub const Syntax: Error = Error(&"ERR syntax error");
    /// An argument is not a 64-bit integer.
    pub const NotInteger: Error = Error(&"ERR value is not an integer or out of range");
    /// An argument is not a finite number.
    pub const NotFloat: Error = Error(&"ERR value is not a valid float");
    /// A number is outside what the command takes.
    pub const OutOfRange: Error = Error(&"ERR value is out of range");
    /// The counter would leave the 64-bit range.
    pub const IncrOverflow: Error = Error(&"ERR increment or decrement would overflow");
    /// The result would be larger than `proto-max-bulk-len`.
    pub const StringTooLong: Error =
        Error(&"ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    /// An index is out of range.
    pub const IndexOutOfRange: Error = Error(&"ERR index out of range");
    /// The key does not exist.
    pub const NoSuchKey: Error = Error(&"ERR no such key");
    /// A `db` argument is outside the configured number of databases.
    pub const DbOutOfRange: Error = Error(&"ERR DB index is out of range");
    /// The allocator could not serve a request whose size the client chose.
    pub const OutOfMemory: Error = Error(&"ERR out of memory allocating the value");
    /// The text is in [`Told`].
    const TOLD: Error = Error(&"");

    /// An error with a fixed text.
    pub const fn fixed(text: &'static &'static str) -> Error {
        Error(text)
    }

    /// The fixed text; empty for an error whose text is in [`Told`].
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl From<alloc::collections::TryReserveError> for Error {
    fn from(_: alloc::collections::TryReserveError) -> Self {
        Error::OutOfMemory
    }
}

impl From<crate::types::GrowError> for Error {
    fn from(_: crate::types::GrowError) -> Self {
        Error::OutOfMemory
    }
}

/// The text of the latest error that is no fixed one, which may be any bytes. An engine has one of these: an error is
/// answered before the next one comes up.
#[derive(Default)]
pub struct Told(Cell<Vec<u8>>);

impl Told {
    /// An error with this text.
    #[cold]
    pub fn tell(&self, text: impl Into<Vec<u8>>) -> Error {
        self.0.set(text.into());
        Error::TOLD
    }

    /// [`Told::tell`] of a text in pieces.
    #[cold]
    pub fn tell_pieces(&self, pieces: &[&[u8]]) -> Error {
        self.tell(pieces.concat())
    }

    /// An error's text: the line behind the `-` on the wire, without line end. To be asked for before another error is
    /// told.
    pub fn text(&mut self, error: Error) -> &[u8] {
        if error == Error::TOLD {
            self.0.get_mut()
        } else {
            error.0.as_bytes()
        }
    }
}

/// A copy of bytes in memory that may be refused. O(length).
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn owned(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}
