//! Hashes against a map: order, limits, walks, fairness.

use super::timed::Redated;
use super::*;
use crate::random::Random;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec;

const LIMITS: Limits = Limits {
    entries: 8,
    value_bytes: 16,
};

fn number(number: u64) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn contents(hash: &Hash) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    hash.each(|field, value, _| {
        let text = |element: Element<'_>| element.text(&mut [0; 20]).to_vec();
        all.push((text(field), text(value)));
        true
    });
    all
}

fn filled(hasher: &KeyHasher, len: u64) -> Hash {
    let mut hash = Hash::default();
    for field in 0..len {
        assert!(
            hash.set(hasher, LIMITS, &number(field), b"v", Deadline::Clear)
                .unwrap()
        );
    }
    hash
}

#[test]
fn small_hashes_keep_the_order_of_arrival() {
    let hasher = KeyHasher::new(1);
    let mut hash = Hash::default();
    for field in [&b"b"[..], b"7", b"a", b""] {
        assert!(
            hash.set(&hasher, LIMITS, field, b"1", Deadline::Clear)
                .unwrap()
        );
    }
    assert!(
        !hash
            .set(&hasher, LIMITS, b"b", b"other", Deadline::Clear)
            .unwrap()
    );
    let fields: Vec<Vec<u8>> = contents(&hash).into_iter().map(|pair| pair.0).collect();
    assert_eq!(fields, [&b"b"[..], b"7", b"a", b""]);
    assert_eq!(hash.get(&hasher, b"b", 0), Some(Element::Bytes(b"other")));
    assert_eq!(hash.encoding(), "listpack");
}

#[test]
fn limits_make_a_table() {
    let hasher = KeyHasher::new(1);
    assert_eq!(filled(&hasher, 8).encoding(), "listpack");
    assert_eq!(filled(&hasher, 9).encoding(), "hashtable");
    for (field, value, encoding) in [
        (16, 16, "listpack"),
        (17, 1, "hashtable"),
        (1, 17, "hashtable"),
    ] {
        let mut hash = filled(&hasher, 3);
        let (field, value) = (vec![b'f'; field], vec![b'v'; value]);
        assert!(
            hash.set(&hasher, LIMITS, &field, &value, Deadline::Clear)
                .unwrap()
        );
        assert_eq!(hash.encoding(), encoding);
        assert_eq!(hash.get(&hasher, &field, 0), Some(Element::Bytes(&value)));
        assert_eq!(hash.len(), 4);
    }
}

#[test]
fn as_a_map() {
    let hasher = KeyHasher::new(1);
    let mut random = Random::new(1);
    let (mut hash, mut map) = (Hash::default(), BTreeMap::new());
    for step in 0..20_000 {
        let field = number(random.below(if step < 500 { 7 } else { 2000 }));
        if random.below(3) == 0 {
            let removed = hash.remove(&hasher, &field);
            assert_eq!(removed, map.remove(&field).is_some());
        } else {
            let value = vec![b'v'; random.below(16) as usize];
            let is_new = hash
                .set(&hasher, LIMITS, &field, &value, Deadline::Clear)
                .unwrap();
            assert_eq!(is_new, map.insert(field.clone(), value).is_none());
        }
        assert_eq!(hash.len(), map.len());
        assert_eq!(
            hash.find(&hasher, &field).is_some(),
            map.contains_key(&field)
        );
    }
    let as_map = |hash: &Hash| contents(hash).into_iter().collect::<BTreeMap<_, _>>();
    assert_eq!(as_map(&hash), map);
    let mut copy = hash.copy().unwrap();
    assert!(
        copy.set(&hasher, LIMITS, b"new", b"", Deadline::Clear)
            .unwrap()
    );
    assert_eq!(as_map(&hash), map);
    let (mut cursor, mut seen) = (0, BTreeSet::new());
    loop {
        cursor = hash.scan(&hasher, cursor, |field, _, _| {
            assert!(seen.insert(field.text(&mut [0; 20]).to_vec()));
        });
        if cursor == 0 {
            break;
        }
    }
    assert!(seen.iter().eq(map.keys()));
    while hash.drop_some(100) {}
    assert!(hash.is_empty());
}

#[test]
fn samples_are_uniform() {
    let hasher = KeyHasher::new(1);
    let mut random = Random::new(1);
    for (len, count) in [(8, 3), (100, 50), (100, 5), (100, 100), (5, 9)] {
        let hash = filled(&hasher, len);
        let mut drawn = vec![0u32; len as usize];
        let rounds = 40_000;
        for _ in 0..rounds {
            let mut seen = BTreeSet::new();
            hash.sample(
                count,
                || random.next_u64(),
                |field, _| {
                    let field = field.int().unwrap() as usize;
                    assert!(seen.insert(field));
                    drawn[field] += 1;
                },
            )
            .unwrap();
            assert_eq!(seen.len(), count.min(len as usize));
        }
        let expected = f64::from(rounds) * (count as f64 / len as f64).min(1.0);
        for drawn in drawn {
            let off = (f64::from(drawn) - expected) / expected.sqrt();
            assert!(off.abs() < 5.0, "{drawn} of {expected}");
        }
    }
}

