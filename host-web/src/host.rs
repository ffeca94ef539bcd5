//! An engine with its connections, for a host that has one thread and no sockets. Follows the contract in
//! `hyla_engine::boundary`; knows nothing of JavaScript, so that it is tested natively.

use std::collections::VecDeque;
use std::mem::take;

use hyla_engine::boundary::{BATCH_COMMANDS_MAX, FileOp, Filed, Job, Level, Peer};
use hyla_engine::config::Config;
use hyla_engine::resp::{Chunks, Intake};
use hyla_engine::{ConnId, Engine, Input, Link, Now, Output, State, command};

/// How far [`Host::run`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Everything that arrived has run.
    Idle,
    /// Requests remain: run again, after others had their turn.
    More,
    /// The next request waits until the engine resumes it.
    Parked,
    /// The engine closed the connection, or there is none: take its output, then it is gone.
    Closed,
}

struct Connection {
    link: Link,
    conn: ConnId,
    intake: Intake,
    out: Chunks,
    /// Replies that wait for the log, each with the offset that it has to be durable up to.
    held: VecDeque<(u64, Chunks)>,
    parked: bool,
    /// The engine has forgotten it; its last output may wait here.
    closing: bool,
}

impl Connection {
    /// Puts `fresh` behind what is to be read, or keeps it until the log is durable up to `after`.
    fn send_after(&mut self, fresh: &mut Chunks, after: u64, durable: u64) {
        if after <= durable && self.held.is_empty() {
            self.out.append(fresh);
        } else if !fresh.is_empty() {
            self.held.push_back((after, take(fresh)));
        }
    }

    /// Lets go of what need not be kept any more. True if there was something.
    fn release(&mut self, durable: u64) -> bool {
        let mut some = false;
        while let Some((after, held)) = self.held.front_mut()
            && *after <= durable
        {
            self.out.append(held);
            self.held.pop_front();
            some = true;
        }
        some
    }
}

/// A list of operations on files that the engine asks for, [`Output::Files`].
pub struct FileList {
    /// Its number, for [`Host::filed`].
    pub job: u64,
    /// The operations.
    pub ops: Vec<FileOp>,
}

/// An engine and its connections, which are named by numbers that are never used twice.
pub struct Host {
    engine: Engine,
    /// In the order of their names.
    connections: Vec<Connection>,
    next_link: Link,
    flushed: Vec<Link>,
    resumed: Vec<Link>,
    closed: Vec<Link>,
    files: VecDeque<FileList>,
    notes: Vec<(Level, String)>,
    /// The log is durable up to here.
    durable: u64,
    /// Takes the replies of a call, before they are sent or held.
    fresh: Chunks,
    deadline_us: u64,
    /// What the files have is loaded.
    ready: bool,
    stopped: bool,
}

/// The module's memory, which only grows.
fn memory_bytes() -> u64 {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size::<0>() as u64 * 65_536;
    #[cfg(not(target_arch = "wasm32"))]
    0
}

impl Host {
    /// An empty engine.
    pub fn new(config: Config, seed: u64, now: Now, stopwatch: fn() -> u64) -> Host {
        let mut engine = Engine::new(config, seed, now, stopwatch);
        engine.host_facts_mut().memory = Some(memory_bytes);
        Host {
            engine,
            connections: Vec::new(),
            next_link: 1,
            flushed: Vec::new(),
            resumed: Vec::new(),
            closed: Vec::new(),
            files: VecDeque::new(),
            notes: Vec::new(),
            durable: 0,
            fresh: Chunks::new(),
            deadline_us: now.mono_us,
            ready: false,
            stopped: false,
        }
    }

    /// Opens a connection; nothing where the engine refuses it.
    pub fn open(&mut self, now: Now) -> Option<Link> {
        let link = self.next_link;
        let mut out = Chunks::new();
        let input = Input::Accepted {
            link,
            peer: Peer {
                address: String::from("127.0.0.1:0"),
                local_address: String::from("127.0.0.1:0"),
                unix_socket: false,
                loopback: true,
                fd: -1,
            },
            out: &mut out,
        };
        let progress = self.engine.handle(now, input);
        self.drain();
        let conn = progress.conn?;
        if progress.state == State::Closing {
            return None;
        }
        self.next_link += 1;
        self.connections.push(Connection {
            link,
            conn,
            intake: Intake::new(),
            out,
            held: VecDeque::new(),
            parked: false,
            closing: false,
        });
        Some(link)
    }

    /// Room for bytes that arrived. Nothing if there is no such connection, or no memory for it: it is
    /// then on its way to be closed.
    pub fn space(&mut self, link: Link) -> Option<&mut [u8]> {
        let connection = find(&mut self.connections, link)?;
        if connection.closing {
            return None;
        }
        connection.intake.space()
    }

