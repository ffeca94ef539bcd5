//! Bytes and counts against a redis-server 7.0.15, and the error of the estimate against its theory.

extern crate std;
use super::*;
use proptest::prelude::*;
use std::format;
use std::string::String;
use std::vec;

const SPARSE_MAX: usize = 3000;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of<'e>(elements: impl IntoIterator<Item = &'e [u8]>, bytes_max: usize) -> Vec<u8> {
    let mut hll = EMPTY.to_vec();
    invalidate(&mut hll);
    for element in elements {
        add(&mut hll, element, bytes_max).unwrap();
    }
    hll
}

fn with_registers(encoding: u8, registers: &[u8]) -> Vec<u8> {
    let mut hll = EMPTY[..HEADER].to_vec();
    hll[4] = encoding;
    hll.extend_from_slice(registers);
    invalidate(&mut hll);
    hll
}

/// From GET after one PFADD for each element.
#[test]
fn bytes_are_those_of_redis() {
    let elements: [&[u8]; 8] = [b"a", b"b", b"c", b"foo", b"bar", b"1", b"2", b"3"];
    let hll = of(elements, SPARSE_MAX);
    assert_eq!(
        hex(&hll),
        "48594c4c0100000000000000000000805cb39040b180438b8046218043c48046c8844a628c419780425a"
    );
    assert_eq!(count(&hll), Ok(8));
    assert_eq!(hex(&EMPTY), "48594c4c0100000000000000000000007fff");
    assert_eq!(opcodes(&hll).map(Opcode::run).sum::<usize>(), REGISTERS);
    assert_eq!(opcodes(&hll).nth(1), Some(Opcode::Value(5, 1)));
}

#[test]
fn the_cache_is_stale_after_a_change() {
    let mut hll = EMPTY.to_vec();
    assert_eq!(cached_count(&hll), Some(0));
    assert_eq!(add(&mut hll, b"a", SPARSE_MAX), Ok(true));
    assert_eq!(cached_count(&hll), None);
    set_cached_count(&mut hll, 1);
    assert_eq!(add(&mut hll, b"a", SPARSE_MAX), Ok(false));
    assert_eq!(cached_count(&hll), Some(1));
    to_dense(&mut hll).unwrap();
    assert_eq!(cached_count(&hll), Some(1));
    assert_eq!(add_in_place(&mut hll, b"a"), Some(false));
    assert_eq!(add_in_place(&mut hll, b"b"), Some(true));
    assert_eq!(cached_count(&hll), None);
}

#[test]
fn headers_that_are_none() {
    let good = with_registers(DENSE, &[0; DENSE_LEN - HEADER]);
    assert_eq!(check(&good), Ok(Encoding::Dense));
    assert_eq!(check(&good[..DENSE_LEN - 1]), Err(HllError::NotHll));
    assert_eq!(check(b"HYLL\x01"), Err(HllError::NotHll));
    assert_eq!(check(&with_registers(2, &[0; 9])), Err(HllError::NotHll));
    assert_eq!(
        check(b"HYLX\x01\0\0\0\0\0\0\0\0\0\0\0\0"),
        Err(HllError::NotHll)
    );
    assert_eq!(check(&with_registers(SPARSE, &[])), Ok(Encoding::Sparse));
}

#[test]
fn registers_that_do_not_add_up() {
    for registers in [
        &b""[..],
        b"\x7f",
        b"\x7f\xfe",
        b"\x7f\xff\x00",
        b"\x7f\xfe\x81",
    ] {
        let hll = with_registers(SPARSE, registers);
        assert_eq!(count(&hll), Err(HllError::Corrupted));
        assert_eq!(to_dense(&mut hll.clone()), Err(HllError::Corrupted));
        assert_eq!(Union::new().unwrap().merge(&hll), Err(HllError::Corrupted));
    }
    let mut empty = with_registers(SPARSE, b"");
    assert_eq!(add(&mut empty, b"a", SPARSE_MAX), Err(HllError::Corrupted));
    // Registers that no element can cause: as PFCOUNT of Redis 7.0.15 on x86.
    let full = with_registers(DENSE, &[0xff; DENSE_LEN - HEADER]);
    assert_eq!(count(&full), Ok(1 << 63));
}

