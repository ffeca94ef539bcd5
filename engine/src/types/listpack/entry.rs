//! One listpack entry: encoding byte, payload, back-length; knows nothing of the list around it.
//!
//! Layout as in the listpack specification: the first byte's high bits choose the encoding, integers of
//! 16 to 64 bits are little-endian, and the length of encoding and payload follows the entry in base
//! 128, readable from the right.

use crate::number::integer::{digits_len, parse_i64, write_i64};

/// The byte behind the last entry.
pub(super) const END: u8 = 0xff;

const STR_6: u8 = 0x80;
const INT_13: u8 = 0xc0;
const STR_12: u8 = 0xe0;
const STR_32: u8 = 0xf0;
const INT_16: u8 = 0xf1;
const INT_24: u8 = 0xf2;
const INT_32: u8 = 0xf3;
const INT_64: u8 = 0xf4;

/// What an entry holds: texts that are exact integers are kept as integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// An integer, whose text is its decimal form.
    Int(i64),
    /// Any bytes.
    Bytes(&'a [u8]),
}

impl<'a> From<&'a [u8]> for Element<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Element::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Element<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Element::Bytes(bytes)
    }
}

impl From<i64> for Element<'_> {
    fn from(value: i64) -> Self {
        Element::Int(value)
    }
}

impl<'a> Element<'a> {
    /// The form it is stored in: bytes that are an integer's exact text become that integer. O(20).
    pub fn canonical(self) -> Self {
        match self {
            Element::Bytes(bytes) => parse_i64(bytes).map_or(self, Element::Int),
            Element::Int(_) => self,
        }
    }

    /// The value as a number, if it is an integer or the exact text of one.
    pub fn int(self) -> Option<i64> {
        match self {
            Element::Int(value) => Some(value),
            Element::Bytes(bytes) => parse_i64(bytes),
        }
    }

