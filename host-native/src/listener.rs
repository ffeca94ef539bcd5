//! The listening sockets. Knows nothing of what is said on accepted ones.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyla_engine::config::Settings;
use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, SockRef, Socket as RawSocket, TcpKeepalive, Type};

use crate::io_thread::LISTENERS;
use crate::log;
use crate::socket::Socket;

/// One place to listen on, as `bind` and `port` name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    socket: SocketAddr,
    /// As the directive has it, for messages.
    text: String,
    /// It may be missing on this machine.
    optional: bool,
}

enum Listener {
    Tcp(TcpListener, Address),
    Unix(UnixListener, Arc<str>),
}

/// What an attempt to accept gave.
pub(crate) enum Accepted {
    /// A connection.
    Socket(Socket),
    /// There is none now; the poll tells when there is.
    None,
    /// There may be one, but it cannot be had now (descriptors are used up).
    Later(io::Error),
}

/// All listening sockets. A socket keeps its number, and with it its token, until it is closed.
#[derive(Default)]
pub(crate) struct Listeners {
    listeners: Vec<Option<Listener>>,
}

/// The addresses that the settings name. Looks up host names, so it may take long.
///
/// # Errors
/// Redis' sentence for the first name that has no address.
pub(crate) fn addresses(settings: &Settings) -> Result<Vec<Address>, String> {
    let mut addresses = Vec::new();
    if settings.port == 0 {
        return Ok(addresses);
    }
    for name in &settings.bind {
        let (name, optional) = match name.strip_prefix(b"-") {
            Some(rest) => (rest, true),
            None => (name.as_slice(), false),
        };
        let text = String::from_utf8_lossy(name).into_owned();
        let socket = match name {
            b"" => continue,
            b"*" => Ok(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), settings.port)),
            b"::*" => Ok(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), settings.port)),
            _ => resolve(&text, settings.port),
        };
        let text = format!("{text}:{}", settings.port);
        match socket {
            Ok(socket) => addresses.push(Address {
                socket,
                text,
                optional,
            }),
            Err(error) => return Err(could_not_listen(&text, &log::reason(&error))),
        }
    }
    Ok(addresses)
}

