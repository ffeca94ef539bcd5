//! A snapshot without a copy of the process: the databases as they were at one moment, the cut, written while commands
//! go on. Knows no file and no command.
//!
//! The walk goes through the databases in the order of hashes, a bounded part at a time. Whatever is about to change and
//! was not walked yet is written first; the names of such keys are kept until the walk is past them. Large collections
//! are written in parts. One that changes before its turn, or in the middle of it, keeps what it was until it is written;
//! one that is deleted, replaced or flushed is handed to the walk.

mod before;
#[cfg(test)]
mod tests;
mod walk;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::access::Access;
use super::db::Keyspace;
use super::entry::{Entry, NewValue, Value};
use crate::error::Error;
use crate::types::item::Item;
use crate::types::{KeyHasher, Keyed, Object, ObjectRef, Table};

/// A cursor's place among the hashes: they are this many bits longer.
const CURSOR_SHIFT: u32 = 12;
/// A longer string is written in parts.
const STRING_AT_ONCE: usize = 1 << 16;
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

/// A value that is written in parts.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// A collection.
    Object(ObjectRef<'a>),
    /// A long string.
    String(&'a [u8]),
}

/// So many bytes of a string take as long as an element of a collection.
pub const ELEMENT_BYTES: usize = 32;

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
    fn begin(&mut self, info: KeyInfo<'_>, content: Content<'_>) -> Result<(), Error>;

    /// About `budget` elements more of the value that [`Form::begin`] announced, or [`ELEMENT_BYTES`] times as many bytes of
    /// a string. A collection that has changed since keeps what it was. True once all is written. O(`budget`).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn part(
        &mut self,
        content: Content<'_>,
        hasher: &KeyHasher,
        budget: usize,
    ) -> Result<bool, Error>;

    /// How far that value is written, as its type counts it.
    fn walked(&self) -> u64;

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

/// Where a large collection is that waits to be written.
enum Whereabouts {
    /// Under its key.
    Home,
    /// On its way to another key.
    Moving,
    /// Under another key of this database.
    At(usize, Name),
    /// Here, because its key was deleted or replaced.
    Here(Object),
    /// It is a string, which others may hold, too: whoever changes it makes a copy.
    String(Arc<Vec<u8>>),
}

/// A large collection, or a long string, that waits to be written.
struct Large {
    /// The key with all but its value.
    label: Entry,
    stage: usize,
    at: Whereabouts,
    /// It keeps what it was.
    is_kept: bool,
}

/// What waits to be written.
enum Waiting {
    /// A copy of a key that was about to change while a large one was half written.
    Copy(usize, Entry),
    Large(Box<Large>),
}

impl Waiting {
    /// It is a collection under its key that may change any moment.
    fn is_loose(&self) -> bool {
        let loose = |large: &Large| !large.is_kept && matches!(large.at, Whereabouts::Home);
        matches!(self, Waiting::Large(large) if loose(large))
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
    /// How many of those are loose: few, and mostly none, so that the others need not be searched.
    loose: usize,
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
            loose: 0,
            part: None,
            noting,
            failed: false,
            done: false,
            keys: 0,
            over: Vec::new(),
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

/// A string that is to be written in parts.
fn long_string(entry: &Entry) -> Option<Arc<Vec<u8>>> {
    match entry.string() {
        Ok(Value::Shared(string)) if string.len() > STRING_AT_ONCE => Some(Arc::clone(string)),
        _ => None,
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
            let part = cut.part.take();
            for what in part.into_iter().chain(cut.waiting.drain(..)) {
                if let Waiting::Large(mut large) = what {
                    self.release(&mut cut.stages, &mut large, &mut cut.over);
                    if let Whereabouts::Here(object) = large.at {
                        cut.over.push(Over::Object(object));
                    }
                }
            }
            for stage in cut.stages.drain(..) {
                cut.over.push(Over::Names(stage.passed));
                if let Home::Held(table) = stage.home {
                    cut.over.push(Over::Table(table));
                }
            }
            self.bury_over(&mut cut);
        }
    }
}
