//! The order of a sorted set: by score, then by the members' bytes. Knows no tree.

use core::cmp::Ordering;

use crate::types::item::Item;

/// A member with its score, as the order sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place<'a> {
    /// The score; never NaN.
    pub score: f64,
    /// The member.
    pub member: &'a [u8],
}

impl<'a> Place<'a> {
    /// An item's place: its word is the score's bits.
    #[inline]
    pub fn of(item: &'a Item) -> Place<'a> {
        Place {
            score: score(item),
            member: item.key(),
        }
    }

    /// Compares by score, then by member. Zero and minus zero are equal.
    #[inline]
    pub fn order(&self, other: &Place<'_>) -> Ordering {
        match self.score.partial_cmp(&other.score) {
            Some(Ordering::Equal) | None => self.member.cmp(other.member),
            Some(order) => order,
        }
    }
}

/// An item's score.
#[inline]
pub(super) fn score(item: &Item) -> f64 {
    f64::from_bits(item.word().unwrap_or_default())
}

/// The first 32 bits of a score in a form that sorts as the scores do. Equal scores have equal prefixes.
#[inline]
pub(super) fn prefix(score: f64) -> u32 {
    // Adding zero makes minus zero zero.
    let bits = (score + 0.0).to_bits();
    let sorted = if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    };
    (sorted >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_sort_as_scores() {
        let scores = [
            f64::NEG_INFINITY,
            -1e300,
            -2.5,
            -1.0,
            -1e-300,
            0.0,
            1e-300,
            1.0,
            1.5,
            3e7,
            1e300,
            f64::INFINITY,
        ];
        for pair in scores.windows(2) {
            assert!(prefix(pair[0]) <= prefix(pair[1]), "{pair:?}");
        }
        assert_eq!(prefix(0.0), prefix(-0.0));
        assert!(prefix(1.0) < prefix(2.0));
    }
}