fn resolve(name: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(ip) = name.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let no_address = || io::Error::new(ErrorKind::NotFound, "Name or service not known");
    (name, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(no_address)
}

fn could_not_listen(text: &str, reason: &str) -> String {
    format!("Warning: Could not create server TCP listening socket {text}: {reason}")
}

impl Listeners {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.listeners.iter().all(Option::is_none)
    }

    /// The numbers that listeners have.
    pub(crate) fn numbers(&self) -> std::ops::Range<usize> {
        0..self.listeners.len()
    }

    /// Listens on TCP addresses beside those that it listens on. What is optional and missing is left out.
    ///
    /// # Errors
    /// Nothing was added. Redis' sentence for the first address that fails is in the log already.
    pub(crate) fn add_tcp(
        &mut self,
        addresses: &[Address],
        backlog: u32,
        registry: &Registry,
    ) -> io::Result<()> {
        let mut added = Vec::new();
        for address in addresses {
            let result = listen(address.socket, backlog).and_then(|listener| {
                let number = self.put(Listener::Tcp(listener, address.clone()));
                added.push(number);
                self.register(number, registry)
            });
            let Err(error) = result else { continue };
            log::warning(could_not_listen(&address.text, &log::reason(&error)));
            if is_skipped(&error, address.optional) {
                continue;
            }
            for number in added {
                self.listeners[number] = None;
            }
            return Err(error);
        }
        Ok(())
    }

    /// Listens on these TCP addresses and no others, or stays as it was.
    ///
    /// # Errors
    /// The first address that fails.
    pub(crate) fn change_tcp(
        &mut self,
        addresses: &[Address],
        backlog: u32,
        registry: &Registry,
    ) -> io::Result<()> {
        let mut present = Vec::new();
        for slot in &mut self.listeners {
            if let Some(Listener::Tcp(_, address)) = slot {
                let address = address.clone();
                if !addresses.contains(&address) {
                    // It may be in the way of a new one (`*` and one interface).
                    *slot = None;
                }
                present.push(address);
            }
        }
        let without = |all: &[Address], known: &[Address]| -> Vec<Address> {
            let unknown = all.iter().filter(|address| !known.contains(address));
            unknown.cloned().collect()
        };
        let result = self.add_tcp(&without(addresses, &present), backlog, registry);
        if result.is_err() {
            let _ = self.add_tcp(&without(&present, addresses), backlog, registry);
        }
        result
    }

    /// Listens on a unix socket. `mode` are its permission bits, 0 for what the process gives.
    ///
    /// # Errors
    /// The reason, as Redis shows it.
    pub(crate) fn add_unix(
        &mut self,
        path: &str,
        mode: u32,
        registry: &Registry,
    ) -> Result<(), String> {
        let is_socket = |meta: std::fs::Metadata| meta.file_type().is_socket();
        if std::fs::symlink_metadata(path).is_ok_and(is_socket) {
            // Left over by a process that was killed.
            let _ = std::fs::remove_file(path);
        }
        let because =
            |what: &'static str| move |error: io::Error| format!("{what}: {}", log::reason(&error));
        let listener = UnixListener::bind(path).map_err(because("bind"))?;
        if mode != 0 {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(path, permissions).map_err(because("chmod"))?;
        }
        let number = self.put(Listener::Unix(listener, Arc::from(path)));
        self.register(number, registry).map_err(because("listen"))
    }

    fn put(&mut self, listener: Listener) -> usize {
        let free = self.listeners.iter().position(Option::is_none);
        let number = free.unwrap_or_else(|| {
            self.listeners.push(None);
            self.listeners.len() - 1
        });
        self.listeners[number] = Some(listener);
        number
    }

    fn register(&mut self, number: usize, registry: &Registry) -> io::Result<()> {
        let token = Token(LISTENERS + number);
        match &mut self.listeners[number] {
            Some(Listener::Tcp(listener, _)) => {
                registry.register(listener, token, Interest::READABLE)
            }
            Some(Listener::Unix(listener, _)) => {
                registry.register(listener, token, Interest::READABLE)
            }
            None => Ok(()),
        }
    }

    /// The next new connection on a listener.
    pub(crate) fn accept(&self, number: usize, keepalive_s: u32) -> Accepted {
        let Some(Some(listener)) = self.listeners.get(number) else {
            return Accepted::None;
        };
        loop {
            let result = match listener {
                Listener::Tcp(listener, _) => listener.accept().map(|(stream, _)| {
                    let _ = stream.set_nodelay(true);
                    set_keepalive(&SockRef::from(&stream), keepalive_s);
                    Socket::Tcp(stream)
                }),
                Listener::Unix(listener, path) => listener
                    .accept()
                    .map(|(stream, _)| Socket::Unix(stream, Arc::clone(path))),
            };
            match result {
                Ok(socket) => return Accepted::Socket(socket),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Accepted::None,
                    // That one is gone again.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => return Accepted::Later(error),
                },
            }
        }
    }
}

fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let because = |what: &'static str| {
        move |error: io::Error| {
            io::Error::new(error.kind(), format!("{what}: {}", log::reason(&error)))
        }
    };
    let domain = Domain::for_address(address);
    let socket = RawSocket::new(domain, Type::STREAM, Some(Protocol::TCP));
    let socket = socket.map_err(because("socket"))?;
    if address.is_ipv6() {
        socket.set_only_v6(true).map_err(because("setsockopt"))?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into()).map_err(because("bind"))?;
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    socket.listen(backlog).map_err(because("listen"))?;
    Ok(TcpListener::from_std(socket.into()))
}

/// An address family that the machine lacks never stops the server, a missing address only if it must be there.
fn is_skipped(error: &io::Error, optional: bool) -> bool {
    match error.kind() {
        ErrorKind::AddrNotAvailable => optional,
        ErrorKind::Unsupported => true,
        // EAFNOSUPPORT has no kind of its own.
        _ => log::reason(error).contains("Address family not supported"),
    }
}

fn set_keepalive(socket: &SockRef<'_>, seconds: u32) {
    if seconds == 0 {
        return;
    }
    // As in Redis: probes after `seconds`, three of them a third of that apart.
    let time = Duration::from_secs(u64::from(seconds));
    let interval = Duration::from_secs(u64::from((seconds / 3).max(1)));
    let keepalive = TcpKeepalive::new()
        .with_time(time)
        .with_interval(interval)
        .with_retries(3);
    let _ = socket.set_tcp_keepalive(&keepalive);
}

/// Removes a unix socket's file.
pub(crate) fn remove_unix(path: &Path) {
    let _ = std::fs::remove_file(path);
}
