//! The numbered databases and the operations on keys that all commands share. Time is what the engine
//! last said it is; nothing here asks for it.

mod fields;
mod slices;
#[cfg(test)]
mod tests;

pub use fields::Lapsed;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::access::{Access, Frequency};
use super::cut::{Cut, Name, Over};
use super::entry::{Entry, NewValue};
use crate::error::{Error, owned};
use crate::types::sorted_set::SortedSet;
use crate::types::{KeyHasher, Object, ObjectRef, Position, Table};

/// So often a random key is drawn anew while those that are due stay.
const FROZEN_DRAWS: u32 = 100;

/// Which of what happens to keys the keyspace keeps for [`Keyspace::take_journal`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// Keys whose time had come.
    pub expired: bool,
    /// Keys that came into being.
    pub created: bool,
    /// Keys that were looked for in vain.
    pub missed: bool,
}

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Its time had come.
    Expired,
    /// It came into being.
    Created,
    /// It was looked for in vain.
    Missed,
}

/// One thing that happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its database.
    pub database: usize,
    /// The key.
    pub key: Vec<u8>,
    /// What happened.
    pub what: What,
}

/// Where a key is, or would be. Valid until the keyspace changes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    hash: u64,
    position: Option<Position>,
}

impl Place {
    /// The key exists.
    pub fn exists(&self) -> bool {
        self.position.is_some()
    }
}

/// What happens to a key's expiry when its value is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The key lives on for ever.
    Clear,
    /// As before.
    Keep,
    /// The key disappears at this time, in milliseconds since 1970.
    At(u64),
}

/// What INFO stats tells of keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyspaceStats {
    /// Lookups for reading that found the key.
    pub hits: u64,
    /// Lookups for reading that did not.
    pub misses: u64,
    /// Keys that disappeared because their time had come.
    pub expired: u64,
    /// Fields of hashes that did.
    pub expired_fields: u64,
    /// Keys and collections that were freed in slices.
    pub freed: u64,
}

struct Database {
    table: Table<Entry>,
    /// Active expiry has visited the segments from here on.
    expire_next: usize,
    /// The hashes that have, or had, fields with a deadline, see [`fields`].
    field_deadlines: Option<Box<SortedSet>>,
    /// The keys of collections that have elements left which went, see [`Keyspace::settle_later`].
    unsettled: Vec<Vec<u8>>,
}

impl Database {
    fn new() -> Self {
        Database {
            table: Table::new(),
            expire_next: usize::MAX,
            field_deadlines: None,
            unsettled: Vec::new(),
        }
    }
}

/// What is about to happen to an entry.
#[derive(Clone, Copy)]
enum Ahead {
    /// It changes in place.
    Change,
    /// All but its value changes.
    Relabel,
    /// Its value goes.
    Leave,
}

/// What waits to be freed.
enum Grave {
    Table(Table<Entry>),
    Object(Object),
    Names(Table<Name>),
}

/// All databases. One of them is selected; operations without a database's number work on it.
pub struct Keyspace {
    hasher: KeyHasher,
    databases: Vec<Database>,
    selected: usize,
    now_ms: u64,
    /// Nothing's time comes.
    timeless: bool,
    /// What is due looks gone, and stays where it is.
    frozen: bool,
    pub(super) access: Access,
    /// The snapshot that is being written.
    pub(super) cut: Option<Box<Cut>>,
    /// Flushed tables that are freed in slices.
    graveyard: Vec<Grave>,
    expire_database: usize,
    /// What happened to keys apart from what commands tell themselves; only as far as it is followed.
    journal: Vec<Noted>,
    follow: Follow,
    /// Counters for INFO.
    pub stats: KeyspaceStats,
}

impl Keyspace {
    /// `databases` empty ones, with key hashes drawn from `seed`.
    pub fn new(databases: usize, seed: u64) -> Self {
        Keyspace {
            hasher: KeyHasher::new(seed),
            databases: (0..databases).map(|_| Database::new()).collect(),
            selected: 0,
            now_ms: 0,
            timeless: false,
            frozen: false,
            access: Access::new(seed),
            cut: None,
            graveyard: Vec::new(),
            expire_database: 0,
            journal: Vec::new(),
            follow: Follow::default(),
            stats: KeyspaceStats::default(),
        }
    }

    /// How many databases there are.
    pub fn databases_len(&self) -> usize {
        self.databases.len()
    }

    /// Tells the time, in milliseconds since 1970.
    pub fn set_now(&mut self, now_ms: u64) {
        self.now_ms = if self.timeless { 0 } else { now_ms };
        self.access.set_now(now_ms);
    }

