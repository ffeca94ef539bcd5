//! Reads one request's head, within bounds of size and time. Knows no files.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// A head that has not come by then does not count.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// What is read and thrown away after the answer, so that closing does not cut the answer off.
const REST_BYTES_MAX: usize = 64 * 1024;
const REST_TIME: Duration = Duration::from_secs(1);

/// A request's head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query, as sent.
    pub(super) target: String,
    pub(super) host: String,
    /// If-None-Match.
    pub(super) none_match: Option<String>,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// The other end left.
    Gone,
    /// Answer with this.
    Status(&'static str),
}

pub(super) fn read(stream: &mut TcpStream) -> Result<Request, Bad> {
    let until = Instant::now() + HEAD_TIME;
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Bad::Status("408 Request Timeout"));
        }
        stream.set_read_timeout(Some(left)).map_err(|_| Bad::Gone)?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err(Bad::Gone),
            Ok(count) => head.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(Bad::Status("408 Request Timeout"));
            }
            Err(_) => return Err(Bad::Gone),
        }
        if let Some(request) = parse(&head)? {
            return Ok(request);
        }
        if head.len() > HEAD_BYTES_MAX {
            return Err(Bad::Status("431 Request Header Fields Too Large"));
        }
    }
}

/// Nothing where more has to come.
fn parse(head: &[u8]) -> Result<Option<Request>, Bad> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(head) {
        Ok(status) if status.is_partial() => return Ok(None),
        Ok(_) => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Bad::Status("431 Request Header Fields Too Large"));
        }
        Err(_) => return Err(Bad::Status("400 Bad Request")),
    }
    let text = |name: &str| -> Result<Option<String>, Bad> {
        let mut all = parsed
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name));
        let (first, second) = (all.next(), all.next());
        if second.is_some() && name == "host" {
            return Err(Bad::Status("400 Bad Request"));
        }
        Ok(first.map(|header| String::from_utf8_lossy(header.value).trim().to_string()))
    };
    let host = text("host")?.ok_or(Bad::Status("400 Bad Request"))?;
    Ok(Some(Request {
        method: parsed.method.unwrap_or_default().to_string(),
        target: parsed.path.unwrap_or_default().to_string(),
        host,
        none_match: text("if-none-match")?,
    }))
}

/// Reads until the other end is done, within bounds.
pub(super) fn skip_rest(stream: &mut TcpStream) {
    let until = Instant::now() + REST_TIME;
    let mut buffer = [0; 4096];
    let mut bytes = 0;
    while bytes < REST_BYTES_MAX {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes += count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let head = b"GET /a?b HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"1\"\r\n\r\n";
        let request = parse(head).unwrap().unwrap();
        assert_eq!(request.target, "/a?b");
        assert_eq!(request.host, "x");
        assert_eq!(request.none_match.as_deref(), Some("\"1\""));
        for end in 0..head.len() {
            assert_eq!(parse(&head[..end]), Ok(None));
        }
        let bad = Err(Bad::Status("400 Bad Request"));
        assert_eq!(parse(b"GET / HTTP/1.1\r\n\r\n"), bad);
        assert_eq!(parse(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), bad);
        assert_eq!(parse(b"\x16\x03\x01\x02\x00"), bad);
    }
}
