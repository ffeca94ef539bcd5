//! The tree's nodes: leaves of items, inner nodes of counted children. Knows nothing of the root.

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::mem::size_of;

use super::order::{Place, prefix, score};
use crate::error::Error;
use crate::types::item::{Item, prefetch};

/// Items of a leaf: with their prefixes they fill an allocator's class of 768 bytes.
const LEAF_ITEMS: usize = 62;
/// Children of an inner node.
const CHILDREN: usize = 64;
/// Bytes that the processor fetches at once.
const LINE_BYTES: usize = 64;
/// A node that falls below this is merged with a neighbour, or filled from it.
const FEW: usize = 16;

pub(super) enum Node {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

/// What splitting a node leaves on its right.
pub(super) struct Split {
    pub(super) right: Node,
}

pub(super) struct Leaf {
    len: u16,
    prefixes: [u32; LEAF_ITEMS],
    items: [Option<Item>; LEAF_ITEMS],
}

pub(super) struct Inner {
    len: u16,
    /// Members below each child.
    counts: [u32; CHILDREN],
    /// The score of each child's first member.
    scores: [f64; CHILDREN],
    children: [Option<Node>; CHILDREN],
}

impl Node {
    /// A leaf of one item.
    pub(super) fn leaf(item: Item) -> Result<Node, Error> {
        let mut leaf = Leaf::new();
        leaf.put(0, item);
        Ok(Node::Leaf(leaf))
    }

    fn len(&self) -> usize {
        match self {
            Node::Leaf(leaf) => usize::from(leaf.len),
            Node::Inner(inner) => usize::from(inner.len),
        }
    }

    /// Members below.
    fn count(&self) -> usize {
        match self {
            Node::Leaf(leaf) => usize::from(leaf.len),
            Node::Inner(inner) => inner.counts[..usize::from(inner.len)]
                .iter()
                .map(|count| *count as usize)
                .sum(),
        }
    }

    /// The first member below.
    fn first(&self) -> Option<&Item> {
        let mut node = self;
        loop {
            match node {
                Node::Leaf(leaf) => return leaf.items[0].as_ref(),
                Node::Inner(inner) => node = inner.children[0].as_ref()?,
            }
        }
    }

    /// Asks the processor for what a search in this node reads, all lines at once instead of one after the other.
    #[inline]
    fn fetch(&self) {
        match self {
            Node::Leaf(leaf) => fetch_all(&leaf.prefixes),
            Node::Inner(inner) => fetch_all(&inner.scores),
        }
    }

    /// How many members lie before the first whose score is at least `score`, or above it where `above`.
    pub(super) fn rank_of_score(&self, score: f64, above: bool) -> usize {
        let mut rank = 0;
        let mut node = self;
        loop {
            match node {
                Node::Leaf(leaf) => return rank + leaf.rank_of_score(score, above),
                Node::Inner(inner) => {
                    let at = inner.child_of_score(score, above);
                    let (before, child) = inner.describe_child(at);
                    child.fetch();
                    rank += before;
                    node = child;
                }
            }
        }
    }

    /// Adds an item. `last` says that nothing lies to the right of this node: members that come in order then
    /// leave full nodes behind.
    pub(super) fn insert(&mut self, item: Item, last: bool) -> Result<Option<Split>, Error> {
        match self {
            Node::Leaf(leaf) => leaf.insert(item, last),
            Node::Inner(inner) => inner.insert(item, last),
        }
    }

    /// How many members lie before `place`.
    pub(super) fn lower_bound(&self, place: &Place<'_>) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.lower_bound(place),
            Node::Inner(inner) => {
                let at = inner.child_of(place);
                let (before, child) = inner.describe_child(at);
                child.fetch();
                before + child.lower_bound(place)
            }
        }
    }

    /// Takes out the item at `place`, if it is there.
    pub(super) fn remove_place(&mut self, place: &Place<'_>) -> Option<Item> {
        match self {
            Node::Leaf(leaf) => {
                let at = leaf.lower_bound(place);
                let found = leaf.items().get(at)?.as_ref()?;
                if Place::of(found) != *place {
                    return None;
                }
                leaf.take(at)
            }
            Node::Inner(inner) => inner.remove_place(place),
        }
    }

    /// Takes out the item at `rank`, which is there.
    pub(super) fn remove(&mut self, rank: usize) -> Option<Item> {
        match self {
            Node::Leaf(leaf) => leaf.take(rank),
            Node::Inner(inner) => inner.remove(rank),
        }
    }

