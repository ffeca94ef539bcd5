//! Loading: which files are read, piece by piece, and what becomes of what they have. Everybody else is told to wait
//! meanwhile.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::replay::{End, Replay, bad};
use super::{Asked, ask, forget, note, path, rewrite};
use crate::boundary::{Answer, FileOp, Filed, Job, Lane, Level, Now, Output};
use crate::command::World;
use crate::keyspace::{Follow, Keyspace};
use crate::number::Fixed;
use crate::persist::aof::{Kind as PartKind, Manifest, Part, Start, start_of};
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
        /// The append-only files are loaded, not the snapshot.
        log: bool,
    },
}

impl Then {
    /// DEBUG LOADAOF is answered.
    pub(crate) fn log_again(ticket: u64) -> Then {
        Then::Answer {
            ticket,
            flush: true,
            merge: false,
            log: true,
        }
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A snapshot of its own.
    Dump,
    /// What the append-only file begins with.
    Base,
    /// What it goes on with.
    Increment,
}

/// A file that is to be read.
struct Source {
    path: Vec<u8>,
    /// Its name without its directory.
    name: Vec<u8>,
    size: u64,
    kind: Kind,
}

/// What a file has turned out to be.
enum Body {
    /// Too little of it is there.
    Unknown(Vec<u8>),
    /// A snapshot, behind which records may come.
    Rdb(Box<Loader>),
    Records(Box<Replay>),
}

/// The file that is read.
struct Reading {
    source: Source,
    started: Now,
    /// Bytes that were asked for.
    asked: u64,
    /// Bytes that came.
    came: u64,
    /// Pieces that are asked for.
    ahead: usize,
    body: Body,
}

/// What an answer is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Which files are there?
    Looking,
    /// The manifest.
    Manifest,
    /// An old append-only file gets its place in the directory.
    Upgrading,
    /// The sizes of `files`.
    Sizing,
    /// Pieces of the file that is read.
    Reading,
    /// The file's end was cut off.
    Repairing,
}

/// What is being loaded.
pub(crate) struct Loading {
    then: Then,
    step: Step,
    /// The append-only file is loaded, not the snapshot.
    log: bool,
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
    /// Bytes of the base.
    base_size: u64,
    /// Bytes of the last file.
    last_size: u64,
    /// Where the last file is.
    last_path: Vec<u8>,
}

/// What the last loading brought, for INFO.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastLoad {
    pub(crate) keys: u64,
    pub(crate) expired: u64,
}

/// Begins to load what there is.
pub(crate) fn start(now: Now, keys: &mut Keyspace, server: &mut Server, then: Then) {
    let again = matches!(then, Then::Answer { log: true, .. });
    if again {
        server.scripts.flush_libraries();
    }
    if matches!(then, Then::Answer { flush: true, .. }) {
        for number in 0..keys.databases_len() {
            notify::replaced(keys, server, number, None);
            keys.flush(number);
        }
    }
    // Loading is no event.
    keys.follow(Follow::default());
    server.log.mute(true);
    let serve = then == Then::Serve;
    let config = &server.config;
    let dump = Source {
        path: config.dbfilename.clone(),
        name: config.dbfilename.clone(),
        size: 0,
        kind: Kind::Dump,
    };
    let mut loading = Loading {
        then,
        step: Step::Sizing,
        log: again || (serve && config.appendonly),
        started: now,
        total: 0,
        loaded: 0,
        memory: 0,
        told_us: now.mono_us,
        files: VecDeque::new(),
        reading: None,
        base_size: 0,
        last_size: 0,
        last_path: Vec::new(),
    };
    if serve {
        let own = match config.dir.first() {
            Some(b'/') => path(&[&config.dir, b"/"]),
            _ => Vec::new(),
        };
        let (name, dir) = (&config.appendfilename, &config.appenddirname);
        let dir = path(&[&own, dir, b"/"]);
        let manifest = path(&[&dir, &Manifest::name(name)]);
        let (inside, outside) = (path(&[&dir, name]), name.clone());
        loading.step = Step::Looking;
        server.store.log.dir = dir;
        let ops = [manifest, inside, outside].map(|path| FileOp::Size { path });
        ask(server, Lane::Bulk, ops.to_vec(), Asked::Load);
    } else if again {
        loading.size(server);
    } else {
        let path = dump.path.clone();
        ask(server, Lane::Bulk, vec![FileOp::Size { path }], Asked::Load);
    }
    if !again {
        loading.files.push_back(dump);
    }
    server.store.loading = Some(Box::new(loading));
}

