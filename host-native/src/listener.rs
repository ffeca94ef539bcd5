//! The listening sockets. Knows nothing of what is said on accepted ones.

use std::io;
use std::net::SocketAddr;

use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket as RawSocket, Type};

use crate::io_thread::LISTENERS;
use crate::socket::Socket;

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, String),
}

/// All listening sockets.
#[derive(Default)]
pub(crate) struct Listeners {
    listeners: Vec<Listener>,
}

impl Listeners {
    /// Listens on a TCP address.
    pub(crate) fn add_tcp(&mut self, address: SocketAddr, backlog: i32) -> io::Result<()> {
        let socket = RawSocket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(backlog)?;
        self.listeners
            .push(Listener::Tcp(TcpListener::from_std(socket.into())));
        Ok(())
    }

    /// Listens on a unix socket.
    pub(crate) fn add_unix(&mut self, path: &str) -> io::Result<()> {
        let _ = std::fs::remove_file(path);
        self.listeners
            .push(Listener::Unix(UnixListener::bind(path)?, path.to_string()));
        Ok(())
    }

    /// Makes the poll tell of new connections.
    pub(crate) fn register(&mut self, registry: &Registry) -> io::Result<()> {
        for (number, listener) in self.listeners.iter_mut().enumerate() {
            let token = Token(LISTENERS + number);
            match listener {
                Listener::Tcp(listener) => {
                    registry.register(listener, token, Interest::READABLE)?;
                }
                Listener::Unix(listener, _) => {
                    registry.register(listener, token, Interest::READABLE)?;
                }
            }
        }
        Ok(())
    }

    /// The next new connection on a listener, until there is none.
    pub(crate) fn accept(&mut self, number: usize) -> Option<Socket> {
        match self.listeners.get_mut(number)? {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().ok()?;
                let _ = stream.set_nodelay(true);
                Some(Socket::Tcp(stream))
            }
            Listener::Unix(listener, path) => {
                let (stream, _) = listener.accept().ok()?;
                Some(Socket::Unix(stream, path.clone()))
            }
        }
    }
}
