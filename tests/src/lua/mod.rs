//! The Lua machine beside lua5.1: random programs and benchmarks. Both are programs that run a file.

pub mod bench;
pub mod fuzz;
pub mod generate;
pub mod run;
pub mod shrink;
