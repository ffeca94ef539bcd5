//! All connections. Knows no command.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::boundary::{ConnId, Link, Now, Peer};
use crate::conn::Conn;

/// The connections by their names. The one whose command runs is taken out for that time, so that its
/// handler can look at all others.
#[derive(Default)]
pub struct Clients {
    slots: Vec<Slot>,
    free: Vec<u32>,
    last_client_id: u64,
    len: usize,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    conn: Option<Box<Conn>>,
}

impl Clients {
    /// Open connections.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a connection and gives its name.
    pub fn open(&mut self, link: Link, peer: Peer, now: Now) -> &mut Conn {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[index as usize];
        let id = ConnId {
            index,
            generation: slot.generation,
        };
        self.last_client_id += 1;
        self.len += 1;
        slot.conn.insert(Box::new(Conn::new(
            id,
            self.last_client_id,
            link,
            peer,
            now,
        )))
    }

    /// Removes a connection, whose name is not used again.
    pub fn close(&mut self, id: ConnId) -> Option<Box<Conn>> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation != id.generation {
            return None;
        }
        let conn = slot.conn.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.index);
        self.len -= 1;
        Some(conn)
    }

    /// Takes a connection out while its command runs.
    #[inline]
    pub(crate) fn take(&mut self, id: ConnId) -> Option<Box<Conn>> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation == id.generation {
            slot.conn.take()
        } else {
            None
        }
    }

    /// Puts it back.
    #[inline]
    pub(crate) fn put_back(&mut self, conn: Box<Conn>) {
        let index = conn.id.index as usize;
        self.slots[index].conn = Some(conn);
    }

    /// A connection, unless its command runs.
    #[inline]
    pub fn get(&self, id: ConnId) -> Option<&Conn> {
        let slot = self.slots.get(id.index as usize)?;
        if slot.generation == id.generation {
            slot.conn.as_deref()
        } else {
            None
        }
    }

    /// A connection, unless its command runs; to be changed.
    pub fn get_mut(&mut self, id: ConnId) -> Option<&mut Conn> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation == id.generation {
            slot.conn.as_deref_mut()
        } else {
            None
        }
    }

    /// All connections but the one whose command runs.
    pub fn iter(&self) -> impl Iterator<Item = &Conn> {
        self.slots.iter().filter_map(|slot| slot.conn.as_deref())
    }

    /// All connections but the one whose command runs, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Conn> {
        self.slots
            .iter_mut()
            .filter_map(|slot| slot.conn.as_deref_mut())
    }
}
