//! Tables with metamethods, and coroutines.

use super::{Kind, Maker, Node};

const BINARY: &[&str] = &[
    "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__concat", "__eq", "__lt", "__le",
];

impl Maker {
    pub(super) fn object(&mut self, depth: u32) -> String {
        if let Some(name) = self.variable(Kind::Object)
            && (depth == 0 || self.random.percent(70))
        {
            return name;
        }
        let mut events = Vec::new();
        for _ in 0..=self.random.below(4) {
            events.push(self.event(depth.min(2)));
        }
        let number = self.random.between(0, 9);
        format!("setmetatable({{n = {number}}}, {{{}}})", events.join(", "))
    }

    fn event(&mut self, depth: u32) -> String {
        let (varargs, visible) = (self.varargs, self.variables.len());
        self.varargs = false;
        self.declare("n", Kind::Number);
        let result = match self.random.below(4) {
            0 => self.number(depth),
            1 => self.string(depth),
            2 => self.boolean(depth),
            _ => self.any(depth),
        };
        self.variables.truncate(visible);
        self.varargs = varargs;
        let get = "local n = type(a) == \"table\" and rawget(a, \"n\") or 0";
        match self.random.below(16) {
            0 => format!("__index = function(a, k) tick() {get} return {result} end"),
            1 => format!("__index = {{x = {result}, y = 2}}"),
            2 => {
                format!("__newindex = function(a, k, v) tick() {get} rawset(a, k, {result}) end")
            }
            3 => format!("__call = function(a, ...) tick() {get} return {result}, ... end"),
            4 => format!("__unm = function(a) tick() {get} return {result} end"),
            5 => format!("__tostring = function(a) tick() {get} return \"o\" .. n end"),
            6 => "__len = function() return 77 end".to_owned(),
            _ => {
                let event = self.random.word(BINARY);
                format!("{event} = function(a, b) tick() {get} return {result} end")
            }
        }
    }

    /// A statement about an object.
    pub(super) fn object_statement(&mut self, body: &mut Vec<Node>) {
        let Some(name) = self.variable(Kind::Object) else {
            let name = self.fresh("o");
            let value = self.object(2);
            body.push(Node::Line(format!("local {name} = {value}")));
            self.declare(&name, Kind::Object);
            return;
        };
        let varargs = std::mem::replace(&mut self.varargs, false);
        let other = self.any(1);
        self.varargs = varargs;
        let operator = self
            .random
            .word(&["+", "-", "*", "/", "%", "^", "..", "==", "<", "<=", ">"]);
        let line = match self.random.below(8) {
            0 | 1 => {
                format!("print(show(pcall(function() return {name} {operator} ({other}) end)))")
            }
            2 => format!("print(show(pcall(function() return ({other}) {operator} {name} end)))"),
            3 => format!("print(show(pcall(function() return -{name}, #{name} end)))"),
            4 => format!("print(show({name}.x, {name}[1], {name}.n))"),
            5 => format!("{name}.y = {other}"),
            6 => {
                let arguments = self.arguments(1);
                let separator = if arguments.is_empty() { "" } else { ", " };
                format!("print(show(pcall({name}{separator}{arguments})))")
            }
            _ => format!("print(show((pcall(tostring, {name}))))"),
        };
        body.push(Node::Line(line));
    }

    /// A coroutine that is resumed some times.
    pub(super) fn coroutine_statement(&mut self, body: &mut Vec<Node>) {
        let name = self.fresh("co");
        let wrap = self.random.percent(40);
        let maker = if wrap { "wrap" } else { "create" };
        let (varargs, in_loop, in_function) = (self.varargs, self.in_loop, self.in_function);
        (self.varargs, self.in_loop, self.in_function) = (true, false, true);
        let visible = self.variables.len();
        let argument = self.fresh("a");
        self.declare(&argument, Kind::Number);
        let mut inside = vec![Node::Line("tick()".to_owned())];
        for _ in 0..=self.random.below(3) {
            if self.random.percent(70) {
                let got = self.fresh("got");
                let arguments = self.arguments(1);
                inside.push(Node::Line(format!(
                    "local {got} = coroutine.yield({arguments})"
                )));
                self.declare(&got, Kind::Any);
            }
            let mut block = self.block(2);
            if self.random.percent(30) {
                let count = self.random.between(1, 3);
                block.push(Node::Line("coroutine.yield(i)".to_owned()));
                inside.push(Node::Block {
                    head: format!("for i = 1, {count} do"),
                    body: block,
                    tail: "end".to_owned(),
                });
            } else {
                inside.push(Node::Block {
                    head: "do".to_owned(),
                    body: block,
                    tail: "end".to_owned(),
                });
            }
        }
        let results = self.arguments(1);
        inside.push(Node::Line(format!("return {results}")));
        self.variables.truncate(visible);
        (self.varargs, self.in_loop, self.in_function) = (varargs, in_loop, in_function);
        body.push(Node::Block {
            head: format!("local {name} = coroutine.{maker}(function({argument}, ...)"),
            body: inside,
            tail: "end)".to_owned(),
        });
        for _ in 0..=self.random.below(5) {
            let arguments = self.arguments(1);
            let separator = if arguments.is_empty() { "" } else { ", " };
            let call = if wrap { "pcall" } else { "coroutine.resume" };
            body.push(Node::Line(format!(
                "print(show({call}({name}{separator}{arguments})))"
            )));
        }
        if !wrap {
            body.push(Node::Line(format!("print(coroutine.status({name}))")));
        }
    }
}
