//! HGETDEL, and the list of fields that newer commands have: `FIELDS numfields field …`.

use super::{FIELD, KEY, reply_element};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::Args;
use crate::types::hash_map::Hash;

pub(crate) const SPECS: &[Spec] = &[HGETDEL];

const FIELDS: Arg =
    Arg::block("fields", &[Arg::int("numfields"), FIELD.multiple()]).after("FIELDS");

const HGETDEL: Spec = Spec {
    name: "hgetdel",
    summary: "Gives the values of fields of a hash and deletes the fields.",
    since: "8.0.0",
    group: Group::Hash,
    complexity: "O(N) where N is the number of specified fields",
    arity: -5,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    member: 4,
    args: &[KEY, FIELDS],
    ..Spec::new(hgetdel)
};

fn hgetdel(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    ctx.keys.collection::<Hash>(place)?;
    let fields = fields(ctx.args, 2)?;
    ctx.reply.array(fields.len());
    let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? else {
        fields.iter().for_each(|_| ctx.reply.null());
        return Ok(());
    };
    let mut removed = 0;
    for field in fields.iter() {
        match hash.get(hasher, field) {
            Some(value) => {
                reply_element(&mut ctx.reply, value);
                hash.remove(hasher, field);
                removed += 1;
            }
            None => ctx.reply.null(),
        }
    }
    if removed > 0 {
        ctx.changed(Event::HDEL, key);
        // Every field counts as a change.
        ctx.changes += removed - 1;
        if ctx.keys.remove_if_empty(place) {
            ctx.notify(Event::DEL, key);
        }
        ctx.record_all([&b"HDEL"[..], key].into_iter().chain(fields.iter()));
    }
    Ok(())
}

/// The fields of `FIELDS numfields field …`, which stands at argument `at` and ends the request.
///
/// # Errors
/// Another word, a number below 1, a number that is not that of the fields.
fn fields(args: Args<'_>, at: usize) -> Result<Args<'_>, Error> {
    if !args.is(at, "FIELDS") {
        return Err(Error::Static(
            "ERR Mandatory argument FIELDS is missing or not at the right position",
        ));
    }
    let count = args.int(at + 1).ok().filter(|count| *count >= 1);
    let count = count.ok_or(Error::Static(
        "ERR Number of fields must be a positive integer",
    ))?;
    let fields = args.from(at + 2);
    if count as u64 != fields.len() as u64 {
        return Err(Error::Static(
            "ERR The `numfields` parameter must match the number of arguments",
        ));
    }
    Ok(fields)
}
