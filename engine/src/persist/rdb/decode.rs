//! Values from bytes, an element at a time, so that bytes may come in pieces. Knows no keys.
//!
//! Everything is checked before it is believed: lengths against the bytes that there are, compact forms entry by
//! entry, and that no element comes twice.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::source::{Source, Stop, Text};
use super::stream::StreamDecoder;
use super::{container, kind, legacy};
use crate::config::Config;
use crate::types::hash_map::{self, Deadline, Hash, NEVER};
use crate::types::intset::Intset;
use crate::types::item::Item;
use crate::types::list::{self, End, List};
use crate::types::listpack::{Element, Listpack};
use crate::types::set::{self, Set};
use crate::types::sorted_set::{self, Put, SortedSet};
use crate::types::{KeyHasher, Keyed, Kind, Object, Table};

/// Up to this many elements duplicates are found by comparing each with all.
const COMPARED_MAX: usize = 16;

/// The last deadline that a field can have, in milliseconds since 1970.
const DEADLINE_MAX: u64 = (1 << 48) - 2;

/// Up to where the small forms of each type are good.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of lists.
    pub list: list::Limits,
    /// Of sets.
    pub set: set::Limits,
    /// Of hashes.
    pub hash: hash_map::Limits,
    /// Of sorted sets.
    pub zset: sorted_set::Limits,
}

impl Limits {
    /// As they are configured; `list_large_bytes` is what DEBUG QUICKLIST-PACKED-THRESHOLD set.
    pub fn of(config: &Config, list_large_bytes: usize) -> Limits {
        let size = |value| usize::try_from(value).unwrap_or(usize::MAX);
        Limits {
            list: list::Limits {
                fill: config.list_max_listpack_size,
                large_bytes: list_large_bytes,
            },
            set: set::Limits {
                intset_entries: size(config.set_max_intset_entries),
                listpack_entries: size(config.set_max_listpack_entries),
                listpack_value: size(config.set_max_listpack_value),
            },
            hash: hash_map::Limits {
                entries: config.hash_max_listpack_entries,
                value_bytes: config.hash_max_listpack_value,
            },
            zset: sorted_set::Limits {
                entries: config.zset_max_listpack_entries,
                value_bytes: config.zset_max_listpack_value,
            },
        }
    }
}

/// What values are made with.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    /// Hashes members and fields.
    pub hasher: &'a KeyHasher,
    /// Decides their forms.
    pub limits: &'a Limits,
}

/// A value as it was stored.
pub enum Value<'a> {
    /// A string.
    String(Text<'a>),
    /// A collection; there may be nothing in it, which no key can hold.
    Object(Object),
}

/// A collection that is being read.
pub struct Decoder {
    kind: u8,
    object: Object,
    /// Where it is a stream.
    stream: Option<Box<StreamDecoder>>,
    /// Elements, nodes or blocks still to come.
    left: u64,
    /// What deadlines of fields are counted from.
    base: u64,
}

/// Reads the value of a type whose bytes are all there. O(size).
///
/// # Errors
/// [`Stop::Corrupt`], also where bytes are missing; [`Stop::OutOfMemory`].
pub(super) fn value<'a>(
    kind: u8,
    source: &mut Source<'a>,
    shape: Shape<'_>,
) -> Result<Value<'a>, Stop> {
    read_value(kind, source, shape).map_err(|stop| match stop {
        Stop::More(_) => Stop::Corrupt,
        stop => stop,
    })
}

fn read_value<'a>(kind: u8, source: &mut Source<'a>, shape: Shape<'_>) -> Result<Value<'a>, Stop> {
    if kind == kind::STRING {
        return source.string().map(Value::String);
    }
    let mut decoder = Decoder::begin(kind, source, shape)?;
    while !decoder.is_done() {
        decoder.step(source, shape)?;
    }
    decoder.finish(shape).map(Value::Object)
}

