//! A vector that grows and shrinks without moving what it holds, so that no step of it is long however large it
//! is. Knows nothing of what it holds.

use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

use crate::error::Error;

/// Items of a chunk. The first chunk grows up to this; the others have this size from the beginning.
const CHUNK: usize = 1024;

/// A list of items in chunks.
pub(super) struct Chunked<V> {
    chunks: Vec<Vec<V>>,
    len: usize,
}

impl<V> Chunked<V> {
    /// An empty one, which takes no memory.
    pub(super) const fn new() -> Self {
        Chunked {
            chunks: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&V> {
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut V> {
        self.chunks.get_mut(index / CHUNK)?.get_mut(index % CHUNK)
    }

    /// Makes room for one item more. O(1) beyond the first chunk.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(super) fn reserve_one(&mut self) -> Result<(), Error> {
        let (chunk, within) = (self.len / CHUNK, self.len % CHUNK);
        if chunk == self.chunks.len() {
            self.chunks.try_reserve(1)?;
            self.chunks.push(Vec::new());
        }
        if chunk > 0 && within == 0 {
            self.chunks[chunk].try_reserve_exact(CHUNK)?;
        } else {
            self.chunks[chunk].try_reserve(1)?;
        }
        Ok(())
    }

    /// Adds an item, for which [`Chunked::reserve_one`] has made room.
    pub(super) fn push(&mut self, item: V) {
        if let Some(chunk) = self.chunks.get_mut(self.len / CHUNK) {
            chunk.push(item);
            self.len += 1;
        }
    }

    /// Takes the last item off.
    pub(super) fn pop(&mut self) -> Option<V> {
        let last = self.len.checked_sub(1)?;
        let chunk = last / CHUNK;
        let item = self.chunks[chunk].pop()?;
        self.len = last;
        // One chunk stays empty, so that an end that goes to and fro over its edge costs nothing.
        self.chunks.truncate(chunk + 2);
        Some(item)
    }

    /// Drops the item at `index`; the last one takes its place.
    pub(super) fn swap_remove(&mut self, index: usize) {
        if let Some(last) = self.pop()
            && let Some(place) = self.get_mut(index)
        {
            *place = last;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        self.chunks.iter().flatten()
    }

    /// Bytes of the chunks, what items own elsewhere aside.
    pub(super) fn memory_bytes(&self) -> usize {
        let slots: usize = self.chunks.iter().map(Vec::capacity).sum();
        slots * size_of::<V>() + self.chunks.capacity() * size_of::<Vec<V>>()
    }
}

impl<V> Index<usize> for Chunked<V> {
    type Output = V;

    #[inline]
    fn index(&self, index: usize) -> &V {
        &self.chunks[index / CHUNK][index % CHUNK]
    }
}

impl<V> IndexMut<usize> for Chunked<V> {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut V {
        &mut self.chunks[index / CHUNK][index % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_shrinks_over_the_edges_of_chunks() {
        let mut list = Chunked::new();
        for value in 0..3 * CHUNK + 5 {
            list.reserve_one().unwrap();
            list.push(value);
        }
        assert_eq!(list.len(), 3 * CHUNK + 5);
        assert_eq!(list[2 * CHUNK], 2 * CHUNK);
        assert!(list.get(3 * CHUNK + 5).is_none());
        list.swap_remove(7);
        assert_eq!(list[7], 3 * CHUNK + 4);
        list.swap_remove(list.len() - 1);
        assert_eq!(list.len(), 3 * CHUNK + 3);
        assert_eq!(list.iter().count(), list.len());
        while let Some(value) = list.pop() {
            assert!(value == 3 * CHUNK + 4 || value == list.len());
        }
        assert!(list.is_empty() && list.memory_bytes() < 3 * CHUNK * size_of::<usize>());
    }
}
