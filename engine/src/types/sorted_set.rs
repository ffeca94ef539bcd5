//! A sorted set: members by score, then by their bytes. A small one is a listpack of member and score pairs in
//! that order; a large one is a hash table and a counted tree over the same members. Knows nothing of keys,
//! protocol or time.

mod large;
mod past;
mod range;
mod rule;
mod small;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use core::ops::Range;

use self::large::Large;
pub use self::range::{LexBound, LexRange, ScoreRange};
pub use self::rule::Rule;
use super::item::prefetch;
use super::listpack::{Element, Listpack};
use super::ranked::Place;
use super::{Corrupt, KeyHasher};
use crate::error::Error;

/// A sorted set.
#[derive(Default)]
pub struct SortedSet {
    form: Form,
}

enum Form {
    Small(Listpack),
    Large(Box<Large>),
}

impl Default for Form {
    fn default() -> Self {
        Form::Small(Listpack::new())
    }
}

/// Up to where a sorted set is a listpack.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `zset-max-listpack-entries`.
    pub entries: u64,
    /// `zset-max-listpack-value`, in bytes of a member.
    pub value_bytes: u64,
}

/// What became of a member and its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Put {
    /// It is new.
    Added(f64),
    /// It has another score now.
    Moved(f64),
    /// It had this score already.
    Same(f64),
    /// The rule was against it.
    Declined,
}

impl SortedSet {
    /// An empty set in the form for many members.
    pub fn large() -> SortedSet {
        SortedSet {
            form: Form::Large(Box::default()),
        }
    }

    /// Takes over a listpack of members that are all different, each followed by its score, after checking that there
    /// is a score for each and that they are in order. O(bytes).
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn from_listpack(list: Listpack) -> Result<SortedSet, Corrupt> {
        if !small::is_sound(&list) {
            return Err(Corrupt);
        }
        Ok(SortedSet {
            form: Form::Small(list),
        })
    }