    /// Says that `count` bytes of [`Host::space`] hold input.
    pub fn advance(&mut self, link: Link, count: usize) {
        if let Some(connection) = find(&mut self.connections, link) {
            connection.intake.advance(count);
        }
    }

    /// Runs a slice of what arrived.
    pub fn run(&mut self, link: Link, now: Now) -> Step {
        let Some(connection) = find(&mut self.connections, link) else {
            return Step::Closed;
        };
        if connection.closing {
            return Step::Closed;
        }
        if connection.parked {
            return Step::Parked;
        }
        let Connection { conn, intake, .. } = connection;
        intake.limits = self.engine.limits(*conn);
        intake.parse(BATCH_COMMANDS_MAX, command::resolve);
        if intake.peek().is_none() && intake.error().is_none() {
            return Step::Idle;
        }
        let conn = *conn;
        let out = &mut self.fresh;
        let progress = self
            .engine
            .handle(now, Input::Requests { conn, intake, out });
        connection.intake.reclaim();
        connection.send_after(&mut self.fresh, progress.after, self.durable);
        let step = match progress.state {
            State::More => Step::More,
            State::Ready if connection.intake.has_unparsed() => {
                connection
                    .intake
                    .parse(BATCH_COMMANDS_MAX, command::resolve);
                let idle =
                    connection.intake.peek().is_none() && connection.intake.error().is_none();
                if idle { Step::Idle } else { Step::More }
            }
            State::Ready => Step::Idle,
            State::Parked => {
                connection.parked = true;
                Step::Parked
            }
            State::Closing => Step::Closed,
        };
        let mut step = step;
        if step == Step::Closed {
            connection.closing = true;
            if !connection.held.is_empty() {
                // It is closed behind the last reply.
                step = Step::Parked;
            }
            self.engine.handle(now, Input::Closed { conn });
        }
        self.drain();
        step
    }

    /// What waits to be read from a connection. A closed connection is forgotten once this was emptied
    /// and [`Host::close`] called.
    pub fn output(&mut self, link: Link) -> Option<&mut Chunks> {
        Some(&mut find(&mut self.connections, link)?.out)
    }

