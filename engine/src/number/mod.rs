//! Numbers as Redis reads and writes them; knows nothing of replies, commands or keys.
//!
//! Every function works on bytes: `integer` for 64-bit integers, `float` for doubles and
//! `long_double` for the 80-bit arithmetic behind INCRBYFLOAT.

mod exact;
mod fixed;
pub mod float;
mod grisu;
pub mod integer;
pub mod long_double;
mod percent;
mod syntax;

pub use fixed::Fixed;
pub use integer::{parse_i64, parse_u64, write_i64, write_u64};
pub use percent::{Percent, PercentError};
