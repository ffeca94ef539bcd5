//! Walking over a listpack's elements from either end; knows only sound bytes.

use super::{Element, Position, entry};

/// Elements of a listpack, or of a part of it. O(1) a step.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    list: &'a [u8],
    /// Where the next element starts.
    front: usize,
    /// Behind the last element still to come.
    back: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn new(list: &'a [u8], front: usize, back: usize) -> Self {
        Iter { list, front, back }
    }

    /// Where the element that `next` will return stands.
    pub fn position(&self) -> Option<Position> {
        (self.front < self.back).then_some(Position(self.front as u32))
    }

    /// Steps over `count` elements without decoding them; `false` if there were fewer. O(count).
    pub fn skip_over(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.front >= self.back {
                return false;
            }
            self.front = entry::after(self.list, self.front);
        }
        true
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        if self.front >= self.back {
            return None;
        }
        let (element, body) = entry::read(self.list, self.front);
        self.front += body + entry::back_len_size(body);
        Some(element)
    }

    fn count(mut self) -> usize {
        let mut count = 0;
        while self.skip_over(1) {
            count += 1;
        }
        count
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    #[inline]
    fn next_back(&mut self) -> Option<Element<'a>> {
        if self.front >= self.back {
            return None;
        }
        self.back = entry::before(self.list, self.back);
        Some(entry::read(self.list, self.back).0)
    }
}
