//! Bits of byte strings in Redis' order (bit 0 is the highest bit of byte 0); knows only slices.

use super::range;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;

/// The bit at `offset`; bits beyond the end are 0. O(1).
pub fn get_bit(bytes: &[u8], offset: u64) -> bool {
    let byte = usize::try_from(offset / 8)
        .ok()
        .and_then(|at| bytes.get(at));
    byte.is_some_and(|byte| byte & bit_mask(offset) != 0)
}

/// Sets or clears the bit at `offset` and returns what it was. O(1).
///
/// The caller has made the string at least `bytes_for_bit(offset)` long; beyond its end nothing
/// happens.
pub fn set_bit(bytes: &mut [u8], offset: u64, on: bool) -> bool {
    let byte = usize::try_from(offset / 8)
        .ok()
        .and_then(|at| bytes.get_mut(at));
    let Some(byte) = byte else {
        return false;
    };
    let mask = bit_mask(offset);
    let was = *byte & mask != 0;
    *byte = if on { *byte | mask } else { *byte & !mask };
    was
}

/// How many bytes a string needs to have the bit at `offset`.
pub fn bytes_for_bit(offset: u64) -> u64 {
    offset / 8 + 1
}

fn bit_mask(offset: u64) -> u8 {
    0x80 >> (offset % 8)
}

/// How many bits are set. O(bytes), many of them at a time.
pub fn count(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words: u64 = words
        .iter()
        .map(|word| u64::from(u64::from_ne_bytes(*word).count_ones()))
        .sum();
    let in_rest: u64 = rest.iter().map(|byte| u64::from(byte.count_ones())).sum();
    in_words + in_rest
}

/// The first bit with the value `bit`, counted from the string's start. O(bytes).
pub fn position(bytes: &[u8], bit: bool) -> Option<u64> {
    let skip_word = if bit { 0 } else { u64::MAX };
    let (words, _) = bytes.as_chunks::<8>();
    let skipped = words
        .iter()
        .take_while(|word| u64::from_ne_bytes(**word) == skip_word)
        .count()
        * 8;
    let flip = if bit { 0 } else { 0xff };
    let tail = bytes[skipped..].iter().map(|byte| byte ^ flip);
    tail.enumerate()
        .find(|&(_, byte)| byte != 0)
        .map(|(at, byte)| (skipped + at) as u64 * 8 + u64::from(byte.leading_zeros()))
}

/// What the indices of BITCOUNT and BITPOS count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole bytes, the default.
    Byte,
    /// Single bits, since Redis 7.0.
    Bit,
}

impl Unit {
    /// How many bits one item has.
    fn bits(self) -> u64 {
        match self {
            Unit::Byte => 8,
            Unit::Bit => 1,
        }
    }

    /// A string's length in this unit.
    fn len_of(self, bytes: &[u8]) -> u64 {
        bytes.len() as u64 * 8 / self.bits()
    }
}

/// BITCOUNT with a range: indices are inclusive and may be negative, see `range::resolve`.
pub fn count_range(bytes: &[u8], start: i64, end: i64, unit: Unit) -> u64 {
    let range = range::resolve_items(start, end, unit.len_of(bytes));
    if range.is_empty() {
        return 0;
    }
    let (first, last) = (range.start * unit.bits(), range.end * unit.bits() - 1);
    let (first_byte, last_byte) = ((first / 8) as usize, (last / 8) as usize);
    let outside = |byte: u8, mask: u8| u64::from((byte & !mask).count_ones());
    count(&bytes[first_byte..=last_byte])
        - outside(bytes[first_byte], mask_from(first))
        - outside(bytes[last_byte], mask_to(last))
}

/// BITPOS: the first bit with the value `bit` in a range; `None` is the reply -1. O(bytes).
///
/// Indices are inclusive and may be negative. Without `end`, a string of ones is taken to go on
/// with zeros, so the first 0 bit may be just behind it; with `end` it is not. A missing key, which
/// differs from an empty string, is the caller's matter.
pub fn position_range(
    bytes: &[u8],
    bit: bool,
    start: i64,
    end: Option<i64>,
    unit: Unit,
) -> Option<u64> {
    let range = range::resolve_items_unordered(start, end.unwrap_or(-1), unit.len_of(bytes));
    if range.is_empty() {
        return None;
    }
    let (first, last) = (range.start * unit.bits(), range.end * unit.bits() - 1);
    let found = position_between(bytes, bit, first, last);
    let behind = (!bit && end.is_none()).then_some(bytes.len() as u64 * 8);
    found.or(behind)
}

