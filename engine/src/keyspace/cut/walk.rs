//! The walk itself: what a step writes.

use super::super::access::Access;
use super::super::db::Keyspace;
use super::super::entry::Entry;
use super::{CURSOR_SHIFT, Cut, Home, Over, Part, WAITING_MAX, Waiting, Walked, bare, info, write};
use crate::error::Error;
use crate::persist::rdb::Encoder;
use crate::types::{KeyHasher, ObjectRef, Table};

/// Elements that a part of a large collection has.
const PART_ELEMENTS: usize = 256;
/// Buckets by which keys are fetched into the cache before they are written.
const AHEAD: usize = 4;
/// A cursor behind all hashes.
const CURSOR_END: u64 = 1 << (u64::BITS - CURSOR_SHIFT);

impl Keyspace {
    /// Walks on: about `budget` keys, or elements of large collections. O(`budget`).
    pub fn walk_cut(&mut self, budget: usize) -> Walked {
        let Some(mut cut) = self.cut.take() else {
            return Walked::Done;
        };
        let walked = self.walk(&mut cut, budget);
        self.bury_over(&mut cut);
        self.cut = Some(cut);
        walked
    }

    fn walk(&self, cut: &mut Cut, budget: usize) -> Walked {
        let mut left = budget;
        loop {
            if cut.failed {
                return Walked::Failed;
            }
            if cut.done {
                return Walked::Done;
            }
            if cut.writer.waiting() >= WAITING_MAX {
                return Walked::Full;
            }
            if left == 0 {
                return Walked::More;
            }
            let used = self.walk_some(cut, left);
            left = left.saturating_sub(used.max(1));
        }
    }

    /// One step; says what it cost.
    fn walk_some(&self, cut: &mut Cut, budget: usize) -> usize {
        if let Some(part) = cut.part.take() {
            let elements = budget.min(PART_ELEMENTS);
            let written = self.write_part(cut, part, elements);
            cut.must(written);
            return elements;
        }
        if let Some(what) = cut.waiting.pop_front() {
            let written = self.write_waiting(cut, what);
            cut.must(written);
            return 1;
        }
        let Some(stage) = cut.stages.get(cut.stage) else {
            cut.done = true;
            return 1;
        };
        if !cut.begun {
            cut.begun = true;
            if stage.keys > 0 {
                let resized = cut.writer.resize(cut.stage, stage.keys, stage.timed);
                cut.must(resized);
            }
            return 1;
        }
        if cut.ending {
            cut.end_stage();
            return 1;
        }
        // The home is taken out so that the rest of the cut may change.
        let home = core::mem::replace(&mut cut.stages[cut.stage].home, Home::Live(usize::MAX));
        let met = match self.table_at(&home) {
            Some(table) => cut.walk_bucket(self.hasher(), &self.access, table),
            None => 1,
        };
        cut.stages[cut.stage].home = home;
        met
    }

    fn table_at<'a>(&'a self, home: &'a Home) -> Option<&'a Table<Entry>> {
        match home {
            Home::Live(number) => self.table_of(*number),
            Home::Held(table) => Some(table),
        }
    }

    /// The object of a key that is still in its place.
    fn object_at<'a>(&'a self, cut: &'a Cut, stage: usize, key: &[u8]) -> Option<ObjectRef<'a>> {
        let table = self.table_at(&cut.stages.get(stage)?.home)?;
        let position = table.find(self.hasher().hash(key), key)?;
        table.at(position).object()
    }

    fn write_waiting(&self, cut: &mut Cut, what: Waiting) -> Result<(), Error> {
        let (noting, access) = (cut.noting, &self.access);
        match &what {
            Waiting::Copy(stage, entry) => {
                let info = info(noting, access, *stage, entry);
                cut.keys += 1;
                return write(&mut cut.writer, info, self.hasher(), entry);
            }
            Waiting::Key(stage, entry) => {
                let Some(object) = self.object_at(cut, *stage, entry.key()) else {
                    return Ok(());
                };
                let kind = Encoder::kind(object);
                cut.writer.key(info(noting, access, *stage, entry), kind)?;
            }
            Waiting::Handed(handed) => {
                let info = info(noting, access, handed.stage, &handed.entry);
                cut.writer.key(info, Encoder::kind(handed.object.view()))?;
            }
        }
        cut.part = Some(Part {
            what,
            encoder: Encoder::default(),
        });
        Ok(())
    }

    fn write_part(&self, cut: &mut Cut, mut part: Part, budget: usize) -> Result<(), Error> {
        let home;
        let object = match &part.what {
            Waiting::Handed(handed) => Some(handed.object.view()),
            Waiting::Key(stage, entry) => {
                home = core::mem::replace(&mut cut.stages[*stage].home, Home::Live(usize::MAX));
                let hash = self.hasher().hash(entry.key());
                let table = self.table_at(&home);
                let found = table.and_then(|table| {
                    let position = table.find(hash, entry.key())?;
                    table.at(position).object()
                });
                let written = found.map(|object| {
                    let sink = cut.writer.sink();
                    part.encoder.step(object, self.hasher(), sink, budget)
                });
                cut.stages[*stage].home = home;
                return cut.parted(part, written.unwrap_or(Err(Error::OutOfMemory)));
            }
            Waiting::Copy(..) => None,
        };
        let written = object.map(|object| {
            let sink = cut.writer.sink();
            part.encoder.step(object, self.hasher(), sink, budget)
        });
        cut.parted(part, written.unwrap_or(Ok(true)))
    }
}

impl Cut {
    /// A part was written, and that may have been the last.
    fn parted(&mut self, part: Part, written: Result<bool, Error>) -> Result<(), Error> {
        if !written? {
            self.part = Some(part);
            return Ok(());
        }
        self.keys += 1;
        if let Waiting::Handed(handed) = part.what {
            self.over.push(Over::Object(handed.object));
        }
        Ok(())
    }

    /// Writes the keys of one bucket; says how many it met.
    fn walk_bucket(&mut self, hasher: &KeyHasher, access: &Access, table: &Table<Entry>) -> usize {
        let stage = self.stage;
        let (mut met, mut result) = (1, Ok(()));
        let Cut {
            writer,
            stages,
            waiting,
            keys,
            ..
        } = self;
        let (passed, noting) = (&stages[stage].passed, self.noting);
        table.prefetch_scan(self.cursor, AHEAD);
        let next = table.scan(hasher, self.cursor, |entry| {
            met += 1;
            let is_passed =
                !passed.is_empty() && passed.find(hasher.hash(entry.key()), entry.key()).is_some();
            if is_passed || result.is_err() {
                return;
            }
            result = if entry.is_large() {
                let room = waiting.try_reserve(1).map_err(Error::from);
                let label = room.and_then(|()| bare(entry));
                label.map(|label| waiting.push_back(Waiting::Key(stage, label)))
            } else {
                *keys += 1;
                write(writer, info(noting, access, stage, entry), hasher, entry)
            };
        });
        self.must(result);
        self.ending = next == 0;
        self.cursor = if self.ending { CURSOR_END } else { next };
        met
    }

    /// All of the stage is written.
    fn end_stage(&mut self) {
        if let Some(stage) = self.stages.get_mut(self.stage) {
            let passed = core::mem::take(&mut stage.passed);
            self.over.push(Over::Names(passed));
            if let Home::Held(table) = core::mem::replace(&mut stage.home, Home::Live(usize::MAX)) {
                self.over.push(Over::Table(table));
            }
        }
        self.stage += 1;
        (self.cursor, self.begun, self.ending) = (0, false, false);
    }
}
