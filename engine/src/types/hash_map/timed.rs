//! Deadlines of a hash's fields. In a listpack every field has a third element, its deadline or 0 for none; those
//! that end first stand in front and those without a deadline at the end, which is Redis' own order. In a table the
//! deadline is the item's word. Knows no clock.

use super::{Deadline, Hash, Limits, NEVER, View, ViewMut};
use crate::error::Error;
use crate::types::item::Item;
use crate::types::listpack::{Element, Listpack, Position};
use crate::types::{Corrupt, GrowError, KeyHasher, Keyed};

/// Elements of a listpack that a field takes: itself, its value and its deadline.
pub(super) const TRIPLE: usize = 3;
/// The third element of a field without a deadline.
const NONE: i64 = 0;

/// What became of a field's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redated {
    /// There is no such field.
    Missing,
    /// It is as asked for.
    Done,
}

impl Hash {
    /// Gives a field a deadline, or takes it away ([`NEVER`]). A listpack of pairs becomes one of triples, one that
    /// grows beyond what a listpack can be a table. O(bytes) for a listpack, else O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the field is then as it was.
    pub fn set_deadline(
        &mut self,
        hasher: &KeyHasher,
        field: &[u8],
        deadline: u64,
    ) -> Result<Redated, Error> {
        if deadline != NEVER {
            self.prepare_deadlines(hasher)?;
        }
        if let ViewMut::Timed(list) = self.view_mut() {
            match redate(list, field, deadline) {
                Ok(redated) => return Ok(redated),
                Err(GrowError::TooLarge) => self.spread(hasher)?,
                Err(GrowError::OutOfMemory) => return Err(Error::OutOfMemory),
            }
        }
        let ViewMut::Table(table) = self.view_mut() else {
            return Ok(match self.find(hasher, field) {
                Some(_) => Redated::Done,
                None => Redated::Missing,
            });
        };
        let hash = hasher.hash(field);
        let Some(position) = table.find(hash, field) else {
            return Ok(Redated::Missing);
        };
        table.changing(hasher, hash);
        let item = &table.at(position).0;
        let changed = if item.is_worded() == (deadline != NEVER) {
            None
        } else {
            let word = (deadline != NEVER).then_some(deadline);
            Some(Item::new(field, Some(item.value()), word)?)
        };
        table.update(position, |field| match changed {
            Some(item) => field.0 = item,
            None => field.0.set_word(deadline),
        });
        Ok(Redated::Done)
    }

