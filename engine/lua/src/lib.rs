//! A Lua 5.1 virtual machine that counts its fuel and its memory and can be suspended at any point. It knows
//! nothing of keys, protocols, clocks or files.
#![no_std]

extern crate alloc;

mod arith;
mod compile;
mod exec;
mod fault;
pub mod heap;
pub mod libs;
mod names;
pub mod native;
pub mod stdlib;
pub mod table;
pub mod text;
mod thread;
mod value;
pub mod vm;

pub use fault::Fault;
pub use value::Value;
pub use vm::{Outcome, Vm};
