//! What happens to a snapshot before a key changes: what the walk has still to come to is written, kept or handed over.

use alloc::boxed::Box;

use super::super::access::Access;
use super::super::entry::Entry;
use super::{
    CURSOR_SHIFT, Content, Cut, Home, Large, Name, Waiting, Whereabouts, bare, info, long_string,
};
use crate::error::Error;
use crate::types::item::Item;
use crate::types::{KeyHasher, Keyed, ObjectRef, Table};

/// A collection of no more elements is written, or copied, at once before it changes.
const AT_ONCE: usize = if cfg!(test) { 100 } else { 1024 };

/// The stage and the hash of a key that has still to be written.
#[derive(Clone, Copy)]
struct Wanted {
    stage: usize,
    hash: u64,
}

/// Where a large collection waits.
#[derive(Clone, Copy)]
enum Turn {
    /// It is half written.
    Now,
    /// The place in what waits.
    Later(usize),
}

impl Cut {
    /// The stage that database `database` belongs to now, if that is not walked yet.
    fn stage_of(&self, database: usize) -> Option<usize> {
        let found = self.stages[self.stage.min(self.stages.len())..]
            .iter()
            .position(|stage| matches!(stage.home, Home::Live(number) if number == database));
        found.map(|at| at + self.stage)
    }

    /// Whether the walk has still to come to a key of `database`.
    fn wanted(&self, database: usize, key: &[u8], hash: u64) -> Option<Wanted> {
        let stage = self.stage_of(database)?;
        if stage == self.stage && hash >> CURSOR_SHIFT < self.cursor {
            return None;
        }
        let passed = &self.stages[stage].passed;
        let is_wanted = passed.find(hash, key).is_none();
        is_wanted.then_some(Wanted { stage, hash })
    }

    /// The turn of a large collection under this key that waits, or is half written. O(1) for most that are not kept, else
    /// O(what waits).
    fn turn_of(&self, database: usize, key: &[u8], is_kept: bool) -> Option<Turn> {
        let stage = self.stage_of(database);
        let is_it = |what: &Waiting| match what {
            Waiting::Copy(..) => false,
            Waiting::Large(large) => match &large.at {
                Whereabouts::Home => Some(large.stage) == stage && large.label.key() == key,
                Whereabouts::At(number, name) => *number == database && name.key() == key,
                Whereabouts::Moving | Whereabouts::Here(_) | Whereabouts::String(_) => false,
            },
        };
        if self.part.as_ref().is_some_and(is_it) {
            return Some(Turn::Now);
        }
        if !is_kept && self.loose == 0 {
            return None;
        }
        self.waiting.iter().position(is_it).map(Turn::Later)
    }

    /// What waits for this turn will not be loose any more.
    fn tie(&mut self, turn: Turn) {
        if let Turn::Later(at) = turn
            && self.waiting.get(at).is_some_and(Waiting::is_loose)
        {
            self.loose -= 1;
        }
    }

    fn large_at(&mut self, turn: Turn) -> Option<&mut Large> {
        let what = match turn {
            Turn::Now => self.part.as_mut(),
            Turn::Later(at) => self.waiting.get_mut(at),
        };
        match what? {
            Waiting::Large(large) => Some(large),
            Waiting::Copy(..) => None,
        }
    }

