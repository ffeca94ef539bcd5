//! The libraries that Redis gives to its scripts, as globals: `bit`, `cjson`, `cmsgpack` and `struct`. What each
//! function does is in [`crate::libs`].

use alloc::boxed::Box;

use crate::fault::Fault;
use crate::heap::Gc;
use crate::libs::{Machine, bit, cjson, cmsgpack, structs};
use crate::native::{Call, NativeFn, Next};
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// The number that a function of these libraries keeps as its first value: its place in its list.
fn place(call: Call) -> usize {
    match call.own(0) {
        Value::Number(place) => place as usize,
        _ => 0,
    }
}

fn run_bit(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let function = bit::FUNCTIONS[place(call)].1;
    vm.run_library(call, |call| bit::run(function, call))
}

fn run_struct(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let function = structs::FUNCTIONS[place(call)].1;
    vm.run_library(call, |call| structs::run(function, call))
}

fn run_cmsgpack(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let function = cmsgpack::FUNCTIONS[place(call)].1;
    vm.run_library(call, |call| cmsgpack::run(function, call))
}

/// A library with these names, all of which `run` runs, in a table that has room for `room` of them from the start.
fn library<'a>(
    vm: &mut Vm,
    name: &str,
    room: usize,
    functions: impl Iterator<Item = &'a str>,
    run: NativeFn,
) -> Result<Value, Fault> {
    let mut table = vm.heap.table()?;
    table.resize(&mut vm.heap, 0, room)?;
    for (place, function) in functions.enumerate() {
        let value = vm.function(run, Box::new([Value::Number(place as f64)]))?;
        vm.set_field(table, function, value)?;
    }
    let globals = vm.globals;
    vm.set_field(globals, name, Value::Table(table))?;
    Ok(Value::Table(table))
}

/// The options of a module of `cjson`: numbers in a table that its functions share.
fn options_of(call: Call) -> Option<Gc<Table>> {
    match call.own(1) {
        Value::Table(options) => Some(options),
        _ => None,
    }
}

fn run_cjson(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let function = cjson::FUNCTIONS[place(call)].1;
    let Some(options) = options_of(call) else {
        return Ok(Next::Return(0));
    };
    let mut config = read_options(options);
    let before = config;
    let next = vm.run_library(call, |call| cjson::run(function, &mut config, call));
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

fn new_cjson(vm: &mut Vm, _: Call) -> Result<Next, Fault> {
    let module = cjson_module(vm)?;
    vm.give(module)
}

/// A module of `cjson`, with options of its own.
fn cjson_module(vm: &mut Vm) -> Result<Value, Fault> {
    let table = vm.heap.table()?;
    let options = vm.heap.table()?;
    write_options(vm, options, &cjson::Config::default())?;
    for (place, (name, _)) in cjson::FUNCTIONS.iter().enumerate() {
        let upvals = Box::new([Value::Number(place as f64), Value::Table(options)]);
        let value = vm.function(run_cjson, upvals)?;
        vm.set_field(table, name, value)?;
    }
    let new = vm.function(new_cjson, Box::default())?;
    vm.set_field(table, "new", new)?;
    let null = vm.null();
    vm.set_field(table, "null", null)?;
    for (name, text) in [("_NAME", cjson::NAME), ("_VERSION", cjson::VERSION)] {
        let text = vm.heap.string(text.as_bytes())?;
        vm.set_field(table, name, Value::Str(text))?;
    }
    Ok(Value::Table(table))
}

/// Adds the libraries to the globals.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    let module = cjson_module(vm)?;
    let globals = vm.globals;
    vm.set_field(globals, "cjson", module)?;
    let names = structs::FUNCTIONS.iter().map(|function| function.0);
    library(vm, "struct", structs::FUNCTIONS.len(), names, run_struct)?;
    let names = cmsgpack::FUNCTIONS.iter().map(|function| function.0);
    if let Value::Table(table) = library(vm, "cmsgpack", 0, names, run_cmsgpack)? {
        for (name, text) in cmsgpack::CONSTANTS {
            let text = vm.heap.string(text.as_bytes())?;
            vm.set_field(table, name, Value::Str(text))?;
        }
    }
    let names = bit::FUNCTIONS.iter().map(|function| function.0);
    library(vm, "bit", bit::FUNCTIONS.len(), names, run_bit).map(|_| ())
}
