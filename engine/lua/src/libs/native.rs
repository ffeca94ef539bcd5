//! The libraries as functions of this crate's machine: its side of [`libs::Machine`](super::Machine), and how a call gets to
//! a library and back.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Call as LibCall, Fail, Machine, View, bit, cjson, cmsgpack, structs};
use crate::fault::Fault;
use crate::heap::Gc;
use crate::native::{Call, NativeFn, Next};
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// Arguments that need no allocation.
const FEW: usize = 8;

/// Adds the libraries to a table, as its fields `bit`, `cjson`, `cmsgpack` and `struct`.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm, globals: Gc<Table>) -> Result<(), Fault> {
    let table = library(vm, &bit::FUNCTIONS, call_bit)?;
    vm.set_field(globals, "bit", Value::Table(table))?;
    let table = library(vm, &structs::FUNCTIONS, call_struct)?;
    vm.set_field(globals, "struct", Value::Table(table))?;
    let table = library(vm, &cmsgpack::FUNCTIONS, call_cmsgpack)?;
    for (name, text) in cmsgpack::CONSTANTS {
        set_text(vm, table, name, text)?;
    }
    vm.set_field(globals, "cmsgpack", Value::Table(table))?;
    let table = cjson_module(vm)?;
    vm.set_field(globals, "cjson", Value::Table(table))
}

fn set_text(vm: &mut Vm, table: Gc<Table>, name: &str, text: &str) -> Result<(), Fault> {
    let text = vm.heap.string(text.as_bytes())?;
    vm.set_field(table, name, Value::Str(text))
}

/// A table of functions that know which one they are by their number.
fn library<F>(vm: &mut Vm, functions: &[(&str, F)], call: NativeFn) -> Result<Gc<Table>, Fault> {
    let table = vm.heap.table()?;
    for (number, (name, _)) in functions.iter().enumerate() {
        let function = vm.function(call, Box::new([Value::Light(number)]))?;
        vm.set_field(table, name, function)?;
    }
    Ok(table)
}

/// The number of the function that is called.
fn number(call: Call) -> usize {
    match call.native.upvals.first() {
        Some(Value::Light(number)) => *number,
        _ => 0,
    }
}

fn call_bit(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    serve(vm, call, |inner| {
        bit::run(bit::FUNCTIONS[number(call)].1, inner)
    })
}

fn call_struct(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    serve(vm, call, |inner| {
        structs::run(structs::FUNCTIONS[number(call)].1, inner)
    })
}

fn call_cmsgpack(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    serve(vm, call, |inner| {
        cmsgpack::run(cmsgpack::FUNCTIONS[number(call)].1, inner)
    })
}

/// A module `cjson` with options of its own, which are numbers in a table that its functions share.
fn cjson_module(vm: &mut Vm) -> Result<Gc<Table>, Fault> {
    let module = vm.heap.table()?;
    let options = vm.heap.table()?;
    write_options(vm, options, &cjson::Config::default())?;
    for (number, (name, _)) in cjson::FUNCTIONS.iter().enumerate() {
        let upvals = [Value::Light(number), Value::Table(options)];
        let function = vm.function(call_cjson, Box::new(upvals))?;
        vm.set_field(module, name, function)?;
    }
    let new = vm.function(new_cjson, Box::default())?;
    vm.set_field(module, "new", new)?;
    vm.set_field(module, "null", Value::Light(0))?;
    set_text(vm, module, "_NAME", cjson::NAME)?;
    set_text(vm, module, "_VERSION", cjson::VERSION)?;
    Ok(module)
}

fn new_cjson(vm: &mut Vm, _: Call) -> Result<Next, Fault> {
    let module = cjson_module(vm)?;
    vm.give(Value::Table(module))
}

fn call_cjson(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let Some(Value::Table(options)) = call.native.upvals.get(1).copied() else {
        return Ok(Next::Return(0));
    };
    let mut config = read_options(options);
    let before = config;
    let next = serve(vm, call, |inner| {
        cjson::run(cjson::FUNCTIONS[number(call)].1, &mut config, inner)
    });
    if config != before {
        write_options(vm, options, &config)?;
    }
    next
}

fn read_options(options: Gc<Table>) -> cjson::Config {
    let number = |index| match options.get_index(index) {
        Value::Number(number) => number as i32,
        _ => 0,
    };
    cjson::Config {
        sparse_convert: number(1) != 0,
        sparse_ratio: number(2),
        sparse_safe: number(3),
        encode_depth: number(4),
        decode_depth: number(5),
        precision: number(6),
        keep_buffer: number(7) != 0,
        encode_invalid: match number(8) {
            0 => cjson::Invalid::Refuse,
            1 => cjson::Invalid::Write,
            _ => cjson::Invalid::Null,
        },
        decode_invalid: number(9) != 0,
    }
}

