//! The Hyla engine.
#![no_std]
extern crate alloc;

pub mod crc64;
pub mod glob;
pub mod number;
pub mod types;
