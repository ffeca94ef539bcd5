//! The payload of DUMP and RESTORE: one value with its type before it, version and checksum behind it. Knows no
//! command.

use alloc::vec::Vec;

use super::decode::{Shape, Value, value};
use super::encode::Encoder;
use super::sink::Sink;
use super::source::{Source, Stop};
use super::{VERSION, VERSION_MAX, VERSION_OF_DEADLINES, kind};
use crate::crc64;
use crate::error::Error;
use crate::keyspace::{Entry, Value as Stored};
use crate::types::{KeyHasher, Object};

/// Bytes behind the value: the version and the checksum.
const TRAILER: usize = 2 + 8;

/// The payload of an entry's value. O(size).
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn dump(entry: &Entry, hasher: &KeyHasher, compress: bool) -> Result<Vec<u8>, Error> {
    let mut sink = Sink::new(compress);
    match entry.object() {
        None => {
            sink.byte(kind::STRING)?;
            string(entry.string()?, &mut sink)?;
        }
        Some(object) => {
            // The encoder writes what it was; a copy keeps nothing but what it is.
            let copy = object.is_kept().then(|| object.copy()).transpose()?;
            let object = copy.as_ref().map_or(object, Object::view);
            sink.byte(Encoder::kind(object))?;
            Encoder::default().step(object, hasher, &mut sink, usize::MAX)?;
        }
    }
    let version = match sink.bytes().first() {
        Some(&(kind::HASH_METADATA | kind::HASH_LISTPACK_EX)) => VERSION_OF_DEADLINES,
        _ => VERSION,
    };
    sink.raw(&version.to_le_bytes())?;
    let checksum = crc64::update(0, sink.bytes());
    sink.raw(&checksum.to_le_bytes())?;
    Ok(sink.take())
}

/// Writes a string value.
pub(super) fn string(value: Stored<'_>, sink: &mut Sink) -> Result<(), Error> {
    match value {
        Stored::Int(value) => sink.int(value),
        Stored::Bytes(bytes) => sink.string(bytes),
        Stored::Shared(string) => sink.string(string),
    }
}

/// The value with its type, where version and checksum are right; `unchecked` takes any checksum. O(size).
pub fn verified(payload: &[u8], unchecked: bool) -> Option<&[u8]> {
    let (body, trailer) = payload.split_at_checked(payload.len().checked_sub(TRAILER)?)?;
    let (version, checksum) = trailer.split_first_chunk::<2>()?;
    let signed = &payload[..body.len() + 2];
    let right = u16::from_le_bytes(*version) <= VERSION_MAX
        && (unchecked || crc64::update(0, signed).to_le_bytes() == checksum);
    right.then_some(body)
}

/// The value in what [`verified`] gave. As in Redis, what stands behind it does not matter. O(size).
///
/// # Errors
/// [`Stop::Corrupt`], also for a collection without elements; [`Stop::OutOfMemory`].
pub fn restore<'a>(body: &'a [u8], shape: Shape<'_>) -> Result<Value<'a>, Stop> {
    let mut source = Source::new(body);
    let (&kind, _) = body.split_first().ok_or(Stop::Corrupt)?;
    source.take(1)?;
    match value(kind, &mut source, shape)? {
        Value::Object(object) if object.view().is_empty() => Err(Stop::Corrupt),
        value => Ok(value),
    }
}
