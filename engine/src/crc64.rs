//! CRC-64 as Redis appends it to RDB files and DUMP payloads (Jones polynomial); knows only bytes.

/// The polynomial 0xad93d23594c935a9, bits reversed.
const POLYNOMIAL: u64 = 0x95ac_9329_ac4b_c9b5;

/// Where the program is downloaded a table of bytes is too large, too: half a byte is taken at a time.
const STEP_BITS: u32 = if cfg!(target_arch = "wasm32") { 4 } else { 8 };
const VALUES: usize = 1 << STEP_BITS;

/// Steps taken at once. Each costs a table.
const SLICES: usize = if cfg!(target_arch = "wasm32") { 1 } else { 8 };

/// `TABLES[n][b]` is the checksum of the step `b` followed by `n` steps of zeros.
static TABLES: [[u64; VALUES]; SLICES] = tables();

const fn tables() -> [[u64; VALUES]; SLICES] {
    let mut tables = [[0; VALUES]; SLICES];
    let mut value = 0;
    while value < VALUES {
        let mut crc = value as u64;
        let mut bit = 0;
        while bit < STEP_BITS {
            crc = crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        tables[0][value] = crc;
        value += 1;
    }
    let mut slice = 1;
    while slice < SLICES {
        let mut value = 0;
        while value < VALUES {
            let shorter = tables[slice - 1][value];
            tables[slice][value] =
                shorter >> STEP_BITS ^ tables[0][shorter as usize & (VALUES - 1)];
            value += 1;
        }
        slice += 1;
    }
    tables
}

/// Continues a checksum over more bytes; a new one starts from 0. O(bytes).
pub fn update(crc: u64, bytes: &[u8]) -> u64 {
    if cfg!(target_arch = "wasm32") {
        return bytes.iter().fold(crc, |crc, byte| update_byte(crc, *byte));
    }
    let (chunks, rest) = bytes.as_chunks::<SLICES>();
    let crc = chunks.iter().fold(crc, |crc, chunk| {
        let mixed = crc.to_le_bytes();
        let kept = crc.checked_shr(8 * SLICES as u32).unwrap_or(0);
        chunk.iter().enumerate().fold(kept, |sum, (at, byte)| {
            sum ^ TABLES[SLICES - 1 - at][usize::from(byte ^ mixed[at])]
        })
    });
    rest.iter().fold(crc, |crc, byte| update_byte(crc, *byte))
}

fn update_byte(crc: u64, byte: u8) -> u64 {
    let mixed = crc ^ u64::from(byte);
    (0..8 / STEP_BITS).fold(mixed, |crc, _| {
        crc >> STEP_BITS ^ TABLES[0][crc as usize & (VALUES - 1)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_value() {
        assert_eq!(update(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(update(0, b""), 0);
    }

    /// The trailer of DUMP on a redis-server 7.0.15, for a string of 60 bytes.
    #[test]
    fn dump_trailer() {
        let (payload, trailer) = DUMPED.split_at(DUMPED.len() - 8);
        assert_eq!(update(0, payload).to_le_bytes(), trailer);
    }

    const DUMPED: &[u8] = b"\x00<The quick brown fox jumps over the lazy dog; 0123456789, ok!\x0a\x00\x85\x0c\xbc\x93[O\x95`";

    fn bit_by_bit(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |crc, byte| {
            (0..8).fold(crc ^ u64::from(*byte), |crc, _| {
                crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 }
            })
        })
    }

    proptest! {
        #[test]
        fn slices_and_splits(bytes in proptest::collection::vec(any::<u8>(), 0..100),
                             split in 0usize..100) {
            let (head, tail) = bytes.split_at(split.min(bytes.len()));
            prop_assert_eq!(update(0, &bytes), bit_by_bit(&bytes));
            prop_assert_eq!(update(update(0, head), tail), bit_by_bit(&bytes));
        }
    }
}
