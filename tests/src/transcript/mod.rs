//! Transcripts: readable files of commands and the replies they must get, byte for byte. The format is described in
//! tests/transcripts/README.md. It must not know what kind of target answers.

pub mod parse;
pub mod pattern;
pub mod run;

use crate::target::{Identity, Target};
use run::{Mode, Report};
use std::io;
use std::path::{Path, PathBuf};

/// The repository's transcript files, sorted by name.
///
/// # Errors
/// Where the directory cannot be read.
pub fn all_files() -> io::Result<Vec<PathBuf>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads and runs one file; in [`Mode::Learn`] writes it back if its expectations changed.
///
/// # Errors
/// Where the file cannot be read, is not in the format, or the target fails as a whole.
pub fn run_file(
    path: &Path,
    target: &mut dyn Target,
    server: &Identity,
    mode: Mode,
) -> io::Result<Report> {
    let named =
        |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    let file = parse::parse(&text).map_err(|error| named(&error))?;
    let report = run::run(&file, target, server, mode).map_err(|error| named(&error))?;
    let rewritten = run::apply(&file, &report.edits);
    if mode == Mode::Learn && rewritten != text {
        std::fs::write(path, rewritten)?;
    }
    Ok(report)
}
