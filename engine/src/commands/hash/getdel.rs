//! HGETDEL.

use super::KEY;
use super::deadline::Fields;
use super::fields::{FIELDS, NOT_POSITIVE, fields};
use crate::command::{Acl, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::hash_map::Hash;

pub(crate) const SPECS: &[Spec] = &[HGETDEL];

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
    let names = fields(ctx.args, 2, NOT_POSITIVE)?;
    ctx.keys.touch(place);
    ctx.reply.array(names.len());
    let mut fields = Fields::of(ctx, key);
    let mut removed = 0;
    for field in names.iter() {
        if fields.reply(ctx, field)?
            && let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)?
        {
            hash.remove(hasher, field);
            removed += 1;
        }
    }
    fields.tell(ctx);
    if removed > 0 {
        ctx.changed(Event::HDEL, key);
        // Every field counts as a change.
        ctx.changes += removed - 1;
        ctx.record_all([&b"HDEL"[..], key].into_iter().chain(names.iter()));
    }
    if fields.gone || ctx.keys.remove_if_empty(place) {
        ctx.notify(Event::DEL, key);
    }
    Ok(())
}