impl Decoder {
    /// Reads what stands before the elements of a collection of this type.
    ///
    /// # Errors
    /// [`Stop`]. After [`Stop::More`] nothing is lost: try again from the same place with more bytes.
    pub fn begin(kind: u8, source: &mut Source<'_>, shape: Shape<'_>) -> Result<Decoder, Stop> {
        let limits = shape.limits;
        let base = match kind {
            kind::HASH_METADATA => source.u64()?,
            // Deadlines are absolute.
            _ => 1,
        };
        let left = match kind {
            kind::HASH_METADATA
            | kind::HASH_METADATA_OLD
            | kind::LIST
            | kind::SET
            | kind::ZSET
            | kind::ZSET_2
            | kind::HASH
            | kind::LIST_QUICKLIST
            | kind::LIST_QUICKLIST_2 => source.length()?,
            _ => 1,
        };
        let object = match kind {
            kind::LIST | kind::LIST_ZIPLIST | kind::LIST_QUICKLIST | kind::LIST_QUICKLIST_2 => {
                Object::List(List::large(limits.list))
            }
            kind::SET | kind::SET_INTSET | kind::SET_LISTPACK => {
                let mut set = Set::default();
                let hint = usize::try_from(left).unwrap_or(usize::MAX);
                set.expect(shape.hasher, hint, &limits.set)?;
                Object::Set(set)
            }
            kind::ZSET | kind::ZSET_2 if left > limits.zset.entries => {
                Object::SortedSet(SortedSet::large())
            }
            kind::ZSET | kind::ZSET_2 | kind::ZSET_ZIPLIST | kind::ZSET_LISTPACK => {
                Object::SortedSet(SortedSet::default())
            }
            kind::HASH | kind::HASH_METADATA | kind::HASH_METADATA_OLD => {
                Object::Hash(Hash::for_fields(left, limits.hash))
            }
            kind::HASH_ZIPMAP
            | kind::HASH_ZIPLIST
            | kind::HASH_LISTPACK
            | kind::HASH_LISTPACK_EX
            | kind::HASH_LISTPACK_EX_OLD => Object::Hash(Hash::default()),
            kind::STREAM_LISTPACKS | kind::STREAM_LISTPACKS_2 | kind::STREAM_LISTPACKS_3 => {
                Object::Stream(Box::default())
            }
            _ => return Err(Stop::Corrupt),
        };
        let stream = matches!(object, Object::Stream(_)).then(Box::default);
        Ok(Decoder {
            kind,
            object,
            stream,
            left,
            base,
        })
    }

    /// Everything is read.
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// The collection as it is so far, for handing it to whoever frees.
    pub fn abandon(self) -> Object {
        self.object
    }

    /// Reads an element, a node or a whole compact form.
    ///
    /// # Errors
    /// [`Stop`]. After [`Stop::More`] nothing is lost: try again from the same place with more bytes.
    pub fn step(&mut self, source: &mut Source<'_>, shape: Shape<'_>) -> Result<(), Stop> {
        let limits = shape.limits;
        if let Some(stream) = &mut self.stream {
            stream.step(self.kind, source)?;
            self.left = u64::from(!stream.is_done());
            return Ok(());
        }
        match (&mut self.object, self.kind) {
            (Object::Stream(_), _) => return Err(Stop::Corrupt),
            (Object::List(list), kind) => list_step(list, kind, source, limits.list)?,
            (Object::Set(set), kind::SET) => {
                let member = source.string()?;
                if !set.add(shape.hasher, member.element(), &limits.set)? {
                    return Err(Stop::Corrupt);
                }
            }
            (Object::Set(set), _) => *set = compact_set(self.kind, source, shape)?,
            (Object::SortedSet(set), kind::ZSET | kind::ZSET_2) => {
                let member = source.string()?;
                let score = if self.kind == kind::ZSET {
                    source.double_text()?
                } else {
                    source.double()?
                };
                add_scored(set, member.element(), score, shape)?;
            }
            (Object::SortedSet(set), _) => *set = compact_sorted_set(self.kind, source, shape)?,
            (Object::Hash(hash), kind::HASH) => {
                let (field, value) = (source.string()?, source.string()?);
                let (mut left, mut right) = ([0; 20], [0; 20]);
                let (field, value) = (field.bytes(&mut left), value.bytes(&mut right));
                if !hash.set(shape.hasher, limits.hash, field, value, Deadline::Clear)? {
                    return Err(Stop::Corrupt);
                }
            }
            (Object::Hash(hash), kind::HASH_METADATA | kind::HASH_METADATA_OLD) => {
                let deadline = deadline(source.length()?, self.base)?;
                let (field, value) = (source.string()?, source.string()?);
                let (mut left, mut right) = ([0; 20], [0; 20]);
                let (field, value) = (field.bytes(&mut left), value.bytes(&mut right));
                if hash.find(shape.hasher, field).is_some() {
                    return Err(Stop::Corrupt);
                }
                hash.add(shape.hasher, limits.hash, field, value, deadline)?;
            }
            (Object::Hash(hash), _) => *hash = compact_hash(self.kind, source, shape)?,
        }
        self.left -= 1;
        Ok(())
    }

