//! A list of many nodes. Where nodes split, merge and end is what Redis' quicklist does, because it shows in OBJECT
//! ENCODING: only a list of one node becomes a listpack again. Knows nothing of that other form.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::mem::{replace, take};

use super::super::listpack::Listpack;
use super::node::{Limits, Node, Part, remove_equal};
use super::past::Past;
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
    /// There are no nodes, because all became a listpack, which is kept beside the past.
    is_shrunk: bool,
    /// What it was, while that is kept.
    past: Option<Box<Past>>,
}

impl Quicklist {
    /// One without elements.
    pub(super) fn new(limits: Limits) -> Self {
        Quicklist {
            nodes: VecDeque::new(),
            len: 0,
            fill: limits.fixed(),
            is_shrunk: false,
            past: None,
        }
    }

    /// Takes the elements of a listpack that has become too large; there are no others.
    pub(super) fn refill(&mut self, list: &mut Listpack, limits: Limits) -> Result<(), Error> {
        self.nodes.try_reserve(1)?;
        self.fill = limits.fixed();
        if !list.is_empty() {
            self.push_node(Node::packed(take(list)))?;
        }
        Ok(())
    }

    pub(super) fn is_shrunk(&self) -> bool {
        self.is_shrunk
    }

    /// What it has become, where it is kept and has become small.
    #[inline]
    pub(super) fn shrunk(&self) -> Option<&Listpack> {
        if !self.is_shrunk {
            return None;
        }
        self.past.as_ref().map(|past| &past.shrunk)
    }

    pub(super) fn shrunk_mut(&mut self) -> &mut Listpack {
        &mut self.past.get_or_insert_default().shrunk
    }

    /// What had become small has become large again.
    pub(super) fn regrow(&mut self, limits: Limits) -> Result<(), Error> {
        let mut list = take(self.shrunk_mut());
        let result = self.refill(&mut list, limits);
        self.is_shrunk = result.is_err();
        *self.shrunk_mut() = list;
        result
    }

    /// From now on what the nodes are is kept, but for those before number `walked`.
    pub(super) fn keep(&mut self, walked: u64) -> Result<(), Error> {
        self.past = Some(Box::new(Past::new(self.nodes.len(), walked)?));
        Ok(())
    }

    pub(super) fn is_kept(&self) -> bool {
        self.past.is_some()
    }

    pub(super) fn walked(&mut self, walked: u64) {
        if let Some(past) = &mut self.past {
            past.walked(walked);
        }
    }

    /// What was kept, in a quicklist of nothing else.
    pub(super) fn release(&mut self) -> Option<Quicklist> {
        let past = self.past.take()?;
        Some(Quicklist {
            nodes: VecDeque::new(),
            len: 0,
            past: Some(past),
            ..*self
        })
    }

    /// The only node's listpack, where that is at most a `part`th of the limit; the quicklist is empty then. One that is kept
    /// holds on to it.
    pub(super) fn take_small(&mut self, limits: Limits, part: usize) -> Option<Listpack> {
        let [Node::Packed { list, count }] = self.nodes.as_slices().0 else {
            return None;
        };
        if self.nodes.len() != 1 || !limits.is_small(list.bytes_len(), *count as usize, part) {
            return None;
        }
        self.touch(0);
        self.len = 0;
        let Some(Node::Packed { list, .. }) = self.close(0) else {
            return None;
        };
        match &mut self.past {
            Some(past) => {
                past.shrunk = list;
                self.is_shrunk = true;
                None
            }
            None => Some(list),
        }
    }

    pub(super) fn past_nodes_len(&self) -> usize {
        self.past
            .as_ref()
            .map_or(self.nodes.len(), |past| past.len())
    }

