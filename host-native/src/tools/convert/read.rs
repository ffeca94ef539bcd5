//! RDB files and JSON lines, key by key. Knows no target.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use hyla_engine::persist::rdb::{Item, Reader};

use super::super::about;
use super::super::input::Input;
use super::output::Output;
use super::{Key, Making, Stop, json};

/// What a damaged RDB file is told about.
pub(super) fn damaged(path: &Path, offset: u64, what: &str) -> Stop {
    let path = path.display();
    format!("{path} is damaged at offset {offset}: {what}").into()
}

pub(super) fn rdb(path: &Path, making: &Making, output: &mut Output) -> Result<(), Stop> {
    let mut input = Input::open(path)?;
    let mut reader = Reader::new(true);
    loop {
        let item = reader.next(making.shape());
        let item = item.map_err(|damage| damaged(path, damage.offset, damage.what))?;
        match item {
            None => {
                let piece = input.piece()?;
                if piece.is_empty() {
                    reader.end();
                } else {
                    reader.push(piece)?;
                }
            }
            Some(Item::Key(loaded)) => output.key(&Key {
                database: loaded.database,
                entry: &loaded.entry,
                idle_seconds: loaded.idle_seconds,
                frequency: loaded.frequency,
            })?,
            Some(Item::Function(code)) => output.function(&code)?,
            Some(Item::ModuleData(id)) => {
                input.say(&format!("Data of the module {id:#x} is left out"));
            }
            Some(Item::EmptyKey | Item::Fact(..) | Item::Resize { .. } | Item::Going) => {}
            Some(Item::End) => return Ok(()),
        }
    }
}

pub(super) fn json(path: &Path, making: &Making, output: &mut Output) -> Result<(), Stop> {
    let fail = |error| about("Cannot read file", path, &error);
    let mut file = BufReader::new(File::open(path).map_err(fail)?);
    let mut line = Vec::new();
    let mut offset = 0;
    for number in 1u64.. {
        line.clear();
        let count = file.read_until(b'\n', &mut line).map_err(fail)?;
        if count == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            let read = json::parse(&line, making).map_err(|what| {
                format!(
                    "{}, line {number} at offset {offset}: {what}",
                    path.display()
                )
            })?;
            match read {
                json::Line::Function(code) => output.function(&code)?,
                json::Line::Key(loaded) => output.key(&Key {
                    database: loaded.database,
                    entry: &loaded.entry,
                    idle_seconds: loaded.idle_seconds,
                    frequency: loaded.frequency,
                })?,
            }
        }
        offset += count as u64;
    }
    Ok(())
}
