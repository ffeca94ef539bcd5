//! A redis-server of our own, for as long as a test needs one. It must not know what it is asked.

use super::{Address, StreamTarget, Target};
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A redis-server process on a unix socket in its own temporary directory; it ends with this value.
pub struct RedisServer {
    process: Child,
    dir: PathBuf,
}

impl RedisServer {
    /// Starts the redis-server on PATH without persistence and waits until it answers. `directives` are further
    /// command-line words. `None` where no redis-server is installed.
    ///
    /// # Errors
    /// Where it is installed and does not come up within ten seconds.
    pub fn start(directives: &[&str]) -> io::Result<Option<RedisServer>> {
        RedisServer::start_program("redis-server", directives)
    }

    /// The same with a program that takes redis-server's arguments.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub fn start_program(program: &str, directives: &[&str]) -> io::Result<Option<RedisServer>> {
        RedisServer::start_on(program, directives, &[])
    }

    /// The same with files in its directory, each with its path there.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub fn start_on(
        program: &str,
        directives: &[&str],
        files: &[(&str, &[u8])],
    ) -> io::Result<Option<RedisServer>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "hyla-redis-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir)?;
        for (path, bytes) in files {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(&dir))?;
            std::fs::write(path, bytes)?;
        }
        let spawned = Command::new(program)
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocket",
                "socket",
                "--dir",
            ])
            .arg(&dir)
            .args(directives)
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let process = match spawned {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::remove_dir_all(&dir)?;
                return Ok(None);
            }
            other => other?,
        };
        let server = RedisServer { process, dir };
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            match server.target().identity() {
                Ok(_) => return Ok(Some(server)),
                Err(error) if Instant::now() > patience => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Where its files are.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        &self.dir
    }

    /// A target that talks to this server.
    #[must_use]
    pub fn target(&self) -> StreamTarget {
        StreamTarget::new(Address(self.dir.join("socket").display().to_string()))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
