//! RESP as a load generator needs it: requests out, replies counted; a reply's content is looked at
//! only by the blocking set-up client. Must not know of workloads or measurements.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Appends one request, an array of bulk strings.
pub(crate) fn write_request(out: &mut Vec<u8>, args: &[&[u8]]) {
    write_header(out, b'*', args.len());
    for arg in args {
        write_header(out, b'$', arg.len());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn write_header(out: &mut Vec<u8>, kind: u8, n: usize) {
    out.push(kind);
    out.extend_from_slice(n.to_string().as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Where the scanner stands between two bytes.
#[derive(Clone, Copy)]
enum State {
    /// The next byte is a type marker.
    Kind,
    /// Inside a line whose text does not matter.
    Line,
    /// Inside an error line at the top level of a reply.
    ErrorLine,
    /// Inside a length: marker, value so far, and whether it is negative.
    Length(u8, u64, bool),
    /// This many bytes of a bulk string (with its CRLF) remain.
    Skip(usize),
}

/// Counts complete replies in a byte stream that may be cut anywhere. O(lines) for bulk data, since
/// payloads are jumped over. Understands RESP2 and RESP3, except streamed (chunked) types.
pub(crate) struct Scanner {
    state: State,
    /// Values that the current reply still lacks; 0 between replies.
    values_left: u64,
    /// Errors seen at the top level of a reply.
    pub(crate) errors: u64,
    /// Text of the first such error, cut at 200 bytes.
    pub(crate) first_error: Vec<u8>,
    /// Set when a byte was no type marker; nothing is counted from then on.
    pub(crate) broken: bool,
}

impl Scanner {
    /// A scanner that stands between two replies.
    pub(crate) fn new() -> Self {
        Self {
            state: State::Kind,
            values_left: 0,
            errors: 0,
            first_error: Vec::new(),
            broken: false,
        }
    }

    /// Takes the next bytes of the stream; gives how many replies they complete.
    pub(crate) fn feed(&mut self, data: &[u8]) -> u64 {
        let mut replies = 0;
        let mut at = 0;
        while at < data.len() && !self.broken {
            let mut value_ended = false;
            match self.state {
                State::Kind => {
                    self.state = self.after_kind(data[at]);
                    at += 1;
                }
                State::Line | State::ErrorLine => {
                    let rest = &data[at..];
                    let end = rest.iter().position(|&b| b == b'\n');
                    if matches!(self.state, State::ErrorLine) {
                        self.keep_error(&rest[..end.unwrap_or(rest.len())]);
                    }
                    at += end.map_or(rest.len(), |n| n + 1);
                    value_ended = end.is_some();
                }
                State::Length(kind, n, negative) => {
                    let byte = data[at];
                    at += 1;
                    match byte {
                        b'0'..=b'9' => {
                            let n = n.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                            self.state = State::Length(kind, n, negative);
                        }
                        b'-' => self.state = State::Length(kind, n, true),
                        b'\n' => value_ended = self.after_length(kind, n, negative),
                        _ => {}
                    }
                }
                State::Skip(left) => {
                    let step = left.min(data.len() - at);
                    at += step;
                    self.state = State::Skip(left - step);
                    value_ended = left == step;
                }
            }
            if value_ended {
                self.state = State::Kind;
                self.values_left -= 1;
                replies += u64::from(self.values_left == 0);
            }
        }
        replies
    }

    fn after_kind(&mut self, kind: u8) -> State {
        let top_level = self.values_left == 0;
        if top_level {
            self.values_left = 1;
        }
        match kind {
            b'-' if top_level => {
                self.errors += 1;
                State::ErrorLine
            }
            b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => State::Line,
            b'$' | b'=' | b'!' | b'*' | b'~' | b'>' | b'%' => State::Length(kind, 0, false),
            _ => {
                self.broken = true;
                State::Kind
            }
        }
    }

    /// Acts on a finished length line; true when the value has no more bytes.
    fn after_length(&mut self, kind: u8, n: u64, negative: bool) -> bool {
        let n = if negative { 0 } else { n };
        match kind {
            b'$' | b'=' | b'!' if negative => true,
            b'$' | b'=' | b'!' => {
                self.state = State::Skip((n as usize).saturating_add(2));
                false
            }
            b'%' => {
                self.values_left = self.values_left.saturating_add(n.saturating_mul(2));
                true
            }
            _ => {
                self.values_left = self.values_left.saturating_add(n);
                true
            }
        }
    }

    fn keep_error(&mut self, part: &[u8]) {
        if self.errors == 1 {
            let room = 200_usize.saturating_sub(self.first_error.len());
            let part = part.strip_suffix(b"\r").unwrap_or(part);
            self.first_error
                .extend_from_slice(&part[..part.len().min(room)]);
        }
    }
}

/// One parsed reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// `+` text.
    Status(String),
    /// `-` text.
    Error(String),
    /// `:` number.
    Integer(i64),
    /// `$` payload, made text; `None` for a null.
    Bulk(Option<String>),
    /// `*` elements; a null array is empty.
    Array(Vec<Reply>),
}

/// A blocking client for set-up and questions, never for load.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects; every later read and write gives up after `limit`.
    pub(crate) fn connect(addr: SocketAddr, limit: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends one command and waits for its reply.
    pub(crate) fn call(&mut self, args: &[&str]) -> Result<Reply> {
        let args: Vec<&[u8]> = args.iter().map(|a| a.as_bytes()).collect();
        let mut out = Vec::new();
        write_request(&mut out, &args);
        self.call_raw(&out)
    }

    /// Sends one encoded request and waits for its reply.
    pub(crate) fn call_raw(&mut self, request: &[u8]) -> Result<Reply> {
        self.stream.get_mut().write_all(request)?;
        self.read_reply()
    }

    fn read_reply(&mut self) -> Result<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the server closed the connection");
        }
        let line = line.trim_end_matches(['\r', '\n']);
        let (kind, text) = line.split_at_checked(1).context("an empty reply line")?;
        Ok(match kind {
            "+" => Reply::Status(text.to_owned()),
            "-" => Reply::Error(text.to_owned()),
            ":" => Reply::Integer(text.parse()?),
            "$" => match text.parse::<i64>()? {
                n if n < 0 => Reply::Bulk(None),
                n => Reply::Bulk(Some(self.read_payload(n as usize)?)),
            },
            "*" => {
                let n = text.parse::<i64>()?.max(0);
                let elements: Result<Vec<Reply>> = (0..n).map(|_| self.read_reply()).collect();
                Reply::Array(elements?)
            }
            _ => bail!("an unexpected reply: {line}"),
        })
    }

    fn read_payload(&mut self, len: usize) -> Result<String> {
        let mut payload = vec![0; len + 2];
        self.stream.read_exact(&mut payload)?;
        payload.truncate(len);
        Ok(String::from_utf8_lossy(&payload).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b"+OK\r\n:-12\r\n$5\r\nhe\r\no\r\n$-1\r\n$0\r\n\r\n*2\r\n$1\r\na\r\n*2\r\n:1\r\n\
        -inner\r\n*0\r\n*-1\r\n-ERR no\r\n%1\r\n+a\r\n_\r\n~1\r\n,1.5\r\n";
    const REPLIES: u64 = 11;

    #[test]
    fn counts_whole_streams() {
        let mut scanner = Scanner::new();
        assert_eq!(scanner.feed(STREAM), REPLIES);
        assert_eq!(scanner.errors, 1);
        assert_eq!(scanner.first_error, b"ERR no");
        assert!(!scanner.broken);
    }

    #[test]
    fn counts_the_same_however_the_stream_is_cut() {
        for size in 1..STREAM.len() {
            let mut scanner = Scanner::new();
            let total: u64 = STREAM.chunks(size).map(|part| scanner.feed(part)).sum();
            assert_eq!(total, REPLIES, "cut every {size} bytes");
            assert_eq!(scanner.errors, 1);
        }
    }

    #[test]
    fn stops_at_what_is_no_reply() {
        let mut scanner = Scanner::new();
        assert_eq!(scanner.feed(b"+OK\r\nHTTP/1.1"), 1);
        assert!(scanner.broken);
    }

    #[test]
    fn encodes_requests() {
        let mut out = Vec::new();
        write_request(&mut out, &[b"GET", b"k"]);
        assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    }
}
