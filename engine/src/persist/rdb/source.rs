//! Reading RDB's numbers and strings from bytes that may not be all there yet. Knows no values.

use alloc::vec::Vec;

use super::{lzf, special};
use crate::error::Error;
use crate::number::float;
use crate::types::listpack::Element;

/// Why reading does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// At least so many bytes more are needed, counted from the end of those that are there.
    More(u64),
    /// The bytes are not what they should be.
    Corrupt,
    /// Memory was refused.
    OutOfMemory,
}

impl From<Error> for Stop {
    fn from(_: Error) -> Self {
        Stop::OutOfMemory
    }
}

impl From<crate::types::GrowError> for Stop {
    fn from(_: crate::types::GrowError) -> Self {
        Stop::OutOfMemory
    }
}

impl From<alloc::collections::TryReserveError> for Stop {
    fn from(_: alloc::collections::TryReserveError) -> Self {
        Stop::OutOfMemory
    }
}

impl From<crate::types::Corrupt> for Stop {
    fn from(_: crate::types::Corrupt) -> Self {
        Stop::Corrupt
    }
}

/// A string as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// As it is.
    Slice(&'a [u8]),
    /// As an integer, whose decimal form it is.
    Int(i64),
    /// It was compressed.
    Owned(Vec<u8>),
}

impl Text<'_> {
    /// The string, as a listpack's element would have it.
    pub fn element(&self) -> Element<'_> {
        match self {
            Text::Slice(bytes) => Element::Bytes(bytes),
            Text::Int(value) => Element::Int(*value),
            Text::Owned(bytes) => Element::Bytes(bytes),
        }
    }

    /// The string's bytes; an integer's digits are put into `digits`.
    pub fn bytes<'b>(&'b self, digits: &'b mut [u8; 20]) -> &'b [u8] {
        self.element().text(digits)
    }
}

/// A length, or the announcement of a string in another form.
enum Length {
    Plain(u64),
    Special(u8),
}

/// Bytes that are read from the front on.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Source<'a> {
    /// From the first of `bytes` on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Source { bytes, at: 0 }
    }

    /// How many bytes are read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes back to where [`Source::at`] was `at`.
    pub fn rewind(&mut self, at: usize) {
        self.at = at.min(self.at);
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Stop::More`].
    #[inline]
    pub fn take(&mut self, count: u64) -> Result<&'a [u8], Stop> {
        let left = self.left() as u64;
        if count > left {
            return Err(Stop::More(count - left));
        }
        let from = self.at;
        self.at += count as usize;
        Ok(&self.bytes[from..self.at])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let bytes = self.take(N as u64)?;
        bytes.try_into().map_err(|_| Stop::Corrupt)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Stop::More`].
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Stop> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes, little-endian.
    ///
    /// # Errors
    /// [`Stop::More`].
    pub fn u16(&mut self) -> Result<u16, Stop> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, little-endian.
    ///
    /// # Errors
    /// [`Stop::More`].
    pub fn u32(&mut self) -> Result<u32, Stop> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes, little-endian.
    ///
    /// # Errors
    /// [`Stop::More`].
    pub fn u64(&mut self) -> Result<u64, Stop> {
        self.array().map(u64::from_le_bytes)
    }

    fn any_length(&mut self) -> Result<Length, Stop> {
        let first = self.byte()?;
        Ok(match (first >> 6, first) {
            (0, _) => Length::Plain(u64::from(first)),
            (1, _) => Length::Plain(u64::from(first & 0x3f) << 8 | u64::from(self.byte()?)),
            (_, 0x80) => Length::Plain(u64::from(u32::from_be_bytes(self.array()?))),
            (_, 0x81) => Length::Plain(u64::from_be_bytes(self.array()?)),
            (3, _) => Length::Special(first & 0x3f),
            _ => return Err(Stop::Corrupt),
        })
    }

    /// A length or count.
    ///
    /// # Errors
    /// [`Stop::More`], [`Stop::Corrupt`].
    pub fn length(&mut self) -> Result<u64, Stop> {
        match self.any_length()? {
            Length::Plain(len) => Ok(len),
            Length::Special(_) => Err(Stop::Corrupt),
        }
    }

    /// A string in any form. One that is longer than a value can be (4 GiB) counts as corrupt. O(length).
    ///
    /// # Errors
    /// [`Stop`].
    #[inline]
    pub fn string(&mut self) -> Result<Text<'a>, Stop> {
        let len = match self.any_length()? {
            Length::Plain(len) => len,
            Length::Special(form) => return self.special(form),
        };
        if len >= u64::from(u32::MAX) {
            return Err(Stop::Corrupt);
        }
        self.take(len).map(Text::Slice)
    }

    fn special(&mut self, form: u8) -> Result<Text<'a>, Stop> {
        Ok(match form {
            special::INT_8 => Text::Int(i64::from(i8::from_le_bytes(self.array()?))),
            special::INT_16 => Text::Int(i64::from(i16::from_le_bytes(self.array()?))),
            special::INT_32 => Text::Int(i64::from(i32::from_le_bytes(self.array()?))),
            special::LZF => {
                let (compressed, len) = (self.length()?, self.length()?);
                if compressed.max(len) >= u64::from(u32::MAX) {
                    return Err(Stop::Corrupt);
                }
                let compressed = self.take(compressed)?;
                Text::Owned(lzf::decompress(compressed, len).ok_or(Stop::Corrupt)?)
            }
            _ => return Err(Stop::Corrupt),
        })
    }

    /// A string as bytes of one's own, for structures that are kept as they were stored.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn blob(&mut self) -> Result<Vec<u8>, Stop> {
        match self.string()? {
            Text::Owned(bytes) => Ok(bytes),
            text => {
                let mut digits = [0; 20];
                let bytes = text.bytes(&mut digits);
                let mut blob = Vec::new();
                blob.try_reserve_exact(bytes.len())?;
                blob.extend_from_slice(bytes);
                Ok(blob)
            }
        }
    }

    /// A double of eight bytes.
    ///
    /// # Errors
    /// [`Stop::More`].
    pub fn double(&mut self) -> Result<f64, Stop> {
        self.u64().map(f64::from_bits)
    }

    /// A double as text behind a byte with its length, of which three mean what has no digits.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn double_text(&mut self) -> Result<f64, Stop> {
        match self.byte()? {
            255 => Ok(f64::NEG_INFINITY),
            254 => Ok(f64::INFINITY),
            253 => Ok(f64::NAN),
            len => {
                let text = self.take(u64::from(len))?;
                float::parse(text).ok_or(Stop::Corrupt)
            }
        }
    }
}
