//! The library `table`, but for its sort.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::sort;
use super::string::{append, give_buffer, take_buffer};
use crate::fault::Fault;
use crate::heap::Gc;
use crate::native::{Call, Next};
use crate::table::Table;
use crate::text::number;
use crate::value::Value;
use crate::vm::Vm;

/// Adds the library to the globals.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    let table = vm.heap.table()?;
    vm.register(
        table,
        &[
            ("concat", concat),
            ("foreach", foreach),
            ("foreachi", foreachi),
            ("getn", getn),
            ("maxn", maxn),
            ("insert", insert),
            ("remove", remove),
            ("setn", setn),
            ("sort", sort::sort),
        ],
    )?;
    let globals = vm.globals;
    vm.set_field(globals, "table", Value::Table(table))
}

/// A table's element; indices below 1 are keys like others.
pub(super) fn element(table: Gc<Table>, index: i64) -> Value {
    match usize::try_from(index) {
        Ok(index) if index > 0 => table.get_index(index),
        _ => table.get(Value::Number(index as f64)),
    }
}

/// Sets a table's element.
pub(super) fn set_element(
    vm: &mut Vm,
    table: Gc<Table>,
    index: i64,
    value: Value,
) -> Result<(), Fault> {
    match usize::try_from(index) {
        Ok(index) if index > 0 && !table.is_read_only() => {
            table.set_index(&mut vm.heap, index, value)
        }
        _ => vm.raw_set(table, Value::Number(index as f64), value),
    }
}

/// An argument as C's `int`.
fn int_or(vm: &mut Vm, call: Call, index: usize, default: i64) -> Result<i64, Fault> {
    Ok(i64::from(vm.integer_or(call, index, default)? as i32))
}

/// Elements that are moved between two looks at the fuel.
const MOVED_AT_ONCE: i64 = 256;

/// Moves a table's elements from `at` on, one place each, towards `end`. Gives where it stopped because the fuel has
/// run out.
fn shift(
    vm: &mut Vm,
    table: Gc<Table>,
    mut at: i64,
    end: i64,
    up: bool,
) -> Result<Option<i64>, Fault> {
    while at != end {
        if vm.is_tired() {
            return Ok(Some(at));
        }
        let part = (end - at).abs().min(MOVED_AT_ONCE);
        vm.spend(part as usize / 2 + 1);
        for _ in 0..part {
            let from = if up { at - 1 } else { at + 1 };
            let value = element(table, from);
            set_element(vm, table, at, value)?;
            at = from;
        }
    }
    Ok(None)
}

fn insert(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    if call.phase == 0 {
        let end = table.border() as i64 + 1;
        let place = match call.count {
            2 => end,
            3 => i64::from(vm.check_integer(call, 2)? as i32),
            _ => return Err(vm.error(b"wrong number of arguments to 'insert'")),
        };
        let end = end.max(place);
        vm.put_state(call, Box::new((end, place)));
    }
    let Some(state) = vm.take_state::<(i64, i64)>(call) else {
        return Ok(Next::Return(0));
    };
    let (end, place) = *state;
    if let Some(at) = shift(vm, table, end, place, true)? {
        vm.put_state(call, Box::new((at, place)));
        return Ok(Next::Pause(1));
    }
    let value = vm.arg(call, call.count);
    set_element(vm, table, place, value)?;
    Ok(Next::Return(0))
}

fn remove(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    let (start, end) = if call.phase == 0 {
        let end = table.border() as i64;
        let place = int_or(vm, call, 2, end)?;
        if !(1..=end).contains(&place) {
            return Ok(Next::Return(0));
        }
        vm.push(element(table, place))?;
        (place, end)
    } else {
        vm.take_state::<(i64, i64)>(call)
            .map_or((1, 1), |state| *state)
    };
    if let Some(at) = shift(vm, table, start, end, false)? {
        vm.put_state(call, Box::new((at, end)));
        return Ok(Next::Pause(1));
    }
    set_element(vm, table, end, Value::Nil)?;
    let removed = vm.local(call, 0);
    vm.give(removed)
}

/// Where a concatenation is.
struct Concat {
    out: Vec<u8>,
    at: i64,
    last: i64,
}