    /// Makes a listpack of pairs one of triples, as commands that may set deadlines do whether they set one or not. O(n)
    /// the first time.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn prepare_deadlines(&mut self, hasher: &KeyHasher) -> Result<(), Error> {
        let ViewMut::Listpack(list) = self.view_mut() else {
            return Ok(());
        };
        match widened(list) {
            Ok(list) => {
                *self = Hash::timed(list);
                Ok(())
            }
            Err(GrowError::TooLarge) => self.spread(hasher),
            Err(GrowError::OutOfMemory) => Err(Error::OutOfMemory),
        }
    }

    /// Whether a field has a deadline. O(1).
    pub fn is_timed(&self) -> bool {
        match self.view() {
            View::Listpack(_) => false,
            View::Timed(list) => first_deadline(list) != NEVER,
            View::Table(table) => table.timed_len() > 0,
        }
    }

    /// Fields that have a deadline. O(n) for a listpack, else O(1).
    pub fn timed_len(&self) -> usize {
        match self.view() {
            View::Listpack(_) => 0,
            View::Timed(list) => due_len(list, NEVER - 1),
            View::Table(table) => table.timed_len(),
        }
    }

    /// No field's deadline is before this; [`NEVER`] where there is none. O(1), O(segments) for a table.
    pub fn earliest(&self) -> u64 {
        match self.view() {
            View::Listpack(_) => NEVER,
            View::Timed(list) => first_deadline(list),
            View::Table(table) => table.earliest(),
        }
    }

    /// Fields whose deadline has not come by `now`. O(those whose deadline has come), O(segments) for a table.
    pub fn live_len(&self, now: u64) -> usize {
        match self.view() {
            View::Listpack(_) => self.len(),
            View::Timed(list) => self.len() - due_len(list, now),
            View::Table(table) => table.len() - table.due_len(now),
        }
    }

    /// Takes fields away whose deadline has come by `now`, about `max` of them at most, and hands them to `taken`. `from`
    /// is where in a table to go on, `usize::MAX` at first. True if some may be left. O(`max`), O(segments) for a table.
    pub fn expire(
        &mut self,
        hasher: &KeyHasher,
        now: u64,
        max: usize,
        from: &mut usize,
        mut taken: impl FnMut(&[u8]),
    ) -> bool {
        match self.view_mut() {
            ViewMut::Listpack(_) => false,
            ViewMut::Timed(list) => {
                let due = due_len(list, now);
                let Some(first) = list.first().filter(|_| due > 0) else {
                    return false;
                };
                let mut fields = list.iter();
                for _ in 0..due.min(max) {
                    if let Some(field) = fields.next() {
                        taken(field.text(&mut [0; 20]));
                    }
                    fields.skip_over(TRIPLE - 1);
                }
                list.remove_from(first, due.min(max) * TRIPLE);
                due > max
            }
            ViewMut::Table(table) => {
                let mut seen = 0;
                while seen < max {
                    // Downwards: segments that join take lower numbers, so that none is missed.
                    *from = match (*from).min(table.segments_len()).checked_sub(1) {
                        Some(number) => number,
                        None => return false,
                    };
                    seen += table.expire_segment(hasher, *from, now, |field| taken(field.key()));
                }
                true
            }
        }
    }

    /// The listpack of triples, where it is one: what RDB files and DUMP carry.
    pub fn timed_listpack(&self) -> Option<&Listpack> {
        match self.view() {
            View::Timed(list) => Some(list),
            View::Listpack(_) | View::Table(_) => None,
        }
    }

    /// A hash that is this listpack of triples. O(n).
    ///
    /// # Errors
    /// The listpack does not consist of triples with sound deadlines in order.
    pub fn from_timed_listpack(list: Listpack) -> Result<Hash, Corrupt> {
        if !list.len().is_multiple_of(TRIPLE) {
            return Err(Corrupt);
        }
        let mut last = 0;
        let mut elements = list.iter();
        while elements.skip_over(TRIPLE - 1)
            && let Some(element) = elements.next()
        {
            let deadline = element.int().filter(|deadline| *deadline >= 0);
            let deadline = deadline_of(deadline.ok_or(Corrupt)?);
            if deadline < last {
                return Err(Corrupt);
            }
            last = deadline;
        }
        Ok(Hash::timed(list))
    }

    /// Stores a field that is not there yet, with its deadline or [`NEVER`]: for building a hash up again.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the field is then not there, or has no deadline.
    pub fn add(
        &mut self,
        hasher: &KeyHasher,
        limits: Limits,
        field: &[u8],
        value: &[u8],
        deadline: u64,
    ) -> Result<(), Error> {
        self.set(hasher, limits, field, value, Deadline::Clear)?;
        if deadline != NEVER {
            self.set_deadline(hasher, field, deadline)?;
        }
        Ok(())
    }
}

pub(super) fn deadline_of(third: i64) -> u64 {
    if third == NONE { NEVER } else { third as u64 }
}

fn third_of(deadline: u64) -> i64 {
    i64::try_from(deadline).unwrap_or(NONE)
}

fn int(element: Element<'_>) -> i64 {
    element.int().unwrap_or(NONE)
}

/// The value and deadline of a field.
pub(super) fn find<'a>(list: &'a Listpack, field: &[u8]) -> Option<(Element<'a>, u64)> {
    let position = list.find(field, TRIPLE - 1)?;
    let mut triple = list.iter_from(position);
    triple.next();
    let value = triple.next()?;
    Some((value, deadline_of(int(triple.next()?))))
}

