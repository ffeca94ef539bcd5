//! What operators do when their operands are not what the interpreter expects: coercions and metamethods. Results go
//! to a place of the stack, at once or when the metamethod has returned.

use crate::arith;
use crate::compile::Op;
use crate::fault::Fault;
use crate::heap::{Gc, Str};
use crate::table::Table;
use crate::text::number;
use crate::thread::After;
use crate::value::Value;
use crate::vm::{Event, Vm};

/// Metatables that are gone through for one access.
const CHAIN_MAX: usize = 100;

fn is_function(value: Value) -> bool {
    matches!(value, Value::Closure(_) | Value::Native(_))
}

/// A number, or a string that is one.
pub(crate) fn to_number(value: Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number),
        Value::Str(text) => number::parse(text.bytes()),
        _ => None,
    }
}

/// The order of two strings, as `strcoll` has it in the C locale, piece by piece between NULs.
fn is_less(a: &[u8], b: &[u8], or_equal: bool) -> bool {
    if or_equal { a <= b } else { a < b }
}

impl Vm {
    /// How deep the C stack of 5.1 would be in this coroutine.
    pub(super) fn depth(&self) -> u16 {
        self.thread.frames.last().map_or(0, |frame| frame.depth)
    }

    /// Calls a metamethod above everything that the frame holds.
    pub(crate) fn call_meta(
        &mut self,
        handler: Value,
        args: &[Value],
        after: After,
    ) -> Result<(), Fault> {
        let mut thread = self.thread;
        if let Some(frame) = thread.frames.last() {
            thread.top = frame.top as usize;
        }
        let func = thread.top;
        self.push(handler)?;
        for arg in args {
            self.push(*arg)?;
        }
        let depth = self.depth();
        self.call_value(func, 1, after, depth + 1)
    }

    /// `object[key]`. `register` is where the object is, for the message.
    pub(crate) fn index(
        &mut self,
        mut object: Value,
        key: Value,
        dest: usize,
        mut register: Option<u32>,
    ) -> Result<(), Fault> {
        let mut thread = self.thread;
        for _ in 0..CHAIN_MAX {
            let handler = if let Value::Table(table) = object {
                let value = table.get(key);
                let handler = match table.meta {
                    Some(meta) if value.is_nil() => self.meta_event(meta, Event::Index),
                    _ => Value::Nil,
                };
                if handler.is_nil() {
                    thread.stack[dest] = value;
                    return Ok(());
                }
                handler
            } else {
                let handler = self.event(object, Event::Index);
                if handler.is_nil() {
                    return Err(self.type_error("index", object, register));
                }
                handler
            };
            if is_function(handler) {
                return self.call_meta(handler, &[object, key], After::Store(dest as u32));
            }
            object = handler;
            register = None;
        }
        Err(self.run_error(b"loop in gettable"))
    }

    /// `object[key] = value`.
    pub(crate) fn set_index(
        &mut self,
        mut object: Value,
        key: Value,
        value: Value,
        mut register: Option<u32>,
    ) -> Result<(), Fault> {
        for _ in 0..CHAIN_MAX {
            let handler = if let Value::Table(mut table) = object {
                if table.is_read_only() {
                    return Err(self.run_error(b"Attempt to modify a readonly table"));
                }
                let meta = table.meta;
                if let Some(slot) = table.slot(key)
                    && (meta.is_none() || !slot.is_nil())
                {
                    *slot = value;
                    table.absent = 0;
                    self.heap.barrier_pair(table.header.mark, key, value);
                    return Ok(());
                }
                let handler = match meta {
                    Some(meta) => self.meta_event(meta, Event::NewIndex),
                    None => Value::Nil,
                };
                // 5.1 finds the place for a key first: nil and NaN have none, whatever the handler.
                if handler.is_nil() || key.is_nil() || !key.raw_equal(key) {
                    return self.raw_set(table, key, value);
                }
                handler
            } else {
                let handler = self.event(object, Event::NewIndex);
                if handler.is_nil() {
                    return Err(self.type_error("index", object, register));
                }
                handler
            };
            if is_function(handler) {
                let place = self.thread.frames.last().map_or(0, |frame| frame.top);
                // The result goes nowhere: to a place that is free.
                return self.call_meta(handler, &[object, key, value], After::Store(place));
            }
            object = handler;
            register = None;
        }
        Err(self.run_error(b"loop in settable"))
    }

