//! Deleting entries with an eye on the groups: what was delivered and not acknowledged refers to an entry, and so does
//! what a group is still to be delivered.

use alloc::boxed::Box;

use super::node::Fate;
use super::{GroupMut, Groups, Keep, Past, Place, Stream, StreamId, Trim, Trimmed};

/// What a deletion does about the groups that refer to an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum References {
    /// Leaves their deliveries alone: KEEPREF.
    #[default]
    Keep,
    /// Takes their deliveries away: DELREF.
    Delete,
    /// Lets the entry be while a group refers to it: ACKED.
    Heed,
}

/// What became of an entry that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// There was none.
    Missing,
    /// It is gone.
    Done,
    /// A group still refers to it.
    Heeded,
}

fn is_pending(groups: &Groups, id: StreamId) -> bool {
    let mut groups = groups.iter();
    groups.any(|(_, group)| group.delivery(id).is_some())
}

/// See [`Stream::forget`].
pub(super) fn forget(groups: &mut Groups, past: &mut Option<Box<Past>>, id: StreamId) -> bool {
    let mut found = false;
    let mut place = Place::default();
    while let Some(group) = groups.at_mut(place) {
        // One that nobody is shown any more stays until it is taken out.
        if group.delivery(id).is_some() {
            found |= GroupMut::new(group, past.as_deref_mut()).acknowledge(id);
        }
        place = groups.next(place);
    }
    found
}

/// Forgets the deliveries of all entries that `gone` has. For each that lies before its end O(log n), and O(node) where it is
/// none of the next entry.
pub(super) fn forget_all(groups: &mut Groups, past: &mut Option<Box<Past>>, gone: &Stream) {
    let last = gone.last_entry_id();
    let mut place = Place::default();
    while let Some(group) = groups.at_mut(place) {
        let mut start = Some(StreamId::MIN);
        let mut entries = gone.range(StreamId::MIN, StreamId::MAX, false);
        let mut known = StreamId::MIN;
        while let Some((id, _)) = start.and_then(|start| group.next_delivery(start))
            && Some(id) <= last
        {
            known = entries.next().map_or(known, |entry| entry.id);
            if known != id {
                entries = gone.range(id, StreamId::MAX, false);
                known = entries.next().map_or(known, |entry| entry.id);
            }
            if known == id {
                GroupMut::new(group, past.as_deref_mut()).acknowledge(id);
            }
            start = id.next();
        }
        place = groups.next(place);
    }
}

impl Stream {
    /// The last entry that every group was delivered; the largest ID where there is no group. O(groups).
    fn delivered_to_all(&self) -> StreamId {
        let last_ids = self.groups.iter().map(|(_, group)| group.last_id);
        last_ids.min().unwrap_or(StreamId::MAX)
    }

    /// Takes an entry out of what waits for its acknowledgement, in all groups, and says whether it was there.
    /// O(groups · log n).
    pub fn forget(&mut self, id: StreamId) -> bool {
        forget(&mut self.groups, &mut self.past, id)
    }

    /// Deletes an entry as [`Stream::delete`] does, unless it is to be left to the groups. O(groups · log n + node).
    pub fn delete_with(&mut self, id: StreamId, references: References) -> Deletion {
        if references == References::Heed && !self.groups.is_empty() {
            if is_pending(&self.groups, id) {
                return Deletion::Heeded;
            }
            if id > self.delivered_to_all() && self.get(id).is_some() {
                return Deletion::Heeded;
            }
        }
        match self.delete(id) {
            true => Deletion::Done,
            false => Deletion::Missing,
        }
    }

    /// Trims, but lets entries be that a group refers to. O(entries looked at · groups · log n).
    ///
    /// Where only whole nodes may go, those entries go that are in nodes which might.
    pub(super) fn trim_heeding(&mut self, trim: Trim) -> Trimmed {
        let delivered = self.delivered_to_all();
        let (mut gone, mut behind, mut ended) = (0, StreamId::MAX, false);
        let mut last_gone = None;
        let mut place = Place::default();
        while let Some((master, node)) = self.nodes.at(place) {
            let (master, alive) = (*master, node.alive());
            let enough = matches!(trim.keep, Keep::Last(most) if self.len <= most);
            if enough || master > delivered || trim.limit > 0 && gone + alive > trim.limit {
                behind = master;
                break;
            }
            let whole = match trim.keep {
                Keep::Last(most) => self.len.saturating_sub(alive) >= most,
                Keep::From(id) => node.last_id(master) < id,
            };
            if !whole && trim.whole_nodes {
                behind = master;
                break;
            }
            self.touch(place);
            let (len, groups) = (self.len, &self.groups);
            let Some(node) = self.nodes.at_mut(place) else {
                break;
            };
            let deleted = node.delete_each(master, |id, deleted| {
                let done = match trim.keep {
                    Keep::Last(most) => len - deleted <= most,
                    Keep::From(first) => id >= first,
                };
                if done || id > delivered {
                    (behind, ended) = (id, true);
                    return Fate::Ends;
                }
                if is_pending(groups, id) {
                    return Fate::Stays;
                }
                last_gone = Some(id);
                Fate::Goes
            });
            gone += deleted;
            self.len -= deleted;
            if deleted == alive {
                self.nodes.remove_at(place);
                place = self.nodes.lower_bound(&master);
            } else {
                place = self.nodes.next(place);
            }
            if ended {
                break;
            }
        }
        if gone > 0 {
            self.deleted();
        }
        if let Some(id) = last_gone.filter(|id| *id > self.first_id && self.len > 0) {
            // It left a gap, which counting deliveries must know of.
            self.max_deleted_id = self.max_deleted_id.max(id);
        }
        Trimmed {
            gone,
            behind,
            rest: None,
        }
    }
}
