//! A table's segments: buckets of a cache line each, and how items find their place in them. Knows nothing of the
//! directory above.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter;

use super::Keyed;
use crate::error::Error;

/// Items in a bucket: with their tags they fill a cache line.
pub(super) const BUCKET_SLOTS: usize = 7;

#[repr(align(64))]
pub(super) struct Bucket<T> {
    /// One byte of each item's hash, never 0; 0 where the slot is free.
    tags: [u8; BUCKET_SLOTS],
    /// How many items had their home here or before and lie further on. 255 means many, for ever.
    pub(super) spilled: u8,
    pub(super) slots: [Option<T>; BUCKET_SLOTS],
}

impl<T> Bucket<T> {
    pub(super) fn new() -> Self {
        Bucket {
            tags: [0; BUCKET_SLOTS],
            spilled: 0,
            slots: [const { None }; BUCKET_SLOTS],
        }
    }

    /// A bit for every slot whose tag may be `tag`, at bit 8·slot+7. May name a slot too many.
    #[inline]
    pub(super) fn matches(&self, tag: u8) -> u64 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGHS: u64 = 0x0080_8080_8080_8080;
        let [a, b, c, d, e, f, g] = self.tags;
        let word = u64::from_le_bytes([a, b, c, d, e, f, g, 0]) ^ (ONES * u64::from(tag));
        word.wrapping_sub(ONES) & !word & HIGHS
    }
}

pub(super) struct Segment<T> {
    pub(super) buckets: Box<[Bucket<T>]>,
    /// How many of a hash's top bits all its items share.
    pub(super) depth: u8,
    /// Those bits: which part of the hashes this is.
    prefix: [u8; 3],
    pub(super) count: u16,
    /// Items with a deadline.
    pub(super) timed: u16,
    /// No item ends before this.
    pub(super) earliest: u64,
}

/// Bits of the hash that tell things apart, see the module's comment.
#[derive(Clone, Copy)]
pub(super) struct Hash(pub(super) u64);

impl Hash {
    #[inline]
    pub(super) fn tag(self) -> u8 {
        (self.0 as u8).max(1)
    }

    /// The top `bits` bits.
    #[inline]
    pub(super) fn top(self, bits: u32) -> usize {
        // Two shifts: one by 64 is not allowed.
        (self.0 >> 1 >> (63 - bits)) as usize
    }

    /// The home bucket among `buckets` (a power of two) of a segment of this depth.
    #[inline]
    pub(super) fn home(self, depth: u8, buckets: usize) -> usize {
        ((((self.0 << depth) >> 32) * buckets as u64) >> 32) as usize
    }
}

impl<T: Keyed> Segment<T> {
    pub(super) fn new(depth: u8, prefix: usize, buckets: usize) -> Result<Self, Error> {
        let mut fresh = Vec::new();
        fresh.try_reserve_exact(buckets)?;
        fresh.extend(iter::repeat_with(Bucket::new).take(buckets));
        Ok(Segment {
            buckets: fresh.into_boxed_slice(),
            depth,
            prefix: [prefix as u8, (prefix >> 8) as u8, (prefix >> 16) as u8],
            count: 0,
            timed: 0,
            earliest: u64::MAX,
        })
    }

    /// The top `depth` bits of its items' hashes.
    pub(super) fn prefix(&self) -> usize {
        let [low, middle, high] = self.prefix;
        usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16
    }

    pub(super) fn is_full(&self) -> bool {
        // Six of seven slots: the most at which most items still lie in their home bucket.
        usize::from(self.count) >= self.buckets.len() * (BUCKET_SLOTS - 1)
    }

    #[inline]
    pub(super) fn find(&self, hash: Hash, key: &[u8]) -> Option<(usize, usize)> {
        let mask = self.buckets.len() - 1;
        let mut at = hash.home(self.depth, self.buckets.len());
        let tag = hash.tag();
        for _ in 0..=mask {
            let bucket = &self.buckets[at];
            let mut matches = bucket.matches(tag);
            while matches != 0 {
                let slot = (matches.trailing_zeros() / 8) as usize;
                if let Some(item) = &bucket.slots[slot]
                    && item.key() == key
                {
                    return Some((at, slot));
                }
                matches &= matches - 1;
            }
            if bucket.spilled == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Puts an item into a free slot, of which there is one.
    pub(super) fn place(&mut self, hash: Hash, item: T) -> (usize, usize) {
        let mask = self.buckets.len() - 1;
        let mut at = hash.home(self.depth, self.buckets.len());
        loop {
            let bucket = &mut self.buckets[at];
            if let Some(slot) = bucket.tags.iter().position(|tag| *tag == 0) {
                if item.is_timed() {
                    self.timed += 1;
                    self.earliest = self.earliest.min(item.deadline());
                }
                bucket.tags[slot] = hash.tag();
                bucket.slots[slot] = Some(item);
                self.count += 1;
                return (at, slot);
            }
            bucket.spilled = bucket.spilled.saturating_add(1);
            at = (at + 1) & mask;
        }
    }

    pub(super) fn remove(&mut self, hash: Hash, at: usize, slot: usize) -> Option<T> {
        let mask = self.buckets.len() - 1;
        let item = self.buckets[at].slots[slot].take()?;
        self.buckets[at].tags[slot] = 0;
        let mut passed = hash.home(self.depth, self.buckets.len());
        while passed != at {
            let bucket = &mut self.buckets[passed];
            if bucket.spilled != u8::MAX {
                bucket.spilled -= 1;
            }
            passed = (passed + 1) & mask;
        }
        self.count -= 1;
        self.timed -= u16::from(item.is_timed());
        Some(item)
    }

    pub(super) fn copy(
        &self,
        copy: &mut impl FnMut(&T) -> Result<T, Error>,
    ) -> Result<Self, Error> {
        let mut buckets = Vec::new();
        buckets.try_reserve_exact(self.buckets.len())?;
        for bucket in &self.buckets {
            let mut copied = Bucket {
                slots: [const { None }; BUCKET_SLOTS],
                ..*bucket
            };
            for (to, from) in copied.slots.iter_mut().zip(&bucket.slots) {
                *to = from.as_ref().map(&mut *copy).transpose()?;
            }
            buckets.push(copied);
        }
        Ok(Segment {
            buckets: buckets.into_boxed_slice(),
            ..*self
        })
    }

    /// All items, leaving it empty.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        let buckets = core::mem::take(&mut self.buckets);
        self.count = 0;
        self.timed = 0;
        self.earliest = u64::MAX;
        buckets
            .into_iter()
            .flat_map(|bucket| bucket.slots)
            .flatten()
    }

    /// Asks the processor to fetch what [`Segment::drain`] and hashing will read.
    pub(super) fn prefetch_items(&self) {
        self.buckets
            .iter()
            .flat_map(|bucket| &bucket.slots)
            .flatten()
            .for_each(Keyed::prefetch);
    }
}
