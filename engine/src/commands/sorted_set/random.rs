//! ZRANDMEMBER.

use alloc::vec::Vec;

use super::{list_member, reply_member, reply_range, start_list};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::random::Random;
use crate::resp::Reply;
use crate::types::sort::sort_by_key;
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[ZRANDMEMBER];

const ZRANDMEMBER: Spec = Spec {
    name: "zrandmember",
    summary: "Gives random members of a sorted set.",
    since: "6.2.0",
    group: Group::SortedSet,
    complexity: "O(N) where N is the number of elements returned",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::block(
            "options",
            &[
                Arg::int("count"),
                Arg::word("withscores", "WITHSCORES").optional(),
            ],
        )
        .optional(),
    ],
    tips: &["nondeterministic_output"],
    ..Spec::new(zrandmember)
};

fn zrandmember(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let counted = ctx.args.len() > 2;
    let (mut count, mut scores) = (1, false);
    if counted {
        count = ctx.args.int(2)?;
        if count == i64::MIN {
            return Err(Error::fixed(
                &"ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
            ));
        }
        scores = ctx.args.is(3, "WITHSCORES");
        if ctx.args.len() > 4 || ctx.args.len() == 4 && !scores {
            return Err(Error::Syntax);
        }
        if scores && count.unsigned_abs() > i64::MAX as u64 / 2 {
            return Err(Error::OutOfRange);
        }
    }
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let (reply, random) = (&mut ctx.reply, &mut ctx.server.random);
    match set {
        None if counted => reply.array(0),
        None => reply.null(),
        Some((set, _)) if !counted => {
            if let Some((member, _)) = drawn(set, random) {
                reply_member(reply, member);
            }
        }
        Some((set, _)) if count < 0 => repeated(reply, set, count.unsigned_abs(), scores, random)?,
        Some((set, _)) if count as u64 >= set.len() as u64 => {
            reply_range(reply, set, 0..set.len(), false, scores);
        }
        Some((set, _)) => distinct(reply, set, count as usize, scores, random)?,
    }
    Ok(())
}

/// A uniformly random member.
fn drawn<'a>(
    set: &'a SortedSet,
    random: &mut Random,
) -> Option<(crate::types::listpack::Element<'a>, f64)> {
    let rank = random.below(set.len() as u64) as usize;
    set.range(rank..rank + 1, false).next()
}

/// So many independent draws.
fn repeated(
    reply: &mut Reply<'_>,
    set: &SortedSet,
    count: u64,
    scores: bool,
    random: &mut Random,
) -> Result<(), Error> {
    start_list(reply, usize::try_from(count).unwrap_or(usize::MAX), scores);
    for _ in 0..count {
        if let Some(pair) = drawn(set, random) {
            list_member(reply, pair, scores);
        }
        if reply.out().failed() {
            return Err(Error::OutOfMemory);
        }
    }
    Ok(())
}

/// So many different members, fewer than there are, in order.
fn distinct(
    reply: &mut Reply<'_>,
    set: &SortedSet,
    count: usize,
    scores: bool,
    random: &mut Random,
) -> Result<(), Error> {
    start_list(reply, count, scores);
    if count >= set.len() / 4 {
        // Each member in turn is taken with the chance that leaves exactly as many as are wanted.
        let mut wanted = count as u64;
        for (at, pair) in set.iter().enumerate() {
            if random.below((set.len() - at) as u64) < wanted {
                list_member(reply, pair, scores);
                wanted -= 1;
            }
        }
        return Ok(());
    }
    let mut ranks: Vec<usize> = Vec::new();
    ranks.try_reserve_exact(count)?;
    while ranks.len() < count {
        // At most a quarter is drawn twice, so few rounds suffice. Dropping repetitions keeps all ranks alike.
        while ranks.len() < count {
            ranks.push(random.below(set.len() as u64) as usize);
        }
        sort_by_key(&mut ranks, |rank| *rank);
        ranks.dedup();
    }
    for rank in ranks {
        set.range(rank..rank + 1, false)
            .for_each(|pair| list_member(reply, pair, scores));
    }
    Ok(())
}
