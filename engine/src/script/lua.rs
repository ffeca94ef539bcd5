//! The engine's Lua machine: compiled scripts and functions by number, runs in slices of fuel, and what the machine asks
//! its embedder for on the way. Knows no command.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hyla_lua::libs::{Call, Fail, Machine, Pause, View};
use hyla_lua::{Fault, Outcome, Value, Vm};

use super::api::{self, Reach};
use super::convert;
use super::environment::{Environment, REGISTER};
use super::library::Function;
use super::registration;
use super::run::Failure;
use crate::error::{Error, Told};
use crate::resp::{Args, Reply};

/// Bytes that all objects of the machine may hold.
const MEMORY_MAX: usize = if usize::BITS > 32 { 1 << 30 } else { 1 << 28 };
/// Fuel for what a library does while it is loaded: about a second's work.
const LOADING_FUEL: i64 = 50_000_000;

/// A compiled script or a function that the machine keeps: its index in the machine's registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FunctionId(u32);

/// How far a run came.
pub(crate) enum Finished {
    /// To its end; the value is in the machine.
    Done,
    /// The fuel has run out.
    Suspended,
    /// To an error.
    Failed(Failure),
}

/// The machine with what it keeps.
pub(crate) struct Lua {
    vm: Vm,
    environment: Environment,
    /// Indexes of the registry that are free again.
    free: Vec<u32>,
    /// The first index that was never used.
    next: u32,
    args: Vec<Value>,
    results: Vec<Value>,
}

