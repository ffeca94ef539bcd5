//! Lua scripts and functions: what is kept of them, how they run, what they may call. Knows no single command.

mod api;
mod cache;
mod convert;
mod sha1;
mod shebang;
