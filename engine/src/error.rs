//! Every error a command can answer with. The text is exactly what the wire shows.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A command's error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The key holds another type.
    WrongType,
    /// Options that do not fit together, or an unknown one.
    Syntax,
    /// An argument is not a 64-bit integer.
    NotInteger,
    /// An argument is not a finite number.
    NotFloat,
    /// A number is outside what the command takes.
    OutOfRange,
    /// The counter would leave the 64-bit range.
    IncrOverflow,
    /// The result would be larger than `proto-max-bulk-len`.
    StringTooLong,
    /// An index is out of range.
    IndexOutOfRange,
    /// The key does not exist.
    NoSuchKey,
    /// A `db` argument is outside the configured number of databases.
    DbOutOfRange,
    /// The allocator could not serve a request whose size the client chose.
    OutOfMemory,
    /// A fixed text.
    Static(&'static str),
    /// A text with parts of the request in it.
    Text(String),
    /// A text with parts of the request in it that may be any bytes.
    Bytes(Vec<u8>),
}

impl Error {
    /// The line behind the `-` on the wire, without line end.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Error::Bytes(bytes) => bytes,
            other => other.text().as_bytes(),
        }
    }

    /// [`Error::bytes`] as far as they are text.
    pub fn text(&self) -> &str {
        match self {
            Error::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            Error::Syntax => "ERR syntax error",
            Error::NotInteger => "ERR value is not an integer or out of range",
            Error::NotFloat => "ERR value is not a valid float",
            Error::OutOfRange => "ERR value is out of range",
            Error::IncrOverflow => "ERR increment or decrement would overflow",
            Error::StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            Error::IndexOutOfRange => "ERR index out of range",
            Error::NoSuchKey => "ERR no such key",
            Error::DbOutOfRange => "ERR DB index is out of range",
            Error::OutOfMemory => "ERR out of memory allocating the value",
            Error::Static(text) => text,
            Error::Text(text) => text,
            Error::Bytes(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => {
                    core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
                }
            },
        }
    }

    /// The first word, by which INFO errorstats counts.
    pub fn code(&self) -> &str {
        let text = self.text();
        text.split(' ').next().unwrap_or(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
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
