//! CLIENT PAUSE and CLIENT UNPAUSE.

use super::OTHERS;
use crate::command::{Acl, Arg, Ctx, Group, Spec};
use crate::error::Error;
use crate::pause::PauseMode;

pub(super) const PAUSE: Spec = Spec {
    name: "pause",
    summary: "Makes all commands, or those that write, wait for a time.",
    since: "3.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    history: &[("6.2.0", "The modes `WRITE` and `ALL`.")],
    arity: -3,
    flags: OTHERS,
    acl: Acl::CONNECTION,
    args: &[
        Arg::int("timeout"),
        Arg::one_of(
            "mode",
            &[Arg::word("write", "WRITE"), Arg::word("all", "ALL")],
        )
        .optional()
        .since("6.2.0"),
    ],
    ..Spec::new(pause)
};

fn pause(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mode = match ctx.args.len() {
        3 => PauseMode::All,
        4 if ctx.args.is(3, "WRITE") => PauseMode::Write,
        4 if ctx.args.is(3, "ALL") => PauseMode::All,
        4 => {
            return Err(Error::fixed(&"ERR CLIENT PAUSE mode must be WRITE or ALL"));
        }
        _ => return Err(ctx.wrong_arguments("CLIENT")),
    };
    let timeout_ms = ctx
        .args
        .int(2)
        .map_err(|_| Error::fixed(&"ERR timeout is not an integer or out of range"))?;
    let Ok(timeout_ms) = u64::try_from(timeout_ms) else {
        return Err(Error::fixed(&"ERR timeout is negative"));
    };
    if timeout_ms > (i64::MAX as u64).saturating_sub(ctx.now.unix_ms) {
        return Err(Error::fixed(&"ERR timeout is out of range"));
    }
    ctx.server.pause.begin(mode, timeout_ms, ctx.now);
    ctx.keys.set_frozen(ctx.server.pause.is_on(ctx.now));
    ctx.reply.ok();
    Ok(())
}

pub(super) const UNPAUSE: Spec = Spec {
    name: "unpause",
    summary: "Ends a pause: those who wait go on.",
    since: "6.2.0",
    group: Group::Connection,
    complexity: "O(N) Where N is the number of paused clients",
    arity: 2,
    flags: OTHERS,
    acl: Acl::CONNECTION,
    ..Spec::new(unpause)
};

fn unpause(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.server.pause.lift(ctx.clients, &mut ctx.server.outputs);
    ctx.keys.set_frozen(false);
    ctx.reply.ok();
    Ok(())
}
