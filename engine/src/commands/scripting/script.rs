//! SCRIPT.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::commands::server::help;
use crate::error::Error;
use crate::script::{self, read_digest};
use crate::sha1;

pub(crate) const SPECS: &[Spec] = &[SCRIPT];

/// How SCRIPT FLUSH and FUNCTION FLUSH may go about it.
pub(super) const FLUSH_TYPE: Arg = Arg::one_of(
    "flush-type",
    &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")],
)
.optional();

const SCRIPT: Spec = Spec {
    name: "script",
    summary: "Manages the Lua scripts that the server knows.",
    since: "2.6.0",
    group: Group::Scripting,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "debug",
            summary: "Sets how the scripts that follow are debugged.",
            since: "3.2.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 3,
            flags: Flags::NOSCRIPT,
            acl: Acl::SCRIPTING,
            args: &[Arg::one_of(
                "mode",
                &[
                    Arg::word("yes", "YES"),
                    Arg::word("sync", "SYNC"),
                    Arg::word("no", "NO"),
                ],
            )],
            ..Spec::new(debug)
        },
        Spec {
            name: "exists",
            summary: "Tells which scripts the server knows.",
            since: "2.6.0",
            group: Group::Scripting,
            complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) \
                         operation).",
            arity: -3,
            flags: Flags::NOSCRIPT,
            acl: Acl::SCRIPTING,
            args: &[Arg::string("sha1").multiple()],
            tips: &[
                "request_policy:all_shards",
                "response_policy:agg_logical_and",
            ],
            ..Spec::new(exists)
        },
        Spec {
            name: "flush",
            summary: "Forgets all scripts.",
            since: "2.6.0",
            group: Group::Scripting,
            complexity: "O(N) with N being the number of scripts in cache",
            history: &[("6.2.0", "ASYNC and SYNC say how.")],
            arity: -2,
            flags: Flags::NOSCRIPT,
            acl: Acl::SCRIPTING,
            args: &[FLUSH_TYPE.since("6.2.0")],
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            ..Spec::new(flush)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "5.0.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::SCRIPTING,
            ..Spec::new(help)
        },
        Spec {
            name: "kill",
            summary: "Ends the script that runs.",
            since: "2.6.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::NOSCRIPT.or(Flags::ALLOW_BUSY),
            acl: Acl::SCRIPTING,
            tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
            ..Spec::new(kill)
        },
        Spec {
            name: "load",
            summary: "Compiles a script and keeps it, without running it.",
            since: "2.6.0",
            group: Group::Scripting,
            complexity: "O(N) with N being the length in bytes of the script body.",
            arity: 3,
            flags: Flags::NOSCRIPT.or(Flags::STALE),
            acl: Acl::SCRIPTING,
            args: &[Arg::string("script")],
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            ..Spec::new(load)
        },
        Spec {
            name: "show",
            summary: "Shows a script's text.",
            since: "8.0.0",
            group: Group::Scripting,
            complexity: "O(1).",
            arity: 3,
            flags: Flags::NOSCRIPT,
            acl: Acl::SCRIPTING,
            args: &[Arg::string("sha1")],
            ..Spec::new(show)
        },
    ],
    ..Spec::new(help)
};

fn debug(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.is(2, "NO") {
        ctx.reply.ok();
        return Ok(());
    }
    if ctx.args.is(2, "YES") || ctx.args.is(2, "SYNC") {
        return Err(Error::fixed(
            &"ERR Scripts cannot be debugged step by step on this server",
        ));
    }
    Err(Error::fixed(&"ERR Use SCRIPT DEBUG YES/SYNC/NO"))
}

fn exists(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.array(ctx.args.len() - 2);
    for text in ctx.args.from(2).iter() {
        let digest = read_digest(text);
        let known = digest.is_some_and(|digest| ctx.server.scripts.cache.get(&digest).is_some());
        ctx.reply.flag(known);
    }
    Ok(())
}

/// Whether the way of flushing, if there is one, is one that there is.
pub(super) fn knows_flush_type(ctx: &Ctx<'_>) -> bool {
    ctx.args.len() == 2 || ctx.args.is(2, "SYNC") || ctx.args.is(2, "ASYNC")
}

fn flush(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 3 || !knows_flush_type(ctx) {
        return Err(Error::fixed(
            &"ERR SCRIPT FLUSH only support SYNC|ASYNC option",
        ));
    }
    ctx.server.scripts.flush();
    ctx.reply.ok();
    Ok(())
}

fn kill(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    script::kill(&mut ctx.server.scripts, false)?;
    ctx.reply.ok();
    Ok(())
}

fn load(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let digest = ctx.server.load_script(ctx.arg(2), true)?;
    ctx.reply.bulk(&sha1::hex(&digest));
    Ok(())
}

fn show(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let digest = read_digest(ctx.arg(2));
    match digest.and_then(|digest| ctx.server.scripts.cache.get(&digest)) {
        Some(script) => {
            ctx.reply.bulk(&script.body);
            Ok(())
        }
        None => Err(Error::fixed(&"NOSCRIPT No matching script.")),
    }
}
