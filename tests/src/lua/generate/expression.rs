//! Expressions of a wanted kind.

use super::{Kind, Maker};

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "10",
    "0.5",
    "-0.25",
    "7",
    "100",
    "255",
    "1e3",
    "3.75",
    "0x1F",
    "2147483648",
    "-2147483649",
    "1e15",
    "123456789.125",
    "1e100",
    "1e-7",
    "0.1",
    "(1/3)",
    "2^53",
    "math.huge",
    "-math.huge",
    "(0/0)",
    "-0",
    "1e308",
    "5e-324",
    "\"5\"",
    "\"0x10\"",
    "\" 7 \"",
];

const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "^"];
const COMPARISON: &[&str] = &["==", "~=", "<", "<=", ">", ">="];

impl Maker {
    /// An expression of this kind; of another one once in a while, so that errors happen.
    pub(super) fn expression(&mut self, kind: Kind, depth: u32) -> String {
        let kind = if self.one_in(90) { self.kind() } else { kind };
        match kind {
            Kind::Number => self.number(depth),
            Kind::String => self.string(depth),
            Kind::Boolean => self.boolean(depth),
            Kind::List => self.list(depth),
            Kind::Map => self.map(depth),
            Kind::Function => self.function_value(depth),
            Kind::Object => self.object(depth),
            Kind::Any => self.any(depth),
        }
    }

    /// An expression of some kind.
    pub(super) fn any(&mut self, depth: u32) -> String {
        match self.random.below(14) {
            0 => "nil".to_owned(),
            1 => self.choice(Kind::Any, depth),
            2 if self.varargs => "...".to_owned(),
            3 if self.varargs => "(...)".to_owned(),
            4 | 5 => self.call(depth),
            6 => self
                .variable(Kind::Any)
                .unwrap_or_else(|| "undefined".to_owned()),
            _ => {
                let kind = self.kind();
                if kind == Kind::Any {
                    return "true".to_owned();
                }
                self.expression(kind, depth)
            }
        }
    }

    /// `a and b or c` and its relatives.
    fn choice(&mut self, kind: Kind, depth: u32) -> String {
        if depth == 0 {
            return "false".to_owned();
        }
        let condition = self.boolean(depth - 1);
        let (left, right) = (
            self.expression(kind, depth - 1),
            self.expression(kind, depth - 1),
        );
        match self.random.below(3) {
            0 => format!("({condition} and {left} or {right})"),
            1 => format!("({left} or {right})"),
            _ => format!("(not {condition} and {left} or {right})"),
        }
    }

    pub(super) fn number(&mut self, depth: u32) -> String {
        if depth == 0 || self.random.percent(25) {
            let variable = self.variable(Kind::Number);
            return match variable {
                Some(name) if self.random.percent(70) => name,
                _ if self.random.percent(50) => self.random.between(-20, 20).to_string(),
                _ => self.random.word(NUMBERS).to_owned(),
            };
        }
        match self.random.below(16) {
            0..7 => {
                let (left, right) = (self.number(depth - 1), self.number(depth - 1));
                match self.random.word(ARITHMETIC) {
                    // The last digits of what is no whole power are the C library's own.
                    "^" => format!("near({left} ^ {right})"),
                    operator => format!("({left} {operator} {right})"),
                }
            }
            7 => format!("-({})", self.number(depth - 1)),
            8 => {
                let of = self.expression(Kind::String, depth - 1);
                format!("#({of})")
            }
            9 => match self.variable(Kind::List) {
                Some(name) => format!("#{name}"),
                None => "0".to_owned(),
            },
            10 => self.choice(Kind::Number, depth),
            11 => self.call(depth - 1),
            12 => self.string_number(depth - 1),
            13 => self.table_number(depth - 1),
            _ => self.math(depth - 1),
        }
    }