    /// Takes the members from `rank` on away, as a node of the same height; some stay, and some go. Nodes along the edges
    /// may have few entries then, see [`Node::mend`].
    pub(super) fn split_off(&mut self, rank: usize) -> Node {
        match self {
            Node::Leaf(leaf) => {
                let mut right = Leaf::new();
                leaf.move_tail(rank, &mut right);
                Node::Leaf(right)
            }
            Node::Inner(inner) => Node::Inner(inner.split_off(rank)),
        }
    }

    /// Merges or fills the nodes on the way to `rank` that have few entries, so far as they have neighbours.
    pub(super) fn mend(&mut self, rank: usize) {
        let Node::Inner(inner) = self else { return };
        loop {
            let (at, rest) = inner.locate(rank);
            match &mut inner.children[at] {
                Some(child) if child.len() < FEW && inner.len > 1 => inner.mend(at),
                Some(child) => return child.mend(rest),
                None => return,
            }
        }
    }

    /// The only child of an inner node that has but one.
    pub(super) fn only_child(&mut self) -> Option<Node> {
        match self {
            Node::Inner(inner) if inner.len == 1 => inner.children[0].take(),
            _ => None,
        }
    }

    /// Moves all of `right`, or as much as makes both equal, into `self`. True if `right` is empty then.
    fn join(&mut self, right: &mut Node) -> bool {
        match (self, right) {
            (Node::Leaf(left), Node::Leaf(right)) => left.join(right),
            (Node::Inner(left), Node::Inner(right)) => left.join(right),
            _ => false,
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Node::Leaf(_) => size_of::<Leaf>(),
            Node::Inner(inner) => {
                let below: usize = inner
                    .children
                    .iter()
                    .flatten()
                    .map(Node::memory_bytes)
                    .sum();
                size_of::<Inner>() + below
            }
        }
    }
}

/// Asks the processor for all of `values`.
#[inline]
fn fetch_all<T>(values: &[T]) {
    let step = LINE_BYTES / size_of::<T>();
    values
        .iter()
        .step_by(step)
        .for_each(|value| prefetch(value));
}

impl Leaf {
    fn new() -> Box<Leaf> {
        Box::new(Leaf {
            len: 0,
            prefixes: [0; LEAF_ITEMS],
            items: [const { None }; LEAF_ITEMS],
        })
    }

    pub(super) fn items(&self) -> &[Option<Item>] {
        &self.items[..usize::from(self.len)]
    }

    fn put(&mut self, at: usize, item: Item) {
        let len = usize::from(self.len);
        self.prefixes.copy_within(at..len, at + 1);
        self.items[at..=len].rotate_right(1);
        self.prefixes[at] = prefix(score(&item));
        self.items[at] = Some(item);
        self.len += 1;
    }

    fn take(&mut self, at: usize) -> Option<Item> {
        let len = usize::from(self.len);
        let item = self.items.get_mut(at)?.take()?;
        self.prefixes.copy_within(at + 1..len, at);
        self.items[at..len].rotate_left(1);
        self.len -= 1;
        Some(item)
    }

    fn lower_bound(&self, place: &Place<'_>) -> usize {
        let prefixes = &self.prefixes[..usize::from(self.len)];
        let wanted = prefix(place.score);
        let from = prefixes.partition_point(|prefix| *prefix < wanted);
        if prefixes.get(from) != Some(&wanted) {
            return from;
        }
        let equal = prefixes[from..].partition_point(|prefix| *prefix == wanted);
        from + self.items[from..from + equal].partition_point(|item| {
            item.as_ref()
                .is_some_and(|item| Place::of(item).order(place) == Ordering::Less)
        })
    }

    fn rank_of_score(&self, wanted: f64, above: bool) -> usize {
        let prefixes = &self.prefixes[..usize::from(self.len)];
        let first_bits = prefix(wanted);
        let from = prefixes.partition_point(|prefix| *prefix < first_bits);
        let equal = prefixes[from..].partition_point(|prefix| *prefix == first_bits);
        from + self.items[from..from + equal].partition_point(|item| {
            item.as_ref()
                .is_some_and(|item| is_score_before(score(item), wanted, above))
        })
    }

