//! `--check-aof`: reads an append-only file, whatever its form, says up to where it is sound, and cuts off what is not where
//! it is asked to.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hyla_engine::persist::aof::{Fault, Item, Limits, Manifest, Scanner, Start, start_of};

use super::input::Input;
use super::{Failure, about, check_rdb};
use crate::launch::as_path;

/// What becomes of a file that is not sound to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is left as it is.
    Look,
    /// It is cut off behind what is sound, after a question.
    Fix,
    /// It is cut off before what was written after this moment, in seconds since 1970.
    Until(u64),
}

pub(super) fn run(path: &Path, mode: Mode) -> Result<(), Failure> {
    match manifest_at(path)? {
        Some(manifest) => {
            println!("Start checking Multi Part AOF");
            parts(&manifest, mode)
        }
        None => {
            println!("Start checking Old-Style AOF");
            one(path, &path.display().to_string(), "AOF", mode, true)
        }
    }
}

/// The manifest that a path is, or that is in the directory that it is; nothing for a single file.
pub(super) fn manifest_at(path: &Path) -> Result<Option<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(is_manifest(path)?.then(|| path.to_path_buf()));
    }
    let fail = |error| about("Cannot read directory", path, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        let name = entry.map_err(fail)?.path();
        let file_name = name.file_name().map(OsStrExt::as_bytes);
        let file_name = file_name.unwrap_or_default();
        if file_name.ends_with(b".manifest") && !file_name.starts_with(b"temp-") {
            found.push(name);
        }
    }
    match found.as_slice() {
        [one] => Ok(Some(one.clone())),
        [] => Err(format!("No manifest in {}", path.display()).into()),
        _ => Err(format!("More than one manifest in {}", path.display()).into()),
    }
}

/// Manifests begin with a `file`, and comments may stand before it.
fn is_manifest(path: &Path) -> Result<bool, Failure> {
    let mut start = Vec::new();
    let file =
        std::fs::File::open(path).map_err(|error| about("Cannot open file", path, &error))?;
    let read = file.take(64 * 1024).read_to_end(&mut start);
    read.map_err(|error| about("Cannot read file", path, &error))?;
    let named = path.as_os_str().as_bytes().ends_with(b".manifest");
    let mut lines = start.split(|byte| *byte == b'\n');
    let first = lines.find(|line| !line.starts_with(b"#"));
    Ok(named || first.is_some_and(|line| line.to_ascii_lowercase().starts_with(b"file")))
}

/// Reads a manifest.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, Failure> {
    let text = std::fs::read(path).map_err(|error| about("Cannot open file", path, &error))?;
    Manifest::parse(&text).map_err(|error| {
        let mut said = String::from("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        if let Some(line) = &error.line {
            let (number, line) = (error.line_number, line.escape_ascii());
            said += &format!("Reading the manifest file, at line {number}\n>>> '{line}'\n");
        }
        (said + error.what).into()
    })
}

/// The path of a manifest's part.
pub(super) fn beside(manifest: &Path, name: &[u8]) -> PathBuf {
    manifest.with_file_name(as_path(name))
}

fn parts(path: &Path, mode: Mode) -> Result<(), Failure> {
    let manifest = read_manifest(path)?;
    let files = manifest.loaded().count();
    if files == 0 {
        return Err("The manifest names no file.".into());
    }
    for (number, part) in manifest.loaded().enumerate() {
        let file = beside(path, &part.name);
        let is_last = number + 1 == files;
        let name = String::from_utf8_lossy(&part.name);
        let base = manifest.base.as_ref() == Some(part);
        match (base, number) {
            (true, _) => {
                let mut start = [0; 5];
                let mut opened = std::fs::File::open(&file)
                    .map_err(|error| about("Cannot open file", &file, &error))?;
                let rdb = opened.read_exact(&mut start).is_ok() && &start == b"REDIS";
                let form = if rdb { "RDB" } else { "RESP" };
                println!("Start to check BASE AOF ({form} format).");
            }
            (false, at) if at == usize::from(manifest.base.is_some()) => {
                println!("Start to check INCR files.");
            }
            _ => {}
        }
        let kind = if base { "BASE AOF" } else { "INCR AOF" };
        one(&file, &name, kind, mode, is_last)?;
    }
    println!("All AOF files and manifest are valid");
    Ok(())
}

/// What a file turned out to be.
struct Analysis {
    valid: u64,
    lines: u64,
    fault: Option<Fault>,
    /// Where the first record is that was written too late.
    late: Option<u64>,
}

