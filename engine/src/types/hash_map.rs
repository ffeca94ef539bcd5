//! A hash: fields with values. Small ones are a listpack of pairs in the order in which fields came, larger ones a
//! table. Once a field of a small one had a deadline it is a listpack of triples, see [`timed`]. Knows nothing of
//! keys, protocol or time: a deadline is a number that the owner compares.

pub mod timed;

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

/// The deadline of a field that has none.
pub const NEVER: u64 = u64::MAX;

/// What storing a value does to the field's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The field has none from then on.
    Clear,
    /// It stays as it is.
    Keep,
}

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

    #[inline]
    fn is_timed(&self) -> bool {
        self.0.is_worded()
    }

    #[inline]
    fn deadline(&self) -> u64 {
        self.0.word().unwrap_or(NEVER)
    }

    fn prefetch(&self) {
        prefetch(self.0.address());
    }

    fn copied(&self) -> Result<Field, Error> {
        self.0.try_clone().map(Field)
    }
}

/// A hash. Two forms at most tell themselves apart without taking more room than a listpack does.
pub struct Hash(Form);

enum Form {
    /// Fields and values in turn.
    Listpack(Listpack),
    /// All else.
    Boxed(Box<Boxed>),
}

enum Boxed {
    /// Fields, values and deadlines in turn. It never becomes a listpack of pairs again.
    Timed(Listpack),
    /// By field. It never becomes a listpack again.
    Table(Table<Field>),
}

