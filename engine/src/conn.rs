//! One connection as the engine sees it. Knows nothing of sockets; the host has those.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::boundary::{ConnId, Link, Now, Peer};
use crate::command::CommandId;
use crate::log::Log;
use crate::resp::{Chunks, Protocol, UNRESOLVED};
use crate::session::blocking::Blocked;
use crate::session::pubsub::Subscriptions;
use crate::session::queue::Queue;
use crate::session::tracking::Tracking;
use crate::session::watch::Watched;

/// Which replies a connection gets, as CLIENT REPLY says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replies {
    /// All.
    #[default]
    On,
    /// None.
    Off,
    /// All but the next one.
    SkipNext,
    /// Not that of the command that runs.
    Skipping,
}

/// A connection's state.
pub struct Conn {
    /// Its name inside the engine.
    pub id: ConnId,
    /// Its number for clients: CLIENT ID.
    pub client_id: u64,
    /// The host's name for it.
    pub link: Link,
    /// Where it comes from.
    pub peer: Peer,
    /// The selected database.
    pub database: usize,
    /// RESP2 or RESP3.
    pub protocol: Protocol,
    /// May run commands; where no password is set, others may too.
    pub authenticated: bool,
    /// CLIENT REPLY.
    pub replies: Replies,
    /// CLIENT NO-EVICT.
    pub no_evict: bool,
    /// CLIENT NO-TOUCH.
    pub no_touch: bool,
    /// MONITOR.
    pub monitors: bool,
    /// CLIENT TRACKING.
    pub(crate) tracking: Option<Box<Tracking>>,
    /// Its next request waits, see [`State::Parked`](crate::boundary::State::Parked).
    pub parked: bool,
    /// Is closed once its output is sent.
    pub closing: bool,
    /// Waits for the host: nothing of it runs until then.
    pub waiting: bool,
    /// CLIENT SETNAME.
    pub name: Vec<u8>,
    /// CLIENT SETINFO LIB-NAME.
    pub lib_name: Vec<u8>,
    /// CLIENT SETINFO LIB-VER.
    pub lib_ver: Vec<u8>,
    /// The command that it sent last, or [`UNRESOLVED`].
    pub last_command: CommandId,
    /// Bytes of input that are held for it.
    pub query_bytes: usize,
    /// When it was accepted, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it last sent a command, in microseconds of [`Now::mono_us`].
    pub active_us: u64,
    /// The requests since MULTI.
    pub(crate) queue: Option<Box<Queue>>,
    /// A transaction that goes on, from a request on, once the host has done what it waits for.
    pub(crate) rest: Option<(Box<Queue>, usize)>,
    /// How many requests the EXEC has that runs: nothing waits then.
    pub(crate) exec_len: Option<usize>,
    /// The keys that it watches.
    pub(crate) watched: Vec<Watched>,
    /// What it listens to.
    pub(crate) subscriptions: Option<Box<Subscriptions>>,
    /// Its command that waits: nothing else of it runs until then.
    pub(crate) blocked: Option<Box<Blocked>>,
    /// The host was asked to fetch what is in the mailbox.
    pub(crate) flush_asked: bool,
    /// Bytes of output that the host holds, because the peer does not take them.
    pub(crate) unsent_bytes: usize,
    /// Since when more output than the soft limit waits, in microseconds of [`Now::mono_us`].
    pub(crate) over_soft_us: Option<u64>,
    /// Replies and pushes that arose while it was not its turn.
    pub mailbox: Chunks,
    /// The log's offset behind what it changed last.
    pub(crate) wrote: u64,
    /// The log's offset that what is in the mailbox depends on, 0 for none.
    pub(crate) after: u64,
}

impl Conn {
    /// What was written for it depends on the log as far as it is now, if its command changed something.
    #[inline]
    pub(crate) fn depends_on(&mut self, log: &mut Log) {
        if log.take_promise() {
            self.after = log.end();
        }
    }

    pub(crate) fn new(id: ConnId, client_id: u64, link: Link, peer: Peer, now: Now) -> Self {
        Conn {
            id,
            client_id,
            link,
            peer,
            database: 0,
            protocol: Protocol::Resp2,
            authenticated: true,
            replies: Replies::On,
            no_evict: false,
            no_touch: false,
            monitors: false,
            tracking: None,
            parked: false,
            closing: false,
            waiting: false,
            name: Vec::new(),
            lib_name: Vec::new(),
            lib_ver: Vec::new(),
            last_command: UNRESOLVED,
            query_bytes: 0,
            created_ms: now.unix_ms,
            active_us: now.mono_us,
            queue: None,
            rest: None,
            exec_len: None,
            watched: Vec::new(),
            subscriptions: None,
            blocked: None,
            flush_asked: false,
            unsent_bytes: 0,
            over_soft_us: None,
            mailbox: Chunks::new(),
            wrote: 0,
            after: 0,
        }
    }
}
