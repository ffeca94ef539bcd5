//! Words of a configuration line: splitting with quotes and escapes, and writing a string so that splitting gives it
//! back. Knows no directives.

use alloc::vec::Vec;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Cuts spaces, tabs and line ends off both ends.
pub(super) fn trim(line: &[u8]) -> &[u8] {
    let cut = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let start = line.iter().position(|byte| !cut(byte));
    let end = line.iter().rposition(|byte| !cut(byte));
    match (start, end) {
        (Some(start), Some(end)) => &line[start..=end],
        _ => &[],
    }
}

/// The part before the first NUL, as a C string ends there.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

/// Splits a line into words. Double quotes know `\n \r \t \b \a`, `\xHH` and `\` before any other byte; single quotes
/// only `\'`. `None` when a quote is not closed or something follows a closing quote.
#[must_use]
pub fn split_args(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = until_nul(line);
    loop {
        while let Some((&byte, tail)) = rest.split_first()
            && is_space(byte)
        {
            rest = tail;
        }
        if rest.is_empty() {
            return Some(words);
        }
        let (word, tail) = one_word(rest)?;
        words.push(word);
        rest = tail;
    }
}

/// Reads one word; a quote may open anywhere in it, but closes it.
fn one_word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'"' | b'\'' => {
                let after = quoted(byte, tail, &mut word)?;
                let closed = after.first().is_none_or(|&next| is_space(next));
                return closed.then_some((word, after));
            }
            // A vertical tab or form feed separates words only in front of them, as in Redis.
            b' ' | b'\t' | b'\n' | b'\r' => break,
            _ => word.push(byte),
        }
        rest = tail;
    }
    Some((word, rest))
}

/// Reads up to the closing quote and gives what follows it.
fn quoted<'a>(quote: u8, mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (&byte, tail) = rest.split_first()?;
        if byte == quote {
            return Some(tail);
        }
        rest = match (quote, byte, tail) {
            (b'"', b'\\', [b'x', high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                tail
            }
            (b'"', b'\\', [escaped, tail @ ..]) => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                tail
            }
            (b'\'', b'\\', [b'\'', tail @ ..]) => {
                word.push(b'\'');
                tail
            }
            _ => {
                word.push(byte);
                tail
            }
        };
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10) & 15,
    }
}

/// Appends a string in double quotes, everything but printable ASCII escaped.
pub fn push_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            7 => out.extend(b"\\a"),
            8 => out.extend(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend([
                b'\\',
                b'x',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
    }
    out.push(b'"');
}
