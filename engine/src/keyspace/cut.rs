//! A snapshot without a copy of the process: the databases as they were at one moment, the cut, written while commands
//! go on. Knows no file and no command.
//!
//! The walk goes through the databases in the order of hashes, a bounded part at a time. Whatever is about to change and
//! was not walked yet is written first; the names of such keys are kept until the walk is past them. Large collections
//! are written in parts. One that is deleted, replaced or flushed meanwhile is handed to the walk and written when it is
//! its turn.
//!
//! Two cases still write a whole large collection at once: when it is changed in place, or renamed, before it was walked.

#[cfg(test)]
mod tests;
mod walk;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::access::Access;
use super::db::Keyspace;
use super::entry::{Entry, NewValue};
use crate::error::Error;
use crate::types::item::Item;
use crate::types::{KeyHasher, Keyed, Object, ObjectRef, Table};

/// A cursor's place among the hashes: they are this many bits longer.
const CURSOR_SHIFT: u32 = 12;
/// Bytes that wait to be stored before the walk stops for them.
const WAITING_MAX: usize = 1 << 20;

/// What of each key's use is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noting {
    /// Nothing.
    Nothing,
    /// When it was used last.
    Idle,
    /// How often it is used.
    Frequency,
}

/// What is stored of a key beside its value.
#[derive(Clone, Copy, Debug)]
pub struct KeyInfo<'a> {
    /// Its database.
    pub database: usize,
    /// Its name.
    pub key: &'a [u8],
    /// When it disappears, in milliseconds since 1970.
    pub expire_ms: Option<u64>,
    /// Seconds since it was used, where that is kept.
    pub idle_seconds: Option<u32>,
    /// How often it is used, from 0 to 255, where that is kept.
    pub frequency: Option<u32>,
}

/// A form that snapshots are written in, into memory that whoever stores it takes away. After an error of any of its
/// functions what was written is of no use.
pub trait Form: Send {
    /// A database begins that has so many keys, of which so many expire.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], as for all that follows.
    fn database(&mut self, number: usize, keys: u64, timed: u64) -> Result<(), Error>;

    /// A key with its whole value. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn key(&mut self, info: KeyInfo<'_>, entry: &Entry, hasher: &KeyHasher) -> Result<(), Error>;

    /// A key whose value comes in parts.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn begin(&mut self, info: KeyInfo<'_>, object: ObjectRef<'_>) -> Result<(), Error>;

    /// About `budget` elements more of the value that [`Form::begin`] announced, which has not changed since. True once
    /// all are written. O(`budget`).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn part(
        &mut self,
        object: ObjectRef<'_>,
        hasher: &KeyHasher,
        budget: usize,
    ) -> Result<bool, Error>;

    /// The end of the file.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn finish(&mut self) -> Result<(), Error>;

    /// Bytes that wait to be taken away.
    fn waiting(&self) -> usize;

    /// What was written since the last call.
    fn take(&mut self) -> Vec<u8>;
}

/// How far a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    /// There is more to do.
    More,
    /// Nothing goes on before what was written is taken away.
    Full,
    /// All keys are written.
    Done,
    /// Memory was refused, and the snapshot is of no use.
    Failed,
}

/// The name of a key that the walk is to pass over.
pub(super) struct Name(Item);

