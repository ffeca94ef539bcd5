//! CLIENT UNBLOCK.

use super::OTHERS;
use crate::command::{Acl, Arg, Ctx, Group, Spec};
use crate::error::Error;
use crate::session::blocking::{End, give_up};

pub(super) const UNBLOCK: Spec = Spec {
    name: "unblock",
    summary: "Ends the waiting of a connection's command, as if its time were over or with an error.",
    since: "5.0.0",
    group: Group::Connection,
    complexity: "O(log N) where N is the number of client connections",
    arity: -3,
    flags: OTHERS,
    acl: Acl::CONNECTION,
    args: &[
        Arg::int("client-id"),
        Arg::one_of(
            "timeout_error",
            &[Arg::word("timeout", "TIMEOUT"), Arg::word("error", "ERROR")],
        )
        .optional(),
    ],
    ..Spec::new(unblock)
};

fn unblock(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let end = match ctx.args.len() {
        3 => End::TimedOut,
        4 if ctx.args.is(3, "TIMEOUT") => End::TimedOut,
        4 if ctx.args.is(3, "ERROR") => End::Error,
        4 => {
            return Err(Error::fixed(
                &"ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
            ));
        }
        _ => return Err(ctx.wrong_arguments("CLIENT")),
    };
    let id = ctx.args.int(2)?;
    let found = u64::try_from(id).ok().and_then(|id| ctx.clients.find(id));
    let found = found.map(|conn| conn.id);
    let ended = match found.and_then(|id| ctx.clients.get_mut(id)) {
        Some(conn) => give_up(ctx.now, ctx.server, conn, end),
        None => false,
    };
    ctx.reply.flag(ended);
    Ok(())
}
