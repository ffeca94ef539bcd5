//! The machine as its embedder sees it: it loads chunks, runs them in slices of fuel, and is asked for the outcome.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::compile::{self, CompileError};
use crate::fault::Fault;
use crate::heap::{Gc, Heap, Str, Thread};
use crate::native::NativeFn;
use crate::table::Table;
use crate::text::pattern::Search;
use crate::thread::{FrameKind, Status};
use crate::value::Value;

/// What metatables are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Event {
    // The first eight are remembered when they are absent.
    Index,
    NewIndex,
    Eq,
    Len,
    Call,
    Lt,
    Le,
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Unm,
    ToString,
    Metatable,
}

const EVENTS: [&str; 17] = [
    "__index",
    "__newindex",
    "__eq",
    "__len",
    "__call",
    "__lt",
    "__le",
    "__concat",
    "__add",
    "__sub",
    "__mul",
    "__div",
    "__mod",
    "__pow",
    "__unm",
    "__tostring",
    "__metatable",
];

/// Whether a function of the host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Running {
    No,
    /// For the first time in this call: there is no frame for it.
    Bare,
    Framed,
}

/// How a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The run has ended; its results are with [`Vm::results`].
    Done,
    /// The fuel has run out; [`Vm::run`] goes on.
    Suspended,
    /// It has ended with an error, see [`Vm::error_value`].
    Failed,
    /// The embedder is called: [`Vm::host_args`], then [`Vm::host_return`] or [`Vm::host_raise`].
    Host(u32),
}

/// A machine.
#[derive(Debug)]
pub struct Vm {
    /// Its objects.
    pub heap: Heap,
    pub(crate) thread: Gc<Thread>,
    main: Gc<Thread>,
    /// The global variables.
    pub globals: Gc<Table>,
    /// Keeps what the embedder wants to keep.
    pub registry: Gc<Table>,
    pub(crate) string_meta: Option<Gc<Table>>,
    events: [Gc<Str>; EVENTS.len()],
    pub(crate) error: Value,
    pub(crate) memory_error: Gc<Str>,
    pub(crate) handler_error: Gc<Str>,
    /// Bytes under construction.
    pub(crate) buffer: Vec<u8>,
    /// A search that has ended, for the next one.
    pub(crate) search: Option<Box<Search>>,
    /// What function of the host runs.
    pub(crate) native: Running,
    /// The instruction that is tried again, after a collection, because there was no memory.
    pub(crate) retried: *const compile::Ins,
    /// The stack has overflowed, and the error is on its way.
    pub(crate) overflowed: bool,
    /// How deep 5.1's C stack would be where a run begins.
    pub base_depth: u16,
    /// The run has failed while the embedder gave it something.
    pub(crate) failed: bool,
    /// What the embedder is called for.
    pub(crate) host_call: u32,
    /// The seed of `math.random`.
    pub random: u64,
    /// Where `print` goes.
    pub print: fn(&[u8]),
}

impl Vm {
    /// A machine without libraries whose objects may hold `limit` bytes.
    ///
    /// # Errors
    /// That is too little.
    pub fn new(limit: usize) -> Result<Vm, Fault> {
        let mut heap = Heap::new(limit);
        let mode = heap.string(b"__mode")?;
        heap.keep(mode);
        let memory_error = heap.string(b"not enough memory")?;
        heap.keep(memory_error);
        let handler_error = heap.string(b"error in error handling")?;
        heap.keep(handler_error);
        let mut events = [mode; EVENTS.len()];
        for (event, name) in events.iter_mut().zip(EVENTS) {
            *event = heap.string(name.as_bytes())?;
            heap.keep(*event);
        }
        let globals = heap.table()?;
        let registry = heap.table()?;
        let main = heap.thread(globals)?;
        Ok(Vm {
            heap,
            thread: main,
            main,
            globals,
            registry,
            string_meta: None,
            events,
            error: Value::Nil,
            memory_error,
            handler_error,
            buffer: Vec::new(),
            search: None,
            native: Running::No,
            retried: core::ptr::null(),
            overflowed: false,
            base_depth: 1,
            failed: false,
            host_call: 0,
            random: 0,
            print: |_| {},
        })
    }

