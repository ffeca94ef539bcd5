//! HSETEX.

use super::deadline::Fields;
use super::expire::tell;
use super::fields::{EX, EXAT, PX, PXAT, Unit};
use super::{FIELD, KEY, store};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec, printable};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::write_u64;
use crate::resp::{ArgBuf, Args};
use crate::types::hash_map::{Deadline, Hash};

pub(crate) const SPECS: &[Spec] = &[HSETEX];

const HSETEX: Spec = Spec {
    name: "hsetex",
    summary: "Stores the values of fields of a hash and lets the fields expire.",
    since: "8.0.0",
    group: Group::Hash,
    complexity: "O(N) where N is the number of fields being set.",
    arity: -6,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        KEY,
        Arg::one_of(
            "condition",
            &[Arg::word("fnx", "FNX"), Arg::word("fxx", "FXX")],
        )
        .optional(),
        Arg::one_of(
            "expiration",
            &[EX, PX, EXAT, PXAT, Arg::word("keepttl", "KEEPTTL")],
        )
        .optional(),
        Arg::block(
            "fields",
            &[
                Arg::int("numfields"),
                Arg::block("data", &[FIELD, Arg::string("value")]).multiple(),
            ],
        )
        .after("FIELDS"),
    ],
    ..Spec::new(hsetex)
};

const WRONG_ARITY: Error = Error::fixed(&"ERR wrong number of arguments for 'hsetex' command");

/// A request, understood.
struct Request<'a> {
    /// FNX: no field may exist; FXX: all must.
    exist: Option<bool>,
    /// KEEPTTL.
    keep: bool,
    /// When the fields end, in milliseconds since 1970, and the argument that says in which unit.
    moment: Option<(u64, usize)>,
    /// Fields and values in turn.
    pairs: Args<'a>,
}

impl<'a> Request<'a> {
    fn parse(ctx: &Ctx<'a>) -> Result<Self, Error> {
        let args = ctx.args;
        let (mut exist, mut keep, mut moment) = (None, false, None);
        let mut at = 2;
        while at < args.len() {
            if args.is(at, "FIELDS") {
                return Ok(Request {
                    exist,
                    keep,
                    moment,
                    pairs: pairs(args, at)?,
                });
            }
            let unit = Unit::parse(args, at);
            if args.is(at, "FNX") || args.is(at, "FXX") {
                if exist.is_some() {
                    return Err(Error::fixed(
                        &"ERR Only one of FXX or FNX arguments can be specified",
                    ));
                }
                exist = Some(args.is(at, "FXX"));
            } else if unit.is_some() || args.is(at, "KEEPTTL") {
                if keep || moment.is_some() {
                    return Err(Error::fixed(
                        &"ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
                    ));
                }
                if let Some(unit) = unit {
                    if at + 1 >= args.len() {
                        return Err(Error::fixed(&"ERR missing expire time"));
                    }
                    let _now_ms = ctx.now.unix_ms;
                    moment = Some((unit.moment(ctx, at + 1, "hsetex")?, at));
                    at += 1;
                } else {
                    keep = true;
                }
            } else {
                let word = printable(args.at(at), usize::MAX);
                return Err(ctx.refuse_with(&[b"ERR unknown argument: ", word]));
            }
            at += 1;
        }
        Err(Error::fixed(&"ERR missing FIELDS argument"))
    }
}

/// The fields and values of `FIELDS numfields field value …`, which stands at argument `at` and ends the request.
fn pairs(args: Args<'_>, at: usize) -> Result<Args<'_>, Error> {
    if at + 3 >= args.len() {
        return Err(WRONG_ARITY);
    }
    let count = args.int(at + 1).ok();
    let count = count.filter(|count| (1..=i64::from(i32::MAX)).contains(count));
    let count = count.ok_or(Error::fixed(&"ERR invalid number of fields"))?;
    let pairs = args.from(at + 2);
    if 2 * count as u64 != pairs.len() as u64 {
        return Err(WRONG_ARITY);
    }
    Ok(pairs)
}

fn hsetex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let request = Request::parse(ctx)?;
    let (key, now_ms) = (ctx.arg(1), ctx.now.unix_ms);
    let place = ctx.keys.find(key);
    ctx.keys.collection::<Hash>(place)?;
    let count = request.pairs.len() / 2;
    let names = || (0..count).map(|at| request.pairs.at(2 * at));
    if !may_store(ctx, key, request.exist, names())? {
        ctx.reply.int(0);
        return Ok(());
    }
    let pairs = (0..count).map(|at| (request.pairs.at(2 * at), request.pairs.at(2 * at + 1)));
    let keep = if request.keep {
        Deadline::Keep
    } else {
        Deadline::Clear
    };
    store(ctx, key, pairs, keep)?;
    ctx.changed(Event::HSET, key);
    ctx.changes += count as u64 - 1;
    if let Some((moment, at)) = request.moment {
        let is_past = moment <= now_ms;
        let mut done = ArgBuf::new();
        if !is_past {
            ctx.keys.expect_field_end(key, moment)?;
        }
        let place = ctx.keys.find(key);
        if let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? {
            hash.prepare_deadlines(hasher)?;
            for field in names() {
                if is_past {
                    hash.remove(hasher, field);
                } else {
                    hash.set_deadline(hasher, field, moment)?;
                }
                done.try_push(field)?;
            }
        }
        if !is_past {
            record(ctx, at, moment);
        }
        tell(ctx, key, is_past, done.args());
        if ctx.keys.remove_if_empty(place) {
            ctx.notify(Event::DEL, key);
        }
    }
    ctx.reply.int(1);
    Ok(())
}

/// Whether FNX or FXX allows it. Looks at all fields up to the first that decides; nobody is told of those whose time
/// had come.
fn may_store<'k>(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    exist: Option<bool>,
    names: impl Iterator<Item = &'k [u8]>,
) -> Result<bool, Error> {
    let Some(exist) = exist else {
        return Ok(true);
    };
    let mut fields = Fields::of(ctx, key);
    for field in names {
        if fields.has(ctx, field)? != exist {
            if fields.gone {
                ctx.notify(Event::DEL, key);
            }
            return Ok(false);
        }
    }
    Ok(true)
}

/// Logs the time, whose unit argument `at` says, as an absolute one.
fn record(ctx: &mut Ctx<'_>, at: usize, moment: u64) {
    let mut digits = [0; 20];
    let moment = write_u64(moment, &mut digits);
    let args = ctx.args;
    let head = args.iter().take(at);
    let time = [&b"PXAT"[..], moment];
    ctx.record_all(head.chain(time).chain(args.from(at + 2).iter()));
}
