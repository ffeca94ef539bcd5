//! Commands about the connection itself.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;

pub(crate) const SPECS: &[Spec] = &[PING];

const PING: Spec = Spec {
    name: "ping",
    summary: "Answers PONG, or repeats its argument.",
    since: "1.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: -1,
    flags: Flags::FAST,
    acl: Acl::CONNECTION,
    args: &[Arg::string("message").optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    ..Spec::new(ping)
};

fn ping(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    match ctx.args.len() {
        1 => ctx.reply.simple("PONG"),
        2 => ctx.reply.bulk(ctx.arg(1)),
        _ => {
            return Err(Error::Static(
                "ERR wrong number of arguments for 'ping' command",
            ));
        }
    }
    Ok(())
}