pub(super) fn each<'a>(
    list: &'a Listpack,
    mut visit: impl FnMut(Element<'a>, Element<'a>, u64) -> bool,
) {
    let mut elements = list.iter();
    while let (Some(field), Some(value), Some(third)) =
        (elements.next(), elements.next(), elements.next())
    {
        if !visit(field, value, deadline_of(int(third))) {
            return;
        }
    }
}

/// The first field has the earliest deadline.
fn first_deadline(list: &Listpack) -> u64 {
    let third = list.get(TRIPLE as i64 - 1);
    third.map_or(NEVER, |third| deadline_of(int(third)))
}

/// Fields at the start whose deadline has come by `now`.
fn due_len(list: &Listpack, now: u64) -> usize {
    let mut due = 0;
    each(list, |_, _, deadline| {
        let is_due = deadline <= now;
        due += usize::from(is_due);
        is_due
    });
    due
}

/// A listpack of triples from one of pairs, without deadlines.
fn widened(list: &Listpack) -> Result<Listpack, GrowError> {
    let mut wide = Listpack::new();
    let none = Listpack::element_size(Element::Int(NONE));
    wide.reserve(list.bytes_len() + list.len() / 2 * none)?;
    let mut elements = list.iter();
    while let (Some(field), Some(value)) = (elements.next(), elements.next()) {
        wide.push_all([field, value, Element::Int(NONE)].into_iter())?;
    }
    Ok(wide)
}

/// Stores a value; true if the field is new. A field that loses its deadline moves to the end.
pub(super) fn put(
    list: &mut Listpack,
    field: &[u8],
    value: &[u8],
    deadline: Deadline,
) -> Result<bool, GrowError> {
    let Some(position) = list.find(field, TRIPLE - 1) else {
        list.push_all([field.into(), value.into(), Element::Int(NONE)].into_iter())?;
        return Ok(true);
    };
    if deadline == Deadline::Clear && third_at(list, position) != NONE {
        list.push_all([field.into(), value.into(), Element::Int(NONE)].into_iter())?;
        list.remove_from(position, TRIPLE);
    } else if let Some(value_at) = list.next(position) {
        list.replace(value_at, value)?;
    }
    Ok(false)
}

fn third_at(list: &Listpack, position: Position) -> i64 {
    list.iter_from(position).nth(TRIPLE - 1).map_or(NONE, int)
}

/// The field behind the one at `position`.
fn behind(list: &Listpack, position: Position) -> Option<Position> {
    let mut rest = list.iter_from(position);
    rest.skip_over(TRIPLE);
    rest.position()
}

/// Moves a field to where its new deadline belongs: before those with the same.
fn redate(list: &mut Listpack, field: &[u8], deadline: u64) -> Result<Redated, GrowError> {
    let Some(old) = list.find(field, TRIPLE - 1) else {
        return Ok(Redated::Missing);
    };
    let third = third_of(deadline);
    if third == NONE && third_at(list, old) == NONE {
        return Ok(Redated::Done);
    }
    let mut value = alloc::vec::Vec::new();
    let text = &mut [0; 20];
    let before = list.next(old).map(|at| list.at(at).text(text));
    let before = before.unwrap_or_default();
    value.try_reserve_exact(before.len())?;
    value.extend_from_slice(before);
    let triple = [field.into(), value.as_slice().into(), Element::Int(third)];
    let mut at = list.first().filter(|_| third != NONE);
    while let Some(position) = at
        && deadline_of(third_at(list, position)) < deadline
    {
        at = behind(list, position);
    }
    // The new one first, so that the field is not lost where there is no memory for it.
    let Some(at) = at else {
        list.push_all(triple.into_iter())?;
        list.remove_from(old, TRIPLE);
        return Ok(Redated::Done);
    };
    list.insert_all_before(at, triple.into_iter())?;
    let old = if at > old {
        Some(old)
    } else {
        let next = behind(list, at);
        next.and_then(|next| list.find_from(next, field, TRIPLE - 1))
    };
    if let Some(old) = old {
        list.remove_from(old, TRIPLE);
    }
    Ok(Redated::Done)
}
