//! What the engine asks of files, and what comes back. Knows no format and no file system.
//!
//! An [`Output::Files`](super::Output::Files) is a list of operations that a host runs in order, where its lane says, and never
//! under a lock that commands wait for. [`Input::Filed`](super::Input::Filed) brings the list's answers, or its
//! first failure; what stands behind a failed operation was not tried. A simulated disk runs the same lists.
//!
//! # What holds of a disk
//!
//! - Lists of one lane run in the order in which they were asked for, one at a time. The lanes know nothing of each
//!   other: what has to come first is answered before the other is asked for.
//! - [`FileOp::Append`] puts bytes behind a file's end. After a failure the file may have any part of them, also of
//!   those that an earlier append put there since the last [`FileOp::Sync`]; after a crash, too.
//! - [`FileOp::Sync`] is answered once all bytes of that file, and its length, survive a crash. What was appended before a
//!   failed sync counts as lost, though a later sync may succeed.
//! - [`FileOp::Create`], [`FileOp::Rename`], [`FileOp::Remove`] and [`FileOp::MakeDir`] survive a crash once
//!   [`FileOp::SyncDir`] of the directory they are in was answered. Until then each may have happened or not. A rename
//!   over a file is never half done.
//!
//! # Names
//!
//! A path is bytes with `/` between its parts. One without a `/` in front starts from the host's working directory, which
//! `dir` names, at the moment the operation runs. A host may keep files open that it appends to, as long as a
//! rename or removal of the path ends that.

use alloc::string::String;
use alloc::vec::Vec;

/// Where a list is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// By the thread that was told, before it goes on: bytes that only the operating system gets. Reported before that
    /// thread sends replies or sleeps. Comes only where [`HostFacts::writes_at_once`] is set.
    ///
    /// [`HostFacts::writes_at_once`]: crate::observe::facts::HostFacts::writes_at_once
    Here,
    /// On a thread of its own, what commands wait for: the append-only file.
    Log,
    /// On another, what nobody waits for, or everybody: snapshots, rewrites, loading.
    Bulk,
}

/// One operation on a file or a directory.
#[derive(Clone, PartialEq, Eq)]
pub enum FileOp {
    /// Makes a directory. One that is there already is no failure.
    MakeDir {
        /// The directory.
        path: Vec<u8>,
    },
    /// Makes an empty file, or empties the one that is there.
    Create {
        /// The file.
        path: Vec<u8>,
    },
    /// Puts bytes behind the end of a file, which is made where it is not there.
    Append {
        /// The file.
        path: Vec<u8>,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Makes a file's content survive a crash.
    Sync {
        /// The file.
        path: Vec<u8>,
    },
    /// Gives a file another name, in the place of the one that has it.
    Rename {
        /// The file.
        from: Vec<u8>,
        /// Its new name.
        to: Vec<u8>,
    },
    /// Removes a file. One that is not there is no failure.
    Remove {
        /// The file.
        path: Vec<u8>,
    },
    /// Cuts a file off behind its first `len` bytes.
    Truncate {
        /// The file.
        path: Vec<u8>,
        /// Bytes that stay.
        len: u64,
    },
    /// Makes what was made, renamed and removed in a directory survive a crash. The working directory is `.`.
    SyncDir {
        /// The directory.
        path: Vec<u8>,
    },
    /// What a directory has. Gives [`Answer::Names`], empty where there is no such directory.
    List {
        /// The directory.
        path: Vec<u8>,
    },
    /// Bytes of a file. Gives [`Answer::Size`].
    Size {
        /// The file.
        path: Vec<u8>,
    },
    /// A piece of a file. Gives [`Answer::Bytes`]: fewer than `len` only at the file's end.
    Read {
        /// The file.
        path: Vec<u8>,
        /// Bytes before the piece.
        from: u64,
        /// Bytes of the piece.
        len: u32,
    },
}

/// What a reading operation gives. A list's answers are in the order of its reading operations; the others have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A piece of a file.
    Bytes(Vec<u8>),
    /// Bytes of a file; nothing where there is no such file.
    Size(Option<u64>),
    /// The names of the files in a directory, in any order, without their directory.
    Names(Vec<Vec<u8>>),
}

/// Why a list was not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The place of the failed operation in its list.
    pub at: usize,
    /// What kind of failure it is.
    pub kind: FileFailure,
    /// The host's words, as C's `strerror` has them.
    pub text: String,
}

/// Failures that make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFailure {
    /// There is no such file or directory.
    NotFound,
    /// The disk, or the store's quota, is full.
    NoSpace,
    /// Anything else.
    Other,
}

/// What became of a list.
pub type Filed = Result<Vec<Answer>, FileError>;

impl core::fmt::Debug for FileOp {
    /// Bytes that are written are only counted.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (name, path) = match self {
            FileOp::MakeDir { path } => ("MakeDir", path),
            FileOp::Create { path } => ("Create", path),
            FileOp::Append { path, .. } => ("Append", path),
            FileOp::Sync { path } => ("Sync", path),
            FileOp::Rename { from, .. } => ("Rename", from),
            FileOp::Remove { path } => ("Remove", path),
            FileOp::Truncate { path, .. } => ("Truncate", path),
            FileOp::SyncDir { path } => ("SyncDir", path),
            FileOp::List { path } => ("List", path),
            FileOp::Size { path } => ("Size", path),
            FileOp::Read { path, .. } => ("Read", path),
        };
        write!(f, "{name}({}", String::from_utf8_lossy(path))?;
        match self {
            FileOp::Append { bytes, .. } => write!(f, ", {} bytes)", bytes.len()),
            FileOp::Rename { to, .. } => write!(f, ", {})", String::from_utf8_lossy(to)),
            FileOp::Truncate { len, .. } => write!(f, ", {len})"),
            FileOp::Read { from, len, .. } => write!(f, ", {from}+{len})"),
            _ => f.write_str(")"),
        }
    }
}
