//! What a list of many nodes was at one moment, while it changes. Knows nodes by their places, not what is in them.
//!
//! Nodes that are as they were stay in the list, and it is known where; one that is about to change is copied first, one
//! that goes is moved here. Nodes as they were have numbers, in their order.

#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::super::listpack::Listpack;
use super::node::Node;
use crate::error::Error;

/// Where the first node stands at first: far from both ends of what can be counted.
const MIDDLE: u64 = 1 << 62;

/// What [`Piece::first`] says of a node.
const NUMBER: usize = 0;
const PLACE: usize = 1;

/// Nodes as they were that follow one another: first some that are kept here, then some that the list still has.
struct Piece {
    kept: VecDeque<Node>,
    /// The number and the place of the first that the list has.
    first: [u64; 2],
    /// How many the list has.
    len: u64,
}

#[derive(Default)]
pub(super) struct Past {
    /// The last first, because walking over them ends the others. In the last one are those that are kept behind all that
    /// the list still has.
    pieces: Vec<Piece>,
    /// The place of the list's first node, so that places stay when nodes come and go before.
    base: u64,
    /// Nodes that there were.
    len: u64,
    /// Memory was refused, and not all was kept.
    failed: bool,
    /// What all the list's nodes have become, where that is small.
    pub(super) shrunk: Listpack,
}

