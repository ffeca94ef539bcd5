//! What a Lua value is. Knows nothing of the machine.

use crate::heap::{Closure, Gc, Native, Str, Thread};
use crate::table::Table;

/// A value: 16 bytes, of which the first four say what it is and the last eight hold it.
#[derive(Clone, Copy, Debug)]
#[repr(C, u32)]
pub enum Value {
    /// `nil`.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A light userdata; the null pointer is `cjson.null`.
    Light(usize),
    /// A string.
    Str(Gc<Str>),
    /// A table.
    Table(Gc<Table>),
    /// A function written in Lua.
    Closure(Gc<Closure>),
    /// A function of the host.
    Native(Gc<Native>),
    /// A coroutine.
    Thread(Gc<Thread>),
}

impl Value {
    /// Neither nil nor false.
    #[inline(always)]
    pub fn is_true(self) -> bool {
        !matches!(self, Value::Nil | Value::Bool(false))
    }

    /// Whether it is nil.
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The type's name in Lua.
    pub fn type_name(self) -> &'static str {
        match self {
            Value::Nil => "nil",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Light(_) => "userdata",
            Value::Str(_) => "string",
            Value::Table(_) => "table",
            Value::Closure(_) | Value::Native(_) => "function",
            Value::Thread(_) => "thread",
        }
    }

    /// `rawequal`.
    #[inline(always)]
    pub fn raw_equal(self, other: Value) -> bool {
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Light(a), Value::Light(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Table(a), Value::Table(b)) => a == b,
            (Value::Closure(a), Value::Closure(b)) => a == b,
            (Value::Native(a), Value::Native(b)) => a == b,
            (Value::Thread(a), Value::Thread(b)) => a == b,
            _ => false,
        }
    }

    /// The number that stands for the object's address: the same in every run. 0 for what is no object.
    pub fn id(self) -> u32 {
        match self {
            Value::Table(object) => object.header.id,
            Value::Closure(object) => object.header.id,
            Value::Native(object) => object.header.id,
            Value::Thread(object) => object.header.id,
            Value::Light(address) => address as u32,
            _ => 0,
        }
    }
}

/// The index that a number is, or 0: integers from 1 to 2^31 - 1.
#[inline(always)]
pub(crate) fn array_index(number: f64) -> usize {
    // The sum has the number's integer in its low bits, whatever number has one of 32 bits.
    let low = (number + 6_755_399_441_055_744.0).to_bits() as i32;
    if f64::from(low) == number && low > 0 {
        low as usize
    } else {
        0
    }
}
