//! BZPOPMIN, BZPOPMAX and BZMPOP: they wait for a member where there is none.

use super::pop::{End, Many, Shape, pop, pop_first};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::session::blocking::{Awaits, GiveUp};
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[BZPOPMIN, BZPOPMAX, BZMPOP];

const POPPED: KeyFlags = KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE);
const TIMEOUT: Arg = Arg::new("timeout", ArgKind::Double);

const BZPOPMIN: Spec = Spec {
    name: "bzpopmin",
    summary: "Takes out and gives the member with the lowest score of the first sorted set that has one, or waits for it.",
    since: "5.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    history: &[("6.0.0", "Fractions of seconds as `timeout`.")],
    arity: -3,
    flags: Flags::WRITE.or(Flags::BLOCKING).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1, POPPED)],
    args: &[Arg::key("key", 0).multiple(), TIMEOUT],
    ..Spec::new(bzpopmin)
};

const BZPOPMAX: Spec = Spec {
    name: "bzpopmax",
    summary: "Takes out and gives the member with the highest score of the first sorted set that has one, or waits for it.",
    handler: bzpopmax,
    ..BZPOPMIN
};

const BZMPOP: Spec = Spec {
    name: "bzmpop",
    summary: "Takes out and gives members of the first of several sorted sets that has any, or waits for them.",
    since: "7.0.0",
    complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
    history: &[],
    arity: -5,
    flags: Flags::WRITE.or(Flags::BLOCKING).or(Flags::MOVABLEKEYS),
    keys: &[KeySpec::counted(2, POPPED)],
    args: &[
        TIMEOUT,
        Arg::int("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        Arg::int("count").after("COUNT").optional(),
    ],
    handler: bzmpop,
    ..BZPOPMIN
};

fn bzpopmin(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop_or_wait(ctx, End::Min)
}

fn bzpopmax(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop_or_wait(ctx, End::Max)
}

fn pop_or_wait(ctx: &mut Ctx<'_>, end: End) -> Result<(), Error> {
    let last = ctx.args.len() - 1;
    let deadline = ctx.deadline(last)?;
    let keys = ctx.args.upto(last).from(1);
    for key in keys.iter() {
        let place = ctx.keys.find(key);
        if ctx.keys.collection::<SortedSet>(place)?.is_some() {
            ctx.reply.array(3);
            ctx.reply.bulk(key);
            pop(ctx, place, key, end, 1, Shape::Flat)?;
            ctx.record(&[end.command(), key]);
            return Ok(());
        }
    }
    ctx.block_on(keys.iter(), deadline, Awaits::SortedSet, GiveUp::NullArray)
}

fn bzmpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let many = Many::parse(ctx.args, 2)?;
    let deadline = ctx.deadline(1)?;
    if pop_first(ctx, &many)? {
        return Ok(());
    }
    let keys = many.keys.iter();
    ctx.block_on(keys, deadline, Awaits::SortedSet, GiveUp::NullArray)
}
