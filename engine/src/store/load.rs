//! Loading: which files are read, piece by piece, and what becomes of what they have. Everybody else is told to wait
//! meanwhile.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Asked, ask, note};
use crate::boundary::{Answer, FileOp, Filed, Job, Lane, Level, Now, Output};
use crate::command::World;
use crate::keyspace::{Follow, Keyspace};
use crate::number::Fixed;
use crate::persist::load::{Counts, Loader};
use crate::persist::rdb::{Damage, Limits};
use crate::server::Server;
use crate::session::{self, notify};

/// Bytes that are read together.
const PIECE_BYTES: u32 = 128 * 1024;
/// Pieces that are asked for ahead.
const AHEAD: usize = 3;
/// Between two lines of progress, in microseconds.
const PROGRESS_US: u64 = 5_000_000;

/// What happens when all is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The server begins to serve.
    Serve,
    /// A connection that waits for it gets its answer.
    Answer {
        /// What it waits for.
        ticket: u64,
        /// What there was before goes.
        flush: bool,
        /// Keys that are there are replaced.
        merge: bool,
    },
}

/// A file that is to be read.
struct Source {
    path: Vec<u8>,
    size: u64,
}

/// The file that is read.
struct Reading {
    source: Source,
    /// Bytes that were asked for.
    asked: u64,
    /// Bytes that came.
    came: u64,
    /// Pieces that are asked for.
    ahead: usize,
    loader: Loader,
}

/// What is being loaded.
pub(crate) struct Loading {
    then: Then,
    /// When it began.
    pub(crate) started: Now,
    /// Bytes of all files.
    pub(crate) total: u64,
    /// Bytes of those that were read.
    pub(crate) loaded: u64,
    /// What the writer of the snapshot used, in bytes.
    pub(crate) memory: u64,
    told_us: u64,
    files: VecDeque<Source>,
    reading: Option<Reading>,
}

/// What the last loading brought, for INFO.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastLoad {
    pub(crate) keys: u64,
    pub(crate) expired: u64,
}

/// Begins to load what there is.
pub(crate) fn start(now: Now, keys: &mut Keyspace, server: &mut Server, then: Then) {
    if let Then::Answer { flush: true, .. } = then {
        for number in 0..keys.databases_len() {
            notify::replaced(keys, server, number, None);
            keys.flush(number);
        }
    }
    // Loading is no event.
    keys.follow(Follow::default());
    server.store.loading = Some(Box::new(Loading {
        then,
        started: now,
        total: 0,
        loaded: 0,
        memory: 0,
        told_us: now.mono_us,
        files: VecDeque::new(),
        reading: None,
    }));
    let path = server.config.dbfilename.clone();
    ask(server, Lane::Bulk, vec![FileOp::Size { path }], Asked::Load);
}

/// Takes an answer.
pub(super) fn filed(now: Now, world: &mut World, result: Filed) {
    let Some(mut loading) = world.server.store.loading.take() else {
        return;
    };
    let outcome = match result {
        Err(error) => Err(error.text),
        Ok(answers) => loading.take(now, world, answers),
    };
    match outcome {
        Ok(true) => done(now, world, &loading),
        Ok(false) => {
            loading.tell_progress(now, &mut world.server);
            world.server.store.loading = Some(loading);
        }
        Err(text) => fail(world, &loading, &text),
    }
}

impl Loading {
    /// Takes answers; true once all is loaded.
    fn take(&mut self, now: Now, world: &mut World, answers: Vec<Answer>) -> Result<bool, String> {
        for answer in answers {
            match answer {
                Answer::Size(Some(size)) => {
                    self.total += size;
                    let path = world.server.config.dbfilename.clone();
                    self.files.push_back(Source { path, size });
                }
                Answer::Bytes(bytes) => self.piece(world, &bytes)?,
                Answer::Size(None) | Answer::Names(_) => {}
            }
        }
        self.go_on(now, world)
    }

    /// Reads on, or the next file; true if there is none.
    fn go_on(&mut self, now: Now, world: &mut World) -> Result<bool, String> {
        loop {
            let Some(reading) = &mut self.reading else {
                let Some(source) = self.files.pop_front() else {
                    return Ok(true);
                };
                self.reading = Some(Reading::new(source, world, self.then));
                continue;
            };
            if reading.came == reading.source.size {
                let reading = self.reading.take();
                if let Some(reading) = reading {
                    self.end_of(now, world, reading)?;
                }
                continue;
            }
            reading.ask(&mut world.server);
            return Ok(false);
        }
    }

    fn piece(&mut self, world: &mut World, bytes: &[u8]) -> Result<(), String> {
        let Some(reading) = &mut self.reading else {
            return Ok(());
        };
        reading.ahead -= 1;
        reading.came += bytes.len() as u64;
        self.loaded += bytes.len() as u64;
        if bytes.is_empty() {
            // It became shorter while it was read.
            reading.source.size = reading.came;
        }
        let keys = &mut world.keys;
        let here = keys.selected();
        let loaded = reading.loader.push(keys, bytes);
        keys.select(here);
        self.memory = reading.loader.facts().memory;
        loaded.map_err(|damage| damaged(&reading.source.path, damage))
    }

