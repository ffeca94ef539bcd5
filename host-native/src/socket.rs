//! A TCP or unix stream. Knows no protocol.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use hyla_engine::Peer;
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

/// An accepted stream.
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream, Arc<str>),
}

impl Socket {
    pub(crate) fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(space),
            Socket::Unix(stream, _) => stream.read(space),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream, _) => stream.write(bytes),
        }
    }

    pub(crate) fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write_vectored(pieces),
            Socket::Unix(stream, _) => stream.write_vectored(pieces),
        }
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
