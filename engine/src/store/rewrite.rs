//! Rewriting the append-only file without a copy of the process.
//!
//! At the cut the old increment is flushed and the next one begun, and a manifest names both. Then a base is written that
//! has everything up to the cut. Once it is whole a manifest names it with the increments behind the cut; the older files
//! are removed at last. A crash leaves one manifest or the other, and both stand for all that was durable.
//!
//! Where the old files are of no use (there are none, or a flush of them failed) the next increment is named only together
//! with its base.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::append::LogFile;
use super::snapshot::{self, Purpose};
use super::{Asked, Snapshot, append, ask, note, path};
use crate::boundary::{FileOp, Filed, Lane, Level, Now, Output};
use crate::command::World;
use crate::config::Config;
use crate::error::{Error, owned};
use crate::keyspace::Keyspace;
use crate::persist::aof::Manifest;
use crate::server::Server;

/// Failures in a row from which on automatic rewrites wait.
const FAILURES_MAX: u32 = 3;
/// How long every failure makes wait, in microseconds.
const RETRY_US: u64 = 1_000_000;
/// The longest such wait, in minutes.
const WAIT_MAX: u64 = 60;

/// What is known of rewrites.
#[derive(Debug)]
pub(crate) struct Rewrites {
    /// One is to begin as soon as nothing else is under way.
    pub(crate) wanted: bool,
    /// The one that is under way.
    pub(super) running: Option<Running>,
    /// The last one was good.
    pub(crate) good: bool,
    /// Seconds that the last one took.
    pub(crate) took_s: Option<u64>,
    /// How many there were.
    pub(crate) count: u64,
    /// How many failed in a row.
    pub(crate) failures: u32,
    /// Automatic ones wait until then, in microseconds of [`Now::mono_us`].
    wait_us: u64,
    /// The server said that it is ready, or need not.
    pub(super) ready_due: bool,
}

impl Default for Rewrites {
    fn default() -> Self {
        Rewrites {
            wanted: false,
            running: None,
            good: true,
            took_s: None,
            count: 0,
            failures: 0,
            wait_us: 0,
            ready_due: false,
        }
    }
}

impl Rewrites {
    /// One may begin now that is wanted.
    pub(crate) fn is_due(&self, now: Now) -> bool {
        self.wanted && now.mono_us >= self.wait_us
    }

    /// One is wanted, and nothing is waited for.
    pub(crate) fn want(&mut self) {
        (self.wanted, self.wait_us) = (true, 0);
    }

    /// One is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }
}

/// A rewrite that is under way.
#[derive(Debug)]
pub(super) struct Running {
    /// The files from the cut on.
    during: Manifest,
    /// The files at the end.
    after: Manifest,
    /// The next increment, where records are kept.
    increment: Option<Vec<u8>>,
    /// The log's offset at the cut.
    cut: u64,
    /// The old files stay of use until the end.
    regular: bool,
    /// The base was given up before the next increment was there; only that is waited for.
    abandoned: bool,
}

/// The operations that put a manifest in its place.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(super) fn install(
    dir: &[u8],
    config: &Config,
    manifest: &Manifest,
    ops: &mut Vec<FileOp>,
) -> Result<(), Error> {
    let name = &config.appendfilename;
    let from = path(&[dir, &Manifest::temporary_name(name)]);
    let bytes = manifest.write()?;
    ops.push(FileOp::Create { path: from.clone() });
    let path_of = from.clone();
    ops.push(FileOp::Append {
        path: path_of,
        bytes,
    });
    ops.push(FileOp::Sync { path: from.clone() });
    let to = path(&[dir, &Manifest::name(name)]);
    ops.push(FileOp::Rename { from, to });
    ops.push(FileOp::SyncDir { path: bare(dir) });
    Ok(())
}

/// A directory's path without the `/` at its end.
pub(super) fn bare(dir: &[u8]) -> Vec<u8> {
    dir.strip_suffix(b"/").unwrap_or(dir).to_vec()
}

