//! The x86 80-bit long double behind INCRBYFLOAT and HINCRBYFLOAT: read, add, print.
//!
//! Redis does this arithmetic in C's `long double`, and its replies show the 64-bit mantissa. The
//! same bits are computed here with integers alone, so every target gives the same text.

use alloc::vec;
use alloc::vec::Vec;

use super::exact::{Big, TEN_19, decimal_to_binary};
use super::integer;
use super::syntax::{Binary, Literal, Magnitude, parse_literal};

/// Longest text that `parse` reads, in bytes: Redis copies it to a buffer of 5 KB with a NUL.
pub const TEXT_LEN_MAX: usize = 5 * 1024 - 1;

/// The exponent field of infinities and NaNs.
const EXPONENT_SPECIAL: u16 = 0x7fff;
/// The value of a number is mantissa * 2^(exponent - BIAS), counting exponent 0 as 1.
const BIAS: i64 = 16383 + 63;
/// The exponent of the mantissa's last bit in subnormal numbers.
const EXPONENT_MIN: i64 = 1 - BIAS;
const TEN_17: u128 = 100_000_000_000_000_000;

/// An 80-bit extended number: sign, 15-bit biased exponent, 64-bit mantissa with explicit top bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    exponent: u16,
    mantissa: u64,
}

impl LongDouble {
    /// Positive zero.
    pub const ZERO: LongDouble = LongDouble {
        negative: false,
        exponent: 0,
        mantissa: 0,
    };
    const INFINITY: LongDouble = LongDouble {
        negative: false,
        exponent: EXPONENT_SPECIAL,
        mantissa: 1 << 63,
    };
    const NAN: LongDouble = LongDouble {
        negative: true,
        exponent: EXPONENT_SPECIAL,
        mantissa: 3 << 62,
    };

    /// Reads a number as Redis does with `strtold`.
    ///
    /// Decimal and hexadecimal floats, `inf` and `infinity` in any case, an optional sign.
    /// Refused are the empty text, texts above `TEXT_LEN_MAX`, white space, trailing bytes, every
    /// NaN, values that overflow, and non-zero values that round to zero. Texts of up to 19 digits
    /// with a small exponent take O(length); others exact arithmetic of at most some 24,000 bits.
    pub fn parse(text: &[u8]) -> Option<LongDouble> {
        if text.len() > TEXT_LEN_MAX {
            return None;
        }
        let Literal {
            negative,
            magnitude,
        } = parse_literal(text)?;
        let binary = match magnitude {
            Magnitude::Infinite => {
                return Some(LongDouble {
                    negative,
                    ..LongDouble::INFINITY
                });
            }
            Magnitude::Binary(binary) => binary,
            Magnitude::Decimal { mantissa, exponent } => decimal_to_binary(mantissa, exponent),
        };
        let value = LongDouble::from_binary(negative, binary);
        let vanished = value.mantissa == 0 && binary.mantissa != 0;
        (!vanished && !value.is_nan_or_infinite()).then_some(value)
    }

    /// Rounds to nearest even; too large becomes infinite.
    fn from_binary(negative: bool, binary: Binary) -> LongDouble {
        if binary.mantissa == 0 {
            return LongDouble {
                negative,
                ..LongDouble::ZERO
            };
        }
        let (mantissa, exponent) = binary.round(64, EXPONENT_MIN);
        let biased = if mantissa >> 63 == 0 {
            0
        } else {
            exponent + BIAS
        };
        if biased >= i64::from(EXPONENT_SPECIAL) {
            return LongDouble {
                negative,
                ..LongDouble::INFINITY
            };
        }
        LongDouble {
            negative,
            exponent: biased as u16,
            mantissa,
        }
    }

    /// The exact value of an integer.
    pub fn from_i64(value: i64) -> LongDouble {
        let binary = Binary {
            mantissa: u128::from(value.unsigned_abs()),
            sticky: false,
            exponent: 0,
        };
        LongDouble::from_binary(value < 0, binary)
    }

    /// Whether this is an infinity or a NaN, which Redis refuses as a result.
    pub fn is_nan_or_infinite(self) -> bool {
        self.exponent == EXPONENT_SPECIAL
    }

    fn is_nan(self) -> bool {
        self.is_nan_or_infinite() && self.mantissa != LongDouble::INFINITY.mantissa
    }

