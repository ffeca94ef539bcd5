//! The engine: owns all state and is driven by a host through the contract in [`crate::boundary`].

use crate::boundary::{
    BATCH_COMMANDS_MAX, BATCH_REPLY_BYTES, ConnId, Input, Link, Now, Output, Peer, Progress, State,
};
use crate::clients::Clients;
use crate::command::{self, World};
use crate::config::Config;
use crate::conn::Conn;
use crate::keyspace::Keyspace;
use crate::resp::{Chunks, Intake, Reply, Request, UNRESOLVED};
use crate::server::Server;

/// Requests whose keys are fetched ahead together.
const PREFETCH: usize = 16;
/// How often background work is due, in microseconds.
const TICK_US: u64 = 100_000;

/// A Redis-compatible engine.
pub struct Engine {
    world: World,
    now: Now,
    tick_due_us: u64,
}

impl Engine {
    /// An empty engine. `seed` is entropy in a server and a fixed number in tests; `stopwatch` counts
    /// nanoseconds for accounting.
    pub fn new(config: Config, seed: u64, now: Now, stopwatch: fn() -> u64) -> Self {
        let world = World {
            keys: Keyspace::new(config.databases as usize, seed),
            clients: Clients::default(),
            server: Server::new(config, seed, stopwatch),
        };
        Engine {
            world,
            now,
            tick_due_us: now.mono_us,
        }
    }

    /// Takes one input. See the contract in [`crate::boundary`].
    pub fn handle(&mut self, now: Now, input: Input<'_>) -> Progress {
        self.now = now;
        self.world.keys.set_now(now.unix_ms);
        let frequency = self.world.server.frequency();
        self.world.keys.set_frequency(frequency);
        let progress = match input {
            Input::Accepted { link, peer, out } => self.accept(link, peer, out),
            Input::Requests { conn, intake, out } => self.requests(conn, intake, out),
            Input::Closed { conn } => {
                self.world.clients.close(conn);
                Progress {
                    conn: Some(conn),
                    state: State::Closing,
                    after: 0,
                }
            }
            Input::Done { .. } => Progress {
                conn: None,
                state: State::Ready,
                after: 0,
            },
            Input::Tick => {
                self.tick();
                Progress {
                    conn: None,
                    state: State::Ready,
                    after: 0,
                }
            }
        };
        if let Some((from, to)) = self.world.server.log.announce() {
            self.world
                .server
                .outputs
                .push_back(Output::Append { from, to });
        }
        progress
    }

    /// What the host is to do next; [`Output::Sleep`] when there is nothing.
    pub fn poll(&mut self) -> Output {
        match self.world.server.outputs.pop_front() {
            Some(output) => output,
            None => Output::Sleep {
                until_us: self.tick_due_us,
            },
        }
    }

    /// Moves what waits for a connection into `out`.
    pub fn take_output(&mut self, conn: ConnId, out: &mut Chunks) {
        if let Some(conn) = self.world.clients.get_mut(conn) {
            out.append(&mut conn.mailbox);
        }
    }

    /// The log's bytes `from..to`, as [`Output::Append`] named them.
    pub fn log_bytes(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.world.server.log.bytes(from, to)
    }

    fn accept(&mut self, link: Link, peer: Peer, _out: &mut Chunks) -> Progress {
        let conn = self.world.clients.open(link, peer, self.now);
        self.world.server.stats.connections += 1;
        Progress {
            conn: Some(conn.id),
            state: State::Ready,
            after: 0,
        }
    }

    fn requests(&mut self, id: ConnId, intake: &mut Intake, out: &mut Chunks) -> Progress {
        let Some(mut conn) = self.world.clients.take(id) else {
            return Progress {
                conn: Some(id),
                state: State::Closing,
                after: 0,
            };
        };
        conn.active_us = self.now.mono_us;
        out.append(&mut conn.mailbox);
        let state = self.run(&mut conn, intake, out);
        intake.limits.authenticated = conn.authenticated;
        self.world.clients.put_back(conn);
        Progress {
            conn: Some(id),
            state,
            after: self.world.server.log.end(),
        }
    }

    fn run(&mut self, conn: &mut Conn, intake: &mut Intake, out: &mut Chunks) -> State {
        let mut ran = 0;
        while let Some(request) = intake.peek() {
            if ran == BATCH_COMMANDS_MAX || out.len() >= BATCH_REPLY_BYTES {
                return State::More;
            }
            if ran % PREFETCH == 0 {
                self.prefetch(conn.database, intake);
            }
            ran += 1;
            let args = intake.args(request);
            command::call(self.now, request.command, args, conn, &mut self.world, out);
            intake.consume();
            if conn.closing || out.failed() {
                return State::Closing;
            }
        }
        if let Some(text) = intake.error() {
            Reply::new(out, conn.protocol).error_text(text);
            return State::Closing;
        }
        State::Ready
    }

    /// Fetches ahead what the next requests of one connection will touch.
    fn prefetch(&self, database: usize, intake: &Intake) {
        let waiting = intake.waiting();
        if waiting.len() > 1 {
            let keys = waiting
                .iter()
                .filter_map(|request| first_key(*request, intake));
            self.prefetch_keys(keys.map(|key| (database, key)));
        }
    }

    /// Fetches ahead what the first requests of several connections will touch. For hosts that are about to
    /// hand in the requests of many connections; changes nothing.
    pub fn look_ahead<'a>(&self, waiting: impl Iterator<Item = (ConnId, &'a Intake)>) {
        let keys = waiting.filter_map(|(conn, intake)| {
            let key = first_key(intake.peek()?, intake)?;
            Some((self.world.clients.get(conn)?.database, key))
        });
        self.prefetch_keys(keys);
    }

    /// Fetches keys' buckets, then their items: the cache misses of many overlap instead of following each
    /// other.
    #[inline]
    fn prefetch_keys<'a>(&self, keys: impl Iterator<Item = (usize, &'a [u8])>) {
        let mut hashes = [(0, 0); PREFETCH];
        let mut len = 0;
        for ((database, key), slot) in keys.zip(&mut hashes) {
            *slot = (database, self.world.keys.prefetch_bucket(database, key));
            len += 1;
        }
        for (database, hash) in &hashes[..len] {
            self.world.keys.prefetch_item(*database, *hash);
        }
    }

    fn tick(&mut self) {
        let server = &self.world.server;
        let effort = server
            .active_expire
            .then_some(server.config.active_expire_effort);
        let more = self.world.keys.tick(effort);
        command::log_expired(&mut self.world.keys, &mut self.world.server);
        self.tick_due_us = self.now.mono_us + if more { 0 } else { TICK_US };
    }
}

/// The key that a request names first, where its spec says so by a plain index.
#[inline]
fn first_key<'a>(request: Request, intake: &'a Intake) -> Option<&'a [u8]> {
    if request.command == UNRESOLVED {
        return None;
    }
    let keys = command::spec(request.command).keys.first()?;
    match keys.begin {
        command::Begin::Index(index) => intake.args(request).get(index as usize),
        _ => None,
    }
}
