//! Lines of JSON into keys. Everything is checked: what does not fit is refused, never guessed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyla_engine::keyspace::{Entry, INLINE_MAX, NewValue};
use hyla_engine::persist::rdb::Loaded;
use hyla_engine::types::Object;
use hyla_engine::types::hash_map::{Deadline, Hash};
use hyla_engine::types::list::{End, List};
use hyla_engine::types::set::Set;
use hyla_engine::types::sorted_set::{Put, SortedSet};
use hyla_engine::types::stream::{Group, Limits, Stream, StreamId};
use serde_json::Value;

use super::super::Making;
use super::{Line, member};

/// Redis' sizes of a stream's nodes.
const NODES: Limits = Limits {
    bytes: 4096,
    entries: 100,
};

const NO_MEMORY: &str = "out of memory";

/// What a line says.
///
/// # Errors
/// What is wrong with it.
pub(in super::super) fn parse(line: &[u8], making: &Making) -> Result<Line, String> {
    let line: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if let Some(code) = line.get(member::FUNCTION) {
        return Ok(Line::Function(text(code)?));
    }
    let get = |name: &str| line.get(name).ok_or(format!("no \"{name}\""));
    let optional = |name| line.get(name).map(number).transpose();
    let key = text(get(member::KEY)?)?;
    let expire_ms = optional(member::EXPIRE_MS)?;
    let value = get(member::VALUE)?;
    let kind = get(member::TYPE)?.as_str().unwrap_or_default();
    let entry = match kind {
        "string" => string(&key, &text(value)?, expire_ms)?,
        _ => {
            let object = collection(kind, value, making)?;
            Entry::of_object(&key, object, expire_ms).map_err(no_memory)?
        }
    };
    let frequency = optional(member::FREQUENCY)?;
    let database = optional(member::DATABASE)?.unwrap_or(0);
    Ok(Line::Key(Loaded {
        database: usize::try_from(database).map_err(|_| "too large a database")?,
        entry,
        idle_seconds: optional(member::IDLE)?,
        frequency: frequency.map(|value| u8::try_from(value).unwrap_or(u8::MAX)),
    }))
}

fn no_memory<E>(_: E) -> String {
    NO_MEMORY.to_owned()
}

fn string(key: &[u8], bytes: &[u8], expire_ms: Option<u64>) -> Result<Entry, String> {
    let entry = if bytes.len() > INLINE_MAX {
        let value = NewValue::Shared(Arc::new(bytes.to_vec()));
        Entry::new(key, &value, expire_ms)
    } else {
        let value = NewValue::string(bytes).map_err(no_memory)?;
        Entry::new(key, &value, expire_ms)
    };
    entry.map_err(no_memory)
}

fn text(value: &Value) -> Result<Vec<u8>, String> {
    if let Some(text) = value.as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let encoded = value.get(member::BASE64).and_then(Value::as_str);
    let encoded = encoded.ok_or("expected a text or {\"base64\": ...}")?;
    STANDARD.decode(encoded).map_err(|error| error.to_string())
}

fn number(value: &Value) -> Result<u64, String> {
    value
        .as_u64()
        .ok_or("expected a number that is not negative".to_owned())
}

fn signed(value: &Value) -> Result<i64, String> {
    value.as_i64().ok_or("expected an integer".to_owned())
}

fn array(value: &Value) -> Result<&[Value], String> {
    let array = value.as_array().map(Vec::as_slice);
    array.ok_or("expected an array".to_owned())
}

fn score(value: &Value) -> Result<f64, String> {
    match value.as_str() {
        Some("inf") => Ok(f64::INFINITY),
        Some("-inf") => Ok(f64::NEG_INFINITY),
        _ => value.as_f64().ok_or("expected a score".to_owned()),
    }
}

fn collection(kind: &str, value: &Value, making: &Making) -> Result<Object, String> {
    let object = match kind {
        "stream" => return Ok(Object::Stream(stream(value)?)),
        "list" => list(array(value)?, making)?,
        "set" => set(array(value)?, making)?,
        "zset" => sorted_set(array(value)?, making)?,
        "hash" => hash(array(value)?, making)?,
        _ => return Err(format!("an unknown type: {kind:?}")),
    };
    if object.view().is_empty() {
        return Err("a key without elements".to_owned());
    }
    Ok(object)
}

fn list(elements: &[Value], making: &Making) -> Result<Object, String> {
    let mut list = List::default();
    for element in elements {
        let pushed = list.push(End::Tail, &text(element)?, making.limits.list);
        pushed.map_err(no_memory)?;
    }
    Ok(Object::List(list))
}

fn set(members: &[Value], making: &Making) -> Result<Object, String> {
    let limits = &making.limits.set;
    let first = members.first().map(text).transpose()?.unwrap_or_default();
    let mut set = Set::for_members(&first, members.len(), limits);
    for member in members {
        let member = text(member)?;
        let member = member.as_slice().into();
        if !set.add(&making.hasher, member, limits).map_err(no_memory)? {
            return Err("a member that comes twice".to_owned());
        }
    }
    Ok(Object::Set(set))
}

