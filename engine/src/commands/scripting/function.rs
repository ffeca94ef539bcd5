//! FUNCTION.

use super::script::{FLUSH_TYPE, knows_flush_type};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, Spec, printable};
use crate::commands::server::help;
use crate::error::Error;
use crate::glob;
use crate::script::{self, Policy};

pub(crate) const SPECS: &[Spec] = &[FUNCTION];

const WRITE: Flags = Flags::NOSCRIPT.or(Flags::WRITE);
const BUSY: Flags = Flags::NOSCRIPT.or(Flags::ALLOW_BUSY);
const ALL_SHARDS: &[&str] = &["request_policy:all_shards", "response_policy:all_succeeded"];

const FUNCTION: Spec = Spec {
    name: "function",
    summary: "Manages the libraries of functions.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "delete",
            summary: "Deletes a library and its functions.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 3,
            flags: WRITE,
            acl: Acl::SCRIPTING,
            args: &[Arg::string("library-name")],
            tips: ALL_SHARDS,
            ..Spec::new(delete)
        },
        Spec {
            name: "dump",
            summary: "Gives all libraries as one payload.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(N) where N is the number of functions",
            arity: 2,
            flags: Flags::NOSCRIPT,
            acl: Acl::SCRIPTING,
            ..Spec::new(dump)
        },
        Spec {
            name: "flush",
            summary: "Deletes all libraries.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(N) where N is the number of functions deleted",
            arity: -2,
            flags: WRITE,
            acl: Acl::SCRIPTING,
            args: &[FLUSH_TYPE],
            tips: ALL_SHARDS,
            ..Spec::new(flush)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::SCRIPTING,
            ..Spec::new(help)
        },
        Spec {
            name: "kill",
            summary: "Ends the function that runs.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 2,
            flags: BUSY,
            acl: Acl::SCRIPTING,
            tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
            ..Spec::new(kill)
        },
        Spec {
            name: "list",
            summary: "Lists the libraries.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(N) where N is the number of functions",
            arity: -2,
            flags: Flags::NOSCRIPT,
            acl: Acl::SCRIPTING,
            args: &[
                Arg::new("library-name-pattern", ArgKind::String)
                    .after("LIBRARYNAME")
                    .optional(),
                Arg::word("withcode", "WITHCODE").optional(),
            ],
            tips: &["nondeterministic_output_order"],
            ..Spec::new(list)
        },
        Spec {
            name: "load",
            summary: "Creates a library.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(1) (considering compilation time is redundant)",
            arity: -3,
            flags: WRITE.or(Flags::DENYOOM),
            acl: Acl::SCRIPTING,
            args: &[
                Arg::word("replace", "REPLACE").optional(),
                Arg::string("function-code"),
            ],
            tips: ALL_SHARDS,
            ..Spec::new(load)
        },
        Spec {
            name: "restore",
            summary: "Creates the libraries of a payload.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(N) where N is the number of functions on the payload",
            arity: -3,
            flags: WRITE.or(Flags::DENYOOM),
            acl: Acl::SCRIPTING,
            args: &[
                Arg::string("serialized-value"),
                Arg::one_of(
                    "policy",
                    &[
                        Arg::word("flush", "FLUSH"),
                        Arg::word("append", "APPEND"),
                        Arg::word("replace", "REPLACE"),
                    ],
                )
                .optional(),
            ],
            tips: ALL_SHARDS,
            ..Spec::new(restore)
        },
        Spec {
            name: "stats",
            summary: "Tells of the function that runs and of the engines.",
            since: "7.0.0",
            group: Group::Scripting,
            complexity: "O(1)",
            arity: 2,
            flags: BUSY,
            acl: Acl::SCRIPTING,
            tips: &[
                "nondeterministic_output",
                "request_policy:all_shards",
                "response_policy:special",
            ],
            ..Spec::new(stats)
        },
    ],
    ..Spec::new(help)
};

fn load(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let last = ctx.args.len() - 1;
    let mut replace = false;
    for at in 2..last {
        if !ctx.args.is(at, "REPLACE") {
            let option = ctx.arg(at);
            let end = option.iter().position(|byte| *byte == 0);
            let option = &option[..end.unwrap_or(option.len())];
            let last = option
                .iter()
                .rposition(|byte| !matches!(byte, b'\r' | b'\n'));
            let option = &option[..last.map_or(0, |last| last + 1)];
            return Err(ctx.refuse_with(&[b"ERR Unknown option given: ", option]));
        }
        replace = true;
    }
    let server = &mut *ctx.server;
    let loaded = server
        .scripts
        .load_library(ctx.args.at(last), replace, &server.told);
    let name = loaded?;
    ctx.changed_quietly(b"");
    ctx.reply.bulk(&name);
    Ok(())
}