impl Keyed for Name {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

/// Where a database's keys are by now.
enum Home {
    /// In the database of this number.
    Live(usize),
    /// Here, because they were flushed.
    Held(Table<Entry>),
}

/// A database as it was at the cut.
struct Stage {
    home: Home,
    keys: u64,
    timed: u64,
    /// Keys that were written already, or that came later.
    passed: Table<Name>,
}

/// A large collection that was taken away from its key.
struct Handed {
    /// The key with all but its value.
    entry: Entry,
    stage: usize,
    object: Object,
}

/// What waits to be written.
enum Waiting {
    /// A copy of a key that was about to change while a large one was half written.
    Copy(usize, Entry),
    /// A large collection that is still under its key: its stage, and the key with all but its value.
    Key(usize, Entry),
    Handed(Box<Handed>),
}

impl Waiting {
    /// It is still under this key.
    fn is_under(&self, stage: usize, key: &[u8]) -> bool {
        matches!(self, Waiting::Key(of, entry) if *of == stage && entry.key() == key)
    }
}

/// A snapshot that is being written.
pub(super) struct Cut {
    writer: Box<dyn Form>,
    stages: Vec<Stage>,
    /// The stage that is walked.
    stage: usize,
    /// From here on its hashes are not walked.
    cursor: u64,
    begun: bool,
    /// All of the stage is in sight: what waits is the last of it.
    ending: bool,
    waiting: VecDeque<Waiting>,
    /// What is half written.
    part: Option<Waiting>,
    noting: Noting,
    failed: bool,
    done: bool,
    /// Keys that are written.
    keys: u64,
    /// Tables and collections to be freed in slices.
    pub(super) over: Vec<Over>,
}

/// What the walk has no more use for.
pub(super) enum Over {
    Names(Table<Name>),
    Table(Table<Entry>),
    Object(Object),
}

/// The stage and the hash of a key that has still to be written.
#[derive(Clone, Copy)]
struct Wanted {
    stage: usize,
    hash: u64,
}

impl Cut {
    fn new(
        writer: Box<dyn Form>,
        noting: Noting,
        databases: impl Iterator<Item = (usize, usize)>,
    ) -> Cut {
        let stage = |(number, (keys, timed))| Stage {
            home: Home::Live(number),
            keys: keys as u64,
            timed: timed as u64,
            passed: Table::new(),
        };
        Cut {
            writer,
            stages: databases.enumerate().map(stage).collect(),
            stage: 0,
            cursor: 0,
            begun: false,
            ending: false,
            waiting: VecDeque::new(),
            part: None,
            noting,
            failed: false,
            done: false,
            keys: 0,
            over: Vec::new(),
        }
    }

    /// The stage that database `database` belongs to now, if that is not walked yet.
    fn stage_of(&self, database: usize) -> Option<usize> {
        let found = self.stages[self.stage.min(self.stages.len())..]
            .iter()
            .position(|stage| matches!(stage.home, Home::Live(number) if number == database));
        found.map(|at| at + self.stage)
    }

    /// Whether the walk has still to come to a key of `database`, or has not finished it.
    fn wanted(&self, database: usize, key: &[u8], hash: u64) -> Option<Wanted> {
        let stage = self.stage_of(database)?;
        let wanted = Wanted { stage, hash };
        let under = |what: &Waiting| what.is_under(stage, key);
        if self.part.as_ref().is_some_and(under) || self.waiting.iter().any(under) {
            return Some(wanted);
        }
        if stage == self.stage && hash >> CURSOR_SHIFT < self.cursor {
            return None;
        }
        let passed = &self.stages[stage].passed;
        passed.find(hash, key).is_none().then_some(wanted)
    }

    /// Notes the result of something that must not fail.
    fn must<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        self.failed |= result.is_err();
        result.ok()
    }

    /// The walk is to pass over a key.
    fn pass(&mut self, hasher: &KeyHasher, wanted: Wanted, key: &[u8]) {
        let passed = &mut self.stages[wanted.stage].passed;
        if passed.find(wanted.hash, key).is_some() {
            return;
        }
        let name = Item::new(key, None, None);
        let result = name.and_then(|name| passed.insert(hasher, wanted.hash, Name(name)));
        self.must(result);
    }

    /// A key comes into being.
    pub(super) fn created(&mut self, hasher: &KeyHasher, database: usize, key: &[u8], hash: u64) {
        if let Some(wanted) = self.wanted(database, key, hash) {
            self.pass(hasher, wanted, key);
        }
    }

    /// A key is about to change in place.
    pub(super) fn changing(
        &mut self,
        hasher: &KeyHasher,
        access: &Access,
        database: usize,
        entry: &Entry,
        hash: u64,
    ) {
        let Some(wanted) = self.wanted(database, entry.key(), hash) else {
            return;
        };
        self.pass(hasher, wanted, entry.key());
        self.save(hasher, access, wanted.stage, entry);
    }

