//! Whole files, files that end early, files with flipped bits, in pieces of every size.

extern crate std;

use alloc::vec::Vec;
use std::string::String;

use super::{Fault, FaultKind, Item, Limits, Scanner, Start, start_of};
use proptest::prelude::*;

/// As redis-server 7.0.15 wrote it, with `aof-timestamp-enabled yes`.
const FILE: &[u8] = b"#TS:1795661216\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$1\r\nq\r\n$1\r\nw\r\n\
*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nset\r\n$1\r\nx\r\n$1\r\n1\r\n*2\r\n$4\r\nincr\r\n$1\r\nx\r\n*1\r\n$4\r\nEXEC\r\n\
*3\r\n$3\r\nSET\r\n$4\r\n\r\n$1\r\n$0\r\n\r\n";

/// Everything that comes of a file handed over in pieces of `piece` bytes.
fn scan(file: &[u8], piece: usize) -> (Vec<String>, Result<u64, Fault>) {
    let mut scanner = Scanner::new(0, Limits::default());
    let mut seen = Vec::new();
    let mut pieces = file.chunks(piece);
    loop {
        match scanner.next() {
            Err(fault) => {
                let again = scanner.next().err();
                assert_eq!(again, Some(fault), "a fault stays");
                return (seen, Err(fault));
            }
            Ok(Some(Item::Record(record))) => {
                let words = record.args.iter().map(|word| word.escape_ascii());
                let words: Vec<String> = words.map(|word| std::format!("{word}")).collect();
                let block = if record.in_block { "| " } else { "" };
                let (from, to) = (record.offset, record.end);
                seen.push(std::format!("{block}{from}..{to} {}", words.join(" ")));
            }
            Ok(Some(Item::Timestamp { unix_s, offset })) => {
                seen.push(std::format!("{offset} time {unix_s}"));
            }
            Ok(Some(Item::Annotation(text))) => {
                seen.push(std::format!("note {}", text.escape_ascii()));
            }
            Ok(None) => match pieces.next() {
                Some(piece) => scanner.push(piece).unwrap(),
                None if scanner.ended => return (seen, Ok(scanner.valid())),
                None => scanner.end(),
            },
        }
    }
}

#[test]
fn a_whole_file() {
    let expected = [
        "0 time 1795661216",
        "16..39 SELECT 0",
        "39..66 set q w",
        "| 66..81 MULTI",
        "| 81..108 set x 1",
        "| 108..129 incr x",
        "| 129..143 EXEC",
        "143..172 SET \\r\\n$1 ",
    ];
    for piece in 1..=FILE.len() {
        let (seen, end) = scan(FILE, piece);
        assert_eq!(seen, expected);
        assert_eq!(end, Ok(FILE.len() as u64));
    }
}

#[test]
fn every_truncation_names_the_sound_prefix() {
    let ends = [0, 16, 39, 66, 143, 172];
    for len in 0..FILE.len() {
        let sound = *ends.iter().rfind(|end| **end <= len).unwrap_or(&0) as u64;
        for piece in [1, 7, 1000] {
            let (_, end) = scan(&FILE[..len], piece);
            match end {
                Ok(valid) => assert_eq!((valid, sound), (len as u64, len as u64)),
                Err(fault) => {
                    assert_eq!(fault.kind, FaultKind::Truncated, "{len}: {}", fault.what);
                    assert_eq!(fault.valid, sound);
                    assert_eq!(fault.offset, len as u64);
                }
            }
        }
    }
}

/// For every byte of [`FILE`], whether it may be any: those of arguments, and an annotation's text.
fn free_bytes() -> Vec<bool> {
    let mut free = std::vec![false; FILE.len()];
    let mut at = 0;
    while at < FILE.len() {
        let line = FILE[at..].split(|byte| *byte == b'\n').next().unwrap();
        let next = at + line.len() + 1;
        match line[0] {
            b'#' => free[at + 1..next - 2].fill(true),
            b'$' => {
                let len = std::str::from_utf8(&line[1..line.len() - 1]).unwrap();
                let len: usize = len.parse().unwrap();
                free[next..next + len].fill(true);
                at = next + len + 2;
                continue;
            }
            _ => {}
        }
        at = next;
    }
    free
}

