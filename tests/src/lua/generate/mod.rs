//! Random Lua programs that end and print what they do on the way. A program is a tree, so that it can be made
//! smaller. It must not know who runs it.

mod corners;
mod expression;
mod library;
mod objects;
mod statement;
mod strings;
mod tables;

use crate::oracle::generate::Random;
use std::fmt::Write;

/// A statement with what is inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One line.
    Line(String),
    /// A line, statements, and a line that ends them.
    Block {
        /// The first line.
        head: String,
        /// What it holds.
        body: Vec<Node>,
        /// The last line.
        tail: String,
    },
}

/// A program.
pub type Program = Vec<Node>;

/// The text of a program.
#[must_use]
pub fn text(program: &[Node]) -> String {
    let mut out = String::new();
    put(program, 0, &mut out);
    out
}

fn put(nodes: &[Node], depth: usize, out: &mut String) {
    for node in nodes {
        match node {
            Node::Line(line) => {
                let _ = writeln!(out, "{:depth$}{line}", "");
            }
            Node::Block { head, body, tail } => {
                let _ = writeln!(out, "{:depth$}{head}", "");
                put(body, depth + 1, out);
                let _ = writeln!(out, "{:depth$}{tail}", "");
            }
        }
    }
}

/// What a variable was given, as far as the maker cares: it makes mostly sense with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    String,
    Boolean,
    /// A table of numbers and strings from 1 on.
    List,
    /// A table with strings as keys.
    Map,
    /// A function that takes two values and gives some.
    Function,
    /// A table with metamethods.
    Object,
    /// Whatever.
    Any,
}

const KINDS: &[Kind] = &[
    Kind::Number,
    Kind::Number,
    Kind::Number,
    Kind::String,
    Kind::String,
    Kind::Boolean,
    Kind::List,
    Kind::Map,
    Kind::Function,
    Kind::Object,
    Kind::Any,
];

struct Variable {
    name: String,
    kind: Kind,
}

/// Makes one program.
struct Maker {
    random: Random,
    variables: Vec<Variable>,
    names: u32,
    /// Statements that may still be made.
    budget: u32,
    /// Blocks around.
    depth: u32,
    /// `...` may be used here.
    varargs: bool,
    /// A `break` may stand here.
    in_loop: bool,
    /// Inside a function, for `return`.
    in_function: bool,
}

/// The program of a seed, always the same.
#[must_use]
pub fn program(seed: u64) -> Program {
    let mut maker = Maker {
        random: Random::new(seed),
        variables: Vec::new(),
        names: 0,
        budget: 0,
        depth: 0,
        varargs: true,
        in_loop: false,
        in_function: false,
    };
    maker.budget = 8 + u32::try_from(maker.random.below(40)).unwrap_or(0);
    let mut body = Vec::new();
    while maker.budget > 0 {
        maker.statement(&mut body);
    }
    maker.show_all(&mut body);
    body
}

impl Maker {
    /// Whether one of `n` times.
    fn one_in(&mut self, n: u64) -> bool {
        self.random.below(n) == 0
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn declare(&mut self, name: &str, kind: Kind) {
        self.variables.push(Variable {
            name: name.to_owned(),
            kind,
        });
    }

    /// A variable that holds something of this kind; of any kind once in a while.
    fn variable(&mut self, kind: Kind) -> Option<String> {
        let any = kind == Kind::Any || self.one_in(120);
        let fitting: Vec<usize> = (0..self.variables.len())
            .filter(|at| any || self.variables[*at].kind == kind)
            .collect();
        if fitting.is_empty() {
            return None;
        }
        // The later ones more often.
        let last = &fitting[fitting.len().saturating_sub(4)..];
        let from = if self.random.percent(60) {
            last
        } else {
            &fitting
        };
        let at = *self.random.pick(from);
        Some(self.variables[at].name.clone())
    }

    fn kind(&mut self) -> Kind {
        *self.random.pick(KINDS)
    }

    /// Statements in a scope of their own.
    fn block(&mut self, most: u64) -> Vec<Node> {
        let visible = self.variables.len();
        self.depth += 1;
        let mut body = Vec::new();
        for _ in 0..=self.random.below(most) {
            self.statement(&mut body);
        }
        self.depth -= 1;
        self.variables.truncate(visible);
        body
    }

    /// Prints every variable in sight.
    fn show_all(&mut self, body: &mut Vec<Node>) {
        let names: Vec<&str> = self
            .variables
            .iter()
            .rev()
            .take(12)
            .map(|v| &*v.name)
            .collect();
        for part in names.chunks(6) {
            body.push(Node::Line(format!("print(show({}))", part.join(", "))));
        }
    }
}
