//! Commands about the server itself.

pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod debug;
mod docs;
pub(crate) mod info;
pub(crate) mod latency;
pub(crate) mod lolwut;
pub(crate) mod memory;
pub(crate) mod monitor;
pub(crate) mod replication;
pub(crate) mod shutdown;
pub(crate) mod slowlog;
pub(crate) mod time;

pub(crate) use docs::help;

use crate::conn::Conn;
use crate::error::Error;
use crate::resp::Reply;
use crate::server::{Pending, Server, Waiting};

/// Answers the connection that waited for the host.
pub(crate) fn answer_done(waiting: Waiting, conn: &mut Conn, server: &mut Server) {
    let mut reply = Reply::new(&mut conn.mailbox, conn.protocol);
    let result = match waiting.pending {
        Pending::Apply(changes) => config::applied(changes, waiting.refused, server),
        Pending::RewriteConfig => config::rewritten(waiting.refused),
        Pending::Shutdown if waiting.refused.is_none() => {
            conn.closing = true;
            return;
        }
        Pending::Shutdown => Err(Error::Static("ERR Errors trying to SHUTDOWN. Check logs.")),
    };
    match result {
        Ok(()) => reply.ok(),
        Err(error) => {
            server.stats.error(error.text());
            reply.error(&error);
        }
    }
}
