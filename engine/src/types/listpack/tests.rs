//! A listpack against a vector of byte strings, and its bytes against those of a redis-server 7.0.15.

extern crate std;
use super::*;
use proptest::prelude::*;
use std::format;
use std::string::String;
use std::vec;

fn text(element: Element<'_>) -> Vec<u8> {
    element.text(&mut [0; 20]).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn list(texts: &[&[u8]]) -> Listpack {
    let mut list = Listpack::new();
    for text in texts {
        list.push_back(*text).unwrap();
    }
    list
}

/// Every encoding and its limits: the entry's bytes, from DUMP of one-element lists.
const ENTRIES: [(&[u8], &str); 34] = [
    (b"0", "0001"),
    (b"127", "7f01"),
    (b"128", "c08002"),
    (b"-1", "dfff02"),
    (b"-4096", "d00002"),
    (b"-4097", "f1ffef03"),
    (b"4095", "cfff02"),
    (b"4096", "f1001003"),
    (b"32767", "f1ff7f03"),
    (b"32768", "f200800004"),
    (b"-32768", "f1008003"),
    (b"-32769", "f2ff7fff04"),
    (b"8388607", "f2ffff7f04"),
    (b"8388608", "f30000800005"),
    (b"-8388608", "f200008004"),
    (b"-8388609", "f3ffff7fff05"),
    (b"2147483647", "f3ffffff7f05"),
    (b"2147483648", "f4000000800000000009"),
    (b"-2147483648", "f30000008005"),
    (b"-2147483649", "f4ffffff7fffffffff09"),
    (b"9223372036854775807", "f4ffffffffffffff7f09"),
    (
        b"9223372036854775808",
        "933932323333373230333638353437373538303814",
    ),
    (b"-9223372036854775808", "f4000000000000008009"),
    (
        b"-9223372036854775809",
        "942d3932323333373230333638353437373538303915",
    ),
    (b"", "8001"),
    (b"a", "816102"),
    (b"01", "82303103"),
    (b"-0", "822d3003"),
    (b"+1", "822b3103"),
    (b" 1", "82203103"),
    (b"1.0", "83312e3004"),
    (b"00", "82303003"),
    (b"-", "812d02"),
    (
        b"xxxxxxxxxxxxxxxxxxxx",
        "94787878787878787878787878787878787878787815",
    ),
];

/// Strings of one byte repeated: length, the first 12 bytes of the whole list, the last 6.
const LONG: [(usize, &str, &str); 16] = [
    (62, "470000000100be7979797979", "797979793fff"),
    (63, "480000000100bf7979797979", "7979797940ff"),
    (64, "4a0000000100e04079797979", "7979797942ff"),
    (65, "4b0000000100e04179797979", "7979797943ff"),
    (125, "870000000100e07d79797979", "797979797fff"),
    (126, "890000000100e07e79797979", "7979790180ff"),
    (127, "8a0000000100e07f79797979", "7979790181ff"),
    (128, "8b0000000100e08079797979", "7979790182ff"),
    (4095, "0a1000000100efff79797979", "7979792081ff"),
    (4096, "0e1000000100f00010000079", "7979792085ff"),
    (5000, "961300000100f08813000079", "797979278dff"),
    (16376, "064000000100f0f83f000079", "7979797ffdff"),
    (16377, "074000000100f0f93f000079", "7979797ffeff"),
    (16378, "094000000100f0fa3f000079", "797900ffffff"),
    (16379, "0a4000000100f0fb3f000079", "7979018080ff"),
    (16380, "0b4000000100f0fc3f000079", "7979018081ff"),
];

#[test]
fn bytes_are_those_of_redis() {
    let mut all = Listpack::new();
    let mut expected = String::new();
    for (element, bytes) in ENTRIES {
        let one = list(&[element]);
        assert_eq!(hex(&one.to_bytes().unwrap()[6..]), format!("{bytes}ff"));
        assert_eq!(Listpack::element_size(element.into()), bytes.len() / 2);
        all.push_back(element).unwrap();
        expected += bytes;
    }
    assert_eq!(
        hex(&all.to_bytes().unwrap()),
        format!("dd0000002200{expected}ff")
    );
    for (len, first, last) in LONG {
        let one = list(&[&vec![b'y'; len]]);
        let bytes = one.to_bytes().unwrap();
        assert_eq!(hex(&bytes[..12]), first);
        assert_eq!(hex(&bytes[bytes.len() - 6..]), last);
        assert_eq!(text(one.iter().next_back().unwrap()).len(), len);
        assert_eq!(one.prev(one.last().unwrap()), None);
        assert!(Listpack::from_bytes(bytes.clone()).is_ok());
    }
    assert_eq!(hex(&Listpack::new().to_bytes().unwrap()), "070000000000ff");
}

#[test]
fn elements_come_back() {
    let all = list(&ENTRIES.map(|(element, _)| element));
    for (at, (element, _)) in ENTRIES.iter().enumerate() {
        assert_eq!(text(all.get(at as i64).unwrap()), *element);
        let found = all.find(element, 0).unwrap();
        assert_eq!(Some(found), all.seek(at as i64));
        assert_eq!(Some(found), all.seek(at as i64 - ENTRIES.len() as i64));
    }
    let copy = Listpack::from_bytes(all.to_bytes().unwrap()).unwrap();
    assert_eq!(copy, all);
    assert_eq!(copy.len(), ENTRIES.len());
}

#[test]
fn find_looks_at_fields_only() {
    let pairs = list(&[b"a", b"b", b"b", b"1", b"2", b"2"]);
    assert_eq!(pairs.find(b"b", 1), pairs.seek(2));
    assert_eq!(pairs.find(b"1", 1), None);
    assert_eq!(pairs.find(b"2", 1), pairs.seek(4));
    assert_eq!(pairs.find(b"b", 0), pairs.seek(1));
    let second = pairs.seek(2).unwrap();
    assert_eq!(pairs.find_from(second, b"a", 0), None);
}

/// Integers that another encoder kept as strings or in too many bytes are still found.
#[test]
fn other_encoders_are_understood() {
    let mut bytes = vec![0, 0, 0, 0, 2, 0, 0x81, b'5', 2, 0xf1, 6, 0, 3, 0xff];
    bytes[0] = bytes.len() as u8;
    let other = Listpack::from_bytes(bytes).unwrap();
    assert_eq!(other.find(b"5", 0), other.first());
    assert_eq!(other.find(b"6", 0), other.last());
    assert_eq!(other.get(0).unwrap().int(), Some(5));
    assert!(other.compare(other.last().unwrap(), b"6"));
    assert!(!other.compare(other.last().unwrap(), b"06"));
}

#[test]
fn counts_beyond_16_bits() {
    let mut many = Listpack::new();
    for value in 0..65_534i64 {
        many.push_back(value % 100).unwrap();
    }
    assert_eq!(many.to_bytes().unwrap()[4..6], [0xfe, 0xff]);
    let short = many.clone();
    many.push_back(7).unwrap();
    many.push_back(8).unwrap();
    assert_eq!(many.to_bytes().unwrap()[4..6], [0xff, 0xff]);
    assert_eq!(many.len(), 65_536);
    assert_eq!(many.get(65_535), Some(Element::Int(8)));
    assert_eq!(many.get(-65_536), Some(Element::Int(0)));
    assert_eq!(many.get(65_536), None);
    assert_eq!(many.get(-65_537), None);
    let mut copy = Listpack::from_bytes(many.to_bytes().unwrap()).unwrap();
    copy.remove_range(1, 65_534);
    assert_eq!(copy.iter().map(text).collect::<Vec<_>>(), [b"0", b"8"]);
    assert_eq!(copy.len(), 2);
    let mut joined = short.clone();
    joined.merge(&short).unwrap();
    assert_eq!(joined.len(), 2 * 65_534);
}

#[test]
fn damaged_bytes_are_refused() {
    let good = list(&[b"a", b"1000", &[b'x'; 200], b"-70000"])
        .to_bytes()
        .unwrap();
    for at in 0..good.len() {
        assert_eq!(Listpack::from_bytes(good[..at].to_vec()), Err(Corrupt));
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        if let Ok(list) = Listpack::from_bytes(bad) {
            // Only payload changed.
            assert_eq!(list.iter().count(), 4);
            assert_eq!(list.iter().rev().count(), 4);
        }
    }
    let huge_string = [12, 0, 0, 0, 1, 0, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(Listpack::from_bytes(huge_string.to_vec()), Err(Corrupt));
}

#[test]
fn memory_follows_the_content() {
    let mut list = Listpack::new();
    for value in 0..10_000i64 {
        list.push_back(value).unwrap();
        assert!(list.capacity() <= list.bytes_len() * 9 / 8 + 32);
    }
    while list.pop_back(|_| ()).is_some() {
        assert!(list.capacity() <= list.bytes_len() * 2 + 80);
    }
    assert_eq!(list, Listpack::new());
}

#[derive(Clone, Debug)]
enum Op {
    PushBack(Vec<u8>),
    PushFront(Vec<u8>),
    Before(usize, Vec<u8>),
    After(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    Remove(usize),
    RemoveFrom(usize, usize),
    RemoveRange(i64, usize),
    PushAll(Vec<Vec<u8>>),
    InsertAll(usize, Vec<Vec<u8>>),
    Merge(Vec<Vec<u8>>),
    PopFront,
    PopBack,
}

fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|value| format!("{value}").into_bytes()),
        (any::<i64>(), 0u32..64).prop_map(|(value, by)| format!("{}", value >> by).into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..8),
        (any::<u8>(), 0usize..300).prop_map(|(byte, len)| vec![byte; len]),
        (any::<u8>(), 4000usize..20_000).prop_map(|(byte, len)| vec![byte; len]),
        "[0-9+-]{0,3}".prop_map(String::into_bytes),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let many = || proptest::collection::vec(element(), 0..5);
    prop_oneof![
        element().prop_map(Op::PushBack),
        element().prop_map(Op::PushFront),
        (any::<usize>(), element()).prop_map(|(at, e)| Op::Before(at, e)),
        (any::<usize>(), element()).prop_map(|(at, e)| Op::After(at, e)),
        (any::<usize>(), element()).prop_map(|(at, e)| Op::Replace(at, e)),
        any::<usize>().prop_map(Op::Remove),
        (any::<usize>(), 0usize..4).prop_map(|(at, n)| Op::RemoveFrom(at, n)),
        (-9i64..9, 0usize..4).prop_map(|(at, n)| Op::RemoveRange(at, n)),
        many().prop_map(Op::PushAll),
        (any::<usize>(), many()).prop_map(|(at, e)| Op::InsertAll(at, e)),
        many().prop_map(Op::Merge),
        Just(Op::PopFront),
        Just(Op::PopBack),
    ]
}

fn elements(texts: &[Vec<u8>]) -> impl Iterator<Item = Element<'_>> + Clone {
    texts.iter().map(|text| Element::Bytes(text))
}

