//! The Lua machine beside lua5.1: random programs, benchmarks, and the scripts of packages that people use.

pub mod generate;
