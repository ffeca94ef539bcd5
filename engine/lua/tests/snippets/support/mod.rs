//! Files of Lua snippets with what each of them prints, and the reference implementation that says so.

pub(crate) mod machine;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a snippet's first line begins with; its title follows.
const MARK: &str = "--@ ";
/// The name of the file that a snippet is run from: messages show it.
pub(crate) const CHUNK: &str = "snippet.lua";

/// A program and its place.
pub(crate) struct Snippet {
    /// What it is about.
    pub(crate) title: String,
    /// The line of its mark in the file.
    pub(crate) line: usize,
    /// The program.
    pub(crate) source: String,
}

/// The snippets of a file, or the expectations of one: the texts behind marks.
pub(crate) fn parse(text: &str) -> Vec<Snippet> {
    let mut snippets: Vec<Snippet> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some(title) = line.strip_prefix(MARK) {
            snippets.push(Snippet {
                title: title.to_owned(),
                line: at + 1,
                source: String::new(),
            });
        } else if let Some(last) = snippets.last_mut() {
            let _ = writeln!(last.source, "{line}");
        }
    }
    snippets
}

/// The folder of files next to this one.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// The files of a folder with this ending, by name.
pub(crate) fn files(name: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    paths.sort();
    paths
}

/// Expectations as a file has them.
pub(crate) fn write(outputs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (title, output) in outputs {
        let _ = write!(text, "{MARK}{title}\n{output}");
    }
    text
}

/// Output as a text: bytes that are not printable ASCII become `\xNN`.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'\n' | b'\t' | b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// What a run printed, with the error that ended it, if one did, as a last line.
pub(crate) fn transcript(output: &[u8], error: Option<&[u8]>) -> String {
    let mut text = readable(output);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if let Some(error) = error {
        let _ = writeln!(text, "uncaught: {}", readable(error));
    }
    text
}

/// Whether lua5.1 is installed.
pub(crate) fn has_reference() -> bool {
    let version = Command::new("lua5.1")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// What lua5.1 makes of a program.
pub(crate) fn reference(source: &str) -> String {
    let folder = scratch();
    std::fs::write(folder.join(CHUNK), source).expect("the snippet is written");
    let output = Command::new("lua5.1")
        .arg(CHUNK)
        .current_dir(&folder)
        .output()
        .expect("lua5.1 runs");
    let _ = std::fs::remove_dir_all(&folder);
    let error = (!output.status.success()).then(|| {
        let text = output.stderr.strip_prefix(b"lua5.1: ");
        let text = text.unwrap_or(&output.stderr);
        let end = find(text, b"\nstack traceback:").unwrap_or(text.trim_ascii_end().len());
        &text[..end]
    });
    transcript(&output.stdout, error)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A folder of its own.
fn scratch() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "hyla-lua-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder for the snippet");
    folder
}

/// The lines in which two outputs differ, `-` what was expected and `+` what came, with a line before.
pub(crate) fn difference(expected: &str, got: &str) -> String {
    let expected: Vec<&str> = expected.lines().collect();
    let got: Vec<&str> = got.lines().collect();
    let same = expected
        .iter()
        .zip(&got)
        .take_while(|(left, right)| left == right)
        .count();
    let tail = expected[same..]
        .iter()
        .rev()
        .zip(got[same..].iter().rev())
        .take_while(|(left, right)| left == right)
        .count();
    let mut text = String::new();
    if same > 0 {
        let _ = writeln!(text, "    {}", expected[same - 1]);
    }
    for line in &expected[same..expected.len() - tail] {
        let _ = writeln!(text, "  - {line}");
    }
    for line in &got[same..got.len() - tail] {
        let _ = writeln!(text, "  + {line}");
    }
    text
}
