//! A block of bytes that opens and closes gaps by moving whichever side of them is shorter, so that both ends are
//! cheap: free room lies before the first byte and behind the last. A count lies in front of it all, where it takes two bytes
//! and no pointer's worth. Knows nothing of what the bytes mean.

use alloc::boxed::Box;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

/// Bytes of the count.
const COUNT: usize = 2;

/// At most 4 GB of bytes.
pub(super) struct Buffer {
    /// All of it is initialised. The count comes first; an empty buffer may have no room at all.
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
        let Some(head) = self.room.get(..COUNT) else {
            return Buffer::new();
        };
        let bytes = [head, self].concat();
        Buffer {
            start: COUNT as u32,
            end: (COUNT + self.len()) as u32,
            room: bytes.into_boxed_slice(),
        }
    }
}

impl Buffer {
    /// No bytes, a count of 0, and no memory.
    pub(super) fn new() -> Self {
        Buffer {
            room: Box::default(),
            start: 0,
            end: 0,
        }
    }

    /// Takes a block over of which the bytes from `start`, which is at least 2, to `end` are those of the buffer.
    pub(super) fn within(bytes: Vec<u8>, start: usize, end: usize, count: u16) -> Self {
        let mut buffer = Buffer {
            room: bytes.into_boxed_slice(),
            start: start as u32,
            end: end as u32,
        };
        buffer.set_count(count);
        buffer
    }

    /// A copy without free room.
    ///
    /// # Errors
    /// The allocator has no room.
    pub(super) fn copy(&self) -> Result<Self, TryReserveError> {
        let mut copy = Buffer::new();
        if self.room.is_empty() {
            return Ok(copy);
        }
        copy.move_to(COUNT + self.len(), 0, (0, self.len()))?;
        copy.copy_from_slice(self);
        copy.set_count(self.count());
        Ok(copy)
    }

    #[inline]
    pub(super) fn count(&self) -> u16 {
        self.room
            .first_chunk()
            .map_or(0, |count| u16::from_le_bytes(*count))
    }

    /// Sets the count of a buffer that has bytes.
    #[inline]
    pub(super) fn set_count(&mut self, count: u16) {
        if let Some(stored) = self.room.first_chunk_mut() {
            *stored = count.to_le_bytes();
        }
    }

    /// Bytes with the free room before and behind.
    pub(super) fn capacity(&self) -> usize {
        self.room.len()
    }

    /// Free room behind the bytes.
    pub(super) fn room_behind(&self) -> usize {
        self.room.len() - self.end as usize
    }

    /// Makes room for `more` bytes at the end.
    ///
    /// # Errors
    /// The allocator has no room.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) -> Result<(), TryReserveError> {
        if self.room_behind() < more {
            self.move_to(size_class(COUNT + self.len() + more), 0, (self.len(), 0))?;
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
        let fits_before = start.saturating_sub(COUNT) >= more;
        let fits_behind = self.room_behind() >= more;
        if fits_before && (front_is_shorter || !fits_behind) {
            self.room.copy_within(start..start + at, start - more);
            self.start -= more as u32;
        } else if fits_behind && (!front_is_shorter || self.len() < FRONT_ROOM_FROM) {
            self.room.copy_within(start + at..end, start + at + more);
            self.end += more as u32;
        } else {
            let used = COUNT + self.len() + more;
            let capacity = size_class(used);
            let spare = capacity - used;
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
            let _ = self.move_to(size_class(COUNT + len), 0, (len, 0));
        }
    }

    /// Gives all free room back.
    pub(super) fn shrink_to_fit(&mut self) {
        let len = self.len();
        if self.room.len() > COUNT + len {
            let _ = self.move_to(COUNT + len, 0, (len, 0));
        }
    }

    /// Moves to a block of `capacity` bytes, `before` of which stay free between the count and the bytes, with a gap of so
    /// many bytes at a place.
    #[inline(never)]
    fn move_to(
        &mut self,
        capacity: usize,
        before: usize,
        (at, gap): (usize, usize),
    ) -> Result<(), TryReserveError> {
        let mut room = Vec::new();
        room.try_reserve_exact(capacity)?;
        room.extend_from_slice(&self.count().to_le_bytes());
        room.resize(COUNT + before, 0);
        let (front, back) = self.split_at(at);
        room.extend_from_slice(front);
        room.resize(room.len() + gap, 0);
        room.extend_from_slice(back);
        let end = room.len();
        room.resize(capacity, 0);
        self.room = room.into_boxed_slice();
        self.start = (COUNT + before) as u32;
        self.end = end as u32;
        Ok(())
    }
}

/// Below this size moving everything is as cheap as keeping room at the front.
const FRONT_ROOM_FROM: usize = 256;
/// Blocks of this size do not shrink.
const SMALL: usize = 32;

/// The capacity to ask for: up to this size in steps of a quarter, which are the size classes of the native host's
/// allocator, so that no move gains nothing; above of an eighth. So a growing list moves O(log n) times, and a small one
/// wastes little.
const QUARTERS_UPTO: usize = 512;

fn size_class(len: usize) -> usize {
    let steps = if len <= QUARTERS_UPTO { 8 } else { 16 };
    let step = (len.next_power_of_two() / steps).max(16);
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
            let mut buffer = Buffer::new();
            let mut model = Vec::new();
            for (turn, (opens, place, count)) in steps.into_iter().enumerate() {
                let at = usize::from(place) * model.len() / 255;
                if opens {
                    buffer.open(at, count).unwrap();
                    buffer[at..at + count].fill(turn as u8);
                    model.splice(at..at, vec![turn as u8; count]);
                } else {
                    let count = count.min(model.len() - at);
                    buffer.close(at, count);
                    buffer.set_count(turn as u16);
                    model.drain(at..at + count);
                    buffer.shrink();
                    assert!(buffer.capacity() <= 2 * buffer.len().max(SMALL) + 200);
                }
                assert_eq!(&*buffer, model);
                assert_eq!(&*buffer.copy().unwrap(), model);
            }
        }
    }

    #[test]
    fn both_ends_are_cheap() {
        let mut buffer = Buffer::within(vec![7; 4002], COUNT, 4002, 77);
        let mut moves = 0;
        for _ in 0..400 {
            let before = buffer.room.as_ptr();
            buffer.open(6, 10).unwrap();
            moves += usize::from(before != buffer.room.as_ptr());
        }
        assert!(moves < 30, "{moves} moves");
        buffer.shrink_to_fit();
        assert_eq!((buffer.capacity(), buffer.count()), (8002, 77));
    }
}
