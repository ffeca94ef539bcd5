//! Whatever happens to a stream while what was is kept, that is what is read.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::super::tests::{Model, step, steps};
use super::super::{Keep, Limits, References, Trim};
use super::*;

/// All of a group: its facts, its deliveries with the names of consumers, and its consumers with their lists.
type Contents = (
    Vec<u8>,
    (StreamId, Option<u64>, usize, usize),
    Vec<(StreamId, i64, u64, Vec<u8>)>,
    Vec<(Vec<u8>, i64, usize, Vec<StreamId>)>,
);

/// All that is to be read of a stream.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    nodes: Vec<(StreamId, Vec<u8>)>,
    facts: Vec<u64>,
    groups: Vec<Contents>,
}

fn bytes(list: &crate::types::listpack::Listpack) -> Vec<u8> {
    list.iter()
        .flat_map(|element| [element.text(&mut [0; 20]), b","].concat())
        .collect()
}

fn numbers(facts: Facts) -> Vec<u64> {
    let ids = [facts.last_id, facts.first_id, facts.max_deleted_id];
    let mut numbers: Vec<u64> = ids.into_iter().flat_map(|id| [id.ms, id.seq]).collect();
    numbers.extend([facts.len, facts.nodes as u64, facts.groups as u64]);
    numbers.push(facts.entries_added);
    numbers
}

/// The present.
fn present(stream: &Stream) -> Seen {
    let groups = stream.groups().map(|(name, group)| {
        let facts = (group.last_id, group.entries_read);
        let deliveries = group.deliveries().map(|(id, pending)| {
            let name = group.consumer(pending.consumer).name().to_vec();
            (id, pending.time_ms, pending.count, name)
        });
        let consumers = group.consumers().map(|consumer| {
            let list: Vec<_> = consumer.pending_from(StreamId::MIN).collect();
            (consumer.name().to_vec(), consumer.seen_ms, list.len(), list)
        });
        let deliveries: Vec<_> = deliveries.collect();
        let consumers: Vec<_> = consumers.collect();
        (
            name.to_vec(),
            (facts.0, facts.1, deliveries.len(), consumers.len()),
            deliveries,
            consumers,
        )
    });
    Seen {
        nodes: stream.nodes().map(|(id, list)| (id, bytes(list))).collect(),
        facts: numbers(stream.facts()),
        groups: groups.collect(),
    }
}

/// Reads what was, a row at a time.
#[derive(Default)]
struct Walk {
    seen: Seen,
    /// Nodes, facts, groups, then in turn each group's deliveries, consumers, and their lists.
    stage: u8,
    from: StreamId,
    group: Vec<u8>,
    consumer: Vec<u8>,
}

impl Walk {
    /// One row more; true once all are read.
    fn step(&mut self, stream: &Stream) -> bool {
        let group = stream.past_group_from(&self.group);
        match self.stage {
            0 => match stream.past_node_from(self.from) {
                Some((id, node)) => {
                    self.seen.nodes.push((id, bytes(node.listpack())));
                    self.from = id.next().unwrap();
                }
                None => self.stage = 1,
            },
            1 => {
                self.seen.facts = numbers(stream.past_facts());
                self.stage = 2;
            }
            2 => {
                let Some(group) = group else {
                    return true;
                };
                let facts = group.facts();
                self.group = group.name().to_vec();
                self.seen.groups.push((
                    self.group.clone(),
                    (
                        facts.last_id,
                        facts.entries_read,
                        facts.pending_len,
                        facts.consumers_len,
                    ),
                    Vec::new(),
                    Vec::new(),
                ));
                (self.stage, self.from) = (3, StreamId::MIN);
            }
            3 => {
                let group = group.unwrap();
                let (_, _, seen, _) = self.seen.groups.last_mut().unwrap();
                match group.delivery_from(self.from) {
                    Some((id, pending)) => {
                        let name = group.consumer_name(pending.consumer).to_vec();
                        seen.push((id, pending.time_ms, pending.count, name));
                        self.from = id.next().unwrap();
                    }
                    None => {
                        self.stage = 4;
                        self.consumer.clear();
                    }
                }
            }
            4 => match group.unwrap().consumer_from(&self.consumer) {
                Some(consumer) => {
                    let (_, _, _, seen) = self.seen.groups.last_mut().unwrap();
                    let facts = consumer.facts();
                    self.consumer = consumer.name().to_vec();
                    let name = self.consumer.clone();
                    seen.push((name, facts.seen_ms, facts.pending_len, Vec::new()));
                    (self.stage, self.from) = (5, StreamId::MIN);
                }
                None => {
                    self.group.push(0);
                    self.stage = 2;
                }
            },
            _ => {
                let consumer = group.unwrap().consumer_from(&self.consumer).unwrap();
                let (_, _, _, seen) = self.seen.groups.last_mut().unwrap();
                match consumer.pending_from(self.from) {
                    Some(id) => {
                        seen.last_mut().unwrap().3.push(id);
                        self.from = id.next().unwrap();
                    }
                    None => {
                        self.consumer.push(0);
                        self.stage = 4;
                    }
                }
            }
        }
        false
    }

