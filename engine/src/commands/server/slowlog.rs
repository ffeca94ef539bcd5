//! SLOWLOG.

use super::help;
use crate::command::{Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;

pub(crate) const SPECS: &[Spec] = &[SLOWLOG];

/// Entries that GET shows unless told otherwise.
const DEFAULT_COUNT: usize = 10;

const SLOWLOG: Spec = Spec {
    name: "slowlog",
    summary: "Shows the commands that took long.",
    since: "2.2.12",
    group: Group::Server,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "get",
            summary: "Shows the newest entries.",
            since: "2.2.12",
            group: Group::Server,
            complexity: "O(N) where N is the number of entries returned",
            history: &[("4.0.0", "Entries tell the client's address and name.")],
            arity: -2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
            args: &[Arg::int("count").optional()],
            tips: &["request_policy:all_nodes", "nondeterministic_output"],
            ..Spec::new(get)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "6.2.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..Spec::new(help)
        },
        Spec {
            name: "len",
            summary: "Counts the entries.",
            since: "2.2.12",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
            tips: &[
                "request_policy:all_nodes",
                "response_policy:agg_sum",
                "nondeterministic_output",
            ],
            ..Spec::new(len)
        },
        Spec {
            name: "reset",
            summary: "Drops all entries.",
            since: "2.2.12",
            group: Group::Server,
            complexity: "O(N) where N is the number of entries in the slowlog",
            arity: 2,
            flags: Flags::ADMIN.or(Flags::LOADING).or(Flags::STALE),
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            ..Spec::new(reset)
        },
    ],
    ..Spec::new(help)
};

fn get(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let count = match ctx.args.len() {
        2 => DEFAULT_COUNT,
        3 => match ctx.args.int(2) {
            Ok(-1) => usize::MAX,
            Ok(count @ 0..) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => {
                return Err(Error::fixed(
                    &"ERR count should be greater than or equal to -1",
                ));
            }
        },
        _ => return Err(ctx.wrong_arguments("SLOWLOG")),
    };
    let reply = &mut ctx.reply;
    let log = &ctx.server.slowlog;
    reply.array(count.min(log.len()));
    for entry in log.iter().take(count) {
        reply.array(6);
        reply.int(entry.id as i64);
        reply.int(entry.unix_s as i64);
        reply.int(entry.us as i64);
        reply.array(entry.args.len());
        entry.args.iter().for_each(|arg| reply.bulk(arg));
        reply.bulk(entry.address.as_bytes());
        reply.bulk(&entry.name);
    }
    Ok(())
}

fn len(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.int(ctx.server.slowlog.len() as i64);
    Ok(())
}

fn reset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.server.slowlog.clear();
    ctx.reply.ok();
    Ok(())
}
