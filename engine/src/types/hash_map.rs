//! A hash: fields with values. Small ones are a listpack of pairs in the order in which fields came, larger ones a
//! table. Knows nothing of keys, protocol or time.

mod stored;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::item::{Item, prefetch};
use super::listpack::{Element, Listpack};
use super::{GrowError, KeyHasher, Keyed, Position, Table};
use crate::error::Error;
use crate::types::sort::sort_by_key;

/// Elements of a listpack that a field takes: itself and its value.
const PAIR: usize = 2;

/// How far a hash is a listpack.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Fields.
    pub entries: u64,
    /// Bytes of a field or a value.
    pub value_bytes: u64,
}

/// A field with its value in a table.
pub struct Field(Item);

impl Keyed for Field {
    #[inline]
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    fn prefetch(&self) {
        prefetch(self.0.address());
    }
}

/// A hash.
pub enum Hash {
    /// Fields and values in turn.
    Listpack(Listpack),
    /// By field. A hash never becomes a listpack again.
    Table(Box<Table<Field>>),
}

impl Default for Hash {
    fn default() -> Self {
        Hash::Listpack(Listpack::new())
    }
}

impl Hash {
    /// Fields.
    pub fn len(&self) -> usize {
        match self {
            Hash::Listpack(list) => list.len() / PAIR,
            Hash::Table(table) => table.len(),
        }
    }

