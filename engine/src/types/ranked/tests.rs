//! The tree against a sorted list.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn item(score: f64, member: &str) -> Item {
    Item::new(member.as_bytes(), None, Some(score.to_bits())).unwrap()
}

fn names(ranked: &Ranked) -> Vec<String> {
    ranked
        .range(0..ranked.len())
        .map(|item| String::from_utf8_lossy(item.key()).into_owned())
        .collect()
}

fn sort(model: &mut [(f64, String)]) {
    model.sort_by(|left, right| {
        left.0
            .total_cmp(&right.0)
            .then_with(|| left.1.cmp(&right.1))
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 48 }))]
    #[test]
    fn behaves_as_a_sorted_list(
        scores in 1u32..2000,
        steps in prop::collection::vec((0u8..6, 0u32..4000, 0u32..2000), 1..if cfg!(miri) { 300 } else { 4000 }),
    ) {
        let mut ranked = Ranked::new();
        let mut model: Vec<(f64, String)> = Vec::new();
        for (step, member, score) in steps {
            let member = member.to_string();
            let score = f64::from(score % scores) - 10.0;
            let known = model.iter().position(|entry| entry.1 == member);
            match (step, known) {
                (0..=2, None) => {
                    ranked.insert(item(score, &member)).unwrap();
                    model.push((score, member));
                    sort(&mut model);
                }
                (5, _) => {
                    // Much is cut out seldom, so that the tree grows between.
                    let width = if (score as u32).is_multiple_of(7) { model.len() } else { 100 };
                    let start = member.len() * model.len() / 5;
                    let end = (start + width / 2).min(model.len());
                    let start = start.min(end);
                    let gone = ranked.cut(start..end);
                    let expected: Vec<String> = model.drain(start..end).map(|entry| entry.1).collect();
                    prop_assert_eq!(gone.len(), expected.len());
                    prop_assert_eq!(names(&gone), expected);
                    prop_assert_eq!(ranked.len(), model.len());
                }
                (_, Some(at)) => {
                    prop_assert_eq!(ranked.rank(model[at].0, member.as_bytes()), Some(at));
                    let place = Place { score: model[at].0, member: member.as_bytes() };
                    let elsewhere = Place { score: place.score + 0.5, ..place };
                    prop_assert!(ranked.take(&elsewhere).is_none());
                    let taken = match step {
                        3 => ranked.take(&place).unwrap(),
                        _ => ranked.remove(at).unwrap(),
                    };
                    prop_assert_eq!(taken.key(), member.as_bytes());
                    model.remove(at);
                }
                _ => {
                    let bound = model.partition_point(|entry| entry.0 < score);
                    prop_assert_eq!(ranked.partition(|place| place.score < score), bound);
                    prop_assert_eq!(ranked.rank_of_score(score, false), bound);
                    let above = model.partition_point(|entry| entry.0 <= score);
                    prop_assert_eq!(ranked.rank_of_score(score, true), above);
                    prop_assert_eq!(ranked.rank(score, b"none"), None);
                }
            }
            prop_assert_eq!(ranked.len(), model.len());
        }
        let expected: Vec<String> = model.iter().map(|entry| entry.1.clone()).collect();
        prop_assert_eq!(&names(&ranked), &expected);
        let backwards: Vec<Vec<u8>> = ranked.range(0..ranked.len()).rev().map(|item| item.key().to_vec()).collect();
        prop_assert!(backwards.iter().eq(expected.iter().rev().map(String::as_bytes)));
        for (rank, entry) in model.iter().enumerate() {
            prop_assert_eq!(ranked.get(rank).unwrap().key(), entry.1.as_bytes());
        }
    }
}

