//! HSCAN.

use super::{KEY, READER, reply_element};
use crate::command::{Arg, ArgKind, Ctx, Flags, Spec};
use crate::commands::generic::scan::{ScanOptions, Step, cursor, reply_nothing, walk};
use crate::error::Error;
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
    let cursor = cursor(ctx.arg(2))?;
    let now_ms = ctx.now.unix_ms;
    let Some((hash, hasher)) = ctx.keys.read_collection::<Hash>(ctx.args.at(1))? else {
        return reply_nothing(&mut ctx.reply);
    };
    let options = ScanOptions::parse_hash(ctx.args, 3)?;
    walk(
        &mut ctx.reply,
        cursor,
        options.count,
        &mut |cursor, list| {
            let mut step = Step::default();
            step.cursor = hash.scan(hasher, cursor, |field, value, deadline| {
                step.met += 1;
                if deadline <= now_ms || !options.wants(field.text(&mut [0; 20])) {
                    return;
                }
                reply_element(list, field);
                step.elements += 1;
                if options.values {
                    reply_element(list, value);
                    step.elements += 1;
                }
            });
            step
        },
    )
}
