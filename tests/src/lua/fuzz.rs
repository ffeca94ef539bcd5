//! Random programs on lua5.1 and on the machine: many in one file, each compared by itself, what differs made small.

use super::generate::{Node, Program, program, text};
use super::run::{REFERENCE, file, scratch};
use super::shrink::shrink;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PRELUDE: &str = include_str!("prelude.lua");
/// Around a program's text: nothing in it ends this.
const OPEN: &str = "[=======[";
const CLOSE: &str = "]=======]";
/// A batch takes a second or so. A program that breaks it off is left out, and what stands behind it is a batch of its own.
const LIMIT: Duration = Duration::from_secs(6);
const LIMIT_ALONE: Duration = Duration::from_secs(2);
/// Programs that are tried to make one small.
const TRIED_MAX: u32 = 400;

/// What to do.
pub struct Options {
    /// How many programs.
    pub programs: u64,
    /// The seed of the first; the next has the next.
    pub seed: u64,
    /// Programs in a file.
    pub batch: u64,
    /// Stop after so many differences.
    pub differences_max: usize,
    /// The machine's runner.
    pub runner: PathBuf,
}

/// A program that the two do not agree on.
pub struct Difference {
    /// Its seed.
    pub seed: u64,
    /// What remains of it.
    pub source: String,
    /// What lua5.1 prints for that.
    pub expected: String,
    /// What the machine prints.
    pub got: String,
}

/// Runs programs until enough differ.
///
/// # Errors
/// A program does not start, or a file cannot be written.
pub fn run(
    options: &Options,
    report: &mut dyn FnMut(&Difference),
    progress: &mut dyn FnMut(u64),
) -> io::Result<Ran> {
    let pair = Pair {
        runner: options.runner.clone(),
        folder: scratch()?,
    };
    let (mut found, mut left_out) = (0, Vec::new());
    let mut seen = HashSet::new();
    let mut seed = options.seed;
    let end = options.seed + options.programs;
    while seed < end && found < options.differences_max {
        let count = options.batch.min(end - seed);
        let programs: Vec<(u64, Program)> = (seed..seed + count)
            .map(|seed| (seed, program(seed)))
            .collect();
        for (_, program) in &programs {
            let mut hasher = DefaultHasher::new();
            text(program).hash(&mut hasher);
            seen.insert(hasher.finish());
        }
        for (seed, program) in pair.differing(&programs, &mut left_out)? {
            let Some(difference) = pair.smallest(seed, program)? else {
                continue;
            };
            report(&difference);
            found += 1;
            if found >= options.differences_max {
                break;
            }
        }
        seed += count;
        progress(seed - options.seed);
    }
    std::fs::remove_dir_all(&pair.folder)?;
    Ok(Ran {
        programs: seed - options.seed,
        distinct: seen.len() as u64,
        left_out,
    })
}

/// What has been run.
pub struct Ran {
    /// How many programs.
    pub programs: u64,
    /// How many of them have a text of their own.
    pub distinct: u64,
    /// The seeds of those that lua5.1 does not get through in a batch: too much time or memory.
    pub left_out: Vec<u64>,
}

struct Pair {
    runner: PathBuf,
    folder: PathBuf,
}