    /// Asks the processor to fetch a table's bucket for this hash.
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        if let Hash::Table(table) = self {
            table.prefetch_bucket(hash);
        }
    }

    /// The second step: what lies in that bucket.
    pub(super) fn prefetch_item(&self, hash: u64) {
        if let Hash::Table(table) = self {
            table.prefetch_item(hash);
        }
    }

    /// There is no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match self {
            Hash::Listpack(_) => "listpack",
            Hash::Table(_) => "hashtable",
        }
    }

    /// A field's value. O(bytes) for a listpack, else O(1).
    #[inline]
    pub fn get(&self, hasher: &KeyHasher, field: &[u8]) -> Option<Element<'_>> {
        match self {
            Hash::Listpack(list) => {
                let position = list.find(field, PAIR - 1)?;
                Some(list.at(list.next(position)?))
            }
            Hash::Table(table) => {
                let position = table.find(hasher.hash(field), field)?;
                Some(Element::Bytes(table.at(position).0.value()))
            }
        }
    }

    /// Whether there is such a field. As [`Hash::get`].
    #[inline]
    pub fn contains(&self, hasher: &KeyHasher, field: &[u8]) -> bool {
        match self {
            Hash::Listpack(list) => list.find(field, PAIR - 1).is_some(),
            Hash::Table(table) => table.find(hasher.hash(field), field).is_some(),
        }
    }

    /// Stores a field's value and says whether the field is new. A listpack beyond `limits` becomes a table. O(bytes)
    /// for a listpack, else O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the field is then as it was.
    #[inline]
    pub fn set(
        &mut self,
        hasher: &KeyHasher,
        limits: Limits,
        field: &[u8],
        value: &[u8],
    ) -> Result<bool, Error> {
        if let Hash::Listpack(list) = self {
            let longest = field.len().max(value.len()) as u64;
            let stored = if longest > limits.value_bytes {
                Err(GrowError::TooLarge)
            } else {
                put(list, field, value)
            };
            match stored {
                Ok(is_new) => {
                    if (list.len() / PAIR) as u64 > limits.entries {
                        // Without memory for a table it stays a listpack until the next change.
                        let _ = self.spread(hasher);
                    }
                    return Ok(is_new);
                }
                Err(GrowError::OutOfMemory) => return Err(Error::OutOfMemory),
                Err(GrowError::TooLarge) => self.spread(hasher)?,
            }
        }
        match self {
            Hash::Listpack(_) => Err(Error::OutOfMemory),
            Hash::Table(table) => set_in(table, hasher, field, value),
        }
    }

    /// Prepares for fields that are about to be stored. What cannot be a listpack with them, supposing that they are
    /// different ones, becomes a table right away; an empty listpack makes room for all of them at once. O(fields).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    #[inline]
    pub fn expect<'a>(
        &mut self,
        hasher: &KeyHasher,
        limits: Limits,
        pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<(), Error> {
        let Hash::Listpack(list) = self else {
            return Ok(());
        };
        if pairs.len() as u64 > limits.entries {
            return self.spread(hasher);
        }
        if !list.is_empty() {
            return Ok(());
        }
        let size = |bytes: &'a [u8]| Listpack::element_size(bytes.into());
        let mut sum = 0;
        for (field, value) in pairs {
            if field.len().max(value.len()) as u64 > limits.value_bytes {
                return self.spread(hasher);
            }
            sum += size(field) + size(value);
        }
        // A listpack that would be too large becomes a table when it is.
        match list.reserve(sum) {
            Err(GrowError::OutOfMemory) => Err(Error::OutOfMemory),
            Ok(()) | Err(GrowError::TooLarge) => Ok(()),
        }
    }

    /// Makes a listpack a table. O(n).
    #[inline(never)]
    fn spread(&mut self, hasher: &KeyHasher) -> Result<(), Error> {
        let Hash::Listpack(list) = self else {
            return Ok(());
        };
        let mut table = Table::new();
        let mut elements = list.iter();
        while let (Some(field), Some(value)) = (elements.next(), elements.next()) {
            let (mut left, mut right) = ([0; 20], [0; 20]);
            let field = field.text(&mut left);
            let item = Item::new(field, Some(value.text(&mut right)), None)?;
            table.insert(hasher, hasher.hash(field), Field(item))?;
        }
        *self = Hash::Table(Box::new(table));
        Ok(())
    }

    /// Takes a field away; false if there was none. O(bytes) for a listpack, else O(1).
    pub fn remove(&mut self, hasher: &KeyHasher, field: &[u8]) -> bool {
        match self {
            Hash::Listpack(list) => match list.find(field, PAIR - 1) {
                Some(position) => {
                    list.remove_from(position, PAIR);
                    true
                }
                None => false,
            },
            Hash::Table(table) => {
                let found = table.find(hasher.hash(field), field);
                found.is_some_and(|position| table.remove(hasher, position).is_some())
            }
        }
    }

    /// Visits fields and values: in order of arrival in a listpack, else in no order. Ends early when `visit` says
    /// false. O(n).
    pub fn each<'a>(&'a self, mut visit: impl FnMut(Element<'a>, Element<'a>) -> bool) {
        match self {
            Hash::Listpack(list) => {
                let mut elements = list.iter();
                while let (Some(field), Some(value)) = (elements.next(), elements.next()) {
                    if !visit(field, value) {
                        return;
                    }
                }
            }
            Hash::Table(table) => {
                for Field(item) in table.iter() {
                    if !visit(Element::Bytes(item.key()), Element::Bytes(item.value())) {
                        return;
                    }
                }
            }
        }
    }

    /// One step of a scan: visits some fields and gives the next cursor, 0 at the end. A listpack is one step.
    pub fn scan(
        &self,
        hasher: &KeyHasher,
        cursor: u64,
        mut visit: impl FnMut(Element<'_>, Element<'_>),
    ) -> u64 {
        match self {
            Hash::Listpack(_) => {
                self.each(|field, value| {
                    visit(field, value);
                    true
                });
                0
            }
            Hash::Table(table) => table.scan(hasher, cursor, |Field(item)| {
                visit(Element::Bytes(item.key()), Element::Bytes(item.value()));
            }),
        }
    }

    /// A field and its value, each equally likely. `random` gives uniform 64-bit numbers. O(bytes) for a listpack,
    /// else O(1) expected.
    pub fn random(&self, mut random: impl FnMut() -> u64) -> Option<(Element<'_>, Element<'_>)> {
        match self {
            Hash::Listpack(list) => {
                let len = (list.len() / PAIR) as u128;
                let index = (u128::from(random()) * len) >> 64;
                let position = list.seek(index as i64 * PAIR as i64)?;
                let mut pair = list.iter_from(position);
                Some((pair.next()?, pair.next()?))
            }
            Hash::Table(table) => {
                let Field(item) = table.at(table.random(random)?);
                Some((Element::Bytes(item.key()), Element::Bytes(item.value())))
            }
        }
    }

    /// Visits `count` different fields with their values, or all where there are fewer; every choice is equally
    /// likely. O(count) for a small part of a table, else O(n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn sample<'a>(
        &'a self,
        count: usize,
        mut random: impl FnMut() -> u64,
        mut visit: impl FnMut(Element<'a>, Element<'a>),
    ) -> Result<(), Error> {
        const SMALL_PART: usize = 8;
        if let Hash::Table(table) = self
            && count <= table.len() / SMALL_PART
        {
            for position in distinct(table, count, random)? {
                let Field(item) = table.at(position);
                visit(Element::Bytes(item.key()), Element::Bytes(item.value()));
            }
            return Ok(());
        }
        // Selection sampling (Knuth, The Art of Computer Programming, 3.4.2, algorithm S).
        let (mut wanted, mut left) = (count as u128, self.len() as u128);
        self.each(|field, value| {
            if (u128::from(random()) * left) >> 64 < wanted {
                visit(field, value);
                wanted -= 1;
            }
            left -= 1;
            wanted > 0
        });
        Ok(())
    }

    /// Frees about `count` elements. False when none is left.
    pub fn drop_some(&mut self, count: usize) -> bool {
        match self {
            Hash::Listpack(list) => {
                list.clear();
                false
            }
            Hash::Table(table) => {
                let mut freed = 0;
                while freed < count {
                    if !table.drop_segment(|_| freed += 1) {
                        return false;
                    }
                }
                true
            }
        }
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<Hash, Error> {
        match self {
            Hash::Listpack(list) => {
                let mut bytes = Vec::new();
                bytes.try_reserve_exact(list.bytes_len())?;
                bytes.extend_from_slice(list.as_bytes());
                let copy = Listpack::from_bytes(bytes).map_err(|_| Error::OutOfMemory)?;
                Ok(Hash::Listpack(copy))
            }
            Hash::Table(table) => {
                let copy = table.copy(|Field(item)| item.try_clone().map(Field))?;
                Ok(Hash::Table(Box::new(copy)))
            }
        }
    }

    /// Bytes of memory beside the struct itself. O(1), estimated for a table.
    pub fn memory_bytes(&self) -> usize {
        /// Items that are measured.
        const SAMPLE: usize = 16;
        match self {
            Hash::Listpack(list) => list.capacity(),
            Hash::Table(table) => {
                let sampled = table.len().min(SAMPLE);
                let bytes: usize = table
                    .iter()
                    .take(sampled)
                    .map(|Field(item)| item.memory_bytes())
                    .sum();
                let items = bytes * table.len() / sampled.max(1);
                size_of::<Table<Field>>() + table.memory_bytes() + items
            }
        }
    }
}

