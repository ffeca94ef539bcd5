//! Works on files for the engine: a thread for each of two lanes, and what is done where it is asked for. Decides nothing:
//! operations are run as they come.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use hyla_engine::Input;
use hyla_engine::boundary::{Answer, FileError, FileFailure, FileOp, Filed, Lane};
use parking_lot::Mutex;

use crate::shared::{Message, Shared};
use crate::{log, memory};

/// Files that a lane keeps open at most. Few, so that one that the other lane removed gives its space back soon.
const OPEN_MAX: usize = 2;

/// A list of operations.
pub(crate) struct List {
    job: u64,
    ops: Vec<FileOp>,
}

/// The ways to the threads.
pub(crate) struct Lanes {
    log: Sender<List>,
    bulk: Sender<List>,
    /// What the thread for the log has open.
    disk: Arc<Disk>,
}

impl Lanes {
    /// Hands a list to a thread.
    pub(crate) fn send(&self, lane: Lane, job: u64, ops: Vec<FileOp>) {
        let way = match lane {
            Lane::Bulk => &self.bulk,
            Lane::Log | Lane::Here => &self.log,
        };
        // The threads live as long as the process.
        let _ = way.send(List { job, ops });
    }

    /// Runs a list of [`Lane::Here`].
    pub(crate) fn run_here(&self, ops: Vec<FileOp>) -> Filed {
        self.disk.run(ops)
    }
}

/// How much less of a processor the thread for large files has.
const BULK_NICE: i32 = 10;

/// What a thread works off.
pub(crate) struct Queue {
    lists: Receiver<List>,
    lane: Lane,
    disk: Arc<Disk>,
}

/// The ways to the threads, and each thread's name with what it works off.
pub(crate) fn lanes() -> (Lanes, [(&'static str, Queue); 2]) {
    let (log, log_queue) = mpsc::channel();
    let (bulk, bulk_queue) = mpsc::channel();
    let disk = Arc::<Disk>::default();
    let queue = |lists, lane, disk| Queue { lists, lane, disk };
    let queues = [
        ("file-log", queue(log_queue, Lane::Log, Arc::clone(&disk))),
        ("file-bulk", queue(bulk_queue, Lane::Bulk, Arc::default())),
    ];
    (Lanes { log, bulk, disk }, queues)
}

/// Works lists off and reports each.
pub(crate) fn work(shared: &Shared, queue: &Queue) {
    if queue.lane == Lane::Bulk {
        memory::yield_to_others(BULK_NICE);
    }
    for List { job, ops } in &queue.lists {
        let result = queue.disk.run(ops);
        if queue.lane == Lane::Bulk {
            // A thread that gets little of a processor must not hold the engine's lock.
            shared.mailbox(0).send(Message::Filed { job, result });
            continue;
        }
        let mut engine = shared.engine();
        engine.handle(shared.now(), Input::Filed { job, result });
        shared.drain(&mut engine, None);
    }
}

/// The files that are open: those that were appended to last.
#[derive(Default)]
struct Disk {
    open: Mutex<HashMap<Vec<u8>, Arc<File>>>,
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

impl Disk {
    fn run(&self, ops: Vec<FileOp>) -> Filed {
        let mut answers = Vec::new();
        for (at, op) in ops.into_iter().enumerate() {
            match self.operate(op) {
                Ok(answer) => answers.extend(answer),
                Err(error) => return Err(failure(at, &error)),
            }
        }
        Ok(answers)
    }

    fn operate(&self, op: FileOp) -> io::Result<Option<Answer>> {
        match op {
            FileOp::MakeDir { path } => match fs::create_dir(as_path(&path)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                result => result?,
            },
            FileOp::Create { path } => {
                self.close(&path);
                self.appended(path, true)?.set_len(0)?;
            }
            FileOp::Append { path, bytes } => (&*self.appended(path, true)?).write_all(&bytes)?,
            FileOp::Sync { path } => self.appended(path, false)?.sync_data()?,
            FileOp::Rename { from, to } => {
                self.close(&from);
                self.close(&to);
                fs::rename(as_path(&from), as_path(&to))?;
            }
            FileOp::Remove { path } => {
                self.close(&path);
                match fs::remove_file(as_path(&path)) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    result => result?,
                }
            }
            FileOp::Truncate { path, len } => self.appended(path, false)?.set_len(len)?,
            FileOp::SyncDir { path } => File::open(as_path(&path))?.sync_all()?,
            FileOp::List { path } => return names(&path).map(Some),
            FileOp::Size { path } => {
                let size = match fs::metadata(as_path(&path)) {
                    Ok(meta) => Some(meta.len()),
                    Err(error) if is_missing(&error) => None,
                    Err(error) => return Err(error),
                };
                return Ok(Some(Answer::Size(size)));
            }
            FileOp::Read { path, from, len } => return read(&path, from, len).map(Some),
        }
        Ok(None)
    }

    fn close(&self, path: &[u8]) {
        self.open.lock().remove(path);
    }

    /// A file that is written at its end.
    fn appended(&self, path: Vec<u8>, create: bool) -> io::Result<Arc<File>> {
        let mut open = self.open.lock();
        if open.len() >= OPEN_MAX && !open.contains_key(&path) {
            open.clear();
        }
        let file = match open.entry(path) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let mut options = OpenOptions::new();
                options.append(true).create(create);
                let file = options.open(as_path(place.key()))?;
                place.insert(Arc::new(file))
            }
        };
        Ok(Arc::clone(file))
    }
}

/// There is no such file, be it that what should be its directory is none.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn read(path: &[u8], from: u64, len: u32) -> io::Result<Answer> {
    let mut file = File::open(as_path(path))?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(u64::from(len)).read_to_end(&mut bytes)?;
    Ok(Answer::Bytes(bytes))
}

fn names(path: &[u8]) -> io::Result<Answer> {
    let entries = match fs::read_dir(as_path(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Answer::Names(Vec::new())),
        entries => entries?,
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().into_vec()));
    names.collect::<io::Result<_>>().map(Answer::Names)
}

fn failure(at: usize, error: &io::Error) -> FileError {
    let kind = match error.kind() {
        ErrorKind::NotFound => FileFailure::NotFound,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FileFailure::NoSpace,
        _ => FileFailure::Other,
    };
    FileError {
        at,
        kind,
        text: log::reason(error),
    }
}
