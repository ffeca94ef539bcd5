//! The databases: finding, storing and expiring keys. Knows nothing of commands, replies or connections.

mod access;
mod ahead;
mod cut;
mod db;
mod entry;
mod event;
mod object;
mod string;

/// Bytes of the table that a key takes beside its entry, about: a slot of 8 bytes and its tag, at the usual load.
pub const SLOT_BYTES: usize = 11;

pub use access::Frequency;
pub use ahead::{AHEAD_MAX, Wanted};
pub use cut::{Content, ELEMENT_BYTES, Form, KeyInfo, Noting, Walked};
pub use db::{Expiry, Follow, Keyspace, KeyspaceStats, Lapsed, Noted, Place, What};
pub use entry::{Entry, INLINE_MAX, NewValue, Value};
pub use event::{Class, Event};
