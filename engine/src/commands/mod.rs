//! The handlers, one family of commands a folder, each spec beside its handler. A handler reads arguments,
//! calls a type's or the keyspace's operation and writes the reply; nothing else.

mod bitmap;
mod connection;
mod string;

use crate::command::Spec;

/// Every family's commands. The command table is built from this list.
pub(crate) static FAMILIES: &[&[Spec]] = &[
    string::get::SPECS,
    string::set::SPECS,
    string::exchange::SPECS,
    string::expiring::SPECS,
    string::range::SPECS,
    string::counter::SPECS,
    string::many::SPECS,
    string::lcs::SPECS,
    bitmap::bit::SPECS,
    bitmap::count::SPECS,
    bitmap::operation::SPECS,
    bitmap::field::SPECS,
    connection::SPECS,
];
