//! Commands on strings.

pub(crate) mod counter;
pub(crate) mod exchange;
pub(crate) mod expiring;
pub(crate) mod get;
pub(crate) mod lcs;
pub(crate) mod many;
mod options;
pub(crate) mod range;
pub(crate) mod set;

use crate::command::Ctx;
use crate::error::Error;
use crate::keyspace::{Entry, Expiry, Value};
use crate::number::write_i64;
use crate::resp::Reply;

/// Writes an entry's string as a bulk string; null where there is no entry.
#[inline]
fn reply_string(reply: &mut Reply<'_>, entry: Option<&Entry>) -> Result<(), Error> {
    match entry {
        None => reply.null(),
        Some(entry) => match entry.string()? {
            Value::Bytes(bytes) => reply.bulk(bytes),
            Value::Int(value) => reply.bulk_int(value),
            Value::Shared(string) => reply.bulk_shared(string),
        },
    }
    Ok(())
}

/// The length of an entry's string; nothing where there is no entry.
///
/// # Errors
/// [`Error::WrongType`] where the value is no string.
#[inline]
pub(in crate::commands) fn string_len(entry: Option<&Entry>) -> Result<Option<usize>, Error> {
    let Some(entry) = entry else {
        return Ok(None);
    };
    Ok(Some(entry.string()?.bytes_len()))
}

/// Logs a SET whose effect does not depend on when or on what it runs.
fn record_set(ctx: &mut Ctx<'_>, key: &[u8], value: &[u8], expiry: Expiry) {
    match expiry {
        Expiry::Clear => ctx.record(&[b"SET", key, value]),
        Expiry::Keep => ctx.record(&[b"SET", key, value, b"KEEPTTL"]),
        Expiry::At(at) => {
            let mut digits = [0; 20];
            let at = write_i64(at as i64, &mut digits);
            ctx.record(&[b"SET", key, value, b"PXAT", at]);
        }
    }
}
