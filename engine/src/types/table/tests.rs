//! The table against a model: maps, scans while it grows and shrinks, fairness.

use super::*;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use proptest::prelude::*;

struct Item(Box<(String, u64)>);

impl Keyed for Item {
    fn key(&self) -> &[u8] {
        self.0.0.as_bytes()
    }
    fn is_timed(&self) -> bool {
        self.0.1 != u64::MAX
    }
    fn deadline(&self) -> u64 {
        self.0.1
    }
}

struct Model {
    table: Table<Item>,
    hasher: KeyHasher,
}

impl Model {
    fn new() -> Self {
        Model {
            table: Table::new(),
            hasher: KeyHasher::new(7),
        }
    }

    fn add(&mut self, key: &str, deadline: u64) {
        let hash = self.hasher.hash(key.as_bytes());
        match self.table.find(hash, key.as_bytes()) {
            Some(position) => self.table.update(position, |item| item.0.1 = deadline),
            None => {
                let item = Item(Box::new((key.to_string(), deadline)));
                let position = self.table.insert(&self.hasher, hash, item).unwrap();
                assert_eq!(self.table.at(position).key(), key.as_bytes());
            }
        }
    }

    fn take(&mut self, key: &str) -> bool {
        let hash = self.hasher.hash(key.as_bytes());
        let Some(position) = self.table.find(hash, key.as_bytes()) else {
            return false;
        };
        self.table.remove(&self.hasher, position).is_some()
    }

    /// The directory leads every hash to the segment that has its prefix, and all items are where they belong.
    fn check(&self) {
        let table = &self.table;
        assert_eq!(
            table.directory.len(),
            if table.depth == 0 {
                0
            } else {
                1 << table.depth
            }
        );
        let mut leads = 0;
        let mut deepest = 0;
        for (number, segment) in table.segments.iter().enumerate() {
            let depth = u32::from(segment.depth);
            let run = 1 << (table.depth - depth);
            leads += run;
            deepest += usize::from(depth == table.depth && depth > 0);
            let start = segment.prefix() * run;
            let entries = table.directory.get(start..start + run).unwrap_or_default();
            assert!(entries.iter().all(|entry| *entry as usize == number));
            let items = segment
                .buckets
                .iter()
                .flat_map(|bucket| &bucket.slots)
                .flatten();
            let hashes = items.map(|item| Hash(self.hasher.hash(item.key())));
            assert!(
                hashes
                    .into_iter()
                    .all(|hash| hash.top(depth) == segment.prefix())
            );
        }
        assert!(leads == 1 << table.depth || table.segments.is_empty());
        assert_eq!(deepest, table.deepest);
    }

    fn has(&self, key: &str) -> bool {
        self.table
            .find(self.hasher.hash(key.as_bytes()), key.as_bytes())
            .is_some()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 64 }))]
    #[test]
    fn behaves_as_a_map(steps in prop::collection::vec((0u8..4, 0u32..700, 0u64..100), 1..3000)) {
        let mut model = Model::new();
        let mut map = BTreeMap::new();
        for (step, key, deadline) in steps {
            let name = key.to_string();
            match step {
                0 | 1 => {
                    let deadline = if deadline < 50 { u64::MAX } else { deadline };
                    model.add(&name, deadline);
                    map.insert(name, deadline);
                }
                2 => prop_assert_eq!(model.take(&name), map.remove(&name).is_some()),
                _ => {
                    let mut taken = 0;
                    for number in 0..model.table.segments_len() {
                        model.table.expire_segment(&model.hasher, number, deadline, |_| taken += 1);
                    }
                    let before = map.len();
                    map.retain(|_, end| *end > deadline);
                    prop_assert_eq!(taken, before - map.len());
                }
            }
            prop_assert_eq!(model.table.len(), map.len());
            let timed = map.values().filter(|end| **end != u64::MAX).count();
            prop_assert_eq!(model.table.timed_len(), timed);
        }
        model.check();
        for key in 0..700 {
            let name = key.to_string();
            prop_assert_eq!(model.has(&name), map.contains_key(&name));
        }
    }

    #[test]
    fn a_scan_meets_what_stays_once_while_the_table_shrinks(stay in 1u32..400, each in 1usize..80, seed in 0u64..1000) {
        let mut model = Model::new();
        model.hasher = KeyHasher::new(seed);
        let goes = if cfg!(miri) { 500 } else { 6000 };
        (0..stay).for_each(|key| model.add(&key.to_string(), u64::MAX));
        (0..goes).for_each(|key| model.add(&alloc::format!("go{key}"), u64::MAX));
        let mut met: BTreeMap<String, u32> = BTreeMap::new();
        let mut cursor = 0;
        let mut going = 0..goes;
        loop {
            cursor = model.table.scan(&model.hasher, cursor, |item| {
                *met.entry(item.0.0.clone()).or_default() += 1;
            });
            if cursor == 0 {
                break;
            }
            for key in going.by_ref().take(each) {
                model.take(&alloc::format!("go{key}"));
            }
        }
        model.check();
        for key in 0..stay {
            prop_assert_eq!(met.get(&key.to_string()), Some(&1));
        }
        prop_assert!(met.values().all(|times| *times == 1));
    }

    #[test]
    fn a_scan_meets_what_stays_once(stay in 1u32..3000, come in 0u32..3000, go in 0u32..1000) {
        let mut model = Model::new();
        for key in 0..stay {
            model.add(&key.to_string(), u64::MAX);
        }
        for key in 0..go {
            model.add(&alloc::format!("go{key}"), u64::MAX);
        }
        let mut met: BTreeMap<String, u32> = BTreeMap::new();
        let mut cursor = 0;
        let mut changes = (0..come).map(|key| (true, key)).chain((0..go).map(|key| (false, key)));
        loop {
            cursor = model.table.scan(&model.hasher, cursor, |item| {
                *met.entry(item.0.0.clone()).or_default() += 1;
            });
            prop_assert!(cursor < 1 << 53);
            if cursor == 0 {
                break;
            }
            for (add, key) in changes.by_ref().take(20) {
                if add {
                    model.add(&alloc::format!("come{key}"), u64::MAX);
                } else {
                    model.take(&alloc::format!("go{key}"));
                }
            }
        }
        for key in 0..stay {
            prop_assert_eq!(met.get(&key.to_string()), Some(&1));
        }
        prop_assert!(met.values().all(|times| *times == 1));
    }
}