#[test]
fn what_is_expected_is_prepared_for() {
    let hasher = KeyHasher::new(1);
    let long = [b'v'; 17];
    let prepared = |pairs: &[(&[u8], &[u8])]| {
        let mut hash = Hash::default();
        hash.expect(&hasher, LIMITS, pairs.iter().copied()).unwrap();
        hash
    };
    assert_eq!(
        prepared(&[(&b"f"[..], &b"v"[..]); 8]).encoding(),
        "listpack"
    );
    assert_eq!(
        prepared(&[(&b"f"[..], &b"v"[..]); 9]).encoding(),
        "hashtable"
    );
    assert_eq!(prepared(&[(b"f", &long)]).encoding(), "hashtable");
    let mut hash = prepared(&[(b"first", b"12345"), (b"second", b"a value")]);
    let before = hash.memory_bytes();
    hash.set(&hasher, LIMITS, b"first", b"12345", Deadline::Clear)
        .unwrap();
    hash.set(&hasher, LIMITS, b"second", b"a value", Deadline::Clear)
        .unwrap();
    assert_eq!(hash.memory_bytes(), before);
}

/// What a hash holds, with deadlines, in its own order.
fn dated(hash: &Hash) -> Vec<(Vec<u8>, Vec<u8>, u64)> {
    let mut all = Vec::new();
    hash.each(|field, value, deadline| {
        let text = |element: Element<'_>| element.text(&mut [0; 20]).to_vec();
        all.push((text(field), text(value), deadline));
        true
    });
    all
}

#[test]
fn deadlines_order_a_small_hash() {
    let hasher = KeyHasher::new(1);
    let mut hash = filled(&hasher, 5);
    for (field, deadline) in [(3, 50), (1, 100), (4, 50), (1, NEVER), (0, 60)] {
        hash.set_deadline(&hasher, &number(field), deadline)
            .unwrap();
    }
    let order = |hash: &Hash| -> Vec<(u64, u64)> {
        let name = |text: &[u8]| u64::from(text[0] - b'0');
        dated(hash)
            .iter()
            .map(|field| (name(&field.0), field.2))
            .collect()
    };
    // One with the same deadline as another comes before it.
    let expected = [(4, 50), (3, 50), (0, 60), (2, NEVER), (1, NEVER)];
    assert_eq!(order(&hash), expected);
    assert_eq!(hash.encoding(), "listpackex");
    let list = hash.timed_listpack().unwrap().clone();
    assert_eq!(order(&Hash::from_timed_listpack(list).unwrap()), expected);
    // A new value takes the deadline away, and the place with it.
    hash.set(&hasher, LIMITS, b"3", b"w", Deadline::Keep)
        .unwrap();
    hash.set(&hasher, LIMITS, b"4", b"w", Deadline::Clear)
        .unwrap();
    let expected = [(3, 50), (0, 60), (2, NEVER), (1, NEVER), (4, NEVER)];
    assert_eq!(order(&hash), expected);
    let mut unsound = Listpack::new();
    for element in ["f", "v", "2", "g", "v", "1"] {
        unsound.push_back(element.as_bytes()).unwrap();
    }
    assert!(Hash::from_timed_listpack(unsound).is_err());
}

#[test]
fn deadlines_as_in_a_map() {
    let hasher = KeyHasher::new(1);
    for fields in [7, 2000] {
        let mut random = Random::new(fields);
        let (mut hash, mut map) = (Hash::default(), BTreeMap::new());
        for now in 0..if cfg!(miri) { 300 } else { 20_000 } {
            let field = number(random.below(fields));
            match random.below(6) {
                0 => {
                    let removed = hash.remove(&hasher, &field);
                    assert_eq!(removed, map.remove(&field).is_some());
                }
                1 => {
                    let known = map.get_mut(&field);
                    let deadline = match random.below(4) {
                        0 => NEVER,
                        _ => now + random.below(1000),
                    };
                    let redated = hash.set_deadline(&hasher, &field, deadline).unwrap();
                    assert_eq!(redated == Redated::Done, known.is_some());
                    if let Some((_, known)) = known {
                        *known = deadline;
                    }
                }
                2 if random.below(20) == 0 => {
                    let mut from = usize::MAX;
                    let due = hash.len() - hash.live_len(now);
                    let mut gone = 0;
                    while hash.expire(&hasher, now, 3, &mut from, |field| {
                        let (_, deadline) = map.remove(field).unwrap();
                        assert!(deadline <= now);
                        gone += 1;
                    }) {}
                    assert_eq!(gone, due);
                    assert!(map.values().all(|(_, deadline)| *deadline > now));
                }
                _ => {
                    let value = vec![b'v'; random.below(16) as usize];
                    let keep = random.below(2) == 0;
                    let rule = if keep {
                        Deadline::Keep
                    } else {
                        Deadline::Clear
                    };
                    let is_new = hash.set(&hasher, LIMITS, &field, &value, rule).unwrap();
                    let before = map.get(&field).map(|(_, deadline)| *deadline);
                    assert_eq!(is_new, before.is_none());
                    let deadline = before.filter(|_| keep).unwrap_or(NEVER);
                    map.insert(field, (value, deadline));
                }
            }
            assert!(
                map.values()
                    .all(|(_, deadline)| *deadline >= hash.earliest())
            );
        }
        let timed = map.values().filter(|(_, deadline)| *deadline != NEVER);
        assert_eq!(hash.timed_len(), timed.count());
        let mut copied = dated(&hash.copy().unwrap());
        copied.sort();
        let expected: Vec<_> = map.into_iter().map(|(f, (v, d))| (f, v, d)).collect();
        assert_eq!(copied, expected);
    }
}
