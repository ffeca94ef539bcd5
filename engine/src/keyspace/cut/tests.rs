//! Whatever happens during the walk, the file has the databases as they were at the cut.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::keyspace::{Entry, Expiry, NewValue};
use crate::persist::digest;
use crate::persist::rdb::{Item, Limits, Reader, Shape, Writer, payload};
use crate::types::hash_map::{Deadline, Hash, NEVER};
use crate::types::list::{End, List};
use crate::types::set::Set;
use crate::types::sorted_set::SortedSet;
use crate::types::stream::{self, Group, Keep, References, Stream, StreamId, Trim};

const DATABASES: usize = 3;
const NAMES: u32 = 40;
/// When some keys disappear.
const SOON: u64 = 5_000;

/// A key, and a sum of its value with its expiry.
type Contents = BTreeMap<(usize, Vec<u8>), ([u8; 20], Option<u64>)>;

fn limits() -> Limits {
    Limits::of(&Config::default(), 0)
}

fn note(contents: &mut Contents, database: usize, entry: &Entry) {
    let mut sum = [0; 20];
    digest::add_value(&mut sum, entry);
    let old = contents.insert((database, entry.key().to_vec()), (sum, entry.expire_ms()));
    assert!(old.is_none(), "{:?} stands twice in the file", entry.key());
}

fn contents(keys: &mut Keyspace) -> Contents {
    let mut contents = Contents::new();
    let selected = keys.selected();
    for database in 0..DATABASES {
        keys.select(database);
        for entry in keys.iter() {
            note(&mut contents, database, entry);
        }
    }
    keys.select(selected);
    contents
}

/// Reads a file in pieces of `step` bytes.
fn read(file: &[u8], step: usize, hasher: &KeyHasher) -> Contents {
    let limits = limits();
    let shape = Shape {
        hasher,
        limits: &limits,
    };
    let mut reader = Reader::new(true);
    let mut contents = Contents::new();
    let mut pieces = file.chunks(step);
    loop {
        match reader.next(shape).expect("a sound file") {
            None => match pieces.next() {
                Some(piece) => reader.push(piece).unwrap(),
                None => reader.end(),
            },
            Some(Item::Key(loaded)) => note(&mut contents, loaded.database, &loaded.entry),
            Some(Item::End) => return contents,
            Some(_) => {}
        }
    }
}

/// Fills a key with elements numbered from `from` on, in the form of a type that `kind` chooses.
fn fill(keys: &mut Keyspace, key: &[u8], kind: u8, from: u32, count: u32) {
    let limits = limits();
    let hasher = keys.hasher().clone();
    keys.delete(key);
    let place = keys.find(key);
    let numbers = from..from + count;
    let names = numbers.map(|number| format!("element:{number}"));
    match kind % 6 {
        0 => {
            // Some that are written in parts.
            let times = if kind > 200 { 20 } else { 1 };
            let text = names.collect::<Vec<_>>().concat().repeat(times);
            let value = NewValue::string(text.as_bytes()).unwrap();
            keys.put(place, key, &value, Expiry::Clear).unwrap();
        }
        1 => {
            let mut set = Set::default();
            for name in names {
                let name = name.as_bytes().into();
                set.add(&hasher, name, &limits.set).unwrap();
            }
            keys.create(place, key, set).unwrap();
        }
        2 => {
            let mut hash = Hash::default();
            for name in names {
                let name = name.as_bytes();
                let deadline = if kind > 200 { 1 << 40 } else { NEVER };
                hash.add(&hasher, limits.hash, name, b"value", deadline)
                    .unwrap();
            }
            keys.create(place, key, hash).unwrap();
        }
        3 => {
            let mut set = SortedSet::default();
            for (at, name) in names.enumerate() {
                let score = |_| Ok(Some(at as f64 / 3.0));
                set.put(&hasher, limits.zset, name.as_bytes(), score)
                    .unwrap();
            }
            keys.create(place, key, set).unwrap();
        }
        4 => {
            let mut stream = Stream::default();
            for name in names {
                append(&mut stream, name.as_bytes());
            }
            if kind > 100 {
                let group = Group::new(StreamId::MIN, Some(0));
                stream.create_group(b"readers", group).unwrap();
            }
            keys.create(place, key, stream).unwrap();
        }
        _ => {
            let mut list = List::default();
            for name in names {
                list.grow_for(name.len(), 1, limits.list).unwrap();
                list.push(End::Tail, name.as_bytes(), limits.list).unwrap();
            }
            keys.create(place, key, list).unwrap();
        }
    }
}

