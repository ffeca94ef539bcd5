//! SHA-1, which names scripts and sums up data sets in Redis; no protection against anybody. Knows only bytes.
//!
//! Source: FIPS 180-4.

/// Bytes that are worked on together.
const BLOCK: usize = 64;
/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 20;

/// A digest.
pub type Digest = [u8; DIGEST_BYTES];

const START: [u32; 5] = [
    0x6745_2301,
    0xefcd_ab89,
    0x98ba_dcfe,
    0x1032_5476,
    0xc3d2_e1f0,
];

/// The digest of `bytes`. O(length).
pub fn digest(bytes: &[u8]) -> Digest {
    let mut state = START;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for block in blocks {
        mix(&mut state, block);
    }
    // The rest, a one bit, zeros, and the length in bits.
    let mut last = [0; 2 * BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    let len = if rest.len() < BLOCK - 8 {
        BLOCK
    } else {
        2 * BLOCK
    };
    last[len - 8..len].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in last[..len].as_chunks::<BLOCK>().0 {
        mix(&mut state, block);
    }
    let mut digest = [0; DIGEST_BYTES];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// A digest as 40 hexadecimal digits.
pub fn hex(digest: &Digest) -> [u8; 2 * DIGEST_BYTES] {
    let mut text = [0; 2 * DIGEST_BYTES];
    for (at, digit) in text.iter_mut().enumerate() {
        let nibble = digest[at / 2] >> (4 * (1 - at % 2)) & 15;
        *digit = b"0123456789abcdef"[usize::from(nibble)];
    }
    text
}

fn mix(state: &mut [u32; 5], block: &[u8; BLOCK]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for at in 16..80 {
        let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
        words[at] = mixed.rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (at, word) in words.into_iter().enumerate() {
        let (chosen, constant) = match at {
            0..20 => (b & c | !b & d, 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6u32),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(chosen)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d, e]) {
        *old = old.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        let text = |bytes: &[u8]| {
            let hex = hex(&digest(bytes));
            alloc::string::String::from_utf8(hex.to_vec()).unwrap()
        };
        assert_eq!(text(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(text(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(
            text(&[b'a'; 1_000_000]),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
        );
        for (len, expected) in [
            (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        ] {
            assert_eq!(text(&[b'a'; 64][..len]), expected);
        }
    }
}
