//! The decimal digits of doubles, correctly rounded to any place. Integers only, so that every target gives the
//! same; knows nothing of notations.

use core::cmp::Ordering;

use super::integer;

/// Digits that a result can have: 309 before the point, 99 behind it, and a last group of nine.
pub const DIGITS_MAX: usize = 432;

/// Decimals or significant digits that may be asked for.
pub const PRECISION_MAX: usize = 99;

/// Where to round.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// To this many digits, 1 to 100.
    Significant(usize),
    /// To this many digits behind the point, 0 to 99.
    Decimals(usize),
}

/// Digits d1 d2 d3 …, the value being d1.d2d3… * 10^point. No digits at all are zero.
pub struct Digits {
    bytes: [u8; DIGITS_MAX],
    len: usize,
    /// The exponent of the first digit; 0 for zero.
    pub point: i32,
}

impl Digits {
    /// The digit at `index`, counted from the first; zeros follow the last and stand before the first.
    pub fn at(&self, index: i32) -> u8 {
        if index >= 0 && (index as usize) < self.len {
            self.bytes[index as usize]
        } else {
            b'0'
        }
    }

    /// How many digits there are up to the last that is not zero.
    pub fn significant(&self) -> usize {
        let mut len = self.len;
        while len > 0 && self.bytes[len - 1] == b'0' {
            len -= 1;
        }
        len
    }

    fn zero() -> Digits {
        Digits {
            bytes: [0; DIGITS_MAX],
            len: 0,
            point: 0,
        }
    }

    fn push(&mut self, digit: u8) {
        if self.len < DIGITS_MAX {
            self.bytes[self.len] = digit;
            self.len += 1;
        }
    }

    /// A whole number; its first digit has the exponent `point_of_last` and as many more as digits follow.
    fn of(number: u64, point_of_last: i32) -> Digits {
        let mut digits = Digits::zero();
        if number == 0 {
            return digits;
        }
        let mut text = [0; 20];
        for &digit in integer::write_u64(number, &mut text) {
            digits.push(digit);
        }
        digits.point = point_of_last + digits.len as i32 - 1;
        digits
    }

    /// Cuts to `keep` digits (or none, if negative), rounding to nearest, ties to even. `more` says that what
    /// is not zero follows the last digit.
    fn round(&mut self, keep: i32, more: bool, limit: Limit) {
        if keep >= self.len as i32 {
            return;
        }
        let kept = keep.max(0) as usize;
        let rest = if keep < 0 {
            Ordering::Less
        } else {
            let tail = self.bytes[kept + 1..self.len]
                .iter()
                .any(|digit| *digit != b'0');
            match self.bytes[kept].cmp(&b'5') {
                Ordering::Equal if more || tail => Ordering::Greater,
                other => other,
            }
        };
        let odd = kept > 0 && self.bytes[kept - 1] & 1 == 1;
        self.len = kept;
        if rest == Ordering::Greater || rest == Ordering::Equal && odd {
            self.increment(limit);
        } else if kept == 0 {
            self.point = 0;
        }
    }

    /// Adds one to the last digit.
    fn increment(&mut self, limit: Limit) {
        for digit in self.bytes[..self.len].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        // All were nines (or there was none): 10…0, one digit longer.
        self.push(b'0');
        self.bytes[0] = b'1';
        self.point += 1;
        if matches!(limit, Limit::Significant(_)) {
            self.len -= 1;
        }
    }
}

/// The digits of a finite, positive double or zero. Where 17 or fewer are wanted mostly a few multiplications,
/// else exact arithmetic of up to 1,100 bits.
pub fn digits(value: f64, limit: Limit) -> Digits {
    let (mantissa, exponent) = parts(value);
    if mantissa == 0 {
        return Digits::zero();
    }
    match limit {
        Limit::Significant(count) if count <= 17 => {
            if let Some((number, point)) = significant(mantissa, exponent, count as u32) {
                return Digits::of(number, point - (count as i32 - 1));
            }
        }
        Limit::Decimals(count) if count <= 17 => {
            if let Some(number) = scaled(mantissa, exponent, count as i32) {
                return Digits::of(number, -(count as i32));
            }
        }
        _ => {}
    }
    exact(mantissa, exponent, limit)
}

