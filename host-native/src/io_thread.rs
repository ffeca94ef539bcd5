//! One I/O thread: waits for its connections, reads and parses without the engine's lock, runs the parsed
//! requests of many connections under one hold of it, and writes. Decides nothing about commands.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyla_engine::resp::{Chunks, Intake};
use hyla_engine::{ConnId, Engine, Input, Link, Output, State, command};
use mio::{Events, Poll, Token};
use slab::Slab;

use crate::connection::{Connection, Read};
use crate::listener::Listeners;
use crate::shared::{Message, Shared};
use crate::socket::Socket;

/// Connections whose requests run under one hold of the lock.
const GROUP: usize = 16;
/// Commands that are parsed, and run, for a connection at a time.
const BATCH_COMMANDS: usize = hyla_engine::boundary::BATCH_COMMANDS_MAX;
/// Idle intakes that are kept for the next reader.
const POOL: usize = GROUP * 2;
const EVENTS: usize = 1024;

/// The token that other threads wake this one with.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// Listeners have the tokens from here on.
pub(crate) const LISTENERS: usize = usize::MAX - 1024;

pub(crate) struct IoThread {
    number: usize,
    poll: Poll,
    shared: Arc<Shared>,
    /// Thread 0 accepts for all and ticks the engine.
    listeners: Option<Listeners>,
    connections: Slab<Connection>,
    /// Connections that may have something to read or to run.
    ready: Vec<usize>,
    pool: Vec<Intake>,
    outs: Vec<Chunks>,
    next_thread: usize,
    tick_due_us: u64,
    stopping: bool,
}

impl IoThread {
    pub(crate) fn new(
        number: usize,
        poll: Poll,
        shared: Arc<Shared>,
        listeners: Option<Listeners>,
    ) -> Self {
        IoThread {
            number,
            poll,
            shared,
            listeners,
            connections: Slab::new(),
            ready: Vec::new(),
            pool: Vec::new(),
            outs: (0..GROUP).map(|_| Chunks::new()).collect(),
            next_thread: 0,
            tick_due_us: 0,
            stopping: false,
        }
    }

