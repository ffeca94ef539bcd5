//! WAIT.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::session::blocking::{Awaits, GiveUp};

pub(crate) const SPECS: &[Spec] = &[WAIT];

const WAIT: Spec = Spec {
    name: "wait",
    summary: "Waits until replicas have the changes that this connection made.",
    since: "3.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::NOSCRIPT,
    acl: Acl::CONNECTION,
    args: &[Arg::int("numreplicas"), Arg::int("timeout")],
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    ..Spec::new(wait)
};

/// There are no replicas: whoever wants one waits until the timeout, in milliseconds, 0 for ever.
fn wait(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let wanted = ctx.args.int(1)?;
    let timeout_ms = ctx
        .args
        .int(2)
        .map_err(|_| Error::Static("ERR timeout is not an integer or out of range"))?;
    let timeout_ms =
        u64::try_from(timeout_ms).map_err(|_| Error::Static("ERR timeout is negative"))?;
    if timeout_ms > (i64::MAX as u64).saturating_sub(ctx.now.unix_ms) {
        return Err(Error::Static("ERR timeout is out of range"));
    }
    if wanted <= 0 {
        ctx.reply.int(0);
        return Ok(());
    }
    let deadline_us = ctx
        .now
        .mono_us
        .saturating_add(timeout_ms.saturating_mul(1000));
    let deadline_us = (timeout_ms > 0).then_some(deadline_us);
    ctx.block_on(
        core::iter::empty(),
        deadline_us,
        Awaits::Time,
        GiveUp::Int(0),
    )
}
