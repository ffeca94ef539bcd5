//! The data structures and the arithmetic of each type's commands.
//!
//! Nothing here knows of RESP, connections, time or the keyspace: plain values go in and out.

pub mod item;
pub mod ranked;
pub mod string;