fn delete(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if !ctx.server.scripts.delete_library(ctx.arg(2)) {
        return Err(Error::fixed(&"ERR Library not found"));
    }
    ctx.changed_quietly(b"");
    ctx.reply.ok();
    Ok(())
}

/// The error for arguments that a subcommand does not have.
fn too_many(ctx: &Ctx<'_>) -> Error {
    let name = printable(ctx.arg(1), usize::MAX);
    ctx.refuse_with(&[
        b"ERR unknown subcommand or wrong number of arguments for '",
        name,
        b"'. Try FUNCTION HELP.",
    ])
}

fn flush(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 3 {
        return Err(too_many(ctx));
    }
    if !knows_flush_type(ctx) {
        return Err(Error::fixed(
            &"ERR FUNCTION FLUSH only supports SYNC|ASYNC option",
        ));
    }
    ctx.server.scripts.flush_libraries();
    ctx.changed_quietly(b"");
    ctx.reply.ok();
    Ok(())
}

fn kill(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    script::kill(&mut ctx.server.scripts, true)?;
    ctx.reply.ok();
    Ok(())
}

fn dump(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let compress = ctx.server.config.rdbcompression;
    let payload = ctx.server.scripts.libraries.dump(compress)?;
    ctx.reply.bulk(&payload);
    Ok(())
}

fn restore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 4 {
        return Err(too_many(ctx));
    }
    let policy = match ctx.args.get(3) {
        None => Policy::Append,
        Some(_) if ctx.args.is(3, "APPEND") => Policy::Append,
        Some(_) if ctx.args.is(3, "REPLACE") => Policy::Replace,
        Some(_) if ctx.args.is(3, "FLUSH") => Policy::Flush,
        Some(_) => {
            return Err(Error::fixed(
                &"ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
            ));
        }
    };
    let server = &mut *ctx.server;
    server
        .scripts
        .restore(ctx.args.at(2), policy, &server.told)?;
    ctx.changed_quietly(b"");
    ctx.reply.ok();
    Ok(())
}

fn list(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (mut pattern, mut with_code) = (None, false);
    let mut at = 2;
    while at < ctx.args.len() {
        if !with_code && ctx.args.is(at, "WITHCODE") {
            with_code = true;
        } else if pattern.is_none() && ctx.args.is(at, "LIBRARYNAME") {
            at += 1;
            let given = ctx.args.get(at);
            pattern = Some(given.ok_or(Error::fixed(&"ERR library name argument was not given"))?);
        } else {
            return Err(
                ctx.refuse_with(&[b"ERR Unknown argument ", printable(ctx.arg(at), usize::MAX)])
            );
        }
        at += 1;
    }
    let libraries = &ctx.server.scripts.libraries;
    let wanted = libraries.iter().filter(|library| {
        pattern.is_none_or(|pattern| glob::matches(pattern, &library.name, true))
    });
    let reply = &mut ctx.reply;
    reply.array(wanted.clone().count());
    for library in wanted {
        reply.map(if with_code { 4 } else { 3 });
        reply.bulk(b"library_name");
        reply.bulk(&library.name);
        reply.bulk(b"engine");
        reply.bulk(b"LUA");
        reply.bulk(b"functions");
        reply.array(library.functions.len());
        for function in &library.functions {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(&function.name);
            reply.bulk(b"description");
            match &function.description {
                Some(text) => reply.bulk(text),
                None => reply.null(),
            }
            reply.bulk(b"flags");
            let names = function.flags.names();
            reply.set(names.clone().count());
            names.for_each(|name| reply.simple(name));
        }
        if with_code {
            reply.bulk(b"library_code");
            reply.bulk(&library.code);
        }
    }
    Ok(())
}

fn stats(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let scripts = &ctx.server.scripts;
    if let Some(running) = &scripts.running
        && !running.is_function
    {
        return Err(script::BUSY_SCRIPT);
    }
    let reply = &mut ctx.reply;
    reply.map(2);
    reply.bulk(b"running_script");
    match &scripts.running {
        None => reply.null(),
        Some(running) => {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(running.name());
            reply.bulk(b"command");
            reply.array(running.request.len());
            running.request.iter().for_each(|arg| reply.bulk(arg));
            reply.bulk(b"duration_ms");
            reply.int(running.duration_ms(ctx.now) as i64);
        }
    }
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.int(scripts.libraries.len() as i64);
    reply.bulk(b"functions_count");
    reply.int(scripts.libraries.functions_len() as i64);
    Ok(())
}
