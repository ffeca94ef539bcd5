//! The grammar of C's `strtod` as far as Redis accepts it, and rounding to a binary format.
//!
//! Shared by doubles and long doubles; knows nothing of either's layout.

/// A number's text taken apart, not yet rounded to any format.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    pub(super) negative: bool,
    pub(super) magnitude: Magnitude<'a>,
}

/// The value of a literal without its sign.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Magnitude<'a> {
    Infinite,
    /// `mantissa` is ASCII digits with at most one `.`; the value is mantissa * 10^exponent.
    Decimal {
        mantissa: &'a [u8],
        exponent: i64,
    },
    /// mantissa * 2^exponent, a little more if `sticky`.
    Binary(Binary),
}

/// mantissa * 2^exponent; `sticky` says that non-zero bits below the mantissa were dropped.
///
/// Whoever sets `sticky` keeps more bits in `mantissa` than any format rounds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) mantissa: u128,
    pub(super) sticky: bool,
    pub(super) exponent: i64,
}

/// Exponents saturate here: far outside every format, far inside `i64`.
const EXPONENT_LIMIT: i64 = 1 << 40;

/// Takes a whole text apart; `None` if any part of it does not belong to one number.
///
/// Decimal, hexadecimal (`0x1.8p3`), `inf` and `infinity` in any case, each with an optional sign.
/// Spaces, NaNs and trailing bytes are refused, as Redis does everywhere. O(length).
pub(super) fn parse_literal(text: &[u8]) -> Option<Literal<'_>> {
    let (negative, body) = match *text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = match body {
        [b'0', b'x' | b'X', hex @ ..] => parse_hex(hex)?,
        _ if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") => {
            Magnitude::Infinite
        }
        _ => parse_decimal(body)?,
    };
    Some(Literal {
        negative,
        magnitude,
    })
}

fn parse_decimal(body: &[u8]) -> Option<Magnitude<'_>> {
    let end = body
        .iter()
        .position(|b| b | 0x20 == b'e')
        .unwrap_or(body.len());
    let mantissa = &body[..end];
    let mut digits = 0;
    let mut dots = 0;
    for &byte in mantissa {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => dots += 1,
            _ => return None,
        }
    }
    if digits == 0 || dots > 1 {
        return None;
    }
    let exponent = match body.get(end + 1..) {
        Some(text) => parse_exponent(text)?,
        None => 0,
    };
    Some(Magnitude::Decimal { mantissa, exponent })
}

fn parse_hex(body: &[u8]) -> Option<Magnitude<'_>> {
    let end = body
        .iter()
        .position(|b| b | 0x20 == b'p')
        .unwrap_or(body.len());
    let mut value = Binary {
        mantissa: 0,
        sticky: false,
        exponent: 0,
    };
    let mut digits = 0;
    let mut dot = false;
    for &byte in &body[..end] {
        if byte == b'.' && !dot {
            dot = true;
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        digits += 1;
        if value.mantissa >> 124 == 0 {
            value.mantissa = value.mantissa << 4 | u128::from(digit);
            value.exponent -= if dot { 4 } else { 0 };
        } else {
            value.sticky |= digit != 0;
            value.exponent += if dot { 0 } else { 4 };
        }
    }
    if digits == 0 {
        return None;
    }
    if let Some(text) = body.get(end + 1..) {
        value.exponent += parse_exponent(text)?;
    }
    Some(Magnitude::Binary(value))
}

/// A decimal exponent with an optional sign, saturating.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match *text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = (value * 10 + i64::from(byte - b'0')).min(EXPONENT_LIMIT);
    }
    Some(if negative { -value } else { value })
}

impl Binary {
    /// Rounds to nearest, ties to even: at most `precision` bits, no exponent below `exponent_min`.
    ///
    /// Returns the significand and its exponent. The significand has exactly `precision` bits
    /// unless the exponent is `exponent_min` (subnormal) or the value is zero.
    pub(super) fn round(self, precision: u32, exponent_min: i64) -> (u64, i64) {
        let bits = i64::from(128 - self.mantissa.leading_zeros());
        let drop = (bits - i64::from(precision)).max(exponent_min - self.exponent);
        let kept = match drop {
            ..=0 => self.mantissa << (-drop).min(127),
            1..=128 => {
                let half = 1u128 << (drop - 1);
                let rest = self.mantissa & (half | (half - 1));
                let kept = self.mantissa.checked_shr(drop as u32).unwrap_or(0);
                let up = rest > half || rest == half && (self.sticky || kept & 1 == 1);
                kept + u128::from(up)
            }
            _ => 0,
        };
        let exponent = self.exponent.saturating_add(drop);
        if kept >> precision == 0 {
            (kept as u64, exponent)
        } else {
            // Rounding up carried into a new bit; what is left is a power of two.
            ((kept >> 1) as u64, exponent + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Option<(bool, &str, i64)> {
        match parse_literal(text.as_bytes())? {
            Literal {
                negative,
                magnitude: Magnitude::Decimal { mantissa, exponent },
            } => Some((negative, core::str::from_utf8(mantissa).ok()?, exponent)),
            _ => None,
        }
    }

    #[test]
    fn grammar() {
        assert_eq!(decimal("-1.5e-7"), Some((true, "1.5", -7)));
        assert_eq!(decimal("+1."), Some((false, "1.", 0)));
        assert_eq!(decimal(".5E+3"), Some((false, ".5", 3)));
        assert_eq!(
            decimal("1e99999999999999999999"),
            Some((false, "1", EXPONENT_LIMIT))
        );
        for bad in [
            "", "+", "-", ".", "e5", ".e5", "1e", "1e+", "1e5.0", "1.2.3", "--1", "+-1", " 1",
            "1 ", "1_0", "1d", "0x", "0x.", "0x1p", "0x1.2.3", "0x-1", "0xg", "nan", "nan(1)",
            "infinit", "infx", "1\0", "\x001", "0b1",
        ] {
            assert_eq!(parse_literal(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn rounding_is_to_nearest_even() {
        let round = |mantissa, sticky, exponent| {
            Binary {
                mantissa,
                sticky,
                exponent,
            }
            .round(4, -10)
        };
        assert_eq!(round(0b1_0101, false, 0), (0b1010, 1), "a tie keeps even");
        assert_eq!(round(0b1_0111, false, 0), (0b1100, 1), "a tie leaves odd");
        assert_eq!(round(0b1_0101, true, 0), (0b1011, 1), "above the tie");
        assert_eq!(round(0b1_1111, false, 0), (0b1000, 2), "carry");
        assert_eq!(round(1, false, -20), (0, -10), "below half the smallest");
        assert_eq!(round(1, false, -11), (0, -10), "half the smallest");
        assert_eq!(round(3, false, -12), (1, -10), "above half the smallest");
        assert_eq!(round(1, false, 5), (0b1000, 2), "normalised upwards");
        assert_eq!(round(1, false, -9), (0b10, -10), "subnormal");
    }
}
