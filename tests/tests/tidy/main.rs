//! The rules of the house as tests. ARCHITECTURE.md says why they hold; each rule here is a function from a file to what is
//! wrong with it, tried on something wrong first.

mod commands;
mod documents;
mod source;

use source::{File, all_files};

/// A rule: what is wrong with a file, in words.
type Rule = fn(&File) -> Vec<String>;

/// Applies `rule` to every file, after it has shown on each of `wrong` (a path and a text) that it can fail.
fn hold(rule: Rule, wrong: &[(&str, &str)]) {
    for (path, text) in wrong {
        let found = rule(&File::new(path, text));
        assert!(!found.is_empty(), "the rule takes this for right:\n{text}");
    }
    let files = all_files();
    assert!(files.len() > 50, "only {} files were found", files.len());
    let problems: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let named = |problem| format!("{}: {problem}", file.path);
            rule(file).into_iter().map(named)
        })
        .collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// What a part of the engine must not import: names of the engine's modules.
const DIRECTIONS: &[(&str, &[&str])] = &[
    (
        "engine/src/types/",
        &[
            "boundary", "clients", "command", "commands", "config", "conn", "engine", "keyspace",
            "log", "resp", "server",
        ],
    ),
    (
        "engine/src/keyspace/",
        &[
            "boundary", "clients", "command", "commands", "conn", "engine", "log", "resp", "server",
        ],
    ),
    (
        "engine/src/resp/",
        &[
            "boundary", "clients", "command", "commands", "config", "conn", "engine", "keyspace",
            "log", "server", "types",
        ],
    ),
    (
        "engine/src/config/",
        &[
            "boundary", "clients", "command", "commands", "conn", "engine", "keyspace", "log",
            "resp", "server", "types",
        ],
    ),
    ("engine/src/command/", &["engine"]),
    ("engine/src/commands/", &["engine"]),
];

fn direction(file: &File) -> Vec<String> {
    // Tests drive the whole engine.
    if file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let forbidden = DIRECTIONS
        .iter()
        .find(|(folder, _)| file.path.starts_with(folder));
    let Some((folder, forbidden)) = forbidden else {
        return Vec::new();
    };
    let imports = file.crate_paths();
    let wrong = forbidden.iter().filter(|name| imports.contains(**name));
    wrong
        .map(|name| format!("{folder} must not know `{name}`"))
        .collect()
}

#[test]
fn modules_know_only_what_is_below_them() {
    hold(
        direction,
        &[
            ("engine/src/types/x.rs", "use crate::resp::Reply;"),
            ("engine/src/types/x.rs", "use crate::{glob, resp::Reply};"),
            ("engine/src/types/x.rs", "use super::super::conn::Conn;"),
            (
                "engine/src/keyspace/x.rs",
                "fn f() { crate::command::all(); }",
            ),
            ("engine/src/resp/x.rs", "use crate::commands;"),
        ],
    );
}

/// Files that may contain `unsafe`, each with the reason.
const AUDITED: &[(&str, &str)] = &[
    (
        "engine/lua/src/exec/frame.rs",
        "variables on stacks that move; runs under Miri",
    ),
    (
        "engine/lua/src/exec/mod.rs",
        "the interpreter's registers and instructions; runs under Miri",
    ),
    (
        "engine/lua/src/heap/collect.rs",
        "the list of all objects, and what frees them; runs under Miri",
    ),
    (
        "engine/lua/src/heap/fuel.rs",
        "one number that the machine and its tables share; runs under Miri",
    ),
    (
        "engine/lua/src/heap/mod.rs",
        "objects that point to each other; runs under Miri",
    ),
    (
        "engine/lua/src/heap/pool.rs",
        "blocks that are used again; runs under Miri",
    ),
    (
        "engine/lua/src/heap/string.rs",
        "one allocation a string, chained by hash; runs under Miri",
    ),
    (
        "engine/src/keyspace/entry.rs",
        "one allocation a string entry; runs under Miri",
    ),
    (
        "engine/src/types/item.rs",
        "one small allocation an item; runs under Miri",
    ),
    (
        "host-native/src/memory.rs",
        "the global allocator, which passes everything on",
    ),
    ("tests/wasm-guest/src/lib.rs", "export names"),
];

fn audited_unsafe(file: &File) -> Vec<String> {
    let audited = AUDITED.iter().any(|(path, _)| *path == file.path);
    if audited || file.path.starts_with("tests/bench/") || !file.has_word("unsafe") {
        return Vec::new();
    }
    vec!["`unsafe` outside of the audited files".to_owned()]
}

#[test]
fn unsafe_stays_where_it_is_audited() {
    hold(audited_unsafe, &[("engine/src/x.rs", "unsafe { f() }")]);
    for (path, _) in AUDITED {
        let file = all_files().into_iter().find(|file| file.path == *path);
        let file = file.unwrap_or_else(|| panic!("{path} is gone: strike it off the list"));
        assert!(file.has_word("unsafe"), "{path}: strike it off the list");
        assert!(file.text.contains("SAFETY:"), "{path}: no reasons given");
    }
}