    /// Serves until told to stop.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        while !self.stopping {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &events {
                match event.token() {
                    WAKER => self.receive(),
                    Token(number) if number >= LISTENERS => self.accept(number - LISTENERS),
                    Token(number) => {
                        if event.is_writable() {
                            self.write_pending(number);
                        }
                        if event.is_readable() {
                            self.mark_ready(number);
                        }
                    }
                }
            }
            self.serve_ready();
            self.tick();
        }
        Ok(())
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        self.listeners.as_ref()?;
        let now = self.shared.now();
        Some(Duration::from_micros(
            self.tick_due_us.saturating_sub(now.mono_us),
        ))
    }

    fn tick(&mut self) {
        if self.listeners.is_none() {
            return;
        }
        let now = self.shared.now();
        if now.mono_us < self.tick_due_us {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let mut engine = shared.engine();
        engine.handle(now, Input::Tick);
        self.drain(&mut engine);
    }

    fn mark_ready(&mut self, number: usize) {
        if let Some(connection) = self.connections.get_mut(number)
            && !connection.ready
        {
            connection.ready = true;
            self.ready.push(number);
        }
    }

    /// Reads, runs and writes for all ready connections once, a group at a time.
    fn serve_ready(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        for group in ready.chunks(GROUP) {
            for number in group {
                self.read(*number);
            }
            self.run_group(group);
            for (at, number) in group.iter().enumerate() {
                let mut out = std::mem::take(&mut self.outs[at]);
                self.finish(*number, &mut out);
                self.outs[at] = out;
            }
        }
    }

    fn read(&mut self, number: usize) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        connection.ready = false;
        if connection.parked {
            return;
        }
        let mut intake = connection
            .intake
            .take()
            .unwrap_or_else(|| self.pool.pop().unwrap_or_default());
        intake.limits = connection.limits;
        // What an earlier turn left over comes first.
        if intake.peek().is_none() && !intake.has_unparsed() {
            connection.read(&mut intake);
        }
        intake.parse(BATCH_COMMANDS, command::resolve);
        connection.intake = Some(intake);
    }

    fn run_group(&mut self, group: &[usize]) {
        let now = self.shared.now();
        let shared = Arc::clone(&self.shared);
        let mut engine = shared.engine();
        if group.len() > 1 {
            engine.look_ahead(group.iter().filter_map(|number| {
                let connection = self.connections.get(*number)?;
                Some((connection.conn?, connection.intake.as_ref()?))
            }));
        }
        for (at, number) in group.iter().enumerate() {
            let Some(connection) = self.connections.get_mut(*number) else {
                continue;
            };
            let (Some(conn), Some(intake)) = (connection.conn, &mut connection.intake) else {
                continue;
            };
            if connection.parked || (intake.peek().is_none() && intake.error().is_none()) {
                continue;
            }
            let out = &mut self.outs[at];
            let progress = engine.handle(now, Input::Requests { conn, intake, out });
            connection.limits = intake.limits;
            match progress.state {
                State::Ready => {}
                State::More => connection.more = true,
                State::Parked => connection.parked = true,
                State::Closing => connection.closing = true,
            }
        }
        self.drain(&mut engine);
    }

    /// After the lock: sends, gives the intake back, and decides whether there is more to do at once.
    fn finish(&mut self, number: usize, out: &mut Chunks) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        if let Some(mut intake) = connection.intake.take() {
            intake.reclaim();
            if !intake.is_empty() {
                connection.more |= intake.has_unparsed() && intake.peek().is_none();
                connection.intake = Some(intake);
            } else if self.pool.len() < POOL {
                self.pool.push(intake);
            }
        }
        connection.send(out);
        let again = connection.read == Read::More || std::mem::take(&mut connection.more);
        if connection.is_done() {
            self.close(number);
        } else if again && !connection.parked && !connection.closing {
            self.mark_ready(number);
        }
    }

    fn write_pending(&mut self, number: usize) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        connection.write_pending();
        if connection.is_done() {
            self.close(number);
        }
    }

    fn close(&mut self, number: usize) {
        let Some(mut connection) = self.connections.try_remove(number) else {
            return;
        };
        let _ = connection.socket.deregister(self.poll.registry());
        if let Some(conn) = connection.conn {
            let shared = Arc::clone(&self.shared);
            let mut engine = shared.engine();
            engine.handle(shared.now(), Input::Closed { conn });
            self.drain(&mut engine);
        }
    }

    fn accept(&mut self, listener: usize) {
        let Some(listeners) = &mut self.listeners else {
            return;
        };
        while let Some(socket) = listeners.accept(listener) {
            let thread = self.next_thread;
            self.next_thread = (thread + 1) % self.shared.threads();
            self.shared.mailbox(thread).send(Message::Serve(socket));
        }
    }

    fn receive(&mut self) {
        for message in self.shared.mailbox(self.number).take() {
            match message {
                Message::Serve(socket) => self.serve(socket),
                Message::Flush(link) => self.flush(link),
                Message::Close(link) => self.close_link(link),
                Message::Resume(link) => self.resume(link),
                Message::Stop => self.stopping = true,
            }
        }
    }

    fn serve(&mut self, mut socket: Socket) {
        let entry = self.connections.vacant_entry();
        let number = entry.key();
        if socket
            .register(self.poll.registry(), Token(number))
            .is_err()
        {
            return;
        }
        let link = (self.number as Link) << 32 | number as Link;
        let peer = socket.peer();
        let shared = Arc::clone(&self.shared);
        let mut out = Chunks::new();
        let mut engine = shared.engine();
        let input = Input::Accepted {
            link,
            peer,
            out: &mut out,
        };
        let progress = engine.handle(shared.now(), input);
        let connection = entry.insert(Connection::new(socket, progress.conn));
        connection.closing = progress.state == State::Closing;
        self.drain(&mut engine);
        drop(engine);
        self.finish(number, &mut out);
        self.mark_ready(number);
    }

    fn local(&self, link: Link) -> Option<usize> {
        let number = (link & 0xffff_ffff) as usize;
        self.connections.contains(number).then_some(number)
    }

    fn conn(&self, number: usize) -> Option<ConnId> {
        self.connections.get(number)?.conn
    }

    fn flush(&mut self, link: Link) {
        let Some(number) = self.local(link) else {
            return;
        };
        let Some(conn) = self.conn(number) else {
            return;
        };
        let mut out = Chunks::new();
        self.shared.engine().take_output(conn, &mut out);
        self.finish(number, &mut out);
    }

    fn close_link(&mut self, link: Link) {
        self.flush(link);
        let Some(number) = self.local(link) else {
            return;
        };
        let connection = &mut self.connections[number];
        connection.closing = true;
        if connection.is_done() {
            self.close(number);
        }
    }

    fn resume(&mut self, link: Link) {
        let Some(number) = self.local(link) else {
            return;
        };
        self.connections[number].parked = false;
        self.mark_ready(number);
    }

    /// Passes on what the engine asks for.
    fn drain(&mut self, engine: &mut Engine) {
        loop {
            let (link, message) = match engine.poll() {
                Output::Sleep { until_us } => {
                    self.tick_due_us = until_us;
                    return;
                }
                Output::Flush { link, .. } => (link, Message::Flush(link)),
                Output::Close { link, .. } => (link, Message::Close(link)),
                Output::Resume { link, .. } => (link, Message::Resume(link)),
                Output::Append { .. } | Output::Start { .. } => continue,
            };
            self.shared.mailbox((link >> 32) as usize).send(message);
        }
    }
}
