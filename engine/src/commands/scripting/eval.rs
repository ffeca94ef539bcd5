//! EVAL, EVALSHA, FCALL and their variants that only read.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::script::{self, ScriptFlags, Start, read_digest};
use crate::sha1;

pub(crate) const SPECS: &[Spec] = &[EVAL, EVALSHA, EVAL_RO, EVALSHA_RO, FCALL, FCALL_RO];

const FLAGS: Flags = Flags::NOSCRIPT
    .or(Flags::STALE)
    .or(Flags::SKIP_MONITOR)
    .or(Flags::NO_MANDATORY_KEYS)
    .or(Flags::MOVABLEKEYS);
const FLAGS_RO: Flags = FLAGS.or(Flags::READONLY);
const FLAGS_RW: Flags = FLAGS.or(Flags::MAY_REPLICATE);
const KEYS: KeySpec = KeySpec::counted(2, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE));
const KEYS_RO: KeySpec = KeySpec::counted(2, KeyFlags::RO.or(KeyFlags::ACCESS));
const NOTES: &str =
    "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE";
const NOTES_RO: &str =
    "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS";
const NUMKEYS: Arg = Arg::int("numkeys");
const KEY: Arg = Arg::key("key", 0).optional().multiple();
const ARG: Arg = Arg::string("arg").optional().multiple();

const EVAL: Spec = Spec {
    name: "eval",
    summary: "Runs a Lua script on the server.",
    since: "2.6.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    arity: -3,
    flags: FLAGS_RW,
    acl: Acl::SCRIPTING,
    keys: &[KeySpec {
        notes: NOTES,
        ..KEYS
    }],
    args: &[Arg::string("script"), NUMKEYS, KEY, ARG],
    ..Spec::new(|ctx| eval(ctx, false))
};

const EVALSHA: Spec = Spec {
    name: "evalsha",
    summary: "Runs a Lua script that the server knows, by its SHA1 digest.",
    keys: &[KEYS],
    args: &[Arg::string("sha1"), NUMKEYS, KEY, ARG],
    handler: |ctx| evalsha(ctx, false),
    ..EVAL
};

const EVAL_RO: Spec = Spec {
    name: "eval_ro",
    summary: "Runs a Lua script that only reads.",
    since: "7.0.0",
    flags: FLAGS_RO,
    keys: &[KeySpec {
        notes: NOTES_RO,
        ..KEYS_RO
    }],
    handler: |ctx| eval(ctx, true),
    ..EVAL
};

const EVALSHA_RO: Spec = Spec {
    name: "evalsha_ro",
    summary: "Runs a Lua script that the server knows and that only reads, by its SHA1 digest.",
    keys: &[KEYS_RO],
    args: EVALSHA.args,
    handler: |ctx| evalsha(ctx, true),
    ..EVAL_RO
};

const FCALL: Spec = Spec {
    name: "fcall",
    summary: "Calls a function.",
    since: "7.0.0",
    complexity: "Depends on the function that is executed.",
    args: &[Arg::string("function"), NUMKEYS, KEY, ARG],
    handler: |ctx| fcall(ctx, false),
    ..EVAL
};

const FCALL_RO: Spec = Spec {
    name: "fcall_ro",
    summary: "Calls a function that only reads.",
    flags: FLAGS_RO,
    keys: EVAL_RO.keys,
    handler: |ctx| fcall(ctx, true),
    ..FCALL
};

/// The number of keys.
fn keys_len(ctx: &Ctx<'_>, not_a_number: Error) -> Result<usize, Error> {
    let count = ctx.args.int(2).map_err(|_| not_a_number)?;
    if count > ctx.args.len() as i64 - 3 {
        return Err(Error::fixed(
            &"ERR Number of keys can't be greater than number of args",
        ));
    }
    usize::try_from(count).map_err(|_| Error::fixed(&"ERR Number of keys can't be negative"))
}

fn eval(ctx: &mut Ctx<'_>, read_only: bool) -> Result<(), Error> {
    let keys = keys_len(ctx, Error::NotInteger)?;
    let digest = ctx.server.load_script(ctx.arg(1), false)?;
    run(ctx, &digest, keys, read_only)
}

fn evalsha(ctx: &mut Ctx<'_>, read_only: bool) -> Result<(), Error> {
    let Some(digest) = read_digest(ctx.arg(1)) else {
        return Err(MISSING);
    };
    let keys = keys_len(ctx, Error::NotInteger)?;
    run(ctx, &digest, keys, read_only)
}

const MISSING: Error = Error::fixed(&"NOSCRIPT No matching script. Please use EVAL.");

fn run(
    ctx: &mut Ctx<'_>,
    digest: &sha1::Digest,
    keys: usize,
    read_only: bool,
) -> Result<(), Error> {
    let found = ctx.server.scripts.cache.run(digest).ok_or(MISSING)?;
    let (function, flags) = (found.function, found.flags);
    let what = Start {
        name: &sha1::hex(digest),
        function,
        is_function: false,
        flags,
        read_only,
        keys: ctx.args.from(3).upto(keys),
        args: ctx.args.from(3 + keys),
    };
    script::start(ctx, &what)
}

fn fcall(ctx: &mut Ctx<'_>, read_only: bool) -> Result<(), Error> {
    let Some(found) = ctx.server.scripts.libraries.function(ctx.arg(1)) else {
        return Err(Error::fixed(&"ERR Function not found"));
    };
    let found = alloc::sync::Arc::clone(found);
    let keys = keys_len(ctx, Error::fixed(&"ERR Bad number of keys provided"))?;
    let flags: ScriptFlags = found.flags;
    let what = Start {
        name: &found.name,
        function: found.function,
        is_function: true,
        flags,
        read_only,
        keys: ctx.args.from(3).upto(keys),
        args: ctx.args.from(3 + keys),
    };
    script::start(ctx, &what)
}
