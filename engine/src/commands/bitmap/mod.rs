//! Commands on the bits of strings.

pub(crate) mod bit;
pub(crate) mod count;
pub(crate) mod field;
pub(crate) mod operation;

use crate::error::Error;
use crate::types::string::bitfield::FieldError;

/// What a bad bit offset or field type answers with.
fn refusal(error: FieldError) -> Error {
    Error::fixed(error.text())
}

/// A string's length as memory can have it.
///
/// # Errors
/// [`Error::OutOfMemory`] where addresses have fewer bits.
fn bytes_len(len: u64) -> Result<usize, Error> {
    usize::try_from(len).map_err(|_| Error::OutOfMemory)
}
