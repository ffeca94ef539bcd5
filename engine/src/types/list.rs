//! A list: one listpack while it is small, a quicklist of many from then on, under the rules by which Redis 7.2
//! changes from one to the other. Knows nothing of keys, protocol or time.
//!
//! A quicklist can keep what its nodes are at one moment, for somebody who reads them one after the other, while the list
//! changes: [`List::keep`].

mod node;
mod past;
mod quicklist;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::vec_deque;
use alloc::vec::Vec;
use core::mem::take;

use super::item::prefetch;
use super::listpack::{Element, Listpack};
use crate::error::Error;
pub use node::Limits;
use node::{Node, Part};
use quicklist::Quicklist;

/// One of a list's ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Index 0.
    Head,
    /// Index -1.
    Tail,
}

enum Form {
    Small(Listpack),
    Large(Box<Quicklist>),
}

/// What a list is by now: a quicklist that keeps what it was may have become a listpack.
enum Now<'a> {
    Small(&'a Listpack),
    Large(&'a Quicklist),
}

enum NowMut<'a> {
    Small(&'a mut Listpack),
    Large(&'a mut Quicklist),
}

impl Default for Form {
    fn default() -> Self {
        Form::Small(Listpack::new())
    }
}

impl Form {
    #[inline]
    fn now(&self) -> Now<'_> {
        match self {
            Form::Small(list) => Now::Small(list),
            Form::Large(list) => match list.shrunk() {
                None => Now::Large(list),
                Some(small) => Now::Small(small),
            },
        }
    }

    #[inline]
    fn now_mut(&mut self) -> NowMut<'_> {
        match self {
            Form::Small(list) => NowMut::Small(list),
            Form::Large(list) => match list.is_shrunk() {
                false => NowMut::Large(list),
                true => NowMut::Small(list.shrunk_mut()),
            },
        }
    }
}

