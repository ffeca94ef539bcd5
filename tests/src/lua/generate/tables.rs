//! Tables: constructors, and what is done with them.

use super::{Kind, Maker, Node};

const KEYS: &[&str] = &[
    "a", "b", "c", "x", "y", "n", "key", "name", "value", "id", "count", "first", "last", "self_",
];

impl Maker {
    pub(super) fn list(&mut self, depth: u32) -> String {
        if let Some(name) = self.variable(Kind::List)
            && (depth == 0 || self.random.percent(40))
        {
            return name;
        }
        let count = self.random.below(7);
        let mut items: Vec<String> = (0..count)
            .map(|_| match self.random.below(8) {
                0..4 => self.number(depth.saturating_sub(1)),
                4..6 => self.string(depth.saturating_sub(1)),
                6 => "nil".to_owned(),
                _ => self.any(depth.saturating_sub(1)),
            })
            .collect();
        if self.one_in(6) {
            let index = self.random.between(-1, 9);
            items.push(format!("[{index}] = {}", self.number(0)));
        }
        if self.varargs && self.one_in(5) {
            items.push("...".to_owned());
        }
        format!("{{{}}}", items.join(", "))
    }

    pub(super) fn map(&mut self, depth: u32) -> String {
        if let Some(name) = self.variable(Kind::Map)
            && (depth == 0 || self.random.percent(40))
        {
            return name;
        }
        let count = self.random.below(6);
        let items: Vec<String> = (0..count)
            .map(|_| {
                let value = self.any(depth.saturating_sub(1));
                let key = self.random.word(KEYS);
                match self.random.below(6) {
                    0 => format!("[{}] = {value}", self.random.between(-3, 12)),
                    1 => format!("[\"{key} {}\"] = {value}", self.random.below(9)),
                    2 => format!("[{}.5] = {value}", self.random.between(0, 5)),
                    3 => format!("[{}] = {value}", self.random.percent(50)),
                    _ => format!("{key} = {value}"),
                }
            })
            .collect();
        format!("{{{}}}", items.join("; "))
    }

    /// A number out of a table.
    pub(super) fn table_number(&mut self, depth: u32) -> String {
        match self.variable(Kind::List) {
            Some(name) => {
                let index = if self.random.percent(60) {
                    self.random.between(0, 6).to_string()
                } else {
                    self.number(depth)
                };
                format!("{name}[{index}]")
            }
            None => "1".to_owned(),
        }
    }

    fn key(&mut self) -> String {
        match self.random.below(5) {
            0 => format!("[{}]", self.number(1)),
            1 => format!("[{}]", self.string(1)),
            2 => format!("[{}]", self.random.between(-2, 12)),
            _ => format!(".{}", self.random.word(KEYS)),
        }
    }

    /// A statement about a table.
    pub(super) fn table_statement(&mut self, body: &mut Vec<Node>) {
        let kind = if self.random.percent(60) {
            Kind::List
        } else {
            Kind::Map
        };
        let Some(name) = self.variable(kind) else {
            let name = self.fresh("t");
            let value = if kind == Kind::List {
                self.list(2)
            } else {
                self.map(2)
            };
            body.push(Node::Line(format!("local {name} = {value}")));
            self.declare(&name, kind);
            return;
        };
        let line = if kind == Kind::List {
            self.list_line(&name)
        } else {
            self.map_line(&name)
        };
        body.push(Node::Line(line));
        if self.random.percent(30) {
            body.push(Node::Line(format!("print(show({name}), #{name})")));
        }
    }

    fn list_line(&mut self, name: &str) -> String {
        match self.random.below(12) {
            0 | 1 => format!("{name}[#{name} + 1] = {}", self.any(2)),
            2 => {
                let value = self.number(2);
                format!("table.insert({name}, {value})")
            }
            3 => {
                let (at, value) = (self.random.between(0, 4), self.string(1));
                format!("table.insert({name}, {at}, {value})")
            }
            4 => format!("print(show(table.remove({name})))"),
            5 => {
                let at = self.random.between(0, 4);
                format!("print(show(table.remove({name}, {at})))")
            }
            6 => {
                let order = self.random.word(&[
                    "",
                    ", function(a, b) tick() return tostring(a) < tostring(b) end",
                    ", function(a, b) tick() return a > b end",
                ]);
                format!("print(show(pcall(table.sort, {name}{order})))")
            }
            7 => format!("{name}[{}] = {}", self.random.between(0, 12), self.any(1)),
            8 => format!("{name}[{}] = nil", self.random.between(1, 8)),
            9 => format!("print(show(unpack({name})))"),
            10 => {
                let (from, to) = (self.random.between(-1, 4), self.random.between(-1, 8));
                format!("print(show(unpack({name}, {from}, {to})))")
            }
            _ => format!("print(#{name}, table.maxn({name}), show(next({name})))"),
        }
    }

    fn map_line(&mut self, name: &str) -> String {
        let (key, other) = (self.key(), self.key());
        match self.random.below(8) {
            0..3 => format!("{name}{key} = {}", self.any(2)),
            3 => format!("{name}{key} = nil"),
            4 => format!(
                "{name}{key}, {name}{other} = {}, {}",
                self.any(1),
                self.any(1)
            ),
            5 => format!("{name}{key} = ({name}{key} or 0) + {}", self.number(1)),
            6 => format!("print(show({name}{key}, rawget({name}, \"a\")))"),
            _ => format!(
                "for i = 1, {} do {name}[i * {}] = i end",
                self.random.between(1, 20),
                self.random.between(1, 5)
            ),
        }
    }
}
