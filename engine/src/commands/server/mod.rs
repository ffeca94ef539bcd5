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
pub(crate) mod save;
pub(crate) mod shutdown;
pub(crate) mod slowlog;
pub(crate) mod time;

use alloc::string::String;
use alloc::vec::Vec;

use crate::boundary::Output;
use crate::command::World;

use crate::conn::Conn;
use crate::error::Error;
use crate::resp::Reply;
use crate::server::{Pending, Server, Waiting};
pub(crate) use docs::help;

impl World {
    /// Takes the result of something that connections wait for; one that waits for nothing more gets its answer and goes
    /// on.
    pub(crate) fn finish(&mut self, ticket: u64, result: Result<Vec<u8>, String>) {
        let server = &mut self.server;
        let waits = |waiting: &Waiting| waiting.jobs.contains(&ticket);
        let Some(at) = server.waiting.iter().position(waits) else {
            return;
        };
        if !server.waiting[at].finish(ticket, result) {
            return;
        }
        let waiting = server.waiting.swap_remove(at);
        let Some(conn) = self.clients.get_mut(waiting.conn) else {
            return;
        };
        answer_done(waiting, conn, server);
        conn.waiting = false;
        if conn.rest.is_some() {
            server.unfinished.push(conn.id);
            return;
        }
        let (conn, link) = (conn.id, conn.link);
        server.outputs.push_back(Output::Flush { conn, link });
        server.outputs.push_back(Output::Resume { conn, link });
    }
}

/// Answers the connection that waited for the host.
fn answer_done(waiting: Waiting, conn: &mut Conn, server: &mut Server) {
    let mut reply = Reply::new(&mut conn.mailbox, conn.protocol);
    let result = match waiting.pending {
        Pending::Apply(changes) => config::applied(changes, waiting.refused, server),
        Pending::RewriteConfig => config::rewritten(waiting.refused, server),
        Pending::Shutdown if waiting.refused.is_none() => {
            conn.closing = true;
            return;
        }
        Pending::Shutdown => Err(Error::fixed(&"ERR Errors trying to SHUTDOWN. Check logs.")),
        Pending::Save if waiting.refused.is_none() => Ok(()),
        Pending::Flush => {
            conn.after = conn.after.max(server.log.promised_upto());
            Ok(())
        }
        Pending::Save => Err(Error::fixed(&"ERR")),
        Pending::Reload => debug::reloaded(waiting.refused.is_some()),
    };
    match result {
        Ok(()) => reply.ok(),
        Err(error) => {
            let text = server.told.text(error);
            server.stats.error(text);
            reply.error_bytes(text);
        }
    }
}
