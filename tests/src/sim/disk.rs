//! A disk in memory that runs the boundary's operations on files, fails where it is told to, and after a crash has what a
//! real one may have: sectors that came to the platter out of order or not at all, names that were lost.
//!
//! What holds of it is what `hyla_engine::boundary::files` promises, and nothing more.

use std::collections::BTreeMap;

use hyla_engine::boundary::{Answer, FileError, FileFailure, FileOp};

use super::Random;

type Path = Vec<u8>;
/// Which file a name means.
type Number = usize;

/// How often what fails; 0 for never, else once in so many operations of the kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// An append stops somewhere: EIO.
    pub append_eio: u64,
    /// An append stops somewhere: ENOSPC.
    pub append_enospc: u64,
    /// A sync fails, and what it was for is lost.
    pub sync_eio: u64,
    /// A name is not made, changed or removed; a directory is not synced.
    pub name_eio: u64,
    /// Something cannot be read.
    pub read_eio: u64,
}

/// What happened to a file since it was synced.
#[derive(Clone, Debug)]
enum Change {
    Appended,
    /// To so many bytes; it may be that nothing behind came to the platter.
    Truncated(usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    data: Vec<u8>,
    /// What a crash leaves for sure.
    durable: Vec<u8>,
    changes: Vec<Change>,
    /// Parts of `data` that a failed sync lost: they read well until the crash.
    lost: Vec<(usize, usize)>,
}

#[derive(Clone, Debug)]
enum NameChange {
    Link(Path, Number),
    Rename(Path, Path, Number),
    Unlink(Path),
}

impl NameChange {
    /// The directories it changes.
    fn touches(&self, directory: &[u8]) -> bool {
        match self {
            NameChange::Link(path, _) | NameChange::Unlink(path) => parent(path) == directory,
            NameChange::Rename(from, to, _) => parent(from) == directory || parent(to) == directory,
        }
    }
}

/// The disk.
#[derive(Clone, Debug)]
pub struct Disk {
    files: Vec<File>,
    names: BTreeMap<Path, Number>,
    durable_names: BTreeMap<Path, Number>,
    name_changes: Vec<NameChange>,
    directories: Vec<Path>,
    durable_directories: Vec<Path>,
    /// Bytes that come to the platter as one.
    sector: usize,
    /// What fails.
    pub faults: Faults,
    /// Syncs that failed so far.
    pub failed_syncs: u64,
    /// Appends that failed so far.
    pub failed_appends: u64,
    random: Random,
}

fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => &path[..at],
        None => b".",
    }
}

fn failure(kind: FileFailure, text: &str) -> FileError {
    FileError {
        at: 0,
        kind,
        text: text.to_owned(),
    }
}

impl Disk {
    /// An empty disk with sectors of so many bytes.
    pub fn new(seed: u64, sector: usize) -> Disk {
        Disk {
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_changes: Vec::new(),
            directories: Vec::new(),
            durable_directories: Vec::new(),
            sector,
            faults: Faults::default(),
            failed_syncs: 0,
            failed_appends: 0,
            random: Random::new(seed),
        }
    }

    /// What a file has now.
    pub fn read(&self, path: &[u8]) -> Option<&[u8]> {
        self.names
            .get(path)
            .map(|number| self.files[*number].data.as_slice())
    }

