//! Numbers as Lua 5.1 over the GNU C library reads and writes them: `strtod`, `strtoul` and `%.14g`.

use hyla_number::float;
pub use hyla_number::float::{TEXT_LEN_MAX, write_general};
pub use hyla_number::integer::is_c_space as is_space;

/// What a C string would be: everything before the first NUL.
fn until_nul(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == 0);
    &text[..end.unwrap_or(text.len())]
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Reads a whole text as Lua 5.1 turns strings into numbers: what `strtod` takes, with white space around it, up to
/// the first NUL. That has decimal and hexadecimal floats, `inf`, `infinity`, `nan` and `nan(…)`. O(length).
pub fn parse(text: &[u8]) -> Option<f64> {
    let (negative, body) = sign(trim(until_nul(text)));
    let value = match body {
        [b'0'..=b'9' | b'.', ..] => float::parse_saturating(body)?,
        _ => word(body)?,
    };
    Some(if negative { -value } else { value })
}

/// Reads the number that a text begins with, as `strtod` does but for white space before it, and how long it is.
pub fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let len = prefix_len(text);
    Some((parse(&text[..len])?, len))
}

fn prefix_len(text: &[u8]) -> usize {
    let (_, body) = sign(text);
    let signs = text.len() - body.len();
    let word = |word: &[u8]| {
        let start = body.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if word(b"infinity") {
        return signs + 8;
    }
    if word(b"inf") || word(b"nan") {
        let inner = body[3..].strip_prefix(b"(").filter(|_| word(b"nan"));
        let end = inner.and_then(|inner| {
            let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            let end = inner.iter().position(|byte| !fits(byte))?;
            (inner[end] == b')').then_some(end + 2)
        });
        return signs + 3 + end.unwrap_or(0);
    }
    let hex = matches!(body, [b'0', b'x' | b'X', b'.', d, ..] | [b'0', b'x' | b'X', d, ..] if d.is_ascii_hexdigit());
    let is_digit = |byte: u8| {
        if hex {
            byte.is_ascii_hexdigit()
        } else {
            byte.is_ascii_digit()
        }
    };
    let mut at = if hex { 2 } else { 0 };
    let (mut dot, mut digits) = (false, false);
    while let Some(&byte) = body.get(at) {
        if byte == b'.' && !dot {
            dot = true;
        } else if is_digit(byte) {
            digits = true;
        } else {
            break;
        }
        at += 1;
    }
    if !digits {
        return 0;
    }
    let letter = if hex { b'p' } else { b'e' };
    if body.get(at).map(u8::to_ascii_lowercase) == Some(letter) {
        let (_, power) = sign(&body[at + 1..]);
        let count = power
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count > 0 {
            at = body.len() - power.len() + count;
        }
    }
    signs + at
}

fn word(body: &[u8]) -> Option<f64> {
    if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") {
        return Some(f64::INFINITY);
    }
    let (name, rest) = body.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"nan") {
        return None;
    }
    let inner = match rest {
        [] => rest,
        [b'(', inner @ .., b')'] => inner,
        _ => return None,
    };
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    inner.iter().all(fits).then_some(f64::NAN)
}

/// Reads a whole text in a base of 2 to 36 as `tonumber(text, base)` does: C's `strtoul`, which wraps negative
/// numbers to 64 bits and stops at the largest. White space around it and a NUL behind it as in [`parse`].
pub fn parse_base(text: &[u8], base: u32) -> Option<f64> {
    let (negative, mut digits) = sign(trim(until_nul(text)));
    if base == 16
        && let [b'0', b'x' | b'X', rest @ ..] = digits
        && !rest.is_empty()
    {
        digits = rest;
    }
    if digits.is_empty() {
        return None;
    }
    let (mut value, mut over) = (0u64, false);
    for &byte in digits {
        let digit = u64::from(char::from(byte).to_digit(base)?);
        match value
            .checked_mul(u64::from(base))
            .and_then(|value| value.checked_add(digit))
        {
            Some(next) => value = next,
            None => over = true,
        }
    }
    if over {
        value = u64::MAX;
    } else if negative {
        value = value.wrapping_neg();
    }
    Some(value as f64)
}

/// Lua's text of a number: C's `%.14g`.
pub fn write(value: f64, buffer: &mut [u8; TEXT_LEN_MAX]) -> &[u8] {
    write_general(value, 14, buffer)
}

