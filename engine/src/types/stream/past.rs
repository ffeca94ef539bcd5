//! A stream as it was at one moment, readable while the stream changes: what is about to change is saved before, once.
//! Knows nothing of who reads it.
//!
//! All rows that are saved stand in one map. What goes as a whole is moved here instead: trimmed nodes, destroyed groups.
//! Consumers that are deleted stay in their group, marked as gone.

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::group::{Consumer, ConsumerId, Group, Pending};
use super::{Groups, Node, Ordered, Stream, StreamId};
use crate::error::Error;

/// A group's number, or 0 for nodes; what of it; an ID.
type Key = (u64, u32, StreamId);

/// Chunks of rows that are freed together; a hundred rows may be a hundred nodes.
const ROWS_CHUNKS: usize = 4;

/// What of a group: its facts.
const FACTS: u32 = 0;
/// Its deliveries; and a stream's nodes.
const ROWS: u32 = 1;

/// A consumer's facts. Its list is the number behind.
fn facts_of(consumer: ConsumerId) -> u32 {
    2 * consumer.0 + 2
}

/// What was somewhere.
enum Saved {
    Nothing,
    Node(Node),
    Delivery(Pending),
    /// A consumer's list had the ID.
    Listed,
    Consumer(ConsumerFacts),
    Group(Box<GroupPast>),
}

/// What a stream's nodes and groups do not say.
#[derive(Clone, Copy)]
pub struct Facts {
    /// Entries.
    pub len: u64,
    /// Nodes.
    pub nodes: usize,
    /// Groups.
    pub groups: usize,
    /// See [`Stream::last_id`].
    pub last_id: StreamId,
    /// See [`Stream::first_id`].
    pub first_id: StreamId,
    /// See [`Stream::max_deleted_id`].
    pub max_deleted_id: StreamId,
    /// See [`Stream::entries_added`].
    pub entries_added: u64,
}

/// What a group's deliveries and consumers do not say.
#[derive(Clone, Copy)]
pub struct GroupFacts {
    /// See [`Group::last_id`].
    pub last_id: StreamId,
    /// See [`Group::entries_read`].
    pub entries_read: Option<u64>,
    /// Deliveries that wait for their acknowledgement.
    pub pending_len: usize,
    /// Consumers.
    pub consumers_len: usize,
}

/// What a consumer's list does not say.
#[derive(Clone, Copy)]
pub struct ConsumerFacts {
    /// See [`Consumer::seen_ms`].
    pub seen_ms: i64,
    /// Deliveries that wait for its acknowledgement.
    pub pending_len: usize,
}

/// What is kept of a group that was touched.
struct GroupPast {
    facts: GroupFacts,
    /// No delivery was behind this one.
    last: StreamId,
    /// Consumers that were deleted since.
    gone: Ordered<Arc<[u8]>, ConsumerId>,
}

/// What is kept of a stream.
pub(super) struct Past {
    facts: Facts,
    /// Groups of larger numbers came later, consumers that went before have less.
    pub(super) moment: u64,
    /// Nodes that start in a millisecond before this one are not wanted any more.
    walked: u64,
    /// No node was behind this one.
    last: StreamId,
    /// Nodes from the start on that went. Whatever else is not behind them came later.
    cut: Ordered<StreamId, Node>,
    saved: Ordered<Key, Saved>,
    /// Groups that were destroyed since.
    pub(super) gone: Groups,
    /// Memory was refused.
    pub(super) failed: bool,
}

impl Past {
    /// Saves what is somewhere, unless that was done before.
    fn save(&mut self, key: Key, saved: Saved) {
        if !self.failed {
            self.failed = self.saved.add(key, saved).is_err();
        }
    }

