//! Writes replies straight into a connection's output. The only place that knows how RESP2 and RESP3
//! differ. Knows no command.

use alloc::sync::Arc;

use super::Chunks;
use super::chunks::Mark;
use crate::number::float::{TEXT_LEN_MAX, write_shortest};
use crate::number::write_i64;

/// The version of the protocol that a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// RESP2, where every connection starts.
    #[default]
    Resp2,
    /// RESP3, after `HELLO 3`.
    Resp3,
}

/// Writes one connection's replies.
pub struct Reply<'a> {
    out: &'a mut Chunks,
    protocol: Protocol,
}

impl<'a> Reply<'a> {
    /// Writes to `out` in the given protocol.
    pub fn new(out: &'a mut Chunks, protocol: Protocol) -> Self {
        Reply { out, protocol }
    }

    /// Which protocol is spoken.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// From here on another protocol, as HELLO asks.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// The output itself, to take a mark or to cut back to one.
    pub fn out(&mut self) -> &mut Chunks {
        self.out
    }

    fn resp3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }

    /// `+OK`
    #[inline]
    pub fn ok(&mut self) {
        self.out.push(b"+OK\r\n");
    }

    /// A simple string; `text` has no line ends.
    pub fn simple(&mut self, text: &str) {
        self.out.push(b"+");
        self.out.push(text.as_bytes());
        self.out.push(b"\r\n");
    }

    /// A simple string of any bytes; line ends inside become spaces.
    pub fn simple_bytes(&mut self, text: &[u8]) {
        self.out.push(b"+");
        self.one_line(text);
    }

    /// An error given as text, `ERR …`. Line ends inside become spaces.
    pub fn error_text(&mut self, text: &str) {
        self.error_bytes(text.as_bytes());
    }

    /// The same for a text with a peer's bytes in it.
    pub fn error_bytes(&mut self, text: &[u8]) {
        self.out.push(b"-");
        self.one_line(text);
    }

    fn one_line(&mut self, text: &[u8]) {
        for (number, line) in text.split(|byte| matches!(byte, b'\r' | b'\n')).enumerate() {
            if number > 0 {
                self.out.push(b" ");
            }
            self.out.push(line);
        }
        self.out.push(b"\r\n");
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, value: i64) {
        self.number_line(b':', value);
    }

    /// An integer that says yes or no.
    #[inline]
    pub fn flag(&mut self, value: bool) {
        self.out.push(if value { b":1\r\n" } else { b":0\r\n" });
    }

    /// A bulk string, copied.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        // Prefix, bytes and line end into one reservation.
        if self.out.reserve(bytes.len() + 24) {
            self.number_line(b'$', bytes.len() as i64);
            self.out.push(bytes);
            self.out.push(b"\r\n");
        }
    }

    /// A bulk string, shared and not copied.
    pub fn bulk_shared(&mut self, string: &Arc<alloc::vec::Vec<u8>>) {
        self.number_line(b'$', string.len() as i64);
        self.out.push_shared(string);
        self.out.push(b"\r\n");
    }

    /// An integer as a bulk string.
    pub fn bulk_int(&mut self, value: i64) {
        self.bulk(write_i64(value, &mut [0; 20]));
    }

    /// A double in the shortest form that reads back as the same; a bulk string in RESP2.
    #[inline]
    pub fn double(&mut self, value: f64) {
        let mut text = [0; TEXT_LEN_MAX];
        let text = write_shortest(value, &mut text);
        if self.resp3() {
            self.out.push(b",");
            self.out.push(text);
            self.out.push(b"\r\n");
        } else {
            self.bulk(text);
        }
    }

    /// Null: RESP2's null bulk string.
    #[inline]
    pub fn null(&mut self) {
        self.out
            .push(if self.resp3() { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// Null where RESP2 has a null array.
    pub fn null_array(&mut self) {
        self.out
            .push(if self.resp3() { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// The head of an array of `len` elements.
    pub fn array(&mut self, len: usize) {
        self.number_line(b'*', len as i64);
    }

    /// Puts the head of an array where the end was at `mark`: its `len` elements were written since.
    pub fn array_at(&mut self, mark: Mark, len: usize) {
        self.head_at(mark, b'*', len);
    }

    /// The same for a map of RESP3.
    pub fn map_at(&mut self, mark: Mark, len: usize) {
        self.head_at(mark, b'%', len);
    }

    fn head_at(&mut self, mark: Mark, kind: u8, len: usize) {
        let mut digits = [0; 20];
        let digits = write_i64(len as i64, &mut digits);
        let mut line = [0; 24];
        line[0] = kind;
        line[1..1 + digits.len()].copy_from_slice(digits);
        line[1 + digits.len()..3 + digits.len()].copy_from_slice(b"\r\n");
        self.out.insert(mark, &line[..3 + digits.len()]);
    }

    /// The head of a push of `len` elements; an array in RESP2.
    pub fn push(&mut self, len: usize) {
        self.number_line(if self.resp3() { b'>' } else { b'*' }, len as i64);
    }

    /// The head of a map of `len` pairs; RESP2 has an array of twice the length.
    pub fn map(&mut self, len: usize) {
        if self.resp3() {
            self.number_line(b'%', len as i64);
        } else {
            self.number_line(b'*', 2 * len as i64);
        }
    }

    /// The head of a set of `len` members; an array in RESP2.
    pub fn set(&mut self, len: usize) {
        self.number_line(if self.resp3() { b'~' } else { b'*' }, len as i64);
    }

    /// A yes or no: `#t` and `#f`, or an integer in RESP2.
    pub fn bool(&mut self, value: bool) {
        match (self.resp3(), value) {
            (true, true) => self.out.push(b"#t\r\n"),
            (true, false) => self.out.push(b"#f\r\n"),
            (false, value) => self.flag(value),
        }
    }

    /// A number of any size, as its digits; a bulk string in RESP2. Line ends inside become spaces.
    pub fn big_number(&mut self, digits: &[u8]) {
        if self.resp3() {
            self.out.push(b"(");
        } else {
            self.number_line(b'$', digits.len() as i64);
        }
        self.one_line(digits);
    }

    /// Text for people with its format (`txt`, `mkd`); a bulk string in RESP2.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        self.verbatim_bytes(format.as_bytes(), text);
    }

    /// The same with a format of any bytes, of which three count.
    pub fn verbatim_bytes(&mut self, format: &[u8], text: &[u8]) {
        if self.resp3() {
            self.number_line(b'=', text.len() as i64 + 4);
            let mut three = [b' '; 3];
            for (place, byte) in three.iter_mut().zip(format) {
                *place = *byte;
            }
            self.out.push(&three);
            self.out.push(b":");
            self.out.push(text);
            self.out.push(b"\r\n");
        } else {
            self.bulk(text);
        }
    }

    #[inline]
    fn number_line(&mut self, kind: u8, value: i64) {
        let mut digits = [0; 20];
        let digits = write_i64(value, &mut digits);
        let mut line = [0; 24];
        line[0] = kind;
        line[1..1 + digits.len()].copy_from_slice(digits);
        line[1 + digits.len()] = b'\r';
        line[2 + digits.len()] = b'\n';
        self.out.push(&line[..3 + digits.len()]);
    }
}
