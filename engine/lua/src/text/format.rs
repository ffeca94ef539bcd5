//! The format strings of `string.format` as Lua 5.1 takes them apart, and `%q`. Knows nothing of arguments.

use alloc::vec::Vec;

use super::number::{to_i64, to_u64};
use super::printf::{self, Base, Flags, Notation, Spec, Text};

/// A part of a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes to copy.
    Literal(&'a [u8]),
    /// An argument to print.
    Directive(Directive),
}

/// What to print, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive {
    /// What stands between `%` and the letter.
    pub spec: Spec,
    /// What is printed.
    pub kind: Kind,
}

/// What argument a directive takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number: `%c %d %i %o %u %x %X %e %E %f %g %G`, by its letter.
    Number(u8),
    /// `%s`: a string.
    String,
    /// `%q`: a string, quoted.
    Quoted,
}

/// What is wrong with a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// More flags than there are.
    RepeatedFlags,
    /// Three digits or more.
    TooLong,
    /// A letter that `string.format` does not know; 0 at the end.
    Option(u8),
}

impl FormatError {
    /// Appends Lua's words for it. O(1).
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            FormatError::RepeatedFlags => out.extend_from_slice(b"invalid format (repeated flags)"),
            FormatError::TooLong => {
                out.extend_from_slice(b"invalid format (width or precision too long)");
            }
            FormatError::Option(letter) => {
                out.extend_from_slice(b"invalid option '%");
                if letter != 0 {
                    out.push(letter);
                }
                out.extend_from_slice(b"' to 'format'");
            }
        }
    }
}

/// Takes the piece that begins at `at` off a format string and moves `at` behind it; `None` at the end. O(piece).
///
/// # Errors
/// A directive that Lua 5.1 refuses. The letter is checked when the argument is there, as Lua does: see
/// [`Kind`]'s three cases and [`FormatError::Option`].
pub fn next<'a>(format: &'a [u8], at: &mut usize) -> Option<Result<Piece<'a>, FormatError>> {
    let rest = format.get(*at..).filter(|rest| !rest.is_empty())?;
    let literal = rest.iter().position(|byte| *byte == b'%');
    match literal {
        Some(0) if rest.get(1) == Some(&b'%') => {
            *at += 2;
            Some(Ok(Piece::Literal(&rest[..1])))
        }
        Some(0) => {
            *at += 1;
            Some(directive(format, at).map(Piece::Directive))
        }
        other => {
            let len = other.unwrap_or(rest.len());
            *at += len;
            Some(Ok(Piece::Literal(&rest[..len])))
        }
    }
}

/// Reads flags, width, precision and letter; `at` stands behind the `%`.
fn directive(format: &[u8], at: &mut usize) -> Result<Directive, FormatError> {
    let byte = |at: usize| format.get(at).copied().unwrap_or(0);
    let mut flags = Flags::default();
    let start = *at;
    loop {
        match byte(*at) {
            b'-' => flags.left = true,
            b'+' => flags.plus = true,
            b' ' => flags.space = true,
            b'#' => flags.alternate = true,
            b'0' => flags.zero = true,
            _ => break,
        }
        *at += 1;
    }
    if *at - start >= 6 {
        return Err(FormatError::RepeatedFlags);
    }
    let two_digits = |at: &mut usize| {
        let mut value = 0;
        for _ in 0..2 {
            if byte(*at).is_ascii_digit() {
                value = value * 10 + usize::from(byte(*at) - b'0');
                *at += 1;
            }
        }
        value
    };
    let width = two_digits(at);
    let mut precision = None;
    if byte(*at) == b'.' {
        *at += 1;
        precision = Some(two_digits(at));
    }
    if byte(*at).is_ascii_digit() {
        return Err(FormatError::TooLong);
    }
    let letter = byte(*at);
    *at = (*at + 1).min(format.len());
    let kind = match letter {
        b'c' | b'd' | b'i' | b'o' | b'u' | b'x' | b'X' | b'e' | b'E' | b'f' | b'g' | b'G' => {
            Kind::Number(letter)
        }
        b's' => Kind::String,
        b'q' => Kind::Quoted,
        _ => return Err(FormatError::Option(letter)),
    };
    let spec = Spec {
        flags,
        width,
        precision,
    };
    Ok(Directive { spec, kind })
}

/// A double as C converts it to an `int` on x86-64: cut, and the least one for what does not fit.
fn c_int(value: f64) -> i32 {
    if value > -2_147_483_649.0 && value < 2_147_483_648.0 {
        value as i32
    } else {
        i32::MIN
    }
}