    /// A node is about to change, or to come into being.
    #[cold]
    #[inline(never)]
    pub(super) fn save_node(&mut self, id: StreamId, node: Option<&Node>) {
        let key = (0, ROWS, id);
        let is_cut = self.cut.last().is_some_and(|(last, _)| id <= *last);
        if id.ms < self.walked || id > self.last || is_cut || self.saved.get(&key).is_some() {
            return;
        }
        match node.map(Node::copy) {
            Some(Err(_)) => self.failed = true,
            Some(Ok(node)) => self.save(key, Saved::Node(node)),
            None => self.save(key, Saved::Nothing),
        }
    }

    /// The first row from one on that was there, unless `now`, which gives the first in the present from an ID on, has one
    /// before it; none is behind `last`.
    #[inline(never)]
    fn next_row<'a>(
        past: Option<&'a Past>,
        (group, what, mut start): Key,
        last: StreamId,
        now: &dyn Fn(StreamId) -> Option<StreamId>,
    ) -> Option<(StreamId, Option<&'a Saved>)> {
        loop {
            let now = now(start).filter(|now| *now <= last);
            let saved = past.and_then(|past| {
                let place = past.saved.lower_bound(&(group, what, start));
                let (key, saved) = past.saved.at(place)?;
                let is_next = (key.0, key.1) == (group, what) && now.is_none_or(|now| key.2 <= now);
                is_next.then_some((key.2, saved))
            });
            match saved {
                Some((id, Saved::Nothing)) => start = id.next()?,
                Some((id, saved)) => return Some((id, Some(saved))),
                None => return now.map(|id| (id, None)),
            }
        }
    }

    /// Takes the nodes that were cut off, unless nobody wants them.
    #[cold]
    #[inline(never)]
    pub(super) fn take_nodes(&mut self, nodes: &mut Ordered<StreamId, Node>) {
        let (Some((first, _)), Some((last, _))) = (nodes.first(), nodes.last()) else {
            return;
        };
        // Where IDs began anew all of them are new.
        let is_new = self.cut.last().is_some_and(|(cut, _)| cut >= first);
        if last.ms < self.walked || *first > self.last || is_new {
            return;
        }
        let done = self.cut.append(core::mem::take(nodes));
        self.failed |= done.is_err();
    }

    fn group(&self, number: u64) -> Option<&GroupPast> {
        match self.saved.get(&(number, FACTS, StreamId::MIN))? {
            Saved::Group(group) => Some(group),
            _ => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn save_group(&mut self, group: &Group) {
        if self.group(group.number).is_none() {
            let past = GroupPast {
                facts: group.facts(),
                last: group.pending.last().map_or(StreamId::MIN, |last| *last.0),
                gone: Ordered::new(),
            };
            let key = (group.number, FACTS, StreamId::MIN);
            self.save(key, Saved::Group(Box::new(past)));
        }
    }

    #[cold]
    #[inline(never)]
    fn save_consumer(&mut self, group: &Group, id: ConsumerId) {
        let key = (group.number, facts_of(id), StreamId::MIN);
        self.save(key, Saved::Consumer(group.consumer(id).facts()));
    }

    /// A delivery is about to change, to go, or to come into being; and which consumer will have it then.
    #[cold]
    #[inline(never)]
    fn save_delivery(&mut self, group: &Group, id: StreamId, to: Option<ConsumerId>) {
        let before = group.pending.get(&id).copied();
        let before = before.filter(|before| !group.was_gone(before, self.moment));
        let last = self.group(group.number).map(|past| past.last);
        let is_wanted = last.is_some_and(|last| id <= last);
        if let Some(before) = before {
            self.save_listed(
                group,
                before.consumer,
                is_wanted.then_some(id),
                Saved::Listed,
            );
        }
        if let Some(to) = to {
            // Where it had it before, this does nothing.
            self.save_listed(group, to, is_wanted.then_some(id), Saved::Nothing);
        }
        if is_wanted {
            let saved = before.map_or(Saved::Nothing, Saved::Delivery);
            self.save((group.number, ROWS, id), saved);
        }
    }

    /// A consumer's list is about to change, and where.
    #[inline(never)]
    fn save_listed(
        &mut self,
        group: &Group,
        consumer: ConsumerId,
        id: Option<StreamId>,
        saved: Saved,
    ) {
        self.save_consumer(group, consumer);
        if let Some(id) = id {
            self.save((group.number, facts_of(consumer) + 1, id), saved);
        }
    }

    /// A consumer of this name and number went.
    #[cold]
    #[inline(never)]
    fn save_gone(&mut self, group: &Group, name: Arc<[u8]>, id: ConsumerId) {
        let key = (group.number, FACTS, StreamId::MIN);
        if let Some(Saved::Group(past)) = self.saved.get_mut(&key)
            && group.consumer(id).born < self.moment
        {
            let done = past.gone.insert(name, id);
            self.failed |= done.is_err();
        }
    }
}

/// A group that is being changed.
pub struct GroupMut<'a> {
    group: &'a mut Group,
    /// What is kept, where the group was there then.
    past: Option<&'a mut Past>,
}

