//! Tables looked at as they were, whatever happens to them during the walk: hashes, sets, sorted sets.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::hash_map::{self, Deadline, Hash, NEVER};
use super::listpack::Element;
use super::set::{self, Set};
use super::sorted_set::{self, SortedSet};
use super::{KeyHasher, ObjectMut};

/// Names are numbers below this: enough for some dozen segments.
const NAMES: u32 = 6000;
const SOON: u64 = 1000;

type Contents = BTreeMap<Vec<u8>, (Vec<u8>, u64)>;

/// A collection under test, with a walk over what it was.
trait Walked {
    fn new() -> Self;
    /// Changes something: which of the ways, which element, something else.
    fn act(&mut self, hasher: &KeyHasher, step: (u8, u32, u16));
    fn contents(&self) -> Contents;
    /// One part of a walk; true at the end.
    fn part(
        &self,
        hasher: &KeyHasher,
        cursor: &mut u64,
        budget: usize,
        seen: &mut Contents,
    ) -> bool;
    fn past_len(&self) -> usize;
    fn view_mut(&mut self) -> ObjectMut<'_>;
}

fn name(number: u32) -> Vec<u8> {
    (number % NAMES).to_string().into_bytes()
}

fn text(element: Element<'_>) -> Vec<u8> {
    element.text(&mut [0; 20]).to_vec()
}

fn saw(seen: &mut Contents, name: Vec<u8>, value: Vec<u8>, word: u64) {
    let before = seen.insert(name, (value, word));
    assert!(before.is_none(), "an element was seen twice");
}

/// Some elements from one on, so that segments grow and join.
fn run(from: u32, other: u16) -> impl Iterator<Item = Vec<u8>> {
    let len = if other.is_multiple_of(7) {
        700
    } else {
        1 + other % 3
    };
    (from..from + u32::from(len)).map(name)
}

impl Walked for Hash {
    fn new() -> Hash {
        let limits = hash_map::Limits {
            entries: 0,
            value_bytes: 0,
        };
        Hash::for_fields(1, limits)
    }

    fn act(&mut self, hasher: &KeyHasher, (way, at, other): (u8, u32, u16)) {
        let limits = hash_map::Limits {
            entries: 0,
            value_bytes: 0,
        };
        let value = other.to_string().into_bytes();
        match way {
            0..4 => {
                for name in run(at, other) {
                    let deadline = if way == 0 {
                        Deadline::Keep
                    } else {
                        Deadline::Clear
                    };
                    self.set(hasher, limits, &name, &value, deadline).unwrap();
                }
            }
            4..6 => {
                for name in run(at, other) {
                    let deadline = if way == 4 {
                        SOON + u64::from(other)
                    } else {
                        NEVER
                    };
                    self.set_deadline(hasher, &name, deadline).unwrap();
                }
            }
            6 => {
                let mut from = usize::MAX;
                self.expire(hasher, SOON + u64::from(at), 300, &mut from, |_| {});
            }
            _ => run(at, other).for_each(|name| {
                self.remove(hasher, &name);
            }),
        }
    }

    fn contents(&self) -> Contents {
        let mut contents = Contents::new();
        self.each(|field, value, deadline| {
            saw(&mut contents, text(field), text(value), deadline);
            true
        });
        contents
    }

    fn part(
        &self,
        hasher: &KeyHasher,
        cursor: &mut u64,
        budget: usize,
        seen: &mut Contents,
    ) -> bool {
        for _ in 0..budget {
            *cursor = self.past_scan(hasher, *cursor, &mut |field, value, deadline| {
                saw(seen, text(field), text(value), deadline);
            });
            if *cursor == 0 {
                return true;
            }
        }
        false
    }

    fn past_len(&self) -> usize {
        self.past_counts().0
    }

    fn view_mut(&mut self) -> ObjectMut<'_> {
        ObjectMut::Hash(self)
    }
}

impl Walked for Set {
    fn new() -> Set {
        let limits = set::Limits {
            intset_entries: 0,
            listpack_entries: 0,
            listpack_value: 0,
        };
        Set::for_members(b"x", 1, &limits)
    }

    fn act(&mut self, hasher: &KeyHasher, (way, at, other): (u8, u32, u16)) {
        let limits = set::Limits {
            intset_entries: 0,
            listpack_entries: 0,
            listpack_value: 0,
        };
        for name in run(at, other) {
            let member = Element::Bytes(&name);
            if way < 4 {
                self.add(hasher, member, &limits).unwrap();
            } else if way < 7 {
                self.remove(hasher, member);
            } else {
                let random = u64::from(at) << 32 | u64::from(other) << 50;
                drop(self.pop(hasher, || random).unwrap());
            }
        }
    }

    fn contents(&self) -> Contents {
        let members = self.iter().map(|member| (text(member), (Vec::new(), 0)));
        members.collect()
    }

