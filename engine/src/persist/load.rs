//! A file's keys into the databases, from pieces as they come. Knows no file system.

use alloc::vec::Vec;

use super::rdb::{Damage, Item, Limits, Loaded, Reader, Shape};
use crate::keyspace::Keyspace;
use crate::number::parse_u64;
use crate::types::KeyHasher;

/// Keys whose places are fetched into the cache together, so that their misses overlap.
const AHEAD: usize = 32;

/// A key that was read and is not in its database yet.
struct Waiting {
    loaded: Loaded,
    hash: u64,
    /// Bytes of the file before what stands behind it.
    offset: u64,
}

/// What a file had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Keys that are in the databases now.
    pub keys: u64,
    /// Keys whose time had come, which are left out.
    pub expired: u64,
    /// Keys without elements, which are left out.
    pub empty: u64,
    /// Data of modules that belongs to no key, which is left out.
    pub module_data: u64,
}

/// What a file says of who wrote it. What it does not say is empty or 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The writer's version.
    pub version: Vec<u8>,
    /// When it was written, in seconds since 1970.
    pub created_s: u64,
    /// Bytes of memory that the writer used.
    pub memory: u64,
}

/// Loads a file.
pub struct Loader {
    reader: Reader,
    hasher: KeyHasher,
    limits: Limits,
    /// A key that is there already is replaced; else that is damage.
    merge: bool,
    counts: Counts,
    facts: Facts,
    functions: Vec<Vec<u8>>,
    waiting: Vec<Waiting>,
    done: bool,
}

impl Loader {
    /// For a file that goes into `keys`. Its checksum counts where `verify` says so; `merge` lets it replace keys.
    pub fn new(keys: &Keyspace, limits: Limits, verify: bool, merge: bool) -> Loader {
        Loader {
            reader: Reader::new(verify),
            hasher: keys.hasher().clone(),
            limits,
            merge,
            counts: Counts::default(),
            facts: Facts::default(),
            functions: Vec::new(),
            waiting: Vec::new(),
            done: false,
        }
    }

    /// Takes the next bytes and loads what is complete. Selects databases as it goes. O(bytes).
    ///
    /// # Errors
    /// [`Damage`]; the keys before it are loaded.
    pub fn push(&mut self, keys: &mut Keyspace, bytes: &[u8]) -> Result<(), Damage> {
        self.reader
            .push(bytes)
            .map_err(|_| self.damage("out of memory"))?;
        self.run(keys)
    }

    /// No more bytes will come.
    ///
    /// # Errors
    /// [`Damage`], also where the file is not complete.
    pub fn finish(&mut self, keys: &mut Keyspace) -> Result<(), Damage> {
        self.reader.end();
        self.run(keys)
    }

    /// What the file had so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What the file says of who wrote it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The libraries of functions in it.
    pub fn functions(&self) -> &[Vec<u8>] {
        &self.functions
    }

    /// The file's end was read.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// What was pushed behind the file's end, where that was read.
    pub fn rest(&self) -> &[u8] {
        if self.done { self.reader.rest() } else { &[] }
    }

    fn damage(&self, what: &'static str) -> Damage {
        Damage {
            offset: self.reader.position(),
            what,
        }
    }

    fn run(&mut self, keys: &mut Keyspace) -> Result<(), Damage> {
        let read = self.read(keys);
        // What is wrong with a key that waits stands before what reading stopped at.
        self.store_waiting(keys).and(read)
    }

    fn read(&mut self, keys: &mut Keyspace) -> Result<(), Damage> {
        while !self.done {
            let shape = Shape {
                hasher: &self.hasher,
                limits: &self.limits,
            };
            match self.reader.next(shape)? {
                None => return Ok(()),
                Some(Item::Key(loaded)) => self.expect(keys, loaded)?,
                Some(Item::EmptyKey) => self.counts.empty += 1,
                Some(Item::ModuleData(_)) => self.counts.module_data += 1,
                Some(Item::Function(code)) => self.functions.push(code),
                Some(Item::Fact(name, value)) => self.note(&name, value),
                Some(Item::Resize { .. } | Item::Going) => {}
                Some(Item::End) => self.done = true,
            }
        }
        Ok(())
    }

    fn note(&mut self, name: &[u8], value: Vec<u8>) {
        let number = || parse_u64(&value).unwrap_or(0);
        match name {
            b"ctime" => self.facts.created_s = number(),
            b"used-mem" => self.facts.memory = number(),
            b"redis-ver" | b"valkey-ver" => self.facts.version = value,
            _ => {}
        }
    }

    fn expect(&mut self, keys: &mut Keyspace, loaded: Loaded) -> Result<(), Damage> {
        let hash = keys.expect(loaded.database, loaded.entry.key());
        if self.waiting.capacity() < AHEAD && self.waiting.try_reserve_exact(AHEAD).is_err() {
            return Err(self.damage("out of memory"));
        }
        self.waiting.push(Waiting {
            loaded,
            hash,
            offset: self.reader.position(),
        });
        if self.waiting.len() < AHEAD {
            return Ok(());
        }
        self.store_waiting(keys)
    }

    fn store_waiting(&mut self, keys: &mut Keyspace) -> Result<(), Damage> {
        let mut waiting = core::mem::take(&mut self.waiting);
        let stored = waiting
            .drain(..)
            .try_for_each(|waiting| self.store(keys, waiting));
        self.waiting = waiting;
        stored
    }

    fn store(&mut self, keys: &mut Keyspace, waiting: Waiting) -> Result<(), Damage> {
        let Waiting {
            loaded,
            hash,
            offset,
        } = waiting;
        let damage = |what| Damage { offset, what };
        let mut entry = loaded.entry;
        if loaded.database >= keys.databases_len() {
            return Err(damage("a database beyond those that are configured"));
        }
        if entry.expire_ms().is_some_and(|at| at <= keys.now_ms()) {
            self.counts.expired += 1;
            return Ok(());
        }
        keys.select(loaded.database);
        let place = keys.find_hashed(hash, entry.key());
        if place.exists() && !self.merge {
            return Err(damage("a key that comes twice"));
        }
        let idle = loaded
            .idle_seconds
            .map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        entry.set_access(keys.restored_access(idle, loaded.frequency));
        keys.store(place, entry)
            .map_err(|_| damage("out of memory"))?;
        self.counts.keys += 1;
        Ok(())
    }
}
