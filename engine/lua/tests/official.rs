//! The official test suite of Lua 5.1, where the variable `LUA_SUITE` names a folder that has it: each file runs as far as it
//! needs nothing of `io`, `os`, `debug` and `package`, and ends as under lua5.1. (Debian's package
//! golang-github-yuin-gopher-lua-dev ships a copy, in its folder `_lua5.1-tests`.) Without the variable nothing is tested.

#[path = "snippets/support/mod.rs"]
#[allow(dead_code, reason = "a part of it")]
mod support;

use std::path::Path;
use support::machine::ours;
use support::reference;

/// Before a file's first line: in place of what is not there stands what stops the file when it is used.
const PRELUDE: &str = concat!(
    "do local function stop(n, t) return setmetatable(t or {}, {__index = function(_, k) ",
    "error('needs ' .. n .. '.' .. k, 0) end}) end ",
    "debug = stop('debug', {traceback = function(m) return m end}) io = stop('io') ",
    "os = stop('os', {clock = function() return 0 end, setlocale = function(l) ",
    "return (l == nil or l == '' or l == 'C') and 'C' or nil end}) ",
    "package, require, dofile, module = nil end ",
);

/// The files, and what is known to end otherwise.
const FILES: &[(&str, Option<&str>)] = &[
    ("api", None),
    ("big", None),
    ("calls", None),
    ("checktable", None),
    ("closure", None),
    ("code", None),
    ("constructs", None),
    ("errors", None),
    ("events", None),
    ("gc", Some("a step of the collector is a whole collection")),
    ("literals", None),
    ("locals", None),
    ("math", None),
    ("nextvar", None),
    ("pm", None),
    ("sort", None),
    ("strings", None),
    ("vararg", None),
];

/// How a run has ended: with the last line of what it printed, if that is an error.
fn end(output: &str) -> &str {
    let last = output.trim_end().lines().last().unwrap_or_default();
    if last.starts_with("uncaught: ") {
        last
    } else {
        "well"
    }
}

#[test]
fn files_end_as_under_lua51() {
    let Some(folder) = std::env::var_os("LUA_SUITE") else {
        return;
    };
    let mut ended_well = 0;
    for (name, known) in FILES {
        let path = Path::new(&folder).join(name).with_extension("lua");
        let text = std::fs::read(&path).expect("a file of the suite");
        // The files are Latin-1, in quoted strings; and that copy has `do;`, which 5.1 refuses.
        let text: String = text
            .iter()
            .map(|byte| match byte {
                0..=127 => char::from(*byte).to_string(),
                _ => format!("\\{byte}"),
            })
            .collect();
        let source = format!("{PRELUDE}{text}").replace("do;", "do ");
        let (expected, got) = (reference(&source), ours(&source, i64::MAX));
        println!("{name}: {}", end(&got));
        ended_well += usize::from(end(&got) == "well");
        if known.is_none() {
            assert_eq!(end(&expected), end(&got), "{name}");
        }
    }
    assert!(ended_well >= 8, "only {ended_well} files ended well");
}
