//! Statements and blocks.

use super::{Kind, Maker, Node};

impl Maker {
    /// Adds a statement, sometimes some.
    pub(super) fn statement(&mut self, body: &mut Vec<Node>) {
        self.budget = self.budget.saturating_sub(1);
        let simple = self.budget == 0 || self.depth >= 4;
        let choice = if simple {
            self.random.below(15)
        } else {
            self.random.below(28)
        };
        match choice {
            0..3 => self.local(body),
            3 | 4 => self.assignment(body),
            5..7 => self.print(body),
            7 | 8 => self.table_statement(body),
            9 => self.object_statement(body),
            10 => {
                let varargs = std::mem::replace(&mut self.varargs, false);
                let call = self.call(2);
                self.varargs = varargs;
                if call.ends_with(')') && !call.starts_with(['(', '-', '"']) {
                    body.push(Node::Line(format!(
                        "print(show(pcall(function() return {call} end)))"
                    )));
                }
            }
            11 | 12 => self.library_call(body),
            13 | 14 => self.corner(body),
            15 | 16 => self.branch(body),
            17 => self.numeric_loop(body),
            18 => self.generic_loop(body),
            19 => self.while_loop(body),
            20..23 => self.function(body),
            23 | 24 => self.protected(body),
            25 => self.closures(body),
            26 => self.coroutine_statement(body),
            _ => {
                let inside = self.block(3);
                body.push(wrapped("do", inside, "end"));
            }
        }
    }

    fn local(&mut self, body: &mut Vec<Node>) {
        if self.one_in(5) {
            let (first, second) = (self.fresh("v"), self.fresh("v"));
            let (a, b) = (self.any(2), self.any(2));
            body.push(Node::Line(format!("local {first}, {second} = {a}, {b}")));
            self.declare(&first, Kind::Any);
            self.declare(&second, Kind::Any);
            return;
        }
        let kind = self.kind();
        let value = self.expression(kind, 3);
        let name = self.fresh("v");
        let value = if kind == Kind::String {
            format!("cut({value})")
        } else {
            value
        };
        let global = self.one_in(10);
        let keyword = if global { "" } else { "local " };
        body.push(Node::Line(format!("{keyword}{name} = {value}")));
        self.declare(&name, kind);
    }

    fn assignment(&mut self, body: &mut Vec<Node>) {
        let kind = self.kind();
        let Some(name) = self.variable(kind) else {
            return self.local(body);
        };
        let value = self.expression(kind, 3);
        let line = match kind {
            Kind::String => format!("{name} = cut({value})"),
            Kind::Number if self.one_in(3) => match self.variable(Kind::Number) {
                Some(other) => format!("{name}, {other} = {other}, {value}"),
                None => format!("{name} = {value}"),
            },
            _ => format!("{name} = {value}"),
        };
        body.push(Node::Line(line));
    }

    fn print(&mut self, body: &mut Vec<Node>) {
        let count = 1 + self.random.below(3);
        let values: Vec<String> = (0..count)
            .map(|_| {
                let kind = self.kind();
                self.expression(kind, 3)
            })
            .collect();
        body.push(Node::Line(format!("print(show({}))", values.join(", "))));
    }

    fn branch(&mut self, body: &mut Vec<Node>) {
        let condition = self.boolean(3);
        let mut inside = self.block(3);
        if self.in_loop && self.one_in(4) {
            inside.push(Node::Line("break".to_owned()));
        } else if self.in_function && self.one_in(5) {
            let results = self.arguments(2);
            inside.push(Node::Line(format!("return {results}")));
        }
        body.push(wrapped(&format!("if {condition} then"), inside, "end"));
        // A second branch is a block of its own, so that each can be left out.
        if self.random.percent(50) {
            let other = self.boolean(2);
            let (first, second) = (self.block(2), self.block(2));
            let mut both = first;
            both.push(Node::Line("do end".to_owned()));
            body.push(wrapped(&format!("if {other} then"), both, "else"));
            body.push(wrapped("", second, "end"));
            merge_last(body);
        }
    }

