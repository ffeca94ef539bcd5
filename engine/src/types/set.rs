//! A set in one of three forms: integers in an intset, few small members in a listpack, all others in a hash
//! table. Knows nothing of keys, protocol or time.
//!
//! A set only ever grows into a larger form, at the configured limits and in the order in which Redis 7.2 does it;
//! removing members leaves the form as it is.

mod algebra;
mod past;
mod sample;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;

use super::GrowError;
use super::hash::KeyHasher;
use super::intset::{self, Intset};
use super::item::{Item, prefetch};
use super::listpack::{self, Listpack};
use super::table::{self, Keyed, Table};
use crate::error::Error;

pub use super::listpack::Element;
pub use algebra::{Visit, difference, intersect, union};

/// An intset takes no more members than this, whatever is configured.
const INTSET_MAX: usize = 1 << 30;
/// How many members are measured to estimate the memory of all.
const MEASURED: usize = 16;

/// Up to where the small forms are good: the directives `set-max-intset-entries`, `set-max-listpack-entries` and
/// `set-max-listpack-value`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Members of an intset.
    pub intset_entries: usize,
    /// Members of a listpack.
    pub listpack_entries: usize,
    /// Bytes of a listpack's member.
    pub listpack_value: usize,
}

/// A member in a hash table.
struct Member(Item);

impl Keyed for Member {
    #[inline]
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    #[inline]
    fn prefetch(&self) {
        prefetch(self.0.address());
    }

    fn copied(&self) -> Result<Member, Error> {
        Item::new(self.key(), None, None).map(Member)
    }
}

enum Form {
    Ints(Intset),
    List(Listpack),
    Table(Box<Table<Member>>),
}

/// A set of byte strings.
pub struct Set {
    form: Form,
}

/// A member that was taken out of a set.
pub enum Popped {
    /// An integer.
    Int(i64),
    /// Any other.
    Bytes(Item),
}

impl Popped {
    /// The member.
    pub fn element(&self) -> Element<'_> {
        match self {
            Popped::Int(value) => Element::Int(*value),
            Popped::Bytes(item) => Element::Bytes(item.key()),
        }
    }
}

impl Default for Set {
    fn default() -> Self {
        Set {
            form: Form::Ints(Intset::new()),
        }
    }
}

/// The members of a set, one after the other.
pub struct Iter<'a>(Rest<'a>);

/// Those that are left.
enum Rest<'a> {
    Ints(intset::Iter<'a>),
    List(listpack::Iter<'a>),
    Table(table::Iter<'a, Member>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        match &mut self.0 {
            Rest::Ints(ints) => ints.next().map(Element::Int),
            Rest::List(list) => list.next(),
            Rest::Table(table) => table.next().map(|member| Element::Bytes(member.key())),
        }
    }
}

impl Set {
    /// An empty set that is going to get about `hint` members, the first of which is `first`.
    pub fn for_members(first: &[u8], hint: usize, limits: &Limits) -> Set {
        let form = if hint <= limits.intset_entries && Element::Bytes(first).int().is_some() {
            Form::Ints(Intset::new())
        } else if hint <= limits.listpack_entries {
            Form::List(Listpack::new())
        } else {
            Form::Table(Box::default())
        };
        Set { form }
    }

    /// An empty set that grows into a larger form from a listpack.
    pub fn list() -> Set {
        Set {
            form: Form::List(Listpack::new()),
        }
    }

    /// Takes over an intset.
    pub fn from_intset(members: Intset) -> Set {
        Set {
            form: Form::Ints(members),
        }
    }

    /// Takes over a listpack, whose elements are all different.
    pub fn from_listpack(members: Listpack) -> Set {
        Set {
            form: Form::List(members),
        }
    }

    /// The members, where they are an intset.
    pub fn as_intset(&self) -> Option<&Intset> {
        match &self.form {
            Form::Ints(ints) => Some(ints),
            _ => None,
        }
    }

