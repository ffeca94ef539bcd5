//! The functions of the table `redis` that scripts see. Knows nothing of how a script is run.

use hyla_lua::libs::{Call, Fail, Machine, View};
use hyla_lua::text::number;

use super::convert::{error_table, is_error, to_value, trim_line_ends};
use crate::boundary::Now;
use crate::clients::Clients;
use crate::command::{self, Command, CommandId, Flags, Renames};
use crate::conn::Conn;
use crate::keyspace::Keyspace;
use crate::number::{float, write_i64};
use crate::resp::{ArgBuf, Args, Chunks, Protocol, UNRESOLVED};
use crate::server::Server;
use crate::sha1;

/// A function of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redis {
    Call,
    Pcall,
    ErrorReply,
    StatusReply,
    Sha1hex,
    Log,
    Setresp,
    SetRepl,
    ReplicateCommands,
    Breakpoint,
    Debug,
    AclCheckCmd,
}

/// The functions with their names.
pub(crate) const FUNCTIONS: [(&str, Redis); 12] = [
    ("call", Redis::Call),
    ("pcall", Redis::Pcall),
    ("log", Redis::Log),
    ("setresp", Redis::Setresp),
    ("error_reply", Redis::ErrorReply),
    ("status_reply", Redis::StatusReply),
    ("sha1hex", Redis::Sha1hex),
    ("set_repl", Redis::SetRepl),
    ("replicate_commands", Redis::ReplicateCommands),
    ("breakpoint", Redis::Breakpoint),
    ("debug", Redis::Debug),
    ("acl_check_cmd", Redis::AclCheckCmd),
];

/// The numbers of the table.
pub(crate) const NUMBERS: [(&str, f64); 9] = [
    ("LOG_DEBUG", 0.0),
    ("LOG_VERBOSE", 1.0),
    ("LOG_NOTICE", 2.0),
    ("LOG_WARNING", 3.0),
    ("REPL_NONE", 0.0),
    ("REPL_AOF", 1.0),
    ("REPL_SLAVE", 2.0),
    ("REPL_REPLICA", 2.0),
    ("REPL_ALL", 3.0),
];

const NO_ARGUMENTS: &str = "ERR Please specify at least one argument for this redis lib call";

/// What a script has done and may do.
#[derive(Debug, Default)]
pub(crate) struct Doing {
    /// It may not write.
    pub(crate) read_only: bool,
    /// It has called a command that writes.
    pub(crate) wrote: bool,
    /// What the replies that it gets are in; `redis.setresp`.
    pub(crate) protocol: Protocol,
    /// Its effects are logged; `redis.set_repl`.
    pub(crate) logged: bool,
    request: ArgBuf,
    reply: Chunks,
}

/// Memory for requests that is kept from one script to the next.
const REQUEST_BYTES_KEPT: usize = 64 * 1024;

impl Doing {
    /// At a script's start.
    pub(crate) fn begin(&mut self, read_only: bool) {
        self.read_only = read_only;
        self.wrote = false;
        self.protocol = Protocol::Resp2;
        self.logged = true;
        self.request.shrink_to(REQUEST_BYTES_KEPT);
        self.reply.clear();
    }
}

/// What a script that runs can reach.
pub(crate) struct Reach<'a> {
    /// The moment, the same for the whole script.
    pub(crate) now: Now,
    /// The connection that called it.
    pub(crate) conn: &'a mut Conn,
    /// The keys.
    pub(crate) keys: &'a mut Keyspace,
    /// The other connections.
    pub(crate) clients: &'a mut Clients,
    /// Everything else.
    pub(crate) server: &'a mut Server,
    /// The script's own.
    pub(crate) doing: &'a mut Doing,
}

/// Ends a call with an error table.
fn raise<M: Machine>(call: &mut Call<'_, M>, text: &str) -> Fail {
    match error_table(call.machine, text.as_bytes(), false) {
        Ok(error) => match call.push(error) {
            Ok(()) => Fail::Raise,
            Err(fail) => fail,
        },
        Err(fail) => fail,
    }
}

