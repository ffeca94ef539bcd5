//! Intset: a sorted set of integers in one block of bytes, in the very format Redis keeps in memory, in RDB
//! files and in DUMP payloads. Knows nothing of members that are no integers.
//!
//! Four bytes width of a member (2, 4 or 8), four bytes count, then the members ascending; all
//! little-endian. The width grows with the first member that needs it and never shrinks. Insertion and
//! removal are O(n) moves of memory, which is what makes it right only for small sets.

#[cfg(test)]
mod tests;

use super::{Corrupt, GrowError};
use alloc::vec::Vec;
use core::ops::Range;

const HEADER: usize = 8;

/// A sorted set of 64-bit integers in Redis' intset format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intset {
    /// Always a sound intset (or one without members); every operation relies on it.
    bytes: Vec<u8>,
}

/// How many bytes a member takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Two = 2,
    Four = 4,
    Eight = 8,
}

impl Width {
    fn of(value: i64) -> Width {
        if i16::try_from(value).is_ok() {
            Width::Two
        } else if i32::try_from(value).is_ok() {
            Width::Four
        } else {
            Width::Eight
        }
    }
}

impl Default for Intset {
    fn default() -> Self {
        Intset::new()
    }
}

impl Intset {
    /// An empty set.
    pub fn new() -> Self {
        let mut bytes = Vec::with_capacity(16);
        bytes.extend_from_slice(&[Width::Two as u8, 0, 0, 0, 0, 0, 0, 0]);
        Intset { bytes }
    }

