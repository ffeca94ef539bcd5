//! A hash as it comes out of storage. Knows no format.

use super::{Hash, Limits};
use crate::error::Error;
use crate::types::KeyHasher;

impl Hash {
    /// An empty hash in the form for so many fields.
    pub fn for_fields(count: u64, limits: Limits) -> Hash {
        if count > limits.entries {
            Hash::Table(alloc::boxed::Box::default())
        } else {
            Hash::default()
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
