//! Exact values of decimal texts, as binary numbers that a format then rounds; knows nothing of any format.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::syntax::Binary;

/// 5^27 is the largest power of five in 64 bits.
pub(super) const FIVE_POWER_MAX: usize = 27;
const FIVE_POWERS: [u64; FIVE_POWER_MAX + 1] = {
    let mut table = [1; FIVE_POWER_MAX + 1];
    let mut at = 1;
    while at <= FIVE_POWER_MAX {
        table[at] = table[at - 1] * 5;
        at += 1;
    }
    table
};
pub(super) const TEN_19: u64 = 10_000_000_000_000_000_000;
/// Digits that decide how a number is rounded: more than any number halfway between two neighbours has that a text
/// which is read can stand for. (Long doubles are read from fewer, and doubles need 768.)
const DIGITS_MAX: usize = 5 * 1024;
/// A power of two beyond every format's range.
const FAR: i64 = 1 << 20;

/// The value of decimal digits with at most one `.`, times 10^`exponent`, to 65 bits and more. What is far outside of
/// every format becomes a number that rounds to zero or to infinity in all of them. Up to 19 digits with a small
/// exponent take O(length); others exact arithmetic of at most some 24,000 bits.
pub(super) fn decimal_to_binary(text: &[u8], exponent: i64) -> Binary {
    let dot = text.iter().position(|&b| b == b'.').unwrap_or(text.len());
    let fraction_len = text.len().saturating_sub(dot + 1);
    let is_significant = |b: &u8| matches!(b, b'1'..=b'9');
    let (Some(first), Some(last)) = (
        text.iter().position(is_significant),
        text.iter().rposition(is_significant),
    ) else {
        return Binary {
            mantissa: 0,
            sticky: false,
            exponent: 0,
        };
    };
    let text_kept = &text[first..=last];
    let zeros_dropped = text[last + 1..].iter().filter(|&&b| b != b'.').count();
    let exponent = exponent - fraction_len as i64 + zeros_dropped as i64;
    let digits = text_kept.iter().filter(|&&b| b != b'.').map(|&b| b - b'0');
    let count = digits.clone().count();
    let magnitude = exponent + count as i64;
    if !(-4960..=4940).contains(&magnitude) {
        return Binary {
            mantissa: 1,
            sticky: true,
            exponent: if magnitude < 0 { -FAR } else { FAR },
        };
    }
    let power = exponent.unsigned_abs() as usize;
    if count <= 19 && power <= FIVE_POWER_MAX {
        let value = digits.fold(0, |value, digit| value * 10 + u64::from(digit));
        return scale_small(value, exponent);
    }
    // Digits beyond those that can decide a rounding count only by not being zero, and the last is not.
    let more = count.saturating_sub(DIGITS_MAX);
    let exponent = exponent + more as i64;
    let power = exponent.unsigned_abs() as usize;
    let mut number = Big::from_digits(digits.take(DIGITS_MAX));
    let mut binary = if exponent >= 0 {
        number.multiply_five_power(power);
        number.top_bits()
    } else {
        let mut divisor = Big(vec![1]);
        divisor.multiply_five_power(power);
        number.divide(&divisor)
    };
    binary.exponent += exponent;
    binary.sticky |= more > 0;
    binary
}

/// value * 10^power, for a `power` of at most [`FIVE_POWER_MAX`] in either direction and a value that is not 0.
pub(super) fn scale_small(value: u64, power: i64) -> Binary {
    let five = u128::from(FIVE_POWERS[power.unsigned_abs() as usize]);
    if power >= 0 {
        return Binary {
            mantissa: u128::from(value) * five,
            sticky: false,
            exponent: power,
        };
    }
    // With all 128 bits used the quotient keeps at least 65: one more than is rounded to.
    let shift = u128::from(value).leading_zeros();
    let dividend = u128::from(value) << shift;
    Binary {
        mantissa: dividend / five,
        sticky: dividend % five != 0,
        exponent: power - i64::from(shift),
    }
}

/// A natural number, least limb first, no zero limb on top; as small as this module needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Big(pub(super) Vec<u64>);

impl Big {
    pub(super) fn from_digits(digits: impl Iterator<Item = u8>) -> Big {
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

    pub(super) fn multiply_five_power(&mut self, mut power: usize) {
        while power > 0 {
            let step = power.min(FIVE_POWER_MAX);
            self.multiply_add(FIVE_POWERS[step], 0);
            power -= step;
        }
    }

    /// Divides in place and returns the remainder.
    pub(super) fn divide_small(&mut self, divisor: u64) -> u64 {
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

    pub(super) fn shift_left(&mut self, bits: usize) {
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
    pub(super) fn top_bits(self) -> Binary {
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
    pub(super) fn divide(mut self, divisor: &Big) -> Binary {
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
