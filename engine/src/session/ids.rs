//! A set of connections. Knows nothing of what they have in common.

use alloc::vec::Vec;

use crate::boundary::ConnId;

/// Names of connections, in order. Every operation is a binary search, and adding or removing moves what is behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids(Vec<ConnId>);

impl Ids {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this connection is one of them.
    pub(crate) fn contains(&self, id: ConnId) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// Adds a connection. False if it is there already.
    pub(crate) fn insert(&mut self, id: ConnId) -> bool {
        match self.0.binary_search(&id) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, id);
                true
            }
        }
    }

    /// Takes a connection out. False if it is not there.
    pub(crate) fn remove(&mut self, id: ConnId) -> bool {
        let place = self.0.binary_search(&id);
        if let Ok(at) = place {
            self.0.remove(at);
        }
        place.is_ok()
    }

    /// All of them.
    pub(crate) fn as_slice(&self) -> &[ConnId] {
        &self.0
    }

    /// All of them, to be kept.
    pub(crate) fn into_vec(self) -> Vec<ConnId> {
        self.0
    }
}
