//! What the arithmetic operators compute. Knows nothing of values.

use crate::compile::Op;

/// The greatest integer that is not greater.
#[inline]
pub(crate) fn floor(value: f64) -> f64 {
    if value.abs() < 4_503_599_627_370_496.0 {
        let cut = value as i64 as f64;
        let whole = if cut > value { cut - 1.0 } else { cut };
        // -0 stays what it is.
        return whole.copysign(value);
    }
    value
}

/// The NaN that two numbers make: as an x86 processor has it, whatever computes. What was there stays; else it is negative.
#[cold]
fn nan_of(a: f64, b: f64) -> f64 {
    match (a.is_nan(), b.is_nan()) {
        (true, _) => a,
        (_, true) => b,
        _ => -f64::NAN,
    }
}

/// A result with the sign that it must have if it is NaN.
#[inline(always)]
fn settled(result: f64, a: f64, b: f64) -> f64 {
    if !cfg!(target_arch = "x86_64") && result.is_nan() {
        return nan_of(a, b);
    }
    result
}

#[inline(always)]
pub(crate) fn add(a: f64, b: f64) -> f64 {
    settled(a + b, a, b)
}

#[inline(always)]
pub(crate) fn subtract(a: f64, b: f64) -> f64 {
    settled(a - b, a, b)
}

#[inline(always)]
pub(crate) fn multiply(a: f64, b: f64) -> f64 {
    settled(a * b, a, b)
}

#[inline(always)]
pub(crate) fn divide(a: f64, b: f64) -> f64 {
    settled(a / b, a, b)
}

/// `a % b`: of the sign of `b`.
#[inline]
pub(crate) fn modulo(a: f64, b: f64) -> f64 {
    settled(a - floor(a / b) * b, a, b)
}

/// Twice as many digits: a number and what is missing of it.
type Double = (f64, f64);

/// The product of two doubles to about 100 bits (Dekker 1971).
fn product(a: Double, b: Double) -> Double {
    let split = |value: f64| {
        let far = 134_217_729.0 * value;
        let high = far - (far - value);
        (high, value - high)
    };
    let (a1, a2) = split(a.0);
    let (b1, b2) = split(b.0);
    let high = a.0 * b.0;
    let missing = ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2;
    let low = missing + (a.0 * b.1 + a.1 * b.0);
    let sum = high + low;
    (sum, low - (sum - high))
}

/// `a` to the power of a whole number, correctly rounded but for one in many millions; nothing where it becomes too large or
/// too small for that.
fn whole_power(a: f64, exponent: i32) -> Option<f64> {
    let (mut result, mut square) = ((1.0, 0.0), (a, 0.0));
    let mut left = exponent.unsigned_abs();
    while left > 0 {
        if left & 1 == 1 {
            result = product(result, square);
        }
        left >>= 1;
        if left > 0 {
            square = product(square, square);
        }
    }
    if exponent < 0 {
        let inverse = 1.0 / result.0;
        let (near, missing) = product(result, (inverse, 0.0));
        result.0 = inverse + ((1.0 - near) - missing) * inverse;
    }
    (1e-280..1e280)
        .contains(&result.0.abs())
        .then_some(result.0)
}

/// `a ^ b`.
pub(crate) fn power(a: f64, b: f64) -> f64 {
    if b == 2.0 {
        return multiply(a, a);
    }
    if b == 0.5 && a.is_finite() && a > 0.0 {
        return libm::sqrt(a);
    }
    if b.abs() < 1024.0
        && b as i32 as f64 == b
        && let Some(power) = whole_power(a, b as i32)
    {
        return power;
    }
    let power = libm::pow(a, b);
    if power.is_nan() {
        // As the GNU C library has it.
        if a.is_nan() && b.is_finite() {
            let odd =
                b.abs() < 9_007_199_254_740_992.0 && b as i64 as f64 == b && b as i64 & 1 == 1;
            return if odd { f64::NAN } else { a };
        }
        return nan_of(a, b);
    }
    power
}

/// The result of an arithmetic instruction.
#[inline]
pub(crate) fn compute(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add | Op::AddK => add(a, b),
        Op::Sub | Op::SubK => subtract(a, b),
        Op::Mul | Op::MulK => multiply(a, b),
        Op::Div | Op::DivK => divide(a, b),
        Op::Mod | Op::ModK => modulo(a, b),
        Op::Pow | Op::PowK => power(a, b),
        _ => -a,
    }
}