    /// The value as text; an integer's digits are put into `digits`.
    pub fn text<'b>(self, digits: &'b mut [u8; 20]) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Element::Int(value) => write_i64(value, digits),
            Element::Bytes(bytes) => bytes,
        }
    }

    /// How many bytes the text has. O(1).
    pub fn text_len(self) -> usize {
        match self {
            Element::Int(value) => digits_len(value),
            Element::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether the value's text is `text`.
    pub fn is_text(self, text: &[u8]) -> bool {
        match self {
            Element::Int(value) => parse_i64(text) == Some(value),
            Element::Bytes(bytes) => bytes == text,
        }
    }
}

/// Bytes of encoding and payload, without back-length.
pub(super) fn body_len(element: Element<'_>) -> usize {
    match element {
        Element::Int(value) => int_encoding(value).1,
        Element::Bytes(bytes) => match bytes.len() {
            len @ 0..64 => 1 + len,
            len @ 64..4096 => 2 + len,
            len => 5 + len,
        },
    }
}

/// An integer's encoding byte and the bytes of its body.
fn int_encoding(value: i64) -> (u8, usize) {
    match value {
        0..=127 => (0, 1),
        -4096..=4095 => (INT_13, 2),
        -0x8000..=0x7fff => (INT_16, 3),
        -0x80_0000..=0x7f_ffff => (INT_24, 4),
        -0x8000_0000..=0x7fff_ffff => (INT_32, 5),
        _ => (INT_64, 9),
    }
}

/// How many bytes the back-length of a body takes. The limits above 127 are the format's own, one below the
/// largest value that would fit.
#[inline]
pub(super) fn back_len_size(body: usize) -> usize {
    match body {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

/// Bytes of the whole entry for an element in canonical form.
pub(super) fn entry_len(element: Element<'_>) -> usize {
    let body = body_len(element);
    body + back_len_size(body)
}

/// Writes an entry into `out`, which has exactly `entry_len(element)` bytes.
pub(super) fn write(element: Element<'_>, out: &mut [u8]) {
    let body = body_len(element);
    let (payload, back) = out.split_at_mut(body);
    match element {
        Element::Int(value) => write_int(value, payload),
        Element::Bytes(bytes) => {
            let head = body - bytes.len();
            payload[head..].copy_from_slice(bytes);
            match head {
                1 => payload[0] = STR_6 | bytes.len() as u8,
                2 => {
                    payload[0] = STR_12 | (bytes.len() >> 8) as u8;
                    payload[1] = bytes.len() as u8;
                }
                _ => {
                    payload[0] = STR_32;
                    payload[1..5].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
                }
            }
        }
    }
    let mut rest = body;
    let mut at = back.len();
    while at > 0 {
        at -= 1;
        back[at] = (rest & 127) as u8 | if at > 0 { 128 } else { 0 };
        rest >>= 7;
    }
}

fn write_int(value: i64, payload: &mut [u8]) {
    match int_encoding(value) {
        (_, 1) => payload[0] = value as u8,
        (head, 2) => {
            payload[0] = head | (value >> 8) as u8 & 0x1f;
            payload[1] = value as u8;
        }
        (head, len) => {
            payload[0] = head;
            payload[1..].copy_from_slice(&value.to_le_bytes()[..len - 1]);
        }
    }
}

/// Encoding and payload of the entry at `at`, in bytes. The list is known to be sound.
#[inline]
pub(super) fn body_len_at(list: &[u8], at: usize) -> usize {
    let head = list[at];
    match head {
        0..STR_6 => 1,
        STR_6..INT_13 => 1 + usize::from(head & 0x3f),
        INT_13..STR_12 => 2,
        STR_12..STR_32 => 2 + (usize::from(head & 0x0f) << 8 | usize::from(list[at + 1])),
        STR_32 => 5 + u32_at(list, at + 1) as usize,
        INT_16 => 3,
        INT_24 => 4,
        INT_32 => 5,
        INT_64 => 9,
        _ => 1,
    }
}

/// Where the entry behind the one at `at` starts.
#[inline]
pub(super) fn after(list: &[u8], at: usize) -> usize {
    let body = body_len_at(list, at);
    at + body + back_len_size(body)
}

/// Where the entry that ends before `end` starts.
#[inline]
pub(super) fn before(list: &[u8], end: usize) -> usize {
    let last = list[end - 1];
    // One byte, and it speaks of at most 127 others: the usual case.
    if last < 128 {
        return end - 1 - usize::from(last);
    }
    let body = read_back_len(list, end).unwrap_or(0);
    end - body - back_len_size(body)
}

/// Reads the back-length that ends before `end`; `None` if it runs over 5 bytes or the start.
fn read_back_len(list: &[u8], end: usize) -> Option<usize> {
    let mut body = 0u64;
    for step in 0..5 {
        let byte = *list.get(end.checked_sub(step + 1)?)?;
        body |= u64::from(byte & 127) << (7 * step);
        if byte & 128 == 0 {
            return usize::try_from(body).ok();
        }
    }
    None
}

/// Checks the entry at `at` as thoroughly as `after` and `before` need; where the next one starts.
pub(super) fn check(list: &[u8], at: usize) -> Option<usize> {
    let head_len = match *list.get(at)? {
        STR_12..STR_32 => 2,
        STR_32 => 5,
        0xf5.. => return None,
        _ => 1,
    };
    if list.len() - at < head_len {
        return None;
    }
    let body = match list[at] {
        // Only here the sum could leave 32 bits.
        STR_32 => usize::try_from(u32_at(list, at + 1)).ok()?.checked_add(5)?,
        _ => body_len_at(list, at),
    };
    let end = at.checked_add(body)?.checked_add(back_len_size(body))?;
    (end <= list.len() && read_back_len(list, end) == Some(body)).then_some(end)
}

/// The element at `at`, and the bytes of its body.
#[inline]
pub(super) fn read(list: &[u8], at: usize) -> (Element<'_>, usize) {
    let head = list[at];
    match head {
        0..STR_6 => (Element::Int(i64::from(head)), 1),
        STR_6..INT_13 => {
            let end = 1 + usize::from(head & 0x3f);
            (Element::Bytes(&list[at + 1..at + end]), end)
        }
        _ => read_long(list, at),
    }
}

/// All encodings but the two most common.
fn read_long(list: &[u8], at: usize) -> (Element<'_>, usize) {
    let head = list[at];
    let body = body_len_at(list, at);
    let payload = &list[at + 1..at + body];
    let element = match head {
        INT_13..STR_12 => {
            let raw = u16::from(head & 0x1f) << 8 | u16::from(payload[0]);
            // Shifted up and down again, the thirteenth bit becomes the sign.
            Element::Int(i64::from((raw << 3) as i16 >> 3))
        }
        STR_12..STR_32 => Element::Bytes(&payload[1..]),
        STR_32 => Element::Bytes(&payload[4..]),
        _ => {
            let mut wide = [0; 8];
            let unused = 8 - payload.len().min(8);
            wide[unused..].copy_from_slice(payload);
            Element::Int(i64::from_le_bytes(wide) >> (8 * unused).min(63))
        }
    };
    (element, body)
}

/// If the entry at `at` is a string, its bytes; `None` for integers.
#[inline]
pub(super) fn string_at(list: &[u8], at: usize, body: usize) -> Option<&[u8]> {
    let head_len = match list[at] {
        STR_6..INT_13 => 1,
        STR_12..STR_32 => 2,
        STR_32 => 5,
        _ => return None,
    };
    Some(&list[at + head_len..at + body])
}

/// Whether the first byte of an entry says: a string of exactly `len` bytes, shorter than 64.
#[inline]
pub(super) fn short_string_len(head: u8) -> Option<usize> {
    (head & 0xc0 == STR_6).then_some(usize::from(head & 0x3f))
}

fn u32_at(list: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([list[at], list[at + 1], list[at + 2], list[at + 3]])
}