    fn numeric_loop(&mut self, body: &mut Vec<Node>) {
        let name = self.fresh("i");
        let (from, steps) = (self.random.between(-3, 5), self.random.between(0, 5));
        let (to, step) = match self.random.below(5) {
            0 => (from - steps, ", -1".to_owned()),
            1 => (from + steps, ", 0.5".to_owned()),
            2 => (from + 3 * steps, ", 3".to_owned()),
            3 => (from + steps, ", 0.75".to_owned()),
            _ => (from + steps, String::new()),
        };
        let visible = self.variables.len();
        self.declare(&name, Kind::Number);
        let inside = self.looped(3);
        self.variables.truncate(visible);
        body.push(wrapped(
            &format!("for {name} = {from}, {to}{step} do"),
            inside,
            "end",
        ));
    }

    /// A loop's body.
    fn looped(&mut self, most: u64) -> Vec<Node> {
        let outer = std::mem::replace(&mut self.in_loop, true);
        let mut inside = vec![Node::Line("tick()".to_owned())];
        inside.extend(self.block(most));
        self.in_loop = outer;
        inside
    }

    fn generic_loop(&mut self, body: &mut Vec<Node>) {
        let (key, value) = (self.fresh("k"), self.fresh("v"));
        let (list, kinds) = match self.random.below(5) {
            0 | 1 => {
                let kind = if self.one_in(2) {
                    Kind::List
                } else {
                    Kind::Map
                };
                let table = self.expression(kind, 2);
                (format!("pairs({table})"), (Kind::Any, Kind::Any))
            }
            2 => {
                let table = self.list(2);
                (format!("ipairs({table})"), (Kind::Number, Kind::Any))
            }
            3 => {
                let subject = self.string(2);
                let pattern = self.pattern();
                (
                    format!("({subject}):gmatch({pattern})"),
                    (Kind::String, Kind::Any),
                )
            }
            _ => {
                let count = self.random.between(1, 4);
                (
                    format!(
                        "(function(s, c) if c < s then return c + 1, c * c end end), {count}, 0"
                    ),
                    (Kind::Number, Kind::Number),
                )
            }
        };
        let visible = self.variables.len();
        self.declare(&key, kinds.0);
        self.declare(&value, kinds.1);
        let mut inside = self.looped(2);
        inside.insert(1, Node::Line(format!("print(show({key}, {value}))")));
        self.variables.truncate(visible);
        body.push(wrapped(
            &format!("for {key}, {value} in {list} do"),
            inside,
            "end",
        ));
    }

    fn while_loop(&mut self, body: &mut Vec<Node>) {
        let counter = self.fresh("w");
        let most = self.random.between(1, 5);
        body.push(Node::Line(format!("local {counter} = 0")));
        let condition = self.boolean(1);
        let step = Node::Line(format!("{counter} = {counter} + 1"));
        let mut inside = self.looped(3);
        inside.insert(1, step);
        if self.one_in(2) {
            body.push(wrapped(
                &format!("while {counter} < {most} and ({condition} or {counter} < 2) do"),
                inside,
                "end",
            ));
        } else {
            body.push(wrapped(
                "repeat",
                inside,
                &format!("until {counter} >= {most} or {condition}"),
            ));
        }
        self.declare(&counter, Kind::Number);
    }