    pub(super) fn partition(&self, is_before: &impl Fn(Place<'_>) -> bool) -> usize {
        self.items()
            .partition_point(|item| item.as_ref().is_some_and(|item| is_before(Place::of(item))))
    }

    fn insert(&mut self, item: Item, last: bool) -> Result<Option<Split>, Error> {
        let at = self.lower_bound(&Place::of(&item));
        let len = usize::from(self.len);
        if len < LEAF_ITEMS {
            self.put(at, item);
            return Ok(None);
        }
        let mut right = Leaf::new();
        let cut = if last && at == len { len } else { len / 2 };
        self.move_tail(cut, &mut right);
        if at <= cut && cut < LEAF_ITEMS {
            self.put(at, item);
        } else {
            right.put(at - cut, item);
        }
        Ok(Some(Split {
            right: Node::Leaf(right),
        }))
    }

    /// Moves the items from `cut` on to the front of `right`, which is empty.
    fn move_tail(&mut self, cut: usize, right: &mut Leaf) {
        let len = usize::from(self.len);
        right.prefixes[..len - cut].copy_from_slice(&self.prefixes[cut..len]);
        for (to, from) in right.items.iter_mut().zip(&mut self.items[cut..len]) {
            *to = from.take();
        }
        right.len = (len - cut) as u16;
        self.len = cut as u16;
    }

    fn join(&mut self, right: &mut Leaf) -> bool {
        let (left_len, right_len) = (usize::from(self.len), usize::from(right.len));
        if left_len + right_len <= LEAF_ITEMS {
            while let Some(item) = right.take(0) {
                self.put(usize::from(self.len), item);
            }
            return true;
        }
        let half = (left_len + right_len) / 2;
        while usize::from(self.len) < half {
            let Some(item) = right.take(0) else { break };
            self.put(usize::from(self.len), item);
        }
        while usize::from(self.len) > half {
            let Some(item) = self.take(usize::from(self.len) - 1) else {
                break;
            };
            right.put(0, item);
        }
        false
    }
}

/// Whether a score comes before those that are at least `wanted`, or above it where `above`.
#[inline]
fn is_score_before(score: f64, wanted: f64, above: bool) -> bool {
    if above {
        score <= wanted
    } else {
        score < wanted
    }
}

impl Inner {
    fn new() -> Box<Inner> {
        Box::new(Inner {
            len: 0,
            counts: [0; CHILDREN],
            scores: [0.0; CHILDREN],
            children: [const { None }; CHILDREN],
        })
    }

    /// A node above two.
    pub(super) fn of(left: Node, right: Node) -> Box<Inner> {
        let mut inner = Inner::new();
        inner.put(0, left);
        inner.put(1, right);
        inner
    }

    fn put(&mut self, at: usize, child: Node) {
        let len = usize::from(self.len);
        self.counts.copy_within(at..len, at + 1);
        self.scores.copy_within(at..len, at + 1);
        self.children[at..=len].rotate_right(1);
        self.children[at] = Some(child);
        self.len += 1;
        self.describe(at);
    }

    fn take(&mut self, at: usize) -> Option<Node> {
        let len = usize::from(self.len);
        let child = self.children.get_mut(at)?.take()?;
        self.counts.copy_within(at + 1..len, at);
        self.scores.copy_within(at + 1..len, at);
        self.children[at..len].rotate_left(1);
        self.len -= 1;
        Some(child)
    }

    /// Writes down a child's count and first score.
    fn describe(&mut self, at: usize) {
        if let Some(child) = &self.children[at] {
            self.counts[at] = child.count() as u32;
            self.scores[at] = child.first().map_or(0.0, score);
        }
    }

    /// The child that `place` belongs to: the last whose first member is not behind it.
    fn child_of(&self, place: &Place<'_>) -> usize {
        let len = usize::from(self.len);
        let scores = &self.scores[..len];
        let from = scores.partition_point(|score| *score < place.score);
        if scores.get(from) != Some(&place.score) {
            return from.saturating_sub(1);
        }
        let equal = scores[from..].partition_point(|score| *score <= place.score);
        let before = self.children[from..from + equal].partition_point(|child| {
            let first = child.as_ref().and_then(Node::first);
            first.is_some_and(|first| Place::of(first).order(place) != Ordering::Greater)
        });
        (from + before).saturating_sub(1)
    }

    /// The child in which the members end whose scores come before, see [`Node::rank_of_score`].
    fn child_of_score(&self, wanted: f64, above: bool) -> usize {
        let scores = &self.scores[..usize::from(self.len)];
        scores
            .partition_point(|score| is_score_before(*score, wanted, above))
            .saturating_sub(1)
    }

    fn remove_place(&mut self, place: &Place<'_>) -> Option<Item> {
        let at = self.child_of(place);
        let child = self.children[at].as_mut()?;
        child.fetch();
        let item = child.remove_place(place)?;
        self.removed(at, place.score <= self.scores[at]);
        Some(item)
    }

