//! Coroutines: a stack, and the frames of the calls on it. Knows nothing of running them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;

use crate::compile::Ins;
use crate::heap::{Gc, Header, Upval};
use crate::table::Table;
use crate::value::Value;

/// What is done with a call's results, besides moving them to where its function was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Nothing.
    Nothing,
    /// The first goes to this place of the stack.
    Store(u32),
    /// The jump that follows is taken if its truth is this.
    Test(bool),
    /// It is a pair of a chain of concatenations; its value goes to this place of the stack.
    Concat(u32),
    /// It is an iterator's: the loop goes on or ends.
    Iterate,
    /// It is an error's new value.
    Handled,
}

/// What runs in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Lua,
    /// A function of the host.
    Native,
    /// A function of the host that catches the errors of what it calls.
    Protected,
    /// The same; a handler is called where the error arises: its place is that of the first argument but one.
    Handling,
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The next instruction.
    pub(crate) pc: *const Ins,
    /// The place of the function on the stack.
    pub(crate) func: u32,
    /// The place of the first register or argument.
    pub(crate) base: u32,
    /// Behind the last register; of a host's function, behind what it keeps.
    pub(crate) top: u32,
    /// How many results are wanted; all if negative.
    pub(crate) wanted: i32,
    pub(crate) after: After,
    pub(crate) kind: FrameKind,
    /// How deep 5.1's C stack would be.
    pub(crate) depth: u16,
    /// Calls that have been replaced by this one.
    pub(crate) tails: u32,
    /// Where a host's function goes on.
    pub(crate) phase: u32,
    /// How many arguments it has.
    pub(crate) args: u32,
}

/// What a coroutine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It has not begun, or has yielded.
    Suspended,
    Running,
    /// It has resumed another one.
    Normal,
    Dead,
}

/// A coroutine.
#[repr(C)]
#[derive(Debug)]
pub struct Thread {
    pub(crate) header: Header,
    pub(crate) stack: Vec<Value>,
    /// Where the stack is.
    pub(crate) base_ptr: *mut Value,
    pub(crate) frames: Vec<Frame>,
    /// Variables on the stack that closures have caught, in the stack's order.
    pub(crate) open: Vec<Gc<Upval>>,
    /// Behind the last value: where arguments and results are passed whose number is not fixed.
    pub(crate) top: usize,
    pub(crate) globals: Gc<Table>,
    /// The coroutine that has resumed it.
    pub(crate) parent: Option<Gc<Thread>>,
    pub(crate) status: Status,
    /// How deep 5.1's C stack would be where it was resumed; its frames count from there.
    pub(crate) below: u16,
    /// What host's functions keep between two calls, by the place of their first argument.
    pub(crate) states: Vec<(usize, Box<dyn Any>)>,
}

impl Thread {
    pub(crate) fn new(header: Header, globals: Gc<Table>) -> Thread {
        Thread {
            header,
            stack: Vec::new(),
            base_ptr: core::ptr::null_mut(),
            frames: Vec::new(),
            open: Vec::new(),
            top: 0,
            globals,
            parent: None,
            status: Status::Suspended,
            below: 0,
            states: Vec::new(),
        }
    }

    /// Bytes that it holds: what was charged for the stack and for the frames.
    pub(crate) fn bytes(&self) -> usize {
        self.stack.len() * size_of::<Value>()
    }

    /// How many of the stack's values are in use.
    pub(crate) fn live_len(&self) -> usize {
        self.top
    }
}
