//! The large form: a hash table finds members by name, a counted tree by rank; both hold the same items, whose
//! word is the score's bits. Knows nothing of thresholds.

use alloc::vec::Vec;
use core::ops::Range;

use super::Put;
use crate::error::Error;
use crate::types::KeyHasher;
use crate::types::item::{self, Item};
use crate::types::listpack::Element;
use crate::types::ranked::{Place, Ranked};
use crate::types::sort::sort_by;
use crate::types::table::{Keyed, Position, Table};

/// A handle of the tree takes so many times longer to let go than an item of a table to free.
const HANDLE_COST: usize = 4;
/// What a member takes in the tree, about.
const TREE_BYTES: usize = 16;

/// A table's handle of an item.
struct Member(Item);

impl Keyed for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    fn prefetch(&self) {
        item::prefetch(self.0.address());
    }
}

#[derive(Default)]
pub(super) struct Large {
    table: Table<Member>,
    ranked: Ranked,
}

impl Large {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn ranked(&self) -> &Ranked {
        &self.ranked
    }

    pub(super) fn table(&self) -> &Table<impl Keyed> {
        &self.table
    }

    fn find(&self, hasher: &KeyHasher, member: &[u8]) -> Option<Position> {
        self.table.find(hasher.hash(member), member)
    }

    #[inline]
    fn score_at(&self, position: Position) -> f64 {
        Place::of(&self.table.at(position).0).score
    }

    pub(super) fn score(&self, hasher: &KeyHasher, member: &[u8]) -> Option<f64> {
        let position = self.find(hasher, member)?;
        Some(self.score_at(position))
    }

    pub(super) fn rank(&self, hasher: &KeyHasher, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(hasher, member)?;
        Some((self.ranked.rank(score, member)?, score))
    }

    pub(super) fn put(
        &mut self,
        hasher: &KeyHasher,
        member: &[u8],
        decide: impl FnOnce(Option<f64>) -> Result<Option<f64>, Error>,
    ) -> Result<Put, Error> {
        let hash = hasher.hash(member);
        let Some(position) = self.table.find(hash, member) else {
            let Some(score) = decide(None)? else {
                return Ok(Put::Declined);
            };
            self.insert(hasher, hash, member, score)?;
            return Ok(Put::Added(score));
        };
        let old = self.score_at(position);
        Ok(match decide(Some(old))? {
            None => Put::Declined,
            Some(score) if score == old => Put::Same(score),
            Some(score) => {
                self.rescore(hasher, position, member, old, score)?;
                Put::Moved(score)
            }
        })
    }

    /// Adds a member that is not there yet.
    pub(super) fn add(
        &mut self,
        hasher: &KeyHasher,
        member: &[u8],
        score: f64,
    ) -> Result<(), Error> {
        self.insert(hasher, hasher.hash(member), member, score)
    }

    fn insert(
        &mut self,
        hasher: &KeyHasher,
        hash: u64,
        member: &[u8],
        score: f64,
    ) -> Result<(), Error> {
        let mut item = Item::new(member, None, Some(score.to_bits()))?;
        let shared = item.share();
        let position = self.table.insert(hasher, hash, Member(item))?;
        let ranked = self.ranked.insert(shared);
        if ranked.is_err() {
            self.table.remove(hasher, position);
        }
        ranked
    }

    fn rescore(
        &mut self,
        hasher: &KeyHasher,
        position: Position,
        member: &[u8],
        old: f64,
        score: f64,
    ) -> Result<(), Error> {
        let place = Place { score: old, member };
        let Some(mut item) = self.ranked.take(&place) else {
            return Ok(());
        };
        item.set_word(score.to_bits());
        let ranked = self.ranked.insert(item);
        if ranked.is_err() {
            self.table.remove(hasher, position);
        }
        ranked
    }

    pub(super) fn remove(&mut self, hasher: &KeyHasher, member: &[u8]) -> bool {
        let Some(position) = self.find(hasher, member) else {
            return false;
        };
        let score = self.score_at(position);
        self.ranked.take(&Place { score, member });
        self.table.remove(hasher, position).is_some()
    }

    pub(super) fn remove_range(
        &mut self,
        hasher: &KeyHasher,
        ranks: Range<usize>,
    ) -> Option<Large> {
        if ranks.len() > self.len() / 2
            && let Ok(others) = self.without(hasher, &ranks)
        {
            return Some(core::mem::replace(self, others));
        }
        for _ in 0..ranks.len() {
            let Some(item) = self.ranked.remove(ranks.start) else {
                break;
            };
            if let Some(position) = self.find(hasher, item.key()) {
                self.table.remove(hasher, position);
            }
        }
        None
    }

    /// A copy of the members at other ranks.
    fn without(&self, hasher: &KeyHasher, ranks: &Range<usize>) -> Result<Large, Error> {
        let mut others = Large::default();
        let before = self.ranked.range(0..ranks.start);
        for item in before.chain(self.ranked.range(ranks.end..self.len())) {
            let place = Place::of(item);
            others.add(hasher, place.member, place.score)?;
        }
        Ok(others)
    }

    pub(super) fn scan(
        &self,
        hasher: &KeyHasher,
        cursor: u64,
        mut visit: impl FnMut(Element<'_>, f64),
    ) -> u64 {
        self.table.scan(hasher, cursor, |member| {
            let place = Place::of(&member.0);
            visit(Element::Bytes(place.member), place.score);
        })
    }

    pub(super) fn drop_some(&mut self, count: usize) -> bool {
        // The tree's handles only let go; the table's free the memory, a segment at a time.
        if self.ranked.drop_some(count / HANDLE_COST) {
            return true;
        }
        self.table.drop_segment(drop)
    }

    pub(super) fn copy(&self) -> Result<Large, Error> {
        let mut order: Vec<Item> = Vec::new();
        order.try_reserve_exact(self.len())?;
        let table = self.table.copy(|member| {
            let mut item = Item::new(member.0.key(), None, member.0.word())?;
            order.push(item.share());
            Ok(Member(item))
        })?;
        sort_by(&mut order, |left, right| {
            Place::of(left).order(&Place::of(right))
        });
        let mut ranked = Ranked::new();
        for item in order {
            ranked.insert(item)?;
        }
        Ok(Large { table, ranked })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let item = self.ranked.get(0).map_or(0, Item::memory_bytes);
        self.table.memory_bytes() + self.len() * (TREE_BYTES + item.next_multiple_of(8))
    }
}
