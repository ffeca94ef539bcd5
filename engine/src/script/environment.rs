//! What scripts and functions see when they look for a global: the libraries, the table `redis`, and nothing that could
//! outlive the run or reach the machine. Knows nothing of how they run.

use alloc::boxed::Box;

use hyla_lua::heap::{Gc, Str};
use hyla_lua::native::{Call, FAILED, Next, host};
use hyla_lua::table::Table;
use hyla_lua::{Fault, Value, Vm, stdlib};

use super::api;
use crate::observe::facts::REDIS_VERSION;

/// What the embedder is called for beyond [`api::FUNCTIONS`]: `redis.register_function`.
pub(super) const REGISTER: u32 = 100;

/// The globals of Lua's own that are kept.
const KEPT: [&str; 28] = [
    "_VERSION",
    "assert",
    "bit",
    "cjson",
    "cmsgpack",
    "collectgarbage",
    "coroutine",
    "error",
    "gcinfo",
    "getmetatable",
    "ipairs",
    "load",
    "loadstring",
    "math",
    "next",
    "pairs",
    "pcall",
    "rawequal",
    "rawget",
    "rawset",
    "select",
    "setmetatable",
    "string",
    "struct",
    "table",
    "tonumber",
    "tostring",
    "type",
];
const KEPT_TOO: [&str; 2] = ["unpack", "xpcall"];

/// Functions of `redis` that only scripts have.
const OF_SCRIPTS: [api::Redis; 3] = [
    api::Redis::ReplicateCommands,
    api::Redis::Breakpoint,
    api::Redis::Debug,
];

/// The globals.
pub(super) struct Environment {
    /// Of scripts.
    pub(super) scripts: Gc<Table>,
    /// Of libraries and their functions: an empty table whose metatable leads to one of the following.
    pub(super) libraries: Gc<Table>,
    /// What leads there.
    lead: Gc<Table>,
    /// What a library sees while it is loaded.
    loading: Gc<Table>,
    /// What its functions see.
    running: Gc<Table>,
    /// Calls a function and gives whether it ended well, and its result or that table.
    pub(super) runner: Value,
    /// The names of the globals that a script finds its keys and its other arguments in.
    pub(super) keys: Gc<Str>,
    pub(super) args: Gc<Str>,
}

impl Environment {
    /// Fills a machine.
    ///
    /// # Errors
    /// No memory.
    pub(super) fn new(vm: &mut Vm) -> Result<Environment, Fault> {
        stdlib::open(vm)?;
        let all = vm.globals;
        stdlib::scripts::open(vm)?;
        for name in [
            "string",
            "table",
            "math",
            "coroutine",
            "bit",
            "cjson",
            "cmsgpack",
            "struct",
        ] {
            if let Value::Table(mut library) = field(vm, all, name)? {
                library.set_read_only(true);
            }
        }
        let text = vm.heap.string(b"")?;
        if let Some(mut meta) = vm.metatable(Value::Str(text)) {
            meta.set_read_only(true);
        }
        let refuse = vm.function(refuse_global, Box::default())?;
        let missing = guard(vm, refuse)?;
        let handler = vm.function(note_place, Box::default())?;

        // What it catches is the text of an error that has one.
        vm.register(all, &[("pcall", pcall)])?;
        let scripts = kept(vm, all)?;
        let redis = redis_table(vm, true)?;
        vm.set_field(scripts, "redis", Value::Table(redis))?;
        vm.set_field(scripts, "__redis__err__handler", handler)?;
        protect(vm, scripts, missing);

        let running = kept(vm, all)?;
        let redis = redis_table(vm, false)?;
        vm.set_field(running, "redis", Value::Table(redis))?;
        protect(vm, running, missing);
        // Functions of libraries learn of what is missing in `redis` by its being nil.
        let loading = vm.heap.table()?;
        let redis = loading_table(vm)?;
        protect(vm, redis, missing);
        vm.set_field(loading, "redis", Value::Table(redis))?;
        protect(vm, loading, missing);

        let libraries = vm.heap.table()?;
        let lead = guard(vm, Value::Table(running))?;
        protect(vm, libraries, lead);
        let runner = vm.function(run_protected, Box::new([handler]))?;
        let environment = Environment {
            scripts,
            libraries,
            lead,
            loading,
            running,
            runner,
            keys: vm.intern("KEYS")?,
            args: vm.intern("ARGV")?,
        };
        let kept = [
            Value::Table(scripts),
            Value::Table(libraries),
            Value::Table(loading),
            Value::Table(running),
            runner,
            refuse,
        ];
        let registry = vm.registry;
        for (at, value) in kept.into_iter().enumerate() {
            // Functions have the indexes from 1 on.
            let key = Value::Number(-1.0 - at as f64);
            registry.set(&mut vm.heap, key, value)?;
        }
        Ok(environment)
    }

