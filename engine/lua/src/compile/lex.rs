//! Source text as tokens. Knows nothing of grammar.

use alloc::vec::Vec;

use crate::fault::Fault;
use crate::heap::{Gc, Heap, Str};
use crate::text::number;

/// A token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    Eof,
    Name(Gc<Str>),
    String(Gc<Str>),
    Number(f64),
    /// A keyword or an operator of more than one byte.
    Word(&'static str),
    Byte(u8),
}

const KEYWORDS: [&str; 21] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
    "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// What is wrong.
pub(super) enum LexError {
    /// These words, with the token read so far.
    Near(&'static str),
    /// These words, at the end of the text.
    AtEnd(&'static str),
    /// These words, at this byte.
    At(&'static str, u8),
    Fault(Fault),
}

impl From<Fault> for LexError {
    fn from(fault: Fault) -> LexError {
        LexError::Fault(fault)
    }
}

/// Reads tokens.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// The line of what is read next.
    pub(super) line: u32,
    /// The last name, number or string, as errors show it.
    pub(super) buffer: Vec<u8>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Lexer<'a> {
        Lexer {
            text,
            at: 0,
            line: 1,
            buffer: Vec::new(),
        }
    }

    /// The byte at hand; 0 at the end.
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn ended(&self) -> bool {
        self.at >= self.text.len()
    }

    fn newline(&mut self) {
        let first = self.peek();
        self.at += 1;
        if matches!(self.peek(), b'\n' | b'\r') && self.peek() != first {
            self.at += 1;
        }
        self.line += 1;
    }

    fn follows(&mut self, byte: u8) -> bool {
        let yes = self.peek() == byte && !self.ended();
        if yes {
            self.at += 1;
        }
        yes
    }

    /// Skips one of these bytes, or a NUL: 5.1 looks for it in a C string, which ends with one.
    fn accepts(&mut self, bytes: &[u8]) -> bool {
        let yes = !self.ended() && (self.peek() == 0 || bytes.contains(&self.peek()));
        self.at += usize::from(yes);
        yes
    }

    fn keep(&mut self, from: usize) {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.text[from..self.at]);
    }

    pub(super) fn next(&mut self, heap: &mut Heap) -> Result<Token, LexError> {
        loop {
            if self.ended() {
                return Ok(Token::Eof);
            }
            let start = self.at;
            let byte = self.peek();
            match byte {
                b'\n' | b'\r' => self.newline(),
                b' ' | b'\t' | 11 | 12 => self.at += 1,
                b'-' => {
                    self.at += 1;
                    if !self.follows(b'-') {
                        return Ok(Token::Byte(b'-'));
                    }
                    self.comment()?;
                }
                b'[' => {
                    if let Some(level) = self.long_open() {
                        self.long(level, "unfinished long string")?;
                        let end = self.buffer.len() - level - 2;
                        let bytes = &self.buffer[level + 2..end];
                        return Ok(Token::String(heap.string(bytes)?));
                    }
                    if self.at > start + 1 {
                        self.keep(start);
                        return Err(LexError::Near("invalid long string delimiter"));
                    }
                    return Ok(Token::Byte(b'['));
                }
                b'=' | b'<' | b'>' | b'~' => {
                    self.at += 1;
                    if !self.follows(b'=') {
                        return Ok(Token::Byte(byte));
                    }
                    return Ok(Token::Word(match byte {
                        b'=' => "==",
                        b'<' => "<=",
                        b'>' => ">=",
                        _ => "~=",
                    }));
                }
                b'"' | b'\'' => {
                    self.quoted(byte)?;
                    let bytes = &self.buffer[1..self.buffer.len() - 1];
                    return Ok(Token::String(heap.string(bytes)?));
                }
                b'.' => {
                    self.at += 1;
                    if self.accepts(b".") {
                        let dots = if self.accepts(b".") { "..." } else { ".." };
                        return Ok(Token::Word(dots));
                    }
                    if !self.peek().is_ascii_digit() {
                        return Ok(Token::Byte(b'.'));
                    }
                    return self.number(start);
                }
                b'0'..=b'9' => return self.number(start),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.name(start, heap),
                _ => {
                    self.at += 1;
                    return Ok(Token::Byte(byte));
                }
            }
        }
    }

