//! What connects requests and connections with each other: transactions, publish/subscribe, notifications
//! and waiting. Knows no command.

pub(crate) mod blocking;
pub(crate) mod deliver;
mod ids;
pub(crate) mod monitor;
pub(crate) mod notify;
pub(crate) mod pubsub;
pub(crate) mod queue;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tracking;
pub(crate) mod watch;

use alloc::boxed::Box;

use crate::boundary::{CloseReason, ConnId};
use crate::clients::Clients;
use crate::conn::Conn;
use crate::keyspace::{Follow, Keyspace};
use crate::server::Server;

/// The state of transactions, publish/subscribe and waiting that is not one connection's own.
#[derive(Default)]
pub(crate) struct Session {
    /// Watched keys.
    pub(crate) watches: watch::Watches,
    /// Subscriptions.
    pub(crate) pubsub: pubsub::Pubsub,
    /// Those who see every command.
    pub(crate) monitors: monitor::Monitors,
    /// Client-side caching.
    pub(crate) tracked: tracking::Tracked,
    /// Connections that wait for keys.
    pub(crate) blocking: blocking::Blocking,
    /// Somebody wants to know which keys change: handlers' reports are looked at.
    pub(crate) followed: bool,
}

/// Works out anew what has to be noticed of keys. To be called when a watch, a waiter, the log or the
/// configuration may have changed.
pub(crate) fn refresh(keys: &mut Keyspace, server: &mut Server) {
    let classes = notify::Classes::of(&server.config);
    let session = &mut server.session;
    let watched = !session.watches.is_empty();
    session.followed =
        watched || classes.any() || !session.blocking.is_empty() || !session.tracked.is_empty();
    keys.follow(Follow {
        expired: server.log.is_kept() || session.followed,
        created: classes.has(crate::keyspace::Class::New),
        missed: classes.has(crate::keyspace::Class::KeyMiss),
    });
}

/// Closes a connection at once and forgets what it took part in.
pub(crate) fn kill(clients: &mut Clients, server: &mut Server, id: ConnId, why: CloseReason) {
    if let Some(conn) = clients.kill(id, why, &mut server.outputs) {
        forget(server, conn);
    }
}

/// Takes a connection that is gone out of everything.
pub(crate) fn forget(server: &mut Server, mut conn: Box<Conn>) {
    leave(server, &mut conn);
    server.session.blocking.remove(&mut conn);
}

/// Ends a connection's transaction, its watches and its subscriptions, without a word to it.
pub(crate) fn leave(server: &mut Server, conn: &mut Conn) {
    conn.queue = None;
    server.session.watches.clear(conn);
    server.session.pubsub.clear(conn);
    server.session.monitors.remove(conn);
    server.session.tracked.stop(conn);
}
