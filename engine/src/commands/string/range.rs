//! APPEND, STRLEN, SETRANGE, GETRANGE and SUBSTR: parts of strings.

use super::string_len;
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Expiry, NewValue};
use crate::types::string::range::{RangeError, length_after_set, resolve};

pub(crate) const SPECS: &[Spec] = &[APPEND, STRLEN, SETRANGE, GETRANGE, SUBSTR];

const APPEND: Spec = Spec {
    name: "append",
    summary: "Lengthens the string at a key, or stores a new one.",
    since: "2.0.0",
    group: Group::String,
    complexity: "O(N) where N is the length of the appended value, amortized: a string that grows gets room to grow further.",
    arity: 3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[Arg::key("key", 0), Arg::string("value")],
    ..Spec::new(append)
};

const STRLEN: Spec = Spec {
    name: "strlen",
    summary: "Gives the length of the string at a key.",
    since: "2.2.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    args: &[Arg::key("key", 0)],
    ..Spec::new(strlen)
};

const SETRANGE: Spec = Spec {
    name: "setrange",
    summary: "Overwrites a part of the string at a key, with zeros before it where the string was shorter.",
    since: "2.2.0",
    group: Group::String,
    complexity: "O(M) where M is the length of the value, besides the zeros that a longer string needs.",
    arity: 4,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[Arg::key("key", 0), Arg::int("offset"), Arg::string("value")],
    ..Spec::new(setrange)
};

const GETRANGE: Spec = Spec {
    name: "getrange",
    summary: "Gives a part of the string at a key.",
    since: "2.4.0",
    group: Group::String,
    complexity: "O(N) where N is the length of the part.",
    arity: 4,
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0), Arg::int("start"), Arg::int("end")],
    ..Spec::new(getrange)
};

const SUBSTR: Spec = Spec {
    name: "substr",
    since: "1.0.0",
    deprecated: Some(("2.0.0", "`GETRANGE`")),
    ..GETRANGE
};

fn append(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, value) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(key);
    let len = match string_len(ctx.keys.entry(place))? {
        None => {
            let new = NewValue::string(value)?;
            ctx.keys.put(place, key, &new, Expiry::Clear)?;
            value.len()
        }
        Some(old) => {
            let len = old + value.len();
            if len as u64 > ctx.config().proto_max_bulk_len {
                return Err(Error::StringTooLong);
            }
            ctx.keys.change_string(place, key, len, |bytes| {
                bytes[old..].copy_from_slice(value);
            })?;
            len
        }
    };
    ctx.changed(Event::APPEND, key);
    ctx.reply.int(len as i64);
    Ok(())
}

fn strlen(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let entry = ctx.keys.read(ctx.args.at(1));
    let len = string_len(entry)?.unwrap_or(0);
    ctx.reply.int(len as i64);
    Ok(())
}

fn setrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, value) = (ctx.arg(1), ctx.arg(3));
    let offset = ctx.args.int(2)?;
    if offset < 0 {
        return Err(refusal(RangeError::OffsetOutOfRange));
    }
    let place = ctx.keys.find(key);
    let old = string_len(ctx.keys.entry(place))?.unwrap_or(0);
    let limit = usize::try_from(ctx.config().proto_max_bulk_len).unwrap_or(usize::MAX);
    let len = length_after_set(old, offset, value.len(), limit).map_err(refusal)?;
    if !value.is_empty() {
        let start = offset as usize;
        ctx.keys.change_string(place, key, len, |bytes| {
            bytes[start..start + value.len()].copy_from_slice(value);
        })?;
        ctx.changed(Event::SETRANGE, key);
    }
    ctx.reply.int(len as i64);
    Ok(())
}

fn getrange(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (start, end) = (ctx.args.int(2)?, ctx.args.int(3)?);
    let mut digits = [0; 20];
    let bytes = match ctx.keys.read(ctx.args.at(1)) {
        Some(entry) => entry.string()?.bytes(&mut digits),
        None => &[],
    };
    ctx.reply.bulk(&bytes[resolve(start, end, bytes.len())]);
    Ok(())
}

fn refusal(error: RangeError) -> Error {
    match error {
        RangeError::TooLong => Error::StringTooLong,
        RangeError::OffsetOutOfRange => Error::fixed(error.text()),
    }
}
