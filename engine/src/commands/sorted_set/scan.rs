//! ZSCAN.

use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::generic::scan::{ScanOptions, Step, cursor, reply_nothing, walk};
use crate::error::Error;
use crate::number::float::{TEXT_LEN_MAX, write_shortest};
use crate::types::sorted_set::SortedSet;

pub(crate) const SPECS: &[Spec] = &[ZSCAN];

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
    let cursor = cursor(ctx.arg(2))?;
    let Some((set, hasher)) = ctx.keys.read_collection::<SortedSet>(ctx.args.at(1))? else {
        return reply_nothing(&mut ctx.reply);
    };
    let options = ScanOptions::parse(ctx.args, 3, false)?;
    walk(
        &mut ctx.reply,
        cursor,
        options.count,
        &mut |cursor, list| {
            let mut step = Step::default();
            step.cursor = set.scan(hasher, cursor, |member, score| {
                step.met += 1;
                let mut digits = [0; 20];
                let member = member.text(&mut digits);
                if options.wants(member) {
                    list.bulk(member);
                    list.bulk(write_shortest(score, &mut [0; TEXT_LEN_MAX]));
                    step.elements += 2;
                }
            });
            step
        },
    )
}
