//! The way of a message to a connection whose turn it may not be, and its bound. Knows no command.

use alloc::vec::Vec;

use crate::boundary::{CloseReason, ConnId, Now, Output};
use crate::clients::Clients;
use crate::command;
use crate::config::{Config, OutputBufferLimit, client_class};
use crate::conn::Conn;
use crate::resp::{Chunks, Protocol};
use crate::server::Server;

/// What may wait for a connection that has to authenticate first, in bytes.
const STRANGER_BYTES_MAX: u64 = 1024;

/// Delivers messages; those whom too much waits for are closed at the end.
pub(crate) struct Delivery<'a> {
    now: Now,
    clients: &'a mut Clients,
    server: &'a mut Server,
    /// The connection whose command runs: its messages come behind the reply.
    running: Option<&'a mut Conn>,
    overfull: Vec<ConnId>,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(
        now: Now,
        clients: &'a mut Clients,
        server: &'a mut Server,
        running: Option<&'a mut Conn>,
    ) -> Self {
        Delivery {
            now,
            clients,
            server,
            running,
            overfull: Vec::new(),
        }
    }

    /// A connection, be it the one whose command runs.
    pub(crate) fn conn(&self, id: ConnId) -> Option<&Conn> {
        match &self.running {
            Some(conn) if conn.id == id => Some(conn),
            _ => self.clients.get(id),
        }
    }

    /// The connection with a client id, be it the one whose command runs.
    pub(crate) fn by_client_id(&self, client_id: u64) -> Option<ConnId> {
        match &self.running {
            Some(conn) if conn.client_id == client_id => Some(conn.id),
            _ => self.clients.find(client_id).map(|conn| conn.id),
        }
    }

    /// The connection whose command runs.
    pub(crate) fn running(&self) -> Option<ConnId> {
        self.running.as_ref().map(|conn| conn.id)
    }

    /// The state that is no connection's own.
    pub(crate) fn server(&mut self) -> &mut Server {
        self.server
    }

    /// Changes a connection, if it is there.
    pub(crate) fn with(&mut self, id: ConnId, change: impl FnOnce(&mut Conn)) {
        match self.running.as_deref_mut() {
            Some(conn) if conn.id == id => change(conn),
            _ => {
                if let Some(conn) = self.clients.get_mut(id) {
                    change(conn);
                }
            }
        }
    }

    /// Hands a connection's mailbox and protocol to `write`. Nothing happens where it is gone.
    pub(crate) fn to(&mut self, id: ConnId, write: impl FnOnce(&mut Chunks, Protocol)) {
        if let Some(conn) = self.running.as_deref_mut()
            && conn.id == id
        {
            let protocol = conn.protocol;
            write(&mut conn.mailbox, protocol);
            return;
        }
        let Some(conn) = self.clients.get_mut(id) else {
            return;
        };
        let protocol = conn.protocol;
        write(&mut conn.mailbox, protocol);
        if !conn.flush_asked {
            conn.flush_asked = true;
            let (conn, link) = (conn.id, conn.link);
            self.server.outputs.push_back(Output::Flush { conn, link });
        }
        if is_overfull(conn, 0, &self.server.config, self.now) {
            self.overfull.push(id);
        }
    }

    /// Puts the subscriptions back that were taken out for the time of the delivery, then ends it.
    pub(crate) fn end_of(self, pubsub: super::pubsub::Pubsub) {
        self.server.session.pubsub = pubsub;
        self.end();
    }

    /// Closes those who do not take what they get.
    pub(crate) fn end(self) {
        for id in self.overfull {
            super::kill(self.clients, self.server, id, CloseReason::OutputLimit);
        }
    }
}

fn limit_of(conn: &Conn, config: &Config) -> OutputBufferLimit {
    let class = if conn.subscriptions.is_some() {
        client_class::PUBSUB
    } else {
        client_class::NORMAL
    };
    config.client_output_buffer_limit[class]
}

/// How many bytes more `client-output-buffer-limit` lets wait for a connection at once.
pub(crate) fn output_limit(conn: &Conn, config: &Config) -> usize {
    match limit_of(conn, config).hard {
        0 => usize::MAX,
        hard => usize::try_from(hard)
            .unwrap_or(usize::MAX)
            .saturating_sub(conn.unsent_bytes),
    }
}

/// Whether more waits for a connection than `client-output-buffer-limit` allows for its class: what the host
/// holds, its mailbox, and `out` bytes of replies that are just being written.
pub(crate) fn is_overfull(conn: &mut Conn, out: usize, config: &Config, now: Now) -> bool {
    let limit = limit_of(conn, config);
    let waiting = (conn.unsent_bytes + conn.mailbox.len() + out) as u64;
    if waiting > STRANGER_BYTES_MAX && !command::may_run(conn, config) {
        return true;
    }
    if conn.mailbox.failed() || (limit.hard > 0 && waiting >= limit.hard) {
        return true;
    }
    if limit.soft == 0 || waiting < limit.soft {
        conn.over_soft_us = None;
        return false;
    }
    let since = *conn.over_soft_us.get_or_insert(now.mono_us);
    now.mono_us - since > u64::from(limit.soft_seconds) * 1_000_000
}
