//! Both forms against a sorted list.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits {
    entries: 128,
    value_bytes: 64,
};
const NEVER_SMALL: Limits = Limits {
    entries: 0,
    value_bytes: 64,
};

fn listed(set: &SortedSet, backwards: bool) -> Vec<(String, f64)> {
    set.range(0..set.len(), backwards)
        .map(|(member, score)| {
            let text = String::from_utf8_lossy(member.text(&mut [0; 20])).into_owned();
            (text, score)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 64 }))]
    #[test]
    fn both_forms_behave_as_a_sorted_list(
        always_large: bool,
        steps in prop::collection::vec((0u8..6, 0u32..300, -20i32..20), 1..600),
    ) {
        let hasher = KeyHasher::new(3);
        let limits = if always_large { NEVER_SMALL } else { SMALL };
        let mut set = SortedSet::default();
        let mut model: Vec<(String, f64)> = Vec::new();
        for (step, member, score) in steps {
            let member = member.to_string();
            let score = f64::from(score) / 4.0;
            let known = model.iter().position(|entry| entry.0 == member);
            if step < 4 {
                let put = set.put(&hasher, limits, member.as_bytes(), |_| Ok(Some(score))).unwrap();
                match known {
                    None => {
                        prop_assert_eq!(put, Put::Added(score));
                        model.push((member.clone(), score));
                    }
                    Some(at) if model[at].1 == score => prop_assert_eq!(put, Put::Same(score)),
                    Some(at) => {
                        prop_assert_eq!(put, Put::Moved(score));
                        model[at].1 = score;
                    }
                }
                model.sort_by(|left, right| left.1.total_cmp(&right.1).then_with(|| left.0.cmp(&right.0)));
                let rank = model.iter().position(|entry| entry.0 == member).unwrap();
                prop_assert_eq!(set.rank(&hasher, member.as_bytes()), Some((rank, score)));
            } else if step == 4 {
                prop_assert_eq!(set.remove(&hasher, member.as_bytes()), known.is_some());
                model.retain(|entry| entry.0 != member);
            } else {
                let range = ScoreRange { min: score, max: score + 1.0, above_min: member.len() > 1, below_max: false };
                let ranks = set.ranks_of_scores(&range);
                let inside = |entry: &&(String, f64)| {
                    !range.starts_behind(entry.1) && !range.ends_before(entry.1)
                };
                prop_assert_eq!(ranks.len(), model.iter().filter(inside).count());
                if member.len() == 2 {
                    set.remove_range(&hasher, ranks.clone());
                    model.drain(ranks);
                }
                // What is left of it may go at any time.
                set.take_rest(&hasher, member.len() - 1);
            }
            prop_assert_eq!(set.len(), model.len());
        }
        prop_assert_eq!(&listed(&set, false), &model);
        let mut scanned = Vec::new();
        let mut cursor = 0;
        loop {
            cursor = set.scan(&hasher, cursor, |member, score| {
                let text = String::from_utf8_lossy(member.text(&mut [0; 20])).into_owned();
                scanned.push((text, score));
            });
            if cursor == 0 {
                break;
            }
        }
        scanned.sort_by(|left, right| left.1.total_cmp(&right.1).then_with(|| left.0.cmp(&right.0)));
        prop_assert_eq!(&scanned, &model);
        let mut copy = set.copy().unwrap();
        while copy.take_rest(&hasher, 3) {}
        while set.drop_some(50) {}
        prop_assert_eq!(&listed(&copy, false), &model);
        model.reverse();
        prop_assert_eq!(&listed(&copy, true), &model);
        for (member, score) in &model {
            prop_assert_eq!(copy.score(&hasher, member.as_bytes()), Some(*score));
        }
    }
}

#[test]
fn grows_out_of_a_listpack_at_the_limits() {
    let hasher = KeyHasher::new(3);
    let add = |set: &mut SortedSet, member: &[u8]| {
        set.put(&hasher, SMALL, member, |_| Ok(Some(1.0))).unwrap();
    };
    let mut set = SortedSet::default();
    for number in 0..128 {
        add(&mut set, number.to_string().as_bytes());
    }
    assert_eq!(set.encoding(), "listpack");
    add(&mut set, b"one more");
    assert_eq!((set.encoding(), set.len()), ("skiplist", 129));
    let mut set = SortedSet::default();
    add(&mut set, &[b'm'; 64]);
    assert_eq!(set.encoding(), "listpack");
    add(&mut set, &[b'm'; 65]);
    assert_eq!((set.encoding(), set.len()), ("skiplist", 2));
}

#[test]
fn members_between_bounds() {
    let hasher = KeyHasher::new(3);
    for limits in [SMALL, NEVER_SMALL] {
        let mut set = SortedSet::default();
        for member in [b"a", b"b", b"c", b"d", b"1"] {
            set.put(&hasher, limits, member, |_| Ok(Some(0.0))).unwrap();
        }
        let ranks = |min, max| set.ranks_of_members(&LexRange { min, max });
        assert_eq!(ranks(LexBound::Least, LexBound::Greatest), 0..5);
        assert_eq!(ranks(LexBound::Greatest, LexBound::Least).len(), 0);
        let (b, d) = (b"b".as_slice(), b"d".as_slice());
        assert_eq!(ranks(LexBound::Including(b), LexBound::Excluding(d)), 2..4);
        assert_eq!(ranks(LexBound::Excluding(b), LexBound::Including(d)), 3..5);
        assert_eq!(
            ranks(LexBound::Excluding(d), LexBound::Including(b)).len(),
            0
        );
    }
}

#[test]
fn a_large_set_settles_into_the_form_for_its_size() {
    let hasher = KeyHasher::new(3);
    let filled = |count: usize, longest: usize| {
        let mut set = SortedSet::large();
        for number in 0..count {
            let mut member = number.to_string().into_bytes();
            if number == 0 {
                member.resize(longest.max(1), b'x');
            }
            let score = (count - number) as f64 / 2.0;
            set.put(&hasher, NEVER_SMALL, &member, |_| Ok(Some(score)))
                .unwrap();
        }
        set
    };
    for (count, longest, encoding) in [
        (0, 1, "listpack"),
        (1, 64, "listpack"),
        (1, 65, "skiplist"),
        (128, 64, "listpack"),
        (128, 65, "skiplist"),
        (129, 1, "skiplist"),
    ] {
        let mut set = filled(count, longest);
        let before = listed(&set, false);
        set.settle(SMALL).unwrap();
        assert_eq!(
            set.encoding(),
            encoding,
            "{count} members of up to {longest} bytes"
        );
        assert_eq!(listed(&set, false), before);
        // Once more changes nothing.
        set.settle(SMALL).unwrap();
        assert_eq!((set.encoding(), listed(&set, false)), (encoding, before));
    }
}
