//! The ordered half of a large sorted set: members by score, then by their bytes, with ranks. Knows nothing of
//! the table that finds members by name, nor of protocol or keys.
//!
//! A B+ tree whose inner nodes count what is below them, so insertion, removal, rank and access by rank are
//! O(log n) with few cache misses: a leaf keeps the first 32 bits of its members' scores side by side and looks
//! at a member itself only where those are equal. An item takes about 16 bytes here; a skip list takes 32 and
//! more, and touches a cache line for every comparison.

mod node;
mod order;

use core::ops::Range;

pub use order::Place;

use self::node::{Inner, Node, Split};
use super::item::Item;
use crate::error::Error;

/// Members in order.
#[derive(Default)]
pub struct Ranked {
    root: Option<Node>,
    len: usize,
}

impl Ranked {
    /// Nothing yet; takes no memory.
    pub const fn new() -> Self {
        Ranked { root: None, len: 0 }
    }

    /// Members.
    pub fn len(&self) -> usize {
        self.len
    }

    /// There is no member.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a member, which is not there yet; its score is its word's bits. O(log n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the item is dropped then.
    pub fn insert(&mut self, item: Item) -> Result<(), Error> {
        let Some(root) = &mut self.root else {
            self.root = Some(Node::leaf(item)?);
            self.len = 1;
            return Ok(());
        };
        if let Some(split) = root.insert(item, true)? {
            self.grow(split);
        }
        self.len += 1;
        Ok(())
    }

    /// Puts a new root above a root that was split.
    fn grow(&mut self, split: Split) {
        if let Some(left) = self.root.take() {
            self.root = Some(Node::Inner(Inner::of(left, split.right)));
        }
    }

    /// Takes out the member at `rank`. O(log n).
    pub fn remove(&mut self, rank: usize) -> Option<Item> {
        if rank >= self.len {
            return None;
        }
        let root = self.root.as_mut()?;
        let item = root.remove(rank)?;
        self.removed();
        Some(item)
    }

    /// Takes out the member at `place`, if it is there. O(log n).
    pub fn take(&mut self, place: &Place<'_>) -> Option<Item> {
        let item = self.root.as_mut()?.remove_place(place)?;
        self.removed();
        Some(item)
    }

    /// Keeps the tree low after a removal.
    fn removed(&mut self) {
        self.len -= 1;
        if self.len == 0 {
            self.root = None;
        } else if let Some(only) = self.root.as_mut().and_then(Node::only_child) {
            self.root = Some(only);
        }
    }

    /// Takes the members at these ranks away, as a tree of their own. O(log n).
    pub fn cut(&mut self, ranks: Range<usize>) -> Ranked {
        let mut middle = self.split_off(ranks.start);
        let behind = middle.split_off(ranks.len());
        middle.mend(0);
        let seam = self.len;
        self.len += behind.len;
        self.root = match (self.root.take(), behind.root) {
            // Both are of one height.
            (Some(left), Some(right)) => Some(Node::Inner(Inner::of(left, right))),
            (left, right) => left.or(right),
        };
        self.mend(seam);
        middle
    }

    fn split_off(&mut self, rank: usize) -> Ranked {
        if rank == 0 {
            return core::mem::take(self);
        }
        let len = self.len.saturating_sub(rank);
        let root = match &mut self.root {
            Some(root) if len > 0 => Some(root.split_off(rank)),
            _ => None,
        };
        self.len -= len;
        Ranked { root, len }
    }

    /// Mends the nodes on both sides of a place where a tree was split or joined, and at its end.
    fn mend(&mut self, seam: usize) {
        for rank in &[seam.saturating_sub(1), seam, self.len] {
            let rank = (*rank).min(self.len.saturating_sub(1));
            while let Some(root) = &mut self.root {
                root.mend(rank);
                match root.only_child() {
                    Some(only) => self.root = Some(only),
                    None => break,
                }
            }
        }
    }

    /// How many members lie before the first whose score is at least `score`, or above it where `above`. O(log n).
    pub fn rank_of_score(&self, score: f64, above: bool) -> usize {
        match &self.root {
            Some(root) => root.rank_of_score(score, above),
            None => 0,
        }
    }

    /// How many members lie before the first of which `is_before` is false, where it is true of all before and
    /// false of all behind. O(log n).
    pub fn partition(&self, is_before: impl Fn(Place<'_>) -> bool) -> usize {
        let mut rank = 0;
        let mut node = self.root.as_ref();
        while let Some(Node::Inner(inner)) = node {
            let (skipped, child) = inner.partition(&is_before);
            rank += skipped;
            node = Some(child);
        }
        match node {
            Some(Node::Leaf(leaf)) => rank + leaf.partition(&is_before),
            _ => rank,
        }
    }

    /// The rank of a member with its score, where it is there. O(log n).
    pub fn rank(&self, score: f64, member: &[u8]) -> Option<usize> {
        let place = Place { score, member };
        let rank = match &self.root {
            Some(root) => root.lower_bound(&place),
            None => 0,
        };
        let found = self.get(rank)?;
        (Place::of(found) == place).then_some(rank)
    }

    /// The member at `rank`. O(log n).
    pub fn get(&self, rank: usize) -> Option<&Item> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// The members at these ranks, from either end. O(log n) to begin, O(1) a step.
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        let end = ranks.end.min(self.len);
        Iter {
            ranked: self,
            front: Run::default(),
            back: Run::default(),
            ranks: ranks.start.min(end)..end,
        }
    }

    /// Frees about `count` members at the end. False when none is left. For freeing in slices.
    pub fn drop_some(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.len == 0 {
                return false;
            }
            self.remove(self.len - 1);
        }
        self.len > 0
    }

    /// Bytes of the tree's nodes, the items' own memory aside.
    pub fn memory_bytes(&self) -> usize {
        self.root.as_ref().map_or(0, Node::memory_bytes)
    }

    /// The leaf that holds `rank`, as the run of ranks it covers.
    fn run(&self, rank: usize) -> Run<'_> {
        let mut first = 0;
        let mut node = self.root.as_ref();
        while let Some(Node::Inner(inner)) = node {
            let (skipped, child) = inner.child_at(rank - first);
            first += skipped;
            node = Some(child);
        }
        match node {
            Some(Node::Leaf(leaf)) => Run {
                first,
                items: leaf.items(),
            },
            _ => Run::default(),
        }
    }
}

/// Part of one leaf.
#[derive(Clone, Copy, Default)]
struct Run<'a> {
    first: usize,
    items: &'a [Option<Item>],
}

impl<'a> Run<'a> {
    fn get(&self, rank: usize) -> Option<&'a Item> {
        self.items.get(rank.checked_sub(self.first)?)?.as_ref()
    }
}

/// Members in order, see [`Ranked::range`].
pub struct Iter<'a> {
    ranked: &'a Ranked,
    front: Run<'a>,
    back: Run<'a>,
    ranks: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Item;

    fn next(&mut self) -> Option<&'a Item> {
        let rank = self.ranks.next()?;
        if self.front.get(rank).is_none() {
            self.front = self.ranked.run(rank);
        }
        self.front.get(rank)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ranks.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let rank = self.ranks.next_back()?;
        if self.back.get(rank).is_none() {
            self.back = self.ranked.run(rank);
        }
        self.back.get(rank)
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