    fn part(
        &self,
        hasher: &KeyHasher,
        cursor: &mut u64,
        budget: usize,
        seen: &mut Contents,
    ) -> bool {
        for _ in 0..budget {
            *cursor = self.past_scan(hasher, *cursor, &mut |member| {
                saw(seen, text(member), Vec::new(), 0);
            });
            if *cursor == 0 {
                return true;
            }
        }
        false
    }

    fn past_len(&self) -> usize {
        Set::past_len(self)
    }

    fn view_mut(&mut self) -> ObjectMut<'_> {
        ObjectMut::Set(self)
    }
}

impl Walked for SortedSet {
    fn new() -> SortedSet {
        SortedSet::large()
    }

    fn act(&mut self, hasher: &KeyHasher, (way, at, other): (u8, u32, u16)) {
        let limits = sorted_set::Limits {
            entries: 0,
            value_bytes: 0,
        };
        match way {
            0..4 => {
                for name in run(at, other) {
                    let score = f64::from(other % 50) - f64::from(way);
                    self.put(hasher, limits, &name, |_| Ok(Some(score)))
                        .unwrap();
                }
            }
            4 => {
                let start = (at % NAMES) as usize;
                self.remove_range(hasher, start..start + usize::from(other % 600));
            }
            _ => run(at, other).for_each(|name| {
                self.remove(hasher, &name);
            }),
        }
    }

    fn contents(&self) -> Contents {
        let members = self.iter();
        members
            .map(|(member, score)| (text(member), (Vec::new(), score.to_bits())))
            .collect()
    }

    fn part(
        &self,
        hasher: &KeyHasher,
        cursor: &mut u64,
        budget: usize,
        seen: &mut Contents,
    ) -> bool {
        self.past_part(hasher, cursor, budget, &mut |member, score| {
            saw(seen, text(member), Vec::new(), score.to_bits());
        })
    }

    fn past_len(&self) -> usize {
        SortedSet::past_len(self)
    }

    fn view_mut(&mut self) -> ObjectMut<'_> {
        ObjectMut::SortedSet(self)
    }
}

/// What happens: to the collection before its walk, and during it.
#[derive(Clone, Debug)]
struct Plan {
    before: Vec<(u8, u32, u16)>,
    during: Vec<(u8, u32, u16)>,
    budget: usize,
    /// Parts that are walked before anything changes.
    parts: usize,
    /// Changes between two parts.
    pause: usize,
}

fn plans() -> impl Strategy<Value = Plan> {
    let step = || (0u8..9, 0..NAMES, any::<u16>());
    let fill = prop::collection::vec((0u8..5, 0..NAMES, any::<u16>()), 20..60);
    let before = prop::collection::vec(step(), 0..20);
    let during = prop::collection::vec(step(), 1..120);
    (fill, before, during, 1usize..200, 0usize..12, 1usize..20).prop_map(
        |(mut fill, mut before, during, budget, parts, pause)| {
            fill.iter_mut().for_each(|step| step.2 -= step.2 % 7);
            fill.append(&mut before);
            Plan {
                before: fill,
                during,
                budget,
                parts,
                pause,
            }
        },
    )
}

fn check<W: Walked>(plan: Plan) {
    let hasher = KeyHasher::new(9);
    let mut collection = W::new();
    plan.before
        .into_iter()
        .for_each(|step| collection.act(&hasher, step));
    let expected = collection.contents();
    let (mut cursor, mut seen, mut done) = (0, Contents::new(), false);
    for _ in 0..plan.parts {
        done = done || collection.part(&hasher, &mut cursor, plan.budget, &mut seen);
    }
    if !done {
        assert!(collection.view_mut().keep(cursor).unwrap());
        assert_eq!(collection.past_len(), expected.len());
    }
    for (number, step) in plan.during.into_iter().enumerate() {
        collection.act(&hasher, step);
        if !done && number.is_multiple_of(plan.pause) {
            done = collection.part(&hasher, &mut cursor, plan.budget, &mut seen);
            collection.view_mut().walked(cursor);
            if done {
                collection.view_mut().release();
            }
        }
    }
    while !done {
        done = collection.part(&hasher, &mut cursor, plan.budget, &mut seen);
    }
    assert_eq!(seen.len(), expected.len());
    assert!(seen == expected, "what was seen is not what was");
    collection.view_mut().release();
    let now = collection.contents();
    assert_eq!(collection.past_len(), now.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 48 }))]

    #[test]
    fn a_hash_is_seen_as_it_was(plan in plans()) {
        check::<Hash>(plan);
    }

    #[test]
    fn a_set_is_seen_as_it_was(plan in plans()) {
        check::<Set>(plan);
    }

    #[test]
    fn a_sorted_set_is_seen_as_it_was(plan in plans()) {
        check::<SortedSet>(plan);
    }
}
