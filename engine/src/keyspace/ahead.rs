//! Fetching ahead: asks the processor for the memory that several requests will touch before the first of them
//! runs, so that their cache misses overlap instead of following each other. Changes nothing. Knows no command.

use super::db::Keyspace;
use crate::types::ObjectRef;

/// Keys whose memory is fetched together: as many lines as a core has under way at once, and some.
pub const AHEAD_MAX: usize = 16;

/// What a request will look for.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The database's number.
    pub database: usize,
    /// A key.
    pub key: &'a [u8],
    /// A collection is expected there.
    pub collection: bool,
    /// A member of it, or a field; empty for none.
    pub member: &'a [u8],
}

/// A key, or what is under it, on its way.
#[derive(Clone, Copy, Default)]
struct Underway<'a> {
    wanted: Wanted<'a>,
    hash: u64,
    object: Option<ObjectRef<'a>>,
}

impl Keyspace {
    /// Fetches for the first [`AHEAD_MAX`] of `all`: keys' buckets, then their entries, then collections from the outside
    /// to the inside, then members of large ones.
    #[inline]
    pub fn fetch_ahead<'a>(&'a self, all: impl Iterator<Item = Wanted<'a>>) {
        let mut list = [Underway::default(); AHEAD_MAX];
        let mut len = 0;
        let mut has_collections = false;
        for (wanted, slot) in all.zip(&mut list) {
            has_collections |= wanted.collection;
            slot.wanted = wanted;
            slot.hash = self.hasher().hash(wanted.key);
            if let Some(table) = self.table_of(wanted.database) {
                table.prefetch_bucket(slot.hash);
            }
            len += 1;
        }
        let list = &mut list[..len];
        for slot in &*list {
            if let Some(table) = self.table_of(slot.wanted.database) {
                table.prefetch_item(slot.hash);
            }
        }
        if has_collections {
            self.fetch_collections(list);
        }
    }

    fn fetch_collections<'a>(&'a self, list: &mut [Underway<'a>]) {
        for slot in &mut *list {
            let Wanted {
                database,
                key,
                collection,
                ..
            } = slot.wanted;
            if collection
                && let Some(table) = self.table_of(database)
                && let Some(position) = table.find(slot.hash, key)
            {
                slot.object = table.at(position).object();
            }
        }
        let objects = |slot: &Underway<'a>| slot.object;
        list.iter()
            .filter_map(objects)
            .for_each(ObjectRef::prefetch);
        for slot in &mut *list {
            let member = slot.wanted.member;
            if !member.is_empty()
                && let Some(object) = slot.object
            {
                slot.hash = self.hasher().hash(member);
                if !object.prefetch_bucket(slot.hash) {
                    slot.object = None;
                }
            } else {
                slot.object = None;
            }
        }
        for slot in &*list {
            if let Some(object) = slot.object {
                object.prefetch_item(slot.hash);
            }
        }
    }
}
