//! A connection's output: bytes, with large shared strings spliced in at their places so that they are
//! never copied. Knows no reply format.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// Output on its way to a connection.
#[derive(Debug)]
pub struct Chunks {
    bytes: Vec<u8>,
    /// Shared strings and the offsets in `bytes` that they stand before, ascending.
    shared: Vec<(usize, Arc<Vec<u8>>)>,
    shared_len: usize,
    /// Bytes beyond which it does not grow.
    limit: usize,
    failed: bool,
}

impl Default for Chunks {
    fn default() -> Self {
        Chunks::new()
    }
}

/// A run of output bytes, see [`Chunks::pieces`].
pub type Piece<'a> = &'a [u8];

impl Chunks {
    /// Nothing yet.
    pub const fn new() -> Self {
        Chunks {
            bytes: Vec::new(),
            shared: Vec::new(),
            shared_len: 0,
            limit: usize::MAX,
            failed: false,
        }
    }

    /// Bytes in all.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.shared_len
    }

    /// There is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.shared.is_empty()
    }

    /// Memory ran out, or the limit was passed, while a reply was written: the connection's output has a hole and must be
    /// closed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// From about so many bytes on, at most twice as many, all that is written fails.
    pub fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Appends bytes by copying them.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        if self.reserve(bytes.len()) {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Appends a shared string without copying it.
    pub fn push_shared(&mut self, string: &Arc<Vec<u8>>) {
        self.shared_len += string.len();
        self.shared.push((self.bytes.len(), Arc::clone(string)));
    }

    /// Makes room for `extra` more bytes. False, and [`Chunks::failed`] from then on, if there is none.
    #[inline]
    pub fn reserve(&mut self, extra: usize) -> bool {
        if self.bytes.capacity() - self.bytes.len() < extra {
            self.grow(extra);
        }
        !self.failed
    }

    #[inline(never)]
    fn grow(&mut self, extra: usize) {
        self.failed |=
            extra > self.limit.saturating_sub(self.len()) || self.bytes.try_reserve(extra).is_err();
    }

    /// Marks the present end, for [`Chunks::truncate`].
    pub fn mark(&self) -> Mark {
        Mark {
            bytes: self.bytes.len(),
            shared: self.shared.len(),
        }
    }

    /// Takes back what came after `mark`.
    pub fn truncate(&mut self, mark: Mark) {
        self.bytes.truncate(mark.bytes);
        for (_, string) in self.shared.drain(mark.shared..) {
            self.shared_len -= string.len();
        }
    }

    /// Puts bytes where the end was at `mark`; what came after moves. For heads that are known last.
    pub fn insert(&mut self, mark: Mark, bytes: &[u8]) {
        if self.reserve(bytes.len()) {
            let end = self.bytes.len();
            self.bytes.extend_from_slice(bytes);
            self.bytes[mark.bytes..].rotate_right(bytes.len());
            debug_assert!(mark.bytes <= end, "a mark is not behind the end");
            for (at, _) in &mut self.shared[mark.shared..] {
                *at += bytes.len();
            }
        }
    }

    /// Appends all of `other`, which is empty afterwards.
    pub fn append(&mut self, other: &mut Chunks) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            core::mem::swap(self, other);
            core::mem::swap(&mut self.limit, &mut other.limit);
            return;
        }
        let base = self.bytes.len();
        self.failed |= other.failed;
        if self.reserve(other.bytes.len()) {
            self.bytes.append(&mut other.bytes);
            self.shared.extend(
                other
                    .shared
                    .drain(..)
                    .map(|(at, string)| (base + at, string)),
            );
            self.shared_len += other.shared_len;
        }
        other.clear();
    }

    /// Empties it and keeps the memory up to 64 KB.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(64 * 1024);
        self.shared.clear();
        self.shared_len = 0;
        self.limit = usize::MAX;
        self.failed = false;
    }

    /// The output from byte `skip` on, in order, as runs ready for a vectored write.
    pub fn pieces(&self, skip: usize) -> impl Iterator<Item = Piece<'_>> {
        let mut from = 0;
        let mut skip = skip;
        let runs = self
            .shared
            .iter()
            .flat_map(move |(at, string)| {
                let run = &self.bytes[from..*at];
                from = *at;
                [run, string.as_slice()]
            })
            .chain(core::iter::once(
                &self.bytes[self.shared.last().map_or(0, |(at, _)| *at)..],
            ));
        runs.filter_map(move |run| {
            let cut = skip.min(run.len());
            skip -= cut;
            let rest = &run[cut..];
            if rest.is_empty() { None } else { Some(rest) }
        })
    }

    /// All of it as one slice, where no shared string is part of it.
    pub fn as_slice(&self) -> Option<&[u8]> {
        self.shared.is_empty().then_some(&self.bytes)
    }

    /// A copy of all of it.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.len());
        for piece in self.pieces(0) {
            all.extend_from_slice(piece);
        }
        all
    }
}

/// A place in a [`Chunks`].
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    bytes: usize,
    shared: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn shared_strings_stand_in_their_places() {
        let mut chunks = Chunks::new();
        let big = Arc::new(vec![b'x'; 3]);
        chunks.push(b"ab");
        chunks.push_shared(&big);
        chunks.push_shared(&big);
        chunks.push(b"c");
        assert_eq!(chunks.to_vec(), b"abxxxxxxc");
        assert_eq!(chunks.len(), 9);
        for skip in 0..=9 {
            let rest: Vec<u8> = chunks.pieces(skip).flatten().copied().collect();
            assert_eq!(rest, &b"abxxxxxxc"[skip..]);
        }
    }

    #[test]
    fn truncate_takes_back_shared_strings_too() {
        let mut chunks = Chunks::new();
        chunks.push(b"ab");
        let mark = chunks.mark();
        chunks.push_shared(&Arc::new(vec![1, 2]));
        chunks.push(b"c");
        chunks.truncate(mark);
        assert_eq!(chunks.to_vec(), b"ab");
        assert_eq!(chunks.len(), 2);
    }

    #[test]
    fn growth_ends_at_the_limit() {
        let mut chunks = Chunks::new();
        chunks.set_limit(1 << 20);
        while !chunks.failed() {
            chunks.push(b"0123456789");
        }
        assert!(((1 << 20) - 10..1 << 21).contains(&chunks.len()));
        chunks.clear();
        chunks.push(&[b'x'; 1 << 21]);
        assert!(!chunks.failed());
    }

    #[test]
    fn append_keeps_order() {
        let mut left = Chunks::new();
        left.push(b"1");
        let mut right = Chunks::new();
        right.push(b"2");
        right.push_shared(&Arc::new(vec![b'3']));
        left.append(&mut right);
        left.push(b"4");
        assert_eq!(left.to_vec(), b"1234");
        assert!(right.is_empty());
    }
}
