//! Finds the records in an append-only file's bytes, piece by piece, and the last place up to which they are sound.
//! Knows no command but MULTI and EXEC, which hold records together.
//!
//! Strict where redis-server is lenient: numbers have one form, every line ends in CR LF, and a record counts only once what
//! follows it was looked at. So a flipped bit outside of arguments is found before anything that was not written comes out,
//! unless arguments look like records themselves.

use alloc::vec::Vec;

use crate::error::Error;
use crate::number::parse_u64;
use crate::resp::{Args, Span};

/// The longest line that starts with `#`.
const ANNOTATION_BYTES_MAX: usize = 1024;
/// The longest number with its mark and line end.
const NUMBER_BYTES_MAX: usize = 1 + 20 + 2;
/// What begins an RDB file.
const RDB_SIGNATURE: &[u8] = b"REDIS";

/// What a file may make us hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Arguments of one record.
    pub args: u64,
    /// Bytes of one argument.
    pub bulk_bytes: u64,
    /// Bytes of one record; at most 4 GB, which is the largest that positions in it can count.
    pub record_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            args: i32::MAX as u64,
            bulk_bytes: 2 << 30,
            record_bytes: u32::MAX as u64 - 64,
        }
    }
}

/// How a file of the append-only kind begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It has no bytes.
    Empty,
    /// With an RDB file, which records may follow.
    Rdb,
    /// With records.
    Records,
}

/// How a file begins whose first bytes these are; nothing where more of them are needed. `whole` says that there are no more.
pub fn start_of(bytes: &[u8], whole: bool) -> Option<Start> {
    if bytes.starts_with(RDB_SIGNATURE) {
        return Some(Start::Rdb);
    }
    match bytes {
        [] => whole.then_some(Start::Empty),
        _ if RDB_SIGNATURE.starts_with(bytes) && !whole => None,
        _ => Some(Start::Records),
    }
}

/// What kind of trouble a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It ends too early: what is there is sound as far as it goes.
    Truncated,
    /// It has what no record has.
    Corrupt,
    /// No memory for a record.
    OutOfMemory,
}

/// Why a file is not read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind it is.
    pub kind: FaultKind,
    /// Bytes of the file before what is wrong.
    pub offset: u64,
    /// Bytes of the file that are sound: whole records, and whole blocks of them.
    pub valid: u64,
    /// What is wrong, for a log.
    pub what: &'static str,
}

/// A record.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// The command.
    pub args: Args<'a>,
    /// Bytes of the file before it.
    pub offset: u64,
    /// Bytes of the file up to its end.
    pub end: u64,
    /// It belongs to a block, as MULTI and EXEC themselves do.
    pub in_block: bool,
}

