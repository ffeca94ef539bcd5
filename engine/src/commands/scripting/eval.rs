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
    since: "2.6.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    arity: -3,
    flags: FLAGS_RW,
    acl: Acl::SCRIPTING,
    keys: &[KEYS],
    args: &[Arg::string("sha1"), NUMKEYS, KEY, ARG],
    ..Spec::new(|ctx| evalsha(ctx, false))
};

const EVAL_RO: Spec = Spec {
    name: "eval_ro",
    summary: "Runs a Lua script that only reads.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    arity: -3,
    flags: FLAGS_RO,
    acl: Acl::SCRIPTING,
    keys: &[KeySpec {
        notes: NOTES_RO,
        ..KEYS_RO
    }],
    args: &[Arg::string("script"), NUMKEYS, KEY, ARG],
    ..Spec::new(|ctx| eval(ctx, true))
};

const EVALSHA_RO: Spec = Spec {
    name: "evalsha_ro",
    summary: "Runs a Lua script that the server knows and that only reads, by its SHA1 digest.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    arity: -3,
    flags: FLAGS_RO,
    acl: Acl::SCRIPTING,
    keys: &[KEYS_RO],
    args: &[Arg::string("sha1"), NUMKEYS, KEY, ARG],
    ..Spec::new(|ctx| evalsha(ctx, true))
};

const FCALL: Spec = Spec {
    name: "fcall",
    summary: "Calls a function.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on the function that is executed.",
    arity: -3,
    flags: FLAGS_RW,
    acl: Acl::SCRIPTING,
    keys: &[KeySpec {
        notes: NOTES,
        ..KEYS
    }],
    args: &[Arg::string("function"), NUMKEYS, KEY, ARG],
    ..Spec::new(|ctx| fcall(ctx, false))
};

const FCALL_RO: Spec = Spec {
    name: "fcall_ro",
    summary: "Calls a function that only reads.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on the function that is executed.",
    arity: -3,
    flags: FLAGS_RO,
    acl: Acl::SCRIPTING,
    keys: &[KeySpec {
        notes: NOTES_RO,
        ..KEYS_RO
    }],
    args: &[Arg::string("function"), NUMKEYS, KEY, ARG],
    ..Spec::new(|ctx| fcall(ctx, true))
};

/// The number of keys.
fn keys_len(ctx: &Ctx<'_>, not_a_number: Error) -> Result<usize, Error> {
    let count = ctx.args.int(2).map_err(|_| not_a_number)?;
    if count > ctx.args.len() as i64 - 3 {
        return Err(Error::Static(
            "ERR Number of keys can't be greater than number of args",
        ));
    }
    usize::try_from(count).map_err(|_| Error::Static("ERR Number of keys can't be negative"))
}

fn eval(ctx: &mut Ctx<'_>, read_only: bool) -> Result<(), Error> {
    keys_len(ctx, Error::NotInteger)?;
    let digest = ctx.server.scripts.load(ctx.arg(1), false)?;
    run(ctx, &digest, read_only)
}

fn evalsha(ctx: &mut Ctx<'_>, read_only: bool) -> Result<(), Error> {
    let missing = Error::Static("NOSCRIPT No matching script. Please use EVAL.");
    let Some(digest) = read_digest(ctx.arg(1)) else {
        return Err(missing);
    };
    keys_len(ctx, Error::NotInteger)?;
    if ctx.server.scripts.cache.get(&digest).is_none() {
        return Err(missing);
    }
    run(ctx, &digest, read_only)
}

fn run(ctx: &mut Ctx<'_>, digest: &sha1::Digest, read_only: bool) -> Result<(), Error> {
    let keys = keys_len(ctx, Error::NotInteger)?;
    let Some(found) = ctx.server.scripts.cache.run(digest) else {
        return Ok(());
    };
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
        return Err(Error::Static("ERR Function not found"));
    };
    let found = alloc::sync::Arc::clone(found);
    let keys = keys_len(ctx, Error::Static("ERR Bad number of keys provided"))?;
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