/// Changes a key in place, whatever it holds: some of its elements.
fn change(keys: &mut Keyspace, key: &[u8], number: u32, how: u8) {
    let limits = limits();
    let place = keys.find(key);
    if !place.exists() {
        return;
    }
    let names = (0..1 + number % 9).map(|step| format!("element:{}", (number + 97 * step) % 1000));
    let names: Vec<_> = names.map(String::into_bytes).collect();
    if let Ok(Some((hash, hasher))) = keys.collection_mut::<Hash>(place) {
        for name in names {
            match how % 5 {
                0 => drop(hash.remove(hasher, &name)),
                1 => {
                    let deadline = if how < 100 { NEVER } else { (1 << 40) - 1 };
                    hash.set_deadline(hasher, &name, deadline).unwrap();
                }
                2 if how < 40 => {
                    let mut from = usize::MAX;
                    while hash.expire(hasher, 1 << 40, 100, &mut from, |_| {}) {}
                }
                _ => {
                    let value = &name[..1 + usize::from(how) % name.len()];
                    hash.set(hasher, limits.hash, &name, value, Deadline::Clear)
                        .unwrap();
                }
            }
        }
    } else if let Ok(Some((set, hasher))) = keys.collection_mut::<Set>(place) {
        for name in names {
            match how % 2 {
                0 => drop(set.remove(hasher, name[..].into())),
                _ => drop(set.add(hasher, name[..].into(), &limits.set).unwrap()),
            }
        }
    } else if let Ok(Some((set, hasher))) = keys.collection_mut::<SortedSet>(place) {
        for name in names {
            let score = f64::from(number % 300) - 0.5;
            match how % 4 {
                0 => drop(set.remove(hasher, &name)),
                1 => {
                    let start = number as usize % 200;
                    set.remove_range(hasher, start..start + usize::from(how) / 6);
                }
                _ => drop(set.put(hasher, limits.zset, &name, |_| Ok(Some(score)))),
            }
        }
    } else if let Ok(Some((stream, _))) = keys.collection_mut::<Stream>(place) {
        change_stream(stream, &names, number, how);
    } else if let Ok(Some((list, _))) = keys.collection_mut::<List>(place) {
        for name in names {
            let (len, at) = (list.len(), number as usize);
            match how % 6 {
                0 => list.push(End::Head, &name, limits.list).unwrap(),
                1 if len > 0 => assert!(list.set(at % len, &name, limits.list).unwrap()),
                2 => drop(list.remove(at % (len + 1), at % 7)),
                3 => assert!(list.remove_equal(&name, 2, how > 100) < 3),
                4 => drop(list.remove(0, len / 2)),
                _ => list.push(End::Tail, &name, limits.list).unwrap(),
            }
            list.settle(limits.list);
        }
    } else {
        keys.change_string(place, key, 3, |bytes| bytes[1] = b'!')
            .unwrap();
        return;
    }
    keys.remove_if_empty(place);
}

/// Adds an entry behind the last one.
fn append(stream: &mut Stream, value: &[u8]) {
    let id = StreamId {
        ms: stream.last_id.ms + 1,
        seq: 0,
    };
    let limits = stream::Limits {
        bytes: 300,
        entries: 0,
    };
    stream
        .append(id, [b"field", value].into_iter(), limits)
        .unwrap();
}

fn change_stream(stream: &mut Stream, names: &[Vec<u8>], number: u32, how: u8) {
    for (step, name) in names.iter().enumerate() {
        let id = StreamId {
            ms: (u64::from(number) + 7 * step as u64) % (stream.last_id.ms + 1),
            seq: 0,
        };
        match how % 6 {
            0 => append(stream, name),
            1 => drop(stream.delete_with(id, References::Keep)),
            2 => {
                let trim = Trim {
                    keep: Keep::From(id),
                    whole_nodes: how > 100,
                    limit: 0,
                    references: References::Keep,
                };
                drop(stream.trim(trim));
            }
            3 if how > 200 => drop(stream.destroy_group(b"readers")),
            way => {
                let Some(mut group) = stream.group_mut(b"readers") else {
                    return;
                };
                let consumer = match group.find(name) {
                    Some(consumer) => consumer,
                    None => group.create(name, 5).unwrap(),
                };
                match way {
                    4 => group.deliver(id, consumer, 7, 1).unwrap(),
                    5 => drop(group.acknowledge(id)),
                    _ => drop(group.delete(consumer)),
                }
            }
        }
    }
}

fn rename(keys: &mut Keyspace, from: &[u8], to: &[u8]) {
    let place = keys.find(from);
    if from == to || !place.exists() {
        return;
    }
    let moved = keys.moved(place, to).unwrap().unwrap();
    let target = keys.find(to);
    keys.store(target, moved).unwrap();
    keys.delete(from);
}

