//! A stream: entries by ID in listpack nodes that an ordered index finds, and consumer groups. Knows nothing of keys,
//! protocol or time.

mod group;
mod id;
mod node;
mod past;
mod references;
#[cfg(test)]
pub(crate) mod tests;
mod walk;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use group::{Consumer, ConsumerId, Group, Pending};
pub use id::{ID_TEXT_MAX, StreamId};
use node::Fate;
pub use node::{Entry, Limits, Node};
use past::Past;
pub use past::{ConsumerFacts, Facts, GroupFacts, GroupMut, PastConsumer, PastGroup};
pub use references::{Deletion, References};
pub use walk::Entries;

use super::Corrupt;
use super::listpack::{self, Listpack};
use super::ordered::{Ordered, Place};
use crate::error::{Error, owned};

/// What freeing a node, or a chunk of a hundred deliveries, costs: some kilobytes.
const UNITS_EACH: usize = 32;
/// Nodes that are measured to estimate a stream's memory.
const SAMPLES: usize = 16;

/// A stream. It may be empty: its IDs and groups outlive its entries.
#[derive(Default)]
pub struct Stream {
    nodes: Ordered<StreamId, Node>,
    len: u64,
    /// The largest ID that an entry ever had.
    pub last_id: StreamId,
    /// The first entry's ID, as far as XINFO and the counting of groups go; 0-0 if there is none.
    pub first_id: StreamId,
    /// The largest ID that was deleted by itself.
    pub max_deleted_id: StreamId,
    /// Entries that were ever added.
    pub entries_added: u64,
    groups: Groups,
    /// Counts groups that come into being, and moments that are kept.
    clock: u64,
    /// As it was.
    past: Option<Box<Past>>,
}

type Groups = Ordered<Box<[u8]>, Box<Group>>;

/// Why an entry was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// Its fields are larger than a node may be.
    TooLarge,
    /// The allocator had no room.
    OutOfMemory,
}

impl From<Error> for AppendError {
    fn from(_: Error) -> Self {
        AppendError::OutOfMemory
    }
}

/// What is to stay when a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The last so many entries.
    Last(u64),
    /// The entries from this ID on.
    From(StreamId),
}

/// How a stream is trimmed.
#[derive(Clone, Copy, Debug)]
pub struct Trim {
    /// What is to stay.
    pub keep: Keep,
    /// Only whole nodes go.
    pub whole_nodes: bool,
    /// Entries that may go at most; 0 for all. What is over is not begun.
    pub limit: u64,
    /// What it does about groups that refer to an entry.
    pub references: References,
}

/// What trimming did.
pub struct Trimmed {
    /// Entries that went.
    pub gone: u64,
    /// Trimming all before this ID, exactly, does the same again.
    pub behind: StreamId,
    /// Whole nodes that went, the caller's to free.
    pub rest: Option<Stream>,
}

