//! A sorted map in chunks: a row of short sorted vectors. Knows nothing of what it maps.
//!
//! Finding is a binary search over chunks and then within one, O(log n); adding at the end and removing at the
//! start, which is what streams do, touch one chunk. An entry elsewhere moves at most one chunk's entries, and once in
//! half a chunk's insertions the row of chunks: 32 bytes for about a hundred entries.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::borrow::Borrow;

use crate::error::Error;

/// Entries of a chunk at most.
const CHUNK: usize = 128;
/// Neighbours that have no more together become one.
const FEW: usize = CHUNK / 4;

/// A sorted map.
#[derive(Debug)]
pub struct Ordered<K, V> {
    /// None is empty.
    chunks: VecDeque<Vec<(K, V)>>,
    len: usize,
}

/// Where an entry stands. Valid until the map changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    chunk: usize,
    at: usize,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Ordered::new()
    }
}

impl<K, V> Ordered<K, V> {
    /// Nothing yet; takes no memory.
    pub const fn new() -> Self {
        Ordered {
            chunks: VecDeque::new(),
            len: 0,
        }
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// There is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry at a place. O(1).
    #[inline]
    pub fn at(&self, place: Place) -> Option<(&K, &V)> {
        let (key, value) = self.chunks.get(place.chunk)?.get(place.at)?;
        Some((key, value))
    }

    /// The value at a place, to be changed. O(1).
    #[inline]
    pub fn at_mut(&mut self, place: Place) -> Option<&mut V> {
        let (_, value) = self.chunks.get_mut(place.chunk)?.get_mut(place.at)?;
        Some(value)
    }

    /// The first entry.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.at(Place::default())
    }

    /// The last entry.
    pub fn last(&self) -> Option<(&K, &V)> {
        self.at(self.last_place()?)
    }

    /// The last value, to be changed. O(1).
    #[inline]
    pub fn last_mut(&mut self) -> Option<&mut V> {
        let (_, value) = self.chunks.back_mut()?.last_mut()?;
        Some(value)
    }

    /// Where the last entry stands.
    pub fn last_place(&self) -> Option<Place> {
        let chunk = self.chunks.len().checked_sub(1)?;
        let at = self.chunks[chunk].len() - 1;
        Some(Place { chunk, at })
    }

    /// The place behind, which may be the end.
    #[inline]
    pub fn next(&self, place: Place) -> Place {
        if place.at + 1 < self.chunks.get(place.chunk).map_or(0, Vec::len) {
            return Place {
                at: place.at + 1,
                ..place
            };
        }
        Place {
            chunk: place.chunk + 1,
            at: 0,
        }
    }

    /// The place before; `None` at the start.
    pub fn prev(&self, place: Place) -> Option<Place> {
        if place.at > 0 {
            return Some(Place {
                at: place.at - 1,
                ..place
            });
        }
        let chunk = place.chunk.checked_sub(1)?;
        let at = self.chunks.get(chunk)?.len() - 1;
        Some(Place { chunk, at })
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + Clone {
        self.iter_from(Place::default())
    }

    /// The entries from a place on.
    pub fn iter_from(&self, mut place: Place) -> impl Iterator<Item = (&K, &V)> + Clone {
        core::iter::from_fn(move || {
            let entry = self.at(place)?;
            place = self.next(place);
            Some(entry)
        })
    }

    /// Adds an entry behind all others; the key is larger than theirs. O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push_last(&mut self, key: K, value: V) -> Result<(), Error> {
        let chunk = self.chunks.len();
        self.insert_at(Place { chunk, at: 0 }, key, value)?;
        Ok(())
    }

