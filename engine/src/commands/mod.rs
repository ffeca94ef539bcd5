//! The handlers, one family of commands a folder, each spec beside its handler. A handler reads arguments,
//! calls a type's or the keyspace's operation and writes the reply; nothing else.

mod bitmap;
mod connection;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod list;
mod pubsub;
mod scripting;
pub(crate) mod server;
mod set;
mod sorted_set;
mod stream;
mod string;
pub(crate) mod transactions;

use crate::command::Spec;

/// Every family's commands. The command table is built from this list.
pub(crate) const FAMILIES: &[&[Spec]] = &[
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
    generic::payload::SPECS,
    generic::relocate::SPECS,
    generic::scan::SPECS,
    generic::sort::SPECS,
    generic::ttl::SPECS,
    geo::place::SPECS,
    geo::search::SPECS,
    scripting::eval::SPECS,
    scripting::function::SPECS,
    scripting::script::SPECS,
    server::debug::SPECS,
    server::save::SPECS,
    server::monitor::SPECS,
    sorted_set::add::SPECS,
    sorted_set::blocking::SPECS,
    sorted_set::bounds::SPECS,
    sorted_set::combine::SPECS,
    sorted_set::member::SPECS,
    sorted_set::pop::SPECS,
    sorted_set::random::SPECS,
    sorted_set::range::SPECS,
    sorted_set::remove::SPECS,
    sorted_set::scan::SPECS,
    stream::acknowledge::SPECS,
    stream::add::SPECS,
    stream::claim::SPECS,
    stream::delete::SPECS,
    stream::group::SPECS,
    stream::info::SPECS,
    stream::pending::SPECS,
    stream::range::SPECS,
    stream::read::SPECS,
    stream::references::SPECS,
    stream::trim::SPECS,
    string::exchange::SPECS,
    string::expiring::SPECS,
    string::range::SPECS,
    string::counter::SPECS,
    string::many::SPECS,
    string::lcs::SPECS,
    set::member::SPECS,
    set::r#move::SPECS,
    set::random::SPECS,
    set::scan::SPECS,
    set::combine::SPECS,
    set::store::SPECS,
    hyperloglog::estimate::SPECS,
    hyperloglog::debug::SPECS,
    list::push::SPECS,
    list::pop::SPECS,
    list::read::SPECS,
    list::find::SPECS,
    list::change::SPECS,
    list::blocking::SPECS,
    list::transfer::SPECS,
    bitmap::bit::SPECS,
    bitmap::count::SPECS,
    bitmap::operation::SPECS,
    bitmap::field::SPECS,
    hash::set::SPECS,
    hash::get::SPECS,
    hash::getdel::SPECS,
    hash::getex::SPECS,
    hash::setex::SPECS,
    hash::expire::SPECS,
    hash::ttl::SPECS,
    hash::all::SPECS,
    hash::delete::SPECS,
    hash::counter::SPECS,
    hash::random::SPECS,
    hash::scan::SPECS,
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
