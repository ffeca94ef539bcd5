//! The way to the end: what is still to be written before the process may go. Commands wait meanwhile, so that none
//! is answered that would be lost.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::snapshot::{self, Purpose};
use super::{cancel, note, rewrite};
use crate::boundary::{Job, Level, Now};
use crate::command::World;
use crate::config::ShutdownFlags;
use crate::pause::PauseMode;
use crate::server::Server;

/// How the server is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Write a snapshot, though there are no save points.
    pub(crate) save: bool,
    /// Write none, though there are.
    pub(crate) nosave: bool,
    /// End, though something could not be written.
    pub(crate) force: bool,
}

/// An end that is under way.
#[derive(Debug)]
pub(crate) struct Ending {
    wish: Wish,
    /// Who asked for it.
    tickets: Vec<u64>,
    begun: bool,
    /// The append-only file is to be flushed before anything else.
    flushing: bool,
}

/// A long time, in milliseconds.
const LONG_MS: u64 = 1 << 40;

impl Ending {
    /// `ticket` is what the connection waits for that asked for it.
    fn new(wish: Wish, ticket: Option<u64>) -> Ending {
        Ending {
            wish,
            tickets: ticket.into_iter().collect(),
            begun: false,
            flushing: false,
        }
    }

    /// It waits for the append-only file.
    pub(super) fn flushes(&self) -> bool {
        self.flushing
    }

    /// A signal asked for it, and it has not begun: it can be called off.
    fn is_revocable(&self) -> bool {
        !self.begun && self.tickets.is_empty()
    }

    /// SHUTDOWN NOSAVE waits for no script.
    fn is_urgent(&self) -> bool {
        self.wish.nosave && !self.tickets.is_empty()
    }
}

/// SHUTDOWN: a connection waits for the end, `ticket`. What a signal asked for and has not begun makes room for it.
pub(crate) fn end(server: &mut Server, wish: Wish, ticket: u64) {
    match &mut server.store.ending {
        Some(ending) if !ending.is_revocable() => ending.tickets.push(ticket),
        ending => *ending = Some(Ending::new(wish, Some(ticket))),
    }
}

/// A script or a transaction is half done, or DEBUG PAUSE-CRON holds up what a signal asked for.
fn has_to_wait(server: &Server) -> bool {
    let Some(ending) = &server.store.ending else {
        return false;
    };
    let mut waiting = server.waiting.iter();
    let half = server.scripts.is_suspended()
        || !server.unfinished.is_empty()
        || waiting.any(|waiting| waiting.pending.is_quick());
    (half && !ending.is_urgent()) || (server.cron_paused && ending.is_revocable())
}

/// Calls off what a signal asked for and has not begun. True if there was such.
pub(crate) fn call_off(server: &mut Server) -> bool {
    let revocable = server.store.ending.as_ref();
    if !revocable.is_some_and(Ending::is_revocable) {
        return false;
    }
    server.store.ending = None;
    note(server, Level::Notice, "Shutdown manually aborted.");
    true
}

/// Begins an end that was asked for.
#[cold]
pub(super) fn go_on(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    if has_to_wait(server) {
        return;
    }
    let log = &server.store.log;
    let initial = log.on && !log.installed && log.failure.is_none();
    match &mut server.store.ending {
        // The first base is on its way: without it what was acknowledged is nowhere.
        Some(ending) if initial && !ending.wish.force => return,
        Some(ending) if !ending.begun => ending.begun = true,
        _ => return,
    }
    note(server, Level::Warning, "User requested shutdown...");
    if !server.store.attached || server.store.loading.is_some() {
        leave(world);
        return;
    }
    server.ending.begin(PauseMode::All, LONG_MS, now);
    let text = "There is a child rewriting the AOF. Killing it!";
    rewrite::abandon(keys, server, text);
    if server.store.snapshot.is_some() {
        let text = "There is a child saving an .rdb. Killing it!";
        note(server, Level::Warning, text);
        if !cancel(now, keys, server) {
            abandon_other(world);
        }
    }
    let server = &mut world.server;
    if server.store.log.on {
        note(server, Level::Notice, "Calling fsync() on the AOF file.");
        if let Some(ending) = &mut server.store.ending {
            ending.flushing = true;
        }
        return;
    }
    save(now, world);
}

/// The append-only file has everything, or failed.
pub(super) fn flushed(now: Now, world: &mut World) {
    if let Some(ending) = &mut world.server.store.ending {
        ending.flushing = false;
    }
    if let Some(failure) = &world.server.store.log.failure {
        let text = format!("Fail to fsync the AOF file: {}.", failure.text());
        note(&mut world.server, Level::Warning, text);
    }
    save(now, world);
}

/// A snapshot that somebody waits for ends with the server.
fn abandon_other(world: &mut World) {
    let World { keys, server, .. } = world;
    snapshot::abandon(keys, server);
    let ticket = server.store.snapshot.take().and_then(|it| it.ticket);
    if let Some(ticket) = ticket {
        world.finish(ticket, Err(String::from("the server ends")));
    }
}

/// The host was told to end.
pub(crate) fn signal(server: &mut Server, interrupt: bool) {
    let config = &server.config;
    let flags = if interrupt {
        config.shutdown_on_sigint
    } else {
        config.shutdown_on_sigterm
    };
    let has = |flag| flags.0 & flag != 0;
    let wish = Wish {
        save: has(ShutdownFlags::SAVE),
        nosave: has(ShutdownFlags::NOSAVE),
        force: has(ShutdownFlags::FORCE),
    };
    if server.store.ending.is_none() {
        server.store.ending = Some(Ending::new(wish, None));
    }
}

/// The last snapshot, if there is to be one.
fn save(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    let Some(wish) = server.store.ending.as_ref().map(|ending| ending.wish) else {
        return;
    };
    if !wish.save && (wish.nosave || server.config.save.is_empty()) {
        leave(world);
        return;
    }
    note(
        server,
        Level::Notice,
        "Saving the final RDB snapshot before exiting.",
    );
    if snapshot::begin(now, keys, server, Purpose::Ending, None).is_err() {
        saved(world, false);
    }
}

/// The last snapshot is in its place, or failed.
pub(super) fn saved(world: &mut World, good: bool) {
    let force = world
        .server
        .store
        .ending
        .as_ref()
        .is_some_and(|it| it.wish.force);
    if good || force {
        if !good {
            let text = "Error trying to save the DB. Exit anyway.";
            note(&mut world.server, Level::Warning, text);
        }
        leave(world);
        return;
    }
    let World {
        clients, server, ..
    } = world;
    note(
        server,
        Level::Warning,
        "Error trying to save the DB, can't exit.",
    );
    server.ending.end(clients, &mut server.outputs);
    let ending = server.store.ending.take();
    for ticket in ending.into_iter().flat_map(|ending| ending.tickets) {
        world.finish(ticket, Err(String::new()));
    }
}

/// Nothing is left to do.
fn leave(world: &mut World) {
    let server = &mut world.server;
    let job = server.start(Job::Shutdown { code: 0 });
    // Where a host goes on all the same, those who wait are told by the job's end.
    let Some(ending) = server.store.ending.take() else {
        return;
    };
    for waiting in &mut server.waiting {
        for ticket in &mut waiting.jobs {
            if ending.tickets.contains(ticket) {
                *ticket = job;
            }
        }
    }
}