    fn name(&mut self, start: usize, heap: &mut Heap) -> Result<Token, LexError> {
        while self.peek().is_ascii_alphanumeric() || self.peek() == b'_' {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        if let Some(keyword) = KEYWORDS.iter().find(|known| known.as_bytes() == word) {
            return Ok(Token::Word(keyword));
        }
        self.keep(start);
        Ok(Token::Name(heap.string(word)?))
    }

    fn comment(&mut self) -> Result<(), LexError> {
        if self.peek() == b'['
            && let Some(level) = self.long_open()
        {
            return self.long(level, "unfinished long comment");
        }
        while !self.ended() && !matches!(self.peek(), b'\n' | b'\r') {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self, start: usize) -> Result<Token, LexError> {
        while self.peek().is_ascii_digit() || self.peek() == b'.' {
            self.at += 1;
        }
        if self.accepts(b"eE") {
            self.accepts(b"+-");
        }
        while self.peek().is_ascii_alphanumeric() || self.peek() == b'_' {
            self.at += 1;
        }
        self.keep(start);
        match number::parse(&self.buffer) {
            Some(value) => Ok(Token::Number(value)),
            None => Err(LexError::Near("malformed number")),
        }
    }

    /// The level of a long bracket that opens here.
    fn long_open(&mut self) -> Option<usize> {
        self.at += 1;
        let first = self.at;
        while self.peek() == b'=' {
            self.at += 1;
        }
        let level = self.at - first;
        self.follows(b'[').then_some(level)
    }

    /// Reads what a long bracket holds, brackets included, into the buffer.
    fn long(&mut self, level: usize, unfinished: &'static str) -> Result<(), LexError> {
        self.buffer.clear();
        self.buffer.push(b'[');
        self.buffer.resize(level + 1, b'=');
        self.buffer.push(b'[');
        if matches!(self.peek(), b'\n' | b'\r') {
            self.newline();
        }
        loop {
            if self.ended() {
                return Err(LexError::AtEnd(unfinished));
            }
            match self.peek() {
                b']' => {
                    let start = self.at;
                    self.at += 1;
                    while self.peek() == b'=' {
                        self.at += 1;
                    }
                    let closes = self.at - start - 1 == level && self.follows(b']');
                    self.buffer.extend_from_slice(&self.text[start..self.at]);
                    if closes {
                        return Ok(());
                    }
                }
                b'[' if level == 0 && self.text.get(self.at + 1) == Some(&b'[') => {
                    return Err(LexError::At("nesting of [[...]] is deprecated", b'['));
                }
                b'\n' | b'\r' => {
                    self.newline();
                    self.buffer.push(b'\n');
                }
                byte => {
                    self.buffer.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Reads a string in quotes, quotes included, into the buffer.
    fn quoted(&mut self, quote: u8) -> Result<(), LexError> {
        self.buffer.clear();
        self.buffer.push(quote);
        self.at += 1;
        loop {
            if self.ended() {
                return Err(LexError::AtEnd("unfinished string"));
            }
            let byte = self.peek();
            match byte {
                b'\n' | b'\r' => return Err(LexError::Near("unfinished string")),
                b'\\' => {
                    self.at += 1;
                    self.escape()?;
                }
                _ => {
                    self.at += 1;
                    self.buffer.push(byte);
                    if byte == quote {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), LexError> {
        if self.ended() {
            return Ok(());
        }
        let byte = match self.peek() {
            b'\n' | b'\r' => {
                self.newline();
                self.buffer.push(b'\n');
                return Ok(());
            }
            b'0'..=b'9' => {
                let mut code = 0_u32;
                for _ in 0..3 {
                    if !self.peek().is_ascii_digit() {
                        break;
                    }
                    code = code * 10 + u32::from(self.peek() - b'0');
                    self.at += 1;
                }
                if code > 255 {
                    return Err(LexError::Near("escape sequence too large"));
                }
                self.buffer.push(code as u8);
                return Ok(());
            }
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            other => other,
        };
        self.at += 1;
        self.buffer.push(byte);
        Ok(())
    }
}
