//! One connection's incoming bytes and the requests found in them. A host fills it and parses outside
//! the engine's lock; the engine runs what was parsed. Knows no command: names are resolved by a function
//! the caller gives.

use alloc::format;
use alloc::vec::Vec;

use super::{Args, Span, split_line};
use crate::number::parse_i64;

/// What a name resolves to where no command has it.
pub const UNRESOLVED: u16 = u16::MAX;

/// Room that a read finds at least.
const READ_BYTES: usize = 16 * 1024;
/// An idle buffer larger than this gives its memory back.
const KEEP_BYTES: usize = 64 * 1024;
/// The longest inline command, and the longest count line.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Before authentication: arguments of a request, bytes of an argument.
const ANONYMOUS_ARGS_MAX: i64 = 10;
const ANONYMOUS_BULK_MAX: i64 = 16 * 1024;

/// What a peer may make us hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `proto-max-bulk-len`: bytes of one argument.
    pub bulk_bytes: u64,
    /// `client-query-buffer-limit`: bytes of one connection's input.
    pub buffer_bytes: u64,
    /// The connection is authenticated; else the smaller limits hold, and one request is parsed at a time.
    pub authenticated: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bulk_bytes: 512 << 20,
            buffer_bytes: 1 << 30,
            authenticated: true,
        }
    }
}

/// One parsed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The resolved name, or [`UNRESOLVED`].
    pub command: u16,
    first: u32,
    count: u32,
}

/// A connection's input buffer, parser state and parsed requests.
#[derive(Default)]
pub struct Intake {
    /// All of it is initialised; `filled` bytes of it are input.
    buffer: Vec<u8>,
    filled: usize,
    /// Parsed up to here.
    parsed: usize,
    spans: Vec<Span>,
    requests: Vec<Request>,
    next: usize,
    partial: Option<Partial>,
    error: Option<Vec<u8>>,
    /// What the peer may send.
    pub limits: Limits,
}

/// A multibulk request whose arguments have not all arrived.
#[derive(Clone, Copy)]
struct Partial {
    first_span: usize,
    remaining: u32,
    bulk_len: Option<usize>,
}

/// Why parsing stopped.
enum Stop {
    NeedsMore,
    Error(Vec<u8>),
}

impl Intake {
    /// An empty intake.
    pub fn new() -> Self {
        Intake::default()
    }

    /// Room to read into; at least 16 KB, more where a large argument is known to follow. Nothing if the
    /// memory cannot be had or the buffer's limit is reached: the connection must be closed.
    pub fn space(&mut self) -> Option<&mut [u8]> {
        self.reclaim();
        let wanted = match self.partial {
            // A large argument: grow with what arrives, never by what was only announced.
            Some(Partial {
                bulk_len: Some(len),
                ..
            }) => {
                let missing = (self.parsed + len + 2).saturating_sub(self.filled);
                missing.min(self.filled.max(READ_BYTES)).max(READ_BYTES)
            }
            _ => READ_BYTES,
        };
        if self.buffer.len() - self.filled < wanted.min(READ_BYTES / 4) || self.filled == 0 {
            let target = self.filled + wanted;
            if target as u64 > self.limits.buffer_bytes + READ_BYTES as u64 {
                return None;
            }
            if target > self.buffer.len() {
                self.buffer
                    .try_reserve_exact(target - self.buffer.len())
                    .ok()?;
                self.buffer.resize(target, 0);
            }
        }
        Some(&mut self.buffer[self.filled..])
    }

