//! A script's way from its start to its reply: in one go or, if it takes longer, in slices between which the engine
//! serves what Redis allows meanwhile. Knows nothing of the language.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Scripts;
use super::api::{Doing, Reach};
use super::lua::{Finished, FunctionId};
use super::shebang::ScriptFlags;
use crate::boundary::{ConnId, Now, Output, Peer};
use crate::clients::Clients;
use crate::command::{Ctx, Effect, World};
use crate::commands::transactions as commands;
use crate::conn::{Conn, Replies};
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::resp::{Args, Chunks, Protocol, Reply};
use crate::server::Server;
use crate::session::queue::Queue;

/// Fuel of one slice: about a millisecond's work.
const SLICE_FUEL: i64 = 100_000;

/// A script that runs, from its start on. When it has ended the next one takes its place, and its memory.
#[derive(Default)]
pub(crate) struct Running {
    /// The connection that called it.
    conn: ConnId,
    /// Its digest, or the function's name.
    name: Vec<u8>,
    /// The request that called it, for FUNCTION STATS.
    pub(crate) request: Vec<Vec<u8>>,
    /// It is a function.
    pub(crate) is_function: bool,
    /// It has run longer than `busy-reply-threshold`.
    pub(crate) is_slow: bool,
    /// Its end was asked for.
    killed: bool,
    started: Now,
    database: usize,
    doing: Doing,
    /// Stands for the connection once that is gone.
    detached: Option<Box<Conn>>,
    /// The transaction that it is a part of, and which of its requests comes next.
    pub(crate) transaction: Option<(Box<Queue>, usize)>,
}

impl Running {
    fn begin(mut self: Box<Self>, ctx: &Ctx<'_>, what: &Start<'_>, read_only: bool) -> Box<Self> {
        self.conn = ctx.conn.id;
        self.name.clear();
        self.name.extend_from_slice(what.name);
        self.request = Vec::new();
        self.is_function = what.is_function;
        self.is_slow = false;
        self.killed = false;
        self.started = ctx.now;
        self.database = ctx.conn.database;
        self.doing.begin(read_only);
        self
    }

    /// The name of what runs.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// How long it has been running, in milliseconds.
    pub(crate) fn duration_ms(&self, now: Now) -> u64 {
        now.mono_us.saturating_sub(self.started.mono_us) / 1000
    }
}

/// What is to run.
pub(crate) struct Start<'a> {
    /// Its digest, or the function's name.
    pub(crate) name: &'a [u8],
    /// What it compiled to.
    pub(crate) function: FunctionId,
    /// It is a function: keys and arguments are its parameters.
    pub(crate) is_function: bool,
    /// What it declares.
    pub(crate) flags: ScriptFlags,
    /// The command only reads.
    pub(crate) read_only: bool,
    /// Its keys.
    pub(crate) keys: Args<'a>,
    /// Its other arguments.
    pub(crate) args: Args<'a>,
}

/// Runs a script: to its end, or until it is suspended. In the second case the connection waits.
///
/// # Errors
/// What the script raised, or why it may not run.
pub(crate) fn start(ctx: &mut Ctx<'_>, what: &Start<'_>) -> Result<(), Error> {
    let declared = !what.flags.has(ScriptFlags::UNDECLARED);
    let writes = !what.flags.has(ScriptFlags::NO_WRITES);
    if what.read_only && declared && writes {
        return Err(Error::fixed(
            &"ERR Can not execute a script with write flag using *_ro command.",
        ));
    }
    let read_only = what.read_only || (declared && !writes);
    let spare = ctx.server.scripts.spare.take().unwrap_or_default();
    let mut running = spare.begin(ctx, what, read_only);
    let lua = ctx.server.scripts.lua()?;
    lua.begin(what.function, what.is_function, what.keys, what.args)?;
    let in_transaction = ctx.conn.exec_len.is_some();
    if !in_transaction {
        ctx.server.log.begin_block();
    }
    let ended = run(
        &mut running,
        ctx.now,
        ctx.conn,
        (&mut *ctx.keys, &mut *ctx.clients, &mut *ctx.server),
    );
    ctx.keys.select(ctx.conn.database);
    // The commands that it has called have recorded what they did.
    ctx.effect = Effect::Recorded;
    let Some(ended) = ended else {
        for arg in ctx.args.iter() {
            running.request.push(arg.to_vec());
        }
        ctx.conn.waiting = true;
        ctx.server.scripts.running = Some(running);
        return Ok(());
    };
    if !in_transaction {
        ctx.server.log.end_block();
    }
    let answered = answer(&running, ended, ctx.server, &mut ctx.reply);
    ctx.server.scripts.spare = Some(running);
    answered
}

