//! What the engine needs of a Lua machine. None is connected yet: `Lua::new` refuses, and no command that comes here is
//! in the command table. Knows no command.
//!
//! A machine implements [`hyla_lua::libs::Machine`] for its values. It calls `api::run` for the functions of the table
//! `redis`, and `libs::{bit, cjson, cmsgpack, structs}::run` for those of the libraries.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::api::Reach;
use super::library::Function;
use super::run::Failure;
use crate::error::Error;
use crate::resp::{Args, Reply};

/// A compiled script or a function that the machine keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FunctionId(u32);

/// How far a run came.
pub(crate) enum Finished {
    /// To its end; the value is in the machine.
    Done,
    /// The fuel has run out.
    Suspended,
    /// To an error.
    Failed(Failure),
}

/// The machine, of which there is none yet.
pub(crate) enum Lua {}

impl Lua {
    /// A machine with the libraries and the tables that scripts see, all of them protected.
    ///
    /// # Errors
    /// There is none yet.
    pub(crate) fn new() -> Result<Lua, Error> {
        Err(Error::Static("ERR There is no Lua machine"))
    }

    /// Compiles a script as the chunk `@user_script`.
    ///
    /// # Errors
    /// `ERR Error compiling script (new function): ` and why; no memory.
    pub(crate) fn compile_script(&mut self, _code: &[u8]) -> Result<FunctionId, Error> {
        match *self {}
    }

    /// Lets go of what was compiled.
    pub(crate) fn forget(&mut self, _function: FunctionId) {
        match *self {}
    }

    /// Prepares a run: a script finds its keys and arguments in the globals KEYS and ARGV, a function is called with
    /// them.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn begin(
        &mut self,
        _function: FunctionId,
        _is_function: bool,
        _keys: Args<'_>,
        _args: Args<'_>,
    ) -> Result<(), Error> {
        match *self {}
    }

    /// Runs what was prepared until it ends or `fuel` has run out.
    pub(crate) fn run(&mut self, _reach: &mut Reach<'_>, _fuel: i64) -> Finished {
        match *self {}
    }

    /// Ends what was prepared, whatever it is doing, and tells where it was: chunk and line.
    pub(crate) fn abandon(&mut self) -> Option<(Vec<u8>, u32)> {
        match *self {}
    }

    /// Writes the value that the last run ended with: `convert::to_reply`.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn write_result(
        &mut self,
        _typed_bools: bool,
        _reply: &mut Reply<'_>,
    ) -> Result<(), Error> {
        match *self {}
    }

    /// Runs a library, as the chunk `@user_function`, with what a library may call, and gives the functions that it
    /// registers.
    ///
    /// # Errors
    /// `ERR Error compiling function: ` or `ERR Error registering functions: ` and why; no memory.
    pub(crate) fn load_library(&mut self, _code: &[u8]) -> Result<Vec<Arc<Function>>, Error> {
        match *self {}
    }
}
