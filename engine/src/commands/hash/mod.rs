//! Commands on hashes.

pub(crate) mod all;
pub(crate) mod counter;
pub(crate) mod deadline;
pub(crate) mod delete;
pub(crate) mod expire;
pub(crate) mod fields;
pub(crate) mod get;
pub(crate) mod getdel;
pub(crate) mod getex;
pub(crate) mod random;
pub(crate) mod scan;
pub(crate) mod set;
pub(crate) mod setex;
pub(crate) mod ttl;

use crate::command::{Acl, Arg, Ctx, Group, KeyFlags, KeySpec, Spec};
use crate::config::Config;
use crate::error::Error;
use crate::resp::Reply;
use crate::types::hash_map::{Deadline, Hash, Limits};
use crate::types::listpack::Element;

const KEY: Arg = Arg::key("key", 0);
const FIELD: Arg = Arg::string("field");

/// What the commands that read one hash have in common.
const READER: Spec = Spec {
    since: "2.0.0",
    group: Group::Hash,
    complexity: "O(1)",
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    ..Spec::new(get::hget)
};

/// How far a hash is a listpack.
#[inline]
fn limits(config: &Config) -> Limits {
    Limits {
        entries: config.hash_max_listpack_entries,
        value_bytes: config.hash_max_listpack_value,
    }
}

/// Writes a field or value as a bulk string.
#[inline]
fn reply_element(reply: &mut Reply<'_>, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Int(value) => reply.bulk_int(value),
    }
}

/// Stores fields and values in the hash of `key`, which comes into being, and gives the number of new fields. What is
/// to become of their deadlines `deadline` says. Where memory runs out, what was stored until then stays.
fn store<'a>(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    mut pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone,
    deadline: Deadline,
) -> Result<u64, Error> {
    let limits = limits(ctx.config());
    let place = ctx.keys.open::<Hash>(key)?;
    let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? else {
        return Ok(0);
    };
    let created = hash.expect(hasher, limits, pairs.clone()).and_then(|()| {
        pairs.try_fold(0, |created, (field, value)| {
            let is_new = hash.set(hasher, limits, field, value, deadline)?;
            Ok(created + u64::from(is_new))
        })
    });
    if created.is_err() {
        ctx.keys.remove_if_empty(place);
    }
    created
}
