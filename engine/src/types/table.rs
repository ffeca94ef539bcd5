//! The segmented hash table: for a database's keys, and for every large hash, set and sorted set. Knows
//! nothing of what it holds beyond a key and a deadline.
//!
//! Extendible hashing. The top bits of a key's hash choose a segment through a directory; the bits
//! behind them choose a home bucket, one cache line of seven items with one byte of hash each. A full
//! bucket spills into the next ones and counts what passed it, so that a search knows when to stop (the
//! scheme of F14). A full segment splits in two; so growing costs a step of a few hundred items
//! however large the table is, and no item is visited again. Two halves that have become sparse join again, a
//! step of a hundred items, and the directory halves when nobody needs its depth: so a table shrinks as it grew.
//!
//! Order is hash order, which splits and joins do not change: a scan's cursor is a position among the hashes,
//! and an item that stays is met exactly once.
//!
//! Sources: Fagin et al., *Extendible Hashing*, 1979; Lu et al., *Dash*, 2020; Facebook, *F14*, 2019.

mod chunked;
mod due;
mod past;
mod segment;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::slice;

use self::chunked::Chunked;
use self::past::Past;
use self::segment::{BUCKET_SLOTS, Bucket, Hash, Segment};
use super::hash::KeyHasher;
use crate::error::Error;

/// A segment's buckets grow to this number, then it splits.
const SEGMENT_BUCKETS_MAX: usize = 64;
/// A scan's cursor has this many bits, so that JavaScript's numbers hold it.
const CURSOR_BITS: u32 = 52;
/// The directory stops doubling here (2^24 segments, 2^32 items); buckets spill from then on.
const DEPTH_MAX: u32 = 24;
/// Two segments with this many items together, a quarter of one's slots, become one. Far below where a segment
/// splits, so that a table does not join and split in turn.
const JOINED_ITEMS_MAX: u16 = (SEGMENT_BUCKETS_MAX * BUCKET_SLOTS / 4) as u16;
/// The buckets that so many items need.
const JOINED_BUCKETS: usize = SEGMENT_BUCKETS_MAX / 2;
/// A segment that shrinks looks at its other half each time its count is a multiple of this.
const JOIN_EVERY: u16 = 16;

/// What a table holds. The implementor is as small as a pointer, so that a bucket is a cache line.
pub trait Keyed {
    /// What the item is found by.
    fn key(&self) -> &[u8];

    /// Whether the item has a deadline. Called often: does not touch memory behind a pointer.
    fn is_timed(&self) -> bool {
        false
    }

    /// When the item ends, in a unit of the owner's; `u64::MAX` for never.
    fn deadline(&self) -> u64 {
        u64::MAX
    }

    /// Asks the processor to fetch the key.
    fn prefetch(&self) {}

    /// An item like this one, for tables of which [`Table::keep`] is asked.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; always, where tables of such items do not keep what was.
    fn copied(&self) -> Result<Self, Error>
    where
        Self: Sized,
    {
        Err(Error::OutOfMemory)
    }
}

/// Where an item is. Valid until the next insertion or removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    segment: u32,
    bucket: u16,
    slot: u16,
}

/// A hash table that grows in small steps.
pub struct Table<T> {
    /// Segment numbers by the top `depth` bits of a hash.
    directory: Vec<u32>,
    depth: u32,
    /// Segments whose own depth is `depth`: without any, half the directory will do.
    deepest: usize,
    segments: Chunked<Segment<T>>,
    len: usize,
    timed: usize,
    /// What was, where that is kept.
    past: Option<Box<Past<T>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table::new()
    }
}

impl<T> Table<T> {
    /// An empty table, which takes no memory.
    pub const fn new() -> Self {
        Table {
            directory: Vec::new(),
            depth: 0,
            deepest: 0,
            segments: Chunked::new(),
            len: 0,
            timed: 0,
            past: None,
        }
    }

    /// Items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// There is no item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Items with a deadline.
    pub fn timed_len(&self) -> usize {
        self.timed
    }

    /// Slots, free ones included.
    pub fn capacity(&self) -> usize {
        self.segments
            .iter()
            .map(|segment| segment.buckets.len() * BUCKET_SLOTS)
            .sum()
    }

    /// Segments: the unit of slices such as [`Table::expire_segment`].
    pub fn segments_len(&self) -> usize {
        self.segments.len()
    }
}

