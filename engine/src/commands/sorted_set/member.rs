//! Single members: ZCARD, ZSCORE, ZMSCORE, ZRANK and ZREVRANK.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK];

const ZCARD: Spec = Spec {
    name: "zcard",
    summary: "Counts the members of a sorted set.",
    since: "1.2.0",
    group: Group::SortedSet,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    args: &[Arg::key("key", 0)],
    ..Spec::new(zcard)
};

fn zcard(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    ctx.reply.int(set.map_or(0, |(set, _)| set.len() as i64));
    Ok(())
}

const ZSCORE: Spec = Spec {
    name: "zscore",
    summary: "Gives the score of a member.",
    since: "1.2.0",
    group: Group::SortedSet,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member")],
    ..Spec::new(zscore)
};

fn zscore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    match set.and_then(|(set, hasher)| set.score(hasher, ctx.args.at(2))) {
        Some(score) => ctx.reply.double(score),
        None => ctx.reply.null(),
    }
    Ok(())
}

const ZMSCORE: Spec = Spec {
    name: "zmscore",
    summary: "Gives the scores of several members.",
    since: "6.2.0",
    group: Group::SortedSet,
    complexity: "O(N) where N is the number of members being requested.",
    arity: -3,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    ..Spec::new(zmscore)
};

fn zmscore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let members = ctx.args.from(2);
    ctx.reply.array(members.len());
    for member in members.iter() {
        match set.and_then(|(set, hasher)| set.score(hasher, member)) {
            Some(score) => ctx.reply.double(score),
            None => ctx.reply.null(),
        }
    }
    Ok(())
}

const ZRANK: Spec = Spec {
    name: "zrank",
    summary: "Gives the rank of a member, the lowest score first.",
    since: "2.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N))",
    history: &[("7.2.0", "Takes `WITHSCORE`.")],
    arity: -3,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[
        Arg::key("key", 0),
        Arg::string("member"),
        Arg::word("withscore", "WITHSCORE").optional(),
    ],
    ..Spec::new(zrank)
};

fn zrank(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    rank(ctx, "zrank", false)
}

const ZREVRANK: Spec = Spec {
    name: "zrevrank",
    summary: "Gives the rank of a member, the highest score first.",
    since: "2.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N))",
    history: &[("7.2.0", "Takes `WITHSCORE`.")],
    arity: -3,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[
        Arg::key("key", 0),
        Arg::string("member"),
        Arg::word("withscore", "WITHSCORE").optional(),
    ],
    ..Spec::new(zrevrank)
};

fn zrevrank(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    rank(ctx, "zrevrank", true)
}

fn rank(ctx: &mut Ctx<'_>, command: &str, backwards: bool) -> Result<(), Error> {
    if ctx.args.len() > 4 {
        return Err(ctx.wrong_arity(command));
    }
    let with_score = ctx.args.len() == 4;
    if with_score && !ctx.args.is(3, "WITHSCORE") {
        return Err(Error::Syntax);
    }
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let found = set.and_then(|(set, hasher)| {
        let (rank, score) = set.rank(hasher, ctx.args.at(2))?;
        let rank = if backwards {
            set.len() - 1 - rank
        } else {
            rank
        };
        Some((rank as i64, score))
    });
    match found {
        Some((rank, score)) if with_score => {
            ctx.reply.array(2);
            ctx.reply.int(rank);
            ctx.reply.double(score);
        }
        Some((rank, _)) => ctx.reply.int(rank),
        None if with_score => ctx.reply.null_array(),
        None => ctx.reply.null(),
    }
    Ok(())
}
