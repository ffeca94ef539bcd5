//! The libraries of functions, and the payload that FUNCTION DUMP makes of them. Knows nothing of how a function
//! runs.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::FunctionId;
use super::shebang::ScriptFlags;
use crate::crc64;
use crate::error::{Error, Told};
use crate::persist::rdb::{self, Sink, Source, Stop, payload};

/// The byte before a library in a payload.
const LIBRARY: u8 = 245;

/// A function that FCALL can call.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: Vec<u8>,
    /// What it is for.
    pub(crate) description: Option<Vec<u8>>,
    /// What it declares.
    pub(crate) flags: ScriptFlags,
    /// What is called.
    pub(crate) function: FunctionId,
}

/// A library.
#[derive(Debug)]
pub(crate) struct Library {
    /// Its name.
    pub(crate) name: Vec<u8>,
    /// Its whole text.
    pub(crate) code: Vec<u8>,
    /// Its functions, by their names.
    pub(crate) functions: Vec<Arc<Function>>,
}

/// All libraries. Finding one, or a function, is O(log n).
#[derive(Debug, Default)]
pub(crate) struct Libraries {
    /// By name.
    list: Vec<Library>,
    /// By name without regard to case.
    functions: Vec<Arc<Function>>,
}

/// Compares without regard to case.
fn compare(a: &[u8], b: &[u8]) -> core::cmp::Ordering {
    let lower = |bytes: &[u8], at: usize| bytes.get(at).map(u8::to_ascii_lowercase);
    let differs = (0..=a.len().min(b.len())).find(|at| lower(a, *at) != lower(b, *at));
    differs.map_or(core::cmp::Ordering::Equal, |at| {
        lower(a, at).cmp(&lower(b, at))
    })
}

impl Libraries {
    /// All libraries.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Library> + Clone {
        self.list.iter()
    }

    /// The libraries themselves.
    pub(crate) fn into_list(self) -> Vec<Library> {
        self.list
    }

    /// How many libraries there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// How many functions there are.
    pub(crate) fn functions_len(&self) -> usize {
        self.functions.len()
    }

    /// Bytes of the libraries' texts.
    pub(crate) fn code_bytes(&self) -> usize {
        self.list.iter().map(|library| library.code.len()).sum()
    }

    fn find(&self, name: &[u8]) -> Result<usize, usize> {
        self.list
            .binary_search_by(|library| library.name.as_slice().cmp(name))
    }

    fn find_function(&self, name: &[u8]) -> Result<usize, usize> {
        self.functions
            .binary_search_by(|function| compare(&function.name, name))
    }

    /// Whether there is a library of this name.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.find(name).is_ok()
    }

    /// The function of this name.
    pub(crate) fn function(&self, name: &[u8]) -> Option<&Arc<Function>> {
        let at = self.find_function(name).ok()?;
        Some(&self.functions[at])
    }

    /// Adds a library in place of one of the same name, if there is one, which is returned.
    ///
    /// # Errors
    /// Another library has a function of the same name; no memory. Nothing has changed then.
    pub(crate) fn add(&mut self, library: Library, told: &Told) -> Result<Option<Library>, Error> {
        let old = self.remove(&library.name);
        let taken = library
            .functions
            .iter()
            .find(|function| self.find_function(&function.name).is_ok());
        if let Some(taken) = taken {
            let error = told.tell_pieces(&[b"ERR Function ", &taken.name, b" already exists"]);
            if let Some(old) = old {
                self.insert(old);
            }
            return Err(error);
        }
        self.list.try_reserve(1)?;
        self.functions.try_reserve(library.functions.len())?;
        self.insert(library);
        Ok(old)
    }

    fn insert(&mut self, library: Library) {
        for function in &library.functions {
            if let Err(at) = self.find_function(&function.name) {
                self.functions.insert(at, Arc::clone(function));
            }
        }
        if let Err(at) = self.find(&library.name) {
            self.list.insert(at, library);
        }
    }

    /// Takes a library out.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Library> {
        let at = self.find(name).ok()?;
        let library = self.list.remove(at);
        for function in &library.functions {
            if let Ok(at) = self.find_function(&function.name) {
                self.functions.remove(at);
            }
        }
        Some(library)
    }

    /// Adds all of `others`; with `replace`, in place of those of the same names, which are returned.
    ///
    /// # Errors
    /// A name is taken; no memory. Nothing has changed then, and `others` is as it was.
    pub(crate) fn join(
        &mut self,
        others: &mut Libraries,
        replace: bool,
        told: &Told,
    ) -> Result<Vec<Library>, Error> {
        let mut removed = Vec::new();
        for library in &others.list {
            if !self.has(&library.name) {
                continue;
            }
            if !replace {
                let error = told.tell_pieces(&[b"ERR Library ", &library.name, b" already exists"]);
                return Err(error);
            }
            removed.try_reserve(1)?;
            removed.extend(self.remove(&library.name));
        }
        let taken = others
            .functions
            .iter()
            .find(|function| self.find_function(&function.name).is_ok());
        let result = match taken {
            Some(taken) => {
                Err(told.tell_pieces(&[b"ERR Function ", &taken.name, b" already exists"]))
            }
            None => self
                .list
                .try_reserve(others.list.len())
                .and_then(|()| self.functions.try_reserve(others.functions.len()))
                .map_err(Error::from),
        };
        if let Err(error) = result {
            removed.into_iter().for_each(|library| self.insert(library));
            return Err(error);
        }
        let others = core::mem::take(others);
        others
            .list
            .into_iter()
            .for_each(|library| self.insert(library));
        Ok(removed)
    }

    /// The payload of FUNCTION DUMP. O(bytes).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn dump(&self, compress: bool) -> Result<Vec<u8>, Error> {
        let mut sink = Sink::new(compress);
        for library in &self.list {
            sink.byte(LIBRARY)?;
            sink.string(&library.code)?;
        }
        sink.raw(&rdb::VERSION.to_le_bytes())?;
        let checksum = crc64::update(0, sink.bytes());
        sink.raw(&checksum.to_le_bytes())?;
        Ok(sink.take())
    }
}

