//! What the threads share: the engine behind its one lock, a mailbox for each I/O thread, the way to the
//! control thread, and the settings that the host itself acts on. Knows no socket.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyla_engine::boundary::{CloseReason, Filed, Lane, Level};
use hyla_engine::config::Settings;
use hyla_engine::resp::Limits;
use hyla_engine::{ConnId, Engine, Input, Job, Link, Now, Output};
use mio::Waker;
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};
use parking_lot::{Mutex, MutexGuard};

use crate::files::Lanes;
use crate::listener::Address;
use crate::log;
use crate::socket::{Socket, take_traffic};

/// The engine and the ways to the threads.
pub(crate) struct Shared {
    engine: Mutex<Engine>,
    mailboxes: Vec<Mailbox>,
    control: Sender<Control>,
    clock: Clock,
    /// The moment of the next tick, in [`Now::mono_us`]. Written under the engine's lock.
    tick_due_us: AtomicU64,
    /// The log is durable up to here. Written under the engine's lock.
    durable: AtomicU64,
    /// The threads that work on files.
    lanes: Lanes,
    tunables: Mutex<Tunables>,
    /// Counts the changes of `tunables`.
    tunables_version: AtomicU64,
    /// The version of the engine's settings that `tunables` were taken from.
    settings_version: AtomicU64,
}

/// What one thread tells an I/O thread.
pub(crate) enum Message {
    /// Serve this new connection.
    Serve(Socket),
    /// Output waits in the engine for a connection of yours.
    Flush(ConnId, Link),
    /// Close without sending more.
    Close(ConnId, Link, CloseReason),
    /// A parked connection goes on.
    Resume(ConnId, Link),
    /// Listen on these TCP addresses and no others, and report it as the job's end, with `refusal` where that
    /// is not possible.
    Listen {
        job: u64,
        addresses: Vec<Address>,
        refusal: &'static str,
    },
    /// Operations on files are done.
    Filed { job: u64, result: Filed },
    /// The next tick is due earlier than it was.
    Tick,
    /// The log is durable farther than it was: replies may go.
    Durable,
    /// It will not be: those that wait for it end.
    Lost,
    /// Send what can be sent, then end.
    Stop,
}

/// What the control thread is told.
pub(crate) enum Control {
    /// A signal arrived.
    Signal(i32),
    /// All data is loaded.
    Ready,
    /// The engine asked for a job.
    Start(u64, Job),
    /// An I/O thread can go on no longer.
    Failed(std::io::Error),
}

/// Settings that I/O threads act on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tunables {
    /// What new and old connections may send.
    pub(crate) limits: Limits,
    /// `tcp-keepalive` in seconds, 0 for off.
    pub(crate) keepalive_s: u32,
}

impl Tunables {
    pub(crate) fn of(settings: &Settings) -> Self {
        Tunables {
            limits: Limits {
                bulk_bytes: settings.proto_max_bulk_len,
                // An intake counts its bytes in 32 bits.
                buffer_bytes: settings
                    .client_query_buffer_limit
                    .min(u64::from(u32::MAX) / 2),
                authenticated: settings.requirepass.is_empty(),
            },
            keepalive_s: settings.tcp_keepalive,
        }
    }
}

/// Messages for one thread.
pub(crate) struct Mailbox {
    messages: Mutex<Vec<Message>>,
    waker: Waker,
    /// The thread holds replies back until the log is durable.
    awaits_durable: AtomicBool,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Mailbox {
            messages: Mutex::new(Vec::new()),
            waker,
            awaits_durable: AtomicBool::new(false),
        }
    }

    /// Leaves a message and wakes the thread.
    pub(crate) fn send(&self, message: Message) {
        let mut messages = self.messages.lock();
        messages.push(message);
        let first = messages.len() == 1;
        // Who wakes up should not find it locked.
        drop(messages);
        if first {
            // A waker fails only when its poll is gone, and the thread with it.
            let _ = self.waker.wake();
        }
    }

    pub(crate) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.messages.lock())
    }

    /// The thread wants to be told when the log is durable farther, or does not. True if that is new.
    pub(crate) fn await_durable(&self, on: bool) -> bool {
        self.awaits_durable.swap(on, Ordering::SeqCst) != on
    }
}

impl Shared {
    pub(crate) fn new(
        engine: Engine,
        mailboxes: Vec<Mailbox>,
        control: Sender<Control>,
        lanes: Lanes,
        clock: Clock,
    ) -> Self {
        let tunables = Tunables::of(engine.config());
        let settings_version = engine.config().version();
        Shared {
            engine: Mutex::new(engine),
            mailboxes,
            control,
            clock,
            tick_due_us: AtomicU64::new(0),
            durable: AtomicU64::new(0),
            lanes,
            tunables: Mutex::new(tunables),
            tunables_version: AtomicU64::new(1),
            settings_version: AtomicU64::new(settings_version),
        }
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock()
    }

    /// Tells the engine what went over the calling thread's sockets.
    pub(crate) fn count_traffic(&self, engine: &mut Engine) {
        let traffic = take_traffic();
        let usage = &mut engine.host_facts_mut().usage;
        usage.input_bytes += traffic.input_bytes;
        usage.output_bytes += traffic.output_bytes;
        usage.reads += traffic.reads;
        usage.writes += traffic.writes;
    }

