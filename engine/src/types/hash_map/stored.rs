//! A hash as it goes into storage and comes out again. Knows no format.

use super::{Form, Hash, Limits, View};
use crate::error::Error;
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
}
