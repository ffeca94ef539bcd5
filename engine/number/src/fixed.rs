//! Fractions of integers as decimal text with a fixed number of digits, without floating point.

use core::fmt;

/// `part / whole` with `decimals` digits behind the point, rounded to the nearest; 0 where `whole` is 0.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    part: u64,
    whole: u64,
    decimals: u32,
}

impl Fixed {
    /// The fraction; at most 9 `decimals`.
    pub fn new(part: u64, whole: u64, decimals: u32) -> Self {
        Fixed {
            part,
            whole,
            decimals: decimals.min(9),
        }
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10u64.pow(self.decimals);
        let mut whole = self.whole.max(1);
        let part = if self.whole == 0 { 0 } else { self.part };
        let (mut integer, mut rest) = (part / whole, part % whole);
        // Bits that no digit shows make room for the multiplication.
        while whole > u64::MAX / unit / 2 {
            whole >>= 1;
            rest >>= 1;
        }
        let mut fraction = (rest * unit + whole / 2) / whole;
        if fraction >= unit {
            fraction -= unit;
            integer += 1;
        }
        let width = self.decimals as usize;
        write!(f, "{integer}.{fraction:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn fractions_are_rounded() {
        for (part, whole, decimals, text) in [
            (0, 5, 2, "0.00"),
            (1, 0, 2, "0.00"),
            (1, 3, 3, "0.333"),
            (2, 3, 3, "0.667"),
            (1999, 1000, 2, "2.00"),
            (u64::MAX, 1, 3, "18446744073709551615.000"),
            (123_456, 1000, 3, "123.456"),
        ] {
            assert_eq!(Fixed::new(part, whole, decimals).to_string(), text);
        }
    }
}
