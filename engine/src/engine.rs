//! The engine: owns all state and is driven by a host through the contract in [`crate::boundary`].

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::boundary::{
    BATCH_COMMANDS_MAX, BATCH_REPLY_BYTES, ConnId, Input, Link, Now, Output, Peer, Progress, State,
};
use crate::command;
use crate::conn::Conn;
use crate::keyspace::Keyspace;
use crate::log::Log;
use crate::resp::{Chunks, Intake, Request, Reply, UNRESOLVED};
use crate::server::{Server, Stats};

/// Requests whose keys are fetched ahead together.
const PREFETCH: usize = 16;
/// How often background work is due, in microseconds.
const TICK_US: u64 = 100_000;

/// A Redis-compatible engine.
pub struct Engine {
    keys: Keyspace,
    conns: Vec<Slot>,
    free: Vec<u32>,
    server: Server,
    next_client_id: u64,
    now: Now,
    tick_due_us: u64,
}

struct Slot {
    generation: u32,
    conn: Option<Box<Conn>>,
}

impl Engine {
    /// An empty engine. `seed` is entropy in a server and a fixed number in tests; `stopwatch` counts
    /// nanoseconds for accounting.
    pub fn new(seed: u64, now: Now, stopwatch: fn() -> u64) -> Self {
        Engine {
            keys: Keyspace::new(16, seed),
            conns: Vec::new(),
            free: Vec::new(),
            server: Server {
                log: Log::default(),
                stats: Stats::default(),
                outputs: VecDeque::new(),
                stopwatch,
            },
            next_client_id: 1,
            now,
            tick_due_us: now.mono_us,
        }
    }

    /// Takes one input. See the contract in [`crate::boundary`].
    pub fn handle(&mut self, now: Now, input: Input<'_>) -> Progress {
        self.now = now;
        self.keys.set_now(now.unix_ms);
        let progress = match input {
            Input::Accepted { link, peer, out } => self.accept(link, peer, out),
            Input::Requests { conn, intake, out } => self.requests(conn, intake, out),
            Input::Closed { conn } => {
                self.close(conn);
                Progress { conn: Some(conn), state: State::Closing, after: 0 }
            }
            Input::Done { .. } => Progress { conn: None, state: State::Ready, after: 0 },
            Input::Tick => {
                self.tick();
                Progress { conn: None, state: State::Ready, after: 0 }
            }
        };
        if let Some((from, to)) = self.server.log.announce() {
            self.server.outputs.push_back(Output::Append { from, to });
        }
        progress
    }

    /// What the host is to do next; [`Output::Sleep`] when there is nothing.
    pub fn poll(&mut self) -> Output {
        match self.server.outputs.pop_front() {
            Some(output) => output,
            None => Output::Sleep { until_us: self.tick_due_us },
        }
    }

    /// Moves what waits for a connection into `out`.
    pub fn take_output(&mut self, conn: ConnId, out: &mut Chunks) {
        if let Some(conn) = self.conn_mut(conn) {
            out.append(&mut conn.mailbox);
        }
    }

    /// The log's bytes `from..to`, as [`Output::Append`] named them.
    pub fn log_bytes(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.server.log.bytes(from, to)
    }

    fn conn_mut(&mut self, id: ConnId) -> Option<&mut Box<Conn>> {
        let slot = self.conns.get_mut(id.index as usize)?;
        if slot.generation == id.generation { slot.conn.as_mut() } else { None }
    }

    fn accept(&mut self, link: Link, peer: Peer, _out: &mut Chunks) -> Progress {
        let index = self.free.pop().unwrap_or_else(|| {
            self.conns.push(Slot { generation: 0, conn: None });
            self.conns.len() as u32 - 1
        });
        let slot = &mut self.conns[index as usize];
        let id = ConnId { index, generation: slot.generation };
        let client_id = self.next_client_id;
        self.next_client_id += 1;
        self.server.stats.connections += 1;
        slot.conn = Some(Box::new(Conn::new(id, client_id, link, peer, self.now)));
        Progress { conn: Some(id), state: State::Ready, after: 0 }
    }

    fn close(&mut self, id: ConnId) {
        let Some(slot) = self.conns.get_mut(id.index as usize) else { return };
        if slot.generation == id.generation && slot.conn.take().is_some() {
            slot.generation = slot.generation.wrapping_add(1);
            self.free.push(id.index);
        }
    }

    fn requests(&mut self, id: ConnId, intake: &mut Intake, out: &mut Chunks) -> Progress {
        let closing = Progress { conn: Some(id), state: State::Closing, after: 0 };
        let Some(slot) = self.conns.get_mut(id.index as usize) else { return closing };
        if slot.generation != id.generation {
            return closing;
        }
        // Taken out while it runs, so that handlers can look at all other connections.
        let Some(mut conn) = slot.conn.take() else { return closing };
        conn.active_us = self.now.mono_us;
        out.append(&mut conn.mailbox);
        let state = self.run(&mut conn, intake, out);
        intake.limits.authenticated = conn.authenticated;
        self.conns[id.index as usize].conn = Some(conn);
        Progress { conn: Some(id), state, after: self.server.log.end() }
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
            let (keys, server) = (&mut self.keys, &mut self.server);
            command::call(self.now, request.command, args, conn, keys, server, out);
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

    /// Fetches ahead what the next requests' first keys will touch: the cache misses of a pipeline overlap
    /// instead of following each other.
    fn prefetch(&self, database: usize, intake: &Intake) {
        let mut hashes = [None; PREFETCH];
        let waiting = intake.waiting();
        if waiting.len() < 2 {
            return;
        }
        for (request, hash) in waiting.iter().zip(&mut hashes) {
            *hash = first_key(*request, intake)
                .map(|key| self.keys.prefetch_bucket(database, key));
        }
        for hash in hashes.into_iter().flatten() {
            self.keys.prefetch_item(database, hash);
        }
    }

    fn tick(&mut self) {
        let more = self.keys.tick(true);
        command::log_expired(&mut self.keys, &mut self.server);
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