    /// While a log is read no key's time comes: what went is in the log. Gives what was said before.
    pub fn set_timeless(&mut self, on: bool, now_ms: u64) -> bool {
        let before = core::mem::replace(&mut self.timeless, on);
        self.set_now(now_ms);
        before
    }

    /// While clients are paused the data does not change: keys and fields whose time has come look gone, but are not
    /// deleted.
    #[inline]
    pub fn set_frozen(&mut self, on: bool) {
        self.frozen = on;
    }

    /// See [`Keyspace::set_frozen`].
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Says what is kept for [`Keyspace::take_journal`] from now on.
    pub fn follow(&mut self, follow: Follow) {
        self.follow = follow;
    }

    /// There is something to take.
    #[inline]
    pub fn has_journal(&self) -> bool {
        !self.journal.is_empty()
    }

    /// What happened since the last call, in order.
    pub fn take_journal(&mut self) -> Vec<Noted> {
        core::mem::take(&mut self.journal)
    }

    /// Without memory for its name an event is not told.
    #[cold]
    fn note(&mut self, key: &[u8], what: What) {
        if let Ok(key) = owned(key)
            && self.journal.try_reserve(1).is_ok()
        {
            self.journal.push(Noted {
                database: self.selected,
                key,
                what,
            });
        }
    }

    /// Selects the database that the following operations work on, which must exist.
    #[inline]
    pub fn select(&mut self, database: usize) {
        debug_assert!(database < self.databases.len());
        self.selected = database;
    }

    /// The selected database's number.
    pub fn selected(&self) -> usize {
        self.selected
    }

    fn table(&mut self) -> &mut Table<Entry> {
        &mut self.databases[self.selected].table
    }

    /// The keys of a database.
    #[inline]
    pub(super) fn table_of(&self, database: usize) -> Option<&Table<Entry>> {
        self.databases.get(database).map(|database| &database.table)
    }

    /// The same, to be changed.
    pub(super) fn table_of_mut(&mut self, database: usize) -> Option<&mut Table<Entry>> {
        let database = self.databases.get_mut(database)?;
        Some(&mut database.table)
    }

    /// Finds `key` for writing. A key whose time has come is removed first. O(1).
    #[inline]
    pub fn find(&mut self, key: &[u8]) -> Place {
        self.find_hashed(self.hasher.hash(key), key)
    }

    /// The hash of a key that is going to be looked for in database `database` soon: what that will touch first is
    /// fetched into the cache meanwhile.
    pub fn expect(&self, database: usize, key: &[u8]) -> u64 {
        let hash = self.hasher.hash(key);
        if let Some(table) = self.table_of(database) {
            table.prefetch_bucket(hash);
        }
        hash
    }

    /// [`Keyspace::find`] where the key's hash is known.
    #[inline]
    pub fn find_hashed(&mut self, hash: u64, key: &[u8]) -> Place {
        let now_ms = self.now_ms;
        let table = &self.databases[self.selected].table;
        let position = table.find(hash, key);
        if let Some(position) = position
            && table
                .at(position)
                .expire_ms()
                .is_some_and(|at| at <= now_ms)
        {
            if !self.frozen {
                self.expire(position);
            }
            return Place {
                hash,
                position: None,
            };
        }
        Place { hash, position }
    }

    /// Finds `key` for reading: counts a hit or miss and notes the access. O(1).
    #[inline]
    pub fn read(&mut self, key: &[u8]) -> Option<&Entry> {
        let hash = self.hasher.hash(key);
        let table = &mut self.databases[self.selected].table;
        let position = table.find(hash, key);
        let is_there = position.is_some_and(|position| {
            let entry = table.at_mut(position);
            let is_there = entry.expire_ms().is_none_or(|at| at > self.now_ms);
            if is_there {
                self.access.note(entry);
            }
            is_there
        });
        if !is_there {
            // Its time has come, or it was never there.
            self.find_counted(key);
            return None;
        }
        self.stats.hits += 1;
        Some(self.databases[self.selected].table.at(position?))
    }

    /// Finds `key` and counts a hit or miss, without noting the access.
    pub fn find_counted(&mut self, key: &[u8]) -> Place {
        let place = self.find(key);
        match place.position {
            Some(_) => self.stats.hits += 1,
            None => {
                self.stats.misses += 1;
                if self.follow.missed {
                    self.note(key, What::Missed);
                }
            }
        }
        place
    }

    /// The entry at a place.
    #[inline]
    pub fn entry(&self, place: Place) -> Option<&Entry> {
        Some(self.databases[self.selected].table.at(place.position?))
    }

