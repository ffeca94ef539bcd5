//! Programs that would run for ever, use up all memory or overflow a stack: each ends as its first line says, within a
//! limit of fuel and of memory, and the process lives on. `killed` is the end of the fuel, `memory` the error
//! `not enough memory`, `ended` an end by itself.

use crate::support::machine::{Ended, Limits, run};
use crate::support::{files, parse, readable};
use std::time::Instant;

const BOMBS_MIN: usize = 40;
const MEMORY_BYTES: usize = 64 << 20;
/// Fuel of a slice: the host looks at the clock between two.
const SLICE: i64 = 100_000;

fn bombs() -> Vec<(String, String)> {
    let mut bombs = Vec::new();
    for path in files("bombs", "lua") {
        let text = std::fs::read_to_string(&path).expect("a file of bombs");
        bombs.extend(
            parse(&text)
                .into_iter()
                .map(|bomb| (bomb.title, bomb.source)),
        );
    }
    bombs
}

#[test]
fn every_bomb_ends_cleanly() {
    let bombs = bombs();
    assert!(bombs.len() >= BOMBS_MIN, "only {} bombs", bombs.len());
    let mut wrong = Vec::new();
    for (title, source) in bombs {
        let expected = title.split(':').next().unwrap_or_default();
        let limits = Limits {
            slice: SLICE,
            slices_max: if expected == "killed" { 20 } else { 30_000 },
            memory_bytes: MEMORY_BYTES,
        };
        let start = Instant::now();
        let (output, ended) = run(&source, &limits);
        let took = start.elapsed();
        let (got, text) = match ended {
            Ended::Killed => ("killed", String::new()),
            Ended::Failed(text) if text == b"not enough memory" => ("memory", String::new()),
            Ended::Failed(text) => ("failed", readable(&text)),
            Ended::Done => ("ended", String::new()),
        };
        if std::env::var_os("HYLA_SHOW").is_some() {
            eprintln!(
                "{:6} ms {title}: {got} {text} {}",
                took.as_millis(),
                readable(&output)
            );
        }
        if got != expected {
            wrong.push(format!("{title}: {got} {text}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