    /// The names that there are.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.names.keys().map(Vec::as_slice)
    }

    /// Puts a file there that survives everything.
    pub fn put(&mut self, path: &[u8], bytes: &[u8]) {
        let number = self.files.len();
        self.files.push(File {
            data: bytes.to_vec(),
            durable: bytes.to_vec(),
            ..File::default()
        });
        self.names.insert(path.to_vec(), number);
        self.durable_names.insert(path.to_vec(), number);
    }

    fn fails(&mut self, once_in: u64) -> bool {
        once_in > 0 && self.random.once_in(once_in)
    }

    fn file(&mut self, path: &[u8]) -> Result<&mut File, FileError> {
        match self.names.get(path) {
            Some(number) => Ok(&mut self.files[*number]),
            None => Err(failure(FileFailure::NotFound, "No such file or directory")),
        }
    }

    fn directory(&self, path: &[u8]) -> Result<(), FileError> {
        let directory = parent(path);
        match directory == b"." || self.directories.iter().any(|known| known == directory) {
            true => Ok(()),
            false => Err(failure(FileFailure::NotFound, "No such file or directory")),
        }
    }

    fn make(&mut self, path: &[u8]) -> Result<Number, FileError> {
        self.directory(path)?;
        let number = self.files.len();
        self.files.push(File::default());
        self.names.insert(path.to_vec(), number);
        self.name_changes
            .push(NameChange::Link(path.to_vec(), number));
        Ok(number)
    }

    /// Runs one operation.
    ///
    /// # Errors
    /// What a disk says, with `at` 0.
    pub fn run(&mut self, op: &FileOp) -> Result<Option<Answer>, FileError> {
        let eio = || failure(FileFailure::Other, "Input/output error");
        let named = !matches!(op, FileOp::Append { .. } | FileOp::Sync { .. });
        let reads = matches!(
            op,
            FileOp::Read { .. } | FileOp::Size { .. } | FileOp::List { .. }
        );
        let faults = self.faults;
        if reads && self.fails(faults.read_eio) || named && !reads && self.fails(faults.name_eio) {
            return Err(eio());
        }
        match op {
            FileOp::MakeDir { path } => {
                if !self.directories.contains(path) {
                    self.directories.push(path.clone());
                }
            }
            FileOp::Create { path } => match self.names.get(path) {
                Some(_) => self.truncate(path, 0)?,
                None => drop(self.make(path)?),
            },
            FileOp::Append { path, bytes } => return self.append(path, bytes).map(|()| None),
            FileOp::Sync { path } => {
                if self.fails(faults.sync_eio) {
                    self.failed_syncs += 1;
                    self.fail_sync(path)?;
                    return Err(eio());
                }
                self.sync(path)?;
            }
            FileOp::Rename { from, to } => {
                self.directory(to)?;
                let Some(number) = self.names.remove(from) else {
                    return Err(failure(FileFailure::NotFound, "No such file or directory"));
                };
                self.names.insert(to.clone(), number);
                self.name_changes
                    .push(NameChange::Rename(from.clone(), to.clone(), number));
            }
            FileOp::Remove { path } => {
                if self.names.remove(path).is_some() {
                    self.name_changes.push(NameChange::Unlink(path.clone()));
                }
            }
            FileOp::Truncate { path, len } => self.truncate(path, *len as usize)?,
            FileOp::SyncDir { path } => self.sync_directory(path),
            FileOp::List { path } => {
                let inside = self
                    .names
                    .keys()
                    .filter(|name| parent(name) == path.as_slice());
                let names = inside.map(|name| match name.iter().rposition(|byte| *byte == b'/') {
                    Some(at) => name[at + 1..].to_vec(),
                    None => name.clone(),
                });
                return Ok(Some(Answer::Names(names.collect())));
            }
            FileOp::Size { path } => {
                let size = self.read(path).map(|data| data.len() as u64);
                return Ok(Some(Answer::Size(size)));
            }
            FileOp::Read { path, from, len } => {
                let data = &self.file(path)?.data;
                let from = (*from as usize).min(data.len());
                let to = (from + *len as usize).min(data.len());
                return Ok(Some(Answer::Bytes(data[from..to].to_vec())));
            }
        }
        Ok(None)
    }

    fn append(&mut self, path: &[u8], bytes: &[u8]) -> Result<(), FileError> {
        let faults = self.faults;
        let failed = if self.fails(faults.append_enospc) {
            Some(failure(FileFailure::NoSpace, "No space left on device"))
        } else if self.fails(faults.append_eio) {
            Some(failure(FileFailure::Other, "Input/output error"))
        } else {
            None
        };
        // A short write.
        let count = match failed {
            Some(_) => self.random.below(bytes.len() as u64 + 1) as usize,
            None => bytes.len(),
        };
        let number = match self.names.get(path) {
            Some(number) => *number,
            None => self.make(path)?,
        };
        let file = &mut self.files[number];
        file.data.extend_from_slice(&bytes[..count]);
        file.changes.push(Change::Appended);
        match failed {
            None => Ok(()),
            Some(error) => {
                self.failed_appends += 1;
                Err(error)
            }
        }
    }

    fn truncate(&mut self, path: &[u8], len: usize) -> Result<(), FileError> {
        let file = self.file(path)?;
        file.data.truncate(len);
        file.changes.push(Change::Truncated(len));
        file.lost.retain_mut(|(_, end)| {
            *end = (*end).min(len);
            true
        });
        Ok(())
    }

    fn sync(&mut self, path: &[u8]) -> Result<(), FileError> {
        let file = self.file(path)?;
        let mut platter = file.data.clone();
        for (start, end) in &file.lost {
            // What a failed sync lost is not written again.
            let end = (*end).min(platter.len());
            if *start < end {
                platter[*start..end].fill(0);
            }
        }
        file.durable = platter;
        file.changes.clear();
        Ok(())
    }

    /// Some of what was to be written is not, and will not be: the system takes it for written.
    fn fail_sync(&mut self, path: &[u8]) -> Result<(), FileError> {
        let sector = self.sector;
        let mut random = self.random.clone();
        let file = self.file(path)?;
        let mut at = file.durable.len().min(file.data.len());
        while at < file.data.len() {
            let end = ((at / sector + 1) * sector).min(file.data.len());
            if random.once_in(2) {
                file.lost.push((at, end));
            }
            at = end;
        }
        self.random = random;
        Ok(())
    }

    fn sync_directory(&mut self, path: &[u8]) {
        // A rename between two directories is one step: it is durable with either.
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.name_changes)
            .into_iter()
            .partition(|change| change.touches(path));
        for change in now {
            apply(&mut self.durable_names, &change);
        }
        self.name_changes = later;
        for directory in &self.directories {
            if parent(directory) == path && !self.durable_directories.contains(directory) {
                self.durable_directories.push(directory.clone());
            }
        }
    }

    /// The power goes: what a machine finds that is started now.
    #[must_use]
    pub fn crash(&self, random: &mut Random) -> Disk {
        let mut names = self.durable_names.clone();
        // Changes of names come to the platter in their order up to some moment, or each by itself.
        let journaled = random.once_in(2);
        let upto = random.below(self.name_changes.len() as u64 + 1) as usize;
        for (number, change) in self.name_changes.iter().enumerate() {
            if if journaled {
                number < upto
            } else {
                random.once_in(2)
            } {
                apply(&mut names, change);
            }
        }
        // A directory that was made is there or not; not only if nothing that is there is in it.
        let directories = self
            .directories
            .iter()
            .filter(|directory| {
                self.durable_directories.contains(directory)
                    || names
                        .keys()
                        .any(|name| parent(name) == directory.as_slice())
                    || random.once_in(2)
            })
            .cloned()
            .collect::<Vec<_>>();
        let mut disk = Disk::new(random.next(), self.sector);
        disk.durable_directories = directories.clone();
        disk.directories = directories;
        for (path, number) in names {
            let left = self.files[number].after_crash(self.sector, random);
            disk.put(&path, &left);
        }
        disk
    }
}

