//! Persistence at work: which operations on files are asked for, in which order, and what their answers mean. Knows no
//! file system; the formats are [`persist`](crate::persist)'s.
//!
//! One thing at a time writes a snapshot: a save, or a rewrite of the append-only file.

mod append;
mod ending;
mod group;
mod load;
mod replay;
mod rewrite;
mod saves;
mod snapshot;

use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use append::{LogFile, ask_to_turn_on as turn_on_log};
pub(crate) use ending::{Ending, Wish, call_off, end, signal};
pub(crate) use load::{LastLoad, Loading, Then, start as load};
pub(crate) use saves::{Saves, all_gone, cancel, save_in_background, unsaved};
pub(crate) use snapshot::{Purpose, Snapshot, begin as snapshot};

use crate::boundary::{ConnId, FileOp, Filed, Lane, Level, Now, Output};
use crate::command::World;
use crate::server::Server;

/// The state of all that has to do with files.
#[derive(Default)]
pub(crate) struct Store {
    /// The host has files. Nothing is asked of one that has none.
    pub(crate) attached: bool,
    /// Lists that are under way.
    jobs: Vec<(u64, Asked)>,
    /// The snapshot that is being written.
    pub(crate) snapshot: Option<Snapshot>,
    /// What is known of saves.
    pub(crate) saves: Saves,
    /// The append-only file.
    pub(crate) log: LogFile,
    /// Connections that wait until the log is durable farther than it is.
    pub(crate) waiting: Vec<ConnId>,
    /// The data is being loaded.
    pub(crate) loading: Option<alloc::boxed::Box<Loading>>,
    /// The server is to end.
    pub(crate) ending: Option<Ending>,
    /// What the last loading brought.
    pub(crate) last_load: LastLoad,
}

impl Store {
    /// When something is to be gone on with, in microseconds of [`Now::mono_us`].
    pub(crate) fn due_us(&self) -> Option<u64> {
        let snapshot = self.snapshot.as_ref().and_then(Snapshot::due_us);
        let log = if self.log.on { self.log.due_us() } else { None };
        [snapshot, log].into_iter().flatten().min()
    }

    /// Something goes on in slices, at every tick.
    pub(crate) fn is_in_slices(&self) -> bool {
        self.snapshot.is_some() || self.loading.is_some() || self.ending.is_some()
    }

    /// Files that are of no use any more are being removed.
    fn is_cleaning(&self) -> bool {
        self.jobs.iter().any(|(_, asked)| *asked == Asked::Cleaning)
    }

    /// Some commands are refused because of files.
    #[inline]
    pub(crate) fn hinders(&self) -> bool {
        self.loading.is_some() || !self.saves.good || self.log.failure.is_some()
    }
}

/// What a list of operations was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Pieces of a snapshot.
    Pieces,
    /// The end of a snapshot.
    Whole,
    /// Something to load.
    Load,
    /// The append-only file.
    Log,
    /// Nothing depends on it.
    Cleaning,
}

/// Asks the host to run operations.
fn ask(server: &mut Server, lane: Lane, ops: Vec<FileOp>, asked: Asked) {
    let job = server.ticket();
    server.store.jobs.push((job, asked));
    server.outputs.push_back(Output::Files { job, lane, ops });
}

/// Answers of this kind mean nothing any more.
fn forget(server: &mut Server, asked: Asked) {
    server.store.jobs.retain(|(_, known)| *known != asked);
}

/// A line for the host's log.
pub(crate) fn note(server: &mut Server, level: Level, text: impl Into<String>) {
    if server.store.attached {
        let text = text.into();
        server.outputs.push_back(Output::Note { level, text });
    }
}

/// The host has files: begins to load what they have.
pub(crate) fn start(now: Now, world: &mut World) {
    let server = &mut world.server;
    server.store.attached = true;
    server.store.saves.last_s = now.unix_ms / 1000;
    load::start(now, &mut world.keys, server, Then::Serve);
}

/// Takes the answers to a list. True if slices of work may be possible that were not before.
pub(crate) fn filed(now: Now, world: &mut World, job: u64, result: Filed) -> bool {
    let jobs = &mut world.server.store.jobs;
    let Some(at) = jobs.iter().position(|(known, _)| *known == job) else {
        return false;
    };
    let (_, asked) = jobs.swap_remove(at);
    let mut frees = true;
    match asked {
        Asked::Pieces | Asked::Whole => {
            snapshot::filed(now, world, asked == Asked::Whole, result);
        }
        Asked::Load => load::filed(now, world, result),
        Asked::Log => frees = append::filed(now, world, result),
        Asked::Cleaning => {}
    }
    frees && world.server.store.is_in_slices()
}

/// Does what a call has left to do, right after it.
#[inline]
pub(crate) fn settle(now: Now, world: &mut World) {
    let server = &world.server;
    if server.store.ending.is_some() {
        ending::go_on(now, world);
    }
}

/// Looks after the append-only file, when the host has handed in all that it had.
#[inline]
pub(crate) fn gather(now: Now, world: &mut World) {
    let server = &world.server;
    if server.store.attached && (server.config.appendonly || server.store.log.on) {
        append::pump(now, world);
    }
}

/// A slice of work, and what is due. True if there is more to do at once.
pub(crate) fn tick(now: Now, world: &mut World) -> bool {
    if !world.server.store.attached {
        return false;
    }
    saves::tick(now, world);
    rewrite::tick(now, world);
    snapshot::slice(now, world)
}

/// A path of these parts.
fn path(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}
