//! Streams and their groups against ordered maps.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const NODE_ENTRIES: u64 = 5;
const LIMITS: Limits = Limits {
    bytes: 200,
    entries: NODE_ENTRIES,
};
const NAMES: [&[u8]; 2] = [b"g", b"h"];

/// Names and values in turn.
type Fields = Vec<Vec<u8>>;

/// A delivery: consumer, time, count.
type Delivery = (u8, i64, u64);

/// What a stream should have.
#[derive(Default)]
pub(crate) struct Model {
    entries: BTreeMap<StreamId, Fields>,
    last_id: StreamId,
    max_deleted_id: StreamId,
    added: u64,
    groups: BTreeMap<&'static [u8], ModelGroup>,
}

#[derive(Default)]
struct ModelGroup {
    last_id: StreamId,
    pending: BTreeMap<StreamId, Delivery>,
    consumers: Vec<u8>,
}

impl Model {
    fn is_referred_to(&self, id: StreamId) -> bool {
        let mut groups = self.groups.values();
        groups.any(|group| id > group.last_id || group.pending.contains_key(&id))
    }

    /// Takes an entry away because of trimming.
    fn trimmed(&mut self, id: StreamId, references: References) {
        self.entries.remove(&id);
        if references == References::Delete {
            for group in self.groups.values_mut() {
                group.pending.remove(&id);
            }
        }
    }

    fn trim(&mut self, stream: &mut Stream, trim: Trim) {
        let before: Vec<StreamId> = self.entries.keys().copied().collect();
        let trimmed = stream.trim(trim);
        let goes = |id: StreamId, left: usize| match trim.keep {
            Keep::Last(most) => left as u64 > most,
            Keep::From(first) => id < first,
        };
        let heeds = trim.references == References::Heed && !self.groups.is_empty();
        let mut gone = 0;
        for id in before {
            if trim.whole_nodes && gone == trimmed.gone || !goes(id, self.entries.len()) {
                break;
            }
            if heeds && self.is_referred_to(id) {
                continue;
            }
            self.trimmed(id, trim.references);
            gone += 1;
        }
        assert_eq!(trimmed.gone, gone);
        if trim.whole_nodes && trim.limit > 0 {
            assert!(gone <= trim.limit);
        }
        if let (true, false, Keep::Last(most)) = (trim.whole_nodes, heeds, trim.keep)
            && trim.limit == 0
        {
            assert!((self.entries.len() as u64) < most + NODE_ENTRIES || gone == 0);
        }
        if heeds && let Some(first) = self.entries.keys().next() {
            // Gaps that it leaves are deletions.
            assert!(*first > stream.max_deleted_id || stream.max_deleted_id >= self.max_deleted_id);
            self.max_deleted_id = stream.max_deleted_id;
        }
    }

    pub(crate) fn check(&self, stream: &Stream) {
        assert_eq!(stream.len(), self.entries.len());
        assert_eq!(stream.last_id, self.last_id);
        assert_eq!(stream.max_deleted_id, self.max_deleted_id);
        assert_eq!(stream.entries_added, self.added);
        let first = self.entries.keys().next().copied().unwrap_or_default();
        assert_eq!(stream.first_id, first);
        assert_eq!(
            stream.last_entry_id(),
            self.entries.keys().next_back().copied()
        );
        assert_eq!(stream.groups_len(), self.groups.len());
        for ((name, group), (model_name, model)) in stream.groups().zip(&self.groups) {
            assert_eq!(name, *model_name);
            assert_eq!(group.last_id, model.last_id);
            let pending: Vec<_> = group
                .deliveries()
                .map(|(id, pending)| (id, consumer_of(group, pending.consumer), *pending))
                .map(|(id, consumer, pending)| (id, (consumer, pending.time_ms, pending.count)))
                .collect();
            let expected: Vec<_> = model.pending.iter().map(|(id, d)| (*id, *d)).collect();
            assert_eq!(pending, expected);
            assert_eq!(group.pending_len(), expected.len());
            assert_eq!(
                group.last_pending(),
                model.pending.keys().next_back().copied()
            );
            assert_eq!(group.consumers_len(), model.consumers.len());
            for consumer in group.consumers() {
                let ids: Vec<StreamId> = consumer.pending_from(StreamId::MIN).collect();
                let of_it = |(_, d): &(&StreamId, &Delivery)| d.0 == consumer.name()[0];
                let expected: Vec<StreamId> = model
                    .pending
                    .iter()
                    .filter(of_it)
                    .map(|(id, _)| *id)
                    .collect();
                assert_eq!(ids, expected);
            }
        }
    }

    fn check_range(&self, stream: &Stream, start: StreamId, end: StreamId) {
        let owned = |entry: Entry<'_>| {
            let parts = entry.parts();
            let parts: Fields = parts.map(|part| part.text(&mut [0; 20]).to_vec()).collect();
            (entry.id, parts)
        };
        let mut expected: Vec<(StreamId, Fields)> = match start <= end {
            true => self
                .entries
                .range(start..=end)
                .map(|(id, f)| (*id, f.clone()))
                .collect(),
            false => Vec::new(),
        };
        let forwards: Vec<_> = stream.range(start, end, false).map(owned).collect();
        assert_eq!(forwards, expected);
        expected.reverse();
        let backwards: Vec<_> = stream.range(start, end, true).map(owned).collect();
        assert_eq!(backwards, expected);
    }
}

