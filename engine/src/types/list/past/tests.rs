//! Whatever happens to a list that is kept, whoever walks over its nodes sees what they were.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::super::tests::{all, change, random};
use super::super::{End, Limits, List, NodeRef};
use super::*;

fn bytes_of(node: NodeRef<'_>) -> (bool, Vec<u8>) {
    match node {
        NodeRef::Packed(list) => (true, list.to_bytes().unwrap()),
        NodeRef::Plain(bytes) => (false, bytes.to_vec()),
    }
}

fn nodes(list: &List) -> Vec<(bool, Vec<u8>)> {
    (0..list.past_nodes_len())
        .map(|number| bytes_of(list.past_node(number).unwrap()))
        .collect()
}

fn check_past(list: &List, was: &[(bool, Vec<u8>)], walked: usize) {
    assert_eq!(list.past_nodes_len(), was.len());
    for (number, node) in was.iter().enumerate().skip(walked) {
        assert_eq!(
            list.past_node(number).map(bytes_of).as_ref(),
            Some(node),
            "{number}"
        );
    }
    assert!(list.past_node(was.len()).is_none() || !list.is_kept());
}

fn freed(mut list: List) {
    let mut slices = 0;
    while list.drop_some(16) {
        slices += 1;
        assert!(slices < 100_000);
    }
}

const SHAPES: [(i32, usize); 6] = [(-2, 0), (-1, 100), (3, 0), (1, 60), (16, 0), (-5, 10)];

/// Keeps a list and changes it, beside one that is not kept and gets the same changes.
fn play(shape: usize, seed: u64, before: usize, pace: usize, lag: usize) {
    let (fill, large_bytes) = SHAPES[shape];
    let limits = Limits { fill, large_bytes };
    let mut state = seed;
    let (mut list, mut model) = (List::default(), VecDeque::new());
    for _ in 0..before {
        change(&mut list, &mut model, &mut state, limits);
    }
    let was = nodes(&list);
    let mut walked = random(&mut state, was.len() + 1);
    let mut twin = list.copy().unwrap();
    if !list.keep(walked as u64).unwrap() {
        assert_eq!(list.encoding(), "listpack");
        assert!(!list.is_kept());
        assert!(list.release().is_none());
        return;
    }
    assert!(list.is_kept());
    let mut told = walked;
    loop {
        for _ in 0..random(&mut state, pace) {
            let (mut same, mut also) = (state, model.clone());
            change(&mut list, &mut model, &mut state, limits);
            change(&mut twin, &mut also, &mut same, limits);
            // What a copy is made of goes on as it was in both.
            assert_eq!((state, &model), (same, &also));
            assert_eq!(list.encoding(), twin.encoding());
            check_past(&list, &was, told);
        }
        if walked == was.len() {
            break;
        }
        walked = (walked + random(&mut state, 4)).min(was.len());
        if random(&mut state, lag) == 0 {
            list.walked(walked as u64);
            told = walked;
            assert!(told == 0 || list.past_node(told - 1).is_none());
        }
    }
    let expected: Vec<Vec<u8>> = model.iter().cloned().collect();
    if seed.is_multiple_of(4) {
        return freed(list);
    }
    let rest = list.release().unwrap();
    freed(rest);
    assert!(!list.is_kept());
    assert_eq!(list.len(), expected.len());
    assert_eq!(all(&list, false), expected);
    assert_eq!(all(&list, true), expected);
    assert_eq!(nodes(&list), nodes(&twin));
    assert_eq!(list.encoding(), twin.encoding());
    for _ in 0..20 {
        change(&mut list, &mut model, &mut state, limits);
    }
    assert_eq!(all(&list, false), Vec::from(model));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn is_kept_as_it_was(
        shape in 0..SHAPES.len(), seed in any::<u64>(), before in 0..300usize, pace in 1..60usize,
        lag in 1..8usize,
    ) {
        play(shape, seed, before, pace, lag);
    }
}

const ONE: Limits = Limits {
    fill: 1,
    large_bytes: 0,
};

/// A kept list of nodes of one element.
fn kept(len: usize) -> List {
    let mut list = List::large(ONE);
    for number in 0..len {
        let value = format!("{number}");
        list.push(End::Tail, value.as_bytes(), ONE).unwrap();
    }
    assert!(list.keep(0).unwrap());
    list
}

#[test]
fn many_nodes_that_go_are_moved_not_given_back() {
    let mut list = kept(1000);
    assert!(list.remove(100, 800).is_none_or(|rest| rest.is_empty()));
    list.walked(900);
    // Of those that go now only the walk's rest is needed.
    let rest = list.remove(0, 200).unwrap();
    assert_eq!(rest.len(), 100);
    assert_eq!(list.past_node(899).map(|_| ()), None);
    let number = |at: usize| list.past_node(at).map(bytes_of).unwrap().1;
    let mut fresh = kept(1000);
    fresh.release();
    assert_eq!(number(999), bytes_of(fresh.past_node(999).unwrap()).1);
    freed(list);
}

#[test]
fn a_kept_list_that_becomes_small_and_large_again() {
    let four = Limits { fill: 4, ..ONE };
    let mut list = List::default();
    for value in [b"a", b"b", b"c", b"d", b"e"] {
        list.grow_for(1, 1, four).unwrap();
        list.push(End::Tail, value, four).unwrap();
    }
    list.remove(2, 2);
    let was = nodes(&list);
    assert_eq!((was.len(), list.encoding()), (2, "quicklist"));
    assert!(list.keep(0).unwrap());
    // The first node is as it was when it becomes all of the list.
    list.remove(2, 1);
    list.shrink(four);
    assert_eq!((nodes(&list), list.encoding()), (was.clone(), "listpack"));
    assert!(list.is_kept() && !list.copy().unwrap().is_kept());
    list.push(End::Head, b"x", four).unwrap();
    assert_eq!(all(&list, false), [b"x", b"a", b"b"]);
    let mut again = list.copy().unwrap();
    list.grow_for(1, 2, four).unwrap();
    list.push(End::Head, b"y", four).unwrap();
    assert_eq!((nodes(&list), list.encoding()), (was, "quicklist"));
    assert_eq!(all(&list, false), [b"y", b"x", b"a", b"b"]);
    list.release();
    again.push(End::Head, b"y", four).unwrap();
    assert_eq!(nodes(&list), nodes(&again));
}

#[test]
fn places_far_from_where_they_were() {
    let mut list = kept(100);
    for turn in 0..10_000 {
        let moved = list.len() - 1;
        let value = list.get(moved).unwrap().text(&mut [0; 20]).to_vec();
        list.remove(moved, 1);
        list.push(End::Head, &value, ONE).unwrap();
        assert_eq!(list.past_nodes_len(), 100, "{turn}");
    }
    let was = nodes(&list);
    list.release();
    assert_eq!(was, nodes(&list));
}

#[test]
fn what_could_not_be_kept_is_not_shown() {
    let node = || Node::packed(Default::default());
    let now: VecDeque<Node> = [node(), node()].into();
    let mut past = Past::new(2, 0).unwrap();
    assert!(past.node(1, &now).is_some());
    past.failed = true;
    past.touch(0, &now);
    past.opened(1);
    past.moved(0, -1);
    past.walked(1);
    assert!(past.keep(0, node()).is_some());
    assert!(past.node(0, &now).is_none() && past.node(1, &now).is_none());
}
