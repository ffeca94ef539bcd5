//! `--convert IN OUT`: the keys of one file as a file of another form. RDB and JSON lines are read key by key; an
//! append-only file is replayed, so that its keys have to fit into memory.

mod json;
mod output;
mod read;
mod replay;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hyla_engine::config::Config;
use hyla_engine::keyspace::{Entry, Keyspace};
use hyla_engine::persist::rdb::{Limits, Shape};
use hyla_engine::types::KeyHasher;

use self::output::Output;
use super::{Failure, about, check_aof};

/// Forms of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Rdb,
    Aof,
    Json,
}

/// What values are made with.
struct Making {
    hasher: KeyHasher,
    limits: Limits,
}

impl Making {
    fn shape(&self) -> Shape<'_> {
        Shape {
            hasher: &self.hasher,
            limits: &self.limits,
        }
    }
}

/// A key on its way.
struct Key<'a> {
    database: usize,
    entry: &'a Entry,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

/// Why a conversion stopped.
enum Stop {
    Failed(Failure),
    /// A hash has fields with deadlines, which an RDB file has to say at its beginning.
    Deadlines,
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Stop::Failed(failure.into())
    }
}

pub(super) fn run(from: &Path, to: &Path) -> Result<(), Failure> {
    let source = match from.is_dir() {
        true => Form::Aof,
        false => form(from)?,
    };
    let target = form(to)?;
    if to.extension().is_some_and(|end| end == "manifest") {
        return Err("A manifest cannot be made; name the file .aof.".into());
    }
    match attempt(from, source, to, target, false) {
        Err(Stop::Deadlines) => match attempt(from, source, to, target, true) {
            Err(Stop::Failed(failure)) => Err(failure),
            Err(Stop::Deadlines) => Err("Fields with deadlines where there were none.".into()),
            Ok(()) => Ok(()),
        },
        Err(Stop::Failed(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

fn form(path: &Path) -> Result<Form, Failure> {
    match path.extension().map(OsStrExt::as_bytes) {
        Some(b"rdb") => Ok(Form::Rdb),
        Some(b"aof" | b"manifest") => Ok(Form::Aof),
        Some(b"json" | b"jsonl" | b"ndjson") => Ok(Form::Json),
        _ => {
            let path = path.display();
            Err(format!("What kind of file is {path}? Names end with .rdb, .aof or .jsonl.").into())
        }
    }
}

/// Writes beside the target and puts it into its place once it is whole.
fn attempt(
    from: &Path,
    source: Form,
    to: &Path,
    target: Form,
    deadlines: bool,
) -> Result<(), Stop> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = Beside(to.with_file_name(name));
    let mut output = Output::create(&beside.0, target, deadlines)?;
    let making = Making {
        hasher: Keyspace::new(1, 0).hasher().clone(),
        limits: Limits::of(&Config::default(), 0),
    };
    match source {
        Form::Rdb => read::rdb(from, &making, &mut output)?,
        Form::Json => read::json(from, &making, &mut output)?,
        Form::Aof => replay::aof(from, check_aof::manifest_at(from)?.as_deref(), &mut output)?,
    }
    let (keys, bytes) = output.finish()?;
    std::fs::rename(&beside.0, to).map_err(|error| about("Cannot write file", to, &error))?;
    if let Ok(directory) = std::fs::File::open(match to.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }) {
        let _ = directory.sync_all();
    }
    println!(
        "{keys} keys converted, {bytes} bytes written to {}",
        to.display()
    );
    Ok(())
}

/// A file that goes away unless it got another name.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
