//! SELECT, SWAPDB, FLUSHDB, FLUSHALL and DBSIZE.

use super::{database, int32};
use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::server::Pending;
use crate::session::notify;
use crate::store;

pub(crate) const SPECS: &[Spec] = &[SELECT, SWAPDB, FLUSHDB, FLUSHALL, DBSIZE];

const SELECT: Spec = Spec {
    name: "select",
    summary: "Selects the database that this connection's commands work on.",
    since: "1.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::CONNECTION,
    args: &[Arg::int("index")],
    ..Spec::new(select)
};

fn select(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let number = int32(ctx.args, 1)?;
    ctx.conn.database = database(ctx, number)?;
    ctx.reply.ok();
    Ok(())
}

const SWAPDB: Spec = Spec {
    name: "swapdb",
    summary: "Exchanges the contents of two databases.",
    since: "4.0.0",
    group: Group::Server,
    complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
    arity: 3,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::int("index1"), Arg::int("index2")],
    ..Spec::new(swapdb)
};

fn swapdb(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let left = int32(ctx.args, 1).map_err(|_| Error::fixed(&"ERR invalid first DB index"))?;
    let right = int32(ctx.args, 2).map_err(|_| Error::fixed(&"ERR invalid second DB index"))?;
    let (left, right) = (database(ctx, left)?, database(ctx, right)?);
    notify::replaced(ctx.keys, ctx.server, left, Some(right));
    notify::replaced(ctx.keys, ctx.server, right, Some(left));
    ctx.keys.swap(left, right);
    ctx.changes += 1;
    ctx.reply.ok();
    Ok(())
}

const FLUSHDB: Spec = Spec {
    name: "flushdb",
    summary: "Deletes all keys of the selected database.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(N) where N is the number of keys in the selected database",
    history: &[("4.0.0", "Added `ASYNC`."), ("6.2.0", "Added `SYNC`.")],
    arity: -1,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::one_of(
        "async",
        &[
            Arg::word("async", "ASYNC").since("4.0.0"),
            Arg::word("sync", "SYNC").since("6.2.0"),
        ],
    )
    .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    ..Spec::new(flushdb)
};

fn flushdb(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    check_mode(ctx)?;
    let database = ctx.keys.selected();
    notify::replaced(ctx.keys, ctx.server, database, None);
    let removed = ctx.keys.flush(database);
    ctx.all_gone();
    flushed(ctx, removed);
    ctx.reply.ok();
    Ok(())
}

const FLUSHALL: Spec = Spec {
    name: "flushall",
    summary: "Deletes all keys of all databases.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(N) where N is the total number of keys in all databases",
    history: &[("4.0.0", "Added `ASYNC`."), ("6.2.0", "Added `SYNC`.")],
    arity: -1,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE.or(Acl::DANGEROUS),
    args: &[Arg::one_of(
        "async",
        &[
            Arg::word("async", "ASYNC").since("4.0.0"),
            Arg::word("sync", "SYNC").since("6.2.0"),
        ],
    )
    .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    ..Spec::new(flushall)
};

fn flushall(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    check_mode(ctx)?;
    let removed = (0..ctx.keys.databases_len())
        .map(|number| {
            notify::replaced(ctx.keys, ctx.server, number, None);
            ctx.keys.flush(number)
        })
        .sum();
    ctx.all_gone();
    flushed(ctx, removed);
    let saved = store::all_gone(ctx.now, ctx.keys, ctx.server, ctx.changes);
    match (saved, ctx.conn.exec_len) {
        // What was there must not come back after a crash. Transactions and scripts do not wait.
        (Some(ticket), None) => {
            ctx.server
                .park(ctx.conn, alloc::vec![ticket], Pending::Flush);
        }
        _ => ctx.reply.ok(),
    }
    Ok(())
}

/// SYNC or ASYNC. Both empty at once and free in slices: nobody can tell them apart but by the wait.
fn check_mode(ctx: &Ctx<'_>) -> Result<(), Error> {
    match ctx.args.len() {
        1 => Ok(()),
        2 if ctx.args.is(1, "SYNC") || ctx.args.is(1, "ASYNC") => Ok(()),
        _ => Err(Error::Syntax),
    }
}

/// Logs a flush even where there was nothing: whoever follows the log may have keys.
fn flushed(ctx: &mut Ctx<'_>, removed: usize) {
    ctx.changes += removed as u64;
    let request = [ctx.arg(0), ctx.arg(1)];
    ctx.record(&request[..ctx.args.len()]);
}

const DBSIZE: Spec = Spec {
    name: "dbsize",
    summary: "Counts the keys of the selected database.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1)",
    arity: 1,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::KEYSPACE,
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    ..Spec::new(dbsize)
};

fn dbsize(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let selected = ctx.keys.selected();
    ctx.reply.int(ctx.keys.len(selected) as i64);
    Ok(())
}