    /// The exponent of the mantissa's last bit.
    fn scale(self) -> i64 {
        i64::from(self.exponent.max(1)) - BIAS
    }

    /// The sum, rounded once to nearest even, as the x87 adds. O(1).
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "a named call shows where 80 bits matter"
    )]
    pub fn add(self, other: LongDouble) -> LongDouble {
        if self.is_nan_or_infinite() || other.is_nan_or_infinite() {
            return self.add_special(other);
        }
        let (large, small) = if self.scale() >= other.scale() {
            (self, other)
        } else {
            (other, self)
        };
        // 62 bits below the larger mantissa leave room for a carry and decide every rounding.
        let upper = u128::from(large.mantissa) << 62;
        let shifted = u128::from(small.mantissa) << 62;
        let distance = (large.scale() - small.scale()) as u32;
        let lower = shifted.checked_shr(distance).unwrap_or(0);
        let sticky = lower.checked_shl(distance).unwrap_or(0) != shifted;
        let (negative, mantissa) = if large.negative == small.negative {
            (large.negative, upper + lower)
        } else if upper > lower {
            // The dropped bits of what is subtracted borrow one, and are then still not zero.
            (large.negative, upper - lower - u128::from(sticky))
        } else {
            (small.negative && lower > upper, lower - upper)
        };
        let exponent = large.scale() - 62;
        let binary = Binary {
            mantissa,
            sticky,
            exponent,
        };
        LongDouble::from_binary(negative, binary)
    }

    fn add_special(self, other: LongDouble) -> LongDouble {
        let opposite = self.is_nan_or_infinite()
            && other.is_nan_or_infinite()
            && self.negative != other.negative;
        if self.is_nan() || other.is_nan() || opposite {
            LongDouble::NAN
        } else if self.is_nan_or_infinite() {
            self
        } else {
            other
        }
    }

    /// Appends the value with 17 decimals (`%.17Lf`, ties to even) without trailing zeros.
    ///
    /// This is the text of INCRBYFLOAT's reply: no exponent ever, at most 4,952 bytes, and what
    /// rounds to zero is `0` without a sign.
    pub fn write_fixed17_trimmed(self, out: &mut Vec<u8>) {
        if self.is_nan_or_infinite() {
            out.extend_from_slice(if self.negative { b"-" } else { b"" });
            out.extend_from_slice(if self.is_nan() { b"nan" } else { b"inf" });
            return;
        }
        if self.scale() >= 0 {
            self.write_huge(out);
            return;
        }
        let below = self.scale().unsigned_abs() as u32;
        let whole = self.mantissa.checked_shr(below).unwrap_or(0);
        let rest = self.mantissa - whole.checked_shl(below).unwrap_or(0);
        let decimals = Binary {
            mantissa: u128::from(rest) * TEN_17,
            sticky: false,
            exponent: self.scale(),
        };
        // Fewer than 2^57 units of 10^-17, so 64 bits round nothing but the binary point.
        let decimals = decimals.round(64, 0).0;
        let (whole, mut decimals) = if u128::from(decimals) == TEN_17 {
            (whole + 1, 0)
        } else {
            (whole, decimals)
        };
        if self.negative && (whole, decimals) != (0, 0) {
            out.push(b'-');
        }
        out.extend_from_slice(integer::write_u64(whole, &mut [0; 20]));
        if decimals == 0 {
            return;
        }
        let mut width = 17;
        while decimals % 10 == 0 {
            decimals /= 10;
            width -= 1;
        }
        let mut buffer = [0; 20];
        let digits = integer::write_u64(decimals, &mut buffer);
        out.push(b'.');
        out.resize(out.len() + width - digits.len(), b'0');
        out.extend_from_slice(digits);
    }

    /// Whole numbers of 2^63 and more.
    fn write_huge(self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        let mut number = Big(vec![self.mantissa]);
        number.shift_left(self.scale() as usize);
        let mut groups = Vec::new();
        while !number.0.is_empty() {
            groups.push(number.divide_small(TEN_19));
        }
        let mut buffer = [0; 20];
        for (at, &group) in groups.iter().rev().enumerate() {
            let digits = integer::write_u64(group, &mut buffer);
            if at > 0 {
                out.resize(out.len() + 19 - digits.len(), b'0');
            }
            out.extend_from_slice(digits);
        }
    }
}

#[cfg(test)]
mod tests;