    /// `rawset`, with its errors.
    ///
    /// # Errors
    /// The key is nil or NaN, or the table may not be written to; no memory.
    pub fn raw_set(&mut self, table: Gc<Table>, key: Value, value: Value) -> Result<(), Fault> {
        if table.is_read_only() {
            return Err(self.run_error(b"Attempt to modify a readonly table"));
        }
        match key {
            Value::Nil => return Err(self.run_error(b"table index is nil")),
            Value::Number(number) if number.is_nan() => {
                return Err(self.run_error(b"table index is NaN"));
            }
            _ => {}
        }
        table.set(&mut self.heap, key, value)
    }

    /// An arithmetic operator. `registers` are where the operands are, for the message.
    pub(crate) fn arithmetic(
        &mut self,
        op: Op,
        left: Value,
        right: Value,
        dest: usize,
        registers: (Option<u32>, Option<u32>),
    ) -> Result<(), Fault> {
        let mut thread = self.thread;
        if let (Some(a), Some(b)) = (to_number(left), to_number(right)) {
            thread.stack[dest] = Value::Number(arith::compute(op, a, b));
            return Ok(());
        }
        let event = match op {
            Op::Add | Op::AddK => Event::Add,
            Op::Sub | Op::SubK => Event::Sub,
            Op::Mul | Op::MulK => Event::Mul,
            Op::Div | Op::DivK => Event::Div,
            Op::Mod | Op::ModK => Event::Mod,
            Op::Pow | Op::PowK => Event::Pow,
            _ => Event::Unm,
        };
        let handler = self.binary_event(left, right, event);
        if !handler.is_nil() {
            return self.call_meta(handler, &[left, right], After::Store(dest as u32));
        }
        let (culprit, register) = if to_number(left).is_none() {
            (left, registers.0)
        } else {
            (right, registers.1)
        };
        Err(self.type_error("perform arithmetic on", culprit, register))
    }

    fn binary_event(&self, left: Value, right: Value, event: Event) -> Value {
        let handler = self.event(left, event);
        if handler.is_nil() {
            return self.event(right, event);
        }
        handler
    }

    /// `#object`.
    pub(crate) fn len(&mut self, object: Value, dest: usize, register: u32) -> Result<(), Fault> {
        let mut thread = self.thread;
        let len = match object {
            Value::Table(table) => table.border(),
            Value::Str(text) => text.bytes().len(),
            _ => {
                let handler = self.event(object, Event::Len);
                if handler.is_nil() {
                    return Err(self.type_error("get length of", object, Some(register)));
                }
                let args = [object, Value::Nil];
                return self.call_meta(handler, &args, After::Store(dest as u32));
            }
        };
        thread.stack[dest] = Value::Number(len as f64);
        Ok(())
    }

    /// The handler that two metatables agree on.
    fn common_event(&self, left: Value, right: Value, event: Event) -> Value {
        let (Some(first), Some(second)) = (self.metatable(left), self.metatable(right)) else {
            return Value::Nil;
        };
        let handler = self.meta_event(first, event);
        // A NaN is no handler: it is not even equal to itself.
        let other = if first == second {
            handler
        } else {
            self.meta_event(second, event)
        };
        if handler.raw_equal(other) {
            handler
        } else {
            Value::Nil
        }
    }

    /// Whether the values are equal; nothing if a metamethod was called for it.
    pub(crate) fn equal(
        &mut self,
        left: Value,
        right: Value,
        want: bool,
    ) -> Result<Option<bool>, Fault> {
        if left.raw_equal(right) {
            return Ok(Some(true));
        }
        if let (Value::Table(_), Value::Table(_)) = (left, right) {
            let handler = self.common_event(left, right, Event::Eq);
            if !handler.is_nil() {
                self.call_meta(handler, &[left, right], After::Test(want))?;
                return Ok(None);
            }
        }
        Ok(Some(false))
    }

    /// `left < right` or `left <= right`; nothing if a metamethod was called for it.
    pub(crate) fn less(
        &mut self,
        left: Value,
        right: Value,
        or_equal: bool,
        want: bool,
    ) -> Result<Option<bool>, Fault> {
        match (left, right) {
            (Value::Number(a), Value::Number(b)) => {
                return Ok(Some(if or_equal { a <= b } else { a < b }));
            }
            (Value::Str(a), Value::Str(b)) => {
                return Ok(Some(is_less(a.bytes(), b.bytes(), or_equal)));
            }
            _ => {}
        }
        if left.type_name() == right.type_name() {
            if or_equal {
                let handler = self.common_event(left, right, Event::Le);
                if !handler.is_nil() {
                    self.call_meta(handler, &[left, right], After::Test(want))?;
                    return Ok(None);
                }
                // `a <= b` is `not (b < a)`.
                let handler = self.common_event(right, left, Event::Lt);
                if !handler.is_nil() {
                    self.call_meta(handler, &[right, left], After::Test(!want))?;
                    return Ok(None);
                }
            } else {
                let handler = self.common_event(left, right, Event::Lt);
                if !handler.is_nil() {
                    self.call_meta(handler, &[left, right], After::Test(want))?;
                    return Ok(None);
                }
            }
        }
        Err(self.compare_error(left, right))
    }

