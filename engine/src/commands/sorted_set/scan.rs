//! ZSCAN.

use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::generic::scan::{ScanOptions, cursor};
use crate::error::Error;
use crate::number::float::{TEXT_LEN_MAX, write_shortest};
use crate::number::write_u64;
use crate::resp::{Chunks, Reply};
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[ZSCAN];

/// A call looks at this many buckets for each member it was asked for, and then stops even if it found fewer.
const BUCKETS_PER_MEMBER: u64 = 10;

const ZSCAN: Spec = Spec {
    name: "zscan",
    summary: "Walks through the members of a sorted set, some in each call.",
    since: "2.8.0",
    group: Group::SortedSet,
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::int("cursor"),
        Arg::new("pattern", ArgKind::Pattern)
            .after("MATCH")
            .optional(),
        Arg::int("count").after("COUNT").optional(),
    ],
    tips: &["nondeterministic_output"],
    ..Spec::new(zscan)
};

fn zscan(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut cursor = cursor(ctx.arg(2))?;
    let protocol = ctx.reply.protocol();
    let Some((set, hasher)) = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))? else {
        ctx.reply.array(2);
        ctx.reply.bulk(b"0");
        ctx.reply.array(0);
        return Ok(());
    };
    let options = ScanOptions::parse(ctx.args, 3, false)?;
    let mut found = Chunks::new();
    let mut list = Reply::new(&mut found, protocol);
    let (mut count, mut met) = (0, 0);
    let mut buckets_left = options.count.saturating_mul(BUCKETS_PER_MEMBER);
    loop {
        cursor = set.scan(hasher, cursor, |member, score| {
            met += 1;
            let mut digits = [0; 20];
            let member = member.text(&mut digits);
            if options.wants(member) {
                list.bulk(member);
                list.bulk(write_shortest(score, &mut [0; TEXT_LEN_MAX]));
                count += 2;
            }
        });
        if cursor == 0 || buckets_left == 0 || met >= options.count {
            break;
        }
        buckets_left -= 1;
    }
    if found.failed() {
        return Err(Error::OutOfMemory);
    }
    ctx.reply.array(2);
    ctx.reply.bulk(write_u64(cursor, &mut [0; 20]));
    ctx.reply.array(count);
    ctx.reply.out().append(&mut found);
    Ok(())
}
