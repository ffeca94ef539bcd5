//! HDEL.

use super::{FIELD, KEY};
use crate::command::{Acl, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::hash_map::Hash;

pub(crate) const SPECS: &[Spec] = &[HDEL];

const HDEL: Spec = Spec {
    name: "hdel",
    summary: "Deletes fields of a hash; the hash goes with its last field.",
    since: "2.0.0",
    group: Group::Hash,
    complexity: "O(N) where N is the number of fields to be removed.",
    history: &[("2.4.0", "Takes several fields.")],
    arity: -3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    member: 2,
    args: &[KEY, FIELD.multiple()],
    ..Spec::new(hdel)
};

fn hdel(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? else {
        ctx.reply.int(0);
        return Ok(());
    };
    let fields = ctx.args.from(2);
    let removed = fields.iter().filter(|field| hash.remove(hasher, field));
    let removed = removed.count() as u64;
    if removed > 0 {
        ctx.changed(Event::HDEL, key);
        // Every field counts as a change.
        ctx.changes += removed - 1;
        if ctx.keys.remove_if_empty(place) {
            ctx.notify(Event::DEL, key);
        }
    }
    ctx.reply.int(removed as i64);
    Ok(())
}