    /// A key's value is about to go: a large one is taken out of its entry.
    pub(super) fn leaving(
        &mut self,
        hasher: &KeyHasher,
        access: &Access,
        database: usize,
        entry: &mut Entry,
        hash: u64,
    ) {
        let Some(wanted) = self.wanted(database, entry.key(), hash) else {
            return;
        };
        self.pass(hasher, wanted, entry.key());
        if !entry.is_large() {
            return self.save(hasher, access, wanted.stage, entry);
        }
        let bare = self.must(bare(entry));
        let room = self.waiting.try_reserve(1).map_err(Error::from);
        let (Some(bare), Some(())) = (bare, self.must(room)) else {
            return;
        };
        let Some(object) = entry.take_object() else {
            return;
        };
        let stage = wanted.stage;
        let what = Waiting::Handed(Box::new(Handed {
            entry: bare,
            stage,
            object,
        }));
        let half = self.part.as_mut();
        if let Some(part) = half.filter(|part| part.is_under(stage, entry.key())) {
            // It goes on with what was handed over.
            *part = what;
            return;
        }
        match self.take_waiting(stage, entry.key()) {
            // What was noted of the key before it changed.
            Some((at, known)) => {
                if let Waiting::Handed(mut handed) = what {
                    handed.entry = known;
                    self.waiting.insert(at, Waiting::Handed(handed));
                }
            }
            None => self.waiting.push_back(what),
        }
    }

    /// Takes a key out of those that wait: where it was, and what was noted of it.
    fn take_waiting(&mut self, stage: usize, key: &[u8]) -> Option<(usize, Entry)> {
        let at = self
            .waiting
            .iter()
            .position(|what| what.is_under(stage, key))?;
        match self.waiting.remove(at)? {
            Waiting::Key(_, entry) => Some((at, entry)),
            _ => None,
        }
    }

    /// All of a key but its value is about to change.
    pub(super) fn relabelled(
        &mut self,
        hasher: &KeyHasher,
        access: &Access,
        database: usize,
        entry: &Entry,
        hash: u64,
    ) {
        if !entry.is_large() {
            return self.changing(hasher, access, database, entry, hash);
        }
        let Some(wanted) = self.wanted(database, entry.key(), hash) else {
            return;
        };
        let stage = wanted.stage;
        let under = |what: &Waiting| what.is_under(stage, entry.key());
        if self.part.as_ref().is_some_and(under) || self.waiting.iter().any(under) {
            // It is noted already as it was.
            return;
        }
        self.pass(hasher, wanted, entry.key());
        let bare = self.must(bare(entry));
        let room = self.waiting.try_reserve(1).map_err(Error::from);
        if let (Some(bare), Some(())) = (bare, self.must(room)) {
            self.waiting.push_back(Waiting::Key(stage, bare));
        }
    }

    /// Writes a key now, or a copy of it when it is its turn.
    fn save(&mut self, hasher: &KeyHasher, access: &Access, stage: usize, entry: &Entry) {
        let half = self.part.as_ref();
        if half.is_some_and(|part| part.is_under(stage, entry.key())) {
            // The rest of it at once.
            if let (Some(_), Some(object)) = (self.part.take(), entry.object()) {
                let rest = self.writer.part(object, hasher, usize::MAX);
                self.must(rest);
                self.keys += 1;
            }
            return;
        }
        let known = self.take_waiting(stage, entry.key());
        if self.part.is_none() {
            let label = known.as_ref().map_or(entry, |(_, known)| known);
            let info = info(self.noting, access, stage, label);
            let written = self.writer.key(info, entry, hasher);
            self.keys += 1;
            self.must(written);
            return;
        }
        let copy = entry.copied(entry.key());
        let room = self.waiting.try_reserve(1).map_err(Error::from);
        let (Some(mut copy), Some(())) = (self.must(copy), self.must(room)) else {
            return;
        };
        if let Some((_, known)) = known {
            let relabelled = copy.set_expire_ms(known.expire_ms());
            copy.set_access(known.access());
            self.must(relabelled);
        }
        self.waiting.push_back(Waiting::Copy(stage, copy));
    }

