//! What a service manager is told: that the server is ready, and that it stops. Knows no settings but the mode.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use hyla_engine::config::Supervised;
use signal_hook::consts::SIGSTOP;
use signal_hook::low_level::raise;

use crate::log;

/// Where systemd listens.
const SOCKET: &str = "NOTIFY_SOCKET";
/// Set in what upstart starts.
const JOB: &str = "UPSTART_JOB";

/// The manager that watches this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Systemd,
    Upstart,
}

impl Manager {
    /// Finds the manager that `supervised` asks for and tells it that the process starts. Upstart is told by a stop, from
    /// which it wakes the process. What is asked for and not there is logged.
    pub(crate) fn find(mode: Supervised) -> Option<Manager> {
        let given = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let wanted = match mode {
            Supervised::No => return None,
            Supervised::Systemd => Manager::Systemd,
            Supervised::Upstart => Manager::Upstart,
            Supervised::Auto if given(JOB) => Manager::Upstart,
            Supervised::Auto if given(SOCKET) => Manager::Systemd,
            Supervised::Auto => return None,
        };
        match wanted {
            Manager::Systemd => {
                if !notify("STATUS=Hyla is loading...\n") {
                    return None;
                }
                log::notice(
                    "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and \
                     TimeoutStopSec in your service unit.",
                );
            }
            Manager::Upstart if given(JOB) => {
                log::notice("Supervised by upstart, will stop to signal readiness.");
                let _ = raise(SIGSTOP);
            }
            Manager::Upstart => {
                log::warning("upstart supervision requested, but UPSTART_JOB not found!");
                return None;
            }
        }
        Some(wanted)
    }

    /// As INFO shows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Manager::Systemd => "systemd",
            Manager::Upstart => "upstart",
        }
    }

    /// Clients are served from now on.
    pub(crate) fn ready(self) {
        self.tell("STATUS=Ready to accept connections\n");
        self.tell("READY=1\n");
    }

    /// The end has begun.
    pub(crate) fn stopping(self) {
        self.tell("STOPPING=1\n");
    }

    fn tell(self, text: &str) {
        if self == Manager::Systemd {
            notify(text);
        }
    }
}

/// Whether systemd was told.
fn notify(text: &str) -> bool {
    let Some(path) = env::var_os(SOCKET).filter(|path| !path.is_empty()) else {
        log::warning("systemd supervision error: NOTIFY_SOCKET not found!");
        return false;
    };
    match send(&path, text) {
        Ok(()) => true,
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(0);
            log::warning(format_args!(
                "systemd supervision error: sd_notify: -{number}"
            ));
            false
        }
    }
}

fn send(path: &OsStr, text: &str) -> io::Result<()> {
    let address = match path.as_bytes() {
        // An abstract name, which is no file.
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(path)?,
    };
    UnixDatagram::unbound()?
        .send_to_addr(text.as_bytes(), &address)
        .map(|_| ())
}
