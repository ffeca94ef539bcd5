//! The walk itself: what a step writes.

use super::super::access::Access;
use super::super::db::Keyspace;
use super::super::entry::Entry;
use super::{CURSOR_SHIFT, Cut, Home, Over, Stage, WAITING_MAX, Waiting, Walked, bare, info};
use crate::error::Error;
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
                let resized = cut.writer.database(cut.stage, stage.keys, stage.timed);
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

    /// The collection of a key that is still in its place.
    fn object_at<'a>(
        &'a self,
        stages: &'a [Stage],
        stage: usize,
        key: &[u8],
    ) -> Option<ObjectRef<'a>> {
        let table = self.table_at(&stages.get(stage)?.home)?;
        let position = table.find(self.hasher().hash(key), key)?;
        table.at(position).object()
    }

    fn write_waiting(&self, cut: &mut Cut, what: Waiting) -> Result<(), Error> {
        let (noting, access) = (cut.noting, &self.access);
        match &what {
            Waiting::Copy(stage, entry) => {
                let info = info(noting, access, *stage, entry);
                cut.keys += 1;
                return cut.writer.key(info, entry, self.hasher());
            }
            Waiting::Key(stage, entry) => {
                let Some(object) = self.object_at(&cut.stages, *stage, entry.key()) else {
                    return Ok(());
                };
                cut.writer
                    .begin(info(noting, access, *stage, entry), object)?;
            }
            Waiting::Handed(handed) => {
                let info = info(noting, access, handed.stage, &handed.entry);
                cut.writer.begin(info, handed.object.view())?;
            }
        }
        cut.part = Some(what);
        Ok(())
    }

    fn write_part(&self, cut: &mut Cut, part: Waiting, budget: usize) -> Result<(), Error> {
        let written = match &part {
            Waiting::Handed(handed) => {
                let object = handed.object.view();
                cut.writer.part(object, self.hasher(), budget)
            }
            Waiting::Key(stage, entry) => match self.object_at(&cut.stages, *stage, entry.key()) {
                Some(object) => cut.writer.part(object, self.hasher(), budget),
                None => Err(Error::OutOfMemory),
            },
            Waiting::Copy(..) => Ok(true),
        };
        cut.parted(part, written)
    }
}

impl Cut {
    /// A part was written, and that may have been the last.
    fn parted(&mut self, part: Waiting, written: Result<bool, Error>) -> Result<(), Error> {
        if !written? {
            self.part = Some(part);
            return Ok(());
        }
        self.keys += 1;
        if let Waiting::Handed(handed) = part {
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
                writer.key(info(noting, access, stage, entry), entry, hasher)
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
