//! Calls of library functions with whatever arguments, formats and patterns made of their parts, and texts of numbers.

use super::{Kind, Maker, Node};
use std::fmt::Write;

/// What may be called with any arguments: none of them takes long or changes what other programs see.
const FUNCTIONS: &[&str] = &[
    "assert",
    "coroutine.create",
    "coroutine.resume",
    "coroutine.running",
    "coroutine.status",
    "coroutine.wrap",
    "coroutine.yield",
    "error",
    "getmetatable",
    "ipairs",
    "loadstring",
    "math.abs",
    "math.ceil",
    "math.deg",
    "math.floor",
    "math.fmod",
    "math.frexp",
    "math.ldexp",
    "math.max",
    "math.min",
    "math.modf",
    "math.rad",
    "math.sqrt",
    "next",
    "pairs",
    "pcall",
    "rawequal",
    "rawget",
    "rawset",
    "select",
    "setmetatable",
    "string.byte",
    "string.char",
    "string.find",
    "string.format",
    "string.gmatch",
    "string.gsub",
    "string.len",
    "string.lower",
    "string.match",
    "string.reverse",
    "string.sub",
    "string.upper",
    "table.concat",
    "table.foreach",
    "table.foreachi",
    "table.getn",
    "table.maxn",
    "table.remove",
    "table.setn",
    "table.sort",
    "tonumber",
    "tostring",
    "type",
    "unpack",
    "xpcall",
];

/// Functions whose last digits are the C library's own.
const INEXACT: &[&str] = &[
    "acos", "asin", "atan", "atan2", "cos", "cosh", "exp", "log", "log10", "pow", "sin", "sinh",
    "tan", "tanh",
];

const NUMBER_TEXTS: &[&str] = &[
    "0x10",
    "0X1f",
    "0x",
    "0xg",
    "0x1p4",
    "0x.8",
    " 7 ",
    "7 8",
    "1e",
    "1e+5",
    "1e-2",
    "1E5",
    ".5",
    "5.",
    ".",
    "",
    " ",
    "-",
    "--1",
    "- 1",
    "+5",
    "-0",
    "-0x10",
    "1e400",
    "-1e400",
    "1e-400",
    "99999999999999999999",
    "zz",
    "Zz",
    "7fffffff",
    "ffffffffffffffff",
    "-ff",
    "10\\0",
    "\\n9\\t",
    "inf",
    "nan",
    "-inf",
    "infinity",
    "NAN",
    "1_0",
    "1.5.2",
    "0b1",
    "1f",
    "1d",
    "٣",
    "12345678901234567890",
    "0.1e1",
    "1e1.5",
    "101",
    "-101",
    "129",
    "8",
    "9a",
];

const SUBJECTS: &[&str] = &[
    "\"hello world from Lua\"",
    "\"THE (quick) fox\"",
    "\"key = value; k2=v2\"",
    "\"((a)(b(c)))d)\"",
    "\"\\0\\1\\31\\127\\128\\255 x\"",
    "\"a.b-c*d+e?f%g[h]i^j$\"",
    "\"  \\t\\n\\v\\f\\r mixed \"",
    "\"0x1F 077 3.14 -2e5\"",
    "\"aaaaabaaab\"",
    "\"\"",
    "\"x\"",
    "\"abcabcabd\"",
    "\"[[long]] ]=] --\"",
    "\"\\\"quoted\\\" 'text' \\\\ \"",
    "(\"ab\"):rep(20)",
];

impl Maker {
    /// A call of a function of the library, whatever it makes of it.
    pub(super) fn library_call(&mut self, body: &mut Vec<Node>) {
        let line = match self.random.below(12) {
            0 => {
                let (name, a, b) = (self.random.word(INEXACT), self.any(1), self.any(1));
                format!("print(show(pcall(function() return near((math.{name}({a}, {b}))) end)))")
            }
            1 | 2 => {
                let call = self.any_format();
                format!("print(show(pcall(string.format, {call})))")
            }
            3..6 => self.pattern_line(),
            6 => self.number_line(),
            7 => self.string_line(),
            8 => self.table_line(),
            _ => {
                let name = self.random.word(FUNCTIONS);
                let count = self.random.below(5);
                let mut line = format!("print(show(pcall({name}");
                for at in 0..count {
                    // The first one fits more often than not.
                    let argument = if at == 0 && self.one_in(2) {
                        self.fitting(name)
                    } else {
                        self.any(1)
                    };
                    let _ = write!(line, ", {argument}");
                }
                line + ")))"
            }
        };
        body.push(Node::Line(line));
    }