    /// From now on libraries see what they may use while they are loaded, or what their functions may use.
    ///
    /// # Errors
    /// No memory.
    pub(super) fn set_loading(&self, vm: &mut Vm, on: bool) -> Result<(), Fault> {
        let target = if on { self.loading } else { self.running };
        vm.set_field(self.lead, "__index", Value::Table(target))
    }
}

fn field(vm: &mut Vm, table: Gc<Table>, name: &str) -> Result<Value, Fault> {
    let name = vm.heap.string(name.as_bytes())?;
    Ok(table.get_str(name))
}

/// A metatable, protected, with this `__index`.
fn guard(vm: &mut Vm, index: Value) -> Result<Gc<Table>, Fault> {
    let mut meta = vm.heap.table()?;
    vm.set_field(meta, "__index", index)?;
    meta.set_read_only(true);
    Ok(meta)
}

fn protect(vm: &mut Vm, mut table: Gc<Table>, meta: Gc<Table>) {
    vm.set_metatable(table, meta);
    table.set_read_only(true);
}

/// A table with the globals that are kept, and itself as `_G`.
fn kept(vm: &mut Vm, all: Gc<Table>) -> Result<Gc<Table>, Fault> {
    let table = vm.heap.table()?;
    for name in KEPT.into_iter().chain(KEPT_TOO) {
        let value = field(vm, all, name)?;
        vm.set_field(table, name, value)?;
    }
    vm.set_field(table, "_G", Value::Table(table))?;
    Ok(table)
}

fn set_function(vm: &mut Vm, table: Gc<Table>, name: &str, number: usize) -> Result<(), Fault> {
    let function = vm.function(host, Box::new([Value::Light(number)]))?;
    vm.set_field(table, name, function)
}

fn set_version(vm: &mut Vm, table: Gc<Table>) -> Result<(), Fault> {
    let parts = REDIS_VERSION.split('.');
    let number = parts.fold(0, |sum, part| sum << 8 | part.parse().unwrap_or(0));
    vm.set_field(table, "REDIS_VERSION_NUM", Value::Number(f64::from(number)))?;
    let text = vm.heap.string(REDIS_VERSION.as_bytes())?;
    vm.set_field(table, "REDIS_VERSION", Value::Str(text))
}

/// What is in the table `redis`, in the order in which Redis puts it there: that of `pairs` follows from it.
const NAMES: [&str; 23] = [
    "call",
    "pcall",
    "log",
    "LOG_DEBUG",
    "LOG_VERBOSE",
    "LOG_NOTICE",
    "LOG_WARNING",
    "REDIS_VERSION_NUM",
    "REDIS_VERSION",
    "setresp",
    "error_reply",
    "status_reply",
    "sha1hex",
    "set_repl",
    "REPL_NONE",
    "REPL_AOF",
    "REPL_SLAVE",
    "REPL_REPLICA",
    "REPL_ALL",
    "acl_check_cmd",
    "breakpoint",
    "debug",
    "replicate_commands",
];

