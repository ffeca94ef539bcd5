//! MONITOR: who wants to see every command, and how it is shown. Knows no command by name but those with secrets.

use alloc::vec::Vec;

use super::deliver::Delivery;
use super::ids::Ids;
use crate::boundary::Now;
use crate::clients::Clients;
use crate::command::{Command, Flags};
use crate::conn::Conn;
use crate::number::write_u64;
use crate::observe::slowlog::{REDACTED, is_secret};
use crate::resp::Args;
use crate::server::Server;

/// The connections that see every command.
#[derive(Debug, Default)]
pub(crate) struct Monitors {
    ids: Ids,
}

impl Monitors {
    /// Nobody looks.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(crate) fn add(&mut self, conn: &mut Conn) {
        conn.monitors = true;
        self.ids.insert(conn.id);
    }

    pub(crate) fn remove(&mut self, conn: &mut Conn) {
        if core::mem::take(&mut conn.monitors) {
            self.ids.remove(conn.id);
        }
    }
}

/// Shows a command that `conn` has run. `source` is `lua` for one that its script has run. Without memory for the line
/// nobody sees it.
#[cold]
pub(crate) fn feed(
    now: Now,
    command: &Command,
    args: Args<'_>,
    source: Option<&str>,
    conn: &mut Conn,
    clients: &mut Clients,
    server: &mut Server,
) {
    if command.flags.has(Flags::ADMIN) || command.flags.has(Flags::SKIP_MONITOR) {
        return;
    }
    let Some(line) = line(now, args, source, conn, server) else {
        return;
    };
    let ids = server.session.monitors.ids.clone().into_vec();
    let mut delivery = Delivery::new(now, clients, server, Some(conn));
    for id in ids {
        delivery.to(id, |out, _| out.push(&line));
    }
    delivery.end();
}

/// `+SECONDS.MICROSECONDS [DATABASE ADDRESS] "ARG" …`.
fn line(
    now: Now,
    args: Args<'_>,
    source: Option<&str>,
    conn: &Conn,
    server: &Server,
) -> Option<Vec<u8>> {
    /// An escaped byte takes so many at most.
    const ESCAPED_BYTES: usize = 4;
    let bytes: usize = args.iter().map(|arg| ESCAPED_BYTES * arg.len() + 3).sum();
    let socket = &server.config.unixsocket;
    let mut line = Vec::new();
    line.try_reserve(bytes + conn.peer.address.len() + socket.len() + 80)
        .ok()?;
    let mut digits = [0; 20];
    line.push(b'+');
    line.extend_from_slice(write_u64(now.unix_ms / 1000, &mut digits));
    line.push(b'.');
    let us = now.unix_ms % 1000 * 1000 + now.mono_us % 1000;
    // Leading zeros: the seventh digit goes.
    line.extend_from_slice(&write_u64(1_000_000 + us, &mut digits)[1..]);
    line.extend_from_slice(b" [");
    line.extend_from_slice(write_u64(conn.database as u64, &mut digits));
    line.push(b' ');
    match source {
        Some(source) => line.extend_from_slice(source.as_bytes()),
        None if conn.peer.unix_socket => {
            line.extend_from_slice(b"unix:");
            line.extend_from_slice(socket);
        }
        None => line.extend_from_slice(conn.peer.address.as_bytes()),
    }
    line.push(b']');
    for (index, arg) in args.iter().enumerate() {
        let arg = if is_secret(args, index) {
            REDACTED
        } else {
            arg
        };
        line.extend_from_slice(b" \"");
        arg.iter().for_each(|byte| escape(*byte, &mut line));
        line.push(b'"');
    }
    line.extend_from_slice(b"\r\n");
    Some(line)
}

fn escape(byte: u8, line: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'\\' | b'"' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        7 => b'a',
        8 => b'b',
        b' '..=b'~' => {
            line.push(byte);
            return;
        }
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            line.extend_from_slice(&[b'\\', b'x', high, low]);
            return;
        }
    };
    line.extend_from_slice(&[b'\\', short]);
}
