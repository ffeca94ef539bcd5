//! Percentages in millionths of a percent, without floating point.

use alloc::vec::Vec;
use core::fmt;

use super::long_double::LongDouble;

/// Digits behind the point.
const DECIMALS: usize = 6;
/// Digits before the point of the largest double.
const DOUBLE_DIGITS_MAX: usize = 309;
/// The decimal exponent of the smallest double.
const DOUBLE_EXPONENT_MIN: i64 = -324;

/// A percentage from 0 to 100, in millionths of a percent. Remembers a zero's sign, as a double does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u32);

/// Marks minus zero.
const NEGATIVE: u32 = 1 << 31;

/// Why a text is no percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercentError {
    /// It is no number.
    NotANumber,
    /// It is a number outside of 0 to 100.
    OutOfRange,
}

impl Percent {
    /// All of it.
    pub const HUNDRED: Percent = Percent(100_000_000);

    /// A percentage of at most [`Percent::HUNDRED`] millionths.
    pub const fn from_millionths(millionths: u32) -> Percent {
        Percent(if millionths > Percent::HUNDRED.0 {
            Percent::HUNDRED.0
        } else {
            millionths
        })
    }

    /// Millionths of a percent.
    pub const fn millionths(self) -> u32 {
        self.0 & !NEGATIVE
    }

    /// Reads any text of a number; digits behind the sixth are rounded.
    ///
    /// # Errors
    /// See [`PercentError`].
    pub fn parse(text: &[u8]) -> Result<Percent, PercentError> {
        let number = LongDouble::parse(text).ok_or(PercentError::NotANumber)?;
        if number.is_nan_or_infinite() {
            // Infinity by name is a number; one that only a double cannot hold is none.
            let named = text.iter().any(|byte| b"iI".contains(byte));
            return Err(if named {
                PercentError::OutOfRange
            } else {
                PercentError::NotANumber
            });
        }
        if vanishes(text) {
            return Err(PercentError::NotANumber);
        }
        let mut digits = Vec::new();
        number.write_fixed17_trimmed(&mut digits);
        let mut parts = digits.split(|byte| *byte == b'.');
        let integer = parts.next().unwrap_or_default();
        let negative = text.first() == Some(&b'-');
        let integer = integer
            .strip_prefix(b"-")
            .filter(|rest| *rest == b"0" && digits.len() == 2)
            .unwrap_or(integer);
        let fraction = parts.next().unwrap_or_default();
        if integer.len() > DOUBLE_DIGITS_MAX {
            return Err(PercentError::NotANumber);
        }
        let integer = super::parse_u64(integer).filter(|integer| *integer <= 100);
        let mut millionths = integer.ok_or(PercentError::OutOfRange)?;
        for at in 0..DECIMALS {
            let digit = fraction.get(at).map_or(0, |byte| byte - b'0');
            millionths = millionths * 10 + u64::from(digit);
        }
        // A tie is none in binary; that of the smallest digit lies below.
        let rest = fraction.get(DECIMALS..).unwrap_or_default();
        millionths += u64::from(rest > b"5".as_slice());
        let beyond = millionths > u64::from(Percent::HUNDRED.0)
            || integer == Some(100) && !fraction.is_empty()
            || negative && millionths > 0;
        if beyond {
            return Err(PercentError::OutOfRange);
        }
        Ok(Percent(
            millionths as u32 | if negative { NEGATIVE } else { 0 },
        ))
    }
}

/// Whether the exponent is so small that a double holds nothing of the number.
fn vanishes(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| matches!(byte, b'e' | b'E'));
    let mantissa = parts.next().unwrap_or_default();
    let exponent = parts.next().and_then(super::parse_i64).unwrap_or(0);
    exponent < DOUBLE_EXPONENT_MIN && mantissa.iter().any(|byte| matches!(byte, b'1'..=b'9'))
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millionths = self.millionths();
        let (integer, mut fraction) = (millionths / 1_000_000, millionths % 1_000_000);
        if self.0 & NEGATIVE != 0 {
            f.write_str("-")?;
        }
        write!(f, "{integer}")?;
        if fraction == 0 {
            return Ok(());
        }
        let mut width = DECIMALS;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        write!(f, ".{fraction:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn texts_come_back() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "-0"),
            ("50", "50"),
            ("99.9", "99.9"),
            ("1e1", "10"),
            ("100.0", "100"),
            ("0.0000006", "0.000001"),
            ("12.0345", "12.0345"),
        ] {
            assert_eq!(Percent::parse(text.as_bytes()).unwrap().to_string(), shown);
        }
        for text in ["-1", "100.1", "100.0000001", "101", "1e9", "inf"] {
            assert_eq!(
                Percent::parse(text.as_bytes()),
                Err(PercentError::OutOfRange),
                "{text}"
            );
        }
        for text in ["", "x", "1x", "nan", "1e400", "1e9000"] {
            assert!(Percent::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
