//! DEBUG, as far as test harnesses ask for it.

mod inside;
mod protocol;

use alloc::format;

use crate::command::printable;
use crate::command::{Arg, Ctx, Flags, Group, Spec};
use crate::config::{Guard, parse_memory};
use crate::error::Error;
use crate::keyspace::{Follow, Value};
use crate::number::{float, write_i64};
use crate::pause::PauseMode;
use crate::persist::load::Loader;
use crate::persist::rdb::Limits;
use crate::persist::{digest, save};
use crate::server::Pending;
use crate::session::blocking::{Awaits, GiveUp};
use crate::session::{self, notify};
use crate::sha1;
use crate::store::{self, Purpose, Then};

pub(crate) const SPECS: &[Spec] = &[DEBUG];

/// The longest sleep, a day.
const SLEEP_US_MAX: u64 = 24 * 3600 * 1_000_000;
/// The largest size that Redis takes for QUICKLIST-PACKED-THRESHOLD.
const PACKED_THRESHOLD_MAX: u64 = (1 << 32) - (1 << 20);

const DEBUG: Spec = Spec {
    name: "debug",
    summary: "Looks into the server and changes how it works, for tests.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "Depends on subcommand.",
    arity: -2,
    args: &[
        Arg::string("subcommand"),
        Arg::string("argument").optional().multiple(),
    ],
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::LOADING)
        .or(Flags::STALE),
    ..Spec::new(debug)
};

fn debug(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let allowed = match ctx.config().enable_debug_command {
        Guard::Yes => true,
        Guard::Local => ctx.conn.peer.loopback,
        Guard::No => false,
    };
    if !allowed {
        return Err(Error::fixed(
            &"ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
        ));
    }
    match ctx.args.len() {
        2 if ctx.args.is(1, "HELP") => help(ctx),
        3 if ctx.args.is(1, "SET-ACTIVE-EXPIRE") => set_active_expire(ctx),
        2 if ctx.args.is(1, "DIGEST") => {
            let text = sha1::hex(&digest::of_all(ctx.keys));
            ctx.reply.simple(core::str::from_utf8(&text).unwrap_or(""));
        }
        2.. if ctx.args.is(1, "RELOAD") => return reload(ctx),
        2 if ctx.args.is(1, "LOADAOF") => return load_log(ctx),
        2.. if ctx.args.is(1, "DIGEST-VALUE") => digest_values(ctx),
        3 if ctx.args.is(1, "OBJECT") => return object(ctx),
        3 if ctx.args.is(1, "QUICKLIST-PACKED-THRESHOLD") => return packed_threshold(ctx),
        3 if ctx.args.is(1, "SLEEP") => return sleep(ctx),
        3 if ctx.args.is(1, "PROTOCOL") => return protocol::protocol(ctx),
        3 if ctx.args.is(1, "HTSTATS") => return inside::database(ctx),
        3 if ctx.args.is(1, "HTSTATS-KEY") => return inside::key(ctx),
        3 if ctx.args.is(1, "LISTPACK") => return inside::structure(ctx, "Listpack"),
        3 | 4 if ctx.args.is(1, "QUICKLIST") => return inside::structure(ctx, "Quicklist"),
        3 if ctx.args.is(1, "SDSLEN") => return inside::string_len(ctx),
        3..=5 if ctx.args.is(1, "POPULATE") => return inside::populate(ctx),
        2 if ctx.args.is(1, "CHANGE-REPL-ID") => {
            ctx.server.change_replication_id();
            ctx.reply.ok();
        }
        3 if ctx.args.is(1, "PAUSE-CRON") => {
            ctx.server.cron_paused = is_set(ctx.arg(2));
            ctx.reply.ok();
        }
        3 if ctx.args.is(1, "SET-DISABLE-DENY-SCRIPTS") => {
            ctx.server.scripts_run_all = is_set(ctx.arg(2));
            ctx.reply.ok();
        }
        3 if ctx.args.is(1, "SET-SKIP-CHECKSUM-VALIDATION") => {
            ctx.server.payloads_unchecked = is_set(ctx.arg(2));
            ctx.reply.ok();
        }
        // What these change is not there: no replies of fixed size, no packets.
        4 if ctx.args.is(1, "REPLYBUFFER")
            && (ctx.args.is(2, "PEAK-RESET-TIME") || ctx.args.is(2, "RESIZING")) =>
        {
            ctx.reply.ok();
        }
        3 if IGNORED.iter().any(|word| ctx.args.is(1, word)) => ctx.reply.ok(),
        3 if ctx.args.is(1, "ERROR") => {
            ctx.reply.error_bytes(printable(ctx.arg(2), usize::MAX));
        }
        _ => return Err(ctx.wrong_arguments("DEBUG")),
    }
    Ok(())
}