    /// Takes bytes from outside after checking width, count and order.
    ///
    /// As in Redis, a set without members is refused, and a width wider than needed is not. O(n).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Corrupt> {
        let (head, members) = bytes.split_first_chunk::<HEADER>().ok_or(Corrupt)?;
        let width = match head[..4] {
            [width @ (2 | 4 | 8), 0, 0, 0] => usize::from(width),
            _ => return Err(Corrupt),
        };
        let count = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        if count == 0 || count * width as u64 != members.len() as u64 {
            return Err(Corrupt);
        }
        let set = Intset { bytes };
        if !set.iter().is_sorted_by(|a, b| a < b) {
            return Err(Corrupt);
        }
        Ok(set)
    }

    /// The bytes as RDB and DUMP carry them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the bytes away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The size in bytes, header included. O(1).
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes this value holds on the heap. O(1).
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// How many members there are. O(1).
    pub fn len(&self) -> usize {
        (self.bytes.len() - HEADER) / self.width() as usize
    }

    /// Whether there are none. O(1).
    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER
    }

    /// Whether `value` is a member. O(log n).
    pub fn contains(&self, value: i64) -> bool {
        self.search(value).is_ok()
    }

    /// The member at an index in ascending order. O(1); a random index gives a random member.
    pub fn get(&self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| self.member(self.width(), index))
    }

    /// The members ascending, from either end.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            set: self,
            width: self.width(),
            rest: 0..self.len(),
        }
    }

    /// Adds a member; `false` if it was there. O(n), at the end O(1).
    pub fn add(&mut self, value: i64) -> Result<bool, GrowError> {
        if Width::of(value) > self.width() {
            self.widen_and_add(value)?;
            return Ok(true);
        }
        let Err(index) = self.search(value) else {
            return Ok(false);
        };
        let width = self.width() as usize;
        self.grow(width, self.len() + 1)?;
        let at = HEADER + index * width;
        let old_end = self.bytes.len() - width;
        self.bytes.copy_within(at..old_end, at + width);
        self.put(width, index, value);
        Ok(true)
    }

    /// Takes a member away; `false` if it was none. O(n).
    pub fn remove(&mut self, value: i64) -> bool {
        let Ok(index) = self.search(value) else {
            return false;
        };
        let width = self.width() as usize;
        let at = HEADER + index * width;
        self.bytes.copy_within(at + width.., at);
        self.bytes.truncate(self.bytes.len() - width);
        self.store_count(self.len());
        let len = self.bytes.len();
        if self.bytes.capacity() / 2 > len.max(32) {
            self.bytes.shrink_to(len + len / 8);
        }
        true
    }

    /// Rewrites all members with the width of `value`, which is below or above all of them.
    fn widen_and_add(&mut self, value: i64) -> Result<(), GrowError> {
        let (old_width, new_width) = (self.width(), Width::of(value) as usize);
        let count = self.len();
        self.grow(new_width, count + 1)?;
        let shift = usize::from(value < 0);
        // From the end, so that no member is overwritten before it is read.
        for index in (0..count).rev() {
            let member = self.member(old_width, index);
            self.put(new_width, index + shift, member);
        }
        self.bytes[0] = new_width as u8;
        self.put(new_width, if value < 0 { 0 } else { count }, value);
        Ok(())
    }

    /// Lengthens the bytes to `count` members and stores that count.
    fn grow(&mut self, width: usize, count: usize) -> Result<(), GrowError> {
        if u32::try_from(count).is_err() {
            return Err(GrowError::TooLarge);
        }
        let len = count
            .checked_mul(width)
            .and_then(|bytes| bytes.checked_add(HEADER))
            .ok_or(GrowError::TooLarge)?;
        if self.bytes.capacity() < len {
            // An eighth more than needed, so that adding one by one moves the bytes O(log n) times.
            let wanted = (len + len / 8).next_multiple_of(16);
            self.bytes.try_reserve_exact(wanted - self.bytes.len())?;
        }
        self.bytes.resize(len, 0);
        self.store_count(count);
        Ok(())
    }

    fn width(&self) -> Width {
        match self.bytes[0] {
            2 => Width::Two,
            4 => Width::Four,
            _ => Width::Eight,
        }
    }

    fn store_count(&mut self, count: usize) {
        self.bytes[4..HEADER].copy_from_slice(&(count as u32).to_le_bytes());
    }

    /// The index of `value`, or the one it would get.
    fn search(&self, value: i64) -> Result<usize, usize> {
        let members = &self.bytes[HEADER..];
        match self.width() {
            Width::Two => search_in(members.as_chunks::<2>().0, value, |b| {
                i64::from(i16::from_le_bytes(b))
            }),
            Width::Four => search_in(members.as_chunks::<4>().0, value, |b| {
                i64::from(i32::from_le_bytes(b))
            }),
            Width::Eight => search_in(members.as_chunks::<8>().0, value, i64::from_le_bytes),
        }
    }

    fn member(&self, width: Width, index: usize) -> i64 {
        let at = HEADER + index * width as usize;
        let bytes = &self.bytes;
        match width {
            Width::Two => i64::from(i16::from_le_bytes([bytes[at], bytes[at + 1]])),
            Width::Four => i64::from(i32::from_le_bytes(
                *bytes[at..].first_chunk().unwrap_or(&[0; 4]),
            )),
            Width::Eight => i64::from_le_bytes(*bytes[at..].first_chunk().unwrap_or(&[0; 8])),
        }
    }

    fn put(&mut self, width: usize, index: usize, value: i64) {
        let at = HEADER + index * width;
        self.bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }
}

fn search_in<const N: usize>(
    members: &[[u8; N]],
    value: i64,
    read: impl Fn([u8; N]) -> i64,
) -> Result<usize, usize> {
    // Ascending insertion is common, and then this is all.
    match members.last() {
        Some(last) if read(*last) < value => Err(members.len()),
        _ => members.binary_search_by(|member| read(*member).cmp(&value)),
    }
}

/// Members of an intset, ascending. O(1) a step.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    set: &'a Intset,
    width: Width,
    rest: Range<usize>,
}

impl Iterator for Iter<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        let index = self.rest.next()?;
        Some(self.set.member(self.width, index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<i64> {
        let index = self.rest.next_back()?;
        Some(self.set.member(self.width, index))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Intset {
    type Item = i64;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
