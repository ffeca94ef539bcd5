//! ZRANGE and its relatives, and ZRANGESTORE.

use core::ops::Range;

use super::{bounds, limits, reply_range, store};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::Args;
use crate::types::sorted_set::{LexRange, ScoreRange, SortedSet};

pub(crate) const SPECS: &[Spec] = &[
    ZRANGE,
    ZREVRANGE,
    ZRANGEBYSCORE,
    ZREVRANGEBYSCORE,
    ZRANGEBYLEX,
    ZREVRANGEBYLEX,
    ZRANGESTORE,
];

const KEY: Arg = Arg::key("key", 0);
const SORT_BY: Arg = Arg::one_of(
    "sortby",
    &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")],
);
const REV: Arg = Arg::word("rev", "REV").optional();
const LIMIT: Arg = Arg::block("offset_count", &[Arg::int("offset"), Arg::int("count")])
    .after("LIMIT")
    .optional();
const WITHSCORES: Arg = Arg::word("withscores", "WITHSCORES").optional();

const LIMITED: &str = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).";

/// What those that reply have in common.
const READING: Spec = Spec {
    group: Group::SortedSet,
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    ..Spec::new(zrange)
};

const ZRANGE: Spec = Spec {
    name: "zrange",
    summary: "Gives a range of members by rank, score or member.",
    since: "1.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    history: &[("6.2.0", "Takes `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.")],
    args: &[
        KEY,
        Arg::string("start"),
        Arg::string("stop"),
        SORT_BY.optional().since("6.2.0"),
        REV.since("6.2.0"),
        LIMIT.since("6.2.0"),
        WITHSCORES,
    ],
    handler: zrange,
    ..READING
};

fn zrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, None, None)
}

const ZREVRANGE: Spec = Spec {
    name: "zrevrange",
    summary: "Gives a range of members by rank, the highest score first.",
    since: "1.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    deprecated: Some(("6.2.0", "`ZRANGE` with the `REV` argument")),
    args: &[KEY, Arg::int("start"), Arg::int("stop"), WITHSCORES],
    handler: zrevrange,
    ..READING
};

fn zrevrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Some(Kind::Rank), Some(true))
}

const ZRANGEBYSCORE: Spec = Spec {
    name: "zrangebyscore",
    summary: "Gives the members with scores in a range.",
    since: "1.0.5",
    complexity: LIMITED,
    deprecated: Some(("6.2.0", "`ZRANGE` with the `BYSCORE` argument")),
    history: &[("2.0.0", "Takes `WITHSCORES`.")],
    args: &[
        KEY,
        Arg::new("min", ArgKind::Double),
        Arg::new("max", ArgKind::Double),
        WITHSCORES.since("2.0.0"),
        LIMIT,
    ],
    handler: zrangebyscore,
    ..READING
};

fn zrangebyscore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Some(Kind::Score), Some(false))
}

const ZREVRANGEBYSCORE: Spec = Spec {
    name: "zrevrangebyscore",
    summary: "Gives the members with scores in a range, highest first.",
    since: "2.2.0",
    complexity: LIMITED,
    deprecated: Some(("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")),
    history: &[("2.1.6", "The bounds may be excluded.")],
    args: &[
        KEY,
        Arg::new("max", ArgKind::Double),
        Arg::new("min", ArgKind::Double),
        WITHSCORES,
        LIMIT,
    ],
    handler: zrevrangebyscore,
    ..READING
};

fn zrevrangebyscore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Some(Kind::Score), Some(true))
}

const ZRANGEBYLEX: Spec = Spec {
    name: "zrangebylex",
    summary: "Gives the members between two members.",
    since: "2.8.9",
    complexity: LIMITED,
    deprecated: Some(("6.2.0", "`ZRANGE` with the `BYLEX` argument")),
    args: &[KEY, Arg::string("min"), Arg::string("max"), LIMIT],
    handler: zrangebylex,
    ..READING
};

fn zrangebylex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Some(Kind::Lex), Some(false))
}

const ZREVRANGEBYLEX: Spec = Spec {
    name: "zrevrangebylex",
    summary: "Gives the members between two members, last first.",
    since: "2.8.9",
    complexity: LIMITED,
    deprecated: Some(("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")),
    args: &[KEY, Arg::string("max"), Arg::string("min"), LIMIT],
    handler: zrevrangebylex,
    ..READING
};

fn zrevrangebylex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Some(Kind::Lex), Some(true))
}

const ZRANGESTORE: Spec = Spec {
    name: "zrangestore",
    summary: "Stores a range of a sorted set at another key.",
    since: "6.2.0",
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
    arity: -5,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    keys: &[
        KeySpec::at(1, KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::at(2, KeyFlags::RO.or(KeyFlags::ACCESS)),
    ],
    args: &[
        Arg::key("dst", 0),
        Arg::key("src", 1),
        Arg::string("min"),
        Arg::string("max"),
        SORT_BY.optional(),
        REV,
        LIMIT,
    ],
    handler: zrangestore,
    ..READING
};

fn zrangestore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let selection = Selection::parse(ctx.args, 3, None, None, true)?;
    let limits = limits(ctx);
    let mut result = SortedSet::default();
    if let Some((set, hasher)) = ctx.keys.read_collection::<SortedSet>(ctx.arg(2))? {
        let mut digits = [0; 20];
        // In order, so that each goes to the end.
        for (member, score) in set.range(selection.ranks(set), false) {
            let member = member.text(&mut digits);
            result.put(hasher, limits, member, |_| Ok(Some(score)))?;
        }
    }
    store(ctx, ctx.arg(1), result, Event::ZRANGESTORE)
}

fn reply(ctx: &mut Ctx<'_>, kind: Option<Kind>, backwards: Option<bool>) -> Result<(), Error> {
    let selection = Selection::parse(ctx.args, 2, kind, backwards, false)?;
    match ctx.keys.read_collection::<SortedSet>(ctx.arg(1))? {
        Some((set, _)) => {
            let ranks = selection.ranks(set);
            let (backwards, scores) = (selection.backwards, selection.scores);
            reply_range(&mut ctx.reply, set, ranks, backwards, scores);
        }
        None => ctx.reply.array(0),
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rank,
    Score,
    Lex,
}

enum Bounds<'a> {
    Ranks(i64, i64),
    Scores(ScoreRange),
    Members(LexRange<'a>),
}

/// What a request asks for.
struct Selection<'a> {
    bounds: Bounds<'a>,
    backwards: bool,
    offset: i64,
    /// Negative: all.
    limit: i64,
    scores: bool,
}

impl<'a> Selection<'a> {
    /// Reads the bounds at argument `first` and the options behind them. The command may fix kind and direction.
    fn parse(
        args: Args<'a>,
        first: usize,
        fixed_kind: Option<Kind>,
        fixed_direction: Option<bool>,
        storing: bool,
    ) -> Result<Self, Error> {
        let (mut kind, mut backwards) = (fixed_kind, fixed_direction);
        let (mut offset, mut limit, mut scores) = (0, -1, false);
        let mut index = first + 2;
        while index < args.len() {
            if !storing && args.is(index, "WITHSCORES") {
                scores = true;
            } else if args.is(index, "LIMIT") && index + 2 < args.len() {
                offset = args.int(index + 1)?;
                limit = args.int(index + 2)?;
                index += 2;
            } else if backwards.is_none() && args.is(index, "REV") {
                backwards = Some(true);
            } else if kind.is_none() && args.is(index, "BYLEX") {
                kind = Some(Kind::Lex);
            } else if kind.is_none() && args.is(index, "BYSCORE") {
                kind = Some(Kind::Score);
            } else {
                return Err(Error::Syntax);
            }
            index += 1;
        }
        let (kind, backwards) = (kind.unwrap_or(Kind::Rank), backwards.unwrap_or(false));
        if limit != -1 && kind == Kind::Rank {
            return Err(Error::fixed(
                &"ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if scores && kind == Kind::Lex {
            return Err(Error::fixed(
                &"ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            ));
        }
        let (min, max) = if backwards && kind != Kind::Rank {
            (first + 1, first)
        } else {
            (first, first + 1)
        };
        let bounds = match kind {
            Kind::Rank => Bounds::Ranks(args.int(min)?, args.int(max)?),
            Kind::Score => Bounds::Scores(bounds::scores(args.at(min), args.at(max))?),
            Kind::Lex => Bounds::Members(bounds::members(args.at(min), args.at(max))?),
        };
        Ok(Selection {
            bounds,
            backwards,
            offset,
            limit,
            scores,
        })
    }

    /// The ranks asked for, from the lowest score on.
    fn ranks(&self, set: &SortedSet) -> Range<usize> {
        let all = match &self.bounds {
            Bounds::Ranks(start, stop) => {
                let ranks = clamp(*start, *stop, set.len());
                return if self.backwards {
                    set.len() - ranks.end..set.len() - ranks.start
                } else {
                    ranks
                };
            }
            Bounds::Scores(range) => set.ranks_of_scores(range),
            Bounds::Members(range) => set.ranks_of_members(range),
        };
        let Some(skipped) = usize::try_from(self.offset).ok().filter(|n| *n < all.len()) else {
            return 0..0;
        };
        let left = all.len() - skipped;
        let taken = usize::try_from(self.limit).map_or(left, |limit| limit.min(left));
        if self.backwards {
            let end = all.end - skipped;
            end - taken..end
        } else {
            let start = all.start + skipped;
            start..start + taken
        }
    }
}

/// First and last rank, negative ones counted from the end, as a range within `len`.
pub(super) fn clamp(start: i64, stop: i64, len: usize) -> Range<usize> {
    let len = len as i64;
    let absolute = |rank: i64| {
        if rank < 0 {
            len.saturating_add(rank)
        } else {
            rank
        }
    };
    let (start, stop) = (absolute(start).max(0), absolute(stop).min(len - 1));
    if start > stop {
        return 0..0;
    }
    start as usize..stop as usize + 1
}
