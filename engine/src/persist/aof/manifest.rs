//! The manifest: which files make up the append-only file, and in which order. Knows no file system.
//!
//! Read as redis-server 7.0 does, down to the texts of its errors; written as it does, byte for byte (but names with an
//! apostrophe, which it cannot read itself).

use alloc::vec::Vec;

use crate::config::{push_quoted, split_args};
use crate::error::Error;
use crate::number::write_i64;

/// The longest line with its end.
pub const LINE_BYTES_MAX: usize = 1024;
/// What a base's name ends with where it is an RDB file.
pub const BASE_RDB: &[u8] = b".base.rdb";
const BASE_AOF: &[u8] = b".base.aof";
const INCREMENT: &[u8] = b".incr.aof";

/// What a file is to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What everything goes back to. There is one at most.
    Base,
    /// What happened since; they are read one after another.
    Increment,
    /// Of no use any more: to be removed.
    History,
}

/// A file of the append-only file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, without a directory.
    pub name: Vec<u8>,
    /// Its number among those of its kind.
    pub seq: i64,
    /// What it is.
    pub kind: Kind,
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The line, from 1 on; 0 where there is none.
    pub line_number: u32,
    /// The line without white space around it; nothing where it could not be read.
    pub line: Option<Vec<u8>>,
    /// What is wrong with it.
    pub what: &'static str,
}

/// The files, by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What everything goes back to.
    pub base: Option<Part>,
    /// What happened since, in the order of their numbers.
    pub increments: Vec<Part>,
    /// What is to be removed.
    pub history: Vec<Part>,
    /// The number that the last base had.
    pub base_seq: i64,
    /// The number that the last increment had.
    pub increment_seq: i64,
}

impl Manifest {
    /// Reads a manifest's text. O(bytes).
    ///
    /// # Errors
    /// [`ManifestError`], with redis-server's words.
    pub fn parse(mut text: &[u8]) -> Result<Manifest, ManifestError> {
        let mut manifest = Manifest::default();
        if text.is_empty() {
            return Err(ManifestError {
                line_number: 0,
                line: None,
                what: "Found an empty AOF manifest",
            });
        }
        let mut line_number = 0;
        while !text.is_empty() {
            line_number += 1;
            let window = &text[..text.len().min(LINE_BYTES_MAX)];
            let end = window.iter().position(|byte| *byte == b'\n');
            let (line, rest) = text.split_at(end.map_or(window.len(), |end| end + 1));
            text = rest;
            if line[0] == b'#' {
                continue;
            }
            // A line ends at a NUL as a C string does, and then has no line end.
            if end.is_none() || line.contains(&0) {
                return Err(ManifestError {
                    line_number,
                    line: None,
                    what: "The AOF manifest file contains too long line",
                });
            }
            let line = trim(line);
            manifest.line(line).map_err(|what| ManifestError {
                line_number,
                line: Some(line.to_vec()),
                what,
            })?;
        }
        Ok(manifest)
    }