    pub(super) fn past_node(&self, at: usize) -> Option<NodeRef<'_>> {
        let node = match &self.past {
            Some(past) => past.node(at, &self.nodes),
            None => self.nodes.get(at),
        };
        node.map(|node| match node {
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
        self.open(at, node);
        Ok(())
    }

    /// Puts a node in, for which there is room.
    fn open(&mut self, at: usize, node: Node) {
        self.nodes.insert(at, node);
        if let Some(past) = &mut self.past {
            past.opened(at);
        }
    }

    /// Takes a node out; nothing comes back where it is kept.
    fn close(&mut self, at: usize) -> Option<Node> {
        let mut node = self.nodes.remove(at);
        if let Some(past) = &mut self.past {
            node = node.and_then(|node| past.keep(at, node));
            past.moved(at, -1);
        }
        node
    }

    /// A node's elements are about to change.
    #[inline]
    fn touch(&mut self, at: usize) {
        if let Some(past) = &mut self.past {
            past.touch(at, &self.nodes);
        }
    }

    /// A node whose elements are about to change.
    #[inline]
    fn node_mut(&mut self, at: usize) -> &mut Node {
        self.touch(at);
        &mut self.nodes[at]
    }

    /// Puts a node in another one's place.
    fn swap(&mut self, at: usize, node: Node) {
        let old = replace(&mut self.nodes[at], node);
        if let Some(past) = &mut self.past {
            past.keep(at, old);
        }
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
        let len = self.nodes.len();
        let (last, behind, offset) = match end {
            End::Head => (0, 0, 0),
            End::Tail => (len.wrapping_sub(1), len, usize::MAX),
        };
        match self.nodes.get_mut(last) {
            Some(node) if node.has_room(value.len(), limits) => {
                self.node_mut(last).insert(offset, value)?;
            }
            full => {
                if let Some(Node::Packed { list, .. }) = full {
                    list.shrink_to_fit();
                }
                self.put(behind, Node::of(value, limits)?)?;
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
            let all = self.nodes[at].count();
            let here = left.min(all - offset);
            left -= here;
            if here == all {
                emptied += 1;
            } else {
                self.node_mut(at).remove(offset, here);
                // What stays of the first node stands before those that go.
                kept_head += usize::from(at == first);
            }
            offset = 0;
            at += 1;
        }
        let start = first + kept_head;
        self.len -= count - left;
        let mut nodes = VecDeque::new();
        let few = emptied <= FEW || nodes.try_reserve_exact(emptied).is_err();
        for left in (0..emptied).rev() {
            // In an order in which few others move.
            let node = self.close(if start == 0 { 0 } else { start + left });
            if let (Some(node), false) = (node, few) {
                nodes.push_back(node);
            }
        }
        (!few).then(|| Quicklist {
            len: nodes.iter().map(Node::count).sum(),
            nodes,
            past: None,
            ..*self
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
            if self.past.is_some() && self.nodes[at].has(value) {
                self.touch(at);
            }
            removed += match &mut self.nodes[at] {
                Node::Packed { list, count } => {
                    let here = remove_equal(list, value, most - removed, backward);
                    *count -= here as u32;
                    here
                }
                Node::Plain(bytes) if **bytes == *value => {
                    self.swap(at, Node::packed(Listpack::new()));
                    1
                }
                Node::Plain(_) => 0,
            };
        }
        if removed > 0 {
            if let Some(past) = &mut self.past {
                past.swept(&self.nodes);
            }
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
            self.node_mut(at).insert(offset, value)?;
        } else if let Some(beside) = neighbour {
            let offset = if after { 0 } else { usize::MAX };
            self.node_mut(beside).insert(offset, value)?;
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
        let rest = self.node_mut(at).split_off(offset)?;
        self.open(at + 1, rest);
        match new {
            Some(new) => self.open(at + 1, new),
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
        let plain = matches!(self.nodes[at], Node::Plain(_));
        match (plain, large) {
            (false, false) => {
                if let Node::Packed { list, .. } = self.node_mut(at)
                    && let Some(position) = list.seek(offset as i64)
                {
                    list.replace(position, value)?;
                }
                return Ok(());
            }
            (true, true) => {
                self.swap(at, Node::of(value, fixed)?);
                return Ok(());
            }
            (true, false) => {
                self.insert_at(at, 0, value, true, limits)?;
                self.close(at);
                self.len -= 1;
                return Ok(());
            }
            (false, true) => {}
        }
        let new = Node::of(value, fixed)?;
        self.nodes.try_reserve(2)?;
        let node = self.node_mut(at);
        if offset + 1 < node.count() {
            let rest = node.split_off(offset + 1)?;
            self.open(at + 1, rest);
        }
        self.open(at + 1, new);
        let node = &mut self.nodes[at];
        node.remove(offset, 1);
        let gone = node.count() == 0;
        if gone {
            self.close(at);
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
        self.touch(at + 1);
        let Some(next) = self.close(at + 1) else {
            return false;
        };
        let merged = self.node_mut(at).merge(&next).is_ok();
        if !merged {
            self.open(at + 1, next);
        }
        merged
    }

    /// Frees about `count` elements, from the last on. False when none is left.
    pub(super) fn drop_some(&mut self, count: usize) -> bool {
        let mut freed = 0;
        while freed < count {
            if let Some(node) = self.nodes.pop_back() {
                freed += node.count();
                continue;
            }
            match self.past.as_mut().and_then(|past| past.take()) {
                Some(nodes) => self.nodes = nodes,
                None => return false,
            }
        }
        self.len = self.len.saturating_sub(freed);
        self.past.is_some() || !self.nodes.is_empty()
    }

    pub(super) fn copy(&self) -> Result<Quicklist, Error> {
        let mut nodes = VecDeque::new();
        nodes.try_reserve_exact(self.nodes.len())?;
        for node in &self.nodes {
            nodes.push_back(node.copy()?);
        }
        Ok(Quicklist {
            nodes,
            past: None,
            ..*self
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let of_nodes = self.nodes.capacity() * size_of::<Node>();
        let samples = self.nodes.iter().take(SAMPLES);
        let sampled: usize = samples.map(Node::memory_bytes).sum();
        let taken = self.nodes.len().clamp(1, SAMPLES);
        size_of::<Quicklist>() + of_nodes + sampled * self.nodes.len() / taken
    }
}