/// Takes an answer.
pub(super) fn filed(now: Now, world: &mut World, result: Filed) {
    // Whether a command that runs now finds that data is being loaded makes no difference to it.
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
        Err(text) => fail(now, world, &loading, &text),
    }
}

impl Loading {
    /// Takes answers; true once all is loaded.
    fn take(&mut self, now: Now, world: &mut World, answers: Vec<Answer>) -> Result<bool, String> {
        match self.step {
            Step::Looking => return self.look(world, &answers),
            Step::Manifest => {
                if let Some(Answer::Bytes(text)) = answers.first() {
                    self.read_manifest(&mut world.server, text)?;
                }
                return Ok(false);
            }
            Step::Upgrading => {
                self.size(&mut world.server);
                return Ok(false);
            }
            Step::Sizing => self.sized(&answers)?,
            Step::Reading => {
                for answer in answers {
                    if let Answer::Bytes(bytes) = answer {
                        self.piece(now, world, &bytes)?;
                    }
                }
            }
            Step::Repairing => self.reading = None,
        }
        self.step = Step::Reading;
        self.go_on(now, world)
    }

    /// Which files there are is known.
    fn look(&mut self, world: &mut World, answers: &[Answer]) -> Result<bool, String> {
        let server = &mut world.server;
        let size = |at: usize| match answers.get(at) {
            Some(Answer::Size(size)) => *size,
            _ => None,
        };
        if let Some(len) = size(0) {
            let name = Manifest::name(&server.config.appendfilename);
            let op = FileOp::Read {
                path: path(&[&server.store.log.dir, &name]),
                from: 0,
                len: u32::try_from(len).unwrap_or(u32::MAX).max(1),
            };
            self.step = Step::Manifest;
            // Whether an old file is outside, but not inside, is known only now.
            self.last_size = u64::from(size(1).is_none() && size(2).is_some());
            ask(server, Lane::Bulk, vec![op], Asked::Load);
        } else if self.log && size(2).is_some() {
            self.upgrade(server)?;
        } else {
            self.size(server);
        }
        Ok(false)
    }

    fn read_manifest(&mut self, server: &mut Server, text: &[u8]) -> Result<(), String> {
        let manifest = Manifest::parse(text).map_err(|error| {
            let line = error.line.as_deref().unwrap_or_default();
            let (number, what) = (error.line_number, error.what);
            format!(
                "AOF manifest file, line {number}: '{}': {what}",
                shown(line)
            )
        })?;
        let old = manifest
            .base
            .as_ref()
            .is_some_and(|base| base.name == server.config.appendfilename);
        let moving = self.last_size == 1;
        server.store.log.manifest = manifest;
        if self.log && old && moving && server.store.log.manifest.increments.is_empty() {
            // The move of an old file was cut short.
            return self.upgrade(server);
        }
        self.size(server);
        Ok(())
    }

