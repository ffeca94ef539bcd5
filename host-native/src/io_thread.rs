//! One I/O thread: waits for its connections, reads and parses without the engine's lock, runs the parsed
//! requests of many connections under one hold of it, and writes. Decides nothing about commands.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyla_engine::boundary::{CloseReason, Filed};
use hyla_engine::resp::{Chunks, Intake, Limits};
use hyla_engine::{ConnId, Input, Link, State};
use mio::{Events, Poll, Token};
use slab::Slab;

use crate::connection::{Connection, Read};
use crate::listener::{Accepted, Address, Listeners};
use crate::shared::{Control, Message, Shared, Tunables};
use crate::socket::Socket;
use crate::{log, memory, system};

/// Connections whose requests run under one hold of the lock.
const GROUP: usize = 16;
/// Idle intakes that are kept for the next reader.
const POOL: usize = GROUP * 2;
const EVENTS: usize = 1024;
/// How long slices keep the processor, in microseconds.
const YIELD_US: u64 = 1000;
/// Connections that are accepted in one turn.
const ACCEPTS: usize = 1000;
/// How long a failed accept waits for the next try, in microseconds.
const ACCEPT_PAUSE_US: u64 = 100_000;
/// How often failed accepts are logged at most, in microseconds.
const ACCEPT_LOG_US: u64 = 1_000_000;
/// How old what the engine knows of the process may be, in microseconds. Reading it takes as long as a short slice of
/// work, of which a snapshot takes many in a row.
const USAGE_US: u64 = 50_000;

/// The token that other threads wake this one with.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// Listeners have the tokens from here on.
pub(crate) const LISTENERS: usize = usize::MAX - 1024;

pub(crate) struct IoThread {
    number: usize,
    poll: Poll,
    shared: Arc<Shared>,
    /// Thread 0 has them: it accepts for all.
    listeners: Listeners,
    connections: Slab<Connection>,
    /// Connections that may have something to read, to run or to write.
    ready: Vec<usize>,
    pool: Vec<Intake>,
    outs: Vec<Chunks>,
    /// The offsets of the log that `outs` depend on.
    afters: [u64; GROUP],
    /// Connections whose replies wait for the log, with how far it must be durable, in this order.
    holding: VecDeque<(u64, usize)>,
    /// The offset up to which the last look let replies go.
    released: u64,
    tunables: Tunables,
    tunables_version: u64,
    next_thread: usize,
    /// When to accept though the poll told nothing.
    accept_due_us: Option<u64>,
    accept_logged_us: Option<u64>,
    /// When to read what the process uses.
    usage_due_us: u64,
    /// Since when slices follow one another without a pause; 0 if they do not.
    ran_from_us: u64,
    stopping: bool,
}

