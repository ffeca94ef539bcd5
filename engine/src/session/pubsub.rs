//! Who listens to which channels, and the way of a message to them. Knows no command.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::deliver::Delivery;
use super::ids::Ids;
use crate::boundary::Now;
use crate::clients::Clients;
use crate::conn::Conn;
use crate::error::Error;
use crate::glob;
use crate::resp::{Chunks, Protocol, Reply};
use crate::server::Server;
use crate::types::ordered::Ordered;

/// What can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A channel by its name.
    Channel,
    /// All channels that match a pattern.
    Pattern,
    /// A shard channel by its name.
    Shard,
}

/// What one connection listens to.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    names: [Vec<Arc<[u8]>>; 3],
}

impl Subscriptions {
    /// The names of one kind, in order.
    pub(crate) fn of(&self, kind: Kind) -> &[Arc<[u8]>] {
        &self.names[kind as usize]
    }

    /// Channels and patterns together, or shard channels: what the confirmations count.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Shard => self.of(Kind::Shard).len(),
            _ => self.of(Kind::Channel).len() + self.of(Kind::Pattern).len(),
        }
    }

    fn is_empty(&self) -> bool {
        self.names.iter().all(Vec::is_empty)
    }
}

type Names = Ordered<Arc<[u8]>, Ids>;

/// All subscriptions by name.
#[derive(Debug, Default)]
pub(crate) struct Pubsub {
    names: [Names; 3],
}

impl Pubsub {
    /// The names of one kind that somebody listens to, and who does.
    pub(crate) fn of(&self, kind: Kind) -> &Names {
        &self.names[kind as usize]
    }

    /// How many listen to a name.
    pub(crate) fn listeners(&self, kind: Kind, name: &[u8]) -> usize {
        self.of(kind).get(name).map_or(0, Ids::len)
    }

    /// Nobody would hear anything.
    #[inline]
    pub(crate) fn is_silent(&self) -> bool {
        self.of(Kind::Channel).is_empty() && self.of(Kind::Pattern).is_empty()
    }

    /// Subscribes a connection; once more is no more. O(log names).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing has changed then.
    pub(crate) fn add(&mut self, conn: &mut Conn, kind: Kind, name: &[u8]) -> Result<(), Error> {
        let names = &mut self.names[kind as usize];
        let place = names.find(name);
        let name = match place.and_then(|place| names.at(place)) {
            Some((name, _)) => Arc::clone(name),
            None => shared(name)?,
        };
        let own = conn.subscriptions.get_or_insert_default();
        let own_names = &mut own.names[kind as usize];
        let Err(at) = own_names.binary_search(&name) else {
            return Ok(());
        };
        let room = own_names.try_reserve(1).map_err(Error::from);
        match room.and_then(|()| names.get_or_default(Arc::clone(&name))) {
            Ok(listeners) => {
                listeners.insert(conn.id);
                own_names.insert(at, name);
                Ok(())
            }
            Err(error) => {
                if own.is_empty() {
                    conn.subscriptions = None;
                }
                Err(error)
            }
        }
    }

    /// Ends a subscription, if there is one.
    pub(crate) fn remove(&mut self, conn: &mut Conn, kind: Kind, name: &[u8]) {
        let Some(own) = &mut conn.subscriptions else {
            return;
        };
        let own_names = &mut own.names[kind as usize];
        if let Ok(at) = own_names.binary_search_by(|known| (**known).cmp(name)) {
            own_names.remove(at);
        }
        if own.is_empty() {
            conn.subscriptions = None;
        }
        let names = &mut self.names[kind as usize];
        if let Some(listeners) = names.get_mut(name) {
            listeners.remove(conn.id);
            if listeners.is_empty() {
                names.remove(name);
            }
        }
    }

    /// Ends all of a connection's subscriptions.
    pub(crate) fn clear(&mut self, conn: &mut Conn) {
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            let names = conn.subscriptions.as_ref().map(|own| own.of(kind).to_vec());
            for name in names.into_iter().flatten() {
                self.remove(conn, kind, &name);
            }
        }
    }
}

/// A copy that several places share.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(crate) fn shared(bytes: &[u8]) -> Result<Arc<[u8]>, Error> {
    // The allocator is asked before: `Arc` itself cannot fail politely.
    let mut probe: Vec<u8> = Vec::new();
    probe.try_reserve_exact(bytes.len() + size_of::<[usize; 2]>())?;
    drop(probe);
    Ok(Arc::from(bytes))
}

/// One message, written once for each protocol that somebody needs.
struct Message<'a> {
    parts: &'a [&'a [u8]],
    written: [Option<Chunks>; 2],
}

impl<'a> Message<'a> {
    fn new(parts: &'a [&'a [u8]]) -> Self {
        Message {
            parts,
            written: [None, None],
        }
    }

    fn write_to(&mut self, out: &mut Chunks, protocol: Protocol) {
        let slot = &mut self.written[usize::from(protocol == Protocol::Resp3)];
        let parts = self.parts;
        let written = slot.get_or_insert_with(|| {
            let mut bytes = Chunks::new();
            let mut reply = Reply::new(&mut bytes, protocol);
            reply.push(parts.len());
            parts.iter().for_each(|part| reply.bulk(part));
            bytes
        });
        for piece in written.pieces(0) {
            out.push(piece);
        }
    }
}

/// Delivers a message to all who listen, `running` being the connection whose command runs. Gives how many
/// times it was delivered. O(listeners + patterns).
pub(crate) fn publish(
    now: Now,
    clients: &mut Clients,
    server: &mut Server,
    running: Option<&mut Conn>,
    shard: bool,
    channel: &[u8],
    text: &[u8],
) -> usize {
    let mut count = 0;
    let pubsub = core::mem::take(&mut server.session.pubsub);
    let mut delivery = Delivery::new(now, clients, server, running);
    let mut deliver = |listeners: &Ids, parts: &[&[u8]]| {
        let mut message = Message::new(parts);
        for id in listeners.as_slice() {
            delivery.to(*id, |out, protocol| message.write_to(out, protocol));
        }
        count += listeners.len();
    };
    let (kind, word): (_, &[u8]) = if shard {
        (Kind::Shard, b"smessage")
    } else {
        (Kind::Channel, b"message")
    };
    if let Some(listeners) = pubsub.of(kind).get(channel) {
        deliver(listeners, &[word, channel, text]);
    }
    if !shard {
        for (pattern, listeners) in pubsub.of(Kind::Pattern).iter() {
            if glob::matches(pattern, channel, false) {
                deliver(listeners, &[b"pmessage", pattern, channel, text]);
            }
        }
    }
    delivery.end_of(pubsub);
    count
}