impl core::ops::Deref for GroupMut<'_> {
    type Target = Group;

    #[inline]
    fn deref(&self) -> &Group {
        self.group
    }
}

impl core::ops::DerefMut for GroupMut<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Group {
        self.group
    }
}

impl<'a> GroupMut<'a> {
    #[inline]
    pub(super) fn new(group: &'a mut Group, past: Option<&'a mut Past>) -> GroupMut<'a> {
        let past = past.filter(|past| group.number <= past.moment);
        let mut changed = GroupMut { group, past };
        if let Some(past) = &mut changed.past {
            past.save_group(changed.group);
        }
        changed
    }

    /// See [`Group::consumer_mut`].
    pub fn consumer_mut(&mut self, id: ConsumerId) -> &mut Consumer {
        if let Some(past) = &mut self.past {
            past.save_consumer(self.group, id);
        }
        self.group.consumer_mut(id)
    }

    /// Adds a consumer, whose name is new. O(log n), and O(n) where one was deleted.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn create(&mut self, name: &[u8], now_ms: i64) -> Result<ConsumerId, Error> {
        let id = self.group.add(name, now_ms, -1)?;
        if let Some(past) = &self.past {
            self.group.consumer_mut(id).born = past.moment;
        }
        Ok(id)
    }

    /// See [`Group::delete`].
    pub fn delete(&mut self, id: ConsumerId) -> usize {
        let Some(past) = &mut self.past else {
            return self.group.delete(id);
        };
        let (name, len) = self.group.mark_gone(id, past.moment);
        past.save_gone(self.group, name, id);
        len
    }

    /// See [`Group::deliver`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn deliver(
        &mut self,
        id: StreamId,
        to: ConsumerId,
        time_ms: i64,
        count: u64,
    ) -> Result<(), Error> {
        if let Some(past) = &mut self.past {
            past.save_delivery(self.group, id, Some(to));
        }
        self.group.deliver(id, to, time_ms, count)
    }

    /// See [`Group::acknowledge`].
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        if let Some(past) = &mut self.past {
            past.save_delivery(self.group, id, None);
        }
        self.group.acknowledge(id)
    }
}

/// The first from a name on in either map, those aside that are not old.
fn first_of<'a, K, V>(
    now: &'a Ordered<K, V>,
    gone: Option<&'a Ordered<K, V>>,
    from: &[u8],
    is_old: impl Fn(&V) -> bool,
) -> Option<(&'a K, &'a V)>
where
    K: Ord + core::borrow::Borrow<[u8]>,
{
    let mut here = now.iter_from(now.lower_bound(from));
    let here = here.find(|(_, value)| is_old(value));
    let gone = gone.and_then(|gone| gone.at(gone.lower_bound(from)));
    match (here, gone) {
        (Some(here), Some(gone)) if gone.0 < here.0 => Some(gone),
        (here, gone) => here.or(gone),
    }
}