    /// What the machine holds by itself.
    pub(crate) fn roots(&self) -> [Value; 6] {
        [
            Value::Thread(self.thread),
            Value::Thread(self.main),
            Value::Table(self.globals),
            Value::Table(self.registry),
            self.string_meta.map_or(Value::Nil, Value::Table),
            self.error,
        ]
    }

    /// Frees what cannot be reached.
    pub fn collect(&mut self) {
        let mut thread = self.thread;
        let top = thread.top;
        // What stands above the arguments of a function of the host is no register in use.
        if self.native != Running::Bare
            && let Some(frame) = thread.frames.last()
            && frame.kind == FrameKind::Lua
        {
            thread.top = top.max(frame.top as usize);
        }
        let roots = self.roots();
        self.heap.collect(&roots);
        thread.top = top;
    }

    // Preparing.

    /// Compiles a chunk: a function without parameters. A text of source; `name` as for `loadstring`.
    ///
    /// # Errors
    /// The message, or nothing if there is no memory.
    pub fn load(&mut self, text: &[u8], name: &[u8]) -> Result<Value, Option<Vec<u8>>> {
        let depth = self.total_depth().max(1);
        let proto = compile::compile(&mut self.heap, text, name, u32::from(depth));
        let proto = proto.map_err(|error| match error {
            CompileError::Syntax(text) => Some(text),
            CompileError::Memory => None,
        })?;
        let closure = self.heap.closure(proto, self.thread.globals, &[]);
        closure.map(Value::Closure).map_err(|_| None)
    }

    /// The same for a chunk whose globals are the fields of `env`.
    ///
    /// # Errors
    /// The message, or nothing if there is no memory.
    pub fn load_in(
        &mut self,
        text: &[u8],
        name: &[u8],
        env: Gc<Table>,
    ) -> Result<Value, Option<Vec<u8>>> {
        let function = self.load(text, name)?;
        if let Value::Closure(mut closure) = function {
            closure.env = env;
        }
        Ok(function)
    }

    /// Sets a field of a table.
    ///
    /// # Errors
    /// No memory.
    pub fn set_field(&mut self, table: Gc<Table>, name: &str, value: Value) -> Result<(), Fault> {
        let name = self.heap.string(name.as_bytes())?;
        table.set(&mut self.heap, Value::Str(name), value)
    }

    /// A string that lives as long as the machine.
    ///
    /// # Errors
    /// No memory.
    pub fn intern(&mut self, name: &str) -> Result<Gc<Str>, Fault> {
        let name = self.heap.string(name.as_bytes())?;
        self.heap.keep(name);
        Ok(name)
    }

    /// A table with these strings from 1 on, laid out as if they had been put there one by one. `old` is a table of an
    /// earlier call that nothing refers to any more: it is used again if it is as large and nothing else is in it.
    ///
    /// # Errors
    /// No memory.
    pub fn list<'a>(
        &mut self,
        old: Option<Gc<Table>>,
        strings: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Result<Gc<Table>, Fault> {
        let count = strings.len();
        let len = if count == 0 {
            0
        } else {
            count.next_power_of_two()
        };
        let mut table = match old {
            Some(old) if old.is_list(len) => old,
            _ => {
                let mut table = self.heap.table()?;
                if len > 0 {
                    table.resize(&mut self.heap, len, 0)?;
                }
                table
            }
        };
        let mark = table.header.mark;
        for (slot, string) in table.array.iter_mut().zip(strings) {
            *slot = Value::Str(self.heap.string(string)?);
            self.heap.barrier_pair(mark, Value::Nil, *slot);
        }
        table.array[count..].fill(Value::Nil);
        Ok(table)
    }

