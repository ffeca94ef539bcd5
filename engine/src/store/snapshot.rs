//! A snapshot on its way into a file: the walk through the keys, a slice at a time, and its bytes, piece by piece.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Asked, Then, ask, ending, forget, load, note, path, rewrite, saves};
use crate::boundary::{FileOp, Filed, Lane, Level, Now};
use crate::command::World;
use crate::error::Error;
use crate::keyspace::{Keyspace, Walked};
use crate::number::write_u64;
use crate::persist::save;
use crate::server::Server;

/// Keys, or elements of large collections, that one slice walks over.
const STEP: usize = 512;
/// Bytes that are handed over together.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that wait for the disk at most.
const PIECES_MAX: usize = 4;
/// Bytes between two flushes, where `rdb-save-incremental-fsync` asks for them.
const FLUSH_BYTES: u64 = 4 << 20;

/// What a snapshot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// SAVE: somebody waits for it.
    Save,
    /// BGSAVE, or a save point.
    Background,
    /// What the append-only file goes on from.
    Base,
    /// The last one, before the end.
    Ending,
    /// DEBUG RELOAD: what is loaded afterwards, and how.
    Reload(Then),
}

/// A snapshot that is being written.
pub(crate) struct Snapshot {
    pub(crate) purpose: Purpose,
    /// The file until it is whole.
    path: Vec<u8>,
    /// Pieces that are not answered.
    pieces: usize,
    /// Bytes of the file.
    pub(super) bytes: u64,
    /// Bytes since the last flush.
    unflushed: u64,
    /// The count of changes at the cut.
    pub(super) changes: u64,
    /// When it began.
    pub(crate) started: Now,
    /// All is handed over.
    whole: bool,
    /// No slice before this moment, in microseconds of [`Now::mono_us`].
    due_us: u64,
    /// Who waits for it.
    pub(super) ticket: Option<u64>,
}

impl Snapshot {
    /// When it goes on that was slowed down.
    pub(super) fn due_us(&self) -> Option<u64> {
        (self.due_us > self.started.mono_us && !self.whole).then_some(self.due_us)
    }
}

/// Makes the cut and begins to write.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(crate) fn begin(
    now: Now,
    keys: &mut Keyspace,
    server: &mut Server,
    purpose: Purpose,
    ticket: Option<u64>,
) -> Result<(), Error> {
    let memory = server.facts.used_memory();
    let base = purpose == Purpose::Base;
    let functions = server.scripts.libraries.iter();
    let codes = functions.map(|library| &library.code[..]);
    save::begin(keys, &server.config, now.unix_ms, memory, base, codes)?;
    let mut digits = [0; 20];
    let pid = write_u64(server.facts.process_id, &mut digits);
    let path = if base {
        path(&[b"temp-rewriteaof-bg-", pid, b".aof"])
    } else {
        path(&[b"temp-", pid, b".rdb"])
    };
    let ops = vec![FileOp::Create { path: path.clone() }];
    server.store.snapshot = Some(Snapshot {
        purpose,
        path,
        pieces: 1,
        bytes: 0,
        unflushed: 0,
        changes: server.stats.changes,
        started: now,
        whole: false,
        due_us: 0,
        ticket,
    });
    ask(server, Lane::Bulk, ops, Asked::Pieces);
    Ok(())
}

/// Walks on. True if there is more to do at once.
pub(super) fn slice(now: Now, world: &mut World) -> bool {
    let World { keys, server, .. } = world;
    let Some(snapshot) = &mut server.store.snapshot else {
        return false;
    };
    if snapshot.whole || snapshot.pieces >= PIECES_MAX || now.mono_us < snapshot.due_us {
        return false;
    }
    if snapshot.purpose == Purpose::Base && server.store.log.is_switching() {
        // The base must not be named before the increment that goes on from it.
        return false;
    }
    let delay_us = u64::try_from(server.config.rdb_key_save_delay).unwrap_or(0);
    let step = if delay_us == 0 { STEP } else { 1 };
    let walked = keys.walk_cut(step);
    snapshot.due_us = if delay_us == 0 {
        0
    } else {
        now.mono_us + delay_us
    };
    match walked {
        Walked::Failed => {
            fail(now, world, "out of memory");
            return false;
        }
        Walked::More if keys.cut_waiting() < PIECE_BYTES => return delay_us == 0,
        Walked::More | Walked::Full => {
            let bytes = keys.take_cut_bytes();
            let path = snapshot.path.clone();
            snapshot.bytes += bytes.len() as u64;
            snapshot.unflushed += bytes.len() as u64;
            snapshot.pieces += 1;
            let mut ops = vec![FileOp::Append { path, bytes }];
            if snapshot.unflushed >= FLUSH_BYTES && server.config.rdb_save_incremental_fsync {
                snapshot.unflushed = 0;
                let path = snapshot.path.clone();
                ops.push(FileOp::Sync { path });
            }
            ask(server, Lane::Bulk, ops, Asked::Pieces);
        }
        Walked::Done => {
            if finish(world).is_err() {
                fail(now, world, "out of memory");
            }
            return false;
        }
    }
    delay_us == 0
}