/// The first bit with the value `bit` from `first` to `last`, both inside the string.
fn position_between(bytes: &[u8], bit: bool, first: u64, last: u64) -> Option<u64> {
    let (first_byte, last_byte) = ((first / 8) as usize, (last / 8) as usize);
    let flip = if bit { 0 } else { 0xff };
    let head = (bytes[first_byte] ^ flip) & mask_from(first);
    let found = if head != 0 {
        first / 8 * 8 + u64::from(head.leading_zeros())
    } else {
        let searched = bytes.get(first_byte + 1..=last_byte)?;
        (first / 8 + 1) * 8 + position(searched, bit)?
    };
    (found <= last).then_some(found)
}

/// The bits of a byte from this bit offset on.
fn mask_from(offset: u64) -> u8 {
    0xff >> (offset % 8)
}

/// The bits of a byte up to this bit offset, inclusive.
fn mask_to(offset: u64) -> u8 {
    0xff << (7 - offset % 8)
}

/// The operations of BITOP. X is the first source, Y any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitOp {
    /// In all sources.
    And,
    /// In any source.
    Or,
    /// In an odd number of sources.
    Xor,
    /// Not in the (only) source.
    Not,
    /// In X and in no Y (Redis 8.2).
    Diff,
    /// In a Y but not in X (Redis 8.2).
    Diff1,
    /// In X and in a Y (Redis 8.2).
    AndOr,
    /// In exactly one source (Redis 8.2).
    One,
}

/// Bytes combined at a time: small enough to stay in the nearest cache over all sources.
const BLOCK_LEN: usize = 4096;

/// BITOP: combines the sources bit by bit. O(sources * longest source).
///
/// The result is as long as the longest source; shorter ones count as padded with zeros. `Not`
/// looks at the first source alone. Fails if the result cannot be allocated.
pub fn combine(op: BitOp, sources: &[&[u8]]) -> Result<Vec<u8>, TryReserveError> {
    let sources = match op {
        BitOp::Not => &sources[..sources.len().min(1)],
        _ => sources,
    };
    let len = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    let mut out = Vec::new();
    out.try_reserve_exact(len)?;
    out.resize(len, 0);
    for (at, block) in out.chunks_mut(BLOCK_LEN).enumerate() {
        combine_block(op, sources, at * BLOCK_LEN, block);
    }
    Ok(out)
}

/// Combines the sources' bytes from `at` on into `out`, which is all zeros.
fn combine_block(op: BitOp, sources: &[&[u8]], at: usize, out: &mut [u8]) {
    let Some((first, others)) = sources.split_first() else {
        return;
    };
    let end = at + out.len();
    let first = &first[at.min(first.len())..end.min(first.len())];
    let mut twice = [0; BLOCK_LEN];
    match op {
        BitOp::Diff1 | BitOp::AndOr => {}
        _ => out[..first.len()].copy_from_slice(first),
    }
    for other in others {
        let other = &other[at.min(other.len())..end.min(other.len())];
        match op {
            BitOp::And => {
                each(out, other, |o, y| *o &= y);
                out[other.len()..].fill(0);
            }
            BitOp::Or | BitOp::Diff1 | BitOp::AndOr => each(out, other, |o, y| *o |= y),
            BitOp::Xor => each(out, other, |o, y| *o ^= y),
            BitOp::Diff => each(out, other, |o, y| *o &= !y),
            BitOp::One => {
                for ((o, t), &y) in out.iter_mut().zip(&mut twice).zip(other) {
                    *t |= *o & y;
                    *o |= y;
                }
            }
            BitOp::Not => {}
        }
    }
    match op {
        BitOp::Not => out.iter_mut().for_each(|o| *o = !*o),
        BitOp::Diff1 => each(out, first, |o, x| *o &= !x),
        BitOp::AndOr => {
            each(out, first, |o, x| *o &= x);
            out[first.len()..].fill(0);
        }
        BitOp::One => each(out, &twice, |o, t| *o &= !t),
        BitOp::And | BitOp::Or | BitOp::Xor | BitOp::Diff => {}
    }
}

fn each(out: &mut [u8], other: &[u8], combine: impl Fn(&mut u8, u8)) {
    for (o, &y) in out.iter_mut().zip(other) {
        combine(o, y);
    }
}

#[cfg(test)]
mod tests;