/// One file; `is_last` says that it may be cut off.
fn one(path: &Path, name: &str, kind: &str, mode: Mode, is_last: bool) -> Result<(), Failure> {
    let mut input = Input::open(path)?;
    let size = input.size();
    if size == 0 {
        println!("{kind} {name} is empty");
        return Ok(());
    }
    let analysis = analyze(&mut input, name, mode)?;
    drop(input);
    if let (Mode::Until(seconds), None) = (mode, analysis.fault) {
        return until(path, name, seconds, &analysis, is_last);
    }
    if let Some(fault) = analysis.fault {
        let (offset, what) = (fault.offset, fault.what);
        println!("0x{offset:16x}: {what} (offset {offset} of {name})");
    }
    let (valid, diff) = (analysis.valid, size - analysis.valid);
    let line = analysis.lines + 1;
    println!(
        "AOF analyzed: filename={name}, size={size}, ok_up_to={valid}, ok_up_to_line={line}, diff={diff}"
    );
    if diff == 0 && analysis.fault.is_none() {
        println!("{kind} {name} is valid");
        return Ok(());
    }
    if mode != Mode::Fix {
        println!("AOF {name} is not valid. Use the --fix option to try fixing it.");
        return Err(Failure::said());
    }
    if !is_last {
        println!("Failed to truncate AOF {name} because it is not the last file");
        return Err(Failure::said());
    }
    println!(
        "This will shrink the AOF {name} from {size} bytes, with {diff} bytes, to {valid} bytes"
    );
    print!("Continue? [y/N]: ");
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let _ = io::stdin().read_line(&mut answer);
    if !answer.starts_with(['y', 'Y']) {
        println!("Aborting...");
        return Err(Failure::said());
    }
    truncate(path, valid)?;
    println!("Successfully truncated AOF {name}");
    Ok(())
}

fn until(
    path: &Path,
    name: &str,
    seconds: u64,
    analysis: &Analysis,
    is_last: bool,
) -> Result<(), Failure> {
    let Some(late) = analysis.late else {
        println!("Truncate nothing in AOF {name} to timestamp {seconds}");
        return Ok(());
    };
    if late == 0 {
        println!("AOF {name} has nothing before timestamp {seconds}, aborting...");
        return Err(Failure::said());
    }
    if !is_last {
        println!(
            "Failed to truncate AOF {name} to timestamp {seconds} to offset {late} because it is not the last file."
        );
        println!(
            "If you insist, remove the later files and their lines in the manifest, and run this again."
        );
        return Err(Failure::said());
    }
    truncate(path, late)?;
    println!("Successfully truncated AOF {name} to timestamp {seconds}");
    Ok(())
}

fn truncate(path: &Path, len: u64) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.set_len(len).and_then(|()| file.sync_all()))
        .map_err(|error| about("Failed to truncate AOF", path, &error))
}

/// The bytes that an RDB file in front leaves, and where they begin.
fn preamble(input: &mut Input, name: &str) -> Result<(u64, Vec<u8>), Failure> {
    let mut first = Vec::new();
    loop {
        let piece = input.piece()?;
        let whole = piece.is_empty();
        first.extend_from_slice(piece);
        match start_of(&first, whole) {
            None => {}
            Some(Start::Rdb) => break,
            Some(Start::Empty | Start::Records) => return Ok((0, first)),
        }
    }
    input.say(&format!("[offset 0] Checking RDB file {name}"));
    let Ok(end) = check_rdb::check(input, &first) else {
        return Err("RDB preamble of AOF file is not sane, aborting.".into());
    };
    input.say("RDB preamble is OK, proceeding with AOF tail...");
    Ok((end.offset, end.rest))
}

fn analyze(input: &mut Input, name: &str, mode: Mode) -> Result<Analysis, Failure> {
    let (offset, rest) = preamble(input, name)?;
    let mut scanner = Scanner::new(offset, Limits::default());
    scanner.push(&rest)?;
    drop(rest);
    let (mut late, mut ended) = (None, false);
    let fault = loop {
        match scanner.next() {
            Err(fault) => break Some(fault),
            Ok(Some(Item::Timestamp { unix_s, offset })) => {
                if matches!(mode, Mode::Until(seconds) if unix_s > seconds) {
                    late = Some(offset);
                    break None;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) if ended => break None,
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
    };
    Ok(Analysis {
        valid: fault.map_or(scanner.valid(), |fault| fault.valid),
        lines: scanner.lines(),
        fault,
        late,
    })
}