impl Stream {
    /// Entries. O(1).
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// There is no entry. O(1).
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        "stream"
    }

    /// Asks the processor for the index's first line.
    pub fn prefetch(&self) {
        crate::types::item::prefetch(self);
    }

    /// A stream of nodes from outside, each with its ID, in order. Groups are added by [`Stream::create_group`], the
    /// public fields are to be set.
    ///
    /// # Errors
    /// A node is damaged, or not behind the one before it.
    pub fn from_nodes(
        nodes: impl Iterator<Item = (StreamId, Listpack)>,
    ) -> Result<Stream, Corrupt> {
        let mut stream = Stream::default();
        for (id, list) in nodes {
            stream.push_node(id, list)?;
        }
        Ok(stream)
    }

    /// Adds a node from outside behind all others.
    ///
    /// # Errors
    /// It is damaged, or not behind the others, or memory is short.
    pub fn push_node(&mut self, id: StreamId, list: Listpack) -> Result<(), Corrupt> {
        if self.nodes.last().is_some_and(|(last, _)| *last >= id) {
            return Err(Corrupt);
        }
        let node = Node::from_listpack(list)?;
        self.len += node.alive();
        self.nodes.push_last(id, node).map_err(|_| Corrupt)
    }

    /// The nodes by the ID that each starts from.
    pub fn nodes(&self) -> impl Iterator<Item = (StreamId, &Listpack)> {
        self.nodes.iter().map(|(id, node)| (*id, node.listpack()))
    }

    /// How many nodes there are.
    pub fn nodes_len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds an entry of names and values in turn; `id` is behind [`Stream::last_id`]. Amortized O(bytes).
    ///
    /// # Errors
    /// See [`AppendError`]; nothing has changed then.
    pub fn append<'a>(
        &mut self,
        id: StreamId,
        fields: impl Iterator<Item = &'a [u8]> + Clone,
        limits: Limits,
    ) -> Result<(), AppendError> {
        let bytes = fields.clone().map(<[u8]>::len).sum::<usize>();
        if bytes > listpack::BYTES_MAX {
            return Err(AppendError::TooLarge);
        }
        let master = self.nodes.last().map(|(master, _)| *master);
        match (self.nodes.last_mut(), master) {
            (Some(node), Some(master)) if !node.is_full(bytes, limits) => {
                if let Some(past) = &mut self.past {
                    past.save_node(master, Some(node));
                }
                node.append((master, id), fields, bytes)?;
            }
            (last, _) => {
                if let Some(node) = last {
                    node.finish();
                }
                if let Some(past) = &mut self.past {
                    past.save_node(id, None);
                }
                self.nodes.push_last(id, Node::new(fields, bytes)?)?;
            }
        }
        self.len += 1;
        self.entries_added += 1;
        self.last_id = id;
        if self.len == 1 {
            self.first_id = id;
        }
        Ok(())
    }

    /// The node at a place is about to change.
    fn touch(&mut self, place: Place) {
        if let Some(past) = &mut self.past
            && let Some((id, node)) = self.nodes.at(place)
        {
            past.save_node(*id, Some(node));
        }
    }

    /// The node that may hold an ID.
    fn node_of(&self, id: StreamId) -> Option<(Place, StreamId, &Node)> {
        let place = self.nodes.find_at_most(&id)?;
        let (master, node) = self.nodes.at(place)?;
        Some((place, *master, node))
    }

    /// The entry with an ID. O(log n + node).
    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        let (_, master, node) = self.node_of(id)?;
        node.find(master, id)
    }

    /// Deletes an entry, and says whether it was there. What that means for [`Stream::first_id`] is for
    /// [`Stream::deleted`] to say. O(log n + node).
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some((place, master, node)) = self.node_of(id) else {
            return false;
        };
        let Some(entry) = node.find(master, id) else {
            return false;
        };
        let (position, is_last) = (entry.position, node.alive() == 1);
        self.touch(place);
        if is_last {
            self.nodes.remove_at(place);
        } else if let Some(node) = self.nodes.at_mut(place) {
            node.delete_at(position);
        }
        self.len -= 1;
        self.max_deleted_id = self.max_deleted_id.max(id);
        true
    }

    /// Brings [`Stream::first_id`] up to date. O(node).
    pub fn deleted(&mut self) {
        self.first_id = self.edge(false).unwrap_or_default();
    }

    /// The first entry's ID, or the last one's.
    fn edge(&self, last: bool) -> Option<StreamId> {
        self.range(StreamId::MIN, StreamId::MAX, last)
            .next()
            .map(|entry| entry.id)
    }

    /// The last entry's ID. O(node).
    pub fn last_entry_id(&self) -> Option<StreamId> {
        self.edge(true)
    }

    /// The entries from `start` to `end`, both included, in order or `backwards`. O(log n + node) to begin.
    pub fn range(&self, start: StreamId, end: StreamId, backwards: bool) -> Entries<'_> {
        Entries::new(self, start, end, backwards)
    }

    /// The first node that does not go as a whole, and how many entries stand before it. O(nodes that go).
    fn first_to_stay(&self, trim: &Trim) -> (Place, u64) {
        let most = match trim.keep {
            Keep::Last(most) => most,
            Keep::From(_) => 0,
        };
        let end = match trim.keep {
            Keep::Last(_) => None,
            Keep::From(id) => self.node_of(id).map_or(Some(Place::default()), |found| {
                let (place, master, node) = found;
                Some(match node.last_id(master) < id {
                    true => self.nodes.next(place),
                    false => place,
                })
            }),
        };
        let (mut place, mut gone) = (Place::default(), 0);
        while let Some((_, node)) = self.nodes.at(place).filter(|_| Some(place) != end) {
            let behind = gone + node.alive();
            if self.len - gone <= most && end.is_none()
                || self.len - behind < most
                || trim.limit > 0 && behind > trim.limit
            {
                break;
            }
            gone = behind;
            place = self.nodes.next(place);
        }
        (place, gone)
    }

    /// Trims the stream. O(nodes that go + node), and with [`References::Delete`] for each delivery of what goes
    /// O(log n + node); with [`References::Heed`] O(entries · groups · log n).
    pub fn trim(&mut self, trim: Trim) -> Trimmed {
        let references = match self.groups.is_empty() {
            true => References::Keep,
            false => trim.references,
        };
        if references == References::Heed {
            return self.trim_heeding(trim);
        }
        let (place, mut gone) = self.first_to_stay(&trim);
        let partly = match trim.keep {
            Keep::Last(most) => self.len - gone > most,
            Keep::From(_) => true,
        };
        let partly = partly && !trim.whole_nodes;
        let nodes = if place == Place::default() {
            Ordered::new()
        } else {
            self.nodes.split_before(place)
        };
        self.len -= gone;
        let master = self.nodes.first().map(|(master, _)| *master);
        if partly {
            self.touch(Place::default());
        }
        if let Some(master) = master.filter(|_| partly)
            && let Some(node) = self.nodes.at_mut(Place::default())
        {
            let (len, groups, past) = (self.len, &mut self.groups, &mut self.past);
            let deleted = node.delete_each(master, |id, deleted| {
                let goes = match trim.keep {
                    Keep::Last(most) => len - deleted > most,
                    Keep::From(first) => id < first,
                };
                if !goes {
                    return Fate::Ends;
                }
                if references == References::Delete {
                    references::forget(groups, past, id);
                }
                Fate::Goes
            });
            // A node of deleted entries alone stays, as in Redis, until it goes as a whole.
            self.len -= deleted;
            gone += deleted;
        }
        if gone > 0 {
            self.deleted();
        }
        let mut rest = Stream {
            nodes,
            ..Stream::default()
        };
        if references == References::Delete {
            references::forget_all(&mut self.groups, &mut self.past, &rest);
        }
        if let Some(past) = &mut self.past {
            past.take_nodes(&mut rest.nodes);
        }
        Trimmed {
            gone,
            behind: match self.is_empty() {
                true => StreamId::MAX,
                false => self.first_id,
            },
            rest: (!rest.nodes.is_empty()).then_some(rest),
        }
    }

    /// The groups by name.
    pub fn groups(&self) -> impl Iterator<Item = (&[u8], &Group)> {
        self.groups.iter().map(|(name, group)| (&**name, &**group))
    }

    /// How many groups there are.
    pub fn groups_len(&self) -> usize {
        self.groups.len()
    }

    /// A group. O(log n).
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.get(name).map(|group| &**group)
    }

    /// A group, to be changed. O(log n).
    pub fn group_mut(&mut self, name: &[u8]) -> Option<GroupMut<'_>> {
        let group = self.groups.get_mut(name)?;
        Some(GroupMut::new(group, self.past.as_deref_mut()))
    }

    /// A group, to be changed, beside the entries, which are not. O(log n).
    pub fn group_and_entries(&mut self, name: &[u8]) -> Option<(GroupMut<'_>, Reader<'_>)> {
        let reader = Reader {
            nodes: &self.nodes,
            len: self.len,
            last_id: self.last_id,
        };
        let group = self.groups.get_mut(name)?;
        Some((GroupMut::new(group, self.past.as_deref_mut()), reader))
    }

    /// Adds a group. False if the name is taken.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn create_group(&mut self, name: &[u8], mut group: Group) -> Result<bool, Error> {
        if self.groups.find(name).is_some() {
            return Ok(false);
        }
        let name = owned(name)?.into_boxed_slice();
        self.clock += 1;
        group.number = self.clock;
        self.groups.insert(name, Box::new(group))?;
        Ok(true)
    }

    /// Takes a group away, as a stream of nothing else, which is the caller's to free; it has no group where that is kept.
    pub fn destroy_group(&mut self, name: &[u8]) -> Option<Stream> {
        let (name, group) = self.groups.remove(name)?;
        let mut rest = Stream::default();
        let past = self.past.as_deref_mut();
        match past.filter(|past| group.number <= past.moment) {
            Some(past) => past.failed |= past.gone.insert(name, group).is_err(),
            // Without memory it is freed here and now.
            None => drop(rest.groups.insert(name, group)),
        }
        Some(rest)
    }

    /// Whether an entry between two IDs, both included, may have been deleted by itself.
    pub fn has_tombstones(&self, start: StreamId, end: StreamId) -> bool {
        self.len > 0
            && self.max_deleted_id != StreamId::MIN
            && (start..=end).contains(&self.max_deleted_id)
    }

    /// How many entries were ever added up to `id`, where that can be said.
    pub fn distance_from_start(&self, id: StreamId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if self.len == 0 && id <= self.last_id {
            return Some(self.entries_added);
        }
        if id == self.last_id {
            return Some(self.entries_added);
        }
        if id > self.last_id {
            return None;
        }
        let whole = self.max_deleted_id == StreamId::MIN || self.max_deleted_id < self.first_id;
        let before = self.entries_added.wrapping_sub(self.len);
        if whole && id < self.first_id {
            return Some(before);
        }
        if whole && id == self.first_id {
            return Some(before.wrapping_add(1));
        }
        None
    }

    /// How many entries a group has still to be delivered, where that can be said.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if self.len == 0 {
            return Some(0);
        }
        if group.last_id < self.first_id && self.max_deleted_id < self.first_id {
            return Some(self.len as i64);
        }
        let read = match group.entries_read {
            Some(read)
                if group.last_id >= self.first_id
                    && !self.has_tombstones(group.last_id, StreamId::MAX) =>
            {
                Some(read)
            }
            _ => self.distance_from_start(group.last_id),
        };
        Some(self.entries_added.wrapping_sub(read?) as i64)
    }

    /// The nodes of the radix tree that Redis would keep the nodes' IDs in. O(nodes).
    pub fn radix_nodes(&self) -> usize {
        let keys: Vec<[u8; 16]> = self.nodes.iter().map(|(id, _)| id.to_bytes()).collect();
        1 + radix_nodes_below(&keys, 0)
    }

    /// A group has something left to take out that nobody is shown any more. O(groups).
    pub fn has_rest(&self) -> bool {
        self.groups.iter().any(|(_, group)| group.has_rest())
    }

    /// Takes out up to `count` of it, but nothing while what was is kept; says whether more is left.
    /// O(consumers + count · log n).
    pub fn take_rest(&mut self, mut count: usize) -> bool {
        let mut place = Place::default();
        while !self.is_kept()
            && let Some(group) = self.groups.at_mut(place)
        {
            group.take_rest(&mut count);
            place = self.groups.next(place);
        }
        self.has_rest()
    }

    /// Units of work that freeing it takes.
    pub fn weight(&self) -> usize {
        let groups: usize = self.groups.iter().map(|(_, group)| group.weight()).sum();
        self.nodes.len() + groups + self.past_weight()
    }

    /// Frees some nodes, groups and deliveries. False when none is left. The stream is good for nothing else from then
    /// on.
    pub fn drop_some(&mut self, count: usize) -> bool {
        let mut left = (count / UNITS_EACH).max(1);
        while left > 0 && !self.nodes.is_empty() {
            if let Some(place) = self.nodes.last_place() {
                self.nodes.remove_at(place);
            }
            left -= 1;
        }
        while left > 0 {
            let Some(group) = self.groups.last_mut() else {
                break;
            };
            // One chunk of deliveries.
            if !group.drop_some(1)
                && let Some(place) = self.groups.last_place()
            {
                self.groups.remove_at(place);
            }
            left -= 1;
        }
        !self.nodes.is_empty() || !self.groups.is_empty() || self.drop_past()
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<Stream, Error> {
        let mut copy = Stream {
            len: self.len,
            last_id: self.last_id,
            first_id: self.first_id,
            max_deleted_id: self.max_deleted_id,
            entries_added: self.entries_added,
            ..Stream::default()
        };
        for (id, node) in self.nodes.iter() {
            copy.nodes.push_last(*id, node.copy()?)?;
        }
        for (name, group) in self.groups.iter() {
            copy.create_group(name, group.copy()?)?;
        }
        Ok(copy)
    }

    /// Bytes of memory, estimated from some of the nodes. O(groups).
    pub fn memory_bytes(&self) -> usize {
        let sampled: usize = self
            .nodes
            .iter()
            .take(SAMPLES)
            .map(|(_, node)| node.memory_bytes())
            .sum();
        let sampled_len = self.nodes.len().clamp(1, SAMPLES);
        let nodes = sampled * self.nodes.len() / sampled_len + self.nodes.memory_bytes();
        let groups: usize = self
            .groups
            .iter()
            .map(|(name, group)| name.len() + group.memory_bytes())
            .sum();
        size_of::<Stream>() + nodes + self.groups.memory_bytes() + groups
    }
}

