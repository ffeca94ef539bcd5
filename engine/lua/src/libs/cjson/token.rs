//! JSON text as tokens, as lua-cjson takes it apart: a NUL ends it. Knows nothing of values.

use alloc::vec::Vec;

use crate::text::number;

/// A token. Strings are in the lexer's buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    String,
    Number(f64),
    Bool(bool),
    Null,
    Colon,
    Comma,
    End,
    /// What is wrong.
    Error(&'static str),
    /// There is no memory for a string.
    OutOfMemory,
}

impl Token {
    /// What error texts call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::String => "T_STRING",
            Token::Number(_) => "T_NUMBER",
            Token::Bool(_) => "T_BOOLEAN",
            Token::Null => "T_NULL",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Error(what) => what,
            Token::OutOfMemory => "T_ERROR",
        }
    }
}

/// Takes a text apart.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    invalid_numbers: bool,
    /// Where the last token begins, or what is wrong in it.
    pub(super) start: usize,
    /// The last string.
    pub(super) string: Vec<u8>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8], invalid_numbers: bool) -> Lexer<'a> {
        Lexer {
            text,
            at: 0,
            invalid_numbers,
            start: 0,
            string: Vec::new(),
        }
    }

    /// Goes on where another one was, whose last string this is.
    pub(super) fn go_on(&mut self, at: usize, start: usize, string: Vec<u8>) {
        (self.at, self.start, self.string) = (at, start, string);
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// Where the lexer stands.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next token. O(token).
    pub(super) fn next(&mut self) -> Token {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.start = self.at;
        let single = match self.byte(self.at) {
            0 => return Token::End,
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => return self.string(),
            _ => return self.word(),
        };
        self.at += 1;
        single
    }

    fn word(&mut self) -> Token {
        let rest = &self.text[self.at..];
        if matches!(rest[0], b'-' | b'0'..=b'9') {
            if !self.invalid_numbers && is_invalid_number(rest) {
                return Token::Error("invalid number");
            }
            return self.number();
        }
        for (word, token) in [
            (&b"true"[..], Token::Bool(true)),
            (b"false", Token::Bool(false)),
            (b"null", Token::Null),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return token;
            }
        }
        let may_be_number = matches!(rest[0], b'+' | b'i' | b'I' | b'n' | b'N');
        if may_be_number && self.invalid_numbers && is_invalid_number(rest) {
            return self.number();
        }
        Token::Error("invalid token")
    }

    fn number(&mut self) -> Token {
        match number::parse_prefix(&self.text[self.at..]) {
            Some((value, len)) => {
                self.at += len;
                Token::Number(value)
            }
            None => Token::Error("invalid number"),
        }
    }

    fn string(&mut self) -> Token {
        self.string.clear();
        self.at += 1;
        loop {
            let rest = &self.text[self.at.min(self.text.len())..];
            let plain = rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0))
                .unwrap_or(rest.len());
            if self.string.try_reserve(plain + 4).is_err() {
                return Token::OutOfMemory;
            }
            self.string.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match self.byte(self.at) {
                b'"' => {
                    self.at += 1;
                    return Token::String;
                }
                b'\\' => {
                    if let Err(what) = self.escape() {
                        self.start = self.at;
                        return Token::Error(what);
                    }
                }
                _ => {
                    self.start = self.at;
                    return Token::Error("unexpected end of string");
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        let byte = match self.byte(self.at + 1) {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'f' => 12,
            b'r' => b'\r',
            b'u' => {
                return self.unicode().ok_or("invalid unicode escape code");
            }
            _ => return Err("invalid escape code"),
        };
        self.string.push(byte);
        self.at += 2;
        Ok(())
    }

    fn hex4(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |value, digit| {
            Some(value << 4 | char::from(*digit).to_digit(16)?)
        })
    }

    /// `\uXXXX`, or two of them for what is beyond 16 bits.
    fn unicode(&mut self) -> Option<()> {
        let mut code = self.hex4(self.at + 2)?;
        let mut len = 6;
        if code & 0xf800 == 0xd800 {
            if code & 0x400 != 0 || !self.text[self.at + 6..].starts_with(b"\\u") {
                return None;
            }
            let low = self.hex4(self.at + 8)?;
            if low & 0xfc00 != 0xdc00 {
                return None;
            }
            code = ((code & 0x3ff) << 10 | low & 0x3ff) + 0x1_0000;
            len = 12;
        }
        let letter = char::from_u32(code)?;
        let text = letter.encode_utf8(&mut [0; 4]).len();
        let mut buffer = [0; 4];
        letter.encode_utf8(&mut buffer);
        self.string.extend_from_slice(&buffer[..text]);
        self.at += len;
        Some(())
    }
}

/// What C reads as a number and JSON does not have.
fn is_invalid_number(rest: &[u8]) -> bool {
    let body = match rest {
        [b'+', ..] => return true,
        [b'-', body @ ..] => body,
        _ => rest,
    };
    let word = |word: &[u8]| {
        let start = body.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    match body {
        [b'0', next, ..] => matches!(next, b'x' | b'X' | b'0'..=b'9'),
        [first, ..] if *first <= b'9' => false,
        _ => word(b"inf") || word(b"nan"),
    }
}
