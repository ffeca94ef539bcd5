//! The engine: owns all state and is driven by a host through the contract in [`crate::boundary`].

use crate::boundary::{
    BATCH_COMMANDS_MAX, BATCH_REPLY_BYTES, CloseReason, ConnId, Input, Link, Now, Output, Peer,
    Progress, State,
};
use crate::clients::Clients;
use crate::command::{self, Called, Renames, World};
use crate::commands::transactions::go_on;
use crate::config::Config;
use crate::conn::{Conn, Replies};
use crate::keyspace::{AHEAD_MAX, Keyspace, Wanted};
use crate::observe::facts::HostFacts;
use crate::resp::{Chunks, Intake, Limits, Protocol, Reply, Request, UNRESOLVED};
use crate::script;
use crate::server::Server;
use crate::session::blocking::{End, give_up};
use crate::session::deliver::{Delivery, is_overfull, output_limit};
use crate::session::notify::{self, Around};
use crate::session::{self, blocking, tracking};
use crate::store;

/// Connections that a tick looks at for idle ones, at most.
const SWEEP_MAX: usize = 1000;

/// Replies up to this size count for no limit while they are written, as in Redis: a client's fixed buffer.
const FREE_REPLY_BYTES: usize = 16 * 1024;

const TOO_MANY_CLIENTS: &str = "ERR max number of clients reached";
/// What a client from elsewhere hears while nothing protects the data.
const DENIED: &str = "DENIED Redis is running in protected mode because protected mode is enabled and \
no password is set for the default user. In this mode connections are only accepted from the loopback \
interface. If you want to connect from external computers to Redis you may adopt one of the following \
solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the \
loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE \
Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change \
permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration \
file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started \
the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an \
authentication password for the default user. NOTE: You only need to do one of the above things in \
order for the server to start accepting connections from the outside.";

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
            server: Server::new(config, seed, now, stopwatch),
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
        let paused = self.world.server.pause.is_on(now);
        self.world.keys.set_frozen(paused);
        let frequency = self.world.server.frequency();
        self.world.keys.set_frequency(frequency);
        session::refresh(&mut self.world.keys, &mut self.world.server);
        let progress = match input {
            Input::Accepted { link, peer, out } => self.accept(link, peer, out),
            Input::Requests { conn, intake, out } => self.requests(conn, intake, out),
            Input::Unsent { conn, bytes } => {
                self.unsent(conn, bytes);
                about(conn)
            }
            Input::HungUp { conn } => {
                self.hung_up(conn);
                about(conn)
            }
            Input::Closed { conn } => {
                if let Some(conn) = self.world.clients.close(conn) {
                    if conn.rest.is_some() {
                        self.wake();
                    }
                    session::forget(&mut self.world.server, conn);
                }
                self.world
                    .server
                    .waiting
                    .retain(|waiting| waiting.conn != conn);
                Progress {
                    conn: Some(conn),
                    state: State::Closing,
                    after: 0,
                }
            }
            Input::Done { job, result } => {
                self.world.finish(job, result);
                Progress {
                    conn: None,
                    state: State::Ready,
                    after: 0,
                }
            }
            Input::Filed { job, result } => {
                if store::filed(now, &mut self.world, job, result) {
                    self.tick_due_us = now.mono_us;
                }
                Progress {
                    conn: None,
                    state: State::Ready,
                    after: 0,
                }
            }
            Input::Terminate { interrupt } => {
                store::signal(&mut self.world.server, interrupt);
                Progress {
                    conn: None,
                    state: State::Ready,
                    after: 0,
                }
            }
            Input::Tick => {
                self.tick();
                Progress {
                    conn: None,
                    state: State::Ready,
                    after: 0,
                }
            }
        };
        store::settle(now, &mut self.world);
        while let Some(id) = self.world.server.unfinished.pop() {
            self.finish_transaction(id);
        }
        if self.world.server.session.tracked.due {
            tracking::broadcast(self.delivery());
        }
        if let Some((from, to)) = self.world.server.log.announce() {
            self.world
                .server
                .outputs
                .push_back(Output::Append { from, to });
        }
        progress
    }

    /// When it is to be called next at the latest, in microseconds of [`Now::mono_us`].
    fn due_us(&self) -> u64 {
        let server = &self.world.server;
        if let Some(due_us) = server.sleep.due_us() {
            return due_us;
        }
        let others = [
            server.pause.due_us(),
            server.session.blocking.due_us(),
            server.store.due_us(),
        ];
        others
            .into_iter()
            .flatten()
            .fold(self.tick_due_us, u64::min)
    }

    fn unsent(&mut self, id: ConnId, bytes: usize) {
        let World {
            clients, server, ..
        } = &mut self.world;
        let Some(conn) = clients.get_mut(id) else {
            return;
        };
        conn.unsent_bytes = bytes;
        if is_overfull(conn, 0, &server.config, self.now) {
            session::kill(clients, server, id, CloseReason::OutputLimit);
        }
    }

    /// A command that waits for a key, for time or for a pause's end waits for nobody any more. One that waits
    /// for the host or runs in slices ends and is answered.
    fn hung_up(&mut self, id: ConnId) {
        let World {
            clients, server, ..
        } = &mut self.world;
        let in_vain =
            |conn: &Conn| conn.parked && (conn.blocked.is_some() || server.pause.is_waiting(id));
        if clients.get(id).is_some_and(in_vain) {
            session::kill(clients, server, id, CloseReason::HungUp);
        }
    }

    fn delivery(&mut self) -> Delivery<'_> {
        let World {
            clients, server, ..
        } = &mut self.world;
        Delivery::new(self.now, clients, server, None)
    }

    /// What the host is to do next; [`Output::Sleep`] when there is nothing.
    pub fn poll(&mut self) -> Output {
        if self.world.server.outputs.is_empty() {
            // Only now: all that came together goes into the log's file together.
            store::gather(self.now, &mut self.world);
        }
        match self.world.server.outputs.pop_front() {
            Some(output) => output,
            None => Output::Sleep {
                until_us: self.due_us(),
            },
        }
    }

    /// Moves what waits for a connection into `out`, and gives the offset that [`Progress::after`] would.
    pub fn take_output(&mut self, conn: ConnId, out: &mut Chunks) -> u64 {
        let Some(conn) = self.world.clients.get_mut(conn) else {
            return 0;
        };
        conn.flush_asked = false;
        out.append(&mut conn.mailbox);
        core::mem::take(&mut conn.after)
    }

    /// Starts or stops keeping the effect log. Without it no [`Output::Append`] comes.
    pub fn keep_log(&mut self, on: bool) {
        self.world.server.log.keep(on);
        session::refresh(&mut self.world.keys, &mut self.world.server);
    }

    /// Gives commands other names, as `rename-command` does. To be called before anything runs.
    pub fn rename_commands(&mut self, renames: Renames) {
        self.world.server.renames = renames;
    }

    /// What the host says of itself; it keeps `usage` up to date.
    pub fn host_facts_mut(&mut self) -> &mut HostFacts {
        &mut self.world.server.facts
    }

    /// The databases, for tools that read or fill them without a connection.
    pub fn keys_mut(&mut self) -> &mut Keyspace {
        &mut self.world.keys
    }

    /// The settings that are in force now.
    pub fn config(&self) -> &Config {
        &self.world.server.config
    }

    /// Whether [`Input::Terminate`] or SHUTDOWN was taken and nothing came of it yet.
    pub fn is_ending(&self) -> bool {
        self.world.server.store.ending.is_some()
    }

    /// The log's bytes `from..to`, as [`Output::Append`] named them.
    pub fn log_bytes(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.world.server.log.bytes(from, to)
    }

    /// Forgets the log's bytes before offset `upto`, which the host has stored.
    pub fn release_log(&mut self, upto: u64) {
        self.world.server.log.release(upto);
    }

    /// The host has files: begins to load what they have. Refuses most commands until [`Output::Ready`].
    pub fn start_files(&mut self, now: Now) {
        self.now = now;
        self.world.keys.set_now(now.unix_ms);
        store::start(now, &mut self.world);
    }

    /// Goes on with a transaction that waited for the host, and lets the others go on at its end.
    fn finish_transaction(&mut self, id: ConnId) {
        let Some(mut conn) = self.world.clients.take(id) else {
            return;
        };
        if let Some((queue, next)) = conn.rest.take() {
            let mut out = core::mem::take(&mut conn.mailbox);
            go_on(self.now, queue, next, &mut conn, &mut self.world, &mut out);
            conn.depends_on(&mut self.world.server.log);
            out.append(&mut conn.mailbox);
            conn.mailbox = out;
        }
        let waits = conn.waiting;
        if !waits {
            blocking::resume(&mut self.world.server, &mut conn);
        }
        self.world.clients.put_back(conn);
        if !waits {
            self.wake();
            self.serve();
        }
    }

    /// Ends a transaction for which all others waited.
    fn wake(&mut self) {
        let World {
            clients, server, ..
        } = &mut self.world;
        server.log.end_block();
        server.sleep.end(clients, &mut server.outputs);
    }

    /// What a connection may send now. A host asks once it is accepted; afterwards
    /// [`Input::Requests`] keeps the [`Intake`]'s limits as they are to be.
    pub fn limits(&mut self, conn: ConnId) -> Limits {
        match self.world.clients.get_mut(conn) {
            Some(conn) => limits_of(conn, &self.world.server),
            None => Limits::default(),
        }
    }

    fn accept(&mut self, link: Link, peer: Peer, out: &mut Chunks) -> Progress {
        let World {
            clients, server, ..
        } = &mut self.world;
        let config = &server.config;
        let refusal = if clients.len() >= config.maxclients as usize {
            Some(TOO_MANY_CLIENTS)
        } else if config.protected_mode && config.requirepass.is_empty() && !peer.loopback {
            Some(DENIED)
        } else {
            None
        };
        if let Some(text) = refusal {
            server.stats.rejected_connections += 1;
            Reply::new(out, Protocol::Resp2).error_text(text);
            return Progress {
                conn: None,
                state: State::Closing,
                after: 0,
            };
        }
        let conn = clients.open(link, peer, self.now);
        conn.authenticated = config.requirepass.is_empty();
        server.stats.connections += 1;
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
        conn.query_bytes = intake.held_bytes();
        let mut ran = 0;
        let mut after = 0;
        let state = loop {
            conn.flush_asked = false;
            out.append(&mut conn.mailbox);
            let state = self.run(&mut conn, intake, out, &mut ran);
            conn.depends_on(&mut self.world.server.log);
            after = after.max(core::mem::take(&mut conn.after));
            if let Some(state) = state {
                break state;
            }
            self.world.clients.put_back(conn);
            self.serve();
            match self.world.clients.take(id) {
                Some(back) => conn = back,
                None => {
                    return Progress {
                        conn: Some(id),
                        state: State::Closing,
                        after,
                    };
                }
            }
        };
        conn.parked = state == State::Parked;
        if intake.is_empty() {
            conn.query_bytes = 0;
        }
        intake.limits = limits_of(&conn, &self.world.server);
        self.world.clients.put_back(conn);
        Progress {
            conn: Some(id),
            state,
            after,
        }
    }

    /// Serves those who wait for keys that changed, in the order of the changes and then of their coming, until
    /// nothing more comes of it.
    fn serve(&mut self) {
        // A script is one change, however many slices it takes.
        if self.world.server.scripts.is_suspended() {
            return;
        }
        while let Some((database, key, waiters)) = self.world.server.session.blocking.next_ready() {
            for id in waiters {
                if let Some(mut conn) = self.world.clients.take(id) {
                    command::run_again(self.now, &mut conn, &mut self.world, database, &key);
                    self.world.clients.put_back(conn);
                }
            }
        }
    }

    /// Runs a connection's requests. Nothing comes back where others are to be served before it goes on.
    fn run(
        &mut self,
        conn: &mut Conn,
        intake: &mut Intake,
        out: &mut Chunks,
        ran: &mut usize,
    ) -> Option<State> {
        if conn.closing || out.failed() {
            return Some(State::Closing);
        }
        if conn.waiting || conn.blocked.is_some() {
            return Some(State::Parked);
        }
        let server = &mut self.world.server;
        server.stats.lap_ns = (server.stopwatch)();
        let limit = output_limit(conn, &server.config).max(FREE_REPLY_BYTES);
        out.set_limit(limit);
        while let Some(request) = intake.peek() {
            if *ran == BATCH_COMMANDS_MAX || out.len() >= BATCH_REPLY_BYTES {
                return Some(State::More);
            }
            if ran.is_multiple_of(AHEAD_MAX) {
                self.prefetch(conn.database, intake);
            }
            *ran += 1;
            let args = intake.args(request);
            let called = command::call(self.now, request.command, args, conn, &mut self.world, out);
            if called == Called::Parked {
                return Some(State::Parked);
            }
            intake.consume();
            if self.world.server.session.blocking.is_ready() {
                return None;
            }
            // What it is told about its own command comes behind the reply.
            if !conn.mailbox.is_empty() {
                out.append(&mut conn.mailbox);
            }
            if conn.closing || out.failed() {
                if !conn.closing && limit < usize::MAX {
                    self.drop_output(conn, out);
                }
                return Some(State::Closing);
            }
            if out.len() > FREE_REPLY_BYTES
                && is_overfull(conn, out.len(), &self.world.server.config, self.now)
            {
                self.drop_output(conn, out);
                return Some(State::Closing);
            }
            if conn.waiting || conn.blocked.is_some() {
                return Some(State::Parked);
            }
        }
        if let Some(text) = intake.error() {
            if matches!(conn.replies, Replies::On | Replies::SkipNext) {
                Reply::new(out, conn.protocol).error_bytes(text);
            }
            self.world.server.stats.error(b"ERR");
            return Some(State::Closing);
        }
        Some(State::Ready)
    }

    /// Closes a connection without sending it what waits.
    #[cold]
    fn drop_output(&mut self, conn: &mut Conn, out: &mut Chunks) {
        conn.closing = true;
        out.clear();
        self.world.server.outputs.push_back(Output::Close {
            conn: conn.id,
            link: conn.link,
            why: CloseReason::OutputLimit,
        });
    }

    /// Fetches ahead what the next requests of one connection will touch.
    fn prefetch(&self, database: usize, intake: &Intake) {
        let waiting = intake.waiting();
        if waiting.len() > 1 {
            let all = waiting.iter();
            let wanted = all.filter_map(|request| wanted(database, *request, intake));
            self.world.keys.fetch_ahead(wanted);
        }
    }

    /// Fetches ahead what the first requests of several connections will touch. For hosts that are about to
    /// hand in the requests of many connections; changes nothing.
    pub fn look_ahead<'a>(&self, waiting: impl Iterator<Item = (ConnId, &'a Intake)>) {
        self.world
            .keys
            .fetch_ahead(waiting.filter_map(|(conn, intake)| {
                let database = self.world.clients.get(conn)?.database;
                wanted(database, intake.peek()?, intake)
            }));
    }

    fn tick(&mut self) {
        let sleep = &self.world.server.sleep;
        if sleep.is_on(self.now) {
            self.tick_due_us = sleep.due_us().unwrap_or(self.now.mono_us);
            return;
        }
        if script::slice(self.now, &mut self.world) {
            // It goes on as soon as the host has looked after the others.
            self.tick_due_us = self.now.mono_us;
            return;
        }
        let paused = self.world.server.pause.is_on(self.now) || self.world.server.cron_paused;
        let World {
            keys,
            clients,
            server,
        } = &mut self.world;
        let started_ns = (server.stopwatch)();
        let loading = server.store.loading.is_some();
        let effort = (server.active_expire && !paused && !loading)
            .then_some(server.config.active_expire_effort);
        let mut more = keys.tick(effort);
        let mut around = Around {
            now: self.now,
            clients: &mut *clients,
            server: &mut *server,
            running: None,
        };
        if effort.is_some() {
            more |= notify::expire_fields(keys, &mut around);
        }
        if keys.has_journal() {
            around.settle(keys);
        }
        while let Some(id) = server.session.blocking.overdue(self.now.mono_us) {
            match clients.get_mut(id) {
                Some(conn) => give_up(self.now, server, conn, End::TimedOut),
                None => break,
            };
        }
        if !server.session.tracked.is_empty() {
            let delivery = Delivery::new(self.now, clients, server, None);
            more |= tracking::evict(delivery);
        }
        if !server.pause.is_on(self.now) {
            if server.pause.due_us().is_some() {
                server.pause.lift(clients, &mut server.outputs);
            }
            server.pause.follow_up(clients, &mut server.outputs);
        }
        if server.sleep.due_us().is_some() {
            server.sleep.end(clients, &mut server.outputs);
        }
        sweep(self.now, clients, server);
        let used = server.facts.used_memory();
        if server.memory_startup == 0 {
            server.memory_startup = used;
        }
        server.memory_peak = server.memory_peak.max(used);
        server.stats.sample(self.now.mono_us, &server.facts.usage);
        if !loading {
            more |= store::tick(self.now, &mut self.world);
        }
        let server = &mut self.world.server;
        let ns = (server.stopwatch)().saturating_sub(started_ns);
        server.stats.step(ns);
        let threshold_ms = server.config.latency_monitor_threshold;
        if threshold_ms > 0 && ns / 1_000_000 >= threshold_ms {
            let second = self.now.unix_ms / 1000;
            server
                .latency
                .note("active-expire-cycle", second, ns / 1_000_000);
        }
        let pause_us = 1_000_000 / u64::from(server.config.hz.clamp(1, 500));
        self.tick_due_us = self.now.mono_us + if more { 0 } else { pause_us };
        self.serve();
    }
}