/// A stream's entries, while one of its groups is being changed.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    nodes: &'a Ordered<StreamId, Node>,
    len: u64,
    last_id: StreamId,
}

impl<'a> Reader<'a> {
    /// The entry with an ID. O(log n + node).
    pub fn get(self, id: StreamId) -> Option<Entry<'a>> {
        let place = self.nodes.find_at_most(&id)?;
        let (master, node) = self.nodes.at(place)?;
        node.find(*master, id)
    }

    /// Entries.
    pub fn len(self) -> u64 {
        self.len
    }

    /// There is no entry.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The largest ID that an entry ever had.
    pub fn last_id(self) -> StreamId {
        self.last_id
    }
}

/// Nodes of a radix tree below (and with) the one that the first `depth` bytes of all `keys` lead to, less one: bytes
/// that only one key, or all of several, go on with are one node.
fn radix_nodes_below(keys: &[[u8; 16]], depth: usize) -> usize {
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
        return 0;
    };
    let shared = (depth..16).take_while(|at| first[*at] == last[*at]).count();
    // The run of bytes that all share is a node before the one it leads to.
    let run = usize::from(shared > 0);
    let at = depth + shared;
    if at == 16 {
        return run;
    }
    let mut nodes = run;
    let mut rest = keys;
    while let Some(key) = rest.first() {
        let len = rest.partition_point(|other| other[at] == key[at]);
        nodes += 1 + radix_nodes_below(&rest[..len], at + 1);
        rest = &rest[len..];
    }
    nodes
}
