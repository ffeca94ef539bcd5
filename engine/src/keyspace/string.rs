//! Strings as bytes: reading them whatever their form, and growing and changing them in place. Knows no
//! command.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::db::{Expiry, Keyspace, Place};
use super::entry::{Entry, INLINE_MAX, NewValue, Value};
use crate::error::Error;
use crate::number::write_i64;

/// Up to this length a growing string doubles; a longer one grows by a quarter.
const DOUBLING_MAX: usize = 1024 * 1024;

impl<'a> Value<'a> {
    /// The string's bytes. An integer's text is written to `digits`.
    #[inline]
    pub fn bytes<'b>(self, digits: &'b mut [u8; 20]) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Value::Bytes(bytes) => bytes,
            Value::Int(value) => write_i64(value, digits),
            Value::Shared(string) => string.as_slice(),
        }
    }

    /// The string's length in bytes. O(1).
    #[inline]
    pub fn bytes_len(self) -> usize {
        match self {
            Value::Bytes(bytes) => bytes.len(),
            Value::Int(value) => crate::number::integer::digits_len(value),
            Value::Shared(string) => string.len(),
        }
    }
}

impl<'a> NewValue<'a> {
    /// A string that was computed: never an integer, and OBJECT ENCODING calls it `raw`. Takes a long
    /// string over without copying it.
    pub fn computed(bytes: &'a mut Vec<u8>) -> NewValue<'a> {
        if bytes.len() > INLINE_MAX {
            NewValue::Shared(Arc::new(core::mem::take(bytes)))
        } else {
            NewValue::Raw(bytes)
        }
    }
}

impl Keyspace {
    /// Gives `change` the string of `key`, whose place is `place`, as bytes that it may change: those that
    /// were there, with zeros behind them where they were fewer than `len`. A missing key comes into
    /// being, an expiry stays, and OBJECT ENCODING says `raw` from now on. O(1) amortised over a string
    /// that grows, besides the zeros; inline strings may be copied once for every few bytes.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the string is then as before.
    #[inline]
    pub fn change_string<R>(
        &mut self,
        place: Place,
        key: &[u8],
        len: usize,
        change: impl FnOnce(&mut [u8]) -> R,
    ) -> Result<R, Error> {
        let mut change = Some(change);
        let mut run = |entry: &mut Entry| -> Result<Option<R>, Error> {
            grow(entry, len)?;
            let bytes = match entry.shared_mut() {
                Some(string) => Arc::get_mut(string).map(Vec::as_mut_slice),
                None => entry.inline_mut(),
            };
            // `grow` has made the string inline or the only owner of its bytes.
            Ok(bytes.and_then(|bytes| change.take().map(|change| change(bytes))))
        };
        let place = if place.exists() {
            place
        } else {
            let new = if len > INLINE_MAX {
                NewValue::Shared(Arc::new(grown(&[], len, len)?))
            } else {
                NewValue::Padded(&[], len)
            };
            self.put(place, key, &new, Expiry::Clear)?;
            self.find(key)
        };
        let result = self.update(place, &mut run).transpose()?;
        result.flatten().ok_or(Error::OutOfMemory)
    }
}

/// Makes an entry's string at least `len` bytes long and free to be changed in place.
#[inline]
fn grow(entry: &mut Entry, len: usize) -> Result<(), Error> {
    let inline_len = match entry.string()? {
        Value::Shared(_) => return grow_shared(entry, len),
        Value::Bytes(bytes) => Some(bytes.len()),
        Value::Int(_) => None,
    };
    if inline_len.is_some_and(|inline_len| inline_len >= len) || entry.extend_inline(len) {
        return Ok(());
    }
    regrow(entry, len)
}

/// Replaces an entry of an integer or an inline string by one with room for `len` bytes.
fn regrow(entry: &mut Entry, len: usize) -> Result<(), Error> {
    let mut digits = [0; 20];
    let bytes = entry.string()?.bytes(&mut digits);
    let new = if len.max(bytes.len()) > INLINE_MAX {
        NewValue::Shared(Arc::new(grown(bytes, len, roomy(len))?))
    } else {
        NewValue::Padded(bytes, len)
    };
    let mut moved = Entry::new(entry.key(), &new, entry.expire_ms())?;
    moved.set_access(entry.access());
    *entry = moved;
    Ok(())
}

/// Lengthens a long string, or copies it where somebody else holds it too.
fn grow_shared(entry: &mut Entry, len: usize) -> Result<(), Error> {
    let Some(string) = entry.shared_mut() else {
        return Ok(());
    };
    let room = if len > string.len() { roomy(len) } else { 0 };
    let Some(bytes) = Arc::get_mut(string) else {
        *string = Arc::new(grown(string, len, room)?);
        return Ok(());
    };
    if len > bytes.capacity() {
        let extra = room - bytes.len();
        let roomily = bytes.try_reserve_exact(extra);
        roomily.or_else(|_| bytes.try_reserve_exact(len - bytes.len()))?;
    }
    if len > bytes.len() {
        bytes.resize(len, 0);
    }
    Ok(())
}

/// A copy of `bytes`, zero-padded to `len`, with room for `room` bytes if they can be had.
fn grown(bytes: &[u8], len: usize, room: usize) -> Result<Vec<u8>, Error> {
    let len = len.max(bytes.len());
    let mut copy = Vec::new();
    let roomily = copy.try_reserve_exact(room.max(len));
    roomily.or_else(|_| copy.try_reserve_exact(len))?;
    copy.extend_from_slice(bytes);
    copy.resize(len, 0);
    Ok(copy)
}

/// The capacity for a string that has grown to `len` and may well grow again.
fn roomy(len: usize) -> usize {
    let more = if len < DOUBLING_MAX { len } else { len / 4 };
    len.saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn keyspace(value: &[u8]) -> Keyspace {
        let mut keys = Keyspace::new(1, 7);
        keys.set_now(1000);
        let value = NewValue::string(value).unwrap();
        keys.set(b"k", &value, Expiry::At(5000)).unwrap();
        keys
    }

    fn bytes(keys: &mut Keyspace) -> (Vec<u8>, Option<u64>) {
        let entry = keys.read(b"k").unwrap();
        let found = entry.string().unwrap().bytes(&mut [0; 20]).to_vec();
        assert_eq!(entry.string().unwrap().bytes_len(), found.len());
        (found, entry.expire_ms())
    }

    #[test]
    fn strings_grow_through_all_forms() {
        for old_len in [0, 2, 20, 254, 255, INLINE_MAX, INLINE_MAX + 1] {
            for len in [0, 1, 3, 254, 255, 256, INLINE_MAX, INLINE_MAX + 1, 100_000] {
                let mut expected = vec![b'1'; old_len];
                let mut keys = keyspace(&expected);
                expected.resize(expected.len().max(len), 0);
                let place = keys.find(b"k");
                let seen = keys.change_string(place, b"k", len, |bytes| {
                    assert_eq!(bytes, expected);
                    bytes.reverse();
                    bytes.len()
                });
                assert_eq!(seen, Ok(expected.len()));
                expected.reverse();
                assert_eq!(bytes(&mut keys), (expected, Some(5000)));
                assert_eq!(keys.read(b"k").unwrap().encoding(), "raw");
            }
        }
    }

    #[test]
    fn a_missing_key_comes_into_being() {
        for len in [0, 5, INLINE_MAX + 1] {
            let mut keys = Keyspace::new(1, 7);
            let place = keys.find(b"k");
            let done = keys.change_string(place, b"k", len, |bytes| bytes.fill(b'x'));
            assert_eq!(done, Ok(()));
            assert_eq!(bytes(&mut keys), (vec![b'x'; len], None));
        }
    }

    #[test]
    fn a_string_that_others_hold_is_copied() {
        let mut keys = keyspace(&vec![b'a'; INLINE_MAX + 1]);
        let Value::Shared(held) = keys.read(b"k").unwrap().string().unwrap() else {
            panic!("a long string");
        };
        let held = Arc::clone(held);
        let place = keys.find(b"k");
        keys.change_string(place, b"k", 1, |bytes| bytes[0] = b'b')
            .unwrap();
        assert_eq!(held[0], b'a');
        assert_eq!(bytes(&mut keys).0[..2], *b"ba");
    }

    #[test]
    fn a_growing_string_moves_rarely() {
        let mut keys = keyspace(&vec![b'a'; INLINE_MAX + 1]);
        let (mut moves, mut last) = (0, core::ptr::null());
        for len in INLINE_MAX + 2..INLINE_MAX + 200_000 {
            let place = keys.find(b"k");
            let at = keys.change_string(place, b"k", len, |bytes| bytes.as_ptr());
            moves += usize::from(at != Ok(last));
            last = at.unwrap();
        }
        assert!(moves < 10, "{moves}");
    }
}
