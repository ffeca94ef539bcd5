//! What a test talks to: the one trait between the tests and anything that speaks RESP, and a client that reads whole
//! replies through it. It must not know what is sent or expected.

mod engine;
mod habitat;
mod redis;
mod server;
mod stream;
#[cfg(feature = "wasm")]
mod wasm;

pub use engine::{EngineTarget, Native, RealTimeEngine};
pub use habitat::{Habitat, VirtualTarget};
pub use redis::RedisServer;
pub use server::HylaServer;
pub use stream::{Address, StreamTarget};
#[cfg(feature = "wasm")]
pub use wasm::{Guest, Program, WasmTarget, build_guest};

use crate::resp::{self, Value};
use std::io;
use std::time::Duration;

/// A connection of a target, valid until it is closed or the target is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conn(pub usize);

/// What [`Target::receive`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes were appended.
    Bytes,
    /// Nothing came in the time given (or, with virtual time, nothing will come without further input).
    Quiet,
    /// The other side has closed the connection and all its bytes have been received.
    Closed,
}

/// Who answers; decides which parts of a transcript apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Hyla in any habitat: nothing is skipped.
    Hyla,
    /// Redis, with the version that INFO reports.
    Redis(Version),
    /// Valkey, with its own version.
    Valkey(Version),
}

/// A server's version: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u32; 3]);

impl Version {
    /// Reads `7`, `7.4` or `7.0.15`; missing parts are 0.
    #[must_use]
    pub fn parse(text: &str) -> Option<Version> {
        let mut parts = [0; 3];
        let mut fields = text.split('.');
        for part in &mut parts {
            let Some(field) = fields.next() else { break };
            *part = field.parse().ok()?;
        }
        fields.next().is_none().then_some(Version(parts))
    }
}

/// Anything that takes RESP bytes on several connections and answers.
pub trait Target {
    /// Who answers.
    ///
    /// # Errors
    /// Where the target cannot be asked.
    fn identity(&mut self) -> io::Result<Identity>;

    /// Opens a connection.
    ///
    /// # Errors
    /// Where the target cannot be reached.
    fn open(&mut self) -> io::Result<Conn>;

    /// Closes a connection from the client's side.
    fn close(&mut self, conn: Conn);

    /// Hands all bytes over. A connection that the target has closed takes them without an error: `receive` tells.
    ///
    /// # Errors
    /// Anything but the target's closing.
    fn send(&mut self, conn: Conn, bytes: &[u8]) -> io::Result<()>;

    /// Appends to `into` what has arrived; with real time, waits at most `wait` for the first byte.
    ///
    /// # Errors
    /// Anything but the target's closing.
    fn receive(&mut self, conn: Conn, into: &mut Vec<u8>, wait: Duration) -> io::Result<Received>;

    /// Lets time pass: moves a virtual clock and runs what is due, or sleeps.
    ///
    /// # Errors
    /// Where what became due failed.
    fn advance(&mut self, by: Duration) -> io::Result<()>;

    /// Closes all connections and empties all databases, or starts afresh.
    ///
    /// # Errors
    /// Where the target cannot be reached or refuses.
    fn reset(&mut self) -> io::Result<()>;
}

/// What [`Client::reply`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// One whole reply.
    Value(Value),
    /// No whole reply in the time given.
    Quiet,
    /// The other side has closed; what was left is not a whole reply.
    Closed,
    /// Bytes that are not RESP.
    Malformed(resp::Malformed),
}

/// One connection with the bytes that were received and not yet read.
#[derive(Debug)]
pub struct Client {
    conn: Conn,
    buffer: Vec<u8>,
    read: usize,
}

impl Client {
    /// Opens a connection of `target`.
    ///
    /// # Errors
    /// Those of [`Target::open`].
    pub fn open(target: &mut dyn Target) -> io::Result<Client> {
        Ok(Client {
            conn: target.open()?,
            buffer: Vec::new(),
            read: 0,
        })
    }

    /// The target's connection.
    #[must_use]
    pub fn conn(&self) -> Conn {
        self.conn
    }

    /// Bytes that were received and not yet read.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.read..]
    }

    /// The next reply, waiting at most `wait` for each further piece of it.
    ///
    /// # Errors
    /// Those of [`Target::receive`].
    pub fn reply(&mut self, target: &mut dyn Target, wait: Duration) -> io::Result<Reply> {
        loop {
            match resp::parse(self.unread()) {
                Err(malformed) => return Ok(Reply::Malformed(malformed)),
                Ok(Some((value, used))) => {
                    self.read += used;
                    if self.read == self.buffer.len() {
                        self.buffer.clear();
                        self.read = 0;
                    }
                    return Ok(Reply::Value(value));
                }
                Ok(None) => {}
            }
            match target.receive(self.conn, &mut self.buffer, wait)? {
                Received::Bytes => {}
                Received::Quiet => return Ok(Reply::Quiet),
                Received::Closed => return Ok(Reply::Closed),
            }
        }
    }

    /// Sends one command and reads its reply.
    ///
    /// # Errors
    /// Those of the target, and `InvalidData` where no whole reply came within `wait`.
    pub fn call<A: AsRef<[u8]>>(
        &mut self,
        target: &mut dyn Target,
        argv: &[A],
        wait: Duration,
    ) -> io::Result<Value> {
        let mut bytes = Vec::new();
        resp::encode_command(argv, &mut bytes);
        target.send(self.conn, &bytes)?;
        match self.reply(target, wait)? {
            Reply::Value(value) => Ok(value),
            other => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("no reply: {other:?}"),
            )),
        }
    }
}

/// Tells from an INFO text who answers.
#[must_use]
pub fn identify(info: &str) -> Option<Identity> {
    let field = |name: &str| {
        info.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    if field("hyla_version").is_some() {
        return Some(Identity::Hyla);
    }
    if let Some(version) = field("valkey_version") {
        return Version::parse(version.trim()).map(Identity::Valkey);
    }
    field("redis_version")
        .and_then(|version| Version::parse(version.trim()))
        .map(Identity::Redis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_tells_who_answers() {
        let redis = "# Server\r\nredis_version:7.0.15\r\n";
        assert_eq!(identify(redis), Some(Identity::Redis(Version([7, 0, 15]))));
        let valkey = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n";
        assert_eq!(identify(valkey), Some(Identity::Valkey(Version([8, 0, 1]))));
        assert_eq!(
            identify("redis_version:7.2.0\r\nhyla_version:0.1.0\r\n"),
            Some(Identity::Hyla)
        );
        assert_eq!(identify("nothing"), None);
        assert!(Version::parse("7.4") > Version::parse("7.0.15"));
        assert_eq!(Version::parse("7.x"), None);
    }
}
