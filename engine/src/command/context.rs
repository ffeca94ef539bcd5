//! What a handler works with. Knows no single command.

use crate::boundary::Now;
use crate::conn::Conn;
use crate::keyspace::Keyspace;
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

impl Ctx<'_> {
    /// Says that the command changed `key`: counts for save points, and logs the request unless
    /// [`Ctx::record`] gives something better.
    #[inline]
    pub fn changed(&mut self, _key: &[u8]) {
        self.changes += 1;
    }

    /// Logs this deterministic effect in place of the request. May be called several times.
    pub fn record(&mut self, effect: &[&[u8]]) {
        self.effect = Effect::Recorded;
        if self.server.log.is_kept() {
            let mut record = ArgBuf::new();
            effect.iter().for_each(|arg| record.push(arg));
            self.server.log.append(self.keys.selected(), record.args());
        }
    }
}
