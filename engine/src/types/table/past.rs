//! What a table held at one moment, kept while it changes: for a walk over all items that goes on in the meantime. Knows
//! no walk.
//!
//! Hashes fall into ranges as fine as buckets. Before the first change in a range that the walk has still to come to, its
//! few items are copied aside. Who looks back finds these, and the table's own items where nothing has changed. So a
//! change costs some copies at most, and memory grows with what changes before the walk has come to it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{CURSOR_BITS, Keyed, SEGMENT_BUCKETS_MAX, Table};
use crate::error::Error;
use crate::types::KeyHasher;

/// Ranges whose marks are made together.
const BLOCK: usize = 4096;
const WORD_BITS: usize = u64::BITS as usize;

pub(super) struct Past<T> {
    /// Hashes with the same so many top bits are a range.
    bits: u32,
    /// A bit for each range that was copied; a block without any is empty.
    marks: Vec<Vec<u64>>,
    /// Items of those ranges as they were.
    items: Table<T>,
    len: usize,
    timed: usize,
    earliest: u64,
    /// Hashes below this need not be kept any more.
    walked: u64,
    /// Memory was refused.
    is_lost: bool,
}

impl<T: Keyed> Past<T> {
    /// The first and the last hash of a range.
    fn range(&self, hash: u64) -> (u64, u64) {
        let rest = u64::MAX >> self.bits;
        (hash & !rest, hash | rest)
    }

    /// A range's block of marks, its word there and its bit.
    fn mark_of(&self, hash: u64) -> (usize, usize, u64) {
        // Two shifts: one by 64 is not allowed.
        let range = (hash >> 1 >> (63 - self.bits)) as usize;
        let within = range % BLOCK;
        (range / BLOCK, within / WORD_BITS, 1 << (within % WORD_BITS))
    }

    fn is_marked(&self, hash: u64) -> bool {
        let (block, word, bit) = self.mark_of(hash);
        let word = self.marks.get(block).and_then(|block| block.get(word));
        word.is_some_and(|word| word & bit != 0)
    }

    /// Marks a range, and says whether it was not marked before.
    fn mark(&mut self, hash: u64) -> Result<bool, Error> {
        let (block, word, bit) = self.mark_of(hash);
        let block = &mut self.marks[block];
        if block.is_empty() {
            block.try_reserve_exact(BLOCK / WORD_BITS)?;
            block.resize(BLOCK / WORD_BITS, 0);
        }
        let is_new = block[word] & bit == 0;
        block[word] |= bit;
        Ok(is_new)
    }
}

impl<T: Keyed> Table<T> {
    /// From now on the table can be looked at as it is at this moment, by [`Table::past_scan`] from `walked`, one of its
    /// cursors, on. O(items / 25,000), and O(segments) where items have deadlines.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing is kept then.
    pub fn keep(&mut self, walked: u64) -> Result<(), Error> {
        let bits = self.depth + SEGMENT_BUCKETS_MAX.trailing_zeros();
        let blocks = (1_usize << bits).div_ceil(BLOCK);
        let mut marks = Vec::new();
        marks.try_reserve_exact(blocks)?;
        marks.resize_with(blocks, Vec::new);
        self.past = Some(Box::new(Past {
            bits,
            marks,
            items: Table::new(),
            len: self.len,
            timed: self.timed,
            earliest: match self.timed {
                0 => u64::MAX,
                _ => self.earliest(),
            },
            walked: walked << (64 - CURSOR_BITS),
            is_lost: false,
        }));
        Ok(())
    }

    /// The table can be looked at as it was.
    pub fn is_kept(&self) -> bool {
        self.past.is_some()
    }

    /// Memory to keep something was refused: it cannot be looked at any more.
    pub fn is_lost(&self) -> bool {
        self.past.as_ref().is_some_and(|past| past.is_lost)
    }

    /// What lies before this cursor of [`Table::past_scan`] is not looked at any more.
    pub fn walked(&mut self, cursor: u64) {
        if let Some(past) = &mut self.past {
            past.walked = cursor << (64 - CURSOR_BITS);
        }
    }

    /// Keeps nothing any more, and gives what was kept.
    pub fn release(&mut self) -> Option<Table<T>> {
        self.past.take().map(|past| past.items)
    }

    /// Items, and those with a deadline, when keeping began; those there are if nothing is kept. O(1).
    pub fn past_counts(&self) -> (usize, usize) {
        match &self.past {
            Some(past) => (past.len, past.timed),
            None => (self.len, self.timed),
        }
    }

    /// No item's deadline was before this, as [`Table::earliest`]. O(1) where something is kept, else O(segments).
    pub fn past_earliest(&self) -> u64 {
        match &self.past {
            Some(past) => past.earliest,
            None => self.earliest(),
        }
    }

    /// [`Table::scan`] over what was there when keeping began, in the same order; over what is there if nothing is kept.
    pub fn past_scan(&self, hasher: &KeyHasher, cursor: u64, visit: &mut dyn FnMut(&T)) -> u64 {
        let Some(past) = &self.past else {
            return self.scan(hasher, cursor, visit);
        };
        let from = cursor << (64 - CURSOR_BITS);
        let (_, last) = past.range(from);
        let table = if past.is_marked(from) {
            &past.items
        } else {
            self
        };
        table.visit_range(hasher, from, last, visit);
        last.wrapping_add(1) >> (64 - CURSOR_BITS)
    }

    /// Visits the items whose hashes lie in a range. O(items).
    fn visit_range(&self, hasher: &KeyHasher, mut from: u64, last: u64, visit: &mut dyn FnMut(&T)) {
        loop {
            let visited = self.visit_bucket(hasher, from, last, &mut *visit);
            if visited >= last {
                return;
            }
            from = visited + 1;
        }
    }

    /// An item with this hash comes, goes or changes next. Called before every change but for those that call it
    /// themselves, [`Table::insert`] and the functions that remove.
    #[inline]
    pub fn changing(&mut self, hasher: &KeyHasher, hash: u64) {
        if self.past.is_some() {
            self.save(hasher, hash);
        }
    }

    #[cold]
    #[inline(never)]
    fn save(&mut self, hasher: &KeyHasher, hash: u64) {
        let Some(mut past) = self.past.take() else {
            return;
        };
        if hash >= past.walked {
            let result = self.copy_aside(hasher, hash, &mut past);
            past.is_lost |= result.is_err();
        }
        self.past = Some(past);
    }

    fn copy_aside(&self, hasher: &KeyHasher, hash: u64, past: &mut Past<T>) -> Result<(), Error> {
        if !past.mark(hash)? {
            return Ok(());
        }
        let mut result = Ok(());
        let (from, last) = past.range(hash);
        let items = &mut past.items;
        self.visit_range(hasher, from, last, &mut |item| {
            let copied = item.copied().and_then(|copy| {
                let hash = hasher.hash(copy.key());
                items.insert(hasher, hash, copy)
            });
            if copied.is_err() {
                result = Err(Error::OutOfMemory);
            }
        });
        result
    }

    /// Takes an item out of what is kept, because it was none of the table's any more when keeping began.
    pub fn forget_past(&mut self, hasher: &KeyHasher, hash: u64, key: &[u8]) {
        if let Some(past) = &mut self.past
            && let Some(position) = past.items.find(hash, key)
        {
            past.items.remove(hasher, position);
        }
    }
}
