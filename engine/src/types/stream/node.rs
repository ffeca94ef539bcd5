//! A node of a stream: entries in one listpack, in the layout that Redis keeps in memory, RDB files and DUMP
//! payloads. Knows nothing of other nodes.
//!
//! The listpack starts with the master entry: how many entries are alive and how many deleted, the number of the
//! first entry's fields, their names, and a 0. An entry is its flags, what its ID has more than the node's in both
//! parts, and then either values alone (its fields are the master's) or the number of fields and names and values in
//! turn; behind them stands how many elements the entry has, for walking backwards.

use super::id::StreamId;
use crate::error::Error;
use crate::types::Corrupt;
use crate::types::listpack::{self, Element, Listpack, Position};

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;
/// Elements of the master entry beside the names: two counts, the number of names, the end.
const MASTER: usize = 4;
/// An entry's elements before its fields: flags and two differences.
const HEAD: usize = 3;
/// Bytes that an element's frame takes at most.
const FRAME: usize = 11;
/// A node's room is doubled up to this many bytes at a time.
const GROWTH_MAX: usize = 4096;

/// How large nodes become.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes, `stream-node-max-bytes`; 0 for as much as a listpack takes.
    pub bytes: u64,
    /// Entries, deleted ones included, `stream-node-max-entries`; 0 for no limit.
    pub entries: u64,
}

/// What happens to an entry when some are deleted.
pub(super) enum Fate {
    /// It is deleted.
    Goes,
    /// It stays.
    Stays,
    /// It stays, and so does all behind it.
    Ends,
}

/// Entries whose IDs are at least the node's.
#[derive(Clone)]
pub struct Node {
    list: Listpack,
    alive: u32,
    deleted: u32,
}

