//! The stack of the coroutine that runs, its arguments and values, as functions of the host see them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;

use crate::fault::Fault;
use crate::heap::{Gc, Str};
use crate::names::{RUNNING, chunk_id, push_integer};
use crate::native::{Call, Next};
use crate::table::Table;
use crate::text::number;
use crate::value::Value;
use crate::vm::Vm;

/// Values that a host's function may have on the stack.
pub(crate) const NATIVE_VALUES_MAX: usize = 8000;

impl Vm {
    /// Pushes a value.
    ///
    /// # Errors
    /// No memory.
    #[inline]
    pub fn push(&mut self, value: Value) -> Result<(), Fault> {
        let mut thread = self.thread;
        let top = thread.top;
        if top >= thread.stack.len() {
            self.grow_stack(top + 1)?;
        }
        thread.stack[top] = value;
        thread.top = top + 1;
        Ok(())
    }

    /// Takes the topmost value.
    pub fn pop(&mut self) -> Value {
        let mut thread = self.thread;
        thread.top -= 1;
        thread.stack[thread.top]
    }

    /// The topmost value but `below`.
    pub fn peek(&self, below: usize) -> Value {
        self.thread.stack[self.thread.top - 1 - below]
    }

    /// Takes `count` values off.
    pub fn drop_values(&mut self, count: usize) {
        let mut thread = self.thread;
        thread.top -= count;
    }

    /// Pushes a string.
    ///
    /// # Errors
    /// No memory.
    pub fn push_string(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let string = self.heap.string(bytes)?;
        self.push(Value::Str(string))
    }

    /// One result.
    ///
    /// # Errors
    /// No memory.
    #[inline]
    pub fn give(&mut self, value: Value) -> Result<Next, Fault> {
        self.push(value)?;
        Ok(Next::Return(1))
    }

    /// One string as the result.
    ///
    /// # Errors
    /// No memory.
    pub fn give_string(&mut self, bytes: &[u8]) -> Result<Next, Fault> {
        self.push_string(bytes)?;
        Ok(Next::Return(1))
    }

    /// Asks for room for `more` values on the stack.
    ///
    /// # Errors
    /// `stack overflow` with what there is too much of; no memory.
    pub fn need_stack(&mut self, call: Call, more: usize, what: &str) -> Result<(), Fault> {
        if self.thread.top - call.base + more > NATIVE_VALUES_MAX {
            let words = [b"stack overflow (", what.as_bytes(), b")"].concat();
            return Err(self.error(&words));
        }
        let wanted = self.thread.top + more;
        if wanted > self.thread.stack.len() {
            self.grow_stack(wanted)?;
        }
        Ok(())
    }

    // Fuel.

    /// Pays for work.
    #[inline]
    pub fn spend(&mut self, units: usize) {
        self.heap.fuel.spend(units);
    }

    /// Lets work pay as it goes.
    pub(crate) fn with_fuel<T>(&mut self, work: impl FnOnce(&mut i64) -> T) -> T {
        let mut left = self.fuel();
        let result = work(&mut left);
        self.heap.fuel.set(left);
        result
    }

    /// Whether the fuel has run out.
    #[inline]
    pub fn is_tired(&self) -> bool {
        self.fuel() <= 0
    }

    // Arguments.

    /// The argument at `index`, counted from 1; nil if there are fewer.
    #[inline]
    pub fn arg(&self, call: Call, index: usize) -> Value {
        if index > call.count {
            return Value::Nil;
        }
        self.thread.stack[call.base + index - 1]
    }

    /// Changes an argument that is there.
    pub fn set_arg(&mut self, call: Call, index: usize, value: Value) {
        let mut thread = self.thread;
        thread.stack[call.base + index - 1] = value;
    }

    /// A value that was pushed behind the arguments, counted from 0.
    pub fn local(&self, call: Call, index: usize) -> Value {
        self.thread.stack[call.base + call.count + index]
    }

    /// Changes such a value.
    pub fn set_local(&mut self, call: Call, index: usize, value: Value) {
        let mut thread = self.thread;
        thread.stack[call.base + call.count + index] = value;
    }

    /// How many values were pushed behind the arguments.
    pub fn local_count(&self, call: Call) -> usize {
        self.thread.top - call.base - call.count
    }

    /// How many values there are from the first argument's place on.
    pub fn above(&self, call: Call) -> usize {
        self.thread.top - call.base
    }

    /// Puts a value before the argument at `index`, counted from 0.
    ///
    /// # Errors
    /// No memory.
    pub fn insert(&mut self, call: Call, index: usize, value: Value) -> Result<(), Fault> {
        self.push(value)?;
        let mut thread = self.thread;
        let (at, top) = (call.base + index, thread.top);
        thread.stack.copy_within(at..top - 1, at + 1);
        thread.stack[at] = value;
        Ok(())
    }

    /// Takes the value at `index` out, counted from 0.
    pub fn remove(&mut self, call: Call, index: usize) {
        let mut thread = self.thread;
        let (at, top) = (call.base + index, thread.top);
        thread.stack.copy_within(at + 1..top, at);
        thread.top -= 1;
    }

    /// Keeps what is no value until the function is called again.
    pub fn put_state(&mut self, call: Call, state: Box<dyn Any>) {
        let mut thread = self.thread;
        thread.states.push((call.base, state));
    }

