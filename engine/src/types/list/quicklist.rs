//! A list of many nodes. Where nodes split, merge and end is what Redis' quicklist does, because it shows in OBJECT
//! ENCODING: only a list of one node becomes a listpack again. Knows nothing of that other form.

use alloc::collections::VecDeque;

use super::super::listpack::Listpack;
use super::node::{Limits, Node, Part, remove_equal};
use super::{End, NodeRef, Walk};
use crate::error::Error;

/// Nodes looked at to estimate the memory of all.
const SAMPLES: usize = 8;

pub(super) struct Quicklist {
    /// None is empty.
    nodes: VecDeque<Node>,
    /// Elements of all nodes.
    len: usize,
    fill: i16,
}

impl Quicklist {
    /// One without elements.
    pub(super) fn new(limits: Limits) -> Self {
        Quicklist {
            nodes: VecDeque::new(),
            len: 0,
            fill: limits.fixed(),
        }
    }

    /// One with these elements.
    pub(super) fn from_listpack(list: Listpack, limits: Limits) -> Result<Self, Error> {
        let mut quicklist = Quicklist::new(limits);
        if !list.is_empty() {
            let node = Node::packed(list);
            let len = node.count();
            quicklist.put(0, node)?;
            quicklist.len = len;
        }
        Ok(quicklist)
    }

    /// The only node's listpack, where that is at most a `part`th of the limit; the quicklist is empty then.
    pub(super) fn take_small(&mut self, limits: Limits, part: usize) -> Option<Listpack> {
        let [Node::Packed { list, count }] = self.nodes.as_slices().0 else {
            return None;
        };
        if self.nodes.len() != 1 || !limits.is_small(list.bytes_len(), *count as usize, part) {
            return None;
        }
        match self.nodes.pop_front() {
            Some(Node::Packed { list, .. }) => Some(list),
            _ => None,
        }
    }