/// Closes connections that have been idle for longer than `timeout` allows, and those that have been over a soft
/// limit of output for too long. Looks at a bounded number.
fn sweep(now: Now, clients: &mut Clients, server: &mut Server) {
    let timeout_us = u64::from(server.config.timeout) * 1_000_000;
    let idle_since_us = match timeout_us {
        0 => 0,
        timeout_us => now.mono_us.saturating_sub(timeout_us),
    };
    let config = &server.config;
    let condemned = clients.sweep(SWEEP_MAX, |conn| {
        if conn.over_soft_us.is_some() && is_overfull(conn, 0, config, now) {
            return Some(CloseReason::OutputLimit);
        }
        let idle = conn.active_us < idle_since_us && !conn.parked && conn.subscriptions.is_none();
        idle.then_some(CloseReason::Idle)
    });
    for (id, why) in condemned {
        session::kill(clients, server, id, why);
    }
}

/// What a call left behind that only told of a connection.
fn about(conn: ConnId) -> Progress {
    Progress {
        conn: Some(conn),
        state: State::Ready,
        after: 0,
    }
}

fn limits_of(conn: &Conn, server: &Server) -> Limits {
    Limits {
        bulk_bytes: server.config.proto_max_bulk_len,
        // An intake counts its bytes in 32 bits.
        buffer_bytes: server
            .config
            .client_query_buffer_limit
            .min(u64::from(u32::MAX) / 2),
        authenticated: command::may_run(conn, &server.config),
    }
}

/// What a request will look for, as far as its spec says at a glance.
fn wanted(database: usize, request: Request, intake: &Intake) -> Option<Wanted<'_>> {
    if request.command == UNRESOLVED {
        return None;
    }
    let command = command::get(request.command);
    let keys = command.keys.first()?;
    let command::Begin::Index(mut index) = keys.begin else {
        return None;
    };
    if let command::Find::KeyNum { first, .. } = keys.find {
        index += first;
    }
    let args = intake.args(request);
    Some(Wanted {
        database,
        key: args.get(index as usize)?,
        collection: command.group.is_of_collections(),
        member: match command.member {
            0 => &[],
            member => args.at(usize::from(member)),
        },
    })
}
