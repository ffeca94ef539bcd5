//! The append-only file while it grows: what of the log is handed over when, how durable it is, and what happens when
//! that fails.
//!
//! One list is under way at a time. What arrives meanwhile makes up the next: under `always` that is a group of
//! commands for one flush.
//!
//! Where the policy is another, a host that can ([`Lane::Here`]) gives records to the operating system before the replies
//! go: a process that is killed loses nothing. While a flush is under way an append might wait for the disk, so that for a
//! while replies go first, as in redis-server. Other hosts get records in batches.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::group::Group;
use super::{Asked, Ending, Then, ask, ending, load, note, rewrite};
use crate::boundary::{FileError, FileOp, Filed, Lane, Level, Now, Output};
use crate::command::{self, World};
use crate::config::AppendFsync;
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::persist::aof::{Manifest, annotate};
use crate::server::Server;

/// Bytes of a batch that is handed over at once.
const BATCH_BYTES: u64 = 256 * 1024;
/// Where the disk is so far behind, replies to writes wait for it under any policy, so that memory has a bound.
const BEHIND_BYTES: u64 = 64 << 20;
/// How long a smaller one waits, in microseconds.
const BATCH_US: u64 = 10_000;
/// Between two flushes under `everysec`, and between two attempts to write, in microseconds.
const SECOND_US: u64 = 1_000_000;
/// Bytes of an annotation, at most.
const ANNOTATION_MAX: usize = 32;
/// How long replies do not wait for a flush that is under way, in microseconds.
const POSTPONED_US: u64 = 2_000_000;

/// Why nothing can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Bytes could not be appended: another attempt may help.
    Write(String),
    /// A flush failed: what the file has is in doubt for ever, and only a new one helps.
    Flush(String),
}

impl Failure {
    /// The host's words.
    pub(crate) fn text(&self) -> &str {
        match self {
            Failure::Write(text) | Failure::Flush(text) => text,
        }
    }
}

/// A list that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    /// The log up to `upto`, `bytes` of the file.
    Batch {
        upto: u64,
        bytes: u64,
        /// The place of the flush in the list, if there is one.
        flush: Option<usize>,
    },
    /// The next increment is made.
    Switch,
}

/// The append-only file.
#[derive(Default)]
pub(crate) struct LogFile {
    /// Records are kept for it.
    pub(crate) on: bool,
    /// Its directory with a `/` behind it.
    pub(super) dir: Vec<u8>,
    /// The files as the disk has them.
    pub(super) manifest: Manifest,
    /// The increment that records go to.
    pub(super) path: Vec<u8>,
    /// The manifest on the disk names it, and a base.
    pub(crate) installed: bool,
    /// Bytes of the increment that are there for certain.
    pub(super) size: u64,
    /// Bytes of all files.
    pub(crate) total: u64,
    /// Bytes of all files after the last rewrite, or when they were loaded.
    pub(crate) base_size: u64,
    /// Up to here the file has the log.
    pub(super) written: u64,
    /// Up to here it survives a crash.
    pub(super) flushed: u64,
    /// The same, of files that the manifest on the disk names.
    pub(crate) durable: u64,
    /// Up to here replies may go.
    said: u64,
    busy: Option<Busy>,
    /// Since when the flush is under way.
    flush_began_us: u64,
    batch_due_us: Option<u64>,
    group: Group,
    flush_due_us: u64,
    pub(crate) failure: Option<Failure>,
    retry_us: u64,
    /// A connection waits for what all files have to be loaded again.
    pub(crate) reload: Option<u64>,
    /// A connection waits for the file to be there.
    turning_on: Option<u64>,
    /// The second of the last annotation.
    second: u64,
    /// What is known of rewrites.
    pub(crate) rewrites: rewrite::Rewrites,
}

impl LogFile {
    /// From here on the log goes to the increment at `path`, which has `size` bytes.
    pub(super) fn open(&mut self, path: Vec<u8>, size: u64, at: u64) {
        self.path = path;
        self.size = size;
        (self.written, self.flushed) = (at, at);
        self.batch_due_us = None;
        self.second = 0;
    }

    /// There are files to be loaded.
    pub(crate) fn has_files(&self) -> bool {
        self.manifest.loaded().next().is_some()
    }