    /// Takes what was kept.
    pub fn take_state<T: 'static>(&mut self, call: Call) -> Option<Box<T>> {
        self.take_any_state(call)?.downcast().ok()
    }

    /// The same, whatever it is.
    pub(crate) fn take_any_state(&mut self, call: Call) -> Option<Box<dyn Any>> {
        let mut thread = self.thread;
        let kept = thread.states.pop_if(|(base, _)| *base == call.base)?;
        Some(kept.1)
    }

    fn expected(&mut self, call: Call, index: usize, wanted: &str) -> Fault {
        let got = if index > call.count {
            "no value"
        } else {
            self.arg(call, index).type_name()
        };
        let words = [wanted, " expected, got ", got].concat();
        self.arg_error(call, index, words.as_bytes())
    }

    /// An argument that must be there.
    ///
    /// # Errors
    /// `value expected`.
    pub fn check_any(&mut self, call: Call, index: usize) -> Result<Value, Fault> {
        if index > call.count {
            return Err(self.arg_error(call, index, b"value expected"));
        }
        Ok(self.arg(call, index))
    }

    /// A table.
    ///
    /// # Errors
    /// It is none.
    pub fn check_table(&mut self, call: Call, index: usize) -> Result<Gc<Table>, Fault> {
        match self.arg(call, index) {
            Value::Table(table) => Ok(table),
            _ => Err(self.expected(call, index, "table")),
        }
    }

    /// A function.
    ///
    /// # Errors
    /// It is none.
    pub fn check_function(&mut self, call: Call, index: usize) -> Result<Value, Fault> {
        match self.arg(call, index) {
            value @ (Value::Closure(_) | Value::Native(_)) => Ok(value),
            _ => Err(self.expected(call, index, "function")),
        }
    }

    /// A number, or a string that is one.
    ///
    /// # Errors
    /// It is none.
    #[inline]
    pub fn check_number(&mut self, call: Call, index: usize) -> Result<f64, Fault> {
        match self.arg(call, index) {
            Value::Number(number) => Ok(number),
            Value::Str(text) => match number::parse(text.bytes()) {
                Some(number) => Ok(number),
                None => Err(self.expected(call, index, "number")),
            },
            _ => Err(self.expected(call, index, "number")),
        }
    }

    /// The same, cut as C cuts it.
    ///
    /// # Errors
    /// It is no number.
    #[inline]
    pub fn check_integer(&mut self, call: Call, index: usize) -> Result<i64, Fault> {
        Ok(number::to_i64(self.check_number(call, index)?))
    }

    /// The same with a value for nil and for what is not there.
    ///
    /// # Errors
    /// It is no number.
    pub fn integer_or(&mut self, call: Call, index: usize, default: i64) -> Result<i64, Fault> {
        if self.arg(call, index).is_nil() {
            return Ok(default);
        }
        self.check_integer(call, index)
    }

    /// A string, or a number as one.
    ///
    /// # Errors
    /// It is neither; no memory.
    #[inline]
    pub fn check_string(&mut self, call: Call, index: usize) -> Result<Gc<Str>, Fault> {
        match self.arg(call, index) {
            Value::Str(text) => Ok(text),
            Value::Number(number) => {
                let text = self.number_text(number)?;
                // So that it lives as long as the call, as 5.1 does it.
                self.set_arg(call, index, Value::Str(text));
                Ok(text)
            }
            _ => Err(self.expected(call, index, "string")),
        }
    }

    /// A number's text.
    ///
    /// # Errors
    /// No memory.
    pub fn number_text(&mut self, number: f64) -> Result<Gc<Str>, Fault> {
        let mut buffer = [0; number::TEXT_LEN_MAX];
        let text = number::write(number, &mut buffer);
        self.heap.string(text)
    }

    // Errors.

    /// The place where the function of the host that runs was called, as the beginning of a message.
    pub fn place(&self) -> Vec<u8> {
        self.place_at(1)
    }

    /// The same for a level: 1 is what has called the function of the host, 2 what has called that.
    pub fn place_at(&self, level: usize) -> Vec<u8> {
        let mut text = Vec::new();
        if let Some((source, line)) = self.line_at(level) {
            text = chunk_id(source.bytes(), RUNNING);
            text.push(b':');
            push_integer(&mut text, i64::from(line));
            text.extend_from_slice(b": ");
        }
        text
    }

    /// An error with these words, and the place of the call before them.
    pub fn error(&mut self, words: &[u8]) -> Fault {
        let mut text = self.place();
        text.extend_from_slice(words);
        self.raise_text(&text)
    }

    /// An error with these words alone.
    pub fn raise_text(&mut self, text: &[u8]) -> Fault {
        match self.heap.string(text) {
            Ok(text) => self.raise(Value::Str(text)),
            Err(fault) => fault,
        }
    }

    /// An error that is a value.
    pub fn raise(&mut self, value: Value) -> Fault {
        self.error = value;
        Fault::Raised
    }

    /// `bad argument #INDEX to 'NAME' (WORDS)`.
    pub fn arg_error(&mut self, _call: Call, index: usize, words: &[u8]) -> Fault {
        let mut index = index as i64;
        let name = self.native_name();
        let mut text = Vec::new();
        if let Some(("method", name)) = name {
            index -= 1;
            if index == 0 {
                text.extend_from_slice(b"calling '");
                text.extend_from_slice(name);
                text.extend_from_slice(b"' on bad self (");
                text.extend_from_slice(words);
                text.push(b')');
                return self.error(&text);
            }
        }
        text.extend_from_slice(b"bad argument #");
        push_integer(&mut text, index);
        text.extend_from_slice(b" to '");
        text.extend_from_slice(name.map_or(b"?", |name| name.1));
        text.extend_from_slice(b"' (");
        text.extend_from_slice(words);
        text.push(b')');
        self.error(&text)
    }
}
