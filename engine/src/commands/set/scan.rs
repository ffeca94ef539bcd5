//! SSCAN.

use super::reply_member;
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::generic::scan::{BUCKETS_PER_KEY, ScanOptions, cursor};
use crate::error::Error;
use crate::number::write_u64;
use crate::resp::{Chunks, Reply};
use crate::types::set::Set;

pub(crate) const SPECS: &[Spec] = &[SSCAN];

const SSCAN: Spec = Spec {
    name: "sscan",
    summary: "Walks through a set's members, some in each call.",
    since: "2.8.0",
    group: Group::Set,
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::SET,
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
    ..Spec::new(sscan)
};

fn sscan(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut cursor = cursor(ctx.arg(2))?;
    let Some((set, hasher)) = ctx.keys.read_collection::<Set>(ctx.args.at(1))? else {
        ctx.reply.array(2);
        ctx.reply.bulk(b"0");
        ctx.reply.array(0);
        return Ok(());
    };
    let options = ScanOptions::parse(ctx.args, 3, false)?;
    let mut found = Chunks::new();
    let mut list = Reply::new(&mut found, ctx.reply.protocol());
    let (mut count, mut met) = (0, 0);
    let mut buckets_left = options.count.saturating_mul(BUCKETS_PER_KEY);
    loop {
        cursor = set.scan(hasher, cursor, |member| {
            met += 1;
            if options.wants(member.text(&mut [0; 20])) {
                reply_member(&mut list, member);
                count += 1;
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