impl Past {
    /// Of so many nodes, of which those before number `walked` need not be kept.
    pub(super) fn new(len: usize, walked: u64) -> Result<Past, Error> {
        let mut pieces = Vec::new();
        pieces.try_reserve(2)?;
        let len = len as u64;
        for number in [len, walked.min(len)] {
            pieces.push(Piece {
                kept: VecDeque::new(),
                first: [number, MIDDLE + number],
                len: len - number,
            });
        }
        Ok(Past {
            pieces,
            base: MIDDLE,
            len,
            failed: false,
            shrunk: Listpack::new(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The first piece that has a node of this number or place or has only ones behind it. O(log pieces).
    fn seek(&self, what: usize, at: u64) -> Option<(usize, &Piece)> {
        let (mut behind, mut end) = (0, self.pieces.len());
        while behind < end {
            let middle = usize::midpoint(behind, end);
            let piece = &self.pieces[middle];
            if piece.first[what] + piece.len > at {
                behind = middle + 1;
            } else {
                end = middle;
            }
        }
        let found = behind.wrapping_sub(1);
        let piece = self.pieces.get(found)?;
        (!self.failed).then_some((found, piece))
    }

    /// Node number `number`; none where it need not be kept any more, or could not be. O(log pieces).
    pub(super) fn node<'a>(&'a self, number: usize, now: &'a VecDeque<Node>) -> Option<&'a Node> {
        let (_, piece) = self.seek(NUMBER, number as u64)?;
        let behind = number as u64 as i64 - piece.first[NUMBER] as i64;
        if behind >= 0 {
            return now.get((piece.first[PLACE] - self.base) as usize + behind as usize);
        }
        let at = piece.kept.len() as i64 + behind;
        piece.kept.get(usize::try_from(at).ok()?)
    }

    /// The piece that the list's node at `at` belongs to, if that is as it was and still needed, and where in it.
    fn find(&self, at: usize) -> Option<(usize, u64)> {
        let place = self.base + at as u64;
        let (found, piece) = self.seek(PLACE, place)?;
        Some((found, place.checked_sub(piece.first[PLACE])?))
    }

    /// Makes two pieces of one, of which the second comes to stand where that was.
    fn split(&mut self, at: usize, len: u64) -> Result<(), Error> {
        self.pieces.try_reserve(1)?;
        let piece = &mut self.pieces[at];
        let mut rest = Piece {
            kept: VecDeque::new(),
            ..*piece
        };
        rest.pass(len);
        piece.len = len;
        self.pieces.insert(at, rest);
        Ok(())
    }

    /// Keeps a copy of the list's node at `at` where that is needed. Comes before each change of one. O(size of a node),
    /// and O(pieces).
    #[cold]
    #[inline(never)]
    pub(super) fn touch(&mut self, at: usize, now: &VecDeque<Node>) {
        if let (Some(_), Some(node)) = (self.find(at), now.get(at)) {
            match node.copy() {
                Ok(copy) => drop(self.keep(at, copy)),
                Err(_) => self.failed = true,
            }
        }
    }

    /// Takes what was the list's node at `at`, or gives it back where it is not needed. O(pieces), at the ends O(1).
    #[cold]
    #[inline(never)]
    pub(super) fn keep(&mut self, at: usize, node: Node) -> Option<Node> {
        let Some((mut found, before)) = self.find(at) else {
            return Some(node);
        };
        let at_end = before > 0 && before + 1 == self.pieces[found].len;
        let mut result = Ok(());
        if at_end {
            found -= 1;
        } else if before > 0 {
            result = self.split(found, before);
        }
        let piece = &mut self.pieces[found];
        if result.is_err() || piece.kept.try_reserve(1).is_err() {
            self.failed = true;
            return Some(node);
        }
        if at_end {
            piece.kept.push_front(node);
            self.pieces[found + 1].len -= 1;
        } else {
            piece.kept.push_back(node);
            piece.pass(1);
        }
        None
    }

    /// A node comes in at `at`. O(pieces), at the ends O(1).
    #[cold]
    #[inline(never)]
    pub(super) fn opened(&mut self, at: usize) {
        if let Some((found, before @ 1..)) = self.find(at) {
            self.failed |= self.split(found, before).is_err();
        }
        self.moved(at, 1);
    }

    /// The nodes from `at` on stand `by` places further on, or one place back where that is -1: the one that was there is
    /// gone, and whatever was needed of it is kept. O(pieces), at the ends O(1).
    #[cold]
    #[inline(never)]
    pub(super) fn moved(&mut self, at: usize, by: i64) {
        let place = self.base + at as u64;
        if at == 0 {
            self.base = self.base.wrapping_add_signed(-by);
            return;
        }
        for piece in &mut self.pieces {
            let first = &mut piece.first[PLACE];
            if *first < place {
                break;
            }
            *first = first.wrapping_add_signed(by).max(place);
        }
    }

    /// All nodes without elements are about to go; whatever was needed of them is kept. O(nodes).
    #[cold]
    #[inline(never)]
    pub(super) fn swept(&mut self, now: &VecDeque<Node>) {
        let (mut at, mut gone) = (0, 0);
        for piece in self.pieces.iter_mut().rev() {
            let first = &mut piece.first[PLACE];
            while self.base + at < *first
                && let Some(node) = now.get(at as usize)
            {
                gone += u64::from(node.count() == 0);
                at += 1;
            }
            *first -= gone;
        }
    }

    /// Nodes before number `walked` need not be kept any more. O(how many those are).
    pub(super) fn walked(&mut self, walked: u64) {
        while let Some(piece) = self.pieces.last_mut() {
            let [number, _] = piece.first;
            if number - (piece.kept.len() as u64) < walked && piece.kept.pop_front().is_some() {
                continue;
            }
            piece.pass(walked.saturating_sub(number).min(piece.len));
            if piece.len > 0 || !piece.kept.is_empty() || self.pieces.len() == 1 {
                break;
            }
            self.pieces.pop();
        }
    }

    /// Takes out some nodes that are kept, perhaps none; nothing once there was all.
    pub(super) fn take(&mut self) -> Option<VecDeque<Node>> {
        self.pieces.pop().map(|piece| piece.kept)
    }
}

impl Piece {
    /// The first `len` that the list has are no longer of this piece.
    fn pass(&mut self, len: u64) {
        self.first[NUMBER] += len;
        self.first[PLACE] += len;
        self.len -= len;
    }
}
