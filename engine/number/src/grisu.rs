//! Short decimal digits of doubles by Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers
//! Quickly and Accurately with Integers", 2010); knows nothing of notation.
//!
//! Grisu2 always finds digits that read back as the same double, and in all but about one of a
//! thousand cases the fewest and closest. Which digits it finds in the others depends on choices
//! the paper leaves open; here they are those of Redis since 7.2, so that the texts are the same.

/// The most digits there can be.
pub(super) const DIGITS_MAX: usize = 18;

/// Decimal exponents of the cached powers: -348, -340, … 340.
const POWER_FIRST: i32 = -348;
const POWER_STEP: i32 = 8;
const POWER_COUNT: usize = 87;
/// Binary exponents of a scaled number: its whole part then fits 32 bits.
const SCALED_MIN: i32 = -60;
const SCALED_MAX: i32 = -32;

const HIDDEN_BIT: u64 = 1 << 52;

/// significand * 2^exponent.
#[derive(Clone, Copy)]
struct Float {
    significand: u64,
    exponent: i32,
}

impl Float {
    const fn normalized(self) -> Float {
        let shift = self.significand.leading_zeros();
        Float {
            significand: self.significand << shift,
            exponent: self.exponent - shift as i32,
        }
    }

    /// The product's upper half, rounded.
    fn multiply(self, other: Float) -> Float {
        let product = u128::from(self.significand) * u128::from(other.significand);
        Float {
            significand: ((product + (1 << 63)) >> 64) as u64,
            exponent: self.exponent + other.exponent + 64,
        }
    }
}

/// Powers of ten to 64 bits, rounded to nearest.
static POWERS: [Float; POWER_COUNT] = powers();

/// Limbs for a number up to 10^340 and for 2^1280 / 10^348 alike.
const LIMBS: usize = 21;

const fn powers() -> [Float; POWER_COUNT] {
    const STEP: u64 = 100_000_000;
    let mut powers = [Float {
        significand: 0,
        exponent: 0,
    }; POWER_COUNT];
    let middle = (-POWER_FIRST / POWER_STEP) as usize;
    let mut large = [0; LIMBS];
    large[0] = 10_000;
    let mut at = middle + 1;
    while at < POWER_COUNT {
        powers[at] = top_bits(&large, 0);
        multiply(&mut large, STEP);
        at += 1;
    }
    let mut inverse = [0; LIMBS];
    inverse[LIMBS - 1] = 1;
    divide(&mut inverse, 10_000);
    at = middle + 1;
    while at > 0 {
        at -= 1;
        powers[at] = top_bits(&inverse, -64 * (LIMBS as i32 - 1));
        divide(&mut inverse, STEP);
    }
    powers
}

const fn multiply(number: &mut [u64; LIMBS], factor: u64) {
    let (mut carry, mut at) = (0u128, 0);
    while at < LIMBS {
        carry += number[at] as u128 * factor as u128;
        number[at] = carry as u64;
        carry >>= 64;
        at += 1;
    }
}

const fn divide(number: &mut [u64; LIMBS], divisor: u64) {
    let (mut rest, mut at) = (0u128, LIMBS);
    while at > 0 {
        at -= 1;
        rest = rest << 64 | number[at] as u128;
        number[at] = (rest / divisor as u128) as u64;
        rest %= divisor as u128;
    }
}

/// The highest 64 bits of number * 2^exponent, rounded to nearest.
const fn top_bits(number: &[u64; LIMBS], exponent: i32) -> Float {
    let mut top = LIMBS - 1;
    while number[top] == 0 {
        top -= 1;
    }
    let below = if top > 0 { number[top - 1] } else { 0 };
    let wide = (number[top] as u128) << 64 | below as u128;
    let shift = wide.leading_zeros();
    // All 128 bits of `wide` that matter are here: what is further below is under half of a bit.
    let wide = if top > 1 && shift > 0 {
        wide << shift | (number[top - 2] >> (64 - shift)) as u128
    } else {
        wide << shift
    };
    let up = wide >> 63 & 1;
    Float {
        significand: (wide >> 64) as u64 + up as u64,
        exponent: exponent + 64 * top as i32 - shift as i32,
    }
}

/// The cached power that brings a number with this binary exponent into the scaled range.
fn power_for(exponent: i32) -> (Float, i32) {
    let guess = (f64::from(-(exponent + POWER_COUNT as i32)) * core::f64::consts::LOG10_2) as i32;
    let mut at = (guess - POWER_FIRST) / POWER_STEP;
    loop {
        let power = POWERS[at as usize];
        let scaled = exponent + power.exponent + 64;
        if scaled < SCALED_MIN {
            at += 1;
        } else if scaled > SCALED_MAX {
            at -= 1;
        } else {
            return (power, POWER_FIRST + at * POWER_STEP);
        }
    }
}