    /// An append-only file of the time before there was a directory becomes the base in it.
    fn upgrade(&mut self, server: &mut Server) -> Result<(), String> {
        let name = server.config.appendfilename.clone();
        let log = &mut server.store.log;
        let dir = log.dir.clone();
        let base = Part {
            name: name.clone(),
            seq: 1,
            kind: PartKind::Base,
        };
        log.manifest = Manifest {
            base: Some(base),
            base_seq: 1,
            ..Manifest::default()
        };
        let mut ops = vec![FileOp::MakeDir {
            path: rewrite::bare(&dir),
        }];
        let installed = rewrite::install(&dir, &server.config, &log.manifest, &mut ops);
        installed.map_err(|_| String::from("out of memory"))?;
        ops.push(FileOp::Rename {
            from: name.clone(),
            to: path(&[&dir, &name]),
        });
        ops.push(FileOp::SyncDir {
            path: rewrite::bare(&dir),
        });
        ops.push(FileOp::SyncDir {
            path: b".".to_vec(),
        });
        self.step = Step::Upgrading;
        ask(server, Lane::Bulk, ops, Asked::Load);
        let text = format!(
            "Successfully migrated an old-style AOF file ({}) into the AOF directory ({}).",
            shown(&name),
            shown(&server.config.appenddirname)
        );
        note(server, Level::Notice, text);
        Ok(())
    }

    /// Asks how large the files are.
    fn size(&mut self, server: &mut Server) {
        if self.log {
            let log = &server.store.log;
            let source = |part: &Part| Source {
                path: path(&[&log.dir, &part.name]),
                name: part.name.clone(),
                size: 0,
                kind: match part.kind {
                    PartKind::Base => Kind::Base,
                    _ => Kind::Increment,
                },
            };
            self.files = log.manifest.loaded().map(source).collect();
        }
        self.step = Step::Sizing;
        let paths = self.files.iter().map(|file| file.path.clone());
        let ops = paths.map(|path| FileOp::Size { path }).collect();
        ask(server, Lane::Bulk, ops, Asked::Load);
    }

    fn sized(&mut self, answers: &[Answer]) -> Result<(), String> {
        for (file, answer) in self.files.iter_mut().zip(answers) {
            match answer {
                Answer::Size(Some(size)) => file.size = *size,
                _ if file.kind == Kind::Dump => file.size = 0,
                _ => {
                    let name = shown(&file.name);
                    return Err(format!("The AOF file {name} doesn't exist"));
                }
            }
            self.total += file.size;
            if file.kind == Kind::Base {
                self.base_size = file.size;
            }
            self.last_size = file.size;
            self.last_path.clone_from(&file.path);
        }
        if self
            .files
            .front()
            .is_some_and(|file| file.kind == Kind::Dump)
            && self.total == 0
        {
            // There is none, or an empty one, which nobody writes.
            self.files.clear();
        }
        Ok(())
    }

    /// Reads on, or the next file; true if there is none.
    fn go_on(&mut self, now: Now, world: &mut World) -> Result<bool, String> {
        loop {
            let Some(reading) = &mut self.reading else {
                let Some(source) = self.files.pop_front() else {
                    return Ok(true);
                };
                // What a log's time was is over: what went is in it.
                let timeless = source.kind != Kind::Dump;
                world.keys.set_timeless(timeless, now.unix_ms);
                self.reading = Some(Reading::new(now, source));
                continue;
            };
            if reading.came < reading.source.size {
                reading.ask(&mut world.server);
                return Ok(false);
            }
            let Some(reading) = self.reading.take() else {
                continue;
            };
            if !self.end_of(now, world, reading)? {
                return Ok(false);
            }
        }
    }

    fn piece(&mut self, now: Now, world: &mut World, bytes: &[u8]) -> Result<(), String> {
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
        let merge = matches!(self.then, Then::Answer { merge: true, .. });
        reading.push(now, world, bytes, merge)?;
        if let Body::Rdb(loader) = &reading.body {
            self.memory = loader.facts().memory;
        }
        Ok(())
    }