/// The first `count` (1 to 17) digits as one number, and the exponent of the first; `None` if only exact
/// arithmetic can tell, about one time in a hundred for 17 digits.
pub fn short(value: f64, count: u32) -> Option<(u64, i32)> {
    let (mantissa, exponent) = parts(value);
    significant(mantissa, exponent, count)
}

/// value = mantissa * 2^exponent, for a finite value without its sign.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) as i32 & 0x7ff {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    }
}

/// floor(log2(10^power)), for every power in reach.
const fn log2_of_ten(power: i32) -> i32 {
    (power * 1_741_647) >> 19
}

/// The exponent of the first decimal digit, or one less.
fn point_estimate(mantissa: u64, exponent: i32) -> i32 {
    let log2 = exponent + 63 - mantissa.leading_zeros() as i32;
    // log10(2) = 0.30103, a little less for what is positive and a little more for what is not.
    (log2 * 315_652) >> 20
}

fn significant(mantissa: u64, exponent: i32, count: u32) -> Option<(u64, i32)> {
    if mantissa == 0 {
        return None;
    }
    let end = 10u64.pow(count);
    let mut point = point_estimate(mantissa, exponent);
    for _ in 0..3 {
        let number = scaled(mantissa, exponent, count as i32 - 1 - point)?;
        if number < end / 10 {
            point -= 1;
        } else if number >= end {
            point += 1;
        } else {
            return Some((number, point));
        }
    }
    None
}

/// 5^27 is the largest power of five in 64 bits.
const STEP: i32 = 27;
const STEPS: usize = 13;
const FIVES: [u64; STEP as usize + 1] = {
    let mut table = [1; STEP as usize + 1];
    let mut at = 1;
    while at < table.len() {
        table[at] = table[at - 1] * 5;
        at += 1;
    }
    table
};

/// The 64 highest bits of 10^(27 * (index - STEPS)), cut.
const TENS: [u64; 2 * STEPS + 1] = {
    let up = (FIVES[STEP as usize] as u128) << 65;
    let down = {
        let divisor = FIVES[STEP as usize] as u128;
        let high = (1 << 126) / divisor;
        let rest = (1 << 126) % divisor;
        (high << 64) | ((rest << 64) / divisor)
    };
    let mut table = [1 << 63; 2 * STEPS + 1];
    let (mut above, mut below) = (1u128 << 127, 1u128 << 127);
    let mut at = 1;
    while at <= STEPS {
        above = multiply_high(above, up);
        below = multiply_high(below, down);
        table[STEPS + at] = (above >> 64) as u64;
        table[STEPS - at] = (below >> 64) as u64;
        at += 1;
    }
    table
};

/// The 128 highest bits of a product, shifted so that the first is set.
const fn multiply_high(a: u128, b: u128) -> u128 {
    let (a1, a0) = (a >> 64, a & u64::MAX as u128);
    let (b1, b0) = (b >> 64, b & u64::MAX as u128);
    let middle =
        ((a0 * b0) >> 64) + ((a1 * b0) & u64::MAX as u128) + ((a0 * b1) & u64::MAX as u128);
    let high = a1 * b1 + ((a1 * b0) >> 64) + ((a0 * b1) >> 64) + (middle >> 64);
    if high >> 127 == 0 { high << 1 } else { high }
}

