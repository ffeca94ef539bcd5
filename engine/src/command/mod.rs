//! The command table and the way of a request through it: look up, admit, call. Knows no single command.

mod admission;
mod call;
mod context;
mod spec;
mod table;

pub(crate) use admission::{admit, printable};
pub(crate) use call::{call, log_expired};
pub use context::Ctx;
pub(crate) use context::World;
pub use spec::{Acl, Arg, ArgKind, Begin, Find, Flags, Group, Handler, KeyFlags, KeySpec, Spec};
pub use table::{CommandId, all, resolve, resolve_subcommand, spec};