/// Begins a rewrite, if nothing else is under way. True if it did.
pub(super) fn start(now: Now, keys: &mut Keyspace, server: &mut Server) -> bool {
    let store = &server.store;
    let end = server.log.end();
    if store.snapshot.is_some()
        || store.loading.is_some()
        || store.ending.is_some()
        || !store.log.is_idle()
        // Removing history writes a manifest too, in the other lane: one at a time.
        || store.is_cleaning()
        || server.log.sealed() != end
    {
        return false;
    }
    match begin(now, keys, server, end) {
        Ok(()) => true,
        Err(error) => {
            let text = format!(
                "Can't rewrite append only file in background: {}",
                error.text()
            );
            note(server, Level::Warning, text);
            failed(now, server);
            false
        }
    }
}

fn begin(now: Now, keys: &mut Keyspace, server: &mut Server, cut: u64) -> Result<(), Error> {
    let name = server.config.appendfilename.clone();
    let log = &server.store.log;
    let kept = server.config.appendonly;
    let regular = kept && log.on && log.installed && log.failure.is_none();
    let dir = log.dir.clone();
    let mut during = log.manifest.clone();
    let mut ops = vec![FileOp::MakeDir { path: bare(&dir) }];
    let mut increment = None;
    if kept {
        let part = during.next_increment(&name);
        let path_of = path(&[&dir, &part.name]);
        let text = format!(
            "Creating AOF incr file {} on background rewrite",
            String::from_utf8_lossy(&part.name)
        );
        if regular {
            let old = log.path.clone();
            let bytes = server.log.bytes(log.written, cut).unwrap_or_default();
            if !bytes.is_empty() {
                let (path, bytes) = (old.clone(), owned(bytes)?);
                ops.push(FileOp::Append { path, bytes });
            }
            ops.push(FileOp::Sync { path: old });
            note(server, Level::Notice, text);
        }
        ops.push(FileOp::Create {
            path: path_of.clone(),
        });
        increment = Some(path_of);
    }
    ops.push(FileOp::SyncDir { path: bare(&dir) });
    if regular {
        install(&dir, &server.config, &during, &mut ops)?;
    }
    let mut after = during.clone();
    after.retire(usize::from(kept));
    after.next_base(&name, server.config.aof_use_rdb_preamble);
    snapshot::begin(now, keys, server, Purpose::Base, None)?;
    note(
        server,
        Level::Notice,
        "Background append only file rewriting started",
    );
    let log = &mut server.store.log;
    // A number is not used twice, whatever becomes of it: a manifest that names it may be on the disk though its flush
    // failed.
    during.base_seq = after.base_seq;
    log.manifest.base_seq = after.base_seq;
    log.manifest.increment_seq = after.increment_seq;
    log.rewrites.wanted = false;
    log.rewrites.running = Some(Running {
        during,
        after,
        increment,
        cut,
        regular,
        abandoned: false,
    });
    log.switch();
    server.log.forget_database();
    server.log.mend();
    ask(server, Lane::Log, ops, Asked::Log);
    Ok(())
}

/// The next increment is there, or is not.
pub(super) fn switched(now: Now, world: &mut World, result: Filed) {
    let World { keys, server, .. } = world;
    let Some(running) = &mut server.store.log.rewrites.running else {
        opened(now, server, result);
        return;
    };
    let (regular, cut, abandoned) = (running.regular, running.cut, running.abandoned);
    match result {
        Ok(_) => {
            let during = running.during.clone();
            let increment = running.increment.clone();
            let log = &mut server.store.log;
            let old = log.size + cut.saturating_sub(log.written);
            if regular {
                log.manifest = during;
                log.total += old - log.size;
            }
            if let Some(path) = increment {
                log.open(path, 0, cut);
                server.log.release_for_file(cut);
            }
            if abandoned {
                server.store.log.rewrites.running = None;
            }
            append::turned_on(world, true);
            append::settle(now, world);
        }
        Err(error) => {
            let text = format!("Can't begin the next AOF file: {}", error.text);
            server.store.log.rewrites.running = None;
            if !abandoned {
                snapshot::abandon(keys, server);
                server.store.snapshot = None;
                failed(now, server);
            }
            if append::turned_on(world, false) {
                // What the files have now is in doubt.
                append::give_up(now, &mut world.server, error.text, true, text);
            } else {
                note(&mut world.server, Level::Warning, text);
            }
        }
    }
}