    /// No list is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.is_none()
    }

    /// The next increment is being made.
    pub(super) fn is_switching(&self) -> bool {
        self.busy == Some(Busy::Switch)
    }

    /// A list that makes the next increment is under way.
    pub(super) fn switch(&mut self) {
        self.busy = Some(Busy::Switch);
    }

    /// When something is to be done, in microseconds of [`Now::mono_us`].
    pub(super) fn due_us(&self) -> Option<u64> {
        if self.busy.is_some() {
            return None;
        }
        if self.failure.is_some() {
            return Some(self.retry_us);
        }
        let flush = (self.flushed < self.written).then_some(self.flush_due_us);
        [self.batch_due_us, flush].into_iter().flatten().min()
    }

    /// Bytes of the log that are not in the file.
    pub(crate) fn waiting(&self, end: u64) -> u64 {
        match self.on {
            true => end.saturating_sub(self.written),
            false => 0,
        }
    }

    /// Replies to writes wait for the file, under this policy and on a host that `writes_at_once` or does not.
    fn withholds(&self, now: Now, policy: AppendFsync, writes_at_once: bool, end: u64) -> bool {
        let first = self.is_switching() && self.rewrites.running.is_none();
        let named = self.installed || first || self.failure.is_some();
        if !self.on || !named {
            // Until the first base is whole nobody relies on the file.
            return false;
        }
        if policy == AppendFsync::Always || end.saturating_sub(self.written) > BEHIND_BYTES {
            return true;
        }
        let postponed = self.is_flushing() && now.mono_us < self.flush_began_us + POSTPONED_US;
        writes_at_once && self.failure.is_none() && !postponed
    }

    /// A flush is under way.
    pub(crate) fn is_flushing(&self) -> bool {
        matches!(self.busy, Some(Busy::Batch { flush: Some(_), .. }))
    }
}

/// Follows the configuration, and hands over what is to be.
pub(super) fn pump(now: Now, world: &mut World) {
    hand_over_due(now, world);
    let server = &mut world.server;
    let (file, policy) = (&server.store.log, server.config.appendfsync);
    let at_once = server.facts.writes_at_once;
    let awaited = file.withholds(now, policy, at_once, server.log.end());
    server.log.set_awaited(awaited);
}

fn hand_over_due(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    let wanted = server.config.appendonly;
    if !wanted && !server.store.log.on {
        return;
    }
    if server.store.loading.is_some() {
        return;
    }
    if wanted && !server.store.log.on {
        turn_on(now, world);
        return;
    }
    let always = server.config.appendfsync == AppendFsync::Always;
    let file = &mut server.store.log;
    if file.busy.is_some() {
        return;
    }
    let sealed = server.log.sealed();
    let ends = server.store.ending.as_ref().is_some_and(Ending::flushes);
    if !wanted || ends {
        let clean = file.written == sealed && file.flushed == sealed;
        if !clean && file.failure.is_none() {
            hand_over(now, server, Lane::Log, true);
        } else if ends {
            ending::flushed(now, world);
        } else {
            turn_off(world);
        }
        return;
    }
    if server.log.is_broken() && file.failure.is_none() {
        out_of_memory(now, server, true);
        return;
    }
    if file.failure.is_some() {
        if now.mono_us >= file.retry_us {
            retry(now, world);
        }
        return;
    }
    if file.rewrites.is_due(now) && rewrite::start(now, keys, server) {
        return;
    }
    let file = &server.store.log;
    if file.reload.is_some() && file.installed {
        reload(now, keys, server);
        return;
    }
    let file = &mut server.store.log;
    let waiting = sealed.saturating_sub(file.written);
    if always {
        let due = waiting > 0 || file.flushed < file.written;
        if due && !file.group.waits(now, server.log.promises()) {
            hand_over(now, server, Lane::Log, true);
        } else if due {
            file.batch_due_us = Some(file.group.until_us());
        }
        return;
    }
    if waiting > 0 && server.facts.writes_at_once {
        hand_over(now, server, Lane::Here, false);
        return;
    }
    let everysec = server.config.appendfsync == AppendFsync::EverySec;
    let rewriting = server.store.snapshot.is_some() && server.config.no_appendfsync_on_rewrite;
    let flushes = (everysec && !rewriting) || server.log.promised_upto() > file.flushed;
    let flush_due = flushes && now.mono_us >= file.flush_due_us;
    let due = file.batch_due_us.is_some_and(|due| now.mono_us >= due);
    if waiting >= BATCH_BYTES || (waiting > 0 && due) {
        hand_over(now, server, Lane::Log, flush_due);
    } else if flush_due && file.flushed < file.written {
        hand_over(now, server, Lane::Log, true);
    } else if waiting > 0 && file.batch_due_us.is_none() {
        file.batch_due_us = Some(now.mono_us + BATCH_US);
    }
    let file = &mut server.store.log;
    if !flushes {
        // Nothing waits for the clock.
        file.flush_due_us = now.mono_us + SECOND_US;
    }
}