    /// Notes the result of something that must not fail.
    pub(super) fn must<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        self.failed |= result.is_err();
        result.ok()
    }

    /// The walk is to pass over a key.
    fn pass(&mut self, hasher: &KeyHasher, wanted: Wanted, key: &[u8]) {
        let passed = &mut self.stages[wanted.stage].passed;
        let name = Item::new(key, None, None);
        let result = name.and_then(|name| passed.insert(hasher, wanted.hash, Name(name)));
        self.must(result);
    }

    /// What is large is to wait, with what the key is beside its value.
    fn wait(&mut self, stage: usize, label: &Entry, at: Whereabouts) {
        let is_kept = label.object().is_some_and(ObjectRef::is_kept);
        let label = bare(label);
        let room = self.waiting.try_reserve(1).map_err(Error::from);
        if let (Some(label), Some(())) = (self.must(label), self.must(room)) {
            let what = Waiting::Large(Box::new(Large {
                label,
                stage,
                at,
                is_kept,
            }));
            self.loose += usize::from(what.is_loose());
            self.waiting.push_back(what);
        }
    }

    /// A key comes into being.
    pub(in super::super) fn created(
        &mut self,
        hasher: &KeyHasher,
        database: usize,
        key: &[u8],
        hash: u64,
    ) {
        if let Some(wanted) = self.wanted(database, key, hash) {
            self.pass(hasher, wanted, key);
        }
    }

    /// A key is about to change in place.
    pub(in super::super) fn changing(
        &mut self,
        hasher: &KeyHasher,
        access: &Access,
        database: usize,
        entry: &mut Entry,
        hash: u64,
    ) {
        let weight = entry.object().map_or(0, ObjectRef::weight);
        if entry.object().is_some_and(ObjectRef::is_kept) {
            return;
        }
        if entry.is_large()
            && let Some(turn) = self.turn_of(database, entry.key(), false)
        {
            let walked = match turn {
                Turn::Now => self.writer.walked(),
                Turn::Later(_) => 0,
            };
            self.tie(turn);
            if !self.keep(entry, walked) {
                self.write_now(hasher, access, entry, turn);
            } else if let Some(large) = self.large_at(turn) {
                large.is_kept = true;
            }
            return;
        }
        let Some(wanted) = self.wanted(database, entry.key(), hash) else {
            return;
        };
        self.pass(hasher, wanted, entry.key());
        if weight > AT_ONCE && self.keep(entry, 0) {
            self.wait(wanted.stage, entry, Whereabouts::Home);
        } else {
            self.save(hasher, access, wanted.stage, entry);
        }
    }

    /// Has a collection keep what it is. False if its form does not do that.
    fn keep(&mut self, entry: &mut Entry, walked: u64) -> bool {
        let kept = match entry.object_mut() {
            Some(object) => object.keep(walked),
            None => Ok(false),
        };
        self.must(kept).unwrap_or(false)
    }

    /// A key's value is about to go: a large one is taken out of its entry.
    pub(in super::super) fn leaving(
        &mut self,
        hasher: &KeyHasher,
        access: &Access,
        database: usize,
        entry: &mut Entry,
        hash: u64,
    ) {
        let is_large = entry.is_large();
        let is_kept = entry.object().is_some_and(ObjectRef::is_kept);
        if is_large && let Some(turn) = self.turn_of(database, entry.key(), is_kept) {
            self.tie(turn);
            let object = entry.take_object();
            if let (Some(large), Some(object)) = (self.large_at(turn), object) {
                large.at = Whereabouts::Here(object);
            }
            return;
        }
        let Some(wanted) = self.wanted(database, entry.key(), hash) else {
            return;
        };
        self.pass(hasher, wanted, entry.key());
        let taken = if is_large { entry.take_object() } else { None };
        if let Some(object) = taken {
            self.wait(wanted.stage, entry, Whereabouts::Here(object));
        } else {
            self.save(hasher, access, wanted.stage, entry);
        }
    }

    /// All of a key but its value is about to change.
    pub(in super::super) fn relabelled(
        &mut self,
        hasher: &KeyHasher,
        access: &Access,
        database: usize,
        entry: &mut Entry,
        hash: u64,
    ) {
        if !entry.is_large() {
            return self.changing(hasher, access, database, entry, hash);
        }
        let is_kept = entry.object().is_some_and(ObjectRef::is_kept);
        if is_kept || self.turn_of(database, entry.key(), false).is_some() {
            // It is noted already as it was.
            return;
        }
        if let Some(wanted) = self.wanted(database, entry.key(), hash) {
            self.pass(hasher, wanted, entry.key());
            self.wait(wanted.stage, entry, Whereabouts::Home);
        }
    }

    /// The value under a key, which was about to change, goes to another key.
    pub(in super::super) fn moving(&mut self, database: usize, key: &[u8]) {
        if let Some(turn) = self.turn_of(database, key, true)
            && let Some(large) = self.large_at(turn)
        {
            large.at = Whereabouts::Moving;
        }
    }

    /// A value that kept what it was has come to a key.
    pub(in super::super) fn moved(&mut self, database: usize, key: &[u8]) {
        let name = Item::new(key, None, None);
        let Some(name) = self.must(name) else { return };
        let all = self.part.iter_mut().chain(&mut self.waiting);
        let moving = all.filter_map(|what| match what {
            Waiting::Large(large) if matches!(large.at, Whereabouts::Moving) => Some(large),
            _ => None,
        });
        // There is no other on its way.
        if let Some(large) = moving.last() {
            large.at = Whereabouts::At(database, Name(name));
        }
    }

    /// Writes a collection that waits, or the rest of it, now.
    fn write_now(&mut self, hasher: &KeyHasher, access: &Access, entry: &Entry, turn: Turn) {
        match turn {
            Turn::Now => {
                self.part = None;
                if let Some(object) = entry.object() {
                    let object = Content::Object(object);
                    let rest = self.writer.part(object, hasher, usize::MAX);
                    self.must(rest);
                    self.keys += 1;
                }
            }
            Turn::Later(at) => {
                if let Some(Waiting::Large(large)) = self.waiting.remove(at) {
                    self.save_as(hasher, access, &large, entry);
                }
            }
        }
    }

    /// Writes a key now, or a copy of it when it is its turn.
    fn save(&mut self, hasher: &KeyHasher, access: &Access, stage: usize, entry: &Entry) {
        if let Some(string) = long_string(entry) {
            return self.wait(stage, entry, Whereabouts::String(string));
        }
        if self.part.is_none() {
            let info = info(self.noting, access, stage, entry);
            let written = self.writer.key(info, entry, hasher);
            self.keys += 1;
            self.must(written);
            return;
        }
        let copy = entry.copied(entry.key());
        if let Some(copy) = self.must(copy) {
            self.wait_as_copy(stage, copy);
        }
    }

    /// The same for a key that was labelled before.
    fn save_as(&mut self, hasher: &KeyHasher, access: &Access, large: &Large, entry: &Entry) {
        let copy = entry.copied(large.label.key()).and_then(|mut copy| {
            copy.set_expire_ms(large.label.expire_ms())?;
            copy.set_access(large.label.access());
            Ok(copy)
        });
        let Some(copy) = self.must(copy) else { return };
        if self.part.is_none() {
            self.save(hasher, access, large.stage, &copy);
        } else {
            self.wait_as_copy(large.stage, copy);
        }
    }

    fn wait_as_copy(&mut self, stage: usize, copy: Entry) {
        let room = self.waiting.try_reserve(1).map_err(Error::from);
        if self.must(room).is_some() {
            self.waiting.push_back(Waiting::Copy(stage, copy));
        }
    }

    /// Database `database` is emptied: what has still to be walked is kept. Gives the table back otherwise.
    pub(in super::super) fn flushed(
        &mut self,
        hasher: &KeyHasher,
        database: usize,
        mut table: Table<Entry>,
    ) -> Option<Table<Entry>> {
        for what in self.part.iter_mut().chain(&mut self.waiting) {
            if let Waiting::Large(large) = what
                && let Whereabouts::At(number, name) = &large.at
                && *number == database
                && let Some(position) = table.find(hasher.hash(name.key()), name.key())
                && let Some(object) = table.at_mut(position).take_object()
            {
                large.at = Whereabouts::Here(object);
            }
        }
        let Some(stage) = self.stage_of(database) else {
            return Some(table);
        };
        self.stages[stage].home = Home::Held(table);
        None
    }

    /// Two databases are exchanged.
    pub(in super::super) fn swapped(&mut self, left: usize, right: usize) {
        let exchange = |number: &mut usize| {
            *number = match *number {
                number if number == left => right,
                number if number == right => left,
                number => number,
            };
        };
        for stage in &mut self.stages {
            if let Home::Live(number) = &mut stage.home {
                exchange(number);
            }
        }
        for what in self.part.iter_mut().chain(&mut self.waiting) {
            if let Waiting::Large(large) = what
                && let Whereabouts::At(number, _) = &mut large.at
            {
                exchange(number);
            }
        }
    }
}
