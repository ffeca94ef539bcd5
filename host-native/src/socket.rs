//! A TCP or unix stream. Knows no protocol.

use std::cell::Cell;
use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use hyla_engine::Peer;
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

/// What went over a thread's sockets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
}

thread_local! {
    static TRAFFIC: Cell<Traffic> = const { Cell::new(Traffic { input_bytes: 0, output_bytes: 0, reads: 0, writes: 0 }) };
}

/// What went over this thread's sockets since the last call.
pub(crate) fn take_traffic() -> Traffic {
    TRAFFIC.take()
}

fn count(result: io::Result<usize>, add: impl FnOnce(&mut Traffic, u64)) -> io::Result<usize> {
    if let Ok(bytes) = result {
        let mut traffic = TRAFFIC.get();
        add(&mut traffic, bytes as u64);
        TRAFFIC.set(traffic);
    }
    result
}

fn count_output(result: io::Result<usize>) -> io::Result<usize> {
    count(result, |traffic, bytes| {
        traffic.output_bytes += bytes;
        traffic.writes += 1;
    })
}

/// An accepted stream.
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream, Arc<str>),
}

impl Socket {
    pub(crate) fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let result = match self {
            Socket::Tcp(stream) => stream.read(space),
            Socket::Unix(stream, _) => stream.read(space),
        };
        count(result, |traffic, bytes| {
            traffic.input_bytes += bytes;
            traffic.reads += 1;
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        count_output(match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream, _) => stream.write(bytes),
        })
    }

    pub(crate) fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        count_output(match self {
            Socket::Tcp(stream) => stream.write_vectored(pieces),
            Socket::Unix(stream, _) => stream.write_vectored(pieces),
        })
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self {
            Socket::Tcp(stream) => stream.register(registry, token, interest),
            Socket::Unix(stream, _) => stream.register(registry, token, interest),
        }
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.deregister(registry),
            Socket::Unix(stream, _) => stream.deregister(registry),
        }
    }

    /// What the engine wants to know of the other end.
    pub(crate) fn peer(&self) -> Peer {
        use std::os::fd::AsRawFd;
        match self {
            Socket::Tcp(stream) => {
                let text = |address: io::Result<std::net::SocketAddr>| {
                    address
                        .map(|address| address.to_string())
                        .unwrap_or_default()
                };
                Peer {
                    address: text(stream.peer_addr()),
                    local_address: text(stream.local_addr()),
                    unix_socket: false,
                    loopback: stream
                        .peer_addr()
                        .is_ok_and(|address| address.ip().to_canonical().is_loopback()),
                    fd: i64::from(stream.as_raw_fd()),
                }
            }
            Socket::Unix(stream, path) => Peer {
                address: format!("{path}:0"),
                local_address: format!("{path}:0"),
                unix_socket: true,
                loopback: true,
                fd: i64::from(stream.as_raw_fd()),
            },
        }
    }
}
