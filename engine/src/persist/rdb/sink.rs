//! Writing RDB's numbers and strings. Knows no values.

use alloc::vec::Vec;

use super::lzf::{Compressor, Scan};
use super::special;
use crate::error::Error;
use crate::number::{parse_i64, write_i64};
use crate::types::listpack::{Element, Listpack};

/// Strings up to this length may be stored as integers.
const INT_TEXT_MAX: usize = 11;
/// Strings up to this length are not worth compressing.
const UNCOMPRESSED_MAX: usize = 20;
/// Bytes that a compressed string must save at least.
const SAVED_MIN: usize = 4;
/// Bytes of a length, at most.
const LENGTH_MAX: usize = 9;
/// Bytes before a compressed string, at most.
const HEAD_MAX: usize = 1 + 2 * LENGTH_MAX;

/// A long string that is being written in parts.
#[derive(Debug, Default)]
pub struct LongString {
    stage: Stage,
    scan: Scan,
    /// What it takes when it is compressed, as far as that is known.
    compressed: usize,
}

/// What is done with a long string.
#[derive(Debug, Default)]
enum Stage {
    #[default]
    Begin,
    /// It is compressed for the first time, only to see what that takes: the length stands in front.
    Measure,
    Compress,
    Copy,
}

/// Bytes that grow at the end.
#[derive(Debug, Default)]
pub struct Sink {
    bytes: Vec<u8>,
    compress: bool,
    compressor: Compressor,
}