/// A group as it was.
#[derive(Clone, Copy)]
pub struct PastGroup<'a> {
    name: &'a [u8],
    group: &'a Group,
    past: Option<(&'a Past, Option<&'a GroupPast>)>,
}

impl<'a> PastGroup<'a> {
    fn moment(&self) -> u64 {
        self.past.map_or(u64::MAX, |(past, _)| past.moment)
    }

    fn touched(&self) -> Option<&'a GroupPast> {
        self.past?.1
    }

    fn next_row(
        &self,
        what: u32,
        start: StreamId,
        now: &dyn Fn(StreamId) -> Option<StreamId>,
    ) -> Option<(StreamId, Option<&'a Saved>)> {
        let last = self.touched().map_or(StreamId::MAX, |touched| touched.last);
        let past = self.past.map(|past| past.0);
        Past::next_row(past, (self.group.number, what, start), last, now)
    }

    /// Its name.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// What its deliveries and consumers do not say. O(1).
    pub fn facts(&self) -> GroupFacts {
        self.touched()
            .map_or_else(|| self.group.facts(), |touched| touched.facts)
    }

    /// The first from an ID on that was delivered and not acknowledged. O(log n), and once for each that came later before it
    /// or whose consumer had gone.
    pub fn delivery_from(&self, mut start: StreamId) -> Option<(StreamId, Pending)> {
        let pending = &self.group.pending;
        let now = |start| Some(*pending.at(pending.lower_bound(&start))?.0);
        loop {
            let (id, saved) = self.next_row(ROWS, start, &now)?;
            if let Some(Saved::Delivery(delivery)) = saved {
                return Some((id, *delivery));
            }
            let delivery = pending.get(&id)?;
            if !self.group.was_gone(delivery, self.moment()) {
                return Some((id, *delivery));
            }
            start = id.next()?;
        }
    }

    /// The first consumer from a name on. O(log n + consumers that came since).
    pub fn consumer_from(&self, name: &[u8]) -> Option<PastConsumer<'a>> {
        let gone = self.touched().map(|touched| &touched.gone);
        let is_old = |id: &ConsumerId| self.group.consumer(*id).born < self.moment();
        let (_, id) = first_of(&self.group.by_name, gone, name, is_old)?;
        Some(PastConsumer {
            group: *self,
            id: *id,
            consumer: self.group.consumer(*id),
        })
    }

    /// The name of the consumer that a delivery went to.
    ///
    /// # Panics
    /// Where it is none of this group's.
    pub fn consumer_name(&self, id: ConsumerId) -> &'a [u8] {
        self.group.consumer(id).name()
    }
}

/// A consumer as it was.
pub struct PastConsumer<'a> {
    group: PastGroup<'a>,
    id: ConsumerId,
    consumer: &'a Consumer,
}

impl<'a> PastConsumer<'a> {
    /// Its name.
    pub fn name(&self) -> &'a [u8] {
        self.consumer.name()
    }

    /// What its list does not say. O(log n).
    pub fn facts(&self) -> ConsumerFacts {
        let key = (self.group.group.number, facts_of(self.id), StreamId::MIN);
        let saved = self.group.past.and_then(|(past, _)| past.saved.get(&key));
        match saved {
            Some(Saved::Consumer(facts)) => *facts,
            _ => self.consumer.facts(),
        }
    }

    /// The first ID from one on that it had not acknowledged. O(log n), and once for each that came later before it.
    pub fn pending_from(&self, start: StreamId) -> Option<StreamId> {
        let now = |start| self.consumer.next_pending(start);
        let row = self.group.next_row(facts_of(self.id) + 1, start, &now);
        row.map(|(id, _)| id)
    }
}

