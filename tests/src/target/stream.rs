//! A server behind a TCP or unix socket, with real time. It must not know which server it is.

use super::{Client, Conn, Identity, Received, Target, identify};
use crate::resp::{Blob, Value};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long a server may take for a housekeeping command.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a server listens: `HOST:PORT`, or the path of a unix socket (anything with a slash).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn connect(address: &Address) -> io::Result<Stream> {
        if address.0.contains('/') {
            return UnixStream::connect(&address.0).map(Stream::Unix);
        }
        let tcp = TcpStream::connect(&address.0)?;
        tcp.set_nodelay(true)?;
        Ok(Stream::Tcp(tcp))
    }

    /// Zero means: do not wait.
    fn set_wait(&self, wait: Duration) -> io::Result<()> {
        let timeout = (!wait.is_zero()).then_some(wait);
        match self {
            Stream::Tcp(tcp) => tcp
                .set_nonblocking(wait.is_zero())
                .and_then(|()| tcp.set_read_timeout(timeout)),
            Stream::Unix(unix) => unix
                .set_nonblocking(wait.is_zero())
                .and_then(|()| unix.set_read_timeout(timeout)),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.read(into),
            Stream::Unix(unix) => unix.read(into),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Tcp(tcp) => tcp.write_all(bytes),
            Stream::Unix(unix) => unix.write_all(bytes),
        }
    }
}

struct Open {
    stream: Stream,
    wait: Duration,
}

/// A server behind a socket.
pub struct StreamTarget {
    address: Address,
    open: Vec<Option<Open>>,
    chunk: Vec<u8>,
}

impl StreamTarget {
    /// A target at `address`; connects only when asked to.
    #[must_use]
    pub fn new(address: Address) -> StreamTarget {
        StreamTarget {
            address,
            open: Vec::new(),
            chunk: vec![0; 1 << 16],
        }
    }

    fn get(&mut self, conn: Conn) -> io::Result<&mut Open> {
        let open = self.open.get_mut(conn.0).and_then(Option::as_mut);
        open.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotConnected,
                "the connection is closed on this side",
            )
        })
    }

    fn set_wait(&mut self, conn: Conn, wait: Duration) -> io::Result<()> {
        let open = self.get(conn)?;
        if open.wait != wait {
            open.stream.set_wait(wait)?;
            open.wait = wait;
        }
        Ok(())
    }

    fn once(&mut self, argv: &[&str]) -> io::Result<Value> {
        let mut client = Client::open(self)?;
        let reply = client.call(self, argv, PATIENCE);
        self.close(client.conn());
        reply
    }
}

fn closed_by_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

impl Target for StreamTarget {
    fn identity(&mut self) -> io::Result<Identity> {
        let reply = self.once(&["INFO", "server"])?;
        let info = match &reply {
            Value::Blob(Blob::Bulk | Blob::Verbatim, bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            _ => String::new(),
        };
        identify(&info).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("INFO names no version: {reply:?}"),
            )
        })
    }

    fn open(&mut self) -> io::Result<Conn> {
        let stream = Stream::connect(&self.address)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.address)))?;
        stream.set_wait(PATIENCE)?;
        self.open.push(Some(Open {
            stream,
            wait: PATIENCE,
        }));
        Ok(Conn(self.open.len() - 1))
    }

    fn close(&mut self, conn: Conn) {
        if let Some(open) = self.open.get_mut(conn.0) {
            *open = None;
        }
    }

    fn send(&mut self, conn: Conn, bytes: &[u8]) -> io::Result<()> {
        if self.get(conn)?.wait.is_zero() {
            self.set_wait(conn, PATIENCE)?;
        }
        match self.get(conn)?.stream.write_all(bytes) {
            Err(error) if closed_by_peer(&error) => Ok(()),
            result => result,
        }
    }

    fn receive(&mut self, conn: Conn, into: &mut Vec<u8>, wait: Duration) -> io::Result<Received> {
        self.set_wait(conn, wait)?;
        let mut chunk = std::mem::take(&mut self.chunk);
        let result = self.get(conn)?.stream.read(&mut chunk);
        if let Ok(len) = result {
            into.extend_from_slice(&chunk[..len]);
        }
        self.chunk = chunk;
        match result {
            Ok(0) => Ok(Received::Closed),
            Ok(_) => Ok(Received::Bytes),
            Err(error) if closed_by_peer(&error) => Ok(Received::Closed),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                Ok(Received::Quiet)
            }
            Err(error) => Err(error),
        }
    }

    fn advance(&mut self, by: Duration) -> io::Result<()> {
        std::thread::sleep(by);
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        self.open.clear();
        // Servers that know no functions refuse the first.
        self.once(&["FUNCTION", "FLUSH"])?;
        self.once(&["SCRIPT", "FLUSH"])?;
        match self.once(&["FLUSHALL"])? {
            Value::Line(_, text) if text == b"OK" => Ok(()),
            other => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("FLUSHALL: {other:?}"),
            )),
        }
    }
}
