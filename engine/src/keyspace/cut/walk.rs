//! The walk itself: what a step writes.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::access::Access;
use super::super::db::Keyspace;
use super::super::entry::Entry;
use super::{
    CURSOR_SHIFT, Content, Cut, Home, Large, Over, Stage, WAITING_MAX, Waiting, Walked,
    Whereabouts, bare, info, long_string,
};
use crate::error::Error;
use crate::types::{KeyHasher, Keyed, ObjectMut, Table};

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

    fn walk(&mut self, cut: &mut Cut, budget: usize) -> Walked {
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
    fn walk_some(&mut self, cut: &mut Cut, budget: usize) -> usize {
        if let Some(part) = cut.part.take() {
            let elements = budget.min(PART_ELEMENTS);
            let written = self.write_part(cut, part, elements);
            cut.must(written);
            return elements;
        }
        if let Some(what) = cut.waiting.pop_front() {
            cut.loose -= usize::from(what.is_loose());
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

    /// What waits to be written.
    fn content_of<'a>(&'a self, stages: &'a [Stage], large: &'a Large) -> Option<Content<'a>> {
        let (table, key) = match &large.at {
            Whereabouts::Home => (
                self.table_at(&stages.get(large.stage)?.home)?,
                large.label.key(),
            ),
            Whereabouts::At(database, name) => (self.table_of(*database)?, name.key()),
            Whereabouts::Here(object) => return Some(Content::Object(object.view())),
            Whereabouts::String(string) => return Some(Content::String(string)),
            Whereabouts::Moving => return None,
        };
        let position = table.find(self.hasher().hash(key), key)?;
        table.at(position).object().map(Content::Object)
    }

    /// A collection that waits to be written, to be changed.
    fn object_of_mut<'a>(
        &'a mut self,
        stages: &'a mut [Stage],
        large: &'a mut Large,
    ) -> Option<ObjectMut<'a>> {
        let Large {
            label, stage, at, ..
        } = large;
        let (table, key, hash) = match at {
            Whereabouts::Home => {
                let hash = self.hasher().hash(label.key());
                let table = match &mut stages.get_mut(*stage)?.home {
                    Home::Live(number) => self.table_of_mut(*number)?,
                    Home::Held(table) => table,
                };
                (table, label.key(), hash)
            }
            Whereabouts::At(database, name) => {
                let hash = self.hasher().hash(name.key());
                (self.table_of_mut(*database)?, name.key(), hash)
            }
            Whereabouts::Here(object) => return Some(object.view_mut()),
            Whereabouts::Moving | Whereabouts::String(_) => return None,
        };
        let position = table.find(hash, key)?;
        table.at_mut(position).object_mut()
    }

    /// A collection has no more to keep.
    pub(super) fn release(
        &mut self,
        stages: &mut [Stage],
        large: &mut Large,
        over: &mut Vec<Over>,
    ) {
        if let Some(object) = self.object_of_mut(stages, large)
            && let Some(rest) = object.release()
        {
            over.push(Over::Object(rest));
        }
    }

    fn write_waiting(&self, cut: &mut Cut, what: Waiting) -> Result<(), Error> {
        let (noting, access) = (cut.noting, &self.access);
        match &what {
            Waiting::Copy(stage, entry) => {
                let info = info(noting, access, *stage, entry);
                cut.keys += 1;
                return cut.writer.key(info, entry, self.hasher());
            }
            Waiting::Large(large) => {
                let content = self
                    .content_of(&cut.stages, large)
                    .ok_or(Error::OutOfMemory)?;
                let info = info(noting, access, large.stage, &large.label);
                cut.writer.begin(info, content)?;
            }
        }
        cut.part = Some(what);
        Ok(())
    }

    fn write_part(&mut self, cut: &mut Cut, part: Waiting, budget: usize) -> Result<(), Error> {
        let Waiting::Large(mut large) = part else {
            return Ok(());
        };
        let content = self.content_of(&cut.stages, &large);
        let content = content.ok_or(Error::OutOfMemory)?;
        let is_kept = match content {
            Content::Object(object) if object.is_lost() => return Err(Error::OutOfMemory),
            Content::Object(object) => object.is_kept(),
            Content::String(_) => false,
        };
        let all = cut.writer.part(content, self.hasher(), budget)?;
        if !all {
            if is_kept && let Some(object) = self.object_of_mut(&mut cut.stages, &mut large) {
                object.walked(cut.writer.walked());
            }
            cut.part = Some(Waiting::Large(large));
            return Ok(());
        }
        cut.keys += 1;
        self.release(&mut cut.stages, &mut large, &mut cut.over);
        if let Whereabouts::Here(object) = large.at {
            cut.over.push(Over::Object(object));
        }
        Ok(())
    }
}

impl Cut {
    /// Writes the keys of one bucket; says how many it met.
    fn walk_bucket(&mut self, hasher: &KeyHasher, access: &Access, table: &Table<Entry>) -> usize {
        let stage = self.stage;
        let (mut met, mut result) = (1, Ok(()));
        let Cut {
            writer,
            stages,
            waiting,
            loose,
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
            let string = long_string(entry);
            result = if entry.is_large() || string.is_some() {
                let room = waiting.try_reserve(1).map_err(Error::from);
                let label = room.and_then(|()| bare(entry));
                label.map(|label| {
                    let at = string.map_or(Whereabouts::Home, Whereabouts::String);
                    let large = Large {
                        label,
                        stage,
                        at,
                        is_kept: false,
                    };
                    let what = Waiting::Large(Box::new(large));
                    *loose += usize::from(what.is_loose());
                    waiting.push_back(what);
                })
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
