//! Doubles as text, in and out, in the forms Redis uses; knows nothing of RESP versions.

use super::exact::{FIVE_POWER_MAX, decimal_to_binary, scale_small};
use super::syntax::{Binary, Literal, Magnitude, parse_literal};
use super::{grisu, integer};
pub use crate::general::write_general;

/// Room for the text of any double in either form.
pub const TEXT_LEN_MAX: usize = 32;

/// Reads a double as Redis reads scores and increments.
///
/// The grammar is C's `strtod` over the whole text: decimal and hexadecimal floats, `inf` and
/// `infinity` in any case, an optional sign. Refused are the empty text, white space, trailing
/// bytes, every NaN, values that overflow, and non-zero values that round to zero. O(length).
pub fn parse(text: &[u8]) -> Option<f64> {
    let (value, in_range) = read(text)?;
    in_range.then_some(value)
}

/// [`parse`], but what overflows is infinite, and what is too small is 0.
pub fn parse_saturating(text: &[u8]) -> Option<f64> {
    Some(read(text)?.0)
}

/// The nearest double, and whether it is neither an overflow's nor a zero that stands for more.
fn read(text: &[u8]) -> Option<(f64, bool)> {
    let Literal {
        negative,
        magnitude,
    } = parse_literal(text)?;
    let (value, in_range) = match magnitude {
        Magnitude::Infinite => (f64::INFINITY, true),
        Magnitude::Binary(binary) => from_binary(binary),
        Magnitude::Decimal { mantissa, exponent } => match few_digits(mantissa, exponent) {
            Some(value) => (value, true),
            None => from_binary(decimal_to_binary(mantissa, exponent)),
        },
    };
    Some((if negative { -value } else { value }, in_range))
}

/// Powers of ten that are doubles.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// What most texts are: a number of 64 bits and a small exponent.
fn few_digits(mantissa: &[u8], exponent: i64) -> Option<f64> {
    let (mut number, mut power, mut dot) = (0u64, exponent, false);
    for &byte in mantissa {
        if byte == b'.' {
            dot = true;
            continue;
        }
        number = number
            .checked_mul(10)?
            .checked_add(u64::from(byte - b'0'))?;
        power -= i64::from(dot);
    }
    let distance = power.unsigned_abs() as usize;
    if number <= 1 << 53 && distance < TENS.len() {
        // Both are exact, so that the result is rounded once.
        let number = number as f64;
        return Some(if power < 0 {
            number / TENS[distance]
        } else {
            number * TENS[distance]
        });
    }
    (number != 0 && distance <= FIVE_POWER_MAX).then(|| from_binary(scale_small(number, power)).0)
}

/// Rounds to the nearest double; false on overflow or if a non-zero value vanishes.
fn from_binary(binary: Binary) -> (f64, bool) {
    if binary.mantissa == 0 {
        return (0.0, true);
    }
    let (significand, exponent) = binary.round(53, -1074);
    if significand >> 52 == 0 {
        return (f64::from_bits(significand), significand != 0);
    }
    let biased = exponent + 1075;
    if biased >= 0x7ff {
        return (f64::INFINITY, false);
    }
    let bits = (biased as u64) << 52 | significand & ((1 << 52) - 1);
    (f64::from_bits(bits), true)
}

/// Writes a short text that reads back as the same double: Redis' form since 7.2.
///
/// Whole numbers up to 2^62 are printed as integers. Other values are plain decimals or, when
/// those would be long, `d.ddde+x` without padding of the exponent; `inf`, `-inf`, `nan`, `-0`.
/// The digits are those of Grisu2, as in Redis: about one text of a thousand is not the shortest.
pub fn write_shortest(value: f64, buffer: &mut [u8; TEXT_LEN_MAX]) -> &[u8] {
    if let Some(text) = special_text(value) {
        return copy(text, buffer);
    }
    if value.abs() <= 4_611_686_018_427_387_904.0 && value as i64 as f64 == value {
        let mut digits = [0; 20];
        return copy(integer::write_i64(value as i64, &mut digits), buffer);
    }
    let mut digits = [0; grisu::DIGITS_MAX];
    // The value is digits * 10^scale, or d.ddd * 10^point.
    let (len, scale) = grisu::digits(value.abs(), &mut digits);
    let (digits, len) = (&digits[..len], len as i32);
    let point = scale + len - 1;
    let mut text = Text { buffer, len: 0 };
    if value < 0.0 {
        text.push(b'-');
    }
    if scale >= 0 && point < len + 7 {
        text.extend(digits);
        text.zeros(scale);
    } else if scale < 0 && (scale > -7 || point.abs() < 4) {
        text.fixed(digits, point);
    } else {
        text.scientific(digits, point);
    }
    text.finish()
}

