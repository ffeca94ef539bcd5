//! Rules about the command table: every command is documented and tested. It must not know what a command does.

use hyla_engine::command::{self, Spec};
use hyla_tests::target::Version;
use hyla_tests::transcript::all_files;
use hyla_tests::transcript::parse::{Action, parse};
use std::collections::BTreeSet;

/// Every command and subcommand with its full name and, for a subcommand, 1 for its container's name.
fn specs() -> Vec<(String, i32, &'static Spec)> {
    let mut specs = Vec::new();
    for spec in command::specs() {
        specs.push((spec.name.to_owned(), 0, spec));
        for sub in spec.subcommands {
            specs.push((format!("{} {}", spec.name, sub.name), 1, sub));
        }
    }
    specs
}

fn missing(spec: &Spec, words_before: i32) -> Vec<&'static str> {
    let takes_arguments = spec.arity != 1 + words_before;
    let described = !spec.args.is_empty() || !spec.subcommands.is_empty();
    let one_line = !spec.summary.contains('\n') && spec.summary.ends_with('.');
    let checks = [
        (one_line, "a summary: one line that ends with a full stop"),
        (Version::parse(spec.since).is_some(), "since: a version"),
        (!spec.complexity.is_empty(), "complexity"),
        (described || !takes_arguments || spec.name == "quit", "args"),
        (spec.arity != 0, "arity"),
        (spec.name == spec.name.to_lowercase(), "a lower-case name"),
    ];
    let failed = checks.into_iter().filter(|(holds, _)| !holds);
    failed.map(|(_, what)| what).collect()
}

#[test]
fn every_command_is_documented() {
    let bare = Spec::new(|_| Ok(()));
    assert!(missing(&bare, 0).contains(&"complexity"));
    let mut problems = Vec::new();
    for (name, words_before, spec) in specs() {
        let missing = missing(spec, words_before);
        problems.extend(missing.iter().map(|what| format!("{name} lacks {what}")));
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The first word, and the first two words, of every command in the transcripts; lower case.
fn mentioned() -> BTreeSet<String> {
    let mut mentioned = BTreeSet::new();
    for path in all_files().expect("transcripts") {
        let text = std::fs::read_to_string(&path).expect("a transcript");
        let file = parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for step in file.sections.iter().flat_map(|section| &section.steps) {
            if let Action::Command(argv) = &step.action {
                let words: Vec<String> = argv
                    .iter()
                    .take(2)
                    .map(|word| String::from_utf8_lossy(word).to_lowercase())
                    .collect();
                mentioned.extend([words[0].clone(), words.join(" ")]);
            }
        }
    }
    mentioned
}

#[test]
fn every_command_is_in_a_transcript() {
    let mentioned = mentioned();
    assert!(mentioned.contains("set") && !mentioned.contains("nosuchcommand"));
    let names = specs().into_iter().map(|(name, _, _)| name);
    let untested: Vec<String> = names.filter(|name| !mentioned.contains(name)).collect();
    assert!(
        untested.is_empty(),
        "no transcript has: {}",
        untested.join(", ")
    );
}
