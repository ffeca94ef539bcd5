//! SSCAN.

use super::reply_member;
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::generic::scan::{ScanOptions, Step, cursor, reply_nothing, walk};
use crate::error::Error;
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
    let cursor = cursor(ctx.arg(2))?;
    let Some((set, hasher)) = ctx.keys.read_collection::<Set>(ctx.args.at(1))? else {
        return reply_nothing(&mut ctx.reply);
    };
    let options = ScanOptions::parse(ctx.args, 3, false)?;
    walk(
        &mut ctx.reply,
        cursor,
        options.count,
        &mut |cursor, list| {
            let mut step = Step::default();
            step.cursor = set.scan(hasher, cursor, |member| {
                step.met += 1;
                if options.wants(member.text(&mut [0; 20])) {
                    reply_member(list, member);
                    step.elements += 1;
                }
            });
            step
        },
    )
}
