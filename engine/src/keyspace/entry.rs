//! A key with its value in one allocation. Knows nothing of tables, databases or time.
//!
//! One of the few modules with `unsafe`: an entry is a thin pointer to a header that is followed by
//! whatever the header says is there.
//!
//! ```text
//! offset 0  flags            see the constants
//!        1  (unused)
//!        2  key length       255: the length stands in four bytes further on
//!        3  value length     the same, for inline strings
//!        4  access           24 bits for LRU or LFU
//!        7  snapshot epoch and tiered mark
//!        8  [expiry]         8 bytes, milliseconds since 1970, where TIMED
//!           [payload]        8 bytes: an integer, or the pointer of a shared string or an object
//!           [key length]     4 bytes, where WIDE_KEY
//!           [value length]   4 bytes, where WIDE_VALUE
//!           key
//!           [value]          where the value is inline
//! ```
//!
//! The pointer's lowest bit repeats TIMED, so that a table finds the keys with an expiry without
//! touching them.
#![allow(unsafe_code)]

use alloc::alloc::{Layout, alloc, dealloc};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::size_of;
use core::ptr::{self, NonNull};

use crate::error::Error;
use crate::types::item::prefetch;
use crate::types::{Keyed, Object};

const TIMED: u8 = 1;
const WIDE_KEY: u8 = 2;
const WIDE_VALUE: u8 = 4;
/// The payload is an integer.
const INT: u8 = 8;
/// The payload is an `Arc<Vec<u8>>`.
const SHARED: u8 = 16;
/// OBJECT ENCODING says `raw` whatever the length.
const RAW: u8 = 32;
/// The payload is a `Box<Object>`: the value is no string.
const OBJECT: u8 = 64;
/// There is a payload.
const PAYLOAD: u8 = INT | SHARED | OBJECT;

const HEADER_BYTES: usize = 8;
const ALIGN: usize = 8;
/// Sizes are rounded up to this, as allocators do; so a value that fits is overwritten in place.
const SIZE_STEP: usize = 16;
/// Strings longer than this are reference-counted, and snapshots and replies share them.
pub const INLINE_MAX: usize = 16 * 1024;
/// The longest string that OBJECT ENCODING calls `embstr`.
const EMBSTR_MAX: usize = 44;

/// An owned entry.
pub struct Entry {
    pointer: NonNull<u8>,
}

