//! Index arithmetic of GETRANGE and SETRANGE; knows only lengths.

use core::ops::Range;

/// Why SETRANGE or APPEND cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// A negative offset.
    OffsetOutOfRange,
    /// The string would exceed proto-max-bulk-len.
    TooLong,
}

impl RangeError {
    /// The error reply's text, with its code.
    pub fn text(self) -> &'static &'static str {
        match self {
            RangeError::OffsetOutOfRange => &"ERR offset is out of range",
            RangeError::TooLong => &"ERR string exceeds maximum allowed size (proto-max-bulk-len)",
        }
    }
}

/// The bytes of a string of `len` that GETRANGE means by an inclusive `start` and `end`.
///
/// Negative indices count from the end (-1 is the last). What is still negative becomes 0, for
/// `end` too: `-100 -50` of three bytes is the first one, as in Redis. Empty if nothing is left or
/// if two negative indices are in the wrong order. O(1).
pub fn resolve(start: i64, end: i64, len: usize) -> Range<usize> {
    let range = resolve_items(start, end, len as u64);
    // Both ends are at most `len`, so they fit.
    range.start as usize..range.end as usize
}

/// The same for any items, so that 32-bit targets can count the bits of large strings.
pub fn resolve_items(start: i64, end: i64, len: u64) -> Range<u64> {
    if start < 0 && end < 0 && start > end {
        return 0..0;
    }
    resolve_items_unordered(start, end, len)
}

/// Like `resolve_items`, but as BITPOS does it: `-50 -100` too is the first item.
pub fn resolve_items_unordered(start: i64, end: i64, len: u64) -> Range<u64> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let from_end = |index: i64| {
        let index = if index < 0 { len + index } else { index };
        index.max(0)
    };
    let (start, end) = (from_end(start), from_end(end).min(len - 1));
    if start > end {
        0..0
    } else {
        start as u64..end as u64 + 1
    }
}

/// The length in bytes after SETRANGE writes `value_len` bytes at `offset` of a string of `len`.
///
/// An empty value changes nothing, at any offset. Fails on a negative offset, or where the written
/// part ends beyond `limit` (proto-max-bulk-len). APPEND is the case `offset == len`. O(1).
pub fn length_after_set(
    len: usize,
    offset: i64,
    value_len: usize,
    limit: usize,
) -> Result<usize, RangeError> {
    let offset = u64::try_from(offset).map_err(|_| RangeError::OffsetOutOfRange)?;
    if value_len == 0 {
        return Ok(len);
    }
    let end = usize::try_from(offset)
        .ok()
        .and_then(|offset| offset.checked_add(value_len))
        .filter(|&end| end <= limit)
        .ok_or(RangeError::TooLong)?;
    Ok(len.max(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Confirmed with GETRANGE on a redis-server 7.0.15.
    #[test]
    fn ranges_of_three() {
        let cases = [
            (0, -1, 0..3),
            (1, 0, 0..0),
            (-1, -2, 0..0),
            (-100, -50, 0..1),
            (-50, -100, 0..0),
            (5, 7, 0..0),
            (2, i64::MAX, 2..3),
            (i64::MIN, i64::MAX, 0..3),
        ];
        for (start, end, expected) in cases {
            assert_eq!(resolve(start, end, 3), expected, "{start} {end}");
            assert!(resolve(start, end, 0).is_empty(), "{start} {end}");
        }
        assert_eq!(resolve_items_unordered(-50, -100, 3), 0..1);
    }

    /// Confirmed with SETRANGE on a redis-server 7.0.15.
    #[test]
    fn set_range_lengths() {
        const LIMIT: usize = 512 << 20;
        let check = |offset, value_len| length_after_set(5, offset, value_len, LIMIT);
        assert_eq!(check(-1, 1), Err(RangeError::OffsetOutOfRange));
        assert_eq!(check(-1, 0), Err(RangeError::OffsetOutOfRange));
        assert_eq!(check(0, 0), Ok(5));
        assert_eq!(check(536_870_912, 0), Ok(5));
        assert_eq!(check(536_870_912, 1), Err(RangeError::TooLong));
        assert_eq!(check(536_870_911, 1), Ok(536_870_912));
        assert_eq!(check(i64::MAX, 1), Err(RangeError::TooLong));
        assert_eq!(check(1, 2), Ok(5));
        assert_eq!(check(5, 2), Ok(7));
    }

    proptest! {
        #[test]
        fn ranges_stay_inside(start in any::<i64>(), end in any::<i64>(), len in 0usize..100) {
            for (start, end) in [(start, end), (start % 120, end % 120)] {
                let range = resolve(start, end, len);
                prop_assert!(range.start <= range.end && range.end <= len);
                let range = resolve_items_unordered(start, end, len as u64);
                prop_assert!(range.start <= range.end && range.end <= len as u64);
            }
        }
    }
}
