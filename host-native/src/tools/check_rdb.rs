//! `--check-rdb`: reads an RDB file as a server would and says what it has, or where it is damaged. Changes nothing.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use hyla_engine::config::Config;
use hyla_engine::keyspace::Keyspace;
use hyla_engine::persist::rdb::{Damage, Item, Limits, Reader, Shape};

use super::Failure;
use super::input::Input;

pub(super) fn run(path: &Path) -> Result<(), Failure> {
    println!("[offset 0] Checking RDB file {}", path.display());
    let mut input = Input::open(path)?;
    let end = check(&mut input, &[])?;
    let behind = input.size() - end.offset;
    if behind > 0 {
        input.say(&format!("[info] {behind} bytes behind the RDB file's end"));
    }
    Ok(())
}

/// Where an RDB file ended.
pub(super) struct End {
    /// Bytes of the file before what is behind its end.
    pub(super) offset: u64,
    /// What was read of that already.
    pub(super) rest: Vec<u8>,
}

/// What was seen.
#[derive(Default)]
struct Seen {
    keys: u64,
    expires: u64,
    expired: u64,
    database: Option<usize>,
    last_key: Vec<u8>,
}

/// Reads an RDB file whose first bytes were read already, and says what it has.
pub(super) fn check(input: &mut Input, first: &[u8]) -> Result<End, Failure> {
    let mut seen = Seen::default();
    let result = read(input, first, &mut seen)?;
    match &result {
        Ok(end) => {
            let offset = end.offset;
            input.say(&format!("[offset {offset}] Checksum OK"));
            input.say(&format!("[offset {offset}] \\o/ RDB looks OK! \\o/"));
        }
        Err(damage) => {
            input.say("--- RDB ERROR DETECTED ---");
            input.say(&format!("[offset {}] {}", damage.offset, damage.what));
            if seen.keys > 0 {
                let key = seen.last_key.escape_ascii();
                input.say(&format!("[additional info] The last whole key is '{key}'"));
            }
        }
    }
    input.say(&format!("[info] {} keys read", seen.keys));
    input.say(&format!("[info] {} expires", seen.expires));
    input.say(&format!("[info] {} already expired", seen.expired));
    result.map_err(|_| Failure::said())
}

fn read(input: &mut Input, first: &[u8], seen: &mut Seen) -> Result<Result<End, Damage>, Failure> {
    let hasher = Keyspace::new(1, 0).hasher().clone();
    let limits = Limits::of(&Config::default(), 0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = now.map_or(0, |now| now.as_millis() as u64);
    let mut reader = Reader::new(true);
    reader.push(first)?;
    loop {
        let shape = Shape {
            hasher: &hasher,
            limits: &limits,
        };
        let item = match reader.next(shape) {
            Ok(item) => item,
            Err(damage) => return Ok(Err(damage)),
        };
        let offset = reader.position();
        match item {
            None => {
                let piece = input.piece()?;
                if piece.is_empty() {
                    reader.end();
                } else {
                    reader.push(piece)?;
                }
            }
            Some(Item::Fact(name, value)) => {
                let (name, value) = (name.escape_ascii(), value.escape_ascii());
                input.say(&format!("[offset {offset}] AUX FIELD {name} = '{value}'"));
            }
            Some(Item::Resize { database, .. }) => seen.select(database, offset, input),
            Some(Item::Key(loaded)) => {
                seen.select(loaded.database, offset, input);
                seen.keys += 1;
                seen.last_key.clear();
                seen.last_key.extend_from_slice(loaded.entry.key());
                if let Some(at) = loaded.entry.expire_ms() {
                    seen.expires += 1;
                    seen.expired += u64::from(at <= now_ms);
                }
            }
            Some(Item::EmptyKey) => {
                input.say(&format!("[offset {offset}] A key without elements"));
            }
            Some(Item::ModuleData(id)) => {
                input.say(&format!("[offset {offset}] Data of the module {id:#x}"));
            }
            Some(Item::Function(code)) => {
                let first = code.split(|byte| *byte == b'\n').next();
                let name = first.unwrap_or_default().escape_ascii();
                input.say(&format!("[offset {offset}] Library of functions {name}"));
            }
            Some(Item::Going) => {}
            Some(Item::End) => {
                return Ok(Ok(End {
                    offset,
                    rest: reader.rest().to_vec(),
                }));
            }
        }
    }
}

impl Seen {
    fn select(&mut self, database: usize, offset: u64, input: &Input) {
        if self.database != Some(database) {
            self.database = Some(database);
            input.say(&format!("[offset {offset}] Selecting DB ID {database}"));
        }
    }
}