impl Stream {
    /// From now on it stays readable as it is at this moment, by what is called `past`, while it changes. `walked` says
    /// that nodes which start in a millisecond before this one are not wanted. O(1). While it is kept, what changes
    /// costs a copy of its node, or some rows of 64 bytes for a delivery.
    ///
    /// # Errors
    /// None: the rest of memory is asked for when something changes, see [`Stream::is_kept_whole`].
    pub fn keep(&mut self, walked: u64) -> Result<bool, Error> {
        self.clock += 1;
        self.past = Some(Box::new(Past {
            facts: self.facts(),
            moment: self.clock,
            walked,
            last: self.nodes.last().map_or(StreamId::MIN, |last| *last.0),
            cut: Ordered::new(),
            saved: Ordered::new(),
            gone: Ordered::new(),
            failed: false,
        }));
        Ok(true)
    }

    /// It is readable as it was. O(1).
    pub fn is_kept(&self) -> bool {
        self.past.is_some()
    }

    /// Nothing of what was kept is missing for want of memory. O(1).
    pub fn is_kept_whole(&self) -> bool {
        self.past.as_ref().is_none_or(|past| !past.failed)
    }

    /// Nodes that start in a millisecond before this one are not wanted any more. Groups are kept until the end. O(1).
    pub fn walked(&mut self, walked: u64) {
        if let Some(past) = &mut self.past {
            past.walked = walked;
        }
    }

    /// Keeps no longer what was, which is the caller's to free. O(1).
    pub fn release(&mut self) -> Option<Stream> {
        let mut past = self.past.take()?;
        Some(Stream {
            nodes: core::mem::take(&mut past.cut),
            groups: core::mem::take(&mut past.gone),
            past: Some(past),
            ..Stream::default()
        })
    }

    fn facts(&self) -> Facts {
        Facts {
            len: self.len,
            nodes: self.nodes.len(),
            groups: self.groups.len(),
            last_id: self.last_id,
            first_id: self.first_id,
            max_deleted_id: self.max_deleted_id,
            entries_added: self.entries_added,
        }
    }

    /// What its nodes and groups do not say, as it was. O(1).
    pub fn past_facts(&self) -> Facts {
        let past = self.past.as_ref();
        past.map_or_else(|| self.facts(), |past| past.facts)
    }

    /// The first node from an ID on, as it was. O(log n), and once for each node that came into being before it.
    pub fn past_node_from(&self, start: StreamId) -> Option<(StreamId, &Node)> {
        let past = self.past.as_deref();
        let at = |start| {
            // Nodes that were not cut off are behind those, or new.
            let cut = past.and_then(|past| past.cut.at(past.cut.lower_bound(&start)));
            cut.or_else(|| self.nodes.at(self.nodes.lower_bound(&start)))
        };
        let last = past.map_or(StreamId::MAX, |past| past.last);
        let now = |start| at(start).map(|(id, _)| *id);
        match Past::next_row(past, (0, ROWS, start), last, &now)? {
            (id, Some(Saved::Node(node))) => Some((id, node)),
            (id, _) => at(id).map(|(_, node)| (id, node)),
        }
    }

    /// The first group from a name on, as it was. O(log n + groups that came since).
    pub fn past_group_from(&self, name: &[u8]) -> Option<PastGroup<'_>> {
        let past = self.past.as_deref();
        let moment = past.map_or(u64::MAX, |past| past.moment);
        let gone = past.map(|past| &past.gone);
        let (name, group) = first_of(&self.groups, gone, name, |group| group.number <= moment)?;
        Some(PastGroup {
            name,
            group,
            past: past.map(|past| (past, past.group(group.number))),
        })
    }

    /// The same for what has neither nodes nor groups left.
    pub(super) fn drop_past(&mut self) -> bool {
        let Some(rest) = self.release() else {
            return false;
        };
        *self = rest;
        let past = self.past.as_mut();
        let more = past.is_some_and(|past| past.saved.drop_some(ROWS_CHUNKS));
        if !more {
            self.past = None;
        }
        more || !self.nodes.is_empty() || !self.groups.is_empty()
    }

    /// Rows that are kept.
    pub(super) fn past_weight(&self) -> usize {
        self.past.as_ref().map_or(0, |past| past.saved.len())
    }
}
