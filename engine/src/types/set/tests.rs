//! Sets against the standard library's, and the steps from form to form.

use super::*;
use crate::random::Random;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

const LIMITS: Limits = Limits {
    intset_entries: 512,
    listpack_entries: 128,
    listpack_value: 64,
};

fn hasher() -> KeyHasher {
    KeyHasher::new(7)
}

fn set_of<T: AsRef<[u8]>>(members: &[T]) -> Set {
    let mut set = members.first().map_or_else(Set::default, |first| {
        Set::for_members(first.as_ref(), 1, &LIMITS)
    });
    for member in members {
        let member = Element::Bytes(member.as_ref());
        set.add(&hasher(), member, &LIMITS).unwrap();
    }
    set
}

fn texts(set: &Set) -> BTreeSet<Vec<u8>> {
    let texts: BTreeSet<Vec<u8>> = set
        .iter()
        .map(|member| member.text(&mut [0; 20]).to_vec())
        .collect();
    assert_eq!(texts.len(), set.len());
    texts
}

#[test]
fn forms_change_where_redis_changes_them() {
    // Each of these was asked of valkey-server 8.0.1.
    let numbers = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<String>>();
    let words = |count: usize| (0..count).map(|n| format!("m{n}")).collect::<Vec<String>>();
    let then = |mut members: Vec<String>, last: &str| {
        members.push(last.to_string());
        members
    };
    for (members, encoding) in [
        (numbers(512), "intset"),
        (numbers(513), "hashtable"),
        (words(128), "listpack"),
        (words(129), "hashtable"),
        (then(numbers(127), "a"), "listpack"),
        (then(numbers(128), "a"), "hashtable"),
        (then(words(1), &"x".repeat(64)), "listpack"),
        (then(words(1), &"x".repeat(65)), "hashtable"),
        (then(numbers(1), &"x".repeat(65)), "hashtable"),
        (vec!["01".to_string()], "listpack"),
    ] {
        let set = set_of(&members);
        assert_eq!(set.encoding(), encoding, "{} {members:?}", members.len());
        let expected = members.iter().map(|member| member.clone().into_bytes());
        assert_eq!(texts(&set), expected.collect());
    }
}

#[test]
fn the_hint_chooses_the_first_form() {
    for (first, hint, encoding) in [
        ("1", 512, "intset"),
        ("1", 513, "hashtable"),
        ("a", 128, "listpack"),
        ("a", 129, "hashtable"),
    ] {
        let set = Set::for_members(first.as_bytes(), hint, &LIMITS);
        assert_eq!(set.encoding(), encoding);
    }
    let mut set = set_of(&["a"]);
    set.expect(&hasher(), 128, &LIMITS).unwrap();
    assert_eq!(set.encoding(), "listpack");
    set.expect(&hasher(), 129, &LIMITS).unwrap();
    assert_eq!(set.encoding(), "hashtable");
}