    /// The entry at a place, to be changed in all but key and expiry, and the hasher.
    #[inline]
    pub(super) fn entry_mut(&mut self, place: Place) -> (Option<&mut Entry>, &KeyHasher) {
        self.before(place.position, Ahead::Change);
        let table = &mut self.databases[self.selected].table;
        let entry = place.position.map(|position| table.at_mut(position));
        (entry, &self.hasher)
    }

    /// What hashes members and fields, too.
    pub fn hasher(&self) -> &KeyHasher {
        &self.hasher
    }

    /// Changes the entry at a place, or does nothing where there is none.
    pub fn update<R>(&mut self, place: Place, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        let position = place.position?;
        self.before(place.position, Ahead::Change);
        let table = &mut self.databases[self.selected].table;
        Some(table.update(position, |entry| {
            self.access.note(entry);
            change(entry)
        }))
    }

    /// Stores `value` under `key`, whose place is `place`. O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the old value is then still there.
    #[inline]
    pub fn put(
        &mut self,
        place: Place,
        key: &[u8],
        value: &NewValue<'_>,
        expiry: Expiry,
    ) -> Result<(), Error> {
        self.before(place.position, Ahead::Leave);
        let Some(position) = place.position else {
            self.before_new(key, place.hash);
            let expire_ms = match expiry {
                Expiry::At(at) => Some(at),
                Expiry::Clear | Expiry::Keep => None,
            };
            let mut entry = Entry::new(key, value, expire_ms)?;
            entry.set_access(self.access.fresh());
            let table = &mut self.databases[self.selected].table;
            table.insert(&self.hasher, place.hash, entry)?;
            if self.follow.created {
                self.note(key, What::Created);
            }
            return Ok(());
        };
        let access = &mut self.access;
        let graveyard = &mut self.graveyard;
        let database = &mut self.databases[self.selected];
        database.forget_fields(&self.hasher, key);
        let table = &mut database.table;
        table.update(position, |entry| {
            let before = entry.access();
            let expire_ms = match expiry {
                Expiry::At(at) => Some(at),
                Expiry::Clear => None,
                Expiry::Keep => entry.expire_ms(),
            };
            if expire_ms.is_some() == entry.is_timed() && entry.overwrite(value) {
                entry.set_expire_ms(expire_ms)?;
            } else {
                let new = Entry::new(key, value, expire_ms)?;
                bury(graveyard, core::mem::replace(entry, new));
            }
            access.replaced(entry, before);
            Ok(())
        })
    }

    /// Finds `key` and stores `value` under it.
    ///
    /// # Errors
    /// As [`Keyspace::put`].
    pub fn set(&mut self, key: &[u8], value: &NewValue<'_>, expiry: Expiry) -> Result<(), Error> {
        let place = self.find(key);
        self.put(place, key, value, expiry)
    }