    /// Database `database` is emptied: what has still to be walked is kept. Gives the table back otherwise.
    pub(super) fn flushed(&mut self, database: usize, table: Table<Entry>) -> Option<Table<Entry>> {
        let Some(stage) = self.stage_of(database) else {
            return Some(table);
        };
        self.stages[stage].home = Home::Held(table);
        None
    }

    /// Two databases are exchanged.
    pub(super) fn swapped(&mut self, left: usize, right: usize) {
        for stage in &mut self.stages {
            if let Home::Live(number) = &mut stage.home {
                *number = match *number {
                    number if number == left => right,
                    number if number == right => left,
                    number => number,
                };
            }
        }
    }
}

/// What is written of a key beside its value.
fn info<'a>(noting: Noting, access: &Access, database: usize, entry: &'a Entry) -> KeyInfo<'a> {
    let bits = entry.access();
    KeyInfo {
        database,
        key: entry.key(),
        expire_ms: entry.expire_ms(),
        idle_seconds: (noting == Noting::Idle).then(|| access.idle_seconds(bits)),
        frequency: (noting == Noting::Frequency).then(|| access.counter(bits)),
    }
}

/// A key with all but its value.
fn bare(entry: &Entry) -> Result<Entry, Error> {
    let mut bare = Entry::new(entry.key(), &NewValue::Int(0), entry.expire_ms())?;
    bare.set_access(entry.access());
    Ok(bare)
}

impl Keyspace {
    /// Makes the cut: from now on `writer` gets all databases as they are at this moment. O(databases). A snapshot that
    /// was not done is given up.
    pub fn begin_cut(&mut self, writer: Box<dyn Form>, noting: Noting) {
        self.abandon_cut();
        let lens: Vec<(usize, usize)> = (0..self.databases_len())
            .map(|number| (self.len(number), self.timed_len(number)))
            .collect();
        self.cut = Some(Box::new(Cut::new(writer, noting, lens.into_iter())));
    }

    /// Whether there is a snapshot, done or not.
    pub fn has_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Keys that the snapshot has, and those that it is going to have.
    pub fn cut_progress(&self) -> Option<(u64, u64)> {
        let cut = self.cut.as_ref()?;
        let all = cut.stages.iter().map(|stage| stage.keys).sum();
        Some((cut.keys, all))
    }

    /// Bytes that were written of the snapshot and not taken away.
    pub fn cut_waiting(&self) -> usize {
        self.cut.as_ref().map_or(0, |cut| cut.writer.waiting())
    }

    /// What was written of the snapshot since the last call.
    pub fn take_cut_bytes(&mut self) -> Vec<u8> {
        self.cut
            .as_mut()
            .map_or_else(Vec::new, |cut| cut.writer.take())
    }

    /// Ends the snapshot, and gives the file's end back where all was written.
    pub fn finish_cut(&mut self) -> Option<Box<dyn Form>> {
        let done = self.cut.as_ref().is_some_and(|cut| cut.done && !cut.failed);
        let mut cut = self.cut.take()?;
        self.bury_over(&mut cut);
        done.then_some(cut.writer)
    }

    /// Gives the snapshot up.
    pub fn abandon_cut(&mut self) {
        if let Some(mut cut) = self.cut.take() {
            for stage in cut.stages.drain(..) {
                cut.over.push(Over::Names(stage.passed));
                if let Home::Held(table) = stage.home {
                    cut.over.push(Over::Table(table));
                }
            }
            let part = cut.part.take();
            for what in part.into_iter().chain(cut.waiting.drain(..)) {
                if let Waiting::Handed(handed) = what {
                    cut.over.push(Over::Object(handed.object));
                }
            }
            self.bury_over(&mut cut);
        }
    }
}
