//! The machine as the libraries of scripts see it: `libs::Machine`, and how their functions are called.

use alloc::vec::Vec;

use crate::fault::Fault;
use crate::libs::{self, Fail, Machine, Pause, View};
use crate::native::{Call, Next};
use crate::value::Value;
use crate::vm::Vm;

/// Arguments that are copied without an allocation.
const FEW: usize = 8;

impl From<Fault> for Fail {
    fn from(fault: Fault) -> Fail {
        match fault {
            Fault::Memory => Fail::OutOfMemory,
            _ => Fail::Raise,
        }
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
        Ok(Value::Str(self.heap.string(bytes)?))
    }

    fn table(&mut self) -> Result<Value, Fail> {
        Ok(Value::Table(self.heap.table()?))
    }

    fn set(&mut self, table: Value, key: Value, value: Value) -> Result<(), Fail> {
        if let Value::Table(table) = table {
            table.set(&mut self.heap, key, value)?;
        }
        Ok(())
    }

    fn index(&self, table: Value, index: usize) -> Value {
        match table {
            Value::Table(table) => table.get_index(index),
            _ => Value::Nil,
        }
    }

    fn field(&self, table: Value, name: &[u8]) -> Value {
        match (table, self.heap.find_string(name)) {
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
            Value::Table(table) => table.next(key)?,
            _ => None,
        }
    }

    fn spend(&mut self, units: usize) -> Result<(), Fail> {
        Vm::spend(self, units);
        Ok(())
    }

    fn is_tired(&self) -> bool {
        Vm::is_tired(self)
    }

    fn scratch(&mut self, bytes: usize) -> Result<(), Fail> {
        Ok(self.heap.allows(bytes)?)
    }
}

impl Vm {
    /// Runs a function of such a library for a call, and gives its results.
    ///
    /// # Errors
    /// Its error.
    pub fn run_library(
        &mut self,
        call: Call,
        run: impl FnOnce(&mut libs::Call<'_, Vm>) -> Result<(), Fail>,
    ) -> Result<Next, Fault> {
        let mut few = [Value::Nil; FEW];
        let many: Vec<Value>;
        let given = &self.thread.stack[call.base..call.base + call.count];
        let args = if given.len() <= FEW {
            few[..given.len()].copy_from_slice(given);
            &few[..given.len()]
        } else {
            many = given.to_vec();
            &many
        };
        let mut results = Vec::new();
        let mut pause = Pause::default();
        if call.phase != 0 {
            pause.state = self.take_any_state(call);
        }
        let mut inner = libs::Call {
            machine: self,
            args,
            results: &mut results,
            pause,
        };
        let outcome = run(&mut inner);
        let Pause { state, kept } = inner.pause;
        match (outcome, state) {
            (Ok(()), Some(state)) => {
                let keeper = self.heap.table()?;
                for (at, value) in kept.into_iter().enumerate() {
                    keeper.set_index(&mut self.heap, at + 1, value)?;
                }
                if call.phase == 0 {
                    self.push(Value::Table(keeper))?;
                } else {
                    self.set_local(call, 0, Value::Table(keeper));
                }
                self.put_state(call, state);
                Ok(Next::Pause(1))
            }
            (Ok(()), None) => {
                for result in &results {
                    self.push(*result)?;
                }
                Ok(Next::Return(results.len()))
            }
            (Err(fail), _) => Err(self.library_error(call, fail, results.last().copied())),
        }
    }

    /// A library's failure as the machine's; `last` is the last of its results.
    pub fn library_error(&mut self, call: Call, fail: Fail, last: Option<Value>) -> Fault {
        match fail {
            Fail::Text(words) => self.error(&words),
            Fail::Plain(words) => self.raise_text(words.as_bytes()),
            Fail::Argument(index, words) => self.arg_error(call, index, &words),
            Fail::Raise => self.raise(last.unwrap_or(Value::Nil)),
            Fail::OutOfMemory => Fault::Memory,
            Fail::Stopped => self.raise_text(b"stopped"),
        }
    }
}