/// Writes 17 significant digits as C's `%.17g` does: Redis' form in replies up to 7.0.
///
/// Trailing zeros are dropped; exponents below -4 or above 16 give `d.ddde+xx` with at least two
/// exponent digits; `inf`, `-inf`, `nan`, `-0`.
pub fn write_g17(value: f64, buffer: &mut [u8; TEXT_LEN_MAX]) -> &[u8] {
    if value.is_nan() {
        return copy(b"nan", buffer);
    }
    write_general(value, 17, buffer)
}

/// What is not digits: infinities, NaN and the two zeros.
fn special_text(value: f64) -> Option<&'static [u8]> {
    if value.is_nan() {
        Some(b"nan")
    } else if value.is_infinite() {
        Some(if value > 0.0 { b"inf" } else { b"-inf" })
    } else if value == 0.0 {
        Some(if value.is_sign_negative() {
            b"-0"
        } else {
            b"0"
        })
    } else {
        None
    }
}

fn copy<'a>(text: &[u8], buffer: &'a mut [u8; TEXT_LEN_MAX]) -> &'a [u8] {
    buffer[..text.len()].copy_from_slice(text);
    &buffer[..text.len()]
}

/// Text under construction in a caller's buffer.
struct Text<'a> {
    buffer: &'a mut [u8; TEXT_LEN_MAX],
    len: usize,
}

impl<'a> Text<'a> {
    fn push(&mut self, byte: u8) {
        self.buffer[self.len] = byte;
        self.len += 1;
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.buffer[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn zeros(&mut self, count: i32) {
        for _ in 0..count {
            self.push(b'0');
        }
    }

    /// Digits with a decimal point somewhere before the last of them.
    fn fixed(&mut self, digits: &[u8], point: i32) {
        if point < 0 {
            self.extend(b"0.");
            self.zeros(-point - 1);
            self.extend(digits);
        } else {
            let (whole, fraction) = digits.split_at(point as usize + 1);
            self.extend(whole);
            self.push(b'.');
            self.extend(fraction);
        }
    }

    fn scientific(&mut self, digits: &[u8], point: i32) {
        self.push(digits[0]);
        if digits.len() > 1 {
            self.push(b'.');
            self.extend(&digits[1..]);
        }
        self.push(b'e');
        self.push(if point < 0 { b'-' } else { b'+' });
        let mut buffer = [0; 20];
        let exponent = integer::write_u64(u64::from(point.unsigned_abs()), &mut buffer);
        self.extend(exponent);
    }

    fn finish(self) -> &'a [u8] {
        &self.buffer[..self.len]
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};

    fn g17(value: f64) -> String {
        String::from_utf8_lossy(write_g17(value, &mut [0; TEXT_LEN_MAX])).to_string()
    }

    fn shortest(value: f64) -> String {
        String::from_utf8_lossy(write_shortest(value, &mut [0; TEXT_LEN_MAX])).to_string()
    }

    /// Confirmed with ZADD and ZSCORE on a redis-server 7.0.15.
    #[test]
    fn scores_in_and_out() {
        let cases = [
            ("+1", "1"),
            ("inf", "inf"),
            ("+inf", "inf"),
            ("-inf", "-inf"),
            ("iNf", "inf"),
            ("INFINITY", "inf"),
            ("0x10", "16"),
            ("0X1P4", "16"),
            ("0x1.8p3", "12"),
            ("0x.8", "0.5"),
            ("0x1.", "1"),
            ("1.", "1"),
            (".5", "0.5"),
            ("0e-400", "0"),
            ("0e99999999999", "0"),
            ("1e-320", "9.9998886718268301e-321"),
            ("2.5e-324", "4.9406564584124654e-324"),
            ("0x1p-1074", "4.9406564584124654e-324"),
            ("0x1.8p-1075", "4.9406564584124654e-324"),
            ("1e+5", "100000"),
            ("0.1", "0.10000000000000001"),
            ("1e17", "1e+17"),
            ("1e16", "10000000000000000"),
            ("123456789012345678", "1.2345678901234568e+17"),
            ("0.0001", "0.0001"),
            ("0.00001", "1.0000000000000001e-05"),
            ("1.5e-7", "1.4999999999999999e-07"),
            ("1.00000762939453125", "1.0000076293945312"),
            ("3.0517578125e-05", "3.0517578125e-05"),
            ("1e300", "1.0000000000000001e+300"),
            ("4611686018427387904", "4.6116860184273879e+18"),
            ("9007199254740993", "9007199254740992"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse(text.as_bytes()).map(g17),
                Some(expected.into()),
                "{text}"
            );
        }
        for bad in [
            "",
            "1 ",
            " 1",
            "\t1",
            "infx",
            "nan",
            "-nan",
            "nan(1)",
            "0x.",
            "0x",
            "0x1p",
            "1e",
            ".",
            "-",
            "1e400",
            "-1e400",
            "1e-400",
            "2e-324",
            "2.4e-324",
            "0x1p-1075",
            "0x1p1024",
            "1e99999999999999999999999",
            "1_0",
            "1e5.0",
            "--1",
            "1\0",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad:?}");
        }
    }

