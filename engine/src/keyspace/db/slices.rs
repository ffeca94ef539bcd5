//! The work on keys that nobody waits for, in slices bounded by counted work: removing keys whose time has come,
//! freeing what was flushed. Knows neither clock nor timer: the owner calls, and calls again.

use super::fields::forget;
use super::{Database, Entry, Grave, Keyspace, Noted, Place, What, bury};
use crate::error::owned;
use alloc::vec::Vec;

/// Keys that one slice looks at, and keys that it frees, at most; a segment's more.
pub(super) const SLICE_KEYS: usize = 1000;
/// So much more than a key's counts the freeing of a collection's element: a segment's are freed together, which may be half
/// as many again.
const MEMBER_COST: usize = 2;
/// Elements that a slice takes out of a collection; each is looked for.
const SLICE_RESTS: usize = 400;
/// Segments that one slice passes at most. One where nothing is due costs a look at its head.
const SLICE_SEGMENTS: usize = 2048;
/// Segments (or tables that have none left) that one slice frees at most.
const SLICE_FREED: usize = 64;

/// What a slice of active expiry did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Expired {
    /// Keys with an expiry that it looked at.
    seen: usize,
    /// Those whose time had come.
    removed: usize,
}

/// The key of a collection that has elements left which went.
fn unsettled(entry: &Entry) -> Option<Vec<u8>> {
    entry.object().filter(|object| object.has_rest())?;
    // Without memory for its name they stay until the collection goes.
    owned(entry.key()).ok()
}

impl Database {
    /// An entry is about to come that may have something left.
    pub(super) fn expect_rest(&mut self, entry: &Entry) {
        self.unsettled.extend(unsettled(entry));
    }
}

impl Keyspace {
    /// One slice of all the work. True if there is more to do at once; others get their turn before.
    ///
    /// `expire_effort` is `active-expire-effort`, 1 to 10, or `None` to leave expired keys until they are found.
    /// From effort 1 to 10, 10 down to 1 percent of the keys with an expiry may be overdue.
    pub fn tick(&mut self, expire_effort: Option<u32>) -> bool {
        let freeing = self.free_slice() | self.settle_slice();
        let Some(effort) = expire_effort else {
            return freeing;
        };
        let Expired { seen, removed } = self.expire_slice();
        let overdue_percent_max = 11 - effort.clamp(1, 10) as usize;
        freeing || removed * 100 > seen * overdue_percent_max
    }

    /// Keys and collections that wait to be freed. O(how many were deleted lately).
    pub fn to_free_len(&self) -> usize {
        let lens = self.graveyard.iter().map(|grave| match grave {
            Grave::Table(table) => table.len(),
            Grave::Object(_) => 1,
            Grave::Names(names) => names.len(),
        });
        lens.sum()
    }

    /// Has the slices look after the collection at a place, if it has elements left that went.
    pub fn settle_later(&mut self, place: Place) {
        if let Some(position) = place.position {
            let database = &mut self.databases[self.selected];
            let entry = database.table.at(position);
            if let Some(name) = unsettled(entry)
                && !database.unsettled.contains(&name)
            {
                database.unsettled.push(name);
            }
        }
    }

    /// Takes out some of what collections have left. True if there is more. A snapshot's walk finds them as they are.
    fn settle_slice(&mut self) -> bool {
        if self.cut.is_some() {
            return false;
        }
        for database in &mut self.databases {
            while let Some(name) = database.unsettled.last() {
                let found = database.table.find(self.hasher.hash(name), name);
                let entry = found.map(|position| database.table.at_mut(position));
                let object = entry.and_then(Entry::object_mut);
                if object.is_some_and(|object| object.take_rest(&self.hasher, SLICE_RESTS)) {
                    return true;
                }
                database.unsettled.pop();
            }
        }
        false
    }

    /// True if more is left.
    fn free_slice(&mut self) -> bool {
        let mut freed = 0;
        for _ in 0..SLICE_FREED {
            let Some(mut grave) = self.graveyard.pop() else {
                return false;
            };
            let more = match &mut grave {
                Grave::Table(table) => {
                    let before = table.len();
                    let graveyard = &mut self.graveyard;
                    let more = table.drop_segment(|entry| bury(graveyard, entry));
                    freed += before - table.len();
                    self.stats.freed += (before - table.len()) as u64;
                    more
                }
                Grave::Names(names) => names.drop_segment(|name| {
                    freed += 1;
                    drop(name);
                }),
                Grave::Object(object) => {
                    let count = SLICE_KEYS - freed;
                    freed += count;
                    object.drop_some(count / MEMBER_COST)
                }
            };
            if more {
                self.graveyard.push(grave);
            } else if matches!(grave, Grave::Object(_)) {
                self.stats.freed += 1;
            }
            if freed >= SLICE_KEYS {
                break;
            }
        }
        !self.graveyard.is_empty()
    }

