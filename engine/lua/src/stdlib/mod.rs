//! Lua's own libraries.

pub mod base;
pub mod coroutine;
pub mod math;
pub mod scripts;
mod sort;
pub mod string;
pub mod table;

use crate::fault::Fault;
use crate::vm::Vm;

/// Opens all of them.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    base::open(vm)?;
    coroutine::open(vm)?;
    string::open(vm)?;
    table::open(vm)?;
    math::open(vm)
}