    pub(super) fn nodes_len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, at: usize) -> Option<NodeRef<'_>> {
        self.nodes.get(at).map(|node| match node {
            Node::Packed { list, .. } => NodeRef::Packed(list),
            Node::Plain(bytes) => NodeRef::Plain(bytes),
        })
    }

    /// Adds a node that is not empty behind the last.
    pub(super) fn push_node(&mut self, node: Node) -> Result<(), Error> {
        let count = node.count();
        self.put(self.nodes.len(), node)?;
        self.len += count;
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The limits it began with; what is a large element may change.
    fn limits(&self, limits: Limits) -> Limits {
        Limits {
            fill: i32::from(self.fill),
            ..limits
        }
    }

    fn put(&mut self, at: usize, node: Node) -> Result<(), Error> {
        self.nodes.try_reserve(1)?;
        self.nodes.insert(at, node);
        Ok(())
    }

    /// The node with the element at `index`, which exists, and where in the node it is. From the nearer end, one step
    /// for each node.
    pub(super) fn locate(&self, index: usize) -> (usize, usize) {
        if index < self.len / 2 {
            let mut before = 0;
            for (at, node) in self.nodes.iter().enumerate() {
                let count = node.count();
                if index < before + count {
                    return (at, index - before);
                }
                before += count;
            }
        } else {
            let mut before = self.len;
            for (at, node) in self.nodes.iter().enumerate().rev() {
                before -= node.count();
                if index >= before {
                    return (at, index - before);
                }
            }
        }
        (0, 0)
    }

    pub(super) fn walk(&self, index: usize, backward: bool) -> Walk<'_> {
        let (at, offset) = self.locate(index);
        let part = match self.nodes.get(at) {
            Some(node) => node.part_from(offset, backward),
            None => Part::Plain(None),
        };
        let nodes = if backward {
            self.nodes.range(..at)
        } else {
            self.nodes.range((at + 1).min(self.nodes.len())..)
        };
        Walk {
            part,
            nodes,
            backward,
        }
    }

    pub(super) fn push(&mut self, end: End, value: &[u8], limits: Limits) -> Result<(), Error> {
        let limits = self.limits(limits);
        let node = match end {
            End::Head => self.nodes.front_mut(),
            End::Tail => self.nodes.back_mut(),
        };
        match node.filter(|node| node.has_room(value.len(), limits)) {
            Some(node) => {
                let offset = if end == End::Head { 0 } else { usize::MAX };
                node.insert(offset, value)?;
            }
            None => {
                let full = match end {
                    End::Head => self.nodes.front_mut(),
                    End::Tail => self.nodes.back_mut(),
                };
                if let Some(Node::Packed { list, .. }) = full {
                    list.shrink_to_fit();
                }
                let at = if end == End::Head {
                    0
                } else {
                    self.nodes.len()
                };
                self.put(at, Node::of(value, limits)?)?;
            }
        }
        self.len += 1;
        Ok(())
    }

    /// Takes `count` elements from `start` on away; all of them exist. Where many nodes go they are given back, to be freed.
    pub(super) fn remove(&mut self, start: usize, count: usize) -> Option<Quicklist> {
        /// Nodes that are better freed at once.
        const FEW: usize = 16;
        let (mut at, mut offset) = self.locate(start);
        let first = at;
        let mut left = count;
        let mut emptied = 0;
        let mut kept_head = 0;
        while left > 0 && at < self.nodes.len() {
            let node = &mut self.nodes[at];
            let here = left.min(node.count() - offset);
            left -= here;
            if here == node.count() {
                emptied += 1;
            } else {
                node.remove(offset, here);
                // What stays of the first node stands before those that go.
                kept_head += usize::from(at == first);
            }
            offset = 0;
            at += 1;
        }
        let start = first + kept_head;
        self.len -= count - left;
        let gone = self.nodes.drain(start..start + emptied);
        let mut nodes = VecDeque::new();
        if emptied <= FEW || nodes.try_reserve_exact(emptied).is_err() {
            return None;
        }
        nodes.extend(gone);
        Some(Quicklist {
            len: nodes.iter().map(Node::count).sum(),
            nodes,
            fill: self.fill,
        })
    }

    /// Takes elements that are `value` away, see [`super::List::remove_equal`].
    pub(super) fn remove_equal(&mut self, value: &[u8], most: usize, backward: bool) -> usize {
        let mut removed = 0;
        for turn in 0..self.nodes.len() {
            if removed == most {
                break;
            }
            let at = if backward {
                self.nodes.len() - 1 - turn
            } else {
                turn
            };
            removed += match &mut self.nodes[at] {
                Node::Packed { list, count } => {
                    let here = remove_equal(list, value, most - removed, backward);
                    *count -= here as u32;
                    here
                }
                Node::Plain(bytes) if **bytes == *value => {
                    self.nodes[at] = Node::packed(Listpack::new());
                    1
                }
                Node::Plain(_) => 0,
            };
        }
        if removed > 0 {
            self.nodes.retain(|node| node.count() > 0);
            self.len -= removed;
        }
        removed
    }

    /// Puts `value` before or behind the element at `index`, which exists.
    pub(super) fn insert(
        &mut self,
        index: usize,
        value: &[u8],
        after: bool,
        limits: Limits,
    ) -> Result<(), Error> {
        let (at, offset) = self.locate(index);
        self.insert_at(at, offset, value, after, limits)
    }

    fn insert_at(
        &mut self,
        at: usize,
        offset: usize,
        value: &[u8],
        after: bool,
        limits: Limits,
    ) -> Result<(), Error> {
        let limits = self.limits(limits);
        let (room, count) = (
            self.nodes[at].has_room(value.len(), limits),
            self.nodes[at].count(),
        );
        // Where the new element will stand in its node.
        let offset = offset + usize::from(after);
        let at_edge = if after { offset == count } else { offset == 0 };
        let neighbour = if after {
            Some(at + 1)
        } else {
            at.checked_sub(1)
        };
        let neighbour = neighbour.filter(|beside| {
            let node = self.nodes.get(*beside);
            at_edge && node.is_some_and(|node| node.has_room(value.len(), limits))
        });
        if room {
            self.nodes[at].insert(offset, value)?;
        } else if let Some(beside) = neighbour {
            let offset = if after { 0 } else { usize::MAX };
            self.nodes[beside].insert(offset, value)?;
        } else if at_edge {
            self.put(at + usize::from(after), Node::of(value, limits)?)?;
        } else {
            self.insert_between(at, offset, value, after, limits)?;
        }
        self.len += 1;
        Ok(())
    }

    /// Splits the node at `at` before `offset` and puts `value` between its halves.
    fn insert_between(
        &mut self,
        at: usize,
        offset: usize,
        value: &[u8],
        after: bool,
        limits: Limits,
    ) -> Result<(), Error> {
        let large = limits.is_large(value.len());
        let new = if large {
            Some(Node::of(value, limits)?)
        } else {
            None
        };
        self.nodes.try_reserve(2)?;
        let rest = self.nodes[at].split_off(offset)?;
        self.nodes.insert(at + 1, rest);
        match new {
            Some(new) => self.nodes.insert(at + 1, new),
            // Into the half that is new; the other one is what Redis merges around.
            None if after => {
                self.nodes[at + 1].insert(0, value)?;
                self.merge_around(at, limits);
            }
            None => {
                self.nodes[at].insert(usize::MAX, value)?;
                self.merge_around(at + 1, limits);
            }
        }
        Ok(())
    }

    /// Changes the element at `index`, which exists.
    pub(super) fn set(&mut self, index: usize, value: &[u8], limits: Limits) -> Result<(), Error> {
        let (at, offset) = self.locate(index);
        let fixed = self.limits(limits);
        let large = fixed.is_large(value.len());
        match &mut self.nodes[at] {
            Node::Packed { list, .. } if !large => {
                if let Some(position) = list.seek(offset as i64) {
                    list.replace(position, value)?;
                }
                return Ok(());
            }
            node @ Node::Plain(_) if large => {
                *node = Node::of(value, fixed)?;
                return Ok(());
            }
            Node::Plain(_) => {
                self.insert_at(at, 0, value, true, limits)?;
                self.nodes.remove(at);
                self.len -= 1;
                return Ok(());
            }
            Node::Packed { .. } => {}
        }
        let new = Node::of(value, fixed)?;
        self.nodes.try_reserve(2)?;
        let node = &mut self.nodes[at];
        if offset + 1 < node.count() {
            let rest = node.split_off(offset + 1)?;
            self.nodes.insert(at + 1, rest);
        }
        self.nodes.insert(at + 1, new);
        let node = &mut self.nodes[at];
        node.remove(offset, 1);
        let gone = node.count() == 0;
        if gone {
            self.nodes.remove(at);
        }
        self.merge_around(at + usize::from(!gone), fixed);
        Ok(())
    }

    /// Merges small nodes around the one at `center`, in Redis' order: the two before it, the two behind it, it with
    /// the one before, and what came of that with the one behind.
    fn merge_around(&mut self, mut center: usize, limits: Limits) {
        if center >= 2 && self.merge_pair(center - 2, limits) {
            center -= 1;
        }
        self.merge_pair(center + 1, limits);
        if center >= 1 && self.merge_pair(center - 1, limits) {
            center -= 1;
        }
        self.merge_pair(center, limits);
    }

    /// Merges the node at `at` with the next one, if they go together and there is memory for it.
    fn merge_pair(&mut self, at: usize, limits: Limits) -> bool {
        let fits = match (self.nodes.get(at), self.nodes.get(at + 1)) {
            (Some(node), Some(next)) => node.may_merge(next, limits),
            _ => false,
        };
        if !fits {
            return false;
        }
        let Some(next) = self.nodes.remove(at + 1) else {
            return false;
        };
        let merged = self.nodes[at].merge(&next).is_ok();
        if !merged {
            self.nodes.insert(at + 1, next);
        }
        merged
    }

    /// Frees about `count` elements, from the last on. False when none is left.
    pub(super) fn drop_some(&mut self, count: usize) -> bool {
        let mut freed = 0;
        while freed < count
            && let Some(node) = self.nodes.pop_back()
        {
            freed += node.count();
        }
        self.len = self.len.saturating_sub(freed);
        !self.nodes.is_empty()
    }

    pub(super) fn copy(&self) -> Result<Quicklist, Error> {
        let mut nodes = VecDeque::new();
        nodes.try_reserve_exact(self.nodes.len())?;
        for node in &self.nodes {
            nodes.push_back(node.copy()?);
        }
        Ok(Quicklist { nodes, ..*self })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let of_nodes = self.nodes.capacity() * size_of::<Node>();
        let samples = self.nodes.iter().take(SAMPLES);
        let sampled: usize = samples.map(Node::memory_bytes).sum();
        let taken = self.nodes.len().clamp(1, SAMPLES);
        size_of::<Quicklist>() + of_nodes + sampled * self.nodes.len() / taken
    }
}
