//! Source texts that are wrong in every way, beside lua5.1: tokens at random, and programs with pieces changed. Both must
//! say the same of a text; what compiles must run without harm. It must not know how the machine works.

use super::generate::{program, text};
use super::run::{REFERENCE, file, scratch};
use crate::oracle::generate::Random;
use hyla_lua::{Outcome, Value, Vm, stdlib};
use std::cell::RefCell;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A batch takes a fraction of that.
const LIMIT: Duration = Duration::from_secs(60);
/// Bytes that a text's objects may hold.
const MEMORY_MAX: usize = 8 << 20;
/// Fuel for a text, and how much of it a slice has at most.
const FUEL: i64 = 30_000;

/// What both do with each text: compile it, and say what is wrong with it.
const JUDGE: &str = "\
local load, write, say = loadstring, print, tostring
function judge(number, source)
  local f, message = load(source, '=p')
  write('\\1' .. number .. '\\n' .. (f and 'ok' or say(message)))
end
";

/// Pieces that texts are made of.
const TOKENS: &[&str] = &[
    "and",
    "break",
    "do",
    "else",
    "elseif",
    "end",
    "false",
    "for",
    "function",
    "if",
    "in",
    "local",
    "nil",
    "not",
    "or",
    "repeat",
    "return",
    "then",
    "true",
    "until",
    "while",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "#",
    "==",
    "~=",
    "<=",
    ">=",
    "<",
    ">",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ":",
    ",",
    ".",
    "..",
    "...",
    "a",
    "b",
    "f",
    "t",
    "self",
    "x1",
    "_G",
    "print",
    "pcall",
    "error",
    "string",
    "setmetatable",
    "coroutine",
    "1",
    "0",
    "2.5",
    "0x1F",
    "1e3",
    "1e",
    "0x",
    "3..2",
    ".5",
    "1e309",
    "\"\"",
    "\"s\"",
    "'q'",
    "\"\\65\\n\"",
    "\"\\300\"",
    "\"open",
    "'\\",
    "[[",
    "]]",
    "[==[",
    "]==]",
    "[=",
    "--",
    "--[[",
    "--[==[",
    "~",
    "!",
    "@",
    "$",
    "\\",
    "\0",
    "\x7f",
    "\u{e9}",
    "\n",
    "\r\n",
    "\t",
];

/// Makes texts.
pub struct Maker {
    random: Random,
    seeds: Vec<Vec<u8>>,
}

impl Maker {
    /// From a seed, on the programs of the machine's tests.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn new(seed: u64) -> io::Result<Maker> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths: Vec<PathBuf> = Vec::new();
        for folder in [
            "../engine/lua/tests/snippets",
            "../engine/lua/tests/bombs",
            "lua-bench",
        ] {
            for entry in std::fs::read_dir(root.join(folder))? {
                let path = entry?.path();
                if path.extension().is_some_and(|ending| ending == "lua") {
                    paths.push(path);
                }
            }
        }
        paths.sort();
        let seeds: io::Result<Vec<Vec<u8>>> = paths.iter().map(std::fs::read).collect();
        Ok(Maker {
            random: Random::new(seed),
            seeds: seeds?,
        })
    }

    /// The next text.
    pub fn text(&mut self) -> Vec<u8> {
        match self.random.below(4) {
            0 => self.soup(),
            1 => {
                let seed = self.random.below(u64::MAX);
                let mut text = text(&program(seed)).into_bytes();
                self.change(&mut text);
                text
            }
            _ => {
                let mut text = self.piece();
                self.change(&mut text);
                text
            }
        }
    }

    fn soup(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.random.below(40) {
            let token = *self.random.pick(TOKENS);
            text.extend_from_slice(token.as_bytes());
            if !self.random.percent(20) {
                text.push(b' ');
            }
        }
        text
    }

    /// Some lines of a program.
    fn piece(&mut self) -> Vec<u8> {
        let at = self.random.below(self.seeds.len() as u64) as usize;
        let lines: Vec<&[u8]> = self.seeds[at].split(|byte| *byte == b'\n').collect();
        let from = self.random.below(lines.len() as u64) as usize;
        let len = 1 + self.random.below(20) as usize;
        lines[from..(from + len).min(lines.len())].join(&b'\n')
    }

    fn place(&mut self, text: &[u8]) -> usize {
        self.random.below(text.len() as u64 + 1) as usize
    }

    fn change(&mut self, text: &mut Vec<u8>) {
        for _ in 0..self.random.below(6) {
            let at = self.place(text);
            let end = (at + self.random.below(12) as usize).min(text.len());
            match self.random.below(7) {
                0 if at < text.len() => text[at] = self.random.below(256) as u8,
                1 => drop(text.drain(at..end)),
                2 | 3 => {
                    let token = self.random.pick(TOKENS).as_bytes();
                    text.splice(at..end.min(at + 3), token.iter().copied());
                }
                4 => {
                    let copy = text[at..end].to_vec();
                    let to = self.place(text);
                    text.splice(to..to, copy);
                }
                5 => {
                    // Nesting.
                    let open = *self.random.pick(&[
                        "(",
                        "{",
                        "a(",
                        "[",
                        "-",
                        "not ",
                        "function() ",
                        "a..",
                        "2^",
                        "if a then ",
                    ]);
                    let many = open.repeat(self.random.below(300) as usize);
                    text.splice(at..at, many.bytes());
                }
                _ => text.truncate(end),
            }
        }
        // What begins as bytecode is another matter.
        if text.first() == Some(&27) {
            text.clear();
        }
    }
}

