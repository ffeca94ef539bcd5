//! HSCAN.

use super::{KEY, READER, reply_element};
use crate::command::{Arg, ArgKind, Ctx, Flags, Spec};
use crate::commands::generic::scan::{BUCKETS_PER_KEY, ScanOptions, cursor};
use crate::error::Error;
use crate::number::write_u64;
use crate::resp::{Chunks, Reply};
use crate::types::hash_map::Hash;

pub(crate) const SPECS: &[Spec] = &[HSCAN];

const HSCAN: Spec = Spec {
    name: "hscan",
    summary: "Walks through the fields of a hash and their values, some in each call.",
    since: "2.8.0",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    arity: -3,
    flags: Flags::READONLY,
    args: &[
        KEY,
        Arg::int("cursor"),
        Arg::new("pattern", ArgKind::Pattern)
            .after("MATCH")
            .optional(),
        Arg::int("count").after("COUNT").optional(),
        Arg::word("novalues", "NOVALUES").optional().since("7.4.0"),
    ],
    tips: &["nondeterministic_output"],
    handler: hscan,
    ..READER
};

fn hscan(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut cursor = cursor(ctx.arg(2))?;
    let now_ms = ctx.now.unix_ms;
    let Some((hash, hasher)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        ctx.reply.array(2);
        ctx.reply.bulk(b"0");
        ctx.reply.array(0);
        return Ok(());
    };
    let options = ScanOptions::parse_hash(ctx.args, 3)?;
    let mut found = Chunks::new();
    let mut list = Reply::new(&mut found, ctx.reply.protocol());
    let (mut count, mut met) = (0, 0);
    let mut buckets_left = options.count.saturating_mul(BUCKETS_PER_KEY);
    loop {
        cursor = hash.scan(hasher, cursor, |field, value, deadline| {
            met += 1;
            if deadline <= now_ms || !options.wants(field.text(&mut [0; 20])) {
                return;
            }
            count += 1;
            reply_element(&mut list, field);
            if options.values {
                count += 1;
                reply_element(&mut list, value);
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
