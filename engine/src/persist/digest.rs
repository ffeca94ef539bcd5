//! Sums up values and whole databases, as DEBUG DIGEST-VALUE and DEBUG DIGEST of Redis do: equal data, equal digest,
//! whatever the encodings. Knows no command.
//!
//! Source: `debug.c` of Redis, whose comments say what goes into it.

use crate::keyspace::{Entry, Keyspace, Value};
use crate::number::float::{self, TEXT_LEN_MAX};
use crate::number::write_u64;
use crate::sha1::{DIGEST_BYTES, Digest, digest};
use crate::types::ObjectRef;
use crate::types::hash_map::NEVER;
use crate::types::stream::StreamId;

/// What is mixed in for a key with an expiry.
const EXPIRES: &[u8] = b"!!expire!!";
/// What is mixed in for a field with a deadline.
const FIELD_EXPIRES: &[u8] = b"!!hexpire!!";

/// Adds something whose order does not matter.
fn add(sum: &mut Digest, bytes: &[u8]) {
    for (sum, byte) in sum.iter_mut().zip(digest(bytes)) {
        *sum ^= byte;
    }
}

/// Adds something whose order matters.
fn mix(sum: &mut Digest, bytes: &[u8]) {
    add(sum, bytes);
    *sum = digest(sum);
}

/// Adds an entry's value and whether it expires. O(size).
pub fn add_value(sum: &mut Digest, entry: &Entry) {
    let kind: u32 = match entry.object() {
        None => 0,
        Some(ObjectRef::List(_)) => 1,
        Some(ObjectRef::Set(_)) => 2,
        Some(ObjectRef::SortedSet(_)) => 3,
        Some(ObjectRef::Hash(_)) => 4,
        Some(ObjectRef::Stream(_)) => 6,
    };
    mix(sum, &kind.to_be_bytes());
    let mut digits = [0; 20];
    match (entry.object(), entry.string()) {
        (Some(object), _) => add_object(sum, object),
        (None, Ok(value)) => mix(sum, Value::bytes(value, &mut digits)),
        (None, Err(_)) => {}
    }
    if entry.expire_ms().is_some() {
        add(sum, EXPIRES);
    }
}

fn add_object(sum: &mut Digest, object: ObjectRef<'_>) {
    let (mut left, mut right) = ([0; 20], [0; 20]);
    match object {
        ObjectRef::List(list) => {
            for element in list.walk(0, false) {
                mix(sum, element.text(&mut left));
            }
        }
        ObjectRef::Stream(stream) => {
            for entry in stream.range(StreamId::MIN, StreamId::MAX, false) {
                // A point between the numbers, where commands have a dash.
                let mut name = [0; 41];
                let ms = write_u64(entry.id.ms, &mut left);
                let seq = write_u64(entry.id.seq, &mut right);
                let len = ms.len() + 1 + seq.len();
                name[..ms.len()].copy_from_slice(ms);
                name[ms.len()] = b'.';
                name[ms.len() + 1..len].copy_from_slice(seq);
                mix(sum, &name[..len]);
                for part in entry.parts() {
                    mix(sum, part.text(&mut left));
                }
            }
        }
        ObjectRef::Set(set) => set
            .iter()
            .for_each(|member| add(sum, member.text(&mut left))),
        ObjectRef::SortedSet(set) => {
            for (member, score) in set.iter() {
                let mut text = [0; TEXT_LEN_MAX];
                let score = float::write_g17(score, &mut text);
                add(sum, &pair(member.text(&mut left), score));
            }
        }
        ObjectRef::Hash(hash) => hash.each(|field, value, deadline| {
            let mut pair = pair(field.text(&mut left), value.text(&mut right));
            if deadline != NEVER {
                add(&mut pair, FIELD_EXPIRES);
            }
            add(sum, &pair);
            true
        }),
    }
}

fn pair(first: &[u8], second: &[u8]) -> Digest {
    let mut pair = [0; DIGEST_BYTES];
    mix(&mut pair, first);
    mix(&mut pair, second);
    pair
}

/// The digest of all databases. O(everything).
pub fn of_all(keys: &mut Keyspace) -> Digest {
    let mut sum = [0; DIGEST_BYTES];
    let selected = keys.selected();
    for database in 0..keys.databases_len() {
        if keys.len(database) == 0 {
            continue;
        }
        mix(&mut sum, &(database as u32).to_be_bytes());
        keys.select(database);
        for entry in keys.iter() {
            let mut of_key = [0; DIGEST_BYTES];
            mix(&mut of_key, entry.key());
            add_value(&mut of_key, entry);
            add(&mut sum, &of_key);
        }
    }
    keys.select(selected);
    sum
}
