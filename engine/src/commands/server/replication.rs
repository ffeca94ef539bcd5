//! ROLE, REPLICAOF and SLAVEOF as far as there is no replication yet: the server is a master alone.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::number::parse_i64;

pub(crate) const SPECS: &[Spec] = &[ROLE, REPLICAOF, SLAVEOF];

const ROLE: Spec = Spec {
    name: "role",
    summary: "Tells the role in replication and its state.",
    since: "2.8.12",
    group: Group::Server,
    complexity: "O(1)",
    arity: 1,
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST),
    acl: Acl::ADMIN.or(Acl::DANGEROUS),
    ..Spec::new(role)
};
const REPLICAOF: Spec = Spec {
    name: "replicaof",
    summary: "Follows another server, or stops following.",
    since: "5.0.0",
    group: Group::Server,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::STALE)
        .or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::one_of(
        "args",
        &[
            Arg::block("host-port", &[Arg::string("host"), Arg::int("port")]),
            Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]),
        ],
    )],
    ..Spec::new(replicaof)
};
const SLAVEOF: Spec = Spec {
    name: "slaveof",
    summary: "Follows another server, or stops following.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1)",
    deprecated: Some(("5.0.0", "`REPLICAOF`")),
    arity: 3,
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::STALE)
        .or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::one_of(
        "args",
        &[
            Arg::block("host-port", &[Arg::string("host"), Arg::int("port")]),
            Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]),
        ],
    )],
    ..Spec::new(replicaof)
};

fn role(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.array(3);
    ctx.reply.bulk(b"master");
    ctx.reply.int(0);
    ctx.reply.array(0);
    Ok(())
}

fn replicaof(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.is(1, "NO") && ctx.args.is(2, "ONE") {
        ctx.reply.ok();
        return Ok(());
    }
    match parse_i64(ctx.arg(2)) {
        Some(0..=65535) => Err(Error::fixed(&"ERR replication is not available yet")),
        _ => Err(Error::fixed(&"ERR Invalid master port")),
    }
}
