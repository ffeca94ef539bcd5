//! MGET, MSET, MSETNX and MSETEX: several keys at once.

use core::iter;

use super::options::{Condition, Known, Options};
use super::reply_string;
use crate::command::{Acl, Arg, ArgKind, Begin, Ctx, Find, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Expiry, NewValue};
use crate::number::write_i64;
use crate::resp::Args;

pub(crate) const SPECS: &[Spec] = &[MGET, MSET, MSETNX, MSETEX];

const MGET: Spec = Spec {
    name: "mget",
    summary: "Gives the strings at several keys; null for each that is missing or no string.",
    since: "1.0.0",
    group: Group::String,
    complexity: "O(N) where N is the number of keys.",
    arity: -2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard"],
    ..Spec::new(mget)
};

const PAIRS: &[Arg] = &[Arg::key("key", 0), Arg::string("value")];

const MSET: Spec = Spec {
    name: "mset",
    summary: "Stores strings at several keys.",
    since: "1.0.1",
    group: Group::String,
    complexity: "O(N) where N is the number of keys.",
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, -1, 2, KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[Arg::block("key_value", PAIRS).multiple()],
    tips: &[
        "request_policy:multi_shard",
        "response_policy:all_succeeded",
    ],
    ..Spec::new(mset)
};

const MSETNX: Spec = Spec {
    name: "msetnx",
    summary: "Stores strings at several keys if none of them exists.",
    keys: &[KeySpec::range(1, -1, 2, KeyFlags::OW.or(KeyFlags::INSERT))],
    tips: &["request_policy:multi_shard", "response_policy:agg_min"],
    handler: msetnx,
    ..MSET
};

const MSETEX: Spec = Spec {
    name: "msetex",
    summary: "Stores strings at several keys with one expiry for all, under a condition if wanted.",
    since: "8.4.0",
    arity: -4,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::MOVABLEKEYS),
    keys: &[KeySpec {
        flags: KeyFlags::OW.or(KeyFlags::UPDATE),
        begin: Begin::Index(1),
        find: Find::KeyNum {
            number: 0,
            first: 1,
            step: 2,
        },
        notes: "",
    }],
    args: &[
        Arg::int("numkeys"),
        Arg::block("data", PAIRS).multiple(),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).optional(),
        Arg::one_of(
            "expiration",
            &[
                Arg::int("seconds").after("EX"),
                Arg::int("milliseconds").after("PX"),
                Arg::new("unix-time-seconds", ArgKind::UnixTime).after("EXAT"),
                Arg::new("unix-time-milliseconds", ArgKind::UnixTime).after("PXAT"),
                Arg::word("keepttl", "KEEPTTL"),
            ],
        )
        .optional(),
    ],
    handler: msetex,
    ..MSET
};

fn mget(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let keys = ctx.args.from(1);
    ctx.reply.array(keys.len());
    for (at, key) in keys.iter().enumerate() {
        ctx.fetch_ahead(keys, at, 1);
        let entry = ctx.keys.read(key).filter(|entry| entry.string().is_ok());
        reply_string(&mut ctx.reply, entry)?;
    }
    Ok(())
}

fn mset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let pairs = pairs(ctx, "mset")?;
    store(ctx, pairs, Expiry::Clear, Logged::Verbatim)?;
    ctx.reply.ok();
    Ok(())
}

fn msetnx(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let pairs = pairs(ctx, "msetnx")?;
    let met = holds(ctx, pairs, Condition::Missing);
    if met {
        store(ctx, pairs, Expiry::Clear, Logged::Effect)?;
    }
    ctx.reply.flag(met);
    Ok(())
}

fn msetex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let count = ctx.args.int(1).ok();
    let count = count
        .filter(|count| (1..=i64::from(i32::MAX)).contains(count))
        .ok_or(Error::fixed(&"ERR invalid numkeys value"))?;
    let words = 2 * count as u64;
    if words > ctx.args.len() as u64 - 2 {
        return Err(Error::fixed(&"ERR wrong number of key-value pairs"));
    }
    let words = words as usize;
    let options = Options::parse(ctx.args, 2 + words, Known::MSetEx)?;
    let expiry = options.time.expiry(ctx, "msetex")?;
    let pairs = ctx.args.from(2).upto(words);
    let met = holds(ctx, pairs, options.condition);
    if met {
        store(ctx, pairs, expiry, Logged::Effect)?;
    }
    ctx.reply.flag(met);
    Ok(())
}

/// The keys and values behind the name of MSET and MSETNX.
fn pairs<'a>(ctx: &Ctx<'a>, command: &str) -> Result<Args<'a>, Error> {
    if ctx.args.len().is_multiple_of(2) {
        return Err(ctx.wrong_arity(command));
    }
    Ok(ctx.args.from(1))
}

/// Whether NX or XX holds for every key.
fn holds(ctx: &mut Ctx<'_>, pairs: Args<'_>, condition: Condition<'_>) -> bool {
    let exist = match condition {
        Condition::Missing => false,
        Condition::Present => true,
        Condition::Always | Condition::Equal(_) => return true,
    };
    pairs
        .iter()
        .step_by(2)
        .all(|key| ctx.keys.find(key).exists() == exist)
}

/// What [`store`] logs when all went well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logged {
    /// The request as it came.
    Verbatim,
    /// What it did, without condition and with the time of expiry.
    Effect,
}

/// Stores every pair, in order. Where memory runs out, what was stored until then stays and is logged.
fn store(ctx: &mut Ctx<'_>, pairs: Args<'_>, expiry: Expiry, logged: Logged) -> Result<(), Error> {
    let mut stored = 0;
    let mut result = Ok(());
    while result.is_ok() && stored < pairs.len() {
        ctx.fetch_ahead(pairs, stored, 2);
        let (key, value) = (pairs.at(stored), pairs.at(stored + 1));
        result = NewValue::string(value).and_then(|new| ctx.keys.set(key, &new, expiry));
        if result.is_ok() {
            ctx.changed(Event::SET, key);
            if let Expiry::At(_) = expiry {
                ctx.changed(Event::EXPIRE, key);
            }
            stored += 2;
        }
    }
    if stored > 0 && (logged == Logged::Effect || result.is_err()) {
        record(ctx, pairs.upto(stored), expiry);
    }
    result
}

fn record(ctx: &mut Ctx<'_>, pairs: Args<'_>, expiry: Expiry) {
    let (mut count, mut at) = ([0; 20], [0; 20]);
    let count = write_i64(pairs.len() as i64 / 2, &mut count);
    let tail: &[&[u8]] = match expiry {
        Expiry::Clear => {
            ctx.record_all(iter::once(&b"MSET"[..]).chain(pairs.iter()));
            return;
        }
        Expiry::Keep => &[b"KEEPTTL"],
        Expiry::At(ms) => &[b"PXAT", write_i64(ms as i64, &mut at)],
    };
    let head = [&b"MSETEX"[..], count];
    let tail = tail.iter().copied();
    ctx.record_all(head.into_iter().chain(pairs.iter()).chain(tail));
}
