//! Keys as lines of JSON, without loss. Knows no file.
//!
//! The form stands in `docs/files.md`. A text that is UTF-8 is a JSON string, any other bytes are `{"base64": "…"}`.

mod read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyla_engine::persist::rdb::Loaded;
use hyla_engine::types::ObjectRef;
use hyla_engine::types::hash_map::NEVER;
use hyla_engine::types::stream::{Group, ID_TEXT_MAX, Stream, StreamId};
use serde_json::{Value, json};

pub(super) use self::read::parse;
use super::Key;

/// The names of a line's members, which are read and written.
mod member {
    pub(super) const DATABASE: &str = "db";
    pub(super) const KEY: &str = "key";
    pub(super) const TYPE: &str = "type";
    pub(super) const EXPIRE_MS: &str = "expire_ms";
    pub(super) const IDLE: &str = "idle_seconds";
    pub(super) const FREQUENCY: &str = "frequency";
    pub(super) const VALUE: &str = "value";
    pub(super) const FUNCTION: &str = "function";
    pub(super) const BASE64: &str = "base64";
}

/// What a line says.
pub(super) enum Line {
    /// A key.
    Key(Loaded),
    /// A library of functions.
    Function(Vec<u8>),
}

/// The line of a library of functions.
pub(super) fn function(code: &[u8]) -> Vec<u8> {
    line_of(&[(member::FUNCTION, text(code))])
}

/// The line of a key.
pub(super) fn line(key: &Key<'_>) -> Vec<u8> {
    let entry = key.entry;
    let mut members = vec![
        (member::DATABASE, json!(key.database)),
        (member::KEY, text(entry.key())),
        (member::TYPE, json!(entry.type_name())),
    ];
    if let Some(at) = entry.expire_ms() {
        members.push((member::EXPIRE_MS, json!(at)));
    }
    if let Some(seconds) = key.idle_seconds {
        members.push((member::IDLE, json!(seconds)));
    }
    if let Some(frequency) = key.frequency {
        members.push((member::FREQUENCY, json!(frequency)));
    }
    let value = match (entry.object(), entry.string()) {
        (Some(object), _) => collection(object),
        (None, Ok(value)) => text(value.bytes(&mut [0; 20])),
        (None, Err(_)) => Value::Null,
    };
    members.push((member::VALUE, value));
    line_of(&members)
}

/// An object with its members in this order, and a line end.
fn line_of(members: &[(&str, Value)]) -> Vec<u8> {
    let mut line = Vec::new();
    for (number, (name, value)) in members.iter().enumerate() {
        line.push(if number == 0 { b'{' } else { b',' });
        line.extend_from_slice(format!("\"{name}\":{value}").as_bytes());
    }
    line.extend_from_slice(b"}\n");
    line
}

fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => json!({ member::BASE64: STANDARD.encode(bytes) }),
    }
}

fn score(score: f64) -> Value {
    match serde_json::Number::from_f64(score) {
        Some(number) => Value::Number(number),
        None if score.is_sign_negative() => Value::from("-inf"),
        None => Value::from("inf"),
    }
}

fn id(id: StreamId) -> Value {
    let mut buffer = [0; ID_TEXT_MAX];
    text(id.write(&mut buffer))
}

fn collection(object: ObjectRef<'_>) -> Value {
    let (mut left, mut right) = ([0; 20], [0; 20]);
    match object {
        ObjectRef::List(list) => {
            let elements = list.walk(0, false);
            elements
                .map(|element| text(element.text(&mut left)))
                .collect()
        }
        ObjectRef::Set(set) => {
            let members = set.iter();
            members.map(|member| text(member.text(&mut left))).collect()
        }
        ObjectRef::SortedSet(set) => {
            let members = set.iter();
            members
                .map(|(member, by)| json!([text(member.text(&mut left)), score(by)]))
                .collect()
        }
        ObjectRef::Hash(hash) => {
            let mut fields = Vec::new();
            hash.each(|field, value, deadline| {
                let (field, value) = (text(field.text(&mut left)), text(value.text(&mut right)));
                fields.push(match deadline {
                    NEVER => json!([field, value]),
                    deadline => json!([field, value, deadline]),
                });
                true
            });
            Value::Array(fields)
        }
        ObjectRef::Stream(stream) => of_stream(stream),
    }
}

fn of_stream(stream: &Stream) -> Value {
    let mut digits = [0; 20];
    let entries: Value = stream
        .range(StreamId::MIN, StreamId::MAX, false)
        .map(|entry| {
            let parts = entry.parts();
            let parts: Value = parts.map(|part| text(part.text(&mut digits))).collect();
            json!([id(entry.id), parts])
        })
        .collect();
    let groups: Value = stream.groups().map(|(name, of)| group(name, of)).collect();
    json!({
        "entries": entries,
        "first_id": id(stream.first_id),
        "last_id": id(stream.last_id),
        "max_deleted_id": id(stream.max_deleted_id),
        "entries_added": stream.entries_added,
        "groups": groups,
    })
}

fn group(name: &[u8], group: &Group) -> Value {
    let consumers: Value = group
        .consumers()
        .map(|consumer| json!([text(consumer.name()), consumer.seen_ms, consumer.active_ms]))
        .collect();
    let pending: Value = group
        .deliveries()
        .map(|(of, pending)| {
            let consumer = text(group.consumer(pending.consumer).name());
            json!([id(of), consumer, pending.time_ms, pending.count])
        })
        .collect();
    json!({
        "name": text(name),
        "last_id": id(group.last_id),
        "entries_read": group.entries_read,
        "consumers": consumers,
        "pending": pending,
    })
}
