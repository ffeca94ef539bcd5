//! COMPAT.md says which commands are there; it is made from the command table and compared here.
//! `HYLA_UPDATE=1 cargo test -p hyla-tests --test compat` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What other servers have: name, group, since.
const KNOWN: &str = include_str!("../data/commands.txt");

fn here() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, spec) in hyla_engine::command::all() {
        if spec.subcommands.is_empty() {
            names.insert(spec.name.to_string());
        }
        for sub in spec.subcommands {
            names.insert(format!("{}|{}", spec.name, sub.name));
        }
    }
    names
}

fn page() -> String {
    let here = here();
    let mut groups: BTreeMap<&str, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for line in KNOWN.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(name), Some(group)) = (words.next(), words.next()) else {
            panic!("a line of commands.txt is short: {line}");
        };
        known.insert(name.to_string());
        let shown = format!("`{}`", name.to_uppercase().replace('|', " "));
        let (there, missing) = groups.entry(group).or_default();
        if here.contains(name) {
            there.push(shown)
        } else {
            missing.push(shown)
        }
    }
    let count: usize = groups.values().map(|(there, _)| there.len()).sum();
    let mut page = String::from("# Compatibility\n\n");
    let _ = writeln!(
        page,
        "Of the {} commands and subcommands that Redis 8.0 and Valkey 8.0 have without modules (and some newer ones), \
         {count} are here. Replies are those of Redis 7.2, down to the error texts. This page is made from the \
         command table.\n",
        known.len()
    );
    for (group, (there, missing)) in &groups {
        let _ = writeln!(page, "## {group}\n");
        if !there.is_empty() {
            let _ = writeln!(page, "Here: {}\n", there.join(", "));
        }
        if !missing.is_empty() {
            let _ = writeln!(page, "Not yet: {}\n", missing.join(", "));
        }
    }
    let own: Vec<String> = here
        .difference(&known)
        .map(|name| format!("`{}`", name.to_uppercase()))
        .collect();
    if !own.is_empty() {
        let _ = writeln!(page, "## Others\n\n{}\n", own.join(", "));
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

#[test]
fn compat_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../COMPAT.md");
    let page = page();
    if std::env::var_os("HYLA_UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "COMPAT.md is not fresh: run HYLA_UPDATE=1 cargo test -p hyla-tests --test compat"
    );
}
