//! `redis.register_function`: what a library says of a function while it is loaded.

use alloc::vec::Vec;

use hyla_lua::libs::{Call, Fail, Machine, View};
use hyla_lua::{Value, Vm};

use super::convert::error_table;
use super::shebang::{ScriptFlags, is_name};

/// A function that a library has registered.
pub(super) struct Registered {
    pub(super) name: Vec<u8>,
    pub(super) description: Option<Vec<u8>>,
    pub(super) flags: ScriptFlags,
    pub(super) callback: Value,
}

/// Ends the call with an error table.
fn raise(call: &mut Call<'_, Vm>, text: &[u8]) -> Fail {
    let made = error_table(call.machine, text, false);
    match made.and_then(|error| call.push(error)) {
        Ok(()) => Fail::Raise,
        Err(fail) => fail,
    }
}

/// Takes a function's name and callback, or a table with those and more.
///
/// # Errors
/// What is wrong with them, as a table with `err`.
pub(super) fn register(call: &mut Call<'_, Vm>, found: &mut Vec<Registered>) -> Result<(), Fail> {
    let read = match call.args {
        [table] => named(call.machine, *table),
        [name, callback] => positional(call.machine, *name, *callback),
        _ => Err("ERR wrong number of arguments to redis.register_function"),
    };
    let registered = match read {
        Ok(registered) => registered,
        Err(text) => return Err(raise(call, text.as_bytes())),
    };
    if !is_name(&registered.name) {
        let text = b"ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one \
                     character long";
        return Err(raise(call, text));
    }
    if found.iter().any(|known| known.name == registered.name) {
        return Err(raise(call, b"ERR Function already exists in the library"));
    }
    // The registry keeps it alive, under its name, until the library has been run.
    let registry = call.machine.registry;
    let key = Value::Str(
        call.machine
            .heap
            .string(&registered.name)
            .map_err(|_| Fail::OutOfMemory)?,
    );
    registry
        .set(&mut call.machine.heap, key, registered.callback)
        .map_err(|_| Fail::OutOfMemory)?;
    found.try_reserve(1)?;
    found.push(registered);
    Ok(())
}

/// A string, numbers included.
fn text(vm: &Vm, value: Value) -> Option<Vec<u8>> {
    let mut buffer = [0; hyla_lua::text::number::TEXT_LEN_MAX];
    let text = match vm.view(value) {
        View::String(text) => text,
        View::Number(number) => hyla_lua::text::number::write(number, &mut buffer),
        _ => return None,
    };
    Some(text.to_vec())
}

fn is_function(vm: &Vm, value: Value) -> bool {
    vm.view(value) == View::Other("function")
}

fn positional(vm: &Vm, name: Value, callback: Value) -> Result<Registered, &'static str> {
    let Some(name) = text(vm, name) else {
        return Err("ERR first argument to redis.register_function must be a string");
    };
    if !is_function(vm, callback) {
        return Err("ERR second argument to redis.register_function must be a function");
    }
    Ok(Registered {
        name,
        description: None,
        flags: ScriptFlags::default(),
        callback,
    })
}

fn named(vm: &Vm, table: Value) -> Result<Registered, &'static str> {
    if vm.view(table) != View::Table {
        return Err(
            "ERR calling redis.register_function with a single argument is only applicable to Lua table \
                    (representing named arguments).",
        );
    }
    let (mut name, mut description, mut flags, mut callback) =
        (None, None, ScriptFlags::default(), None);
    let mut key = Value::Nil;
    while let Some((next, value)) = vm.next(table, key) {
        key = next;
        let View::String(field) = vm.view(key) else {
            return Err("ERR named argument key given to redis.register_function is not a string");
        };
        match field {
            b"function_name" => {
                let given = text(vm, value);
                name = Some(given.ok_or(
                    "ERR function_name argument given to redis.register_function must be a string",
                )?);
            }
            b"description" => {
                let given = text(vm, value);
                description = Some(given.ok_or(
                    "ERR description argument given to redis.register_function must be a string",
                )?);
            }
            b"callback" => {
                if !is_function(vm, value) {
                    return Err(
                        "ERR callback argument given to redis.register_function must be a function",
                    );
                }
                callback = Some(value);
            }
            b"flags" => {
                if vm.view(value) != View::Table {
                    return Err(
                        "ERR flags argument to redis.register_function must be a table \
                                representing function flags",
                    );
                }
                flags = read_flags(vm, value)?;
            }
            _ => return Err("ERR unknown argument given to redis.register_function"),
        }
    }
    Ok(Registered {
        name: name.ok_or("ERR redis.register_function must get a function name argument")?,
        description,
        flags,
        callback: callback.ok_or("ERR redis.register_function must get a callback argument")?,
    })
}

fn read_flags(vm: &Vm, table: Value) -> Result<ScriptFlags, &'static str> {
    let mut flags = ScriptFlags::default();
    let mut at = 1;
    loop {
        match vm.view(vm.index(table, at)) {
            View::Nil => return Ok(flags),
            View::String(name) => {
                let flag = ScriptFlags::named(name).ok_or("ERR unknown flag given")?;
                flags = flags.with(flag);
            }
            _ => return Err("ERR unknown flag given"),
        }
        at += 1;
    }
}