fn write_options(vm: &mut Vm, options: Gc<Table>, config: &cjson::Config) -> Result<(), Fault> {
    let numbers = [
        i32::from(config.sparse_convert),
        config.sparse_ratio,
        config.sparse_safe,
        config.encode_depth,
        config.decode_depth,
        config.precision,
        i32::from(config.keep_buffer),
        match config.encode_invalid {
            cjson::Invalid::Refuse => 0,
            cjson::Invalid::Write => 1,
            cjson::Invalid::Null => 2,
        },
        i32::from(config.decode_invalid),
    ];
    for (at, number) in numbers.into_iter().enumerate() {
        options.set_index(&mut vm.heap, at + 1, Value::Number(f64::from(number)))?;
    }
    Ok(())
}

/// Runs a function of a library for a call.
fn serve(
    vm: &mut Vm,
    call: Call,
    run: impl FnOnce(&mut LibCall<'_, Vm>) -> Result<(), Fail>,
) -> Result<Next, Fault> {
    let mut few = [Value::Nil; FEW];
    let many: Vec<Value>;
    let args = if call.count <= FEW {
        for (at, arg) in few[..call.count].iter_mut().enumerate() {
            *arg = vm.arg(call, at + 1);
        }
        &few[..call.count]
    } else {
        many = (1..=call.count).map(|at| vm.arg(call, at)).collect();
        &many
    };
    let mut results = core::mem::take(&mut vm.results);
    results.clear();
    let outcome = run(&mut LibCall {
        machine: vm,
        args,
        results: &mut results,
    });
    let next = match outcome {
        Ok(()) => give_all(vm, call, &results),
        Err(fail) => Err(fault_of(vm, call, fail, results.last().copied())),
    };
    vm.results = results;
    next
}

fn give_all(vm: &mut Vm, call: Call, results: &[Value]) -> Result<Next, Fault> {
    vm.need_stack(call, results.len(), "too many results to unpack")?;
    for value in results {
        vm.push(*value)?;
    }
    Ok(Next::Return(results.len()))
}

fn fault_of(vm: &mut Vm, call: Call, fail: Fail, last: Option<Value>) -> Fault {
    match fail {
        Fail::Text(words) => vm.error(&words),
        Fail::Plain(words) => vm.raise_text(words.as_bytes()),
        Fail::Argument(index, words) => vm.arg_error(call, index, &words),
        Fail::Raise => vm.raise(last.unwrap_or(Value::Nil)),
        Fail::OutOfMemory | Fail::Stopped => Fault::Memory,
    }
}

impl Machine for Vm {
    type Value = Value;

    fn view(&self, value: Value) -> View<'_> {
        match value {
            Value::Nil => View::Nil,
            Value::Bool(flag) => View::Bool(flag),
            Value::Number(number) => View::Number(number),
            Value::Str(text) => View::String(text.live_bytes()),
            Value::Table(_) => View::Table,
            Value::Light(0) => View::Null,
            other => View::Other(other.type_name()),
        }
    }

    fn nil(&self) -> Value {
        Value::Nil
    }

    fn boolean(&self, value: bool) -> Value {
        Value::Bool(value)
    }

    fn number(&self, value: f64) -> Value {
        Value::Number(value)
    }

    fn null(&self) -> Value {
        Value::Light(0)
    }

    fn string(&mut self, bytes: &[u8]) -> Result<Value, Fail> {
        let made = self.heap.string(bytes);
        made.map(Value::Str).map_err(|_| Fail::OutOfMemory)
    }

    fn table(&mut self) -> Result<Value, Fail> {
        let made = self.heap.table();
        made.map(Value::Table).map_err(|_| Fail::OutOfMemory)
    }

    fn set(&mut self, table: Value, key: Value, value: Value) -> Result<(), Fail> {
        let Value::Table(table) = table else {
            return Ok(());
        };
        let set = table.set(&mut self.heap, key, value);
        set.map_err(|_| Fail::OutOfMemory)
    }

    fn index(&self, table: Value, index: usize) -> Value {
        match table {
            Value::Table(table) => table.get_index(index),
            _ => Value::Nil,
        }
    }

    fn field(&self, table: Value, name: &[u8]) -> Value {
        match (table, self.heap.known(name)) {
            (Value::Table(table), Some(name)) => table.get_str(name),
            _ => Value::Nil,
        }
    }

    fn border(&self, table: Value) -> usize {
        match table {
            Value::Table(table) => table.border(),
            _ => 0,
        }
    }

    fn next(&self, table: Value, key: Value) -> Option<(Value, Value)> {
        match table {
            Value::Table(table) => table.next(key).flatten(),
            _ => None,
        }
    }

    fn spend(&mut self, units: usize) -> Result<(), Fail> {
        Vm::spend(self, units);
        Ok(())
    }

    fn scratch(&mut self, bytes: usize) -> Result<(), Fail> {
        self.heap.allows(bytes).map_err(|_| Fail::OutOfMemory)
    }
}
