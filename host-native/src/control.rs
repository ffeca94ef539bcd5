//! The control thread: signals, jobs that the engine asks for, and the end of the process. Serves no connection.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

use hyla_engine::config::rewrite;
use hyla_engine::{Input, Job};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::launch::as_path;
use crate::listener::{self, addresses};
use crate::shared::{Control, Message, Shared};
use crate::supervised::Manager;
use crate::{log, system};

/// What CONFIG SET answers where the sockets cannot follow.
const PORT_REFUSED: &str = "Unable to listen on this port. Check server logs.";
const BIND_REFUSED: &str = "Failed to bind to specified addresses.";

/// Set once the process ends: nothing holds that up but its own threads.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// A second SIGINT, while the first one has not had its way.
fn insist() -> ! {
    log::warning("You insist... exiting now.");
    std::process::exit(1);
}

/// Sends signals to the control thread. SIGHUP is ignored, so that a closed terminal ends nothing.
pub(crate) fn watch_signals(control: Sender<Control>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let watch = move || {
        for signal in signals.forever() {
            if signal == SIGINT && STOPPING.load(Ordering::Relaxed) {
                insist();
            }
            if signal != SIGHUP && control.send(Control::Signal(signal)).is_err() {
                return;
            }
        }
    };
    spawn("signals", watch)?;
    Ok(())
}

/// Starts a thread with a name.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    std::thread::Builder::new()
        .name(name.to_string())
        .spawn(run)
}

/// The control thread's own.
pub(crate) struct Controller {
    pub(crate) shared: Arc<Shared>,
    pub(crate) threads: Vec<JoinHandle<()>>,
    pub(crate) manager: Option<Manager>,
    pub(crate) config_file: Option<PathBuf>,
    /// It listens for TCP connections.
    pub(crate) tcp: bool,
    /// Where the playground is.
    pub(crate) playground: Option<SocketAddr>,
    /// Files that go with the process.
    pub(crate) pidfile: Option<PathBuf>,
    pub(crate) unix_socket: Option<PathBuf>,
}

impl Controller {
    /// Works until the server is to end, ends it, and gives the exit code.
    pub(crate) fn run(mut self, inbox: &Receiver<Control>) -> i32 {
        let code = loop {
            match inbox.recv() {
                Ok(Control::Signal(signal)) => {
                    let name = if signal == SIGINT {
                        "SIGINT"
                    } else {
                        "SIGTERM"
                    };
                    let interrupt = signal == SIGINT;
                    let mut engine = self.shared.engine();
                    if interrupt && engine.is_ending() {
                        insist();
                    }
                    log::warning(format_args!("Received {name} scheduling shutdown..."));
                    engine.handle(self.shared.now(), Input::Terminate { interrupt });
                    self.shared.drain(&mut engine, None);
                }
                Ok(Control::Ready) => self.say_ready(),
                Ok(Control::Start(_, Job::Shutdown { code })) => break code,
                Ok(Control::Start(job, work)) => self.work(job, &work),
                Ok(Control::Failed(error)) => {
                    let reason = log::reason(&error);
                    log::warning(format_args!("An I/O thread failed: {reason}"));
                    break 1;
                }
                Err(_) => break 1,
            }
        };
        STOPPING.store(true, Ordering::Relaxed);
        if let Some(manager) = self.manager {
            manager.stopping();
        }
        for mailbox in self.shared.mailboxes() {
            mailbox.send(Message::Stop);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if let Some(path) = &self.pidfile {
            log::notice("Removing the pid file.");
            let _ = fs::remove_file(path);
        }
        if let Some(path) = &self.unix_socket {
            log::notice("Removing the unix socket file.");
            listener::remove_unix(path);
        }
        log::warning("Hyla is now ready to exit, bye bye...");
        code
    }

    fn say_ready(&self) {
        if self.tcp {
            log::notice("Ready to accept connections tcp");
        }
        if self.unix_socket.is_some() {
            log::notice("Ready to accept connections unix");
        }
        if let Some(address) = self.playground {
            log::notice(format_args!("Playground on http://{address}"));
        }
        if let Some(manager) = self.manager {
            manager.ready();
        }
    }

    fn work(&self, job: u64, work: &Job) {
        let result = match work {
            Job::Apply { directive } => match self.apply(job, directive) {
                Some(result) => result,
                // Thread 0 has the sockets and reports.
                None => return,
            },
            Job::RewriteConfig => self.rewrite_config(),
            Job::Shutdown { .. } => return,
        };
        let mut engine = self.shared.engine();
        let result = result.map(|()| Vec::new());
        engine.handle(self.shared.now(), Input::Done { job, result });
        self.shared.drain(&mut engine, None);
    }

    /// Makes a directive's new value take effect. `None` where an I/O thread does.
    fn apply(&self, job: u64, directive: &str) -> Option<Result<(), String>> {
        let config = self.shared.engine().config().clone();
        match directive {
            "port" | "bind" => {
                let refusal = if directive == "port" {
                    PORT_REFUSED
                } else {
                    BIND_REFUSED
                };
                match addresses(&config) {
                    Ok(addresses) => self.shared.mailbox(0).send(Message::Listen {
                        job,
                        addresses,
                        refusal,
                    }),
                    Err(text) => {
                        log::warning(text);
                        return Some(Err(refusal.to_string()));
                    }
                }
                return None;
            }
            "loglevel" => log::set_level(config.loglevel),
            "maxclients" => {
                let fitting = system::fit_maxclients(config.maxclients).unwrap_or(0);
                if fitting < config.maxclients {
                    return Some(Err(format!(
                        "The operating system is not able to handle the specified number of clients, try with {fitting}"
                    )));
                }
            }
            "dir" => {
                let result = std::env::set_current_dir(as_path(&config.dir));
                return Some(result.map_err(|error| log::reason(&error)));
            }
            // The others are read where they are used.
            _ => self.shared.refresh_tunables(&self.shared.engine()),
        }
        Some(Ok(()))
    }

    fn rewrite_config(&self) -> Result<(), String> {
        let Some(path) = &self.config_file else {
            return Err("The server is running without a config file".to_string());
        };
        let config = self.shared.engine().config().clone();
        let result = fs::read(path)
            .or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(Vec::new()),
                _ => Err(error),
            })
            .and_then(|old| replace_file(path, &rewrite(&old, &config, None)));
        match result {
            Ok(()) => {
                log::notice("CONFIG REWRITE executed with success.");
                Ok(())
            }
            Err(error) => {
                let reason = log::reason(&error);
                log::warning(format_args!("CONFIG REWRITE failed: {reason}"));
                Err(reason)
            }
        }
    }
}

/// Puts `text` in the place of a file's content: after a crash there is the old or the new, never a part.
fn replace_file(path: &Path, text: &[u8]) -> io::Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let dir = path.parent().unwrap_or(Path::new("/"));
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!("-{}.tmp", std::process::id()));
    let temporary = dir.join(name);
    let result = (|| {
        let mut file = File::create(&temporary)?;
        let mode = fs::metadata(&path).map_or(0o644, |meta| meta.mode());
        file.set_permissions(fs::Permissions::from_mode(mode & 0o7777))?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(dir)?.sync_all()
    })();
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.conf");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        replace_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(replace_file(&dir.path().join("no/b.conf"), b"x").is_err());
    }
}
