//! When snapshots are saved, and what is known of those that were.

use alloc::format;

use super::note;
use super::snapshot::{self, Purpose, Snapshot};
use crate::boundary::{Level, Now};
use crate::command::World;
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::server::Server;

/// After a failed save, a save point waits so long, in milliseconds.
const RETRY_MS: u64 = 5000;

/// What is known of saves.
#[derive(Debug)]
pub(crate) struct Saves {
    /// When the last good one was finished, or the server started: seconds since 1970.
    pub(crate) last_s: u64,
    /// The count of changes that the last good one has.
    pub(crate) changes: u64,
    /// The last one in the background was good.
    pub(crate) good: bool,
    /// Seconds that the last one in the background took.
    pub(crate) took_s: Option<u64>,
    /// Those that somebody or a save point asked for, good or not.
    pub(crate) count: u64,
    /// When the last one in the background began, in milliseconds since 1970.
    tried_ms: u64,
    /// One is to begin as soon as nothing else is under way.
    pub(crate) scheduled: bool,
}

impl Default for Saves {
    fn default() -> Self {
        Saves {
            last_s: 0,
            changes: 0,
            good: true,
            took_s: None,
            count: 0,
            tried_ms: 0,
            scheduled: false,
        }
    }
}

/// Begins a snapshot in the background. There must be none under way.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(crate) fn save_in_background(
    now: Now,
    keys: &mut Keyspace,
    server: &mut Server,
) -> Result<(), Error> {
    server.store.saves.tried_ms = now.unix_ms;
    server.store.saves.scheduled = false;
    server.store.saves.count += 1;
    snapshot::begin(now, keys, server, Purpose::Background, None)?;
    note(server, Level::Notice, "Background saving started");
    Ok(())
}

/// Everything was deleted, `changes` keys: a snapshot in the background that has them ends, and where there are save
/// points a new one takes the place of the file that has them. Gives what to wait for until it has.
pub(crate) fn all_gone(
    now: Now,
    keys: &mut Keyspace,
    server: &mut Server,
    changes: u64,
) -> Option<u64> {
    if !server.store.attached || server.log.is_muted() {
        return None;
    }
    end_background(now, keys, server);
    if server.config.save.is_empty() {
        return None;
    }
    if server.store.snapshot.is_some() {
        // One at a time.
        server.store.saves.scheduled = true;
        return None;
    }
    let ticket = server.ticket();
    snapshot::begin(now, keys, server, Purpose::Save, Some(ticket)).ok()?;
    if let Some(snapshot) = &mut server.store.snapshot {
        // They are counted when the command has run.
        snapshot.changes += changes;
    }
    Some(ticket)
}

/// Ends a snapshot in the background, or forgets that there is to be one. True if there was.
pub(crate) fn cancel(now: Now, keys: &mut Keyspace, server: &mut Server) -> bool {
    end_background(now, keys, server) || core::mem::take(&mut server.store.saves.scheduled)
}

fn end_background(now: Now, keys: &mut Keyspace, server: &mut Server) -> bool {
    let running = server.store.snapshot.as_ref();
    if let Some(snapshot) = running
        && snapshot.purpose == Purpose::Background
    {
        let us = now.mono_us.saturating_sub(snapshot.started.mono_us);
        server.store.saves.took_s = Some(us / 1_000_000);
        snapshot::abandon(keys, server);
        server.store.snapshot = None;
        note(
            server,
            Level::Warning,
            "Background saving terminated by request",
        );
        return true;
    }
    false
}

/// Takes note of a snapshot's end.
pub(super) fn note_end(now: Now, world: &mut World, snapshot: &Snapshot, good: bool) {
    let server = &mut world.server;
    let background = snapshot.purpose == Purpose::Background;
    let saves = &mut server.store.saves;
    if good {
        saves.last_s = now.unix_ms / 1000;
        saves.changes = snapshot.changes;
    }
    // A save in the foreground that fails is told to who asked for it.
    if background || good {
        saves.good = good;
    }
    if background {
        let us = now.mono_us.saturating_sub(snapshot.started.mono_us);
        saves.took_s = Some(us / 1_000_000);
    }
    match (good, background) {
        (true, _) => note(server, Level::Notice, "DB saved on disk"),
        (false, true) => note(server, Level::Warning, "Background saving error"),
        (false, false) => {}
    }
    if good && background {
        note(
            server,
            Level::Notice,
            "Background saving terminated with success",
        );
    }
}

/// Changes that the last good snapshot does not have.
pub(crate) fn unsaved(server: &Server) -> u64 {
    server
        .stats
        .changes
        .saturating_sub(server.store.saves.changes)
}

/// Begins what is scheduled or what a save point asks for.
pub(super) fn tick(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    let store = &server.store;
    if store.snapshot.is_some() || store.loading.is_some() || store.ending.is_some() {
        return;
    }
    if store.saves.scheduled {
        // Without memory there is none; the next one tries anew.
        let _ = save_in_background(now, keys, server);
        return;
    }
    let unsaved = unsaved(server);
    if unsaved == 0 {
        return;
    }
    let waited = now.unix_ms.saturating_sub(store.saves.tried_ms) > RETRY_MS;
    if !waited && !store.saves.good {
        return;
    }
    let passed_s = (now.unix_ms / 1000).saturating_sub(store.saves.last_s);
    let met = server.config.save.iter().find(|point| {
        unsaved >= u64::try_from(point.changes).unwrap_or(0)
            && passed_s > u64::try_from(point.seconds).unwrap_or(0)
    });
    if let Some(point) = met {
        let text = format!(
            "{} changes in {} seconds. Saving...",
            point.changes, point.seconds
        );
        note(server, Level::Notice, text);
        let _ = save_in_background(now, keys, server);
    }
}
