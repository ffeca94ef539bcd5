//! Listpack: many small elements in one block of bytes, in the format that Redis keeps in RDB files and in DUMP
//! payloads. Knows nothing of what the elements mean (fields, scores, members).
//!
//! The format is four bytes total length, two bytes count (65535: count by walking), the entries, one end byte. In memory
//! there are the count and the entries; the rest is put around them where the bytes leave. Finding an element or an index
//! is O(bytes), which is what makes it right only for small collections.

mod buffer;
mod entry;
mod index;
mod iter;
#[cfg(test)]
mod tests;

use super::{Corrupt, GrowError};
use crate::number::integer::parse_i64;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use buffer::Buffer;
pub use entry::Element;
use entry::{END, after, before};
pub use index::Index;
pub use iter::Iter;

const HEADER: usize = 6;
/// Bytes of header and end.
const FRAME: usize = HEADER + 1;
/// Up to this size bytes from outside are copied rather than kept with their frame.
const COPIED_MAX: usize = 512;
/// The stored count that says nothing.
const COUNT_UNKNOWN: u16 = u16::MAX;
/// The largest listpack that Redis would still add to, in bytes.
pub const BYTES_MAX: usize = 1 << 30;

/// Where an element stands. Valid until the listpack changes before or at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u32);

impl Position {
    fn at(self) -> usize {
        self.0 as usize
    }
}

/// A list of elements in Redis' listpack format.
#[derive(Clone)]
pub struct Listpack {
    /// Always sound entries and their count; every operation relies on it.
    bytes: Buffer,
}

impl PartialEq for Listpack {
    fn eq(&self, other: &Listpack) -> bool {
        self.stored_count() == other.stored_count() && *self.bytes == *other.bytes
    }
}

impl core::fmt::Debug for Listpack {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl Default for Listpack {
    fn default() -> Self {
        Listpack::new()
    }
}

impl Listpack {
    /// An empty list, which takes no memory.
    pub fn new() -> Self {
        Listpack {
            bytes: Buffer::new(),
        }
    }

    /// Takes bytes from outside after checking every entry, length, back-length and the count.
    ///
    /// What Redis accepts is accepted, also integers in wider encodings than they need. O(entries).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Corrupt> {
        let declared = bytes.first_chunk::<4>().ok_or(Corrupt)?;
        if u32::from_le_bytes(*declared) as usize != bytes.len() || bytes.len() < FRAME {
            return Err(Corrupt);
        }
        let last = bytes.len() - 1;
        if bytes[last] != END {
            return Err(Corrupt);
        }
        let (mut at, mut count) = (HEADER, 0usize);
        while at < last {
            at = entry::check(&bytes, at).ok_or(Corrupt)?;
            count += 1;
        }
        let stored = u16::from_le_bytes([bytes[4], bytes[5]]);
        if at != last || stored != COUNT_UNKNOWN && usize::from(stored) != count {
            return Err(Corrupt);
        }
        let list = Listpack {
            bytes: Buffer::within(bytes, HEADER, last, stored),
        };
        if last > COPIED_MAX {
            return Ok(list);
        }
        Ok(list.copy().unwrap_or(list))
    }

