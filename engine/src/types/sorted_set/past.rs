//! A sorted set as it was at one moment, while it changes: what its table keeps, see [`Table::keep`](super::super::Table::keep), without the members
//! that had left before.

use alloc::boxed::Box;
use core::cmp::Ordering;

use super::large::Large;
use super::{Form, SortedSet};
use crate::error::Error;
use crate::types::KeyHasher;
use crate::types::item::Item;
use crate::types::listpack::Element;
use crate::types::ranked::Place;

/// A walk's cursor among the table's, not a number of members from the highest score down.
const BY_TABLE: u64 = 1 << 63;

pub(super) struct Past {
    len: usize,
    /// So many of the ranges that are leaving had left before.
    pub(super) left_before: usize,
    /// The lowest member that had been walked by then.
    walked: Option<Item>,
}

impl Large {
    fn keep(&mut self, walked: usize) -> Result<(), Error> {
        let last = match walked {
            0 => None,
            _ => self.ranked.get(self.len().saturating_sub(walked)),
        };
        let past = Past {
            len: self.len(),
            left_before: self.leaving.len(),
            walked: last.map(Item::try_clone).transpose()?,
        };
        self.table.keep(0)?;
        self.past = Some(Box::new(past));
        Ok(())
    }

    fn past_scan(
        &self,
        past: &Past,
        hasher: &KeyHasher,
        cursor: u64,
        visit: &mut dyn FnMut(Element<'_>, f64),
    ) -> u64 {
        self.table.past_scan(hasher, cursor, &mut |member| {
            let place = Place::of(&member.0);
            let walked = past.walked.as_ref().map(Place::of);
            let is_walked = walked.is_some_and(|walked| place.order(&walked) != Ordering::Less);
            if !is_walked && !self.has_left(&member.0, past.left_before) {
                visit(Element::Bytes(place.member), place.score);
            }
        })
    }
}

impl SortedSet {
    /// From now on the set can be looked at as it is at this moment, by [`SortedSet::past_part`]; so many members were
    /// `walked`. False where it is a listpack, which keeps nothing. O(members / 25,000).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing is kept then.
    pub fn keep(&mut self, walked: u64) -> Result<bool, Error> {
        match &mut self.form {
            Form::Large(large) => large.keep(walked as usize).map(|()| true),
            Form::Small(_) => Ok(false),
        }
    }

    fn past(&self) -> Option<(&Large, &Past)> {
        match &self.form {
            Form::Large(large) => Some((large, large.past.as_ref()?)),
            Form::Small(_) => None,
        }
    }

    /// It can be looked at as it was.
    pub fn is_kept(&self) -> bool {
        self.past().is_some()
    }

    /// Memory to keep something was refused: it cannot be looked at any more.
    pub fn is_lost(&self) -> bool {
        self.past().is_some_and(|(large, _)| large.table.is_lost())
    }

    /// What lies before this cursor of [`SortedSet::past_part`] is not looked at any more.
    pub fn walked(&mut self, cursor: u64) {
        if let Form::Large(large) = &mut self.form
            && cursor & BY_TABLE != 0
        {
            large.table.walked(cursor & !BY_TABLE);
        }
    }

    /// Keeps nothing any more; gives what was kept, to be freed.
    pub fn release(&mut self) -> Option<SortedSet> {
        let Form::Large(large) = &mut self.form else {
            return None;
        };
        large.past = None;
        let rest = Large {
            table: large.table.release()?,
            ..Large::default()
        };
        Some(SortedSet {
            form: Form::Large(Box::new(rest)),
        })
    }

    /// Members when keeping began; those there are if nothing is kept.
    pub fn past_len(&self) -> usize {
        self.past().map_or_else(|| self.len(), |(_, past)| past.len)
    }

    /// Visits about `budget` members more of those that were there when keeping began, and moves the cursor, which begins
    /// at 0. True at the end. From the highest score down while nothing is kept, else in no order; keeping may begin
    /// between two parts. O(`budget`), O(log n) to begin.
    pub fn past_part(
        &self,
        hasher: &KeyHasher,
        cursor: &mut u64,
        budget: usize,
        visit: &mut dyn FnMut(Element<'_>, f64),
    ) -> bool {
        let Some((large, past)) = self.past() else {
            let end = self.len().saturating_sub(*cursor as usize);
            let start = end.saturating_sub(budget);
            for (member, score) in self.range(start..end, true) {
                visit(member, score);
            }
            *cursor += (end - start) as u64;
            return start == 0;
        };
        if *cursor & BY_TABLE == 0 {
            // It counted members so far, and those are passed over now.
            *cursor = BY_TABLE;
        }
        let mut met = 0;
        while met < budget {
            let next = large.past_scan(past, hasher, *cursor & !BY_TABLE, &mut |member, score| {
                met += 1;
                visit(member, score);
            });
            // A step costs something where it meets nobody, too.
            met += 1;
            *cursor = next | BY_TABLE;
            if next == 0 {
                return true;
            }
        }
        false
    }
}