impl<T: Keyed> Table<T> {
    #[inline]
    fn segment_of(&self, hash: Hash) -> usize {
        // An empty or one-segment table has no directory.
        self.directory
            .get(hash.top(self.depth))
            .map_or(0, |number| *number as usize)
    }

    /// Asks the processor to fetch the home bucket of a hash.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        let hash = Hash(hash);
        if let Some(segment) = self.segments.get(self.segment_of(hash)) {
            let home = hash.home(segment.depth, segment.buckets.len());
            super::item::prefetch(&raw const segment.buckets[home]);
        }
    }

    /// Asks the processor to fetch the items in the home bucket that may have this hash.
    #[inline]
    pub fn prefetch_item(&self, hash: u64) {
        let hash = Hash(hash);
        if let Some(segment) = self.segments.get(self.segment_of(hash)) {
            let bucket = &segment.buckets[hash.home(segment.depth, segment.buckets.len())];
            let matches = bucket.matches(hash.tag());
            if matches != 0
                && let Some(item) = &bucket.slots[(matches.trailing_zeros() / 8) as usize]
            {
                item.prefetch();
            }
        }
    }

    /// Where the item with this key is. O(1).
    #[inline]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<Position> {
        let hash = Hash(hash);
        let number = self.segment_of(hash);
        let (bucket, slot) = self.segments.get(number)?.find(hash, key)?;
        Some(Position {
            segment: number as u32,
            bucket: bucket as u16,
            slot: slot as u16,
        })
    }

    fn slot(&self, position: Position) -> Option<&T> {
        let segment = self.segments.get(position.segment as usize)?;
        let bucket = segment.buckets.get(usize::from(position.bucket))?;
        bucket.slots.get(usize::from(position.slot))?.as_ref()
    }

    /// The item at a position.
    ///
    /// # Panics
    /// If the position is not of this table's present state.
    #[inline]
    pub fn at(&self, position: Position) -> &T {
        self.slot(position)
            .expect("a position is used before the table changes")
    }

    /// The item at a position, to be changed in what is neither key nor deadline.
    ///
    /// # Panics
    /// If the position is not of this table's present state.
    #[inline]
    pub fn at_mut(&mut self, position: Position) -> &mut T {
        let segment = &mut self.segments[position.segment as usize];
        let bucket = &mut segment.buckets[usize::from(position.bucket)];
        bucket.slots[usize::from(position.slot)]
            .as_mut()
            .expect("a position is used before the table changes")
    }

    /// Changes what is neither key nor deadline of the item at a position. Cheaper than
    /// [`Table::update`].
    #[inline]
    pub fn touch(&mut self, position: Position, change: impl FnOnce(&mut T)) {
        let segment = &mut self.segments[position.segment as usize];
        let bucket = &mut segment.buckets[usize::from(position.bucket)];
        if let Some(item) = &mut bucket.slots[usize::from(position.slot)] {
            change(item);
        }
    }

    /// Changes the item at a position, whose key stays the same.
    ///
    /// # Panics
    /// If the position is not of this table's present state.
    #[inline]
    pub fn update<R>(&mut self, position: Position, change: impl FnOnce(&mut T) -> R) -> R {
        let segment = &mut self.segments[position.segment as usize];
        let item = segment.buckets[usize::from(position.bucket)].slots[usize::from(position.slot)]
            .as_mut()
            .expect("a position is used before the table changes");
        let was_timed = item.is_timed();
        let result = change(item);
        if item.is_timed() {
            segment.earliest = segment.earliest.min(item.deadline());
        }
        match (was_timed, item.is_timed()) {
            (false, true) => {
                segment.timed += 1;
                self.timed += 1;
            }
            (true, false) => {
                segment.timed -= 1;
                self.timed -= 1;
            }
            _ => {}
        }
        result
    }

    /// Adds an item whose key is not in the table. O(1) amortised; one step moves a few hundred items at
    /// most.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the table must grow and cannot; the item is dropped.
    pub fn insert(&mut self, hasher: &KeyHasher, hash: u64, item: T) -> Result<Position, Error> {
        self.changing(hasher, hash);
        let hash = Hash(hash);
        if self.segments.is_empty() {
            self.segments.reserve_one()?;
            self.segments.push(Segment::new(0, 0, 1)?);
        }
        let mut number = self.segment_of(hash);
        while self.segments[number].is_full() {
            if !self.grow(hasher, number)? {
                break;
            }
            number = self.segment_of(hash);
        }
        self.len += 1;
        self.timed += usize::from(item.is_timed());
        let (bucket, slot) = self.segments[number].place(hash, item);
        Ok(Position {
            segment: number as u32,
            bucket: bucket as u16,
            slot: slot as u16,
        })
    }

    /// Takes an item out. O(1).
    pub fn remove(&mut self, hasher: &KeyHasher, position: Position) -> Option<T> {
        let hash = Hash(hasher.hash(self.slot(position)?.key()));
        self.changing(hasher, hash.0);
        let segment = &mut self.segments[position.segment as usize];
        let item = segment.remove(
            hash,
            usize::from(position.bucket),
            usize::from(position.slot),
        )?;
        let count = segment.count;
        self.len -= 1;
        self.timed -= usize::from(item.is_timed());
        if count <= JOINED_ITEMS_MAX && count.is_multiple_of(JOIN_EVERY) {
            self.shrink(hasher, position.segment as usize);
        }
        Some(item)
    }

    /// Doubles a small segment or splits a large one. False if neither can be done.
    fn grow(&mut self, hasher: &KeyHasher, number: usize) -> Result<bool, Error> {
        self.segments[number].prefetch_items();
        let depth = self.segments[number].depth;
        let buckets = self.segments[number].buckets.len();
        if buckets < SEGMENT_BUCKETS_MAX {
            let prefix = self.segments[number].prefix();
            let mut larger = Segment::new(depth, prefix, buckets * 2)?;
            for item in self.segments[number].drain() {
                larger.place(Hash(hasher.hash(item.key())), item);
            }
            self.segments[number] = larger;
            return Ok(true);
        }
        if u32::from(depth) == DEPTH_MAX {
            // Full to the last slot is a table of 2^32 items: beyond any machine we know.
            return if usize::from(self.segments[number].count) < buckets * BUCKET_SLOTS {
                Ok(false)
            } else {
                Err(Error::OutOfMemory)
            };
        }
        self.split(hasher, number)?;
        Ok(true)
    }

    fn split(&mut self, hasher: &KeyHasher, number: usize) -> Result<(), Error> {
        let depth = self.segments[number].depth;
        let prefix = self.segments[number].prefix();
        let mut lower = Segment::new(depth + 1, prefix * 2, SEGMENT_BUCKETS_MAX)?;
        let mut upper = Segment::new(depth + 1, prefix * 2 + 1, SEGMENT_BUCKETS_MAX)?;
        self.segments.reserve_one()?;
        if u32::from(depth) == self.depth {
            self.double_directory()?;
        }
        let upper_number = self.segments.len();
        for item in self.segments[number].drain() {
            let hash = Hash(hasher.hash(item.key()));
            let side = if hash.top(u32::from(depth) + 1) & 1 == 0 {
                &mut lower
            } else {
                &mut upper
            };
            side.place(hash, item);
        }
        self.segments[number] = lower;
        self.segments.push(upper);
        self.point(upper_number);
        if u32::from(depth) + 1 == self.depth {
            self.deepest += 2;
        }
        Ok(())
    }

    /// Makes the directory lead to segment `number` wherever its prefix stands.
    fn point(&mut self, number: usize) {
        let segment = &self.segments[number];
        let run = 1usize << (self.depth - u32::from(segment.depth));
        let start = segment.prefix() * run;
        self.directory[start..start + run].fill(number as u32);
    }

    fn double_directory(&mut self) -> Result<(), Error> {
        let old = if self.directory.is_empty() {
            &[0][..]
        } else {
            &self.directory
        };
        let mut doubled = Vec::new();
        doubled.try_reserve_exact(old.len() * 2)?;
        doubled.extend(old.iter().flat_map(|number| [*number, *number]));
        self.directory = doubled;
        self.depth += 1;
        self.deepest = 0;
        Ok(())
    }

    /// Joins segment `number` with its other half while both are sparse. Where memory for that is missing all
    /// stays as it is.
    #[inline(never)]
    fn shrink(&mut self, hasher: &KeyHasher, mut number: usize) {
        while let Some(other) = self.sparse_half(number) {
            match self.join(hasher, number, other) {
                Ok(joined) => number = joined,
                Err(_) => return,
            }
        }
    }

    /// The other half of segment `number`, if the two can become one.
    fn sparse_half(&self, number: usize) -> Option<usize> {
        let segment = &self.segments[number];
        if segment.depth == 0 {
            return None;
        }
        let at = (segment.prefix() ^ 1) << (self.depth - u32::from(segment.depth));
        let half = *self.directory.get(at)? as usize;
        let other = &self.segments[half];
        (other.depth == segment.depth && segment.count + other.count <= JOINED_ITEMS_MAX)
            .then_some(half)
    }

    /// Makes one segment of two halves and gives its number. The last segment takes the place that is free then.
    fn join(&mut self, hasher: &KeyHasher, one: usize, other: usize) -> Result<usize, Error> {
        let (stays, goes) = (one.min(other), one.max(other));
        let depth = self.segments[stays].depth - 1;
        let prefix = self.segments[stays].prefix() / 2;
        let mut joined = Segment::new(depth, prefix, JOINED_BUCKETS)?;
        for number in [stays, goes] {
            self.segments[number].prefetch_items();
            for item in self.segments[number].drain() {
                joined.place(Hash(hasher.hash(item.key())), item);
            }
        }
        self.segments[stays] = joined;
        self.point(stays);
        self.segments.swap_remove(goes);
        if goes < self.segments.len() {
            self.point(goes);
        }
        if u32::from(depth) + 1 == self.depth {
            self.deepest -= 2;
            while self.deepest == 0 && self.depth > 0 {
                self.halve_directory();
            }
        }
        Ok(stays)
    }

    fn halve_directory(&mut self) {
        self.depth -= 1;
        if self.depth == 0 {
            self.directory = Vec::new();
            return;
        }
        let len = self.directory.len() / 2;
        for at in 0..len {
            self.directory[at] = self.directory[at * 2];
        }
        self.directory.truncate(len);
        self.directory.shrink_to_fit();
        let pairs = self.directory.chunks_exact(2);
        self.deepest = 2 * pairs.filter(|pair| pair[0] != pair[1]).count();
    }

    /// Visits the items of one step of a scan and gives the next step's cursor, 0 at the end. Starts
    /// at cursor 0. Items that are present from the first step to the last are visited exactly once;
    /// others at most once. A step is a home bucket: a handful of items.
    pub fn scan(&self, hasher: &KeyHasher, cursor: u64, visit: impl FnMut(&T)) -> u64 {
        let from = cursor << (64 - CURSOR_BITS);
        let last = self.visit_bucket(hasher, from, u64::MAX, visit);
        // 0 behind the last.
        last.wrapping_add(1) >> (64 - CURSOR_BITS)
    }

    /// Visits the items of the home bucket of hash `from` whose hashes are at least that and at most `until`; gives the last
    /// hash that belongs there.
    fn visit_bucket(
        &self,
        hasher: &KeyHasher,
        from: u64,
        until: u64,
        mut visit: impl FnMut(&T),
    ) -> u64 {
        let hash = Hash(from);
        let Some(segment) = self.segments.get(self.segment_of(hash)) else {
            return u64::MAX;
        };
        let buckets = segment.buckets.len();
        let home = hash.home(segment.depth, buckets);
        // The hashes that have their home here.
        let width_bits = 64 - u32::from(segment.depth) - buckets.trailing_zeros();
        let last = match width_bits {
            64 => u64::MAX,
            bits => from | ((1 << bits) - 1),
        };
        let last = last.min(until);
        let mut at = home;
        loop {
            let bucket = &segment.buckets[at];
            for item in bucket.slots.iter().flatten() {
                if (from..=last).contains(&hasher.hash(item.key())) {
                    visit(item);
                }
            }
            at = (at + 1) & (buckets - 1);
            if bucket.spilled == 0 || at == home {
                break;
            }
        }
        last
    }

    /// Asks the processor to fetch the items that a scan visits `ahead` steps behind `cursor`, where they are of the same
    /// segment.
    pub fn prefetch_scan(&self, cursor: u64, ahead: usize) {
        let hash = Hash(cursor << (64 - CURSOR_BITS));
        if let Some(segment) = self.segments.get(self.segment_of(hash)) {
            let home = hash.home(segment.depth, segment.buckets.len());
            if let Some(bucket) = segment.buckets.get(home + ahead) {
                bucket.slots.iter().flatten().for_each(Keyed::prefetch);
            }
        }
    }

    /// A uniformly random item. `random` gives uniform 64-bit numbers. O(1) expected.
    pub fn random(&self, mut random: impl FnMut() -> u64) -> Option<Position> {
        if self.is_empty() {
            return None;
        }
        // Every segment is equally likely, then every slot; retries fall on free ones. Sparse tables
        // (after mass deletion) would retry for long, so after a while the next item found serves.
        let mut segment = 0;
        let mut slot = 0;
        for _ in 0..512 {
            segment = below(random(), self.segments.len());
            slot = below(random(), SEGMENT_BUCKETS_MAX * BUCKET_SLOTS);
            if let Some(position) = self.occupied(segment, slot) {
                return Some(position);
            }
        }
        let slots = SEGMENT_BUCKETS_MAX * BUCKET_SLOTS;
        (0..=self.segments.len()).find_map(|step| {
            let number = (segment + step) % self.segments.len();
            if self.segments[number].count == 0 {
                return None;
            }
            let first = if step == 0 { slot } else { 0 };
            (first..slots).find_map(|slot| self.occupied(number, slot))
        })
    }

    fn occupied(&self, segment: usize, slot: usize) -> Option<Position> {
        let position = Position {
            segment: segment as u32,
            bucket: (slot / BUCKET_SLOTS) as u16,
            slot: (slot % BUCKET_SLOTS) as u16,
        };
        self.slot(position).map(|_| position)
    }

    /// Hands the items of one segment to `taken` and drops the segment; false when none is left. For freeing
    /// large tables in slices.
    pub fn drop_segment(&mut self, taken: impl FnMut(T)) -> bool {
        self.directory = Vec::new();
        self.depth = 0;
        self.deepest = 0;
        let Some(mut segment) = self.segments.pop() else {
            return false;
        };
        self.len -= usize::from(segment.count);
        self.timed -= usize::from(segment.timed);
        segment.drain().for_each(taken);
        true
    }

    /// A table of the same shape with what `copy` makes of each item; keys and deadlines stay. O(size).
    ///
    /// # Errors
    /// What `copy` gives; [`Error::OutOfMemory`].
    pub fn copy(&self, mut copy: impl FnMut(&T) -> Result<T, Error>) -> Result<Table<T>, Error> {
        let mut segments = Chunked::new();
        for segment in self.segments.iter() {
            segments.reserve_one()?;
            segments.push(segment.copy(&mut copy)?);
        }
        let mut directory = Vec::new();
        directory.try_reserve_exact(self.directory.len())?;
        directory.extend_from_slice(&self.directory);
        Ok(Table {
            directory,
            depth: self.depth,
            deepest: self.deepest,
            segments,
            len: self.len,
            timed: self.timed,
            past: None,
        })
    }

    /// All items, in no order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter {
            segments: &self.segments,
            next: 0,
            buckets: [].iter(),
            slots: [].iter(),
        }
    }

    /// Bytes the table itself takes, its items' own memory aside.
    pub fn memory_bytes(&self) -> usize {
        let buckets: usize = self
            .segments
            .iter()
            .map(|segment| segment.buckets.len())
            .sum();
        buckets * size_of::<Bucket<T>>()
            + self.segments.memory_bytes()
            + self.directory.capacity() * size_of::<u32>()
    }
}

/// Maps a uniform 64-bit number to `0..bound`.
fn below(random: u64, bound: usize) -> usize {
    ((u128::from(random) * bound as u128) >> 64) as usize
}

/// All items of a table, one after the other.
pub struct Iter<'a, T> {
    segments: &'a Chunked<Segment<T>>,
    /// The segment behind the one whose buckets these are.
    next: usize,
    buckets: slice::Iter<'a, Bucket<T>>,
    slots: slice::Iter<'a, Option<T>>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            if let Some(item) = self.slots.by_ref().flatten().next() {
                return Some(item);
            }
            if let Some(bucket) = self.buckets.next() {
                self.slots = bucket.slots.iter();
            } else {
                self.buckets = self.segments.get(self.next)?.buckets.iter();
                self.next += 1;
            }
        }
    }
}
