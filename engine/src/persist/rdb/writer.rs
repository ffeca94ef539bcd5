//! A file of keys, written from the front on into memory that whoever stores it takes away. Knows no file and no
//! keyspace.

use alloc::vec::Vec;

use super::encode::Encoder;
use super::sink::{LongString, Sink};
use super::{SIGNATURE, VERSION, VERSION_OF_DEADLINES, kind, opcode, payload};
use crate::crc64;
use crate::error::Error;
use crate::keyspace::{Content, ELEMENT_BYTES, Entry, Form, KeyInfo};
use crate::number::write_u64;
use crate::types::KeyHasher;

/// Writes a file.
#[derive(Debug)]
pub struct Writer {
    sink: Sink,
    database: Option<usize>,
    /// Over what was taken away; none where the file has no checksum.
    checksum: Option<u64>,
    taken: u64,
    /// Of the collection that is written in parts, or the string.
    encoder: Encoder,
    long: LongString,
}

impl Writer {
    /// A file without keys so far. `deadlines` says that fields of hashes have some, which older servers do not read;
    /// `facts` are what Redis calls auxiliary fields.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], as for all that follows.
    pub fn new<'f>(
        compress: bool,
        checksum: bool,
        deadlines: bool,
        facts: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<Writer, Error> {
        let mut writer = Writer {
            sink: Sink::new(compress),
            database: None,
            checksum: checksum.then_some(0),
            taken: 0,
            encoder: Encoder::default(),
            long: LongString::default(),
        };
        let mut digits = [0; 20];
        let version = if deadlines {
            VERSION_OF_DEADLINES
        } else {
            VERSION
        };
        let version = write_u64(u64::from(version), &mut digits);
        writer.sink.raw(SIGNATURE)?;
        writer.sink.raw(&b"0000"[version.len()..])?;
        writer.sink.raw(version)?;
        for (name, value) in facts {
            writer.sink.byte(opcode::AUX)?;
            writer.sink.string(name.as_bytes())?;
            writer.sink.string(value)?;
        }
        Ok(writer)
    }

    /// A library of functions.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn function(&mut self, code: &[u8]) -> Result<(), Error> {
        self.sink.byte(opcode::FUNCTION)?;
        self.sink.string(code)
    }

    /// Says how many keys a database has, and how many of them expire.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn resize(&mut self, database: usize, keys: u64, timed: u64) -> Result<(), Error> {
        self.select(database)?;
        self.sink.byte(opcode::RESIZE)?;
        self.sink.length(keys)?;
        self.sink.length(timed)
    }

    fn select(&mut self, database: usize) -> Result<(), Error> {
        if self.database != Some(database) {
            self.sink.byte(opcode::SELECT)?;
            self.sink.length(database as u64)?;
            self.database = Some(database);
        }
        Ok(())
    }

    /// All of a key but its value, which the caller writes into what comes back.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn key(&mut self, info: KeyInfo<'_>, kind: u8) -> Result<&mut Sink, Error> {
        self.select(info.database)?;
        if let Some(at) = info.expire_ms {
            self.sink.byte(opcode::EXPIRE_MS)?;
            self.sink.raw(&at.to_le_bytes())?;
        }
        if let Some(seconds) = info.idle_seconds {
            self.sink.byte(opcode::IDLE)?;
            self.sink.length(u64::from(seconds))?;
        }
        if let Some(frequency) = info.frequency {
            self.sink.raw(&[opcode::FREQUENCY, frequency as u8])?;
        }
        self.sink.byte(kind)?;
        self.sink.string(info.key)?;
        Ok(&mut self.sink)
    }

    /// A key whose value is a string.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::WrongType`] where it is none.
    pub fn string(&mut self, info: KeyInfo<'_>, entry: &Entry) -> Result<(), Error> {
        let value = entry.string()?;
        let sink = self.key(info, kind::STRING)?;
        payload::string(value, sink)
    }

    /// Where values are written, between [`Writer::key`] and the next key.
    pub fn sink(&mut self) -> &mut Sink {
        &mut self.sink
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn finish(&mut self) -> Result<(), Error> {
        self.sink.byte(opcode::END)?;
        let checksum = self
            .checksum
            .map_or(0, |sum| crc64::update(sum, self.sink.bytes()));
        // The sum covers everything but itself.
        self.sink.raw(&checksum.to_le_bytes())
    }

    /// Bytes that wait to be taken away.
    pub fn waiting(&self) -> usize {
        self.sink.bytes().len()
    }

    /// Bytes of the file so far.
    pub fn len(&self) -> u64 {
        self.taken + self.waiting() as u64
    }

    /// There is at least the signature.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        let bytes = self.sink.take();
        self.taken += bytes.len() as u64;
        self.checksum = self.checksum.map(|sum| crc64::update(sum, &bytes));
        bytes
    }
}

impl Form for Writer {
    fn database(&mut self, number: usize, keys: u64, timed: u64) -> Result<(), Error> {
        self.resize(number, keys, timed)
    }

    fn key(&mut self, info: KeyInfo<'_>, entry: &Entry, hasher: &KeyHasher) -> Result<(), Error> {
        let Some(object) = entry.object() else {
            return self.string(info, entry);
        };
        let object = Content::Object(object);
        self.begin(info, object)?;
        self.part(object, hasher, usize::MAX)?;
        Ok(())
    }

    fn begin(&mut self, info: KeyInfo<'_>, content: Content<'_>) -> Result<(), Error> {
        self.encoder = Encoder::default();
        self.long = LongString::default();
        let kind = match content {
            Content::Object(object) => Encoder::kind(object),
            Content::String(_) => kind::STRING,
        };
        Writer::key(self, info, kind)?;
        Ok(())
    }

    fn part(
        &mut self,
        content: Content<'_>,
        hasher: &KeyHasher,
        budget: usize,
    ) -> Result<bool, Error> {
        match content {
            Content::Object(object) => self.encoder.step(object, hasher, &mut self.sink, budget),
            Content::String(text) => {
                let bytes = budget.saturating_mul(ELEMENT_BYTES);
                self.sink.string_part(text, &mut self.long, bytes)
            }
        }
    }

    fn walked(&self) -> u64 {
        self.encoder.walked()
    }

    fn finish(&mut self) -> Result<(), Error> {
        Writer::finish(self)
    }

    fn waiting(&self) -> usize {
        Writer::waiting(self)
    }

    fn take(&mut self) -> Vec<u8> {
        Writer::take(self)
    }
}
