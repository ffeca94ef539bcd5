//! Walking over a stream's entries, from either end. Knows nothing of groups.

use super::id::StreamId;
use super::node::{Entry, Node};
use super::{Ordered, Place, Stream};
use crate::types::listpack::Position;

/// Entries of a range of IDs, see [`Stream::range`].
pub struct Entries<'a> {
    nodes: &'a Ordered<StreamId, Node>,
    place: Option<Place>,
    /// Where the next entry of the node stands.
    at: Option<Position>,
    start: StreamId,
    end: StreamId,
    backwards: bool,
}

impl<'a> Entries<'a> {
    pub(super) fn new(
        stream: &'a Stream,
        start: StreamId,
        end: StreamId,
        backwards: bool,
    ) -> Entries<'a> {
        let nodes = &stream.nodes;
        let near = nodes.find_at_most(if backwards { &end } else { &start });
        let place = match near {
            None if !backwards && !nodes.is_empty() => Some(Place::default()),
            near => near,
        };
        let mut entries = Entries {
            nodes,
            place,
            at: None,
            start,
            end,
            backwards,
        };
        entries.enter();
        entries
    }

    /// Starts with the node at the place.
    fn enter(&mut self) {
        let node = self.place.and_then(|place| self.nodes.at(place));
        self.at = match node {
            Some((_, node)) if self.backwards => node.last_entry(),
            Some((_, node)) => node.first_entry(),
            None => None,
        };
    }

    /// The next entry of the node, whatever it is.
    fn step(&mut self) -> Option<Entry<'a>> {
        let (master, node) = self.nodes.at(self.place?)?;
        let position = self.at?;
        let entry = node.entry(position, *master)?;
        self.at = if self.backwards {
            node.entry_before(position)
        } else {
            entry.behind
        };
        Some(entry)
    }

    fn next_node(&mut self) -> Option<()> {
        let place = self.place?;
        self.place = if self.backwards {
            self.nodes.prev(place)
        } else {
            Some(self.nodes.next(place)).filter(|place| self.nodes.at(*place).is_some())
        };
        self.place?;
        self.enter();
        Some(())
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let Some(entry) = self.step() else {
                self.next_node()?;
                continue;
            };
            let beyond = if self.backwards {
                entry.id < self.start
            } else {
                entry.id > self.end
            };
            if beyond {
                self.place = None;
                self.at = None;
                return None;
            }
            if !entry.deleted && (self.start..=self.end).contains(&entry.id) {
                return Some(entry);
            }
        }
    }
}
