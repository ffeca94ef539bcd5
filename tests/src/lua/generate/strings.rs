//! Strings, patterns and formats.

use super::{Kind, Maker};

const STRINGS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"abc\"",
    "\"hello world\"",
    "\"10\"",
    "\"x=1, y=2\"",
    "\"  trim \"",
    "\"A-b_C\"",
    "\"key\"",
    "\"\\0z\\0\"",
    "\"\\n\\t\"",
    "\"(a(b)c)\"",
    "[[long [string]=]]",
    "\"3.5\"",
    "\"banana\"",
    "\"%d %s\"",
    "'quote\"d'",
    "\"\\200\\255\"",
];

const PATTERNS: &[&str] = &[
    "\"a\"",
    "\".\"",
    "\"%w+\"",
    "\"%a*\"",
    "\"%d+\"",
    "\"(%w+)=(%w+)\"",
    "\"^%s*(.-)%s*$\"",
    "\"[aeiou]\"",
    "\"[^%s]+\"",
    "\"()\"",
    "\"%b()\"",
    "\"(a)(n)\"",
    "\"(.)%1\"",
    "\"%f[%w]%w+\"",
    "\"\"",
    "\".-\"",
    "\"^a\"",
    "\"b$\"",
    "\"[%a_][%w_]*\"",
    "\"%z\"",
    "\"(.)(.?)\"",
    "\"l+o?\"",
    "\"%\"",
    "\"[a\"",
    "\"(\"",
    "\"%1\"",
    "\"a-b\"",
    "\"%p\"",
    "\"[b-n]+\"",
    "\"((%w)(%w))\"",
];

const FORMATS: &[(&str, Kind)] = &[
    ("%d", Kind::Number),
    ("%5d|", Kind::Number),
    ("%-5d|", Kind::Number),
    ("%05.1f", Kind::Number),
    ("%g", Kind::Number),
    ("%.3f", Kind::Number),
    ("%e", Kind::Number),
    ("%x", Kind::Number),
    ("%+d", Kind::Number),
    ("%.14g", Kind::Number),
    ("%i", Kind::Number),
    ("%s", Kind::String),
    ("%10s|", Kind::String),
    ("%-6s|", Kind::String),
    ("%.2s", Kind::String),
    ("%q", Kind::String),
    ("%s", Kind::Number),
    ("%d", Kind::String),
    ("%c", Kind::Number),
];

impl Maker {
    pub(super) fn string(&mut self, depth: u32) -> String {
        if depth == 0 || self.random.percent(25) {
            let variable = self.variable(Kind::String);
            return match variable {
                Some(name) if self.random.percent(65) => name,
                _ => self.random.word(STRINGS).to_owned(),
            };
        }
        let depth = depth - 1;
        match self.random.below(15) {
            0..3 => format!("({} .. {})", self.string(depth), self.string(depth)),
            3 => format!("({} .. {})", self.number(depth), self.string(depth)),
            4 => {
                let (from, to) = (self.random.between(-6, 6), self.random.between(-6, 6));
                format!("({}):sub({from}, {to})", self.string(depth))
            }
            5 => {
                let method = self.random.word(&["upper", "lower", "reverse"]);
                format!("({}):{method}()", self.string(depth))
            }
            6 => {
                let times = self.random.between(-1, 4);
                format!("({}):rep({times})", self.string(depth))
            }
            7 => self.format(depth),
            8 | 9 => self.replaced(depth),
            10 => {
                let pattern = self.random.word(PATTERNS);
                format!("(({}):match({pattern}))", self.string(depth))
            }
            11 => match self.variable(Kind::List) {
                Some(name) => {
                    let separator = self.string(0);
                    format!("table.concat({name}, {separator})")
                }
                None => "\"none\"".to_owned(),
            },
            12 => format!("tostring(({}))", self.number(depth)),
            13 => format!("type(({}))", self.any(depth)),
            _ => {
                let (a, b) = (self.random.between(30, 90), self.random.between(60, 260));
                format!("string.char({a}, {b})")
            }
        }
    }

    fn format(&mut self, depth: u32) -> String {
        let mut text = String::new();
        let mut arguments = String::new();
        for _ in 0..=self.random.below(3) {
            let (directive, kind) = *self.random.pick(FORMATS);
            text.push_str(directive);
            arguments.push_str(", ");
            arguments.push_str(&self.expression(kind, depth));
        }
        format!("string.format(\"{text}\"{arguments})")
    }

    fn replaced(&mut self, depth: u32) -> String {
        let subject = self.string(depth);
        let pattern = self.random.word(PATTERNS);
        let by = match self.random.below(6) {
            0 => self.string(0),
            1 => "\"<%0>\"".to_owned(),
            2 => "\"%1%1\"".to_owned(),
            3 => "string.upper".to_owned(),
            4 => "{a = 1, b = \"two\", l = false, hello = \"bye\"}".to_owned(),
            _ => self.function_value(depth.min(1)),
        };
        let limit = if self.one_in(4) {
            format!(", {}", self.random.between(-1, 3))
        } else {
            String::new()
        };
        format!("(({subject}):gsub({pattern}, {by}{limit}))")
    }

    /// A number that a function of strings gives.
    pub(super) fn string_number(&mut self, depth: u32) -> String {
        let subject = self.string(depth);
        match self.random.below(5) {
            0 => format!("({subject}):byte({})", self.random.between(-4, 5)),
            1 => {
                let pattern = self.random.word(PATTERNS);
                format!("(({subject}):find({pattern}) or 0)")
            }
            2 => format!("({subject}):len()"),
            3 => {
                let needle = self.string(0);
                let from = self.random.between(-3, 5);
                format!("(({subject}):find({needle}, {from}, true) or -1)")
            }
            _ => {
                let pattern = self.random.word(PATTERNS);
                format!("select(2, ({subject}):gsub({pattern}, \"\"))")
            }
        }
    }

    /// A pattern that takes one or two captures.
    pub(super) fn pattern(&mut self) -> &'static str {
        self.random.word(PATTERNS)
    }
}
