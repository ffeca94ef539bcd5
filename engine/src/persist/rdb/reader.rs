//! A file of keys, read from pieces as they come. Knows no file and no keyspace: keys come out one by one.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::decode::{Decoder, Shape};
use super::source::{Source, Stop, Text};
use super::{SIGNATURE, VERSION_MAX, kind, opcode};
use crate::crc64;
use crate::error::Error;
use crate::keyspace::{Entry, INLINE_MAX, NewValue};
use crate::number::parse_u64;

/// Elements of one collection that are read before the caller gets a turn.
const STEPS_MAX: usize = 1000;
/// The version from which on a checksum stands at the end.
const CHECKSUM_SINCE: u16 = 5;

/// Why a file is not read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Bytes of the file before what is wrong.
    pub offset: u64,
    /// What is wrong, for a log.
    pub what: &'static str,
}

/// A key that was read.
pub struct Loaded {
    /// Its database.
    pub database: usize,
    /// The key with its value and expiry.
    pub entry: Entry,
    /// Seconds since it was used, where the file says so.
    pub idle_seconds: Option<u64>,
    /// How often it is used, where the file says so.
    pub frequency: Option<u8>,
}

/// What stands in a file.
pub enum Item {
    /// A key.
    Key(Loaded),
    /// A key without elements, which is left out.
    EmptyKey,
    /// How many keys a database has, and how many of them expire: a hint.
    Resize {
        /// The database.
        database: usize,
        /// Keys.
        keys: u64,
        /// Those that expire.
        timed: u64,
    },
    /// A fact about who wrote the file.
    Fact(Vec<u8>, Vec<u8>),
    /// The code of a library of functions.
    Function(Vec<u8>),
    /// Data of a module, which is left out: the module's id.
    ModuleData(u64),
    /// A large value is being read: go on.
    Going,
    /// The end, and the checksum was right.
    End,
}

/// A large value that is being read.
struct Partial {
    key: Vec<u8>,
    decoder: Decoder,
}

enum State {
    Signature,
    Opcode,
    Value(Box<Partial>),
    End,
}

/// Reads a file.
pub struct Reader {
    bytes: Vec<u8>,
    /// How many of `bytes` are read.
    at: usize,
    /// How many of `bytes` are in the checksum.
    summed: usize,
    /// Bytes of the file before `bytes`.
    offset: u64,
    checksum: u64,
    /// Without so many `bytes` there is no use in trying.
    wanted: u64,
    ended: bool,
    state: State,
    version: u16,
    database: usize,
    expire_ms: Option<u64>,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
    /// Checksums are compared.
    verify: bool,
}

