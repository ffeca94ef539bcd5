//! Fetching ahead: asks the processor for the memory that several requests will touch before the first of them
//! runs, so that their cache misses overlap instead of following each other. Changes nothing. Knows no command.

use super::db::Keyspace;
use super::entry::Entry;
use crate::types::Object;

/// Keys whose memory is fetched together: as many lines as a core has under way at once, and some.
pub const AHEAD_MAX: usize = 16;

/// What a request will look for.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The database's number.
    pub database: usize,
    /// A key.
    pub key: &'a [u8],
    /// A member of the collection there, or a field; empty for none.
    pub member: &'a [u8],
}

/// A key, or a member, on its way.
#[derive(Clone, Copy, Default)]
struct Underway<'a> {
    wanted: Wanted<'a>,
    hash: u64,
    object: Option<&'a Object>,
}

impl Keyspace {
    /// Fetches for the first [`AHEAD_MAX`] of `all`: keys' buckets, then their entries, then the same for the members
    /// of large collections.
    #[inline]
    pub fn fetch_ahead<'a>(&'a self, all: impl Iterator<Item = Wanted<'a>>) {
        let mut list = [Underway::default(); AHEAD_MAX];
        let mut len = 0;
        let mut has_members = false;
        for (wanted, slot) in all.zip(&mut list) {
            has_members |= !wanted.member.is_empty();
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
        if has_members {
            self.fetch_members(list);
        }
    }

    fn fetch_members<'a>(&'a self, list: &mut [Underway<'a>]) {
        for slot in &mut *list {
            let Wanted {
                database,
                key,
                member,
            } = slot.wanted;
            if member.is_empty() {
                continue;
            }
            let table = self.table_of(database);
            let entry = table.and_then(|table| Some(table.at(table.find(slot.hash, key)?)));
            slot.hash = self.hasher().hash(member);
            slot.object = entry
                .and_then(Entry::object)
                .filter(|object| object.prefetch_bucket(slot.hash));
        }
        for slot in &*list {
            if let Some(object) = slot.object {
                object.prefetch_item(slot.hash);
            }
        }
    }
}