/// The standard error of 16384 registers is 1.04 / sqrt(16384) = 0.81 %; the mean square over many
/// independent sets has to come close to it, and no single one far beyond.
#[test]
fn error_is_as_promised() {
    for size in [10_000u64, 100_000] {
        let (sets, mut squares) = (30u64, 0.0);
        for set in 0..sets {
            let mut hll = with_registers(DENSE, &[0; DENSE_LEN - HEADER]);
            for element in 0..size {
                add_in_place(&mut hll, &(set << 40 | element).to_le_bytes());
            }
            let error = count(&hll).unwrap() as f64 / size as f64 - 1.0;
            assert!(error.abs() < 4.0 * 0.0081, "{size}: {error}");
            squares += error * error;
        }
        let deviation = libm::sqrt(squares / sets as f64);
        assert!(deviation < 0.0081 * 1.25, "{size}: {deviation}");
    }
}

#[test]
fn small_sets_are_counted_almost_exactly() {
    let texts: Vec<String> = (0..1000).map(|n| format!("{n}")).collect();
    for size in [0, 1, 2, 10, 100, 1000usize] {
        let hll = of(texts[..size].iter().map(String::as_bytes), SPARSE_MAX);
        let estimate = count(&hll).unwrap();
        assert!(
            estimate.abs_diff(size as u64) * 100 <= size as u64,
            "{size}: {estimate}"
        );
    }
}

fn elements() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        (0u16..400).prop_map(|n| format!("{n}").into_bytes()),
    ];
    proptest::collection::vec(one, 0..300)
}

fn registers(hll: &[u8]) -> Vec<u8> {
    let mut dense = hll.to_vec();
    to_dense(&mut dense).unwrap();
    (0..REGISTERS)
        .map(|index| dense_register(&dense, index).unwrap())
        .collect()
}

proptest! {
    #[test]
    fn encodings_agree(elements in elements(), bytes_max in 16usize..800) {
        let mut model = vec![0u8; REGISTERS];
        for element in &elements {
            let (index, value) = hash::pattern(element);
            model[index] = model[index].max(value);
        }
        let hll = of(elements.iter().map(Vec::as_slice), bytes_max);
        prop_assert!(check(&hll) == Ok(Encoding::Dense) || hll.len() <= bytes_max.max(EMPTY.len()));
        prop_assert_eq!(&registers(&hll), &model);
        let mut union = Union::new().unwrap();
        union.merge(&hll).unwrap();
        prop_assert_eq!(&union.registers, &model);
        prop_assert_eq!(count(&hll).unwrap(), union.count());
    }

    #[test]
    fn a_union_is_the_set_of_both(a in elements(), b in elements(), dense in any::<bool>()) {
        let first = of(a.iter().map(Vec::as_slice), SPARSE_MAX);
        let second = of(b.iter().map(Vec::as_slice), if dense { 16 } else { SPARSE_MAX });
        let mut union = Union::new().unwrap();
        union.merge(&first).unwrap();
        union.merge(&second).unwrap();
        let mut stored = first.clone();
        union.store(&mut stored, SPARSE_MAX).unwrap();
        let together = of(a.iter().chain(&b).map(Vec::as_slice), SPARSE_MAX);
        prop_assert_eq!(registers(&stored), registers(&together));
        prop_assert_eq!(check(&stored) == Ok(Encoding::Dense), check(&second) == Ok(Encoding::Dense));
        prop_assert_eq!(cached_count(&stored), None);
    }

    #[test]
    fn no_bytes_panic(runs in proptest::collection::vec(any::<u8>(), 0..40), element in any::<[u8; 3]>()) {
        let mut hll = with_registers(SPARSE, &runs);
        let _ = count(&hll);
        for last in 0..50 {
            let _ = add(&mut hll, &[element[0], last], 60);
        }
        let _ = Union::new().unwrap().merge(&hll);
        let _ = to_dense(&mut hll);
        let _ = opcodes(&hll).count();
    }
}
