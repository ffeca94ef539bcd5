//! Commands on keys of any type, on their time to live, and on whole databases.

pub(crate) mod databases;
pub(crate) mod delete;
pub(crate) mod expire;
pub(crate) mod lookup;
pub(crate) mod object;
pub(crate) mod payload;
pub(crate) mod relocate;
pub(crate) mod scan;
pub(crate) mod sort;
pub(crate) mod ttl;
pub(crate) mod wait;

use crate::command::Ctx;
use crate::error::Error;
use crate::resp::Args;

/// A 32-bit integer, as arguments that name a database are read.
///
/// # Errors
/// Not an integer, or one beyond 32 bits.
fn int32(args: Args<'_>, index: usize) -> Result<i32, Error> {
    i32::try_from(args.int(index)?).map_err(|_| {
        Error::fixed(&"ERR value is out of range, value must between -2147483648 and 2147483647")
    })
}

/// The database of this number.
///
/// # Errors
/// There is no such database.
fn database(ctx: &Ctx<'_>, number: i32) -> Result<usize, Error> {
    usize::try_from(number)
        .ok()
        .filter(|number| *number < ctx.keys.databases_len())
        .ok_or(Error::DbOutOfRange)
}
