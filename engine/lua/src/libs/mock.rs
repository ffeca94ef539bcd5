//! A machine for tests: values in lists, tables as lists of pairs.

extern crate std;
use super::*;
use std::string::String;
use std::vec;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Number(f64),
    String(usize),
    Table(usize),
    Null,
    Function,
}

#[derive(Default)]
pub(super) struct Mock {
    strings: Vec<Vec<u8>>,
    tables: Vec<Vec<(Value, Value)>>,
    pub(super) spent: usize,
}

impl Mock {
    pub(super) fn text(&mut self, text: &str) -> Value {
        self.string(text.as_bytes()).unwrap()
    }

    /// A table of these pairs.
    pub(super) fn pairs(&mut self, pairs: &[(Value, Value)]) -> Value {
        self.tables.push(pairs.to_vec());
        Value::Table(self.tables.len() - 1)
    }

    /// A table of these elements.
    pub(super) fn list(&mut self, elements: &[Value]) -> Value {
        let pairs: Vec<_> = elements
            .iter()
            .enumerate()
            .map(|(at, value)| (Value::Number(at as f64 + 1.0), *value))
            .collect();
        self.pairs(&pairs)
    }

    /// A value as Lua source, strings with escapes.
    pub(super) fn show(&self, value: Value) -> String {
        match value {
            Value::Nil => "nil".into(),
            Value::Bool(value) => std::format!("{value}"),
            Value::Number(value) => {
                let mut buffer = [0; number::TEXT_LEN_MAX];
                String::from_utf8_lossy(number::write(value, &mut buffer)).into()
            }
            Value::String(at) => std::format!("'{}'", self.strings[at].escape_ascii()),
            Value::Table(at) => {
                let pairs: Vec<_> = self.tables[at]
                    .iter()
                    .map(|(key, value)| std::format!("{}={}", self.show(*key), self.show(*value)))
                    .collect();
                std::format!("{{{}}}", pairs.join(","))
            }
            Value::Null => "null".into(),
            Value::Function => "function".into(),
        }
    }

    /// Calls `function` and shows what it gave, or its error.
    pub(super) fn call(
        &mut self,
        args: &[Value],
        function: impl FnOnce(&mut Call<'_, Mock>) -> Result<(), Fail>,
    ) -> String {
        let mut results = vec![];
        let outcome = function(&mut Call {
            machine: self,
            args,
            results: &mut results,
            pause: Pause::default(),
        });
        match outcome {
            Ok(()) => {
                let shown: Vec<_> = results.iter().map(|value| self.show(*value)).collect();
                shown.join(" ")
            }
            Err(Fail::Text(words)) => String::from_utf8_lossy(&words).into(),
            Err(Fail::Argument(index, words)) => {
                std::format!("#{index} ({})", String::from_utf8_lossy(&words))
            }
            Err(other) => std::format!("{other:?}"),
        }
    }
}

impl Machine for Mock {
    type Value = Value;

    fn view(&self, value: Value) -> View<'_> {
        match value {
            Value::Nil => View::Nil,
            Value::Bool(value) => View::Bool(value),
            Value::Number(value) => View::Number(value),
            Value::String(at) => View::String(&self.strings[at]),
            Value::Table(_) => View::Table,
            Value::Null => View::Null,
            Value::Function => View::Other("function"),
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
        Value::Null
    }

    fn string(&mut self, bytes: &[u8]) -> Result<Value, Fail> {
        self.strings.push(bytes.to_vec());
        Ok(Value::String(self.strings.len() - 1))
    }

    fn table(&mut self) -> Result<Value, Fail> {
        Ok(self.pairs(&[]))
    }

    fn set(&mut self, table: Value, key: Value, value: Value) -> Result<(), Fail> {
        let Value::Table(at) = table else {
            return Ok(());
        };
        if value != Value::Nil {
            self.tables[at].push((key, value));
        }
        Ok(())
    }

    fn index(&self, table: Value, index: usize) -> Value {
        let Value::Table(at) = table else {
            return Value::Nil;
        };
        let found = self.tables[at]
            .iter()
            .find(|(key, _)| *key == Value::Number(index as f64));
        found.map_or(Value::Nil, |(_, value)| *value)
    }

    fn field(&self, table: Value, name: &[u8]) -> Value {
        let Value::Table(at) = table else {
            return Value::Nil;
        };
        let found = self.tables[at]
            .iter()
            .find(|(key, _)| self.view(*key) == View::String(name));
        found.map_or(Value::Nil, |(_, value)| *value)
    }

    fn border(&self, table: Value) -> usize {
        (1..)
            .find(|index| self.index(table, *index) == Value::Nil)
            .unwrap_or(1)
            - 1
    }

    fn next(&self, table: Value, key: Value) -> Option<(Value, Value)> {
        let Value::Table(at) = table else {
            return None;
        };
        let pairs = &self.tables[at];
        let place = match key {
            Value::Nil => 0,
            _ => pairs.iter().position(|(found, _)| *found == key)? + 1,
        };
        pairs.get(place).copied()
    }

    fn spend(&mut self, units: usize) -> Result<(), Fail> {
        self.spent += units;
        Ok(())
    }

    fn scratch(&mut self, bytes: usize) -> Result<(), Fail> {
        if bytes > 1 << 30 {
            return Err(Fail::OutOfMemory);
        }
        Ok(())
    }
}