fn consumer_of(group: &Group, id: ConsumerId) -> u8 {
    group.consumer(id).name()[0]
}

fn fields(kind: u8, value: u32) -> Fields {
    let mut fields = alloc::vec![b"name".to_vec(), value.to_string().into_bytes()];
    if kind % 3 == 1 {
        fields.extend([b"other".to_vec(), alloc::vec![b'x'; kind as usize]]);
    }
    fields
}

/// What the steps of a test are made from.
pub(crate) type Step = (u8, u8, u32);

/// Up to so many steps.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0u8..22, any::<u8>(), 0u32..400), 0..most)
}

/// Does something with a stream that commands do.
pub(crate) fn step(stream: &mut Stream, model: &mut Model, (kind, choice, number): Step) {
    // IDs of entries, of gaps between them, and beyond.
    let id = StreamId::new(u64::from(number) / 4, u64::from(number) % 4);
    let name = NAMES[usize::from(choice) % 2];
    match kind {
        0..8 => {
            let ms = model.last_id.ms + u64::from(choice % 3);
            let id = StreamId::new(ms, model.last_id.seq + 1);
            let fields = fields(choice, number);
            let parts = fields.iter().map(Vec::as_slice);
            stream.append(id, parts, LIMITS).unwrap();
            model.entries.insert(id, fields);
            model.last_id = id;
            model.added += 1;
        }
        8..10 => {
            let wanted = model.entries.keys().nth(number as usize % 20).copied();
            let id = wanted.filter(|_| choice % 4 > 0).unwrap_or(id);
            let references = match choice % 3 {
                0 => References::Keep,
                1 => References::Delete,
                _ => References::Heed,
            };
            if references == References::Delete {
                stream.forget(id);
            }
            let deletion = stream.delete_with(id, references);
            stream.deleted();
            let exists = model.entries.contains_key(&id);
            let pends = model.groups.values().any(|g| g.pending.contains_key(&id));
            let heeded =
                references == References::Heed && (pends || exists && model.is_referred_to(id));
            let expected = match (heeded, exists) {
                (true, _) => Deletion::Heeded,
                (false, true) => Deletion::Done,
                (false, false) => Deletion::Missing,
            };
            assert_eq!(deletion, expected);
            if deletion == Deletion::Done {
                model.max_deleted_id = model.max_deleted_id.max(id);
            }
            if deletion != Deletion::Heeded {
                model.trimmed(id, references);
            }
        }
        10 => {
            let keep = match choice % 2 {
                0 => Keep::Last(u64::from(number) % 60),
                _ => Keep::From(id),
            };
            let trim = Trim {
                keep,
                whole_nodes: choice & 2 > 0,
                limit: if choice & 6 == 6 { 7 } else { 0 },
                references: match choice >> 3 & 3 {
                    0 => References::Delete,
                    1 => References::Heed,
                    _ => References::Keep,
                },
            };
            model.trim(stream, trim);
        }
        11 => {
            let is_new = stream.create_group(name, Group::new(id, None)).unwrap();
            assert_eq!(is_new, !model.groups.contains_key(name));
            model.groups.entry(name).or_insert_with(|| ModelGroup {
                last_id: id,
                ..ModelGroup::default()
            });
        }
        12 if choice % 8 == 0 => {
            let gone = stream.destroy_group(name).is_some();
            assert_eq!(gone, model.groups.remove(name).is_some());
        }
        // What XSETID does: the IDs to come may begin before what was trimmed.
        20 => {
            let last = stream.last_entry_id().unwrap_or_default();
            if id >= last.max(stream.max_deleted_id) {
                (stream.last_id, model.last_id) = (id, id);
                stream.entries_added += u64::from(choice);
                model.added += u64::from(choice);
            }
        }
        21 if choice % 4 == 0 => drop(stream.take_rest(number as usize % 5)),
        _ => in_group(stream, model, name, (kind, choice, number)),
    }
}

