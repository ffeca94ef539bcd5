//! The whole contract between the engine and its hosts. It knows nothing of how a host does its work.
//!
//! The engine decides everything and does nothing; a host does everything and decides nothing. Time,
//! seed and requests go in ([`Input`]); replies, log records and work for the host come out ([`Output`]).
//! The same inputs give the same outputs on every platform.
//!
//! # The contract
//!
//! 1. **Drain.** After one or more [`Engine::handle`](crate::Engine::handle) calls the host calls
//!    [`Engine::poll`](crate::Engine::poll) until it answers [`Output::Sleep`], and comes back with
//!    [`Input::Tick`] no later than that moment.
//! 2. **Durable before visible.** A reply that depends on log records is not sent before those records are
//!    as durable as `appendfsync` promises. [`Progress::after`] names the log offset that the replies
//!    of a call depend on, where the connection's own commands changed something; 0 stands for none.
//!    [`Engine::take_output`](crate::Engine::take_output) does so for replies that appear on other connections. The host
//!    keeps such bytes, and all that come for that connection after them, until [`Output::Durable`] names that
//!    offset or a later one, or drops them with their connection at [`Output::Lost`]. It reads and hands in requests meanwhile: their records make up the next write.
//! 3. **Time.** [`Now`] never runs backwards and stays the same while one command runs. The engine never
//!    asks for it.
//! 4. **Failures come back as inputs.** What a host could not parse, store or send is told to the
//!    engine, never a panic. Bytes that are no valid request stop the [`Intake`] they are in, and the
//!    engine answers with the protocol error and closes.
//! 5. **Ready or parked.** A call answers [`Progress`]. While a connection is parked, its remaining
//!    input stays with the host until [`Output::Resume`] names it. A command that waits for a key or for time is
//!    taken: the engine keeps its arguments, and the request is consumed. When a key that it waits for
//!    changes it runs again from the start, right behind the command (or the whole EXEC) that changed the
//!    key and before the next one; who came first is served first. Its reply is fetched after an
//!    [`Output::Flush`], and `Resume` follows. Deadlines are moments of [`Output::Sleep`]. CLIENT PAUSE parks
//!    before anything has happened: there the request itself stays with the host.
//! 6. **Stopwatch.** [`Engine::new`](crate::Engine::new) takes a monotonic nanosecond counter that serves accounting only
//!    (commandstats, SLOWLOG, LATENCY). Slices of long work are bounded by counted work, never by time.
//! 7. **One slice a call.** A call runs at most [`BATCH_COMMANDS_MAX`] commands or about
//!    [`BATCH_REPLY_BYTES`] of replies, so that a host that holds a lock holds it briefly.
//! 8. **Files.** Which operations on files happen, and in which order, is decided by the engine
//!    ([`Output::Files`]); a host runs them and reports ([`Input::Filed`]). What holds of them stands in [`files`]. A
//!    host that has files says so with [`Engine::start_files`](crate::Engine::start_files), which loads what they have;
//!    until [`Output::Ready`] most commands are refused.
//! 9. **Slow peers.** What a host holds for a peer that does not take it is told to the engine ([`Input::Unsent`]),
//!    which counts it against `client-output-buffer-limit`. A peer that will send no more is told while its
//!    connection is parked ([`Input::HungUp`]): nobody would read on.

pub mod files;

use alloc::string::String;
use alloc::vec::Vec;

pub use self::files::{Answer, FileError, FileFailure, FileOp, Filed, Lane};
use crate::resp::{Chunks, Intake};

/// The most commands that one call runs for one connection.
pub const BATCH_COMMANDS_MAX: usize = 256;

/// Once a call has produced this many bytes of replies it returns, though more requests are waiting.
pub const BATCH_REPLY_BYTES: usize = 64 * 1024;

/// The moment of an input. Two clocks: one that people read, and one that never jumps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970-01-01 UTC.
    pub unix_ms: u64,
    /// Microseconds since some fixed start, never running backwards.
    pub mono_us: u64,
}

/// Names a connection inside the engine. A closed connection's name is not used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

/// The host's own name for a connection. The engine hands it back and never looks inside.
pub type Link = u64;

/// How a connection came to be, as CLIENT LIST and protected mode need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The other end as `ip:port`, or a socket's path and `:0`.
    pub address: String,
    /// Our end, in the same form.
    pub local_address: String,
    /// The connection comes over a unix socket.
    pub unix_socket: bool,
    /// The other end is this machine (loopback, unix socket, or the host's own program).
    pub loopback: bool,
    /// The descriptor number where the host has one, else -1.
    pub fd: i64,
}

