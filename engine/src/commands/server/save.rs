//! SAVE, BGSAVE, LASTSAVE and BGREWRITEAOF.

use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::server::Pending;
use crate::store::{self, Purpose};

pub(crate) const SPECS: &[Spec] = &[SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF];

const SAVE: Spec = Spec {
    name: "save",
    summary: "Writes a snapshot of all data to disk and answers when it is there.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(N) where N is the total number of keys in all databases",
    arity: 1,
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::NO_ASYNC_LOADING)
        .or(Flags::NO_MULTI),
    ..Spec::new(save)
};

const BGSAVE: Spec = Spec {
    name: "bgsave",
    summary: "Begins to write a snapshot of all data to disk.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1)",
    history: &[("3.2.2", "Added the `SCHEDULE` option.")],
    arity: -1,
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::NO_ASYNC_LOADING),
    args: &[Arg::one_of(
        "operation",
        &[
            Arg::word("schedule", "SCHEDULE").since("3.2.2"),
            Arg::word("cancel", "CANCEL"),
        ],
    )
    .optional()],
    ..Spec::new(bgsave)
};

const LASTSAVE: Spec = Spec {
    name: "lastsave",
    summary: "Tells when the data was last saved.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1)",
    arity: 1,
    flags: Flags::LOADING.or(Flags::STALE).or(Flags::FAST),
    acl: Acl::ADMIN.or(Acl::DANGEROUS),
    tips: &["nondeterministic_output"],
    ..Spec::new(lastsave)
};

const BGREWRITEAOF: Spec = Spec {
    name: "bgrewriteaof",
    summary: "Begins to write the append-only file anew, as short as can be.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(1)",
    arity: 1,
    flags: Flags::ADMIN.or(Flags::NOSCRIPT).or(Flags::NO_ASYNC_LOADING),
    ..Spec::new(bgrewriteaof)
};

const RUNNING: Error = Error::fixed(&"ERR Background save already in progress");
/// What a host without files answers.
const NO_FILES: Error = Error::fixed(&"ERR there are no files here to save to");

/// The cut is made at once; everybody but the one who asked goes on meanwhile.
fn save(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if !ctx.server.store.attached {
        return Err(NO_FILES);
    }
    if ctx.server.store.snapshot.is_some() {
        return Err(RUNNING);
    }
    let (now, server) = (ctx.now, &mut *ctx.server);
    let ticket = server.ticket();
    server.store.saves.count += 1;
    store::snapshot(now, ctx.keys, server, Purpose::Save, Some(ticket))?;
    server.park(ctx.conn, alloc::vec![ticket], Pending::Save);
    Ok(())
}

fn bgsave(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut schedule = false;
    match ctx.args.len() {
        1 => {}
        2 if ctx.args.is(1, "SCHEDULE") => schedule = true,
        2 if ctx.args.is(1, "CANCEL") => return cancel(ctx),
        _ => return Err(Error::Syntax),
    }
    let store = &mut ctx.server.store;
    if !store.attached {
        return Err(NO_FILES);
    }
    match store.snapshot.as_ref().map(|snapshot| snapshot.purpose) {
        Some(Purpose::Base) if schedule => {
            store.saves.scheduled = true;
            ctx.reply.simple("Background saving scheduled");
            return Ok(());
        }
        Some(Purpose::Base) => {
            return Err(Error::fixed(
                &"ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.",
            ));
        }
        Some(_) => return Err(RUNNING),
        None => {}
    }
    store::save_in_background(ctx.now, ctx.keys, ctx.server)?;
    ctx.reply.simple("Background saving started");
    Ok(())
}

fn cancel(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let store = &ctx.server.store;
    let scheduled = store.saves.scheduled && store.snapshot.is_none();
    if !store::cancel(ctx.now, ctx.keys, ctx.server) {
        return Err(Error::fixed(
            &"ERR Background saving is currently not in progress or scheduled",
        ));
    }
    ctx.reply.simple(if scheduled {
        "Scheduled background saving cancelled"
    } else {
        "Background saving cancelled"
    });
    Ok(())
}

/// Before the first snapshot Redis tells when the server started.
fn lastsave(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let last_s = match ctx.server.store.attached {
        true => ctx.server.store.saves.last_s,
        false => ctx.server.started.unix_ms / 1000,
    };
    ctx.reply.int(last_s as i64);
    Ok(())
}

fn bgrewriteaof(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let store = &mut ctx.server.store;
    if !store.attached {
        return Err(NO_FILES);
    }
    if store.log.rewrites.is_running() {
        return Err(Error::fixed(
            &"ERR Background append only file rewriting already in progress",
        ));
    }
    // It begins right behind this command, or behind the snapshot that is under way.
    store.log.rewrites.want();
    ctx.reply.simple(match store.snapshot {
        Some(_) => "Background append only file rewriting scheduled",
        None => "Background append only file rewriting started",
    });
    Ok(())
}
