//! WAIT and WAITAOF.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::session::blocking::{Awaits, GiveUp};

pub(crate) const SPECS: &[Spec] = &[WAIT, WAITAOF];

const WAIT: Spec = Spec {
    name: "wait",
    summary: "Waits until replicas have the changes that this connection made.",
    since: "3.0.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::BLOCKING,
    acl: Acl::CONNECTION,
    args: &[Arg::int("numreplicas"), Arg::int("timeout")],
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    ..Spec::new(wait)
};

const WAITAOF: Spec = Spec {
    name: "waitaof",
    summary: "Waits until the changes that this connection made survive a crash, here and on replicas.",
    since: "7.2.0",
    group: Group::Generic,
    complexity: "O(1)",
    arity: 4,
    flags: Flags::BLOCKING,
    acl: Acl::CONNECTION,
    args: &[
        Arg::int("numlocal"),
        Arg::int("numreplicas"),
        Arg::int("timeout"),
    ],
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    ..Spec::new(waitaof)
};

/// The moment at which the timeout at argument `index` is over, none where it is 0.
fn deadline_us(ctx: &Ctx<'_>, index: usize) -> Result<Option<u64>, Error> {
    let timeout_ms = ctx
        .args
        .int(index)
        .map_err(|_| Error::fixed(&"ERR timeout is not an integer or out of range"))?;
    let timeout_ms =
        u64::try_from(timeout_ms).map_err(|_| Error::fixed(&"ERR timeout is negative"))?;
    if timeout_ms > (i64::MAX as u64).saturating_sub(ctx.now.unix_ms) {
        return Err(Error::fixed(&"ERR timeout is out of range"));
    }
    let us = timeout_ms.saturating_mul(1000);
    Ok((timeout_ms > 0).then_some(ctx.now.mono_us.saturating_add(us)))
}

/// There are no replicas: whoever wants one waits until the timeout, in milliseconds, 0 for ever.
fn wait(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let wanted = ctx.args.int(1)?;
    let deadline_us = deadline_us(ctx, 2)?;
    if wanted <= 0 {
        ctx.reply.int(0);
        return Ok(());
    }
    ctx.block_on(
        core::iter::empty(),
        deadline_us,
        Awaits::Time,
        GiveUp::Int(0),
    )
}

/// Answers how many append-only files here, 0 or 1, and how many on replicas have this connection's changes.
fn waitaof(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let local = ctx.args.int(1)?;
    if !(0..=1).contains(&local) {
        return Err(Error::fixed(
            &"ERR value is out of range, value must between 0 and 1",
        ));
    }
    let replicas = ctx.args.int(2)?;
    if replicas < 0 {
        return Err(Error::fixed(&"ERR value is out of range, must be positive"));
    }
    let deadline_us = deadline_us(ctx, 3)?;
    let log = &ctx.server.store.log;
    if local > 0 && !log.on {
        return Err(Error::fixed(
            &"ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
        ));
    }
    let has = i64::from(log.on && log.durable >= ctx.conn.wrote);
    let give_up = GiveUp::Pair(has, 0);
    if has >= local && replicas == 0 {
        give_up.write(&mut ctx.reply);
        return Ok(());
    }
    if let Some(blocked) = &mut ctx.conn.blocked {
        blocked.give_up = give_up;
    }
    if ctx.conn.exec_len.is_none() {
        ctx.server.store.waiting.push(ctx.conn.id);
    }
    ctx.block_on(core::iter::empty(), deadline_us, Awaits::Durable, give_up)
}