    fn fitting(&mut self, name: &str) -> String {
        match name.split('.').next() {
            Some("string") => self.string(1),
            Some("table") => self.list(1),
            Some("math") => self.number(1),
            Some("coroutine" | "pcall" | "xpcall" | "load") => self.function_value(1),
            _ => {
                let kind = self.kind();
                self.expression(kind, 1)
            }
        }
    }

    /// A format of any flags, width and precision, with its arguments.
    fn any_format(&mut self) -> String {
        let (mut text, mut arguments) = (String::new(), String::new());
        for _ in 0..=self.random.below(2) {
            text.push_str(self.random.word(&["", "", "a", "%%", "\\0", "<"]));
            text.push('%');
            for _ in 0..self.random.below(3) {
                text.push_str(self.random.word(&["-", "+", " ", "#", "0"]));
            }
            if self.one_in(2) {
                let _ = write!(text, "{}", self.random.below(25));
            }
            if self.one_in(2) {
                let _ = write!(text, ".{}", self.random.below(20));
            }
            if self.one_in(40) {
                text.push_str(
                    self.random
                        .word(&["100", ".100", "-----", "--+#0 ", "5.", "l"]),
                );
            }
            let letter = self.random.word(&[
                "c", "d", "i", "o", "u", "x", "X", "e", "E", "f", "g", "G", "q", "s", "s", "d",
                "g", "g", "f", "e",
            ]);
            let letter = if self.one_in(40) {
                self.random.word(&["", "y", "p", "n", "a", "D", "%"])
            } else {
                letter
            };
            text.push_str(letter);
            let argument = match letter {
                "q" | "s" => self.expression(Kind::String, 1),
                "c" => self.random.below(256).to_string(),
                _ if self.one_in(3) => self.float_text(),
                _ => self.expression(Kind::Number, 1),
            };
            if !self.one_in(60) {
                let _ = write!(arguments, ", {argument}");
            }
        }
        format!("\"{text}\"{arguments}")
    }

    /// A number of any size and any number of digits.
    pub(super) fn float_text(&mut self) -> String {
        let mantissa = self.random.between(-999_999_999, 999_999_999);
        let shown = match self.random.below(4) {
            0 => self.random.between(-320, 300),
            1 => self.random.between(-25, 20),
            _ => self.random.between(-9, 0),
        };
        match self.random.below(6) {
            0 => format!("{}", self.random.between(i64::MIN / 2, i64::MAX / 2)),
            1 => format!("({mantissa} / {})", self.random.between(1, 999)),
            2 => format!("2^{}", self.random.between(-40, 70)),
            _ => format!("{mantissa}e{shown}"),
        }
    }

    /// A pattern out of all that there is in patterns, wrong once in a while.
    pub(super) fn any_pattern(&mut self) -> String {
        let mut text = String::new();
        if self.one_in(6) {
            text.push('^');
        }
        let (mut open, mut captures, mut repeated) = (0, 0, 0);
        for _ in 0..=self.random.below(5) {
            match self.random.below(12) {
                0 if captures < 4 => {
                    text.push('(');
                    (open, captures) = (open + 1, captures + 1);
                    continue;
                }
                1 if open > 0 => {
                    text.push(')');
                    open -= 1;
                    continue;
                }
                2 => text.push_str(
                    self.random
                        .word(&["()", "%b()", "%bab", "%b\\\"\\\"", "%b"]),
                ),
                3 => {
                    text.push_str("%f");
                    self.set(&mut text);
                    continue;
                }
                4 => {
                    text.push_str(self.random.word(&["%1", "%2", "%1", "%0"]));
                    continue;
                }
                _ => self.single(&mut text),
            }
            if repeated < 3 && self.one_in(2) {
                text.push_str(self.random.word(&["*", "+", "-", "?"]));
                repeated += 1;
            }
        }
        for _ in 0..open {
            if !self.one_in(30) {
                text.push(')');
            }
        }
        if self.one_in(6) {
            text.push('$');
        }
        if self.one_in(40) {
            text.push_str(
                self.random
                    .word(&["%%", "[", "[^", "[]", "[a-", "[%", "%", "(", ")", "%f"]),
            );
        }
        // In the source a percent sign stands for itself; a lone backslash there would not.
        format!("\"{text}\"")
    }