    /// The members with their scores, where they are a listpack.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.form {
            Form::Small(list) => Some(list),
            Form::Large(_) => None,
        }
    }

    /// Members.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(list) => list.len() / 2,
            Form::Large(large) => large.len(),
        }
    }

    /// Asks the processor to fetch where the members are.
    pub(super) fn prefetch(&self) {
        match &self.form {
            Form::Small(list) => list.prefetch(),
            Form::Large(large) => prefetch(&raw const **large),
        }
    }

    /// Asks the processor to fetch a large set's bucket for this hash.
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        if let Form::Large(large) = &self.form {
            large.table().prefetch_bucket(hash);
        }
    }

    /// The second step: what lies in that bucket.
    pub(super) fn prefetch_item(&self, hash: u64) {
        if let Form::Large(large) = &self.form {
            large.table().prefetch_item(hash);
        }
    }

    /// There is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match &self.form {
            Form::Small(_) => "listpack",
            Form::Large(_) => "skiplist",
        }
    }

    /// The score of a member. O(1), in a small set O(n).
    #[inline]
    pub fn score(&self, hasher: &KeyHasher, member: &[u8]) -> Option<f64> {
        match &self.form {
            Form::Small(list) => small::score_of(list, member),
            Form::Large(large) => large.score(hasher, member),
        }
    }

    /// The rank of a member from the lowest score on, and its score. O(log n), in a small set O(n).
    pub fn rank(&self, hasher: &KeyHasher, member: &[u8]) -> Option<(usize, f64)> {
        match &self.form {
            Form::Small(list) => small::rank_of(list, member),
            Form::Large(large) => large.rank(hasher, member),
        }
    }

    /// Gives a member the score that `decide` makes of the one it has; none if it declines. O(log n), in a small
    /// set O(n).
    ///
    /// # Errors
    /// What `decide` gives; [`Error::OutOfMemory`].
    #[inline]
    pub fn put(
        &mut self,
        hasher: &KeyHasher,
        limits: Limits,
        member: &[u8],
        mut decide: impl FnMut(Option<f64>) -> Result<Option<f64>, Error>,
    ) -> Result<Put, Error> {
        match &mut self.form {
            Form::Large(large) => large.put(hasher, member, &mut decide),
            Form::Small(_) => self.put_small(hasher, limits, member, &mut decide),
        }
    }

    fn put_small(
        &mut self,
        hasher: &KeyHasher,
        limits: Limits,
        member: &[u8],
        decide: &mut dyn FnMut(Option<f64>) -> Result<Option<f64>, Error>,
    ) -> Result<Put, Error> {
        let Form::Small(list) = &mut self.form else {
            return Ok(Put::Declined);
        };
        if let Some(at) = list.find(member, 1) {
            let old = small::score_behind(list, at);
            return Ok(match decide(Some(old))? {
                None => Put::Declined,
                Some(score) if score == old => Put::Same(score),
                Some(score) => {
                    small::rescore(list, at, score, member)?;
                    Put::Moved(score)
                }
            });
        }
        let Some(score) = decide(None)? else {
            return Ok(Put::Declined);
        };
        if list.len() as u64 / 2 < limits.entries
            && member.len() as u64 <= limits.value_bytes
            && list.has_room(member.len() + small::SCORE_BYTES_MAX)
        {
            small::insert(list, score, member)?;
        } else {
            self.enlarge(hasher)?.add(hasher, member, score)?;
        }
        Ok(Put::Added(score))
    }

    /// Gives a small set the form for many members. O(n log n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn make_large(&mut self, hasher: &KeyHasher) -> Result<(), Error> {
        self.enlarge(hasher).map(|_| ())
    }

    /// Makes a small set a large one.
    fn enlarge(&mut self, hasher: &KeyHasher) -> Result<&mut Large, Error> {
        if let Form::Small(list) = &self.form {
            let mut large = Box::<Large>::default();
            let mut digits = [0; 20];
            for (member, score) in small::range(list, 0..list.len() / 2, false) {
                large.add(hasher, member.text(&mut digits), score)?;
            }
            self.form = Form::Large(large);
        }
        match &mut self.form {
            Form::Large(large) => Ok(large),
            // It was made one above.
            Form::Small(_) => Err(Error::OutOfMemory),
        }
    }

    /// Gives a large set the form for few members, if its size allows that. O(members) if it does.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the set is as before.
    pub fn settle(&mut self, limits: Limits) -> Result<(), Error> {
        let Form::Large(large) = &self.form else {
            return Ok(());
        };
        if large.len() as u64 > limits.entries {
            return Ok(());
        }
        let bytes = self
            .iter()
            .try_fold(0, |sum, (member, _)| {
                let len = member.text_len();
                (len as u64 <= limits.value_bytes).then_some(sum + len + small::SCORE_BYTES_MAX)
            })
            .filter(|bytes| Listpack::new().has_room(*bytes));
        if bytes.is_some() {
            let mut list = Listpack::new();
            for (member, score) in self.iter() {
                small::append(&mut list, score, member)?;
            }
            self.form = Form::Small(list);
        }
        Ok(())
    }

    /// Takes a member out; false if there is none. O(log n), in a small set O(n).
    pub fn remove(&mut self, hasher: &KeyHasher, member: &[u8]) -> bool {
        match &mut self.form {
            Form::Small(list) => match list.find(member, 1) {
                Some(at) => {
                    list.remove_from(at, 2);
                    true
                }
                None => false,
            },
            Form::Large(large) => large.remove(hasher, member),
        }
    }

    /// Takes out the members at these ranks. O(log n), where they are few O(log n) for each, in a small set O(n). What is left
    /// to do then is for [`SortedSet::take_rest`].
    pub fn remove_range(&mut self, hasher: &KeyHasher, ranks: Range<usize>) {
        let ranks = ranks.start..ranks.end.min(self.len());
        match &mut self.form {
            Form::Small(list) => list.remove_range(2 * ranks.start as i64, 2 * ranks.len()),
            Form::Large(large) => large.remove_range(hasher, ranks),
        }
    }

    /// Members are left that went with a range and take memory still.
    pub fn has_rest(&self) -> bool {
        matches!(&self.form, Form::Large(large) if large.has_rest())
    }

    /// Takes about `count` of them out, and says whether more are left. O(count).
    pub fn take_rest(&mut self, hasher: &KeyHasher, count: usize) -> bool {
        match &mut self.form {
            Form::Small(_) => false,
            Form::Large(large) => large.take_rest(hasher, count),
        }
    }

    /// How many members lie before the first of which `is_before` is false. O(log n), in a small set O(n).
    fn partition(&self, is_before: impl Fn(Place<'_>) -> bool) -> usize {
        match &self.form {
            Form::Small(list) => small::partition(list, is_before),
            Form::Large(large) => large.ranked().partition(is_before),
        }
    }

    /// The ranks of the members with these scores. O(log n), in a small set O(n).
    pub fn ranks_of_scores(&self, range: &ScoreRange) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let (start, end) = match &self.form {
            Form::Small(list) => (
                small::partition(list, |place| range.starts_behind(place.score)),
                small::partition(list, |place| !range.ends_before(place.score)),
            ),
            Form::Large(large) => (
                large.ranked().rank_of_score(range.min, range.above_min),
                large.ranked().rank_of_score(range.max, !range.below_max),
            ),
        };
        start..end.max(start)
    }

    /// The ranks of the members between these bounds, where all scores are equal. O(log n), in a small set O(n).
    pub fn ranks_of_members(&self, range: &LexRange<'_>) -> Range<usize> {
        let start = self.partition(|place| range.starts_behind(place.member));
        let end = self.partition(|place| !range.ends_before(place.member));
        start..end.max(start)
    }

    /// The members at these ranks with their scores, in order or backwards. O(log n) to begin, in a small set
    /// O(n); O(1) a step.
    pub fn range(&self, ranks: Range<usize>, backwards: bool) -> Iter<'_> {
        let end = ranks.end.min(self.len());
        let ranks = ranks.start.min(end)..end;
        match &self.form {
            Form::Small(list) => Iter::Small(small::range(list, ranks, backwards)),
            Form::Large(large) => Iter::Large(large.ranked().range(ranks), backwards),
        }
    }

    /// All members with their scores, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len(), false)
    }

    /// Visits the members of one step of a scan and gives the next step's cursor, 0 at the end. Starts at
    /// cursor 0. A small set is visited at once.
    pub fn scan(
        &self,
        hasher: &KeyHasher,
        cursor: u64,
        mut visit: impl FnMut(Element<'_>, f64),
    ) -> u64 {
        match &self.form {
            Form::Small(_) => {
                self.iter().for_each(|(member, score)| visit(member, score));
                0
            }
            Form::Large(large) => large.scan(hasher, cursor, visit),
        }
    }

    /// Frees about `count` members. False when none is left.
    pub fn drop_some(&mut self, count: usize) -> bool {
        match &mut self.form {
            Form::Small(list) => {
                list.clear();
                false
            }
            Form::Large(large) => large.drop_some(count),
        }
    }

    /// A copy. O(n log n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<SortedSet, Error> {
        let form = match &self.form {
            Form::Small(list) => Form::Small(list.copy()?),
            Form::Large(large) => Form::Large(Box::new(large.copy()?)),
        };
        Ok(SortedSet { form })
    }

    /// Bytes of memory beside the struct itself. O(1), estimated for large ones.
    pub fn memory_bytes(&self) -> usize {
        match &self.form {
            Form::Small(list) => list.capacity(),
            Form::Large(large) => size_of::<Large>() + large.memory_bytes(),
        }
    }
}

/// Members with their scores, see [`SortedSet::range`].
pub enum Iter<'a> {
    /// Of a listpack.
    Small(small::Iter<'a>),
    /// Of a tree; backwards where true.
    Large(super::ranked::Iter<'a>, bool),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Element<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Small(iter) => iter.next(),
            Iter::Large(iter, backwards) => {
                let item = if *backwards {
                    iter.next_back()
                } else {
                    iter.next()
                }?;
                let place = Place::of(item);
                Some((Element::Bytes(place.member), place.score))
            }
        }
    }
}