const RELOAD_OPTIONS: Error =
    Error::fixed(&"ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
const NOT_LOADED: Error =
    Error::fixed(&"ERR Error trying to load the RDB dump, check server logs.");

/// Saves all data and loads it again: through the file where there are files, else through memory.
fn reload(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (mut flush, mut save, mut merge) = (true, true, false);
    for index in 2..ctx.args.len() {
        if ctx.args.is(index, "NOFLUSH") {
            flush = false;
        } else if ctx.args.is(index, "NOSAVE") {
            save = false;
        } else if ctx.args.is(index, "MERGE") {
            merge = true;
        } else {
            return Err(RELOAD_OPTIONS);
        }
    }
    if ctx.server.store.attached {
        return reload_file(ctx, flush, save, merge);
    }
    if !save {
        return Err(NOT_LOADED);
    }
    let memory = ctx.server.facts.used_memory();
    let file = save::all(ctx.keys, &ctx.server.config, ctx.now.unix_ms, memory)?;
    if flush {
        for number in 0..ctx.keys.databases_len() {
            notify::replaced(ctx.keys, ctx.server, number, None);
            ctx.keys.flush(number);
        }
    }
    let here = ctx.keys.selected();
    // Loading is no event.
    ctx.keys.follow(Follow::default());
    let limits = Limits::of(ctx.config(), ctx.server.list_large_bytes);
    let mut loader = Loader::new(ctx.keys, limits, ctx.config().rdbchecksum, merge);
    let loaded = loader.push(ctx.keys, &file);
    let loaded = loaded.and_then(|()| loader.finish(ctx.keys));
    ctx.keys.select(here);
    session::refresh(ctx.keys, ctx.server);
    loaded.map_err(|_| NOT_LOADED)?;
    ctx.reply.ok();
    Ok(())
}

fn reload_file(ctx: &mut Ctx<'_>, flush: bool, save: bool, merge: bool) -> Result<(), Error> {
    if ctx.conn.exec_len.is_some() {
        return Err(Error::fixed(
            &"ERR DEBUG RELOAD is not possible inside of a transaction",
        ));
    }
    let (now, server) = (ctx.now, &mut *ctx.server);
    let ticket = server.ticket();
    let then = Then::Answer {
        ticket,
        flush,
        merge,
        log: false,
    };
    if save {
        if server.store.snapshot.is_some() {
            return Err(Error::fixed(&"ERR Background save already in progress"));
        }
        let purpose = Purpose::Reload(then);
        store::snapshot(now, ctx.keys, server, purpose, Some(ticket))?;
    } else {
        store::load(now, ctx.keys, server, then);
    }
    server.park(ctx.conn, alloc::vec![ticket], Pending::Reload);
    Ok(())
}

/// Empties everything and loads the append-only files again.
fn load_log(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (now, server) = (ctx.now, &mut *ctx.server);
    let log = &server.store.log;
    if ctx.conn.exec_len.is_some() || log.reload.is_some() || !(log.on || log.has_files()) {
        return Err(Error::fixed(&"ERR DEBUG LOADAOF is not possible here"));
    }
    let in_use = log.on;
    let ticket = server.ticket();
    if in_use {
        server.store.log.reload = Some(ticket);
    } else {
        store::load(now, ctx.keys, server, Then::log_again(ticket));
    }
    server.park(ctx.conn, alloc::vec![ticket], Pending::Reload);
    Ok(())
}

/// The end of a DEBUG RELOAD through the file.
///
/// # Errors
/// It failed.
pub(super) fn reloaded(failed: bool) -> Result<(), Error> {
    if failed { Err(NOT_LOADED) } else { Ok(()) }
}

/// A digest for each key: zeros where there is none.
fn digest_values(ctx: &mut Ctx<'_>) {
    ctx.reply.array(ctx.args.len() - 2);
    for key in ctx.args.from(2).iter() {
        let mut sum = [0; sha1::DIGEST_BYTES];
        let place = ctx.keys.find(key);
        if let Some(entry) = ctx.keys.entry(place) {
            digest::add_value(&mut sum, entry);
        }
        let text = sha1::hex(&sum);
        ctx.reply.simple(core::str::from_utf8(&text).unwrap_or(""));
    }
}

fn help(ctx: &mut Ctx<'_>) {
    ctx.reply.array(HELP.len());
    HELP.iter().for_each(|line| ctx.reply.simple(line));
}

const HELP: &[&str] = &[
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DIGEST",
    "    Sums up all data: equal data, equal digest.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Sums up the values of keys.",
    "ERROR <text>",
    "    Answers with this error.",
    "CHANGE-REPL-ID",
    "    Begins a new history of changes.",
    "HTSTATS <dbid>",
    "    Tells of a database's tables.",
    "HTSTATS-KEY <key>",
    "    Tells of the table at a key.",
    "LISTPACK <key>",
    "    Says whether the value is a listpack.",
    "LOADAOF",
    "    Empties everything and loads the append-only files again.",
    "LOG <message>",
    "    Takes a message for the log.",
    "OBJECT <key>",
    "    Tells how a key and its value are kept.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    List elements of this size or more get nodes of their own; 0: only those too",
    "    large for a node.",
    "PAUSE-CRON <0|1>",
    "    With 1, nothing is done that nobody waits for.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Makes so many keys with values, of this size where one is given.",
    "PROTOCOL <type>",
    "    Answers with a reply of this type: string, integer, double, bignum, null,",
    "    array, set, map, attrib, push, verbatim, true, false.",
    "QUICKLIST <key>",
    "    Says whether the value is a quicklist.",
    "REPLYBUFFER PEAK-RESET-TIME|RESIZING <value>",
    "    Is taken and changes nothing.",
    "SDSLEN <key>",
    "    Tells the lengths of a key and its string.",
    "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
    "    Saves all data and loads it again. NOFLUSH: without deleting it in between;",
    "    MERGE: keys that are there are replaced; NOSAVE: what was saved before.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    With 0, expired keys stay until a command finds them.",
    "SLEEP <seconds>",
    "    Lets everybody wait for so long.",
    "HELP",
    "    Prints this help.",
];

/// Subcommands with one argument that are taken and change nothing.
const IGNORED: &[&str] = &[
    "LOG",
    "AOF-FLUSH-SLEEP",
    "DROP-CLUSTER-PACKET-FILTER",
    "LEAK",
    "DICT-RESIZING",
];

/// Reads the number as C's `atoi` does, whose answer to what is no number is 0.
fn is_set(word: &[u8]) -> bool {
    let mut digits = word.iter().take_while(|byte| byte.is_ascii_digit());
    digits.any(|digit| *digit != b'0')
}

fn set_active_expire(ctx: &mut Ctx<'_>) {
    ctx.server.active_expire = is_set(ctx.arg(2));
    ctx.reply.ok();
}

/// Redis sleeps, and with it all who ask it for something. Here they wait, and the threads serve on.
fn sleep(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let seconds = float::parse(ctx.arg(2)).filter(|seconds| *seconds > 0.0);
    let us = seconds.map_or(0, |seconds| (seconds * 1_000_000.0) as u64);
    let us = us.min(SLEEP_US_MAX);
    if us == 0 {
        ctx.reply.ok();
        return Ok(());
    }
    ctx.server.sleep.begin(PauseMode::All, us / 1000, ctx.now);
    let until_us = ctx.now.mono_us + us / 1000 * 1000;
    ctx.block_on(
        core::iter::empty(),
        Some(until_us),
        Awaits::Time,
        GiveUp::Ok,
    )?;
    if let Some(blocked) = &mut ctx.conn.blocked {
        blocked.busy_since_us = Some(ctx.now.mono_us);
    }
    Ok(())
}

fn packed_threshold(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let bytes = parse_memory(ctx.arg(2)).filter(|bytes| *bytes <= PACKED_THRESHOLD_MAX);
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    ctx.server.list_large_bytes = bytes.ok_or(Error::fixed(
        &"ERR argument must be a memory value bigger than 1 and smaller than 4gb",
    ))?;
    ctx.reply.ok();
    Ok(())
}

fn object(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    // It shows what is there, due or not.
    let before = ctx.keys.set_timeless(true, ctx.now.unix_ms);
    let place = ctx.keys.find(ctx.arg(2));
    ctx.keys.set_timeless(before, ctx.now.unix_ms);
    let Some(entry) = ctx.keys.entry(place) else {
        return Err(Error::NoSuchKey);
    };
    let line = format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        entry.encoding(),
        entry.string().map_or(0, serialized_len),
        entry.access(),
        ctx.keys.idle_seconds(entry).unwrap_or(0),
    );
    ctx.reply.simple(&line);
    Ok(())
}

/// Bytes that the value takes in an uncompressed RDB file, its type aside.
fn serialized_len(value: Value<'_>) -> usize {
    let of_bytes = |len: usize| {
        len + match len {
            0..64 => 1,
            64..16384 => 2,
            _ => 5,
        }
    };
    match value {
        Value::Int(-128..128) => 2,
        Value::Int(-32768..32768) => 3,
        Value::Int(value) if i32::try_from(value).is_ok() => 5,
        Value::Int(value) => of_bytes(write_i64(value, &mut [0; 20]).len()),
        Value::Bytes(bytes) => of_bytes(bytes.len()),
        Value::Shared(string) => of_bytes(string.len()),
    }
}
