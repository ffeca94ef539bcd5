//! XCLAIM and XAUTOCLAIM.

use alloc::vec::Vec;

use super::read::record_last_id;
use super::{
    CONSUMER, COUNT, DELETES, GROUP, IDS, KEY, STREAM, UPDATES, no_group, reply_entry, reply_id,
    shown, start_id, strict_id,
};
use crate::command::{Arg, ArgKind, Ctx, Flags, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::number::{parse_i64, write_i64};
use crate::types::stream::{ConsumerId, ID_TEXT_MAX, Stream, StreamId};

pub(crate) const SPECS: &[Spec] = &[XCLAIM, XAUTOCLAIM];

const XCLAIM: Spec = Spec {
    name: "xclaim",
    summary: "Gives entries that wait for their acknowledgement to another consumer.",
    complexity: "O(log N) with N being the number of messages in the PEL of the consumer group.",
    arity: -6,
    flags: Flags::WRITE.or(Flags::FAST),
    keys: UPDATES,
    tips: &["nondeterministic_output"],
    args: &[
        KEY,
        GROUP,
        CONSUMER,
        Arg::string("min-idle-time"),
        IDS,
        Arg::int("ms").after("IDLE").optional(),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime)
            .after("TIME")
            .optional(),
        Arg::int("count").after("RETRYCOUNT").optional(),
        Arg::word("force", "FORCE").optional(),
        Arg::word("justid", "JUSTID").optional(),
        Arg::string("id").after("LASTID").optional(),
    ],
    handler: xclaim,
    ..STREAM
};

const XAUTOCLAIM: Spec = Spec {
    name: "xautoclaim",
    summary: "Gives entries that have waited long for their acknowledgement to another consumer.",
    since: "6.2.0",
    complexity: "O(1) if COUNT is small.",
    history: &[(
        "7.0.0",
        "Added an element to the reply array, containing deleted entries the command cleared from the PEL",
    )],
    arity: -6,
    flags: Flags::WRITE.or(Flags::FAST),
    keys: DELETES,
    tips: &["nondeterministic_output"],
    args: &[
        KEY,
        GROUP,
        CONSUMER,
        Arg::string("min-idle-time"),
        Arg::string("start"),
        COUNT,
        Arg::word("justid", "JUSTID").optional(),
    ],
    handler: xautoclaim,
    ..STREAM
};

/// Logs that a consumer was delivered an entry at a time for the so many-th time.
pub(super) fn record_claim(
    ctx: &mut Ctx<'_>,
    (key, group, consumer): (&[u8], &[u8], &[u8]),
    (id, time_ms, count): (StreamId, i64, u64),
    last_id: StreamId,
) {
    let (mut time, mut times) = ([0; 20], [0; 20]);
    let (mut text, mut last) = ([0; ID_TEXT_MAX], [0; ID_TEXT_MAX]);
    ctx.record(&[
        b"XCLAIM",
        key,
        group,
        consumer,
        b"0",
        id.write(&mut text),
        b"TIME",
        write_i64(time_ms, &mut time),
        b"RETRYCOUNT",
        write_i64(count as i64, &mut times),
        b"FORCE",
        b"JUSTID",
        b"LASTID",
        last_id.write(&mut last),
    ]);
}

/// The place of the request's stream, which has the request's group.
fn place_of(ctx: &mut Ctx<'_>) -> Result<Place, Error> {
    let (key, name) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(key);
    let stream = ctx.keys.collection::<Stream>(place)?;
    if stream.is_none_or(|(stream, _)| stream.group(name).is_none()) {
        return Err(no_group(&ctx.server.told, key, name, b""));
    }
    Ok(place)
}

/// The request's consumer, which comes into being where it is not there.
fn consumer_of(ctx: &mut Ctx<'_>, place: Place) -> Result<ConsumerId, Error> {
    let (key, name, who) = (ctx.arg(1), ctx.arg(2), ctx.arg(3));
    let now_ms = ctx.now.unix_ms as i64;
    let stream = ctx.keys.collection_mut::<Stream>(place)?;
    let Some(mut group) = stream.and_then(|(stream, _)| stream.group_mut(name)) else {
        return Err(no_group(&ctx.server.told, key, name, b""));
    };
    if let Some(consumer) = group.find(who) {
        group.consumer_mut(consumer).seen_ms = now_ms;
        return Ok(consumer);
    }
    let consumer = group.create(who, now_ms)?;
    ctx.changed_unseen();
    ctx.announce(Event::XGROUP_CREATECONSUMER, key);
    ctx.record(&[b"XGROUP", b"CREATECONSUMER", key, name, who]);
    Ok(consumer)
}