    /// All of a file was read.
    fn end_of(&mut self, now: Now, world: &mut World, mut reading: Reading) -> Result<(), String> {
        let World { keys, server, .. } = world;
        let here = keys.selected();
        let loaded = reading.loader.finish(keys);
        keys.select(here);
        loaded.map_err(|damage| damaged(&reading.source.path, damage))?;
        tell_of(now, server, &reading.loader);
        Ok(())
    }

    /// A line for the log from time to time.
    fn tell_progress(&mut self, now: Now, server: &mut Server) {
        if now.mono_us < self.told_us + PROGRESS_US {
            return;
        }
        self.told_us = now.mono_us;
        let percent = Fixed::new(self.loaded * 100, self.total, 2);
        let text = format!("Loading: {percent}% of {} bytes", self.total);
        note(server, Level::Notice, text);
    }
}

impl Reading {
    fn new(source: Source, world: &World, then: Then) -> Reading {
        let config = &world.server.config;
        let limits = Limits::of(config, world.server.list_large_bytes);
        let merge = matches!(then, Then::Answer { merge: true, .. });
        Reading {
            source,
            asked: 0,
            came: 0,
            ahead: 0,
            loader: Loader::new(&world.keys, limits, config.rdbchecksum, merge),
        }
    }

    /// Asks for the next pieces.
    fn ask(&mut self, server: &mut Server) {
        while self.ahead < AHEAD && self.asked < self.source.size {
            let op = FileOp::Read {
                path: self.source.path.clone(),
                from: self.asked,
                len: PIECE_BYTES,
            };
            ask(server, Lane::Bulk, vec![op], Asked::Load);
            self.asked = (self.asked + u64::from(PIECE_BYTES)).min(self.source.size);
            self.ahead += 1;
        }
    }
}

fn damaged(path: &[u8], damage: Damage) -> String {
    let Damage { offset, what } = damage;
    format!("{}: {what} at offset {offset}", shown(path))
}

/// A path for a log.
pub(super) fn shown(path: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(path)
}

/// Seconds since `started` with three decimals.
pub(super) fn seconds_since(started: Now, now: Now) -> Fixed {
    let us = now.mono_us.saturating_sub(started.mono_us);
    Fixed::new(us, 1_000_000, 3)
}

/// What a snapshot says of itself and what it had.
fn tell_of(now: Now, server: &mut Server, loader: &Loader) {
    let facts = loader.facts();
    if !facts.version.is_empty() {
        let version = shown(&facts.version);
        let text = format!("Loading RDB produced by version {version}");
        note(server, Level::Notice, text);
    }
    if facts.created_s > 0 {
        let age_s = (now.unix_ms / 1000).saturating_sub(facts.created_s);
        note(server, Level::Notice, format!("RDB age {age_s} seconds"));
    }
    if facts.memory > 0 {
        let mb = Fixed::new(facts.memory, 1 << 20, 2);
        let text = format!("RDB memory usage when created {mb} Mb");
        note(server, Level::Notice, text);
    }
    let functions = loader.functions().len();
    if functions > 0 {
        let text =
            format!("{functions} libraries of functions were left out: this server has none");
        note(server, Level::Warning, text);
    }
    let Counts {
        keys,
        expired,
        empty,
        module_data,
    } = *loader.counts();
    server.store.last_load = LastLoad { keys, expired };
    let mut text = format!("Done loading RDB, keys loaded: {keys}, keys expired: {expired}");
    if empty > 0 {
        text.push_str(&format!(", empty keys skipped: {empty}"));
    }
    if module_data > 0 {
        text.push_str(&format!(", data of modules skipped: {module_data}"));
    }
    text.push('.');
    note(server, Level::Notice, text);
}

/// All is loaded: others may go on.
fn done(now: Now, world: &mut World, loading: &Loading) {
    let World { keys, server, .. } = world;
    settle(keys, server);
    match loading.then {
        Then::Serve => {
            if loading.total > 0 {
                let seconds = seconds_since(loading.started, now);
                let text = format!("DB loaded from disk: {seconds} seconds");
                note(server, Level::Notice, text);
            }
            server.outputs.push_back(Output::Ready);
        }
        Then::Answer { ticket, .. } => world.finish(ticket, Ok(Vec::new())),
    }
}

/// Loading is over, and no change.
fn settle(keys: &mut Keyspace, server: &mut Server) {
    server.store.saves.changes = server.stats.changes;
    session::refresh(keys, server);
}

/// What is there cannot be loaded. A server that starts ends: it must not go on with a part of the data.
fn fail(world: &mut World, loading: &Loading, text: &str) {
    let World { keys, server, .. } = world;
    settle(keys, server);
    match loading.then {
        Then::Serve => {
            let text = format!("Fatal error loading the DB: {text}. Exiting.");
            note(server, Level::Warning, text);
            server.start(Job::Shutdown { code: 1 });
        }
        Then::Answer { ticket, .. } => {
            note(
                server,
                Level::Warning,
                format!("Error loading the DB: {text}"),
            );
            world.finish(ticket, Err(String::from(text)));
        }
    }
}
