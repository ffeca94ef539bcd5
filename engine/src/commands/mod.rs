//! The handlers, one family of commands a folder, each spec beside its handler. A handler reads arguments,
//! calls a type's or the keyspace's operation and writes the reply; nothing else.

mod bitmap;
mod connection;
mod generic;
mod pubsub;
pub(crate) mod server;
mod string;
mod transactions;

use crate::command::Spec;

/// Every family's commands. The command table is built from this list.
pub(crate) static FAMILIES: &[&[Spec]] = &[
    connection::basic::SPECS,
    connection::auth::SPECS,
    connection::client::SPECS,
    #[cfg(test)]
    crate::session::tests::SPECS,
    transactions::SPECS,
    pubsub::subscribe::SPECS,
    pubsub::inspect::SPECS,
    generic::wait::SPECS,
    string::get::SPECS,
    string::set::SPECS,
    generic::databases::SPECS,
    generic::delete::SPECS,
    generic::expire::SPECS,
    generic::lookup::SPECS,
    generic::object::SPECS,
    generic::relocate::SPECS,
    generic::scan::SPECS,
    generic::ttl::SPECS,
    server::debug::SPECS,
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
