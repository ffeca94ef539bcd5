//! A target in virtual time: the test driver wherever it lives, in this process or inside wasm. It must not know where.

use super::{Conn, Identity, Received, Target};
use std::io;
use std::time::Duration;

/// The test driver's calls, see `hyla_driver::Driver`.
pub trait Habitat {
    /// Starts afresh with an empty engine.
    ///
    /// # Errors
    /// Where the habitat has broken down, as for all calls.
    fn start(&mut self, seed: u64, keep_log: bool) -> io::Result<()>;
    /// Opens a connection.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn open(&mut self) -> io::Result<usize>;
    /// Closes a connection.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn close(&mut self, conn: usize) -> io::Result<()>;
    /// Runs what these bytes ask for.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn send(&mut self, conn: usize, bytes: &[u8]) -> io::Result<()>;
    /// Appends what has come; true if nothing more can come.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn receive(&mut self, conn: usize, into: &mut Vec<u8>) -> io::Result<bool>;
    /// Microseconds until something is due.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn until_due_us(&mut self) -> io::Result<u64>;
    /// Lets microseconds pass.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn advance(&mut self, by_us: u64) -> io::Result<()>;
    /// The effect log so far.
    ///
    /// # Errors
    /// See [`Habitat::start`].
    fn log(&mut self) -> io::Result<Vec<u8>>;
}

/// A habitat with its seed. The same calls give the same bytes, always and everywhere.
pub struct VirtualTarget<H> {
    habitat: H,
    seed: u64,
    keep_log: bool,
}

impl<H: Habitat> VirtualTarget<H> {
    /// An empty engine in `habitat`.
    ///
    /// # Errors
    /// Where the habitat has broken down.
    pub fn new(mut habitat: H, seed: u64, keep_log: bool) -> io::Result<VirtualTarget<H>> {
        habitat.start(seed, keep_log)?;
        Ok(VirtualTarget {
            habitat,
            seed,
            keep_log,
        })
    }

    /// The effect log since the last reset.
    ///
    /// # Errors
    /// Where the habitat has broken down.
    pub fn log(&mut self) -> io::Result<Vec<u8>> {
        self.habitat.log()
    }
}

impl<H: Habitat> Target for VirtualTarget<H> {
    fn identity(&mut self) -> io::Result<Identity> {
        Ok(Identity::Hyla)
    }

    fn open(&mut self) -> io::Result<Conn> {
        self.habitat.open().map(Conn)
    }

    fn close(&mut self, conn: Conn) {
        // A habitat that has broken down says so at the next call.
        let _ = self.habitat.close(conn.0);
    }

    fn send(&mut self, conn: Conn, bytes: &[u8]) -> io::Result<()> {
        self.habitat.send(conn.0, bytes)
    }

    /// Waiting is virtual: time passes until something comes.
    fn receive(&mut self, conn: Conn, into: &mut Vec<u8>, wait: Duration) -> io::Result<Received> {
        let before = into.len();
        let mut left_us = micros(wait);
        loop {
            let closed = self.habitat.receive(conn.0, into)?;
            if into.len() > before {
                return Ok(Received::Bytes);
            }
            if closed {
                return Ok(Received::Closed);
            }
            if left_us == 0 {
                return Ok(Received::Quiet);
            }
            // One who wants to be called at once, as a script does that does not end, needs time too.
            let step_us = match self.habitat.until_due_us()? {
                0 => 1000.min(left_us),
                due_us => due_us.min(left_us),
            };
            self.habitat.advance(step_us)?;
            left_us -= step_us;
        }
    }

    fn advance(&mut self, by: Duration) -> io::Result<()> {
        self.habitat.advance(micros(by))
    }

    fn reset(&mut self) -> io::Result<()> {
        self.habitat.start(self.seed, self.keep_log)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