/// How entries are claimed.
struct Claim {
    min_idle_ms: i64,
    time_ms: i64,
    count: Option<u64>,
    force: bool,
    only_ids: bool,
}

/// What became of an entry that was to be claimed.
enum Claimed {
    Yes,
    No,
    /// It is not in the stream any more, and not waiting any more.
    Gone,
}

/// Claims one entry for a consumer, and replies it.
fn claim_one(
    ctx: &mut Ctx<'_>,
    place: Place,
    to: ConsumerId,
    entry_id: StreamId,
    how: &Claim,
) -> Result<Claimed, Error> {
    let (key, name, who) = (ctx.arg(1), ctx.arg(2), ctx.arg(3));
    let now_ms = ctx.now.unix_ms as i64;
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok(Claimed::No);
    };
    let Some((mut group, entries)) = stream.group_and_entries(name) else {
        return Ok(Claimed::No);
    };
    let last_id = group.last_id;
    let before = group.delivery(entry_id).copied();
    let Some(entry) = entries.get(entry_id) else {
        let Some(before) = before else {
            return Ok(Claimed::No);
        };
        group.acknowledge(entry_id);
        ctx.changed_unseen();
        record_claim(
            ctx,
            (key, name, who),
            (entry_id, before.time_ms, before.count),
            last_id,
        );
        return Ok(Claimed::Gone);
    };
    let count = match before {
        Some(before)
            if how.min_idle_ms > 0 && now_ms.wrapping_sub(before.time_ms) < how.min_idle_ms =>
        {
            return Ok(Claimed::No);
        }
        Some(before) => before.count,
        None if how.force => 1,
        None => return Ok(Claimed::No),
    };
    let count = match how.count {
        Some(count) => count,
        None if how.only_ids => count,
        None => count.wrapping_add(1),
    };
    group.deliver(entry_id, to, how.time_ms, count)?;
    group.consumer_mut(to).active_ms = now_ms;
    if how.only_ids {
        reply_id(&mut ctx.reply, entry_id);
    } else {
        reply_entry(&mut ctx.reply, &entry);
    }
    ctx.changed_unseen();
    record_claim(
        ctx,
        (key, name, who),
        (entry_id, how.time_ms, count),
        last_id,
    );
    Ok(Claimed::Yes)
}

fn number(ctx: &Ctx<'_>, index: usize, error: &'static &'static str) -> Result<i64, Error> {
    parse_i64(ctx.arg(index)).ok_or(Error::fixed(error))
}

fn xclaim(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = place_of(ctx)?;
    let now_ms = ctx.now.unix_ms as i64;
    let min_idle_ms = number(ctx, 4, &"ERR Invalid min-idle-time argument for XCLAIM")?.max(0);
    let mut at = 5;
    while at < ctx.args.len() && StreamId::parse(ctx.arg(at), 0).is_some() {
        at += 1;
    }
    let ids = 5..at;
    let mut how = Claim {
        min_idle_ms,
        time_ms: now_ms,
        count: None,
        force: false,
        only_ids: false,
    };
    let (mut time, mut last_id) = (None, StreamId::MIN);
    while at < ctx.args.len() {
        let has_value = at + 1 < ctx.args.len();
        if ctx.args.is(at, "FORCE") {
            how.force = true;
        } else if ctx.args.is(at, "JUSTID") {
            how.only_ids = true;
        } else if has_value && ctx.args.is(at, "IDLE") {
            at += 1;
            let idle = number(ctx, at, &"ERR Invalid IDLE option argument for XCLAIM")?;
            time = Some(now_ms.wrapping_sub(idle));
        } else if has_value && ctx.args.is(at, "TIME") {
            at += 1;
            time = Some(number(
                ctx,
                at,
                &"ERR Invalid TIME option argument for XCLAIM",
            )?);
        } else if has_value && ctx.args.is(at, "RETRYCOUNT") {
            at += 1;
            let count = number(
                ctx,
                at,
                &"ERR Invalid RETRYCOUNT option argument for XCLAIM",
            )?;
            how.count = u64::try_from(count).ok();
        } else if has_value && ctx.args.is(at, "LASTID") {
            at += 1;
            last_id = strict_id(ctx.arg(at), 0)?;
        } else {
            let option = shown(ctx.arg(at));
            return Err(ctx.refuse_with(&[b"ERR Unrecognized XCLAIM option '", option, b"'"]));
        }
        at += 1;
    }
    if let Some(time) = time.filter(|time| (0..=now_ms).contains(time)) {
        how.time_ms = time;
    }
    let (key, name) = (ctx.arg(1), ctx.arg(2));
    let stream = ctx.keys.collection_mut::<Stream>(place)?;
    let mut moved = None;
    if let Some(mut group) = stream.and_then(|(stream, _)| stream.group_mut(name))
        && last_id > group.last_id
    {
        group.last_id = last_id;
        moved = Some(group.entries_read);
    }
    let consumer = consumer_of(ctx, place)?;
    let mark = ctx.reply.out().mark();
    let (mut len, mut told) = (0, false);
    for index in ids {
        let entry_id = strict_id(ctx.arg(index), 0)?;
        let claimed = claim_one(ctx, place, consumer, entry_id, &how)?;
        len += usize::from(matches!(claimed, Claimed::Yes));
        told |= !matches!(claimed, Claimed::No);
    }
    ctx.reply.array_at(mark, len);
    if let Some(read) = moved.filter(|_| !told) {
        ctx.changed_unseen();
        record_last_id(ctx, key, name, last_id, read);
    }
    ctx.record_nothing();
    Ok(())
}

