//! Output that a socket did not take yet: a queue of pieces, freed as they are sent. Knows no connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

use hyla_engine::resp::Chunks;

use crate::socket::Socket;

/// Slices that one vectored write takes.
const SLICES: usize = 64;
/// Pieces smaller than this are joined with what follows.
const PIECE_BYTES: usize = 64 * 1024;
/// What one connection may send before others have their turn.
const TURN_BYTES: usize = 1 << 20;

/// Where a write stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// Everything is sent.
    All,
    /// The socket takes no more for now.
    Full,
    /// The connection had its share of this turn.
    Turn,
}

/// A queue of output.
#[derive(Default)]
pub(crate) struct Unsent {
    pieces: VecDeque<Chunks>,
    /// Bytes of the first piece that are sent.
    sent: usize,
    bytes: usize,
}

impl Unsent {
    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Takes what `out` holds behind its first `sent` bytes; `out` is empty afterwards. False if memory ran out.
    pub(crate) fn push(&mut self, out: &mut Chunks, sent: usize) -> bool {
        self.bytes += out.len() - sent;
        match self.pieces.back_mut() {
            Some(last) if last.len() < PIECE_BYTES => {
                last.append(out);
                !last.failed()
            }
            last => {
                if last.is_none() {
                    self.sent = sent;
                }
                self.pieces.push_back(std::mem::take(out));
                true
            }
        }
    }

    /// Sends what the socket takes.
    pub(crate) fn write(&mut self, socket: &mut Socket) -> io::Result<Wrote> {
        let mut budget = TURN_BYTES;
        while let Some(first) = self.pieces.front() {
            let (wrote, sent) = write_from(socket, first, self.sent, budget)?;
            let count = sent - self.sent;
            self.bytes -= count;
            self.sent = sent;
            budget = budget.saturating_sub(count);
            if wrote != Wrote::All {
                return Ok(wrote);
            }
            self.sent = 0;
            self.pieces.pop_front();
            if budget == 0 && !self.pieces.is_empty() {
                return Ok(Wrote::Turn);
            }
        }
        self.pieces = VecDeque::new();
        Ok(Wrote::All)
    }
}

/// Sends `out` from byte `from` on, about `budget` bytes of it, and gives how far it came.
pub(crate) fn write_from(
    socket: &mut Socket,
    out: &Chunks,
    from: usize,
    budget: usize,
) -> io::Result<(Wrote, usize)> {
    let mut sent = from;
    while sent < out.len() {
        if sent - from >= budget {
            return Ok((Wrote::Turn, sent));
        }
        let result = match out.as_slice() {
            Some(bytes) => socket.write(&bytes[sent..]),
            None => {
                let slices: Vec<IoSlice<'_>> =
                    out.pieces(sent).take(SLICES).map(IoSlice::new).collect();
                socket.write_vectored(&slices)
            }
        };
        match result {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok((Wrote::Full, sent)),
            Err(error) => return Err(error),
        }
    }
    Ok((Wrote::All, sent))
}

/// Sends `out` at once where nothing waits before it. See [`write_from`].
pub(crate) fn write_now(socket: &mut Socket, out: &Chunks) -> io::Result<(Wrote, usize)> {
    write_from(socket, out, 0, TURN_BYTES)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use super::*;

    /// Everything arrives once and in order, whatever pieces it came in and however slowly it is read.
    #[test]
    fn pieces_arrive_in_order() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut socket = Socket::Unix(mio::net::UnixStream::from_std(ours), Arc::from("pair"));
        let mut unsent = Unsent::default();
        let mut expected = Vec::new();
        let mut got = Vec::new();
        let mut buffer = [0; 5000];
        for round in 0..300usize {
            let mut out = Chunks::new();
            out.push(&vec![round as u8; 1000 + round]);
            if round % 3 == 0 {
                out.push_shared(&Arc::new(vec![b'x'; 20_000]));
            }
            expected.extend(out.to_vec());
            assert!(unsent.push(&mut out, 0));
            assert!(out.is_empty());
            unsent.write(&mut socket).unwrap();
            let count = theirs.read(&mut buffer).unwrap_or(0);
            got.extend_from_slice(&buffer[..count]);
            assert!(unsent.len() <= expected.len() - got.len());
        }
        assert!(!unsent.is_empty());
        while !unsent.is_empty() || got.len() < expected.len() {
            unsent.write(&mut socket).unwrap();
            while let Ok(count) = theirs.read(&mut buffer) {
                got.extend_from_slice(&buffer[..count]);
            }
        }
        assert!(got == expected);
        assert!(unsent.pieces.is_empty());
    }
}
