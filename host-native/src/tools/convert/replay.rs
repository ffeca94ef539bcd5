//! An append-only file, replayed into an engine, whose keys are then written. Knows no target.
//!
//! While it runs it is one millisecond past 1970 for the engine, so that no key expires before it is written. Only XCLAIM
//! runs at the moment that it names, which it may not exceed.

use std::path::{Path, PathBuf};

use hyla_engine::boundary::Peer;
use hyla_engine::command::resolve;
use hyla_engine::config::Config;
use hyla_engine::persist::aof::{Item, Limits, Record, Records, Scanner, Start, start_of};
use hyla_engine::persist::load::Loader;
use hyla_engine::persist::rdb;
use hyla_engine::resp::{Chunks, Intake};
use hyla_engine::{ConnId, Engine, Input as Asked, Now, Output as Wanted, State};

use super::super::input::Input;
use super::super::{Failure, check_aof};
use super::output::Output;
use super::read::damaged;
use super::{Key, Stop};

/// Databases that a file may use.
const DATABASES: u32 = 16_384;
/// Bytes of records that are handed over together.
const BATCH_BYTES: usize = 64 * 1024;

pub(super) fn aof(path: &Path, manifest: Option<&Path>, output: &mut Output) -> Result<(), Stop> {
    let files: Vec<PathBuf> = match manifest {
        None => vec![path.to_path_buf()],
        Some(manifest) => {
            let parts = check_aof::read_manifest(manifest)?;
            let parts = parts.loaded();
            parts
                .map(|part| check_aof::beside(manifest, &part.name))
                .collect()
        }
    };
    let mut replay = Replay::new()?;
    for file in &files {
        replay.file(file)?;
    }
    for (_, code) in &replay.functions {
        output.function(code)?;
    }
    let keys = replay.engine.keys_mut();
    for database in 0..keys.databases_len() {
        if keys.len(database) == 0 {
            continue;
        }
        keys.select(database);
        for entry in keys.iter() {
            output.key(&Key {
                database,
                entry,
                idle_seconds: None,
                frequency: None,
            })?;
        }
    }
    Ok(())
}

