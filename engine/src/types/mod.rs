//! The data structures and the arithmetic of each type's commands.
//!
//! Nothing here knows of RESP, connections, time or the keyspace: plain values go in and out.

use alloc::collections::TryReserveError;

pub mod geo;
pub mod hash;
pub mod hash_map;
pub mod hyperloglog;
pub mod intset;
pub mod item;
pub mod list;
pub mod listpack;
pub mod object;
pub mod ordered;
pub mod ranked;
pub mod set;
pub mod sort;
pub mod sorted_set;
pub mod stream;
pub mod string;
pub mod table;

#[cfg(test)]
mod past_tests;

pub use hash::KeyHasher;
pub use object::{Kind, Object, ObjectMut, ObjectRef};
pub use table::{Keyed, Position, Table};

/// Bytes from outside that are not the structure they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

/// Why a structure could not take more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowError {
    /// It would pass the largest size of its format.
    TooLarge,
    /// The allocator had no room.
    OutOfMemory,
}

impl From<TryReserveError> for GrowError {
    fn from(_: TryReserveError) -> Self {
        GrowError::OutOfMemory
    }
}
