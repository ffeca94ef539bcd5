//! The smallest host: one engine, its connections in memory, its time handed in. It follows the contract of
//! `hyla_engine::boundary` and must not know what is sent, nor read a clock: the same inputs give the same outputs, natively
//! and in wasm.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
pub use hyla_engine::Now;
use hyla_engine::boundary::Peer;
use hyla_engine::command::resolve;
use hyla_engine::config::Config;
use hyla_engine::resp::{Chunks, Intake};
use hyla_engine::{ConnId, Engine, Input, Job, Output, State};

/// The moment a virtual clock starts at: 2026-01-01 00:00:00 UTC.
pub const START: Now = Now {
    unix_ms: 1_767_225_600_000,
    mono_us: 1_000_000,
};

/// Requests that are parsed ahead, as a host does between two turns of a connection.
const PARSE_AHEAD: usize = 256;
/// Slices of background work for one moment. More than that is an engine that never sleeps.
const SLICES_MAX: usize = 1_000_000;
/// Slices that take no time.
const TIMELESS_SLICES_MAX: usize = 10;
/// Time that a slice takes after those, in microseconds.
const SLICE_US: u64 = 1000;

/// An engine with everything around it that a host has.
pub struct Driver {
    engine: Engine,
    now: Now,
    due_us: u64,
    connections: Vec<Connection>,
    log: Vec<u8>,
    stopped: bool,
}

/// One connection, from open to the end of the driver.
struct Connection {
    id: Option<ConnId>,
    intake: Intake,
    out: Chunks,
    received: Vec<u8>,
    parked: bool,
    closed: bool,
}

impl Driver {
    /// An empty engine at [`START`] with a fixed seed. The effect log is kept where `keep_log` says so.
    #[must_use]
    pub fn new(seed: u64, start: Now, keep_log: bool) -> Driver {
        Driver::with_config(Config::default(), seed, start, keep_log)
    }

    /// The same with directives.
    #[must_use]
    pub fn with_config(config: Config, seed: u64, start: Now, keep_log: bool) -> Driver {
        let mut engine = Engine::new(config, seed, start, || 0);
        engine.keep_log(keep_log);
        Driver {
            engine,
            now: start,
            due_us: start.mono_us,
            connections: Vec::new(),
            log: Vec::new(),
            stopped: false,
        }
    }

    /// Opens a connection and gives its number, counted from 0.
    pub fn open(&mut self) -> usize {
        let number = self.connections.len();
        let mut out = Chunks::new();
        let peer = Peer {
            address: format!("127.0.0.1:{}", 40_000 + number),
            local_address: String::from("127.0.0.1:6379"),
            unix_socket: false,
            loopback: true,
            fd: 8 + number as i64,
        };
        let input = Input::Accepted {
            link: number as u64,
            peer,
            out: &mut out,
        };
        let progress = self.engine.handle(self.now, input);
        self.connections.push(Connection {
            id: progress.conn,
            intake: Intake::new(),
            out,
            received: Vec::new(),
            parked: false,
            closed: self.stopped,
        });
        self.deliver(number);
        if progress.state == State::Closing {
            self.drop_connection(number);
        }
        self.outputs();
        number
    }

    /// Closes a connection from the client's side.
    pub fn close(&mut self, number: usize) {
        self.drop_connection(number);
        self.outputs();
    }

    /// Hands bytes to a connection and runs what they ask for. A closed connection ignores them.
    pub fn send(&mut self, number: usize, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        if connection.closed {
            return;
        }
        if !connection.intake.push(bytes) {
            self.drop_connection(number);
        }
        self.run(number);
        self.outputs();
    }

    /// Moves what a connection has received to the end of `into`. True if nothing more can come.
    pub fn receive(&mut self, number: usize, into: &mut Vec<u8>) -> bool {
        match self.connections.get_mut(number) {
            Some(connection) => {
                into.append(&mut connection.received);
                connection.closed
            }
            None => true,
        }
    }

    /// Lets `by_us` microseconds pass, stopping at each moment that the engine asked for.
    pub fn advance(&mut self, by_us: u64) {
        let end_us = self.now.mono_us.saturating_add(by_us);
        while self.due_us <= end_us {
            self.pass_until(self.due_us);
            self.tick(end_us);
            if self.now.mono_us >= end_us {
                return;
            }
        }
        self.pass_until(end_us);
    }