fn sorted_set(members: &[Value], making: &Making) -> Result<Object, String> {
    let mut set = SortedSet::default();
    for member in members {
        let [member, by] = array(member)? else {
            return Err("expected a member with its score".to_owned());
        };
        let (member, by) = (text(member)?, score(by)?);
        let rule = |old: Option<f64>| Ok(old.is_none().then_some(by));
        let put = set.put(&making.hasher, making.limits.zset, &member, rule);
        if !matches!(put.map_err(no_memory)?, Put::Added(_)) {
            return Err("a member that comes twice".to_owned());
        }
    }
    Ok(Object::SortedSet(set))
}

fn hash(fields: &[Value], making: &Making) -> Result<Object, String> {
    let (mut hash, limits) = (Hash::default(), making.limits.hash);
    for field in fields {
        let (field, value, deadline) = match array(field)? {
            [field, value] => (field, value, None),
            [field, value, deadline] => (field, value, Some(number(deadline)?)),
            _ => return Err("expected a field with its value".to_owned()),
        };
        let (field, value) = (text(field)?, text(value)?);
        if hash.find(&making.hasher, &field).is_some() {
            return Err("a field that comes twice".to_owned());
        }
        let stored = match deadline {
            None => hash
                .set(&making.hasher, limits, &field, &value, Deadline::Clear)
                .map(|_| ()),
            Some(at) => hash.add(&making.hasher, limits, &field, &value, at),
        };
        stored.map_err(no_memory)?;
    }
    Ok(Object::Hash(hash))
}

fn id(value: &Value) -> Result<StreamId, String> {
    let id = StreamId::parse(value.as_str().unwrap_or_default().as_bytes(), 0);
    id.ok_or("expected a stream's ID".to_owned())
}

fn stream(value: &Value) -> Result<Box<Stream>, String> {
    let get = |name: &str| {
        value
            .get(name)
            .ok_or(format!("a stream without \"{name}\""))
    };
    let mut stream = Stream::default();
    for entry in array(get("entries")?)? {
        let [name, fields] = array(entry)? else {
            return Err("expected an ID with its fields".to_owned());
        };
        let name = id(name)?;
        if name <= stream.last_id {
            return Err("an ID that is not behind the one before".to_owned());
        }
        let fields: Vec<Vec<u8>> = array(fields)?.iter().map(text).collect::<Result<_, _>>()?;
        if fields.is_empty() || !fields.len().is_multiple_of(2) {
            return Err("expected fields with their values".to_owned());
        }
        let appended = stream.append(name, fields.iter().map(Vec::as_slice), NODES);
        appended.map_err(|_| "an entry that is too large".to_owned())?;
    }
    let last = id(get("last_id")?)?;
    if last < stream.last_id {
        return Err("a last ID before that of the last entry".to_owned());
    }
    stream.last_id = last;
    stream.first_id = id(get("first_id")?)?;
    stream.max_deleted_id = id(get("max_deleted_id")?)?;
    stream.entries_added = number(get("entries_added")?)?;
    for of in array(get("groups")?)? {
        let name = text(of.get("name").unwrap_or(&Value::Null))?;
        if !stream.create_group(&name, group(of)?).map_err(no_memory)? {
            return Err("a group that comes twice".to_owned());
        }
    }
    Ok(Box::new(stream))
}

fn group(value: &Value) -> Result<Group, String> {
    let get = |name: &str| value.get(name).ok_or(format!("a group without \"{name}\""));
    let read = get("entries_read")?;
    let read = if read.is_null() {
        None
    } else {
        Some(number(read)?)
    };
    let mut group = Group::new(id(get("last_id")?)?, read);
    for consumer in array(get("consumers")?)? {
        let [name, seen, active] = array(consumer)? else {
            return Err("expected a consumer with two times".to_owned());
        };
        let name = text(name)?;
        if group.find(&name).is_some() {
            return Err("a consumer that comes twice".to_owned());
        }
        let added = group.add(&name, signed(seen)?, signed(active)?);
        added.map_err(no_memory)?;
    }
    for pending in array(get("pending")?)? {
        let [of, consumer, time, count] = array(pending)? else {
            return Err("expected an ID, a consumer, a time and a count".to_owned());
        };
        let consumer = group
            .find(&text(consumer)?)
            .ok_or("a consumer that is not there")?;
        let of = id(of)?;
        if group.delivery(of).is_some() {
            return Err("a delivery that comes twice".to_owned());
        }
        let delivered = group.deliver(of, consumer, signed(time)?, number(count)?);
        delivered.map_err(no_memory)?;
    }
    Ok(group)
}
