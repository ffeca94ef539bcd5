//! What the I/O threads share: the engine behind its one lock, and a mailbox for each thread. Knows no
//! socket.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyla_engine::{Engine, Link, Now};
use mio::Waker;
use parking_lot::{Mutex, MutexGuard};

use crate::socket::Socket;

/// The engine and the ways to the threads.
pub(crate) struct Shared {
    engine: Mutex<Engine>,
    mailboxes: Vec<Mailbox>,
    clock: Clock,
}

/// What one thread tells another.
pub(crate) enum Message {
    /// Serve this new connection.
    Serve(Socket),
    /// Output waits in the engine for a connection of yours.
    Flush(Link),
    /// Send what waits, then close.
    Close(Link),
    /// A parked connection goes on.
    Resume(Link),
    /// End.
    Stop,
}

/// Messages for one thread.
pub(crate) struct Mailbox {
    messages: Mutex<Vec<Message>>,
    waker: Waker,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Mailbox {
            messages: Mutex::new(Vec::new()),
            waker,
        }
    }

    /// Leaves a message and wakes the thread.
    pub(crate) fn send(&self, message: Message) {
        let mut messages = self.messages.lock();
        messages.push(message);
        if messages.len() == 1 {
            // A waker fails only when its poll is gone, and the thread with it.
            let _ = self.waker.wake();
        }
    }

    pub(crate) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.messages.lock())
    }
}

impl Shared {
    pub(crate) fn new(engine: Engine, mailboxes: Vec<Mailbox>, clock: Clock) -> Self {
        Shared {
            engine: Mutex::new(engine),
            mailboxes,
            clock,
        }
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock()
    }

    pub(crate) fn mailbox(&self, thread: usize) -> &Mailbox {
        &self.mailboxes[thread]
    }

    pub(crate) fn threads(&self) -> usize {
        self.mailboxes.len()
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }
}

/// Tells the time for the engine: the wall clock, held back where it jumps backwards.
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
