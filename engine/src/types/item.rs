//! A member of a large collection in one small allocation: a set's member, a hash's field with its value, a
//! sorted set's member with its score. Knows nothing of tables, trees, protocol or time.
//!
//! One of the few modules with `unsafe`: an item is a thin pointer to bytes that describe themselves.
//!
//! ```text
//! [word]            8 bytes, where the pointer's lowest bit is set: a score or an expiry
//! flags             1 byte, see the constants
//! key length        1 byte; 255: the length stands in four bytes further on
//! [value length]    1 byte, where there is a value; the same
//! [key length]      4 bytes, unaligned
//! [value length]    4 bytes, unaligned
//! key
//! [value]
//! ```
//!
//! A set's member of 14 bytes is 16 bytes, a field and value of 13 bytes each are 32.
#![allow(unsafe_code)]

use alloc::alloc::{Layout, alloc, dealloc};
use core::num::NonZero;
use core::ptr::{self, NonNull};

use crate::error::Error;

/// There is a value.
const VALUE: u8 = 1;
const WIDE_KEY: u8 = 2;
const WIDE_VALUE: u8 = 4;
/// Two handles own the item; the first to go clears this and leaves the memory to the other.
const SHARED: u8 = 8;

const WORD_BYTES: usize = 8;
const ALIGN: usize = 8;
/// From this length on a length takes four bytes more.
const WIDE: usize = 255;

/// An owned item.
pub struct Item {
    pointer: NonNull<u8>,
}

// SAFETY: an item owns its bytes. Its two handles, where there are two, live in one collection and move between
// threads together.
unsafe impl Send for Item {}

/// Where the parts of an item lie, counted from its first byte.
#[derive(Clone, Copy)]
struct Parts {
    key: usize,
    key_len: usize,
    value_len: usize,
}

impl Parts {
    fn of(worded: bool, flags: u8, key_len: usize, value_len: usize) -> Parts {
        let wide = 4 * (usize::from(flags & WIDE_KEY != 0) + usize::from(flags & WIDE_VALUE != 0));
        let head = flags_at(worded) + 2 + usize::from(flags & VALUE != 0);
        Parts {
            key: head + wide,
            key_len,
            value_len,
        }
    }

    fn value(self) -> usize {
        self.key + self.key_len
    }

    fn layout(self) -> Result<Layout, Error> {
        Layout::from_size_align(self.value() + self.value_len, ALIGN)
            .map_err(|_| Error::OutOfMemory)
    }
}

const fn flags_at(worded: bool) -> usize {
    if worded { WORD_BYTES } else { 0 }
}

impl Item {
    /// An item of `key`, with a value and a word where they are given.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the allocator refuses.
    pub fn new(key: &[u8], value: Option<&[u8]>, word: Option<u64>) -> Result<Item, Error> {
        let worded = word.is_some();
        let bytes = value.unwrap_or_default();
        let mut flags = if value.is_some() { VALUE } else { 0 };
        flags |= if key.len() < WIDE { 0 } else { WIDE_KEY };
        flags |= if bytes.len() < WIDE { 0 } else { WIDE_VALUE };
        let parts = Parts::of(worded, flags, key.len(), bytes.len());
        // SAFETY: the size is at least two.
        let base = NonNull::new(unsafe { alloc(parts.layout()?) }).ok_or(Error::OutOfMemory)?;
        let short = |len: usize| len.min(WIDE) as u8;
        // SAFETY: all writes lie inside the allocation, whose size `Parts` counted from the same flags and
        // lengths; the sources do not overlap fresh memory; the word is 8-aligned because the base is.
        unsafe {
            if let Some(word) = word {
                base.cast::<u64>().write(word);
            }
            let mut at = base.add(flags_at(worded));
            at.write(flags);
            at.add(1).write(short(key.len()));
            at = at.add(2);
            if value.is_some() {
                at.write(short(bytes.len()));
                at = at.add(1);
            }
            if flags & WIDE_KEY != 0 {
                at.cast::<u32>().write_unaligned(key.len() as u32);
                at = at.add(4);
            }
            if flags & WIDE_VALUE != 0 {
                at.cast::<u32>().write_unaligned(bytes.len() as u32);
            }
            ptr::copy_nonoverlapping(key.as_ptr(), base.add(parts.key).as_ptr(), key.len());
            let at = base.add(parts.value()).as_ptr();
            ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
        }
        Ok(Item {
            pointer: base.map_addr(|address| address | usize::from(worded)),
        })
    }

    /// A copy with the same key, value and word. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the allocator refuses.
    pub fn try_clone(&self) -> Result<Item, Error> {
        // SAFETY: every item has flags.
        let has_value = unsafe { self.flags().read() } & VALUE != 0;
        Item::new(self.key(), has_value.then(|| self.value()), self.word())
    }

    #[inline]
    fn base(&self) -> NonNull<u8> {
        self.pointer.map_addr(|address| {
            // Allocations are never at address 0 or 1, so clearing the tag leaves a valid address.
            NonZero::new(address.get() & !1).unwrap_or(address)
        })
    }

    /// Whether there is a word. Does not touch the item's memory.
    #[inline]
    pub fn is_worded(&self) -> bool {
        self.pointer.addr().get() & 1 != 0
    }

    fn flags(&self) -> NonNull<u8> {
        // SAFETY: every item has flags there.
        unsafe { self.base().add(flags_at(self.is_worded())) }
    }

