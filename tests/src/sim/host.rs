//! A host of one engine on a [`Disk`]: its lanes run an operation at a time, when they are told to. Follows the contract of
//! `hyla_engine::boundary`.

use std::collections::VecDeque;

use hyla_engine::boundary::{Answer, FileOp, Lane, Peer};
use hyla_engine::command::resolve;
use hyla_engine::config::Config;
use hyla_engine::persist::digest;
use hyla_engine::resp::{Chunks, Intake};
use hyla_engine::sha1::Digest;
use hyla_engine::{ConnId, Engine, Input, Job, Now, Output, State};

use super::disk::Disk;

/// Slices of background work for one moment. More than that is an engine that never sleeps.
const SLICES_MAX: usize = 100_000;
/// Operations that a start takes at most.
const START_OPS_MAX: usize = 100_000;

/// A list of operations, as far as it is run.
struct List {
    job: u64,
    ops: Vec<FileOp>,
    at: usize,
    answers: Vec<Answer>,
}

/// Bytes for a client that wait until the log is durable.
struct Held {
    after: u64,
    bytes: Vec<u8>,
}

struct Connection {
    id: Option<ConnId>,
    intake: Intake,
    out: Chunks,
    held: VecDeque<Held>,
    received: Vec<u8>,
    parked: bool,
}

/// The host.
pub struct Host {
    engine: Engine,
    /// Where its files are.
    pub disk: Disk,
    now: Now,
    due_us: u64,
    lanes: [VecDeque<List>; 3],
    connections: Vec<Connection>,
    durable: u64,
    ready: bool,
    stopped: Option<i32>,
    notes: Vec<String>,
    /// Operations are printed.
    trace: bool,
}

impl Host {
    /// A host that begins to load what the disk has.
    pub fn start(config: &str, seed: u64, disk: Disk, now: Now) -> Host {
        Host::start_as(config, seed, disk, now, false)
    }

    /// The same; with `writes_at_once` records are appended where they come from ([`Lane::Here`]).
    pub fn start_as(config: &str, seed: u64, disk: Disk, now: Now, writes_at_once: bool) -> Host {
        let mut settings = Config::default();
        let parsed = settings.parse_file(config.as_bytes(), &mut |_| Ok(Vec::new()));
        assert!(parsed.is_ok(), "{config}");
        let mut host = Host {
            engine: Engine::new(settings, seed, now, || 0),
            disk,
            now,
            due_us: now.mono_us,
            lanes: [VecDeque::new(), VecDeque::new(), VecDeque::new()],
            connections: Vec::new(),
            durable: 0,
            ready: false,
            stopped: None,
            notes: Vec::new(),
            trace: false,
        };
        host.engine.host_facts_mut().writes_at_once = writes_at_once;
        host.engine.start_files(now);
        host.outputs();
        host
    }

    /// Runs until everything is loaded.
    ///
    /// # Errors
    /// What the engine noted, where it ends instead.
    pub fn loaded(&mut self) -> Result<(), String> {
        for _ in 0..START_OPS_MAX {
            if self.stopped.is_some() {
                break;
            }
            if self.ready {
                return Ok(());
            }
            if !self.work(Lane::Here) && !self.work(Lane::Log) && !self.work(Lane::Bulk) {
                self.pass(1_000);
            }
        }
        Err(format!("not ready, {:?}: {}", self.stopped, self.said()))
    }

    /// Prints operations from now on.
    pub fn trace(&mut self) {
        self.trace = true;
    }

    /// What the engine noted.
    pub fn said(&self) -> String {
        self.notes.join(" | ")
    }

    /// The engine has ended its process.
    pub fn stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The moment.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Operations wait in a lane.
    pub fn is_busy(&self, lane: Lane) -> bool {
        !self.lanes[lane as usize].is_empty()
    }

    /// The next thing that a lane does is to flush a file.
    pub fn flushes(&self, lane: Lane) -> bool {
        let list = self.lanes[lane as usize].front();
        let rest = list.map_or(&[][..], |list| &list.ops[list.at..]);
        matches!(rest, [FileOp::Sync { .. }])
    }

    /// The digest of all data.
    pub fn digest(&mut self) -> Digest {
        digest::of_all(self.engine.keys_mut())
    }

    /// Opens a connection and gives its number.
    pub fn open(&mut self) -> usize {
        let number = self.connections.len();
        let mut out = Chunks::new();
        let input = Input::Accepted {
            link: number as u64,
            peer: Peer {
                address: format!("127.0.0.1:{}", 40_000 + number),
                local_address: String::from("127.0.0.1:6379"),
                unix_socket: false,
                loopback: true,
                fd: 8,
            },
            out: &mut out,
        };
        let progress = self.engine.handle(self.now, input);
        self.connections.push(Connection {
            id: progress.conn,
            intake: Intake::new(),
            out,
            held: VecDeque::new(),
            received: Vec::new(),
            parked: false,
        });
        self.outputs();
        number
    }

    /// A connection is there to be written to.
    pub fn is_open(&self, number: usize) -> bool {
        self.connections[number].id.is_some()
    }

    /// Hands bytes to a connection and runs what they ask for.
    pub fn send(&mut self, number: usize, bytes: &[u8]) {
        let pushed = self.connections[number].intake.push(bytes);
        assert!(pushed, "room for a request");
        self.run(number);
        self.outputs();
    }

