//! TIME.

use crate::command::{Ctx, Flags, Group, Spec};
use crate::error::Error;

pub(crate) const SPECS: &[Spec] = &[TIME];

const TIME: Spec = Spec {
    name: "time",
    summary: "Tells the server's time.",
    since: "2.6.0",
    group: Group::Server,
    complexity: "O(1)",
    arity: 1,
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    tips: &["nondeterministic_output"],
    ..Spec::new(time)
};

/// Seconds since 1970 and microseconds; hosts tell the time in milliseconds, so the last three digits come
/// from the clock that never jumps.
fn time(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let us = ctx.now.unix_ms % 1000 * 1000 + ctx.now.mono_us % 1000;
    ctx.reply.array(2);
    ctx.reply.bulk_int((ctx.now.unix_ms / 1000) as i64);
    ctx.reply.bulk_int(us as i64);
    Ok(())
}