/// Writes the digits of a positive finite double; returns how many, and the power of ten of the last.
pub(super) fn digits(value: f64, out: &mut [u8; DIGITS_MAX]) -> (usize, i32) {
    let (number, lower, upper) = boundaries(value);
    let (power, decimal_exponent) = power_for(upper.exponent);
    let number = number.multiply(power);
    // One unit of the last place inwards, for what the multiplications may have lost.
    let mut upper = upper.multiply(power);
    upper.significand -= 1;
    let lower = lower.multiply(power).significand + 1;
    let (len, exponent) = generate(number.significand, lower, upper, out);
    (len, exponent - decimal_exponent)
}

/// The double and the middles between it and its neighbours, the latter with one exponent.
fn boundaries(value: f64) -> (Float, Float, Float) {
    let bits = value.to_bits();
    let fraction = bits & (HIDDEN_BIT - 1);
    let biased = (bits >> 52 & 0x7ff) as i32;
    let (significand, exponent) = if biased == 0 {
        (fraction, 1 - 1075)
    } else {
        (fraction | HIDDEN_BIT, biased - 1075)
    };
    let upper = Float {
        significand: 2 * significand + 1,
        exponent: exponent - 1,
    };
    let upper = upper.normalized();
    // Below a power of two the neighbour is nearer.
    let nearer = if significand == HIDDEN_BIT { 2 } else { 1 };
    let lower = ((significand << nearer) - 1) << (exponent - nearer - upper.exponent);
    let lower = Float {
        significand: lower,
        exponent: upper.exponent,
    };
    let number = Float {
        significand,
        exponent,
    };
    (number.normalized(), lower, upper)
}

/// The fewest digits of `upper` that stay above `lower`, the last brought near `number`.
fn generate(number: u64, lower: u64, upper: Float, out: &mut [u8; DIGITS_MAX]) -> (usize, i32) {
    let shift = -upper.exponent;
    let one = 1u64 << shift;
    let mut distance = upper.significand - number;
    let mut width = upper.significand - lower;
    let mut whole = upper.significand >> shift;
    let mut fraction = upper.significand & (one - 1);
    let mut len = 0;
    let mut push = |len: &mut usize, digit: u64| {
        if digit != 0 || *len > 0 {
            out[*len] = b'0' + digit as u8;
            *len += 1;
        }
    };
    let mut unit = 1_000_000_000;
    for exponent in (0..10).rev() {
        push(&mut len, whole / unit);
        whole %= unit;
        let rest = (whole << shift) + fraction;
        if rest <= width {
            let last = &mut out[len - 1];
            *last -= steps_down(rest, width, unit << shift, distance);
            return (len, exponent);
        }
        unit /= 10;
    }
    let mut exponent = 0;
    loop {
        fraction *= 10;
        width = width.wrapping_mul(10);
        distance = distance.wrapping_mul(10);
        exponent -= 1;
        push(&mut len, fraction >> shift);
        fraction &= one - 1;
        if fraction < width {
            let last = &mut out[len - 1];
            *last -= steps_down(fraction, width, one, distance);
            return (len, exponent);
        }
    }
}

/// How many units the last digit has to go down to be nearest to the number.
///
/// `rest` is how far the digits are below the upper boundary, `distance` how far the number is.
fn steps_down(mut rest: u64, width: u64, unit: u64, distance: u64) -> u8 {
    let mut steps = 0;
    while rest < distance
        && width - rest >= unit
        && (rest + unit < distance || distance - rest > rest + unit - distance)
    {
        steps += 1;
        rest += unit;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_powers_are_rounded_to_nearest() {
        let check = |at: usize, significand, exponent| {
            assert_eq!(
                (POWERS[at].significand, POWERS[at].exponent),
                (significand, exponent)
            );
        };
        // 10^-4, 10^4 and 10^20 by hand; the ends by arbitrary precision arithmetic.
        check(43, 0xd1b7_1758_e219_652c, -77);
        check(44, 10_000 << 50, -50);
        check(
            46,
            100_000_000_000_000_000_000u128.wrapping_shr(3) as u64,
            3,
        );
        check(0, 0xfa8f_d5a0_081c_0288, -1220);
        check(86, 0xaf87_023b_9bf0_ee6b, 1066);
    }

    #[test]
    fn short_and_long() {
        let check = |value: f64, digits_expected: &str, exponent_expected| {
            let mut out = [0; DIGITS_MAX];
            let (len, exponent) = digits(value, &mut out);
            assert_eq!(&out[..len], digits_expected.as_bytes());
            assert_eq!(exponent, exponent_expected);
        };
        check(0.1, "1", -1);
        check(1.0, "1", 0);
        check(123.456, "123456", -3);
        check(5e-324, "5", -324);
        check(f64::MAX, "17976931348623157", 292);
        check(f64::MIN_POSITIVE, "22250738585072014", -324);
    }
}
