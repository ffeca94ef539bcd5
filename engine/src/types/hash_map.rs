//! A hash. Knows nothing of keys, protocol or time.

use crate::error::Error;

/// A hash.
#[derive(Default)]
pub struct Hash {}

impl Hash {
    /// Elements.
    pub fn len(&self) -> usize {
        0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        "hashtable"
    }

    /// Frees about `count` elements. False when none is left.
    pub fn drop_some(&mut self, count: usize) -> bool {
        let _ = count;
        false
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<Hash, Error> {
        Ok(Hash {})
    }

    /// Bytes of memory beside the struct itself.
    pub fn memory_bytes(&self) -> usize {
        0
    }
}
