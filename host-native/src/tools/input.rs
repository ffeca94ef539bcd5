//! A file in pieces, with a bar that shows how far it is read where somebody watches. Knows no format.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, about};

/// Bytes of a piece.
const PIECE_BYTES: usize = 256 * 1024;
/// Files below this are read before a bar could be seen.
const BAR_BYTES_MIN: u64 = 32 << 20;

/// A file that is being read.
pub(super) struct Input {
    path: PathBuf,
    file: File,
    size: u64,
    buffer: Vec<u8>,
    bar: ProgressBar,
}

impl Input {
    pub(super) fn open(path: &Path) -> Result<Input, Failure> {
        let fail = |error| about("Cannot open file", path, &error);
        let file = File::open(path).map_err(fail)?;
        let facts = file.metadata().map_err(fail)?;
        if facts.is_dir() {
            return Err(Failure(format!("Cannot read file: {}", path.display())));
        }
        let size = facts.len();
        Ok(Input {
            path: path.to_path_buf(),
            file,
            size,
            buffer: vec![0; PIECE_BYTES],
            bar: bar(size),
        })
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The next bytes; none at the end.
    pub(super) fn piece(&mut self) -> Result<&[u8], Failure> {
        let read = loop {
            match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = read.map_err(|error| about("Cannot read file", &self.path, &error))?;
        self.bar.inc(count as u64);
        if count == 0 {
            self.bar.finish_and_clear();
        }
        Ok(&self.buffer[..count])
    }

    /// Shows a line without disturbing the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| {
            use std::io::Write;
            // Who closes standard output does not want to read it.
            let _ = writeln!(std::io::stdout(), "{line}");
        });
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// On standard error, and only where that is a terminal.
fn bar(size: u64) -> ProgressBar {
    if size < BAR_BYTES_MIN {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(size);
    let form = "{bar:40} {percent:>3}% {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar
}
