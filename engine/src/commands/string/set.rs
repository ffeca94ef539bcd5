//! SET.

use super::options::{Condition, Known, Options};
use super::{record_set, reply_string};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, NewValue};
use crate::resp::Args;

pub(crate) const SPECS: &[Spec] = &[SET];

const SET: Spec = Spec {
    name: "set",
    summary: "Stores a string at a key, whatever was there, with an expiry or under a condition if wanted.",
    since: "1.0.0",
    group: Group::String,
    complexity: "O(1)",
    history: &[
        ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
        ("6.0.0", "Added the `KEEPTTL` option."),
        ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
        (
            "7.0.0",
            "Allowed the `NX` and `GET` options to be used together.",
        ),
        ("8.1.0", "Added the `IFEQ` option."),
    ],
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec {
        notes: "RW and ACCESS due to the optional `GET` argument",
        ..KeySpec::at(
            1,
            KeyFlags::RW
                .or(KeyFlags::ACCESS)
                .or(KeyFlags::UPDATE)
                .or(KeyFlags::VARIABLE_FLAGS),
        )
    }],
    args: &[
        Arg::key("key", 0),
        Arg::string("value"),
        Arg::one_of(
            "condition",
            &[
                Arg::word("nx", "NX"),
                Arg::word("xx", "XX"),
                Arg::string("comparison-value").after("IFEQ").since("8.1.0"),
            ],
        )
        .optional()
        .since("2.6.12"),
        Arg::word("get", "GET").optional().since("6.2.0"),
        Arg::one_of(
            "expiration",
            &[
                Arg::int("seconds").after("EX").since("2.6.12"),
                Arg::int("milliseconds").after("PX").since("2.6.12"),
                Arg::new("unix-time-seconds", ArgKind::UnixTime)
                    .after("EXAT")
                    .since("6.2.0"),
                Arg::new("unix-time-milliseconds", ArgKind::UnixTime)
                    .after("PXAT")
                    .since("6.2.0"),
                Arg::word("keepttl", "KEEPTTL").since("6.0.0"),
            ],
        )
        .optional(),
    ],
    variable_flags: Some(key_flags),
    ..Spec::new(set)
};

/// What SET does with its key: with GET it reads it too.
fn key_flags(args: Args<'_>) -> KeyFlags {
    if (3..args.len()).any(|index| args.is(index, "GET")) {
        return KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE);
    }
    KeyFlags::OW.or(KeyFlags::UPDATE)
}

fn set(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, value) = (ctx.arg(1), ctx.arg(2));
    let options = Options::parse(ctx.args, 3, Known::Set)?;
    let expiry = options.time.expiry(ctx, "set")?;
    let new = NewValue::string(value)?;
    let place = if options.get {
        ctx.keys.find_counted(key)
    } else {
        ctx.keys.find(key)
    };
    let old = ctx.keys.entry(place);
    let met = match options.condition {
        Condition::Always => true,
        Condition::Missing => old.is_none(),
        Condition::Present => old.is_some(),
        Condition::Equal(expected) => match old {
            Some(old) => old.string()?.bytes(&mut [0; 20]) == expected,
            None => false,
        },
    };
    if options.get {
        reply_string(&mut ctx.reply, old)?;
    } else if met {
        ctx.reply.ok();
    } else {
        ctx.reply.null();
    }
    if met {
        ctx.keys.put(place, key, &new, expiry)?;
        ctx.changed(Event::SET, key);
        if matches!(expiry, crate::keyspace::Expiry::At(_)) {
            ctx.notify(Event::EXPIRE, key);
        }
        if ctx.args.len() > 3 {
            record_set(ctx, key, value, expiry);
        }
    } else {
        ctx.keys.touch(place);
    }
    Ok(())
}
