//! The x86 80-bit long double behind INCRBYFLOAT and HINCRBYFLOAT: read, add, print.
//!
//! Redis does this arithmetic in C's `long double`, and its replies show the 64-bit mantissa. The
//! same bits are computed here with integers alone, so every target gives the same text.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

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
/// 5^27 is the largest power of five in 64 bits.
const FIVE_POWER_MAX: usize = 27;
const FIVE_POWERS: [u64; FIVE_POWER_MAX + 1] = {
    let mut table = [1; FIVE_POWER_MAX + 1];
    let mut at = 1;
    while at <= FIVE_POWER_MAX {
        table[at] = table[at - 1] * 5;
        at += 1;
    }
    table
};
const TEN_17: u128 = 100_000_000_000_000_000;
const TEN_19: u64 = 10_000_000_000_000_000_000;

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
            Magnitude::Decimal { mantissa, exponent } => decimal_to_binary(mantissa, exponent)?,
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

/// The value of a decimal text to 65 bits and more; `None` far outside the format's range.
fn decimal_to_binary(text: &[u8], exponent: i64) -> Option<Binary> {
    let dot = text.iter().position(|&b| b == b'.').unwrap_or(text.len());
    let fraction_len = text.len().saturating_sub(dot + 1);
    let is_significant = |b: &u8| matches!(b, b'1'..=b'9');
    let (Some(first), Some(last)) = (
        text.iter().position(is_significant),
        text.iter().rposition(is_significant),
    ) else {
        return Some(Binary {
            mantissa: 0,
            sticky: false,
            exponent: 0,
        });
    };
    let text_kept = &text[first..=last];
    let zeros_dropped = text[last + 1..].iter().filter(|&&b| b != b'.').count();
    let exponent = exponent - fraction_len as i64 + zeros_dropped as i64;
    let digits = text_kept.iter().filter(|&&b| b != b'.').map(|&b| b - b'0');
    let count = digits.clone().count();
    let magnitude = exponent + count as i64;
    if !(-4960..=4940).contains(&magnitude) {
        return None;
    }
    let power = exponent.unsigned_abs() as usize;
    if count <= 19 && power <= FIVE_POWER_MAX {
        let value = digits.fold(0, |value, digit| value * 10 + u64::from(digit));
        return Some(scale_small(value, power, exponent < 0));
    }
    let mut number = Big::from_digits(digits);
    if exponent >= 0 {
        number.multiply_five_power(power);
        let mut binary = number.top_bits();
        binary.exponent += exponent;
        Some(binary)
    } else {
        let mut divisor = Big(vec![1]);
        divisor.multiply_five_power(power);
        let mut binary = number.divide(&divisor);
        binary.exponent += exponent;
        Some(binary)
    }
}

/// value * 10^power or value / 10^power, for a power of five that fits 64 bits.
fn scale_small(value: u64, power: usize, divide: bool) -> Binary {
    let five = u128::from(FIVE_POWERS[power]);
    if !divide {
        return Binary {
            mantissa: u128::from(value) * five,
            sticky: false,
            exponent: power as i64,
        };
    }
    // With all 128 bits used the quotient keeps at least 65: one more than is rounded to.
    let shift = u128::from(value).leading_zeros();
    let dividend = u128::from(value) << shift;
    Binary {
        mantissa: dividend / five,
        sticky: dividend % five != 0,
        exponent: -i64::from(shift) - power as i64,
    }
}

/// A natural number, least limb first, no zero limb on top; as small as this module needs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Big(Vec<u64>);

