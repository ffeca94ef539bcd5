//! INFO.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::observe::info as report;

pub(crate) const SPECS: &[Spec] = &[INFO];

const INFO: Spec = Spec {
    name: "info",
    summary: "Reports on the server, section by section.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1)",
    history: &[("7.0.0", "Takes several sections.")],
    arity: -1,
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::DANGEROUS,
    args: &[Arg::string("section").optional().multiple()],
    tips: &[
        "nondeterministic_output",
        "request_policy:all_shards",
        "response_policy:special",
    ],
    ..Spec::new(info)
};

fn info(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    // A peak between two ticks counts once it was seen.
    let used = ctx.server.facts.used_memory();
    ctx.server.memory_peak = ctx.server.memory_peak.max(used);
    let sections = report::Sections::parse(ctx.args.from(1));
    let text = report::text(&sections, ctx);
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}
