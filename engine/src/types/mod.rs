//! The data structures and the arithmetic of each type's commands.
//!
//! Nothing here knows of RESP, connections, time or the keyspace: plain values go in and out.

pub mod hash;
pub mod hash_map;
pub mod item;
pub mod list;
pub mod object;
pub mod ranked;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
pub mod table;

pub use hash::KeyHasher;
pub use object::{Kind, Object};
pub use table::{Keyed, Position, Table};