/// Runs a function of the table.
///
/// # Errors
/// What the script did wrong, as it is raised.
pub(crate) fn run<M: Machine>(
    function: Redis,
    reach: &mut Reach<'_>,
    call: &mut Call<'_, M>,
) -> Result<(), Fail> {
    match function {
        Redis::Call => match called(reach, call)? {
            true => Err(Fail::Raise),
            false => Ok(()),
        },
        Redis::Pcall => called(reach, call).map(|_| ()),
        Redis::ErrorReply => error_reply(call),
        Redis::StatusReply => {
            let [text] = call.args else {
                return wrong_arguments(call);
            };
            let text = *text;
            if !matches!(call.machine.view(text), View::String(_)) {
                return wrong_arguments(call);
            }
            let table = call.machine.table()?;
            let ok = call.machine.string(b"ok")?;
            call.machine.set(table, ok, text)?;
            call.push(table)
        }
        Redis::Sha1hex => {
            if call.args.len() != 1 {
                return Err(raise(call, "ERR wrong number of arguments"));
            }
            let text = match call.view(1) {
                Some(View::String(_) | View::Number(_)) => call.check_string(1)?,
                _ => alloc::vec::Vec::new(),
            };
            call.machine.spend(text.len() / 8)?;
            call.push_string(&sha1::hex(&sha1::digest(&text)))
        }
        Redis::Log => log(call),
        Redis::Setresp => {
            if call.args.len() != 1 {
                return Err(raise(call, "ERR redis.setresp() requires one argument."));
            }
            reach.doing.protocol = match call.check_integer(1).unwrap_or(0) {
                2 => Protocol::Resp2,
                3 => Protocol::Resp3,
                _ => return Err(raise(call, "ERR RESP version must be 2 or 3.")),
            };
            Ok(())
        }
        Redis::SetRepl => {
            if call.args.len() != 1 {
                return Err(raise(call, "ERR redis.set_repl() requires two arguments."));
            }
            let flags = call.check_integer(1).unwrap_or(0);
            if flags & !3 != 0 {
                return Err(raise(
                    call,
                    "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
                ));
            }
            reach.doing.logged = flags != 0;
            Ok(())
        }
        Redis::ReplicateCommands => call.push(call.machine.boolean(true)),
        Redis::Breakpoint => call.push(call.machine.boolean(false)),
        Redis::Debug => Ok(()),
        Redis::AclCheckCmd => {
            if call.args.is_empty() {
                return Err(raise(call, NO_ARGUMENTS));
            }
            let request = core::mem::take(&mut reach.doing.request);
            let (request, complaint) = collect(call, request)?;
            let number = request
                .as_ref()
                .map(|request| lookup(request.args(), &reach.server.renames));
            reach.doing.request = request.unwrap_or_default();
            match number {
                None => Err(raise(call, complaint)),
                Some(UNRESOLVED) => Err(raise(
                    call,
                    "ERR Invalid command passed to redis.acl_check_cmd()",
                )),
                Some(_) => call.push(call.machine.boolean(true)),
            }
        }
    }
}

/// What a wrong use of `error_reply` and `status_reply` gives, which is not raised.
fn wrong_arguments<M: Machine>(call: &mut Call<'_, M>) -> Result<(), Fail> {
    let text = b"ERR wrong number or type of arguments";
    let error = error_table(call.machine, text, false)?;
    call.push(error)
}

/// `redis.error_reply(text)`: without a code in front, which ends at a space, the code is ERR.
fn error_reply<M: Machine>(call: &mut Call<'_, M>) -> Result<(), Fail> {
    let (1, Some(View::String(text))) = (call.args.len(), call.view(1)) else {
        return wrong_arguments(call);
    };
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let end = text.iter().position(|byte| *byte == 0);
    let text = trim_line_ends(&text[..end.unwrap_or(text.len())]);
    let mut whole = alloc::vec::Vec::new();
    whole.try_reserve(text.len() + 4)?;
    if !text.contains(&b' ') {
        whole.extend_from_slice(b"ERR ");
    }
    whole.extend_from_slice(text);
    let error = error_table(call.machine, &whole, false)?;
    call.push(error)
}

/// Copies the arguments into a request, or tells why that cannot be.
fn collect<M: Machine>(
    call: &mut Call<'_, M>,
    mut request: ArgBuf,
) -> Result<(Option<ArgBuf>, &'static str), Fail> {
    request.clear();
    if call.args.is_empty() {
        return Ok((None, NO_ARGUMENTS));
    }
    let mut bytes = 0;
    for arg in call.args {
        match call.machine.view(*arg) {
            View::String(text) => {
                bytes += text.len();
                request.try_push(text).map_err(|_| Fail::OutOfMemory)?;
            }
            View::Number(value) => {
                let mut digits = [0; 20];
                let mut text = [0; float::TEXT_LEN_MAX];
                let whole = number::to_i64(value);
                let text = if value.is_nan() {
                    // Where NaN comes from decides its sign, and Redis shows it.
                    let text: &[u8] = if value.is_sign_negative() {
                        b"-nan"
                    } else {
                        b"nan"
                    };
                    text
                } else if whole as f64 == value && value < 9.2e18 {
                    write_i64(whole, &mut digits)
                } else {
                    float::write_shortest(value, &mut text)
                };
                request.try_push(text).map_err(|_| Fail::OutOfMemory)?;
            }
            _ => {
                return Ok((
                    None,
                    "ERR Lua redis lib command arguments must be strings or integers",
                ));
            }
        }
    }
    call.machine.spend(call.args.len() + bytes / 16)?;
    Ok((Some(request), ""))
}