/// Does the same to both; operations at a position are skipped while there is none.
fn apply(op: &Op, list: &mut Listpack, model: &mut Vec<Vec<u8>>) {
    let place = |at: usize| (!model.is_empty()).then(|| at % model.len());
    let seek = |list: &Listpack, at: usize| list.seek(at as i64).unwrap();
    match op {
        Op::PushBack(e) => {
            list.push_back(e.as_slice()).unwrap();
            model.push(e.clone());
        }
        Op::PushFront(e) => {
            list.push_front(e.as_slice()).unwrap();
            model.insert(0, e.clone());
        }
        Op::Before(at, e) => {
            let Some(at) = place(*at) else { return };
            list.insert_before(seek(list, at), e.as_slice()).unwrap();
            model.insert(at, e.clone());
        }
        Op::After(at, e) => {
            let Some(at) = place(*at) else { return };
            let new = list.insert_after(seek(list, at), e.as_slice()).unwrap();
            assert_eq!(Some(new), list.seek(at as i64 + 1));
            model.insert(at + 1, e.clone());
        }
        Op::Replace(at, e) => {
            let Some(at) = place(*at) else { return };
            list.replace(seek(list, at), e.as_slice()).unwrap();
            model[at] = e.clone();
        }
        Op::Remove(at) => {
            let Some(at) = place(*at) else { return };
            let next = list.remove(seek(list, at));
            model.remove(at);
            assert_eq!(next, list.seek(at as i64));
        }
        Op::RemoveFrom(at, count) => {
            let Some(at) = place(*at) else { return };
            list.remove_from(seek(list, at), *count);
            model.drain(at..model.len().min(at + count));
        }
        Op::RemoveRange(at, count) => {
            list.remove_range(*at, *count);
            let len = model.len() as i64;
            let start = if *at < 0 { at + len } else { *at };
            if (0..len).contains(&start) {
                let start = start as usize;
                model.drain(start..model.len().min(start + count));
            }
        }
        Op::PushAll(e) => {
            list.push_all(elements(e)).unwrap();
            model.extend(e.iter().cloned());
        }
        Op::InsertAll(at, e) => {
            let Some(at) = place(*at) else { return };
            list.insert_all_before(seek(list, at), elements(e)).unwrap();
            model.splice(at..at, e.iter().cloned());
        }
        Op::Merge(e) => {
            let mut other = Listpack::new();
            other.push_all(elements(e)).unwrap();
            list.merge(&other).unwrap();
            model.extend(e.iter().cloned());
        }
        Op::PopFront => {
            let expected = (!model.is_empty()).then(|| model.remove(0));
            assert_eq!(list.pop_front(text), expected);
        }
        Op::PopBack => assert_eq!(list.pop_back(text), model.pop()),
    }
}

