//! Records of an append-only file, run one after another as they come.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::load::shown;
use crate::boundary::{ConnId, Now, Peer};
use crate::command::{self, World};
use crate::conn::Conn;
use crate::persist::aof::{Fault, FaultKind, Item, Limits, Scanner};
use crate::resp::Chunks;

/// Runs a file's records.
pub(super) struct Replay {
    scanner: Scanner,
    conn: Box<Conn>,
    /// Replies, which nobody reads.
    out: Chunks,
    /// What it stopped at: further bytes are not looked at.
    fault: Option<Fault>,
}

/// How a file that was read ends.
pub(super) enum End {
    /// As it should.
    Whole,
    /// Too early, behind so many good bytes.
    Truncated(u64),
    /// With something else behind its good bytes.
    Corrupt(Fault),
}

impl Replay {
    /// From byte `offset` of a file on.
    pub(super) fn new(now: Now, offset: u64) -> Replay {
        let nobody = ConnId {
            index: u32::MAX,
            generation: u32::MAX,
        };
        Replay {
            scanner: Scanner::new(offset, Limits::default()),
            conn: Box::new(Conn::new(nobody, 0, 0, Peer::default(), now)),
            out: Chunks::new(),
            fault: None,
        }
    }

    /// Takes the file's next bytes and runs what is complete. O(bytes).
    ///
    /// # Errors
    /// Words for the log: what is there is no sound file.
    pub(super) fn push(
        &mut self,
        now: Now,
        world: &mut World,
        bytes: &[u8],
        path: &[u8],
    ) -> Result<(), String> {
        if self.fault.is_some() {
            return Ok(());
        }
        self.scanner
            .push(bytes)
            .map_err(|_| String::from("out of memory"))?;
        self.fault = self.run(now, world, path)?;
        match &self.fault {
            Some(fault) if fault.kind != FaultKind::Corrupt => Err(bad(path, fault)),
            _ => Ok(()),
        }
    }

    /// No more bytes will come.
    ///
    /// # Errors
    /// As for [`Replay::push`].
    pub(super) fn finish(
        &mut self,
        now: Now,
        world: &mut World,
        path: &[u8],
    ) -> Result<End, String> {
        self.scanner.end();
        if self.fault.is_none() {
            self.fault = self.run(now, world, path)?;
        }
        match self.fault {
            None => Ok(End::Whole),
            Some(fault) => match fault.kind {
                FaultKind::Truncated => Ok(End::Truncated(fault.valid)),
                FaultKind::Corrupt => Ok(End::Corrupt(fault)),
                FaultKind::OutOfMemory => Err(bad(path, &fault)),
            },
        }
    }

    fn run(&mut self, now: Now, world: &mut World, path: &[u8]) -> Result<Option<Fault>, String> {
        loop {
            match self.scanner.next() {
                Err(fault) => return Ok(Some(fault)),
                Ok(None) => return Ok(None),
                Ok(Some(Item::Record(record))) => {
                    let args = record.args;
                    let ran = command::replay(now, args, &mut self.conn, world, &mut self.out);
                    self.out.clear();
                    ran.map_err(|error| {
                        let name = String::from_utf8_lossy(args.at(0));
                        let (path, text) = (shown(path), shown(world.server.told.text(error)));
                        format!(
                            "Unknown command '{name}' reading the append only file {path} at offset {}: {text}",
                            record.offset
                        )
                    })?;
                }
                Ok(Some(Item::Timestamp { .. } | Item::Annotation(_))) => {}
            }
        }
    }
}

/// Words for the log.
pub(super) fn bad(path: &[u8], fault: &Fault) -> String {
    format!(
        "Bad file format reading the append only file {}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest> ({} at offset {})",
        shown(path),
        fault.what,
        fault.offset
    )
}