    /// Says that `count` bytes of [`Intake::space`] now hold input.
    pub fn advance(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.buffer.len());
    }

    /// Copies `data` in, for hosts that already hold the bytes. False if there is no room, see
    /// [`Intake::space`].
    pub fn push(&mut self, mut data: &[u8]) -> bool {
        while !data.is_empty() {
            let Some(space) = self.space() else {
                return false;
            };
            let count = space.len().min(data.len());
            space[..count].copy_from_slice(&data[..count]);
            self.advance(count);
            data = &data[count..];
        }
        true
    }

    /// Parses until `requests_max` requests wait, the input ends or breaks. `resolve` turns a name into
    /// a command's number.
    pub fn parse(&mut self, requests_max: usize, resolve: impl Fn(&[u8]) -> u16) {
        let requests_max = if self.limits.authenticated {
            requests_max
        } else {
            1
        };
        while self.error.is_none() && self.requests.len() - self.next < requests_max {
            match self.parse_one(&resolve) {
                Ok(()) => {}
                Err(Stop::NeedsMore) => return,
                Err(Stop::Error(text)) => self.error = Some(text),
            }
        }
    }

    /// The next parsed request.
    pub fn peek(&self) -> Option<Request> {
        self.requests.get(self.next).copied()
    }

    /// The parsed requests that wait.
    pub fn waiting(&self) -> &[Request] {
        &self.requests[self.next..]
    }

    /// The arguments of a parsed request.
    pub fn args(&self, request: Request) -> Args<'_> {
        let first = request.first as usize;
        Args::new(
            &self.buffer,
            &self.spans[first..first + request.count as usize],
        )
    }

    /// Drops the next parsed request.
    pub fn consume(&mut self) {
        self.next += 1;
    }

    /// The protocol error that stands behind the parsed requests.
    pub fn error(&self) -> Option<&[u8]> {
        self.error.as_deref()
    }

    /// Input remains that [`Intake::parse`] has not looked at yet.
    pub fn has_unparsed(&self) -> bool {
        self.parsed < self.filled && self.error.is_none()
    }

    /// Nothing is held: the intake can serve another connection.
    pub fn is_empty(&self) -> bool {
        self.next == self.requests.len()
            && self.parsed == self.filled
            && self.partial.is_none()
            && self.error.is_none()
    }

    /// Bytes of input that are held, for CLIENT LIST.
    pub fn held_bytes(&self) -> usize {
        self.filled
    }

    /// Frees what has been consumed, moving what has not to the front.
    pub fn reclaim(&mut self) {
        if self.next < self.requests.len() {
            return;
        }
        self.requests.clear();
        self.next = 0;
        let (keep_from, first_span) = match self.partial {
            Some(partial) => (
                self.spans
                    .get(partial.first_span)
                    .map_or(self.parsed, |span| span.start as usize),
                partial.first_span,
            ),
            None => (self.parsed, self.spans.len()),
        };
        self.spans.drain(..first_span);
        if let Some(partial) = &mut self.partial {
            partial.first_span = 0;
        }
        if keep_from > 0 {
            self.buffer.copy_within(keep_from..self.filled, 0);
            self.filled -= keep_from;
            self.parsed -= keep_from;
            for span in &mut self.spans {
                span.start -= keep_from as u32;
            }
        }
        if self.filled == 0 && self.buffer.len() > KEEP_BYTES {
            self.buffer = Vec::new();
            self.spans = Vec::new();
        }
    }

    fn parse_one(&mut self, resolve: &impl Fn(&[u8]) -> u16) -> Result<(), Stop> {
        if self.partial.is_none() {
            if let Some(first) = self.parse_whole() {
                self.finish(first, resolve);
                return Ok(());
            }
            match self.buffer[self.parsed..self.filled].first() {
                None => return Err(Stop::NeedsMore),
                Some(b'*') => {
                    if !self.parse_count()? {
                        return Ok(());
                    }
                }
                Some(_) => return self.parse_inline(resolve),
            }
        }
        self.parse_bulks()?;
        if let Some(partial) = self.partial.take() {
            self.finish(partial.first_span, resolve);
        }
        Ok(())
    }

    fn finish(&mut self, first: usize, resolve: &impl Fn(&[u8]) -> u16) {
        let count = self.spans.len() - first;
        let name = Args::new(&self.buffer, &self.spans[first..]).at(0);
        let command = resolve(name);
        self.requests.push(Request {
            command,
            first: first as u32,
            count: count as u32,
        });
    }

    /// A multibulk request that is here to its last byte and plain in all its lengths, as nearly all are. Gives its first
    /// span; nothing, and nothing is parsed, where [`Intake::parse_count`] and those after it have to look.
    #[inline]
    fn parse_whole(&mut self) -> Option<usize> {
        let input = &self.buffer[..self.filled];
        let (count, mut at) = short_line(input, self.parsed, b'*')?;
        if count == 0 || !self.limits.authenticated {
            return None;
        }
        let first = self.spans.len();
        self.spans.try_reserve(count).ok()?;
        for _ in 0..count {
            let argument = short_line(input, at, b'$');
            let whole = argument.filter(|(len, start)| {
                start + len + 2 <= input.len() && *len as u64 <= self.limits.bulk_bytes
            });
            let Some((len, start)) = whole else {
                self.spans.truncate(first);
                return None;
            };
            self.spans.push(Span {
                start: start as u32,
                len: len as u32,
            });
            at = start + len + 2;
        }
        self.parsed = at;
        Some(first)
    }

    /// `*N\r\n`. False if the request has no arguments, which Redis skips without a reply.
    fn parse_count(&mut self) -> Result<bool, Stop> {
        let (value, behind) = self.parse_line("too big mbulk count string")?;
        let count = match value {
            Some(count) if count <= i64::from(i32::MAX) => count,
            _ => return Err(protocol("invalid multibulk length")),
        };
        if count > ANONYMOUS_ARGS_MAX && !self.limits.authenticated {
            return Err(protocol("unauthenticated multibulk length"));
        }
        self.parsed = behind;
        if count <= 0 {
            return Ok(false);
        }
        self.partial = Some(Partial {
            first_span: self.spans.len(),
            remaining: count as u32,
            bulk_len: None,
        });
        Ok(true)
    }

    /// `$N\r\n` and the argument's bytes, for as many arguments as the request still lacks.
    fn parse_bulks(&mut self) -> Result<(), Stop> {
        let Some(mut partial) = self.partial else {
            return Ok(());
        };
        while partial.remaining > 0 {
            let len = match partial.bulk_len {
                Some(len) => len,
                None => {
                    let len = self.parse_bulk_len()?;
                    partial.bulk_len = Some(len);
                    self.partial = Some(partial);
                    len
                }
            };
            // The two bytes behind an argument are skipped unseen, as redis-server does.
            if self.filled - self.parsed < len + 2 {
                return Err(Stop::NeedsMore);
            }
            if self.spans.try_reserve(1).is_err() {
                return Err(protocol("out of memory"));
            }
            self.spans.push(Span {
                start: self.parsed as u32,
                len: len as u32,
            });
            self.parsed += len + 2;
            partial.bulk_len = None;
            partial.remaining -= 1;
            self.partial = Some(partial);
        }
        Ok(())
    }

    fn parse_bulk_len(&mut self) -> Result<usize, Stop> {
        let (value, behind) = self.parse_line("too big bulk count string")?;
        let first = self.buffer[self.parsed];
        if first != b'$' {
            // The byte as it came, be it text or not.
            let mut text = b"ERR Protocol error: expected '$', got '".to_vec();
            text.extend_from_slice(&[first, b'\'']);
            return Err(Stop::Error(text));
        }
        let len = match value {
            Some(len) if len >= 0 && len as u64 <= self.limits.bulk_bytes => len,
            _ => return Err(protocol("invalid bulk length")),
        };
        if len > ANONYMOUS_BULK_MAX && !self.limits.authenticated {
            return Err(protocol("unauthenticated bulk length"));
        }
        self.parsed = behind;
        Ok(len as usize)
    }

    /// The number behind the type byte of the line at `parsed`, and where the next line begins.
    fn parse_line(&self, too_long: &str) -> Result<(Option<i64>, usize), Stop> {
        let line = &self.buffer[self.parsed..self.filled];
        match line.iter().position(|byte| *byte == b'\r') {
            Some(end) if end + 1 < line.len() => {
                Ok((parse_i64(&line[1..end.max(1)]), self.parsed + end + 2))
            }
            None if line.len() > LINE_BYTES_MAX => Err(protocol(too_long)),
            Some(_) | None => Err(Stop::NeedsMore),
        }
    }

    fn parse_inline(&mut self, resolve: &impl Fn(&[u8]) -> u16) -> Result<(), Stop> {
        let input = &self.buffer[self.parsed..self.filled];
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
            return Err(if input.len() > LINE_BYTES_MAX {
                protocol("too big inline request")
            } else {
                Stop::NeedsMore
            });
        };
        let line = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
        let Some(words) = split_line(line) else {
            return Err(protocol("unbalanced quotes in request"));
        };
        // Unquoted words are never longer than the line, so they take its place in the buffer.
        let first = self.spans.len();
        let mut at = self.parsed;
        for word in words.args().iter() {
            self.buffer[at..at + word.len()].copy_from_slice(word);
            self.spans.push(Span {
                start: at as u32,
                len: word.len() as u32,
            });
            at += word.len();
        }
        self.parsed += end + 1;
        if self.spans.len() > first {
            self.finish(first, resolve);
        }
        Ok(())
    }
}

