//! Commands on sorted sets.

pub(crate) mod add;
pub(crate) mod blocking;
pub(crate) mod bounds;
pub(crate) mod combine;
pub(crate) mod member;
pub(crate) mod pop;
pub(crate) mod random;
pub(crate) mod range;
pub(crate) mod remove;
pub(crate) mod scan;

use core::ops::Range;

use crate::command::Ctx;
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::{Protocol, Reply};
use crate::types::listpack::Element;
use crate::types::sorted_set::{Limits, SortedSet};

/// Up to where a sorted set is a listpack, as configured.
#[inline]
pub(super) fn limits(ctx: &Ctx<'_>) -> Limits {
    Limits {
        entries: ctx.config().zset_max_listpack_entries,
        value_bytes: ctx.config().zset_max_listpack_value,
    }
}

#[inline]
pub(super) fn reply_member(reply: &mut Reply<'_>, member: Element<'_>) {
    reply.bulk(member.text(&mut [0; 20]));
}

/// Starts a list of members; RESP3 has a pair for each where scores are given, RESP2 one flat list.
fn start_list(reply: &mut Reply<'_>, len: usize, scores: bool) {
    let flat = scores && reply.protocol() == Protocol::Resp2;
    reply.array(if flat { 2 * len } else { len });
}

/// One member of such a list.
#[inline]
fn list_member(reply: &mut Reply<'_>, (member, score): (Element<'_>, f64), scores: bool) {
    if scores && reply.protocol() == Protocol::Resp3 {
        reply.array(2);
    }
    reply_member(reply, member);
    if scores {
        reply.double(score);
    }
}

/// The members at some ranks as a list.
fn reply_range(
    reply: &mut Reply<'_>,
    set: &SortedSet,
    ranks: Range<usize>,
    backwards: bool,
    scores: bool,
) {
    start_list(reply, ranks.len(), scores);
    for pair in set.range(ranks, backwards) {
        list_member(reply, pair, scores);
    }
}

/// Stores a set at a key in place of what is there, or deletes the key if the set is empty; replies the number
/// of members.
pub(super) fn store(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    set: SortedSet,
    event: Event,
) -> Result<(), Error> {
    let len = set.len();
    let place = ctx.keys.find(key);
    if len > 0 {
        ctx.keys.create(place, key, set)?;
        ctx.changed(event, key);
    } else if ctx.keys.remove(place) {
        ctx.changed(Event::DEL, key);
    }
    ctx.reply.int(len as i64);
    Ok(())
}
