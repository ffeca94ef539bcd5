//! Random members of a set, each as likely as any other. Knows the forms a set has, and where numbers come from
//! only as a function that gives them.

use super::{Element, Form, Item, Keyed, Member, Popped, Set, Table};
use crate::error::Error;
use crate::types::KeyHasher;

/// A table of one segment with fewer members than this has so many free slots that counting is faster than drawing.
const COUNTED_MAX: usize = 64;
/// Of a set with fewer than so many members for each one wanted, all are looked at.
const DENSE_SHARE: usize = 3;

/// A member that was drawn, found by its text.
struct Drawn<'a>(&'a Member);

impl Keyed for Drawn<'_> {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

/// Maps a uniform 64-bit number to `0..bound`.
fn below(random: u64, bound: usize) -> usize {
    ((u128::from(random) * bound as u128) >> 64) as usize
}

/// A uniformly random member of a table.
fn draw<'t>(table: &'t Table<Member>, random: &mut impl FnMut() -> u64) -> Option<&'t Member> {
    if table.segments_len() == 1 && table.len() < COUNTED_MAX {
        return table.iter().nth(below(random(), table.len()));
    }
    let position = table.random(random)?;
    Some(table.at(position))
}

impl Set {
    /// A uniformly random member. O(1), O(n) for a listpack.
    pub fn random(&self, mut random: impl FnMut() -> u64) -> Option<Element<'_>> {
        match &self.form {
            Form::Ints(ints) => ints.get(below(random(), ints.len())).map(Element::Int),
            Form::List(list) => list.get(below(random(), list.len()) as i64),
            Form::Table(table) => draw(table, &mut random).map(|it| Element::Bytes(it.key())),
        }
    }

    /// Takes a uniformly random member out. O(1), O(n) for the small forms.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the member is then still in the set.
    pub fn pop(
        &mut self,
        hasher: &KeyHasher,
        mut random: impl FnMut() -> u64,
    ) -> Result<Option<Popped>, Error> {
        match &mut self.form {
            Form::Ints(ints) => {
                let value = ints.get(below(random(), ints.len()));
                Ok(value.map(|value| {
                    ints.remove(value);
                    Popped::Int(value)
                }))
            }
            Form::List(list) => {
                let Some(position) = list.seek(below(random(), list.len()) as i64) else {
                    return Ok(None);
                };
                let popped = match list.at(position) {
                    Element::Int(value) => Popped::Int(value),
                    Element::Bytes(bytes) => Popped::Bytes(Item::new(bytes, None, None)?),
                };
                list.remove(position);
                Ok(Some(popped))
            }
            Form::Table(table) => {
                let position = if table.segments_len() == 1 && table.len() < COUNTED_MAX {
                    let member = draw(table, &mut random);
                    member.and_then(|it| table.find(hasher.hash(it.key()), it.key()))
                } else {
                    table.random(&mut random)
                };
                let member = position.and_then(|position| table.remove(hasher, position));
                Ok(member.map(|Member(item)| Popped::Bytes(item)))
            }
        }
    }

    /// Visits `count` different members, every choice of them equally likely; all where there are no more. O(count)
    /// expected for large hash tables, else O(n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn sample(
        &self,
        hasher: &KeyHasher,
        count: usize,
        mut random: impl FnMut() -> u64,
        mut visit: impl FnMut(Element<'_>),
    ) -> Result<(), Error> {
        let len = self.len();
        if let Form::Table(table) = &self.form
            && count < len / DENSE_SHARE
        {
            let mut drawn = Table::new();
            while drawn.len() < count {
                let Some(member) = draw(table, &mut random) else {
                    break;
                };
                let hash = hasher.hash(member.key());
                if drawn.find(hash, member.key()).is_none() {
                    drawn.insert(hasher, hash, Drawn(member))?;
                    visit(Element::Bytes(member.key()));
                }
            }
            return Ok(());
        }
        // Of those left, each is taken with the chance that as many are wanted of them (Knuth's algorithm S).
        let mut wanted = count.min(len);
        for (seen, member) in self.iter().enumerate() {
            if wanted == 0 {
                break;
            }
            if below(random(), len - seen) < wanted {
                wanted -= 1;
                visit(member);
            }
        }
        Ok(())
    }
}
