//! The repository's files, and as much understanding of Rust's text as the rules need. It must not know the rules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders that hold nothing written by hand.
const SKIPPED: &[&str] = &[
    ".git",
    "target",
    "node_modules",
    "generated",
    "dist",
    "pkg",
    "corpus",
    "artifacts",
    "coverage",
    "test-results",
];
/// Endings of texts.
const TEXTS: &[&str] = &[
    "rs", "md", "toml", "txt", "sh", "py", "js", "mjs", "ts", "json", "html", "css", "yml", "yaml",
];

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A text file.
pub(crate) struct File {
    /// From the repository's root, with slashes.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
    /// For Rust: the text without comments and without what stands in quotes.
    pub(crate) code: String,
}

impl File {
    /// A file with this text.
    pub(crate) fn new(path: &str, text: &str) -> File {
        let code = if path.ends_with(".rs") {
            code(text)
        } else {
            String::new()
        };
        File {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    /// Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// A program's text, in any language.
    pub(crate) fn is_code(&self) -> bool {
        let code = ["rs", "js", "mjs", "ts", "sh", "py"];
        code.iter().any(|ending| ends(&self.path, ending))
    }

    /// Nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    /// Whether the code has this word.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        words(&self.code).any(|found| found == word)
    }

    /// Whether the code before the module of tests has this word.
    pub(crate) fn has_word_outside_tests(&self, word: &str) -> bool {
        let end = self.code.find("#[cfg(test)]\nmod tests {");
        words(&self.code[..end.unwrap_or(self.code.len())]).any(|found| found == word)
    }

    /// The names that paths from the crate's root, or from a module above, begin with.
    pub(crate) fn crate_paths(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for start in ["crate::", "super::"] {
            for (at, _) in self.code.match_indices(start) {
                let behind = &self.code[at + start.len()..];
                match behind.strip_prefix('{') {
                    Some(list) => names.extend(heads(list)),
                    None => names.extend(words(behind).next()),
                }
            }
        }
        names
    }
}

/// The first words of a list in braces, whose opening brace is behind us.
fn heads(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut heads = Vec::new();
    let mut from = 0;
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.extend(words(&list[from..at]).next());
                from = at + 1;
                if letter == '}' {
                    return heads;
                }
            }
            _ => {}
        }
    }
    heads
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    let parts = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    parts.filter(|word| !word.is_empty())
}

fn ends(path: &str, ending: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == ending)
}

/// `text` without comments and without what stands in quotes.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = skipped(rest, code.chars().last());
        if skipped == 0 {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            code.push_str(if letter == '/' { "" } else { "\"\"" });
            rest = &rest[skipped..];
        }
    }
    code
}

/// Bytes of the comment or literal that `rest` begins with; 0 if it begins with neither.
fn skipped(rest: &str, before: Option<char>) -> usize {
    let to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return to("*/");
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with("'\\") {
        return quoted(rest, '\'');
    }
    let mut letters = rest.chars();
    if letters.next() == Some('\'') {
        let inner = letters.next().map_or(0, char::len_utf8);
        return if letters.next() == Some('\'') {
            inner + 2
        } else {
            0
        };
    }
    let word =
        before.is_some_and(|letter| letter.is_alphanumeric() && letter != 'b' || letter == '_');
    if rest.starts_with('r') && !word {
        let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
        if rest[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let from = 2 + hashes;
            return rest[from..]
                .find(&end)
                .map_or(rest.len(), |at| from + at + end.len());
        }
    }
    0
}

/// Bytes up to the closing quote, which no backslash stands before.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// All texts of the repository.
pub(crate) fn all_files() -> Vec<File> {
    let root = root();
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if SKIPPED.contains(&&*name) || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let shown = path
                .strip_prefix(&root)
                .expect("below the root")
                .display()
                .to_string();
            if !TEXTS.iter().any(|ending| ends(&shown, ending)) {
                continue;
            }
            // Recorded data may hold bytes that are no text.
            if let Ok(text) = std::fs::read_to_string(&path) {
                files.push(File::new(&shown, &text));
            }
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

#[test]
fn comments_and_quotes_are_no_code() {
    let text =
        "a // unsafe\n\"b \\\" unsafe\" 'c' b'\\'' /* d */ r#\"e \" unsafe\"# &'life f br\"g\" for";
    assert_eq!(
        words(&code(text)).collect::<Vec<_>>(),
        ["a", "b", "life", "f", "b", "for"]
    );
}

#[test]
fn imports_are_found_in_all_forms() {
    let file = File::new(
        "x.rs",
        "use crate::{a, b::{c, d}, e as f};\nuse super::g::h;\ncrate::i::j();",
    );
    let found: Vec<&str> = file.crate_paths().into_iter().collect();
    assert_eq!(found, ["a", "b", "e", "g", "i"]);
}
