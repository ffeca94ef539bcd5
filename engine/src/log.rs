//! The effect log: what changed, as commands that always change the same, addressed by offset. It feeds
//! whatever keeps or follows the data; knows none of them.

use alloc::vec::Vec;

use crate::number::write_i64;
use crate::resp::Args;

/// Bytes around an argument, at most: its length's line and the end of its own.
const LINE_MAX: usize = 26;
/// Bytes around a record, at most: SELECT, MULTI, EXEC and its first line.
const AROUND_MAX: usize = 160;

/// The log's bytes that hosts have not stored yet.
#[derive(Debug, Default)]
pub struct Log {
    /// Somebody consumes it, and nothing is loaded.
    kept: bool,
    for_host: bool,
    for_file: bool,
    muted: bool,
    bytes: Vec<u8>,
    /// The offset of `bytes[0]`.
    start: u64,
    /// Up to here hosts were asked to append.
    announced: u64,
    database: Option<usize>,
    block: Block,
    /// Where the open block begins.
    block_start: u64,
    /// Up to here the host, and the file, have it.
    host_has: u64,
    file_has: u64,
    /// Replies wait until what they tell of is durable.
    awaited: bool,
    /// A command changed something since the last [`Log::take_promise`].
    promised: bool,
    promised_upto: u64,
    promises: u64,
    /// There was no memory for a record: those behind it are not kept either.
    broken: bool,
}

/// Records that hold together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Block {
    #[default]
    None,
    /// Begun, and nothing is in it yet.
    Empty,
    /// One record is in it, which begins here: MULTI gets its place before it if there is a second one.
    One(u64),
    /// MULTI is written.
    Open,
}

const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";

impl Log {
    /// Whether anything consumes the log. Where nothing does, no record is built.
    #[inline]
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// Starts or stops keeping records for the host.
    pub fn keep(&mut self, on: bool) {
        (self.for_host, self.host_has) = (on, self.end());
        self.announced = self.end();
        self.update();
    }

    /// Starts or stops keeping records for the append-only file.
    pub fn keep_for_file(&mut self, on: bool) {
        (self.for_file, self.file_has) = (on, self.end());
        self.update();
    }

    /// Nothing is recorded while data is loaded.
    pub fn mute(&mut self, on: bool) {
        self.muted = on;
        self.update();
    }

    /// Data is loaded: what runs is no change.
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    fn update(&mut self) {
        self.kept = (self.for_host || self.for_file) && !self.muted;
        if !self.kept && self.block != Block::None {
            // What it had is forgotten.
            self.block = Block::Empty;
        }
        self.trim();
    }

    /// The next record says which database it works on.
    pub fn forget_database(&mut self) {
        self.database = None;
    }

    /// The offset behind the last record that is not part of an open block.
    pub fn sealed(&self) -> u64 {
        match self.block {
            Block::One(_) | Block::Open => self.block_start,
            _ => self.end(),
        }
    }

    /// The offset behind the last record.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Whether replies wait for the log, as under `appendfsync always`.
    pub fn set_awaited(&mut self, on: bool) {
        self.awaited = on;
        self.promised &= on;
    }

    /// The command that runs changed something, and its reply promises that this lasts.
    #[inline]
    pub fn promise(&mut self) {
        self.promised = self.awaited;
    }

    /// A reply waits until the log is durable so far.
    pub fn promised_upto(&self) -> u64 {
        self.promised_upto
    }

    /// Whether there was a promise since the last call.
    #[inline]
    pub fn take_promise(&mut self) -> bool {
        if !self.promised {
            return false;
        }
        self.promised = false;
        if self.end() <= self.file_has {
            // It has left no record.
            return false;
        }
        self.promised_upto = self.end();
        self.promises += 1;
        true
    }

    /// Replies that were told to wait, since the start.
    pub fn promises(&self) -> u64 {
        self.promises
    }

    /// Records from here on hold together: MULTI stands before the first of them, if there are several.
    pub fn begin_block(&mut self) {
        self.block = Block::Empty;
    }

    /// Ends what [`Log::begin_block`] began: EXEC stands behind the last record, if there are several.
    pub fn end_block(&mut self) {
        if core::mem::take(&mut self.block) == Block::Open {
            self.array(1);
            self.bulk(b"EXEC");
        }
    }