impl Node {
    /// A node with its first entry, whose ID is the node's.
    pub(super) fn new<'a>(
        fields: impl Iterator<Item = &'a [u8]> + Clone,
        bytes: usize,
    ) -> Result<Node, Error> {
        let mut list = Listpack::new();
        let count = fields.clone().count() / 2;
        list.reserve(bytes + (2 * count + MASTER + HEAD + 2) * FRAME)?;
        list.push_back(1)?;
        list.push_back(0)?;
        list.push_back(count as i64)?;
        for name in fields.clone().step_by(2) {
            list.push_back(name)?;
        }
        list.push_back(0)?;
        let mut node = Node {
            list,
            alive: 1,
            deleted: 0,
        };
        node.push(SAME_FIELDS, (0, 0), fields, count)?;
        Ok(node)
    }

    /// Takes a listpack from outside after checking every entry of it.
    ///
    /// # Errors
    /// It is no node's.
    pub fn from_listpack(list: Listpack) -> Result<Node, Corrupt> {
        let mut node = Node {
            list,
            alive: 0,
            deleted: 0,
        };
        let (alive, deleted) = node.check().ok_or(Corrupt)?;
        let stored = |at: i64| node.list.get(at).and_then(Element::int);
        if stored(0) != Some(i64::from(alive)) || stored(1) != Some(i64::from(deleted)) {
            return Err(Corrupt);
        }
        node.alive = alive;
        node.deleted = deleted;
        Ok(node)
    }

    /// How many entries are alive and how many deleted, where all of it is sound.
    fn check(&self) -> Option<(u32, u32)> {
        let mut rest = self.list.iter();
        rest.next()?.int()?;
        rest.next()?.int()?;
        let names = usize::try_from(rest.next()?.int()?).ok()?;
        if !rest.skip_over(names) || rest.next()?.int()? != 0 {
            return None;
        }
        let (mut alive, mut deleted) = (0, 0);
        while let Some(flags) = rest.next() {
            let flags = flags.int()?;
            rest.next()?.int()?;
            rest.next()?.int()?;
            let (elements, head) = if flags & SAME_FIELDS != 0 {
                (names, HEAD)
            } else {
                let count = usize::try_from(rest.next()?.int()?).ok()?;
                (count.checked_mul(2)?, HEAD + 1)
            };
            if !rest.skip_over(elements) {
                return None;
            }
            if rest.next()?.int()? != (elements + head) as i64 {
                return None;
            }
            if flags & DELETED == 0 {
                alive += 1;
            } else {
                deleted += 1;
            }
        }
        Some((alive, deleted))
    }

    /// The entries as RDB and DUMP carry them.
    pub fn listpack(&self) -> &Listpack {
        &self.list
    }

    /// Entries that are not deleted.
    pub fn alive(&self) -> u64 {
        u64::from(self.alive)
    }

    /// Whether fields of so many bytes belong into another node.
    pub(super) fn is_full(&self, bytes: usize, limits: Limits) -> bool {
        let most = match limits.bytes {
            0 => listpack::BYTES_MAX as u64,
            bytes => bytes.min(listpack::BYTES_MAX as u64),
        };
        let count = u64::from(self.alive) + u64::from(self.deleted);
        (self.list.bytes_len() + bytes) as u64 >= most
            || limits.entries > 0 && count >= limits.entries
    }

    /// No more entries will come: gives unused memory back.
    pub(super) fn finish(&mut self) {
        self.list.shrink_to_fit();
    }

    /// Adds an entry of names and values in turn, `bytes` together, whose ID is behind all others.
    pub(super) fn append<'a>(
        &mut self,
        (master, id): (StreamId, StreamId),
        fields: impl Iterator<Item = &'a [u8]> + Clone,
        bytes: usize,
    ) -> Result<(), Error> {
        let count = fields.clone().count() / 2;
        let more = bytes + (2 * count + HEAD + 3) * FRAME;
        if self.list.free_room() < more {
            let double = self.list.bytes_len().min(GROWTH_MAX);
            self.list.reserve(more.max(double))?;
        }
        let flags = if self.has_names(fields.clone().step_by(2), count) {
            SAME_FIELDS
        } else {
            0
        };
        let differences = (
            id.ms.wrapping_sub(master.ms) as i64,
            id.seq.wrapping_sub(master.seq) as i64,
        );
        self.push(flags, differences, fields, count)?;
        self.alive += 1;
        self.store_counts();
        Ok(())
    }

    /// The names are the master entry's.
    fn has_names<'a>(&self, mut names: impl Iterator<Item = &'a [u8]>, count: usize) -> bool {
        let mut master = self.list.iter();
        master.skip_over(2);
        master.next().and_then(Element::int) == Some(count as i64)
            && names.all(|name| master.next().is_some_and(|master| master.is_text(name)))
    }

    /// The elements of an entry. There is room for them.
    fn push<'a>(
        &mut self,
        flags: i64,
        (ms, seq): (i64, i64),
        fields: impl Iterator<Item = &'a [u8]> + Clone,
        count: usize,
    ) -> Result<(), Error> {
        let list = &mut self.list;
        list.push_back(flags)?;
        list.push_back(ms)?;
        list.push_back(seq)?;
        let elements = if flags & SAME_FIELDS != 0 {
            for value in fields.skip(1).step_by(2) {
                list.push_back(value)?;
            }
            HEAD + count
        } else {
            list.push_back(count as i64)?;
            for part in fields {
                list.push_back(part)?;
            }
            HEAD + 1 + 2 * count
        };
        list.push_back(elements as i64)?;
        Ok(())
    }

    fn store_counts(&mut self) {
        let (alive, deleted) = (i64::from(self.alive), i64::from(self.deleted));
        for (index, count) in [(0, alive), (1, deleted)] {
            if let Some(position) = self.list.seek(index)
                && self.list.at(position) != Element::Int(count)
            {
                // Only a wider number needs memory; the counts beside the list are what is believed.
                let _ = self.list.replace(position, count);
            }
        }
    }

    /// Marks the entry at a position deleted, which is alive. The position stays right.
    pub(super) fn delete_at(&mut self, position: Position) {
        self.mark(position);
        self.store_counts();
    }

    fn mark(&mut self, position: Position) {
        if let Some(flags) = self.list.at(position).int() {
            let _ = self.list.replace(position, flags | DELETED);
            self.alive -= 1;
            self.deleted += 1;
        }
    }

    /// Deletes entries as `fate` says of each ID, in order, which also learns how many went before; gives how many
    /// went. Deleted ones are not asked for.
    pub(super) fn delete_each(
        &mut self,
        master: StreamId,
        mut fate: impl FnMut(StreamId, u64) -> Fate,
    ) -> u64 {
        let mut gone = 0;
        let mut next = self.first_entry();
        while let Some(position) = next {
            let Some(entry) = self.entry(position, master) else {
                break;
            };
            next = entry.behind;
            if entry.deleted {
                continue;
            }
            match fate(entry.id, gone) {
                Fate::Goes => {
                    self.mark(position);
                    gone += 1;
                }
                Fate::Stays => {}
                Fate::Ends => break,
            }
        }
        if gone > 0 {
            self.store_counts();
        }
        gone
    }

    /// Where the first entry stands, deleted or not.
    pub(super) fn first_entry(&self) -> Option<Position> {
        let mut rest = self.list.iter();
        rest.skip_over(2);
        let names = rest.next()?.int()?;
        rest.skip_over(names as usize + 1);
        rest.position()
    }

    /// Where the last entry stands, deleted or not.
    pub(super) fn last_entry(&self) -> Option<Position> {
        self.start_of(self.list.last()?)
    }

    /// Where the entry before the one at `position` stands.
    pub(super) fn entry_before(&self, position: Position) -> Option<Position> {
        if self.first_entry()? == position {
            return None;
        }
        self.start_of(self.list.prev(position)?)
    }

    /// The start of the entry whose last element is at `position`.
    fn start_of(&self, mut position: Position) -> Option<Position> {
        let elements = self.list.at(position).int()?;
        for _ in 0..elements {
            position = self.list.prev(position)?;
        }
        Some(position)
    }

    /// The entry at a position.
    pub(super) fn entry(&self, position: Position, master: StreamId) -> Option<Entry<'_>> {
        let mut rest = self.list.iter_from(position);
        let flags = rest.next()?.int()?;
        let ms = rest.next()?.int()? as u64;
        let seq = rest.next()?.int()? as u64;
        let mut names = self.list.iter();
        names.skip_over(2);
        let mut count = names.next()?.int()? as usize;
        let same = flags & SAME_FIELDS != 0;
        if !same {
            count = rest.next()?.int()? as usize;
        }
        let parts = rest.clone();
        rest.skip_over(if same { count } else { 2 * count } + 1);
        Some(Entry {
            id: StreamId {
                ms: master.ms.wrapping_add(ms),
                seq: master.seq.wrapping_add(seq),
            },
            deleted: flags & DELETED != 0,
            len: count,
            names: same.then_some(names),
            parts,
            position,
            behind: rest.position(),
        })
    }

    /// The last entry's ID, be it deleted or not.
    pub(super) fn last_id(&self, master: StreamId) -> StreamId {
        let last = self.last_entry();
        let entry = last.and_then(|position| self.entry(position, master));
        entry.map_or(master, |entry| entry.id)
    }

    /// The entry with an ID, if it is alive. O(bytes).
    pub(super) fn find(&self, master: StreamId, id: StreamId) -> Option<Entry<'_>> {
        let first = self.entries_from(master, id).next();
        first.filter(|entry| entry.id == id)
    }

    /// The entries that are alive, from an ID on. O(bytes).
    pub fn entries_from(
        &self,
        master: StreamId,
        start: StreamId,
    ) -> impl Iterator<Item = Entry<'_>> {
        let mut next = self.first_entry();
        core::iter::from_fn(move || {
            loop {
                let entry = self.entry(next?, master)?;
                next = entry.behind;
                if entry.id >= start && !entry.deleted {
                    return Some(entry);
                }
            }
        })
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.list.capacity()
    }

    /// A copy, in memory that may be refused.
    pub(super) fn copy(&self) -> Result<Node, Error> {
        let mut list = Listpack::new();
        list.merge(&self.list)?;
        Ok(Node { list, ..*self })
    }
}

/// An entry of a stream: names with values, iterated over.
#[derive(Clone)]
pub struct Entry<'a> {
    /// Its ID.
    pub id: StreamId,
    /// It is deleted and only its place is still there.
    pub(super) deleted: bool,
    /// Fields.
    pub len: usize,
    /// The names, where they stand apart from the values.
    names: Option<listpack::Iter<'a>>,
    /// Values, or names and values in turn.
    parts: listpack::Iter<'a>,
    pub(super) position: Position,
    /// Where the next entry of its node stands.
    pub(super) behind: Option<Position>,
}

impl<'a> Entry<'a> {
    /// Names and values in turn.
    pub fn parts(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let mut names = self.names.clone();
        let mut parts = self.parts.clone();
        let mut left = 2 * self.len;
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            match &mut names {
                Some(names) if left % 2 == 1 => names.next(),
                _ => parts.next(),
            }
        })
    }
}