impl Sink {
    /// Empty; strings of more than 20 bytes are compressed if `compress` says so and it makes them shorter.
    pub fn new(compress: bool) -> Self {
        Sink {
            compress,
            ..Sink::default()
        }
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives away what was written and starts anew.
    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.bytes)
    }

    /// Forgets what was written from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes.try_reserve(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn byte(&mut self, byte: u8) -> Result<(), Error> {
        self.raw(&[byte])
    }

    /// A length or count.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn length(&mut self, len: u64) -> Result<(), Error> {
        let mut head = [0; LENGTH_MAX];
        let size = write_length(len, &mut head);
        self.raw(&head[..size])
    }

    /// A double of eight bytes.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn double(&mut self, value: f64) -> Result<(), Error> {
        self.raw(&value.to_bits().to_le_bytes())
    }

    /// A string in its shortest form. O(length).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn string(&mut self, text: &[u8]) -> Result<(), Error> {
        if text.len() <= INT_TEXT_MAX
            && let Some(value) = parse_i64(text)
            && self.small_int(value)?
        {
            return Ok(());
        }
        if self.compress && text.len() > UNCOMPRESSED_MAX && self.compressed(text)? {
            return Ok(());
        }
        self.length(text.len() as u64)?;
        self.raw(text)
    }

    /// About `budget` bytes more of a long string in its shortest form; true once that was all. Nothing else is written in
    /// between. O(`budget`).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn string_part(
        &mut self,
        text: &[u8],
        long: &mut LongString,
        budget: usize,
    ) -> Result<bool, Error> {
        let start = self.bytes.len();
        match long.stage {
            Stage::Begin if self.compress && self.compressor.begin(text.len())? => {
                long.stage = Stage::Measure;
            }
            Stage::Begin => self.copy(text, long)?,
            Stage::Measure => {
                let room = text.len().saturating_sub(SAVED_MIN + long.compressed);
                let (scan, out) = (&mut long.scan, &mut self.bytes);
                let fits = self
                    .compressor
                    .step(text, scan, budget, start + room, out)?;
                long.compressed += out.len() - start;
                out.truncate(start);
                if !fits {
                    self.copy(text, long)?;
                } else if long.scan.at == text.len() {
                    self.byte(0xc0 | special::LZF)?;
                    self.length(long.compressed as u64)?;
                    self.length(text.len() as u64)?;
                    self.compressor.begin(text.len())?;
                    (long.stage, long.scan) = (Stage::Compress, Scan::default());
                }
            }
            Stage::Compress => {
                let (scan, out) = (&mut long.scan, &mut self.bytes);
                self.compressor.step(text, scan, budget, usize::MAX, out)?;
                return Ok(long.scan.at == text.len());
            }
            Stage::Copy => {
                let end = text.len().min(long.scan.at.saturating_add(budget));
                self.raw(&text[long.scan.at..end])?;
                long.scan.at = end;
                return Ok(end == text.len());
            }
        }
        Ok(false)
    }

    /// A long string is to be written as it is.
    fn copy(&mut self, text: &[u8], long: &mut LongString) -> Result<(), Error> {
        (long.stage, long.scan) = (Stage::Copy, Scan::default());
        self.length(text.len() as u64)
    }

    /// A listpack as a string. O(bytes).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn listpack(&mut self, list: &Listpack) -> Result<(), Error> {
        if self.compress {
            return self.string(&list.to_bytes()?);
        }
        let (header, entries, end) = list.parts();
        self.length(list.bytes_len() as u64)?;
        self.raw(&header)?;
        self.raw(entries)?;
        self.raw(&end)
    }

    /// The decimal form of an integer, in its shortest form.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn int(&mut self, value: i64) -> Result<(), Error> {
        if self.small_int(value)? {
            return Ok(());
        }
        let mut digits = [0; 20];
        let text = write_i64(value, &mut digits);
        self.length(text.len() as u64)?;
        self.raw(text)
    }

    /// A string that is kept in either way.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn element(&mut self, element: Element<'_>) -> Result<(), Error> {
        match element {
            Element::Int(value) => self.int(value),
            Element::Bytes(bytes) => self.string(bytes),
        }
    }

    /// False where it takes more than 32 bits.
    fn small_int(&mut self, value: i64) -> Result<bool, Error> {
        let (form, bytes) = match value {
            -0x80..=0x7f => (special::INT_8, 1),
            -0x8000..=0x7fff => (special::INT_16, 2),
            -0x8000_0000..=0x7fff_ffff => (special::INT_32, 4),
            _ => return Ok(false),
        };
        self.byte(0xc0 | form)?;
        self.raw(&value.to_le_bytes()[..bytes])?;
        Ok(true)
    }

    /// False where it would not be short enough.
    fn compressed(&mut self, text: &[u8]) -> Result<bool, Error> {
        // The compressed text's length stands before it and is not known yet, so the text moves.
        let start = self.bytes.len();
        self.bytes.try_reserve(HEAD_MAX + text.len())?;
        self.bytes.resize(start + HEAD_MAX, 0);
        let room = text.len() - SAVED_MIN;
        let fits = self.compressor.compress(text, room, &mut self.bytes);
        if !matches!(fits, Ok(true)) {
            self.bytes.truncate(start);
            return fits;
        }
        let compressed = self.bytes.len() - start - HEAD_MAX;
        let mut head = [0xc0 | special::LZF; HEAD_MAX];
        let mut size = 1;
        for len in [compressed, text.len()] {
            let mut digits = [0; LENGTH_MAX];
            let more = write_length(len as u64, &mut digits);
            head[size..size + more].copy_from_slice(&digits[..more]);
            size += more;
        }
        self.bytes[start..start + size].copy_from_slice(&head[..size]);
        self.bytes.copy_within(start + HEAD_MAX.., start + size);
        self.bytes.truncate(start + size + compressed);
        Ok(true)
    }
}

/// Writes a length and gives its size.
fn write_length(len: u64, out: &mut [u8; LENGTH_MAX]) -> usize {
    if len < 1 << 6 {
        out[0] = len as u8;
        1
    } else if len < 1 << 14 {
        out[..2].copy_from_slice(&(len as u16 | 0x4000).to_be_bytes());
        2
    } else if let Ok(len) = u32::try_from(len) {
        out[0] = 0x80;
        out[1..5].copy_from_slice(&len.to_be_bytes());
        5
    } else {
        out[0] = 0x81;
        out[1..].copy_from_slice(&len.to_be_bytes());
        LENGTH_MAX
    }
}