    /// What a client has received since the last call.
    pub fn receive(&mut self, number: usize) -> Vec<u8> {
        std::mem::take(&mut self.connections[number].received)
    }

    /// Runs the next operation of a lane; false where there is none.
    pub fn work(&mut self, lane: Lane) -> bool {
        let Some(list) = self.lanes[lane as usize].front_mut() else {
            return false;
        };
        let result = match list.ops.get(list.at) {
            None => Some(Ok(())),
            Some(op) => {
                let result = self.disk.run(op);
                if self.trace {
                    let failed = if result.is_ok() { "" } else { " fails" };
                    println!("{lane:?} {op:?}{failed}");
                }
                match result {
                    Ok(answer) => {
                        list.answers.extend(answer);
                        list.at += 1;
                        (list.at == list.ops.len()).then_some(Ok(()))
                    }
                    Err(mut error) => {
                        error.at = list.at;
                        Some(Err(error))
                    }
                }
            }
        };
        let Some(result) = result else { return true };
        if let Some(list) = self.lanes[lane as usize].pop_front() {
            let input = Input::Filed {
                job: list.job,
                result: result.map(|()| list.answers),
            };
            self.engine.handle(self.now, input);
            self.outputs();
        }
        true
    }

    /// Lets time pass.
    pub fn pass(&mut self, by_us: u64) {
        let end_us = self.now.mono_us + by_us;
        for _ in 0..SLICES_MAX {
            let until_us = self.due_us.max(self.now.mono_us);
            if until_us > end_us || self.stopped.is_some() {
                self.pass_until(end_us);
                return;
            }
            self.pass_until(until_us);
            self.engine.handle(self.now, Input::Tick);
            self.outputs();
        }
        panic!("the engine never sleeps: {}", self.said());
    }

    fn pass_until(&mut self, mono_us: u64) {
        let before_ms = self.now.mono_us / 1000;
        self.now.mono_us = self.now.mono_us.max(mono_us);
        self.now.unix_ms += self.now.mono_us / 1000 - before_ms;
    }

    fn run(&mut self, number: usize) {
        loop {
            let connection = &mut self.connections[number];
            let Some(conn) = connection.id else { return };
            if connection.parked || self.stopped.is_some() {
                return;
            }
            let intake = &mut connection.intake;
            intake.limits = self.engine.limits(conn);
            intake.parse(256, resolve);
            if intake.peek().is_none() && intake.error().is_none() {
                return;
            }
            let out = &mut connection.out;
            let input = Input::Requests { conn, intake, out };
            let progress = self.engine.handle(self.now, input);
            connection.parked = progress.state == State::Parked;
            self.hold(number, progress.after);
            if progress.state == State::Closing {
                self.drop_connection(number);
            }
        }
    }

    /// Bytes for a client go once the log is durable up to `after`, and never before those in front of them.
    fn hold(&mut self, number: usize, after: u64) {
        let connection = &mut self.connections[number];
        let bytes = connection.out.to_vec();
        connection.out.clear();
        if !bytes.is_empty() {
            connection.held.push_back(Held { after, bytes });
        }
        self.release(number);
    }

    fn release(&mut self, number: usize) {
        let connection = &mut self.connections[number];
        while let Some(held) = connection.held.pop_front() {
            if held.after > self.durable {
                connection.held.push_front(held);
                return;
            }
            connection.received.extend_from_slice(&held.bytes);
        }
    }

    fn drop_connection(&mut self, number: usize) {
        let connection = &mut self.connections[number];
        connection.held.clear();
        if let Some(conn) = connection.id.take() {
            self.engine.handle(self.now, Input::Closed { conn });
        }
    }

    fn flush(&mut self, conn: ConnId, number: usize) {
        let after = self
            .engine
            .take_output(conn, &mut self.connections[number].out);
        self.hold(number, after);
    }

    /// Does what the engine asks for until it sleeps.
    fn outputs(&mut self) {
        loop {
            match self.engine.poll() {
                Output::Sleep { until_us } => {
                    self.due_us = until_us;
                    return;
                }
                Output::Append { .. } => {}
                Output::Flush { conn, link } => self.flush(conn, link as usize),
                Output::Close { conn, link, .. } => {
                    self.flush(conn, link as usize);
                    self.drop_connection(link as usize);
                }
                Output::Resume { link, .. } => {
                    self.connections[link as usize].parked = false;
                    self.run(link as usize);
                }
                Output::Start { job, work } => {
                    if let Job::Shutdown { code } = work {
                        self.stopped = Some(code);
                    }
                    let result = Ok(Vec::new());
                    self.engine.handle(self.now, Input::Done { job, result });
                }
                Output::Files { job, lane, ops } => self.lanes[lane as usize].push_back(List {
                    job,
                    ops,
                    at: 0,
                    answers: Vec::new(),
                }),
                Output::Durable { upto } => {
                    self.durable = upto;
                    (0..self.connections.len()).for_each(|number| self.release(number));
                }
                Output::Lost => {
                    for number in 0..self.connections.len() {
                        if !self.connections[number].held.is_empty() {
                            self.drop_connection(number);
                        }
                    }
                }
                Output::Ready => self.ready = true,
                Output::Note { text, .. } => self.notes.push(text),
            }
        }
    }
}
