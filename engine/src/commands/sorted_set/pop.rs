//! ZPOPMIN, ZPOPMAX and ZMPOP.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::number::write_i64;
use crate::resp::{Args, Protocol};
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[ZPOPMIN, ZPOPMAX, ZMPOP];

const ZPOPMIN: Spec = Spec {
    name: "zpopmin",
    summary: "Takes out and gives the members with the lowest scores.",
    since: "5.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
    arity: -2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[Arg::key("key", 0), Arg::int("count").optional()],
    ..Spec::new(zpopmin)
};

fn zpopmin(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop_one_key(ctx, End::Min)
}

const ZPOPMAX: Spec = Spec {
    name: "zpopmax",
    summary: "Takes out and gives the members with the highest scores.",
    since: "5.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
    arity: -2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[Arg::key("key", 0), Arg::int("count").optional()],
    ..Spec::new(zpopmax)
};

fn zpopmax(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop_one_key(ctx, End::Max)
}

const ZMPOP: Spec = Spec {
    name: "zmpop",
    summary: "Takes out and gives members of the first of several sorted sets that has any.",
    since: "7.0.0",
    group: Group::SortedSet,
    complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
    arity: -4,
    flags: Flags::WRITE.or(Flags::MOVABLEKEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[
        Arg::int("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        Arg::int("count").after("COUNT").optional(),
    ],
    ..Spec::new(zmpop)
};

fn zmpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let many = Many::parse(ctx.args, 1)?;
    if !pop_first(ctx, &many)? {
        ctx.reply.null_array();
    }
    Ok(())
}

/// Pops from the first of the keys that has a sorted set; false where none has.
pub(super) fn pop_first(ctx: &mut Ctx<'_>, many: &Many<'_>) -> Result<bool, Error> {
    for key in many.keys.iter() {
        let place = ctx.keys.find(key);
        let Some((set, _)) = ctx.keys.collection::<SortedSet>(place)? else {
            continue;
        };
        let count = set.len().min(many.count);
        ctx.reply.array(2);
        ctx.reply.bulk(key);
        ctx.reply.array(count);
        pop(ctx, place, key, many.end, count, Shape::Pairs)?;
        let mut digits = [0; 20];
        let digits = write_i64(count as i64, &mut digits);
        ctx.record(&[many.end.command(), key, digits]);
        return Ok(true);
    }
    Ok(false)
}

/// From which end members go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Min,
    Max,
}

impl End {
    /// The command that does the same to one sorted set.
    pub(super) fn command(self) -> &'static [u8] {
        match self {
            End::Min => b"ZPOPMIN",
            End::Max => b"ZPOPMAX",
        }
    }

    fn event(self) -> Event {
        match self {
            End::Min => Event::ZPOPMIN,
            End::Max => Event::ZPOPMAX,
        }
    }
}

/// How the members that went are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Flat,
    Pairs,
}

/// What ZMPOP and BZMPOP ask for.
pub(super) struct Many<'a> {
    pub(super) keys: Args<'a>,
    end: End,
    count: usize,
}

impl<'a> Many<'a> {
    /// Reads the number of keys at argument `first`, and what stands behind the keys.
    pub(super) fn parse(args: Args<'a>, first: usize) -> Result<Many<'a>, Error> {
        const NUMKEYS: Error = Error::fixed(&"ERR numkeys should be greater than 0");
        const COUNT: Error = Error::fixed(&"ERR count should be greater than 0");
        let keys = positive(args.int(first)).ok_or(NUMKEYS)?;
        let at = keys.saturating_add(first + 1);
        let end = if args.is(at, "MIN") {
            End::Min
        } else if args.is(at, "MAX") {
            End::Max
        } else {
            return Err(Error::Syntax);
        };
        let mut count = None;
        let mut index = at + 1;
        while index < args.len() {
            if count.is_some() || !args.is(index, "COUNT") || index + 1 == args.len() {
                return Err(Error::Syntax);
            }
            count = Some(positive(args.int(index + 1)).ok_or(COUNT)?);
            index += 2;
        }
        Ok(Many {
            keys: args.upto(at).from(first + 1),
            end,
            count: count.unwrap_or(1),
        })
    }
}

fn positive(value: Result<i64, Error>) -> Option<usize> {
    let value = value.ok().filter(|value| *value > 0)?;
    Some(usize::try_from(value).unwrap_or(usize::MAX))
}

fn pop_one_key(ctx: &mut Ctx<'_>, end: End) -> Result<(), Error> {
    if ctx.args.len() > 3 {
        return Err(Error::Syntax);
    }
    let counted = ctx.args.len() == 3;
    let mut count = 1;
    if counted {
        let wanted = ctx.args.int(2).ok().filter(|count| *count >= 0);
        count = wanted.ok_or(Error::fixed(&"ERR value is out of range, must be positive"))?;
    }
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let Some((set, _)) = ctx.keys.collection::<SortedSet>(place)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let count = usize::try_from(count).map_or(set.len(), |count| count.min(set.len()));
    let pairs = counted && ctx.reply.protocol() == Protocol::Resp3;
    let shape = if pairs { Shape::Pairs } else { Shape::Flat };
    ctx.reply.array(if pairs { count } else { 2 * count });
    pop(ctx, place, key, end, count, shape)
}

/// Takes `count` members out of the set at a place, which has so many, and writes them.
pub(super) fn pop(
    ctx: &mut Ctx<'_>,
    place: Place,
    key: &[u8],
    end: End,
    count: usize,
    shape: Shape,
) -> Result<(), Error> {
    let Some((set, hasher)) = ctx.keys.collection_mut::<SortedSet>(place)? else {
        return Ok(());
    };
    if count == 0 {
        return Ok(());
    }
    let ranks = match end {
        End::Min => 0..count,
        End::Max => set.len() - count..set.len(),
    };
    for (member, score) in set.range(ranks.clone(), end == End::Max) {
        if shape == Shape::Pairs {
            ctx.reply.array(2);
        }
        super::reply_member(&mut ctx.reply, member);
        ctx.reply.double(score);
    }
    let emptied = count == set.len();
    if emptied {
        ctx.keys.remove(place);
    } else {
        set.remove_range(hasher, ranks);
        ctx.keys.settle_later(place);
    }
    ctx.changed(end.event(), key);
    if emptied {
        ctx.notify(Event::DEL, key);
    }
    Ok(())
}