    fn math(&mut self, depth: u32) -> String {
        let a = self.expression(Kind::Number, depth);
        match self.random.below(14) {
            0 => format!("math.floor({a})"),
            1 => format!("math.ceil({a})"),
            2 => format!("math.abs({a})"),
            3 => format!("math.max({a}, {})", self.number(depth)),
            4 => format!("math.min({}, {a})", self.number(depth)),
            5 => format!("math.fmod({a}, {})", self.number(depth)),
            6 => format!("math.sqrt({a})"),
            7 => format!("math.modf({a})"),
            8 => format!("(math.frexp({a}))"),
            9 => format!("math.ldexp({a}, {})", self.random.between(-5, 12)),
            10 => format!("tonumber({})", self.string(depth)),
            11 => format!("tonumber({a})"),
            12 => {
                let base = self.random.between(2, 36);
                format!("tonumber({}, {base})", self.string(depth))
            }
            _ => format!("select(\"#\", {a}, {})", self.any(depth)),
        }
    }

    pub(super) fn boolean(&mut self, depth: u32) -> String {
        if depth == 0 || self.random.percent(15) {
            let variable = self.variable(Kind::Boolean);
            return match variable {
                Some(name) if self.random.percent(60) => name,
                _ => self
                    .random
                    .word(&["true", "false", "nil", "not nil"])
                    .to_owned(),
            };
        }
        match self.random.below(10) {
            0..3 => {
                let (left, right) = (self.number(depth - 1), self.number(depth - 1));
                let operator = self.random.word(COMPARISON);
                format!("({left} {operator} {right})")
            }
            3 => {
                let (left, right) = (self.string(depth - 1), self.string(depth - 1));
                let operator = self.random.word(COMPARISON);
                format!("({left} {operator} {right})")
            }
            4 => {
                let (left, right) = (self.any(depth - 1), self.any(depth - 1));
                let operator = self.random.word(&["==", "~=", "==", "<"]);
                format!("({left} {operator} {right})")
            }
            5 => format!("not {}", self.boolean(depth - 1)),
            6 => {
                let (left, right) = (self.boolean(depth - 1), self.boolean(depth - 1));
                let operator = self.random.word(&["and", "or"]);
                format!("({left} {operator} {right})")
            }
            7 => {
                let value = self.any(depth - 1);
                let name = self
                    .random
                    .word(&["number", "string", "table", "nil", "function"]);
                format!("(type(({value})) == \"{name}\")")
            }
            8 => {
                let (left, right) = (self.any(depth - 1), self.any(depth - 1));
                format!("rawequal(({left}), ({right}))")
            }
            _ => match (self.variable(Kind::Object), self.variable(Kind::Object)) {
                (Some(left), Some(right)) => {
                    let operator = self.random.word(COMPARISON);
                    format!("({left} {operator} {right})")
                }
                _ => "true".to_owned(),
            },
        }
    }

    /// A call of a function in sight.
    pub(super) fn call(&mut self, depth: u32) -> String {
        let Some(name) = self.variable(Kind::Function) else {
            return self.number(0);
        };
        let arguments = self.arguments(depth.min(2));
        format!("{name}({arguments})")
    }

    pub(super) fn arguments(&mut self, depth: u32) -> String {
        let count = self.random.below(4);
        let arguments: Vec<String> = (0..count).map(|_| self.any(depth)).collect();
        arguments.join(", ")
    }

    /// A function in one line.
    pub(super) fn function_value(&mut self, depth: u32) -> String {
        if let Some(name) = self.variable(Kind::Function)
            && (depth == 0 || self.random.percent(50))
        {
            return name;
        }
        let (varargs, in_loop, visible) = (self.varargs, self.in_loop, self.variables.len());
        self.varargs = self.one_in(3);
        let (a, b) = (self.fresh("a"), self.fresh("b"));
        self.declare(&a, Kind::Number);
        self.declare(&b, Kind::Any);
        let tail = if self.varargs { ", ..." } else { "" };
        let count = self.random.below(3);
        let results: Vec<String> = (0..=count)
            .map(|_| {
                let kind = self.kind();
                self.expression(kind, depth.saturating_sub(1).min(2))
            })
            .collect();
        self.variables.truncate(visible);
        (self.varargs, self.in_loop) = (varargs, in_loop);
        let results = results.join(", ");
        format!("function({a}, {b}{tail}) tick() return {results} end")
    }
}
