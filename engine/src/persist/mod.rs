//! Data outside of memory: the formats of files and payloads, and what is written when. Knows no file, socket or
//! command; bytes go in and out.

pub mod aof;
pub mod digest;
pub mod load;
pub mod rdb;
pub mod save;
mod steps;