    /// What stands before the entries where RDB and DUMP carry them, the entries, and what stands behind.
    pub fn parts(&self) -> ([u8; HEADER], &[u8], [u8; 1]) {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&(self.bytes_len() as u32).to_le_bytes());
        header[4..].copy_from_slice(&self.stored_count().to_le_bytes());
        (header, &self.bytes, [END])
    }

    /// The bytes as RDB and DUMP carry them. O(bytes).
    ///
    /// # Errors
    /// The allocator has no room.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TryReserveError> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(self.bytes_len())?;
        let (header, entries, end) = self.parts();
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(entries);
        bytes.extend_from_slice(&end);
        Ok(bytes)
    }

    /// A copy without free room. O(bytes).
    ///
    /// # Errors
    /// The allocator has no room.
    pub fn copy(&self) -> Result<Self, TryReserveError> {
        Ok(Listpack {
            bytes: self.bytes.copy()?,
        })
    }

    /// Asks the processor to fetch the first entries.
    #[inline]
    pub fn prefetch(&self) {
        super::item::prefetch(self.bytes.as_ptr());
    }

    /// The size in bytes in RDB and DUMP, header and end included. O(1).
    pub fn bytes_len(&self) -> usize {
        self.bytes.len() + FRAME
    }

    /// The bytes this value holds on the heap. O(1).
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// How many elements there are. O(1) below 65535 elements, else O(n).
    pub fn len(&self) -> usize {
        match self.stored_count() {
            COUNT_UNKNOWN => self.iter().count(),
            count => usize::from(count),
        }
    }

    /// Whether there are none. O(1).
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether `more` bytes of elements would stay within the size Redis allows.
    pub fn has_room(&self, more: usize) -> bool {
        self.bytes_len() <= BYTES_MAX && more <= BYTES_MAX - self.bytes_len()
    }

    /// How many bytes an element takes in a listpack. O(20).
    pub fn element_size(element: Element<'_>) -> usize {
        entry::entry_len(element.canonical())
    }

    /// Bytes that can be added at the end before the list moves. O(1).
    pub fn free_room(&self) -> usize {
        self.bytes.room_behind()
    }

    /// The first element's position.
    pub fn first(&self) -> Option<Position> {
        self.position(0)
    }

    /// The last element's position.
    pub fn last(&self) -> Option<Position> {
        let end = self.end();
        (end > 0).then(|| Position(before(&self.bytes, end) as u32))
    }

    /// The position behind `position`. O(1).
    pub fn next(&self, position: Position) -> Option<Position> {
        self.position(after(&self.bytes, position.at()))
    }

    /// The position before `position`. O(1).
    pub fn prev(&self, position: Position) -> Option<Position> {
        let at = position.at();
        (at > 0).then(|| Position(before(&self.bytes, at) as u32))
    }

    /// The position of an index; negative ones count from the end. Walks from the nearer end: O(n / 2).
    pub fn seek(&self, index: i64) -> Option<Position> {
        let from_end = match self.stored_count() {
            COUNT_UNKNOWN => index < 0,
            count => {
                let count = i64::from(count);
                let index = if index < 0 { index + count } else { index };
                if !(0..count).contains(&index) {
                    return None;
                }
                if index >= count / 2 {
                    return self.seek_back((count - 1 - index) as u64);
                }
                return self.seek_forward(index as u64);
            }
        };
        if from_end {
            self.seek_back((index + 1).unsigned_abs())
        } else {
            self.seek_forward(index as u64)
        }
    }

    fn seek_forward(&self, steps: u64) -> Option<Position> {
        let mut at = 0;
        for _ in 0..steps {
            self.position(at)?;
            at = after(&self.bytes, at);
        }
        self.position(at)
    }

    fn seek_back(&self, steps: u64) -> Option<Position> {
        let mut at = self.end();
        for _ in 0..=steps {
            if at == 0 {
                return None;
            }
            at = before(&self.bytes, at);
        }
        self.position(at)
    }

    /// The element at a position. O(1).
    #[inline]
    pub fn at(&self, position: Position) -> Element<'_> {
        entry::read(&self.bytes, position.at()).0
    }

    /// The element at an index; negative ones count from the end. O(n / 2).
    pub fn get(&self, index: i64) -> Option<Element<'_>> {
        self.seek(index).map(|position| self.at(position))
    }

    /// Whether the element at a position has this text. O(length).
    pub fn compare(&self, position: Position, text: &[u8]) -> bool {
        self.at(position).is_text(text)
    }

    /// All elements, from either end.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.bytes, 0, self.end())
    }

    /// The elements from `position` to the last one.
    pub fn iter_from(&self, position: Position) -> Iter<'_> {
        Iter::new(&self.bytes, position.at(), self.end())
    }

    /// The elements from the first one to the one at `position`, that included.
    pub fn iter_to(&self, position: Position) -> Iter<'_> {
        Iter::new(&self.bytes, 0, after(&self.bytes, position.at()))
    }

    /// The first element with this text, looking at one element and then skipping `skip` others
    /// (1: the fields of field and value pairs). O(bytes).
    pub fn find(&self, text: &[u8], skip: usize) -> Option<Position> {
        self.first()
            .and_then(|start| self.find_from(start, text, skip))
    }

    /// Like `find`, but starting at `start`. O(bytes).
    pub fn find_from(&self, start: Position, text: &[u8], skip: usize) -> Option<Position> {
        let list = &*self.bytes;
        let mut at = start.at();
        let last_byte = text.last();
        // What the text is as a number, once an integer was met.
        let mut number = None;
        while at < list.len() {
            let found = if let Some(len) = entry::short_string_len(list[at]) {
                // Texts of one kind mostly start alike and differ at the end.
                let payload = &list[at + 1..at + 1 + len];
                let found = len == text.len() && payload.last() == last_byte && payload == text;
                if !found {
                    at += 2 + len;
                }
                found
            } else {
                let body = entry::body_len_at(list, at);
                let found = match entry::string_at(list, at, body) {
                    Some(bytes) => bytes == text,
                    None => {
                        let wanted = *number.get_or_insert_with(|| parse_i64(text));
                        wanted.is_some() && entry::read(list, at).0.int() == wanted
                    }
                };
                if !found {
                    at += body + entry::back_len_size(body);
                }
                found
            };
            if found {
                return Some(Position(at as u32));
            }
            for _ in 0..skip {
                if at >= list.len() {
                    return None;
                }
                at = after(list, at);
            }
        }
        None
    }

    /// Makes room for `more` bytes of elements, so that adding them does not move the list again.
    pub fn reserve(&mut self, more: usize) -> Result<(), GrowError> {
        if !self.has_room(more) {
            return Err(GrowError::TooLarge);
        }
        Ok(self.bytes.reserve(more)?)
    }

    /// Adds an element at the end. Amortized O(length).
    pub fn push_back<'e>(&mut self, element: impl Into<Element<'e>>) -> Result<(), GrowError> {
        self.put(self.end(), 0, element.into())
    }

    /// Adds an element at the start. Amortized O(length) in a large one.
    pub fn push_front<'e>(&mut self, element: impl Into<Element<'e>>) -> Result<(), GrowError> {
        self.put(0, 0, element.into())
    }

    /// Puts an element before `position`, which then is the new element's. O(bytes).
    pub fn insert_before<'e>(
        &mut self,
        position: Position,
        element: impl Into<Element<'e>>,
    ) -> Result<(), GrowError> {
        self.put(position.at(), 0, element.into())
    }

    /// Puts an element behind `position` and returns its position. O(bytes).
    pub fn insert_after<'e>(
        &mut self,
        position: Position,
        element: impl Into<Element<'e>>,
    ) -> Result<Position, GrowError> {
        let at = after(&self.bytes, position.at());
        self.put(at, 0, element.into())?;
        Ok(Position(at as u32))
    }

    /// Changes the element at `position`, which stays its position. O(bytes), O(length) if the size stays.
    pub fn replace<'e>(
        &mut self,
        position: Position,
        element: impl Into<Element<'e>>,
    ) -> Result<(), GrowError> {
        let at = position.at();
        let old = after(&self.bytes, at) - at;
        self.put(at, old, element.into())
    }

    /// Adds several elements at the end with one growth; on an error none is added. O(their bytes).
    pub fn push_all<'e>(
        &mut self,
        elements: impl Iterator<Item = Element<'e>> + Clone,
    ) -> Result<(), GrowError> {
        self.put_all(self.end(), elements)
    }

    /// Puts several elements before `position` with one growth; on an error none is added. O(bytes).
    pub fn insert_all_before<'e>(
        &mut self,
        position: Position,
        elements: impl Iterator<Item = Element<'e>> + Clone,
    ) -> Result<(), GrowError> {
        self.put_all(position.at(), elements)
    }

    /// Appends all elements of another list. O(its bytes).
    pub fn merge(&mut self, other: &Listpack) -> Result<(), GrowError> {
        let (start, added) = (self.end(), other.end());
        let count = self.joined_count(other);
        self.resize_at(start, 0, added)?;
        self.bytes[start..start + added].copy_from_slice(&other.bytes);
        self.set_count(count);
        Ok(())
    }

    fn joined_count(&self, other: &Listpack) -> u16 {
        match (self.stored_count(), other.stored_count()) {
            (COUNT_UNKNOWN, _) | (_, COUNT_UNKNOWN) => COUNT_UNKNOWN,
            (a, b) => a.saturating_add(b),
        }
    }

    /// Takes the element at `position` away; returns where the next one now stands. O(bytes).
    pub fn remove(&mut self, position: Position) -> Option<Position> {
        self.remove_from(position, 1)
    }

    /// Takes up to `count` elements from `position` on away; returns where the next one now stands. O(bytes).
    pub fn remove_from(&mut self, position: Position, count: usize) -> Option<Position> {
        let (start, end) = (position.at(), self.end());
        let (mut at, mut removed) = (start, 0);
        while removed < count && at < end {
            at = after(&self.bytes, at);
            removed += 1;
        }
        self.close(start, at - start, removed);
        self.position(start)
    }

    /// Takes up to `count` elements from `index` on away; a negative index counts from the end. O(bytes).
    pub fn remove_range(&mut self, index: i64, count: usize) {
        if count == 0 {
            return;
        }
        if let Some(position) = self.seek(index) {
            // To the end: nothing to walk over.
            let known = self.stored_count();
            let start = if index < 0 {
                index + i64::from(known)
            } else {
                index
            };
            if known != COUNT_UNKNOWN && count as u64 >= (i64::from(known) - start) as u64 {
                let removed = (i64::from(known) - start) as usize;
                self.close(position.at(), self.end() - position.at(), removed);
            } else {
                self.remove_from(position, count);
            }
        }
    }

    /// Hands the first element to `read` and takes it away; `None` if there is none. O(length).
    pub fn pop_front<R>(&mut self, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        self.first().map(|position| self.take(position, read))
    }

    /// Hands the last element to `read` and takes it away; `None` if there is none. O(length).
    pub fn pop_back<R>(&mut self, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        self.last().map(|position| self.take(position, read))
    }

    fn take<R>(&mut self, position: Position, read: impl FnOnce(Element<'_>) -> R) -> R {
        let result = read(self.at(position));
        self.remove(position);
        result
    }

    /// Removes all elements and frees the memory.
    pub fn clear(&mut self) {
        *self = Listpack::new();
    }

    /// Gives unused memory back to the allocator.
    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Where the entries end.
    fn end(&self) -> usize {
        self.bytes.len()
    }

    /// A position, unless that is the end.
    fn position(&self, at: usize) -> Option<Position> {
        (at < self.end()).then_some(Position(at as u32))
    }

    fn stored_count(&self) -> u16 {
        self.bytes.count()
    }

    fn set_count(&mut self, count: u16) {
        self.bytes.set_count(count);
    }

    /// Writes one element over the `removed` bytes (none or one entry) at `at`.
    fn put(&mut self, at: usize, removed: usize, element: Element<'_>) -> Result<(), GrowError> {
        let element = element.canonical();
        if !self.has_room(element.text_len()) {
            return Err(GrowError::TooLarge);
        }
        let len = entry::entry_len(element);
        self.resize_at(at, removed, len)?;
        entry::write(element, &mut self.bytes[at..at + len]);
        if removed == 0 {
            self.count_more(1);
        }
        Ok(())
    }

    fn put_all<'e>(
        &mut self,
        at: usize,
        elements: impl Iterator<Item = Element<'e>> + Clone,
    ) -> Result<(), GrowError> {
        let (mut added, mut count) = (0usize, 0usize);
        for element in elements.clone() {
            if !self.has_room(added.saturating_add(element.text_len())) {
                return Err(GrowError::TooLarge);
            }
            added = added.saturating_add(entry::entry_len(element.canonical()));
            count += 1;
        }
        self.resize_at(at, 0, added)?;
        let mut start = at;
        for element in elements {
            let element = element.canonical();
            let len = entry::entry_len(element);
            entry::write(element, &mut self.bytes[start..start + len]);
            start += len;
        }
        self.count_more(count);
        Ok(())
    }

    fn count_more(&mut self, more: usize) {
        let count = self.stored_count();
        if count != COUNT_UNKNOWN {
            let sum = usize::from(count).saturating_add(more);
            self.set_count(u16::try_from(sum).unwrap_or(COUNT_UNKNOWN));
        }
    }

    /// Takes `removed` bytes, which are `count` whole entries, away at `at`.
    fn close(&mut self, at: usize, removed: usize, count: usize) {
        self.bytes.close(at, removed);
        let stored = self.stored_count();
        if stored != COUNT_UNKNOWN {
            self.set_count(stored - count as u16);
        }
        self.bytes.shrink();
    }

    /// Makes the `old` bytes at `at` into `new` bytes of any content; what is behind them moves.
    fn resize_at(&mut self, at: usize, old: usize, new: usize) -> Result<(), GrowError> {
        if new > old {
            if !self.has_room(new - old) {
                return Err(GrowError::TooLarge);
            }
            self.bytes.open(at + old, new - old)?;
        } else if new < old {
            self.bytes.close(at + new, old - new);
        }
        Ok(())
    }
}

impl<'a> IntoIterator for &'a Listpack {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
