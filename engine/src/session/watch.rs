//! WATCH: which connections' transactions depend on which keys. Knows no command and no value.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ids::Ids;
use crate::boundary::ConnId;
use crate::conn::Conn;
use crate::error::Error;
use crate::types::ordered::Ordered;

/// A key with its database.
pub(crate) type Watched = (usize, Arc<[u8]>);

/// Watched keys by database, and the connections for which one of theirs has changed.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    databases: Vec<Ordered<Arc<[u8]>, Ids>>,
    keys: usize,
    dirty: Ids,
    clients: usize,
}

impl Watches {
    /// Nobody watches a key.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// Connections that watch keys.
    pub(crate) fn clients_len(&self) -> usize {
        self.clients
    }

    /// Watched keys, each counted once.
    pub(crate) fn keys_len(&self) -> usize {
        self.databases.iter().map(Ordered::len).sum()
    }

    /// Makes `conn` watch a key. Once more is no more. O(keys it watches + log of all).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the key is not watched then.
    pub(crate) fn add(
        &mut self,
        conn: &mut Conn,
        database: usize,
        key: &[u8],
    ) -> Result<(), Error> {
        if self.databases.len() <= database {
            self.databases.resize_with(database + 1, Ordered::new);
        }
        let watched = &mut self.databases[database];
        let place = watched.find(key);
        let name: Arc<[u8]> = match place.and_then(|place| watched.at(place)) {
            Some((_, watchers)) if watchers.contains(conn.id) => return Ok(()),
            Some((name, _)) => Arc::clone(name),
            None => super::pubsub::shared(key)?,
        };
        conn.watched.try_reserve(1)?;
        watched.get_or_default(Arc::clone(&name))?.insert(conn.id);
        self.clients += usize::from(conn.watched.is_empty());
        conn.watched.push((database, name));
        self.keys += 1;
        Ok(())
    }

    /// Forgets what `conn` watches, and that something of it changed.
    pub(crate) fn clear(&mut self, conn: &mut Conn) {
        if conn.watched.is_empty() {
            return;
        }
        self.clients -= 1;
        for (database, key) in core::mem::take(&mut conn.watched) {
            let watched = &mut self.databases[database];
            let Some(watchers) = watched.get_mut(&*key) else {
                continue;
            };
            watchers.remove(conn.id);
            if watchers.is_empty() {
                watched.remove(&*key);
            }
            self.keys -= 1;
        }
        self.dirty.remove(conn.id);
    }

    /// A key changed.
    pub(crate) fn touch(&mut self, database: usize, key: &[u8]) {
        if let Some(watchers) = self.databases.get(database).and_then(|keys| keys.get(key)) {
            for id in watchers.as_slice() {
                self.dirty.insert(*id);
            }
        }
    }

    /// The watched keys of a database.
    pub(crate) fn keys_of(&self, database: usize) -> impl Iterator<Item = &Arc<[u8]>> {
        self.databases
            .get(database)
            .into_iter()
            .flat_map(|keys| keys.iter().map(|(key, _)| key))
    }

    /// A key that the connection watches has changed.
    pub(crate) fn is_dirty(&self, id: ConnId) -> bool {
        self.dirty.contains(id)
    }
}