/// One thing that commands do.
fn act(keys: &mut Keyspace, step: (u8, u32, u32, u8)) {
    let (what, one, other, kind) = step;
    let key = |number: u32| format!("key:{}", number % NAMES).into_bytes();
    let database = one as usize % DATABASES;
    keys.select(database);
    match what {
        0..=2 => fill(keys, &key(one), kind, 0, 1 + other % 900),
        3..=5 => change(keys, &key(one), other, kind),
        6 => drop(keys.delete(&key(one))),
        7 => rename(keys, &key(one), &key(other)),
        8 => {
            let place = keys.find(&key(one));
            let at = (other % 2 == 0).then_some(SOON);
            keys.set_expire(place, at).unwrap();
        }
        9 => keys.swap(database, other as usize % DATABASES),
        10 if other % 4 == 0 => drop(keys.flush(database)),
        11 => {
            let value = NewValue::Int(i64::from(other));
            keys.set(&key(one), &value, Expiry::Keep).unwrap();
        }
        12 => drop(keys.tick(Some(1))),
        13 if other % 8 == 0 => keys.set_now(SOON),
        _ => {}
    }
}

fn steps(most: usize) -> impl Strategy<Value = Vec<(u8, u32, u32, u8)>> {
    prop::collection::vec((0u8..14, any::<u32>(), any::<u32>(), any::<u8>()), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 128 }))]
    #[test]
    fn the_file_is_the_cut(
        before in steps(80),
        during in steps(200),
        budget in 1usize..60,
        pause in 1usize..6,
        piece in 1usize..5000,
    ) {
        let mut keys = Keyspace::new(DATABASES, 5);
        keys.set_now(1000);
        before.into_iter().for_each(|step| act(&mut keys, step));
        // Time that passes before the cut has removed what it could.
        while keys.tick(Some(10)) {}
        let expected = contents(&mut keys);
        let facts = [("redis-ver", &b"7.2.0"[..])];
        let writer = Writer::new(true, true, true, facts.into_iter()).unwrap();
        keys.begin_cut(Box::new(writer), Noting::Nothing);
        let mut file = Vec::new();
        for (number, step) in during.into_iter().enumerate() {
            act(&mut keys, step);
            if number % pause == 0 {
                prop_assert!(keys.walk_cut(budget) != Walked::Failed);
                file.extend(keys.take_cut_bytes());
            }
        }
        for database in 0..DATABASES {
            keys.select(database);
            for entry in keys.iter() {
                let copy = entry.copied(entry.key()).unwrap();
                let dump = |entry| payload::dump(entry, keys.hasher(), false).unwrap();
                prop_assert!(dump(entry) == dump(&copy), "DUMP gives the past");
            }
        }
        loop {
            let walked = keys.walk_cut(budget);
            prop_assert!(walked != Walked::Failed);
            if walked == Walked::Done {
                break;
            }
            file.extend(keys.take_cut_bytes());
        }
        prop_assert_eq!(keys.cut.as_ref().unwrap().loose, 0);
        let progress = keys.cut_progress().unwrap();
        let mut writer = keys.finish_cut().unwrap();
        writer.finish().unwrap();
        file.extend(writer.take());
        let read = read(&file, piece, keys.hasher());
        prop_assert_eq!(read.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        prop_assert_eq!(&read, &expected);
        prop_assert_eq!(progress, (expected.len() as u64, expected.len() as u64));
        while keys.tick(None) {}
        prop_assert_eq!(keys.to_free_len(), 0);
    }
}

#[test]
fn a_snapshot_that_is_given_up_leaves_nothing() {
    let mut keys = Keyspace::new(DATABASES, 5);
    for number in 0..30 {
        fill(&mut keys, &[number], number, 0, 500);
    }
    let before = contents(&mut keys);
    let writer = Writer::new(false, false, false, [].into_iter()).unwrap();
    keys.begin_cut(Box::new(writer), Noting::Idle);
    keys.walk_cut(700);
    for number in 0..20 {
        change(&mut keys, &[number], 7, 3);
        change(&mut keys, &[number], 8, 4);
    }
    rename(&mut keys, &[7], b"elsewhere");
    let kept = |keys: &Keyspace| {
        let objects = keys.iter().filter_map(Entry::object);
        objects.filter(|object| object.is_kept()).count()
    };
    assert!(kept(&keys) > 5);
    keys.abandon_cut();
    assert_eq!(kept(&keys), 0);
    assert!(!keys.has_cut());
    while keys.tick(None) {}
    assert_eq!((keys.to_free_len(), keys.len(0)), (0, 30));
    assert_eq!(before.len(), 30);
    let writer = Writer::new(false, false, false, [].into_iter()).unwrap();
    keys.begin_cut(Box::new(writer), Noting::Idle);
    keys.walk_cut(700);
    keys.flush(0);
    keys.abandon_cut();
    while keys.tick(None) {}
    assert_eq!((keys.to_free_len(), keys.len(0)), (0, 0));
}
