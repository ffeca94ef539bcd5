//! DEL and UNLINK.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;

pub(crate) const SPECS: &[Spec] = &[DEL, UNLINK];

const DEL: Spec = Spec {
    name: "del",
    summary: "Deletes keys and tells how many there were.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
    arity: -2,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RM.or(KeyFlags::DELETE))],
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    ..Spec::new(del)
};

fn del(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut deleted = 0;
    let keys = ctx.args.from(1);
    for (at, key) in keys.iter().enumerate() {
        ctx.fetch_ahead(keys, at, 1);
        if ctx.keys.delete(key) {
            ctx.changed(Event::DEL, key);
            deleted += 1;
        }
    }
    ctx.reply.int(deleted);
    Ok(())
}

const UNLINK: Spec = Spec {
    name: "unlink",
    summary: "Deletes keys like DEL, and frees large values later.",
    since: "4.0.0",
    group: Group::Generic,
    complexity: "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
    arity: -2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RM.or(KeyFlags::DELETE))],
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    ..Spec::new(unlink)
};

fn unlink(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    del(ctx)
}
