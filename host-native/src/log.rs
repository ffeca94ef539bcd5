//! Log lines in Redis' form, to standard output or to a file. Knows nothing of what is logged.

use std::fmt::{Arguments, Display, Write as _};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hyla_engine::config::LogLevel;
use parking_lot::RwLock;

/// Where lines go and which.
struct Target {
    /// Standard output where there is none. It is opened for each line, so that it can be moved away.
    file: Option<PathBuf>,
    level: LogLevel,
    /// `C` while the process starts, `M` as a server.
    role: char,
}

static TARGET: RwLock<Target> = RwLock::new(Target {
    file: None,
    level: LogLevel::Notice,
    role: 'C',
});

/// Sets the file (`None` for standard output), which has to be writable.
pub(crate) fn set_file(file: Option<&Path>) -> io::Result<()> {
    if let Some(path) = file {
        append_to(path)?;
    }
    TARGET.write().file = file.map(Path::to_path_buf);
    Ok(())
}

/// Sets the least severe level that is written.
pub(crate) fn set_level(level: LogLevel) {
    TARGET.write().level = level;
}

/// From now on the process is a server.
pub(crate) fn set_serving() {
    TARGET.write().role = 'M';
}

/// What is of interest to developers and testers.
pub(crate) fn verbose(text: impl Display) {
    write(LogLevel::Verbose, '-', format_args!("{text}"));
}

/// What is of interest in production.
pub(crate) fn notice(text: impl Display) {
    write(LogLevel::Notice, '*', format_args!("{text}"));
}

/// What somebody should look at.
pub(crate) fn warning(text: impl Display) {
    write(LogLevel::Warning, '#', format_args!("{text}"));
}

fn write(level: LogLevel, sign: char, text: Arguments<'_>) {
    let target = TARGET.read();
    if level.index() < target.level.index() {
        return;
    }
    let mut line = String::new();
    let now = jiff::Zoned::now();
    let _ = writeln!(
        line,
        "{}:{} {}.{:03} {sign} {text}",
        std::process::id(),
        target.role,
        now.strftime("%d %b %Y %H:%M:%S"),
        now.millisecond(),
    );
    // A log that cannot be written stops nothing.
    let _ = match &target.file {
        Some(path) => append_to(path).and_then(|mut file| file.write_all(line.as_bytes())),
        None => io::stdout().write_all(line.as_bytes()),
    };
}

fn append_to(path: &Path) -> io::Result<std::fs::File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// The operating system's words for an error, as Redis shows them.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(&text);
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_string(),
        None => text.to_string(),
    }
}
