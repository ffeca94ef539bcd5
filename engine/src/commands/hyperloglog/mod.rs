//! Commands on HyperLogLogs, which are strings.

pub(crate) mod debug;
pub(crate) mod estimate;

use alloc::vec::Vec;

use crate::command::Ctx;
use crate::error::{Error, owned};
use crate::keyspace::{Entry, Expiry, NewValue, Place};
use crate::types::hyperloglog::{self, HllError};

/// What an operation on registers answers with where it failed.
fn refusal(error: HllError) -> Error {
    match error {
        HllError::OutOfMemory => Error::OutOfMemory,
        other => Error::fixed(other.text()),
    }
}

/// Hands the bytes of a HyperLogLog to `read`.
///
/// # Errors
/// [`Error::WrongType`] where it is no string; another error where the string is no HyperLogLog.
fn with_bytes<R>(entry: &Entry, read: impl FnOnce(&[u8]) -> R) -> Result<R, Error> {
    let mut digits = [0; 20];
    let bytes = entry.string()?.bytes(&mut digits);
    hyperloglog::check(bytes).map_err(refusal)?;
    Ok(read(bytes))
}

/// A copy of the HyperLogLog at a place.
///
/// # Errors
/// As [`with_bytes`]; [`Error::OutOfMemory`].
fn copied(entry: &Entry) -> Result<Vec<u8>, Error> {
    with_bytes(entry, owned)?
}

/// Puts the HyperLogLog back whose place this is. Its expiry stays.
fn put(ctx: &mut Ctx<'_>, place: Place, key: &[u8], hll: &mut Vec<u8>) -> Result<(), Error> {
    ctx.keys
        .put(place, key, &NewValue::computed(hll), Expiry::Keep)
}

/// The configured size up to which registers are sparse.
fn sparse_bytes_max(ctx: &Ctx<'_>) -> usize {
    usize::try_from(ctx.config().hll_sparse_max_bytes).unwrap_or(usize::MAX)
}