proptest! {
    #[test]
    fn behaves_as_a_vector(ops in proptest::collection::vec(op(), 0..40)) {
        let (mut list, mut model) = (Listpack::new(), Vec::new());
        for op in &ops {
            apply(op, &mut list, &mut model);
            prop_assert_eq!(list.len(), model.len());
            prop_assert_eq!(list.is_empty(), model.is_empty());
        }
        prop_assert_eq!(list.iter().map(text).collect::<Vec<_>>(), model.clone());
        let backwards: Vec<_> = model.iter().rev().cloned().collect();
        prop_assert_eq!(list.iter().rev().map(text).collect::<Vec<_>>(), backwards);
        let mut built = Listpack::new();
        built.push_all(elements(&model)).unwrap();
        prop_assert_eq!(built.to_bytes().unwrap(), list.to_bytes().unwrap());
        prop_assert_eq!(&Listpack::from_bytes(list.to_bytes().unwrap()).unwrap(), &list);
        for (at, wanted) in model.iter().enumerate() {
            let first = model.iter().position(|e| e == wanted).unwrap();
            prop_assert_eq!(list.find(wanted, 0), list.seek(first as i64));
            let place = list.seek(at as i64).unwrap();
            prop_assert!(list.compare(place, wanted));
            prop_assert_eq!(list.iter_from(place).count(), model.len() - at);
            let last = list.iter_to(place).next_back().map(text);
            prop_assert_eq!(last.as_ref(), Some(wanted));
        }
    }

    #[test]
    fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 7..60), count in 0u8..9) {
        let last = bytes.len() - 1;
        bytes[0] = last as u8 + 1;
        bytes[1..6].copy_from_slice(&[0, 0, 0, count, 0]);
        bytes[last] = 0xff;
        if let Ok(list) = Listpack::from_bytes(bytes) {
            prop_assert_eq!(list.iter().count(), list.iter().rev().count());
            prop_assert_eq!(list.find(b"17", 0), list.find(b"17", 0));
        }
    }
}