/// The number of up to four digits in the line at `at` that `mark` begins, and where the next line begins. Nothing
/// where the line is not that plain or not all here. The byte behind the `\r` is skipped unseen, as redis-server does.
#[inline]
fn short_line(input: &[u8], at: usize, mark: u8) -> Option<(usize, usize)> {
    let line = input.get(at..)?;
    if let [first, one, b'\r', _, ..] = line {
        let digit = one.wrapping_sub(b'0');
        return (*first == mark && digit < 10).then_some((usize::from(digit), at + 4));
    }
    let [first, digits @ ..] = line else {
        return None;
    };
    let end = digits.iter().take(5).position(|byte| *byte == b'\r')?;
    let plain = *first == mark && digits.len() > end + 1 && digits[0] != b'0';
    if !plain || end == 0 {
        return None;
    }
    let mut value = 0;
    for byte in &digits[..end] {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + usize::from(digit);
    }
    Some((value, at + end + 3))
}

fn protocol(text: &str) -> Stop {
    Stop::Error(format!("ERR Protocol error: {text}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn parse_all(intake: &mut Intake) -> Vec<Vec<Vec<u8>>> {
        intake.parse(1000, |_| 0);
        let mut all = vec![];
        while let Some(request) = intake.peek() {
            all.push(intake.args(request).iter().map(<[u8]>::to_vec).collect());
            intake.consume();
        }
        all
    }

    const PIPELINE: &[u8] =
        b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING \"a b\"\r\n*0\r\n\r\n*1\r\n$0\r\n\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n\r\n\r\n";

    #[test]
    fn every_split_of_a_pipeline_parses_alike() {
        let mut whole = Intake::new();
        assert!(whole.push(PIPELINE));
        let expected = parse_all(&mut whole);
        assert_eq!(expected.len(), 4);
        assert_eq!(expected[1], [b"PING".to_vec(), b"a b".to_vec()]);
        assert_eq!(expected[3][2], b"\r\n");
        for cut in 0..=PIPELINE.len() {
            for second in cut..=PIPELINE.len() {
                let mut intake = Intake::new();
                let mut got = vec![];
                for part in [
                    &PIPELINE[..cut],
                    &PIPELINE[cut..second],
                    &PIPELINE[second..],
                ] {
                    assert!(intake.push(part));
                    got.extend(parse_all(&mut intake));
                }
                assert_eq!(got, expected, "cut at {cut} and {second}");
                assert!(intake.is_empty());
            }
        }
    }

    #[test]
    fn a_large_announced_argument_takes_no_memory_before_it_arrives() {
        let mut intake = Intake::new();
        assert!(intake.push(b"*2\r\n$3\r\nGET\r\n$536870912\r\nabc"));
        intake.parse(1, |_| 0);
        assert!(intake.space().is_some());
        assert!(intake.buffer.len() < 64 * 1024);
    }

    #[test]
    fn errors_stand_behind_the_good_requests() {
        let mut intake = Intake::new();
        assert!(intake.push(b"PING\r\n*1\r\n$x\r\n"));
        assert_eq!(parse_all(&mut intake).len(), 1);
        assert_eq!(
            intake.error(),
            Some(&b"ERR Protocol error: invalid bulk length"[..])
        );
        assert!(!intake.is_empty());
    }

    #[test]
    fn anonymous_limits() {
        for (input, text) in [
            (
                &b"*11\r\n"[..],
                "ERR Protocol error: unauthenticated multibulk length",
            ),
            (
                b"*1\r\n$16385\r\n",
                "ERR Protocol error: unauthenticated bulk length",
            ),
        ] {
            let mut intake = Intake::new();
            intake.limits.authenticated = false;
            assert!(intake.push(input));
            intake.parse(10, |_| 0);
            assert_eq!(intake.error(), Some(text.as_bytes()));
        }
    }
}