    /// The collection.
    ///
    /// # Errors
    /// [`Stop::OutOfMemory`].
    pub fn finish(mut self, shape: Shape<'_>) -> Result<Object, Stop> {
        if let Some(stream) = self.stream {
            return Ok(stream.finish().into_object());
        }
        if let Object::List(list) = &mut self.object {
            list.settle(shape.limits.list);
        }
        Ok(self.object)
    }
}

fn list_step(
    list: &mut List,
    kind: u8,
    source: &mut Source<'_>,
    limits: list::Limits,
) -> Result<(), Stop> {
    match kind {
        kind::LIST => {
            let element = source.string()?;
            list.push(End::Tail, element.bytes(&mut [0; 20]), limits)?;
        }
        kind::LIST_QUICKLIST_2 => match source.length()? {
            container::PLAIN => match source.blob()? {
                element if element.is_empty() => return Err(Stop::Corrupt),
                element => list.push_plain(element)?,
            },
            container::PACKED => list.push_packed(Listpack::from_bytes(source.blob()?)?)?,
            _ => return Err(Stop::Corrupt),
        },
        // A ziplist, or a quicklist of them.
        _ => {
            let text = source.string()?;
            list.push_packed(legacy::ziplist(text.bytes(&mut [0; 20]))?)?;
        }
    }
    Ok(())
}

fn compact_set(kind: u8, source: &mut Source<'_>, shape: Shape<'_>) -> Result<Set, Stop> {
    let blob = source.blob()?;
    let mut set = if kind == kind::SET_INTSET {
        Set::from_intset(Intset::from_bytes(blob)?)
    } else {
        let list = Listpack::from_bytes(blob)?;
        distinct(&list, 1, shape.hasher)?;
        Set::from_listpack(list)
    };
    set.expect(shape.hasher, set.len(), &shape.limits.set)?;
    Ok(set)
}

fn compact_hash(kind: u8, source: &mut Source<'_>, shape: Shape<'_>) -> Result<Hash, Stop> {
    if matches!(kind, kind::HASH_LISTPACK_EX | kind::HASH_LISTPACK_EX_OLD) {
        return timed_hash(kind, source, shape);
    }
    let list = match kind {
        kind::HASH_LISTPACK => Listpack::from_bytes(source.blob()?)?,
        kind::HASH_ZIPLIST => legacy::ziplist(source.string()?.bytes(&mut [0; 20]))?,
        _ => legacy::zipmap(source.string()?.bytes(&mut [0; 20]))?,
    };
    let fields = distinct(&list, 2, shape.hasher)?;
    let limits = shape.limits.hash;
    let longest = if kind == kind::HASH_ZIPMAP {
        list.iter().map(Element::text_len).max().unwrap_or(0)
    } else {
        0
    };
    let mut hash = Hash::from_listpack(list);
    if fields as u64 > limits.entries || longest as u64 > limits.value_bytes {
        hash.make_table(shape.hasher)?;
    }
    Ok(hash)
}

