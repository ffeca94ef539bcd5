//! Sums up values and whole databases, as DEBUG DIGEST-VALUE and DEBUG DIGEST of Redis do: equal data, equal digest,
//! whatever the encodings. Knows no command.
//!
//! Source: `debug.c` of Redis, whose comments say what goes into it.

use crate::keyspace::{Entry, Keyspace, Value};
use crate::number::float::{self, TEXT_LEN_MAX};
use crate::sha1::{DIGEST_BYTES, Digest, digest};
use crate::types::Object;
use crate::types::hash_map::NEVER;

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
        Some(Object::List(_)) => 1,
        Some(Object::Set(_)) => 2,
        Some(Object::SortedSet(_)) => 3,
        Some(Object::Hash(_)) => 4,
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

fn add_object(sum: &mut Digest, object: &Object) {
    let (mut left, mut right) = ([0; 20], [0; 20]);
    match object {
        Object::List(list) => {
            for element in list.walk(0, false) {
                mix(sum, element.text(&mut left));
            }
        }
        Object::Set(set) => set
            .iter()
            .for_each(|member| add(sum, member.text(&mut left))),
        Object::SortedSet(set) => {
            for (member, score) in set.iter() {
                let mut text = [0; TEXT_LEN_MAX];
                let score = float::write_g17(score, &mut text);
                add(sum, &pair(member.text(&mut left), score));
            }
        }
        Object::Hash(hash) => hash.each(|field, value, deadline| {
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
