//! HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT.

use super::KEY;
use super::fields::{FIELDS, Unit, fields};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::write_u64;
use crate::resp::{ArgBuf, Args};
use crate::types::hash_map::{Hash, NEVER};

pub(crate) const SPECS: &[Spec] = &[HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT];

const CONDITION: Arg = Arg::one_of(
    "condition",
    &[
        Arg::word("nx", "NX"),
        Arg::word("xx", "XX"),
        Arg::word("gt", "GT"),
        Arg::word("lt", "LT"),
    ],
)
.optional();

/// What is answered for each field.
const NO_FIELD: i64 = -2;
const NOT_MET: i64 = 0;
const SET: i64 = 1;
const DELETED: i64 = 2;

const HEXPIRE: Spec = Spec {
    name: "hexpire",
    summary: "Lets fields of a hash expire after some seconds.",
    since: "7.4.0",
    group: Group::Hash,
    complexity: "O(N) where N is the number of specified fields",
    arity: -6,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[KEY, Arg::int("seconds"), CONDITION, FIELDS],
    ..Spec::new(hexpire)
};

const HPEXPIRE: Spec = Spec {
    name: "hpexpire",
    summary: "Lets fields of a hash expire after some milliseconds.",
    args: &[KEY, Arg::int("milliseconds"), CONDITION, FIELDS],
    handler: hpexpire,
    ..HEXPIRE
};

const HEXPIREAT: Spec = Spec {
    name: "hexpireat",
    summary: "Lets fields of a hash expire at a Unix time in seconds.",
    args: &[
        KEY,
        Arg::new("unix-time-seconds", ArgKind::UnixTime),
        CONDITION,
        FIELDS,
    ],
    handler: hexpireat,
    ..HEXPIRE
};

const HPEXPIREAT: Spec = Spec {
    name: "hpexpireat",
    summary: "Lets fields of a hash expire at a Unix time in milliseconds.",
    args: &[
        KEY,
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime),
        CONDITION,
        FIELDS,
    ],
    handler: hpexpireat,
    ..HEXPIRE
};

fn hexpire(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_deadlines(ctx, "hexpire", 1000, true)
}

fn hpexpire(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_deadlines(ctx, "hpexpire", 1, true)
}

fn hexpireat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_deadlines(ctx, "hexpireat", 1000, false)
}

fn hpexpireat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    set_deadlines(ctx, "hpexpireat", 1, false)
}

/// What the deadline so far must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Always,
    Nx,
    Xx,
    Gt,
    Lt,
}

impl Condition {
    /// At most one word can stand there.
    fn parse(args: Args<'_>, at: usize) -> Condition {
        let words = [
            ("NX", Condition::Nx),
            ("XX", Condition::Xx),
            ("GT", Condition::Gt),
            ("LT", Condition::Lt),
        ];
        let found = words.into_iter().find(|(word, _)| args.is(at, word));
        found.map_or(Condition::Always, |(_, condition)| condition)
    }

    /// A field without deadline counts as one that ends last, but XX and GT want one that has one.
    fn is_met(self, current: u64, new: u64) -> bool {
        match self {
            Condition::Always => true,
            Condition::Nx => current == NEVER,
            Condition::Xx => current != NEVER,
            Condition::Gt => current != NEVER && new > current,
            Condition::Lt => new < current,
        }
    }
}

/// What all four do: the time is argument 2.
fn set_deadlines(
    ctx: &mut Ctx<'_>,
    command: &str,
    unit_ms: u64,
    relative: bool,
) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    ctx.keys.collection::<Hash>(place)?;
    ctx.keys.touch(place);
    let unit = Unit {
        ms: unit_ms,
        relative,
    };
    let now_ms = ctx.now.unix_ms;
    let moment = unit.moment(ctx, 2, command)?;
    let condition = Condition::parse(ctx.args, 3);
    let at = if condition == Condition::Always { 3 } else { 4 };
    let bad_count = Error::fixed(&"ERR Parameter `numFields` should be greater than 0");
    let names = fields(ctx.args, at, bad_count)?;
    ctx.reply.array(names.len());
    if !place.exists() {
        names.iter().for_each(|_| ctx.reply.int(NO_FIELD));
        return Ok(());
    }
    let is_past = moment <= now_ms;
    if !is_past {
        ctx.keys.expect_field_end(key, moment)?;
    }
    let mut done = ArgBuf::new();
    if let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? {
        hash.prepare_deadlines(hasher)?;
        for field in names.iter() {
            let answer = match hash.find(hasher, field) {
                None => NO_FIELD,
                Some((_, current)) if !condition.is_met(current, moment) => NOT_MET,
                Some(_) if is_past => {
                    hash.remove(hasher, field);
                    DELETED
                }
                Some(_) => {
                    hash.set_deadline(hasher, field, moment)?;
                    SET
                }
            };
            ctx.reply.int(answer);
            if answer > NOT_MET {
                done.try_push(field)?;
            }
        }
    }
    tell(ctx, key, is_past, done.args());
    let count = done.args().len();
    if count > 0 && !is_past {
        let (mut digits, mut number) = ([0; 20], [0; 20]);
        let moment = write_u64(moment, &mut digits);
        let count = write_u64(count as u64, &mut number);
        let head = [&b"HPEXPIREAT"[..], key, moment];
        let condition = ctx.args.from(3).iter().take(at - 3);
        let tail = [&b"FIELDS"[..], count];
        let whole = head.into_iter().chain(condition).chain(tail);
        ctx.record_all(whole.chain(done.args().iter()));
    }
    if count > 0 && ctx.keys.remove_if_empty(place) {
        ctx.notify(Event::DEL, key);
    }
    Ok(())
}

/// Counts and tells of fields that got a deadline, or went because it has passed already; of the latter also the
/// log.
pub(super) fn tell(ctx: &mut Ctx<'_>, key: &[u8], is_past: bool, fields: Args<'_>) {
    if fields.is_empty() {
        return;
    }
    let event = if is_past { Event::HDEL } else { Event::HEXPIRE };
    ctx.changed(event, key);
    ctx.changes += fields.len() as u64 - 1;
    if is_past {
        ctx.record_all([&b"HDEL"[..], key].into_iter().chain(fields.iter()));
    }
}
