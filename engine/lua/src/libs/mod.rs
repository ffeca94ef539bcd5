//! The libraries that Redis gives to its scripts: `bit`, `cjson`, `cmsgpack` and `struct`. They work on values
//! through [`Machine`] and know nothing of how it keeps them, nor of Redis.

pub mod bit;
pub mod cjson;
pub mod cmsgpack;
#[cfg(test)]
mod mock;
pub mod structs;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;

use crate::text::number;

/// What a value is, as far as these libraries care.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View<'a> {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(&'a [u8]),
    /// A table.
    Table,
    /// `cjson.null`: a light userdata that is a null pointer.
    Null,
    /// Anything else, by the name of its type.
    Other(&'static str),
}

impl View<'_> {
    /// The type's name in Lua.
    pub fn type_name(&self) -> &'static str {
        match self {
            View::Nil => "nil",
            View::Bool(_) => "boolean",
            View::Number(_) => "number",
            View::String(_) => "string",
            View::Table => "table",
            View::Null => "userdata",
            View::Other(name) => name,
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fail {
    /// An error with these words, and the place of the call before them.
    Text(Vec<u8>),
    /// An error with these words and no place.
    Plain(&'static str),
    /// `bad argument #INDEX to 'NAME' (WORDS)`.
    Argument(usize, Vec<u8>),
    /// The last of the results is raised as an error.
    Raise,
    /// There is no memory for the result.
    OutOfMemory,
    /// The run was ended from outside.
    Stopped,
}

impl Fail {
    /// An error with fixed words.
    pub fn text(words: &str) -> Fail {
        Fail::Text(words.as_bytes().to_vec())
    }

    /// A complaint about an argument, counted from 1.
    pub fn argument(index: usize, words: &str) -> Fail {
        Fail::Argument(index, words.as_bytes().to_vec())
    }
}

impl From<alloc::collections::TryReserveError> for Fail {
    fn from(_: alloc::collections::TryReserveError) -> Fail {
        Fail::OutOfMemory
    }
}

/// What the libraries need of a machine. Values that a call has made stay alive until it returns.
pub trait Machine {
    /// A value.
    type Value: Copy + 'static;

    /// What a value is.
    fn view(&self, value: Self::Value) -> View<'_>;
    /// `nil`.
    fn nil(&self) -> Self::Value;
    /// A boolean.
    fn boolean(&self, value: bool) -> Self::Value;
    /// A number.
    fn number(&self, value: f64) -> Self::Value;
    /// `cjson.null`.
    fn null(&self) -> Self::Value;
    /// A new string.
    ///
    /// # Errors
    /// No memory.
    fn string(&mut self, bytes: &[u8]) -> Result<Self::Value, Fail>;
    /// A new table.
    ///
    /// # Errors
    /// No memory.
    fn table(&mut self) -> Result<Self::Value, Fail>;
    /// `rawset`, with a key that is neither nil nor NaN.
    ///
    /// # Errors
    /// No memory.
    fn set(&mut self, table: Self::Value, key: Self::Value, value: Self::Value)
    -> Result<(), Fail>;
    /// `rawget` of an index.
    fn index(&self, table: Self::Value, index: usize) -> Self::Value;
    /// `rawget` of a string.
    fn field(&self, table: Self::Value, name: &[u8]) -> Self::Value;
    /// The table's border, `#`.
    fn border(&self, table: Self::Value) -> usize;
    /// The pair behind that with this key in the table's order, from `nil` on.
    fn next(&self, table: Self::Value, key: Self::Value) -> Option<(Self::Value, Self::Value)>;
    /// Pays for `units` of work (about a byte or an element each).
    ///
    /// # Errors
    /// [`Fail::Stopped`].
    fn spend(&mut self, units: usize) -> Result<(), Fail>;
    /// Whether a call that can go on later should stop here.
    fn is_tired(&self) -> bool {
        false
    }
    /// Asks whether `bytes` of scratch memory may be used, in all, for the moment.
    ///
    /// # Errors
    /// [`Fail::OutOfMemory`].
    fn scratch(&mut self, bytes: usize) -> Result<(), Fail>;
}

/// A call's arguments, and what it gives back.
pub struct Call<'a, M: Machine> {
    /// The machine.
    pub machine: &'a mut M,
    /// The arguments.
    pub args: &'a [M::Value],
    /// The results.
    pub results: &'a mut Vec<M::Value>,
    /// Where a long call has stopped. It goes on when it is called again with the same arguments.
    pub pause: Pause<M::Value>,
}

/// Where a long call has stopped.
pub struct Pause<V> {
    /// What it goes on with; nothing if it has ended.
    pub state: Option<Box<dyn Any>>,
    /// Values in that which must stay alive.
    pub kept: Vec<V>,
}

impl<V> Default for Pause<V> {
    fn default() -> Self {
        Pause {
            state: None,
            kept: Vec::new(),
        }
    }
}

impl<V> Pause<V> {
    /// What the call goes on with, if it is not the first time.
    fn take<T: 'static>(&mut self) -> Option<T> {
        self.state.take()?.downcast().ok().map(|state| *state)
    }
}

