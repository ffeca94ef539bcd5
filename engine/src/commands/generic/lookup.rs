//! EXISTS, TYPE, TOUCH, RANDOMKEY and KEYS: which keys there are.

use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::glob;
use crate::resp::{Chunks, Reply};

pub(crate) const SPECS: &[Spec] = &[EXISTS, TYPE, TOUCH, RANDOMKEY, KEYS];

const EXISTS: Spec = Spec {
    name: "exists",
    summary: "Counts how many of the named keys exist; one named twice counts twice.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(N) where N is the number of keys to check.",
    history: &[("3.0.3", "Takes several keys.")],
    arity: -2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    ..Spec::new(exists)
};

fn exists(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let keys = ctx.args.from(1).iter();
    let count = keys
        .filter(|key| ctx.keys.find_counted(key).exists())
        .count();
    ctx.reply.int(count as i64);
    Ok(())
}

const TYPE: Spec = Spec {
    name: "type",
    summary: "Tells what kind of value a key holds.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    args: &[Arg::key("key", 0)],
    ..Spec::new(type_of)
};

fn type_of(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find_counted(ctx.arg(1));
    ctx.reply.simple(
        ctx.keys
            .entry(place)
            .map_or("none", |entry| entry.type_name()),
    );
    Ok(())
}

const TOUCH: Spec = Spec {
    name: "touch",
    summary: "Marks keys as just used and counts those that exist.",
    since: "3.2.1",
    group: Group::Generic,
    complexity: "O(N) where N is the number of keys that will be touched.",
    arity: -2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    ..Spec::new(touch)
};

fn touch(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    // CLIENT NO-TOUCH does not hold for the command whose purpose this is.
    let before = ctx.keys.set_touch(true);
    let keys = ctx.args.from(1).iter();
    let count = keys.filter(|key| ctx.keys.read(key).is_some()).count();
    ctx.keys.set_touch(before);
    ctx.reply.int(count as i64);
    Ok(())
}

const RANDOMKEY: Spec = Spec {
    name: "randomkey",
    summary: "Picks a key by chance.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 1,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    tips: &["request_policy:all_shards", "nondeterministic_output"],
    ..Spec::new(randomkey)
};

fn randomkey(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let random = &mut ctx.server.random;
    match ctx.keys.random(|| random.next_u64()) {
        Some(entry) => ctx.reply.bulk(entry.key()),
        None => ctx.reply.null(),
    }
    Ok(())
}

const KEYS: Spec = Spec {
    name: "keys",
    summary: "Lists all keys that match a glob pattern.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::new("pattern", ArgKind::Pattern)],
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    ..Spec::new(keys)
};

fn keys(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let pattern = ctx.arg(1);
    // Not only faster: the empty key matches no pattern otherwise.
    let all = pattern == b"*";
    let mut found = Chunks::new();
    let mut list = Reply::new(&mut found, ctx.reply.protocol());
    let mut count = 0;
    for entry in ctx.keys.iter() {
        if all || glob::matches(pattern, entry.key(), false) {
            list.bulk(entry.key());
            count += 1;
        }
    }
    if found.failed() {
        return Err(Error::OutOfMemory);
    }
    ctx.reply.array(count);
    ctx.reply.out().append(&mut found);
    Ok(())
}