/// An engine with one connection.
struct Replay {
    engine: Engine,
    conn: ConnId,
    intake: Intake,
    out: Chunks,
    batch: Records,
    /// Where in the file the first of the batch's records is.
    batch_offset: u64,
    now: Now,
    /// The latest moment that an XCLAIM of the block in progress names.
    claimed_ms: u64,
    /// Libraries by name.
    functions: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Replay {
    fn new() -> Result<Replay, Failure> {
        let mut config = Config::default();
        let settings = config.settings_mut();
        settings.databases = DATABASES as _;
        let now = Now {
            unix_ms: 1,
            mono_us: 1,
        };
        let mut engine = Engine::new(config, 0, now, || 0);
        let mut out = Chunks::new();
        let peer = Peer {
            address: "127.0.0.1:0".into(),
            local_address: "127.0.0.1:0".into(),
            unix_socket: false,
            loopback: true,
            fd: -1,
        };
        let progress = engine.handle(
            now,
            Asked::Accepted {
                link: 0,
                peer,
                out: &mut out,
            },
        );
        let conn = progress.conn.ok_or("No connection to the engine.")?;
        Ok(Replay {
            engine,
            conn,
            intake: Intake::new(),
            out,
            batch: Records::default(),
            batch_offset: 0,
            now,
            claimed_ms: 0,
            functions: Vec::new(),
        })
    }

    fn file(&mut self, path: &Path) -> Result<(), Stop> {
        let mut input = Input::open(path)?;
        let mut first = Vec::new();
        let start = loop {
            let piece = input.piece()?;
            let whole = piece.is_empty();
            first.extend_from_slice(piece);
            if let Some(start) = start_of(&first, whole) {
                break start;
            }
        };
        let mut offset = 0;
        if start == Start::Rdb {
            (offset, first) = self.preamble(path, &mut input, &first)?;
        }
        let mut scanner = Scanner::new(offset, Limits::default());
        scanner.push(&first)?;
        drop(first);
        let mut ended = false;
        // Every file starts with the first database.
        self.batch.select(0)?;
        loop {
            match scanner.next() {
                Err(fault) => return Err(damaged(path, fault.offset, fault.what)),
                Ok(Some(Item::Record(record))) => self.record(path, &record)?,
                Ok(Some(_)) => {}
                Ok(None) if ended => break,
                Ok(None) => {
                    let piece = input.piece()?;
                    ended = piece.is_empty();
                    if ended {
                        scanner.end();
                    } else {
                        scanner.push(piece)?;
                    }
                }
            }
        }
        self.play(path)
    }

    /// Loads the RDB file in front; gives what was read behind it, and where that begins.
    fn preamble(
        &mut self,
        path: &Path,
        input: &mut Input,
        first: &[u8],
    ) -> Result<(u64, Vec<u8>), Stop> {
        let limits = rdb::Limits::of(&Config::default(), 0);
        let keys = self.engine.keys_mut();
        keys.set_now(1);
        let mut loader = Loader::new(keys, limits, true, false);
        let mut pushed = first.len() as u64;
        let fail = |damage: rdb::Damage| damaged(path, damage.offset, damage.what);
        loader.push(keys, first).map_err(fail)?;
        while !loader.is_done() {
            let piece = input.piece()?;
            pushed += piece.len() as u64;
            if piece.is_empty() {
                loader.finish(keys).map_err(fail)?;
            } else {
                loader.push(keys, piece).map_err(fail)?;
            }
        }
        let functions: Vec<Vec<u8>> = loader.functions().to_vec();
        let rest = loader.rest().to_vec();
        for code in functions {
            self.library(&code);
        }
        Ok((pushed - rest.len() as u64, rest))
    }

    fn record(&mut self, path: &Path, record: &Record<'_>) -> Result<(), Stop> {
        let args = record.args;
        if args.is(0, "FUNCTION") {
            return match args.len() {
                3 | 4 if args.is(1, "LOAD") => {
                    self.library(args.at(args.len() - 1));
                    Ok(())
                }
                _ => Err(damaged(
                    path,
                    record.offset,
                    "only FUNCTION LOAD can be converted",
                )),
            };
        }
        if self.batch.bytes().is_empty() {
            self.batch_offset = record.offset;
        }
        let words: Vec<&[u8]> = args.iter().collect();
        self.claimed_ms = self.claimed_ms.max(claimed_ms(&words));
        let run = !record.in_block || args.is(0, "EXEC");
        if self.claimed_ms > 0 && run {
            self.play(path)?;
            self.batch_offset = record.offset;
            self.batch.command(&words)?;
            self.now.unix_ms = std::mem::take(&mut self.claimed_ms);
            let played = self.play(path);
            self.now.unix_ms = 1;
            return played;
        }
        self.batch.command(&words)?;
        if self.batch.bytes().len() >= BATCH_BYTES {
            self.play(path)?;
        }
        Ok(())
    }

    /// Keeps a library in the place of the one of that name.
    fn library(&mut self, code: &[u8]) {
        let first = code.split(|byte| *byte == b'\n').next();
        let words = first.unwrap_or_default().split(|byte| *byte == b' ');
        let mut names = words.filter_map(|word| word.strip_prefix(b"name="));
        let name = names.next().unwrap_or_default().trim_ascii().to_vec();
        self.functions.retain(|(known, _)| *known != name);
        self.functions.push((name, code.to_vec()));
    }

    /// Runs the batch.
    fn play(&mut self, path: &Path) -> Result<(), Stop> {
        let bytes = self.batch.take();
        self.intake.limits = self.engine.limits(self.conn);
        self.intake.limits.bulk_bytes = u64::from(u32::MAX);
        self.intake.limits.buffer_bytes = u64::from(u32::MAX);
        if !self.intake.push(&bytes) {
            return Err("Out of memory.".into());
        }
        loop {
            self.intake.parse(256, resolve);
            if self.intake.peek().is_none() {
                break;
            }
            let progress = self.engine.handle(
                self.now,
                Asked::Requests {
                    conn: self.conn,
                    intake: &mut self.intake,
                    out: &mut self.out,
                },
            );
            if !matches!(progress.state, State::Ready | State::More) {
                return Err(damaged(
                    path,
                    self.batch_offset,
                    "a command that waits or ends",
                ));
            }
            self.heard(path)?;
        }
        if self.now.unix_ms > 1 {
            return Ok(());
        }
        // What was deleted is freed.
        self.now.mono_us += 1_000;
        self.engine.handle(self.now, Asked::Tick);
        while !matches!(self.engine.poll(), Wanted::Sleep { .. }) {}
        Ok(())
    }

    /// Looks for errors among the replies.
    fn heard(&mut self, path: &Path) -> Result<(), Stop> {
        let replies = self.out.to_vec();
        self.out.clear();
        match first_error(&replies) {
            None => Ok(()),
            Some(line) => {
                let line = line.escape_ascii();
                let what = format!("a command behind this place failed: {line}");
                Err(damaged(path, self.batch_offset, &what))
            }
        }
    }
}

/// The moment that an XCLAIM names as that of its delivery; 0 for other commands.
fn claimed_ms(words: &[&[u8]]) -> u64 {
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if !words.first().is_some_and(|word| is(word, "XCLAIM")) {
        return 0;
    }
    let named = words.windows(2).skip(4).find(|pair| is(pair[0], "TIME"));
    let digits = named.and_then(|pair| std::str::from_utf8(pair[1]).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The first error among replies, also where it is an element of another one.
fn first_error(mut replies: &[u8]) -> Option<&[u8]> {
    while let Some(end) = replies.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = replies.split_at(end + 1);
        let (mark, text) = line.trim_ascii().split_first()?;
        replies = rest;
        match mark {
            b'-' => return Some(text),
            b'$' => {
                let len = std::str::from_utf8(text).ok()?.parse::<usize>();
                // One that is missing has no bytes.
                let skipped = len.map_or(0, |len| len + 2);
                replies = replies.get(skipped..)?;
            }
            _ => {}
        }
    }
    None
}
