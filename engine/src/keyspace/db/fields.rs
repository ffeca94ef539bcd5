//! Which hashes have fields with a deadline, and when the first of them ends: a sorted set a database, by hash. So
//! active expiry costs by hashes in which something is due. Knows neither clock nor timer.
//!
//! A hash stands in it from the first deadline of one of its fields on, with a time that no field's deadline is
//! before; it leaves when the key goes, or once it is due and no field has a deadline any more.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::slices::SLICE_KEYS;
use super::{Database, Keyspace, Place};
use crate::error::{Error, owned};
use crate::keyspace::Entry;
use crate::types::hash_map::{Hash, NEVER};
use crate::types::sorted_set::{Limits, SortedSet};
use crate::types::{KeyHasher, Kind};

/// A small one is as good as a large one.
const LIMITS: Limits = Limits {
    entries: 16,
    value_bytes: 64,
};

/// What [`Keyspace::expire_fields`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapsed<'a> {
    /// This field is gone.
    Field(&'a [u8]),
    /// So are all of the hash that were due.
    Fields,
    /// The hash went with its last field.
    Hash,
}

/// A hash's time in milliseconds as a score: exact up to 2^53.
fn score(deadline: u64) -> f64 {
    deadline as f64
}

/// Takes a key out that is gone.
pub(super) fn forget(deadlines: &mut Option<Box<SortedSet>>, hasher: &KeyHasher, key: &[u8]) {
    if let Some(set) = deadlines {
        set.remove(hasher, key);
        if set.is_empty() {
            *deadlines = None;
        }
    }
}

fn hash_of(entry: &Entry) -> Option<&Hash> {
    entry.object().and_then(Hash::of)
}

impl Database {
    /// The key is about to go, or to hold something else.
    #[inline]
    pub(super) fn forget_fields(&mut self, hasher: &KeyHasher, key: &[u8]) {
        if self.field_deadlines.is_some() {
            forget(&mut self.field_deadlines, hasher, key);
        }
    }

    /// An entry is about to come that may be a hash with such fields.
    #[inline]
    pub(super) fn expect_fields(&mut self, hasher: &KeyHasher, entry: &Entry) -> Result<(), Error> {
        match hash_of(entry) {
            Some(hash) if hash.is_timed() => self.note_fields(hasher, entry.key(), hash.earliest()),
            _ => Ok(()),
        }
    }

    /// A field of the hash of `key` is about to get this deadline.
    fn note_fields(&mut self, hasher: &KeyHasher, key: &[u8], deadline: u64) -> Result<(), Error> {
        let set = self.field_deadlines.get_or_insert_with(Box::default);
        set.put(hasher, LIMITS, key, |old| {
            let score = score(deadline);
            Ok(Some(old.map_or(score, |old| old.min(score))))
        })?;
        Ok(())
    }

    /// The hash that is due first, and when.
    fn first_due(&self) -> Option<(Vec<u8>, u64)> {
        let set = self.field_deadlines.as_ref()?;
        let (key, score) = set.range(0..1, false).next()?;
        // Without memory for its name it is not this slice's turn.
        let name = owned(key.text(&mut [0; 20])).ok()?;
        Some((name, score as u64))
    }
}

impl Keyspace {
    /// Has active expiry look after a field of the hash of `key` that is about to get a deadline, in milliseconds since
    /// 1970. O(log of the hashes with such fields).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the field must not get it then.
    pub fn expect_field_end(&mut self, key: &[u8], deadline: u64) -> Result<(), Error> {
        let database = &mut self.databases[self.selected];
        database.note_fields(&self.hasher, key, deadline)
    }

    /// Hashes of database `database` that have, or had, fields with a deadline.
    pub fn hashes_with_deadlines(&self, database: usize) -> usize {
        let set = &self.databases[database].field_deadlines;
        set.as_ref().map_or(0, |set| set.len())
    }

