//! An intset against a sorted set, and its bytes against those of a redis-server 7.0.15.

extern crate std;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::format;
use std::string::String;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn set(values: &[i64]) -> Intset {
    let mut set = Intset::new();
    for &value in values {
        set.add(value).unwrap();
    }
    set
}

/// From DUMP after SADD of the values in this order.
#[test]
fn bytes_are_those_of_redis() {
    let cases: [(&[i64], &str); 10] = [
        (&[5], "02000000010000000500"),
        (&[1, -1, 3, 1], "0200000003000000ffff01000300"),
        (&[32767, -32768], "02000000020000000080ff7f"),
        (&[1, 32768], "04000000020000000100000000800000"),
        (&[1, -32769, 7], "0400000003000000ff7fffff0100000007000000"),
        (&[1, 2147483647], "040000000200000001000000ffffff7f"),
        (
            &[3, 2147483648, -5],
            "0800000003000000fbffffffffffffff03000000000000000000008000000000",
        ),
        (
            &[70000, i64::MIN],
            "080000000200000000000000000000807011010000000000",
        ),
        (
            &[i64::MAX, -2147483649],
            "0800000002000000ffffff7fffffffffffffffffffffff7f",
        ),
        (
            &[100000, -100000, 5],
            "04000000030000006079feff05000000a0860100",
        ),
    ];
    for (values, bytes) in cases {
        assert_eq!(hex(set(values).as_bytes()), bytes);
    }
    let mut wide = set(&[1, 70000]);
    assert!(wide.remove(70000));
    assert_eq!(hex(wide.as_bytes()), "040000000100000001000000");
    assert!(Intset::from_bytes(wide.into_bytes()).is_ok());
}

#[test]
fn damaged_bytes_are_refused() {
    let good = set(&[1, 2, 300]).into_bytes();
    for len in 0..good.len() {
        assert_eq!(Intset::from_bytes(good[..len].to_vec()), Err(Corrupt));
    }
    let bad: [(usize, u8); 5] = [(0, 3), (1, 1), (4, 4), (8, 2), (12, 1)];
    for (at, byte) in bad {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes[13] = 0;
        assert_eq!(Intset::from_bytes(bytes), Err(Corrupt), "{at}");
    }
    assert_eq!(Intset::from_bytes(Intset::new().into_bytes()), Err(Corrupt));
}

#[test]
fn memory_follows_the_content() {
    let mut set = Intset::new();
    for value in 0..10_000 {
        set.add(value * 3).unwrap();
        assert!(set.capacity() <= set.bytes_len() * 9 / 8 + 16);
    }
    for value in 0..10_000 {
        set.remove(value * 3);
        assert!(set.capacity() <= set.bytes_len() * 2 + 80);
    }
    assert!(set.is_empty());
}

fn value() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => -20i64..20,
        1 => (any::<i64>(), 0u32..64).prop_map(|(value, by)| value >> by),
    ]
}

proptest! {
    #[test]
    fn behaves_as_a_sorted_set(ops in proptest::collection::vec((any::<bool>(), value()), 0..80)) {
        let (mut set, mut model) = (Intset::new(), BTreeSet::new());
        for (add, value) in ops {
            if add {
                prop_assert_eq!(set.add(value).unwrap(), model.insert(value));
            } else {
                prop_assert_eq!(set.remove(value), model.remove(&value));
            }
            prop_assert_eq!(set.contains(value), add);
            prop_assert_eq!(set.len(), model.len());
        }
        prop_assert!(set.iter().eq(model.iter().copied()));
        prop_assert!(set.iter().rev().eq(model.iter().rev().copied()));
        prop_assert_eq!(set.get(0), model.first().copied());
        prop_assert_eq!(set.get(set.len()), None);
        if !set.is_empty() {
            prop_assert_eq!(&Intset::from_bytes(set.as_bytes().to_vec()).unwrap(), &set);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(0u8..9, 0..40)) {
        let _ = Intset::from_bytes(bytes);
    }
}