    fn walked(&self) -> u64 {
        if self.stage == 0 {
            self.from.ms
        } else {
            u64::MAX
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 256 }))]
    #[test]
    fn what_was_is_read_while_it_changes(
        before in steps(150),
        between in steps(40),
        during in steps(150),
        at in 0usize..30,
        pace in 1usize..5,
    ) {
        let (mut stream, mut model) = (Stream::default(), Model::default());
        before.into_iter().for_each(|one| step(&mut stream, &mut model, one));
        // Something was kept before.
        prop_assert!(stream.keep(0).unwrap());
        between.into_iter().for_each(|one| step(&mut stream, &mut model, one));
        let mut rest = stream.release().unwrap();
        while rest.drop_some(1) {}
        let expected = present(&stream);
        let mut walk = Walk::default();
        let mut done = (0..at).any(|_| walk.step(&stream));
        prop_assert!(stream.keep(walk.walked()).unwrap());
        for (number, one) in during.into_iter().enumerate() {
            step(&mut stream, &mut model, one);
            if number % pace == 0 && !done {
                done = walk.step(&stream);
                stream.walked(walk.walked());
            }
        }
        model.check(&stream);
        let copy = stream.copy().unwrap();
        prop_assert!(!copy.is_kept());
        prop_assert_eq!(present(&copy), present(&stream));
        while !done {
            done = walk.step(&stream);
        }
        prop_assert!(stream.is_kept_whole());
        prop_assert_eq!(&walk.seen, &expected);
        // It goes while it is kept, or without what was kept.
        if at % 2 == 0 {
            let mut rest = stream.release().unwrap();
            while rest.drop_some(1) {}
            prop_assert!(rest.is_empty() && !rest.is_kept());
            model.check(&stream);
        }
        while stream.drop_some(1) {}
        prop_assert!(stream.nodes_len() == 0 && stream.groups_len() == 0 && !stream.is_kept());
    }
}

/// Where all entries were trimmed, IDs may begin anew: nodes that come have IDs, or the very names, of those that went.
#[test]
fn nodes_that_come_are_not_taken_for_those_that_went() {
    let limits = Limits {
        bytes: 0,
        entries: 5,
    };
    let add = |stream: &mut Stream, ms| {
        let parts = [&b"f"[..], b"v"].into_iter();
        stream.append(StreamId::new(ms, 0), parts, limits).unwrap();
    };
    for references in [References::Keep, References::Heed] {
        let mut stream = Stream::default();
        for ms in 1..=20 {
            add(&mut stream, ms);
        }
        let group = Group::new(StreamId::new(50, 0), None);
        stream.create_group(b"g", group).unwrap();
        let expected = present(&stream);
        stream.keep(0).unwrap();
        let trim = Trim {
            keep: Keep::Last(0),
            whole_nodes: false,
            limit: 0,
            references,
        };
        for first in [6, 3] {
            let rest = stream.trim(trim).rest;
            assert!(references == References::Heed || first == 3 || rest.is_none());
            stream.last_id = StreamId::MIN;
            for ms in first..18 {
                add(&mut stream, ms);
            }
        }
        stream.trim(trim);
        stream.last_id = StreamId::MIN;
        add(&mut stream, 16);
        let mut walk = Walk::default();
        while !walk.step(&stream) {}
        assert_eq!(walk.seen, expected);
        assert!(stream.release().is_some());
        assert_eq!((stream.len(), stream.nodes_len()), (1, 1));
    }
}

/// What nobody wants any more is not kept: neither what was walked nor what came since.
#[test]
fn what_is_kept_is_what_is_wanted() {
    let mut stream = Stream::default();
    let limits = Limits {
        bytes: 0,
        entries: 10,
    };
    let parts = [&b"f"[..], b"v"].into_iter();
    let add = |stream: &mut Stream, ms: u64| {
        stream
            .append(StreamId::new(ms, 0), parts.clone(), limits)
            .unwrap();
    };
    for ms in 1..=1000 {
        add(&mut stream, ms);
    }
    stream
        .create_group(b"g", Group::new(StreamId::MIN, None))
        .unwrap();
    stream.keep(501).unwrap();
    for ms in 1..=500 {
        stream.delete(StreamId::new(ms, 0));
    }
    assert_eq!(stream.past_weight(), 0);
    stream.delete(StreamId::new(501, 0));
    stream.delete(StreamId::new(502, 0));
    assert_eq!(stream.past_weight(), 1);
    for ms in 1001..=2000 {
        add(&mut stream, ms);
        stream.delete(StreamId::new(ms - 1, 0));
    }
    // The node that was the last one.
    assert_eq!(stream.past_weight(), 2);
    let mut group = stream.group_mut(b"g").unwrap();
    let consumer = group.create(b"c", 0).unwrap();
    for ms in 1..1000 {
        let id = StreamId::new(ms, 0);
        group.deliver(id, consumer, 0, 1).unwrap();
        group.acknowledge(id);
    }
    // Facts of the group and of the consumer.
    assert_eq!(stream.past_weight(), 4);
    stream.create_group(b"h", Group::default()).unwrap();
    stream
        .group_mut(b"h")
        .unwrap()
        .create(b"c", 0)
        .map(drop)
        .unwrap();
    assert_eq!(stream.past_weight(), 4);
    stream.walked(u64::MAX);
    stream.delete(StreamId::new(700, 0));
    let trimmed = stream.trim(Trim {
        keep: Keep::Last(0),
        whole_nodes: false,
        limit: 0,
        references: References::Keep,
    });
    assert!(trimmed.rest.is_some());
    assert_eq!(stream.past_weight(), 4);
}
