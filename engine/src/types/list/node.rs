//! A node of a large list: a listpack, or one element that is too large for one. Knows its limits, not its neighbours.

use alloc::boxed::Box;

use super::super::listpack::{self, Element, Listpack};
use crate::error::{Error, owned};

/// Bytes up to which a node that is limited by its number of elements may grow.
const SAFETY_BYTES: usize = 8192;
/// The byte limits that -1 to -5 stand for.
const LEVELS: [usize; 5] = [4096, 8192, 16384, 32768, 65536];
/// What an element is taken to need beside its text.
const OVERHEAD_BYTES: usize = 8;
/// Header and end of a listpack, which a merge saves.
const FRAME_BYTES: usize = 7;
/// The largest count a list keeps as its limit.
const FILL_MAX: i32 = i16::MAX as i32;

/// How large nodes may become: `list-max-listpack-size`, and what tests set as the size of a large element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements, or from -1 to -5 one of five sizes in bytes.
    pub fill: i32,
    /// Bytes from which an element gets a node of its own; 0: when it is too large for any other.
    pub large_bytes: usize,
}

impl Limits {
    /// The same as a list of several nodes keeps them from its beginning.
    pub(super) fn fixed(self) -> i16 {
        self.fill.clamp(-(LEVELS.len() as i32), FILL_MAX) as i16
    }

    /// Bytes, where that is what counts.
    fn bytes(self) -> Option<usize> {
        let level = LEVELS.len().min(self.fill.unsigned_abs() as usize);
        (self.fill < 0).then(|| LEVELS[level - 1])
    }

    /// Elements, where that is what counts.
    fn count(self) -> usize {
        self.fill.max(1) as usize
    }

    /// A node of this size would be too large.
    pub(super) fn exceeded(self, bytes: usize, count: usize) -> bool {
        match self.bytes() {
            Some(most) => bytes > most,
            None => bytes > SAFETY_BYTES || count > self.count(),
        }
    }

    /// A node of this size is at most a `part`th of what is allowed.
    pub(super) fn is_small(self, bytes: usize, count: usize, part: usize) -> bool {
        match self.bytes() {
            Some(most) => bytes <= most / part,
            None => count <= self.count() / part,
        }
    }

    /// An element of so many bytes gets a node of its own.
    pub(super) fn is_large(self, bytes: usize) -> bool {
        if self.large_bytes > 0 {
            return bytes >= self.large_bytes;
        }
        bytes > self.bytes().unwrap_or(SAFETY_BYTES)
    }
}

pub(super) enum Node {
    Packed {
        list: Listpack,
        /// Elements; kept here because searching by index looks at nothing else.
        count: u32,
    },
    Plain(Box<[u8]>),
}

