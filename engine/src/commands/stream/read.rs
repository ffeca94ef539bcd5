//! XREAD and XREADGROUP.

use alloc::vec::Vec;

use super::claim::record_claim;
use super::{CONSUMER, COUNT, GROUP, IDS, KEY, STREAM, no_group, reply_entry, reply_id, strict_id};
use crate::command::{Arg, Begin, Ctx, Find, Flags, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::write_i64;
use crate::resp::{ArgBuf, Protocol, Reply};
use crate::session::blocking::{Awaits, GiveUp};
use crate::types::stream::{ID_TEXT_MAX, Stream, StreamId};

pub(crate) const SPECS: &[Spec] = &[XREAD, XREADGROUP];

const BLOCK: Arg = Arg::int("milliseconds").after("BLOCK").optional();
const STREAMS: Arg = Arg::block("streams", &[KEY.multiple(), IDS]).after("STREAMS");

/// The keys are the first half of what is behind the word STREAMS, looked for from an argument on.
const fn streams(from: i32) -> KeySpec {
    KeySpec {
        begin: Begin::Keyword {
            word: "STREAMS",
            from,
        },
        find: Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
        ..KeySpec::at(0, KeyFlags::RO.or(KeyFlags::ACCESS))
    }
}

const XREAD: Spec = Spec {
    name: "xread",
    summary: "Gives the entries behind given IDs of several streams, or waits for some.",
    complexity: "For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new data.",
    arity: -4,
    flags: Flags::READONLY.or(Flags::BLOCKING).or(Flags::MOVABLEKEYS),
    keys: &[streams(1)],
    args: &[COUNT, BLOCK, STREAMS],
    handler: xread,
    ..STREAM
};

const XREADGROUP: Spec = Spec {
    name: "xreadgroup",
    summary: "Delivers entries of several streams to a consumer of a group, or waits for some.",
    complexity: "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
    arity: -7,
    flags: Flags::WRITE.or(Flags::BLOCKING).or(Flags::MOVABLEKEYS),
    keys: &[streams(4)],
    args: &[
        Arg::block("group_consumer", &[GROUP, CONSUMER]).after("GROUP"),
        COUNT,
        BLOCK,
        Arg::word("noack", "NOACK").optional(),
        STREAMS,
    ],
    handler: xreadgroup,
    ..STREAM
};

fn xread(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    read(ctx, false)
}

fn xreadgroup(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    read(ctx, true)
}

/// What a request asks for.
struct Request<'a> {
    /// When the waiting ends: `None` where it does not wait, `Some(None)` where it has no end.
    deadline_us: Option<Option<u64>>,
    count: usize,
    group: &'a [u8],
    consumer: &'a [u8],
    no_ack: bool,
    /// The argument that is the first key.
    first: usize,
    /// Streams.
    len: usize,
}

/// The moment that a timeout in milliseconds means.
fn deadline(ctx: &Ctx<'_>, index: usize) -> Result<Option<u64>, Error> {
    let ms = ctx
        .args
        .int(index)
        .map_err(|_| Error::fixed(&"ERR timeout is not an integer or out of range"))?;
    let ms = u64::try_from(ms).map_err(|_| Error::fixed(&"ERR timeout is negative"))?;
    if ms > (i64::MAX as u64).saturating_sub(ctx.now.unix_ms) {
        return Err(Error::fixed(&"ERR timeout is out of range"));
    }
    let at = ctx.now.mono_us.saturating_add(ms.saturating_mul(1000));
    Ok((ms > 0).then_some(at))
}