/// The libraries' texts in a payload of FUNCTION DUMP.
///
/// # Errors
/// It is none; no memory.
pub(crate) fn read_dump(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let body = payload::verified(bytes, false).ok_or(Error::fixed(
        &"ERR DUMP payload version or checksum are wrong",
    ))?;
    let mut source = Source::new(body);
    let mut codes = Vec::new();
    while source.left() > 0 {
        let kind = source.byte().unwrap_or_default();
        if kind != LIBRARY {
            return Err(Error::fixed(&"ERR given type is not a function"));
        }
        codes.try_reserve(1)?;
        codes.push(source.blob().map_err(|stop| match stop {
            Stop::OutOfMemory => Error::OutOfMemory,
            _ => Error::fixed(&"ERR Failed loading library data"),
        })?);
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn library(name: &str, functions: &[&str]) -> Library {
        let function = |name: &&str| {
            Arc::new(Function {
                name: name.as_bytes().to_vec(),
                description: None,
                flags: ScriptFlags::default(),
                function: FunctionId::default(),
            })
        };
        Library {
            name: name.as_bytes().to_vec(),
            code: name.repeat(100).into_bytes(),
            functions: functions.iter().map(function).collect(),
        }
    }

    #[test]
    fn names_are_taken_once() {
        let mut told = Told::default();
        let mut libraries = Libraries::default();
        assert!(
            libraries
                .add(library("a", &["f", "G"]), &told)
                .unwrap()
                .is_none()
        );
        assert_eq!(libraries.function(b"g").unwrap().name, b"G");
        let error = libraries.add(library("b", &["F"]), &told).unwrap_err();
        assert_eq!(told.text(error), b"ERR Function F already exists");
        assert!(
            libraries
                .add(library("a", &["h"]), &told)
                .unwrap()
                .is_some()
        );
        assert!(libraries.function(b"f").is_none());
        assert!(libraries.add(library("b", &["F"]), &told).is_ok());
        let mut others = Libraries::default();
        others.add(library("a", &["f"]), &told).unwrap();
        let error = libraries.join(&mut others, false, &told).unwrap_err();
        assert_eq!(told.text(error), b"ERR Library a already exists");
        let error = libraries.join(&mut others, true, &told).unwrap_err();
        assert_eq!(told.text(error), b"ERR Function f already exists");
        assert_eq!((libraries.len(), libraries.functions_len()), (2, 2));
        libraries.remove(b"b");
        assert_eq!(libraries.join(&mut others, true, &told).unwrap().len(), 1);
        assert!(libraries.function(b"f").is_some() && others.len() == 0);
    }

    #[test]
    fn payloads() {
        let told = Told::default();
        let mut libraries = Libraries::default();
        libraries.add(library("one", &["f"]), &told).unwrap();
        libraries.add(library("two", &["g"]), &told).unwrap();
        for compress in [false, true] {
            let payload = libraries.dump(compress).unwrap();
            let codes = read_dump(&payload).unwrap();
            assert_eq!(
                codes,
                vec![
                    "one".repeat(100).into_bytes(),
                    "two".repeat(100).into_bytes()
                ]
            );
            assert!(read_dump(&payload[1..]).is_err());
        }
        // As redis-server 7.0.15 dumps no library at all.
        let empty = Libraries::default().dump(true).unwrap();
        assert_eq!(empty, b"\n\x00]\x9b\\@\x0f\x7f\xa2\xda");
    }
}