impl Lua {
    /// A machine with the libraries and the tables that scripts see, all of them protected.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn new() -> Result<Lua, Error> {
        let mut vm = Vm::new(MEMORY_MAX).map_err(no_memory)?;
        let environment = Environment::new(&mut vm).map_err(no_memory)?;
        Ok(Lua {
            vm,
            environment,
            free: Vec::new(),
            next: 1,
            args: Vec::new(),
            results: Vec::new(),
        })
    }

    /// Bytes that the machine's objects hold.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.vm.heap.used_bytes()
    }

    /// Compiles a script as the chunk `@user_script`.
    ///
    /// # Errors
    /// `ERR Error compiling script (new function): ` and why; no memory.
    pub(crate) fn compile_script(&mut self, code: &[u8], told: &Told) -> Result<FunctionId, Error> {
        let env = self.environment.scripts;
        let loaded = self.vm.load_in(code, b"@user_script", env);
        let function = loaded.map_err(|why| match why {
            Some(why) => told.tell_pieces(&[b"ERR Error compiling script (new function): ", &why]),
            None => Error::OutOfMemory,
        })?;
        self.keep(function)
    }

    fn keep(&mut self, function: Value) -> Result<FunctionId, Error> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        let registry = self.vm.registry;
        registry
            .set_index(&mut self.vm.heap, index as usize, function)
            .map_err(no_memory)?;
        Ok(FunctionId(index))
    }

    /// Lets go of what was compiled.
    pub(crate) fn forget(&mut self, function: FunctionId) {
        let registry = self.vm.registry;
        let emptied = registry.set_index(&mut self.vm.heap, function.0 as usize, Value::Nil);
        // A key that is there needs no memory.
        if emptied.is_ok() && self.free.try_reserve(1).is_ok() {
            self.free.push(function.0);
        }
    }

    /// Prepares a run: a script finds its keys and arguments in the globals KEYS and ARGV, a function is called with
    /// them.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn begin(
        &mut self,
        function: FunctionId,
        is_function: bool,
        keys: Args<'_>,
        args: Args<'_>,
    ) -> Result<(), Error> {
        let function = self.vm.registry.get_index(function.0 as usize);
        let mut begun = self.try_begin(function, is_function, keys, args);
        if begun.is_err() {
            // What the runs before have left may be in the way.
            self.vm.abandon();
            self.vm.collect();
            begun = self.try_begin(function, is_function, keys, args);
        }
        begun.map_err(no_memory)
    }

    fn try_begin(
        &mut self,
        function: Value,
        is_function: bool,
        keys: Args<'_>,
        args: Args<'_>,
    ) -> Result<(), Fault> {
        let (vm, environment) = (&mut self.vm, &self.environment);
        let runner = environment.runner;
        if is_function {
            let keys = vm.list(None, keys.iter())?;
            let args = vm.list(None, args.iter())?;
            vm.use_globals(environment.libraries);
            return vm.begin(runner, &[function, Value::Table(keys), Value::Table(args)]);
        }
        let globals = environment.scripts;
        for (name, strings) in [(environment.keys, keys), (environment.args, args)] {
            // No script can keep the table of an earlier one: all that outlives a run is protected.
            let old = match globals.get_str(name) {
                Value::Table(old) => Some(old),
                _ => None,
            };
            let list = vm.list(old, strings.iter())?;
            if old != Some(list) {
                globals.set(&mut vm.heap, Value::Str(name), Value::Table(list))?;
            }
        }
        vm.use_globals(globals);
        vm.begin(runner, &[function])
    }

    /// Runs what was prepared until it ends or `fuel` has run out.
    pub(crate) fn run(&mut self, reach: &mut Reach<'_>, fuel: i64) -> Finished {
        let mut outcome = self.vm.run(fuel);
        loop {
            match outcome {
                Outcome::Host(number) => {
                    let function = api::FUNCTIONS.get(number as usize).map(|(_, found)| *found);
                    self.serve(|call| match function {
                        Some(function) => api::run(function, reach, call),
                        None => Err(Fail::text(
                            "redis.register_function can only be called on FUNCTION LOAD command",
                        )),
                    });
                    outcome = self.vm.run(self.vm.fuel());
                }
                Outcome::Suspended => return Finished::Suspended,
                Outcome::Done => return self.ended(),
                // The runner catches everything but what has no room for its handler.
                Outcome::Failed => {
                    return Finished::Failed(Failure {
                        text: b"ERR not enough memory".to_vec(),
                        place: None,
                        counted: false,
                    });
                }
            }
        }
    }

    /// Does a call that the machine asks its embedder for.
    fn serve(&mut self, run: impl FnOnce(&mut Call<'_, Vm>) -> Result<(), Fail>) {
        let mut args = core::mem::take(&mut self.args);
        let mut results = core::mem::take(&mut self.results);
        args.clear();
        results.clear();
        let given = self.vm.host_args();
        let outcome = match args.try_reserve(given.len()) {
            Ok(()) => {
                args.extend_from_slice(given);
                run(&mut Call {
                    machine: &mut self.vm,
                    args: &args,
                    results: &mut results,
                    pause: Pause::default(),
                })
            }
            Err(_) => Err(Fail::OutOfMemory),
        };
        match outcome {
            Ok(()) => self.vm.host_return(&results),
            Err(fail) => {
                let fault = match fail {
                    Fail::Raise => {
                        let error = results.last().copied().unwrap_or(Value::Nil);
                        self.vm.raise(error)
                    }
                    Fail::Text(words) | Fail::Argument(_, words) => self.vm.error(&words),
                    Fail::Plain(words) => self.vm.raise_text(words.as_bytes()),
                    Fail::OutOfMemory | Fail::Stopped => Fault::Memory,
                };
                self.vm.host_raise(fault);
            }
        }
        self.args = args;
        self.results = results;
    }

    /// What a run that has ended gave: the runner says whether it is a value or an error.
    fn ended(&self) -> Finished {
        match self.vm.results() {
            [Value::Bool(true), ..] => Finished::Done,
            [_, error, ..] => Finished::Failed(self.failure(*error)),
            _ => Finished::Done,
        }
    }

    /// An error as the handler has left it.
    fn failure(&self, error: Value) -> Failure {
        let vm = &self.vm;
        let text = match (vm.view(error), vm.view(vm.field(error, b"err"))) {
            (_, View::String(text)) => convert::trim_line_ends(text).to_vec(),
            // An error in the handler, for want of stack or memory.
            (View::String(text), _) => [b"ERR ", text].concat(),
            _ => b"ERR unknown error".to_vec(),
        };
        let place = match (
            vm.view(vm.field(error, b"source")),
            vm.view(vm.field(error, b"line")),
        ) {
            (View::String(source), View::Number(line)) => Some((source.to_vec(), line as u32)),
            _ => None,
        };
        let counted = vm.view(vm.field(error, b"ignore_error_stats_update"));
        Failure {
            text,
            place,
            counted: counted == View::Bool(true),
        }
    }

    /// Ends what was prepared, whatever it is doing, and tells where it was: chunk and line.
    pub(crate) fn abandon(&mut self) -> Option<(Vec<u8>, u32)> {
        let place = self.vm.line_inside();
        let place = place.map(|(source, line)| (source.bytes().to_vec(), line));
        self.vm.abandon();
        place
    }

    /// Writes the value that the last run ended with: `convert::to_reply`.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn write_result(
        &mut self,
        typed_bools: bool,
        reply: &mut Reply<'_>,
    ) -> Result<(), Error> {
        let value = self.vm.results().get(1).copied().unwrap_or(Value::Nil);
        convert::to_reply(&mut self.vm, value, typed_bools, reply).map_err(|_| Error::OutOfMemory)
    }

    /// Runs a library, as the chunk `@user_function`, with what a library may call, and gives the functions that it
    /// registers.
    ///
    /// # Errors
    /// `ERR Error compiling function: ` or `ERR Error registering functions: ` and why; no memory.
    pub(crate) fn load_library(
        &mut self,
        code: &[u8],
        told: &Told,
    ) -> Result<Vec<Arc<Function>>, Error> {
        let env = self.environment.libraries;
        let loaded = self.vm.load_in(code, b"@user_function", env);
        let main = loaded.map_err(|why| match why {
            Some(why) => told.tell_pieces(&[b"ERR Error compiling function: ", &why]),
            None => Error::OutOfMemory,
        })?;
        let runner = self.environment.runner;
        self.vm.use_globals(env);
        self.environment
            .set_loading(&mut self.vm, true)
            .and_then(|()| self.vm.begin(runner, &[main]))
            .map_err(no_memory)?;
        let mut found = Vec::new();
        let result = self.run_library(&mut found, told);
        self.environment
            .set_loading(&mut self.vm, false)
            .map_err(no_memory)?;
        let mut functions = Vec::new();
        let result = result.and_then(|()| {
            let registry = self.vm.registry;
            for registered in found {
                let function = self.keep(registered.callback)?;
                let name = self.vm.heap.string(&registered.name).map_err(no_memory)?;
                registry
                    .set(&mut self.vm.heap, Value::Str(name), Value::Nil)
                    .map_err(no_memory)?;
                functions.push(Arc::new(Function {
                    name: registered.name,
                    description: registered.description,
                    flags: registered.flags,
                    function,
                }));
            }
            Ok(())
        });
        if let Err(error) = result {
            for function in &functions {
                self.forget(function.function);
            }
            return Err(error);
        }
        Ok(functions)
    }

    fn run_library(
        &mut self,
        found: &mut Vec<registration::Registered>,
        told: &Told,
    ) -> Result<(), Error> {
        let failed = |why: &[u8]| told.tell_pieces(&[b"ERR Error registering functions: ", why]);
        let mut outcome = self.vm.run(LOADING_FUEL);
        loop {
            match outcome {
                Outcome::Host(number) => {
                    self.serve(|call| match number {
                        REGISTER => registration::register(call, found),
                        _ => api::log(call),
                    });
                    outcome = self.vm.run(self.vm.fuel());
                }
                Outcome::Done => {
                    return match self.ended() {
                        Finished::Failed(failure) => Err(failed(&failure.text)),
                        _ => Ok(()),
                    };
                }
                Outcome::Suspended => {
                    self.vm.abandon();
                    return Err(failed(b"ERR FUNCTION LOAD timeout"));
                }
                Outcome::Failed => return Err(Error::OutOfMemory),
            }
        }
    }
}

fn no_memory(_: Fault) -> Error {
    Error::OutOfMemory
}
