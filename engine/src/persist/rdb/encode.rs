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

/// Writes one collection part by part. One that changes in the meantime keeps what it was.
#[derive(Debug, Default)]
pub struct Encoder {
    /// A scan's cursor, or how many nodes or members are written; of a stream see [`crate::types::stream::Stream::walked`].
    cursor: u64,
    stream: StreamEncoder,
    begun: bool,
    /// What fields' deadlines are counted from, where there are some.
    base: Option<u64>,
}

impl Encoder {
    /// How far it is, as the collection counts it.
    pub fn walked(&self) -> u64 {
        self.cursor
    }

    /// The byte that says which type the collection is stored as.
    pub fn kind(object: ObjectRef<'_>) -> u8 {
        match object {
            ObjectRef::List(_) => kind::LIST_QUICKLIST_2,
            ObjectRef::Stream(_) => kind::STREAM_LISTPACKS_2,
            ObjectRef::Set(set) if set.as_intset().is_some() => kind::SET_INTSET,
            ObjectRef::Set(_) => kind::SET,
            ObjectRef::Hash(hash) if hash.as_listpack().is_some() => kind::HASH_LISTPACK,
            ObjectRef::Hash(hash) => match (hash.past_counts(), hash.timed_listpack()) {
                ((_, 0), _) => kind::HASH,
                (_, Some(_)) => kind::HASH_LISTPACK_EX,
                (_, None) => kind::HASH_METADATA,
            },
            ObjectRef::SortedSet(set) if set.as_listpack().is_some() => kind::ZSET_LISTPACK,
            ObjectRef::SortedSet(_) => kind::ZSET_2,
        }
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
            ObjectRef::SortedSet(set) => self.sorted_set(set, first, hasher, sink, budget),
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
            sink.length(list.past_nodes_len() as u64)?;
        }
        let mut written = 0;
        while (self.cursor as usize) < list.past_nodes_len() {
            if written >= budget {
                return Ok(false);
            }
            let node = list.past_node(self.cursor as usize);
            self.cursor += 1;
            match node.ok_or(Error::OutOfMemory)? {
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
            sink.length(set.past_len() as u64)?;
        }
        steps::scan(&mut self.cursor, budget, &mut |cursor, written, result| {
            set.past_scan(hasher, cursor, &mut |member| {
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
        if first {
            let (len, timed_len) = hash.past_counts();
            if timed_len > 0 {
                let earliest = hash.past_earliest();
                self.base = Some(earliest);
                sink.raw(&earliest.to_le_bytes())?;
            }
            if let Some(list) = hash.timed_listpack().filter(|_| timed_len > 0) {
                sink.listpack(list)?;
                return Ok(true);
            }
            sink.length(len as u64)?;
        }
        let base = self.base;
        steps::scan(&mut self.cursor, budget, &mut |cursor, written, result| {
            hash.past_scan(hasher, cursor, &mut |field, value, deadline| {
                *written += 1;
                if let Some(base) = base {
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

    /// From the highest score down where it has not changed meanwhile, as Redis does: so whoever reads it always inserts at
    /// the front.
    fn sorted_set(
        &mut self,
        set: &SortedSet,
        first: bool,
        hasher: &KeyHasher,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        if let Some(list) = set.as_listpack() {
            sink.listpack(list)?;
            return Ok(true);
        }
        if first {
            sink.length(set.past_len() as u64)?;
        }
        let mut result = Ok(());
        let all = set.past_part(hasher, &mut self.cursor, budget, &mut |member, score| {
            also(&mut result, || sink.element(member));
            also(&mut result, || sink.double(score));
        });
        result.map(|()| all)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::types::list::{End, Limits};

    const LIMITS: Limits = Limits {
        fill: -1,
        large_bytes: 0,
    };

    fn parts(list: &mut List, budget: usize, mut between: impl FnMut(&mut List, u64)) -> Vec<u8> {
        let (hasher, mut sink) = (KeyHasher::new(7), Sink::new(true));
        let mut encoder = Encoder::default();
        while !encoder
            .step(ObjectRef::List(list), &hasher, &mut sink, budget)
            .unwrap()
        {
            between(list, encoder.cursor);
        }
        sink.take()
    }

    #[test]
    fn a_list_that_changes_while_it_is_written() {
        let mut list = List::large(LIMITS);
        let large = [b'x'; 5000];
        for number in 0..20_000 {
            let text = format!("item {number}");
            let value = if number % 5000 == 0 {
                &large
            } else {
                text.as_bytes()
            };
            list.push(End::Tail, value, LIMITS).unwrap();
        }
        let before = parts(&mut list, usize::MAX, |_, _| {});
        assert!(parts(&mut list, 256, |_, _| {}) == before);
        assert!(list.keep(0).unwrap());
        list.push(End::Head, b"first", LIMITS).unwrap();
        let mut turn = 0;
        let kept = parts(&mut list, 256, |list, walked| {
            turn += 1;
            list.set(list.len() - turn * 101, b"other", LIMITS).unwrap();
            list.insert(turn * 31, &large, false, LIMITS).unwrap();
            list.remove(list.len() / 2, 200);
            list.walked(walked);
        });
        assert!(kept == before);
        list.release();
        assert!(parts(&mut list, 256, |_, _| {}) != before);
    }

    #[test]
    fn what_is_not_kept_is_an_error() {
        let mut list = List::large(LIMITS);
        list.push(End::Tail, b"x", LIMITS).unwrap();
        assert!(list.keep(1).unwrap());
        let (hasher, mut sink) = (KeyHasher::new(7), Sink::new(true));
        let written = Encoder::default().step(ObjectRef::List(&list), &hasher, &mut sink, 1);
        assert_eq!(written, Err(Error::OutOfMemory));
    }
}
