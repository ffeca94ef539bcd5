//! The engine in this process: in virtual time for transcripts and parity, in real time beside a server. It must not know
//! what is sent.

use super::habitat::{Habitat, VirtualTarget};
use super::{Conn, Identity, Received, Target};
use hyla_driver::{Driver, Now, START};
use hyla_engine::config::Config;
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The engine in virtual time.
pub type EngineTarget = VirtualTarget<Native>;

/// The test driver compiled for this machine.
pub struct Native(Driver);

impl Native {
    /// An empty engine.
    #[must_use]
    pub fn new() -> Native {
        Native(Driver::new(0, START, false))
    }
}

impl Default for Native {
    fn default() -> Native {
        Native::new()
    }
}

impl Habitat for Native {
    fn start(&mut self, seed: u64, keep_log: bool) -> io::Result<()> {
        self.0 = Driver::new(seed, START, keep_log);
        Ok(())
    }
    fn open(&mut self) -> io::Result<usize> {
        Ok(self.0.open())
    }
    fn close(&mut self, conn: usize) -> io::Result<()> {
        self.0.close(conn);
        Ok(())
    }
    fn send(&mut self, conn: usize, bytes: &[u8]) -> io::Result<()> {
        self.0.send(conn, bytes);
        Ok(())
    }
    fn receive(&mut self, conn: usize, into: &mut Vec<u8>) -> io::Result<bool> {
        Ok(self.0.receive(conn, into))
    }
    fn until_due_us(&mut self) -> io::Result<u64> {
        Ok(self.0.until_due_us())
    }
    fn advance(&mut self, by_us: u64) -> io::Result<()> {
        self.0.advance(by_us);
        Ok(())
    }
    fn log(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.0.log().to_vec())
    }
}

/// The engine with this machine's clock, to be compared with a server.
pub struct RealTimeEngine {
    driver: Driver,
    started: Instant,
}

impl RealTimeEngine {
    /// An empty engine.
    #[must_use]
    pub fn new() -> RealTimeEngine {
        RealTimeEngine::with_config(Config::default())
    }

    /// The same with directives.
    #[must_use]
    pub fn with_config(config: Config) -> RealTimeEngine {
        let started = Instant::now();
        RealTimeEngine {
            driver: Driver::with_config(config, 0, real_now(started), false),
            started,
        }
    }
}

impl Default for RealTimeEngine {
    fn default() -> RealTimeEngine {
        RealTimeEngine::new()
    }
}

fn real_now(started: Instant) -> Now {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Now {
        unix_ms: unix.as_millis() as u64,
        mono_us: started.elapsed().as_micros() as u64,
    }
}

impl Target for RealTimeEngine {
    fn identity(&mut self) -> io::Result<Identity> {
        Ok(Identity::Hyla)
    }

    fn open(&mut self) -> io::Result<Conn> {
        self.driver.set_now(real_now(self.started));
        Ok(Conn(self.driver.open()))
    }

    fn close(&mut self, conn: Conn) {
        self.driver.close(conn.0);
    }

    fn send(&mut self, conn: Conn, bytes: &[u8]) -> io::Result<()> {
        self.driver.set_now(real_now(self.started));
        self.driver.send(conn.0, bytes);
        Ok(())
    }

    fn receive(&mut self, conn: Conn, into: &mut Vec<u8>, wait: Duration) -> io::Result<Received> {
        let before = into.len();
        let end = Instant::now() + wait;
        loop {
            let closed = self.driver.receive(conn.0, into);
            if into.len() > before {
                return Ok(Received::Bytes);
            }
            if closed {
                return Ok(Received::Closed);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Received::Quiet);
            }
            let due = Duration::from_micros(self.driver.until_due_us().max(100));
            self.advance(due.min(left))?;
        }
    }

    fn advance(&mut self, by: Duration) -> io::Result<()> {
        std::thread::sleep(by);
        self.driver.set_now(real_now(self.started));
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        self.driver = Driver::new(0, real_now(self.started), false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::Value;
    use crate::target::Client;

    /// Sends one command and gives its reply.
    fn ask(target: &mut EngineTarget, client: &mut Client, argv: &[&str]) -> Value {
        client
            .call(target, argv, Duration::ZERO)
            .expect("the engine answers at once")
    }

    #[test]
    fn time_is_virtual_and_effects_are_logged() {
        let mut target = VirtualTarget::new(Native::new(), 1, true).expect("starts");
        let mut client = Client::open(&mut target).expect("opens");
        ask(&mut target, &mut client, &["SET", "k", "v", "PX", "1000"]);
        target.advance(Duration::from_millis(999)).expect("passes");
        let value = ask(&mut target, &mut client, &["GET", "k"]);
        assert_eq!(value, Value::Blob(crate::resp::Blob::Bulk, b"v".to_vec()));
        target.advance(Duration::from_millis(2)).expect("passes");
        assert_ne!(ask(&mut target, &mut client, &["GET", "k"]), value);
        let log = target.log().expect("a log");
        let log = String::from_utf8_lossy(&log);
        let absolute = format!("PXAT\r\n$13\r\n{}", START.unix_ms + 1000);
        assert!(log.contains(&absolute), "{log}");
        assert!(log.ends_with("$3\r\nDEL\r\n$1\r\nk\r\n"), "{log}");
    }

    #[test]
    fn a_broken_request_closes_only_its_connection() {
        let mut target = VirtualTarget::new(Native::new(), 1, false).expect("starts");
        let mut good = Client::open(&mut target).expect("opens");
        let bad = target.open().expect("opens");
        target.send(bad, b"PING\r\n*x\r\nPING\r\n").expect("takes");
        let mut got = Vec::new();
        let first = target.receive(bad, &mut got, Duration::ZERO);
        assert_eq!(first.expect("receives"), Received::Bytes);
        assert!(
            got.starts_with(b"+PONG\r\n-ERR Protocol error: "),
            "{got:?}"
        );
        let second = target.receive(bad, &mut got, Duration::ZERO);
        assert_eq!(second.expect("receives"), Received::Closed);
        ask(&mut target, &mut good, &["PING"]);
    }

    #[test]
    fn long_pipelines_run_to_their_end() {
        let mut target = VirtualTarget::new(Native::new(), 1, false).expect("starts");
        let conn = target.open().expect("opens");
        target.send(conn, &b"PING\r\n".repeat(2000)).expect("takes");
        let mut got = Vec::new();
        target
            .receive(conn, &mut got, Duration::ZERO)
            .expect("receives");
        assert_eq!(got, b"+PONG\r\n".repeat(2000));
    }
}
