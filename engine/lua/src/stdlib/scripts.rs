//! The libraries that Redis gives to its scripts, as globals: `bit`, `cjson`, `cmsgpack` and `struct`. What each
//! function does is in [`crate::libs`].

use alloc::boxed::Box;

use crate::fault::Fault;
use crate::libs::{Machine, bit, cjson, cmsgpack, structs};
use crate::native::{Call, NativeFn, Next};
use crate::value::Value;
use crate::vm::Vm;

/// The number that a function of these libraries keeps as its first value: its place in its list.
fn place(call: Call) -> usize {
    match call.native.upvals.first() {
        Some(Value::Number(place)) => *place as usize,
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

/// A library with these names, all of which `run` runs.
fn library<'a>(
    vm: &mut Vm,
    name: &str,
    functions: impl Iterator<Item = &'a str>,
    run: NativeFn,
) -> Result<Value, Fault> {
    let table = vm.heap.table()?;
    for (place, function) in functions.enumerate() {
        let value = vm.function(run, Box::new([Value::Number(place as f64)]))?;
        vm.set_field(table, function, value)?;
    }
    let globals = vm.globals;
    vm.set_field(globals, name, Value::Table(table))?;
    Ok(Value::Table(table))
}

/// Configurations of `cjson` that there may be.
const CONFIGS_MAX: usize = 10_000;

/// The configuration that a function of `cjson` works with: the second of its values.
fn config_place(call: Call) -> usize {
    match call.native.upvals.get(1) {
        Some(Value::Number(place)) => *place as usize,
        _ => 0,
    }
}

fn run_cjson(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let function = cjson::FUNCTIONS[place(call)].1;
    let at = config_place(call);
    let mut config = vm.cjson[at];
    let next = vm.run_library(call, |call| cjson::run(function, &mut config, call));
    vm.cjson[at] = config;
    next
}

fn new_cjson(vm: &mut Vm, _: Call) -> Result<Next, Fault> {
    let module = cjson_module(vm)?;
    vm.give(module)
}

/// A module of `cjson`, with options of its own.
fn cjson_module(vm: &mut Vm) -> Result<Value, Fault> {
    if vm.cjson.len() >= CONFIGS_MAX {
        return Err(Fault::Memory);
    }
    let table = vm.heap.table()?;
    let config = Value::Number(vm.cjson.len() as f64);
    for (place, (name, _)) in cjson::FUNCTIONS.iter().enumerate() {
        let upvals = Box::new([Value::Number(place as f64), config]);
        let value = vm.function(run_cjson, upvals)?;
        vm.set_field(table, name, value)?;
    }
    vm.register(table, &[("new", new_cjson)])?;
    let null = vm.null();
    vm.set_field(table, "null", null)?;
    for (name, text) in [("_NAME", cjson::NAME), ("_VERSION", cjson::VERSION)] {
        let text = vm.heap.string(text.as_bytes())?;
        vm.set_field(table, name, Value::Str(text))?;
    }
    vm.cjson.push(cjson::Config::default());
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
    library(vm, "struct", names, run_struct)?;
    let names = cmsgpack::FUNCTIONS.iter().map(|function| function.0);
    if let Value::Table(table) = library(vm, "cmsgpack", names, run_cmsgpack)? {
        for (name, text) in cmsgpack::CONSTANTS {
            let text = vm.heap.string(text.as_bytes())?;
            vm.set_field(table, name, Value::Str(text))?;
        }
    }
    let names = bit::FUNCTIONS.iter().map(|function| function.0);
    library(vm, "bit", names, run_bit).map(|_| ())
}
