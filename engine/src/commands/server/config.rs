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
use crate::session;
use crate::store;

pub(crate) const SPECS: &[Spec] = &[CONFIG];

/// The directive that files decide about.
const APPEND_ONLY: &str = "appendonly";

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
            ..Spec::new(help)
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
    ..Spec::new(help)
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
        .map_err(|error| ctx.server.told.tell(error.text()))?;
    session::refresh(ctx.keys, ctx.server);
    let server = &mut *ctx.server;
    let mut jobs: Vec<u64> = for_host(&changes)
        .map(|change| {
            let directive = change.directive.name;
            server.start(Job::Apply { directive })
        })
        .collect();
    if for_log(&changes).is_some() {
        jobs.extend(store::turn_on_log(server));
    }
    if jobs.is_empty() {
        ctx.reply.ok();
    } else {
        server.park(ctx.conn, jobs, Pending::Apply(changes));
    }
    Ok(())
}

/// The change that turns the append-only file on or off.
fn for_log(changes: &[Change]) -> Option<&Change> {
    let mut all = changes.iter();
    all.find(|change| change.directive.name == APPEND_ONLY)
}

fn for_host(changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes
        .iter()
        .filter(|change| HOST_DIRECTIVES.contains(&change.directive.name))
}

/// The end of a CONFIG SET that the host took part in. What it or a disk refused is undone, all of it, and the host
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
        .chain(for_log(&changes))
        .map(|change| (change.directive.name, change.argument))
        .collect();
    server.config.revert(changes);
    let (_, argument) = names.get(position).copied().unwrap_or_default();
    for (at, (directive, _)) in names.into_iter().enumerate() {
        if at != position && directive != APPEND_ONLY {
            server.start(Job::Apply { directive });
        }
    }
    let error = SetError::refused(argument, reason.as_bytes());
    Err(server.told.tell(error.text()))
}

fn resetstat(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let server = &mut *ctx.server;
    server.stats.reset(&server.facts.usage);
    server.memory_peak = server.facts.used_memory();
    ctx.keys.stats = Default::default();
    ctx.reply.ok();
    Ok(())
}

fn rewrite(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.server.facts.config_file.is_empty() {
        return Err(Error::fixed(
            &"ERR The server is running without a config file",
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
pub(super) fn rewritten(refused: Option<(usize, String)>, server: &Server) -> Result<(), Error> {
    match refused {
        None => Ok(()),
        Some((_, reason)) => Err(server
            .told
            .tell(format!("ERR Rewriting config file: {reason}"))),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use crate::boundary::{ConnId, Input, Job, Now, Output, Peer, State};
    use crate::config::Config;
    use crate::resp::{Chunks, Intake};
    use crate::{Engine, command};

    struct Session {
        engine: Engine,
        conn: ConnId,
    }

    impl Session {
        fn new() -> Session {
            let mut engine = Engine::new(Config::default(), 1, Now::default(), || 0);
            let mut out = Chunks::new();
            let accepted = Input::Accepted {
                link: 7,
                peer: Peer {
                    loopback: true,
                    ..Peer::default()
                },
                out: &mut out,
            };
            let conn = engine.handle(Now::default(), accepted).conn.unwrap();
            Session { engine, conn }
        }

        fn send(&mut self, line: &str) -> (State, String) {
            let (mut intake, mut out) = (Intake::new(), Chunks::new());
            intake.push(line.as_bytes());
            intake.parse(16, command::resolve);
            let requests = Input::Requests {
                conn: self.conn,
                intake: &mut intake,
                out: &mut out,
            };
            let state = self.engine.handle(Now::default(), requests).state;
            (state, text(&out))
        }

        fn job(&mut self) -> (u64, Job) {
            match self.engine.poll() {
                Output::Start { job, work } => (job, work),
                other => panic!("{other:?}"),
            }
        }

        /// Finishes a job and gives what the connection is sent then.
        fn done(&mut self, job: u64, result: Result<(), &str>) -> String {
            let result = result
                .map(|()| Default::default())
                .map_err(ToString::to_string);
            self.engine
                .handle(Now::default(), Input::Done { job, result });
            let mut out = Chunks::new();
            self.engine.take_output(self.conn, &mut out);
            text(&out)
        }
    }

    fn text(out: &Chunks) -> String {
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn a_change_waits_for_the_host() {
        let mut session = Session::new();
        let sent = session.send("CONFIG SET maxclients 5\r\nPING\r\n");
        assert_eq!(sent, (State::Parked, String::new()));
        let (job, work) = session.job();
        let directive = "maxclients";
        assert_eq!(work, Job::Apply { directive });
        assert_eq!(session.send("PING\r\n"), (State::Parked, String::new()));
        assert_eq!(session.done(job, Ok(())), "+OK\r\n");
        assert!(matches!(
            session.engine.poll(),
            Output::Flush { link: 7, .. }
        ));
        assert!(matches!(
            session.engine.poll(),
            Output::Resume { link: 7, .. }
        ));
        assert_eq!(session.send("PING\r\n").1, "+PONG\r\n");
        assert_eq!(session.done(job, Ok(())), "");
    }

    #[test]
    fn what_the_host_refuses_is_undone() {
        let mut session = Session::new();
        session.send("CONFIG SET port 1 maxclients 5 timeout 9\r\n");
        let (first, _) = session.job();
        let (second, _) = session.job();
        assert_eq!(session.done(second, Err("try less")), "");
        assert_eq!(
            session.done(first, Ok(())),
            "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - try less\r\n"
        );
        let (_, work) = session.job();
        assert_eq!(work, Job::Apply { directive: "port" });
        let shown = session.send("CONFIG GET maxclients\r\n").1;
        assert!(shown.ends_with("$5\r\n10000\r\n"), "{shown}");
        let shown = session.send("CONFIG GET timeout\r\n").1;
        assert!(shown.ends_with("$1\r\n0\r\n"), "{shown}");
    }

    #[test]
    fn rewrite_needs_a_file_and_a_host() {
        let mut session = Session::new();
        let refusal = "-ERR The server is running without a config file\r\n";
        assert_eq!(session.send("CONFIG REWRITE\r\n").1, refusal);
        session.engine.host_facts_mut().config_file = b"/x".to_vec();
        assert_eq!(session.send("CONFIG REWRITE\r\n").0, State::Parked);
        let (job, work) = session.job();
        assert_eq!(work, Job::RewriteConfig);
        let answer = session.done(job, Err("Permission denied"));
        assert_eq!(answer, "-ERR Rewriting config file: Permission denied\r\n");
    }

    #[test]
    fn shutdown_answers_only_a_failure() {
        let mut session = Session::new();
        session.send("SHUTDOWN NOSAVE\r\n");
        let (job, _) = session.job();
        let answer = session.done(job, Err("disk full"));
        assert_eq!(answer, "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    }
}