    /// The child in which `is_before` turns false, and how many members lie before that child.
    pub(super) fn partition(&self, is_before: &impl Fn(Place<'_>) -> bool) -> (usize, &Node) {
        let children = &self.children[..usize::from(self.len)];
        let before = children.partition_point(|child| {
            child
                .as_ref()
                .and_then(Node::first)
                .is_some_and(|first| is_before(Place::of(first)))
        });
        self.describe_child(before.saturating_sub(1))
    }

    /// The child that holds `rank`, and how many members lie before that child.
    pub(super) fn child_at(&self, rank: usize) -> (usize, &Node) {
        let (at, _) = self.locate(rank);
        self.describe_child(at)
    }

    fn describe_child(&self, at: usize) -> (usize, &Node) {
        let before = self.counts[..at].iter().map(|count| *count as usize).sum();
        (
            before,
            self.children[at]
                .as_ref()
                .expect("children stand before the length"),
        )
    }

    /// The child that holds `rank`, and the rank within it.
    fn locate(&self, rank: usize) -> (usize, usize) {
        let mut rest = rank;
        for (at, count) in self.counts[..usize::from(self.len)].iter().enumerate() {
            if rest < *count as usize {
                return (at, rest);
            }
            rest -= *count as usize;
        }
        (usize::from(self.len).saturating_sub(1), rest)
    }

    fn insert(&mut self, item: Item, last: bool) -> Result<Option<Split>, Error> {
        let at = self.child_of(&Place::of(&item));
        let added = score(&item);
        let is_last = last && at + 1 == usize::from(self.len);
        let Some(child) = &mut self.children[at] else {
            return Ok(None);
        };
        child.fetch();
        let split = child.insert(item, is_last)?;
        let Some(split) = split else {
            self.counts[at] += 1;
            self.scores[at] = self.scores[at].min(added);
            return Ok(None);
        };
        self.describe(at);
        let len = usize::from(self.len);
        if len < CHILDREN {
            self.put(at + 1, split.right);
            return Ok(None);
        }
        let cut = if is_last { len - 1 } else { len / 2 };
        let mut right = self.tail(cut);
        if at < cut {
            self.put(at + 1, split.right);
        } else {
            right.put(at + 1 - cut, split.right);
        }
        Ok(Some(Split {
            right: Node::Inner(right),
        }))
    }

    /// Takes the children from `cut` on away, as a node of their own.
    fn tail(&mut self, cut: usize) -> Box<Inner> {
        let mut right = Inner::new();
        while usize::from(self.len) > cut
            && let Some(child) = self.take(usize::from(self.len) - 1)
        {
            right.put(0, child);
        }
        right
    }

    fn split_off(&mut self, rank: usize) -> Box<Inner> {
        let (at, rest) = self.locate(rank);
        let mut right = self.tail(at + usize::from(rest > 0));
        if rest > 0
            && let Some(child) = &mut self.children[at]
        {
            right.put(0, child.split_off(rest));
            self.describe(at);
        }
        right
    }

    fn remove(&mut self, rank: usize) -> Option<Item> {
        let (at, rest) = self.locate(rank);
        let child = self.children[at].as_mut()?;
        let item = child.remove(rest)?;
        self.removed(at, rest == 0);
        Some(item)
    }

    /// Keeps the books after child `at` lost a member, which may have been its first.
    fn removed(&mut self, at: usize, first: bool) {
        let Some(child) = &self.children[at] else {
            return;
        };
        self.counts[at] -= 1;
        if first {
            self.scores[at] = child.first().map_or(0.0, score);
        }
        if child.len() < FEW && self.len > 1 {
            self.mend(at);
        }
    }

    /// Merges child `at`, which has few entries, with a neighbour, or fills it from there.
    fn mend(&mut self, at: usize) {
        let left = if at + 1 < usize::from(self.len) {
            at
        } else {
            at - 1
        };
        let (before, behind) = self.children.split_at_mut(left + 1);
        let (Some(node), Some(Some(right))) = (before[left].as_mut(), behind.first_mut()) else {
            return;
        };
        if node.join(right) {
            self.take(left + 1);
        } else {
            self.describe(left + 1);
        }
        self.describe(left);
    }

    fn join(&mut self, right: &mut Inner) -> bool {
        let (left_len, right_len) = (usize::from(self.len), usize::from(right.len));
        let all = left_len + right_len <= CHILDREN;
        let target = if all {
            left_len + right_len
        } else {
            (left_len + right_len) / 2
        };
        while usize::from(self.len) < target {
            let Some(child) = right.take(0) else { break };
            self.put(usize::from(self.len), child);
        }
        while usize::from(self.len) > target {
            let Some(child) = self.take(usize::from(self.len) - 1) else {
                break;
            };
            right.put(0, child);
        }
        all
    }
}