/// The number of the command that a request names, or [`UNRESOLVED`].
fn lookup(args: Args<'_>, renames: &Renames) -> CommandId {
    let number = renames.resolve(args.at(0), command::resolve(args.at(0)));
    if number == UNRESOLVED || command::get(number).subcommands == 0 || args.len() < 2 {
        return number;
    }
    command::resolve_subcommand(number, args.at(1)).unwrap_or(UNRESOLVED)
}

/// Why a script may not run this command.
fn refusal(
    command: &Command,
    args: Args<'_>,
    doing: &Doing,
    server: &Server,
) -> Option<&'static str> {
    let wanted = command.arity.unsigned_abs() as usize;
    if args.len() != wanted && (command.arity > 0 || args.len() < wanted) {
        return Some("ERR Wrong number of args calling Redis command from script");
    }
    if command.flags.has(Flags::NOSCRIPT) && !server.scripts_run_all {
        return Some("ERR This Redis command is not allowed from script");
    }
    let writes = command.flags.has(Flags::WRITE) || command.flags.has(Flags::MAY_REPLICATE);
    if doing.read_only && writes {
        return Some("ERR Write commands are not allowed from read-only scripts.");
    }
    None
}

/// `redis.log`: there is no log that it could go to.
pub(super) fn log<M: Machine>(call: &mut Call<'_, M>) -> Result<(), Fail> {
    if call.args.len() < 2 {
        return Err(raise(
            call,
            "ERR redis.log() requires two arguments or more.",
        ));
    }
    let Some(View::Number(level)) = call.view(1) else {
        return Err(raise(
            call,
            "ERR First argument must be a number (log level).",
        ));
    };
    if !(0..=3).contains(&number::to_i64(level)) {
        return Err(raise(call, "ERR Invalid debug level."));
    }
    Ok(())
}

/// `redis.call` and `redis.pcall`: pushes the reply, and tells whether it is an error.
fn called<M: Machine>(reach: &mut Reach<'_>, call: &mut Call<'_, M>) -> Result<bool, Fail> {
    let request = core::mem::take(&mut reach.doing.request);
    let (request, complaint) = collect(call, request)?;
    let Some(request) = request else {
        let error = error_table(call.machine, complaint.as_bytes(), false)?;
        call.push(error)?;
        return Ok(true);
    };
    let number = lookup(request.args(), &reach.server.renames);
    let complaint = if number == UNRESOLVED {
        Some("ERR Unknown Redis command called from script")
    } else {
        refusal(
            command::get(number),
            request.args(),
            reach.doing,
            reach.server,
        )
    };
    if let Some(complaint) = complaint {
        reach.doing.request = request;
        let text = complaint.as_bytes();
        reach.server.stats.rejected(number, text);
        let error = error_table(call.machine, text, true)?;
        call.push(error)?;
        return Ok(true);
    }
    call.machine.spend(COMMAND_COST)?;
    execute(reach, number, request.args());
    reach.doing.request = request;
    let reply = &mut reach.doing.reply;
    let failed;
    let value = match reply.as_slice() {
        _ if reply.failed() => return Err(Fail::OutOfMemory),
        Some(bytes) => {
            failed = is_error(bytes);
            to_value(call.machine, bytes)?
        }
        None => {
            call.machine.scratch(reply.len())?;
            let bytes = reply.to_vec();
            failed = is_error(&bytes);
            to_value(call.machine, &bytes)?
        }
    };
    call.push(value)?;
    Ok(failed)
}

/// What a command costs beside its bytes.
const COMMAND_COST: usize = 50;

/// Runs a command for the script; its reply is in `doing.reply` afterwards.
fn execute(reach: &mut Reach<'_>, number: CommandId, args: Args<'_>) {
    let doing = &mut *reach.doing;
    doing.wrote |= command::get(number).flags.has(Flags::WRITE);
    doing.reply.clear();
    let outer = core::mem::replace(&mut reach.conn.protocol, doing.protocol);
    if !doing.logged {
        reach.server.log.mute(true);
    }
    let world = (&mut *reach.keys, &mut *reach.clients, &mut *reach.server);
    world.2.in_script = true;
    command::call_inner(reach.now, number, args, reach.conn, world, &mut doing.reply);
    reach.server.in_script = false;
    if !reach.doing.logged {
        reach.server.log.mute(false);
    }
    reach.conn.protocol = outer;
}
