//! The library `string`: what needs no patterns.

mod find;
mod format;
mod gsub;

use alloc::vec::Vec;

use crate::fault::Fault;
use crate::heap::Heap;
use crate::native::{Call, Next};
use crate::value::Value;
use crate::vm::Vm;

/// Adds the library to the globals, and to strings as their methods.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    let table = vm.heap.table()?;
    vm.register(
        table,
        &[
            ("byte", byte),
            ("char", char),
            ("dump", dump),
            ("find", find::find),
            ("format", format::format),
            ("gfind", find::gmatch),
            ("gmatch", find::gmatch),
            ("gsub", gsub::gsub),
            ("len", len),
            ("lower", lower),
            ("match", find::r#match),
            ("rep", rep),
            ("reverse", reverse),
            ("sub", sub),
            ("upper", upper),
        ],
    )?;
    let name = vm.heap.string(b"gmatch")?;
    let gmatch = table.get_str(name);
    vm.set_field(table, "gfind", gmatch)?;
    let globals = vm.globals;
    vm.set_field(globals, "string", Value::Table(table))?;
    let meta = vm.heap.table()?;
    vm.set_field(meta, "__index", Value::Table(table))?;
    vm.set_string_metatable(meta);
    Ok(())
}

/// Buffers beyond this are not kept for the next use.
const KEPT_BUFFER_BYTES: usize = 1 << 16;

/// Makes room in a buffer: by doubling, as far as the machine's memory allows.
fn reserve(heap: &Heap, out: &mut Vec<u8>, more: usize) -> Result<(), Fault> {
    if out.capacity() - out.len() >= more {
        return Ok(());
    }
    let wanted = (out.len() + more).max(out.capacity() * 2);
    // The string that is made of it in the end needs as much again.
    heap.allows(out.len() + more + wanted)?;
    let reserved = out.try_reserve_exact(wanted - out.len());
    reserved.map_err(|_| Fault::Memory)
}

/// Appends to a buffer.
pub(super) fn append(heap: &Heap, out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Fault> {
    reserve(heap, out, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// The machine's buffer, empty. [`give_buffer`] gives it back.
pub(super) fn take_buffer(vm: &mut Vm) -> Vec<u8> {
    let mut buffer = core::mem::take(&mut vm.buffer);
    buffer.clear();
    buffer
}

/// Gives the machine a buffer for the next time.
pub(super) fn give_buffer(vm: &mut Vm, buffer: Vec<u8>) {
    if buffer.capacity() <= KEPT_BUFFER_BYTES {
        vm.buffer = buffer;
    }
}

/// Gives what is in a buffer as the one result.
fn give(vm: &mut Vm, buffer: Vec<u8>) -> Result<Next, Fault> {
    vm.spend(buffer.len() / 64);
    let given = vm.give_string(&buffer);
    give_buffer(vm, buffer);
    given
}

/// A place in a string of `len` bytes: negative ones count from the end. Not below 0.
fn position(at: i64, len: usize) -> i64 {
    if at >= 0 {
        at
    } else {
        at.saturating_add(len as i64 + 1).max(0)
    }
}

fn len(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let text = vm.check_string(call, 1)?;
    vm.give(Value::Number(text.bytes().len() as f64))
}

fn sub(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let text = vm.check_string(call, 1)?.live_bytes();
    let start = position(vm.check_integer(call, 2)?, text.len()).max(1);
    let end = position(vm.integer_or(call, 3, -1)?, text.len()).min(text.len() as i64);
    if start > end {
        return vm.give_string(b"");
    }
    let part = &text[start as usize - 1..end as usize];
    vm.spend(part.len() / 64);
    vm.give_string(part)
}

/// Gives a copy of the argument with every byte changed.
fn mapped(vm: &mut Vm, call: Call, map: fn(&mut [u8])) -> Result<Next, Fault> {
    let text = vm.check_string(call, 1)?.live_bytes();
    let mut out = take_buffer(vm);
    append(&vm.heap, &mut out, text)?;
    map(&mut out);
    vm.spend(text.len() / 16);
    give(vm, out)
}

fn upper(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    mapped(vm, call, <[u8]>::make_ascii_uppercase)
}

fn lower(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    mapped(vm, call, <[u8]>::make_ascii_lowercase)
}

fn reverse(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    mapped(vm, call, <[u8]>::reverse)
}

fn rep(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let text = vm.check_string(call, 1)?.live_bytes();
    let times = vm.check_integer(call, 2)? as i32;
    let times = usize::try_from(times).unwrap_or(0);
    let total = text.len().checked_mul(times).ok_or(Fault::Memory)?;
    let mut out = take_buffer(vm);
    reserve(&vm.heap, &mut out, total)?;
    vm.spend(total / 64);
    if let [byte] = text {
        out.resize(total, *byte);
    } else if total > 0 {
        out.extend_from_slice(text);
        while out.len() < total {
            let more = out.len().min(total - out.len());
            out.extend_from_within(..more);
        }
    }
    give(vm, out)
}

fn byte(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let text = vm.check_string(call, 1)?.live_bytes();
    let first = position(vm.integer_or(call, 2, 1)?, text.len());
    let last = position(vm.integer_or(call, 3, first)?, text.len()).min(text.len() as i64);
    let first = first.max(1);
    if first > last {
        return Ok(Next::Return(0));
    }
    let part = &text[first as usize - 1..last as usize];
    if part.len() > 1 {
        vm.need_stack(call, part.len(), "string slice too long")?;
        vm.spend(part.len() / 8);
    }
    for byte in part {
        vm.push(Value::Number(f64::from(*byte)))?;
    }
    Ok(Next::Return(part.len()))
}

fn char(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let mut out = take_buffer(vm);
    reserve(&vm.heap, &mut out, call.count)?;
    vm.spend(call.count / 8);
    for index in 1..=call.count {
        let Ok(byte) = u8::try_from(vm.check_integer(call, index)? as i32) else {
            return Err(vm.arg_error(call, index, b"invalid value"));
        };
        out.push(byte);
    }
    give(vm, out)
}

/// There is no bytecode to give.
fn dump(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    vm.check_function(call, 1)?;
    Err(vm.error(b"unable to dump given function"))
}
