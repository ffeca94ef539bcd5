//! Integers of any width at any bit offset, for BITFIELD; knows only slices and numbers.

use crate::number::integer::parse_i64;

/// Why an argument of BITFIELD is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// Neither `i1` to `i64` nor `u1` to `u63`.
    Type,
    /// An offset that is no integer, negative, or beyond the longest string.
    Offset,
    /// Neither WRAP nor SAT nor FAIL.
    Overflow,
}

impl FieldError {
    /// The error reply's text, with its code.
    pub fn text(self) -> &'static &'static str {
        match self {
            FieldError::Type => {
                &"ERR Invalid bitfield type. Use something like i16 u8. \
                 Note that u64 is not supported but i64 is."
            }
            FieldError::Offset => &"ERR bit offset is not an integer or out of range",
            FieldError::Overflow => &"ERR Invalid OVERFLOW type specified",
        }
    }
}

/// A field's width and sign: `i1` to `i64` and `u1` to `u63`, so every value is an `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldType {
    signed: bool,
    bits: u8,
}

impl FieldType {
    /// Reads `i16`, `u8` and the like. As in Redis, the text ends at a NUL byte.
    pub fn parse(text: &[u8]) -> Result<FieldType, FieldError> {
        let (signed, width) = match text {
            [b'i', width @ ..] => (true, width),
            [b'u', width @ ..] => (false, width),
            _ => return Err(FieldError::Type),
        };
        let end = width.iter().position(|&b| b == 0).unwrap_or(width.len());
        let bits_max = if signed { 64 } else { 63 };
        match parse_i64(&width[..end]) {
            Some(bits) if (1..=bits_max).contains(&bits) => Ok(FieldType {
                signed,
                bits: bits as u8,
            }),
            _ => Err(FieldError::Type),
        }
    }

    /// The width in bits.
    pub fn bits(self) -> u32 {
        u32::from(self.bits)
    }

    /// The smallest value.
    fn min(self) -> i128 {
        if self.signed {
            -(1i128 << (self.bits - 1))
        } else {
            0
        }
    }

    /// The largest value.
    fn max(self) -> i128 {
        (1i128 << (self.bits - u8::from(self.signed))) - 1
    }

    /// The low bits of a value as the field shows them.
    fn wrap(self, value: i128) -> i64 {
        let unused = 128 - self.bits();
        let shifted = value << unused;
        let shown = if self.signed {
            shifted >> unused
        } else {
            (shifted as u128 >> unused) as i128
        };
        shown as i64
    }
}

/// What happens to values that do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The low bits are kept: the default.
    #[default]
    Wrap,
    /// The nearest value that fits.
    Sat,
    /// Nothing is written and the reply is null.
    Fail,
}

impl Overflow {
    /// Reads `WRAP`, `SAT` or `FAIL` in any case.
    pub fn parse(text: &[u8]) -> Result<Overflow, FieldError> {
        let names = [
            (&b"wrap"[..], Overflow::Wrap),
            (b"sat", Overflow::Sat),
            (b"fail", Overflow::Fail),
        ];
        let found = names
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name));
        found.map(|&(_, kind)| kind).ok_or(FieldError::Overflow)
    }
}

/// Reads a bit offset, for BITFIELD (`field` given) or SETBIT and GETBIT (no `field`).
///
/// `#n` stands for n times the field's width; as in Redis that product wraps at 64 bits. The bit
/// has to be within the first `len_max` bytes (proto-max-bulk-len).
pub fn parse_offset(
    text: &[u8],
    field: Option<FieldType>,
    len_max: u64,
) -> Result<u64, FieldError> {
    let (number, scale) = match (text, field) {
        ([b'#', number @ ..], Some(field)) => (number, i64::from(field.bits)),
        _ => (text, 1),
    };
    let offset = parse_i64(number).ok_or(FieldError::Offset)?;
    match u64::try_from(offset.wrapping_mul(scale)) {
        Ok(offset) if offset / 8 < len_max => Ok(offset),
        _ => Err(FieldError::Offset),
    }
}

/// How many bytes a string needs to hold the field at `offset` (in bits).
pub fn bytes_for_field(field: FieldType, offset: u64) -> u64 {
    offset.saturating_add(u64::from(field.bits) - 1) / 8 + 1
}

/// The field at a bit offset; bits beyond the string's end are 0. O(1).
pub fn get(bytes: &[u8], field: FieldType, offset: u64) -> i64 {
    let value = load(bytes, offset) >> shift(field, offset);
    field.wrap(value as i128)
}

/// Writes the low bits of `value` to the field at a bit offset. O(1).
///
/// The caller has made the string `bytes_for_field` long; bits beyond its end are dropped.
pub fn set(bytes: &mut [u8], field: FieldType, offset: u64, value: i64) {
    let shift = shift(field, offset);
    let mask = (u128::MAX >> (128 - field.bits())) << shift;
    let window = load(bytes, offset) & !mask | (value as u128) << shift & mask;
    let Some(start) = usize::try_from(offset / 8).ok() else {
        return;
    };
    let touched = bytes.get_mut(start..).unwrap_or_default();
    for (byte, new) in touched.iter_mut().zip(window.to_be_bytes()).take(9) {
        *byte = new;
    }
}

/// The nine bytes that a field at this offset may touch (7 + 64 bits), on top of 128 bits.
fn load(bytes: &[u8], offset: u64) -> u128 {
    let mut window = [0; 16];
    let start = usize::try_from(offset / 8).unwrap_or(usize::MAX);
    let source = bytes.get(start..).unwrap_or_default();
    let source = &source[..source.len().min(9)];
    window[..source.len()].copy_from_slice(source);
    u128::from_be_bytes(window)
}

/// How far the field's lowest bit is above the lowest one of `load`'s 128.
fn shift(field: FieldType, offset: u64) -> u32 {
    u128::BITS - (offset % 8) as u32 - field.bits()
}

/// What BITFIELD SET stores for `value`; `None` if it does not fit and that is to fail.
///
/// Two of Redis' ways are kept: an unsigned field reads a negative value as its unsigned 64 bits,
/// so it saturates upwards; and so does a signed field whose largest value is 2^63 or more above
/// `value`, because that distance overflows there.
pub fn value_to_set(field: FieldType, value: i64, overflow: Overflow) -> Option<i64> {
    if !field.signed {
        return fit(field, i128::from(value as u64), overflow);
    }
    let exact = i128::from(value);
    let distance_overflows = field.max() - exact > i128::from(i64::MAX);
    if overflow == Overflow::Sat && field.bits < 64 && distance_overflows {
        return Some(field.max() as i64);
    }
    fit(field, exact, overflow)
}

/// What BITFIELD INCRBY stores and replies for a field that is `old`; `None` as for `value_to_set`.
pub fn value_to_increment(field: FieldType, old: i64, by: i64, overflow: Overflow) -> Option<i64> {
    fit(field, i128::from(old) + i128::from(by), overflow)
}

fn fit(field: FieldType, exact: i128, overflow: Overflow) -> Option<i64> {
    if (field.min()..=field.max()).contains(&exact) {
        return Some(exact as i64);
    }
    match overflow {
        Overflow::Wrap => Some(field.wrap(exact)),
        Overflow::Sat => Some(exact.clamp(field.min(), field.max()) as i64),
        Overflow::Fail => None,
    }
}

#[cfg(test)]
mod tests;