    /// Redis 7.2 was not at hand: confirmed with its algorithm rendered in C, not with a server.
    #[test]
    fn shortest_notation() {
        let cases = [
            (0.1, "0.1"),
            (-0.1, "-0.1"),
            (0.0, "0"),
            (-0.0, "-0"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (3.0, "3"),
            (1e17, "100000000000000000"),
            (4_611_686_018_427_387_904.0, "4611686018427387904"),
            (1e19, "1e+19"),
            (1.25e19, "1.25e+19"),
            // Where Grisu2 misses the shortest or closest digits.
            (12_345_678_901_234_560_000.0, "12345678901234561000"),
            (3.481616345211129e68, "3.4816163452111288e+68"),
            (3.6282152733170465e-75, "3.6282152733170464e-75"),
            (1.260065168523942e-258, "1.2600651685239421e-258"),
            (593_056_040_343_366_000.0, "593056040343366016"),
            (1e300, "1e+300"),
            (1.5e300, "1.5e+300"),
            (1e-5, "0.00001"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (1.234_567_89e-4, "1.23456789e-4"),
            (1.234_567_89e-3, "0.00123456789"),
            (123.456, "123.456"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-f64::MIN_POSITIVE, "-2.2250738585072014e-308"),
        ];
        for (value, expected) in cases {
            assert_eq!(shortest(value), expected);
        }
    }

    /// Half the sum of two texts of digits with as many decimals.
    fn sum_halves(low: &str, high: &str) -> String {
        let width = low.len().max(high.len());
        let padded = |text: &str| std::format!("{text:0>width$}");
        let (mut carry, mut sum) = (0, std::vec::Vec::new());
        for (a, b) in padded(low).bytes().zip(padded(high).bytes()).rev() {
            if a == b'.' {
                sum.push(b'.');
                continue;
            }
            let digit = a - b'0' + b - b'0' + carry;
            sum.push(b'0' + digit % 10);
            carry = digit / 10;
        }
        sum.push(b'0' + carry);
        sum.reverse();
        let mut rest = 0;
        for digit in &mut sum {
            if *digit != b'.' {
                let value = rest * 10 + (*digit - b'0');
                *digit = b'0' + value / 2;
                rest = value % 2;
            }
        }
        sum.push(b'0' + rest * 5);
        String::from_utf8(sum).unwrap()
    }

    proptest! {
        #[test]
        fn both_forms_read_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            prop_assert_eq!(parse(shortest(value).as_bytes()).map(f64::to_bits), Some(bits));
            prop_assert_eq!(parse(g17(value).as_bytes()).map(f64::to_bits), Some(bits));
        }

        #[test]
        fn near_whole_numbers_read_back(whole in -1_000_000i64..1_000_000, scale in 0u32..12) {
            let value = whole as f64 / 10f64.powi(scale as i32);
            prop_assert_eq!(parse(shortest(value).as_bytes()), Some(value));
            prop_assert_eq!(parse(g17(value).as_bytes()), Some(value));
        }

        /// The standard library reads hexadecimal through this only; check against its own bits.
        #[test]
        fn hexadecimal_is_exact(mantissa in 1u64..1 << 53, exponent in -900i32..900) {
            let text = std::format!("0x{mantissa:x}p{exponent}");
            prop_assert_eq!(parse(text.as_bytes()), Some(mantissa as f64 * 2f64.powi(exponent)));
        }

        /// The standard library rounds correctly too.
        #[test]
        fn decimals_are_rounded_to_nearest(text in "[0-9]{1,25}([.][0-9]{0,25})?(e-?[0-9]{1,3})?") {
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(parse_saturating(text.as_bytes()), Some(expected));
        }

        /// Ties and what lies just beside them.
        #[test]
        fn halves_are_rounded_to_even(bits in 1u64..0x7fe0_0000_0000_0000, more in "(1|0{0,800}1)?") {
            let (low, high) = (f64::from_bits(bits), f64::from_bits(bits + 1));
            // Both have an end, and so the middle has one a digit later.
            let digits = |value: f64| std::format!("{value:.1080}");
            let middle = sum_halves(&digits(low), &digits(high));
            let expected = if more.is_empty() && bits % 2 == 0 { low } else { high };
            prop_assert_eq!(parse(std::format!("{middle}{more}").as_bytes()), Some(expected));
        }

        #[test]
        fn no_text_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text);
        }
    }
}
