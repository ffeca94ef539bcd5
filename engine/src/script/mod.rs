//! Lua scripts and functions: what is kept of them, how they run, what they may call. Knows no single command.

mod api;
mod cache;
mod convert;
mod environment;
mod library;
mod lua;
mod registration;
mod run;
mod shebang;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub(crate) use cache::read_digest;
pub(crate) use library::{Libraries, Library, read_dump};
pub(crate) use lua::{FunctionId, Lua};
pub(crate) use run::{Running, Start, kill, slice, start};
pub(crate) use shebang::ScriptFlags;

use crate::boundary::{ConnId, Now, Output};
use crate::clients::Clients;
use crate::command::Command;
use crate::error::{Error, Told, owned};
use crate::resp::Args;
use crate::server::Server;
use crate::sha1::{self, Digest};
use alloc::collections::VecDeque;

/// All scripts and functions, and the one that runs.
#[derive(Default)]
pub(crate) struct Scripts {
    /// What EVAL and SCRIPT LOAD have seen.
    pub(crate) cache: cache::Cache<FunctionId>,
    /// What FUNCTION LOAD has brought.
    pub(crate) libraries: Libraries,
    /// The machine, once there was a script.
    pub(crate) lua: Option<Box<Lua>>,
    /// The script that was suspended: nothing else runs until it ends.
    pub(crate) running: Option<Box<Running>>,
    /// One that has ended.
    spare: Option<Box<Running>>,
    /// Connections that wait for its end.
    waiting: Vec<ConnId>,
}

/// What scripts and functions take.
pub(crate) struct Usage {
    /// Bytes of the machine's objects.
    pub(crate) machine_bytes: u64,
    /// Scripts that are kept.
    pub(crate) scripts: u64,
    /// Bytes of what is kept of them.
    pub(crate) script_bytes: u64,
    /// Libraries.
    pub(crate) libraries: u64,
    /// Their functions.
    pub(crate) functions: u64,
    /// Bytes of the libraries' texts.
    pub(crate) library_bytes: u64,
}

/// What a request has to do while a script is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Wait.
    Wait,
    /// Be refused, unless its command is always allowed.
    Refuse(Error),
}

/// The refusal while an EVAL runs.
pub(crate) const BUSY_SCRIPT: Error = Error::fixed(
    &"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
);
const BUSY_FUNCTION: Error = Error::fixed(
    &"BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
);

impl Scripts {
    /// What there is, for INFO.
    pub(crate) fn usage(&self) -> Usage {
        let machine = self.lua.as_ref().map_or(0, |lua| lua.memory_bytes());
        Usage {
            machine_bytes: machine as u64,
            scripts: self.cache.len() as u64,
            script_bytes: self.cache.memory_bytes() as u64,
            libraries: self.libraries.len() as u64,
            functions: self.libraries.functions_len() as u64,
            library_bytes: self.libraries.code_bytes() as u64,
        }
    }

    /// A script has begun and not ended.
    #[inline]
    pub(crate) fn is_suspended(&self) -> bool {
        self.running.is_some()
    }

    /// What requests have to do now; nothing where no script is suspended.
    #[inline]
    pub(crate) fn busy(&self) -> Option<Busy> {
        let running = self.running.as_ref()?;
        Some(match (running.is_slow, running.is_function) {
            (false, _) => Busy::Wait,
            (true, false) => Busy::Refuse(BUSY_SCRIPT),
            (true, true) => Busy::Refuse(BUSY_FUNCTION),
        })
    }

    /// A connection waits for the script's end, or for its becoming slow.
    pub(crate) fn park(&mut self, conn: ConnId) {
        self.waiting.push(conn);
    }

    /// Lets those who wait go on.
    fn resume_all(&mut self, clients: &mut Clients, outputs: &mut VecDeque<Output>) {
        for id in self.waiting.drain(..) {
            if let Some(conn) = clients.get_mut(id) {
                conn.parked = false;
                outputs.push_back(Output::Resume {
                    conn: id,
                    link: conn.link,
                });
            }
        }
    }