    pub(crate) fn mailbox(&self, thread: usize) -> &Mailbox {
        &self.mailboxes[thread]
    }

    pub(crate) fn mailboxes(&self) -> &[Mailbox] {
        &self.mailboxes
    }

    pub(crate) fn threads(&self) -> usize {
        self.mailboxes.len()
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn tell_control(&self, control: Control) {
        // The control thread outlives the I/O threads; when it is gone, so is the process.
        let _ = self.control.send(control);
    }

    /// Up to where the log is durable: replies that depend on more of it wait.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::SeqCst)
    }

    fn tell_all(&self, message: impl Fn() -> Message) {
        for mailbox in &self.mailboxes {
            mailbox.send(message());
        }
    }

    /// When thread 0 has to hand in the next tick.
    pub(crate) fn tick_due_us(&self) -> u64 {
        self.tick_due_us.load(Ordering::Relaxed)
    }

    /// Passes on what the engine asks for, and does what it wants done here, without its lock. `thread` is the I/O thread
    /// that calls, if one does.
    pub(crate) fn drain(&self, engine: &mut MutexGuard<'_, Engine>, thread: Option<usize>) {
        loop {
            let (link, message) = match engine.poll() {
                Output::Sleep { until_us } => {
                    let before = self.tick_due_us.swap(until_us, Ordering::Relaxed);
                    if until_us < before && thread != Some(0) {
                        self.mailbox(0).send(Message::Tick);
                    }
                    return;
                }
                Output::Flush { conn, link } => (link, Message::Flush(conn, link)),
                Output::Close { conn, link, why } => (link, Message::Close(conn, link, why)),
                Output::Resume { conn, link } => (link, Message::Resume(conn, link)),
                Output::Start { job, work } => {
                    self.tell_control(Control::Start(job, work));
                    continue;
                }
                Output::Files {
                    job,
                    lane: Lane::Here,
                    ops,
                } => {
                    let result = MutexGuard::unlocked(engine, || self.lanes.run_here(ops));
                    engine.handle(self.now(), Input::Filed { job, result });
                    continue;
                }
                Output::Files { job, lane, ops } => {
                    self.lanes.send(lane, job, ops);
                    continue;
                }
                Output::Durable { upto } => {
                    self.durable.store(upto, Ordering::SeqCst);
                    for mailbox in &self.mailboxes {
                        if mailbox.awaits_durable.load(Ordering::SeqCst) {
                            mailbox.send(Message::Durable);
                        }
                    }
                    continue;
                }
                Output::Lost => {
                    self.tell_all(|| Message::Lost);
                    continue;
                }
                Output::Ready => {
                    self.tell_control(Control::Ready);
                    continue;
                }
                Output::Note { level, text } => {
                    match level {
                        Level::Notice => log::notice(text),
                        Level::Warning => log::warning(text),
                    }
                    continue;
                }
                Output::Append { .. } => continue,
            };
            self.mailbox((link >> 32) as usize).send(message);
        }
    }

    /// Takes over the engine's present settings if they are others than before. Called before replies go out, so
    /// that who has read the reply to CONFIG SET finds it in force everywhere.
    #[inline]
    pub(crate) fn follow_settings(&self, engine: &Engine) {
        let version = engine.config().version();
        if self.settings_version.load(Ordering::Relaxed) != version {
            self.settings_version.store(version, Ordering::Relaxed);
            self.refresh_tunables(engine);
        }
    }

    /// Takes over the engine's present settings.
    pub(crate) fn refresh_tunables(&self, engine: &Engine) {
        let fresh = Tunables::of(engine.config());
        let mut tunables = self.tunables.lock();
        if *tunables != fresh {
            *tunables = fresh;
            self.tunables_version.fetch_add(1, Ordering::Release);
        }
    }

    /// The settings, where they are newer than `version`, which becomes theirs.
    pub(crate) fn newer_tunables(&self, version: &mut u64) -> Option<Tunables> {
        let present = self.tunables_version.load(Ordering::Acquire);
        if present == *version {
            return None;
        }
        *version = present;
        Some(*self.tunables.lock())
    }
}

/// Tells the time for the engine: the wall clock, and one that never jumps.
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Clock {
            start: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let unix_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        Now {
            unix_ms: unix_ms as u64,
            mono_us: self.start.elapsed().as_micros() as u64,
        }
    }
}

/// Nanoseconds from some start: what the engine accounts its commands with.
pub(crate) fn stopwatch() -> u64 {
    static CLOCK: OnceLock<(quanta::Clock, u64)> = OnceLock::new();
    let (clock, start) = CLOCK.get_or_init(|| {
        let clock = quanta::Clock::new();
        let start = clock.raw();
        (clock, start)
    });
    clock.delta_as_nanos(*start, clock.raw())
}

/// The same of the time that the calling thread had a CPU: what a step costs, whoever else uses the machine. A system
/// call, so several times as dear to read; durations make sense with one I/O thread only.
pub(crate) fn cpu_stopwatch() -> u64 {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(0, |time| time.num_nanoseconds() as u64)
}
