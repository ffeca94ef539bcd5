//! The compact forms of older versions, ziplist and zipmap, as sequences of elements that are checked while they are
//! read. Knows no values.
//!
//! Source: `ziplist.c` and `zipmap.c` of Redis, whose comments describe the formats.

use super::source::{Source, Stop};
use crate::types::listpack::{Element, Listpack};

/// The byte behind the last entry of either.
const END: u8 = 255;
/// A length that says that four bytes with it follow.
const WIDE: u8 = 254;
/// Bytes before a ziplist's first entry.
const ZIPLIST_HEAD: usize = 10;
/// A stored count that says nothing, of a ziplist.
const COUNT_UNKNOWN: u16 = u16::MAX;

/// What is too short here is damaged: the whole is there.
fn all_there<T>(read: Result<T, Stop>) -> Result<T, Stop> {
    read.map_err(|stop| match stop {
        Stop::More(_) => Stop::Corrupt,
        other => other,
    })
}

/// Copies a ziplist's elements into a listpack, and checks all lengths and counts on the way. O(bytes).
///
/// # Errors
/// [`Stop::Corrupt`], [`Stop::OutOfMemory`].
pub(super) fn ziplist(bytes: &[u8]) -> Result<Listpack, Stop> {
    all_there(read_ziplist(bytes))
}

fn read_ziplist(bytes: &[u8]) -> Result<Listpack, Stop> {
    let mut source = Source::new(bytes);
    let (len, tail) = (source.u32()?, source.u32()?);
    let count = source.u16()?;
    if len as usize != bytes.len() {
        return Err(Stop::Corrupt);
    }
    let mut list = Listpack::new();
    let (mut last, mut last_size, mut read) = (ZIPLIST_HEAD, 0, 0usize);
    loop {
        let at = source.at();
        let before = source.byte()?;
        if before == END {
            break;
        }
        let before = match before {
            WIDE => source.u32()?,
            before => u32::from(before),
        };
        if before as usize != last_size {
            return Err(Stop::Corrupt);
        }
        list.push_back(ziplist_element(&mut source)?)?;
        (last, last_size) = (at, source.at() - at);
        read += 1;
    }
    let counted = count == COUNT_UNKNOWN || usize::from(count) == read;
    if source.left() != 0 || tail as usize != last || !counted {
        return Err(Stop::Corrupt);
    }
    Ok(list)
}

fn ziplist_element<'a>(source: &mut Source<'a>) -> Result<Element<'a>, Stop> {
    let head = source.byte()?;
    let len = match head >> 6 {
        0 => u64::from(head),
        1 => u64::from(head & 0x3f) << 8 | u64::from(source.byte()?),
        2 => u64::from(source.u32()?.swap_bytes()),
        _ => {
            let (bytes, immediate) = match head {
                0xc0 => (2, 0),
                0xd0 => (4, 0),
                0xe0 => (8, 0),
                0xf0 => (3, 0),
                0xfe => (1, 0),
                0xf1..=0xfd => (0, i64::from(head & 0x0f) - 1),
                _ => return Err(Stop::Corrupt),
            };
            if bytes == 0 {
                return Ok(Element::Int(immediate));
            }
            let payload = source.take(bytes as u64)?;
            let mut wide = [0; 8];
            wide[8 - bytes..].copy_from_slice(payload);
            return Ok(Element::Int(i64::from_le_bytes(wide) >> (8 * (8 - bytes))));
        }
    };
    source.take(len).map(Element::Bytes)
}

/// Copies a zipmap's fields and values into a listpack, checked like [`ziplist`]. O(bytes).
///
/// # Errors
/// [`Stop::Corrupt`], [`Stop::OutOfMemory`].
pub(super) fn zipmap(bytes: &[u8]) -> Result<Listpack, Stop> {
    all_there(read_zipmap(bytes))
}

fn read_zipmap(bytes: &[u8]) -> Result<Listpack, Stop> {
    let mut source = Source::new(bytes);
    let count = source.byte()?;
    let (mut list, mut read) = (Listpack::new(), 0usize);
    while let Some(len) = zipmap_length(&mut source)? {
        list.push_back(source.take(len)?)?;
        let len = zipmap_length(&mut source)?.ok_or(Stop::Corrupt)?;
        let unused = source.byte()?;
        list.push_back(source.take(len)?)?;
        source.take(u64::from(unused))?;
        read += 1;
    }
    let counted = count >= WIDE || usize::from(count) == read;
    if source.left() != 0 || !counted {
        return Err(Stop::Corrupt);
    }
    Ok(list)
}

/// A length, or nothing at the end.
fn zipmap_length(source: &mut Source<'_>) -> Result<Option<u64>, Stop> {
    Ok(match source.byte()? {
        END => None,
        WIDE => Some(u64::from(source.u32()?)),
        len => Some(u64::from(len)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    fn texts(list: &Listpack) -> Vec<String> {
        let text =
            |element: Element<'_>| String::from_utf8_lossy(element.text(&mut [0; 20])).to_string();
        list.iter().map(text).collect()
    }

    const ZIPLIST: &[u8] = b"\x20\0\0\0\x1c\0\0\0\x06\0\
        \0\x02hi\x04\xf3\x02\xfe\x85\x03\xc0\x39\x30\x04\xf0\xff\xff\xff\x05\x01x\xff";

    #[test]
    fn a_ziplist_gives_its_elements() {
        let list = ziplist(ZIPLIST).unwrap();
        assert_eq!(texts(&list), ["hi", "2", "-123", "12345", "-1", "x"]);
    }

    #[test]
    fn a_zipmap_gives_its_pairs() {
        let list = zipmap(b"\x02\x03foo\x03\x00bar\x01k\x01\x02v..\xff").unwrap();
        assert_eq!(texts(&list), ["foo", "bar", "k", "v"]);
    }

    #[test]
    fn every_truncation_and_most_flips_are_refused() {
        for len in 0..ZIPLIST.len() {
            assert_eq!(ziplist(&ZIPLIST[..len]), Err(Stop::Corrupt));
        }
        for bit in 0..8 * ZIPLIST.len() {
            let mut bytes = ZIPLIST.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(list) = ziplist(&bytes) {
                // Only what the elements say may have changed.
                assert_eq!(list.len(), 6, "{bit}");
            }
        }
    }
}
