//! A block of bytes that opens and closes gaps by moving whichever side of them is shorter, so that both ends are
//! cheap: free room lies before the first byte and behind the last. Knows nothing of what the bytes mean.

use alloc::boxed::Box;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

/// At most 4 GB of bytes.
pub(super) struct Buffer {
    /// All of it is initialised.
    room: Box<[u8]>,
    start: u32,
    end: u32,
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.room[self.start as usize..self.end as usize]
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.room[self.start as usize..self.end as usize]
    }
}

impl Clone for Buffer {
    /// A copy without free room.
    fn clone(&self) -> Self {
        Buffer::from(self.to_vec())
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        let room = bytes.into_boxed_slice();
        Buffer {
            start: 0,
            end: room.len() as u32,
            room,
        }
    }
}

impl Buffer {
    /// The bytes of a small block, with room behind them.
    pub(super) fn small<const ROOM: usize>(bytes: &[u8]) -> Self {
        let mut room = Box::new([0; ROOM]);
        room[..bytes.len()].copy_from_slice(bytes);
        Buffer {
            room,
            start: 0,
            end: bytes.len() as u32,
        }
    }

    /// Bytes with the free room before and behind.
    pub(super) fn capacity(&self) -> usize {
        self.room.len()
    }

    fn room_behind(&self) -> usize {
        self.room.len() - self.end as usize
    }

    /// Makes room for `more` bytes at the end.
    ///
    /// # Errors
    /// The allocator has no room.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), TryReserveError> {
        if self.room_behind() < more {
            self.move_to(size_class(self.len() + more), 0, (self.len(), 0))?;
        }
        Ok(())
    }

    /// Puts `more` bytes of any content before the one at `at`.
    ///
    /// # Errors
    /// The allocator has no room; nothing has changed then.
    #[inline]
    pub(super) fn open(&mut self, at: usize, more: usize) -> Result<(), TryReserveError> {
        let (start, end) = (self.start as usize, self.end as usize);
        let front_is_shorter = at < self.len() - at;
        let fits_before = start >= more;
        let fits_behind = self.room_behind() >= more;
        if fits_before && (front_is_shorter || !fits_behind) {
            self.room.copy_within(start..start + at, start - more);
            self.start -= more as u32;
        } else if fits_behind && (!front_is_shorter || self.len() < FRONT_ROOM_FROM) {
            self.room.copy_within(start + at..end, start + at + more);
            self.end += more as u32;
        } else {
            let capacity = size_class(self.len() + more);
            let spare = capacity - self.len() - more;
            let before = if front_is_shorter && self.len() >= FRONT_ROOM_FROM {
                spare
            } else {
                0
            };
            self.move_to(capacity, before, (at, more))?;
        }
        Ok(())
    }

    /// Takes `count` bytes from `at` on away.
    #[inline]
    pub(super) fn close(&mut self, at: usize, count: usize) {
        let (start, end) = (self.start as usize, self.end as usize);
        if at < self.len() - at - count {
            self.room.copy_within(start..start + at, start + count);
            self.start += count as u32;
        } else {
            self.room.copy_within(start + at + count..end, start + at);
            self.end -= count as u32;
        }
    }

    /// Gives free room back where it is more than what is in use. Without memory for the smaller block all stays.
    #[inline]
    pub(super) fn shrink(&mut self) {
        let len = self.len();
        if self.room.len() / 2 > len.max(SMALL) {
            let _ = self.move_to(size_class(len), 0, (len, 0));
        }
    }

    /// Gives all free room back.
    pub(super) fn shrink_to_fit(&mut self) {
        let len = self.len();
        if self.room.len() > len {
            let _ = self.move_to(len, 0, (len, 0));
        }
    }

    /// Moves to a block of `capacity` bytes, `before` of which stay free at the front, with a gap of so many bytes at a
    /// place.
    #[inline(never)]
    fn move_to(
        &mut self,
        capacity: usize,
        before: usize,
        (at, gap): (usize, usize),
    ) -> Result<(), TryReserveError> {
        let mut room = Vec::new();
        room.try_reserve_exact(capacity)?;
        room.resize(before, 0);
        let (front, back) = self.split_at(at);
        room.extend_from_slice(front);
        room.resize(room.len() + gap, 0);
        room.extend_from_slice(back);
        let end = room.len();
        room.resize(capacity, 0);
        self.room = room.into_boxed_slice();
        self.start = before as u32;
        self.end = end as u32;
        Ok(())
    }
}

/// Below this size moving everything is as cheap as keeping room at the front.
const FRONT_ROOM_FROM: usize = 256;
/// Blocks of this size do not shrink.
const SMALL: usize = 32;

/// The capacity to ask for: steps of an eighth, as allocators' size classes have them. So a growing list
/// moves O(log n) times, and a small one wastes little.
fn size_class(len: usize) -> usize {
    let step = (len.next_power_of_two() / 16).max(16);
    len.next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gaps_open_and_close_as_in_a_vector(
            steps in proptest::collection::vec((any::<bool>(), 0..=255u8, 1..200usize), 1..200)
        ) {
            let mut buffer = Buffer::small::<16>(b"abc");
            let mut model = b"abc".to_vec();
            for (turn, (opens, place, count)) in steps.into_iter().enumerate() {
                let at = usize::from(place) * model.len() / 255;
                if opens {
                    buffer.open(at, count).unwrap();
                    buffer[at..at + count].fill(turn as u8);
                    model.splice(at..at, vec![turn as u8; count]);
                } else {
                    let count = count.min(model.len() - at);
                    buffer.close(at, count);
                    model.drain(at..at + count);
                    buffer.shrink();
                    assert!(buffer.capacity() <= 2 * buffer.len().max(SMALL) + 200);
                }
                assert_eq!(&*buffer, model);
            }
        }
    }

    #[test]
    fn both_ends_are_cheap() {
        let mut buffer = Buffer::from(vec![7; 4000]);
        let mut moves = 0;
        for _ in 0..400 {
            let before = buffer.room.as_ptr();
            buffer.open(6, 10).unwrap();
            moves += usize::from(before != buffer.room.as_ptr());
        }
        assert!(moves < 30, "{moves} moves");
        buffer.shrink_to_fit();
        assert_eq!(buffer.capacity(), 8000);
    }
}