fn parse<'a>(ctx: &Ctx<'a>, grouped: bool) -> Result<Request<'a>, Error> {
    let mut request = Request {
        deadline_us: None,
        count: usize::MAX,
        group: b"",
        consumer: b"",
        no_ack: false,
        first: 0,
        len: 0,
    };
    let mut has_group = false;
    let mut at = 1;
    while at < ctx.args.len() {
        let more = ctx.args.len() - 1 - at;
        if ctx.args.is(at, "BLOCK") && more > 0 {
            if ctx.in_script() {
                let name = ctx.arg(0);
                let pieces = [
                    b"ERR ",
                    name,
                    b" command is not allowed with BLOCK option from scripts",
                ];
                return Err(ctx.server.told.tell_pieces(&pieces));
            }
            at += 1;
            request.deadline_us = Some(deadline(ctx, at)?);
        } else if ctx.args.is(at, "COUNT") && more > 0 {
            at += 1;
            let count = ctx.args.int(at)?.max(0);
            request.count = match count {
                0 => usize::MAX,
                count => usize::try_from(count).unwrap_or(usize::MAX),
            };
        } else if ctx.args.is(at, "STREAMS") && more > 0 {
            request.first = at + 1;
            request.len = more / 2;
            if !more.is_multiple_of(2) {
                return Err(Error::fixed(if grouped {
                    &"ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."
                } else {
                    &"ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified."
                }));
            }
            break;
        } else if ctx.args.is(at, "GROUP") && more >= 2 {
            if !grouped {
                return Err(Error::fixed(
                    &"ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            has_group = true;
            request.group = ctx.arg(at + 1);
            request.consumer = ctx.arg(at + 2);
            at += 2;
        } else if ctx.args.is(at, "NOACK") {
            if !grouped {
                return Err(Error::fixed(
                    &"ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            request.no_ack = true;
        } else {
            return Err(Error::Syntax);
        }
        at += 1;
    }
    if request.first == 0 {
        return Err(Error::Syntax);
    }
    if grouped && !has_group {
        return Err(Error::fixed(&"ERR Missing GROUP option for XREADGROUP"));
    }
    Ok(request)
}

/// The ID behind which a stream is read, [`StreamId::MAX`] for what a group was not delivered yet.
fn after(
    ctx: &mut Ctx<'_>,
    request: &Request<'_>,
    index: usize,
    grouped: bool,
) -> Result<StreamId, Error> {
    let key = ctx.arg(request.first + index);
    let place = ctx.keys.find(key);
    let stream = ctx
        .keys
        .collection::<Stream>(place)?
        .map(|(stream, _)| stream);
    if grouped && stream.is_none_or(|stream| stream.group(request.group).is_none()) {
        return Err(no_group(
            &ctx.server.told,
            key,
            request.group,
            b" in XREADGROUP with GROUP option",
        ));
    }
    match ctx.arg(request.first + request.len + index) {
        b"$" if grouped => Err(Error::fixed(
            &"ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
        )),
        b"+" if grouped => Err(Error::fixed(
            &"ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.",
        )),
        b"$" => Ok(stream.map_or(StreamId::MIN, |stream| stream.last_id)),
        b"+" => Ok(stream
            .and_then(|stream| stream.last_entry_id()?.prev())
            .unwrap_or_default()),
        b">" if grouped => Ok(StreamId::MAX),
        b">" => Err(Error::fixed(
            &"ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
        )),
        text => strict_id(text, 0),
    }
}

fn read(ctx: &mut Ctx<'_>, grouped: bool) -> Result<(), Error> {
    let request = parse(ctx, grouped)?;
    let mut ids = Vec::new();
    ids.try_reserve_exact(request.len)?;
    for index in 0..request.len {
        ids.push(after(ctx, &request, index, grouped)?);
    }
    let mark = ctx.reply.out().mark();
    let mut served = 0;
    for (index, id) in ids.iter().enumerate() {
        served += usize::from(if grouped {
            serve_group(ctx, &request, index, *id)?
        } else {
            serve(ctx, &request, index, *id)?
        });
    }
    if grouped {
        ctx.record_nothing();
    }
    if served > 0 {
        match ctx.reply.protocol() {
            Protocol::Resp2 => ctx.reply.array_at(mark, served),
            Protocol::Resp3 => ctx.reply.map_at(mark, served),
        }
        return Ok(());
    }
    let Some(deadline_us) = request.deadline_us else {
        ctx.reply.null_array();
        return Ok(());
    };
    let keys = ctx.args.from(request.first).upto(request.len);
    if grouped {
        return ctx.block_on(
            keys.iter(),
            deadline_us,
            Awaits::AnyChange,
            GiveUp::NullArray,
        );
    }
    // What `$` means is settled now, not when it runs again.
    let mut resolved = ArgBuf::new();
    resolved.try_extend(ctx.args.upto(request.first + request.len))?;
    for id in ids {
        resolved.push(id.write(&mut [0; ID_TEXT_MAX]));
    }
    ctx.block_with(
        resolved,
        keys.iter(),
        deadline_us,
        Awaits::Stream,
        GiveUp::NullArray,
    )
}

/// The head of one stream's entries.
fn begin(reply: &mut Reply<'_>, key: &[u8]) {
    if reply.protocol() == Protocol::Resp2 {
        reply.array(2);
    }
    reply.bulk(key);
}

/// Replies the entries of one stream behind an ID, if there are any.
fn serve(
    ctx: &mut Ctx<'_>,
    request: &Request<'_>,
    index: usize,
    id: StreamId,
) -> Result<bool, Error> {
    let key = ctx.arg(request.first + index);
    let Some(start) = id.next() else {
        return Ok(false);
    };
    let place = ctx.keys.find(key);
    ctx.keys.touch(place);
    let Some((stream, _)) = ctx.keys.collection::<Stream>(place)? else {
        return Ok(false);
    };
    let mut entries = stream.range(start, StreamId::MAX, false).peekable();
    if stream.is_empty() || id >= stream.last_id || entries.peek().is_none() {
        return Ok(false);
    }
    begin(&mut ctx.reply, key);
    let mark = ctx.reply.out().mark();
    let mut len = 0;
    for entry in entries.take(request.count) {
        reply_entry(&mut ctx.reply, &entry);
        len += 1;
    }
    ctx.reply.array_at(mark, len);
    Ok(true)
}

/// The same for a group's consumer: what it has not acknowledged, or what nobody was delivered.
fn serve_group(
    ctx: &mut Ctx<'_>,
    request: &Request<'_>,
    index: usize,
    id: StreamId,
) -> Result<bool, Error> {
    let key = ctx.arg(request.first + index);
    let now_ms = ctx.now.unix_ms as i64;
    let place = ctx.keys.find(key);
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(false);
    };
    let Some(mut group) = stream.group_mut(request.group) else {
        return Ok(false);
    };
    let (consumer, created) = match group.find(request.consumer) {
        Some(consumer) => (consumer, false),
        None => (group.create(request.consumer, now_ms)?, true),
    };
    group.consumer_mut(consumer).seen_ms = now_ms;
    let (mut last_id, mut read) = (group.last_id, group.entries_read);
    let fresh = id == StreamId::MAX;
    if created {
        ctx.changed_unseen();
        ctx.announce(Event::XGROUP_CREATECONSUMER, key);
        ctx.record(&[
            b"XGROUP",
            b"CREATECONSUMER",
            key,
            request.group,
            request.consumer,
        ]);
    }
    if !fresh {
        begin(&mut ctx.reply, key);
        history(ctx, request, place, id)?;
        return Ok(true);
    }
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(false);
    };
    let Some(start) = last_id.next() else {
        return Ok(false);
    };
    if stream.last_entry_id().is_none_or(|last| last <= last_id) {
        return Ok(false);
    }
    begin(&mut ctx.reply, key);
    let mark = ctx.reply.out().mark();
    let mut delivered: Vec<StreamId> = Vec::new();
    for entry in stream
        .range(start, StreamId::MAX, false)
        .take(request.count)
    {
        delivered.try_reserve(1)?;
        delivered.push(entry.id);
        read = match read {
            Some(read)
                if last_id >= stream.first_id && !stream.has_tombstones(last_id, StreamId::MAX) =>
            {
                Some(read + 1)
            }
            _ if stream.entries_added > 0 => stream.distance_from_start(entry.id),
            read => read,
        };
        last_id = entry.id;
        reply_entry(&mut ctx.reply, &entry);
    }
    ctx.reply.array_at(mark, delivered.len());
    let Some(mut group) = stream.group_mut(request.group) else {
        return Ok(false);
    };
    group.entries_read = read;
    group.consumer_mut(consumer).active_ms = now_ms;
    group.last_id = last_id;
    if !request.no_ack {
        for id in &delivered {
            group.deliver(*id, consumer, now_ms, 1)?;
        }
    }
    ctx.changed_unseen();
    if ctx.is_logged() {
        if request.no_ack {
            record_last_id(ctx, key, request.group, last_id, read);
        } else {
            for id in delivered {
                record_claim(
                    ctx,
                    (key, request.group, request.consumer),
                    (id, now_ms, 1),
                    last_id,
                );
            }
        }
    }
    Ok(true)
}

/// Logs which entry a group was delivered last.
pub(super) fn record_last_id(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    group: &[u8],
    id: StreamId,
    read: Option<u64>,
) {
    let mut digits = [0; 20];
    let read = write_i64(read.map_or(-1, |read| read as i64), &mut digits);
    let mut text = [0; ID_TEXT_MAX];
    let id = id.write(&mut text);
    ctx.record(&[b"XGROUP", b"SETID", key, group, id, b"ENTRIESREAD", read]);
}

/// Replies what a consumer was delivered and has not acknowledged, from behind an ID on. That counts as a delivery.
fn history(
    ctx: &mut Ctx<'_>,
    request: &Request<'_>,
    place: crate::keyspace::Place,
    id: StreamId,
) -> Result<(), Error> {
    let now_ms = ctx.now.unix_ms as i64;
    let mark = ctx.reply.out().mark();
    let mut len = 0;
    let mut next = id.next();
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(());
    };
    let Some((mut group, entries)) = stream.group_and_entries(request.group) else {
        return Ok(());
    };
    let Some(consumer) = group.find(request.consumer) else {
        return Ok(());
    };
    while let Some(start) = next.filter(|_| len < request.count) {
        let Some(id) = group.consumer(consumer).next_pending(start) else {
            break;
        };
        match entries.get(id) {
            Some(entry) => {
                reply_entry(&mut ctx.reply, &entry);
                let count = group.delivery(id).map_or(0, |delivery| delivery.count);
                group.deliver(id, consumer, now_ms, count.wrapping_add(1))?;
            }
            None => {
                ctx.reply.array(2);
                reply_id(&mut ctx.reply, id);
                ctx.reply.null_array();
            }
        }
        len += 1;
        next = id.next();
    }
    ctx.reply.array_at(mark, len);
    Ok(())
}