/// mantissa * 2^exponent * 10^power, rounded to nearest even; `None` if the product's 128 bits cannot tell or it is
/// beyond 2^60.
fn scaled(mantissa: u64, exponent: i32, power: i32) -> Option<u64> {
    let (index, rest) = (power.div_euclid(STEP), power.rem_euclid(STEP));
    let tens = *TENS.get((index + STEPS as i32) as usize)?;
    let factor = u128::from(tens) * u128::from(FIVES[rest as usize]);
    let shift = factor.leading_zeros();
    let multiplier = (factor << shift) >> 64;
    // factor * 2^(what tens stands for + rest), the multiplier 64 bits higher.
    let multiplier_exponent = log2_of_ten(index * STEP) - 63 + rest + 64 - shift as i32;
    let zeros = mantissa.leading_zeros();
    let product = u128::from(mantissa << zeros) * multiplier;
    let below = -(exponent - zeros as i32 + multiplier_exponent);
    if below > 129 {
        // Less than a quarter.
        return Some(0);
    }
    if !(68..=127).contains(&below) {
        return None;
    }
    let half = 1u128 << (below - 1);
    let fraction = product & (half | (half - 1));
    let number = (product >> below) as u64;
    // The table's power, the multiplier: each is cut below its last bit.
    let error = if index == 0 { 0 } else { 1u128 << 66 };
    if fraction.abs_diff(half) <= error {
        let tie = error == 0 && fraction == half;
        return tie.then(|| number + (number & 1));
    }
    Some(number + u64::from(fraction > half))
}

const BILLION: u64 = 1_000_000_000;

/// Digit by digit from the exact value.
fn exact(mantissa: u64, exponent: i32, limit: Limit) -> Digits {
    let mut digits = Digits::zero();
    let (whole, fraction) = match exponent {
        0.. => (mantissa, 0),
        -63..=-1 => (mantissa >> -exponent, mantissa & ((1 << -exponent) - 1)),
        _ => (0, mantissa),
    };
    whole_digits(whole, exponent.max(0), &mut digits);
    digits.point = digits.len as i32 - 1;
    let mut more = false;
    if fraction != 0 {
        let mut number = Fraction::new(fraction, exponent.unsigned_abs() as usize);
        let mut groups = 0;
        while !number.is_zero() && !is_enough(&digits, limit) {
            push_group(number.next(), groups, &mut digits);
            groups += 1;
        }
        more = !number.is_zero();
    }
    let keep = kept(&digits, limit);
    digits.round(keep, more, limit);
    digits
}

/// How many of the digits the limit keeps.
fn kept(digits: &Digits, limit: Limit) -> i32 {
    match limit {
        Limit::Significant(count) => count as i32,
        Limit::Decimals(count) => digits.point + 1 + count as i32,
    }
}

/// Whether the digits go beyond where they are rounded, so that what follows matters by being zero or not.
fn is_enough(digits: &Digits, limit: Limit) -> bool {
    digits.len > 0 && digits.len as i32 > kept(digits, limit).max(0)
}

/// mantissa * 2^shift, in groups of nine digits.
fn whole_digits(mantissa: u64, mut shift: i32, digits: &mut Digits) {
    if mantissa == 0 {
        return;
    }
    let mut groups = [0u32; 36];
    groups[0] = (mantissa % BILLION) as u32;
    groups[1] = (mantissa / BILLION) as u32;
    let mut len = 2;
    while shift > 0 {
        let step = shift.min(29);
        let mut carry = 0;
        for group in &mut groups[..len] {
            carry += u64::from(*group) << step;
            *group = (carry % BILLION) as u32;
            carry /= BILLION;
        }
        if carry > 0 {
            groups[len] = carry as u32;
            len += 1;
        }
        shift -= step;
    }
    for &group in groups[..len].iter().rev() {
        let first = digits.len == 0;
        push_nine(group, first, digits);
    }
}

/// Nine digits behind the point; the zeros before the first other digit only move the point.
fn push_group(group: u32, groups: i32, digits: &mut Digits) {
    if digits.len > 0 {
        push_nine(group, false, digits);
    } else if group > 0 {
        push_nine(group, true, digits);
        digits.point = -9 * (groups + 1) + digits.len as i32 - 1;
    }
}

