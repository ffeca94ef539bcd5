//! How a function of the host is written: it gets its arguments and gives back what comes next.
//!
//! A function is `fn(&mut Vm, Call) -> Result<Next, Fault>`. Arguments are read with `vm.arg(call, n)` and the
//! `check_…` methods, counted from 1. Results are pushed with `vm.push(value)?`; the last pushed `n` values are the
//! results with `Next::Return(n)`; `vm.give(value)` is short for one. Errors are `Err(vm.error(words))`,
//! `Err(vm.arg_error(call, n, words))`.
//!
//! A function never calls Lua itself: it pushes a function and its arguments and returns `Next::Call`. When that call
//! has ended, the function is called again, with the phase that it has named and the results on top of the stack;
//! what it has pushed before is still there (`vm.local(call, i)`, `vm.set_local(call, i, value)`, from 0 behind the
//! arguments). A function that works for long pays with `vm.spend(units)` and, when `vm.is_tired()`, returns
//! `Next::Pause(phase)` to be called again later. What is no value is kept with `vm.put_state` meanwhile.

use crate::fault::Fault;
use crate::heap::{Gc, Native, Thread};
use crate::value::Value;
use crate::vm::Vm;

/// A function of the host.
pub type NativeFn = fn(&mut Vm, Call) -> Result<Next, Fault>;

/// A call of a function of the host.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The function.
    pub native: Gc<Native>,
    /// The place of its first argument on the stack.
    pub(crate) base: usize,
    /// How many arguments it has.
    pub count: usize,
    /// 0 at first; then what its last [`Next`] named.
    pub phase: u32,
}

impl Call {
    /// A value of the function's own; nil if there is none.
    pub fn own(&self, index: usize) -> Value {
        self.native.upvals.get(index).copied().unwrap_or(Value::Nil)
    }
}

/// A function that its embedder does, as [`Next::Host`] with its first value of its own, a [`Value::Light`].
///
/// # Errors
/// None.
pub fn host(_: &mut Vm, call: Call) -> Result<Next, Fault> {
    match call.own(0) {
        Value::Light(number) => Ok(Next::Host(number as u32)),
        _ => Ok(Next::Return(0)),
    }
}

/// The phase of a call that has caught an error: it is on top of the stack.
pub const FAILED: u32 = u32::MAX;

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    /// It has ended; the topmost values, this many, are its results.
    Return(usize),
    /// A call of the value below the topmost `args` values. `results` of its results are wanted, all if negative. They
    /// take the place of the function and the arguments.
    Call {
        /// How many arguments.
        args: usize,
        /// How many results.
        results: i32,
        /// The phase behind it.
        phase: u32,
    },
    /// The same, for all results, and an error does not go further: [`FAILED`] is the phase then.
    Protect {
        /// How many arguments.
        args: usize,
        /// The value below the function is called with the error where that arises, and gives what is caught.
        handler: bool,
        /// The phase behind it, if there is no error.
        phase: u32,
    },
    /// The fuel has run out; it goes on in this phase.
    Pause(u32),
    /// The coroutine yields the topmost values, this many. What it is resumed with are the results.
    Yield(usize),
    /// Another coroutine goes on with the topmost `args` values. What it gives is on top of the stack in this phase, or
    /// its error with [`FAILED`].
    Resume {
        /// The coroutine.
        thread: Gc<Thread>,
        /// How many values.
        args: usize,
        /// The phase behind it.
        phase: u32,
    },
    /// The embedder does this and gives the results.
    Host(u32),
}