    /// Adds an entry at its lower bound, and gives the place where it stands then.
    fn insert_at(&mut self, mut place: Place, key: K, value: V) -> Result<Place, Error> {
        let last = self.chunks.back().map_or(CHUNK, Vec::len);
        if place.chunk == self.chunks.len() && last < CHUNK {
            // Behind all others, where there is room.
            place = Place {
                chunk: place.chunk - 1,
                at: last,
            };
        } else if self
            .chunks
            .get(place.chunk)
            .is_none_or(|chunk| chunk.len() >= CHUNK)
        {
            let behind = place.chunk == self.chunks.len();
            let mut right = Vec::new();
            right.try_reserve(if behind { 1 } else { CHUNK })?;
            self.chunks.try_reserve(1)?;
            if !behind {
                right.extend(self.chunks[place.chunk].drain(CHUNK / 2..));
            }
            self.chunks
                .insert(place.chunk + usize::from(!behind), right);
            if place.at > CHUNK / 2 {
                place = Place {
                    chunk: place.chunk + 1,
                    at: place.at - CHUNK / 2,
                };
            }
        }
        let chunk = &mut self.chunks[place.chunk];
        chunk.try_reserve(1)?;
        chunk.insert(place.at, (key, value));
        self.len += 1;
        Ok(place)
    }

    /// Takes out the entry at a place. O(chunk).
    pub fn remove_at(&mut self, place: Place) -> Option<(K, V)> {
        let chunk = self.chunks.get_mut(place.chunk)?;
        if place.at >= chunk.len() {
            return None;
        }
        let entry = chunk.remove(place.at);
        self.len -= 1;
        if self.chunks[place.chunk].is_empty() {
            self.chunks.remove(place.chunk);
        } else {
            self.join(place.chunk);
        }
        Some(entry)
    }

    /// Makes a chunk of few entries and its neighbour one, where both are small.
    fn join(&mut self, at: usize) {
        let Some(next) = self.chunks.get(at + 1) else {
            return;
        };
        if self.chunks[at].len() + next.len() <= FEW
            && let Some(mut next) = self.chunks.remove(at + 1)
        {
            self.chunks[at].append(&mut next);
        }
    }

    /// Takes all entries before a place away, as a map of their own. O(chunks).
    pub fn split_before(&mut self, place: Place) -> Ordered<K, V> {
        let rest = self.chunks.split_off(place.chunk.min(self.chunks.len()));
        let mut before = Ordered {
            chunks: core::mem::replace(&mut self.chunks, rest),
            len: 0,
        };
        if place.at > 0
            && let Some(chunk) = self.chunks.front_mut()
        {
            let part: Vec<_> = chunk.drain(..place.at.min(chunk.len())).collect();
            before.chunks.push_back(part);
            if self.chunks.front().is_some_and(Vec::is_empty) {
                self.chunks.pop_front();
            }
        }
        before.len = before.chunks.iter().map(Vec::len).sum();
        self.len -= before.len;
        before
    }

    /// Adds all entries of another map behind the others; its keys are larger than theirs. O(chunks).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then, and the other map is freed.
    pub fn append(&mut self, mut other: Ordered<K, V>) -> Result<(), Error> {
        self.chunks.try_reserve(other.chunks.len())?;
        while let Some(chunk) = other.chunks.pop_front() {
            self.chunks.push_back(chunk);
        }
        self.len += other.len;
        Ok(())
    }

    /// Frees about `count` chunks. False when none is left.
    pub fn drop_some(&mut self, count: usize) -> bool {
        for _ in 0..count {
            match self.chunks.pop_back() {
                Some(chunk) => self.len -= chunk.len(),
                None => return false,
            }
        }
        !self.chunks.is_empty()
    }

    /// Bytes of the chunks, what keys and values own aside. O(chunks).
    pub fn memory_bytes(&self) -> usize {
        let entries: usize = self.chunks.iter().map(Vec::capacity).sum();
        self.chunks.capacity() * size_of::<Vec<(K, V)>>() + entries * size_of::<(K, V)>()
    }
}

