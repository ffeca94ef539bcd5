//! Commands on lists.

pub(crate) mod blocking;
pub(crate) mod change;
pub(crate) mod find;
pub(crate) mod pop;
pub(crate) mod push;
pub(crate) mod read;
pub(crate) mod transfer;

use crate::command::{Arg, Ctx};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::resp::{Args, Reply};
use crate::types::list::{End, Limits};
use crate::types::listpack::Element;

/// How large a list's nodes may become.
#[inline]
pub(in crate::commands) fn limits(ctx: &Ctx<'_>) -> Limits {
    Limits {
        fill: ctx.config().list_max_listpack_size,
        large_bytes: ctx.server.list_large_bytes,
    }
}

/// Writes an element as a bulk string.
#[inline]
pub(in crate::commands) fn reply_element(reply: &mut Reply<'_>, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Int(value) => reply.bulk_int(value),
    }
}

const ENDS: &[Arg] = &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")];

/// LEFT or RIGHT.
fn end(args: Args<'_>, index: usize) -> Result<End, Error> {
    if args.is(index, "LEFT") {
        Ok(End::Head)
    } else if args.is(index, "RIGHT") {
        Ok(End::Tail)
    } else {
        Err(Error::Syntax)
    }
}

fn push_event(end: End) -> Event {
    match end {
        End::Head => Event::LPUSH,
        End::Tail => Event::RPUSH,
    }
}

fn pop_event(end: End) -> Event {
    match end {
        End::Head => Event::LPOP,
        End::Tail => Event::RPOP,
    }
}

/// An index where negative ones count from the end; nothing where that is outside.
fn resolve(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 {
        index.checked_add(len as i64)?
    } else {
        index
    };
    usize::try_from(index).ok().filter(|index| *index < len)
}

/// The first element and the number of elements of a range whose ends count from the end where negative.
fn range(start: i64, stop: i64, len: usize) -> (usize, usize) {
    let len = len as i64;
    let from_start = |index: i64| if index < 0 { index + len } else { index };
    let start = from_start(start).max(0);
    let stop = from_start(stop).min(len - 1);
    if start > stop {
        (0, 0)
    } else {
        (start as usize, (stop - start + 1) as usize)
    }
}

/// Tells that elements went, counted as `count` changes, and that the key did with the last one.
fn removed(ctx: &mut Ctx<'_>, place: Place, event: Event, key: &[u8], count: usize) {
    ctx.changed(event, key);
    ctx.changes += count as u64 - 1;
    if ctx.keys.remove_if_empty(place) {
        ctx.notify(Event::DEL, key);
    }
}
