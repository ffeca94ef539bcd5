//! Lists against a plain vector, and at their limits.

use super::*;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

const DEFAULT: Limits = Limits {
    fill: -2,
    large_bytes: 0,
};

pub(super) fn all(list: &List, backward: bool) -> Vec<Vec<u8>> {
    let start = if backward {
        list.len().wrapping_sub(1)
    } else {
        0
    };
    let mut elements = Vec::new();
    for element in list.walk(start, backward) {
        elements.push(element.text(&mut [0; 20]).to_vec());
    }
    if backward {
        elements.reverse();
    }
    elements
}

fn add(list: &mut List, end: End, value: &[u8], limits: Limits) {
    list.grow_for(value.len(), 1, limits).unwrap();
    list.push(end, value, limits).unwrap();
}

/// Deterministic numbers, as good as needed here.
pub(super) fn random(state: &mut u64, below: usize) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    (*state >> 33) as usize % below
}

/// Changes a list in one of all the ways there are, and the model in the same way.
pub(super) fn change(
    list: &mut List,
    model: &mut VecDeque<Vec<u8>>,
    state: &mut u64,
    limits: Limits,
) {
    let lengths = [1, 3, 5, 20, 70, 200, 5000];
    let kinds = if random(state, 20) == 0 { 7 } else { 5 };
    let len = lengths[random(state, kinds)];
    let digit = b'0' + random(state, 10) as u8;
    let value = vec![digit; len];
    let at = random(state, model.len().max(1));
    match random(state, 13) {
        0..=2 => {
            add(list, End::Tail, &value, limits);
            model.push_back(value);
        }
        3..=5 => {
            add(list, End::Head, &value, limits);
            model.push_front(value);
        }
        6..=7 if at < model.len() => {
            let after = random(state, 2) == 1;
            list.grow_for(value.len(), 1, limits).unwrap();
            list.insert(at, &value, after, limits).unwrap();
            model.insert(at + usize::from(after), value);
        }
        8 if at < model.len() => {
            list.grow_for(value.len(), 1, limits).unwrap();
            assert_eq!(list.set(at, &value, limits), Ok(true));
            list.shrink(limits);
            model[at] = value;
        }
        9 => {
            let count = random(state, 30).min(model.len().saturating_sub(at));
            list.remove(at, count);
            list.shrink(limits);
            model.drain(at..at + count);
        }
        10 => {
            let (most, backward) = (1 + random(state, 3), random(state, 2) == 1);
            let mut expected = 0;
            while expected < most {
                let found = if backward {
                    model.iter().rposition(|item| *item == value)
                } else {
                    model.iter().position(|item| *item == value)
                };
                let Some(found) = found else { break };
                model.remove(found);
                expected += 1;
            }
            assert_eq!(list.remove_equal(&value, most, backward), expected);
            list.shrink(limits);
        }
        _ if random(state, 30) == 0 => {
            list.remove(0, usize::MAX);
            list.shrink(limits);
            model.clear();
        }
        11 if list.encoding() == "quicklist" => {
            let mut packed = Listpack::new();
            for _ in 0..random(state, 3) {
                packed.push_back(&*value).unwrap();
                model.push_back(value.clone());
            }
            list.push_packed(packed).unwrap();
            list.push_plain(value.clone()).unwrap();
            model.push_back(value);
        }
        _ => {
            let copy = list.copy().unwrap();
            assert!(!copy.is_kept());
            assert_eq!(all(&copy, false), all(list, false));
            if !list.is_kept() {
                *list = copy;
            }
        }
    }
}

#[test]
fn behaves_like_a_vector() {
    for (fill, large_bytes) in [(-2, 0), (-1, 100), (3, 0), (0, 60), (128, 0), (-5, 10)] {
        let limits = Limits { fill, large_bytes };
        let (mut list, mut model, mut state) = (List::default(), VecDeque::new(), 7);
        for step in 0..4000 {
            change(&mut list, &mut model, &mut state, limits);
            assert_eq!(list.len(), model.len(), "{fill} {step}");
            if step % 16 == 0 {
                let expected: Vec<Vec<u8>> = model.iter().cloned().collect();
                assert_eq!(all(&list, false), expected, "{fill} {step}");
                assert_eq!(all(&list, true), expected, "{fill} {step}");
                let at = random(&mut state, model.len() + 1);
                let found = list.get(at).map(|item| item.text(&mut [0; 20]).to_vec());
                assert_eq!(found.as_ref(), model.get(at));
                let value = model.get(at).cloned().unwrap_or_default();
                let place = model.iter().position(|item| *item == value);
                assert_eq!(list.position(&value), place);
            }
        }
    }
}

#[test]
fn a_million_items_are_small() {
    let mut list = List::default();
    for number in 0..1_000_000 {
        add(
            &mut list,
            End::Tail,
            format!("item:{number:07}").as_bytes(),
            DEFAULT,
        );
    }
    let each = list.memory_bytes() as f64 / 1e6;
    assert!(each < 14.5, "{each}");
    assert_eq!(list.encoding(), "quicklist");
}

#[test]
fn grows_and_shrinks_at_the_limits() {
    let four = Limits {
        fill: 4,
        large_bytes: 0,
    };
    let mut list = List::default();
    for step in 0..5 {
        assert_eq!(list.encoding(), "listpack", "{step}");
        add(&mut list, End::Tail, b"x", four);
    }
    assert_eq!(list.encoding(), "quicklist");
    for left in [4, 3, 2] {
        assert_eq!(list.encoding(), "quicklist", "{left}");
        list.remove(list.len() - 1, 1);
        list.shrink(four);
    }
    assert_eq!(list.encoding(), "listpack");
}

#[test]
fn is_freed_in_slices() {
    let mut list = List::default();
    for _ in 0..10_000 {
        add(&mut list, End::Head, b"some element", DEFAULT);
    }
    let mut slices = 1;
    while list.drop_some(1000) {
        slices += 1;
    }
    assert!((5..=10).contains(&slices), "{slices}");
}