    /// The machine, made at its first use.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn lua(&mut self) -> Result<&mut Lua, Error> {
        if self.lua.is_none() {
            self.lua = Some(Box::new(Lua::new()?));
        }
        self.lua.as_deref_mut().ok_or(Error::OutOfMemory)
    }

    /// Finds or compiles a script and gives its digest. `keep` says that it comes from SCRIPT LOAD. O(text).
    ///
    /// # Errors
    /// It does not compile; no memory.
    pub(crate) fn load(&mut self, body: &[u8], keep: bool, told: &Told) -> Result<Digest, Error> {
        let digest = sha1::digest(body);
        if self.cache.get(&digest).is_some() {
            if keep {
                self.cache.keep(&digest);
            }
            return Ok(digest);
        }
        let (flags, code) = shebang::of_script(body, told)?;
        let copy = owned(body)?;
        let function = self.lua()?.compile_script(code, told)?;
        let gone = self.cache.add(digest, copy.into(), flags, function, keep)?;
        if let (Some(gone), Some(lua)) = (gone, &mut self.lua) {
            lua.forget(gone);
        }
        Ok(digest)
    }

    /// Whether a request runs a script, or a function, that is declared to write nothing.
    pub(crate) fn only_reads(&self, command: &Command, args: Args<'_>) -> bool {
        let flags = match command.name {
            "eval" => match shebang::of_script(args.at(1), &Told::default()) {
                Ok((flags, _)) => flags,
                Err(_) => return false,
            },
            "evalsha" => match read_digest(args.at(1)).and_then(|digest| self.cache.get(&digest)) {
                Some(script) => script.flags,
                None => return false,
            },
            "fcall" => match self.libraries.function(args.at(1)) {
                Some(function) => function.flags,
                None => return false,
            },
            _ => return false,
        };
        flags.has(ScriptFlags::NO_WRITES)
    }

    /// Forgets all scripts, as SCRIPT FLUSH does. The machine goes too, if no function needs it.
    pub(crate) fn flush(&mut self) {
        match &mut self.lua {
            Some(lua) if self.libraries.len() > 0 => {
                self.cache.drain(|function| lua.forget(function));
            }
            _ => {
                self.cache.clear();
                self.lua = None;
            }
        }
    }

    /// Loads a library and gives its name.
    ///
    /// # Errors
    /// Its first line or its code is wrong; its name, or one of its functions', is taken; no memory.
    pub(crate) fn load_library(
        &mut self,
        body: &[u8],
        replace: bool,
        told: &Told,
    ) -> Result<Vec<u8>, Error> {
        let mut libraries = core::mem::take(&mut self.libraries);
        let result = self.load_into(&mut libraries, body, replace, told);
        self.libraries = libraries;
        result
    }

    fn load_into(
        &mut self,
        libraries: &mut Libraries,
        body: &[u8],
        replace: bool,
        told: &Told,
    ) -> Result<Vec<u8>, Error> {
        let shebang::Library { name, code } = shebang::of_library(body, told)?;
        if libraries.has(&name) && !replace {
            return Err(told.tell_pieces(&[b"ERR Library '", &name, b"' already exists"]));
        }
        let copy = owned(body)?;
        let lua = self.lua()?;
        let functions = lua.load_library(code, told)?;
        let handles: Vec<FunctionId> = functions.iter().map(|made| made.function).collect();
        let result = if functions.is_empty() {
            Err(Error::fixed(&"ERR No functions registered"))
        } else {
            let library = Library {
                name: name.clone(),
                code: copy,
                functions,
            };
            libraries.add(library, told)
        };
        match result {
            Ok(old) => {
                forget(lua, old);
                Ok(name)
            }
            Err(error) => {
                handles.into_iter().for_each(|handle| lua.forget(handle));
                Err(error)
            }
        }
    }

    /// Takes a library out. False if it is not there.
    pub(crate) fn delete_library(&mut self, name: &[u8]) -> bool {
        let removed = self.libraries.remove(name);
        let found = removed.is_some();
        if let Some(lua) = &mut self.lua {
            forget(lua, removed);
        }
        found
    }

    /// Forgets all libraries, as FUNCTION FLUSH does.
    pub(crate) fn flush_libraries(&mut self) {
        let libraries = core::mem::take(&mut self.libraries);
        if let Some(lua) = &mut self.lua {
            forget(lua, libraries.into_list());
        }
    }

    /// Adds the libraries of a payload, as FUNCTION RESTORE does.
    ///
    /// # Errors
    /// It is no payload, a library is wrong, a name is taken. Nothing has changed then.
    pub(crate) fn restore(
        &mut self,
        payload: &[u8],
        policy: Policy,
        told: &Told,
    ) -> Result<(), Error> {
        let mut others = Libraries::default();
        for code in read_dump(payload)? {
            if let Err(error) = self.load_into(&mut others, &code, false, told) {
                if let Some(lua) = &mut self.lua {
                    forget(lua, others.into_list());
                }
                return Err(error);
            }
        }
        if policy == Policy::Flush {
            self.flush_libraries();
        }
        let joined = self
            .libraries
            .join(&mut others, policy == Policy::Replace, told);
        let Some(lua) = &mut self.lua else {
            return Ok(());
        };
        match joined {
            Ok(removed) => {
                forget(lua, removed);
                Ok(())
            }
            Err(error) => {
                forget(lua, others.into_list());
                Err(error)
            }
        }
    }
}

/// What FUNCTION RESTORE does with the libraries that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Keep them; a name that is taken is an error.
    Append,
    /// Replace those of the same names.
    Replace,
    /// Drop them first.
    Flush,
}

fn forget(lua: &mut Lua, libraries: impl IntoIterator<Item = Library>) {
    for library in libraries {
        for function in &library.functions {
            lua.forget(function.function);
        }
    }
}

/// Whether a script is slow by now: others hear of it then.
fn is_slow(started: Now, now: Now, server: &Server) -> bool {
    let threshold_us = server.config.busy_reply_threshold.saturating_mul(1000);
    now.mono_us.saturating_sub(started.mono_us) >= threshold_us
}
