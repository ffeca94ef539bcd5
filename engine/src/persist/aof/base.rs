//! A snapshot as commands: what an append-only file begins with where `aof-use-rdb-preamble` is off. Runs none.

use alloc::vec::Vec;

use super::commands::{Commands, Records};
use crate::error::Error;
use crate::keyspace::{Content, ELEMENT_BYTES, Entry, Form, KeyInfo};
use crate::types::KeyHasher;

/// Writes keys as the commands that make them. How they were used is not kept.
#[derive(Debug, Default)]
pub struct Base {
    records: Records,
    database: Option<usize>,
    /// The key that is written in parts, its end, and how far it is.
    key: Vec<u8>,
    expire_ms: Option<u64>,
    commands: Commands,
    /// The same of a string, in bytes.
    written: usize,
}

impl Base {
    /// When it is written, in seconds since 1970; before anything else.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn annotate(&mut self, second: u64) -> Result<(), Error> {
        self.records.annotation(second)
    }

    /// A library of functions; before any key.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn function(&mut self, code: &[u8]) -> Result<(), Error> {
        self.records.function(code)
    }

    fn select(&mut self, database: usize) -> Result<(), Error> {
        if self.database != Some(database) {
            self.records.select(database)?;
            self.database = Some(database);
        }
        Ok(())
    }
}

impl Form for Base {
    fn database(&mut self, number: usize, _keys: u64, _timed: u64) -> Result<(), Error> {
        self.select(number)
    }

    fn key(&mut self, info: KeyInfo<'_>, entry: &Entry, hasher: &KeyHasher) -> Result<(), Error> {
        if let Some(object) = entry.object() {
            let object = Content::Object(object);
            self.begin(info, object)?;
            self.part(object, hasher, usize::MAX)?;
            return Ok(());
        }
        self.select(info.database)?;
        self.records.string(info.key, entry.string()?)?;
        match info.expire_ms {
            Some(at) => self.records.expiry(info.key, at),
            None => Ok(()),
        }
    }

    fn begin(&mut self, info: KeyInfo<'_>, content: Content<'_>) -> Result<(), Error> {
        self.select(info.database)?;
        self.key.clear();
        self.key.try_reserve(info.key.len())?;
        self.key.extend_from_slice(info.key);
        self.expire_ms = info.expire_ms;
        self.commands = Commands::default();
        self.written = 0;
        if let Content::String(text) = content {
            self.records.begin_string(&self.key, text.len())?;
        }
        Ok(())
    }

    fn part(
        &mut self,
        content: Content<'_>,
        hasher: &KeyHasher,
        budget: usize,
    ) -> Result<bool, Error> {
        let (key, records) = (&self.key, &mut self.records);
        let all = match content {
            Content::Object(object) => self.commands.step(key, object, hasher, records, budget)?,
            Content::String(text) => {
                let rest = &text[self.written..];
                let part = rest.len().min(budget.saturating_mul(ELEMENT_BYTES));
                self.written += part;
                let all = part == rest.len();
                records.string_part(&rest[..part], all)?;
                all
            }
        };
        if let (true, Some(at)) = (all, self.expire_ms) {
            self.records.expiry(&self.key, at)?;
        }
        Ok(all)
    }

    fn walked(&self) -> u64 {
        self.commands.walked()
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.records.bytes().len()
    }

    fn take(&mut self) -> Vec<u8> {
        self.records.take()
    }
}