#[test]
fn all_forms_behave_alike() {
    let hasher = hasher();
    let mut random = Random::new(3);
    for (range, prefix) in [(300, ""), (2000, ""), (90, "m"), (5000, "member:")] {
        let mut set = Set::default();
        let mut model = BTreeSet::new();
        for step in 0..4 * range {
            let text = format!("{prefix}{}", random.below(range)).into_bytes();
            let member = Element::Bytes(&text);
            assert_eq!(set.contains(&hasher, member), model.contains(&text));
            if random.below(3) > 0 {
                assert_eq!(
                    set.add(&hasher, member, &LIMITS),
                    Ok(model.insert(text.clone()))
                );
            } else {
                assert_eq!(set.remove(&hasher, member), model.remove(&text));
            }
            if step % 500 == 0 {
                assert_eq!(texts(&set), model);
                assert_eq!(texts(&set.copy().unwrap()), model);
            }
        }
        let mut scanned = BTreeSet::new();
        let mut cursor = 0;
        loop {
            cursor = set.scan(&hasher, cursor, |member| {
                scanned.insert(member.text(&mut [0; 20]).to_vec());
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(scanned, model);
        while let Some(popped) = set.pop(&hasher, || random.next_u64()).unwrap() {
            assert!(model.remove(popped.element().text(&mut [0; 20])));
        }
        assert!(model.is_empty() && set.is_empty());
    }
}

/// Whether each of `kinds` came about equally often, to four standard deviations.
fn assert_uniform(counts: &BTreeMap<Vec<u8>, u64>, kinds: usize) {
    assert_eq!(counts.len(), kinds);
    let total: u64 = counts.values().sum();
    let expected = total as f64 / kinds as f64;
    let chi: f64 = counts
        .values()
        .map(|count| (*count as f64 - expected).powi(2) / expected)
        .sum();
    let freedom = (kinds - 1) as f64;
    assert!(chi < freedom + 4.0 * (2.0 * freedom).sqrt(), "{chi}");
}

#[test]
fn draws_are_uniform() {
    let hasher = hasher();
    let mut random = Random::new(5);
    for (prefix, members, rest) in [
        ("", 40, 40),
        ("m", 40, 40),
        ("m", 200, 200),
        ("m", 900, 900),
        ("m", 900, 70),
        ("m", 900, 5),
    ] {
        let all: Vec<String> = (0..members).map(|n| format!("{prefix}{n}")).collect();
        let mut set = set_of(&all);
        for member in &all[rest..] {
            set.remove(&hasher, Element::Bytes(member.as_bytes()));
        }
        let mut drawn = BTreeMap::new();
        let mut sampled = BTreeMap::new();
        for _ in 0..rest * 50 {
            let member = set.random(|| random.next_u64()).unwrap();
            let text = member.text(&mut [0; 20]).to_vec();
            *drawn.entry(text).or_insert(0) += 1;
        }
        assert_uniform(&drawn, rest);
        for count in [rest / 5, rest / 2, rest] {
            for _ in 0..250 {
                let mut seen = BTreeSet::new();
                let visit = |member: Element<'_>| {
                    let text = member.text(&mut [0; 20]).to_vec();
                    *sampled.entry(text.clone()).or_insert(0) += 1;
                    assert!(seen.insert(text));
                };
                set.sample(&hasher, count, || random.next_u64(), visit)
                    .unwrap();
                assert_eq!(seen.len(), count);
            }
        }
        assert_uniform(&sampled, rest);
    }
}

#[test]
fn algebra_is_that_of_sets() {
    let hasher = hasher();
    let mut random = Random::new(9);
    for round in 0..300 {
        let count = 1 + random.below(6) as usize;
        let sets: Vec<Set> = (0..count)
            .map(|_| {
                let len = [3, 20, 150, 600][random.below(4) as usize];
                let prefix = if random.below(2) == 0 { "" } else { "m" };
                let range = 1 + random.below(2 * len);
                let member = |_| format!("{prefix}{}", random.below(range));
                set_of(&(0..len).map(member).collect::<Vec<String>>())
            })
            .collect();
        let refs: Vec<&Set> = sets.iter().collect();
        let models: Vec<BTreeSet<Vec<u8>>> = sets.iter().map(texts).collect();
        let (first, others) = models.split_first().unwrap();
        let all = |keep: &dyn Fn(&Vec<u8>) -> bool| -> BTreeSet<Vec<u8>> {
            models
                .iter()
                .flatten()
                .filter(|member| keep(member))
                .cloned()
                .collect()
        };
        let collect = |run: &mut dyn FnMut(&mut Visit<'_>)| {
            let mut found = Vec::new();
            run(&mut |member| {
                found.push(member.text(&mut [0; 20]).to_vec());
                Ok(true)
            });
            let len = found.len();
            let found: BTreeSet<Vec<u8>> = found.into_iter().collect();
            assert_eq!(found.len(), len, "{round}");
            found
        };
        let found = collect(&mut |visit| intersect(&mut refs.clone(), &hasher, visit).unwrap());
        assert_eq!(
            found,
            all(&|member| models.iter().all(|set| set.contains(member)))
        );
        let found = collect(&mut |visit| union(&refs, &hasher, &LIMITS, visit).unwrap());
        assert_eq!(found, all(&|_| true));
        let mut built = None;
        let mut found = collect(&mut |visit| {
            built = difference(refs[0], &refs[1..], &hasher, &LIMITS, visit).unwrap();
        });
        if let Some(set) = built {
            found = texts(&set);
        }
        let none = |member: &&Vec<u8>| !others.iter().any(|set| set.contains(*member));
        assert_eq!(found, first.iter().filter(none).cloned().collect());
    }
}

#[test]
fn new_members_are_added_as_others_are() {
    let words = |count: usize| (0..count).map(|n| format!("m{n}")).collect::<Vec<String>>();
    let numbers = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<String>>();
    let mut mixed = numbers(50);
    mixed.extend(words(50));
    let mut long = words(10);
    long.push("x".repeat(65));
    for members in [
        words(128),
        words(129),
        numbers(512),
        numbers(513),
        mixed,
        long,
    ] {
        let mut set = Set::for_members(members[0].as_bytes(), 1, &LIMITS);
        for member in &members {
            let member = Element::Bytes(member.as_bytes());
            assert!(set.add_new(&hasher(), member, &LIMITS).unwrap());
        }
        let other = set_of(&members);
        assert_eq!(texts(&set), texts(&other));
        assert_eq!(
            (set.len(), set.encoding()),
            (members.len(), other.encoding())
        );
    }
}