impl IoThread {
    pub(crate) fn new(
        number: usize,
        poll: Poll,
        shared: Arc<Shared>,
        listeners: Listeners,
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
            afters: [0; GROUP],
            holding: VecDeque::new(),
            released: 0,
            tunables: Tunables::default(),
            tunables_version: 0,
            next_thread: 0,
            accept_due_us: None,
            accept_logged_us: None,
            usage_due_us: 0,
            ran_from_us: 0,
            stopping: false,
        }
    }

    /// Serves until told to stop.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !self.stopping {
            let timeout = self.timeout();
            if timeout == Some(Duration::ZERO) {
                self.let_others_run();
            } else {
                self.ran_from_us = 0;
            }
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.shared.tell_control(Control::Failed(error));
                    return;
                }
            }
            self.turn(&events);
        }
        for (_, connection) in &mut self.connections {
            connection.write_pending();
        }
    }

    /// Gives the processor up from time to time while the engine works in slices: a client that waits for it would wait for
    /// the scheduler's next tick, which is several milliseconds. Not after every slice: a client that is always ready
    /// would leave hardly any time for them.
    fn let_others_run(&mut self) {
        let now_us = self.shared.now().mono_us;
        if self.number != 0 || self.shared.tick_due_us() > now_us {
            return;
        }
        if self.ran_from_us == 0 {
            self.ran_from_us = now_us;
        } else if now_us - self.ran_from_us >= YIELD_US {
            std::thread::yield_now();
            self.ran_from_us = self.shared.now().mono_us;
        }
    }

    fn turn(&mut self, events: &Events) {
        if let Some(tunables) = self.shared.newer_tunables(&mut self.tunables_version) {
            self.tunables = tunables;
        }
        for event in events {
            match event.token() {
                WAKER => self.receive(),
                Token(number) if number >= LISTENERS => self.accept(number - LISTENERS),
                Token(number) => {
                    if event.is_read_closed()
                        && let Some(connection) = self.connections.get_mut(number)
                    {
                        connection.hung_up = true;
                    }
                    if event.is_writable() {
                        self.write_pending(number);
                    }
                    if event.is_readable() || event.is_read_closed() || event.is_error() {
                        self.readable(number);
                    }
                }
            }
        }
        self.serve_ready();
        if self.number == 0 {
            self.tick();
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        if self.number != 0 {
            return None;
        }
        let due = self.shared.tick_due_us();
        let due = self.accept_due_us.map_or(due, |accept| accept.min(due));
        let now = self.shared.now();
        Some(Duration::from_micros(due.saturating_sub(now.mono_us)))
    }

    /// What thread 0 does from time to time.
    fn tick(&mut self) {
        let now = self.shared.now();
        if self.accept_due_us.is_some_and(|due| due <= now.mono_us) {
            self.accept_due_us = None;
            self.listeners
                .numbers()
                .for_each(|number| self.accept(number));
        }
        if now.mono_us < self.shared.tick_due_us() {
            return;
        }
        memory::look_after(now.mono_us);
        let usage = (now.mono_us >= self.usage_due_us).then(system::usage);
        let mut engine = self.shared.engine();
        self.shared.count_traffic(&mut engine);
        if let Some(usage) = usage {
            self.usage_due_us = now.mono_us + USAGE_US;
            system::refresh(&mut engine.host_facts_mut().usage, &usage);
        }
        engine.handle(now, Input::Tick);
        self.shared.drain(&mut engine, Some(self.number));
        self.shared.refresh_tunables(&engine);
    }

    /// The poll tells once: the connection remembers until it comes to read, which may be turns later.
    fn readable(&mut self, number: usize) {
        if let Some(connection) = self.connections.get_mut(number) {
            connection.expect_input();
            self.mark_ready(number);
        }
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
                let after = std::mem::take(&mut self.afters[at]);
                self.finish(*number, &mut out, after);
                self.outs[at] = out;
            }
            // Those that may go need not wait for the other groups.
            if !self.holding.is_empty() && self.shared.durable() != self.released {
                self.release();
            }
        }
    }

    fn read(&mut self, number: usize) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        connection.ready = false;
        if connection.unfinished {
            connection.write_pending();
        }
        if connection.parked || connection.closing {
            return;
        }
        let mut intake = connection
            .intake
            .take()
            .unwrap_or_else(|| self.pool.pop().unwrap_or_default());
        intake.limits = Limits {
            authenticated: connection.limits.authenticated,
            ..self.tunables.limits
        };
        // What an earlier turn left over comes first.
        if intake.peek().is_none() && intake.has_unparsed() {
            connection.parse(&mut intake);
        }
        if intake.peek().is_none() && intake.error().is_none() && connection.read != Read::Ended {
            connection.read(&mut intake);
            connection.parse(&mut intake);
        }
        connection.intake = Some(intake);
    }

    fn run_group(&mut self, group: &[usize]) {
        let now = self.shared.now();
        let shared = Arc::clone(&self.shared);
        let mut engine = shared.engine();
        shared.count_traffic(&mut engine);
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
            if connection.parked
                || connection.closing
                || (intake.peek().is_none() && intake.error().is_none())
            {
                continue;
            }
            let out = &mut self.outs[at];
            let progress = engine.handle(now, Input::Requests { conn, intake, out });
            self.afters[at] = progress.after;
            connection.limits.authenticated = intake.limits.authenticated;
            match progress.state {
                State::Ready => {}
                State::More => connection.more = true,
                State::Parked => connection.parked = true,
                State::Closing => connection.closing = true,
            }
        }
        shared.drain(&mut engine, Some(self.number));
        shared.follow_settings(&engine);
    }

    /// After the lock: sends, gives the intake back, and decides whether there is more to do at once.
    fn finish(&mut self, number: usize, out: &mut Chunks, after: u64) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        if let Some(mut intake) = connection.intake.take() {
            intake.reclaim();
            // The rest of a request that was cut off never comes.
            let cut_off =
                connection.read == Read::Ended && intake.peek().is_none() && !connection.capped;
            if intake.is_empty() {
                if self.pool.len() < POOL {
                    self.pool.push(intake);
                }
            } else if !cut_off && !connection.closing {
                connection.intake = Some(intake);
            }
        }
        self.send_after(number, out, after);
        if !self.look_after(number) {
            return;
        }
        let connection = &mut self.connections[number];
        let more = std::mem::take(&mut connection.more)
            || connection.capped
            || connection.read == Read::More;
        let again = more && !connection.parked && !connection.closing;
        if again || connection.unfinished {
            self.mark_ready(number);
        }
    }

    fn write_pending(&mut self, number: usize) {
        let Some(connection) = self.connections.get_mut(number) else {
            return;
        };
        connection.write_pending();
        self.after_send(number);
    }

    fn close(&mut self, number: usize) {
        let Some(mut connection) = self.connections.try_remove(number) else {
            return;
        };
        let _ = connection.socket.deregister(self.poll.registry());
        if let Some(conn) = connection.conn {
            let mut engine = self.shared.engine();
            engine.handle(self.shared.now(), Input::Closed { conn });
            self.shared.drain(&mut engine, Some(self.number));
        }
    }

    fn accept(&mut self, listener: usize) {
        for _ in 0..ACCEPTS {
            match self.listeners.accept(listener, self.tunables.keepalive_s) {
                Accepted::Socket(socket) => {
                    let thread = self.next_thread;
                    self.next_thread = (thread + 1) % self.shared.threads();
                    self.shared.mailbox(thread).send(Message::Serve(socket));
                }
                Accepted::None => return,
                Accepted::Later(error) => {
                    // The poll does not tell again of what waits already.
                    let now_us = self.shared.now().mono_us;
                    self.accept_due_us = Some(now_us + ACCEPT_PAUSE_US);
                    let logged = self.accept_logged_us;
                    if logged.is_none_or(|logged| now_us - logged >= ACCEPT_LOG_US) {
                        self.accept_logged_us = Some(now_us);
                        let reason = log::reason(&error);
                        log::warning(format_args!(
                            "Accepting client connection: accept: {reason}"
                        ));
                    }
                    return;
                }
            }
        }
        self.accept_due_us = Some(0);
    }

    fn receive(&mut self) {
        for message in self.shared.mailbox(self.number).take() {
            match message {
                Message::Serve(socket) => self.serve(socket),
                Message::Flush(conn, link) => self.flush(conn, link),
                Message::Close(conn, link, why) => self.close_link(conn, link, why),
                Message::Resume(conn, link) => self.resume(conn, link),
                Message::Listen {
                    job,
                    addresses,
                    refusal,
                } => self.listen(job, &addresses, refusal),
                Message::Filed { job, result } => self.filed(job, result),
                Message::Tick => {}
                Message::Durable => self.release(),
                Message::Lost => self.abandon_held(),
                Message::Stop => self.stopping = true,
            }
        }
    }

    fn serve(&mut self, mut socket: Socket) {
        let entry = self.connections.vacant_entry();
        let number = entry.key();
        if let Err(error) = socket.register(self.poll.registry(), Token(number)) {
            let reason = log::reason(&error);
            log::warning(format_args!("Accepting client connection: epoll: {reason}"));
            return;
        }
        let link = (self.number as Link) << 32 | number as Link;
        let peer = socket.peer();
        log::verbose(format_args!("Accepted {}", peer.address));
        let mut out = Chunks::new();
        let mut engine = self.shared.engine();
        let input = Input::Accepted {
            link,
            peer,
            out: &mut out,
        };
        let progress = engine.handle(self.shared.now(), input);
        let limits = self.tunables.limits;
        let connection = entry.insert(Connection::new(socket, progress.conn, limits));
        connection.closing = progress.state == State::Closing;
        self.shared.drain(&mut engine, Some(self.number));
        drop(engine);
        self.finish(number, &mut out, 0);
        self.mark_ready(number);
    }

    /// The connection that a message speaks of, unless it is gone and its number another one's.
    fn local(&self, conn: ConnId, link: Link) -> Option<usize> {
        let number = (link & 0xffff_ffff) as usize;
        let connection = self.connections.get(number)?;
        (connection.conn == Some(conn)).then_some(number)
    }

    fn flush(&mut self, conn: ConnId, link: Link) {
        let Some(number) = self.local(conn, link) else {
            return;
        };
        let mut out = Chunks::new();
        let after = self.shared.engine().take_output(conn, &mut out);
        self.send_after(number, &mut out, after);
        self.after_send(number);
    }

    fn filed(&self, job: u64, result: Filed) {
        let mut engine = self.shared.engine();
        engine.handle(self.shared.now(), Input::Filed { job, result });
        self.shared.drain(&mut engine, Some(self.number));
    }

    fn send_after(&mut self, number: usize, out: &mut Chunks, after: u64) {
        let durable = self.shared.durable();
        if self.connections[number].send_after(out, after, durable) {
            // What is due earlier than one before it goes with that: there is hardly any such.
            let last = self.holding.back().map_or(0, |(last, _)| *last);
            self.holding.push_back((after.max(last), number));
            self.await_durable(durable);
        }
    }

    /// Sends the replies that the log is durable enough for.
    fn release(&mut self) {
        self.shared.mailbox(self.number).await_durable(false);
        let durable = self.shared.durable();
        self.released = durable;
        while let Some((after, number)) = self.holding.front().copied() {
            if after > durable {
                self.await_durable(durable);
                return;
            }
            self.holding.pop_front();
            if let Some(connection) = self.connections.get_mut(number)
                && connection.is_held()
            {
                connection.release(durable);
                self.after_send(number);
            }
        }
    }

    /// Replies wait for more of the log than is `durable`: this thread is told of the next progress.
    fn await_durable(&self, durable: u64) {
        let mailbox = self.shared.mailbox(self.number);
        // Progress between the look at it and this moment was told to nobody.
        if mailbox.await_durable(true) && self.shared.durable() != durable {
            mailbox.send(Message::Durable);
        }
    }

    /// The replies that connections wait for must not be sent.
    fn abandon_held(&mut self) {
        for (_, number) in std::mem::take(&mut self.holding) {
            if let Some(connection) = self.connections.get_mut(number)
                && connection.is_held()
            {
                connection.abandon();
                self.close(number);
            }
        }
    }

    fn close_link(&mut self, conn: ConnId, link: Link, why: CloseReason) {
        let Some(number) = self.local(conn, link) else {
            return;
        };
        let address = || self.connections[number].socket.peer().address;
        match why {
            CloseReason::Killed => {}
            CloseReason::Idle => log::verbose(format_args!("Closing idle client {}", address())),
            CloseReason::HungUp => {
                log::verbose(format_args!("Client closed connection {}", address()));
            }
            CloseReason::OutputLimit => log::warning(format_args!(
                "Client addr={} closed for overcoming of output buffer limits.",
                address()
            )),
        }
        self.close(number);
    }

    fn after_send(&mut self, number: usize) {
        if self.look_after(number) && self.connections[number].unfinished {
            self.mark_ready(number);
        }
    }

    /// Closes a connection that is at its end, else tells the engine what it has to know of it. False where it is
    /// gone.
    fn look_after(&mut self, number: usize) -> bool {
        let connection = &mut self.connections[number];
        if connection.is_done() {
            self.close(number);
            return false;
        }
        if let (Some(conn), Some(bytes)) = (connection.conn, connection.changed_unsent()) {
            self.tell(Input::Unsent { conn, bytes });
        }
        self.look_for_end(number);
        true
    }

    /// Tells the engine of a parked connection whose other end sends no more.
    fn look_for_end(&mut self, number: usize) {
        let connection = &self.connections[number];
        if connection.waits_for_nobody()
            && let Some(conn) = connection.conn
        {
            self.tell(Input::HungUp { conn });
        }
    }

    fn tell(&self, input: Input<'_>) {
        let mut engine = self.shared.engine();
        engine.handle(self.shared.now(), input);
        self.shared.drain(&mut engine, Some(self.number));
    }

    fn resume(&mut self, conn: ConnId, link: Link) {
        let Some(number) = self.local(conn, link) else {
            return;
        };
        let connection = &mut self.connections[number];
        connection.parked = false;
        connection.expect_input();
        self.mark_ready(number);
    }

    /// Changes what is listened on, and tells the engine how it went.
    fn listen(&mut self, job: u64, addresses: &[Address], refusal: &str) {
        let backlog = self.shared.engine().config().tcp_backlog;
        let registry = self.poll.registry();
        let result = match self.listeners.change_tcp(addresses, backlog, registry) {
            Ok(()) => Ok(Vec::new()),
            Err(_) => Err(refusal.to_string()),
        };
        let mut engine = self.shared.engine();
        engine.handle(self.shared.now(), Input::Done { job, result });
        // Where a refusal was undone, the settings are the old ones again.
        let listeners = system::listeners(engine.config());
        engine.host_facts_mut().listeners = listeners;
        self.shared.drain(&mut engine, Some(self.number));
    }
}