/// An increment was made without a rewrite.
fn opened(now: Now, server: &mut Server, result: Filed) {
    match result {
        Ok(_) => server.store.log.installed = true,
        Err(error) => {
            let text = format!("Can't open the append-only file: {}", error.text);
            append::give_up(now, server, error.text, true, text);
        }
    }
}

/// What follows the base's last bytes: its way to its place, and the manifest that names it.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(super) fn end_ops(server: &Server, from: Vec<u8>) -> Result<Vec<FileOp>, Error> {
    let log = &server.store.log;
    let mut ops = Vec::new();
    let Some(running) = &log.rewrites.running else {
        return Ok(ops);
    };
    let name = running
        .after
        .base
        .as_ref()
        .map_or(&[][..], |base| &base.name);
    let to = path(&[&log.dir, name]);
    ops.push(FileOp::Rename { from, to });
    if let (Some(increment), false) = (&running.increment, running.regular) {
        let path = increment.clone();
        ops.push(FileOp::Sync { path });
    }
    ops.push(FileOp::SyncDir {
        path: bare(&log.dir),
    });
    install(&log.dir, &server.config, &running.after, &mut ops)?;
    Ok(ops)
}

/// The base is in its place, or failed.
pub(super) fn over(now: Now, world: &mut World, snapshot: &Snapshot, good: bool) {
    let server = &mut world.server;
    let log = &mut server.store.log;
    if !good {
        let Some(regular) = let_go(log) else {
            return;
        };
        // The old files, and the increment behind them, are all there is.
        if !regular && server.config.appendonly {
            log.rewrites.wanted = true;
        }
        note(
            server,
            Level::Warning,
            "Background AOF rewrite terminated with error",
        );
        failed(now, server);
        return;
    }
    let Some(running) = log.rewrites.running.take() else {
        return;
    };
    let (base_seq, increment_seq) = (log.manifest.base_seq, log.manifest.increment_seq);
    log.manifest = running.after;
    log.manifest.base_seq = base_seq.max(log.manifest.base_seq);
    log.manifest.increment_seq = increment_seq.max(log.manifest.increment_seq);
    log.installed = running.increment.is_some();
    log.total = snapshot.bytes + if log.installed { log.size } else { 0 };
    log.base_size = log.total;
    let us = now.mono_us.saturating_sub(snapshot.started.mono_us);
    log.rewrites.took_s = Some(us / 1_000_000);
    log.rewrites.count += 1;
    log.rewrites.good = true;
    log.rewrites.failures = 0;
    // A failure behind the cut is about the increment that goes on.
    let recovered = !running.regular && log.failure.take().is_some();
    let ready = core::mem::take(&mut log.rewrites.ready_due);
    if recovered {
        let text = "AOF write error looks solved, Redis can write again.";
        note(server, Level::Warning, text);
    }
    let text = "Background AOF rewrite finished successfully";
    note(server, Level::Notice, text);
    if ready {
        server.outputs.push_back(Output::Ready);
    }
    remove_history(server);
    append::settle(now, world);
}