/// Elements of one node still to come.
#[derive(Clone)]
pub(super) enum Part<'a> {
    Packed(listpack::Iter<'a>),
    Plain(Option<&'a [u8]>),
}

impl Node {
    /// A node of one element.
    pub(super) fn of(value: &[u8], limits: Limits) -> Result<Node, Error> {
        if limits.is_large(value.len()) {
            return Ok(Node::Plain(owned(value)?.into_boxed_slice()));
        }
        let mut list = Listpack::new();
        list.push_back(value)?;
        Ok(Node::Packed { list, count: 1 })
    }

    pub(super) fn packed(list: Listpack) -> Node {
        let count = list.len() as u32;
        Node::Packed { list, count }
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Node::Packed { count, .. } => *count as usize,
            Node::Plain(_) => 1,
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Node::Packed { list, .. } => list.capacity(),
            Node::Plain(bytes) => bytes.len(),
        }
    }

    /// An element of so many bytes may join.
    pub(super) fn has_room(&self, bytes: usize, limits: Limits) -> bool {
        match self {
            Node::Packed { list, count } => {
                !limits.is_large(bytes)
                    && !limits.exceeded(
                        list.bytes_len() + bytes + OVERHEAD_BYTES,
                        *count as usize + 1,
                    )
            }
            Node::Plain(_) => false,
        }
    }

    /// Both together would be one good node.
    pub(super) fn may_merge(&self, other: &Node, limits: Limits) -> bool {
        match (self, other) {
            (
                Node::Packed { list, count },
                Node::Packed {
                    list: more,
                    count: also,
                },
            ) => !limits.exceeded(
                list.bytes_len() + more.bytes_len() - FRAME_BYTES,
                (*count + *also) as usize,
            ),
            _ => false,
        }
    }

    /// Takes the elements of another node behind its own.
    pub(super) fn merge(&mut self, other: &Node) -> Result<(), Error> {
        if let (
            Node::Packed { list, count },
            Node::Packed {
                list: more,
                count: also,
            },
        ) = (self, other)
        {
            list.merge(more)?;
            *count += also;
        }
        Ok(())
    }

    /// Puts an element before the one at `offset`, or behind the last. Only for a packed node.
    pub(super) fn insert(&mut self, offset: usize, value: &[u8]) -> Result<(), Error> {
        if let Node::Packed { list, count } = self {
            match offset {
                0 => list.push_front(value)?,
                _ if offset >= *count as usize => list.push_back(value)?,
                _ => match list.seek(offset as i64) {
                    Some(position) => list.insert_before(position, value)?,
                    None => list.push_back(value)?,
                },
            }
            *count += 1;
        }
        Ok(())
    }

    /// Takes `len` elements from `offset` on away.
    pub(super) fn remove(&mut self, offset: usize, len: usize) {
        if let Node::Packed { list, count } = self {
            let len = len.min(*count as usize - offset);
            list.remove_range(offset as i64, len);
            *count -= len as u32;
        }
    }

    /// Takes all from `offset` on into a node of their own.
    pub(super) fn split_off(&mut self, offset: usize) -> Result<Node, Error> {
        let Node::Packed { list, count } = self else {
            return Err(Error::OutOfMemory);
        };
        let mut rest = Listpack::new();
        if let Some(position) = list.seek(offset as i64) {
            rest.push_all(list.iter_from(position))?;
            list.remove_from(position, usize::MAX);
        }
        let moved = *count - offset as u32;
        *count = offset as u32;
        Ok(Node::Packed {
            list: rest,
            count: moved,
        })
    }

    /// It is a listpack with an element that is `value`. O(bytes).
    pub(super) fn has(&self, value: &[u8]) -> bool {
        match self {
            Node::Packed { list, .. } => list.find(value, 0).is_some(),
            Node::Plain(_) => false,
        }
    }

    /// All its elements.
    pub(super) fn part(&self) -> Part<'_> {
        match self {
            Node::Packed { list, .. } => Part::Packed(list.iter()),
            Node::Plain(bytes) => Part::Plain(Some(bytes)),
        }
    }

    /// The element at `offset` and those behind it, or those before it.
    pub(super) fn part_from(&self, offset: usize, backward: bool) -> Part<'_> {
        match self {
            Node::Packed { list, .. } => match list.seek(offset as i64) {
                Some(position) if backward => Part::Packed(list.iter_to(position)),
                Some(position) => Part::Packed(list.iter_from(position)),
                None => Part::Plain(None),
            },
            Node::Plain(bytes) => Part::Plain(Some(bytes)),
        }
    }

    pub(super) fn copy(&self) -> Result<Node, Error> {
        match self {
            Node::Packed { list, count } => Ok(Node::Packed {
                list: copy_listpack(list)?,
                count: *count,
            }),
            Node::Plain(bytes) => Ok(Node::Plain(owned(bytes)?.into_boxed_slice())),
        }
    }
}

/// A listpack's copy, in memory that may be refused.
pub(super) fn copy_listpack(list: &Listpack) -> Result<Listpack, Error> {
    let mut copy = Listpack::new();
    copy.merge(list)?;
    Ok(copy)
}

/// Takes up to `most` elements that are `value` out of a listpack, from the first on or from the last back. Says
/// how many. O(bytes) each.
pub(super) fn remove_equal(
    list: &mut Listpack,
    value: &[u8],
    most: usize,
    backward: bool,
) -> usize {
    let mut removed = 0;
    let mut next = if backward { list.last() } else { list.first() };
    while let Some(position) = next.filter(|_| removed < most) {
        if backward {
            next = list.prev(position);
            if list.compare(position, value) {
                list.remove(position);
                removed += 1;
            }
        } else {
            let Some(found) = list.find_from(position, value, 0) else {
                break;
            };
            next = list.remove(found);
            removed += 1;
        }
    }
    removed
}

impl<'a> Part<'a> {
    #[inline]
    pub(super) fn next(&mut self, backward: bool) -> Option<Element<'a>> {
        match self {
            Part::Packed(iter) if backward => iter.next_back(),
            Part::Packed(iter) => iter.next(),
            Part::Plain(bytes) => bytes.take().map(Element::Bytes),
        }
    }
}