impl<K: Ord, V> Ordered<K, V> {
    /// Where the first entry stands whose key is not less; the end if there is none. O(log n).
    pub fn lower_bound<Q>(&self, key: &Q) -> Place
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let chunk = self
            .chunks
            .partition_point(|chunk| chunk.last().is_some_and(|(last, _)| last.borrow() < key));
        let at = self.chunks.get(chunk).map_or(0, |chunk| {
            chunk.partition_point(|(other, _)| other.borrow() < key)
        });
        Place { chunk, at }
    }

    /// Where an entry stands. O(log n).
    pub fn find<Q>(&self, key: &Q) -> Option<Place>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let place = self.lower_bound(key);
        (self.at(place)?.0.borrow() == key).then_some(place)
    }

    /// The last entry whose key is at most `key`. O(log n).
    pub fn find_at_most<Q>(&self, key: &Q) -> Option<Place>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let place = self.lower_bound(key);
        match self.at(place) {
            Some((found, _)) if found.borrow() == key => Some(place),
            _ => self.prev(place),
        }
    }

    /// The value of a key. O(log n).
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.at(self.find(key)?).map(|(_, value)| value)
    }

    /// The value of a key, to be changed. O(log n).
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let place = self.find(key)?;
        self.at_mut(place)
    }

    /// Adds an entry, or replaces the value of a key that is there. O(log n + chunk).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn insert(&mut self, key: K, value: V) -> Result<(), Error> {
        let place = self.lower_bound(&key);
        match self.at(place) {
            Some((found, _)) if *found == key => {
                if let Some(there) = self.at_mut(place) {
                    *there = value;
                }
            }
            _ => {
                self.insert_at(place, key, value)?;
            }
        }
        Ok(())
    }

    /// Adds an entry unless the key is there. O(log n + chunk).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn add(&mut self, key: K, value: V) -> Result<(), Error> {
        let place = self.lower_bound(&key);
        if self.at(place).is_none_or(|(found, _)| *found != key) {
            self.insert_at(place, key, value)?;
        }
        Ok(())
    }

    /// The value of a key, which is added if it is not there. O(log n + chunk).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn get_or_default(&mut self, key: K) -> Result<&mut V, Error>
    where
        V: Default,
    {
        let mut place = self.lower_bound(&key);
        if self.at(place).is_none_or(|(found, _)| *found != key) {
            place = self.insert_at(place, key, V::default())?;
        }
        self.at_mut(place).ok_or(Error::OutOfMemory)
    }

    /// Takes out an entry. O(log n + chunk).
    pub fn remove<Q>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let place = self.find(key)?;
        self.remove_at(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    fn check(map: &Ordered<u16, u8>, model: &BTreeMap<u16, u8>) {
        assert!(map.iter().eq(model.iter()));
        assert_eq!(map.len(), model.len());
        assert!(map.chunks.iter().all(|chunk| !chunk.is_empty()));
        assert_eq!(map.last(), model.last_key_value());
    }

    proptest! {
        #[test]
        fn agrees_with_a_tree(
            steps in proptest::collection::vec((0..4u8, 0..1000u16, any::<u8>()), 1..1500)
        ) {
            let (mut map, mut model) = (Ordered::new(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => {
                        map.insert(key, value).unwrap();
                        model.insert(key, value);
                    }
                    1 => {
                        *map.get_or_default(key).unwrap() ^= value;
                        *model.entry(key).or_default() ^= value;
                    }
                    2 => {
                        assert_eq!(map.remove(&key), model.remove_entry(&key));
                        assert_eq!(map.get(&(key / 2)), model.get(&(key / 2)));
                        let most = map.find_at_most(&key).and_then(|place| map.at(place));
                        assert_eq!(most, model.range(..=key).next_back());
                    }
                    _ if value == 0 => {
                        let place = map.lower_bound(&key);
                        let before = map.split_before(place);
                        let behind = model.split_off(&key);
                        check(&before, &model);
                        model = behind;
                    }
                    _ => {
                        let key = model.last_key_value().map_or(0, |(key, _)| key + 1);
                        map.push_last(key, value).unwrap();
                        model.insert(key, value);
                    }
                }
            }
            check(&map, &model);
            let mut place = map.last_place();
            let mut backwards = Vec::new();
            while let Some(at) = place {
                backwards.extend(map.at(at));
                place = map.prev(at);
            }
            assert!(backwards.into_iter().eq(model.iter().rev()));
            while map.drop_some(1) {}
            assert!(map.is_empty());
        }
    }
}
