//! Keys into a file of any form. Knows no source.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hyla_engine::keyspace::{KeyInfo, Keyspace};
use hyla_engine::observe::facts::REDIS_VERSION;
use hyla_engine::persist::aof::{Commands, Records};
use hyla_engine::persist::rdb::{Encoder, Writer};
use hyla_engine::types::{KeyHasher, ObjectRef};

use super::super::{Failure, about};
use super::{Form, Key, Stop, json};

/// Elements of a collection that are written before what was written goes to the file.
const STEP: usize = 10_000;
const BUFFER_BYTES: usize = 1 << 20;

/// A file that is being written.
pub(super) struct Output {
    path: PathBuf,
    file: BufWriter<File>,
    to: To,
    hasher: KeyHasher,
    keys: u64,
    bytes: u64,
}

enum To {
    Rdb {
        writer: Box<Writer>,
        deadlines: bool,
    },
    Aof {
        records: Records,
        database: Option<usize>,
    },
    Json,
}

impl Output {
    pub(super) fn create(path: &Path, form: Form, deadlines: bool) -> Result<Output, Failure> {
        let file = File::create(path).map_err(|error| about("Cannot write file", path, &error))?;
        let to = match form {
            Form::Rdb => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let ctime = now.map_or(0, |now| now.as_secs()).to_string();
                let facts = [
                    ("redis-ver", REDIS_VERSION.as_bytes()),
                    ("redis-bits", b"64"),
                    ("ctime", ctime.as_bytes()),
                    ("aof-base", b"0"),
                ];
                let writer = Writer::new(true, true, deadlines, facts.into_iter())?;
                let writer = Box::new(writer);
                To::Rdb { writer, deadlines }
            }
            Form::Aof => To::Aof {
                records: Records::default(),
                database: None,
            },
            Form::Json => To::Json,
        };
        Ok(Output {
            path: path.to_path_buf(),
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            to,
            hasher: Keyspace::new(1, 0).hasher().clone(),
            keys: 0,
            bytes: 0,
        })
    }

    /// A library of functions.
    pub(super) fn function(&mut self, code: &[u8]) -> Result<(), Stop> {
        let bytes = match &mut self.to {
            To::Rdb { writer, .. } => {
                writer.function(code)?;
                writer.take()
            }
            To::Aof { records, .. } => {
                records.function(code)?;
                records.take()
            }
            To::Json => json::function(code),
        };
        Ok(self.put(&bytes)?)
    }

    pub(super) fn key(&mut self, key: &Key<'_>) -> Result<(), Stop> {
        self.keys += 1;
        match &mut self.to {
            To::Rdb { .. } => self.rdb(key),
            To::Aof { .. } => self.aof(key),
            To::Json => {
                let line = json::line(key);
                Ok(self.put(&line)?)
            }
        }
    }

    fn rdb(&mut self, key: &Key<'_>) -> Result<(), Stop> {
        let To::Rdb { writer, deadlines } = &mut self.to else {
            return Ok(());
        };
        let info = KeyInfo {
            database: key.database,
            key: key.entry.key(),
            expire_ms: key.entry.expire_ms(),
            idle_seconds: key
                .idle_seconds
                .map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
            frequency: key.frequency.map(u32::from),
        };
        let Some(object) = key.entry.object() else {
            writer.string(info, key.entry)?;
            let bytes = writer.take();
            return Ok(self.put(&bytes)?);
        };
        if matches!(object, ObjectRef::Hash(hash) if hash.is_timed()) && !*deadlines {
            return Err(Stop::Deadlines);
        }
        writer.key(info, Encoder::kind(object))?;
        let mut encoder = Encoder::default();
        loop {
            let To::Rdb { writer, .. } = &mut self.to else {
                return Ok(());
            };
            let done = encoder.step(object, &self.hasher, writer.sink(), STEP)?;
            let bytes = writer.take();
            self.put(&bytes)?;
            if done {
                return Ok(());
            }
        }
    }

    fn aof(&mut self, key: &Key<'_>) -> Result<(), Stop> {
        let To::Aof { records, database } = &mut self.to else {
            return Ok(());
        };
        if *database != Some(key.database) {
            *database = Some(key.database);
            records.select(key.database)?;
        }
        let name = key.entry.key();
        let mut commands = Commands::default();
        loop {
            let To::Aof { records, .. } = &mut self.to else {
                return Ok(());
            };
            let done = match key.entry.object() {
                Some(object) => commands.step(name, object, &self.hasher, records, STEP)?,
                None => {
                    records.string(name, key.entry.string()?)?;
                    true
                }
            };
            if let (Some(at), true) = (key.entry.expire_ms(), done) {
                records.expiry(name, at)?;
            }
            let bytes = records.take();
            self.put(&bytes)?;
            if done {
                return Ok(());
            }
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.bytes += bytes.len() as u64;
        let written = self.file.write_all(bytes);
        written.map_err(|error| about("Cannot write file", &self.path, &error))
    }

    /// The end of the file, and all of it on the disk. Gives keys and bytes.
    pub(super) fn finish(mut self) -> Result<(u64, u64), Stop> {
        if let To::Rdb { writer, .. } = &mut self.to {
            writer.finish()?;
            let bytes = writer.take();
            self.put(&bytes)?;
        }
        let fail = |error| about("Cannot write file", &self.path, &error);
        self.file.flush().map_err(fail)?;
        self.file.get_ref().sync_all().map_err(fail)?;
        Ok((self.keys, self.bytes))
    }
}
