//! A key with its value in one allocation. Knows nothing of tables, databases or time.
//!
//! One of the few modules with `unsafe`: an entry is a thin pointer to a header that is followed by
//! whatever the header says is there.
//!
//! ```text
//! offset 0  flags            see the constants
//!        1  payload          which collection it is, and its length in words
//!        2  key length       255: the length stands in four bytes further on
//!        3  value length     the same, for inline strings
//!        4  access           24 bits for LRU or LFU
//!        7  snapshot epoch and tiered mark
//!        8  [expiry]         8 bytes, milliseconds since 1970, where TIMED
//!           [payload]        an integer, the pointer of a shared string, or a collection
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

use crate::error::{Error, owned};
use crate::types::hash_map::Hash;
use crate::types::item::prefetch;
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::sorted_set::SortedSet;
use crate::types::stream::Stream;
use crate::types::{Keyed, Object, ObjectMut, ObjectRef};

const TIMED: u8 = 1;
const WIDE_KEY: u8 = 2;
const WIDE_VALUE: u8 = 4;
/// The payload is an integer.
const INT: u8 = 8;
/// The payload is an `Arc<Vec<u8>>`.
const SHARED: u8 = 16;
/// OBJECT ENCODING says `raw` whatever the length.
const RAW: u8 = 32;
/// The payload is a collection: the value is no string.
const OBJECT: u8 = 64;
/// There is a payload.
const PAYLOAD: u8 = INT | SHARED | OBJECT;

const HEADER_BYTES: usize = 8;
const ALIGN: usize = 8;

/// The payload byte: its lower bits are the kind of collection, the upper ones the payload's length in words.
const LIST: u8 = 0;
const SET: u8 = 1;
const HASH: u8 = 2;
const SORTED_SET: u8 = 3;
const STREAM: u8 = 4;
const KINDS: u8 = 7;
const WORDS_SHIFT: u8 = 4;
/// The payload of an integer or a shared string.
const ONE_WORD: u8 = 1 << WORDS_SHIFT;
const WORD_BYTES: usize = 8;
/// The collection was taken out; its place is left.
const TAKEN: u8 = 128;

/// The payload byte of a collection of type `T`.
const fn payload_of<T>(kind: u8) -> u8 {
    assert!(align_of::<T>() <= ALIGN && size_of::<T>() <= 7 * WORD_BYTES);
    kind | (size_of::<T>().div_ceil(WORD_BYTES) as u8) << WORDS_SHIFT
}