impl Pair {
    /// Those of the programs that print something else. `left_out` gets the seeds of those that break lua5.1 off.
    fn differing<'a>(
        &self,
        programs: &'a [(u64, Program)],
        left_out: &mut Vec<u64>,
    ) -> io::Result<Vec<(u64, &'a [Node])>> {
        let path = self.folder.join("batch.lua");
        let mut differing = Vec::new();
        let mut rest = programs;
        while !rest.is_empty() {
            let mut source = PRELUDE.to_owned();
            for (seed, program) in rest {
                let _ = write!(source, "run({seed}, {OPEN}\n{}{CLOSE})\n", text(program));
            }
            std::fs::write(&path, source)?;
            let expected = parts(&file(Path::new(REFERENCE), &path, LIMIT)?.output);
            let got = parts(&file(&self.runner, &path, LIMIT)?.output);
            let done = rest
                .iter()
                .take_while(|(seed, _)| expected.contains_key(seed))
                .count();
            // Where the machine breaks off, the first that is missing differs; what stands behind it comes again.
            let ours = rest.iter().take_while(|(seed, _)| got.contains_key(seed));
            let both = done.min(ours.count() + 1);
            for (seed, program) in &rest[..both] {
                let text = &expected[seed];
                if got.get(seed) != Some(text) && !is_too_deep(text) {
                    differing.push((*seed, &program[..]));
                }
            }
            if both == done
                && let Some((seed, _)) = rest.get(done)
            {
                left_out.push(*seed);
                rest = &rest[done + 1..];
            } else {
                rest = &rest[both..];
            }
        }
        Ok(differing)
    }

    /// Whether lua5.1 prints the same again and again: what hangs on addresses, as the order of keys that are tables does,
    /// changes from run to run.
    fn is_certain(&self, expected: &str, times: usize) -> io::Result<bool> {
        let path = self.folder.join("alone.lua");
        for _ in 0..times {
            if self.printed(Path::new(REFERENCE), &path)? != expected {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn printed(&self, program: &Path, path: &Path) -> io::Result<String> {
        let ran = file(program, path, LIMIT_ALONE)?;
        let mut text = normal(&ran.output);
        if let Some(trouble) = ran.trouble {
            let _ = writeln!(text, "({trouble})");
        }
        Ok(text)
    }

    /// What both print for one program alone.
    fn both(&self, program: &[Node]) -> io::Result<(String, String)> {
        let path = self.folder.join("alone.lua");
        std::fs::write(
            &path,
            format!("{PRELUDE}run(0, {OPEN}\n{}{CLOSE})\n", text(program)),
        )?;
        Ok((
            self.printed(Path::new(REFERENCE), &path)?,
            self.printed(&self.runner, &path)?,
        ))
    }

    fn smallest(&self, seed: u64, program: &[Node]) -> io::Result<Option<Difference>> {
        let (mut times, mut tried) = (8, 0);
        let mut differs = |candidate: &[Node]| -> io::Result<bool> {
            tried += 1;
            if tried > TRIED_MAX || !counts_ticks(candidate) {
                return Ok(false);
            }
            let (expected, got) = self.both(candidate)?;
            // What has no end is no program, and what does not compile shows nothing.
            let is_program = !expected.contains("(killed") && !expected.contains("syntax\t");
            let differs = is_program
                && expected != got
                && !is_too_deep(&expected)
                && self.is_certain(&expected, times)?;
            times = 2;
            Ok(differs)
        };
        if !differs(program)? {
            return Ok(None);
        }
        let small = shrink(program.to_vec(), &mut differs)?;
        let (expected, got) = self.both(&small)?;
        Ok(Some(Difference {
            seed,
            source: text(&small),
            expected,
            got,
        }))
    }
}

/// Whether all loops and functions of several lines count their turns, so that the program ends.
fn counts_ticks(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Line(_) => true,
        Node::Block { head, body, .. } => {
            let head = head.trim_start();
            let goes_on = ["while", "repeat"]
                .iter()
                .any(|word| head.starts_with(word));
            let ticks = body
                .iter()
                .any(|node| matches!(node, Node::Line(line) if line == "tick()"));
            (ticks || !goes_on) && counts_ticks(body)
        }
    })
}

/// Whether a stack overflowed: how deep that is, to the call, is not compared.
fn is_too_deep(output: &str) -> bool {
    output.contains("stack overflow")
}

/// The output of each program that has come to its end.
fn parts(output: &[u8]) -> HashMap<u64, String> {
    let mut parts = HashMap::new();
    for part in normal(output).split("\u{1}\u{2}\u{1}").skip(1) {
        let Some((text, _)) = part.split_once("\u{2}done") else {
            continue;
        };
        let (number, rest) = text.split_once('\n').unwrap_or((text, ""));
        if let Ok(number) = number.parse() {
            parts.insert(number, rest.to_owned());
        }
    }
    parts
}

/// Output as text, without addresses.
fn normal(output: &[u8]) -> String {
    let text: String = output.iter().map(|byte| char::from(*byte)).collect();
    let mut normal = String::new();
    let mut rest = &text[..];
    while let Some(at) = rest.find(": 0x") {
        let behind = &rest[at + 4..];
        let digits = behind.find(|letter: char| !letter.is_ascii_hexdigit());
        normal.push_str(&rest[..at]);
        normal.push_str(": ADDRESS");
        rest = &behind[digits.unwrap_or(behind.len())..];
    }
    normal.push_str(rest);
    normal
}