    /// What two values that have no order are refused with.
    pub fn compare_error(&mut self, left: Value, right: Value) -> Fault {
        let (first, second) = (left.type_name(), right.type_name());
        let text = if first == second {
            ["attempt to compare two ", first, " values"].concat()
        } else {
            ["attempt to compare ", first, " with ", second].concat()
        };
        self.run_error(text.as_bytes())
    }

    /// What orders two values that are neither two numbers nor two strings, for functions of the host.
    ///
    /// # Errors
    /// Nothing does.
    pub fn less_handler(&mut self, left: Value, right: Value) -> Result<Value, Fault> {
        if left.type_name() == right.type_name() {
            let handler = self.common_event(left, right, Event::Lt);
            if !handler.is_nil() {
                return Ok(handler);
            }
        }
        Err(self.compare_error(left, right))
    }

    /// Whether a string comes before another.
    pub fn string_less(left: Gc<Str>, right: Gc<Str>) -> bool {
        is_less(left.bytes(), right.bytes(), false)
    }

    /// Concatenates the values of a `Concat` instruction, from the last register on.
    pub(crate) fn concat(&mut self, first: usize, last: usize, dest: usize) -> Result<(), Fault> {
        let mut thread = self.thread;
        let mut last = last;
        while last > first {
            let (left, right) = (thread.stack[last - 1], thread.stack[last]);
            let joins = |value| matches!(value, Value::Str(_) | Value::Number(_));
            if joins(left) && joins(right) {
                let mut from = last - 1;
                while from > first && joins(thread.stack[from - 1]) {
                    from -= 1;
                }
                let joined = self.join(from, last)?;
                thread.stack[from] = joined;
                last = from;
                continue;
            }
            let handler = self.binary_event(left, right, Event::Concat);
            if handler.is_nil() {
                let place = if joins(left) { last } else { last - 1 };
                let base = thread.frames.last().map_or(0, |frame| frame.base as usize);
                let culprit = thread.stack[place];
                let register = Some((place - base) as u32);
                return Err(self.type_error("concatenate", culprit, register));
            }
            let after = After::Concat((last - 1) as u32);
            return self.call_meta(handler, &[left, right], after);
        }
        thread.stack[dest] = thread.stack[first];
        Ok(())
    }

    /// Goes on with a chain: what is at `place` is the value of everything behind it.
    pub(crate) fn go_on_concat(&mut self, place: usize) -> Result<(), Fault> {
        let Some(frame) = self.thread.frames.last().copied() else {
            return Ok(());
        };
        let ins = self.last_instruction(&frame);
        let base = frame.base as usize;
        self.concat(base + usize::from(ins.b), place, base + usize::from(ins.a))
    }

    /// The strings and numbers of these places as one string.
    fn join(&mut self, first: usize, last: usize) -> Result<Value, Fault> {
        let thread = self.thread;
        let mut total = 0_usize;
        for value in &thread.stack[first..=last] {
            total += match value {
                Value::Str(text) => text.bytes().len(),
                _ => number::TEXT_LEN_MAX,
            };
        }
        // An empty string changes nothing.
        if let (Value::Str(a), Value::Str(b)) = (thread.stack[first], thread.stack[last])
            && last == first + 1
        {
            if b.bytes().is_empty() {
                return Ok(Value::Str(a));
            }
            if a.bytes().is_empty() {
                return Ok(Value::Str(b));
            }
        }
        self.heap.allows(total)?;
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.clear();
        if buffer.try_reserve(total).is_err() {
            return Err(Fault::Memory);
        }
        for value in &thread.stack[first..=last] {
            match value {
                Value::Str(text) => buffer.extend_from_slice(text.bytes()),
                Value::Number(value) => {
                    let mut text = [0; number::TEXT_LEN_MAX];
                    buffer.extend_from_slice(number::write(*value, &mut text));
                }
                _ => {}
            }
        }
        self.spend(total / 64);
        let joined = self.heap.string(&buffer);
        if buffer.capacity() > 1 << 16 {
            buffer = alloc::vec::Vec::new();
        }
        self.buffer = buffer;
        Ok(Value::Str(joined?))
    }
}