#[test]
fn a_table_shrinks_as_it_grew() {
    let keys = if cfg!(miri) { 2_000 } else { 100_000 };
    let mut model = Model::new();
    (0..keys).for_each(|key| model.add(&key.to_string(), u64::MAX));
    let grown = (model.table.segments_len(), model.table.memory_bytes());
    for key in 0..keys {
        // All but every hundredth, and in an order that has nothing to do with hashes.
        let key = (key * 7919) % keys;
        if key % 100 != 0 {
            assert!(model.take(&key.to_string()));
        }
        if key % 1024 == 1 {
            model.check();
        }
    }
    assert_eq!(model.table.len(), keys / 100);
    assert!(model.table.segments_len() * 20 < grown.0 || cfg!(miri));
    assert!(model.table.memory_bytes() * 20 < grown.1 || cfg!(miri));
    assert!((0..keys).all(|key| model.has(&key.to_string()) == (key % 100 == 0)));
    (0..keys)
        .step_by(100)
        .for_each(|key| assert!(model.take(&key.to_string())));
    model.check();
    assert_eq!((model.table.segments_len(), model.table.depth), (1, 0));
    (0..keys).for_each(|key| model.add(&key.to_string(), u64::MAX));
    model.check();
}

#[test]
fn expiry_shrinks_too() {
    let keys = if cfg!(miri) { 2_000u64 } else { 100_000 };
    let mut model = Model::new();
    (0..keys).for_each(|key| model.add(&key.to_string(), key % 100));
    let mut taken = 0;
    for number in (0..model.table.segments_len()).rev() {
        model
            .table
            .expire_segment(&model.hasher, number, 98, |_| taken += 1);
    }
    assert_eq!(model.table.len(), keys as usize / 100);
    assert_eq!(taken, keys - keys / 100);
    model.check();
    assert!(model.table.segments_len() < 30);
}

#[test]
fn a_bucket_is_a_cache_line() {
    assert_eq!(size_of::<Bucket<Item>>(), 64);
    assert_eq!(size_of::<Segment<Item>>(), 2 * size_of::<usize>() + 16);
}

#[test]
fn random_is_fair() {
    let mut model = Model::new();
    let keys = 2000;
    for key in 0..keys {
        model.add(&key.to_string(), u64::MAX);
    }
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        KeyHasher::new(3).hash(&state.to_le_bytes())
    };
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let draws = keys * 100;
    for _ in 0..draws {
        let position = model.table.random(&mut random).unwrap();
        *counts
            .entry(model.table.at(position).0.0.clone())
            .or_default() += 1;
    }
    assert_eq!(counts.len(), keys as usize);
    // 100 expected, a standard deviation of 10: six of them is beyond chance.
    assert!(
        counts.values().all(|count| (40..160).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn freeing_in_slices_counts_down() {
    let mut model = Model::new();
    for key in 0..5000u64 {
        model.add(&key.to_string(), key % 2);
    }
    while model.table.drop_segment(drop) {}
    assert_eq!((model.table.len(), model.table.timed_len()), (0, 0));
}

#[test]
fn a_copy_is_a_table_of_its_own() {
    let mut model = Model::new();
    for number in 0..3000u64 {
        let deadline = if number % 3 == 0 { number } else { u64::MAX };
        model.add(&number.to_string(), deadline);
    }
    let copy = |item: &Item| Ok(Item(item.0.clone()));
    let mut twin = Model {
        table: model.table.copy(copy).unwrap(),
        hasher: model.hasher.clone(),
    };
    twin.check();
    assert_eq!(twin.table.timed_len(), model.table.timed_len());
    for number in 0..3000u64 {
        assert!(twin.take(&number.to_string()));
    }
    model.check();
    assert_eq!((twin.table.len(), model.table.len()), (0, 3000));
    assert_eq!(twin.table.timed_len(), 0);
    let refused = model.table.copy(|_| Err(Error::OutOfMemory));
    assert!(refused.is_err());
}