/// What stands in a file.
#[derive(Clone, Copy)]
pub enum Item<'a> {
    /// A record.
    Record(Record<'a>),
    /// When the records behind it were written, in seconds since 1970.
    Timestamp {
        /// The moment.
        unix_s: u64,
        /// Bytes of the file before the annotation.
        offset: u64,
    },
    /// An annotation that means nothing here, without its line end.
    Annotation(&'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A record or an annotation is to begin.
    Start,
    /// So many arguments are missing.
    Args(u64),
    /// An argument of so many bytes is to come, and further ones behind it.
    Bulk(u64, u64),
    /// The record is whole; what follows says whether that is so.
    Whole,
}

/// Reads records from pieces as they come.
pub struct Scanner {
    buffer: Vec<u8>,
    /// How much of `buffer` is parsed.
    at: usize,
    /// Where in `buffer` the record in progress begins.
    first: usize,
    /// Bytes of the file before `buffer`.
    base: u64,
    spans: Vec<Span>,
    state: State,
    in_block: bool,
    valid: u64,
    lines: u64,
    limits: Limits,
    ended: bool,
}

impl Scanner {
    /// From offset `offset` of a file on, where a record or the file's end must be.
    pub fn new(offset: u64, limits: Limits) -> Scanner {
        let limits = Limits {
            record_bytes: limits.record_bytes.min(Limits::default().record_bytes),
            ..limits
        };
        Scanner {
            buffer: Vec::new(),
            at: 0,
            first: 0,
            base: offset,
            spans: Vec::new(),
            state: State::Start,
            in_block: false,
            valid: offset,
            lines: 0,
            limits,
            ended: false,
        }
    }

    /// Takes the next bytes of the file. What was read of the earlier ones is forgotten.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let used = match self.state {
            State::Start => self.at,
            _ => self.first,
        };
        if used > 0 {
            self.buffer.drain(..used);
            self.base += used as u64;
            self.at -= used;
            self.first = 0;
            for span in &mut self.spans {
                span.start = span.start.wrapping_sub(used as u32);
            }
        }
        self.buffer.try_reserve(bytes.len())?;
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// No more bytes will come.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Bytes of the file that are sound so far: whole records, and whole blocks of them.
    pub fn valid(&self) -> u64 {
        self.valid
    }

    /// Bytes of the file that were looked at.
    pub fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Lines of records that were read, an argument's bytes being one.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// A block has begun whose EXEC was not read yet.
    pub fn in_block(&self) -> bool {
        self.in_block
    }

    /// What comes next, or nothing until more bytes are pushed. Nothing behind [`Scanner::end`] says that all was read.
    /// O(bytes), each of them once.
    ///
    /// # Errors
    /// [`Fault`]; after it the rest is of no use, and asking again gives the same fault.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator's items could not be borrowed"
    )]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Fault> {
        loop {
            match self.state {
                State::Start => match self.buffer.get(self.at) {
                    None if self.ended && self.in_block => {
                        return Err(self.truncated("the file ends before the EXEC of a MULTI"));
                    }
                    None => return Ok(None),
                    Some(b'#') => return self.annotation(),
                    Some(_) => {
                        self.first = self.at;
                        self.spans.clear();
                        let Some(count) = self.number(b'*')? else {
                            return Ok(None);
                        };
                        if count == 0 || count > self.limits.args {
                            self.at = self.first;
                            return Err(
                                self.corrupt(0, "a record of too few or too many arguments")
                            );
                        }
                        self.state = State::Args(count);
                    }
                },
                State::Args(0) => self.state = State::Whole,
                State::Args(missing) => {
                    let start = self.at;
                    let Some(len) = self.number(b'$')? else {
                        return Ok(None);
                    };
                    let before = (self.at - self.first) as u64;
                    if len > self.limits.bulk_bytes
                        || before.saturating_add(len) > self.limits.record_bytes
                    {
                        self.at = start;
                        return Err(self.corrupt(0, "an argument that is too long"));
                    }
                    self.state = State::Bulk(len, missing);
                }
                State::Bulk(len, missing) => {
                    if !self.bulk(len as usize)? {
                        return Ok(None);
                    }
                    self.state = State::Args(missing - 1);
                }
                State::Whole => match self.buffer.get(self.at) {
                    None if !self.ended => return Ok(None),
                    Some(b'$') => {
                        return Err(self.corrupt(0, "an argument that the record does not count"));
                    }
                    // Zeros are what a crash leaves behind the last record that was stored.
                    Some(byte) if !matches!(byte, b'*' | b'#' | 0) && self.swallows() => {
                        return Err(self.corrupt(0, "expected '*', which begins a record"));
                    }
                    _ => return self.record().map(Some),
                },
            }
        }
    }

    /// A line of a mark and a number; nothing until it is there.
    fn number(&mut self, mark: u8) -> Result<Option<u64>, Fault> {
        let rest = &self.buffer[self.at..];
        let line = &rest[..rest.len().min(NUMBER_BYTES_MAX)];
        let Some((&first, digits)) = line.split_first() else {
            return self.more();
        };
        if first != mark {
            let what = match mark {
                b'*' => "expected '*', which begins a record",
                _ => "expected '$', which begins an argument",
            };
            return Err(self.corrupt(0, what));
        }
        let len = digits.iter().position(|byte| !byte.is_ascii_digit());
        let len = len.unwrap_or(digits.len());
        let (digits, behind) = digits.split_at(len);
        match behind {
            [b'\r', b'\n', ..] => {}
            // Too short to be wrong.
            [] | [b'\r'] if line.len() < NUMBER_BYTES_MAX => return self.more(),
            _ => return Err(self.corrupt(1 + len, "expected a number and CR LF")),
        }
        let number = parse_u64(digits).filter(|number| *number <= i64::MAX as u64);
        let Some(number) = number else {
            return Err(self.corrupt(1, "expected a number without zeros before it"));
        };
        self.at += 1 + len + 2;
        self.lines += 1;
        Ok(Some(number))
    }

    /// An argument's bytes and the line end behind it; false until they are there.
    fn bulk(&mut self, len: usize) -> Result<bool, Fault> {
        let rest = &self.buffer[self.at..];
        let behind = rest.get(len..).unwrap_or_default();
        if !b"\r\n".starts_with(&behind[..behind.len().min(2)]) {
            return Err(self.corrupt(len, "expected CR LF behind an argument"));
        }
        if behind.len() < 2 {
            return self.more::<()>().map(|_| false);
        }
        let span = Span {
            start: self.at as u32,
            len: len as u32,
        };
        if self.spans.try_reserve(1).is_err() {
            return Err(self.fault(FaultKind::OutOfMemory, 0, "out of memory"));
        }
        self.spans.push(span);
        self.at += len + 2;
        self.lines += 1;
        Ok(true)
    }

    /// An argument looks as if it had other arguments in it, as one does whose length is wrong.
    fn swallows(&self) -> bool {
        let args = Args::new(&self.buffer, &self.spans);
        args.iter().any(|arg| {
            arg.windows(3)
                .any(|part| matches!(part, [b'\r', b'\n', b'*' | b'$' | b'#']))
        })
    }

    fn record(&mut self) -> Result<Item<'_>, Fault> {
        let args = Args::new(&self.buffer, &self.spans);
        let (multi, exec) = (args.is(0, "MULTI"), args.is(0, "EXEC"));
        let back = self.at - self.first;
        if multi && self.in_block || exec && !self.in_block {
            self.at -= back;
            self.state = State::Start;
            let what = match multi {
                true => "a MULTI inside of a MULTI",
                false => "an EXEC without a MULTI",
            };
            return Err(self.corrupt(0, what));
        }
        let in_block = self.in_block || multi;
        self.in_block = in_block && !exec;
        let end = self.position();
        if !self.in_block {
            self.valid = end;
        }
        self.state = State::Start;
        Ok(Item::Record(Record {
            args: Args::new(&self.buffer, &self.spans),
            offset: self.base + self.first as u64,
            end,
            in_block,
        }))
    }

    fn annotation(&mut self) -> Result<Option<Item<'_>>, Fault> {
        let rest = &self.buffer[self.at..];
        let rest = &rest[..rest.len().min(ANNOTATION_BYTES_MAX)];
        let len = rest.iter().position(|byte| *byte < b' ');
        let len = len.unwrap_or(rest.len());
        let behind = match &rest[len..] {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] | [b'\r'] if rest.len() < ANNOTATION_BYTES_MAX => return self.more(),
            _ => return Err(self.corrupt(len, "expected the end of an annotation")),
        };
        let (start, offset) = (self.at, self.position());
        self.at += len + behind;
        if !self.in_block {
            self.valid = self.position();
        }
        let text = &self.buffer[start..start + len];
        let unix_s = text.strip_prefix(b"#TS:").and_then(parse_u64);
        Ok(Some(match unix_s {
            Some(unix_s) => Item::Timestamp { unix_s, offset },
            None => Item::Annotation(text),
        }))
    }

    /// What is missing comes later, or never.
    fn more<T>(&self) -> Result<Option<T>, Fault> {
        if self.ended {
            return Err(self.truncated("the file ends inside of a record"));
        }
        Ok(None)
    }

    fn truncated(&self, what: &'static str) -> Fault {
        let behind = self.buffer.len() - self.at;
        self.fault(FaultKind::Truncated, behind, what)
    }

    fn corrupt(&self, behind: usize, what: &'static str) -> Fault {
        self.fault(FaultKind::Corrupt, behind, what)
    }

    /// Trouble so many bytes behind the place.
    fn fault(&self, kind: FaultKind, behind: usize, what: &'static str) -> Fault {
        Fault {
            kind,
            offset: self.position() + behind as u64,
            valid: self.valid,
            what,
        }
    }
}

#[cfg(test)]
mod tests;