#[test]
fn ranks_of_scores_at_the_ends() {
    let mut ranked = Ranked::new();
    assert_eq!(ranked.rank_of_score(0.0, true), 0);
    assert!(
        ranked
            .take(&Place {
                score: 0.0,
                member: b"m"
            })
            .is_none()
    );
    for (number, score) in [f64::NEG_INFINITY, -0.0, 0.0, f64::INFINITY]
        .into_iter()
        .enumerate()
    {
        ranked.insert(item(score, &number.to_string())).unwrap();
    }
    let ranks = |score| {
        (
            ranked.rank_of_score(score, false),
            ranked.rank_of_score(score, true),
        )
    };
    assert_eq!(ranks(f64::NEG_INFINITY), (0, 1));
    assert_eq!(ranks(0.0), (1, 3));
    assert_eq!(ranks(-0.0), (1, 3));
    assert_eq!(ranks(1.0), (3, 3));
    assert_eq!(ranks(f64::INFINITY), (3, 4));
}

#[test]
fn members_that_come_in_order_fill_their_leaves() {
    let mut ranked = Ranked::new();
    let count = 10_000;
    for number in 0..count {
        ranked
            .insert(item(f64::from(number), &format!("{number:06}")))
            .unwrap();
    }
    assert!(
        ranked.memory_bytes() < count as usize * 14,
        "{}",
        ranked.memory_bytes()
    );
}

#[test]
fn equal_scores_are_in_the_order_of_bytes() {
    let mut ranked = Ranked::new();
    for number in (0..1000).rev() {
        ranked.insert(item(0.0, &format!("{number:04}"))).unwrap();
    }
    assert_eq!(
        names(&ranked),
        (0..1000)
            .map(|number| format!("{number:04}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        ranked.partition(|place| place.member < b"0500".as_slice()),
        500
    );
}

#[test]
fn freeing_in_slices_comes_to_an_end() {
    let mut ranked = Ranked::new();
    for number in 0..1000 {
        ranked
            .insert(item(f64::from(number % 7), &number.to_string()))
            .unwrap();
    }
    let mut slices = 1;
    while ranked.drop_some(100) {
        slices += 1;
    }
    assert_eq!((slices, ranked.len()), (10, 0));
}

/// Trees of several levels, cut anywhere, stay in order and take and lose members everywhere.
#[test]
fn ranges_are_cut_out_of_tall_trees() {
    const MEMBERS: usize = if cfg!(miri) { 500 } else { 30_000 };
    let name = |number: usize| format!("{number:06}");
    for (start, end) in [(0, 2), (1, 3), (17, 19), (20, 39), (38, 40), (19, 21)] {
        let mut ranked = Ranked::new();
        for number in (0..MEMBERS).map(|turn| turn * 7919 % MEMBERS) {
            ranked.insert(item(number as f64, &name(number))).unwrap();
        }
        let mut model: Vec<String> = (0..MEMBERS).map(name).collect();
        let mut random = crate::random::Random::new(end as u64);
        for round in 1..if cfg!(miri) { 3 } else { 30 } {
            // Part of it, less in every round, off the edges of nodes.
            let start = model.len() * start / 40 / round + round % 3;
            let end = (model.len() * end / 40 / round).clamp(start, model.len());
            let gone = ranked.cut(start..end);
            let expected: Vec<String> = model.drain(start..end).collect();
            assert_eq!(names(&gone), expected);
            for number in expected.iter().step_by(3) {
                let score = number.parse().unwrap();
                ranked.insert(item(score, number)).unwrap();
                let at = model.partition_point(|other| other < number);
                model.insert(at, number.clone());
            }
            for _ in 0..200.min(model.len() / 4) {
                let at = random.next_u64() as usize % model.len();
                assert_eq!(
                    ranked.remove(at).unwrap().key(),
                    model.remove(at).as_bytes()
                );
            }
            assert_eq!(names(&ranked), model);
            for (rank, name) in model.iter().enumerate().step_by(97) {
                let score = name.parse().unwrap();
                assert_eq!(ranked.rank(score, name.as_bytes()), Some(rank));
                assert_eq!(ranked.rank_of_score(score, true), rank + 1);
            }
        }
    }
}