/// A hash with deadlines, in a listpack.
fn timed_hash(kind: u8, source: &mut Source<'_>, shape: Shape<'_>) -> Result<Hash, Stop> {
    if kind == kind::HASH_LISTPACK_EX {
        // The first deadline, which the listpack says too.
        source.u64()?;
    }
    let list = Listpack::from_bytes(source.blob()?)?;
    let fields = distinct(&list, 3, shape.hasher)?;
    let mut hash = Hash::from_timed_listpack(list)?;
    let mut sound = true;
    hash.each(|_, _, deadline| {
        sound = deadline == NEVER || deadline <= DEADLINE_MAX;
        sound
    });
    if !sound {
        return Err(Stop::Corrupt);
    }
    if fields as u64 > shape.limits.hash.entries {
        hash.make_table(shape.hasher)?;
    }
    Ok(hash)
}

/// A field's deadline that was stored as `after`, counted from `base` on.
fn deadline(after: u64, base: u64) -> Result<u64, Stop> {
    if after == 0 {
        return Ok(NEVER);
    }
    let deadline = base.checked_add(after).map(|sum| sum - 1);
    let deadline = deadline.filter(|deadline| *deadline <= DEADLINE_MAX);
    deadline.ok_or(Stop::Corrupt)
}

fn compact_sorted_set(
    kind: u8,
    source: &mut Source<'_>,
    shape: Shape<'_>,
) -> Result<SortedSet, Stop> {
    let list = match kind {
        kind::ZSET_LISTPACK => Listpack::from_bytes(source.blob()?)?,
        _ => legacy::ziplist(source.string()?.bytes(&mut [0; 20]))?,
    };
    let members = distinct(&list, 2, shape.hasher)?;
    let mut set = SortedSet::from_listpack(list)?;
    if members as u64 > shape.limits.zset.entries {
        set.make_large(shape.hasher)?;
    }
    Ok(set)
}

fn add_scored(
    set: &mut SortedSet,
    member: Element<'_>,
    score: f64,
    shape: Shape<'_>,
) -> Result<(), Stop> {
    if score.is_nan() {
        return Err(Stop::Corrupt);
    }
    let mut digits = [0; 20];
    let member = member.text(&mut digits);
    let new = |old: Option<f64>| Ok(old.is_none().then_some(score));
    match set.put(shape.hasher, shape.limits.zset, member, new)? {
        Put::Added(_) => Ok(()),
        Put::Declined | Put::Same(_) | Put::Moved(_) => Err(Stop::Corrupt),
    }
}

/// A name that was met.
struct Met(Item);

impl Keyed for Met {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

/// Checks that every `step`th element is another one, and that the last step is whole. Gives their number. O(bytes).
fn distinct(list: &Listpack, step: usize, hasher: &KeyHasher) -> Result<usize, Stop> {
    let len = list.iter().count();
    if !len.is_multiple_of(step) {
        return Err(Stop::Corrupt);
    }
    let count = len / step;
    let mut digits = [0; 20];
    if count <= COMPARED_MAX {
        let mut met: Vec<Element<'_>> = Vec::new();
        for element in list.iter().step_by(step) {
            let text = element.text(&mut digits);
            if met.iter().any(|known| known.is_text(text)) {
                return Err(Stop::Corrupt);
            }
            met.push(element);
        }
        return Ok(count);
    }
    let mut met = Table::new();
    for element in list.iter().step_by(step) {
        let text = element.text(&mut digits);
        let hash = hasher.hash(text);
        if met.find(hash, text).is_some() {
            return Err(Stop::Corrupt);
        }
        met.insert(hasher, hash, Met(Item::new(text, None, None)?))?;
    }
    Ok(count)
}