/// The steps that work on a group.
fn in_group(stream: &mut Stream, model: &mut Model, name: &[u8], (kind, choice, number): Step) {
    let (Some(mut group), Some(known)) = (stream.group_mut(name), model.groups.get_mut(name))
    else {
        return;
    };
    let who = b'a' + choice % 3;
    if kind == 12 {
        let found = group.find(&[who]).map(|consumer| group.delete(consumer));
        if number % 4 == 0 {
            // What is left of those that are gone may be taken out at any time.
            stream.take_rest(number as usize % 3);
        }
        let before = known.pending.len();
        known.pending.retain(|_, delivery| delivery.0 != who);
        let was_there = known.consumers.contains(&who);
        known.consumers.retain(|consumer| *consumer != who);
        assert_eq!(found, was_there.then_some(before - known.pending.len()));
        return;
    }
    let consumer = group.find(&[who]);
    assert_eq!(consumer.is_some(), known.consumers.contains(&who));
    let consumer = consumer.unwrap_or_else(|| {
        known.consumers.push(who);
        group.create(&[who], 0).unwrap()
    });
    let time_ms = i64::from(number);
    group.consumer_mut(consumer).seen_ms += time_ms;
    if kind == 21 {
        // XGROUP SETID, which may have entries delivered once more.
        let id = StreamId::new(u64::from(number) / 4, u64::from(number) % 4);
        (group.last_id, known.last_id) = (id, id);
        group.entries_read = (choice % 8 == 1).then_some(u64::from(number));
        return;
    }
    if kind < 16 {
        // Reads what comes next.
        let next = model.entries.range(known.last_id..).map(|(id, _)| *id);
        let ids: Vec<StreamId> = next.filter(|id| *id > known.last_id).take(3).collect();
        for id in ids {
            group.deliver(id, consumer, time_ms, 1).unwrap();
            known.pending.insert(id, (who, time_ms, 1));
            (group.last_id, known.last_id) = (id, id);
        }
        return;
    }
    let id = known.pending.keys().nth(number as usize % 8).copied();
    let id = id.unwrap_or(StreamId::new(1, 1));
    if kind < 18 {
        let was_there = known.pending.remove(&id).is_some();
        assert_eq!(group.acknowledge(id), was_there);
    } else {
        let count = group.delivery(id).map_or(1, |delivery| delivery.count + 1);
        group.deliver(id, consumer, time_ms, count).unwrap();
        known.pending.insert(id, (who, time_ms, count));
    }
    let next = known.pending.range(id..).next().map(|(id, _)| *id);
    assert_eq!(group.next_delivery(id).map(|(id, _)| id), next);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 128 }))]
    #[test]
    fn behaves_as_ordered_maps(
        steps in steps(400),
        bounds in prop::collection::vec((0u32..500, 0u32..500), 8),
    ) {
        let (mut stream, mut model) = (Stream::default(), Model::default());
        for one in steps {
            step(&mut stream, &mut model, one);
            model.check(&stream);
        }
        model.check_range(&stream, StreamId::MIN, StreamId::MAX);
        for (start, end) in bounds {
            let id = |number: u32| StreamId::new(u64::from(number) / 4, u64::from(number) % 4);
            model.check_range(&stream, id(start), id(end));
        }
        let copy = stream.copy().unwrap();
        let mut loaded = Stream::default();
        for (id, list) in stream.nodes() {
            let mut bytes = Listpack::new();
            bytes.merge(list).unwrap();
            loaded.push_node(id, bytes).unwrap();
        }
        while stream.drop_some(3) {}
        model.check(&copy);
        model.check_range(&copy, StreamId::MIN, StreamId::MAX);
        model.check_range(&loaded, StreamId::MIN, StreamId::MAX);
    }
}

#[test]
fn what_every_group_has_acknowledged_is_trimmed() {
    let mut stream = Stream::default();
    for ms in 1..=20 {
        let parts = [&b"f"[..], b"v"].into_iter();
        stream.append(StreamId::new(ms, 0), parts, LIMITS).unwrap();
    }
    let group = Group::new(StreamId::new(12, 0), None);
    stream.create_group(b"g", group).unwrap();
    let mut group = stream.group_mut(b"g").unwrap();
    let consumer = group.create(b"c", 0).unwrap();
    for ms in [3, 7, 12] {
        group.deliver(StreamId::new(ms, 0), consumer, 0, 1).unwrap();
    }
    let trim = |keep, whole_nodes| Trim {
        keep,
        whole_nodes,
        limit: 0,
        references: References::Heed,
    };
    let ids = |stream: &Stream| -> Vec<u64> {
        let all = stream.range(StreamId::MIN, StreamId::MAX, false);
        all.map(|entry| entry.id.ms).collect()
    };
    // Nodes start at 1, 6, 11 and 16.
    let Trimmed { gone, behind, .. } = stream.trim(trim(Keep::From(StreamId::new(8, 0)), true));
    assert_eq!((gone, behind), (4, StreamId::new(6, 0)));
    let Trimmed { gone, behind, .. } = stream.trim(trim(Keep::Last(14), false));
    assert_eq!((gone, behind), (2, StreamId::new(9, 0)));
    assert_eq!(ids(&stream)[..5], [3, 7, 9, 10, 11]);
    assert_eq!(stream.max_deleted_id, StreamId::new(8, 0));
    let Trimmed { gone, behind, .. } = stream.trim(trim(Keep::Last(0), false));
    assert_eq!((gone, behind), (3, StreamId::new(13, 0)));
    assert_eq!(ids(&stream)[..4], [3, 7, 12, 13]);
    stream.destroy_group(b"g");
    let trimmed = stream.trim(trim(Keep::Last(0), false));
    assert_eq!((trimmed.gone, trimmed.behind), (11, StreamId::MAX));
}
