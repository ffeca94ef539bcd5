//! SHA-1, by which scripts are named. Not for anything that has to be safe. Source: FIPS 180-4.

/// A digest.
pub(crate) type Sha1 = [u8; 20];

/// The digest of `bytes`. O(length), about 400 MB/s.
pub(crate) fn sha1(bytes: &[u8]) -> Sha1 {
    let mut state = [
        0x6745_2301_u32,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    let mut blocks = bytes.chunks_exact(64);
    for block in &mut blocks {
        compress(&mut state, block);
    }
    let rest = blocks.remainder();
    let mut tail = [0; 128];
    tail[..rest.len()].copy_from_slice(rest);
    tail[rest.len()] = 0x80;
    let len = if rest.len() < 56 { 64 } else { 128 };
    let bits = (bytes.len() as u64).wrapping_mul(8);
    tail[len - 8..len].copy_from_slice(&bits.to_be_bytes());
    for block in tail[..len].chunks_exact(64) {
        compress(&mut state, block);
    }
    let mut digest = [0; 20];
    for (part, word) in digest.chunks_exact_mut(4).zip(state) {
        part.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

fn compress(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for at in 16..80 {
        let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
        words[at] = mixed.rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (round, word) in words.iter().enumerate() {
        let (mixed, constant) = match round {
            0..20 => ((b & c) | (!b & d), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(mixed)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (total, part) in state.iter_mut().zip([a, b, c, d, e]) {
        *total = total.wrapping_add(part);
    }
}

/// A digest as 40 hexadecimal digits.
pub(crate) fn to_hex(digest: &Sha1) -> [u8; 40] {
    let mut text = [0; 40];
    for (digits, byte) in text.chunks_exact_mut(2).zip(digest) {
        digits[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        digits[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    text
}

/// Reads 40 hexadecimal digits of any case.
pub(crate) fn from_hex(text: &[u8]) -> Option<Sha1> {
    if text.len() != 40 {
        return None;
    }
    let mut digest = [0; 20];
    for (byte, digits) in digest.iter_mut().zip(text.chunks_exact(2)) {
        let high = char::from(digits[0]).to_digit(16)?;
        let low = char::from(digits[1]).to_digit(16)?;
        *byte = (high << 4 | low) as u8;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Confirmed with sha1sum.
    #[test]
    fn digests() {
        for (text, expected) in [
            (vec![], b"da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (
                b"return 1".to_vec(),
                b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
            ),
            (vec![b'a'; 55], b"c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (vec![b'a'; 56], b"c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (vec![b'a'; 64], b"0098ba824b5c16427bd7a1122a5a442a25ec644d"),
            (
                vec![b'a'; 1_000_000],
                b"34aa973cd4c4daa4f61eeb2bdbad27316534016f",
            ),
        ] {
            let hex = to_hex(&sha1(&text));
            assert_eq!(&hex, expected);
            assert_eq!(from_hex(&hex.to_ascii_uppercase()), Some(sha1(&text)));
        }
        assert_eq!(from_hex(b"abc"), None);
        assert_eq!(from_hex(&[b'g'; 40]), None);
    }
}
