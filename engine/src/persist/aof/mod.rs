//! The append-only file: its bytes ([`Scanner`]), the list of the files that make it up ([`Manifest`]), and keys as commands
//! ([`Commands`]). Knows no file system and runs no command.
//!
//! Source: what redis-server 7.0 writes and redis-check-aof accepts.

mod base;
mod commands;
mod manifest;
mod scan;

pub use base::Base;
pub use commands::{Commands, Records, annotate};
pub use manifest::{BASE_RDB, Kind, LINE_BYTES_MAX, Manifest, ManifestError, Part};
pub use scan::{Fault, FaultKind, Item, Limits, Record, Scanner, Start, start_of};