    fn line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        const INVALID: &str = "Invalid AOF manifest file format";
        let words = split_args(line).ok_or(INVALID)?;
        if words.len() < 6 || !words.len().is_multiple_of(2) {
            return Err(INVALID);
        }
        let (mut name, mut seq, mut kind) = (None, 0, None);
        for pair in words.chunks_exact(2) {
            let (key, value) = (&pair[0], &pair[1]);
            // What later versions may add is passed over.
            if key.eq_ignore_ascii_case(b"file") {
                if !is_base_name(value) {
                    return Err("File can't be a path, just a filename");
                }
                name = Some(value);
            } else if key.eq_ignore_ascii_case(b"seq") {
                seq = leading_number(value);
            } else if key.eq_ignore_ascii_case(b"type") {
                kind = value.first();
            }
        }
        let (Some(name), Some(kind), true) = (name, kind, seq != 0) else {
            return Err(INVALID);
        };
        let part = |kind| Part {
            name: name.clone(),
            seq,
            kind,
        };
        match kind {
            b'b' if self.base.is_some() => return Err("Found duplicate base file information"),
            b'b' => {
                self.base = Some(part(Kind::Base));
                self.base_seq = seq;
            }
            b'i' if seq <= self.increment_seq => {
                return Err("Found a non-monotonic sequence number");
            }
            b'i' => {
                self.increments.push(part(Kind::Increment));
                self.increment_seq = seq;
            }
            b'h' => self.history.push(part(Kind::History)),
            _ => return Err("Unknown AOF file type"),
        }
        Ok(())
    }

    /// The manifest's text. O(bytes).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        let parts = self.base.iter().chain(&self.history);
        for part in parts.chain(&self.increments) {
            // A byte of the name is written with four at most.
            text.try_reserve(part.name.len() * 4 + 64)?;
            text.extend_from_slice(b"file ");
            if needs_quotes(&part.name) {
                push_quoted(&mut text, &part.name);
            } else {
                text.extend_from_slice(&part.name);
            }
            text.extend_from_slice(b" seq ");
            text.extend_from_slice(write_i64(part.seq, &mut [0; 20]));
            text.extend_from_slice(match part.kind {
                Kind::Base => b" type b\n",
                Kind::Increment => b" type i\n",
                Kind::History => b" type h\n",
            });
        }
        Ok(text)
    }

    /// The files that are read at a start, in their order.
    pub fn loaded(&self) -> impl Iterator<Item = &Part> {
        self.base.iter().chain(&self.increments)
    }

    /// Begins the next base in the place of the one before, which is for [`Manifest::retire`] first. The name ends as `rdb` says.
    pub fn next_base(&mut self, filename: &[u8], rdb: bool) -> &Part {
        self.base_seq += 1;
        let end = if rdb { BASE_RDB } else { BASE_AOF };
        let part = Part {
            name: numbered(filename, self.base_seq, end),
            seq: self.base_seq,
            kind: Kind::Base,
        };
        self.base.insert(part)
    }

    /// Begins the next increment.
    pub fn next_increment(&mut self, filename: &[u8]) -> &Part {
        self.increment_seq += 1;
        let at = self.increments.len();
        self.increments.push(Part {
            name: numbered(filename, self.increment_seq, INCREMENT),
            seq: self.increment_seq,
            kind: Kind::Increment,
        });
        &self.increments[at]
    }

    /// Makes history of the base, and of all increments but the last `keep`. Newest first, as redis-server has them.
    pub fn retire(&mut self, keep: usize) {
        let count = self.increments.len().saturating_sub(keep);
        let old = self.base.take().into_iter();
        for mut part in old.chain(self.increments.drain(..count)) {
            part.kind = Kind::History;
            self.history.insert(0, part);
        }
    }

    /// The manifest's own name.
    pub fn name(filename: &[u8]) -> Vec<u8> {
        [filename, b".manifest"].concat()
    }

    /// The name under which a manifest is written before it takes its place.
    pub fn temporary_name(filename: &[u8]) -> Vec<u8> {
        [b"temp-", filename, b".manifest"].concat()
    }
}

fn numbered(filename: &[u8], seq: i64, end: &[u8]) -> Vec<u8> {
    [filename, b".", write_i64(seq, &mut [0; 20]), end].concat()
}

fn trim(mut line: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = line {
        line = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = line {
        line = rest;
    }
    line
}

fn is_base_name(name: &[u8]) -> bool {
    !name.iter().any(|byte| matches!(byte, b'/' | b'\\'))
}

fn needs_quotes(name: &[u8]) -> bool {
    // An apostrophe, too: redis-server writes it bare and then cannot read it.
    let special = |byte: &u8| !(b'!'..=b'~').contains(byte) || matches!(byte, b'"' | b'\'' | b'\\');
    name.iter().any(special)
}

/// The number that a text begins with, as C's `atoll` reads it; 0 where there is none.
fn leading_number(text: &[u8]) -> i64 {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !space(byte));
    let text = &text[start.unwrap_or(text.len())..];
    let negative = text.starts_with(b"-");
    let signed = negative || text.starts_with(b"+");
    let digits = &text[usize::from(signed)..];
    let mut number: i64 = 0;
    for digit in digits.iter().take_while(|byte| byte.is_ascii_digit()) {
        let digit = i64::from(digit - b'0');
        let digit = if negative { -digit } else { digit };
        number = number.saturating_mul(10).saturating_add(digit);
    }
    number
}

#[cfg(test)]
mod tests;