/// How a script ended: with a value, which is in the machine, or with an error.
type Ended = Result<(), Failure>;

/// An error that a script ended with.
pub(crate) struct Failure {
    /// Its text.
    pub(crate) text: Vec<u8>,
    /// The place where it arose: chunk and line.
    pub(crate) place: Option<(Vec<u8>, u32)>,
    /// Statistics have it already.
    pub(crate) counted: bool,
}

/// One slice. Nothing comes back if the script has not ended.
fn run(
    running: &mut Running,
    now: Now,
    conn: &mut Conn,
    (keys, clients, server): (&mut Keyspace, &mut Clients, &mut Server),
) -> Option<Ended> {
    let mut lua = server.scripts.lua.take()?;
    // For the time of the slice the connection is the script's.
    let database = core::mem::replace(&mut conn.database, running.database);
    let exec_len = conn.exec_len.replace(0);
    let replies = core::mem::replace(&mut conn.replies, Replies::On);
    let mut reach = Reach {
        now: running.started,
        conn,
        keys,
        clients,
        server,
        doing: &mut running.doing,
    };
    reach.keys.set_now(running.started.unix_ms);
    let finished = lua.run(&mut reach, SLICE_FUEL);
    reach.keys.set_now(now.unix_ms);
    running.database = reach.conn.database;
    reach.conn.database = database;
    reach.conn.exec_len = exec_len;
    reach.conn.replies = replies;
    let ended = match finished {
        Finished::Suspended => None,
        Finished::Done => Some(Ok(())),
        Finished::Failed(failure) => Some(Err(failure)),
    };
    server.scripts.lua = Some(lua);
    ended
}

/// Writes a script's reply.
fn answer(
    running: &Running,
    ended: Ended,
    server: &mut Server,
    reply: &mut Reply<'_>,
) -> Result<(), Error> {
    match ended {
        Ok(()) => match &mut server.scripts.lua {
            Some(lua) => lua.write_result(running.doing.protocol == Protocol::Resp3, reply),
            None => Ok(()),
        },
        Err(failure) => {
            let mut text = failure.text;
            if let Some((chunk, line)) = failure.place {
                text.extend_from_slice(b" script: ");
                text.extend_from_slice(&running.name);
                text.extend_from_slice(b", on ");
                text.extend_from_slice(&chunk);
                text.push(b':');
                let mut digits = [0; 20];
                text.extend_from_slice(crate::number::write_u64(u64::from(line), &mut digits));
                text.push(b'.');
            }
            if failure.counted {
                reply.error_bytes(&text);
                return Ok(());
            }
            Err(server.told.tell(text))
        }
    }
}

