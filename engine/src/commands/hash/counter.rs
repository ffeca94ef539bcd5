//! HINCRBY and HINCRBYFLOAT: fields as numbers.

use alloc::vec::Vec;

use super::deadline::live;
use super::{FIELD, KEY, store};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::long_double::LongDouble;
use crate::number::write_i64;
use crate::types::hash_map::{Deadline, Hash, NEVER};

pub(crate) const SPECS: &[Spec] = &[HINCRBY, HINCRBYFLOAT];

const HINCRBY: Spec = Spec {
    name: "hincrby",
    summary: "Adds to the integer in a field of a hash; a missing field counts as 0.",
    since: "2.0.0",
    group: Group::Hash,
    complexity: "O(1)",
    arity: 4,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE),
    )],
    member: 2,
    args: &[KEY, FIELD, Arg::int("increment")],
    ..Spec::new(hincrby)
};

const HINCRBYFLOAT: Spec = Spec {
    name: "hincrbyfloat",
    summary: "Adds to the floating-point number in a field of a hash; a missing field counts as 0.",
    since: "2.6.0",
    args: &[KEY, FIELD, Arg::new("increment", ArgKind::Double)],
    handler: hincrbyfloat,
    member: 2,
    ..HINCRBY
};

fn hincrby(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, field) = (ctx.arg(1), ctx.arg(2));
    let by = ctx.args.int(3)?;
    let old = match live(ctx, key, field)? {
        None => 0,
        Some(value) => value
            .int()
            .ok_or(Error::fixed(&"ERR hash value is not an integer"))?,
    };
    let sum = old.checked_add(by).ok_or(Error::IncrOverflow)?;
    let mut digits = [0; 20];
    let text = write_i64(sum, &mut digits);
    store(ctx, key, [(field, text)].into_iter(), Deadline::Keep)?;
    ctx.changed(Event::HINCRBY, key);
    ctx.reply.int(sum);
    Ok(())
}

fn hincrbyfloat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, field) = (ctx.arg(1), ctx.arg(2));
    let by = LongDouble::parse(ctx.arg(3)).ok_or(Error::NotFloat)?;
    if by.is_nan_or_infinite() {
        return Err(Error::fixed(&"ERR value is NaN or Infinity"));
    }
    let old = match live(ctx, key, field)? {
        None => LongDouble::from_i64(0),
        Some(value) => LongDouble::parse(value.text(&mut [0; 20]))
            .ok_or(Error::fixed(&"ERR hash value is not a float"))?,
    };
    let sum = old.add(by);
    if sum.is_nan_or_infinite() {
        return Err(Error::fixed(&"ERR increment would produce NaN or Infinity"));
    }
    let mut text = Vec::new();
    sum.write_fixed17_trimmed(&mut text);
    store(
        ctx,
        key,
        [(field, text.as_slice())].into_iter(),
        Deadline::Keep,
    )?;
    ctx.changed(Event::HINCRBYFLOAT, key);
    // The arithmetic of 80 bits is not everybody's. HSET would take the field's deadline away.
    let place = ctx.keys.find(key);
    let hash = ctx.keys.collection::<Hash>(place)?;
    let deadline = hash.and_then(|(hash, hasher)| Some(hash.find(hasher, field)?.1));
    if deadline.is_none_or(|deadline| deadline == NEVER) {
        ctx.record(&[b"HSET", key, field, &text]);
    } else {
        ctx.record(&[b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, &text]);
    }
    ctx.reply.bulk(&text);
    Ok(())
}