/// All keys are written: the end of the file, and its way to its place.
fn finish(world: &mut World) -> Result<(), Error> {
    let World { keys, server, .. } = world;
    let mut bytes = keys.take_cut_bytes();
    let mut writer = keys.finish_cut().ok_or(Error::OutOfMemory)?;
    writer.finish()?;
    let end = writer.take();
    bytes.try_reserve(end.len())?;
    bytes.extend_from_slice(&end);
    let Some(snapshot) = &mut server.store.snapshot else {
        return Ok(());
    };
    snapshot.whole = true;
    snapshot.bytes += bytes.len() as u64;
    let (path, purpose) = (snapshot.path.clone(), snapshot.purpose);
    let mut ops = vec![
        FileOp::Append {
            path: path.clone(),
            bytes,
        },
        FileOp::Sync { path: path.clone() },
    ];
    if purpose == Purpose::Base {
        ops.append(&mut rewrite::end_ops(server, path)?);
    } else {
        let to = server.config.dbfilename.clone();
        ops.push(FileOp::Rename { from: path, to });
        ops.push(FileOp::SyncDir {
            path: b".".to_vec(),
        });
    }
    ask(server, Lane::Bulk, ops, Asked::Whole);
    Ok(())
}

/// Takes the answer for a piece, or for the end.
pub(super) fn filed(now: Now, world: &mut World, whole: bool, result: Filed) {
    let Some(snapshot) = &mut world.server.store.snapshot else {
        return;
    };
    match result {
        Err(error) => fail(now, world, &error.text),
        Ok(_) if whole => over(now, world, Ok(())),
        Ok(_) => snapshot.pieces -= 1,
    }
}

/// Gives the snapshot up because of trouble.
fn fail(now: Now, world: &mut World, text: &str) {
    let World { keys, server, .. } = world;
    abandon(keys, server);
    let text_of = format!("Write error saving DB on disk: {text}");
    note(server, Level::Warning, text_of);
    over(now, world, Err(String::from(text)));
}

/// Stops writing and removes what there is of the file. Tells nobody.
pub(super) fn abandon(keys: &mut Keyspace, server: &mut Server) {
    keys.abandon_cut();
    forget(server, Asked::Pieces);
    forget(server, Asked::Whole);
    if let Some(snapshot) = &server.store.snapshot {
        let path = snapshot.path.clone();
        let ops = vec![FileOp::Remove { path }];
        ask(server, Lane::Bulk, ops, Asked::Cleaning);
    }
}

/// The snapshot is in its place, or failed.
fn over(now: Now, world: &mut World, result: Result<(), String>) {
    let Some(snapshot) = world.server.store.snapshot.take() else {
        return;
    };
    let good = result.is_ok();
    if snapshot.purpose == Purpose::Base {
        rewrite::over(now, world, &snapshot, good);
        return;
    }
    saves::note_end(now, world, &snapshot, good);
    match snapshot.purpose {
        Purpose::Ending => ending::saved(world, good),
        Purpose::Reload(then) if good => {
            load::start(now, &mut world.keys, &mut world.server, then);
            return;
        }
        Purpose::Save | Purpose::Background | Purpose::Base | Purpose::Reload(_) => {}
    }
    if let Some(ticket) = snapshot.ticket {
        world.finish(ticket, result.map(|()| Vec::new()));
    }
}
