//! 64-bit integers as text, strict and lenient; knows nothing of who asks.

/// Two decimal digits for every value below 100: one table look-up writes two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut table = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        table[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    table
};

/// Reads a signed integer in Redis' strict form.
///
/// The text must be what `write_i64` would print: no sign but a leading `-`, no spaces, no leading
/// zeros, no `-0`. `None` for everything else, including values outside `i64`. O(length), and at
/// most 20 bytes are looked at.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    if let Some(digits) = text.strip_prefix(b"-") {
        let magnitude = parse_u64(digits)?;
        if magnitude == 0 || magnitude > i64::MIN.unsigned_abs() {
            return None;
        }
        return Some(0i64.wrapping_sub_unsigned(magnitude));
    }
    i64::try_from(parse_u64(text)?).ok()
}

/// Reads an unsigned integer in the same strict form: digits only, no leading zeros.
///
/// `None` for anything else and for values above `u64::MAX`.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    let (&first, rest) = text.split_first()?;
    if first == b'0' {
        return rest.is_empty().then_some(0);
    }
    if !first.is_ascii_digit() || rest.len() > 19 {
        return None;
    }
    let mut value = u64::from(first - b'0');
    // Up to 19 digits cannot overflow; only the twentieth needs a check.
    let (plain, last) = rest.split_at(rest.len().min(18));
    for &byte in plain {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    for &byte in last {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// Reads an unsigned integer as C's `strtoull` would, which is what Redis accepts in stream IDs.
///
/// Beyond the strict form this takes leading white space, a sign and leading zeros, ends at the
/// first NUL byte, and lets a minus sign wrap (`-18446744073709551610` is 6), except that what the
/// strict signed form reads as negative is refused. `None` otherwise.
pub fn parse_u64_lenient(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
    let text = &text[..end];
    if let Some(value) = parse_i64(text) {
        return u64::try_from(value).ok();
    }
    let start = text
        .iter()
        .position(|&b| !is_c_space(b))
        .unwrap_or(text.len());
    let text = &text[start..];
    let (negative, digits) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let significant = digits
        .iter()
        .position(|&b| b != b'0')
        .unwrap_or(digits.len());
    let magnitude = if significant == digits.len() && significant > 0 {
        0
    } else {
        parse_u64(&digits[significant..])?
    };
    Some(if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    })
}

/// Whether C's `isspace` holds in the C locale.
pub fn is_c_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Writes a signed integer at the end of `buffer` and returns the text. O(digits).
pub fn write_i64(value: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = fill_digits(value.unsigned_abs(), buffer);
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

/// Writes an unsigned integer at the end of `buffer` and returns the text. O(digits).
pub fn write_u64(value: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let start = fill_digits(value, buffer);
    &buffer[start..]
}

/// Puts the decimal digits at the end of `buffer`; returns where they start.
fn fill_digits(mut value: u64, buffer: &mut [u8; 20]) -> usize {
    let mut at = buffer.len();
    while value >= 100 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        at -= 1;
        buffer[at] = b'0' + value as u8;
    }
    at
}

/// How many bytes `write_i64` needs for this value, sign included: 1 to 20. O(1).
pub fn digits_len(value: i64) -> usize {
    let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(value < 0)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn strict_form() {
        let cases: &[(&[u8], Option<i64>)] = &[
            (b"0", Some(0)),
            (b"-1", Some(-1)),
            (b"9223372036854775807", Some(i64::MAX)),
            (b"9223372036854775808", None),
            (b"-9223372036854775808", Some(i64::MIN)),
            (b"-9223372036854775809", None),
            (b"18446744073709551617", None),
            (b"99999999999999999999999", None),
            (b"+1", None),
            (b"01", None),
            (b"-0", None),
            (b"-01", None),
            (b"-", None),
            (b"--1", None),
            (b"", None),
            (b" 1", None),
            (b"1 ", None),
            (b"1\0", None),
            (b"1/", None),
            (b"1:", None),
        ];
        for &(text, expected) in cases {
            assert_eq!(parse_i64(text), expected, "{text:?}");
        }
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), None);
        assert_eq!(parse_u64(b"-1"), None);
    }

    /// Confirmed with XADD on a redis-server 7.0.15.
    #[test]
    fn lenient_form() {
        let cases: &[(&[u8], Option<u64>)] = &[
            (b"+7", Some(7)),
            (b" 7", Some(7)),
            (b"07", Some(7)),
            (b"\t 9", Some(9)),
            (b"9\0", Some(9)),
            (b"000", Some(0)),
            (b"18446744073709551615", Some(u64::MAX)),
            (b"18446744073709551616", None),
            (b"-18446744073709551610", Some(6)),
            (b"-7", None),
            (b"0x7", None),
            (b"+", None),
            (b"7 ", None),
            (b"", None),
        ];
        for &(text, expected) in cases {
            assert_eq!(parse_u64_lenient(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn signed_round_trip(raw in any::<i64>(), shift in 0u32..64) {
            let value = raw >> shift;
            let mut buffer = [0; 20];
            let text = write_i64(value, &mut buffer);
            let expected = value.to_string();
            prop_assert_eq!(text, expected.as_bytes());
            prop_assert_eq!(text.len(), digits_len(value));
            prop_assert_eq!(parse_i64(text), Some(value));
        }

        #[test]
        fn unsigned_round_trip(raw in any::<u64>(), shift in 0u32..64) {
            let value = raw >> shift;
            let mut buffer = [0; 20];
            let text = write_u64(value, &mut buffer);
            let expected = value.to_string();
            prop_assert_eq!(text, expected.as_bytes());
            prop_assert_eq!(parse_u64(text), Some(value));
            prop_assert_eq!(parse_u64_lenient(text), Some(value));
        }

        /// Whatever is accepted is exactly what would be printed.
        #[test]
        fn accepts_only_canonical_text(text in "[-+ 0-9]{0,22}") {
            if let Some(value) = parse_i64(text.as_bytes()) {
                prop_assert_eq!(value.to_string(), text);
            } else {
                let canonical = text.parse::<i64>().is_ok_and(|v| v.to_string() == text);
                prop_assert!(!canonical);
            }
        }
    }
}
