//! ZREM and ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.

use core::ops::Range;

use super::{bounds, range::clamp};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[ZREM, ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX];

const ZREM: Spec = Spec {
    name: "zrem",
    summary: "Takes members out of a sorted set.",
    since: "1.2.0",
    group: Group::SortedSet,
    complexity: "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
    history: &[("2.4.0", "Takes several members at once.")],
    arity: -3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    ..Spec::new(zrem)
};

fn zrem(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let mut removed = 0;
    if let Some((set, hasher)) = ctx.keys.collection_mut::<SortedSet>(place)? {
        for member in ctx.args.from(2).iter() {
            removed += i64::from(set.remove(hasher, member));
        }
    }
    if removed > 0 {
        let emptied = ctx.keys.remove_if_empty(place);
        ctx.changed(Event::ZREM, key);
        if emptied {
            ctx.notify(Event::DEL, key);
        }
    }
    ctx.reply.int(removed);
    Ok(())
}

const ZREMRANGEBYRANK: Spec = Spec {
    name: "zremrangebyrank",
    summary: "Takes out the members in a range of ranks.",
    since: "2.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key", 0), Arg::int("start"), Arg::int("stop")],
    ..Spec::new(zremrangebyrank)
};

fn zremrangebyrank(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (start, stop) = (ctx.args.int(2)?, ctx.args.int(3)?);
    remove(ctx, Event::ZREMRANGEBYRANK, |set| {
        clamp(start, stop, set.len())
    })
}

const ZREMRANGEBYSCORE: Spec = Spec {
    name: "zremrangebyscore",
    summary: "Takes out the members with scores in a range.",
    since: "1.2.0",
    group: Group::SortedSet,
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[
        Arg::key("key", 0),
        Arg::new("min", ArgKind::Double),
        Arg::new("max", ArgKind::Double),
    ],
    ..Spec::new(zremrangebyscore)
};

fn zremrangebyscore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let range = bounds::scores(ctx.arg(2), ctx.arg(3))?;
    remove(ctx, Event::ZREMRANGEBYSCORE, |set| {
        set.ranks_of_scores(&range)
    })
}

const ZREMRANGEBYLEX: Spec = Spec {
    name: "zremrangebylex",
    summary: "Takes out the members between two members.",
    since: "2.8.9",
    group: Group::SortedSet,
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    args: &[Arg::key("key", 0), Arg::string("min"), Arg::string("max")],
    ..Spec::new(zremrangebylex)
};

fn zremrangebylex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let range = bounds::members(ctx.arg(2), ctx.arg(3))?;
    remove(ctx, Event::ZREMRANGEBYLEX, |set| {
        set.ranks_of_members(&range)
    })
}

fn remove(
    ctx: &mut Ctx<'_>,
    event: Event,
    ranks: impl Fn(&SortedSet) -> Range<usize>,
) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let mut removed = 0;
    if let Some((set, hasher)) = ctx.keys.collection_mut::<SortedSet>(place)? {
        let ranks = ranks(set);
        removed = ranks.len();
        // A set that goes as a whole is freed in slices with its key.
        if removed < set.len() {
            set.remove_range(hasher, ranks);
            ctx.keys.settle_later(place);
        } else {
            ctx.keys.remove(place);
            ctx.changed(event, key);
            ctx.notify(Event::DEL, key);
            ctx.reply.int(removed as i64);
            return Ok(());
        }
    }
    if removed > 0 {
        ctx.changed(event, key);
    }
    ctx.reply.int(removed as i64);
    Ok(())
}