    /// Sets or removes a key's expiry. False where there is no key.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn set_expire(&mut self, place: Place, expire_ms: Option<u64>) -> Result<bool, Error> {
        let Some(position) = place.position else {
            return Ok(false);
        };
        self.before(place.position, Ahead::Relabel);
        self.table()
            .update(position, |entry| entry.set_expire_ms(expire_ms))?;
        Ok(true)
    }

    /// Takes the entry at a place out of the selected database.
    fn take(&mut self, place: Place) -> Option<Entry> {
        self.before(place.position, Ahead::Leave);
        let database = &mut self.databases[self.selected];
        let entry = database.table.remove(&self.hasher, place.position?);
        if let Some(entry) = &entry {
            database.forget_fields(&self.hasher, entry.key());
        }
        if database.table.is_empty() && database.table.segments_len() > 1 {
            self.graveyard
                .push(Grave::Table(core::mem::take(&mut database.table)));
        }
        entry
    }

    /// Frees a collection, in slices where it is large.
    pub(super) fn bury_object(&mut self, object: Object) {
        if object.view().is_large() {
            self.graveyard.push(Grave::Object(object));
        }
    }

    /// Deletes the key at a place; a large value is freed in slices. False if there was none.
    pub fn remove(&mut self, place: Place) -> bool {
        match self.take(place) {
            Some(entry) => {
                bury(&mut self.graveyard, entry);
                true
            }
            None => false,
        }
    }

    /// The value at a place as an entry of `key`, with the same expiry and access bits. An object moves: the key
    /// at the place must go next.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn moved(&mut self, place: Place, key: &[u8]) -> Result<Option<Entry>, Error> {
        let database = self.selected;
        self.before(place.position, Ahead::Change);
        let Some(position) = place.position else {
            return Ok(None);
        };
        let entry = self.databases[database].table.at_mut(position);
        let moved = entry.moved(Some(key), entry.expire_ms())?;
        if let Some(cut) = &mut self.cut
            && moved.is_large()
        {
            cut.moving(database, entry.key());
        }
        Ok(Some(moved))
    }

    /// Puts `entry`, made for the key of `place`, there, in place of what is there. Its access bits are kept.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub fn store(&mut self, place: Place, entry: Entry) -> Result<(), Error> {
        self.before(place.position, Ahead::Leave);
        if !place.exists() {
            self.before_new(entry.key(), place.hash);
        }
        if self.follow.created {
            // Redis deletes what is there first, so that the key is a new one in any case.
            self.note(entry.key(), What::Created);
        }
        let database = &mut self.databases[self.selected];
        database.forget_fields(&self.hasher, entry.key());
        database.expect_fields(&self.hasher, &entry)?;
        database.expect_rest(&entry);
        if let Some(cut) = &mut self.cut
            && entry.object().is_some_and(ObjectRef::is_kept)
        {
            cut.moved(self.selected, entry.key());
        }
        let table = &mut database.table;
        match place.position {
            Some(position) => {
                let old = table.update(position, |old| core::mem::replace(old, entry));
                bury(&mut self.graveyard, old);
            }
            None => {
                table.insert(&self.hasher, place.hash, entry)?;
            }
        }
        Ok(())
    }

    /// The access bits of a key that is new.
    pub fn fresh_access(&self) -> u32 {
        self.access.fresh()
    }

    /// The access bits of a key that comes from elsewhere: unused for so many seconds, or used so often. What is not
    /// kept here does not matter.
    pub fn restored_access(&self, idle_seconds: Option<i64>, frequency: Option<u8>) -> u32 {
        self.access.restored(idle_seconds, frequency)
    }

    /// Notes an access to the key at a place.
    pub fn touch(&mut self, place: Place) {
        if let Some(position) = place.position {
            let table = &mut self.databases[self.selected].table;
            table.touch(position, |entry| self.access.note(entry));
        }
    }

    /// Says whether accesses are noted from now on (CLIENT NO-TOUCH), and gives what was said before.
    #[inline]
    pub fn set_touch(&mut self, on: bool) -> bool {
        !self.access.set_quiet(!on)
    }

    /// Counts how often keys are used, as an LFU policy wants it, or notes when (`None`).
    pub fn set_frequency(&mut self, frequency: Option<Frequency>) {
        if self.access.frequency() != frequency {
            self.access.set_frequency(frequency);
        }
    }

    /// How often an entry was used, from 0 to 255 on a logarithmic scale, where that is counted.
    pub fn frequency(&self, entry: &Entry) -> Option<u32> {
        let counted = self.access.frequency().is_some();
        counted.then(|| self.access.counter(entry.access()))
    }

    /// Seconds since an entry was used, where that is noted.
    pub fn idle_seconds(&self, entry: &Entry) -> Option<u32> {
        let noted = self.access.frequency().is_none();
        noted.then(|| self.access.idle_seconds(entry.access()))
    }

    /// Deletes a key; false if there was none (or its time had come).
    pub fn delete(&mut self, key: &[u8]) -> bool {
        let place = self.find(key);
        self.remove(place)
    }

    /// Keys in database `database`, those included whose time has come but that nobody looked at.
    pub fn len(&self, database: usize) -> usize {
        self.databases[database].table.len()
    }

    /// No database has a key.
    pub fn is_empty(&self) -> bool {
        self.databases
            .iter()
            .all(|database| database.table.is_empty())
    }

    /// Keys with an expiry in database `database`.
    pub fn timed_len(&self, database: usize) -> usize {
        self.databases[database].table.timed_len()
    }

    /// Empties database `number` at once; its memory is freed in slices. Gives the number of keys.
    pub fn flush(&mut self, number: usize) -> usize {
        let database = &mut self.databases[number];
        let table = core::mem::take(&mut database.table);
        database.expire_next = usize::MAX;
        if let Some(deadlines) = database.field_deadlines.take() {
            self.graveyard
                .push(Grave::Object(Object::SortedSet(*deadlines)));
        }
        let len = table.len();
        let table = match &mut self.cut {
            Some(cut) => cut.flushed(&self.hasher, number, table),
            None => Some(table),
        };
        self.graveyard.extend(table.map(Grave::Table));
        len
    }

    /// Exchanges two databases' contents.
    pub fn swap(&mut self, left: usize, right: usize) {
        self.databases.swap(left, right);
        if let Some(cut) = &mut self.cut {
            cut.swapped(left, right);
        }
    }

    /// One step of a scan over the selected database, see [`Table::scan`]. Of the keys that are `wanted`, those
    /// whose time has come are removed and the others visited. Gives the next cursor and how many keys it met.
    pub fn scan(
        &mut self,
        cursor: u64,
        mut wanted: impl FnMut(&Entry) -> bool,
        mut visit: impl FnMut(&Entry),
    ) -> (u64, usize) {
        let now_ms = self.now_ms;
        let mut met = 0;
        let mut due: Vec<Vec<u8>> = Vec::new();
        let table = &self.databases[self.selected].table;
        let next = table.scan(&self.hasher, cursor, |entry| {
            met += 1;
            if !wanted(entry) {
                return;
            }
            if entry.expire_ms().is_none_or(|at| at > now_ms) {
                visit(entry);
                return;
            }
            // Without memory for its name the key stays until somebody else finds it.
            if let Ok(key) = owned(entry.key())
                && due.try_reserve(1).is_ok()
            {
                due.push(key);
            }
        });
        for key in due {
            self.find(&key);
        }
        (next, met)
    }

    /// The live entries of the selected database, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        let now_ms = self.now_ms;
        self.databases[self.selected]
            .table
            .iter()
            .filter(move |entry| entry.expire_ms().is_none_or(|at| at > now_ms))
    }

    /// A uniformly random entry of the selected database that has not expired. O(1) expected.
    pub fn random(&mut self, mut random: impl FnMut() -> u64) -> Option<&Entry> {
        let mut in_vain = 0;
        loop {
            let table = &self.databases[self.selected].table;
            let position = table.random(&mut random)?;
            if table
                .at(position)
                .expire_ms()
                .is_none_or(|at| at > self.now_ms)
            {
                return Some(self.databases[self.selected].table.at(position));
            }
            if self.frozen {
                in_vain += 1;
                if in_vain == FROZEN_DRAWS {
                    return None;
                }
                continue;
            }
            self.expire(position);
        }
    }

    /// What happens to the entry at a position next: a snapshot that has not come to it yet gets it first.
    #[inline]
    fn before(&mut self, position: Option<Position>, ahead: Ahead) {
        if self.cut.is_some()
            && let Some(position) = position
        {
            self.before_cut(position, ahead);
        }
    }

    #[cold]
    fn before_cut(&mut self, position: Position, ahead: Ahead) {
        let Some(cut) = &mut self.cut else { return };
        let (hasher, access, database) = (&self.hasher, &self.access, self.selected);
        let entry = self.databases[database].table.at_mut(position);
        let hash = hasher.hash(entry.key());
        match ahead {
            Ahead::Change => cut.changing(hasher, access, database, entry, hash),
            Ahead::Relabel => cut.relabelled(hasher, access, database, entry, hash),
            Ahead::Leave => cut.leaving(hasher, access, database, entry, hash),
        }
    }

    /// A key of this name comes into being.
    #[inline]
    fn before_new(&mut self, key: &[u8], hash: u64) {
        if self.frozen {
            self.take_due(key, hash);
        }
        if let Some(cut) = &mut self.cut {
            cut.created(&self.hasher, self.selected, key, hash);
        }
    }

    /// Takes a key away that looks gone, because it comes into being anew.
    #[cold]
    fn take_due(&mut self, key: &[u8], hash: u64) {
        if let Some(position) = self.table().find(hash, key) {
            self.expire(position);
        }
    }

    /// Leaves what a snapshot has no more use for to the slices that free.
    pub(super) fn bury_over(&mut self, cut: &mut Cut) {
        let over = cut.over.drain(..);
        self.graveyard.extend(over.map(|over| match over {
            Over::Names(names) => Grave::Names(names),
            Over::Table(table) => Grave::Table(table),
            Over::Object(object) => Grave::Object(object),
        }));
    }

    fn expire(&mut self, position: Position) {
        self.stats.expired += 1;
        let place = Place {
            hash: 0,
            position: Some(position),
        };
        if let Some(entry) = self.take(place) {
            if self.follow.expired {
                self.note(entry.key(), What::Expired);
            }
            bury(&mut self.graveyard, entry);
        }
    }
}

/// Drops an entry; a large object in it is left to the slices that free.
fn bury(graveyard: &mut Vec<Grave>, mut entry: Entry) {
    if entry.is_large()
        && let Some(object) = entry.take_object()
    {
        graveyard.push(Grave::Object(object));
    }
}