impl Reader {
    /// From the first byte on. The checksum at the end counts where `verify` says so.
    pub fn new(verify: bool) -> Reader {
        Reader {
            bytes: Vec::new(),
            at: 0,
            summed: 0,
            offset: 0,
            checksum: 0,
            wanted: 0,
            ended: false,
            state: State::Signature,
            version: 0,
            database: 0,
            expire_ms: None,
            idle_seconds: None,
            frequency: None,
            verify,
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sum();
        self.bytes.drain(..self.at);
        self.offset += self.at as u64;
        self.wanted = self.wanted.saturating_sub(self.at as u64);
        (self.at, self.summed) = (0, 0);
        self.bytes.try_reserve(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// No more bytes will come.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Bytes of the file that are read.
    pub fn position(&self) -> u64 {
        self.offset + self.at as u64
    }

    /// The file's version, once its beginning is read.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// What was pushed behind the end of the file, which an append-only file goes on with. For after [`Item::End`].
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn sum(&mut self) {
        self.checksum = crc64::update(self.checksum, &self.bytes[self.summed..self.at]);
        self.summed = self.at;
    }

    /// What comes next, or nothing until more bytes are pushed. O(size of a small value), a bounded part of a large
    /// one.
    ///
    /// # Errors
    /// [`Damage`]; after it the rest is of no use.
    pub fn next(&mut self, shape: Shape<'_>) -> Result<Option<Item>, Damage> {
        for _ in 0..STEPS_MAX {
            if (self.bytes.len() as u64) < self.wanted && !self.ended {
                return Ok(None);
            }
            if self.bytes.get(self.at) == Some(&opcode::END) {
                // What the checksum covers may end here.
                self.sum();
            }
            let bytes = core::mem::take(&mut self.bytes);
            let mut source = Source::new(&bytes[self.at..]);
            let read = self.step(&mut source, shape);
            let (used, left) = (source.at(), source.left() as u64);
            let all = bytes.len() as u64;
            self.bytes = bytes;
            match read {
                Ok(item) => {
                    self.at += used;
                    if let Some(item) = item {
                        return Ok(Some(item));
                    }
                }
                Err(Failure::Stop(Stop::More(_))) if self.ended => {
                    return Err(self.damage(left, "the file ends early"));
                }
                Err(Failure::Stop(Stop::More(more))) => {
                    self.wanted = all.saturating_add(more);
                    return Ok(None);
                }
                Err(Failure::Stop(Stop::Corrupt)) => return Err(self.damage(left, "damaged data")),
                Err(Failure::Stop(Stop::OutOfMemory)) => {
                    return Err(self.damage(left, "out of memory"));
                }
                Err(Failure::What(what)) => return Err(self.damage(left, what)),
            }
        }
        Ok(Some(Item::Going))
    }

    /// With `left` bytes behind the place.
    fn damage(&self, left: u64, what: &'static str) -> Damage {
        Damage {
            offset: self.offset + self.bytes.len() as u64 - left,
            what,
        }
    }

    fn step(&mut self, source: &mut Source<'_>, shape: Shape<'_>) -> Result<Option<Item>, Failure> {
        match &mut self.state {
            State::Signature => {
                self.version = signature(source)?;
                self.state = State::Opcode;
                Ok(None)
            }
            State::Opcode => self.opcode(source, shape),
            State::Value(partial) => {
                if !partial.decoder.is_done() {
                    partial.decoder.step(source, shape)?;
                    return Ok(None);
                }
                match core::mem::replace(&mut self.state, State::Opcode) {
                    State::Value(partial) => self.whole(*partial, shape).map(Some),
                    _ => Ok(None),
                }
            }
            State::End => Ok(Some(Item::End)),
        }
    }

    fn whole(&mut self, partial: Partial, shape: Shape<'_>) -> Result<Item, Failure> {
        let object = partial.decoder.finish(shape)?;
        if object.view().is_empty() {
            self.forget();
            return Ok(Item::EmptyKey);
        }
        let entry = Entry::of_object(&partial.key, object, self.expire_ms)?;
        Ok(Item::Key(self.loaded(entry)))
    }

    /// What was said of one key says nothing of the next one.
    fn forget(&mut self) {
        (self.expire_ms, self.idle_seconds, self.frequency) = (None, None, None);
    }

    /// The key with what was said of it before.
    fn loaded(&mut self, entry: Entry) -> Loaded {
        let loaded = Loaded {
            database: self.database,
            entry,
            idle_seconds: self.idle_seconds,
            frequency: self.frequency,
        };
        self.forget();
        loaded
    }

    fn opcode(
        &mut self,
        source: &mut Source<'_>,
        shape: Shape<'_>,
    ) -> Result<Option<Item>, Failure> {
        let opcode = source.byte()?;
        match opcode {
            opcode::EXPIRE_MS => self.expire_ms = Some(source.u64()?),
            opcode::EXPIRE_S => self.expire_ms = Some(u64::from(source.u32()?) * 1000),
            opcode::IDLE => self.idle_seconds = Some(source.length()?),
            opcode::FREQUENCY => self.frequency = Some(source.byte()?),
            opcode::SELECT => {
                let number = usize::try_from(source.length()?);
                self.database = number.map_err(|_| Stop::Corrupt)?;
            }
            opcode::RESIZE => {
                return Ok(Some(Item::Resize {
                    database: self.database,
                    keys: source.length()?,
                    timed: source.length()?,
                }));
            }
            opcode::SLOT_INFO => {
                for _ in 0..3 {
                    source.length()?;
                }
            }
            opcode::AUX => return Ok(Some(Item::Fact(source.blob()?, source.blob()?))),
            opcode::FUNCTION => return Ok(Some(Item::Function(source.blob()?))),
            opcode::FUNCTION_OLD => {
                return Err(Failure::What("functions in a form that no release wrote"));
            }
            opcode::MODULE_AUX => {
                let id = source.length()?;
                for _ in 0..2 {
                    source.length()?;
                }
                skip_module(source)?;
                return Ok(Some(Item::ModuleData(id)));
            }
            opcode::END => return self.finish(source).map(Some),
            kind::STRING => return self.string(source).map(Some),
            kind::MODULE | kind::MODULE_OLD => {
                return Err(Failure::What(
                    "a module's value, which is lost without the module",
                ));
            }
            kind => {
                let key = source.blob()?;
                let decoder = match Decoder::begin(kind, source, shape) {
                    Err(Stop::Corrupt) => return Err(Failure::What("an unknown type of value")),
                    other => other?,
                };
                self.state = State::Value(Box::new(Partial { key, decoder }));
            }
        }
        Ok(None)
    }

    fn string(&mut self, source: &mut Source<'_>) -> Result<Item, Failure> {
        let (key, value) = (source.string()?, source.string()?);
        let mut digits = [0; 20];
        let key = key.bytes(&mut digits);
        let value = match value {
            Text::Int(value) => Entry::new(key, &NewValue::Int(value), self.expire_ms)?,
            Text::Owned(bytes) if bytes.len() > INLINE_MAX => {
                Entry::new(key, &NewValue::Shared(Arc::new(bytes)), self.expire_ms)?
            }
            text => {
                let mut digits = [0; 20];
                let value = NewValue::string(text.bytes(&mut digits))?;
                Entry::new(key, &value, self.expire_ms)?
            }
        };
        Ok(Item::Key(self.loaded(value)))
    }

    fn finish(&mut self, source: &mut Source<'_>) -> Result<Item, Failure> {
        if self.version >= CHECKSUM_SINCE {
            let expected = source.u64()?;
            let sum = crc64::update(self.checksum, &[opcode::END]);
            if self.verify && expected != 0 && expected != sum {
                return Err(Failure::What("the checksum is wrong"));
            }
        }
        self.state = State::End;
        Ok(Item::End)
    }
}

/// Why a step failed.
enum Failure {
    Stop(Stop),
    What(&'static str),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Failure::Stop(stop)
    }
}

impl From<Error> for Failure {
    fn from(_: Error) -> Self {
        Failure::Stop(Stop::OutOfMemory)
    }
}

fn signature(source: &mut Source<'_>) -> Result<u16, Failure> {
    let bytes = source.take(SIGNATURE.len() as u64 + 4)?;
    let (start, digits) = bytes.split_at(SIGNATURE.len());
    if start != SIGNATURE {
        return Err(Failure::What("this is no RDB file"));
    }
    let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(3);
    let version = parse_u64(&digits[first..]).and_then(|version| u16::try_from(version).ok());
    version
        .filter(|version| (1..=VERSION_MAX).contains(version))
        .ok_or(Failure::What("a version that is not known here"))
}

/// Passes a module's values, which describe themselves.
fn skip_module(source: &mut Source<'_>) -> Result<(), Stop> {
    loop {
        match source.length()? {
            0 => return Ok(()),
            1 | 2 => drop(source.length()?),
            3 => drop(source.take(4)?),
            4 => drop(source.take(8)?),
            5 => drop(source.string()?),
            _ => return Err(Stop::Corrupt),
        }
    }
}