/// A text that the two do not judge alike.
pub struct Difference {
    /// The text.
    pub source: Vec<u8>,
    /// What lua5.1 says of it.
    pub expected: String,
    /// What the machine says.
    pub got: String,
}

/// Makes texts from `seed` on, `batch` of each, until the time is over; calls `report` for each that differs and
/// `progress` behind every batch, with its seed and the texts so far. A text that does harm ends the process, with its
/// batch in the folder that is left behind.
///
/// # Errors
/// lua5.1 does not start, or a file cannot be written.
pub fn run(
    seed: u64,
    batch: usize,
    seconds: u64,
    report: &mut dyn FnMut(&Difference),
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<u64> {
    let folder = scratch()?;
    let path = folder.join("texts.lua");
    let start = Instant::now();
    let (mut seed, mut done) = (seed, 0);
    while start.elapsed().as_secs() < seconds {
        let mut maker = Maker::new(seed)?;
        let texts: Vec<Vec<u8>> = (0..batch).map(|_| maker.text()).collect();
        let mut judge = JUDGE.to_owned();
        for (number, text) in texts.iter().enumerate() {
            let _ = writeln!(judge, "judge({number}, \"{}\")", quoted(text));
        }
        std::fs::write(&path, &judge)?;
        let expected = judgements(&file(Path::new(REFERENCE), &path, LIMIT)?.output);
        let got = judgements(&ours(judge.as_bytes()));
        for (number, text) in texts.into_iter().enumerate() {
            let said = |all: &[String]| all.get(number).cloned().unwrap_or_default();
            let (expected, got) = (said(&expected), said(&got));
            if got == "ok" {
                play(&text);
            }
            if expected != got {
                report(&Difference {
                    source: text,
                    expected,
                    got,
                });
            }
        }
        done += batch as u64;
        progress(seed, done);
        seed += 1;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(done)
}

fn quoted(text: &[u8]) -> String {
    let mut quoted = String::new();
    for byte in text {
        if byte.is_ascii_alphanumeric() || b" ()[]{}=+-*/.,;:<>~#".contains(byte) {
            quoted.push(char::from(*byte));
        } else {
            let _ = write!(quoted, "\\{byte:03}");
        }
    }
    quoted
}

fn judgements(output: &[u8]) -> Vec<String> {
    let parts = output.split(|byte| *byte == 1).skip(1);
    parts
        .map(|part| {
            let text: String = part.iter().map(|byte| char::from(*byte)).collect();
            let said = text.split_once('\n').map_or("", |(_, said)| said);
            said.strip_suffix('\n').unwrap_or(said).to_owned()
        })
        .collect()
}

thread_local! {
    static PRINTED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What the machine prints when it runs this file.
fn ours(source: &[u8]) -> Vec<u8> {
    PRINTED.take();
    let mut vm = Vm::new(1 << 30).expect("a machine");
    vm.print = |bytes| PRINTED.with_borrow_mut(|out| out.extend_from_slice(bytes));
    vm.base_depth = 2;
    stdlib::open(&mut vm).expect("its libraries");
    let function = vm.load(source, b"@texts.lua").expect("the file compiles");
    vm.begin(function, &[]).expect("the file can run");
    let outcome = vm.run(i64::MAX);
    if outcome != Outcome::Done
        && let Value::Str(text) = vm.error_value()
    {
        PRINTED.with_borrow_mut(|out| out.extend_from_slice(text.bytes()));
    }
    PRINTED.take()
}

/// Compiles a text and, if it is a program, runs it for a while, in slices whose length the text decides, with all
/// libraries that scripts have. Whatever it does must do no harm.
///
/// # Panics
/// Where it does.
pub fn play(source: &[u8]) {
    let sum = source.iter().fold(source.len(), |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    // Now and then there is hardly any memory.
    let memory = if sum % 5 == 0 { 160 << 10 } else { MEMORY_MAX };
    let Ok(mut vm) = Vm::new(memory) else { return };
    if stdlib::open(&mut vm).is_err() || stdlib::scripts::open(&mut vm).is_err() {
        return;
    }
    let Ok(function) = vm.load(source, b"=p") else {
        return;
    };
    if vm.begin(function, &[]).is_err() {
        return;
    }
    let slice = [7, 100, 1000, FUEL][sum / 5 % 4];
    let mut left = FUEL;
    while left > 0 {
        left -= slice;
        match vm.run(slice) {
            Outcome::Suspended => {}
            Outcome::Host(_) => vm.host_return(&[]),
            Outcome::Done | Outcome::Failed => break,
        }
        if sum % 7 == 0 {
            vm.collect();
        }
    }
    vm.abandon();
    vm.collect();
}
