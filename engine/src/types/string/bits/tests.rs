//! Tests of `bits`; the tables were confirmed with a redis-server 7.0.15.

extern crate std;

use super::*;
use proptest::prelude::*;
use std::vec;

/// Bit by bit: what every function here must agree with.
fn unpacked(bytes: &[u8]) -> Vec<bool> {
    (0..bytes.len() as u64 * 8)
        .map(|at| get_bit(bytes, at))
        .collect()
}

#[test]
fn bit_zero_is_the_highest() {
    let mut bytes = *b"\x80\x01";
    assert!(get_bit(&bytes, 0) && get_bit(&bytes, 15));
    assert!(!get_bit(&bytes, 1) && !get_bit(&bytes, 16) && !get_bit(&bytes, u64::MAX));
    assert!(!set_bit(&mut bytes, 1, true));
    assert!(set_bit(&mut bytes, 15, false));
    assert!(!set_bit(&mut bytes, 16, true));
    assert_eq!(bytes, *b"\xc0\x00");
    assert_eq!((bytes_for_bit(7), bytes_for_bit(8)), (1, 2));
}

#[test]
fn positions_in_ranges() {
    use Unit::{Bit, Byte};
    const ONES: &[u8] = b"\xff\xff\xff";
    const ABC: &[u8] = b"abc";
    type Case = (
        &'static [u8],
        i64,
        Option<i64>,
        Unit,
        Option<u64>,
        Option<u64>,
    );
    let cases: &[Case] = &[
        (b"", 0, None, Byte, None, None),
        (ONES, 0, None, Byte, Some(24), Some(0)),
        (ONES, -1, None, Byte, Some(24), Some(16)),
        (ONES, 3, None, Byte, None, None),
        (ONES, 0, Some(-1), Byte, None, Some(0)),
        (ONES, 1, Some(0), Byte, None, None),
        (ONES, -100, Some(-50), Byte, None, Some(0)),
        (ONES, 23, Some(30), Bit, None, Some(23)),
        (ONES, -5, Some(-1), Bit, None, Some(19)),
        (ABC, -1, None, Byte, Some(16), Some(17)),
        (ABC, -100, Some(-50), Bit, Some(0), None),
        (ABC, 23, Some(30), Bit, None, Some(23)),
        (ABC, -5, Some(-1), Bit, Some(19), Some(22)),
    ];
    for &(bytes, start, end, unit, zero, one) in cases {
        let find = |bit| position_range(bytes, bit, start, end, unit);
        assert_eq!((find(false), find(true)), (zero, one), "{start} {end:?}");
    }
}

#[test]
fn counts_in_ranges() {
    assert_eq!(count_range(b"abc", 0, -1, Unit::Byte), 10);
    assert_eq!(count_range(b"abc", -100, -50, Unit::Byte), 3);
    assert_eq!(count_range(b"abc", -100, -50, Unit::Bit), 0);
    assert_eq!(count_range(b"abc", -5, -1, Unit::Bit), 2);
    assert_eq!(count_range(b"abc", -1, -5, Unit::Bit), 0);
    assert_eq!(count_range(b"", 0, -1, Unit::Bit), 0);
}

/// One bit of the result by the operation's definition.
fn expected_bit(op: BitOp, sources: &[&[u8]], at: u64) -> bool {
    let x = get_bit(sources[0], at);
    let in_y = sources[1..].iter().any(|y| get_bit(y, at));
    let times = sources.iter().filter(|s| get_bit(s, at)).count();
    match op {
        BitOp::And => times == sources.len(),
        BitOp::Or => times > 0,
        BitOp::Xor => times % 2 == 1,
        BitOp::Not => !x,
        BitOp::Diff => x && !in_y,
        BitOp::Diff1 => in_y && !x,
        BitOp::AndOr => x && in_y,
        BitOp::One => times == 1,
    }
}

const OPS: [BitOp; 8] = [
    BitOp::And,
    BitOp::Or,
    BitOp::Xor,
    BitOp::Not,
    BitOp::Diff,
    BitOp::Diff1,
    BitOp::AndOr,
    BitOp::One,
];

#[test]
fn no_sources_give_nothing() {
    for op in OPS {
        assert_eq!(combine(op, &[]), Ok(vec![]));
        assert_eq!(combine(op, &[b"", b""]), Ok(vec![]));
    }
}

#[test]
fn blocks_join() {
    let long: Vec<u8> = (0..3 * BLOCK_LEN + 5).map(|at| (at % 251) as u8).collect();
    let sources: [&[u8]; 3] = [&long[..BLOCK_LEN + 1], &long, &long[7..2 * BLOCK_LEN]];
    for op in OPS {
        let got = combine(op, &sources).unwrap();
        let len = if op == BitOp::Not {
            BLOCK_LEN + 1
        } else {
            long.len()
        };
        assert_eq!(got.len(), len);
        for at in 0..len as u64 * 8 {
            assert_eq!(
                get_bit(&got, at),
                expected_bit(op, &sources, at),
                "{op:?} {at}"
            );
        }
    }
}

fn mostly_uniform() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0u8), 4 => Just(0xffu8), 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..40)
}

proptest! {
    #[test]
    fn counting_and_searching(bytes in mostly_uniform(), start in -400i64..400,
                              end in -400i64..400, by_bit in any::<bool>()) {
        let bits = unpacked(&bytes);
        prop_assert_eq!(count(&bytes), bits.iter().filter(|&&b| b).count() as u64);
        let unit = if by_bit { Unit::Bit } else { Unit::Byte };
        let scale = unit.bits() as usize;
        let len = unit.len_of(&bytes);
        let counted = range::resolve_items(start, end, len);
        let within = &bits[counted.start as usize * scale..counted.end as usize * scale];
        let expected = within.iter().filter(|&&b| b).count() as u64;
        prop_assert_eq!(count_range(&bytes, start, end, unit), expected);
        for bit in [false, true] {
            let first = bits.iter().position(|&b| b == bit).map(|at| at as u64);
            prop_assert_eq!(position(&bytes, bit), first);
            let searched = range::resolve_items_unordered(start, end, len);
            let (from, to) = (searched.start as usize * scale, searched.end as usize * scale);
            let first = bits[from..to].iter().position(|&b| b == bit);
            let expected = first.map(|at| (from + at) as u64);
            prop_assert_eq!(position_range(&bytes, bit, start, Some(end), unit), expected);
        }
    }

    #[test]
    fn operations(sources in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..20), 1..5)) {
        let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
        for op in OPS {
            let got = unpacked(&combine(op, &sources).unwrap());
            let expected: Vec<bool> =
                (0..got.len() as u64).map(|at| expected_bit(op, &sources, at)).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
