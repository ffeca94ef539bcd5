//! An index of a listpack's elements by their text, for operations that look many of them up: the walk through all
//! of them is paid once. Knows only sound bytes, and not what the elements mean.

use alloc::vec::Vec;

use super::{Listpack, Position};
use crate::types::KeyHasher;

/// A listpack of fewer elements is walked through as fast.
const ELEMENTS_MIN: usize = 16;

/// Where the elements of a listpack stand.
pub struct Index<'a> {
    list: &'a Listpack,
    /// One more than positions by hash, with open addressing; 0 is free.
    slots: Vec<u32>,
}

impl<'a> Index<'a> {
    /// An index of one element and then every `skip + 1`th (1: the fields of field and value pairs). Nothing where it
    /// does not pay for `lookups` of them, or memory is missing. O(bytes).
    pub fn new(
        list: &'a Listpack,
        hasher: &KeyHasher,
        skip: usize,
        lookups: usize,
    ) -> Option<Index<'a>> {
        let len = list.len() / (skip + 1);
        // Building costs about as much as looking up an eighth of the elements by walking.
        if len < ELEMENTS_MIN || lookups < len / 8 {
            return None;
        }
        let capacity = (len * 2).next_power_of_two();
        let mut slots = Vec::new();
        slots.try_reserve_exact(capacity).ok()?;
        slots.resize(capacity, 0);
        let mut elements = list.iter();
        let mut digits = [0; 20];
        while let Some(position) = elements.position() {
            let element = elements.next()?;
            let hash = hasher.hash(element.text(&mut digits));
            let mut at = hash as usize & (capacity - 1);
            while slots[at] != 0 {
                at = (at + 1) & (capacity - 1);
            }
            slots[at] = position.0 + 1;
            elements.skip_over(skip);
        }
        Some(Index { list, slots })
    }

    /// The element with this text. O(1).
    pub fn find(&self, hasher: &KeyHasher, text: &[u8]) -> Option<Position> {
        let mask = self.slots.len() - 1;
        let mut at = hasher.hash(text) as usize & mask;
        while self.slots[at] != 0 {
            let position = Position(self.slots[at] - 1);
            if self.list.compare(position, text) {
                return Some(position);
            }
            at = (at + 1) & mask;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::listpack::Element;
    use alloc::format;

    #[test]
    fn finds_what_a_walk_finds() {
        let hasher = KeyHasher::new(1);
        for len in [16, 17, 100, 500] {
            let mut list = Listpack::new();
            for n in 0..len {
                list.push_back(Element::Bytes(format!("m{n}").as_bytes()))
                    .unwrap();
                list.push_back(Element::Int(n)).unwrap();
            }
            let whole = Index::new(&list, &hasher, 0, 1000).unwrap();
            let members = Index::new(&list, &hasher, 1, 1000).unwrap();
            for n in 0..len + 3 {
                let (member, number) = (format!("m{n}"), format!("{n}"));
                let (member, number) = (member.as_bytes(), number.as_bytes());
                assert_eq!(whole.find(&hasher, member), list.find(member, 0));
                assert_eq!(whole.find(&hasher, number), list.find(number, 0));
                assert_eq!(members.find(&hasher, member), list.find(member, 1));
                assert_eq!(members.find(&hasher, number), None);
            }
        }
        assert!(Index::new(&Listpack::new(), &hasher, 0, 1000).is_none());
    }
}