/// A double as C converts it to a 64-bit integer on x86-64: cut, and the least integer for what does not fit.
pub fn to_i64(value: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// A double as C converts it to an unsigned 64-bit integer on x86-64: negative numbers wrap, what does not fit is 0 or
/// 2^63.
pub fn to_u64(value: f64) -> u64 {
    if value >= 9_223_372_036_854_775_808.0 {
        (to_i64(value - 9_223_372_036_854_775_808.0) as u64) ^ 1 << 63
    } else {
        to_i64(value) as u64
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::format;
    use std::string::{String, ToString};

    fn shown(value: f64) -> String {
        String::from_utf8_lossy(write(value, &mut [0; TEXT_LEN_MAX])).to_string()
    }

    fn exact(value: f64) -> String {
        String::from_utf8_lossy(write_general(value, 17, &mut [0; TEXT_LEN_MAX])).to_string()
    }

    /// Confirmed with `print(tonumber(…))` on lua5.1.
    #[test]
    fn strings_as_numbers() {
        for (text, expected) in [
            ("0x", None),
            ("0xg", None),
            ("nan", Some("nan")),
            ("-nan", Some("-nan")),
            ("-nan(12)", Some("-nan")),
            ("nan(", None),
            ("nan(-)", None),
            ("inf", Some("inf")),
            ("-InFinity", Some("-inf")),
            ("infinit", None),
            ("1e", None),
            ("1e+", None),
            ("e1", None),
            (".", None),
            ("-", None),
            ("- 1", None),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            (" 0x1p4 ", Some("16")),
            ("0x.8", Some("0.5")),
            ("0x.p1", None),
            ("0x1p", None),
            ("0x1.8P-1", Some("0.75")),
            ("-0x10", Some("-16")),
            ("0xffffffffffffffffff", Some("4.7223664828696e+21")),
            ("1\0x", Some("1")),
            ("\0", None),
            ("1e400", Some("inf")),
            ("1e-400", Some("0")),
            ("0x1p-1075", Some("0")),
            ("0x1.8p-1075", Some("4.9406564584125e-324")),
            ("0x1p1024", Some("inf")),
            ("\u{b}1\u{c}", Some("1")),
            ("", None),
            (" ", None),
            ("1_0", None),
            ("1 2", None),
            ("+1", Some("1")),
            ("--1", None),
            ("1f", None),
        ] {
            assert_eq!(
                parse(text.as_bytes()).map(shown).as_deref(),
                expected,
                "{text:?}"
            );
        }
    }

    /// Confirmed with `print(tonumber(…, base))` on lua5.1.
    #[test]
    fn bases() {
        for (text, base, expected) in [
            ("ff", 16, Some("255")),
            ("0xFF", 16, Some("255")),
            ("0x", 16, None),
            ("-0x10", 16, Some("1.844674407371e+19")),
            ("-1", 36, Some("1.844674407371e+19")),
            ("zz", 36, Some("1295")),
            ("12", 2, None),
            ("101 ", 2, Some("5")),
            ("99999999999999999999999", 11, Some("1.844674407371e+19")),
            ("-99999999999999999999999", 11, Some("1.844674407371e+19")),
            ("", 16, None),
            ("7\0z", 8, Some("7")),
            ("1.0", 16, None),
        ] {
            assert_eq!(
                parse_base(text.as_bytes(), base).map(shown).as_deref(),
                expected,
                "{text:?}"
            );
        }
    }

    /// Confirmed with `print(…)` on lua5.1 and with C's printf.
    #[test]
    fn texts() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (1e100, "1e+100"),
            (5e-324, "4.9406564584125e-324"),
            (f64::MAX, "1.7976931348623e+308"),
            (core::f64::consts::PI, "3.1415926535898"),
            (99_999_999_999_999.5, "1e+14"),
            (9.999_999_999_999_99, "10"),
            (1024.5, "1024.5"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(shown(value), expected);
        }
        assert_eq!(exact(0.1), "0.10000000000000001");
        assert_eq!(exact(1e17), "1e+17");
        assert_eq!(exact(1e16), "10000000000000000");
    }

    /// As C's strtod.
    #[test]
    fn beginnings() {
        for (text, expected) in [
            ("1e5x", Some((1e5, 3))),
            ("1e", Some((1.0, 1))),
            ("1e+", Some((1.0, 1))),
            ("1.5.5", Some((1.5, 3))),
            ("0x1p-1p", Some((0.5, 6))),
            ("0x", Some((0.0, 1))),
            ("0x.8z", Some((0.5, 4))),
            ("0x.", Some((0.0, 1))),
            ("-.5,", Some((-0.5, 3))),
            ("-", None),
            (".", None),
            ("infinite", Some((f64::INFINITY, 3))),
            ("INFINITY1", Some((f64::INFINITY, 8))),
            ("abc", None),
            ("", None),
            ("12,", Some((12.0, 2))),
        ] {
            assert_eq!(parse_prefix(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(parse_prefix(b"nan(1)x").map(|(_, len)| len), Some(6));
        assert_eq!(parse_prefix(b"nan(").map(|(_, len)| len), Some(3));
    }

    #[test]
    fn integers_of_doubles() {
        for (value, signed, unsigned) in [
            (-1.5, -1, u64::MAX),
            (9_223_372_036_854_775_808.0, i64::MIN, 1 << 63),
            (18_446_744_073_709_551_616.0, i64::MIN, 0),
            (9_223_372_036_854_777_856.0, i64::MIN, (1 << 63) + 2048),
            (-1e300, i64::MIN, 1 << 63),
            (1e300, i64::MIN, 0),
            (f64::NAN, i64::MIN, 1 << 63),
        ] {
            assert_eq!(
                (to_i64(value), to_u64(value)),
                (signed, unsigned),
                "{value}"
            );
        }
    }

    proptest! {
        #[test]
        fn seventeen_digits_read_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            prop_assert_eq!(parse(exact(value).as_bytes()).map(f64::to_bits), Some(bits));
        }

        #[test]
        fn fourteen_digits_round(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let nearest: f64 = format!("{value:.13e}").parse().unwrap();
            prop_assert_eq!(parse(shown(value).as_bytes()), Some(nearest));
        }

        #[test]
        fn hexadecimal_is_exact(mantissa in 1u64..1 << 53, exponent in -900i32..900) {
            let text = format!("0x{mantissa:x}p{exponent}");
            prop_assert_eq!(parse(text.as_bytes()), Some(mantissa as f64 * 2f64.powi(exponent)));
        }

        #[test]
        fn long_hexadecimal_rounds_once(number in any::<u128>()) {
            let text = format!("0x{number:x}");
            prop_assert_eq!(parse(text.as_bytes()), Some(number as f64));
        }

        #[test]
        fn no_text_panics(text in proptest::collection::vec(any::<u8>(), 0..40), base in 2u32..37) {
            let _ = parse(&text);
            let _ = parse_base(&text, base);
        }
    }
}