// SAFETY: an entry owns its memory and the shared string in it, both of which may move between threads.
unsafe impl Send for Entry {}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string that is the text of an integer.
    Int(i64),
    /// A string inside the entry.
    Bytes(&'a [u8]),
    /// A long string.
    Shared(&'a Arc<Vec<u8>>),
}

/// What an entry is made from.
#[derive(Clone, Debug)]
pub enum NewValue<'a> {
    /// A string that is the text of an integer.
    Int(i64),
    /// A string; copied once.
    Bytes(&'a [u8]),
    /// A string that was changed in place: OBJECT ENCODING calls it `raw`.
    Raw(&'a [u8]),
    /// Like `Raw`, with zeros behind it up to this length.
    Padded(&'a [u8], usize),
    /// A long string, taken over.
    Shared(Arc<Vec<u8>>),
}

impl<'a> NewValue<'a> {
    /// Chooses how to keep `bytes`: as an integer where they are the exact text of one, inline, or
    /// shared.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if a long string cannot be allocated.
    #[inline]
    pub fn string(bytes: &'a [u8]) -> Result<NewValue<'a>, Error> {
        if bytes.len() <= 20
            && let Some(value) = crate::number::parse_i64(bytes)
        {
            return Ok(NewValue::Int(value));
        }
        NewValue::text(bytes, false)
    }

    /// Like [`NewValue::string`] but never an integer; `raw` marks a string that was changed in place.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if a long string cannot be allocated.
    pub fn text(bytes: &'a [u8], raw: bool) -> Result<NewValue<'a>, Error> {
        if bytes.len() > INLINE_MAX {
            let mut copy = Vec::new();
            copy.try_reserve_exact(bytes.len())?;
            copy.extend_from_slice(bytes);
            return Ok(NewValue::Shared(Arc::new(copy)));
        }
        Ok(if raw {
            NewValue::Raw(bytes)
        } else {
            NewValue::Bytes(bytes)
        })
    }

    fn flags(&self) -> u8 {
        match self {
            NewValue::Int(_) => INT,
            NewValue::Bytes(bytes) => wide_value(bytes.len()),
            NewValue::Raw(bytes) => RAW | wide_value(bytes.len()),
            NewValue::Padded(..) => RAW | wide_value(self.inline_len()),
            NewValue::Shared(_) => SHARED | RAW,
        }
    }

    /// The length of the value inside the entry, padding included.
    fn inline_len(&self) -> usize {
        match self {
            NewValue::Padded(bytes, len) => bytes.len().max(*len),
            _ => self.inline().len(),
        }
    }

    fn inline(&self) -> &'a [u8] {
        match self {
            NewValue::Bytes(bytes) | NewValue::Raw(bytes) | NewValue::Padded(bytes, _) => bytes,
            NewValue::Int(_) | NewValue::Shared(_) => &[],
        }
    }
}

const fn wide_value(len: usize) -> u8 {
    if len < 255 { 0 } else { WIDE_VALUE }
}

/// Where the parts of an entry lie.
#[derive(Clone, Copy)]
struct Parts {
    key: usize,
    key_len: usize,
    value_len: usize,
}

impl Parts {
    fn size(self) -> usize {
        (self.key + self.key_len + self.value_len).next_multiple_of(SIZE_STEP)
    }

    fn value(self) -> usize {
        self.key + self.key_len
    }
}

/// Offset of the payload, where there is one.
const fn payload_at(flags: u8) -> usize {
    HEADER_BYTES + if flags & TIMED != 0 { 8 } else { 0 }
}

/// Offset of the wide lengths, or of the key where there are none.
const fn lengths_at(flags: u8) -> usize {
    payload_at(flags) + if flags & PAYLOAD != 0 { 8 } else { 0 }
}

const fn key_at(flags: u8) -> usize {
    lengths_at(flags)
        + if flags & WIDE_KEY != 0 { 4 } else { 0 }
        + if flags & WIDE_VALUE != 0 { 4 } else { 0 }
}

impl Entry {
    /// An entry of `key` with `value`, which disappears at `expire_ms` if that is given.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the allocator refuses.
    pub fn new(key: &[u8], value: &NewValue<'_>, expire_ms: Option<u64>) -> Result<Entry, Error> {
        let wide_key = if key.len() < 255 { 0 } else { WIDE_KEY };
        let timed = if expire_ms.is_some() { TIMED } else { 0 };
        let flags = value.flags() | wide_key | timed;
        let inline = value.inline();
        let parts = Parts {
            key: key_at(flags),
            key_len: key.len(),
            value_len: value.inline_len(),
        };
        let layout =
            Layout::from_size_align(parts.size(), ALIGN).map_err(|_| Error::OutOfMemory)?;
        // SAFETY: the size is at least that of a header.
        let base = NonNull::new(unsafe { alloc(layout) }).ok_or(Error::OutOfMemory)?;
        let short = |len: usize| len.min(255) as u8;
        let header = u64::from_le_bytes([
            flags,
            0,
            short(key.len()),
            short(parts.value_len),
            0,
            0,
            0,
            0,
        ]);
        // SAFETY: every write lies inside the allocation: `Parts::size` counts the same parts, and the
        // key and value do not overlap memory that was just allocated.
        unsafe {
            base.cast::<u64>().write(header.to_le());
            if let Some(expire_ms) = expire_ms {
                base.add(HEADER_BYTES).cast::<u64>().write(expire_ms);
            }
            let mut lengths = base.add(lengths_at(flags)).cast::<u32>();
            if flags & WIDE_KEY != 0 {
                lengths.write(key.len() as u32);
                lengths = lengths.add(1);
            }
            if flags & WIDE_VALUE != 0 {
                lengths.write(parts.value_len as u32);
            }
            ptr::copy_nonoverlapping(key.as_ptr(), base.add(parts.key).as_ptr(), key.len());
            let at = base.add(parts.value()).as_ptr();
            ptr::copy_nonoverlapping(inline.as_ptr(), at, inline.len());
            at.add(inline.len())
                .write_bytes(0, parts.value_len - inline.len());
            write_payload(base, flags, value);
        }
        Ok(Entry {
            pointer: tag(base, expire_ms.is_some()),
        })
    }

    fn base(&self) -> NonNull<u8> {
        self.pointer.map_addr(|address| {
            // Allocations are never at address 0 or 1, so clearing the tag leaves a valid address.
            core::num::NonZero::new(address.get() & !1).unwrap_or(address)
        })
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        debug_assert!(at < HEADER_BYTES);
        // SAFETY: every entry has a header.
        unsafe { self.base().add(at).read() }
    }

    fn set_byte(&mut self, at: usize, byte: u8) {
        debug_assert!(at < HEADER_BYTES);
        // SAFETY: every entry has a header, and `&mut self` is the only access.
        unsafe { self.base().add(at).write(byte) }
    }

    #[inline]
    fn parts(&self) -> Parts {
        // SAFETY: every entry has a header; wide lengths stand where the flags say.
        unsafe {
            let base = self.base();
            let header = base.cast::<u64>().read().to_le();
            let [flags, _, key_len, value_len, ..] = header.to_le_bytes();
            let mut parts = Parts {
                key: key_at(flags),
                key_len: usize::from(key_len),
                value_len: usize::from(value_len),
            };
            if flags & (WIDE_KEY | WIDE_VALUE) != 0 {
                let mut lengths = base.add(lengths_at(flags)).cast::<u32>();
                if flags & WIDE_KEY != 0 {
                    parts.key_len = lengths.read() as usize;
                    lengths = lengths.add(1);
                }
                if flags & WIDE_VALUE != 0 {
                    parts.value_len = lengths.read() as usize;
                }
            }
            parts
        }
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        let parts = self.parts();
        // SAFETY: the key lies there, initialised, for as long as the entry does.
        unsafe { core::slice::from_raw_parts(self.base().add(parts.key).as_ptr(), parts.key_len) }
    }

    /// The string, where the value is one.
    ///
    /// # Errors
    /// [`Error::WrongType`] where it is not.
    #[inline]
    pub fn string(&self) -> Result<Value<'_>, Error> {
        if self.byte(0) & OBJECT != 0 {
            return Err(Error::WrongType);
        }
        Ok(self.value())
    }

    /// The string of an entry that holds no object.
    #[inline]
    fn value(&self) -> Value<'_> {
        let flags = self.byte(0);
        debug_assert!(flags & OBJECT == 0);
        if flags & (INT | SHARED) != 0 {
            // SAFETY: the flags say which payload there is; it is aligned and initialised.
            return unsafe {
                let payload = self.base().add(payload_at(flags));
                if flags & INT != 0 {
                    Value::Int(payload.cast::<i64>().read())
                } else {
                    Value::Shared(payload.cast::<Arc<Vec<u8>>>().as_ref())
                }
            };
        }
        let parts = self.parts();
        // SAFETY: the inline value lies behind the key, initialised.
        Value::Bytes(unsafe {
            core::slice::from_raw_parts(self.base().add(parts.value()).as_ptr(), parts.value_len)
        })
    }

    /// The integer, where the value is one.
    pub fn int_mut(&mut self) -> Option<&mut i64> {
        let flags = self.byte(0);
        // SAFETY: INT says that the payload is an aligned, initialised integer.
        (flags & INT != 0)
            .then(|| unsafe { self.base().add(payload_at(flags)).cast::<i64>().as_mut() })
    }

    /// The long string, where the value is one.
    pub fn shared_mut(&mut self) -> Option<&mut Arc<Vec<u8>>> {
        let flags = self.byte(0);
        // SAFETY: SHARED says that the payload is an aligned, initialised `Arc`.
        (flags & SHARED != 0).then(|| unsafe {
            self.base()
                .add(payload_at(flags))
                .cast::<Arc<Vec<u8>>>()
                .as_mut()
        })
    }

    /// The bytes of an inline string, to be changed in place; OBJECT ENCODING says `raw` from now on.
    pub fn inline_mut(&mut self) -> Option<&mut [u8]> {
        let flags = self.byte(0);
        if flags & PAYLOAD != 0 {
            return None;
        }
        self.set_byte(0, flags | RAW);
        let parts = self.parts();
        // SAFETY: the inline value lies behind the key, initialised, and `&mut self` is the only access.
        Some(unsafe {
            core::slice::from_raw_parts_mut(
                self.base().add(parts.value()).as_ptr(),
                parts.value_len,
            )
        })
    }

    /// Replaces the value where the memory fits it exactly enough. False if a new entry is needed.
    #[inline]
    pub fn overwrite(&mut self, value: &NewValue<'_>) -> bool {
        let flags = self.byte(0);
        let kept = flags & (TIMED | WIDE_KEY);
        let new_flags = value.flags() | kept;
        if (flags | new_flags) & (SHARED | OBJECT) != 0 {
            return false;
        }
        let old = self.parts();
        let inline = value.inline();
        let new = Parts {
            key: key_at(new_flags),
            key_len: old.key_len,
            value_len: value.inline_len(),
        };
        if new.size() != old.size() || new.key != old.key {
            return false;
        }
        self.set_byte(0, new_flags);
        self.set_value_len(new_flags, new.value_len);
        let base = self.base();
        // SAFETY: the key stays where it is and the sizes agree, so all writes lie inside the
        // allocation; `inline` is no part of this entry, which is borrowed mutably.
        unsafe {
            let at = base.add(new.value()).as_ptr();
            ptr::copy_nonoverlapping(inline.as_ptr(), at, inline.len());
            at.add(inline.len())
                .write_bytes(0, new.value_len - inline.len());
            write_payload(base, new_flags, value);
        }
        true
    }

    /// Lengthens an inline string to `len` with zeros where the memory has room for them; OBJECT ENCODING
    /// says `raw` from now on. False if a new entry is needed.
    pub fn extend_inline(&mut self, len: usize) -> bool {
        let flags = self.byte(0);
        let old = self.parts();
        let new = Parts {
            value_len: len,
            ..old
        };
        if flags & PAYLOAD != 0
            || len < old.value_len
            || flags & WIDE_VALUE != wide_value(len)
            || new.size() != old.size()
        {
            return false;
        }
        self.set_byte(0, flags | RAW);
        self.set_value_len(flags, len);
        // SAFETY: the sizes agree, so the zeros lie inside the allocation, behind the old value.
        unsafe {
            let end = self.base().add(old.value() + old.value_len).as_ptr();
            end.write_bytes(0, len - old.value_len);
        }
        true
    }

    /// Notes the length of the inline value, in the place that `flags` give it.
    fn set_value_len(&mut self, flags: u8, len: usize) {
        self.set_byte(3, len.min(255) as u8);
        if flags & WIDE_VALUE != 0 {
            let behind = if flags & WIDE_KEY != 0 { 4 } else { 0 };
            // SAFETY: the flags say that the length stands there.
            unsafe {
                let at = self.base().add(lengths_at(flags) + behind);
                at.cast::<u32>().write(len as u32);
            }
        }
    }

    /// When the key disappears, in milliseconds since 1970.
    #[inline]
    pub fn expire_ms(&self) -> Option<u64> {
        if !self.is_timed() {
            return None;
        }
        // SAFETY: the tag says that the expiry is there.
        Some(unsafe { self.base().add(HEADER_BYTES).cast::<u64>().read() })
    }

    /// Whether the key disappears some day. Does not touch the entry's memory.
    #[inline]
    pub fn is_timed(&self) -> bool {
        self.pointer.addr().get() & 1 != 0
    }

    /// Sets or removes the expiry. Moves the entry if it had none or has none now.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the entry must move and cannot.
    pub fn set_expire_ms(&mut self, expire_ms: Option<u64>) -> Result<(), Error> {
        if let (true, Some(expire_ms)) = (self.is_timed(), expire_ms) {
            // SAFETY: the tag says that the expiry is there.
            unsafe { self.base().add(HEADER_BYTES).cast::<u64>().write(expire_ms) };
            return Ok(());
        }
        if !self.is_timed() && expire_ms.is_none() {
            return Ok(());
        }
        *self = self.moved(None, expire_ms)?;
        Ok(())
    }

    /// An entry of `key` that holds an object.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the allocator refuses; the object is dropped.
    pub fn of_object(
        key: &[u8],
        object: Box<Object>,
        expire_ms: Option<u64>,
    ) -> Result<Entry, Error> {
        let mut entry = Entry::new(key, &NewValue::Int(0), expire_ms)?;
        entry.put_object(object);
        Ok(entry)
    }

    /// Puts an object in the place of an integer.
    fn put_object(&mut self, object: Box<Object>) {
        let flags = self.byte(0);
        debug_assert!(flags & INT != 0);
        self.set_byte(0, flags & !INT | OBJECT);
        // SAFETY: INT said that there is a payload; it is aligned, and an integer needs no drop.
        unsafe {
            self.base()
                .add(payload_at(flags))
                .cast::<Box<Object>>()
                .write(object);
        };
    }

    /// Takes the object out, where the value is one; the integer 0 is left.
    pub fn take_object(&mut self) -> Option<Box<Object>> {
        let flags = self.byte(0);
        if flags & OBJECT == 0 {
            return None;
        }
        self.set_byte(0, flags & !OBJECT | INT);
        // SAFETY: OBJECT said that the payload is an initialised `Box`; it is read once, because the flag is gone.
        unsafe {
            let payload = self.base().add(payload_at(flags));
            let object = payload.cast::<Box<Object>>().read();
            payload.cast::<i64>().write(0);
            Some(object)
        }
    }

    /// The object, where the value is one.
    #[inline]
    pub fn object(&self) -> Option<&Object> {
        let flags = self.byte(0);
        // SAFETY: OBJECT says that the payload is an aligned, initialised `Box`.
        (flags & OBJECT != 0).then(|| unsafe {
            &**self
                .base()
                .add(payload_at(flags))
                .cast::<Box<Object>>()
                .as_ref()
        })
    }

    /// The object, where the value is one, to be changed.
    #[inline]
    pub fn object_mut(&mut self) -> Option<&mut Object> {
        let flags = self.byte(0);
        // SAFETY: as in `object`, and `&mut self` is the only access.
        (flags & OBJECT != 0).then(|| unsafe {
            &mut **self
                .base()
                .add(payload_at(flags))
                .cast::<Box<Object>>()
                .as_mut()
        })
    }

    /// The same value under `key` (its own where none is given) with another expiry. An object moves and leaves the integer 0 behind; a long
    /// string is shared.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn moved(&mut self, key: Option<&[u8]>, expire_ms: Option<u64>) -> Result<Entry, Error> {
        let key = key.unwrap_or(self.key());
        let mut moved = if self.byte(0) & OBJECT != 0 {
            Entry::new(key, &NewValue::Int(0), expire_ms)?
        } else {
            Entry::new(key, &self.new_value(), expire_ms)?
        };
        if let Some(object) = self.take_object() {
            moved.put_object(object);
        }
        moved.set_access(self.access());
        Ok(moved)
    }

    /// A copy of the value under `key`, with the same expiry. O(size) for an object.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copied(&self, key: &[u8]) -> Result<Entry, Error> {
        let mut copy = match self.object() {
            Some(object) => Entry::of_object(key, Box::new(object.copy()?), self.expire_ms())?,
            None => Entry::new(key, &self.new_value(), self.expire_ms())?,
        };
        copy.set_access(self.access());
        Ok(copy)
    }

    /// This entry's string as the source of another entry. Shares a long string.
    fn new_value(&self) -> NewValue<'_> {
        match self.value() {
            Value::Int(value) => NewValue::Int(value),
            Value::Bytes(bytes) if self.byte(0) & RAW != 0 => NewValue::Raw(bytes),
            Value::Bytes(bytes) => NewValue::Bytes(bytes),
            Value::Shared(string) => NewValue::Shared(Arc::clone(string)),
        }
    }

    /// The 24 bits of LRU clock or LFU counter.
    pub fn access(&self) -> u32 {
        u32::from_le_bytes([self.byte(4), self.byte(5), self.byte(6), 0])
    }

    /// Sets the 24 bits of LRU clock or LFU counter.
    #[inline]
    pub fn set_access(&mut self, access: u32) {
        let [low, middle, high, _] = access.to_le_bytes();
        // SAFETY: the bytes are in the header, and `&mut self` is the only access.
        unsafe {
            let at = self.base().add(4);
            at.cast::<[u8; 2]>().write([low, middle]);
            at.add(2).write(high);
        }
    }

    /// What TYPE says.
    pub fn type_name(&self) -> &'static str {
        self.object().map_or("string", Object::type_name)
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        if let Some(object) = self.object() {
            return object.encoding();
        }
        match self.value() {
            Value::Int(_) => "int",
            Value::Bytes(bytes) if self.byte(0) & RAW == 0 && bytes.len() <= EMBSTR_MAX => "embstr",
            Value::Bytes(_) | Value::Shared(_) => "raw",
        }
    }

    /// Bytes of memory that the entry takes, the allocator's own overhead aside.
    pub fn memory_bytes(&self) -> usize {
        let payload = match (self.object(), self.string()) {
            (Some(object), _) => object.memory_bytes(),
            (None, Ok(Value::Shared(string))) => string.capacity() + size_of::<Vec<u8>>() + 16,
            _ => 0,
        };
        self.parts().size() + payload
    }

    /// Asks the processor to fetch the entry's first cache line.
    #[inline]
    pub fn prefetch(&self) {
        prefetch(self.base().as_ptr());
    }
}