fn xautoclaim(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    /// Deliveries that are looked at for each that may be claimed.
    const ATTEMPTS: i64 = 10;
    let now_ms = ctx.now.unix_ms as i64;
    let min_idle_ms = number(ctx, 4, &"ERR Invalid min-idle-time argument for XAUTOCLAIM")?.max(0);
    let start = start_id(ctx.arg(5))?;
    let (mut count, mut only_ids) = (100, false);
    let mut at = 6;
    while at < ctx.args.len() {
        if ctx.args.is(at, "COUNT") && at + 1 < ctx.args.len() {
            at += 1;
            const TOO_SMALL: &&str = &"ERR COUNT must be > 0";
            count = number(ctx, at, TOO_SMALL)?;
            if !(1..=i64::MAX / 16).contains(&count) {
                return Err(Error::fixed(TOO_SMALL));
            }
        } else if ctx.args.is(at, "JUSTID") {
            only_ids = true;
        } else {
            return Err(Error::Syntax);
        }
        at += 1;
    }
    let place = place_of(ctx)?;
    let consumer = consumer_of(ctx, place)?;
    let how = Claim {
        min_idle_ms,
        time_ms: now_ms,
        count: None,
        force: false,
        only_ids,
    };
    ctx.reply.array(3);
    let mark = ctx.reply.out().mark();
    let mut gone: Vec<StreamId> = Vec::new();
    let (mut len, mut attempts) = (0, count * ATTEMPTS);
    let mut next = Some(start);
    let following =
        |ctx: &mut Ctx<'_>, next: Option<StreamId>| -> Result<Option<StreamId>, Error> {
            let stream = ctx.keys.collection::<Stream>(place)?;
            let group = stream.and_then(|(stream, _)| stream.group(ctx.arg(2)));
            Ok(group.and_then(|group| Some(group.next_delivery(next?)?.0)))
        };
    while attempts > 0 && count > 0 {
        let Some(entry_id) = following(ctx, next)? else {
            next = None;
            break;
        };
        attempts -= 1;
        match claim_one(ctx, place, consumer, entry_id, &how)? {
            Claimed::Yes => {
                len += 1;
                count -= 1;
            }
            Claimed::Gone => {
                gone.try_reserve(1)?;
                gone.push(entry_id);
                count -= 1;
            }
            Claimed::No => {}
        }
        next = entry_id.next();
    }
    let end = following(ctx, next)?.unwrap_or_default();
    let mut head = [0; ID_TEXT_MAX];
    ctx.reply.array_at(mark, len);
    // The next start stands before the entries.
    let mut text = Vec::new();
    let digits = end.write(&mut head);
    text.push(b'$');
    text.extend_from_slice(write_i64(digits.len() as i64, &mut [0; 20]));
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(digits);
    text.extend_from_slice(b"\r\n");
    ctx.reply.out().insert(mark, &text);
    ctx.reply.array(gone.len());
    for id in gone {
        reply_id(&mut ctx.reply, id);
    }
    ctx.record_nothing();
    Ok(())
}