/// Prints a number by a directive's letter. What `%c` prints ends at a NUL: Lua 5.1 takes it from a C string. At most
/// a few microseconds.
pub fn number(value: f64, letter: u8, spec: &Spec) -> Text {
    match letter {
        b'c' => printf::character(c_int(value) as u8, spec),
        b'd' | b'i' => printf::signed(to_i64(value), spec),
        b'u' => printf::unsigned(to_u64(value), Base::Decimal, spec),
        b'o' => printf::unsigned(to_u64(value), Base::Octal, spec),
        b'x' => printf::unsigned(to_u64(value), Base::Hex, spec),
        b'X' => printf::unsigned(to_u64(value), Base::UpperHex, spec),
        b'e' | b'E' => printf::double(value, Notation::Scientific, letter == b'E', spec),
        b'f' => printf::double(value, Notation::Fixed, false, spec),
        _ => printf::double(value, Notation::General, letter == b'G', spec),
    }
}

/// What `%s` prints of a string: the bytes, and how many spaces before and behind them. Strings of 100 bytes and more
/// without a precision are copied whole; others end at a NUL, because Lua 5.1 has C print them.
pub fn string<'a>(text: &'a [u8], spec: &Spec) -> (usize, &'a [u8], usize) {
    if spec.precision.is_none() && text.len() >= 100 {
        return (0, text, 0);
    }
    // Nothing behind the precision can be printed.
    let text = &text[..text.len().min(100)];
    let end = text.iter().position(|byte| *byte == 0);
    let (len, before, behind) = printf::string(end.unwrap_or(text.len()), spec);
    (before, &text[..len], behind)
}

/// What `%q` writes for a byte, if that is not the byte itself.
pub fn quoted(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'"' => Some(b"\\\""),
        b'\\' => Some(b"\\\\"),
        b'\n' => Some(b"\\\n"),
        b'\r' => Some(b"\\r"),
        0 => Some(b"\\000"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::{String, ToString};

    /// `string.format(format, value)` for numbers and strings.
    fn run(format: &str, value: f64, text: &str) -> String {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(piece) = next(format.as_bytes(), &mut at) {
            match piece {
                Ok(Piece::Literal(bytes)) => out.extend_from_slice(bytes),
                Ok(Piece::Directive(Directive { spec, kind })) => match kind {
                    Kind::Number(letter) => {
                        let text = number(value, letter, &spec);
                        let bytes = text.bytes();
                        let end = bytes.iter().position(|byte| *byte == 0);
                        out.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
                    }
                    Kind::String => {
                        let (before, text, behind) = string(text.as_bytes(), &spec);
                        out.resize(out.len() + before, b' ');
                        out.extend_from_slice(text);
                        out.resize(out.len() + behind, b' ');
                    }
                    Kind::Quoted => {
                        out.push(b'"');
                        for byte in text.bytes() {
                            match quoted(byte) {
                                Some(bytes) => out.extend_from_slice(bytes),
                                None => out.push(byte),
                            }
                        }
                        out.push(b'"');
                    }
                },
                Err(error) => {
                    out.clear();
                    error.write(&mut out);
                    break;
                }
            }
        }
        String::from_utf8_lossy(&out).to_string()
    }

    /// What lua5.1 printed: a line is a format, a number and the text, with `|` between.
    #[test]
    fn numbers_as_lua_prints_them() {
        let mut count = 0;
        for line in include_str!("format-cases.txt").lines() {
            let mut fields = line.split('|');
            let (format, value) = (fields.next().unwrap(), fields.next().unwrap());
            let expected = fields.next().unwrap();
            let value = super::super::number::parse(value.as_bytes()).unwrap();
            assert_eq!(run(format, value, ""), expected, "{line}");
            count += 1;
        }
        assert!(count > 500);
    }

    /// Confirmed with lua5.1.
    #[test]
    fn strings_and_errors() {
        let long = "x".repeat(100);
        for (format, text, expected) in [
            ("%s", "a\0b", "a"),
            ("<%5s>", "ab", "<   ab>"),
            ("<%05s>", "ab", "<   ab>"),
            ("<%-5s>", "ab", "<ab   >"),
            ("<%.1s>", "ab", "<a>"),
            ("<%5.1s>", "ab", "<    a>"),
            ("<%.s>", "ab", "<>"),
            ("%99s|", &long, &std::format!("{long}|")),
            ("%.99s|", &long, &std::format!("{}|", &long[1..])),
            ("%q", "a\"\\\n\r\0", "\"a\\\"\\\\\\\n\\r\\000\""),
            ("%5%", "", "invalid option '%%' to 'format'"),
            ("100%%", "", "100%"),
            ("%", "", "invalid option '%' to 'format'"),
            ("%y", "", "invalid option '%y' to 'format'"),
            ("%a", "", "invalid option '%a' to 'format'"),
            ("%100d", "", "invalid format (width or precision too long)"),
            ("%.100d", "", "invalid format (width or precision too long)"),
            ("%00000d", "", "0"),
            ("%000000d", "", "invalid format (repeated flags)"),
            ("%-+ #0d", "", "+0"),
        ] {
            assert_eq!(run(format, 0.0, text), expected, "{format} {text:?}");
        }
    }
}
