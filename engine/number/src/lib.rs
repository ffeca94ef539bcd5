//! Numbers as Redis and Lua read and write them; knows nothing of replies, commands, keys or scripts.
//!
//! Every function works on bytes: `integer` for 64-bit integers, `float` for doubles and
//! `long_double` for the 80-bit arithmetic behind INCRBYFLOAT.
#![no_std]

extern crate alloc;

pub mod decimal;
mod exact;
mod fixed;
pub mod float;
mod general;
mod grisu;
pub mod integer;
pub mod long_double;
mod percent;
mod syntax;

pub use fixed::Fixed;
pub use integer::{parse_i64, parse_u64, write_i64, write_u64};
pub use percent::{Percent, PercentError};