    /// One byte's worth of pattern.
    fn single(&mut self, text: &mut String) {
        match self.random.below(8) {
            0..3 => text.push_str(self.random.word(&[
                "%a", "%c", "%d", "%l", "%p", "%s", "%u", "%w", "%x", "%z", "%A", "%C", "%D", "%L",
                "%P", "%S", "%U", "%W", "%X", "%Z",
            ])),
            3 => text.push('.'),
            4 => self.set(text),
            5 => text.push_str(
                self.random
                    .word(&["%.", "%-", "%%", "%(", "%]", "%q", "\\0", "\\255", " "]),
            ),
            _ => text.push_str(
                self.random
                    .word(&["a", "b", "c", "o", "l", "x", "1", "=", "-", "$", "^"]),
            ),
        }
    }

    fn set(&mut self, text: &mut String) {
        text.push('[');
        text.push_str(self.random.word(&["", "", "^"]));
        for _ in 0..=self.random.below(3) {
            text.push_str(self.random.word(&[
                "a", "a-f", "0-9", "%w", "%s", "%]", "-", "A-Z", "%a_", "z-a", "%p", "^", ".",
                "\\0-\\31", "%-", "b-", "]", "%S",
            ]));
        }
        text.push(']');
    }

    fn subject(&mut self) -> String {
        if self.one_in(3) {
            self.string(1)
        } else {
            self.random.word(SUBJECTS).to_owned()
        }
    }

    fn pattern_line(&mut self) -> String {
        let (subject, pattern) = (self.subject(), self.any_pattern());
        let from = if self.one_in(3) {
            format!(", {}", self.random.between(-12, 12))
        } else {
            String::new()
        };
        match self.random.below(5) {
            0 => format!("print(show(pcall(string.find, {subject}, {pattern}{from})))"),
            1 => format!("print(show(pcall(string.match, {subject}, {pattern}{from})))"),
            2 => format!(
                "print(show(pcall(function() local r = {{}} for a, b in ({subject}):gmatch({pattern}) do tick() r[#r + 1] = a r[#r + 1] = b end return r end)))"
            ),
            _ => {
                let by = match self.random.below(7) {
                    0 => "\"<%0|%1>\"".to_owned(),
                    1 => "\"%%%1%2\"".to_owned(),
                    2 => "\"%x%\"".to_owned(),
                    3 => "{a = 1, b = false, [\"\"] = \"-\", l = \"L\", [1] = \"p\"}".to_owned(),
                    4 => "setmetatable({}, {__index = function(t, k) return type(k) .. #tostring(k) end})".to_owned(),
                    5 => "function(...) tick() return select(\"#\", ...) .. tostring((...)) end".to_owned(),
                    _ => self.any(1),
                };
                let most = if self.one_in(4) {
                    format!(", {}", self.random.between(-1, 3))
                } else {
                    String::new()
                };
                format!("print(show(pcall(string.gsub, {subject}, {pattern}, {by}{most})))")
            }
        }
    }

    fn number_line(&mut self) -> String {
        let text = self.random.word(NUMBER_TEXTS);
        match self.random.below(6) {
            0 => format!("print(show(pcall(tonumber, \"{text}\")))"),
            1 => {
                let base = self.random.between(0, 38);
                format!("print(show(pcall(tonumber, \"{text}\", {base})))")
            }
            2 => {
                let operator = self
                    .random
                    .word(&["+", "-", "*", "/", "%", "..", "<", "=="]);
                let number = self.number(1);
                format!("print(show(pcall(function() return \"{text}\" {operator} {number} end)))")
            }
            3 => format!("print(show(pcall(function() return -\"{text}\", \"{text}\" + 0 end)))"),
            4 => format!("print({})", self.float_text()),
            _ => {
                let number = self.float_text();
                format!(
                    "print(show(tostring({number}), {number} .. \"\", tonumber(tostring({number}))))"
                )
            }
        }
    }

