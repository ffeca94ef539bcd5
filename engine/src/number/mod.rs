//! Numbers as Redis reads and writes them; knows nothing of replies, commands or keys.

pub mod integer;

pub use integer::{parse_i64, parse_u64, write_i64, write_u64};