const fn payload_bytes(payload: u8) -> usize {
    (payload & !TAKEN) as usize >> WORDS_SHIFT << 3
}

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
            return Ok(NewValue::Shared(Arc::new(owned(bytes)?)));
        }
        Ok(if raw {
            NewValue::Raw(bytes)
        } else {
            NewValue::Bytes(bytes)
        })
    }

    fn payload(&self) -> u8 {
        match self {
            NewValue::Int(_) | NewValue::Shared(_) => ONE_WORD,
            NewValue::Bytes(_) | NewValue::Raw(_) | NewValue::Padded(..) => 0,
        }
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
const fn lengths_at(flags: u8, payload: u8) -> usize {
    payload_at(flags) + payload_bytes(payload)
}

const fn key_at(flags: u8, payload: u8) -> usize {
    lengths_at(flags, payload)
        + if flags & WIDE_KEY != 0 { 4 } else { 0 }
        + if flags & WIDE_VALUE != 0 { 4 } else { 0 }
}

impl Entry {
    /// An entry of `key` with `value`, which disappears at `expire_ms` if that is given.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the allocator refuses.
    pub fn new(key: &[u8], value: &NewValue<'_>, expire_ms: Option<u64>) -> Result<Entry, Error> {
        Entry::laid_out(key, value, (value.flags(), value.payload()), expire_ms)
    }

    /// An entry with these flags and this payload byte. Where the payload is a collection's, its place is left.
    #[inline]
    fn laid_out(
        key: &[u8],
        value: &NewValue<'_>,
        (flags, payload): (u8, u8),
        expire_ms: Option<u64>,
    ) -> Result<Entry, Error> {
        let wide_key = if key.len() < 255 { 0 } else { WIDE_KEY };
        let timed = if expire_ms.is_some() { TIMED } else { 0 };
        let flags = flags | wide_key | timed;
        let inline = value.inline();
        let parts = Parts {
            key: key_at(flags, payload),
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
            payload,
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
            let mut lengths = base.add(lengths_at(flags, payload)).cast::<u32>();
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
            let [flags, payload, key_len, value_len, ..] = header.to_le_bytes();
            let mut parts = Parts {
                key: key_at(flags, payload),
                key_len: usize::from(key_len),
                value_len: usize::from(value_len),
            };
            if flags & (WIDE_KEY | WIDE_VALUE) != 0 {
                let mut lengths = base.add(lengths_at(flags, payload)).cast::<u32>();
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
        let payload = value.payload();
        let new = Parts {
            key: key_at(new_flags, payload),
            key_len: old.key_len,
            value_len: value.inline_len(),
        };
        if new.size() != old.size() || new.key != old.key {
            return false;
        }
        self.set_byte(0, new_flags);
        self.set_byte(1, payload);
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
                let at = self.base().add(lengths_at(flags, self.byte(1)) + behind);
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

    /// An entry of `key` that holds a collection.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if the allocator refuses; the collection is dropped.
    pub fn of_object(key: &[u8], object: Object, expire_ms: Option<u64>) -> Result<Entry, Error> {
        let payload = match object {
            Object::List(_) => payload_of::<List>(LIST),
            Object::Set(_) => payload_of::<Set>(SET),
            Object::Hash(_) => payload_of::<Hash>(HASH),
            Object::SortedSet(_) => payload_of::<SortedSet>(SORTED_SET),
            Object::Stream(_) => payload_of::<Box<Stream>>(STREAM),
        };
        let mut entry = Entry::with_room(key, payload, expire_ms)?;
        entry.put_object(object);
        Ok(entry)
    }

    /// An entry of `key` with room for a collection of this payload byte.
    fn with_room(key: &[u8], payload: u8, expire_ms: Option<u64>) -> Result<Entry, Error> {
        let nothing = NewValue::Bytes(&[]);
        Entry::laid_out(key, &nothing, (OBJECT, payload | TAKEN), expire_ms)
    }

    /// Where the collection lies, or would.
    fn payload_place(&self) -> NonNull<u8> {
        // SAFETY: the payload is a part of every entry, though it may have no bytes.
        unsafe { self.base().add(payload_at(self.byte(0))) }
    }

    /// Puts a collection where the place of one of its kind was left.
    fn put_object(&mut self, object: Object) {
        let payload = self.byte(1);
        debug_assert!(self.byte(0) & OBJECT != 0 && payload & TAKEN != 0);
        self.set_byte(1, payload & !TAKEN);
        let place = self.payload_place();
        // SAFETY: the caller laid the entry out for this kind, so there is room, and it is aligned. What lies there is
        // nothing that needs a drop.
        unsafe {
            match object {
                Object::List(list) => place.cast().write(list),
                Object::Set(set) => place.cast().write(set),
                Object::Hash(hash) => place.cast().write(hash),
                Object::SortedSet(set) => place.cast().write(set),
                Object::Stream(stream) => place.cast().write(stream),
            }
        }
    }

    /// Takes the collection out, where the value is one; the entry is good for nothing else from then on.
    pub fn take_object(&mut self) -> Option<Object> {
        let payload = self.byte(1);
        if !self.has_object() {
            return None;
        }
        self.set_byte(1, payload | TAKEN);
        let place = self.payload_place();
        // SAFETY: the payload byte said that an initialised collection of this kind lies there; it is read once, because
        // it is marked as taken now.
        Some(unsafe {
            match payload & KINDS {
                LIST => Object::List(place.cast().read()),
                SET => Object::Set(place.cast().read()),
                HASH => Object::Hash(place.cast().read()),
                SORTED_SET => Object::SortedSet(place.cast().read()),
                _ => Object::Stream(place.cast().read()),
            }
        })
    }

    #[inline]
    fn has_object(&self) -> bool {
        self.byte(0) & OBJECT != 0 && self.byte(1) & TAKEN == 0
    }

    /// The collection, where the value is one.
    #[inline]
    pub fn object(&self) -> Option<ObjectRef<'_>> {
        if !self.has_object() {
            return None;
        }
        let place = self.payload_place();
        // SAFETY: the payload byte says that an initialised, aligned collection of this kind lies there.
        Some(unsafe {
            match self.byte(1) & KINDS {
                LIST => ObjectRef::List(place.cast().as_ref()),
                SET => ObjectRef::Set(place.cast().as_ref()),
                HASH => ObjectRef::Hash(place.cast().as_ref()),
                SORTED_SET => ObjectRef::SortedSet(place.cast().as_ref()),
                _ => ObjectRef::Stream(place.cast::<Box<Stream>>().as_ref()),
            }
        })
    }

    /// The collection, where the value is one, to be changed.
    #[inline]
    pub fn object_mut(&mut self) -> Option<ObjectMut<'_>> {
        if !self.has_object() {
            return None;
        }
        let place = self.payload_place();
        // SAFETY: as in `object`, and `&mut self` is the only access.
        Some(unsafe {
            match self.byte(1) & KINDS {
                LIST => ObjectMut::List(place.cast().as_mut()),
                SET => ObjectMut::Set(place.cast().as_mut()),
                HASH => ObjectMut::Hash(place.cast().as_mut()),
                SORTED_SET => ObjectMut::SortedSet(place.cast().as_mut()),
                _ => ObjectMut::Stream(place.cast::<Box<Stream>>().as_mut()),
            }
        })
    }

    /// The value is a collection of many elements.
    pub fn is_large(&self) -> bool {
        self.object().is_some_and(ObjectRef::is_large)
    }

    /// The same value under `key` (its own where none is given) with another expiry. A collection moves, and
    /// this entry must go then; a long string is shared.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn moved(&mut self, key: Option<&[u8]>, expire_ms: Option<u64>) -> Result<Entry, Error> {
        let key = key.unwrap_or(self.key());
        let mut moved = if self.byte(0) & OBJECT != 0 {
            Entry::with_room(key, self.byte(1), expire_ms)?
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
            Some(object) => Entry::of_object(key, object.copy()?, self.expire_ms())?,
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
        self.object().map_or("string", ObjectRef::type_name)
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
mod tests;
