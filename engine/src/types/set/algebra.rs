//! Intersection, union and difference of sets. Knows nothing of keys or where results go.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::{Element, Limits, Set};
use crate::error::Error;
use crate::types::KeyHasher;
use crate::types::listpack::Index;
use crate::types::sort::sort_by_key;

/// A union of up to so many sets is found by asking the sets before about each member; of more, by collecting.
const ASKED_MAX: usize = 4;

/// Whether to go on.
pub type Visit<'v> = dyn FnMut(Element<'_>) -> Result<bool, Error> + 'v;

/// A set that is asked about many members.
enum Asked<'a> {
    Set(&'a Set),
    Indexed(Index<'a>),
}

impl<'a> Asked<'a> {
    fn new(set: &'a Set, hasher: &KeyHasher, questions: usize) -> Asked<'a> {
        match set
            .as_listpack()
            .and_then(|list| Index::new(list, hasher, 0, questions))
        {
            Some(index) => Asked::Indexed(index),
            None => Asked::Set(set),
        }
    }

    /// All of `sets`, for so many questions each.
    fn all(
        sets: impl ExactSizeIterator<Item = &'a Set>,
        hasher: &KeyHasher,
        questions: usize,
    ) -> Result<Vec<Asked<'a>>, Error> {
        let mut all = Vec::new();
        all.try_reserve_exact(sets.len())?;
        all.extend(sets.map(|set| Asked::new(set, hasher, questions)));
        Ok(all)
    }

    fn has(&self, hasher: &KeyHasher, member: Element<'_>) -> bool {
        match self {
            Asked::Set(set) => set.contains(hasher, member),
            Asked::Indexed(index) => index.find(hasher, member.text(&mut [0; 20])).is_some(),
        }
    }
}

/// Visits the members that all of `sets` have, until `visit` says to stop; `sets` are sorted by size on the way.
/// O(members of the smallest times sets).
///
/// # Errors
/// Those of `visit`; [`Error::OutOfMemory`].
pub fn intersect(
    sets: &mut [&Set],
    hasher: &KeyHasher,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    sort_by_key(sets, |set| set.len());
    let Some((smallest, others)) = sets.split_first() else {
        return Ok(());
    };
    let questions = smallest.len();
    let others = others.iter().copied();
    let others = Asked::all(others, hasher, questions)?;
    for member in smallest.iter() {
        if others.iter().all(|other| other.has(hasher, member)) && !visit(member)? {
            break;
        }
    }
    Ok(())
}

/// Visits every member of any of `sets` once, ascending where all are intsets and so is their union. O(members of
/// all).
///
/// # Errors
/// Those of `visit`; [`Error::OutOfMemory`].
pub fn union(
    sets: &[&Set],
    hasher: &KeyHasher,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    let all_ints = sets.iter().all(|set| set.as_intset().is_some());
    if sets.len() > ASKED_MAX || all_ints && sets.len() > 1 {
        let mut all = Set::default();
        for member in sets.iter().flat_map(|set| set.iter()) {
            all.add(hasher, member, limits)?;
        }
        for member in all.iter() {
            if !visit(member)? {
                break;
            }
        }
        return Ok(());
    }
    for (number, set) in sets.iter().enumerate() {
        let before = &sets[..number];
        if before.iter().any(|other| core::ptr::eq(*other, *set)) {
            continue;
        }
        let before = Asked::all(before.iter().copied(), hasher, set.len())?;
        for member in set.iter() {
            let seen = before.iter().any(|other| other.has(hasher, member));
            if !seen && !visit(member)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What of `first` none of `others` has, as a new set or to be visited.
///
/// Where asking all others about each member of the first is likely more work than taking their members out of a
/// copy, that is done. The rule is Redis', because the form of a stored result depends
/// on it.
///
/// # Errors
/// [`Error::OutOfMemory`]; those of `visit`.
pub fn difference(
    first: &Set,
    others: &[&Set],
    hasher: &KeyHasher,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<Option<Set>, Error> {
    if others.iter().any(|other| core::ptr::eq(*other, first)) {
        return Ok(None);
    }
    let len = first.len() as u64;
    let asking = len.saturating_mul(others.len() as u64 + 1) / 2;
    let taking = len + others.iter().map(|other| other.len() as u64).sum::<u64>();
    if asking > taking {
        return subtract(first, others, hasher, limits).map(Some);
    }
    let mut sorted: Vec<&Set> = Vec::new();
    sorted.try_reserve_exact(others.len())?;
    sorted.extend_from_slice(others);
    sort_by_key(&mut sorted, |other| Reverse(other.len()));
    let sorted = Asked::all(sorted.iter().copied(), hasher, first.len())?;
    for member in first.iter() {
        let elsewhere = sorted.iter().any(|other| other.has(hasher, member));
        if !elsewhere && !visit(member)? {
            break;
        }
    }
    Ok(None)
}

/// A copy of `first`, built member by member, without the members of `others`.
fn subtract(
    first: &Set,
    others: &[&Set],
    hasher: &KeyHasher,
    limits: &Limits,
) -> Result<Set, Error> {
    let mut rest = Set::default();
    for member in first.iter() {
        rest.add(hasher, member, limits)?;
    }
    for other in others {
        for member in other.iter() {
            if rest.is_empty() {
                return Ok(rest);
            }
            rest.remove(hasher, member);
        }
    }
    Ok(rest)
}
