//! DEBUG, as far as test harnesses ask for it.

use alloc::format;

use crate::command::printable;
use crate::command::{Arg, Ctx, Flags, Group, Spec};
use crate::config::{Guard, parse_memory};
use crate::error::Error;
use crate::keyspace::Value;
use crate::number::write_i64;
use crate::persist::digest;
use crate::sha1;

pub(crate) const SPECS: &[Spec] = &[DEBUG];

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
        return Err(Error::Static(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
        ));
    }
    match ctx.args.len() {
        2 if ctx.args.is(1, "HELP") => help(ctx),
        3 if ctx.args.is(1, "SET-ACTIVE-EXPIRE") => set_active_expire(ctx),
        2 if ctx.args.is(1, "DIGEST") => {
            let text = sha1::hex(&digest::of_all(ctx.keys));
            ctx.reply.simple(core::str::from_utf8(&text).unwrap_or(""));
        }
        2.. if ctx.args.is(1, "DIGEST-VALUE") => digest_values(ctx),
        3 if ctx.args.is(1, "OBJECT") => return object(ctx),
        3 if ctx.args.is(1, "QUICKLIST-PACKED-THRESHOLD") => return packed_threshold(ctx),
        3 if ctx.args.is(1, "ERROR") => ctx
            .reply
            .error(&Error::Bytes(printable(ctx.arg(2), usize::MAX).to_vec())),
        _ => return Err(unknown(ctx)),
    }
    Ok(())
}

fn unknown(ctx: &Ctx<'_>) -> Error {
    let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
    text.extend_from_slice(printable(ctx.arg(1), 128));
    text.extend_from_slice(b"'. Try DEBUG HELP.");
    Error::Bytes(text)
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
    "OBJECT <key>",
    "    Tells how a key and its value are kept.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    List elements of this size or more get nodes of their own; 0: only those too",
    "    large for a node.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    With 0, expired keys stay until a command finds them.",
    "HELP",
    "    Prints this help.",
];

/// Reads the number as C's `atoi` does, whose answer to what is no number is 0.
fn set_active_expire(ctx: &mut Ctx<'_>) {
    let digits = ctx.arg(2).iter().take_while(|byte| byte.is_ascii_digit());
    ctx.server.active_expire = digits.into_iter().any(|digit| *digit != b'0');
    ctx.reply.ok();
}

fn packed_threshold(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let bytes = parse_memory(ctx.arg(2)).filter(|bytes| *bytes <= PACKED_THRESHOLD_MAX);
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    ctx.server.list_large_bytes = bytes.ok_or(Error::Static(
        "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
    ))?;
    ctx.reply.ok();
    Ok(())
}

fn object(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(2));
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
