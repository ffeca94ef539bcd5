//! The snippets of `tests/snippets/TOPIC.lua` print what `TOPIC.out` says. The expectations come from lua5.1:
//! `HYLA_REFRESH=1 cargo test -p hyla-lua --test snippets` writes them, and where lua5.1 is installed the test makes
//! sure that they are what it prints.

mod bombs;
mod support;

use std::path::Path;
use support::machine::ours;
use support::{Snippet, difference, files, has_reference, parse, reference, write};

/// The least number of snippets over all topics.
const SNIPPETS_MIN: usize = 300;

/// Snippets that the machine does not do right yet, by topic and title.
const OPEN: &[(&str, &str)] = &[("base", "newproxy")];

fn read(path: &Path) -> Vec<Snippet> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    parse(&text)
}

/// What is wrong with each snippet of each topic, as `run` runs it.
fn differences(run: fn(&str) -> String, open: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files("snippets", "lua") {
        let topic = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let expected = read(&path.with_extension("out"));
        let snippets = read(&path);
        if expected.len() != snippets.len() {
            found.push(format!(
                "{topic}.out has {} of {} snippets",
                expected.len(),
                snippets.len()
            ));
            continue;
        }
        for (snippet, expected) in snippets.iter().zip(&expected) {
            assert_eq!(
                snippet.title, expected.title,
                "{topic}.out is in another order"
            );
            let got = run(&snippet.source);
            let is_open = open.contains(&(&topic, &snippet.title));
            if got != expected.source && !is_open {
                let lines = difference(&expected.source, &got);
                found.push(format!(
                    "{topic}.lua:{}: {}\n{lines}",
                    snippet.line, snippet.title
                ));
            }
        }
    }
    found
}

fn refresh() {
    for path in files("snippets", "lua") {
        let snippets = read(&path);
        let outputs: Vec<(String, String)> = snippets
            .iter()
            .map(|snippet| (snippet.title.clone(), reference(&snippet.source)))
            .collect();
        std::fs::write(path.with_extension("out"), write(&outputs)).expect("expectations");
    }
}

#[test]
fn the_expectations_are_what_lua51_prints() {
    if !has_reference() {
        eprintln!("no lua5.1 on PATH: the expectations are taken as they are");
        return;
    }
    if std::env::var_os("HYLA_REFRESH").is_some() {
        refresh();
    }
    let found = differences(reference, &[]);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn there_are_snippets_of_everything() {
    let count: usize = files("snippets", "lua")
        .iter()
        .map(|path| read(path).len())
        .sum();
    assert!(count >= SNIPPETS_MIN, "only {count} snippets");
}

/// What of `snippets` the machine does not do as it should, with this much fuel at a time.
fn check_machine(run: fn(&str) -> String) {
    let found = differences(run, OPEN);
    assert!(
        found.is_empty(),
        "\n{}\n{} snippets differ",
        found.join("\n"),
        found.len()
    );
}

#[test]
fn the_machine_prints_what_lua51_prints() {
    check_machine(|source| ours(source, 1_000_000_000));
}

#[test]
fn the_machine_prints_the_same_in_slices_of_fuel() {
    check_machine(|source| ours(source, 500));
}
