//! Single items of a pattern: bytes, classes, sets. A pattern ends at its first NUL, as C strings do.

use super::PatternError;
use crate::text::number::is_space;

/// The pattern's byte at `at`; 0 at the end and behind it.
pub(super) fn byte(pattern: &[u8], at: usize) -> u8 {
    pattern.get(at).copied().unwrap_or(0)
}

/// Where the item that begins at `item` ends. O(item).
pub(super) fn end(pattern: &[u8], item: usize) -> Result<usize, PatternError> {
    match byte(pattern, item) {
        b'%' if byte(pattern, item + 1) == 0 => Err(PatternError::EndsWithPercent),
        b'%' => Ok(item + 2),
        b'[' => {
            let mut at = item + 1;
            if byte(pattern, at) == b'^' {
                at += 1;
            }
            // The first byte belongs to the set even if it is a bracket.
            loop {
                match byte(pattern, at) {
                    0 => return Err(PatternError::MissingBracket),
                    b'%' if byte(pattern, at + 1) != 0 => at += 2,
                    _ => at += 1,
                }
                if byte(pattern, at) == b']' {
                    return Ok(at + 1);
                }
            }
        }
        _ => Ok(item + 1),
    }
}

/// Whether the subject has a byte at `at` and the item `item..item_end` takes it.
#[inline]
pub(super) fn fits(
    subject: &[u8],
    pattern: &[u8],
    at: usize,
    item: usize,
    item_end: usize,
) -> bool {
    let Some(&found) = subject.get(at) else {
        return false;
    };
    match pattern[item] {
        b'.' => true,
        b'%' => in_class(found, pattern[item + 1]),
        b'[' => in_set(found, &pattern[item + 1..item_end - 1]),
        byte => byte == found,
    }
}

/// Whether a set, without its brackets, has this byte. O(set).
pub(super) fn in_set(byte: u8, set: &[u8]) -> bool {
    let (negated, mut rest) = match set {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    loop {
        match rest {
            [] => return negated,
            [b'%', class, tail @ ..] => {
                if in_class(byte, *class) {
                    return !negated;
                }
                rest = tail;
            }
            [from, b'-', to, tail @ ..] => {
                if (*from..=*to).contains(&byte) {
                    return !negated;
                }
                rest = tail;
            }
            [one, tail @ ..] => {
                if *one == byte {
                    return !negated;
                }
                rest = tail;
            }
        }
    }
}

/// Whether `%class` takes this byte; an upper-case letter means the opposite.
fn in_class(byte: u8, class: u8) -> bool {
    let found = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => is_space(byte),
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    found != class.is_ascii_uppercase()
}
