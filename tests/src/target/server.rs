//! A hyla-server process of our own, for as long as a test needs one. It must not know what it is asked.

use super::{Address, Client, StreamTarget};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running hyla-server on a free port of 127.0.0.1, in its own temporary directory; it ends with this value.
pub struct HylaServer {
    process: Child,
    dir: PathBuf,
    address: Address,
}

impl HylaServer {
    /// Starts `program` without persistence and waits until it answers. `directives` are further command-line words.
    ///
    /// # Errors
    /// Where it does not start or does not answer within ten seconds.
    pub fn start(program: &Path, directives: &[&str]) -> io::Result<HylaServer> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let dir = std::env::temp_dir().join(format!("hyla-server-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let spawned = Command::new(std::path::absolute(program)?)
            .args(["--port", &port.to_string(), "--save", "", "--dir"])
            .arg(&dir)
            .args(directives)
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let process = match spawned {
            Ok(process) => process,
            Err(error) => {
                std::fs::remove_dir_all(&dir)?;
                return Err(io::Error::new(
                    error.kind(),
                    format!("{}: {error}", program.display()),
                ));
            }
        };
        let mut server = HylaServer {
            process,
            dir,
            address: Address(format!("127.0.0.1:{port}")),
        };
        server.wait_until_up()?;
        Ok(server)
    }

    /// A target that talks to this server.
    #[must_use]
    pub fn target(&self) -> StreamTarget {
        StreamTarget::new(self.address.clone())
    }

    fn wait_until_up(&mut self) -> io::Result<()> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let mut target = self.target();
            let answer = Client::open(&mut target)
                .and_then(|mut client| client.call(&mut target, &["PING"], Duration::from_secs(1)));
            match answer {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > end => return Err(error),
                Err(_) => {}
            }
            if let Some(status) = self.process.try_wait()? {
                return Err(io::Error::other(format!(
                    "hyla-server has ended at once: {status}"
                )));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for HylaServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
