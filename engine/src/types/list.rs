//! A list: one listpack while it is small, a quicklist of many from then on, under the rules by which Redis 7.2
//! changes from one to the other. Knows nothing of keys, protocol or time.

mod node;
mod quicklist;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::vec_deque;
use alloc::vec::Vec;

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

/// What a node of a list holds.
#[derive(Clone, Copy, Debug)]
pub enum NodeRef<'a> {
    /// Several elements.
    Packed(&'a Listpack),
    /// One that is large.
    Plain(&'a [u8]),
}

/// A list.
pub struct List {
    form: Form,
}

impl Default for List {
    fn default() -> Self {
        List {
            form: Form::Small(Listpack::new()),
        }
    }
}

impl List {
    /// Keeps nothing yet.
    ///
    /// # Errors
    /// None.
    pub fn keep(&mut self, _walked: u64) -> Result<bool, Error> {
        Ok(false)
    }

    /// Never.
    pub fn is_kept(&self) -> bool {
        false
    }

    /// Never.
    pub fn is_lost(&self) -> bool {
        false
    }

    /// Nothing to do.
    pub fn walked(&mut self, _walked: u64) {}

    /// Nothing.
    pub fn release(&mut self) -> Option<Self> {
        None
    }

    /// Elements. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(list) => list.len(),
            Form::Large(list) => list.len(),
        }
    }

    /// Asks the processor to fetch where the elements are.
    pub(super) fn prefetch(&self) {
        match &self.form {
            Form::Small(list) => list.prefetch(),
            Form::Large(list) => prefetch(&raw const **list),
        }
    }

    /// There is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match &self.form {
            Form::Small(_) => "listpack",
            Form::Large(_) => "quicklist",
        }
    }

    /// Takes its larger form if `count` more elements of `bytes` bytes of text together ask for that. Comes before
    /// every operation that adds. O(size of a node) when it does, else O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    #[inline]
    pub fn grow_for(&mut self, bytes: usize, count: usize, limits: Limits) -> Result<(), Error> {
        if let Form::Small(list) = &mut self.form
            && limits.exceeded(list.bytes_len().saturating_add(bytes), list.len() + count)
        {
            let list = core::mem::take(list);
            let large = Quicklist::from_listpack(list, limits)?;
            self.form = Form::Large(Box::new(large));
        }
        Ok(())
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

    /// Adds an element at an end. Amortized O(length) at the tail, O(size of a node) at the head.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    #[inline]
    pub fn push(&mut self, end: End, value: &[u8], limits: Limits) -> Result<(), Error> {
        match &mut self.form {
            Form::Small(list) => match end {
                End::Head => list.push_front(value)?,
                End::Tail => list.push_back(value)?,
            },
            Form::Large(list) => list.push(end, value, limits)?,
        }
        Ok(())
    }

    /// Adds a node of elements at the tail of a list in its larger form; an empty one is nothing. O(1), for a listpack of
    /// more than 65,534 O(n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push_packed(&mut self, list: Listpack) -> Result<(), Error> {
        match &mut self.form {
            Form::Large(large) if !list.is_empty() => large.push_node(Node::packed(list)),
            Form::Small(small) => Ok(small.merge(&list)?),
            Form::Large(_) => Ok(()),
        }
    }

    /// Adds an element that has a node of its own at the tail of a list in its larger form. O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push_plain(&mut self, element: Vec<u8>) -> Result<(), Error> {
        match &mut self.form {
            Form::Large(large) => large.push_node(Node::Plain(element.into_boxed_slice())),
            Form::Small(small) => Ok(small.push_back(element.as_slice())?),
        }
    }

    /// Nodes: a small list is one.
    pub fn nodes_len(&self) -> usize {
        match &self.form {
            Form::Small(_) => 1,
            Form::Large(list) => list.nodes_len(),
        }
    }

    /// A node by its number. O(1).
    pub fn node(&self, at: usize) -> Option<NodeRef<'_>> {
        match &self.form {
            Form::Small(list) => (at == 0).then_some(NodeRef::Packed(list)),
            Form::Large(list) => list.node(at),
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
        match &self.form {
            Form::Small(list) => {
                if let Some(position) = list.seek(index as i64) {
                    walk.part = Part::Packed(if backward {
                        list.iter_to(position)
                    } else {
                        list.iter_from(position)
                    });
                }
                walk
            }
            Form::Large(list) if index < list.len() => list.walk(index, backward),
            Form::Large(_) => walk,
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
        match &mut self.form {
            Form::Small(list) => {
                if let Some(position) = list.seek(index as i64) {
                    list.replace(position, value)?;
                }
            }
            Form::Large(list) => list.set(index, value, limits)?,
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
        match &mut self.form {
            Form::Small(list) => {
                if let Some(position) = list.seek(index as i64) {
                    if after {
                        list.insert_after(position, value)?;
                    } else {
                        list.insert_before(position, value)?;
                    }
                }
            }
            Form::Large(list) => list.insert(index, value, after, limits)?,
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
        match &mut self.form {
            Form::Small(list) => {
                list.remove_range(start as i64, count);
                None
            }
            Form::Large(list) => list.remove(start, count).map(|rest| List {
                form: Form::Large(Box::new(rest)),
            }),
        }
    }

    /// Takes up to `most` elements that are `value` away, from the first on or from the last back, and says how many
    /// there were. O(bytes), and O(size of a node) for each that goes.
    pub fn remove_equal(&mut self, value: &[u8], most: usize, backward: bool) -> usize {
        match &mut self.form {
            Form::Small(list) => node::remove_equal(list, value, most, backward),
            Form::Large(list) => list.remove_equal(value, most, backward),
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
            Form::Small(list) => {
                *list = Listpack::new();
                false
            }
            Form::Large(list) => list.drop_some(count),
        }
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<List, Error> {
        let form = match &self.form {
            Form::Small(list) => Form::Small(node::copy_listpack(list)?),
            Form::Large(list) => Form::Large(Box::new(list.copy()?)),
        };
        Ok(List { form })
    }

    /// Bytes of memory beside the struct itself, estimated from its first nodes. O(1).
    pub fn memory_bytes(&self) -> usize {
        match &self.form {
            Form::Small(list) => list.capacity(),
            Form::Large(list) => list.memory_bytes(),
        }
    }

    /// The listpack's bytes, where it is one: for DEBUG LISTPACK.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.form {
            Form::Small(list) => Some(list),
            Form::Large(_) => None,
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