/// Lets the suspended script go on for a slice. To be called with every tick; does nothing where there is none.
/// True if it is still suspended.
pub(crate) fn slice(now: Now, world: &mut World) -> bool {
    let Some(mut running) = world.server.scripts.running.take() else {
        return false;
    };
    let present = world.clients.take(running.conn);
    let gone = present.is_none();
    let detached = present.or_else(|| running.detached.take());
    let mut conn = detached.unwrap_or_else(|| {
        let mut conn = Conn::new(running.conn, 0, 0, Peer::default(), now);
        conn.database = running.database;
        Box::new(conn)
    });
    let ended = if running.killed {
        Some(Err(end(world)))
    } else {
        let World {
            keys,
            clients,
            server,
        } = &mut *world;
        run(&mut running, now, &mut conn, (keys, clients, server))
    };
    if let Some(ended) = ended {
        finish(now, world, conn, gone, &mut running, ended);
        world.server.scripts.spare = Some(running);
        return world.server.scripts.running.is_some();
    }
    let becomes_slow = !running.is_slow && super::is_slow(running.started, now, &world.server);
    running.is_slow |= becomes_slow;
    world.server.scripts.running = Some(running);
    put_back(world, conn, gone);
    if becomes_slow {
        resume_all(world);
    }
    true
}

/// Ends the script for good; nothing in it can prevent that.
fn end(world: &mut World) -> Failure {
    let place = world
        .server
        .scripts
        .lua
        .as_mut()
        .and_then(|lua| lua.abandon());
    Failure {
        text: b"ERR Script killed by user with SCRIPT KILL...".to_vec(),
        place,
        counted: false,
    }
}

/// The connection waits on, or what stands for it.
fn put_back(world: &mut World, conn: Box<Conn>, gone: bool) {
    if !gone {
        world.clients.put_back(conn);
    } else if let Some(running) = &mut world.server.scripts.running {
        running.detached = Some(conn);
    }
}

fn resume_all(world: &mut World) {
    let World {
        clients, server, ..
    } = world;
    server.scripts.resume_all(clients, &mut server.outputs);
}

/// Answers the connection, goes on with its transaction, and lets everybody go on.
fn finish(
    now: Now,
    world: &mut World,
    mut conn: Box<Conn>,
    gone: bool,
    running: &mut Running,
    ended: Ended,
) {
    let mut out = Chunks::new();
    let mut reply = Reply::new(&mut out, conn.protocol);
    let result = answer(running, ended, &mut world.server, &mut reply);
    if let Err(error) = result {
        let text = world.server.told.text(error);
        world.server.stats.error(text);
        reply.error_bytes(text);
    }
    conn.waiting = false;
    if let Some((queue, next)) = running.transaction.take() {
        commands::go_on(now, queue, next, &mut conn, world, &mut out);
    }
    let ended = world.server.scripts.running.is_none();
    if ended {
        world.server.log.end_block();
        if running.doing.wrote {
            // An earlier slice may have done it.
            world.server.log.promise();
        }
    }
    conn.depends_on(&mut world.server.log);
    let (id, link) = (conn.id, conn.link);
    if conn.replies == Replies::On {
        conn.mailbox.append(&mut out);
    } else if ended && conn.replies == Replies::Skipping {
        conn.replies = Replies::On;
    }
    let outputs = &mut world.server.outputs;
    if !gone && !conn.mailbox.is_empty() {
        outputs.push_back(Output::Flush { conn: id, link });
    }
    if !gone && ended {
        conn.parked = false;
        outputs.push_back(Output::Resume { conn: id, link });
    }
    put_back(world, conn, gone);
    if ended {
        resume_all(world);
    }
}

/// Asks for the end of the script that runs, as SCRIPT KILL and FUNCTION KILL do.
///
/// # Errors
/// There is none, it has written, or it is of the other kind.
pub(crate) fn kill(scripts: &mut Scripts, is_function: bool) -> Result<(), Error> {
    let Some(running) = &mut scripts.running else {
        return Err(Error::fixed(&"NOTBUSY No scripts in execution right now."));
    };
    if running.doing.wrote {
        return Err(Error::fixed(
            &"UNKILLABLE Sorry the script already executed write commands against the dataset. You can either \
             wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
        ));
    }
    if running.is_function != is_function {
        return Err(if running.is_function {
            super::BUSY_FUNCTION
        } else {
            super::BUSY_SCRIPT
        });
    }
    running.killed = true;
    Ok(())
}
