//! One connection on its I/O thread: the socket, what was read and not run, what was written and not sent.
//! Knows no command.

use std::collections::VecDeque;
use std::io::ErrorKind;

use hyla_engine::resp::{Chunks, Intake, Limits};
use hyla_engine::{ConnId, command};

use crate::socket::Socket;
use crate::unsent::{Unsent, Wrote, write_now};

/// Requests that are parsed, and run, for a connection at a time.
const BATCH_COMMANDS: usize = hyla_engine::boundary::BATCH_COMMANDS_MAX;

/// What the last read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The socket is empty for now.
    Drained,
    /// There may be more.
    More,
    /// The other end sends no more. It may still read.
    Ended,
}

pub(crate) struct Connection {
    pub(crate) socket: Socket,
    /// Nothing where the engine refused it.
    pub(crate) conn: Option<ConnId>,
    /// Held only while it has input that has not run.
    pub(crate) intake: Option<Intake>,
    pub(crate) limits: Limits,
    pub(crate) read: Read,
    /// The poll told that the other end sends no more: reads go on until they find the end.
    pub(crate) hung_up: bool,
    /// Is in its thread's ready list.
    pub(crate) ready: bool,
    /// Parsed requests wait for their next turn.
    pub(crate) more: bool,
    /// Parsing stopped at its limit, not for want of input.
    pub(crate) capped: bool,
    /// The engine said that the next request has to wait.
    pub(crate) parked: bool,
    /// Is closed once everything is sent.
    pub(crate) closing: bool,
    /// The socket takes more, and the last turn was over before it was full.
    pub(crate) unfinished: bool,
    unsent: Unsent,
    /// Replies that wait for the log, each with the offset that it has to be durable up to.
    held: VecDeque<(u64, Chunks)>,
    held_bytes: usize,
    /// What the engine knows of `unsent`, in bytes.
    reported: usize,
    broken: bool,
}

impl Connection {
    pub(crate) fn new(socket: Socket, conn: Option<ConnId>, limits: Limits) -> Self {
        Connection {
            socket,
            conn,
            intake: None,
            limits,
            read: Read::Drained,
            hung_up: false,
            ready: false,
            more: false,
            capped: false,
            parked: false,
            closing: false,
            unfinished: false,
            unsent: Unsent::default(),
            held: VecDeque::new(),
            held_bytes: 0,
            reported: 0,
            broken: false,
        }
    }

    /// Nothing is left to do but to close it.
    pub(crate) fn is_done(&self) -> bool {
        if self.broken {
            return true;
        }
        let ended = self.read == Read::Ended && self.intake.is_none() && !self.parked;
        (self.closing || ended) && self.unsent.is_empty() && self.held.is_empty()
    }

    /// Sends `out` once the log is durable up to `after`, and what is held already before it. True if it is held.
    pub(crate) fn send_after(&mut self, out: &mut Chunks, after: u64, durable: u64) -> bool {
        if out.is_empty() {
            return false;
        }
        if after <= durable && self.held.is_empty() {
            self.send(out);
            return false;
        }
        self.held_bytes += out.len();
        self.held.push_back((after, std::mem::take(out)));
        true
    }

    /// Sends what was held and need not be any more.
    pub(crate) fn release(&mut self, durable: u64) {
        while let Some((after, out)) = self.held.front_mut() {
            if *after > durable {
                return;
            }
            let mut out = std::mem::take(out);
            self.held.pop_front();
            self.held_bytes -= out.len();
            self.send(&mut out);
        }
    }

    /// Replies wait for the log.
    pub(crate) fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Closes it without sending more.
    pub(crate) fn abandon(&mut self) {
        self.broken = true;
    }

    /// There may be something to read.
    pub(crate) fn expect_input(&mut self) {
        if self.read != Read::Ended {
            self.read = Read::More;
        }
    }

    /// Reads once into `intake`.
    pub(crate) fn read(&mut self, intake: &mut Intake) {
        let Some(space) = intake.space() else {
            self.read = Read::Ended;
            self.broken = true;
            return;
        };
        let room = space.len();
        self.read = loop {
            match self.socket.read(space) {
                Ok(0) => break Read::Ended,
                Ok(count) => {
                    intake.advance(count);
                    // A short read of a stream has emptied it: no second call to hear so.
                    break if count == room || self.hung_up {
                        Read::More
                    } else {
                        Read::Drained
                    };
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Read::Drained,
                Err(_) => {
                    self.broken = true;
                    break Read::Ended;
                }
            }
        };
    }

    /// Parses the requests of one turn.
    pub(crate) fn parse(&mut self, intake: &mut Intake) {
        intake.parse(BATCH_COMMANDS, command::resolve);
        let most = if intake.limits.authenticated {
            BATCH_COMMANDS
        } else {
            1
        };
        self.capped = intake.waiting().len() >= most && intake.has_unparsed();
    }

    /// Sends `out`, which is empty afterwards; what the socket does not take is kept.
    pub(crate) fn send(&mut self, out: &mut Chunks) {
        if out.is_empty() {
            return;
        }
        if out.failed() {
            // A reply has a hole. Nothing behind it would be understood.
            self.broken = true;
            out.clear();
            return;
        }
        let mut from = 0;
        if self.unsent.is_empty() {
            match write_now(&mut self.socket, out) {
                Ok((Wrote::All, _)) => {
                    out.clear();
                    return;
                }
                Ok((wrote, sent)) => {
                    self.unfinished = wrote == Wrote::Turn;
                    from = sent;
                }
                Err(_) => {
                    self.broken = true;
                    out.clear();
                    return;
                }
            }
        }
        self.broken |= !self.unsent.push(out, from);
    }

    /// Sends what the socket did not take before.
    pub(crate) fn write_pending(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        match self.unsent.write(&mut self.socket) {
            Ok(wrote) => self.unfinished = wrote == Wrote::Turn,
            Err(_) => self.broken = true,
        }
    }

    fn unsent_bytes(&self) -> usize {
        self.unsent.len() + self.held_bytes
    }

    /// Bytes of output that wait for the socket, where the engine was told of others.
    pub(crate) fn changed_unsent(&mut self) -> Option<usize> {
        let bytes = self.unsent_bytes();
        let known = std::mem::replace(&mut self.reported, bytes);
        (known != bytes).then_some(bytes)
    }

    /// Its command waits, and the other end sends no more.
    pub(crate) fn waits_for_nobody(&self) -> bool {
        self.parked && (self.hung_up || self.read == Read::Ended)
    }
}
