//! HGETEX.

use super::KEY;
use super::deadline::Fields;
use super::expire::tell;
use super::fields::{EX, EXAT, FIELDS, NOT_POSITIVE, PX, PXAT, Unit, fields};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::write_u64;
use crate::resp::ArgBuf;
use crate::types::hash_map::{Hash, NEVER};

pub(crate) const SPECS: &[Spec] = &[HGETEX];

const HGETEX: Spec = Spec {
    name: "hgetex",
    summary: "Gives the values of fields of a hash and lets the fields expire, or live on for ever.",
    since: "8.0.0",
    group: Group::Hash,
    complexity: "O(N) where N is the number of specified fields",
    arity: -5,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec {
        notes: "RW and UPDATE because it changes the TTL",
        ..KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE))
    }],
    args: &[
        KEY,
        Arg::one_of(
            "expiration",
            &[EX, PX, EXAT, PXAT, Arg::word("persist", "PERSIST")],
        )
        .optional(),
        FIELDS,
    ],
    ..Spec::new(hgetex)
};

/// What becomes of the fields' deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    None,
    Persist,
    At(u64),
}

fn hgetex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    ctx.keys.collection::<Hash>(place)?;
    let now_ms = ctx.now.unix_ms;
    let (change, at) = match Unit::parse(ctx.args, 2) {
        Some(unit) => (Change::At(unit.moment(ctx, 3, "hgetex")?), 4),
        None if ctx.args.is(2, "PERSIST") => (Change::Persist, 3),
        None => (Change::None, 2),
    };
    if at + 1 >= ctx.args.len() {
        return Err(Error::fixed(
            &"ERR wrong number of arguments for 'hgetex' command",
        ));
    }
    let names = fields(ctx.args, at, NOT_POSITIVE)?;
    ctx.keys.touch(place);
    let is_past = matches!(change, Change::At(moment) if moment <= now_ms);
    if let Change::At(moment) = change
        && !is_past
        && place.exists()
    {
        ctx.keys.expect_field_end(key, moment)?;
    }
    if change != Change::None
        && let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)?
    {
        hash.prepare_deadlines(hasher)?;
    }
    ctx.reply.array(names.len());
    let mut fields = Fields::of(ctx, key);
    let mut done = ArgBuf::new();
    for field in names.iter() {
        if !fields.reply(ctx, field)? {
            continue;
        }
        let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? else {
            continue;
        };
        match change {
            Change::None => continue,
            Change::Persist => {
                if hash
                    .find(hasher, field)
                    .is_none_or(|found| found.1 == NEVER)
                {
                    continue;
                }
                hash.set_deadline(hasher, field, NEVER)?;
            }
            Change::At(_) if is_past => {
                hash.remove(hasher, field);
            }
            Change::At(moment) => {
                hash.set_deadline(hasher, field, moment)?;
            }
        }
        done.try_push(field)?;
    }
    fields.tell(ctx);
    changed(ctx, change, is_past, &done, names.len());
    if fields.gone || ctx.keys.remove_if_empty(place) {
        ctx.notify(Event::DEL, key);
    }
    Ok(())
}

/// Counts, tells and logs what became of the fields in `done`, some of the `asked` ones.
fn changed(ctx: &mut Ctx<'_>, change: Change, is_past: bool, done: &ArgBuf, asked: usize) {
    let (key, done) = (ctx.arg(1), done.args());
    if done.is_empty() {
        return;
    }
    let names = ctx.args.from(ctx.args.len() - asked);
    let (mut digits, mut number) = ([0; 20], [0; 20]);
    let count = write_u64(asked as u64, &mut number);
    match change {
        Change::None => {}
        Change::Persist => {
            ctx.changed(Event::HPERSIST, key);
            ctx.changes += done.len() as u64 - 1;
            let head = [&b"HPERSIST"[..], key, b"FIELDS", count];
            ctx.record_all(head.into_iter().chain(names.iter()));
        }
        Change::At(moment) => {
            tell(ctx, key, is_past, done);
            if !is_past {
                let moment = write_u64(moment, &mut digits);
                let head = [&b"HPEXPIREAT"[..], key, moment, b"FIELDS", count];
                ctx.record_all(head.into_iter().chain(names.iter()));
            }
        }
    }
}