/// DEBUG LOADAOF: begins once the files have all there is.
fn reload(now: Now, keys: &mut Keyspace, server: &mut Server) {
    let (end, file) = (server.log.end(), &mut server.store.log);
    if file.flushed < server.log.sealed() {
        hand_over(now, server, Lane::Log, true);
    } else if file.flushed == end
        && let Some(ticket) = file.reload.take()
    {
        load::start(now, keys, server, Then::log_again(ticket));
    }
}

/// Hands over what the file does not have of the log, with or without a flush.
fn hand_over(now: Now, server: &mut Server, lane: Lane, flush: bool) {
    ask_for_batch(now, server, lane, flush, Vec::new());
}

fn ask_for_batch(now: Now, server: &mut Server, lane: Lane, flush: bool, mut ops: Vec<FileOp>) {
    match batch(now, server, flush, &mut ops) {
        Ok(()) => ask(server, lane, ops, Asked::Log),
        Err(_) => out_of_memory(now, server, false),
    }
}

fn batch(now: Now, server: &mut Server, flush: bool, ops: &mut Vec<FileOp>) -> Result<(), Error> {
    let upto = server.log.sealed();
    let annotated = server.config.aof_timestamp_enabled;
    let file = &mut server.store.log;
    let mut count = 0;
    if upto > file.written {
        let records = server.log.bytes(file.written, upto).unwrap_or_default();
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(records.len() + ANNOTATION_MAX)?;
        let second = now.unix_ms / 1000;
        if annotated && second != file.second {
            file.second = second;
            annotate(second, &mut bytes);
        }
        bytes.extend_from_slice(records);
        count = bytes.len() as u64;
        let path = file.path.clone();
        ops.push(FileOp::Append { path, bytes });
    }
    let flush = flush.then_some(ops.len());
    if flush.is_some() {
        file.flush_due_us = now.mono_us + SECOND_US;
        file.flush_began_us = now.mono_us;
        file.group.began(now, server.log.promises());
        let path = file.path.clone();
        ops.push(FileOp::Sync { path });
    }
    file.batch_due_us = None;
    file.busy = Some(Busy::Batch {
        upto,
        bytes: count,
        flush,
    });
    Ok(())
}

/// What was not written before is tried again, behind what is certain.
fn retry(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    let file = &mut server.store.log;
    file.retry_us = now.mono_us + SECOND_US;
    if matches!(file.failure, Some(Failure::Flush(_))) {
        if file.rewrites.running.is_some() {
            return;
        }
        file.installed = false;
        rewrite::start(now, keys, server);
        return;
    }
    let ops = alloc::vec![FileOp::Truncate {
        path: file.path.clone(),
        len: file.size,
    }];
    let flush = server.config.appendfsync == AppendFsync::Always;
    ask_for_batch(now, server, Lane::Log, flush, ops);
}

/// Takes the answer to a list. True if a snapshot may have waited for it.
pub(super) fn filed(now: Now, world: &mut World, result: Filed) -> bool {
    let server = &mut world.server;
    let busy = server.store.log.busy.take();
    match busy {
        None => {}
        Some(Busy::Switch) => rewrite::switched(now, world, result),
        Some(Busy::Batch { upto, bytes, flush }) => match result {
            Ok(_) => batched(now, world, upto, bytes, flush.is_some()),
            Err(error) => fail(now, server, error, flush),
        },
    }
    busy == Some(Busy::Switch)
}

fn batched(now: Now, world: &mut World, upto: u64, bytes: u64, flushed: bool) {
    let server = &mut world.server;
    let file = &mut server.store.log;
    file.written = upto;
    file.size += bytes;
    file.total += bytes;
    if flushed {
        file.flushed = upto;
        file.group.ended(now, server.log.promises());
    }
    if file.failure.take().is_some() {
        let text = "AOF write error looks solved, Redis can write again.";
        note(server, Level::Warning, text);
    }
    server.log.release_for_file(upto);
    settle(now, world);
}