/// What a host tells the engine.
pub enum Input<'a> {
    /// A connection was opened. Replies with [`Progress::conn`] set, or refuses by [`State::Closing`]
    /// with the refusal's text in `out`.
    Accepted {
        /// The host's name for it.
        link: Link,
        /// Where it comes from.
        peer: Peer,
        /// Takes the refusal's text, if any.
        out: &'a mut Chunks,
    },
    /// Requests arrived on a connection and were parsed by the host with [`Intake`].
    Requests {
        /// The connection.
        conn: ConnId,
        /// The parsed requests; those that ran are consumed.
        intake: &'a mut Intake,
        /// Takes the replies.
        out: &'a mut Chunks,
    },
    /// The host now holds this many bytes of output that a connection's peer has not taken.
    Unsent {
        /// The connection.
        conn: ConnId,
        /// The bytes.
        bytes: usize,
    },
    /// A parked connection's peer sends no more.
    HungUp {
        /// The connection.
        conn: ConnId,
    },
    /// A connection is gone.
    Closed {
        /// The connection.
        conn: ConnId,
    },
    /// A job that [`Output::Start`] asked for has ended.
    Done {
        /// The job's number.
        job: u64,
        /// What it gave, or the host's words for why it failed.
        result: Result<Vec<u8>, String>,
    },
    /// What became of an [`Output::Files`].
    Filed {
        /// Its number.
        job: u64,
        /// The answers of its reading operations, or its first failure.
        result: Filed,
    },
    /// The process was told to end: SIGTERM, or SIGINT. [`Job::Shutdown`] comes once all is stored.
    Terminate {
        /// It was SIGINT.
        interrupt: bool,
    },
    /// Time has passed: do a slice of the work that nobody waits for.
    Tick,
}

/// What a call to [`Engine::handle`](crate::Engine::handle) left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The connection the input spoke of.
    pub conn: Option<ConnId>,
    /// What the host does next with it.
    pub state: State,
    /// Replies must wait until the log is durable up to this offset (0: they need not).
    pub after: u64,
}

/// What the host does next with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything that was parsed has run: read on.
    Ready,
    /// Parsed requests remain: call again, after others had their turn.
    More,
    /// Something waits: keep the remaining requests until [`Output::Resume`].
    Parked,
    /// Send what there is, then close.
    Closing,
}

/// What the engine asks a host to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Append the log's bytes `from..to` ([`Engine::log_bytes`](crate::Engine::log_bytes)), in order.
    Append {
        /// Offset of the first byte.
        from: u64,
        /// Offset behind the last byte.
        to: u64,
    },
    /// Bytes wait for a connection whose turn it is not: fetch them with
    /// [`Engine::take_output`](crate::Engine::take_output).
    Flush {
        /// The connection.
        conn: ConnId,
        /// The host's name for it.
        link: Link,
    },
    /// Close a connection at once: what waits for it is not sent.
    Close {
        /// The connection.
        conn: ConnId,
        /// The host's name for it.
        link: Link,
        /// Why, for the host's log.
        why: CloseReason,
    },
    /// A parked connection goes on: hand in its remaining requests again.
    Resume {
        /// The connection.
        conn: ConnId,
        /// The host's name for it.
        link: Link,
    },
    /// Do a piece of work off the engine's path and report with [`Input::Done`].
    Start {
        /// The job's number.
        job: u64,
        /// The work.
        work: Job,
    },
    /// Run operations on files and report with [`Input::Filed`].
    Files {
        /// The list's number.
        job: u64,
        /// Where that is done.
        lane: Lane,
        /// The operations.
        ops: Vec<FileOp>,
    },
    /// The log is as durable as was promised up to here: replies that waited for that may go.
    Durable {
        /// Offset behind the last byte that is.
        upto: u64,
    },
    /// The log will not become durable as was promised: connections that wait for that are closed without the
    /// replies that they wait for.
    Lost,
    /// What there was on files is loaded: commands run from now on.
    Ready,
    /// A line for the host's log.
    Note {
        /// How much it matters.
        level: Level,
        /// The line.
        text: String,
    },
    /// Nothing more now. Come back with [`Input::Tick`] by this moment of [`Now::mono_us`].
    Sleep {
        /// The moment.
        until_us: u64,
    },
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What one who runs a server wants to know.
    Notice,
    /// What one who runs a server has to look at.
    Warning,
}

/// Why the engine closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Another one's command asked for it.
    Killed,
    /// It was idle for longer than `timeout`.
    Idle,
    /// More waited for it than `client-output-buffer-limit` allows.
    OutputLimit,
    /// Its peer hung up while its command waited.
    HungUp,
}

/// Work that only a host can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// A directive changed that the host keeps outside the engine (a port, a log level): apply it.
    Apply {
        /// The directive's name.
        directive: &'static str,
    },
    /// Write the config file anew with [`Engine::rewrite_config`](crate::Engine::rewrite_config).
    RewriteConfig,
    /// Stop serving and end the process. What was to be stored is.
    Shutdown {
        /// The exit code: 0 where all is as it should be.
        code: i32,
    },
}