    /// Appends a record that works on `database`. Without memory for it the log is broken.
    pub fn append(&mut self, database: usize, args: Args<'_>) {
        // Once for all of it.
        let len: usize = args.iter().map(|arg| arg.len() + LINE_MAX).sum();
        if self.broken || self.bytes.try_reserve(len + AROUND_MAX).is_err() {
            self.broken = true;
            return;
        }
        if let Block::One(first) = self.block {
            self.block = Block::Open;
            let at = (first - self.start) as usize;
            self.bytes.splice(at..at, MULTI.iter().copied());
        }
        let before = self.end();
        if self.database != Some(database) {
            self.database = Some(database);
            let mut digits = [0; 20];
            let digits = write_i64(database as i64, &mut digits);
            self.array(2);
            self.bulk(b"SELECT");
            self.bulk(digits);
        }
        if self.block == Block::Empty {
            self.block_start = before;
            self.block = Block::One(self.end());
        }
        self.array(args.len());
        args.iter().for_each(|arg| self.bulk(arg));
    }

    /// Records are missing from here on.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// What is missing is kept elsewhere: records are taken again.
    pub fn mend(&mut self) {
        self.broken = false;
    }

    /// What was appended since the last call, as offsets, or nothing.
    pub fn announce(&mut self) -> Option<(u64, u64)> {
        if !self.for_host {
            return None;
        }
        let (from, to) = (self.announced, self.sealed());
        self.announced = to;
        (from < to).then_some((from, to))
    }

    /// The bytes `from..to`, or nothing where they are no longer or not yet here.
    pub fn bytes(&self, from: u64, to: u64) -> Option<&[u8]> {
        let from = usize::try_from(from.checked_sub(self.start)?).ok()?;
        let to = usize::try_from(to.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..to)
    }

    /// The host needs the bytes before `upto` no more.
    pub fn release(&mut self, upto: u64) {
        self.host_has = upto;
        self.trim();
    }

    /// The file needs the bytes before `upto` no more.
    pub fn release_for_file(&mut self, upto: u64) {
        self.file_has = upto;
        self.trim();
    }

    /// Forgets what nobody needs.
    fn trim(&mut self) {
        let mut upto = self.end();
        if self.for_host {
            upto = upto.min(self.host_has);
        }
        if self.for_file {
            upto = upto.min(self.file_has);
        }
        let count = upto.saturating_sub(self.start);
        self.bytes.drain(..count as usize);
        self.start += count;
    }

    fn array(&mut self, len: usize) {
        self.line(b'*', len);
    }

    fn bulk(&mut self, bytes: &[u8]) {
        self.line(b'$', bytes.len());
        self.bytes.extend_from_slice(bytes);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn line(&mut self, kind: u8, len: usize) {
        // Most are short, and this runs for every argument of every write.
        let digit = |value: usize| b'0' + (value % 10) as u8;
        if len < 10 {
            let line = [kind, digit(len), b'\r', b'\n'];
            return self.bytes.extend_from_slice(&line);
        }
        if len < 100 {
            let line = [kind, digit(len / 10), digit(len), b'\r', b'\n'];
            return self.bytes.extend_from_slice(&line);
        }
        self.bytes.push(kind);
        self.bytes
            .extend_from_slice(write_i64(len as i64, &mut [0; 20]));
        self.bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::ArgBuf;
    use alloc::string::String;

    #[test]
    fn records_select_their_database_once() {
        let mut record = ArgBuf::new();
        record.push(b"DEL");
        record.push(b"k");
        let mut log = Log::default();
        log.keep(true);
        log.append(3, record.args());
        log.append(3, record.args());
        let text = b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n";
        assert_eq!(log.announce(), Some((0, text.len() as u64)));
        assert_eq!(log.announce(), None);
        assert_eq!(log.bytes(0, log.end()), Some(&text[..]));
        log.release(23);
        assert_eq!(log.bytes(0, 5), None);
        assert_eq!(log.bytes(23, 27), Some(&b"*2\r\n"[..]));
    }

    /// As redis-server writes them: the first database is selected before MULTI, which a single record needs not.
    #[test]
    fn records_that_hold_together() {
        let mut record = ArgBuf::new();
        record.push(b"A");
        let mut log = Log::default();
        log.keep(true);
        log.append(0, record.args());
        let before = log.announce().unwrap().1;
        log.release(before);
        for databases in [&[][..], &[3], &[4, 4, 5], &[5, 5]] {
            log.begin_block();
            let sealed = log.end();
            for database in databases {
                log.append(*database, record.args());
                assert_eq!((log.sealed(), log.announce()), (sealed, None));
            }
            log.end_block();
            let announced = (!databases.is_empty()).then_some((sealed, log.end()));
            assert_eq!((log.sealed(), log.announce()), (log.end(), announced));
        }
        let text = String::from_utf8(log.bytes(before, log.end()).unwrap().to_vec()).unwrap();
        let words: Vec<_> = text
            .split("\r\n")
            .filter(|line| !line.starts_with(['*', '$']))
            .collect();
        let expected = "SELECT 3 A SELECT 4 MULTI A A SELECT 5 A EXEC MULTI A A EXEC ";
        assert_eq!(words.join(" "), expected);
    }
}