fn engine_is_pure(file: &File) -> Vec<String> {
    let pure = ["engine/src/", "engine/number/src/"];
    if !pure.iter().any(|folder| file.path.starts_with(folder)) || file.is_test() {
        return Vec::new();
    }
    let words = [
        "std",
        "HashMap",
        "HashSet",
        "Instant",
        "SystemTime",
        "getrandom",
        "async",
    ];
    let found = words
        .iter()
        .filter(|word| file.has_word_outside_tests(word));
    found
        .map(|word| format!("`{word}` in the engine"))
        .collect()
}

#[test]
fn the_engine_has_no_std_no_clock_and_no_unordered_tables() {
    hold(
        engine_is_pure,
        &[
            ("engine/src/x.rs", "use std::vec::Vec;"),
            ("engine/src/x.rs", "let t = Instant::now();"),
            ("engine/src/x.rs", "use hashbrown::HashMap;"),
        ],
    );
    let lib = all_files()
        .into_iter()
        .find(|file| file.path == "engine/src/lib.rs");
    assert!(lib.expect("the engine").text.contains("#![no_std]"));
}

/// Where the web module's code comes from.
const IN_MODULE: [&str; 4] = [
    "engine/src/",
    "engine/lua/src/",
    "engine/number/src/",
    "host-web/src/",
];

fn debugging_text(file: &File) -> Vec<String> {
    let in_module = IN_MODULE.iter().any(|folder| file.path.starts_with(folder));
    if !in_module || file.is_test() || file.path.ends_with("/mock.rs") {
        return Vec::new();
    }
    let end = file
        .text
        .find("#[cfg(test)]\nmod ")
        .unwrap_or(file.text.len());
    let comment = |line: &&str| !line.trim_start().starts_with("//");
    let lines = file.text[..end].lines().filter(comment);
    let found = lines.filter(|line| line.contains(":?}") || line.contains(":#?}"));
    found
        .map(|line| {
            format!("a text made for programmers, which the web module cannot make: {line}")
        })
        .collect()
}

#[test]
fn only_panics_print_for_programmers() {
    hold(
        debugging_text,
        &[("engine/src/x.rs", "let text = format!(\"{error:?}\");")],
    );
}

/// The most lines of a file.
const LINES_MAX: usize = 900;
/// Longer files and their lengths, which may only shrink. At [`LINES_MAX`] a file leaves the list.
const LONGER: &[(&str, usize)] = &[];

fn length(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let longer = LONGER.iter().find(|(path, _)| *path == file.path);
    match longer {
        Some(_) if lines <= LINES_MAX => vec!["is short now: strike it off the list".to_owned()],
        Some((_, max)) if lines > *max => vec![format!("has grown from {max} to {lines} lines")],
        None if file.is_code() && lines > LINES_MAX => {
            vec![format!("{lines} lines; at most {LINES_MAX}")]
        }
        _ => Vec::new(),
    }
}

#[test]
fn files_are_short() {
    hold(
        length,
        &[("engine/src/x.rs", &"//! x\n".repeat(LINES_MAX + 1))],
    );
}

fn first_line(file: &File) -> Vec<String> {
    if !file.is_rust() || file.text.starts_with("//! ") {
        return Vec::new();
    }
    vec!["the first line is no `//!` that says what the module is".to_owned()]
}

#[test]
fn every_module_says_what_it_is() {
    hold(
        first_line,
        &[("engine/src/x.rs", "use alloc::vec::Vec;\n//! Late.")],
    );
}

fn unfinished(file: &File) -> Vec<String> {
    let marks = ["todo!", "unimplemented!", "dbg!", "#[ignore"];
    let found = marks.iter().filter(|mark| file.code.contains(**mark));
    found.map(|mark| format!("`{mark}`")).collect()
}

#[test]
fn nothing_is_left_unfinished_or_ignored() {
    hold(
        unfinished,
        &[
            ("xtask/src/x.rs", "fn f() { todo!() }"),
            ("xtask/src/x.rs", "#[test]\n#[ignore]\nfn f() {}"),
        ],
    );
}

fn workplace(file: &File) -> Vec<String> {
    // Split, so that this file itself is clean.
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("issue", " #"),
    ];
    let found = words.iter().filter(|word| file.text.contains(**word));
    found
        .map(|word| format!("`{word}` tells of the place where it was written"))
        .collect()
}

#[test]
fn texts_speak_of_the_project_alone() {
    let path = concat!("See /wo", "rk/notes.");
    hold(
        workplace,
        &[
            ("README.md", path),
            ("README.md", concat!("Fixes issue", " #7.")),
        ],
    );
}
