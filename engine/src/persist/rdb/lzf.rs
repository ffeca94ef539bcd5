//! LZF, the compression of strings in RDB: both directions. Knows only bytes.
//!
//! A compressed text is a sequence of literal runs and of references to what stands before them. A control byte
//! below 32 announces that many literals and one more. Any other has in its upper three bits the length of a
//! reference less two, seven meaning that a byte with the rest of the length follows, and in its lower five bits
//! with the next byte behind them the distance less one.
//!
//! Source: Marc Lehmann, *LibLZF*, the format as its README and sources describe it.

use alloc::vec::Vec;

use crate::error::Error;

/// Literals of one run, at most.
const LITERALS_MAX: usize = 32;
/// How far a reference reaches.
const DISTANCE_MAX: usize = 1 << 13;
/// Bytes of a reference, at most.
const MATCH_MAX: usize = 264;
/// The shortest reference that saves anything.
const MATCH_MIN: usize = 3;
/// A text grows by at most this factor when it is decompressed: three bytes become one longest reference.
const EXPANSION_MAX: u64 = 88;
/// Bits of the largest table of places.
const TABLE_BITS_MAX: u32 = 14;

/// Memory for compressing, kept from one text to the next.
#[derive(Debug, Default)]
pub struct Compressor {
    /// Where three bytes with some hash stood last, less one for what is nowhere.
    places: Vec<u32>,
    bits: u32,
}

/// How far a text is compressed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan {
    /// What stands before is written, but for literals that wait.
    pub at: usize,
    literals: usize,
}

impl Compressor {
    /// Appends the compressed `text` to `out` if that takes less than `room` bytes; else leaves `out` as it was and
    /// says no. O(length).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn compress(&mut self, text: &[u8], room: usize, out: &mut Vec<u8>) -> Result<bool, Error> {
        if !self.begin(text.len())? {
            return Ok(false);
        }
        let start = out.len();
        let fits = self.step(text, &mut Scan::default(), usize::MAX, start + room, out)?;
        if !fits {
            out.truncate(start);
        }
        Ok(fits)
    }

    /// Begins with a text of `len` bytes. False where that is more than any text.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn begin(&mut self, len: usize) -> Result<bool, Error> {
        // A table about as large as the text, so that clearing it costs no more than reading that.
        self.bits = (usize::BITS - len.leading_zeros()).clamp(6, TABLE_BITS_MAX);
        self.places.clear();
        self.places.try_reserve(1 << self.bits)?;
        self.places.resize(1 << self.bits, 0);
        Ok(u32::try_from(len).is_ok())
    }

    /// Goes on with a text for about `budget` bytes of it; `scan.at` is its length then if that was all. What comes out is the
    /// same, however it is cut into steps. False once `out` has `end` bytes. O(`budget`).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn step(
        &mut self,
        text: &[u8],
        scan: &mut Scan,
        budget: usize,
        end: usize,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let until = text.len().min(scan.at.saturating_add(budget));
        // All may be literals.
        let waiting = until - scan.literals;
        let most = waiting + waiting.div_ceil(LITERALS_MAX) + MATCH_MIN;
        out.try_reserve(most.min(end.saturating_sub(out.len())))?;
        Ok(compress(text, self, scan, until, end, out))
    }
}

/// Says no once `out` has `end` bytes.
fn compress(
    text: &[u8],
    compressor: &mut Compressor,
    scan: &mut Scan,
    until: usize,
    end: usize,
    out: &mut Vec<u8>,
) -> bool {
    let Scan {
        mut at,
        mut literals,
    } = *scan;
    let (places, bits) = (&mut compressor.places[..], compressor.bits);
    while at < until && at + MATCH_MIN <= text.len() {
        let hash = hash(text, at, bits);
        let place = places[hash] as usize;
        places[hash] = at as u32 + 1;
        let found = place
            .checked_sub(1)
            .filter(|from| at - from <= DISTANCE_MAX)
            .filter(|from| text[*from..from + MATCH_MIN] == text[at..at + MATCH_MIN]);
        let Some(from) = found else {
            at += 1;
            continue;
        };
        let most = MATCH_MAX.min(text.len() - at);
        let len = (MATCH_MIN..most)
            .find(|len| text[from + len] != text[at + len])
            .unwrap_or(most);
        if !flush(&text[literals..at], end, out) || out.len() + MATCH_MIN >= end {
            return false;
        }
        refer(at - from - 1, len - 2, out);
        // The places inside the match are worth remembering only near its end.
        let behind = at + len;
        for inside in (behind - 2)..behind {
            if inside + MATCH_MIN <= text.len() {
                places[self::hash(text, inside, bits)] = inside as u32 + 1;
            }
        }
        at = behind;
        literals = behind;
    }
    let is_last = at + MATCH_MIN > text.len();
    let whole = if is_last {
        at = text.len();
        at
    } else {
        // The others may yet be of one run with what follows.
        at - (at - literals) % LITERALS_MAX
    };
    let fits = flush(&text[literals..whole], end, out);
    *scan = Scan {
        at,
        literals: whole,
    };
    fits
}

fn hash(text: &[u8], at: usize, bits: u32) -> usize {
    let three = u32::from_le_bytes([text[at], text[at + 1], text[at + 2], 0]);
    (three.wrapping_mul(0x9e37_79b1) >> (32 - bits)) as usize
}

