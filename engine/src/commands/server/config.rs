//! CONFIG: the configuration while the server runs.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::help;
use crate::boundary::Job;
use crate::command::{Arg, Ctx, Flags, Group, Spec};
use crate::config::{Change, SetError};
use crate::error::Error;
use crate::server::{Pending, Server};

pub(crate) const SPECS: &[Spec] = &[CONFIG];

/// Directives that a host has to act on when they change.
const HOST_DIRECTIVES: &[&str] = &[
    "bind",
    "port",
    "tcp-keepalive",
    "socket-mark-id",
    "http-port",
    "http-bind",
    "tls-port",
    "tls-cert-file",
    "tls-key-file",
    "tls-key-file-pass",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    "tls-auth-clients",
    "tls-protocols",
    "tls-ciphers",
    "tls-ciphersuites",
    "maxclients",
    "loglevel",
    "dir",
    "oom-score-adj",
    "oom-score-adj-values",
];

const CONFIG: Spec = Spec {
    name: "config",
    summary: "Reads and changes the configuration.",
    since: "2.0.0",
    group: Group::Server,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "get",
            summary: "Shows the directives that match patterns.",
            since: "2.0.0",
            group: Group::Server,
            complexity: "O(N) when N is the number of configuration parameters provided",
            history: &[("7.0.0", "Takes several patterns.")],
            arity: -3,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            args: &[Arg::block("parameter", &[Arg::string("parameter")]).multiple()],
            ..Spec::new(get)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "5.0.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..Spec::new(|ctx| help(ctx, &CONFIG))
        },
        Spec {
            name: "resetstat",
            summary: "Sets the statistics of INFO back to zero.",
            since: "2.0.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            ..Spec::new(resetstat)
        },
        Spec {
            name: "rewrite",
            summary: "Writes the present configuration to its file.",
            since: "2.8.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            ..Spec::new(rewrite)
        },
        Spec {
            name: "set",
            summary: "Changes directives while the server runs, all or none.",
            since: "2.0.0",
            group: Group::Server,
            complexity: "O(N) when N is the number of configuration parameters provided",
            history: &[("7.0.0", "Takes several directives at once.")],
            arity: -4,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            args: &[Arg::block(
                "parameter_value",
                &[Arg::string("parameter"), Arg::string("value")],
            )
            .multiple()],
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            ..Spec::new(set)
        },
    ],
    ..Spec::new(|ctx| help(ctx, &CONFIG))
};

fn get(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let patterns: Vec<&[u8]> = ctx.args.from(2).iter().collect();
    let found = ctx.server.config.get(&patterns);
    ctx.reply.map(found.len());
    for (name, value) in &found {
        ctx.reply.bulk(name);
        ctx.reply.bulk(value);
    }
    Ok(())
}

fn set(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() % 2 == 1 {
        return Err(Error::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> = (2..ctx.args.len())
        .step_by(2)
        .map(|index| (ctx.arg(index), ctx.arg(index + 1)))
        .collect();
    let local = ctx.conn.peer.loopback || ctx.conn.peer.unix_socket;
    let changes = ctx
        .server
        .config
        .set(&pairs, local)
        .map_err(|error| set_error(&error))?;
    let work: Vec<Job> = for_host(&changes)
        .map(|change| Job::Apply {
            directive: change.directive.name,
        })
        .collect();
    if work.is_empty() {
        ctx.reply.ok();
    } else {
        let pending = Pending::Apply(changes);
        ctx.server.start_and_park(ctx.conn, work, pending);
    }
    Ok(())
}

fn set_error(error: &SetError) -> Error {
    Error::Text(String::from_utf8_lossy(&error.text()).into_owned())
}

fn for_host(changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes
        .iter()
        .filter(|change| HOST_DIRECTIVES.contains(&change.directive.name))
}

/// The end of a CONFIG SET that the host took part in. What it refused is undone, all of it, and the host
/// is told to go back to what it had applied already.
///
/// # Errors
/// The host's refusal.
pub(super) fn applied(
    changes: Vec<Change>,
    refused: Option<(usize, String)>,
    server: &mut Server,
) -> Result<(), Error> {
    let Some((position, reason)) = refused else {
        return Ok(());
    };
    let names: Vec<_> = for_host(&changes)
        .map(|change| (change.directive.name, change.argument))
        .collect();
    server.config.revert(changes);
    let (_, argument) = names.get(position).copied().unwrap_or_default();
    for (at, (directive, _)) in names.into_iter().enumerate() {
        if at != position {
            server.start(Job::Apply { directive });
        }
    }
    let error = SetError::refused(argument, reason.as_bytes());
    Err(set_error(&error))
}

fn resetstat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let server = &mut *ctx.server;
    server.stats.reset(&server.facts.usage);
    server.memory_peak = server.facts.usage.used_memory;
    ctx.keys.stats = Default::default();
    ctx.reply.ok();
    Ok(())
}

fn rewrite(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.server.facts.config_file.is_empty() {
        return Err(Error::Static(
            "ERR The server is running without a config file",
        ));
    }
    ctx.server
        .start_and_park(ctx.conn, [Job::RewriteConfig], Pending::RewriteConfig);
    Ok(())
}

/// The end of a CONFIG REWRITE.
///
/// # Errors
/// The host's words for why the file could not be written.
pub(super) fn rewritten(refused: Option<(usize, String)>) -> Result<(), Error> {
    match refused {
        None => Ok(()),
        Some((_, reason)) => Err(Error::Text(format!("ERR Rewriting config file: {reason}"))),
    }
}
