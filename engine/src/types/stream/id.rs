//! Stream IDs: milliseconds and a sequence number. Knows nothing of streams.

use crate::number::integer::{parse_u64_lenient, write_u64};

/// Bytes of an ID's text at most.
pub const ID_TEXT_MAX: usize = 41;

/// An entry's ID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds, mostly those since 1970.
    pub ms: u64,
    /// Tells entries of one millisecond apart.
    pub seq: u64,
}

impl StreamId {
    /// The least ID; no entry has it.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    /// The largest ID.
    pub const MAX: StreamId = StreamId {
        ms: u64::MAX,
        seq: u64::MAX,
    };

    /// An ID of two numbers.
    pub const fn new(ms: u64, seq: u64) -> StreamId {
        StreamId { ms, seq }
    }

    /// The ID right behind; `None` behind the largest.
    pub fn next(self) -> Option<StreamId> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId::new(self.ms.checked_add(1)?, 0)),
        }
    }

    /// The ID right before; `None` before the least.
    pub fn prev(self) -> Option<StreamId> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId::new(self.ms.checked_sub(1)?, u64::MAX)),
        }
    }

    /// Reads `MS` or `MS-SEQ`; a missing second part is `missing_seq`.
    pub fn parse(text: &[u8], missing_seq: u64) -> Option<StreamId> {
        let (ms, seq) = split(text)?;
        let ms = parse_u64_lenient(ms)?;
        let seq = match seq {
            Some(seq) => parse_u64_lenient(seq)?,
            None => missing_seq,
        };
        Some(StreamId { ms, seq })
    }

    /// Reads the `MS` of `MS-*`.
    pub fn parse_open(text: &[u8]) -> Option<u64> {
        match split(text)? {
            (ms, Some(b"*")) => parse_u64_lenient(ms),
            _ => None,
        }
    }

    /// The text, at the start of `buffer`. O(digits).
    pub fn write(self, buffer: &mut [u8; ID_TEXT_MAX]) -> &[u8] {
        let mut digits = [0; 20];
        let ms = write_u64(self.ms, &mut digits);
        let len = ms.len();
        buffer[..len].copy_from_slice(ms);
        buffer[len] = b'-';
        let seq = write_u64(self.seq, &mut digits);
        let end = len + 1 + seq.len();
        buffer[len + 1..end].copy_from_slice(seq);
        &buffer[..end]
    }

    /// The 16 bytes by which Redis orders nodes: both numbers, the highest byte first.
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.ms) << 64 | u128::from(self.seq)).to_be_bytes()
    }

    /// The ID of such bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> StreamId {
        let both = u128::from_be_bytes(bytes);
        StreamId::new((both >> 64) as u64, both as u64)
    }
}

/// Both parts of an ID's text, which a NUL byte ends.
fn split(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    const TEXT_MAX: usize = 127;
    if text.len() > TEXT_MAX {
        return None;
    }
    let end = text.iter().position(|byte| *byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    Some(match text.iter().position(|byte| *byte == b'-') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(StreamId::parse(b"5-6", 0), Some(StreamId::new(5, 6)));
        assert_eq!(StreamId::parse(b"5", 7), Some(StreamId::new(5, 7)));
        assert_eq!(StreamId::parse(b"5-", 7), None);
        assert_eq!(StreamId::parse(b"-5", 7), None);
        assert_eq!(StreamId::parse(b"5-*", 7), None);
        assert_eq!(StreamId::parse_open(b"5-*"), Some(5));
        assert_eq!(StreamId::parse_open(b"5-**"), None);
        let mut buffer = [0; ID_TEXT_MAX];
        let text = b"18446744073709551615-18446744073709551615";
        assert_eq!(StreamId::MAX.write(&mut buffer), text);
        assert_eq!(StreamId::new(1, 0).write(&mut buffer), b"1-0");
    }

    #[test]
    fn neighbours() {
        assert_eq!(StreamId::MAX.next(), None);
        assert_eq!(StreamId::MIN.prev(), None);
        let end = StreamId::new(5, u64::MAX);
        assert_eq!(end.next(), Some(StreamId::new(6, 0)));
        assert_eq!(StreamId::new(6, 0).prev(), Some(end));
        assert_eq!(StreamId::from_bytes(end.to_bytes()), end);
    }
}