#[test]
fn every_flip_is_found() {
    let (whole, _) = scan(FILE, FILE.len());
    let free = free_bytes();
    for at in 0..FILE.len() {
        for bit in 0..8 {
            let mut file = FILE.to_vec();
            file[at] ^= 1 << bit;
            let (seen, end) = scan(&file, file.len());
            assert_eq!((seen.clone(), end), scan(&file, 3));
            if free[at] {
                continue;
            }
            match end {
                // The line end of an annotation may also be one byte.
                Ok(_) => assert!(at == 14, "{at}.{bit}"),
                Err(fault) => {
                    let sound: Vec<_> = whole.iter().take(seen.len()).cloned().collect();
                    assert_eq!(seen, sound, "{at}.{bit} {}", fault.what);
                    assert!(fault.valid <= at as u64, "{at}.{bit} {}", fault.what);
                    assert!(fault.valid <= fault.offset);
                }
            }
        }
    }
}

#[test]
fn faults_have_names() {
    let cases: &[(&[u8], u64, u64, &str)] = &[
        (b"x", 0, 0, "expected '*', which begins a record"),
        (b"*1\r\n#", 4, 0, "expected '$', which begins an argument"),
        (b"*0\r\n", 0, 0, "a record of too few or too many arguments"),
        (
            b"*01\r\n",
            1,
            0,
            "expected a number without zeros before it",
        ),
        (b"*1\n", 2, 0, "expected a number and CR LF"),
        (b"*-1\r\n", 1, 0, "expected a number and CR LF"),
        (
            b"*99999999999999999999999",
            23,
            0,
            "expected a number and CR LF",
        ),
        (
            b"*1\r\n$9999999999\r\n",
            4,
            0,
            "an argument that is too long",
        ),
        (
            b"*1\r\n$1\r\nabc",
            9,
            0,
            "expected CR LF behind an argument",
        ),
        (
            b"*1\r\n$1\r\na\r\n$",
            11,
            0,
            "an argument that the record does not count",
        ),
        (
            b"*1\r\n$1\r\na\r\n\0",
            11,
            11,
            "expected '*', which begins a record",
        ),
        (b"*1\r\n$4\r\nexec\r\n", 0, 0, "an EXEC without a MULTI"),
        (
            b"*1\r\n$5\r\nmulti\r\n*1\r\n$5\r\nMULTI\r\n",
            15,
            0,
            "a MULTI inside of a MULTI",
        ),
        (b"#\x01", 1, 0, "expected the end of an annotation"),
    ];
    for (file, offset, valid, what) in cases {
        let (_, end) = scan(file, 1);
        let fault = end.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Corrupt, "{}", file.escape_ascii());
        assert_eq!(
            (fault.offset, fault.valid, fault.what),
            (*offset, *valid, *what),
            "{}",
            file.escape_ascii()
        );
    }
    let (_, end) = scan(b"*1\r\n$5\r\nMULTI\r\n*1\r\n$1\r\na\r\n", 5);
    let fault = end.unwrap_err();
    assert_eq!(
        (fault.kind, fault.offset, fault.valid),
        (FaultKind::Truncated, 26, 0)
    );
}

#[test]
fn the_first_bytes_say_what_it_is() {
    assert_eq!(start_of(b"", false), None);
    assert_eq!(start_of(b"", true), Some(Start::Empty));
    assert_eq!(start_of(b"RED", false), None);
    assert_eq!(start_of(b"RED", true), Some(Start::Records));
    assert_eq!(start_of(b"REDIS0010", false), Some(Start::Rdb));
    assert_eq!(start_of(b"*", false), Some(Start::Records));
}

#[test]
fn offsets_count_from_where_it_began() {
    let mut scanner = Scanner::new(100, Limits::default());
    scanner.push(b"*1\r\n$1\r\na\r\n*1").unwrap();
    assert!(matches!(
        scanner.next(),
        Ok(Some(Item::Record(record))) if (record.offset, record.end) == (100, 111)
    ));
    assert!(matches!(scanner.next(), Ok(None)));
    scanner.end();
    let fault = scanner
        .next()
        .err()
        .map(|fault| (fault.offset, fault.valid));
    assert_eq!(fault, Some((113, 111)));
}

proptest! {
    /// Pieces make no difference, whatever the bytes; what is called sound is sound when read alone.
    #[test]
    fn anything_may_be_read(
        file in proptest::collection::vec(
            prop::sample::select(&[
                "*1\r\n", "*2\r\n", "$1\r\na\r\n", "$5\r\nMULTI\r\n", "$4\r\nEXEC\r\n",
                "#TS:12\r\n", "\r\n", "*", "$", "1",
            ][..]),
            0..30,
        ),
        piece in 1usize..20,
    ) {
        let file = file.concat().into_bytes();
        let all = scan(&file, file.len().max(1));
        prop_assert_eq!(&all, &scan(&file, piece));
        let valid = match all.1 {
            Ok(valid) => valid,
            Err(fault) => fault.valid,
        };
        let (_, end) = scan(&file[..valid as usize], 1000);
        prop_assert_eq!(end, Ok(valid));
    }
}
