//! PUBSUB: who listens to what.

use crate::command::{Arg, ArgKind, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::glob;
use crate::session::pubsub::Kind;

pub(crate) const SPECS: &[Spec] = &[PUBSUB];

const LOOKING: Flags = Flags::PUBSUB.or(Flags::LOADING).or(Flags::STALE);

const PUBSUB: Spec = Spec {
    name: "pubsub",
    summary: "Commands about subscriptions.",
    since: "2.8.0",
    group: Group::Pubsub,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[CHANNELS, NUMSUB, NUMPAT, SHARDCHANNELS, SHARDNUMSUB, HELP],
    ..Spec::new(help)
};

const CHANNELS: Spec = Spec {
    name: "channels",
    summary: "Lists the channels that somebody listens to, or those that match a pattern.",
    since: "2.8.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching \
(relatively short channels and patterns)",
    arity: -2,
    flags: LOOKING,
    args: &[Arg::new("pattern", ArgKind::Pattern).optional()],
    ..Spec::new(channels)
};

fn channels(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    list(ctx, Kind::Channel)
}

const SHARDCHANNELS: Spec = Spec {
    name: "shardchannels",
    summary: "Lists the shard channels that somebody listens to, or those that match a pattern.",
    since: "7.0.0",
    group: Group::Pubsub,
    complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern \
matching (relatively short shard channels).",
    arity: -2,
    flags: LOOKING,
    args: &[Arg::new("pattern", ArgKind::Pattern).optional()],
    ..Spec::new(shardchannels)
};

fn shardchannels(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    list(ctx, Kind::Shard)
}

fn list(ctx: &mut Ctx<'_>, kind: Kind) -> Result<(), Error> {
    if ctx.args.len() > 3 {
        return Err(ctx.wrong_arguments("PUBSUB"));
    }
    let pattern = ctx.args.get(2);
    let names = ctx.server.session.pubsub.of(kind).iter();
    let names = names.map(|(name, _)| name);
    let wanted =
        names.filter(|name| pattern.is_none_or(|pattern| glob::matches(pattern, name, false)));
    ctx.reply.array(wanted.clone().count());
    wanted.for_each(|name| ctx.reply.bulk(name));
    Ok(())
}

const NUMSUB: Spec = Spec {
    name: "numsub",
    summary: "Counts those who listen to each of these channels by name.",
    since: "2.8.0",
    group: Group::Pubsub,
    complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
    arity: -2,
    flags: LOOKING,
    args: &[Arg::string("channel").optional().multiple()],
    ..Spec::new(numsub)
};

fn numsub(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    count(ctx, Kind::Channel);
    Ok(())
}

const SHARDNUMSUB: Spec = Spec {
    name: "shardnumsub",
    summary: "Counts those who listen to each of these shard channels.",
    since: "7.0.0",
    group: Group::Pubsub,
    complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
    arity: -2,
    flags: LOOKING,
    args: &[Arg::string("shardchannel").optional().multiple()],
    ..Spec::new(shardnumsub)
};

fn shardnumsub(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    count(ctx, Kind::Shard);
    Ok(())
}

fn count(ctx: &mut Ctx<'_>, kind: Kind) {
    let names = ctx.args.from(2);
    ctx.reply.array(2 * names.len());
    for name in names.iter() {
        ctx.reply.bulk(name);
        let listeners = ctx.server.session.pubsub.listeners(kind, name);
        ctx.reply.int(listeners as i64);
    }
}

const NUMPAT: Spec = Spec {
    name: "numpat",
    summary: "Counts the patterns that somebody listens by.",
    since: "2.8.0",
    group: Group::Pubsub,
    complexity: "O(1)",
    arity: 2,
    flags: LOOKING,
    ..Spec::new(numpat)
};

fn numpat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let patterns = ctx.server.session.pubsub.of(Kind::Pattern).len();
    ctx.reply.int(patterns as i64);
    Ok(())
}

const HELP: Spec = Spec {
    name: "help",
    summary: "Lists the subcommands.",
    since: "6.2.0",
    group: Group::Pubsub,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::LOADING.or(Flags::STALE),
    ..Spec::new(help)
};

const HELP_LINES: &[&str] = &[
    "PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
    "HELP",
    "    Prints this help.",
];

fn help(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.array(HELP_LINES.len());
    for line in HELP_LINES {
        ctx.reply.simple(line);
    }
    Ok(())
}
