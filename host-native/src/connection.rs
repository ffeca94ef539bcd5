//! One connection on its I/O thread: the socket, what was read and not run, what was written and not sent.
//! Knows no command.

use std::io::{self, ErrorKind, IoSlice};

use hyla_engine::ConnId;
use hyla_engine::resp::{Chunks, Intake, Limits};

use crate::socket::Socket;

/// Pieces that one vectored write takes.
const PIECES: usize = 64;

/// What the last read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The socket is empty for now.
    Drained,
    /// There may be more.
    More,
    /// The other end is gone, or the connection broke.
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
    /// Is in its thread's ready list.
    pub(crate) ready: bool,
    /// Parsed requests wait for their next turn.
    pub(crate) more: bool,
    /// The engine said that the next request has to wait.
    pub(crate) parked: bool,
    /// Is closed once everything is sent.
    pub(crate) closing: bool,
    unsent: Chunks,
    sent: usize,
    broken: bool,
}

impl Connection {
    pub(crate) fn new(socket: Socket, conn: Option<ConnId>) -> Self {
        Connection {
            socket,
            conn,
            intake: None,
            limits: Limits::default(),
            read: Read::Drained,
            ready: false,
            more: false,
            parked: false,
            closing: false,
            unsent: Chunks::new(),
            sent: 0,
            broken: false,
        }
    }

    /// Nothing is left to do but to close it.
    pub(crate) fn is_done(&self) -> bool {
        self.broken
            || (self.closing && self.unsent.is_empty())
            || (self.read == Read::Ended && self.intake.is_none() && self.unsent.is_empty())
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
                    break if count == room {
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

    /// Sends `out`, which is empty afterwards; what the socket does not take is kept.
    pub(crate) fn send(&mut self, out: &mut Chunks) {
        if out.is_empty() {
            return;
        }
        if !self.unsent.is_empty() {
            self.unsent.append(out);
            return;
        }
        match write_from(&mut self.socket, out, 0) {
            Ok(sent) if sent == out.len() => out.clear(),
            Ok(sent) => {
                self.sent = sent;
                self.unsent.append(out);
            }
            Err(_) => {
                self.broken = true;
                out.clear();
            }
        }
    }

    /// Sends what the socket did not take before.
    pub(crate) fn write_pending(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        match write_from(&mut self.socket, &self.unsent, self.sent) {
            Ok(sent) if sent == self.unsent.len() => {
                self.sent = 0;
                self.unsent = Chunks::new();
            }
            Ok(sent) => self.sent = sent,
            Err(_) => self.broken = true,
        }
    }
}

/// Writes from byte `from` on until all is sent or the socket is full, and gives how far it came.
fn write_from(socket: &mut Socket, out: &Chunks, from: usize) -> io::Result<usize> {
    let mut sent = from;
    while sent < out.len() {
        let result = match out.as_slice() {
            Some(bytes) => socket.write(&bytes[sent..]),
            None => {
                let pieces: Vec<IoSlice<'_>> =
                    out.pieces(sent).take(PIECES).map(IoSlice::new).collect();
                socket.write_vectored(&pieces)
            }
        };
        match result {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}
