//! `string.gsub`: from match to match, with calls of Lua between.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::find::{capture, fault, keep_search, new_search, push_captures};
use super::{append, give_buffer, take_buffer};
use crate::fault::Fault;
use crate::heap::Gc;
use crate::native::{Call, Next};
use crate::table::Table;
use crate::text::number;
use crate::text::pattern::{Capture, Outcome, Search};
use crate::value::Value;
use crate::vm::{Event, Vm};

/// Result that a call of Lua may keep waiting. What is longer goes into strings, which the heap counts.
const WAITING_BYTES_MAX: usize = 1 << 14;
/// `__index` of `__index` of …, as for the machine's own look-ups.
const INDEX_DEPTH_MAX: usize = 100;

/// Where a replacement is.
struct Gsub {
    search: Box<Search>,
    out: Vec<u8>,
    /// The next place to look at.
    at: usize,
    count: i64,
    count_max: i64,
    /// The match whose replacement is being made.
    whole: (usize, usize),
    /// The fuel has run out in the middle of a match.
    trying: bool,
}

/// The phases.
const GO_ON: u32 = 1;
const REPLACED: u32 = 2;

pub(super) fn gsub(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let subject = vm.check_string(call, 1)?.live_bytes();
    let pattern = vm.check_string(call, 2)?.live_bytes();
    let mut state = if call.phase == 0 {
        begin(vm, call, subject, pattern)?
    } else {
        match vm.take_state::<Gsub>(call) {
            Some(state) => state,
            None => return Ok(Next::Return(0)),
        }
    };
    if call.phase == REPLACED {
        let value = vm.pop();
        add(vm, &mut state, subject, value)?;
        if !step_on(vm, &mut state, subject)? {
            return finish(vm, call, *state, subject);
        }
    }
    while state.count < state.count_max {
        if !core::mem::take(&mut state.trying) {
            state.search.from(state.at);
        }
        match vm.with_fuel(|fuel| state.search.try_here(subject, pattern, fuel)) {
            Ok(Outcome::OutOfFuel) => {
                state.trying = true;
                vm.put_state(call, state);
                return Ok(Next::Pause(GO_ON));
            }
            Ok(Outcome::Match(from, to)) => {
                state.count += 1;
                state.whole = (from, to);
                if replace(vm, call, &mut state, subject)? {
                    vm.put_state(call, state);
                    let args = vm.local_count(call) - 2;
                    return Ok(Next::Call {
                        args,
                        results: 1,
                        phase: REPLACED,
                    });
                }
            }
            Ok(Outcome::None) => state.whole = (state.at, state.at),
            Err(error) => return Err(fault(vm, error)),
        }
        if !step_on(vm, &mut state, subject)? {
            break;
        }
    }
    finish(vm, call, *state, subject)
}

fn begin(vm: &mut Vm, call: Call, subject: &[u8], pattern: &[u8]) -> Result<Box<Gsub>, Fault> {
    let count_max = vm.integer_or(call, 4, subject.len() as i64 + 1)?;
    let by = vm.arg(call, 3);
    let fits = matches!(
        by,
        Value::Number(_) | Value::Str(_) | Value::Table(_) | Value::Closure(_) | Value::Native(_)
    );
    if !fits {
        return Err(vm.arg_error(call, 3, b"string/function/table expected"));
    }
    if let Value::Number(_) = by {
        vm.check_string(call, 3)?;
    }
    // The pieces that are done.
    vm.push(Value::Nil)?;
    let out = take_buffer(vm);
    Ok(Box::new(Gsub {
        search: new_search(vm, pattern, true),
        out,
        at: 0,
        count: 0,
        count_max: i64::from(count_max as i32),
        whole: (0, 0),
        trying: false,
    }))
}

/// Goes on to the next place. False at the end.
fn step_on(vm: &mut Vm, state: &mut Gsub, subject: &[u8]) -> Result<bool, Fault> {
    let (_, end) = state.whole;
    if end > state.at {
        state.at = end;
    } else if let Some(byte) = subject.get(state.at) {
        append(&vm.heap, &mut state.out, &[*byte])?;
        state.at += 1;
    } else {
        return Ok(false);
    }
    Ok(!state.search.is_anchored())
}

/// Makes the replacement of a match, or pushes the function that makes it with its arguments: then true.
fn replace(vm: &mut Vm, call: Call, state: &mut Gsub, subject: &[u8]) -> Result<bool, Fault> {
    match vm.arg(call, 3) {
        Value::Str(text) => {
            expand(vm, state, subject, text.live_bytes())?;
            Ok(false)
        }
        Value::Table(table) => {
            let key = capture(vm, &state.search, subject, 0, state.whole)?;
            look_up(vm, call, state, subject, table, key)
        }
        function => {
            put_aside(vm, call, state)?;
            vm.push(function)?;
            let count = state.search.values();
            push_captures(vm, call, &state.search, subject, count, state.whole)?;
            Ok(true)
        }
    }
}

