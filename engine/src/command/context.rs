//! What a handler works with. Knows no single command.

use crate::boundary::Now;
use crate::clients::Clients;
use crate::config::Config;
use crate::conn::Conn;
use crate::keyspace::{Event, Keyspace};
use crate::resp::{ArgBuf, Args, Reply};
use crate::server::Server;

/// One command's run: its request, the state it may touch and where its reply goes.
pub struct Ctx<'a> {
    /// The moment, the same for the whole run.
    pub now: Now,
    /// The request, the command's name first.
    pub args: Args<'a>,
    /// The connection that sent it.
    pub conn: &'a mut Conn,
    /// Takes the reply.
    pub reply: Reply<'a>,
    /// The keys; the connection's database is selected.
    pub keys: &'a mut Keyspace,
    /// The other connections.
    pub clients: &'a mut Clients,
    /// Everything else.
    pub server: &'a mut Server,
    pub(crate) changes: u64,
    pub(crate) effect: Effect,
}

/// What of a command goes into the effect log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The request as it came, if it changed anything.
    Verbatim,
    /// What [`Ctx::record`] was given.
    Recorded,
}

impl<'a> Ctx<'a> {
    /// The configuration.
    #[inline]
    pub fn config(&self) -> &Config {
        &self.server.config
    }

    /// The argument at `index`; empty behind the last. Not tied to the context, so that the context stays
    /// free to be changed.
    #[inline]
    pub fn arg(&self, index: usize) -> &'a [u8] {
        self.args.at(index)
    }

    /// Says that `event` happened to `key`: counts for save points, and logs the request unless
    /// [`Ctx::record`] gives something better. Call it once for each key that changed, after the change.
    #[inline]
    pub fn changed(&mut self, event: Event, key: &[u8]) {
        self.notify(event, key);
        self.changes += 1;
    }

    /// Tells of an event that is part of a change already counted, as the second key of RENAME is.
    #[inline]
    pub fn notify(&mut self, event: Event, key: &[u8]) {
        let _ = (event, key);
    }

    /// Says that `key` changed in a way that no event tells of, as when PFCOUNT stores what it computed. Else like
    /// [`Ctx::changed`].
    pub fn changed_quietly(&mut self, key: &[u8]) {
        let _ = key;
        self.changes += 1;
    }

    /// Logs this deterministic effect in place of the request. May be called several times.
    pub fn record(&mut self, effect: &[&[u8]]) {
        self.record_all(effect.iter().copied());
    }

    /// The same for an effect of many parts.
    pub fn record_all<'b>(&mut self, effect: impl Iterator<Item = &'b [u8]>) {
        self.effect = Effect::Recorded;
        if self.server.log.is_kept() {
            // A key that the command found expired is gone before the command does anything with it.
            super::log_expired(self.keys, self.server);
            let mut record = ArgBuf::new();
            effect.for_each(|arg| record.push(arg));
            self.server.log.append(self.keys.selected(), record.args());
        }
    }
}

/// All state of an engine but the connection whose command runs.
pub(crate) struct World {
    pub(crate) keys: Keyspace,
    pub(crate) clients: Clients,
    pub(crate) server: Server,
}