/// The table `redis` of scripts or of functions.
fn redis_table(vm: &mut Vm, of_scripts: bool) -> Result<Gc<Table>, Fault> {
    let mut table = vm.heap.table()?;
    for name in NAMES {
        let function = api::FUNCTIONS.iter().position(|known| known.0 == name);
        let number = api::NUMBERS.iter().find(|known| known.0 == name);
        match (function, number) {
            (Some(at), _) if of_scripts || !OF_SCRIPTS.contains(&api::FUNCTIONS[at].1) => {
                set_function(vm, table, name, at)?;
            }
            (_, Some((_, number))) => vm.set_field(table, name, Value::Number(*number))?,
            (None, None) => set_version(vm, table)?,
            _ => {}
        }
    }
    table.set_read_only(true);
    Ok(table)
}

/// The table `redis` of a library that is being loaded.
fn loading_table(vm: &mut Vm) -> Result<Gc<Table>, Fault> {
    let table = vm.heap.table()?;
    for (number, (name, function)) in api::FUNCTIONS.into_iter().enumerate() {
        if function == api::Redis::Log {
            set_function(vm, table, name, number)?;
        }
    }
    set_function(vm, table, "register_function", REGISTER as usize)?;
    for (name, number) in api::NUMBERS {
        if name.starts_with("LOG_") {
            vm.set_field(table, name, Value::Number(number))?;
        }
    }
    set_version(vm, table)?;
    Ok(table)
}

/// `__index` of the globals: none is created by asking for it.
fn refuse_global(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let name = vm.check_string(call, 2)?;
    let mut words = b"Script attempted to access nonexistent global variable '".to_vec();
    words.extend_from_slice(name.bytes());
    words.push(b'\'');
    Err(vm.error(&words))
}

/// `pcall` that catches an error's text in place of a table with one.
fn pcall(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    match call.phase {
        0 => {
            vm.check_any(call, 1)?;
            Ok(Next::Protect {
                args: call.count - 1,
                handler: false,
                phase: 1,
            })
        }
        FAILED => {
            let mut error = vm.pop();
            if let Value::Table(table) = error
                && let text @ Value::Str(_) = field(vm, table, "err")?
            {
                error = text;
            }
            vm.push(Value::Bool(false))?;
            vm.push(error)?;
            Ok(Next::Return(2))
        }
        _ => {
            vm.insert(call, 0, Value::Bool(true))?;
            Ok(Next::Return(vm.above(call)))
        }
    }
}

/// The handler of errors: a table with `err`, and the chunk and line as `source` and `line`.
fn note_place(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    // A function of the host that has raised it is not a place.
    let place = vm.line_at(1).or_else(|| vm.line_at(2));
    let error = vm.arg(call, 1);
    let table = match error {
        Value::Table(table) => table,
        other => {
            let mut text = b"ERR ".to_vec();
            match other {
                Value::Str(words) => text.extend_from_slice(words.bytes()),
                Value::Number(number) => {
                    text.extend_from_slice(vm.number_text(number)?.bytes());
                }
                Value::Bool(true) => text.extend_from_slice(b"true"),
                Value::Bool(false) => text.extend_from_slice(b"false"),
                other => text.extend_from_slice(other.type_name().as_bytes()),
            }
            let table = vm.heap.table()?;
            let text = vm.heap.string(&text)?;
            vm.set_field(table, "err", Value::Str(text))?;
            table
        }
    };
    if let Some((source, line)) = place
        && !table.is_read_only()
    {
        vm.set_field(table, "source", Value::Str(source))?;
        vm.set_field(table, "line", Value::Number(f64::from(line)))?;
    }
    vm.give(Value::Table(table))
}

/// Calls its first argument with the others, under [`note_place`].
fn run_protected(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    match call.phase {
        0 => {
            let handler = call.own(0);
            vm.insert(call, 0, handler)?;
            Ok(Next::Protect {
                args: call.count - 1,
                handler: true,
                phase: 1,
            })
        }
        FAILED => {
            let error = vm.pop();
            vm.push(Value::Bool(false))?;
            vm.push(error)?;
            Ok(Next::Return(2))
        }
        _ => {
            // The handler stands below the results; only the first of them counts.
            let count = vm.above(call);
            let first = if count > 1 {
                vm.peek(count - 2)
            } else {
                Value::Nil
            };
            vm.push(Value::Bool(true))?;
            vm.push(first)?;
            Ok(Next::Return(2))
        }
    }
}
