//! XPENDING.

use super::{CONSUMER, GROUP, KEY, READS, STREAM, end_id, no_group, reply_id, start_id};
use crate::command::{Arg, Ctx, Flags, Spec};
use crate::error::Error;
use crate::types::stream::{self, Stream, StreamId};

pub(crate) const SPECS: &[Spec] = &[XPENDING];

const XPENDING: Spec = Spec {
    name: "xpending",
    summary: "Shows what a group was delivered and has not acknowledged.",
    complexity: "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
    history: &[(
        "6.2.0",
        "Added the `IDLE` option and exclusive range intervals.",
    )],
    arity: -3,
    flags: Flags::READONLY,
    keys: READS,
    tips: &["nondeterministic_output"],
    args: &[
        KEY,
        GROUP,
        Arg::block(
            "filters",
            &[
                Arg::int("min-idle-time")
                    .after("IDLE")
                    .optional()
                    .since("6.2.0"),
                Arg::string("start"),
                Arg::string("end"),
                Arg::int("count"),
                CONSUMER.optional(),
            ],
        )
        .optional(),
    ],
    handler: xpending,
    ..STREAM
};

/// What a request wants to see of single deliveries.
struct Wanted<'a> {
    min_idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: i64,
    consumer: Option<&'a [u8]>,
}

fn parse<'a>(ctx: &Ctx<'a>) -> Result<Option<Wanted<'a>>, Error> {
    match ctx.args.len() {
        3 => return Ok(None),
        6..=9 => {}
        _ => return Err(Error::Syntax),
    }
    let (mut first, mut min_idle_ms) = (3, 0);
    if ctx.args.is(3, "IDLE") {
        min_idle_ms = ctx.args.int(4)?;
        if ctx.args.len() < 8 {
            return Err(Error::Syntax);
        }
        first = 5;
    }
    let count = ctx.args.int(first + 2)?.max(0);
    Ok(Some(Wanted {
        min_idle_ms,
        count,
        start: start_id(ctx.arg(first))?,
        end: end_id(ctx.arg(first + 1))?,
        consumer: ctx.args.get(first + 3),
    }))
}

fn xpending(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let wanted = parse(ctx)?;
    let (key, name) = (ctx.arg(1), ctx.arg(2));
    let now_ms = ctx.now.unix_ms as i64;
    let stream = ctx.keys.read_collection::<Stream>(key)?;
    let Some(group) = stream.and_then(|(stream, _)| stream.group(name)) else {
        return Err(no_group(&ctx.server.told, key, name, b""));
    };
    let reply = &mut ctx.reply;
    let Some(wanted) = wanted else {
        summary(reply, group);
        return Ok(());
    };
    let consumer = match wanted.consumer {
        Some(name) => match group.find(name) {
            Some(consumer) => Some(consumer),
            None => {
                reply.array(0);
                return Ok(());
            }
        },
        None => None,
    };
    let mark = reply.out().mark();
    let (mut len, mut next) = (0, Some(wanted.start));
    while let Some(start) = next.filter(|_| len < wanted.count) {
        let found = match consumer {
            Some(consumer) => group.consumer(consumer).next_pending(start),
            None => group.next_delivery(start).map(|(id, _)| id),
        };
        let Some(id) = found.filter(|id| *id <= wanted.end) else {
            break;
        };
        next = id.next();
        let Some(delivery) = group.delivery(id) else {
            continue;
        };
        let idle_ms = now_ms.wrapping_sub(delivery.time_ms);
        if wanted.min_idle_ms != 0 && idle_ms < wanted.min_idle_ms {
            continue;
        }
        reply.array(4);
        reply_id(reply, id);
        reply.bulk(group.consumer(delivery.consumer).name());
        reply.int(idle_ms.max(0));
        reply.int(delivery.count as i64);
        len += 1;
    }
    reply.array_at(mark, len as usize);
    Ok(())
}

fn summary(reply: &mut crate::resp::Reply<'_>, group: &stream::Group) {
    reply.array(4);
    reply.int(group.pending_len() as i64);
    let first = group.next_delivery(StreamId::MIN);
    let (Some((first, _)), Some(last)) = (first, group.last_pending()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    reply_id(reply, first);
    reply_id(reply, last);
    let mark = reply.out().mark();
    let mut len = 0;
    for consumer in group
        .consumers()
        .filter(|consumer| consumer.pending_len() > 0)
    {
        reply.array(2);
        reply.bulk(consumer.name());
        reply.bulk_int(consumer.pending_len() as i64);
        len += 1;
    }
    reply.array_at(mark, len);
}
