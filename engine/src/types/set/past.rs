//! A set as it was at one moment, while it changes: see [`Table::keep`].

use alloc::boxed::Box;

use super::{Element, Form, KeyHasher, Keyed, Member, Set, Table};
use crate::error::Error;

impl Set {
    /// From now on the set can be looked at as it is at this moment, by [`Set::past_scan`] from the cursor `walked` on.
    /// False where it is no table, for that keeps nothing. As [`Table::keep`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing is kept then.
    pub fn keep(&mut self, walked: u64) -> Result<bool, Error> {
        match &mut self.form {
            Form::Table(table) => table.keep(walked).map(|()| true),
            _ => Ok(false),
        }
    }

    fn as_table(&self) -> Option<&Table<Member>> {
        match &self.form {
            Form::Table(table) => Some(table),
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

    /// What lies before this cursor of [`Set::past_scan`] is not looked at any more.
    pub fn walked(&mut self, cursor: u64) {
        if let Form::Table(table) = &mut self.form {
            table.walked(cursor);
        }
    }

    /// Keeps nothing any more; gives what was kept, to be freed.
    pub fn release(&mut self) -> Option<Set> {
        let Form::Table(table) = &mut self.form else {
            return None;
        };
        let form = Form::Table(Box::new(table.release()?));
        Some(Set { form })
    }

    /// Members when keeping began; those there are if nothing is kept.
    pub fn past_len(&self) -> usize {
        self.as_table()
            .map_or_else(|| self.len(), |table| table.past_counts().0)
    }

    /// [`Set::scan`] over what was there when keeping began; over what is there if nothing is kept.
    pub fn past_scan(
        &self,
        hasher: &KeyHasher,
        cursor: u64,
        visit: &mut dyn FnMut(Element<'_>),
    ) -> u64 {
        match self.as_table() {
            Some(table) => table.past_scan(hasher, cursor, &mut |member| {
                visit(Element::Bytes(member.key()));
            }),
            None => self.scan(hasher, cursor, visit),
        }
    }
}