/// What a node of a list holds.
#[derive(Clone, Copy, Debug)]
pub enum NodeRef<'a> {
    /// Several elements.
    Packed(&'a Listpack),
    /// One that is large.
    Plain(&'a [u8]),
}

/// A list.
#[derive(Default)]
pub struct List {
    form: Form,
}

impl List {
    /// Elements. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        match self.form.now() {
            Now::Small(list) => list.len(),
            Now::Large(list) => list.len(),
        }
    }

    /// Asks the processor to fetch where the elements are.
    pub(super) fn prefetch(&self) {
        match self.form.now() {
            Now::Small(list) => list.prefetch(),
            Now::Large(list) => prefetch(&raw const *list),
        }
    }

    /// There is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match self.form.now() {
            Now::Small(_) => "listpack",
            Now::Large(_) => "quicklist",
        }
    }

    /// Takes its larger form if `count` more elements of `bytes` bytes of text together ask for that. Comes before
    /// every operation that adds. O(size of a node) when it does, else O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    #[inline]
    pub fn grow_for(&mut self, bytes: usize, count: usize, limits: Limits) -> Result<(), Error> {
        match self.form.now() {
            Now::Small(list)
                if limits.exceeded(list.bytes_len().saturating_add(bytes), list.len() + count) =>
            {
                self.grow(limits)
            }
            _ => Ok(()),
        }
    }

    fn grow(&mut self, limits: Limits) -> Result<(), Error> {
        match &mut self.form {
            Form::Small(list) => {
                let mut large = Box::new(Quicklist::new(limits));
                large.refill(list, limits)?;
                self.form = Form::Large(large);
                Ok(())
            }
            Form::Large(list) => list.regrow(limits),
        }
    }

    /// An empty list in its larger form, for elements whose number is not known yet.
    pub fn large(limits: Limits) -> List {
        List {
            form: Form::Large(Box::new(Quicklist::new(limits))),
        }
    }

    /// Becomes a listpack if it is one node that need not have been given up. O(1).
    pub fn settle(&mut self, limits: Limits) {
        self.shrink_to(limits, 1);
    }

    /// Becomes a listpack again if it is one node of at most half the size that it was given up at. Comes after every
    /// operation that removes. O(1).
    #[inline]
    pub fn shrink(&mut self, limits: Limits) {
        self.shrink_to(limits, 2);
    }

    #[inline]
    fn shrink_to(&mut self, limits: Limits, part: usize) {
        if let Form::Large(list) = &mut self.form
            && let Some(small) = list.take_small(limits, part)
        {
            self.form = Form::Small(small);
        }
    }

    /// From now on what the list's nodes are is kept for whoever walks over them, while the list changes, but for those
    /// before number `walked`. A change costs a copy of the node that it changes, once; nodes that go are moved. False
    /// where nothing can be kept, because the list is small. It is not kept already. O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn keep(&mut self, walked: u64) -> Result<bool, Error> {
        match &mut self.form {
            Form::Large(list) => list.keep(walked).map(|()| true),
            Form::Small(_) => Ok(false),
        }
    }

    /// What it was is kept.
    pub fn is_kept(&self) -> bool {
        matches!(&self.form, Form::Large(list) if list.is_kept())
    }

    /// Nodes before number `walked` need not be kept any more. O(how many have come since).
    pub fn walked(&mut self, walked: u64) {
        if let Form::Large(list) = &mut self.form {
            list.walked(walked);
        }
    }

    /// Nothing is kept from now on. What was comes back, for [`List::drop_some`] and nothing else. O(1).
    pub fn release(&mut self) -> Option<List> {
        let Form::Large(list) = &mut self.form else {
            return None;
        };
        let is_shrunk = list.is_shrunk();
        let mut rest = list.release()?;
        if is_shrunk {
            self.form = Form::Small(take(rest.shrunk_mut()));
        }
        Some(List {
            form: Form::Large(Box::new(rest)),
        })
    }

    /// Nodes that there were when [`List::keep`] was called; where nothing is kept, those that there are. A small list is
    /// one.
    pub fn past_nodes_len(&self) -> usize {
        match &self.form {
            Form::Small(_) => 1,
            Form::Large(list) => list.past_nodes_len(),
        }
    }

    /// One of those nodes, by its number. None where memory to keep it was refused, or it need not be kept any more.
    /// O(log of how many were changed).
    pub fn past_node(&self, number: usize) -> Option<NodeRef<'_>> {
        match &self.form {
            Form::Small(list) => (number == 0).then_some(NodeRef::Packed(list)),
            Form::Large(list) => list.past_node(number),
        }
    }

    /// Adds an element at an end. Amortized O(length) at the tail, O(size of a node) at the head.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    #[inline]
    pub fn push(&mut self, end: End, value: &[u8], limits: Limits) -> Result<(), Error> {
        match self.form.now_mut() {
            NowMut::Small(list) => match end {
                End::Head => list.push_front(value)?,
                End::Tail => list.push_back(value)?,
            },
            NowMut::Large(list) => list.push(end, value, limits)?,
        }
        Ok(())
    }

    /// Adds a node of elements at the tail of a list in its larger form; an empty one is nothing. O(1), for a listpack of
    /// more than 65,534 O(n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push_packed(&mut self, list: Listpack) -> Result<(), Error> {
        match self.form.now_mut() {
            NowMut::Large(large) if !list.is_empty() => large.push_node(Node::packed(list)),
            NowMut::Small(small) => Ok(small.merge(&list)?),
            NowMut::Large(_) => Ok(()),
        }
    }

    /// Adds an element that has a node of its own at the tail of a list in its larger form. O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push_plain(&mut self, element: Vec<u8>) -> Result<(), Error> {
        match self.form.now_mut() {
            NowMut::Large(large) => large.push_node(Node::Plain(element.into_boxed_slice())),
            NowMut::Small(small) => Ok(small.push_back(element.as_slice())?),
        }
    }

    /// The element at `index`. O(nodes + elements of a node).
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        self.walk(index, false).next()
    }

    /// The elements from `index` on to the last, or back to the first. O(nodes + elements of a node) to find the
    /// first one.
    pub fn walk(&self, index: usize, backward: bool) -> Walk<'_> {
        let mut walk = Walk {
            part: Part::Plain(None),
            nodes: vec_deque::Iter::default(),
            backward,
        };
        match self.form.now() {
            Now::Small(list) => {
                if let Some(position) = list.seek(index as i64) {
                    walk.part = Part::Packed(if backward {
                        list.iter_to(position)
                    } else {
                        list.iter_from(position)
                    });
                }
                walk
            }
            Now::Large(list) if index < list.len() => list.walk(index, backward),
            Now::Large(_) => walk,
        }
    }

    /// Replaces the element at `index`; false where there is none. O(nodes + size of a node).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn set(&mut self, index: usize, value: &[u8], limits: Limits) -> Result<bool, Error> {
        if index >= self.len() {
            return Ok(false);
        }
        match self.form.now_mut() {
            NowMut::Small(list) => {
                if let Some(position) = list.seek(index as i64) {
                    list.replace(position, value)?;
                }
            }
            NowMut::Large(list) => list.set(index, value, limits)?,
        }
        Ok(true)
    }

    /// Puts `value` before or behind the element at `index`; nothing where there is none. O(nodes + size of a node).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn insert(
        &mut self,
        index: usize,
        value: &[u8],
        after: bool,
        limits: Limits,
    ) -> Result<(), Error> {
        if index >= self.len() {
            return Ok(());
        }
        match self.form.now_mut() {
            NowMut::Small(list) => {
                if let Some(position) = list.seek(index as i64) {
                    if after {
                        list.insert_after(position, value)?;
                    } else {
                        list.insert_before(position, value)?;
                    }
                }
            }
            NowMut::Large(list) => list.insert(index, value, after, limits)?,
        }
        Ok(())
    }

    /// Takes up to `count` elements from `start` on away. Where those are many, most of them are given back, for the
    /// caller to free. O(nodes + size of a node).
    pub fn remove(&mut self, start: usize, count: usize) -> Option<List> {
        let count = count.min(self.len().saturating_sub(start));
        if count == 0 {
            return None;
        }
        match self.form.now_mut() {
            NowMut::Small(list) => {
                list.remove_range(start as i64, count);
                None
            }
            NowMut::Large(list) => list.remove(start, count).map(|rest| List {
                form: Form::Large(Box::new(rest)),
            }),
        }
    }

    /// Takes up to `most` elements that are `value` away, from the first on or from the last back, and says how many
    /// there were. O(bytes), and O(size of a node) for each that goes.
    pub fn remove_equal(&mut self, value: &[u8], most: usize, backward: bool) -> usize {
        match self.form.now_mut() {
            NowMut::Small(list) => node::remove_equal(list, value, most, backward),
            NowMut::Large(list) => list.remove_equal(value, most, backward),
        }
    }

    /// The index of the first element that is `value`. O(bytes).
    pub fn position(&self, value: &[u8]) -> Option<usize> {
        self.walk(0, false)
            .position(|element| element.is_text(value))
    }

    /// Frees about `count` elements. False when none is left.
    pub fn drop_some(&mut self, count: usize) -> bool {
        match &mut self.form {
            Form::Large(list) => list.drop_some(count),
            Form::Small(list) => {
                *list = Listpack::new();
                false
            }
        }
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<List, Error> {
        let form = match self.form.now() {
            Now::Small(list) => Form::Small(node::copy_listpack(list)?),
            Now::Large(list) => Form::Large(Box::new(list.copy()?)),
        };
        Ok(List { form })
    }

    /// Bytes of memory beside the struct itself, estimated from its first nodes. O(1).
    pub fn memory_bytes(&self) -> usize {
        match self.form.now() {
            Now::Small(list) => list.capacity(),
            Now::Large(list) => list.memory_bytes(),
        }
    }

    /// The listpack's bytes, where it is one: for DEBUG LISTPACK.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match self.form.now() {
            Now::Small(list) => Some(list),
            Now::Large(_) => None,
        }
    }
}

/// Elements one after the other, in either direction. O(1) a step.
#[derive(Clone)]
pub struct Walk<'a> {
    part: Part<'a>,
    /// The nodes behind (or before) the one that `part` is of.
    nodes: vec_deque::Iter<'a, Node>,
    backward: bool,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            if let Some(element) = self.part.next(self.backward) {
                return Some(element);
            }
            let node = if self.backward {
                self.nodes.next_back()
            } else {
                self.nodes.next()
            };
            self.part = node?.part();
        }
    }
}