fn tag(base: NonNull<u8>, timed: bool) -> NonNull<u8> {
    base.map_addr(|address| address | usize::from(timed))
}

/// Writes an integer or a shared string where the flags place it.
///
/// # Safety
/// `base` is an allocation laid out for `flags`, and holds no shared string that would be overwritten.
unsafe fn write_payload(base: NonNull<u8>, flags: u8, value: &NewValue<'_>) {
    // SAFETY: the caller's promise; payloads are 8-aligned because everything before them is.
    unsafe {
        let payload = base.add(payload_at(flags));
        match value {
            NewValue::Int(value) => payload.cast::<i64>().write(*value),
            NewValue::Shared(string) => payload.cast::<Arc<Vec<u8>>>().write(Arc::clone(string)),
            NewValue::Bytes(_) | NewValue::Raw(_) | NewValue::Padded(..) => {}
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let flags = self.byte(0);
        let size = self.parts().size();
        // SAFETY: the layout is the one the entry was allocated with: flags and lengths that enter the
        // size never change without a new allocation or an equal size.
        unsafe {
            if flags & SHARED != 0 {
                let payload = self.base().add(payload_at(flags)).cast::<Arc<Vec<u8>>>();
                payload.drop_in_place();
            }
            drop(self.take_object());
            dealloc(
                self.base().as_ptr(),
                Layout::from_size_align_unchecked(size, ALIGN),
            );
        }
    }
}

impl Keyed for Entry {
    #[inline]
    fn key(&self) -> &[u8] {
        Entry::key(self)
    }

    #[inline]
    fn is_timed(&self) -> bool {
        Entry::is_timed(self)
    }

    fn deadline(&self) -> u64 {
        self.expire_ms().unwrap_or(u64::MAX)
    }

    #[inline]
    fn prefetch(&self) {
        Entry::prefetch(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn check(key: &[u8], value: &[u8], expire_ms: Option<u64>) -> Entry {
        let new = NewValue::string(value).unwrap();
        let entry = Entry::new(key, &new, expire_ms).unwrap();
        assert_eq!(entry.key(), key);
        assert_eq!(text(&entry), value);
        assert_eq!(entry.expire_ms(), expire_ms);
        entry
    }

    fn text(entry: &Entry) -> Vec<u8> {
        match entry.value() {
            Value::Int(value) => crate::number::write_i64(value, &mut [0; 20]).to_vec(),
            Value::Bytes(bytes) => bytes.to_vec(),
            Value::Shared(string) => string.to_vec(),
        }
    }

    #[test]
    fn all_sizes_keep_key_value_and_expiry() {
        for key_len in [0, 1, 16, 254, 255, 256, 70000] {
            for value_len in [0, 1, 8, 44, 45, 254, 255, 256, INLINE_MAX, INLINE_MAX + 1] {
                for expire_ms in [None, Some(1), Some(u64::MAX / 2)] {
                    let mut entry = check(&vec![b'k'; key_len], &vec![b'v'; value_len], expire_ms);
                    entry.set_access(0x00ab_cdef);
                    for expire_ms in [Some(7), Some(8), None, None] {
                        entry.set_expire_ms(expire_ms).unwrap();
                        assert_eq!(entry.expire_ms(), expire_ms);
                        assert_eq!(entry.access(), 0x00ab_cdef);
                        assert_eq!(entry.key().len(), key_len);
                        assert_eq!(text(&entry).len(), value_len);
                    }
                }
            }
        }
    }

    #[test]
    fn a_small_pair_takes_32_bytes() {
        assert_eq!(check(&[b'k'; 16], b"abcdefgh", None).memory_bytes(), 32);
        assert_eq!(check(&[b'k'; 16], b"12345678", None).memory_bytes(), 32);
        assert_eq!(check(&[b'k'; 16], &[b'v'; 32], Some(1)).memory_bytes(), 64);
    }

    #[test]
    fn overwriting_in_place_keeps_everything_else() {
        let values: [&[u8]; 7] = [
            b"",
            b"7",
            b"abcdefgh",
            b"-9223372036854775808",
            &[b'x'; 60],
            &[b'y'; 254],
            &[b'z'; 300],
        ];
        for old in values {
            for new in values {
                let mut entry = check(b"key", old, Some(5));
                let new_value = NewValue::string(new).unwrap();
                let expected = if entry.overwrite(&new_value) {
                    new
                } else {
                    old
                };
                assert_eq!(text(&entry), expected);
                assert_eq!(entry.key(), b"key");
                assert_eq!(entry.expire_ms(), Some(5));
            }
        }
        let mut entry = check(b"key", b"abcdefgh", None);
        assert!(entry.overwrite(&NewValue::Bytes(b"ABCDEFG")));
        assert_eq!(text(&entry), b"ABCDEFG");
    }

    #[test]
    fn padding_and_extending_give_zeros() {
        for key_len in [3, 300] {
            for old_len in [0, 1, 15, 200, 254, 255, 300] {
                for len in old_len..old_len + 70 {
                    let key = vec![b'k'; key_len];
                    let old = vec![b'v'; old_len];
                    let mut expected = old.clone();
                    expected.resize(len, 0);
                    let new = NewValue::Padded(&old, len);
                    let padded = Entry::new(&key, &new, Some(5)).unwrap();
                    assert_eq!((text(&padded), padded.key()), (expected.clone(), &key[..]));
                    let mut entry = check(&key, &old, Some(5));
                    let size = entry.memory_bytes();
                    if entry.extend_inline(len) {
                        assert_eq!((text(&entry), entry.key()), (expected, &key[..]));
                        assert_eq!((entry.memory_bytes(), entry.encoding()), (size, "raw"));
                    } else {
                        assert_eq!(text(&entry), old);
                        let wider = old_len < 255 && len >= 255;
                        assert!(wider || padded.memory_bytes() > size);
                    }
                    assert_eq!(entry.expire_ms(), Some(5));
                }
            }
        }
        assert!(!check(b"k", b"12", None).extend_inline(3));
    }

    #[test]
    fn shared_strings_are_shared() {
        let long = Arc::new(vec![b'x'; 100_000]);
        let entry = Entry::new(b"k", &NewValue::Shared(Arc::clone(&long)), None).unwrap();
        let copy = Entry::new(b"l", &entry.new_value(), Some(9)).unwrap();
        assert_eq!(Arc::strong_count(&long), 3 + usize::from(false));
        drop(entry);
        drop(copy);
        assert_eq!(Arc::strong_count(&long), 1);
    }

    #[test]
    fn encodings() {
        assert_eq!(check(b"k", b"12", None).encoding(), "int");
        assert_eq!(check(b"k", b"012", None).encoding(), "embstr");
        assert_eq!(check(b"k", &[b'x'; 44], None).encoding(), "embstr");
        assert_eq!(check(b"k", &[b'x'; 45], None).encoding(), "raw");
        let mut entry = check(b"k", b"abc", None);
        entry.inline_mut().unwrap()[0] = b'X';
        assert_eq!(
            (text(&entry).as_slice(), entry.encoding()),
            (&b"Xbc"[..], "raw")
        );
    }
}