    #[inline]
    fn parts(&self) -> Parts {
        let at = self.flags();
        // SAFETY: the flags say which lengths follow, all initialised.
        unsafe {
            let flags = at.read();
            let mut key_len = usize::from(at.add(1).read());
            let mut value_len = 0;
            let mut wide = at.add(2);
            if flags & VALUE != 0 {
                value_len = usize::from(wide.read());
                wide = wide.add(1);
            }
            if flags & WIDE_KEY != 0 {
                key_len = wide.cast::<u32>().read_unaligned() as usize;
                wide = wide.add(4);
            }
            if flags & WIDE_VALUE != 0 {
                value_len = wide.cast::<u32>().read_unaligned() as usize;
            }
            Parts::of(self.is_worded(), flags, key_len, value_len)
        }
    }

    /// The key: a member or a field.
    #[inline]
    pub fn key(&self) -> &[u8] {
        let parts = self.parts();
        // SAFETY: the key lies there, initialised, for as long as this handle does.
        unsafe { core::slice::from_raw_parts(self.base().add(parts.key).as_ptr(), parts.key_len) }
    }

    /// The value; empty where there is none.
    #[inline]
    pub fn value(&self) -> &[u8] {
        let parts = self.parts();
        // SAFETY: the value lies behind the key, initialised, for as long as this handle does.
        unsafe {
            core::slice::from_raw_parts(self.base().add(parts.value()).as_ptr(), parts.value_len)
        }
    }

    /// The word, where there is one.
    #[inline]
    pub fn word(&self) -> Option<u64> {
        // SAFETY: the tag says that the word is there, initialised and aligned.
        self.is_worded()
            .then(|| unsafe { self.base().cast::<u64>().read() })
    }

    /// Changes the word of an item that has one.
    pub fn set_word(&mut self, word: u64) {
        if self.is_worded() {
            // SAFETY: the tag says that the word is there; nobody holds a reference to it, because `word` gives
            // a copy.
            unsafe { self.base().cast::<u64>().write(word) };
        }
    }

    /// Overwrites the value where the new one has the same length. False if a new item is needed.
    pub fn overwrite_value(&mut self, value: &[u8]) -> bool {
        let parts = self.parts();
        if self.is_shared() || parts.value_len != value.len() {
            return false;
        }
        // SAFETY: the value's bytes lie there and are not shared, so `&mut self` is the only access.
        unsafe {
            let at = self.base().add(parts.value()).as_ptr();
            ptr::copy_nonoverlapping(value.as_ptr(), at, value.len());
        }
        true
    }

    fn is_shared(&self) -> bool {
        // SAFETY: every item has flags.
        unsafe { self.flags().read() & SHARED != 0 }
    }

    /// A second handle of the same item, for a collection that keeps its members in two orders. There are never
    /// more than two.
    ///
    /// # Panics
    /// If there are two already.
    pub fn share(&mut self) -> Item {
        assert!(!self.is_shared(), "an item has two handles at most");
        // SAFETY: every item has flags, and no reference to them exists.
        unsafe { self.flags().write(self.flags().read() | SHARED) };
        Item {
            pointer: self.pointer,
        }
    }

    /// Whether both are handles of the same item.
    #[inline]
    pub fn is_same(&self, other: &Item) -> bool {
        self.pointer == other.pointer
    }

    /// Bytes of memory, the allocator's own overhead aside.
    pub fn memory_bytes(&self) -> usize {
        let parts = self.parts();
        parts.value() + parts.value_len
    }

    /// The first byte's address, for a prefetch.
    #[inline]
    pub fn address(&self) -> *const u8 {
        self.base().as_ptr()
    }
}

/// Asks the processor to fetch the cache line at `address`. Any address will do.
#[inline]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint and never faults.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl Drop for Item {
    fn drop(&mut self) {
        // SAFETY: every item has flags; with two handles the first only clears the mark, so the memory is freed
        // once, with the layout it was allocated with: flags and lengths that enter it never change.
        unsafe {
            let flags = self.flags();
            if flags.read() & SHARED != 0 {
                flags.write(flags.read() & !SHARED);
                return;
            }
            if let Ok(layout) = self.parts().layout() {
                dealloc(self.base().as_ptr(), layout);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn all_sizes_keep_their_parts() {
        for key_len in [0, 1, 14, 254, 255, 256, 70_000] {
            for value_len in [None, Some(0), Some(13), Some(254), Some(255), Some(70_000)] {
                for word in [None, Some(0), Some(u64::MAX)] {
                    let key = vec![b'k'; key_len];
                    let value = value_len.map(|len| vec![b'v'; len]);
                    let mut item = Item::new(&key, value.as_deref(), word).unwrap();
                    assert_eq!(item.key(), key);
                    assert_eq!(item.value(), value.as_deref().unwrap_or_default());
                    assert_eq!(item.word(), word);
                    item.set_word(7);
                    assert_eq!(item.word(), word.map(|_| 7));
                    assert_eq!(item.key(), key);
                    let other = vec![b'w'; value_len.unwrap_or(0)];
                    assert!(item.overwrite_value(&other));
                    assert_eq!(item.value(), other);
                }
            }
        }
    }

    #[test]
    fn small_items_are_small() {
        let bytes = |key, value, word| Item::new(key, value, word).unwrap().memory_bytes();
        assert_eq!(bytes(&[b'm'; 14], None, None), 16);
        assert_eq!(bytes(&[b'f'; 13], Some(&[b'v'; 13]), None), 29);
        assert_eq!(bytes(&[b'm'; 14], None, Some(1)), 24);
    }

    #[test]
    fn two_handles_free_once() {
        let mut first = Item::new(b"member", None, Some(1)).unwrap();
        let mut second = first.share();
        assert!(first.is_same(&second));
        assert!(!first.overwrite_value(b""));
        second.set_word(2);
        assert_eq!(first.word(), Some(2));
        drop(first);
        assert_eq!(second.key(), b"member");
        let third = second.share();
        drop(second);
        assert_eq!(third.word(), Some(2));
    }
}