/// Removes the files that are of no use any more.
pub(super) fn remove_history(server: &mut Server) {
    let log = &server.store.log;
    if server.config.aof_disable_auto_gc || log.manifest.history.is_empty() {
        return;
    }
    let mut ops: Vec<FileOp> = log
        .manifest
        .history
        .iter()
        .map(|part| FileOp::Remove {
            path: path(&[&log.dir, &part.name]),
        })
        .collect();
    let mut manifest = log.manifest.clone();
    manifest.history.clear();
    if install(&log.dir, &server.config, &manifest, &mut ops).is_err() {
        return;
    }
    for part in core::mem::take(&mut server.store.log.manifest.history) {
        let text = format!(
            "Removing the history file {} in the background",
            String::from_utf8_lossy(&part.name)
        );
        note(server, Level::Notice, text);
    }
    ask(server, Lane::Bulk, ops, Asked::Cleaning);
}

/// Forgets a rewrite whose base is given up, and says whether the old files stay of use; nothing where there is none. While
/// its increment is being made it is known on, as records go there once that is done.
fn let_go(log: &mut LogFile) -> Option<bool> {
    let switching = log.is_switching();
    let running = log.rewrites.running.as_mut()?;
    let before = core::mem::replace(&mut running.abandoned, true);
    let regular = running.regular;
    if !switching {
        log.rewrites.running = None;
    }
    (!before).then_some(regular)
}

/// Gives a rewrite up that is under way, and says `text`. Records go on where they went.
pub(super) fn abandon(keys: &mut Keyspace, server: &mut Server, text: &str) {
    let wanted = core::mem::take(&mut server.store.log.rewrites.wanted);
    let begun = let_go(&mut server.store.log).is_some();
    if wanted || begun {
        note(server, Level::Warning, text);
    }
    if begun {
        snapshot::abandon(keys, server);
        server.store.snapshot = None;
    }
}

fn failed(now: Now, server: &mut Server) {
    let rewrites = &mut server.store.log.rewrites;
    rewrites.good = false;
    rewrites.failures += 1;
    rewrites.wait_us = now.mono_us + RETRY_US;
    if rewrites.failures >= FAILURES_MAX {
        let minutes = (1 << (rewrites.failures - FAILURES_MAX).min(6)).min(WAIT_MAX);
        rewrites.wait_us = now.mono_us + minutes * 60_000_000;
    }
}

/// Begins a rewrite where the files have grown enough, or one was asked for while records are not kept.
pub(super) fn tick(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    let log = &server.store.log;
    if log.rewrites.wanted {
        if !log.on && !server.config.appendonly && log.rewrites.is_due(now) {
            start(now, keys, server);
        }
        return;
    }
    let config = &server.config;
    let percentage = u64::from(config.auto_aof_rewrite_percentage);
    if !log.on
        || percentage == 0
        || log.rewrites.running.is_some()
        || server.store.snapshot.is_some()
        || log.total <= config.auto_aof_rewrite_min_size
        || now.mono_us < log.rewrites.wait_us
    {
        return;
    }
    let base = log.base_size.max(1);
    let growth = (log.total * 100 / base).saturating_sub(100);
    if growth >= percentage {
        let text = format!("Starting automatic rewriting of AOF on {growth}% growth");
        note(server, Level::Notice, text);
        server.store.log.rewrites.wanted = true;
    }
}

/// Makes and names a first increment behind a base that has none.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(super) fn open_increment(server: &mut Server) -> Result<(), Error> {
    let name = server.config.appendfilename.clone();
    let log = &mut server.store.log;
    let dir = log.dir.clone();
    let part = log.manifest.next_increment(&name);
    let path_of = path(&[&dir, &part.name]);
    let mut ops = vec![
        FileOp::Create {
            path: path_of.clone(),
        },
        FileOp::SyncDir { path: bare(&dir) },
    ];
    install(&dir, &server.config, &log.manifest, &mut ops)?;
    log.open(path_of, 0, server.log.end());
    log.switch();
    ask(server, Lane::Log, ops, Asked::Log);
    Ok(())
}
