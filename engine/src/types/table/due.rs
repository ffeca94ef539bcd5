//! Items of a table whose deadline has come: each segment knows how many of its items have one and the earliest
//! of them, so that segments where nothing is due cost a look at their head. Knows no clock.

use super::{BUCKET_SLOTS, Hash, JOINED_ITEMS_MAX, Keyed, Segment, Table};
use crate::types::KeyHasher;

impl<T: Keyed> Table<T> {
    /// No item's deadline is before this. O(segments).
    pub fn earliest(&self) -> u64 {
        let timed = self.segments.iter().filter(|segment| segment.timed > 0);
        timed.fold(u64::MAX, |earliest, segment| earliest.min(segment.earliest))
    }

    /// Items whose deadline is at most `until`. O(segments), and the items of those in which one is due.
    pub fn due_len(&self, until: u64) -> usize {
        if self.timed == 0 {
            return 0;
        }
        let due = |segment: &&Segment<T>| segment.timed > 0 && segment.earliest <= until;
        self.segments
            .iter()
            .filter(due)
            .flat_map(|segment| &segment.buckets)
            .flat_map(|bucket| &bucket.slots)
            .flatten()
            .filter(|item| item.is_timed() && item.deadline() <= until)
            .count()
    }

    /// Removes items of segment `number` whose deadline is at most `until`, handing them to `taken`, and
    /// gives how many items it looked at. Segments where nothing ends yet cost next to nothing. If segments were
    /// joined, others have these numbers now; who goes from the last number to the first misses none.
    pub fn expire_segment(
        &mut self,
        hasher: &KeyHasher,
        number: usize,
        until: u64,
        mut taken: impl FnMut(T),
    ) -> usize {
        let Some(segment) = self.segments.get(number) else {
            return 0;
        };
        if segment.timed == 0 || segment.earliest > until {
            return 0;
        }
        if self.is_kept() {
            self.save_due(hasher, number, until);
        }
        let segment = &mut self.segments[number];
        let mut seen = 0;
        let mut removed = 0;
        let mut earliest = u64::MAX;
        for at in 0..segment.buckets.len() {
            for slot in 0..BUCKET_SLOTS {
                let Some(item) = &segment.buckets[at].slots[slot] else {
                    continue;
                };
                if !item.is_timed() {
                    continue;
                }
                seen += 1;
                let deadline = item.deadline();
                if deadline > until {
                    earliest = earliest.min(deadline);
                    continue;
                }
                let hash = Hash(hasher.hash(item.key()));
                if let Some(item) = segment.remove(hash, at, slot) {
                    removed += 1;
                    taken(item);
                }
            }
        }
        segment.earliest = earliest;
        let count = segment.count;
        self.len -= removed;
        self.timed -= removed;
        if removed > 0 && count <= JOINED_ITEMS_MAX {
            self.shrink(hasher, number);
        }
        seen
    }
    /// Tells of the items that [`Table::expire_segment`] is going to remove.
    #[cold]
    fn save_due(&mut self, hasher: &KeyHasher, number: usize, until: u64) {
        for at in 0..self.segments[number].buckets.len() {
            for slot in 0..BUCKET_SLOTS {
                let item = self.segments[number].buckets[at].slots[slot].as_ref();
                if let Some(item) = item.filter(|item| item.deadline() <= until) {
                    let hash = hasher.hash(item.key());
                    self.changing(hasher, hash);
                }
            }
        }
    }
}
