//! Lua scripts and functions.

pub(crate) mod eval;
pub(crate) mod function;
pub(crate) mod script;
