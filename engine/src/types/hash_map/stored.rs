//! A hash as it goes into storage and comes out again, and as it was when it began to. Knows no format.

use super::{Form, Hash, Limits, View, ViewMut};
use crate::error::Error;
use crate::types::Keyed;
use crate::types::listpack::Element;
use crate::types::listpack::Listpack;
use crate::types::{KeyHasher, Table};

impl Hash {
    /// An empty hash in the form for so many fields.
    pub fn for_fields(count: u64, limits: Limits) -> Hash {
        if count > limits.entries {
            Hash::table(Table::new())
        } else {
            Hash::default()
        }
    }

    /// A hash that is this listpack of pairs, whose fields are all different.
    pub fn from_listpack(list: Listpack) -> Hash {
        Hash(Form::Listpack(list))
    }

    /// The listpack of pairs, where it is one.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match self.view() {
            View::Listpack(list) => Some(list),
            View::Timed(_) | View::Table(_) => None,
        }
    }

    /// Gives a hash the form for many fields. O(n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn make_table(&mut self, hasher: &KeyHasher) -> Result<(), Error> {
        self.spread(hasher)
    }

    /// From now on the hash can be looked at as it is at this moment, by [`Hash::past_scan`] from the cursor `walked` on.
    /// False where it is a listpack, which keeps nothing. As [`Table::keep`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing is kept then.
    pub fn keep(&mut self, walked: u64) -> Result<bool, Error> {
        match self.view_mut() {
            ViewMut::Table(table) => table.keep(walked).map(|()| true),
            _ => Ok(false),
        }
    }

    fn as_table(&self) -> Option<&Table<super::Field>> {
        match self.view() {
            View::Table(table) => Some(table),
            _ => None,
        }
    }

    /// It can be looked at as it was.
    pub fn is_kept(&self) -> bool {
        self.as_table().is_some_and(Table::is_kept)
    }

    /// Memory to keep something was refused: it cannot be looked at any more.
    pub fn is_lost(&self) -> bool {
        self.as_table().is_some_and(Table::is_lost)
    }

    /// What lies before this cursor of [`Hash::past_scan`] is not looked at any more.
    pub fn walked(&mut self, cursor: u64) {
        if let ViewMut::Table(table) = self.view_mut() {
            table.walked(cursor);
        }
    }

    /// Keeps nothing any more; gives what was kept, to be freed.
    pub fn release(&mut self) -> Option<Hash> {
        match self.view_mut() {
            ViewMut::Table(table) => table.release().map(Hash::table),
            _ => None,
        }
    }

    /// Fields, and those that have a deadline, when keeping began; those there are if nothing is kept. As
    /// [`Hash::timed_len`].
    pub fn past_counts(&self) -> (usize, usize) {
        match self.as_table() {
            Some(table) => table.past_counts(),
            None => (self.len(), self.timed_len()),
        }
    }

    /// No field's deadline was before this. As [`Hash::earliest`].
    pub fn past_earliest(&self) -> u64 {
        match self.as_table() {
            Some(table) => table.past_earliest(),
            None => self.earliest(),
        }
    }

    /// [`Hash::scan`] over what was there when keeping began; over what is there if nothing is kept.
    pub fn past_scan(
        &self,
        hasher: &KeyHasher,
        cursor: u64,
        visit: &mut dyn FnMut(Element<'_>, Element<'_>, u64),
    ) -> u64 {
        match self.as_table() {
            Some(table) => table.past_scan(hasher, cursor, &mut |field| {
                let (name, value) = (field.0.key(), field.0.value());
                visit(name.into(), value.into(), field.deadline());
            }),
            None => self.scan(hasher, cursor, visit),
        }
    }
}