/// The form that a hash has.
enum View<'a> {
    Listpack(&'a Listpack),
    Timed(&'a Listpack),
    Table(&'a Table<Field>),
}

/// The same, to be changed.
enum ViewMut<'a> {
    Listpack(&'a mut Listpack),
    Timed(&'a mut Listpack),
    Table(&'a mut Table<Field>),
}

impl Default for Hash {
    fn default() -> Self {
        Hash(Form::Listpack(Listpack::new()))
    }
}

impl Hash {
    fn timed(list: Listpack) -> Hash {
        Hash(Form::Boxed(Box::new(Boxed::Timed(list))))
    }

    fn table(table: Table<Field>) -> Hash {
        Hash(Form::Boxed(Box::new(Boxed::Table(table))))
    }

    #[inline]
    fn view(&self) -> View<'_> {
        match &self.0 {
            Form::Listpack(list) => View::Listpack(list),
            Form::Boxed(boxed) => match &**boxed {
                Boxed::Timed(list) => View::Timed(list),
                Boxed::Table(table) => View::Table(table),
            },
        }
    }

    #[inline]
    fn view_mut(&mut self) -> ViewMut<'_> {
        match &mut self.0 {
            Form::Listpack(list) => ViewMut::Listpack(list),
            Form::Boxed(boxed) => match &mut **boxed {
                Boxed::Timed(list) => ViewMut::Timed(list),
                Boxed::Table(table) => ViewMut::Table(table),
            },
        }
    }

    fn is_table(&self) -> bool {
        matches!(self.view(), View::Table(_))
    }

    /// Fields, those included whose deadline has passed.
    pub fn len(&self) -> usize {
        match self.view() {
            View::Listpack(list) => list.len() / PAIR,
            View::Timed(list) => list.len() / timed::TRIPLE,
            View::Table(table) => table.len(),
        }
    }

    /// Asks the processor to fetch where the fields are.
    pub(super) fn prefetch(&self) {
        match &self.0 {
            Form::Listpack(list) => list.prefetch(),
            Form::Boxed(boxed) => prefetch(&raw const **boxed),
        }
    }

    /// Asks the processor to fetch a table's bucket for this hash.
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        if let View::Table(table) = self.view() {
            table.prefetch_bucket(hash);
        }
    }

    /// The second step: what lies in that bucket.
    pub(super) fn prefetch_item(&self, hash: u64) {
        if let View::Table(table) = self.view() {
            table.prefetch_item(hash);
        }
    }

    /// There is no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match self.view() {
            View::Listpack(_) => "listpack",
            View::Timed(_) => "listpackex",
            View::Table(_) => "hashtable",
        }
    }

    /// A field's value and its deadline, [`NEVER`] where it has none. O(bytes) for a listpack, else O(1).
    #[inline]
    pub fn find(&self, hasher: &KeyHasher, field: &[u8]) -> Option<(Element<'_>, u64)> {
        match self.view() {
            View::Listpack(list) => {
                let position = list.find(field, PAIR - 1)?;
                Some((list.at(list.next(position)?), NEVER))
            }
            View::Timed(list) => timed::find(list, field),
            View::Table(table) => {
                let field = table.at(table.find(hasher.hash(field), field)?);
                Some((Element::Bytes(field.0.value()), field.deadline()))
            }
        }
    }

    /// A field's value, unless its deadline has come by `now`. As [`Hash::find`].
    pub fn get(&self, hasher: &KeyHasher, field: &[u8], now: u64) -> Option<Element<'_>> {
        let (value, deadline) = self.find(hasher, field)?;
        (deadline > now).then_some(value)
    }

    /// Stores a field's value and says whether the field is new, which one whose deadline has passed is not. A listpack
    /// beyond `limits` becomes a table. O(bytes) for a listpack, else O(1).
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
        deadline: Deadline,
    ) -> Result<bool, Error> {
        if !self.is_table() {
            let longest = field.len().max(value.len()) as u64;
            let stored = if longest > limits.value_bytes {
                Err(GrowError::TooLarge)
            } else {
                self.put(field, value, deadline)
            };
            match stored {
                Ok(is_new) => {
                    if self.len() as u64 > limits.entries {
                        // Without memory for a table it stays a listpack until the next change.
                        let _ = self.spread(hasher);
                    }
                    return Ok(is_new);
                }
                Err(GrowError::OutOfMemory) => return Err(Error::OutOfMemory),
                Err(GrowError::TooLarge) => self.spread(hasher)?,
            }
        }
        match self.view_mut() {
            ViewMut::Listpack(_) | ViewMut::Timed(_) => Err(Error::OutOfMemory),
            ViewMut::Table(table) => set_in(table, hasher, field, value, deadline),
        }
    }

    /// [`Hash::set`] in a listpack.
    #[inline]
    fn put(&mut self, field: &[u8], value: &[u8], deadline: Deadline) -> Result<bool, GrowError> {
        match self.view_mut() {
            ViewMut::Listpack(list) => put(list, field, value),
            ViewMut::Timed(list) => timed::put(list, field, value, deadline),
            ViewMut::Table(_) => Err(GrowError::TooLarge),
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
        let ViewMut::Listpack(list) = self.view_mut() else {
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
        if self.is_table() {
            return Ok(());
        }
        let mut table = Table::new();
        let mut outcome = Ok(());
        self.each(|field, value, deadline| {
            let (mut left, mut right) = ([0; 20], [0; 20]);
            let field = field.text(&mut left);
            let word = (deadline != NEVER).then_some(deadline);
            let inserted = Item::new(field, Some(value.text(&mut right)), word)
                .and_then(|item| table.insert(hasher, hasher.hash(field), Field(item)));
            outcome = inserted.map(|_| ());
            outcome.is_ok()
        });
        outcome?;
        *self = Hash::table(table);
        Ok(())
    }

    /// Takes a field away, whatever its deadline; false if there was none. O(bytes) for a listpack, else O(1).
    pub fn remove(&mut self, hasher: &KeyHasher, field: &[u8]) -> bool {
        let width = self.width();
        let list = match self.view_mut() {
            ViewMut::Listpack(list) | ViewMut::Timed(list) => list,
            ViewMut::Table(table) => {
                let found = table.find(hasher.hash(field), field);
                return found.is_some_and(|position| table.remove(hasher, position).is_some());
            }
        };
        let position = list.find(field, width - 1);
        if let Some(position) = position {
            list.remove_from(position, width);
        }
        position.is_some()
    }

    /// Elements of a listpack that a field takes.
    fn width(&self) -> usize {
        match self.view() {
            View::Timed(_) => timed::TRIPLE,
            View::Listpack(_) | View::Table(_) => PAIR,
        }
    }

    /// Visits fields, values and deadlines: in order of arrival in a listpack of pairs, of deadlines in one of triples,
    /// else in no order. Ends early when `visit` says false. O(n).
    pub fn each<'a>(&'a self, mut visit: impl FnMut(Element<'a>, Element<'a>, u64) -> bool) {
        match self.view() {
            View::Listpack(list) => {
                let mut elements = list.iter();
                while let (Some(field), Some(value)) = (elements.next(), elements.next()) {
                    if !visit(field, value, NEVER) {
                        return;
                    }
                }
            }
            View::Timed(list) => timed::each(list, visit),
            View::Table(table) => {
                for field in table.iter() {
                    let (name, value) = (field.0.key(), field.0.value());
                    if !visit(name.into(), value.into(), field.deadline()) {
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
        mut visit: impl FnMut(Element<'_>, Element<'_>, u64),
    ) -> u64 {
        if let View::Table(table) = self.view() {
            return table.scan(hasher, cursor, |field| {
                let (name, value) = (field.0.key(), field.0.value());
                visit(name.into(), value.into(), field.deadline());
            });
        }
        self.each(|field, value, deadline| {
            visit(field, value, deadline);
            true
        });
        0
    }

    /// A field with its value and its deadline, each field equally likely. `random` gives uniform 64-bit numbers. O(bytes)
    /// for a listpack, else O(1) expected.
    pub fn random(
        &self,
        mut random: impl FnMut() -> u64,
    ) -> Option<(Element<'_>, Element<'_>, u64)> {
        let width = self.width();
        let list = match self.view() {
            View::Listpack(list) | View::Timed(list) => list,
            View::Table(table) => {
                let field = table.at(table.random(random)?);
                let Field(item) = field;
                let (name, value) = (Element::Bytes(item.key()), Element::Bytes(item.value()));
                return Some((name, value, field.deadline()));
            }
        };
        let len = (list.len() / width) as u128;
        let index = (u128::from(random()) * len) >> 64;
        let position = list.seek(index as i64 * width as i64)?;
        let mut entry = list.iter_from(position);
        let (field, value) = (entry.next()?, entry.next()?);
        let deadline = match width {
            PAIR => NEVER,
            _ => timed::deadline_of(entry.next()?.int()?),
        };
        Some((field, value, deadline))
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
        if let View::Table(table) = self.view()
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
        self.each(|field, value, _| {
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
        match self.view_mut() {
            ViewMut::Listpack(list) | ViewMut::Timed(list) => {
                list.clear();
                false
            }
            ViewMut::Table(table) => {
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
        match self.view() {
            View::Listpack(list) => Ok(Hash(Form::Listpack(list.copy()?))),
            View::Timed(list) => Ok(Hash::timed(list.copy()?)),
            View::Table(table) => {
                let copy = table.copy(Field::copied)?;
                Ok(Hash::table(copy))
            }
        }
    }

    /// Bytes of memory beside the struct itself. O(1), estimated for a table.
    pub fn memory_bytes(&self) -> usize {
        /// Items that are measured.
        const SAMPLE: usize = 16;
        match self.view() {
            View::Listpack(list) => list.capacity(),
            View::Timed(list) => size_of::<Boxed>() + list.capacity(),
            View::Table(table) => {
                let sampled = table.len().min(SAMPLE);
                let bytes: usize = table
                    .iter()
                    .take(sampled)
                    .map(|Field(item)| item.memory_bytes())
                    .sum();
                let items = bytes * table.len() / sampled.max(1);
                size_of::<Boxed>() + table.memory_bytes() + items
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
    deadline: Deadline,
) -> Result<bool, Error> {
    let hash = hasher.hash(field);
    if let Some(position) = table.find(hash, field) {
        table.changing(hasher, hash);
        let Field(item) = table.at_mut(position);
        let cleared = item.is_worded() && deadline == Deadline::Clear;
        if !cleared && item.overwrite_value(value) {
            return Ok(false);
        }
        let word = item.word().filter(|_| !cleared);
        let item = Field(Item::new(field, Some(value), word)?);
        table.update(position, |field| *field = item);
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
