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

/// `a % b`: of the sign of `b`.
#[inline]
pub(crate) fn modulo(a: f64, b: f64) -> f64 {
    a - floor(a / b) * b
}

/// `a ^ b`.
pub(crate) fn power(a: f64, b: f64) -> f64 {
    if b == 2.0 {
        return a * a;
    }
    if b == 0.5 && a.is_finite() && a > 0.0 {
        return libm::sqrt(a);
    }
    libm::pow(a, b)
}

/// The result of an arithmetic instruction.
#[inline]
pub(crate) fn compute(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add | Op::AddK => a + b,
        Op::Sub | Op::SubK => a - b,
        Op::Mul | Op::MulK => a * b,
        Op::Div | Op::DivK => a / b,
        Op::Mod | Op::ModK => modulo(a, b),
        Op::Pow | Op::PowK => power(a, b),
        _ => -a,
    }
}
