//! What a handler works with. Knows no single command.

use alloc::vec::Vec;

use super::admission::{self, printable};
use crate::boundary::Now;
use crate::clients::Clients;
use crate::config::Config;
use crate::conn::Conn;
use crate::error::Error;
use crate::keyspace::{AHEAD_MAX, Event, Keyspace, Wanted};
use crate::resp::{ArgBuf, Args, Chunks, Reply};
use crate::server::Server;
use crate::session::blocking::{self, Awaits, Blocked, GiveUp};
use crate::session::notify::Around;
use crate::session::{self, pubsub, tracking};

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
    /// The command waits, [`Ctx::block_on`].
    pub(crate) waits: bool,
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
    /// A run of `args` by `conn` that has changed nothing yet; the reply goes to `out`.
    #[inline]
    pub(crate) fn new(
        now: Now,
        args: Args<'a>,
        conn: &'a mut Conn,
        (keys, clients, server): (&'a mut Keyspace, &'a mut Clients, &'a mut Server),
        out: &'a mut Chunks,
    ) -> Self {
        let reply = Reply::new(out, conn.protocol);
        Ctx {
            now,
            args,
            conn,
            reply,
            keys,
            clients,
            server,
            changes: 0,
            effect: Effect::Verbatim,
            waits: false,
        }
    }

    /// The configuration.
    #[inline]
    pub fn config(&self) -> &Config {
        &self.server.config
    }

    /// A script has called the command.
    pub fn in_script(&self) -> bool {
        self.conn.exec_len == Some(0)
    }

    /// The argument at `index`; empty behind the last. Not tied to the context, so that the context stays
    /// free to be changed.
    #[inline]
    pub fn arg(&self, index: usize) -> &'a [u8] {
        self.args.at(index)
    }

    /// For commands that look up many keys, every `step`th of `args`, before they look up the one at `at`: fetches the
    /// next ones ahead whenever it is time to.
    #[inline]
    pub fn fetch_ahead(&self, args: Args<'a>, at: usize, step: usize) {
        if (at / step).is_multiple_of(AHEAD_MAX) && args.len() > at + step {
            let database = self.keys.selected();
            let keys = args.from(at).iter().step_by(step);
            self.keys.fetch_ahead(keys.map(|key| Wanted {
                database,
                key,
                ..Wanted::default()
            }));
        }
    }

    /// An error with a text that is no fixed one.
    pub fn refuse(&self, text: impl Into<Vec<u8>>) -> Error {
        self.server.told.tell(text)
    }

    /// [`Ctx::refuse`] with a text in pieces.
    pub fn refuse_with(&self, pieces: &[&[u8]]) -> Error {
        self.server.told.tell_pieces(pieces)
    }

    /// The refusal of a subcommand of `container`, or of so many arguments, where the table lets it pass.
    pub fn wrong_arguments(&self, container: &str) -> Error {
        self.refuse_with(&[
            b"ERR unknown subcommand or wrong number of arguments for '",
            printable(self.arg(1), 128),
            b"'. Try ",
            container.as_bytes(),
            b" HELP.",
        ])
    }

    /// The refusal of a number of arguments that the table lets pass.
    pub fn wrong_arity(&self, command: &str) -> Error {
        admission::wrong_arity(command, &self.server.told)
    }

    /// The refusal of a time that is none.
    pub fn invalid_expiry(&self, command: &str) -> Error {
        self.refuse_with(&[
            b"ERR invalid expire time in '",
            command.as_bytes(),
            b"' command",
        ])
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
        if self.server.session.followed {
            self.follow(event, key);
        }
    }

    #[cold]
    fn follow(&mut self, event: Event, key: &[u8]) {
        self.settle();
        let database = self.keys.selected();
        self.around().changed(database, event, key);
    }

    /// What the keyspace noted comes before whatever the command does next.
    pub(crate) fn settle(&mut self) {
        if self.keys.has_journal() {
            let mut around = Around {
                now: self.now,
                clients: self.clients,
                server: self.server,
                running: Some(self.conn),
            };
            around.settle(self.keys);
        }
    }

    fn around(&mut self) -> Around<'_> {
        Around {
            now: self.now,
            clients: self.clients,
            server: self.server,
            running: Some(self.conn),
        }
    }

    /// Publishes a message for those who listen to `channel`, and gives how many times it was delivered.
    pub(crate) fn publish(&mut self, shard: bool, channel: &[u8], text: &[u8]) -> usize {
        let running = Some(&mut *self.conn);
        pubsub::publish(
            self.now,
            self.clients,
            self.server,
            running,
            shard,
            channel,
            text,
        )
    }

    /// The deadline for [`Ctx::block_on`] that the timeout at argument `index` means: seconds, fractions included, 0 for
    /// none.
    ///
    /// # Errors
    /// No number, a negative one, or one beyond 64 bits of milliseconds.
    pub fn deadline(&self, index: usize) -> Result<Option<u64>, Error> {
        blocking::deadline(self.args, index, self.now)
    }

    /// Makes the command wait: it runs again from the start once one of `keys` (of the selected database) may be what it
    /// `awaits`, and answers `give_up` when `deadline_us`, in microseconds of [`Now::mono_us`], has come before. The
    /// handler returns right after the call, without having changed or written anything.
    ///
    /// Where nothing may wait (inside EXEC) the answer is `give_up` at once. A command that runs again and calls this
    /// again keeps its place and its deadline.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn block_on<'k>(
        &mut self,
        keys: impl Iterator<Item = &'k [u8]>,
        deadline_us: Option<u64>,
        awaits: Awaits,
        give_up: GiveUp,
    ) -> Result<(), Error> {
        if self.conn.blocked.is_some() {
            self.waits = true;
            return Ok(());
        }
        if self.conn.exec_len.is_some() {
            give_up.write(&mut self.reply);
            return Ok(());
        }
        let request = blocking::keep(self.args)?;
        self.block_with(request, keys, deadline_us, awaits, give_up)
    }

    /// The same for a command that runs again as another request, in which what depends on the moment is settled.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn block_with<'k>(
        &mut self,
        request: ArgBuf,
        keys: impl Iterator<Item = &'k [u8]>,
        deadline_us: Option<u64>,
        awaits: Awaits,
        give_up: GiveUp,
    ) -> Result<(), Error> {
        if self.conn.exec_len.is_some() {
            give_up.write(&mut self.reply);
            return Ok(());
        }
        if self.conn.blocked.is_none() {
            let blocked = Blocked {
                command: self.conn.last_command,
                request,
                awaits,
                give_up,
                busy_since_us: None,
                deadline_us,
                keys: Vec::new(),
            };
            let database = self.keys.selected();
            let waiting = &mut self.server.session.blocking;
            waiting.add(self.conn, blocked, database, keys)?;
            session::refresh(self.keys, self.server);
        }
        self.waits = true;
        Ok(())
    }

    /// Says that `key` changed in a way that no event tells of, as when PFCOUNT stores what it computed. Else like
    /// [`Ctx::changed`].
    pub fn changed_quietly(&mut self, key: &[u8]) {
        if self.server.session.followed {
            self.settle();
            let database = self.keys.selected();
            self.around().changed_quietly(database, key);
        }
        self.changes += 1;
    }

    /// Counts a change that Redis tells nobody of, neither who watches the key nor who waits for it: what consumer groups
    /// know is such. Else like [`Ctx::changed`].
    pub fn changed_unseen(&mut self) {
        self.changes += 1;
    }

    /// Has commands look again that wait for a key.
    pub fn wake(&mut self, key: &[u8]) {
        if self.server.session.followed {
            let database = self.keys.selected();
            self.server.session.blocking.signal(database, key);
        }
    }

    /// Says that all keys of a database went.
    pub fn all_gone(&mut self) {
        if !self.server.session.tracked.is_empty() {
            tracking::flushed(self.around().delivery());
        }
    }

    /// Publishes an event of a change that Redis neither tells watching connections of nor those that wait.
    pub fn announce(&mut self, event: Event, key: &[u8]) {
        if self.server.session.followed {
            self.settle();
            let database = self.keys.selected();
            self.around().publish(database, event, key);
        }
    }

    /// The request itself is not logged, whatever it changed: what of it lasts was recorded.
    pub fn record_nothing(&mut self) {
        self.effect = Effect::Recorded;
    }

    /// Something consumes the log, so that records are worth building.
    pub fn is_logged(&self) -> bool {
        self.server.log.is_kept()
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
            self.settle();
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
