//! All connections. Knows no command.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::boundary::{CloseReason, ConnId, Link, Now, Output, Peer};
use crate::conn::Conn;

/// Connections that a sweep looks at, however few there are.
const SWEEP_MIN: usize = 5;

/// The connections by their names. The one whose command runs is taken out for that time, so that its
/// handler can look at all others.
#[derive(Default)]
pub struct Clients {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Client ids, which grow in the order of connecting, with their slots. Closing one moves what is behind it: 16
    /// bytes for each that connected later.
    by_client_id: Vec<(u64, u32)>,
    last_client_id: u64,
    len: usize,
    /// Where the last sweep for idle connections ended.
    sweep: usize,
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
        self.by_client_id.push((self.last_client_id, index));
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
        if let Ok(at) = self.place_of(conn.client_id) {
            self.by_client_id.remove(at);
        }
        self.len -= 1;
        Some(conn)
    }

    /// Removes a connection at once, what waits for it included, and has the host close it. What it took part in
    /// is to be forgotten by the caller: `session::kill` does both.
    pub(crate) fn kill(
        &mut self,
        id: ConnId,
        why: CloseReason,
        outputs: &mut VecDeque<Output>,
    ) -> Option<Box<Conn>> {
        let conn = self.close(id)?;
        outputs.push_back(Output::Close {
            conn: id,
            link: conn.link,
            why,
        });
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

    fn place_of(&self, client_id: u64) -> Result<usize, usize> {
        self.by_client_id
            .binary_search_by_key(&client_id, |(id, _)| *id)
    }

    /// The connection with a client id, unless its command runs. O(log connections).
    pub fn find(&self, client_id: u64) -> Option<&Conn> {
        let (_, index) = self.by_client_id[self.place_of(client_id).ok()?];
        self.slots[index as usize].conn.as_deref()
    }

    /// All connections in the order in which they came, `running` in the place of the one whose command
    /// runs.
    pub fn in_order<'a>(&'a self, running: &'a Conn) -> impl Iterator<Item = &'a Conn> {
        self.by_client_id.iter().map(move |(_, index)| {
            self.slots[*index as usize]
                .conn
                .as_deref()
                .unwrap_or(running)
        })
    }

    /// Looks at some connections, going on where the last call ended, and gives the names of those that
    /// `verdict` wants closed. A tenth of all are looked at, but at most `most`.
    pub(crate) fn sweep(
        &mut self,
        most: usize,
        mut verdict: impl FnMut(&mut Conn) -> Option<CloseReason>,
    ) -> Vec<(ConnId, CloseReason)> {
        let look_at = (self.slots.len() / 10 + SWEEP_MIN)
            .min(most)
            .min(self.slots.len());
        let mut condemned = Vec::new();
        for _ in 0..look_at {
            self.sweep = (self.sweep + 1) % self.slots.len();
            if let Some(conn) = &mut self.slots[self.sweep].conn
                && let Some(why) = verdict(conn)
            {
                condemned.push((conn.id, why));
            }
        }
        condemned
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
