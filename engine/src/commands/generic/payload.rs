//! DUMP, RESTORE and RESTORE-ASKING.

use alloc::sync::Arc;

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Entry, Event, INLINE_MAX, NewValue};
use crate::number::write_u64;
use crate::persist::rdb::payload;
use crate::persist::rdb::{Limits, Shape, Stop, Text, Value};

pub(crate) const SPECS: &[Spec] = &[DUMP, RESTORE, RESTORE_ASKING];

const BUSY: Error = Error::fixed(&"BUSYKEY Target key name already exists.");
const BAD_TRAILER: Error = Error::fixed(&"ERR DUMP payload version or checksum are wrong");
const BAD_FREQUENCY: Error = Error::fixed(&"ERR Invalid FREQ value, must be >= 0 and <= 255");
const BAD_DATA: Error = Error::fixed(&"ERR Bad data format");

const DUMP: Spec = Spec {
    name: "dump",
    summary: "Gives a key's value in a form that RESTORE takes.",
    since: "2.6.0",
    group: Group::Generic,
    complexity: "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    ..Spec::new(dump)
};

fn dump(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let compress = ctx.config().rdbcompression;
    let place = ctx.keys.find_counted(ctx.arg(1));
    ctx.keys.touch(place);
    match ctx.keys.entry(place) {
        None => ctx.reply.null(),
        Some(entry) => {
            let payload = payload::dump(entry, ctx.keys.hasher(), compress)?;
            if payload.len() > INLINE_MAX {
                ctx.reply.bulk_shared(&Arc::new(payload));
            } else {
                ctx.reply.bulk(&payload);
            }
        }
    }
    Ok(())
}

const RESTORE: Spec = Spec {
    name: "restore",
    summary: "Makes a key of what DUMP gave.",
    since: "2.6.0",
    group: Group::Generic,
    complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
    history: &[
        ("3.0.0", "Added the `REPLACE` modifier."),
        ("5.0.0", "Added the `ABSTTL` modifier."),
        ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
    ],
    arity: -4,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    keys: &[KeySpec::at(1, KeyFlags::OW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key", 0),
        Arg::int("ttl"),
        Arg::string("serialized-value"),
        Arg::word("replace", "REPLACE").optional().since("3.0.0"),
        Arg::word("absttl", "ABSTTL").optional().since("5.0.0"),
        Arg::int("seconds")
            .after("IDLETIME")
            .optional()
            .since("5.0.0"),
        Arg::int("frequency")
            .after("FREQ")
            .optional()
            .since("5.0.0"),
    ],
    ..Spec::new(restore)
};

const RESTORE_ASKING: Spec = Spec {
    name: "restore-asking",
    summary: "Makes a key of what DUMP gave while its slot is on the move; for nodes of a cluster.",
    since: "3.0.0",
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::ASKING),
    ..RESTORE
};

#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_seconds: Option<i64>,
    frequency: Option<u8>,
}

fn options(ctx: &Ctx<'_>) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut index = 4;
    while index < ctx.args.len() {
        let more = index + 1 < ctx.args.len();
        if ctx.args.is(index, "REPLACE") {
            options.replace = true;
        } else if ctx.args.is(index, "ABSTTL") {
            options.absolute = true;
        } else if ctx.args.is(index, "IDLETIME") && more && options.frequency.is_none() {
            index += 1;
            let seconds = ctx.args.int(index)?;
            if seconds < 0 {
                return Err(Error::fixed(&"ERR Invalid IDLETIME value, must be >= 0"));
            }
            options.idle_seconds = Some(seconds);
        } else if ctx.args.is(index, "FREQ") && more && options.idle_seconds.is_none() {
            index += 1;
            let frequency = u8::try_from(ctx.args.int(index)?).map_err(|_| BAD_FREQUENCY)?;
            options.frequency = Some(frequency);
        } else {
            return Err(Error::Syntax);
        }
        index += 1;
    }
    Ok(options)
}

fn restore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let options = options(ctx)?;
    let key = ctx.arg(1);
    if !options.replace {
        let place = ctx.keys.find(key);
        ctx.keys.touch(place);
        if place.exists() {
            return Err(BUSY);
        }
    }
    let ttl = ctx.args.int(2)?;
    let ttl =
        u64::try_from(ttl).map_err(|_| Error::fixed(&"ERR Invalid TTL value, must be >= 0"))?;
    let expire_ms = match ttl {
        0 => None,
        ttl if options.absolute => Some(ttl),
        ttl => Some(ttl.saturating_add(ctx.now.unix_ms)),
    };
    let body = payload::verified(ctx.arg(3), ctx.server.payloads_unchecked).ok_or(BAD_TRAILER)?;
    let mut entry = read(ctx, key, body, expire_ms)?;
    let place = ctx.keys.find(key);
    if expire_ms.is_some_and(|at| at <= ctx.now.unix_ms) {
        if ctx.keys.remove(place) {
            ctx.record(&[b"DEL", key]);
            ctx.changed(Event::DEL, key);
        }
        ctx.reply.ok();
        return Ok(());
    }
    let access = ctx
        .keys
        .restored_access(options.idle_seconds, options.frequency);
    entry.set_access(access);
    ctx.keys.store(place, entry)?;
    ctx.changed(Event::RESTORE, key);
    if let Some(at) = expire_ms.filter(|_| !options.absolute) {
        let mut digits = [0; 20];
        let at = write_u64(at, &mut digits);
        let head = [ctx.arg(0), key, at, ctx.arg(3)];
        let rest = ctx.args.from(4.min(ctx.args.len()));
        ctx.record_all(head.into_iter().chain(rest.iter()).chain([&b"ABSTTL"[..]]));
    }
    ctx.reply.ok();
    Ok(())
}

/// The entry that a payload's body stands for.
fn read(ctx: &Ctx<'_>, key: &[u8], body: &[u8], expire_ms: Option<u64>) -> Result<Entry, Error> {
    let limits = Limits::of(ctx.config(), ctx.server.list_large_bytes);
    let shape = Shape {
        hasher: ctx.keys.hasher(),
        limits: &limits,
    };
    let value = payload::restore(body, shape).map_err(|stop| match stop {
        Stop::OutOfMemory => Error::OutOfMemory,
        Stop::Corrupt | Stop::More(_) => BAD_DATA,
    })?;
    match value {
        Value::Object(object) => Entry::of_object(key, object, expire_ms),
        Value::String(Text::Int(value)) => Entry::new(key, &NewValue::Int(value), expire_ms),
        Value::String(Text::Slice(bytes)) => Entry::new(key, &NewValue::string(bytes)?, expire_ms),
        Value::String(Text::Owned(bytes)) if bytes.len() > INLINE_MAX => {
            Entry::new(key, &NewValue::Shared(Arc::new(bytes)), expire_ms)
        }
        Value::String(Text::Owned(bytes)) => Entry::new(key, &NewValue::string(&bytes)?, expire_ms),
    }
}