/// Lets those go whose records are where the policy wants them, and those who wait for a flush.
pub(super) fn settle(now: Now, world: &mut World) {
    let server = &mut world.server;
    let file = &mut server.store.log;
    if !file.installed {
        return;
    }
    let upto = match server.config.appendfsync {
        AppendFsync::Always => file.flushed,
        _ => file.written,
    };
    say(server, upto);
    let file = &mut server.store.log;
    if file.flushed <= file.durable {
        return;
    }
    file.durable = file.flushed;
    let waiting = core::mem::take(&mut server.store.waiting);
    for id in waiting {
        if let Some(mut conn) = world.clients.take(id) {
            command::run_durable(now, &mut conn, world);
            world.clients.put_back(conn);
        }
    }
}

/// Replies may go that depend on the log up to `upto`.
fn say(server: &mut Server, upto: u64) {
    let said = &mut server.store.log.said;
    if upto > *said {
        *said = upto;
        server.outputs.push_back(Output::Durable { upto });
    }
}

/// Nothing is acknowledged any more that has to last.
fn fail(now: Now, server: &mut Server, error: FileError, flush: Option<usize>) {
    let of_flush = flush == Some(error.at);
    let what = if of_flush {
        "Fail to fsync"
    } else {
        "Error writing to"
    };
    let text = format!("{what} the AOF file: {}", error.text);
    give_up(now, server, error.text, of_flush, text);
}

/// The same of memory for a record, which is `lost`, or for a copy of one.
#[cold]
fn out_of_memory(now: Now, server: &mut Server, lost: bool) {
    let reason = String::from(Error::OutOfMemory.text());
    give_up(now, server, reason.clone(), lost, reason);
}

/// Notes a failure and lets those go who wait for what was lost.
pub(super) fn give_up(now: Now, server: &mut Server, reason: String, flush: bool, text: String) {
    let file = &mut server.store.log;
    file.retry_us = now.mono_us + SECOND_US;
    let first = file.failure.is_none();
    file.failure = Some(if flush {
        Failure::Flush(reason)
    } else {
        Failure::Write(reason)
    });
    if first {
        note(server, Level::Warning, text);
    }
    if flush || server.config.appendfsync == AppendFsync::Always {
        server.outputs.push_back(Output::Lost);
    } else {
        // The records are kept and tried again, and no write is taken until that is done.
        say(server, server.log.promised_upto());
    }
}

/// `appendonly yes` was set by a connection: the number of what it waits for. Nothing where the file is there, or
/// comes later without anybody who waits for it.
pub(crate) fn ask_to_turn_on(server: &mut Server) -> Option<u64> {
    let store = &server.store;
    let busy = store.snapshot.is_some() || store.loading.is_some();
    if !server.config.appendonly || !store.attached || store.log.on || busy {
        return None;
    }
    let ticket = server.ticket();
    let log = &mut server.store.log;
    log.turning_on = Some(ticket);
    log.rewrites.want();
    Some(ticket)
}

/// The first increment is there, or is not: tells a connection that waits for it. False if the file stays off.
pub(super) fn turned_on(world: &mut World, good: bool) -> bool {
    let Some(ticket) = world.server.store.log.turning_on.take() else {
        return true;
    };
    if good {
        world.finish(ticket, Ok(Vec::new()));
        return true;
    }
    world.server.store.log.turning_on = Some(ticket);
    turn_off(world);
    false
}

/// `appendonly yes` takes effect: everything there is makes up the first base.
fn turn_on(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    let end = server.log.end();
    let file = &mut server.store.log;
    file.rewrites.wanted = true;
    if !file.rewrites.is_due(now) || !rewrite::start(now, keys, server) {
        return;
    }
    let file = &mut server.store.log;
    file.on = true;
    file.durable = file.durable.max(end);
    server.log.keep_for_file(true);
}

fn turn_off(world: &mut World) {
    let World { keys, server, .. } = world;
    rewrite::abandon(keys, server, "Killing running AOF rewrite child");
    let file = &mut server.store.log;
    file.failure = None;
    file.on = false;
    file.installed = false;
    // Who waits for a reload is not told why.
    let waiting = [file.reload.take(), file.turning_on.take()];
    server.log.set_awaited(false);
    server.log.keep_for_file(false);
    for ticket in waiting.into_iter().flatten() {
        let text = "Unable to turn on AOF. Check server logs.";
        world.finish(ticket, Err(String::from(text)));
    }
}
