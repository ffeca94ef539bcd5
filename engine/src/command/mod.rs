//! The command table and the way of a request through it: look up, admit, call. Knows no single command.

mod admission;
mod call;
mod context;
mod docs;
mod keys;
mod rename;
mod spec;
mod syntax;
mod table;

pub(crate) use admission::{admit, may_run, printable};
pub(crate) use call::{
    Called, account_waited, call, call_inner, call_nested, replay, run_again, run_durable,
};
pub use context::Ctx;
pub(crate) use context::{Effect, World};
pub use docs::{ArgDoc, ArgDocs, Docs, Kind, Words, docs};
pub use keys::{KeyRef, keys, legacy_range};
pub use rename::Renames;
pub use spec::{
    Acl, Arg, ArgKind, Begin, Find, Flags, Group, Handler, InMulti, KeyFlags, KeySpec, Spec,
};
pub use syntax::syntax;
pub(crate) use table::len;
pub use table::{
    Command, CommandId, all, container, full_name, get, resolve, resolve_subcommand, specs,
};
