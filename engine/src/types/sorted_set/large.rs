//! The large form: a hash table finds members by name, a counted tree by rank; both hold the same items, whose
//! word is the score's bits. Knows nothing of thresholds.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use super::Put;
use super::past::Past;
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

/// A range of more members than this goes at one stroke, and they leave the table afterwards.
const AT_ONCE: usize = if cfg!(test) { 2 } else { 256 };
/// So many ranges may be leaving at a time.
const LEAVING_MAX: usize = 4;

/// A table's handle of an item.
pub(super) struct Member(pub(super) Item);

impl Keyed for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    fn prefetch(&self) {
        item::prefetch(self.0.address());
    }

    fn copied(&self) -> Result<Member, Error> {
        self.0.try_clone().map(Member)
    }
}

#[derive(Default)]
pub(super) struct Large {
    pub(super) table: Table<Member>,
    pub(super) ranked: Ranked,
    /// Members that went at one stroke with many others: they are to be taken out of the table, and are as good as not
    /// there until then.
    pub(super) leaving: Vec<Ranked>,
    /// What was, where that is kept.
    pub(super) past: Option<Box<Past>>,
}

impl Large {
    pub(super) fn len(&self) -> usize {
        self.ranked.len()
    }

    pub(super) fn ranked(&self) -> &Ranked {
        &self.ranked
    }

    pub(super) fn table(&self) -> &Table<impl Keyed> {
        &self.table
    }

    /// Where a member is in the table, it may be leaving.
    fn position(&self, hash: u64, member: &[u8]) -> Option<Position> {
        self.table.find(hash, member)
    }

    fn find(&self, hash: u64, member: &[u8]) -> Option<Position> {
        let position = self.position(hash, member)?;
        (!self.is_leaving(position)).then_some(position)
    }

    #[inline]
    fn is_leaving(&self, position: Position) -> bool {
        !self.leaving.is_empty() && self.has_left(&self.table.at(position).0, usize::MAX)
    }

    /// Whether an item went with one of the first so many ranges.
    #[inline(never)]
    pub(super) fn has_left(&self, item: &Item, ranges: usize) -> bool {
        let place = Place::of(item);
        let has = |gone: &Ranked| gone.rank(place.score, place.member).is_some();
        self.leaving.iter().take(ranges).any(has)
    }

    #[inline]
    fn score_at(&self, position: Position) -> f64 {
        Place::of(&self.table.at(position).0).score
    }

    pub(super) fn score(&self, hasher: &KeyHasher, member: &[u8]) -> Option<f64> {
        let position = self.find(hasher.hash(member), member)?;
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
        decide: &mut dyn FnMut(Option<f64>) -> Result<Option<f64>, Error>,
    ) -> Result<Put, Error> {
        let hash = hasher.hash(member);
        let Some(position) = self.find(hash, member) else {
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
                self.rescore(hasher, position, member, score)?;
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
        if !self.leaving.is_empty()
            && let Some(position) = self.position(hash, member)
        {
            return self.rescore(hasher, position, member, score);
        }
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
        score: f64,
    ) -> Result<(), Error> {
        let place = Place {
            score: self.score_at(position),
            member,
        };
        if self.past.is_some() {
            self.table.changing(hasher, hasher.hash(member));
        }
        let mut taken = self.ranked.take(&place);
        for (number, gone) in self.leaving.iter_mut().enumerate() {
            if taken.is_some() {
                break;
            }
            taken = gone.take(&place);
            let had_left = |past: &Past| taken.is_some() && number < past.left_before;
            if self.past.as_deref().is_some_and(had_left) {
                self.table.forget_past(hasher, hasher.hash(member), member);
            }
        }
        let Some(mut item) = taken else {
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
        let Some(position) = self.find(hasher.hash(member), member) else {
            return false;
        };
        let score = self.score_at(position);
        self.ranked.take(&Place { score, member });
        self.table.remove(hasher, position).is_some()
    }

    pub(super) fn remove_range(&mut self, hasher: &KeyHasher, ranks: Range<usize>) {
        if ranks.len() > AT_ONCE
            && self.leaving.len() < LEAVING_MAX
            && self.leaving.try_reserve(1).is_ok()
        {
            self.leaving.push(self.ranked.cut(ranks));
            return;
        }
        for _ in ranks.clone() {
            let Some(item) = self.ranked.remove(ranks.start) else {
                break;
            };
            self.take_out(hasher, &item);
        }
    }

    /// Takes a member, which the tree holds no more, out of the table.
    fn take_out(&mut self, hasher: &KeyHasher, item: &Item) {
        let member = item.key();
        if let Some(position) = self.position(hasher.hash(member), member) {
            self.table.remove(hasher, position);
        }
    }

    pub(super) fn has_rest(&self) -> bool {
        !self.leaving.is_empty()
    }

    pub(super) fn take_rest(&mut self, hasher: &KeyHasher, count: usize) -> bool {
        for _ in 0..count {
            let Some(gone) = self.leaving.last_mut() else {
                break;
            };
            match gone.remove(gone.len().saturating_sub(1)) {
                Some(item) => self.take_out(hasher, &item),
                None => drop(self.leaving.pop()),
            }
        }
        self.has_rest()
    }

    pub(super) fn scan(
        &self,
        hasher: &KeyHasher,
        cursor: u64,
        mut visit: impl FnMut(Element<'_>, f64),
    ) -> u64 {
        self.table.scan(hasher, cursor, |member| {
            if !self.has_left(&member.0, usize::MAX) {
                let place = Place::of(&member.0);
                visit(Element::Bytes(place.member), place.score);
            }
        })
    }

    pub(super) fn drop_some(&mut self, count: usize) -> bool {
        // The tree's handles only let go; the table's free the memory, a segment at a time.
        if self.ranked.drop_some(count / HANDLE_COST) {
            return true;
        }
        while let Some(gone) = self.leaving.last_mut() {
            if gone.drop_some(count / HANDLE_COST) {
                return true;
            }
            self.leaving.pop();
        }
        self.table.drop_segment(drop)
    }

    pub(super) fn copy(&self) -> Result<Large, Error> {
        let mut order: Vec<Item> = Vec::new();
        order.try_reserve_exact(self.table.len())?;
        let table = self.table.copy(|member| {
            let mut item = Item::new(member.0.key(), None, member.0.word())?;
            order.push(item.share());
            Ok(Member(item))
        })?;
        sort_by(&mut order, |left, right| {
            Place::of(left).order(&Place::of(right))
        });
        let (mut ranked, mut gone) = (Ranked::new(), Ranked::new());
        for item in order {
            match self.has_left(&item, usize::MAX) {
                true => gone.insert(item)?,
                false => ranked.insert(item)?,
            }
        }
        let mut leaving = Vec::new();
        if !gone.is_empty() {
            leaving.push(gone);
        }
        Ok(Large {
            table,
            ranked,
            leaving,
            past: None,
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let item = self.ranked.get(0).map_or(0, Item::memory_bytes);
        self.table.memory_bytes() + self.table.len() * (TREE_BYTES + item.next_multiple_of(8))
    }
}