    /// A place: near, or as far away as numbers go.
    fn place(&mut self) -> String {
        if self.one_in(8) {
            return self
                .random
                .word(&[
                    "1e10",
                    "-1e10",
                    "2^31",
                    "-2^31",
                    "2^53",
                    "0.5",
                    "-1.5",
                    "nil",
                    "\"2\"",
                    "math.huge",
                ])
                .to_owned();
        }
        self.random.between(-9, 9).to_string()
    }

    fn string_line(&mut self) -> String {
        let (subject, a, b) = (self.subject(), self.place(), self.place());
        match self.random.below(7) {
            0 => format!("print(show(pcall(string.sub, {subject}, {a}, {b})))"),
            1 => format!("print(show(pcall(string.byte, {subject}, {a}, {b})))"),
            2 => format!(
                "print(show(pcall(string.rep, {subject}, {})))",
                self.random.between(-2, 6)
            ),
            3 => {
                let needle = self.string(0);
                format!("print(show(pcall(string.find, {subject}, {needle}, {a}, true)))")
            }
            4 => {
                let (c, d) = (self.random.between(-2, 300), self.random.below(256));
                format!("print(show(pcall(string.char, {d}, {c}, {a})))")
            }
            5 => format!("print(show(pcall(string.find, {subject}, \"\", {a})))"),
            _ => format!(
                "print(show(#{subject}, {subject} < {}, ({subject}):reverse():upper()))",
                self.string(1)
            ),
        }
    }

    fn table_line(&mut self) -> String {
        let list = self.list(1);
        let (a, b) = (self.place(), self.place());
        match self.random.below(9) {
            0 => format!("print(show(pcall(unpack, {list}, {a}, {b})))"),
            1 => format!("print(show(pcall(table.concat, {list}, \",\", {a}, {b})))"),
            2 => {
                let order = self.random.word(&[
                    "function(a, b) tick() return true end",
                    "function(a, b) tick() return false end",
                    "function(a, b) tick() return tostring(a) <= tostring(b) end",
                    "function(a, b) tick() return a ~= b end",
                    "function(a, b) tick() error({}) end",
                    "function(a, b) tick() return #tostring(a) > #tostring(b) end",
                    "nil",
                ]);
                let other = self.list(1);
                format!(
                    "do local t = {list} for i, v in ipairs({other}) do tick() t[#t + 1] = v end print(show(pcall(table.sort, t, {order}))) print(show(t)) end"
                )
            }
            3 => {
                let (at, value) = (self.random.between(-3, 9), self.any(1));
                format!(
                    "do local t = {list} print(show(pcall(table.insert, t, {at}, {value}), t, #t)) end"
                )
            }
            4 => format!(
                "do local t = {list} print(show(pcall(table.remove, t, {}))) print(show(t)) end",
                self.random.between(-3, 9)
            ),
            5 => {
                let (from, to) = (self.random.between(-1, 4), self.random.between(0, 12));
                format!(
                    "do local t = {list} for i = {from}, {to} do t[i] = i * 2 end for i = {from}, {to}, 2 do t[i] = nil end print(show(t, #t, table.maxn(t), table.getn(t))) end"
                )
            }
            6 => format!(
                "print(show(pcall(table.foreach, {list}, function(k, v) tick() if v == {b} then return k end end)))"
            ),
            7 => format!(
                "print(show(pcall(table.foreachi, {list}, function(i, v) tick() if i == {a} then return v, i end end)))"
            ),
            _ => format!(
                "do local t = {list} for k in pairs(t) do t[k] = nil end print(show(next(t), #t, pcall(next, t, \"none\"))) end"
            ),
        }
    }
}
