//! A Lua 5.1 virtual machine that counts its fuel and its memory and can be suspended at any point. It knows
//! nothing of keys, protocols, clocks or files.
#![no_std]

extern crate alloc;

pub mod libs;
pub mod text;
