//! The Lua machine beside lua5.1: random programs, benchmarks, and the scripts of packages.

pub mod bench;
pub mod fuzz;
pub mod generate;
pub mod packages;
pub mod run;
pub mod shrink;
pub mod sources;