    /// Closes and forgets a connection.
    pub fn close(&mut self, link: Link, now: Now) {
        let Ok(at) = place(&self.connections, link) else {
            return;
        };
        let connection = self.connections.remove(at);
        if !connection.closing {
            let conn = connection.conn;
            self.engine.handle(now, Input::Closed { conn });
            self.drain();
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now) {
        self.engine.handle(now, Input::Tick);
        self.drain();
    }

    /// When [`Host::tick`] is due, in microseconds of [`Now::mono_us`].
    pub fn deadline_us(&self) -> u64 {
        self.deadline_us
    }

    /// Connections with output that their own turn did not bring.
    pub fn take_flushed(&mut self) -> Vec<Link> {
        take(&mut self.flushed)
    }

    /// Parked connections that go on.
    pub fn take_resumed(&mut self) -> Vec<Link> {
        take(&mut self.resumed)
    }

    /// Connections that the engine closed.
    pub fn take_closed(&mut self) -> Vec<Link> {
        take(&mut self.closed)
    }

    /// There are files: loads what they have.
    pub fn start_files(&mut self, now: Now) {
        self.engine.start_files(now);
        self.drain();
    }

    /// All that the files have is loaded.
    pub fn ready(&self) -> bool {
        self.ready
    }

    /// The next operations on files, to be run one list after the other.
    pub fn take_files(&mut self) -> Option<FileList> {
        self.files.pop_front()
    }

    /// Reports a list of operations.
    pub fn filed(&mut self, job: u64, result: Filed, now: Now) {
        self.engine.handle(now, Input::Filed { job, result });
        self.drain();
    }

    /// Lines for a log.
    pub fn take_notes(&mut self) -> Vec<(Level, String)> {
        take(&mut self.notes)
    }

    /// SHUTDOWN was asked for.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// Does, or notes down for the caller, what the engine asks for.
    fn drain(&mut self) {
        loop {
            match self.engine.poll() {
                Output::Sleep { until_us } => {
                    self.deadline_us = until_us;
                    return;
                }
                Output::Flush { conn, link } => {
                    self.fetch(conn, link);
                    self.flushed.push(link);
                }
                Output::Close { conn, link, .. } => {
                    self.fetch(conn, link);
                    if let Some(connection) = find(&mut self.connections, link) {
                        connection.closing = true;
                        if connection.held.is_empty() {
                            self.closed.push(link);
                        }
                    }
                }
                Output::Resume { link, .. } => {
                    if let Some(connection) = find(&mut self.connections, link) {
                        connection.parked = false;
                    }
                    self.resumed.push(link);
                }
                Output::Start {
                    work: Job::Shutdown { .. },
                    ..
                } => self.stopped = true,
                Output::Files { job, ops, .. } => self.files.push_back(FileList { job, ops }),
                Output::Durable { upto } => self.release(upto),
                Output::Lost => self.abandon_held(),
                Output::Ready => self.ready = true,
                Output::Note { level, text } => self.notes.push((level, text)),
                // There is no file of settings, and nobody listens at a port.
                Output::Append { .. } | Output::Start { .. } => {}
            }
        }
    }

    fn fetch(&mut self, conn: ConnId, link: Link) {
        if let Some(connection) = find(&mut self.connections, link) {
            let after = self.engine.take_output(conn, &mut self.fresh);
            connection.send_after(&mut self.fresh, after, self.durable);
        }
    }

    /// The log is durable up to `upto`.
    fn release(&mut self, upto: u64) {
        self.durable = upto;
        for connection in &mut self.connections {
            if !connection.release(upto) {
                continue;
            }
            let over = connection.closing && connection.held.is_empty();
            let list = if over {
                &mut self.closed
            } else {
                &mut self.flushed
            };
            list.push(connection.link);
        }
    }

    /// The log will not become durable: whoever waits for that is closed without the replies.
    fn abandon_held(&mut self) {
        for connection in &mut self.connections {
            if !connection.held.is_empty() {
                connection.held.clear();
                self.closed.push(connection.link);
            }
        }
    }
}

fn place(connections: &[Connection], link: Link) -> Result<usize, usize> {
    connections.binary_search_by_key(&link, |connection| connection.link)
}

fn find(connections: &mut [Connection], link: Link) -> Option<&mut Connection> {
    let at = place(connections, link).ok()?;
    connections.get_mut(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Now = Now {
        unix_ms: 1_000_000,
        mono_us: 0,
    };

    fn host() -> Host {
        Host::new(Config::default(), 1, NOW, || 0)
    }

    fn push(host: &mut Host, link: Link, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = host.space(link).expect("room");
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            host.advance(link, count);
            bytes = &bytes[count..];
        }
    }

    fn read(host: &mut Host, link: Link) -> Vec<u8> {
        let out = host.output(link).expect("a connection");
        let bytes = out.to_vec();
        out.clear();
        bytes
    }

    #[test]
    fn split_requests_run_when_they_are_whole() {
        let mut host = host();
        let link = host.open(NOW).expect("accepted");
        push(&mut host, link, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhe");
        assert_eq!(host.run(link, NOW), Step::Idle);
        assert_eq!(read(&mut host, link), b"");
        push(&mut host, link, b"llo\r\nGET k\r\n");
        assert_eq!(host.run(link, NOW), Step::Idle);
        assert_eq!(read(&mut host, link), b"+OK\r\n$5\r\nhello\r\n");
    }

    #[test]
    fn a_long_pipeline_runs_in_slices() {
        let mut host = host();
        let link = host.open(NOW).expect("accepted");
        let count = BATCH_COMMANDS_MAX * 2 + 1;
        push(&mut host, link, &b"PING\r\n".repeat(count));
        let mut steps = vec![host.run(link, NOW)];
        while steps.last() == Some(&Step::More) {
            steps.push(host.run(link, NOW));
        }
        assert_eq!(steps, [Step::More, Step::More, Step::Idle]);
        assert_eq!(read(&mut host, link), b"+PONG\r\n".repeat(count));
    }

    #[test]
    fn a_protocol_error_closes_its_connection_alone() {
        let mut host = host();
        let (bad, good) = (host.open(NOW).expect("one"), host.open(NOW).expect("two"));
        push(&mut host, bad, b"PING\r\n*1\r\n!\r\n");
        let mut step = host.run(bad, NOW);
        while step == Step::More {
            step = host.run(bad, NOW);
        }
        assert_eq!(step, Step::Closed);
        assert!(read(&mut host, bad).starts_with(b"+PONG\r\n-ERR Protocol error"));
        assert!(host.space(bad).is_none());
        host.close(bad, NOW);
        assert_eq!(host.run(bad, NOW), Step::Closed);
        push(&mut host, good, b"PING\r\n");
        assert_eq!(host.run(good, NOW), Step::Idle);
        assert_eq!(read(&mut host, good), b"+PONG\r\n");
    }

    #[test]
    fn a_tick_moves_the_deadline() {
        let mut host = host();
        let later = Now {
            unix_ms: NOW.unix_ms + 500,
            mono_us: 500_000,
        };
        host.tick(later);
        assert!(host.deadline_us() > later.mono_us);
    }
}