fn flush(literals: &[u8], end: usize, out: &mut Vec<u8>) -> bool {
    for run in literals.chunks(LITERALS_MAX) {
        if out.len() + 1 + run.len() >= end {
            return false;
        }
        out.push(run.len() as u8 - 1);
        out.extend_from_slice(run);
    }
    true
}

fn refer(distance: usize, len: usize, out: &mut Vec<u8>) {
    let high = (distance >> 8) as u8;
    if len < 7 {
        out.push((len as u8) << 5 | high);
    } else {
        out.push(7 << 5 | high);
        out.push((len - 7) as u8);
    }
    out.push(distance as u8);
}

/// What `compressed` was made from, whose length is known to be `len`; nothing where that is not so, or if memory is
/// refused. Takes no more memory than `compressed` can stand for. O(`len`).
pub fn decompress(compressed: &[u8], len: u64) -> Option<Vec<u8>> {
    if len > (compressed.len() as u64).saturating_mul(EXPANSION_MAX) {
        return None;
    }
    let len = usize::try_from(len).ok()?;
    let mut text = Vec::new();
    text.try_reserve_exact(len).ok()?;
    let mut rest = compressed;
    while let Some((&control, behind)) = rest.split_first() {
        let control = usize::from(control);
        if control < LITERALS_MAX {
            let (literals, behind) = behind.split_at_checked(control + 1)?;
            if literals.len() > len - text.len() {
                return None;
            }
            text.extend_from_slice(literals);
            rest = behind;
            continue;
        }
        let mut count = control >> 5;
        rest = behind;
        if count == 7 {
            let (&more, behind) = rest.split_first()?;
            count += usize::from(more);
            rest = behind;
        }
        let (&low, behind) = rest.split_first()?;
        rest = behind;
        let distance = ((control & 0x1f) << 8 | usize::from(low)) + 1;
        repeat(&mut text, distance, count + 2, len)?;
    }
    (text.len() == len).then_some(text)
}

/// Appends `count` bytes that begin `distance` before the end, which may overlap what is appended.
fn repeat(text: &mut Vec<u8>, distance: usize, count: usize, len: usize) -> Option<()> {
    let from = text.len().checked_sub(distance)?;
    if count > len - text.len() {
        return None;
    }
    if distance >= count {
        text.extend_from_within(from..from + count);
    } else {
        for at in from..from + count {
            text.push(text[at]);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn round(text: &[u8]) -> Option<usize> {
        let mut out = vec![b'x'];
        let mut compressor = Compressor::default();
        if !compressor.compress(text, text.len(), &mut out).unwrap() {
            assert_eq!(out, [b'x']);
            return None;
        }
        assert_eq!(
            decompress(&out[1..], text.len() as u64).as_deref(),
            Some(text)
        );
        assert_eq!(decompress(&out[1..], text.len() as u64 + 1), None);
        assert_eq!(decompress(&out[1..], text.len() as u64 - 1), None);
        Some(out.len() - 1)
    }

    #[test]
    fn what_repeats_gets_short() {
        assert_eq!(round(&[b'a'; 100]), Some(2 + 3));
        assert_eq!(round(b"abcdefghijklmnopqrstuvwxyz"), None);
        assert!(round(&b"hello world, ".repeat(1000)).unwrap() < 200);
    }

    #[test]
    fn steps_make_no_difference() {
        let mut text = b"hello world, ".repeat(300);
        for at in (0..text.len()).step_by(7) {
            text[at] = (at * at % 251) as u8;
        }
        let (mut whole, mut compressor) = (Vec::new(), Compressor::default());
        assert!(compressor.compress(&text, text.len(), &mut whole).unwrap());
        for budget in [1, 2, 31, 32, 33, 100, 5000] {
            let (mut parts, mut scan) = (Vec::new(), Scan::default());
            assert!(compressor.begin(text.len()).unwrap());
            while scan.at < text.len() {
                let end = text.len();
                assert!(
                    compressor
                        .step(&text, &mut scan, budget, end, &mut parts)
                        .unwrap()
                );
            }
            assert_eq!(parts, whole, "{budget}");
        }
    }

    /// From a redis-server 7.0.15: DUMP of 60 times `a`.
    #[test]
    fn reads_what_redis_compressed() {
        let compressed = b"\x01aa\xe0\x2f\x00\x01aa";
        assert_eq!(decompress(compressed, 60), Some(vec![b'a'; 60]));
    }

    #[test]
    fn damaged_texts_are_refused() {
        for (bytes, len) in [
            (&b"\x20\x00"[..], 3),
            (b"\x01a", 2),
            (b"\x00a\xe0", 9),
            (b"\x00a\x20\x05", 4),
            (b"\x00a", 1 << 40),
        ] {
            assert_eq!(decompress(bytes, len), None);
        }
    }

    proptest! {
        #[test]
        fn any_text(words in proptest::collection::vec(0u8..6, 1..3000), noise: u8) {
            let text: Vec<u8> = words.iter().flat_map(|word| [*word, word ^ noise, b'-']).collect();
            round(&text);
        }

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), len in 0u64..400) {
            if let Some(text) = decompress(&bytes, len) {
                prop_assert_eq!(text.len() as u64, len);
            }
        }
    }
}
