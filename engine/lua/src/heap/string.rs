//! Strings: each there once, with Lua 5.1's hash. Audited, see the module above.

use core::ptr::{self, NonNull};

use super::{Fault, Gc, Header, Heap, Kind, WHITE};

/// A string; its bytes stand behind it.
#[repr(C)]
#[derive(Debug)]
pub struct Str {
    pub(super) header: Header,
    chain: *mut Str,
    len: usize,
    /// 5.1's hash, which tables go by.
    pub(crate) hash: u32,
    /// A hash of all bytes.
    whole: u32,
}

impl Str {
    /// The bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `Heap::string` allocated `len` bytes behind the struct and filled them.
        unsafe { core::slice::from_raw_parts(ptr::from_ref(self).add(1).cast::<u8>(), self.len) }
    }
}

impl Gc<Str> {
    /// The bytes, for as long as the string lives: until the next collection, at least.
    #[inline]
    pub(crate) fn live_bytes<'a>(self) -> &'a [u8] {
        // SAFETY: strings do not move or change; the caller keeps the string reachable.
        unsafe { (*self.as_ptr()).bytes() }
    }
}

/// 5.1's string hash: of a long string only some bytes.
fn hash(bytes: &[u8]) -> u32 {
    let mut hash = bytes.len() as u32;
    let step = (bytes.len() >> 5) + 1;
    let mut at = bytes.len();
    while at >= step {
        let byte = u32::from(bytes[at - 1]);
        hash ^= (hash << 5).wrapping_add(hash >> 2).wrapping_add(byte);
        at -= step;
    }
    hash
}

/// A hash of all bytes, for finding a string: 5.1's where that has looked at all of them.
#[inline]
fn whole_hash(bytes: &[u8], hash: u32) -> u32 {
    if bytes.len() < 32 {
        return hash;
    }
    let mut sum = u64::from(hash);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        sum = (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^= sum >> 32;
    }
    for byte in chunks.remainder() {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    (sum ^ sum >> 32) as u32
}

impl Heap {
    /// The string of these bytes.
    ///
    /// # Errors
    /// No memory.
    pub fn string(&mut self, bytes: &[u8]) -> Result<Gc<Str>, Fault> {
        let hash = hash(bytes);
        let whole = whole_hash(bytes, hash);
        let slot = whole as usize & (self.strings.len() - 1);
        let mut at = self.strings[slot];
        let mut steps = 0;
        while let Some(mut found) = NonNull::new(at) {
            // SAFETY: chains hold live strings only; a sweep unlinks what it frees.
            let string = unsafe { found.as_mut() };
            if string.whole == whole && string.bytes() == bytes {
                // It may be one that the sweep was about to free.
                let dead = WHITE[1 - self.collector.white];
                if string.header.mark == dead {
                    string.header.mark = WHITE[self.collector.white];
                }
                return Ok(Gc(found));
            }
            at = string.chain;
            steps += 1;
        }
        if steps > 16 {
            // Only who makes strings with equal hashes has such chains.
            self.fuel.spend(steps / 4);
        }
        let size = size_of::<Str>() + bytes.len();
        let object = self.block(size)?.cast::<Str>();
        let string = Str {
            header: self.header(Kind::Str),
            chain: self.strings[slot],
            len: bytes.len(),
            hash,
            whole,
        };
        // SAFETY: the block has room for the struct and for the bytes behind it.
        unsafe {
            object.write(string);
            ptr::copy_nonoverlapping(bytes.as_ptr(), object.as_ptr().add(1).cast(), bytes.len());
        }
        self.all = object.as_ptr().cast();
        self.strings[slot] = object.as_ptr();
        self.string_count += 1;
        if self.string_count > self.strings.len() {
            self.grow_strings();
        }
        Ok(Gc(object))
    }

    /// The string of these bytes, if there is one: what no table can have as a key otherwise.
    pub(crate) fn find_string(&self, bytes: &[u8]) -> Option<Gc<Str>> {
        let hash = hash(bytes);
        let whole = whole_hash(bytes, hash);
        let mut at = self.strings[whole as usize & (self.strings.len() - 1)];
        while let Some(found) = NonNull::new(at) {
            // SAFETY: as in `string`.
            let string = unsafe { found.as_ref() };
            if string.whole == whole && string.bytes() == bytes {
                return Some(Gc(found));
            }
            at = string.chain;
        }
        None
    }

    /// Keeps a string for good.
    pub(crate) fn keep(&mut self, string: Gc<Str>) {
        self.collector.kept.push(string);
    }

    fn grow_strings(&mut self) {
        let len = self.strings.len() * 2;
        let mut grown = alloc::vec::Vec::new();
        if grown.try_reserve_exact(len).is_err() {
            return;
        }
        grown.resize(len, ptr::null_mut());
        let old = core::mem::replace(&mut self.strings, grown);
        for mut at in old {
            while !at.is_null() {
                // SAFETY: as in `string`.
                unsafe {
                    let next = (*at).chain;
                    let slot = (*at).whole as usize & (len - 1);
                    (*at).chain = self.strings[slot];
                    self.strings[slot] = at;
                    at = next;
                }
            }
        }
    }

    /// Takes a string out of its chain and frees it.
    ///
    /// # Safety
    /// As for [`Heap::free`].
    pub(super) unsafe fn free_string(&mut self, string: *mut Str) {
        // SAFETY: the caller's; its chain holds it.
        unsafe {
            let slot = (*string).whole as usize & (self.strings.len() - 1);
            let mut link: *mut *mut Str = &raw mut self.strings[slot];
            while *link != string {
                link = &raw mut (**link).chain;
            }
            *link = (*string).chain;
            self.string_count -= 1;
            let size = size_of::<Str>() + (*string).len;
            self.release(size);
            self.pool.give(string.cast(), size);
        }
    }
}
