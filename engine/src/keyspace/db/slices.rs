//! The work on keys that nobody waits for, in slices bounded by counted work: removing keys whose time has come,
//! freeing what was flushed. Knows neither clock nor timer: the owner calls, and calls again.

use super::fields::forget;
use super::{Grave, Keyspace, bury};
use super::{Noted, What};

/// Keys that one slice looks at, and keys that it frees, at most; a segment's more.
pub(super) const SLICE_KEYS: usize = 1000;
/// So much more than a key's counts the freeing of a collection's element: a segment's are freed together, which may be half
/// as many again.
const MEMBER_COST: usize = 2;
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

impl Keyspace {
    /// One slice of all the work. True if there is more to do at once; others get their turn before.
    ///
    /// `expire_effort` is `active-expire-effort`, 1 to 10, or `None` to leave expired keys until they are found.
    /// From effort 1 to 10, 10 down to 1 percent of the keys with an expiry may be overdue.
    pub fn tick(&mut self, expire_effort: Option<u32>) -> bool {
        let freeing = self.free_slice();
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
    use crate::keyspace::{Expiry, NewValue};

    const KEYS: usize = if cfg!(miri) { 2_000 } else { 2_000_000 };
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
                    Grave::Object(object) => object.len(),
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