    /// The members, where they are a listpack.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.form {
            Form::List(list) => Some(list),
            _ => None,
        }
    }

    /// Members. O(1), for a listpack of more than 65,534 O(n).
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Ints(ints) => ints.len(),
            Form::List(list) => list.len(),
            Form::Table(table) => table.len(),
        }
    }

    /// Asks the processor to fetch where the members are.
    pub(super) fn prefetch(&self) {
        match &self.form {
            Form::Ints(ints) => prefetch(ints.as_bytes().as_ptr()),
            Form::List(list) => list.prefetch(),
            Form::Table(table) => prefetch(&raw const **table),
        }
    }

    /// Asks the processor to fetch a table's bucket for this hash.
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        if let Form::Table(table) = &self.form {
            table.prefetch_bucket(hash);
        }
    }

    /// The second step: what lies in that bucket.
    pub(super) fn prefetch_item(&self, hash: u64) {
        if let Form::Table(table) = &self.form {
            table.prefetch_item(hash);
        }
    }

    /// There is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match &self.form {
            Form::Ints(_) => "intset",
            Form::List(_) => "listpack",
            Form::Table(_) => "hashtable",
        }
    }

    /// Becomes a hash table at once if so many members are going to come that it would not stay small. O(n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn expect(
        &mut self,
        hasher: &KeyHasher,
        hint: usize,
        limits: &Limits,
    ) -> Result<(), Error> {
        let most = match &self.form {
            Form::Ints(_) => limits.intset_entries,
            Form::List(_) => limits.listpack_entries,
            Form::Table(_) => return Ok(()),
        };
        if hint > most {
            self.make_table(hasher)?;
        }
        Ok(())
    }

    /// Whether `member` is in it. O(1), O(log n) for an intset, O(n) for a listpack.
    #[inline]
    pub fn contains(&self, hasher: &KeyHasher, member: Element<'_>) -> bool {
        match &self.form {
            Form::Ints(ints) => member.int().is_some_and(|value| ints.contains(value)),
            Form::List(list) => list.find(member.text(&mut [0; 20]), 0).is_some(),
            Form::Table(table) => {
                let mut digits = [0; 20];
                let text = member.text(&mut digits);
                table.find(hasher.hash(text), text).is_some()
            }
        }
    }

    /// Adds `member`; false if it was there. O(1), O(n) for the small forms and where the form changes.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the member is then not in the set.
    #[inline]
    pub fn add(
        &mut self,
        hasher: &KeyHasher,
        member: Element<'_>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        match &mut self.form {
            Form::Table(table) => {
                let mut digits = [0; 20];
                insert(table, hasher, member.text(&mut digits))
            }
            Form::Ints(_) => self.add_to_ints(hasher, member, limits),
            Form::List(_) => self.add_to_list(hasher, member, limits),
        }
    }

    /// Adds a member that is known not to be there: spares a listpack the search. O(1) but where the form changes.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the member is then not in the set.
    pub fn add_new(
        &mut self,
        hasher: &KeyHasher,
        member: Element<'_>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        match &self.form {
            Form::List(_) => self.push_to_list(hasher, member, limits),
            _ => self.add(hasher, member, limits),
        }
    }

    fn add_to_ints(
        &mut self,
        hasher: &KeyHasher,
        member: Element<'_>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let Form::Ints(ints) = &mut self.form else {
            return Ok(false);
        };
        if let Some(value) = member.int() {
            if !ints.add(value).map_err(refused)? {
                return Ok(false);
            }
            if ints.len() > limits.intset_entries.min(INTSET_MAX)
                && let Err(error) = self.make_table(hasher)
            {
                if let Form::Ints(ints) = &mut self.form {
                    ints.remove(value);
                }
                return Err(error);
            }
            return Ok(true);
        }
        // The members with most digits are at the ends.
        let widest = [ints.iter().next(), ints.iter().next_back()];
        let widest = widest.into_iter().flatten().map(Element::Int);
        let (mut digits, mut bytes) = (0, member.text_len());
        for element in widest {
            digits = digits.max(element.text_len());
            bytes = bytes.max(member.text_len() + ints.len() * Listpack::element_size(element));
        }
        let small = ints.len() < limits.listpack_entries
            && digits.max(member.text_len()) <= limits.listpack_value
            && Listpack::new().has_room(bytes);
        if !small {
            self.make_table(hasher)?;
            return self.add(hasher, member, limits);
        }
        let mut list = Listpack::new();
        let elements = ints.iter().map(Element::Int);
        list.push_all(elements.chain([member])).map_err(refused)?;
        self.form = Form::List(list);
        Ok(true)
    }

    fn add_to_list(
        &mut self,
        hasher: &KeyHasher,
        member: Element<'_>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let Form::List(list) = &self.form else {
            return Ok(false);
        };
        if list.find(member.text(&mut [0; 20]), 0).is_some() {
            return Ok(false);
        }
        self.push_to_list(hasher, member, limits)
    }

    fn push_to_list(
        &mut self,
        hasher: &KeyHasher,
        member: Element<'_>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let Form::List(list) = &mut self.form else {
            return Ok(false);
        };
        let mut digits = [0; 20];
        let text = member.text(&mut digits);
        if list.len() < limits.listpack_entries
            && text.len() <= limits.listpack_value
            && list.has_room(text.len())
        {
            list.push_back(member).map_err(refused)?;
            return Ok(true);
        }
        let table = self.make_table(hasher)?;
        insert(table, hasher, text)
    }

    /// Turns whatever form into a hash table. O(n).
    fn make_table(&mut self, hasher: &KeyHasher) -> Result<&mut Table<Member>, Error> {
        if !matches!(self.form, Form::Table(_)) {
            let mut table = Table::new();
            let mut digits = [0; 20];
            for member in self.iter() {
                let text = member.text(&mut digits);
                let item = Item::new(text, None, None)?;
                table.insert(hasher, hasher.hash(text), Member(item))?;
            }
            self.form = Form::Table(Box::new(table));
        }
        match &mut self.form {
            Form::Table(table) => Ok(table),
            _ => Err(Error::OutOfMemory),
        }
    }

    /// Turns a set whose members are all integers into an intset, if they are not too many for one. O(n log n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the set is as before.
    pub fn make_intset(&mut self, limits: &Limits) -> Result<(), Error> {
        if matches!(self.form, Form::Ints(_)) || self.len() > limits.intset_entries.min(INTSET_MAX)
        {
            return Ok(());
        }
        let mut ints = Intset::new();
        for member in self.iter() {
            let Some(value) = member.int() else {
                return Ok(());
            };
            ints.add(value).map_err(refused)?;
        }
        self.form = Form::Ints(ints);
        Ok(())
    }

    /// Gives back memory that a listpack holds in reserve.
    pub fn shrink_to_fit(&mut self) {
        if let Form::List(list) = &mut self.form {
            list.shrink_to_fit();
        }
    }

    /// Takes `member` out; false if it was not in it. O(1), O(n) for the small forms.
    #[inline]
    pub fn remove(&mut self, hasher: &KeyHasher, member: Element<'_>) -> bool {
        match &mut self.form {
            Form::Ints(ints) => member.int().is_some_and(|value| ints.remove(value)),
            Form::List(list) => {
                let found = list.find(member.text(&mut [0; 20]), 0);
                found.map(|position| list.remove(position)).is_some()
            }
            Form::Table(table) => {
                let mut digits = [0; 20];
                let text = member.text(&mut digits);
                let found = table.find(hasher.hash(text), text);
                found.is_some_and(|position| table.remove(hasher, position).is_some())
            }
        }
    }

    /// The members: of an intset ascending, of a listpack as they came, else in no order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(match &self.form {
            Form::Ints(ints) => Rest::Ints(ints.iter()),
            Form::List(list) => Rest::List(list.iter()),
            Form::Table(table) => Rest::Table(table.iter()),
        })
    }

    /// Visits the members of one step of a scan and gives the next cursor, 0 at the end; see [`Table::scan`]. A
    /// small form is one step.
    pub fn scan(&self, hasher: &KeyHasher, cursor: u64, mut visit: impl FnMut(Element<'_>)) -> u64 {
        match &self.form {
            Form::Table(table) => table.scan(hasher, cursor, |member| {
                visit(Element::Bytes(member.key()));
            }),
            _ => {
                self.iter().for_each(visit);
                0
            }
        }
    }

    /// Frees about `count` members. False when none is left.
    pub fn drop_some(&mut self, count: usize) -> bool {
        let Form::Table(table) = &mut self.form else {
            *self = Set::default();
            return false;
        };
        let mut dropped = 0;
        while dropped < count {
            if !table.drop_segment(|_| dropped += 1) {
                return false;
            }
        }
        true
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<Set, Error> {
        let form = match &self.form {
            Form::Ints(ints) => {
                let mut copy = Intset::new();
                for value in ints {
                    copy.add(value).map_err(refused)?;
                }
                Form::Ints(copy)
            }
            Form::List(list) => {
                let mut copy = Listpack::new();
                copy.merge(list).map_err(refused)?;
                Form::List(copy)
            }
            Form::Table(table) => Form::Table(Box::new(table.copy(Member::copied)?)),
        };
        Ok(Set { form })
    }

    /// Bytes of memory beside the struct itself; estimated from a few members for a hash table.
    pub fn memory_bytes(&self) -> usize {
        match &self.form {
            Form::Ints(ints) => ints.capacity(),
            Form::List(list) => list.capacity(),
            Form::Table(table) => {
                let (mut bytes, mut count) = (0, 0);
                for member in table.iter().take(MEASURED) {
                    bytes += member.0.memory_bytes();
                    count += 1;
                }
                let members = (bytes * table.len()).checked_div(count).unwrap_or(0);
                size_of::<Table<Member>>() + table.memory_bytes() + members
            }
        }
    }
}

/// Adds a member to a hash table; false if it was there.
#[inline]
fn insert(table: &mut Table<Member>, hasher: &KeyHasher, text: &[u8]) -> Result<bool, Error> {
    let hash = hasher.hash(text);
    if table.find(hash, text).is_some() {
        return Ok(false);
    }
    table.insert(hasher, hash, Member(Item::new(text, None, None)?))?;
    Ok(true)
}

fn refused(_: GrowError) -> Error {
    Error::OutOfMemory
}