/// A string as replacement: `%0` to `%9` stand for what was captured.
fn expand(vm: &mut Vm, state: &mut Gsub, subject: &[u8], text: &[u8]) -> Result<(), Fault> {
    vm.spend(1 + text.len() / 16);
    let Gsub {
        search, out, whole, ..
    } = state;
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        append(&vm.heap, out, &rest[..at])?;
        // What follows the text in C is a NUL.
        let letter = rest.get(at + 1).copied().unwrap_or(0);
        rest = rest.get(at + 2..).unwrap_or(b"");
        match letter {
            b'0' => {
                vm.spend((whole.1 - whole.0) / 64);
                append(&vm.heap, out, &subject[whole.0..whole.1])?;
            }
            b'1'..=b'9' => {
                let index = usize::from(letter - b'1');
                match search.capture(index, whole.0, whole.1) {
                    Ok(Capture::Range(from, to)) => {
                        vm.spend((to - from) / 64);
                        append(&vm.heap, out, &subject[from..to])?;
                    }
                    Ok(Capture::Position(at)) => {
                        let mut buffer = [0; number::TEXT_LEN_MAX];
                        let text = number::write(at as f64 + 1.0, &mut buffer);
                        append(&vm.heap, out, text)?;
                    }
                    Err(error) => return Err(fault(vm, error)),
                }
            }
            other => append(&vm.heap, out, &[other])?,
        }
    }
    append(&vm.heap, out, rest)
}

/// A table as replacement; a function in its metatables may have to be called.
fn look_up(
    vm: &mut Vm,
    call: Call,
    state: &mut Gsub,
    subject: &[u8],
    table: Gc<Table>,
    key: Value,
) -> Result<bool, Fault> {
    vm.spend(1);
    let mut object = Value::Table(table);
    for _ in 0..INDEX_DEPTH_MAX {
        if let Value::Table(table) = object {
            let value = table.get(key);
            if !value.is_nil() {
                add(vm, state, subject, value)?;
                return Ok(false);
            }
        }
        let handler = vm.event(object, Event::Index);
        match handler {
            Value::Nil if matches!(object, Value::Table(_)) => {
                add(vm, state, subject, Value::Nil)?;
                return Ok(false);
            }
            Value::Nil => {
                let words = ["attempt to index a ", object.type_name(), " value"].concat();
                return Err(vm.run_error(words.as_bytes()));
            }
            Value::Closure(_) | Value::Native(_) => {
                put_aside(vm, call, state)?;
                vm.push(handler)?;
                vm.push(object)?;
                vm.push(key)?;
                return Ok(true);
            }
            other => object = other,
        }
    }
    Err(vm.run_error(b"loop in gettable"))
}

/// Appends what a table or a function gave for a match; the match itself for false and nil.
fn add(vm: &mut Vm, state: &mut Gsub, subject: &[u8], value: Value) -> Result<(), Fault> {
    let mut buffer = [0; number::TEXT_LEN_MAX];
    let text = match value {
        Value::Nil | Value::Bool(false) => &subject[state.whole.0..state.whole.1],
        Value::Str(text) => text.live_bytes(),
        Value::Number(value) => number::write(value, &mut buffer),
        other => {
            let words = ["invalid replacement value (a ", other.type_name(), ")"].concat();
            return Err(vm.error(words.as_bytes()));
        }
    };
    vm.spend(text.len() / 64);
    append(&vm.heap, &mut state.out, text)
}

/// Before a call of Lua: a long result goes into a table of strings.
fn put_aside(vm: &mut Vm, call: Call, state: &mut Gsub) -> Result<(), Fault> {
    if state.out.len() < WAITING_BYTES_MAX {
        return Ok(());
    }
    let piece = vm.heap.string(&state.out)?;
    state.out = Vec::new();
    let pieces = match vm.local(call, 0) {
        Value::Table(pieces) => pieces,
        _ => {
            let pieces = vm.heap.table()?;
            vm.set_local(call, 0, Value::Table(pieces));
            pieces
        }
    };
    let index = pieces.border() + 1;
    pieces.set_index(&mut vm.heap, index, Value::Str(piece))
}

fn finish(vm: &mut Vm, call: Call, state: Gsub, subject: &[u8]) -> Result<Next, Fault> {
    let Gsub {
        search,
        mut out,
        at,
        count,
        ..
    } = state;
    keep_search(vm, search);
    append(&vm.heap, &mut out, &subject[at.min(subject.len())..])?;
    if let Value::Table(pieces) = vm.local(call, 0) {
        let last = core::mem::take(&mut out);
        for index in 1..=pieces.border() {
            if let Value::Str(piece) = pieces.get_index(index) {
                append(&vm.heap, &mut out, piece.bytes())?;
            }
        }
        append(&vm.heap, &mut out, &last)?;
    }
    vm.spend(out.len() / 64);
    vm.push_string(&out)?;
    give_buffer(vm, out);
    vm.push(Value::Number(count as f64))?;
    Ok(Next::Return(2))
}
