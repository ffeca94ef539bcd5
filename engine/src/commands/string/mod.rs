//! Commands on strings.

pub(crate) mod get;
mod options;
pub(crate) mod set;

use crate::error::Error;
use crate::keyspace::{Entry, Value};
use crate::resp::Reply;

/// Writes an entry's string as a bulk string; null where there is no entry.
#[inline]
fn reply_string(reply: &mut Reply<'_>, entry: Option<&Entry>) -> Result<(), Error> {
    match entry {
        None => reply.null(),
        Some(entry) => match entry.value() {
            Value::Bytes(bytes) => reply.bulk(bytes),
            Value::Int(value) => reply.bulk_int(value),
            Value::Shared(string) => reply.bulk_shared(string),
        },
    }
    Ok(())
}
