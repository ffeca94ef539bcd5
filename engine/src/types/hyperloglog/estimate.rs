//! The cardinality estimate from a histogram of register values; knows nothing of how they are stored.

use super::{COUNTED_BITS, REGISTERS};

/// How many values a register of 6 bits can have.
pub(super) const VALUES: usize = 64;
/// 1 / (2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// Ertl's estimator ("improved raw estimation"), in Redis' order of operations. O(1).
pub(super) fn cardinality(histogram: &[u32; VALUES]) -> u64 {
    let registers = REGISTERS as f64;
    let full = f64::from(histogram[COUNTED_BITS as usize + 1]);
    let mut z = registers * tau((registers - full) / registers);
    for value in (1..=COUNTED_BITS as usize).rev() {
        z = (z + f64::from(histogram[value])) * 0.5;
    }
    z += registers * sigma(f64::from(histogram[0]) / registers);
    let estimate = libm::round(ALPHA * registers * registers / z);
    // What the x86 conversion in Redis gives for values beyond 63 bits: only registers that no element
    // can cause get there.
    if estimate < 9_223_372_036_854_775_808.0 {
        estimate as u64
    } else {
        1 << 63
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = libm::sqrt(x);
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if before == z {
            return z / 3.0;
        }
    }
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if before == z {
            return z;
        }
    }
}