fn apply(names: &mut BTreeMap<Path, Number>, change: &NameChange) {
    match change {
        NameChange::Link(path, number) => drop(names.insert(path.clone(), *number)),
        NameChange::Unlink(path) => drop(names.remove(path)),
        NameChange::Rename(from, to, number) => {
            // That it was made under the old name may not have come to the platter.
            if names.get(from) == Some(number) {
                names.remove(from);
            }
            names.insert(to.clone(), *number);
        }
    }
}

impl File {
    fn after_crash(&self, sector: usize, random: &mut Random) -> Vec<u8> {
        // Where it was cut off, that has happened or not.
        let cut = self.changes.iter().find_map(|change| match change {
            Change::Truncated(len) => Some(*len),
            Change::Appended => None,
        });
        if let Some(len) = cut {
            if random.once_in(2) {
                return self.durable.clone();
            }
            let mut left = self.durable.clone();
            left.truncate(len);
            return left;
        }
        let sure = self.durable.len();
        if self.data.len() <= sure || random.once_in(4) {
            return self.durable.clone();
        }
        // The length may be any that it ever had, or the end of a sector.
        let mut len = sure + random.below((self.data.len() - sure) as u64 + 1) as usize;
        match random.below(4) {
            0 => len = self.data.len(),
            1 => len = (len / sector * sector).max(sure),
            _ => {}
        }
        let mut left = self.durable.clone();
        left.resize(len, 0);
        let all = random.once_in(2);
        let mut at = sure;
        while at < len {
            let end = ((at / sector + 1) * sector).min(len);
            let lost = self.lost.iter().any(|(from, to)| *from < end && at < *to);
            if !lost && (all || random.once_in(2)) {
                left[at..end].copy_from_slice(&self.data[at..end]);
            }
            at = end;
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> Vec<u8> {
        name.as_bytes().to_vec()
    }

    fn append(disk: &mut Disk, name: &str, bytes: &[u8]) -> Result<Option<Answer>, FileError> {
        disk.run(&FileOp::Append {
            path: path(name),
            bytes: bytes.to_vec(),
        })
    }

    fn sync(disk: &mut Disk, name: &str) {
        disk.run(&FileOp::Sync { path: path(name) }).unwrap();
        disk.run(&FileOp::SyncDir { path: path(".") }).unwrap();
    }

    /// What is found after each of many crashes.
    fn crashes(disk: &Disk, name: &str) -> Vec<Option<Vec<u8>>> {
        let mut random = Random::new(7);
        let mut after = || {
            disk.crash(&mut random)
                .read(name.as_bytes())
                .map(<[u8]>::to_vec)
        };
        (0..2000).map(|_| after()).collect()
    }

    #[test]
    fn what_was_synced_stays_and_what_was_not_comes_in_sectors() {
        let mut disk = Disk::new(1, 512);
        append(&mut disk, "a", &[1; 700]).unwrap();
        sync(&mut disk, "a");
        append(&mut disk, "a", &[2; 2000]).unwrap();
        let (mut holes, mut whole, mut short) = (false, false, false);
        for left in crashes(&disk, "a") {
            let left = left.expect("its name was synced");
            assert!(left.len() >= 700 && left[..700] == [1; 700]);
            let zero = left[700..].iter().position(|byte| *byte == 0);
            holes |= zero.is_some_and(|zero| left[700 + zero..].contains(&2));
            whole |= left[700..] == [2; 2000];
            short |= left.len() < 2700;
        }
        assert!(holes && whole && short);
    }

    #[test]
    fn names_that_were_not_synced_are_there_or_not() {
        let mut disk = Disk::new(1, 4096);
        append(&mut disk, "a", b"old").unwrap();
        sync(&mut disk, "a");
        append(&mut disk, "temp", b"new").unwrap();
        disk.run(&FileOp::Sync { path: path("temp") }).unwrap();
        let rename = FileOp::Rename {
            from: path("temp"),
            to: path("a"),
        };
        disk.run(&rename).unwrap();
        assert_eq!(disk.read(b"a"), Some(&b"new"[..]));
        let found = crashes(&disk, "a");
        let count = |bytes: &[u8]| {
            found
                .iter()
                .filter(|left| left.as_deref() == Some(bytes))
                .count()
        };
        assert!(count(b"old") > 100 && count(b"new") > 100);
        assert_eq!(
            count(b"old") + count(b"new"),
            found.len(),
            "never half done"
        );
        disk.run(&FileOp::SyncDir { path: path(".") }).unwrap();
        assert!(
            crashes(&disk, "a")
                .iter()
                .all(|left| left.as_deref() == Some(b"new"))
        );
    }

    #[test]
    fn a_failed_sync_loses_what_a_later_one_does_not_bring_back() {
        let mut disk = Disk::new(1, 512);
        disk.faults.sync_eio = 1;
        append(&mut disk, "a", &[3; 20_000]).unwrap();
        assert!(disk.run(&FileOp::Sync { path: path("a") }).is_err());
        disk.faults.sync_eio = 0;
        sync(&mut disk, "a");
        assert_eq!(
            disk.read(b"a"),
            Some(&[3; 20_000][..]),
            "it still reads well"
        );
        assert!(
            crashes(&disk, "a")
                .iter()
                .all(|left| left.as_ref().unwrap().contains(&0))
        );
    }

    #[test]
    fn a_failed_append_is_short() {
        let mut disk = Disk::new(1, 512);
        disk.faults.append_enospc = 1;
        let error = append(&mut disk, "a", &[4; 1000]).unwrap_err();
        assert_eq!(error.kind, FileFailure::NoSpace);
        assert!(disk.read(b"a").unwrap().len() <= 1000);
    }

    #[test]
    fn a_cut_happens_or_not() {
        let mut disk = Disk::new(1, 512);
        append(&mut disk, "a", &[5; 1000]).unwrap();
        sync(&mut disk, "a");
        let cut = FileOp::Truncate {
            path: path("a"),
            len: 10,
        };
        disk.run(&cut).unwrap();
        let lens: Vec<usize> = crashes(&disk, "a")
            .iter()
            .map(|left| left.as_ref().unwrap().len())
            .collect();
        assert!(lens.iter().all(|len| *len == 10 || *len == 1000));
        assert!(lens.contains(&10) && lens.contains(&1000));
    }
}