/// Stores a pair in a listpack; true if the field is new.
fn put(list: &mut Listpack, field: &[u8], value: &[u8]) -> Result<bool, GrowError> {
    if let Some(position) = list.find(field, PAIR - 1)
        && let Some(position) = list.next(position)
    {
        list.replace(position, value)?;
        return Ok(false);
    }
    list.push_all([field.into(), value.into()].into_iter())?;
    Ok(true)
}

#[inline]
fn set_in(
    table: &mut Table<Field>,
    hasher: &KeyHasher,
    field: &[u8],
    value: &[u8],
) -> Result<bool, Error> {
    let hash = hasher.hash(field);
    if let Some(position) = table.find(hash, field) {
        let Field(item) = table.at_mut(position);
        if !item.overwrite_value(value) {
            *item = Item::new(field, Some(value), None)?;
        }
        return Ok(false);
    }
    let item = Item::new(field, Some(value), None)?;
    table.insert(hasher, hash, Field(item))?;
    Ok(true)
}

/// `count` different positions, far fewer than there are fields.
fn distinct(
    table: &Table<Field>,
    count: usize,
    mut random: impl FnMut() -> u64,
) -> Result<Vec<Position>, Error> {
    let address = |position: &Position| table.at(*position).0.address() as usize;
    let mut positions: Vec<Position> = Vec::new();
    positions.try_reserve_exact(count)?;
    // Few of those drawn are there already, so that a few rounds of drawing what is missing suffice.
    while positions.len() < count {
        let missing = count - positions.len();
        positions.extend((0..missing).filter_map(|_| table.random(&mut random)));
        sort_by_key(&mut positions, address);
        positions.dedup_by_key(|position| address(position));
    }
    Ok(positions)
}

#[cfg(test)]
mod tests;
