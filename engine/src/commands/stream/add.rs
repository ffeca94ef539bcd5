//! XADD.

use alloc::vec::Vec;

use super::references::CONDITION;
use super::trim::{TRIM, TrimArgs, node_limits, trim};
use super::{KEY, STREAM, reply_id, strict_id};
use crate::command::{Arg, Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::stream::{AppendError, ID_TEXT_MAX, Stream, StreamId};

pub(crate) const SPECS: &[Spec] = &[XADD];

const XADD: Spec = Spec {
    name: "xadd",
    summary: "Adds an entry to a stream.",
    complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
    history: &[
        (
            "6.2.0",
            "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.",
        ),
        ("7.0.0", "Added support for the `<ms>-*` explicit ID form."),
        (
            "8.2.0",
            "Added the `KEEPREF`, `DELREF` and `ACKED` options.",
        ),
    ],
    arity: -5,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    keys: &[KeySpec {
        notes: "UPDATE instead of INSERT because of the optional trimming feature",
        ..KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))
    }],
    tips: &["nondeterministic_output"],
    args: &[
        KEY,
        Arg::word("nomkstream", "NOMKSTREAM")
            .optional()
            .since("6.2.0"),
        CONDITION,
        TRIM.optional(),
        Arg::one_of(
            "id_or_auto",
            &[Arg::word("auto_id", "*"), Arg::string("id")],
        ),
        Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple(),
    ],
    handler: xadd,
    ..STREAM
};

/// The ID that a request asks for.
enum Wanted {
    Auto,
    Open(u64),
    Exactly(StreamId),
}

fn xadd(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (trimming, at) = TrimArgs::parse(ctx, true)?;
    let wanted = match ctx.arg(at) {
        b"*" => Wanted::Auto,
        text => match StreamId::parse_open(text) {
            Some(ms) => Wanted::Open(ms),
            None => Wanted::Exactly(strict_id(text, 0)?),
        },
    };
    let fields = ctx.args.from(at + 1);
    if fields.len() < 2 || !fields.len().is_multiple_of(2) {
        return Err(Error::fixed(
            &"ERR wrong number of arguments for 'xadd' command",
        ));
    }
    if matches!(wanted, Wanted::Exactly(StreamId::MIN)) {
        return Err(Error::fixed(
            &"ERR The ID specified in XADD must be greater than 0-0",
        ));
    }
    let key = ctx.arg(1);
    let mut place = ctx.keys.find(key);
    if !place.exists() {
        if trimming.no_create {
            ctx.reply.null();
            return Ok(());
        }
        place = ctx.keys.create(place, key, Stream::default())?;
    }
    let (now_ms, limits) = (ctx.now.unix_ms, node_limits(ctx));
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(());
    };
    let last = stream.last_id;
    if last == StreamId::MAX {
        return Err(Error::fixed(
            &"ERR The stream has exhausted the last possible ID, unable to add more items",
        ));
    }
    let id = match wanted {
        Wanted::Exactly(id) => Some(id),
        Wanted::Auto if now_ms > last.ms => Some(StreamId::new(now_ms, 0)),
        Wanted::Auto => last.next(),
        Wanted::Open(ms) if ms == last.ms => {
            last.seq.checked_add(1).map(|seq| StreamId { ms, seq })
        }
        Wanted::Open(ms) => Some(StreamId::new(ms, 0)),
    };
    let Some(id) = id.filter(|id| *id > last) else {
        return Err(Error::fixed(
            &"ERR The ID specified in XADD is equal or smaller than the target stream top item",
        ));
    };
    stream
        .append(id, fields.iter(), limits)
        .map_err(|error| match error {
            AppendError::TooLarge => Error::fixed(&"ERR Elements are too large to be stored"),
            AppendError::OutOfMemory => Error::OutOfMemory,
        })?;
    reply_id(&mut ctx.reply, id);
    ctx.changed(Event::XADD, key);
    let threshold = match trimming.trim {
        Some(wanted) => trim(ctx, place, wanted, true)?.1,
        None => Vec::new(),
    };
    let exactly = matches!(wanted, Wanted::Exactly(_));
    if (!exactly || trimming.is_rough()) && ctx.is_logged() {
        let mut text = [0; ID_TEXT_MAX];
        let text = id.write(&mut text);
        let args = ctx.args;
        let record = trimming
            .rewritten(args.upto(at), &threshold)
            .chain([text])
            .chain(fields.iter());
        ctx.record_all(record);
    }
    Ok(())
}