    fn function(&mut self, body: &mut Vec<Node>) {
        let name = self.fresh("f");
        let (a, b) = (self.fresh("a"), self.fresh("b"));
        let (varargs, in_loop, in_function) = (self.varargs, self.in_loop, self.in_function);
        let visible = self.variables.len();
        (self.varargs, self.in_loop, self.in_function) = (self.one_in(2), false, true);
        let tail = if self.varargs { ", ..." } else { "" };
        // Some call themselves: the ticks end that.
        let recursive = self.one_in(20);
        if recursive {
            self.declare(&name, Kind::Function);
        }
        let number = if self.one_in(2) {
            Kind::Number
        } else {
            Kind::Any
        };
        self.declare(&a, number);
        self.declare(&b, Kind::Any);
        let mut inside = vec![Node::Line("tick()".to_owned())];
        inside.extend(self.block(4));
        let results = match self.random.below(5) {
            0 => self.call(2),
            1 if self.varargs => "...".to_owned(),
            _ => {
                let kind = self.kind();
                let first = self.expression(kind, 3);
                let rest = self.arguments(2);
                if rest.is_empty() {
                    first
                } else {
                    format!("{first}, {rest}")
                }
            }
        };
        inside.push(Node::Line(format!("return {results}")));
        (self.varargs, self.in_loop, self.in_function) = (varargs, in_loop, in_function);
        self.variables.truncate(visible);
        body.push(wrapped(
            &format!("local function {name}({a}, {b}{tail})"),
            inside,
            "end",
        ));
        self.declare(&name, Kind::Function);
        let arguments = self.arguments(2);
        let separator = if arguments.is_empty() { "" } else { ", " };
        body.push(Node::Line(format!(
            "print(show(pcall({name}{separator}{arguments})))"
        )));
    }

    fn protected(&mut self, body: &mut Vec<Node>) {
        let (varargs, in_loop, in_function) = (self.varargs, self.in_loop, self.in_function);
        (self.varargs, self.in_loop, self.in_function) = (false, false, true);
        let mut inside = self.block(4);
        let last = match self.random.below(6) {
            0 => format!("error({})", self.string(2)),
            1 => format!("error({}, {})", self.string(1), self.random.between(0, 3)),
            2 => format!("error({})", self.any(1)),
            3 => format!("assert({}, {})", self.boolean(2), self.string(1)),
            _ => format!("return {}", self.arguments(2)),
        };
        inside.push(Node::Line(last));
        (self.varargs, self.in_loop, self.in_function) = (varargs, in_loop, in_function);
        let (head, tail) = if self.one_in(3) {
            (
                "print(show(xpcall(function()",
                "end, function(e) return e, \"handled\" end)))",
            )
        } else {
            ("print(show(pcall(function()", "end)))")
        };
        body.push(wrapped(head, inside, tail));
    }

    /// Closures that share variables, called later.
    fn closures(&mut self, body: &mut Vec<Node>) {
        let (list, shared) = (self.fresh("fs"), self.fresh("u"));
        let count = self.random.between(1, 4);
        let start = self.number(1);
        body.push(Node::Line(format!(
            "local {list}, {shared} = {{}}, {start}"
        )));
        let (varargs, visible) = (self.varargs, self.variables.len());
        self.varargs = false;
        self.declare(&shared, Kind::Number);
        self.declare("i", Kind::Number);
        self.declare("own", Kind::Number);
        let (own, change, result) = (self.number(2), self.number(2), self.any(2));
        self.variables.truncate(visible);
        self.varargs = varargs;
        let inside = vec![
            Node::Line(format!("local own = {own}")),
            Node::Line(format!(
                "{list}[i] = function(d) tick() {shared} = {change} own = own + (d or 1) return own, {shared}, i, {result} end"
            )),
        ];
        body.push(wrapped(&format!("for i = 1, {count} do"), inside, "end"));
        self.declare(&shared, Kind::Number);
        for _ in 0..=self.random.below(3) {
            let at = self.random.between(1, count);
            body.push(Node::Line(format!(
                "print(show(pcall({list}[{at}], {})))",
                self.number(1)
            )));
        }
    }
}

fn wrapped(head: &str, body: Vec<Node>, tail: &str) -> Node {
    Node::Block {
        head: head.to_owned(),
        body,
        tail: tail.to_owned(),
    }
}

/// Makes the last two blocks one: they are branches of the same `if` and cannot stand alone.
fn merge_last(body: &mut Vec<Node>) {
    if let (Some(second), Some(first)) = (body.pop(), body.pop()) {
        body.push(wrapped("do", vec![first, second], "end"));
    }
}
