//! `daemonize yes`: the server goes to the background. Knows nothing of what it does there.
//!
//! Forking a process is safe only while it has one thread and holds nothing, which the compiler cannot see. So
//! the process starts itself anew instead, detached, with the same arguments and the same standard input.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Marks the process in the background.
const MARK: &str = "HYLA_IN_BACKGROUND";

/// Whether this is the process in the background already.
pub(crate) fn is_detached() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Starts the process in the background and gives it what came by standard input.
pub(crate) fn start(start_dir: &Path, stdin: &[u8]) -> io::Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .current_dir(start_dir)
        .env(MARK, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // It has stopped reading only where it reads none.
        let _ = pipe.write_all(stdin);
    }
    Ok(())
}

/// Leaves the terminal's session. For the process in the background.
pub(crate) fn detach() {
    // Fails only for a process that leads a session already.
    let _ = nix::unistd::setsid();
}