fn push_nine(group: u32, skip_zeros: bool, digits: &mut Digits) {
    let mut unit = 100_000_000;
    let mut skip = skip_zeros;
    while unit > 0 {
        let digit = (group / unit % 10) as u8;
        skip &= digit == 0;
        if !skip {
            digits.push(b'0' + digit);
        }
        unit /= 10;
    }
}

/// A fraction below one in binary, least limb first.
struct Fraction {
    limbs: [u32; 35],
    /// Limbs below are zero.
    low: usize,
}

impl Fraction {
    /// number / 2^bits, below one.
    fn new(number: u64, bits: usize) -> Fraction {
        let mut limbs = [0; 35];
        // The lowest bit's distance from the array's end, which stands for one.
        let position = 35 * 32 - bits;
        let wide = u128::from(number) << (position % 32);
        let low = position / 32;
        for (at, limb) in limbs[low..].iter_mut().take(4).enumerate() {
            *limb = (wide >> (32 * at)) as u32;
        }
        Fraction { limbs, low }
    }

    fn is_zero(&self) -> bool {
        self.limbs[self.low..].iter().all(|limb| *limb == 0)
    }

    /// Takes the next nine digits.
    fn next(&mut self) -> u32 {
        let mut carry = 0;
        for limb in &mut self.limbs[self.low..] {
            carry += u64::from(*limb) * BILLION;
            *limb = carry as u32;
            carry >>= 32;
        }
        while self.low < 34 && self.limbs[self.low] == 0 {
            self.low += 1;
        }
        carry as u32
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::format;
    use std::string::String;

    fn text(value: f64, limit: Limit) -> (String, i32) {
        let digits = digits(value, limit);
        let count = match limit {
            Limit::Significant(count) => count as i32,
            Limit::Decimals(count) => digits.point + 1 + count as i32,
        };
        let text = (0..count).map(|at| char::from(digits.at(at))).collect();
        (text, digits.point)
    }

    fn expected(value: f64, count: usize) -> (String, i32) {
        let printed = format!("{:.*e}", count - 1, value);
        let (digits, exponent) = printed.split_once('e').unwrap();
        (digits.replace('.', ""), exponent.parse().unwrap())
    }

    proptest! {
        #[test]
        fn significant_digits(bits in any::<u64>(), count in 1usize..100) {
            let value = f64::from_bits(bits).abs();
            prop_assume!(value.is_finite() && value != 0.0);
            prop_assert_eq!(text(value, Limit::Significant(count)), expected(value, count));
        }

        #[test]
        fn few_digits(bits in any::<u64>(), count in 1usize..18) {
            let value = f64::from_bits(bits).abs();
            prop_assume!(value.is_finite() && value != 0.0);
            prop_assert_eq!(text(value, Limit::Significant(count)), expected(value, count));
        }

        /// Halves and quarters are ties.
        #[test]
        fn ties(number in 1u64..1 << 53, scale in 0i32..60, count in 1usize..20) {
            let value = number as f64 / 2f64.powi(scale);
            prop_assert_eq!(text(value, Limit::Significant(count)), expected(value, count));
        }

        #[test]
        fn decimals(number in any::<u64>(), scale in -80i32..90, count in 0usize..99) {
            let value = number as f64 / 2f64.powi(scale);
            let digits = digits(value, Limit::Decimals(count));
            let mut ours = String::new();
            for place in (-(count as i32)..=digits.point.max(0)).rev() {
                ours.push(char::from(digits.at(digits.point - place)));
                if place == 0 && count > 0 {
                    ours.push('.');
                }
            }
            prop_assert_eq!(ours, format!("{value:.count$}"));
        }
    }

    #[test]
    fn bounds() {
        for value in [
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            9.5,
            99.5,
            0.5,
            1.0,
            1e22,
            1e23,
        ] {
            for count in 1..=100 {
                assert_eq!(
                    text(value, Limit::Significant(count)),
                    expected(value, count)
                );
            }
        }
        assert_eq!(text(0.4, Limit::Decimals(0)).1, 0);
    }
}