fn concat(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let separator = match vm.arg(call, 2) {
        Value::Nil => &b""[..],
        _ => vm.check_string(call, 2)?.live_bytes(),
    };
    let table = vm.check_table(call, 1)?;
    let mut state = match vm.take_state::<Concat>(call) {
        Some(state) => *state,
        None => {
            let at = int_or(vm, call, 3, 1)?;
            let border = table.border() as i64;
            let last = int_or(vm, call, 4, border)?;
            let out = take_buffer(vm);
            Concat { out, at, last }
        }
    };
    while state.at <= state.last {
        if vm.is_tired() {
            vm.put_state(call, Box::new(state));
            return Ok(Next::Pause(1));
        }
        let mut buffer = [0; number::TEXT_LEN_MAX];
        let value = element(table, state.at);
        let text = match value {
            Value::Str(text) => text.live_bytes(),
            Value::Number(value) => number::write(value, &mut buffer),
            other => {
                let mut words = b"invalid value (".to_vec();
                words.extend_from_slice(other.type_name().as_bytes());
                words.extend_from_slice(b") at index ");
                crate::names::push_integer(&mut words, state.at);
                words.extend_from_slice(b" in table for 'concat'");
                return Err(vm.error(&words));
            }
        };
        vm.spend(1 + (text.len() + separator.len()) / 64);
        append(&vm.heap, &mut state.out, text)?;
        if state.at != state.last {
            append(&vm.heap, &mut state.out, separator)?;
        }
        state.at += 1;
    }
    vm.spend(state.out.len() / 64);
    let given = vm.give_string(&state.out);
    give_buffer(vm, state.out);
    given
}

fn getn(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    vm.give(Value::Number(table.border() as f64))
}

fn setn(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    vm.check_table(call, 1)?;
    Err(vm.error(b"'setn' is obsolete"))
}

/// The pair behind that with this key.
fn next(vm: &mut Vm, table: Gc<Table>, key: Value) -> Result<Option<(Value, Value)>, Fault> {
    match table.next(key) {
        Some(pair) => Ok(pair),
        None => Err(vm.raise_text(b"invalid key to 'next'")),
    }
}

fn maxn(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    if call.phase == 0 {
        vm.push(Value::Nil)?;
        vm.push(Value::Number(0.0))?;
    }
    let (mut key, mut greatest) = (vm.local(call, 0), vm.local(call, 1));
    while let Some((found, _)) = next(vm, table, key)? {
        key = found;
        if let (Value::Number(found), Value::Number(most)) = (found, greatest)
            && found > most
        {
            greatest = Value::Number(found);
        }
        vm.spend(1);
        if vm.is_tired() {
            vm.set_local(call, 0, key);
            vm.set_local(call, 1, greatest);
            return Ok(Next::Pause(1));
        }
    }
    vm.give(greatest)
}

/// A call of the second argument with a pair.
fn with_pair(vm: &mut Vm, call: Call, key: Value, value: Value) -> Result<Next, Fault> {
    let function = vm.arg(call, 2);
    vm.push(function)?;
    vm.push(key)?;
    vm.push(value)?;
    Ok(Next::Call {
        args: 2,
        results: 1,
        phase: 1,
    })
}

fn foreach(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    vm.check_function(call, 2)?;
    if call.phase == 0 {
        vm.push(Value::Nil)?;
    } else {
        let result = vm.pop();
        if !result.is_nil() {
            return vm.give(result);
        }
    }
    let key = vm.local(call, 0);
    match next(vm, table, key)? {
        Some((key, value)) => {
            vm.set_local(call, 0, key);
            with_pair(vm, call, key, value)
        }
        None => Ok(Next::Return(0)),
    }
}

fn foreachi(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    vm.check_function(call, 2)?;
    if call.phase == 0 {
        vm.push(Value::Number(table.border() as f64))?;
        vm.push(Value::Number(0.0))?;
    } else {
        let result = vm.pop();
        if !result.is_nil() {
            return vm.give(result);
        }
    }
    let (Value::Number(last), Value::Number(at)) = (vm.local(call, 0), vm.local(call, 1)) else {
        return Ok(Next::Return(0));
    };
    if at >= last {
        return Ok(Next::Return(0));
    }
    let key = Value::Number(at + 1.0);
    vm.set_local(call, 1, key);
    with_pair(vm, call, key, table.get(key))
}
