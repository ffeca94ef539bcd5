//! MONITOR.

use crate::command::{Ctx, Flags, Group, Spec};
use crate::error::Error;

pub(crate) const SPECS: &[Spec] = &[MONITOR];

const MONITOR: Spec = Spec {
    name: "monitor",
    summary: "Shows every command that the server runs, as it runs.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1) to begin; then each command of another connection costs O(its arguments).",
    arity: 1,
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::LOADING)
        .or(Flags::STALE),
    ..Spec::new(monitor)
};

fn monitor(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.conn.exec_len.is_some() {
        return Err(Error::fixed(
            &"ERR MONITOR isn't allowed for DENY BLOCKING client",
        ));
    }
    // One that looks already gets no answer.
    if !ctx.conn.monitors {
        ctx.server.session.monitors.add(ctx.conn);
        ctx.reply.ok();
    }
    Ok(())
}
