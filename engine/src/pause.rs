//! CLIENT PAUSE: which commands wait, until when, and whose. Knows no command by name.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::boundary::{ConnId, Now, Output};
use crate::clients::Clients;
use crate::command::Flags;

/// Which commands wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseMode {
    /// None.
    #[default]
    Off,
    /// Those that may change data.
    Write,
    /// All.
    All,
}

/// A pause and those who wait for its end.
#[derive(Debug, Default)]
pub struct Pause {
    mode: PauseMode,
    /// Its end, in microseconds of [`Now::mono_us`].
    until_us: u64,
    waiting: Vec<ConnId>,
    /// Those who were told to go on and have not come yet: who comes meanwhile must not overtake them.
    resumed: Vec<ConnId>,
}

impl Pause {
    /// Begins a pause. One that is still on is made longer and stricter, never shorter or laxer.
    pub fn begin(&mut self, mode: PauseMode, ms: u64, now: Now) {
        let until_us = now.mono_us.saturating_add(ms.saturating_mul(1000));
        if self.is_on(now) {
            self.mode = self.mode.max(mode);
            self.until_us = self.until_us.max(until_us);
        } else {
            self.mode = mode;
            self.until_us = until_us;
        }
    }

    /// Whether a pause was begun and not ended, or ended and not all have come that waited. It may be over.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.mode != PauseMode::Off || !self.resumed.is_empty()
    }

    /// Whether a pause is on.
    #[inline]
    pub fn is_on(&self, now: Now) -> bool {
        self.mode != PauseMode::Off && now.mono_us < self.until_us
    }

    /// A connection has come. True if others have to come before it that waited longer.
    pub fn is_late(&mut self, conn: ConnId) -> bool {
        let before = self.resumed.len();
        self.resumed.retain(|resumed| *resumed != conn);
        self.resumed.len() == before && before > 0
    }

    /// Whether a command has to wait for the pause's end, or, where it is `late`, for those who waited before.
    pub fn holds(&self, flags: Flags, late: bool, now: Now) -> bool {
        let changes = flags.has(Flags::WRITE) || flags.has(Flags::MAY_REPLICATE);
        if self.is_on(now) {
            return self.mode == PauseMode::All || changes;
        }
        late && changes
    }

    /// Lets those go on who came while others had to go first, once all of these have come or are gone.
    pub fn follow_up(&mut self, clients: &mut Clients, outputs: &mut VecDeque<Output>) {
        self.resumed.retain(|conn| clients.get(*conn).is_some());
        if self.resumed.is_empty() && self.mode == PauseMode::Off && !self.waiting.is_empty() {
            self.lift(clients, outputs);
        }
    }

    /// What changes nothing may run.
    pub fn is_for_writes(&self) -> bool {
        self.mode == PauseMode::Write
    }

    /// The end that is to be watched for, in microseconds of [`Now::mono_us`].
    pub fn due_us(&self) -> Option<u64> {
        (self.mode != PauseMode::Off).then_some(self.until_us)
    }

    /// Connections that wait for its end.
    pub fn waiting_len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a connection waits for its end. O(those who wait).
    pub(crate) fn is_waiting(&self, conn: ConnId) -> bool {
        self.waiting.contains(&conn)
    }

    /// A connection waits from now on.
    pub fn park(&mut self, conn: ConnId) {
        self.waiting.push(conn);
    }

    /// Ends the pause and lets those who wait go on, in the order in which they came.
    pub fn end(&mut self, clients: &mut Clients, outputs: &mut VecDeque<Output>) {
        self.mode = PauseMode::Off;
        for id in self.waiting.drain(..) {
            if let Some(conn) = clients.get_mut(id) {
                conn.parked = false;
                outputs.push_back(Output::Resume {
                    conn: id,
                    link: conn.link,
                });
            }
        }
    }

    /// The same, and until they have come nobody overtakes them who would change data.
    pub fn lift(&mut self, clients: &mut Clients, outputs: &mut VecDeque<Output>) {
        let waiting = self.waiting.iter().copied();
        self.resumed
            .extend(waiting.filter(|conn| clients.get(*conn).is_some()));
        self.end(clients, outputs);
    }
}