    /// Sets the clock, for hosts that have a real one. It is not set back.
    pub fn set_now(&mut self, now: Now) {
        self.now = Now {
            unix_ms: now.unix_ms.max(self.now.unix_ms),
            mono_us: now.mono_us.max(self.now.mono_us),
        };
        if self.due_us <= self.now.mono_us {
            self.tick(self.now.mono_us);
        }
    }

    /// Microseconds until the engine wants to be called again.
    #[must_use]
    pub fn until_due_us(&self) -> u64 {
        self.due_us.saturating_sub(self.now.mono_us)
    }

    /// The effect log so far.
    #[must_use]
    pub fn log(&self) -> &[u8] {
        &self.log
    }

    /// The engine wants its process to end: SHUTDOWN. All connections are closed.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    fn pass_until(&mut self, mono_us: u64) {
        let by_us = mono_us.saturating_sub(self.now.mono_us);
        let before_ms = self.now.mono_us / 1000;
        self.now.mono_us += by_us;
        self.now.unix_ms += self.now.mono_us / 1000 - before_ms;
    }

    /// Background work until the engine sleeps. A script that does not end does not let it sleep: once there were many
    /// slices each takes some time, until `end_us`.
    fn tick(&mut self, end_us: u64) {
        for slices in 0..SLICES_MAX {
            self.engine.handle(self.now, Input::Tick);
            self.outputs();
            if self.due_us > self.now.mono_us {
                return;
            }
            if slices >= TIMELESS_SLICES_MAX {
                if self.now.mono_us >= end_us {
                    return;
                }
                self.pass_until(end_us.min(self.now.mono_us + SLICE_US));
            }
        }
        panic!("the engine never sleeps");
    }

    /// Runs what a connection has sent until it waits, parks or ends.
    fn run(&mut self, number: usize) {
        loop {
            let connection = &mut self.connections[number];
            let intake = &mut connection.intake;
            let Some(conn) = connection.id else { return };
            if connection.closed || connection.parked {
                return;
            }
            intake.limits = self.engine.limits(conn);
            intake.parse(PARSE_AHEAD, resolve);
            if intake.peek().is_none() && intake.error().is_none() {
                return;
            }
            let out = &mut connection.out;
            let progress = self
                .engine
                .handle(self.now, Input::Requests { conn, intake, out });
            connection.parked = progress.state == State::Parked;
            self.deliver(number);
            if progress.state == State::Closing {
                self.drop_connection(number);
            }
        }
    }

    /// Does what the engine asks for until it sleeps.
    fn outputs(&mut self) {
        loop {
            match self.engine.poll() {
                Output::Append { from, to } => {
                    let bytes = self.engine.log_bytes(from, to);
                    self.log.extend_from_slice(bytes.unwrap_or_default());
                    self.engine.release_log(to);
                }
                Output::Flush { conn, link } => self.flush(conn, link as usize),
                Output::Close { conn, link, .. } => {
                    self.flush(conn, link as usize);
                    self.drop_connection(link as usize);
                }
                Output::Resume { link, .. } => {
                    let number = link as usize;
                    if let Some(connection) = self.connections.get_mut(number) {
                        connection.parked = false;
                        self.run(number);
                    }
                }
                Output::Start { job, work } => self.start(job, &work),
                // There are no files, so that nothing is asked of them.
                Output::Files { .. }
                | Output::Durable { .. }
                | Output::Lost
                | Output::Ready
                | Output::Note { .. } => {}
                Output::Sleep { until_us } => {
                    self.due_us = until_us;
                    return;
                }
            }
        }
    }

    /// Every job succeeds at once: there is nothing outside the engine.
    fn start(&mut self, job: u64, work: &Job) {
        if let Job::Shutdown { .. } = work {
            self.stopped = true;
            (0..self.connections.len()).for_each(|number| self.drop_connection(number));
        }
        let input = Input::Done {
            job,
            result: Ok(Vec::new()),
        };
        self.engine.handle(self.now, input);
    }

    fn flush(&mut self, conn: ConnId, number: usize) {
        if let Some(connection) = self.connections.get_mut(number) {
            self.engine.take_output(conn, &mut connection.out);
            self.deliver(number);
        }
    }

    fn deliver(&mut self, number: usize) {
        let Connection { out, received, .. } = &mut self.connections[number];
        out.pieces(0)
            .for_each(|piece| received.extend_from_slice(piece));
        out.clear();
    }

    fn drop_connection(&mut self, number: usize) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        connection.closed = true;
        connection.intake = Intake::new();
        if let Some(conn) = connection.id.take() {
            self.engine.handle(self.now, Input::Closed { conn });
        }
    }
}
