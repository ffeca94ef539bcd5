//! OBJECT and its subcommands.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::server::help;
use crate::config::{Config, MaxmemoryPolicy};
use crate::error::Error;
use crate::keyspace::{Entry, Keyspace, Value};

pub(crate) const SPECS: &[Spec] = &[OBJECT];

/// Integers below this are shared in Redis.
const SHARED_INTEGERS: i64 = 10_000;
/// What OBJECT REFCOUNT says of integers that Redis keeps one shared object for.
const SHARED_REFERENCES: i64 = i32::MAX as i64;

const FREQUENCY_NOT_NOTED: Error = Error::fixed(
    &"ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
);
const TIME_NOT_NOTED: Error = Error::fixed(
    &"ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
);

const OBJECT: Spec = Spec {
    name: "object",
    summary: "Looks behind the values of keys.",
    since: "2.2.3",
    group: Group::Generic,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        OBJECT_HELP,
        OBJECT_ENCODING,
        OBJECT_FREQ,
        OBJECT_IDLETIME,
        OBJECT_REFCOUNT,
    ],
    ..Spec::new(help)
};

const OBJECT_HELP: Spec = Spec {
    name: "help",
    summary: "Lists the subcommands.",
    since: "6.2.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::KEYSPACE,
    ..Spec::new(help)
};

const OBJECT_IDLETIME: Spec = Spec {
    name: "idletime",
    summary: "Tells how many seconds ago a key was last used.",
    since: "2.2.3",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(2, KeyFlags::RO)],
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    ..Spec::new(idle_time)
};

fn idle_time(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    number(ctx, |keys, entry| {
        keys.idle_seconds(entry)
            .map(i64::from)
            .ok_or(TIME_NOT_NOTED)
    })
}

const OBJECT_FREQ: Spec = Spec {
    name: "freq",
    summary: "Tells how often a key is used, on a logarithmic scale.",
    since: "4.0.0",
    handler: frequency,
    ..OBJECT_IDLETIME
};

fn frequency(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    number(ctx, |keys, entry| {
        keys.frequency(entry)
            .map(i64::from)
            .ok_or(FREQUENCY_NOT_NOTED)
    })
}

const OBJECT_REFCOUNT: Spec = Spec {
    name: "refcount",
    summary: "Counts the references to a value.",
    since: "2.2.3",
    handler: reference_count,
    ..OBJECT_IDLETIME
};

fn reference_count(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let sharing = shares_integers(ctx.config());
    number(ctx, |_, entry| {
        Ok(match entry.string() {
            Ok(Value::Int(0..SHARED_INTEGERS)) if sharing => SHARED_REFERENCES,
            _ => 1,
        })
    })
}

/// Whether Redis shares small integers: not where each key needs access bits of its own for eviction.
fn shares_integers(config: &Config) -> bool {
    use MaxmemoryPolicy::{AllkeysRandom, NoEviction, VolatileRandom, VolatileTtl};
    config.maxmemory == 0
        || matches!(
            config.maxmemory_policy,
            AllkeysRandom | NoEviction | VolatileRandom | VolatileTtl
        )
}

/// Answers a number about the key, or null where there is none. Leaves no access.
fn number(
    ctx: &mut Ctx<'_>,
    of: impl Fn(&Keyspace, &Entry) -> Result<i64, Error>,
) -> Result<(), Error> {
    let place = ctx.keys.find_counted(ctx.arg(2));
    match ctx.keys.entry(place) {
        Some(entry) => ctx.reply.int(of(ctx.keys, entry)?),
        None => ctx.reply.null(),
    }
    Ok(())
}

const OBJECT_ENCODING: Spec = Spec {
    name: "encoding",
    summary: "Names the form in which a value is kept in memory.",
    since: "2.2.3",
    handler: encoding,
    ..OBJECT_IDLETIME
};

fn encoding(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find_counted(ctx.arg(2));
    match ctx.keys.entry(place) {
        Some(entry) => ctx.reply.bulk(entry.encoding().as_bytes()),
        None => ctx.reply.null(),
    }
    Ok(())
}
