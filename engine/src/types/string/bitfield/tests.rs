//! Tests of `bitfield`; the tables were confirmed with a redis-server 7.0.15.

extern crate std;

use super::*;
use crate::types::string::bits;
use proptest::prelude::*;
use std::vec::Vec;

fn field(text: &str) -> FieldType {
    FieldType::parse(text.as_bytes()).unwrap()
}

#[test]
fn types() {
    for good in ["i1", "i8", "i64", "u1", "u63", "u8\0z"] {
        assert!(FieldType::parse(good.as_bytes()).is_ok(), "{good:?}");
    }
    for bad in [
        "u64", "i65", "i0", "u0", "I8", "i08", "i+8", "i-8", "i", "", "u 8", "8", "\0",
    ] {
        let got = FieldType::parse(bad.as_bytes());
        assert_eq!(got, Err(FieldError::Type), "{bad:?}");
    }
}

#[test]
fn offsets() {
    const LEN_MAX: u64 = 512 << 20;
    let byte = Some(field("u8"));
    let cases = [
        ("#1", byte, Some(8)),
        ("#1", Some(field("u3")), Some(3)),
        ("#1", None, None),
        ("#2305843009213693953", byte, Some(8)),
        ("#2305843009213693953", Some(field("u3")), None),
        ("#4611686018427387904", byte, Some(0)),
        ("4294967295", byte, Some(4_294_967_295)),
        ("4294967295", None, Some(4_294_967_295)),
        ("4294967296", byte, None),
        ("-1", byte, None),
        ("#-1", byte, None),
        ("#", byte, None),
        ("##1", byte, None),
        ("+1", None, None),
        ("1\0", byte, None),
        ("", byte, None),
    ];
    for (text, field, expected) in cases {
        let got = parse_offset(text.as_bytes(), field, LEN_MAX);
        assert_eq!(got, expected.ok_or(FieldError::Offset), "{text:?}");
    }
}

#[test]
fn overflow_names() {
    assert_eq!(Overflow::parse(b"wRaP"), Ok(Overflow::Wrap));
    assert_eq!(Overflow::parse(b"SAT"), Ok(Overflow::Sat));
    assert_eq!(Overflow::parse(b"fail"), Ok(Overflow::Fail));
    assert_eq!(Overflow::parse(b"fai"), Err(FieldError::Overflow));
}

/// Type, value, and what SET stores with WRAP, SAT and FAIL.
#[test]
fn set_overflows() {
    let cases = [
        ("u8", 256, 0, 255, None),
        ("u8", -1, 255, 255, None),
        ("u63", -1, i64::MAX, i64::MAX, None),
        ("u63", i64::MAX, i64::MAX, i64::MAX, Some(i64::MAX)),
        ("i8", 128, -128, 127, None),
        ("i8", -129, 127, -128, None),
        ("i1", 1, -1, 0, None),
        ("i8", i64::MIN, 0, 127, None),
        ("i8", i64::MIN + 127, 127, 127, None),
        ("i8", i64::MIN + 128, -128, -128, None),
        ("i64", i64::MIN, i64::MIN, i64::MIN, Some(i64::MIN)),
    ];
    for (kind, value, wrap, sat, fail) in cases {
        let stored = |overflow| value_to_set(field(kind), value, overflow);
        assert_eq!(stored(Overflow::Wrap), Some(wrap), "{kind} {value}");
        assert_eq!(stored(Overflow::Sat), Some(sat), "{kind} {value}");
        assert_eq!(stored(Overflow::Fail), fail, "{kind} {value}");
    }
}

/// Type, old value, increment, and what INCRBY stores with WRAP, SAT and FAIL.
#[test]
fn increment_overflows() {
    const MAX: i64 = i64::MAX;
    const MIN: i64 = i64::MIN;
    let cases = [
        ("i64", MAX, 1, MIN, MAX, None),
        ("i64", MIN, -1, MAX, MIN, None),
        ("i64", MIN, MIN, 0, MIN, None),
        ("i64", -1, MIN, MAX, MIN, None),
        ("i64", 0, MIN, MIN, MIN, Some(MIN)),
        ("i64", -1, MAX, MAX - 1, MAX - 1, Some(MAX - 1)),
        ("u63", MAX, 1, 0, MAX, None),
        ("u63", 0, -1, MAX, 0, None),
        ("u63", MAX, MIN, MAX, 0, None),
        ("u8", 200, 100, 44, 255, None),
        ("i8", 100, 100, -56, 127, None),
    ];
    for (kind, old, by, wrap, sat, fail) in cases {
        let stored = |overflow| value_to_increment(field(kind), old, by, overflow);
        assert_eq!(stored(Overflow::Wrap), Some(wrap), "{kind} {old} {by}");
        assert_eq!(stored(Overflow::Sat), Some(sat), "{kind} {old} {by}");
        assert_eq!(stored(Overflow::Fail), fail, "{kind} {old} {by}");
    }
}

fn any_field() -> impl Strategy<Value = FieldType> {
    (any::<bool>(), 1u8..=64).prop_map(|(signed, bits)| FieldType {
        signed,
        bits: if signed { bits } else { bits.min(63) },
    })
}

proptest! {
    /// Bit by bit, the field's value is what its bits say, and other bits are left alone.
    #[test]
    fn set_then_get(mut bytes in proptest::collection::vec(any::<u8>(), 0..20),
                    field in any_field(), offset in 0u64..200, value in any::<i64>()) {
        let before: Vec<bool> = (0..160).map(|at| bits::get_bit(&bytes, at)).collect();
        set(&mut bytes, field, offset, value);
        for (at, &bit) in before.iter().enumerate().take(bytes.len() * 8) {
            let inside = (at as u64).checked_sub(offset).filter(|&at| at < u64::from(field.bits));
            let expected = match inside {
                Some(at) => value >> (u64::from(field.bits) - 1 - at) & 1 == 1,
                None => bit,
            };
            prop_assert_eq!(bits::get_bit(&bytes, at as u64), expected);
        }
        if bytes_for_field(field, offset) <= bytes.len() as u64 {
            let expected = field.wrap(i128::from(value));
            prop_assert_eq!(get(&bytes, field, offset), expected);
        }
    }

    #[test]
    fn beyond_the_end_is_zero(field in any_field(), offset in 0u64..1 << 40) {
        prop_assert_eq!(get(b"", field, offset), 0);
    }
}
