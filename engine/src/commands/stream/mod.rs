//! Commands on streams.

pub(crate) mod acknowledge;
pub(crate) mod add;
pub(crate) mod claim;
pub(crate) mod delete;
pub(crate) mod group;
pub(crate) mod info;
pub(crate) mod pending;
pub(crate) mod range;
pub(crate) mod read;
pub(crate) mod references;
pub(crate) mod trim;

use alloc::vec::Vec;

use crate::command::{Acl, Arg, Ctx, Group, KeyFlags, KeySpec, Spec};
use crate::error::{Error, Told};
use crate::resp::Reply;
use crate::types::stream::{Entry, ID_TEXT_MAX, StreamId};

const KEY: Arg = Arg::key("key", 0);
const GROUP: Arg = Arg::string("group");
const CONSUMER: Arg = Arg::string("consumer");
const IDS: Arg = Arg::string("id").multiple();
const COUNT: Arg = Arg::int("count").after("COUNT").optional();

/// What the commands on one stream have in common.
const STREAM: Spec = Spec {
    since: "5.0.0",
    group: Group::Stream,
    complexity: "O(1)",
    acl: Acl::STREAM,
    ..Spec::new(range::xlen)
};

const READS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))];
const UPDATES: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))];
const DELETES: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))];

const INVALID_ID: Error =
    Error::fixed(&"ERR Invalid stream ID specified as stream command argument");

/// An ID that names an entry; a missing sequence number is `missing_seq`.
fn strict_id(text: &[u8], missing_seq: u64) -> Result<StreamId, Error> {
    StreamId::parse(text, missing_seq).ok_or(INVALID_ID)
}

/// The same, or `-` for the least and `+` for the largest ID.
fn id(text: &[u8], missing_seq: u64) -> Result<StreamId, Error> {
    match text {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        _ => strict_id(text, missing_seq),
    }
}

/// The first ID of an interval; `(` before it excludes it.
fn start_id(text: &[u8]) -> Result<StreamId, Error> {
    match text {
        [b'(', text @ ..] if !text.is_empty() => strict_id(text, 0)?
            .next()
            .ok_or(Error::fixed(&"ERR invalid start ID for the interval")),
        _ => id(text, 0),
    }
}

/// The last ID of an interval.
fn end_id(text: &[u8]) -> Result<StreamId, Error> {
    match text {
        [b'(', text @ ..] if !text.is_empty() => strict_id(text, u64::MAX)?
            .prev()
            .ok_or(Error::fixed(&"ERR invalid end ID for the interval")),
        _ => id(text, u64::MAX),
    }
}

/// The IDs from argument `first` to before `end`.
fn strict_ids(ctx: &Ctx<'_>, first: usize, end: usize) -> Result<Vec<StreamId>, Error> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(end - first)?;
    for index in first..end {
        ids.push(strict_id(ctx.arg(index), 0)?);
    }
    Ok(ids)
}

fn reply_id(reply: &mut Reply<'_>, id: StreamId) {
    reply.bulk(id.write(&mut [0; ID_TEXT_MAX]));
}

fn reply_entry(reply: &mut Reply<'_>, entry: &Entry<'_>) {
    reply.array(2);
    reply_id(reply, entry.id);
    reply.array(2 * entry.len);
    for part in entry.parts() {
        reply.bulk(part.text(&mut [0; 20]));
    }
}

/// A name in an error's text, which a NUL byte ends.
fn shown(name: &[u8]) -> &[u8] {
    let end = name.iter().position(|byte| *byte == 0);
    &name[..end.unwrap_or(name.len())]
}

/// An error with two names in it.
fn error_of(told: &Told, parts: [&[u8]; 5]) -> Error {
    let [before, first, between, second, behind] = parts;
    told.tell_pieces(&[before, shown(first), between, shown(second), behind])
}

/// The error for a key or a group that is not there.
fn no_group(told: &Told, key: &[u8], group: &[u8], behind: &[u8]) -> Error {
    let mut text = b"'".to_vec();
    text.extend_from_slice(behind);
    error_of(
        told,
        [
            b"NOGROUP No such key '",
            key,
            b"' or consumer group '",
            group,
            &text,
        ],
    )
}

/// The error for a group that the key's stream does not have.
fn no_such_group(told: &Told, key: &[u8], group: &[u8]) -> Error {
    error_of(
        told,
        [
            b"NOGROUP No such consumer group '",
            group,
            b"' for key name '",
            key,
            b"'",
        ],
    )
}