    /// A function of the host as a value, with values of its own.
    ///
    /// # Errors
    /// No memory.
    pub fn function(&mut self, call: NativeFn, upvals: Box<[Value]>) -> Result<Value, Fault> {
        let globals = self.globals;
        Ok(Value::Native(self.heap.native(call, globals, upvals)?))
    }

    /// Puts functions into a table, with room for all of them if it is empty: as 5.1 does it, which shows in the order of
    /// `pairs`.
    ///
    /// # Errors
    /// No memory.
    pub fn register(
        &mut self,
        mut table: Gc<Table>,
        functions: &[(&str, NativeFn)],
    ) -> Result<(), Fault> {
        if table.node_count() == 0 {
            table.resize(&mut self.heap, 0, functions.len())?;
        }
        for (name, call) in functions {
            let function = self.function(*call, Box::default())?;
            self.set_field(table, name, function)?;
        }
        Ok(())
    }

    // Running.

    /// Prepares a run: a call of `function` with these arguments. What ran before is given up.
    ///
    /// # Errors
    /// No memory.
    pub fn begin(&mut self, function: Value, args: &[Value]) -> Result<(), Fault> {
        self.abandon();
        self.push(function)?;
        for arg in args {
            self.push(*arg)?;
        }
        self.thread.status = Status::Running;
        self.overflowed = false;
        self.begin_thread(self.base_depth)
    }

    /// From now on `loadstring` and coroutines see these globals.
    pub fn use_globals(&mut self, globals: Gc<Table>) {
        self.main.globals = globals;
    }

    /// Runs what was prepared until it has ended, calls its embedder, or has used up `fuel`.
    pub fn run(&mut self, fuel: i64) -> Outcome {
        self.heap.fuel.set(fuel);
        self.go_on()
    }

    /// What is left of the slice's fuel.
    pub fn fuel(&self) -> i64 {
        self.heap.fuel.get()
    }

    /// Gives up what is being run.
    pub fn abandon(&mut self) {
        let mut thread = self.thread;
        while let Some(parent) = thread.parent {
            self.kill_thread(thread);
            thread = parent;
        }
        self.thread = self.main;
        self.kill_thread(self.main);
    }

    /// What the run has ended with.
    pub fn results(&self) -> &[Value] {
        &self.thread.stack[..self.thread.top]
    }

    /// The error that the run has ended with.
    pub fn error_value(&self) -> Value {
        self.error
    }

    /// The metatable that a value has.
    pub fn metatable(&self, value: Value) -> Option<Gc<Table>> {
        match value {
            Value::Table(table) => table.meta,
            Value::Str(_) => self.string_meta,
            _ => None,
        }
    }

    /// Gives a table a metatable.
    pub fn set_metatable(&mut self, mut table: Gc<Table>, meta: Gc<Table>) {
        table.meta = Some(meta);
        self.heap.barrier(&table.header, Value::Table(meta));
    }

    /// Gives the strings a metatable.
    pub fn set_string_metatable(&mut self, meta: Gc<Table>) {
        self.string_meta = Some(meta);
    }

    /// What a metatable has for an event.
    #[inline]
    pub(crate) fn meta_event(&self, mut meta: Gc<Table>, event: Event) -> Value {
        let bit = if (event as u8) < 8 {
            1_u8 << (event as u8)
        } else {
            0
        };
        if meta.absent & bit != 0 {
            return Value::Nil;
        }
        let value = meta.get_str(self.events[event as usize]);
        if value.is_nil() {
            meta.absent |= bit;
        }
        value
    }

    /// What a value's metatable has for an event.
    pub(crate) fn event(&self, value: Value, event: Event) -> Value {
        match self.metatable(value) {
            Some(meta) => self.meta_event(meta, event),
            None => Value::Nil,
        }
    }
}
