//! Hyla's engine: every data structure and every command of a Redis-compatible server, without clock,
//! entropy, I/O or threads.
//!
//! A host hands in time, seed and bytes; replies, log records and requests to the host come out. The
//! contract stands in [`boundary`]. Directions: [`number`] and `types` know nothing; [`resp`] knows the
//! wire; [`keyspace`] keeps the values; [`command`] is the table and the way of a request; [`commands`]
//! are the handlers; [`Engine`] owns it all.
#![no_std]
extern crate alloc;

pub mod boundary;
mod clients;
pub mod command;
mod commands;
pub mod config;
mod conn;
pub mod crc64;
mod engine;
pub mod error;
pub mod glob;
pub mod keyspace;
mod log;
pub mod observe;
mod pause;
pub mod persist;
mod random;
pub mod resp;
mod script;
mod server;
mod session;
pub mod sha1;
mod store;
pub mod types;

pub use boundary::{ConnId, Input, Job, Link, Now, Output, Peer, Progress, State};
pub use engine::Engine;
pub use hyla_number as number;
