//! What the program does with files instead of serving: `--check-rdb`, `--check-aof` and `--convert`. Opens no socket.

mod check_aof;
mod check_rdb;
mod convert;
mod input;

use std::io::{self, Write};
use std::path::Path;

use crate::launch::as_path;

/// Shown for arguments that do not fit.
const USAGE: &str = "\
Usage: hyla-server --check-rdb FILE
       hyla-server --check-aof [--fix | --truncate-to-timestamp SECONDS] FILE|MANIFEST|DIRECTORY
       hyla-server --convert IN OUT

--convert takes and makes, by the ends of the names: .rdb, .aof, .jsonl (one key a line); it also takes a .manifest and
the directory of an append-only file.
";

/// Does what the arguments ask of the tools, and gives the exit code; nothing where they ask for a server. A program that
/// is called redis-check-rdb or redis-check-aof is that tool.
pub(crate) fn run(program: &Path, args: &[&[u8]]) -> Option<i32> {
    let name = program.file_name().map(|name| name.to_string_lossy());
    let (tool, args) = match (name.as_deref(), args) {
        (Some("redis-check-rdb"), args) => (&b"--check-rdb"[..], args),
        (Some("redis-check-aof"), args) => (&b"--check-aof"[..], args),
        (_, [tool, args @ ..]) => (*tool, args),
        _ => return None,
    };
    let done = match (tool, args) {
        (b"--check-rdb", [file]) => check_rdb::run(as_path(file)),
        (b"--check-aof", [b"--fix", file] | [file, b"--fix"]) => {
            check_aof::run(as_path(file), check_aof::Mode::Fix)
        }
        (b"--check-aof", [b"--truncate-to-timestamp", seconds, file]) => {
            let seconds = std::str::from_utf8(seconds).ok()?.parse();
            match seconds {
                Ok(seconds) => check_aof::run(as_path(file), check_aof::Mode::Until(seconds)),
                Err(_) => Err("The timestamp is not a number of seconds.".into()),
            }
        }
        (b"--check-aof", [file]) => check_aof::run(as_path(file), check_aof::Mode::Look),
        (b"--convert", [from, to]) => convert::run(as_path(from), as_path(to)),
        (b"--check-rdb" | b"--check-aof" | b"--convert", _) => Err(USAGE.trim_end().into()),
        _ => return None,
    };
    Some(match done {
        Ok(()) => 0,
        Err(Failure(text)) => {
            if !text.is_empty() {
                let _ = io::stdout().flush();
                let _ = writeln!(io::stderr(), "{text}");
            }
            1
        }
    })
}

/// Why a tool ends with exit code 1; empty where all has been said.
struct Failure(String);

impl Failure {
    /// All has been said.
    fn said() -> Failure {
        Failure(String::new())
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Failure(text.to_owned())
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure(text)
    }
}

impl From<hyla_engine::error::Error> for Failure {
    fn from(_: hyla_engine::error::Error) -> Self {
        Failure("Out of memory.".to_owned())
    }
}

/// What went wrong with a file.
fn about(what: &str, path: &Path, error: &io::Error) -> Failure {
    let reason = crate::log::reason(error);
    Failure(format!("{what} {}: {reason}", path.display()))
}
