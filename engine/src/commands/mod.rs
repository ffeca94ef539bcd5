//! The handlers, one family of commands a folder, each spec beside its handler. A handler reads arguments,
//! calls a type's or the keyspace's operation and writes the reply; nothing else.

mod connection;
mod string;

use crate::command::Spec;

/// Every family's commands. The command table is built from this list.
pub(crate) static FAMILIES: &[&[Spec]] = &[
    string::get::SPECS,
    string::set::SPECS,
    connection::basic::SPECS,
    connection::auth::SPECS,
    connection::client::SPECS,
];
