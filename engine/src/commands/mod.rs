//! The handlers, one family of commands a folder, each spec beside its handler. A handler reads arguments,
//! calls a type's or the keyspace's operation and writes the reply; nothing else.

mod connection;
pub(crate) mod server;
mod string;

use crate::command::Spec;

/// Every family's commands. The command table is built from this list.
pub(crate) static FAMILIES: &[&[Spec]] = &[
    string::get::SPECS,
    string::set::SPECS,
    connection::SPECS,
    server::command::SPECS,
    server::config::SPECS,
    server::info::SPECS,
    server::latency::SPECS,
    server::lolwut::SPECS,
    server::memory::SPECS,
    server::replication::SPECS,
    server::shutdown::SPECS,
    server::slowlog::SPECS,
    server::time::SPECS,
];