impl Big {
    fn from_digits(digits: impl Iterator<Item = u8>) -> Big {
        let mut number = Big(Vec::new());
        let (mut group, mut scale) = (0, 1);
        for digit in digits {
            group = group * 10 + u64::from(digit);
            scale *= 10;
            if scale == TEN_19 {
                number.multiply_add(scale, group);
                (group, scale) = (0, 1);
            }
        }
        number.multiply_add(scale, group);
        number
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn bit_len(&self) -> usize {
        let top = self.0.last().map_or(64, |limb| limb.leading_zeros());
        self.0.len().max(1) * 64 - top as usize
    }

    fn bit(&self, at: usize) -> u64 {
        self.0.get(at / 64).map_or(0, |limb| limb >> (at % 64) & 1)
    }

    fn multiply_add(&mut self, factor: u64, addend: u64) {
        let mut carry = u128::from(addend);
        for limb in &mut self.0 {
            carry += u128::from(*limb) * u128::from(factor);
            *limb = carry as u64;
            carry >>= 64;
        }
        if carry != 0 {
            self.0.push(carry as u64);
        }
    }

    fn multiply_five_power(&mut self, mut power: usize) {
        while power > 0 {
            let step = power.min(FIVE_POWER_MAX);
            self.multiply_add(FIVE_POWERS[step], 0);
            power -= step;
        }
    }

    /// Divides in place and returns the remainder.
    fn divide_small(&mut self, divisor: u64) -> u64 {
        let divisor = u128::from(divisor);
        let mut rest = 0u128;
        for limb in self.0.iter_mut().rev() {
            rest = rest << 64 | u128::from(*limb);
            *limb = (rest / divisor) as u64;
            rest %= divisor;
        }
        self.trim();
        rest as u64
    }

    fn shift_left(&mut self, bits: usize) {
        let (limbs, bits) = (bits / 64, bits % 64);
        if bits > 0 {
            let mut carry = 0;
            for limb in &mut self.0 {
                (*limb, carry) = (*limb << bits | carry, *limb >> (64 - bits));
            }
            if carry != 0 {
                self.0.push(carry);
            }
        }
        self.0.splice(0..0, core::iter::repeat_n(0, limbs));
    }

    /// Drops the lowest `bits` bits.
    fn shift_right(&mut self, bits: usize) {
        let (limbs, bits) = (bits / 64, bits % 64);
        self.0.drain(..limbs.min(self.0.len()));
        if bits > 0 {
            let mut carry = 0;
            for limb in self.0.iter_mut().rev() {
                (*limb, carry) = (*limb >> bits | carry, *limb << (64 - bits));
            }
        }
        self.trim();
    }

    fn has_bits_below(&self, at: usize) -> bool {
        let (limbs, bits) = (at / 64, at % 64);
        self.0.iter().take(limbs).any(|&limb| limb != 0)
            || self
                .0
                .get(limbs)
                .is_some_and(|limb| limb & ((1 << bits) - 1) != 0)
    }

    /// The highest 128 bits, and whether any are left below them.
    fn top_bits(self) -> Binary {
        let below = self.bit_len().saturating_sub(128);
        let sticky = self.has_bits_below(below);
        let mut top = self;
        top.shift_right(below);
        let limb = |at| u128::from(top.0.get(at).copied().unwrap_or(0));
        Binary {
            mantissa: limb(1) << 64 | limb(0),
            sticky,
            exponent: below as i64,
        }
    }

    fn compare(&self, other: &Big) -> Ordering {
        let by_len = self.0.len().cmp(&other.0.len());
        by_len.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Subtracts a number that is not larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (at, limb) in self.0.iter_mut().enumerate() {
            let take = other.0.get(at).copied().unwrap_or(0);
            let (first, under) = limb.overflowing_sub(take);
            let (second, under_again) = first.overflowing_sub(u64::from(borrow));
            *limb = second;
            borrow = under || under_again;
        }
        self.trim();
    }

    /// The quotient's first 66 or 67 bits by long division, bit by bit.
    ///
    /// More bits are never needed, so the cost is 67 passes over the divisor.
    fn divide(mut self, divisor: &Big) -> Binary {
        const STEPS: usize = 67;
        let wanted = divisor.bit_len() + STEPS - 1;
        let raise = wanted.saturating_sub(self.bit_len());
        self.shift_left(raise);
        // The first remainder has one bit less than the divisor and so is smaller.
        let start = self.bit_len() - (divisor.bit_len() - 1);
        let mut rest = self.clone();
        rest.shift_right(start);
        let mut quotient = 0u128;
        for at in (start - STEPS..start).rev() {
            rest.shift_left(1);
            if self.bit(at) == 1 {
                match rest.0.first_mut() {
                    Some(low) => *low |= 1,
                    None => rest.0.push(1),
                }
            }
            quotient <<= 1;
            if rest.compare(divisor) != Ordering::Less {
                rest.subtract(divisor);
                quotient |= 1;
            }
        }
        Binary {
            mantissa: quotient,
            sticky: !rest.0.is_empty() || self.has_bits_below(start - STEPS),
            exponent: (start - STEPS) as i64 - raise as i64,
        }
    }
}

#[cfg(test)]
mod tests;
