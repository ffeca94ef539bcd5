//! Values into bytes, in parts, so that no step is long however large a value is. Knows no keys.

use super::sink::Sink;
use super::stream::StreamEncoder;
use super::{container, kind};
use crate::error::Error;
use crate::persist::steps::{self, also};
use crate::types::hash_map::{Hash, NEVER};
use crate::types::list::{List, NodeRef};
use crate::types::set::Set;
use crate::types::sorted_set::SortedSet;
use crate::types::{KeyHasher, ObjectRef};

/// Writes one collection, which does not change in the meantime or is kept as it was, part by part.
#[derive(Debug, Default)]
pub struct Encoder {
    /// A scan's cursor, or how many nodes or members are written; of a stream see [`crate::types::stream::Stream::walked`].
    cursor: u64,
    stream: StreamEncoder,
    begun: bool,
    /// What fields' deadlines are counted from.
    base: u64,
}

impl Encoder {
    /// The byte that says which type the collection is stored as.
    pub fn kind(object: ObjectRef<'_>) -> u8 {
        match object {
            ObjectRef::List(_) => kind::LIST_QUICKLIST_2,
            ObjectRef::Stream(_) => kind::STREAM_LISTPACKS_2,
            ObjectRef::Set(set) if set.as_intset().is_some() => kind::SET_INTSET,
            ObjectRef::Set(_) => kind::SET,
            ObjectRef::Hash(hash) => match (hash.as_listpack(), hash.is_timed()) {
                (Some(_), _) => kind::HASH_LISTPACK,
                (None, false) => kind::HASH,
                (None, true) if hash.timed_listpack().is_some() => kind::HASH_LISTPACK_EX,
                (None, true) => kind::HASH_METADATA,
            },
            ObjectRef::SortedSet(set) if set.as_listpack().is_some() => kind::ZSET_LISTPACK,
            ObjectRef::SortedSet(_) => kind::ZSET_2,
        }
    }

    /// How far it is, in the measure that the collection's own `walked` takes. O(1).
    pub fn walked(&self) -> u64 {
        self.cursor
    }

    /// Writes about `budget` elements more, and says whether all are written. O(`budget`).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; what the sink has then is of no use.
    pub fn step(
        &mut self,
        object: ObjectRef<'_>,
        hasher: &KeyHasher,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        let first = !core::mem::replace(&mut self.begun, true);
        match object {
            ObjectRef::List(list) => self.list(list, first, sink, budget),
            ObjectRef::Set(set) => self.set(set, first, hasher, sink, budget),
            ObjectRef::Hash(hash) => self.hash(hash, first, hasher, sink, budget),
            ObjectRef::SortedSet(set) => self.sorted_set(set, first, sink, budget),
            ObjectRef::Stream(stream) => {
                let all = self.stream.step(stream, sink, budget);
                self.cursor = self.stream.walked();
                all
            }
        }
    }

    fn list(
        &mut self,
        list: &List,
        first: bool,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        if first {
            sink.length(list.nodes_len() as u64)?;
        }
        let mut written = 0;
        while let Some(node) = list.node(self.cursor as usize) {
            if written >= budget {
                return Ok(false);
            }
            self.cursor += 1;
            match node {
                NodeRef::Packed(list) => {
                    written += list.len().max(1);
                    sink.length(container::PACKED)?;
                    sink.listpack(list)?;
                }
                NodeRef::Plain(bytes) => {
                    written += 1;
                    sink.length(container::PLAIN)?;
                    sink.string(bytes)?;
                }
            }
        }
        Ok(true)
    }

    fn set(
        &mut self,
        set: &Set,
        first: bool,
        hasher: &KeyHasher,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        if let Some(ints) = set.as_intset() {
            sink.string(ints.as_bytes())?;
            return Ok(true);
        }
        if first {
            sink.length(set.len() as u64)?;
        }
        steps::scan(&mut self.cursor, budget, &mut |cursor, written, result| {
            set.scan(hasher, cursor, |member| {
                *written += 1;
                also(result, || sink.element(member));
            })
        })
    }

    fn hash(
        &mut self,
        hash: &Hash,
        first: bool,
        hasher: &KeyHasher,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        if let Some(list) = hash.as_listpack() {
            sink.listpack(list)?;
            return Ok(true);
        }
        let timed = hash.is_timed();
        if first && timed {
            self.base = hash.earliest();
            sink.raw(&self.base.to_le_bytes())?;
        }
        if let Some(list) = hash.timed_listpack().filter(|_| timed) {
            sink.listpack(list)?;
            return Ok(true);
        }
        if first {
            sink.length(hash.len() as u64)?;
        }
        let base = self.base;
        steps::scan(&mut self.cursor, budget, &mut |cursor, written, result| {
            hash.scan(hasher, cursor, |field, value, deadline| {
                *written += 1;
                if timed {
                    let after = match deadline {
                        NEVER => 0,
                        deadline => deadline.saturating_sub(base) + 1,
                    };
                    also(result, || sink.length(after));
                }
                also(result, || sink.element(field));
                also(result, || sink.element(value));
            })
        })
    }

    /// From the highest score down, as Redis does: so whoever reads it always inserts at the front.
    fn sorted_set(
        &mut self,
        set: &SortedSet,
        first: bool,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        if let Some(list) = set.as_listpack() {
            sink.listpack(list)?;
            return Ok(true);
        }
        if first {
            sink.length(set.len() as u64)?;
        }
        let end = set.len() - (self.cursor as usize).min(set.len());
        let start = end.saturating_sub(budget);
        for (member, score) in set.range(start..end, true) {
            sink.element(member)?;
            sink.double(score)?;
        }
        self.cursor += (end - start) as u64;
        Ok(start == 0)
    }
}