/// How far a long work came.
enum Progress<T, S> {
    /// To its end.
    Ended(T),
    /// It goes on with this.
    Stopped(S),
}

impl<M: Machine> Call<'_, M> {
    /// The argument at `index`, counted from 1.
    pub fn arg(&self, index: usize) -> Option<M::Value> {
        self.args.get(index - 1).copied()
    }

    /// What the argument at `index` is.
    pub fn view(&self, index: usize) -> Option<View<'_>> {
        Some(self.machine.view(self.arg(index)?))
    }

    /// Adds a result.
    ///
    /// # Errors
    /// No memory.
    pub fn push(&mut self, value: M::Value) -> Result<(), Fail> {
        self.results.try_reserve(1)?;
        self.results.push(value);
        Ok(())
    }

    /// Adds a number to the results.
    ///
    /// # Errors
    /// No memory.
    pub fn push_number(&mut self, value: f64) -> Result<(), Fail> {
        let value = self.machine.number(value);
        self.push(value)
    }

    /// Adds a string to the results.
    ///
    /// # Errors
    /// No memory.
    pub fn push_string(&mut self, bytes: &[u8]) -> Result<(), Fail> {
        let value = self.machine.string(bytes)?;
        self.push(value)
    }

    fn expected(&self, index: usize, wanted: &str) -> Fail {
        let got = self.view(index).map_or("no value", |view| view.type_name());
        let mut words = wanted.as_bytes().to_vec();
        words.extend_from_slice(b" expected, got ");
        words.extend_from_slice(got.as_bytes());
        Fail::Argument(index, words)
    }

    /// An argument as a number, strings included.
    ///
    /// # Errors
    /// It is none.
    pub fn check_number(&self, index: usize) -> Result<f64, Fail> {
        let number = match self.view(index) {
            Some(View::Number(number)) => Some(number),
            Some(View::String(text)) => number::parse(text),
            _ => None,
        };
        number.ok_or_else(|| self.expected(index, "number"))
    }

    /// An argument as an integer, cut as C cuts it.
    ///
    /// # Errors
    /// It is no number.
    pub fn check_integer(&self, index: usize) -> Result<i64, Fail> {
        Ok(number::to_i64(self.check_number(index)?))
    }

    /// The same with a value for what is not there.
    fn integer_or(&self, index: usize, default: i64) -> Result<i64, Fail> {
        match self.view(index) {
            None | Some(View::Nil) => Ok(default),
            Some(_) => self.check_integer(index),
        }
    }

    /// A copy of an argument as a string, numbers included. Counted as scratch memory.
    ///
    /// # Errors
    /// It is neither; no memory.
    pub fn check_string(&mut self, index: usize) -> Result<Vec<u8>, Fail> {
        let mut number = [0; number::TEXT_LEN_MAX];
        let text = match self.view(index) {
            Some(View::String(text)) => text,
            Some(View::Number(value)) => number::write(value, &mut number),
            _ => return Err(self.expected(index, "string")),
        };
        let mut copy = Vec::new();
        copy.try_reserve_exact(text.len())?;
        copy.extend_from_slice(text);
        self.machine.scratch(copy.len())?;
        Ok(copy)
    }
}

/// Makes room in a result that is under construction: by doubling, as the machine allows.
fn reserve<M: Machine>(machine: &mut M, out: &mut Vec<u8>, more: usize) -> Result<(), Fail> {
    if out.capacity() - out.len() < more {
        machine.scratch(2 * (out.len() + more))?;
        out.try_reserve(more)?;
    }
    Ok(())
}

/// Appends bytes to a result.
fn append<M: Machine>(machine: &mut M, out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Fail> {
    reserve(machine, out, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// Appends an integer as decimal digits.
fn append_integer(out: &mut Vec<u8>, value: i64) {
    let spec = crate::text::printf::Spec::default();
    out.extend_from_slice(crate::text::printf::signed(value, &spec).bytes());
}