    /// One slice of removing fields whose deadline has come: so many as a slice of keys. `told` hears of each with its
    /// database and the key. True if there is more to do at once.
    pub fn expire_fields(&mut self, mut told: impl FnMut(usize, &[u8], Lapsed<'_>)) -> bool {
        let (selected, now_ms) = (self.selected, self.now_ms);
        let mut left = SLICE_KEYS;
        let mut more = false;
        for number in 0..self.databases.len() {
            while let Some((key, due_ms)) = self.databases[number].first_due()
                && due_ms <= now_ms
            {
                if left == 0 {
                    more = true;
                    break;
                }
                self.selected = number;
                left = left.saturating_sub(1 + self.expire_fields_of(&key, left, &mut told));
            }
            if more {
                break;
            }
        }
        self.selected = selected;
        more
    }

    /// Removes about `max` fields of one hash that are due, and gives how many.
    fn expire_fields_of(
        &mut self,
        key: &[u8],
        max: usize,
        told: &mut impl FnMut(usize, &[u8], Lapsed<'_>),
    ) -> usize {
        let (number, now_ms) = (self.selected, self.now_ms);
        // A key whose own time has come goes as a whole.
        let place = self.find(key);
        let (entry, hasher) = self.entry_mut(place);
        let hash = entry.and_then(Entry::object_mut).and_then(Hash::of_mut);
        let Some(hash) = hash else {
            self.databases[number].forget_fields(&self.hasher, key);
            return 0;
        };
        let (mut removed, mut from) = (0, usize::MAX);
        let more = hash.expire(hasher, now_ms, max, &mut from, |field| {
            removed += 1;
            told(number, key, Lapsed::Field(field));
        });
        let next = if more { now_ms } else { hash.earliest() };
        self.stats.expired_fields += removed as u64;
        if removed > 0 {
            told(number, key, Lapsed::Fields);
        }
        if self.remove_if_empty(place) {
            told(number, key, Lapsed::Hash);
            return removed;
        }
        let database = &mut self.databases[number];
        database.forget_fields(&self.hasher, key);
        if next != NEVER && database.note_fields(&self.hasher, key, next).is_err() {
            // Without memory to remember it the fields go when somebody looks at them.
            return removed.max(max);
        }
        removed
    }

    /// Takes a field whose deadline has come out of the hash at a place; true if the hash, and with it the key, went.
    pub fn drop_field(&mut self, place: Place, field: &[u8]) -> bool {
        let (entry, hasher) = self.entry_mut(place);
        let hash = entry.and_then(Entry::object_mut).and_then(Hash::of_mut);
        if hash.is_some_and(|hash| hash.remove(hasher, field)) {
            self.stats.expired_fields += 1;
        }
        self.remove_if_empty(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::hash_map::Limits;

    const FIELDS: u64 = if cfg!(miri) { 300 } else { 100_000 };

    fn timed(keys: &mut Keyspace, key: &[u8], fields: u64, deadline: u64) {
        let limits = Limits {
            entries: 8,
            value_bytes: 64,
        };
        let mut hash = Hash::default();
        for field in 0..fields {
            let field = field.to_be_bytes();
            let hasher = keys.hasher().clone();
            hash.add(&hasher, limits, &field, b"v", deadline).unwrap();
        }
        let place = keys.find(key);
        keys.create(place, key, hash).unwrap();
    }

    #[test]
    fn fields_go_in_bounded_slices_and_the_key_with_the_last() {
        let mut keys = Keyspace::new(2, 1);
        keys.set_now(10);
        timed(&mut keys, b"large", FIELDS, 100);
        timed(&mut keys, b"small", 3, 200);
        keys.select(1);
        timed(&mut keys, b"other", 3, 100);
        assert!(!keys.expire_fields(|_, _, _| panic!("nothing is due")));
        keys.set_now(100);
        let (mut slices, mut fields, mut hashes) = (0, 0, 0);
        loop {
            let before = fields;
            let more = keys.expire_fields(|_, _, lapsed| match lapsed {
                Lapsed::Field(_) => fields += 1,
                Lapsed::Fields => {}
                Lapsed::Hash => hashes += 1,
            });
            slices += 1;
            assert!(fields - before <= SLICE_KEYS as u64 + 64 * 7, "{fields}");
            if !more {
                break;
            }
        }
        assert_eq!((fields, hashes), (FIELDS + 3, 2));
        assert!(slices <= FIELDS as usize / SLICE_KEYS + 2, "{slices}");
        assert_eq!((keys.len(0), keys.len(1)), (1, 0));
        assert_eq!(keys.stats.expired_fields, FIELDS + 3);
        assert_eq!(keys.hashes_with_deadlines(0), 1);
    }

    #[test]
    fn a_hash_that_goes_is_forgotten() {
        let mut keys = Keyspace::new(1, 1);
        keys.set_now(10);
        for _ in 0..3 {
            timed(&mut keys, b"h", 3, 100);
            assert_eq!(keys.hashes_with_deadlines(0), 1);
            assert!(keys.delete(b"h"));
            assert_eq!(keys.hashes_with_deadlines(0), 0);
        }
        timed(&mut keys, b"h", 3, 100);
        keys.flush(0);
        assert_eq!(keys.hashes_with_deadlines(0), 0);
    }
}