    /// Visits some segments, database after database, going on where the last slice stopped.
    fn expire_slice(&mut self) -> Expired {
        let now_ms = self.now_ms;
        let mut done = Expired::default();
        let mut databases_left = self.databases.len();
        let mut segments_left = SLICE_SEGMENTS;
        while databases_left > 0 && segments_left > 0 && done.seen < SLICE_KEYS {
            let number = self.expire_database;
            let database = &mut self.databases[number];
            let segments = database.table.segments_len();
            // Downwards: segments that join take lower numbers, so that none is missed.
            let above = database.expire_next.min(segments);
            if above == 0 || database.table.timed_len() == 0 {
                database.expire_next = usize::MAX;
                self.expire_database = (number + 1) % self.databases.len();
                databases_left -= 1;
                continue;
            }
            database.expire_next = above - 1;
            let deadlines = &mut database.field_deadlines;
            let (journal, record) = (&mut self.journal, self.follow.expired);
            let (graveyard, cut) = (&mut self.graveyard, &mut self.cut);
            let (hasher, access) = (&self.hasher, &self.access);
            let before = database.table.len();
            done.seen += database.table.expire_segment(
                &self.hasher,
                database.expire_next,
                now_ms,
                |mut entry| {
                    if let Some(cut) = cut {
                        let hash = hasher.hash(entry.key());
                        cut.leaving(hasher, access, number, &mut entry, hash);
                    }
                    if record {
                        journal.push(Noted {
                            database: number,
                            key: entry.key().to_vec(),
                            what: What::Expired,
                        });
                    }
                    forget(deadlines, &self.hasher, entry.key());
                    bury(graveyard, entry);
                },
            );
            done.removed += before - database.table.len();
            segments_left -= 1;
            if database.table.is_empty() && database.table.segments_len() > 1 {
                self.graveyard
                    .push(Grave::Table(core::mem::take(&mut database.table)));
            }
        }
        self.stats.expired += done.removed as u64;
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::{Entry, Expiry, NewValue};
    use crate::types::hash_map::{self, Hash};
    use crate::types::list::{self, End, List};
    use crate::types::listpack::Element;
    use crate::types::set::{self, Set};
    use crate::types::sorted_set::{self, SortedSet};
    use crate::types::stream::{self, Stream, StreamId};
    use crate::types::{KeyHasher, Kind, Object};

    const KEYS: usize = if cfg!(miri) { 2_000 } else { 2_000_000 };
    const MEMBERS: u32 = if cfg!(miri) { 300 } else { 50_000 };
    /// A segment's slots: by so much a slice may overshoot.
    const SEGMENT_SLOTS: usize = 64 * 7;

    fn filled(expiry: Expiry) -> Keyspace {
        let mut keys = Keyspace::new(16, 1);
        keys.set_now(1000);
        for number in 0..KEYS as u64 {
            keys.set(&number.to_be_bytes(), &NewValue::Int(1), expiry)
                .unwrap();
        }
        keys
    }

    #[test]
    fn keys_that_expire_together_go_in_bounded_slices() {
        let mut keys = filled(Expiry::At(5000));
        assert!(!keys.tick(Some(1)) && keys.len(0) == KEYS);
        keys.set_now(5000);
        assert!(!keys.tick(None) && keys.len(0) == KEYS);
        let mut slices = 0;
        while keys.len(0) > 0 {
            let Expired { seen, removed } = keys.expire_slice();
            assert_eq!(seen, removed);
            assert!(seen <= SLICE_KEYS + SEGMENT_SLOTS, "{seen}");
            slices += 1;
        }
        assert!(slices <= KEYS / SLICE_KEYS + 1, "{slices}");
        assert_eq!(keys.stats.expired, KEYS as u64);
        assert_eq!(keys.timed_len(0), 0);
    }

    #[test]
    fn a_tick_asks_for_another_while_much_is_due() {
        let mut keys = filled(Expiry::At(5000));
        keys.set_now(5000);
        let mut ticks = 1;
        while keys.tick(Some(1)) {
            ticks += 1;
        }
        assert_eq!(keys.len(0), 0);
        assert!(ticks <= KEYS / SLICE_KEYS * 2 + 4, "{ticks}");
    }

    #[test]
    fn a_flush_is_freed_in_bounded_slices() {
        let mut keys = filled(Expiry::Clear);
        assert_eq!(keys.flush(0), KEYS);
        assert_eq!(keys.len(0), 0);
        let buried = |keys: &Keyspace| {
            keys.graveyard
                .iter()
                .map(|grave| match grave {
                    Grave::Table(table) => table.len(),
                    Grave::Object(object) => object.view().len(),
                    Grave::Names(_) => 0,
                })
                .sum::<usize>()
        };
        let mut slices = 1;
        loop {
            let before = buried(&keys);
            let more = keys.free_slice();
            assert!(before - buried(&keys) <= SLICE_KEYS + SEGMENT_SLOTS);
            if !more {
                break;
            }
            slices += 1;
        }
        assert!(buried(&keys) == 0 && keys.graveyard.is_empty());
        assert!(slices <= KEYS / SLICE_KEYS + 2, "{slices}");
    }

    /// What of a collection takes time to free: elements; for a stream nodes, since deliveries go by the chunk.
    fn units(object: &Object) -> usize {
        match object {
            Object::Stream(stream) => stream.nodes_len(),
            _ => object.view().len(),
        }
    }

    fn large_list(_: &KeyHasher) -> Object {
        let limits = list::Limits {
            fill: -2,
            large_bytes: 0,
        };
        let mut list = List::large(limits);
        for number in 0..MEMBERS {
            list.push(End::Tail, &number.to_be_bytes(), limits).unwrap();
        }
        list.into_object()
    }

    fn large_set(hasher: &KeyHasher) -> Object {
        let limits = set::Limits {
            intset_entries: 0,
            listpack_entries: 0,
            listpack_value: 0,
        };
        let mut set = Set::default();
        for number in 0..MEMBERS {
            let member = number.to_be_bytes();
            set.add(hasher, Element::Bytes(&member), &limits).unwrap();
        }
        set.into_object()
    }

    fn large_hash(hasher: &KeyHasher) -> Object {
        let limits = hash_map::Limits {
            entries: 0,
            value_bytes: 0,
        };
        let mut hash = Hash::default();
        for number in 0..MEMBERS {
            let field = number.to_be_bytes();
            let deadline = hash_map::Deadline::Clear;
            hash.set(hasher, limits, &field, b"v", deadline).unwrap();
        }
        hash.into_object()
    }

    fn large_sorted_set(hasher: &KeyHasher) -> Object {
        let limits = sorted_set::Limits {
            entries: 0,
            value_bytes: 0,
        };
        let mut set = SortedSet::default();
        for number in 0..MEMBERS {
            let member = number.to_be_bytes();
            let score = f64::from((number * 7919) as u16);
            set.put(hasher, limits, &member, |_| Ok(Some(score)))
                .unwrap();
        }
        set.into_object()
    }

    fn large_stream(_: &KeyHasher) -> Object {
        let limits = stream::Limits {
            bytes: 4096,
            entries: 2,
        };
        let mut stream = Stream::default();
        stream
            .create_group(b"g", stream::Group::new(StreamId::MIN, None))
            .unwrap();
        for ms in 1..=u64::from(MEMBERS) {
            let id = StreamId { ms, seq: 0 };
            let fields = [&b"f"[..], b"v"];
            stream.append(id, fields.into_iter(), limits).unwrap();
            let mut group = stream.group_mut(b"g").unwrap();
            let consumer = match group.find(b"c") {
                Some(consumer) => consumer,
                None => group.create(b"c", 0).unwrap(),
            };
            group.deliver(id, consumer, 0, 1).unwrap();
        }
        stream.into_object()
    }

    /// However a large collection goes, no step frees more than a slice of it: neither the command nor those that follow.
    #[test]
    fn collections_go_in_bounded_slices() {
        let makes = [
            large_list,
            large_set,
            large_hash,
            large_sorted_set,
            large_stream,
        ];
        for make in makes {
            let mut keys = Keyspace::new(1, 1);
            keys.set_now(1000);
            for end in 0..4 {
                let object = make(&keys.hasher().clone());
                let all = units(&object);
                let mut entry = Entry::of_object(b"k", object, None).unwrap();
                if end == 2 {
                    entry.set_expire_ms(Some(2000)).unwrap();
                }
                let place = keys.find(b"k");
                keys.store(place, entry).unwrap();
                match end {
                    0 => assert!(keys.delete(b"k")),
                    1 => keys.set(b"k", &NewValue::Int(1), Expiry::Clear).unwrap(),
                    2 => {
                        keys.set_now(2000);
                        assert!(!keys.find(b"k").exists());
                    }
                    _ => assert_eq!(keys.flush(0), 1),
                }
                let buried = |keys: &Keyspace| {
                    let graves = keys.graveyard.iter();
                    let units = graves.map(|grave| match grave {
                        Grave::Object(object) => units(object),
                        Grave::Table(_) | Grave::Names(_) => 0,
                    });
                    units.sum::<usize>()
                };
                assert!(end == 3 || buried(&keys) == all);
                let mut slices = 0;
                while !keys.graveyard.is_empty() {
                    let before = buried(&keys);
                    keys.free_slice();
                    let freed = before.saturating_sub(buried(&keys));
                    assert!(freed <= SLICE_KEYS + SEGMENT_SLOTS, "{freed}");
                    slices += 1;
                }
                assert!(slices <= 10 + MEMBERS as usize / 10, "{slices}");
                keys.delete(b"k");
            }
        }
    }

    /// What went at one stroke is no more there, whatever the key does meanwhile, and goes in slices.
    #[test]
    fn what_collections_have_left_goes_in_bounded_slices() {
        for end in 0..3 {
            let mut keys = Keyspace::new(2, 1);
            for (key, make) in [
                (b"z", large_sorted_set as fn(&KeyHasher) -> Object),
                (b"s", large_stream),
            ] {
                let object = make(&keys.hasher().clone());
                let place = keys.find(key);
                let entry = Entry::of_object(key, object, None).unwrap();
                keys.store(place, entry).unwrap();
            }
            let place = keys.find(b"z");
            let (set, hasher) = keys.collection_mut::<SortedSet>(place).unwrap().unwrap();
            set.remove_range(hasher, 10..MEMBERS as usize);
            let full = set.memory_bytes();
            assert_eq!(set.len(), 10);
            keys.settle_later(place);
            let place = keys.find(b"s");
            let (stream, _) = keys.collection_mut::<Stream>(place).unwrap().unwrap();
            let mut group = stream.group_mut(b"g").unwrap();
            let other = group.create(b"d", 0).unwrap();
            let id = StreamId { ms: 7, seq: 0 };
            group.deliver(id, other, 0, 1).unwrap();
            let consumer = group.find(b"c").unwrap();
            assert_eq!(group.delete(consumer), MEMBERS as usize - 1);
            assert_eq!((group.pending_len(), group.last_pending()), (1, Some(id)));
            keys.settle_later(place);
            let (mut key, mut database) = (&b"z"[..], 0);
            match end {
                0 => {}
                1 => {
                    keys.swap(0, 1);
                    database = 1;
                }
                _ => {
                    let place = keys.find(key);
                    let moved = keys.moved(place, b"y").unwrap().unwrap();
                    keys.remove(place);
                    key = b"y";
                    let place = keys.find(key);
                    keys.store(place, moved).unwrap();
                }
            }
            let mut slices = 0;
            while keys.settle_slice() {
                slices += 1;
            }
            let (zset, stream) = (MEMBERS as usize - 10, MEMBERS as usize - 1);
            let expected = zset / SLICE_RESTS + stream / SLICE_RESTS;
            assert!((expected..=expected + 2).contains(&slices), "{slices}");
            keys.select(database);
            let place = keys.find(key);
            let (set, _) = keys.collection::<SortedSet>(place).unwrap().unwrap();
            assert!(set.len() == 10 && !set.has_rest() && set.memory_bytes() < full / 2);
            let place = keys.find(b"s");
            let (stream, _) = keys.collection::<Stream>(place).unwrap().unwrap();
            assert!(!stream.has_rest() && stream.group(b"g").unwrap().pending_len() == 1);
        }
    }

    #[test]
    fn effort_decides_how_many_overdue_keys_are_tolerated() {
        for (effort, again) in [(1, false), (10, true)] {
            let mut keys = Keyspace::new(1, 1);
            for number in 0..400u64 {
                // Five percent are overdue.
                let at = if number % 20 == 0 { 10 } else { 1 << 40 };
                keys.set(&number.to_be_bytes(), &NewValue::Int(1), Expiry::At(at))
                    .unwrap();
            }
            keys.set_now(10);
            assert_eq!(keys.tick(Some(effort)), again);
            assert_eq!(keys.len(0), 380);
        }
    }

    #[test]
    fn deleting_the_last_key_again_and_again_leaves_no_backlog() {
        let mut keys = Keyspace::new(1, 1);
        for _ in 0..1000 {
            keys.set(b"k", &NewValue::Int(1), Expiry::Clear).unwrap();
            assert!(keys.delete(b"k"));
        }
        assert!(keys.graveyard.is_empty());
    }
}