    /// All of a file was read; false where its end has to be cut off first.
    fn end_of(
        &mut self,
        now: Now,
        world: &mut World,
        mut reading: Reading,
    ) -> Result<bool, String> {
        let end = reading.finish(now, world)?;
        let (name, size) = (
            shown(&reading.source.name).into_owned(),
            reading.source.size,
        );
        let server = &mut world.server;
        let last = self.files.is_empty();
        let cut = match end {
            End::Whole => None,
            End::Truncated(valid) => {
                if !server.config.aof_load_truncated || !last {
                    return Err(format!(
                        "Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server."
                    ));
                }
                let what = format!("!!! Warning: short read while loading the AOF file {name}!!!");
                Some((valid, what, "aof-load-truncated"))
            }
            End::Corrupt(fault) => {
                let most = server.config.aof_load_corrupt_tail_max_size;
                if size - fault.valid > most || !last {
                    return Err(bad(&reading.source.path, &fault));
                }
                let what = format!(
                    "!!! Warning: the end of the AOF file {name} is corrupt: {} at offset {}!!!",
                    fault.what, fault.offset
                );
                Some((fault.valid, what, "aof-load-corrupt-tail-max-size"))
            }
        };
        if let Some((valid, what, because)) = cut {
            let lines = [
                what,
                format!(
                    "AOF loaded anyway because {because} is enabled: {} bytes at its end are dropped",
                    size - valid
                ),
                format!("Truncating the AOF {name} at offset {valid}"),
            ];
            for line in lines {
                note(server, Level::Warning, line);
            }
            self.last_size = valid;
            self.total -= size - valid;
            self.step = Step::Repairing;
            let path = reading.source.path;
            let ops = vec![
                FileOp::Truncate {
                    path: path.clone(),
                    len: valid,
                },
                FileOp::Sync { path },
            ];
            ask(server, Lane::Bulk, ops, Asked::Load);
            return Ok(false);
        }
        let seconds = seconds_since(reading.started, now);
        let what = match reading.source.kind {
            Kind::Dump => return Ok(true),
            Kind::Base => "base",
            Kind::Increment => "incr",
        };
        let text = format!("DB loaded from {what} file {name}: {seconds} seconds");
        note(server, Level::Notice, text);
        Ok(true)
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
    fn new(now: Now, source: Source) -> Reading {
        Reading {
            source,
            started: now,
            asked: 0,
            came: 0,
            ahead: 0,
            body: Body::Unknown(Vec::new()),
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

    /// Finds out what the file is.
    fn begin(&mut self, now: Now, world: &World, merge: bool) {
        let Body::Unknown(bytes) = &self.body else {
            return;
        };
        let whole = self.came == self.source.size;
        let rdb = match start_of(bytes, whole) {
            None if self.source.kind != Kind::Dump => return,
            start => self.source.kind == Kind::Dump || start == Some(Start::Rdb),
        };
        self.body = if rdb {
            let config = &world.server.config;
            let limits = Limits::of(config, world.server.list_large_bytes);
            let verify = config.rdbchecksum;
            Body::Rdb(Box::new(Loader::new(&world.keys, limits, verify, merge)))
        } else {
            Body::Records(Box::new(Replay::new(now, 0)))
        };
    }

    fn push(
        &mut self,
        now: Now,
        world: &mut World,
        bytes: &[u8],
        merge: bool,
    ) -> Result<(), String> {
        let mut first = Vec::new();
        let mut bytes = bytes;
        if let Body::Unknown(held) = &mut self.body {
            held.extend_from_slice(bytes);
            first.clone_from(held);
            self.begin(now, world, merge);
            bytes = &first;
        }
        let path = &self.source.path;
        let records = match &mut self.body {
            Body::Unknown(_) => return Ok(()),
            Body::Records(replay) => return replay.push(now, world, bytes, path),
            Body::Rdb(loader) => {
                let keys = &mut world.keys;
                let here = keys.selected();
                let loaded = loader.push(keys, bytes);
                keys.select(here);
                loaded.map_err(|damage| damaged(path, damage))?;
                if !loader.is_done() || self.source.kind == Kind::Dump {
                    return Ok(());
                }
                tell_of(now, &mut world.server, loader)?;
                // Records come behind it.
                let rest = loader.rest().to_vec();
                let offset = self.came - rest.len() as u64;
                let mut replay = Box::new(Replay::new(now, offset));
                replay.push(now, world, &rest, path)?;
                replay
            }
        };
        self.body = Body::Records(records);
        Ok(())
    }

    /// All of it came.
    fn finish(&mut self, now: Now, world: &mut World) -> Result<End, String> {
        let path = &self.source.path;
        match &mut self.body {
            Body::Unknown(_) => Ok(End::Whole),
            Body::Records(replay) => replay.finish(now, world, path),
            Body::Rdb(loader) => {
                let keys = &mut world.keys;
                let here = keys.selected();
                let loaded = loader.finish(keys);
                keys.select(here);
                loaded.map_err(|damage| damaged(path, damage))?;
                tell_of(now, &mut world.server, loader)?;
                Ok(End::Whole)
            }
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
///
/// # Errors
/// Words for the log: a library of functions is no such.
fn tell_of(now: Now, server: &mut Server, loader: &Loader) -> Result<(), String> {
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
    for code in loader.functions() {
        let loaded = server.scripts.load_library(code, true, &server.told);
        loaded.map_err(|error| {
            let text = String::from_utf8_lossy(server.told.text(error));
            format!("a library of functions cannot be loaded: {text}")
        })?;
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
    Ok(())
}

/// All is loaded: others may go on.
fn done(now: Now, world: &mut World, loading: &Loading) {
    settle(now, world);
    let server = &mut world.server;
    if let Then::Answer { ticket, log, .. } = loading.then {
        if log {
            // The last file is the one that goes on, where one does.
            server.store.log.size = loading.last_size;
        }
        world.finish(ticket, Ok(Vec::new()));
        return;
    }
    let seconds = seconds_since(loading.started, now);
    if !loading.log {
        if loading.total > 0 {
            let text = format!("DB loaded from disk: {seconds} seconds");
            note(server, Level::Notice, text);
        }
        server.outputs.push_back(Output::Ready);
        return;
    }
    if server.store.log.manifest.base.is_none() && server.store.log.manifest.increments.is_empty() {
        // The first base is written as any other; it is the end of the start.
        server.store.log.rewrites.ready_due = true;
        return;
    }
    let text = format!("DB loaded from append only file: {seconds} seconds");
    note(server, Level::Notice, text);
    open(server, loading);
    server.outputs.push_back(Output::Ready);
}

/// Records go on where the files end.
fn open(server: &mut Server, loading: &Loading) {
    server.log.keep_for_file(true);
    server.log.forget_database();
    let end = server.log.end();
    let log = &mut server.store.log;
    log.on = true;
    log.durable = end;
    log.base_size = loading.base_size;
    log.total = loading.total;
    if log.manifest.increments.is_empty() {
        if rewrite::open_increment(server).is_err() {
            note(server, Level::Warning, "out of memory");
            server.start(Job::Shutdown { code: 1 });
        }
    } else {
        log.installed = true;
        log.open(loading.last_path.clone(), loading.last_size, end);
        rewrite::remove_history(server);
    }
}

/// Loading is over, and no change.
fn settle(now: Now, world: &mut World) {
    let World { keys, server, .. } = world;
    keys.set_timeless(false, now.unix_ms);
    keys.select(0);
    server.log.mute(false);
    server.store.saves.changes = server.stats.changes;
    session::refresh(keys, server);
}

/// What is there cannot be loaded. Where it is what the server goes on from, the server ends: it must not go on with a
/// part of the data.
fn fail(now: Now, world: &mut World, loading: &Loading, text: &str) {
    settle(now, world);
    let server = &mut world.server;
    forget(server, Asked::Load);
    match loading.then {
        Then::Serve | Then::Answer { log: true, .. } => {
            let text = format!("Fatal error loading the DB: {text}. Exiting.");
            note(server, Level::Warning, text);
            server.start(Job::Shutdown { code: 1 });
            // Nobody is served meanwhile.
            server.store.loading = Some(Box::new(loading.ended()));
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

impl Loading {
    /// The same without anything to do.
    fn ended(&self) -> Loading {
        Loading {
            files: VecDeque::new(),
            reading: None,
            last_path: Vec::new(),
            ..*self
        }
    }
}
