//! Lua's own libraries.

pub mod base;
pub mod coroutine;

use crate::fault::Fault;
use crate::vm::Vm;

/// Opens all of them.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    base::open(vm)?;
    coroutine::open(vm)
}
