//! Client-side caching: which connection may have which key in its cache, and the notices when the key changes.
//! Keys are told apart by name alone, not by database. Knows no command.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::deliver::Delivery;
use super::ids::Ids;
use super::pubsub::shared;
use crate::boundary::ConnId;
use crate::command::{self, Command, Flags};
use crate::conn::Conn;
use crate::error::Error;
use crate::resp::{Args, Protocol, Reply};
use crate::server::Server;
use crate::types::ordered::{Ordered, Place};
use crate::types::sort::sort_by;

/// The channel on which RESP2 connections hear of it.
const CHANNEL: &[u8] = b"__redis__:invalidate";
/// Keys that one tick forgets at most when there are too many.
const EVICTED_MAX: usize = 1000;

/// A connection that wants to hear of the keys in its cache.
#[derive(Debug, Default)]
pub(crate) struct Tracking {
    /// BCAST: it hears of all keys with its prefixes, whether it has read them or not.
    pub(crate) broadcast: bool,
    /// OPTIN: only keys of commands that follow CLIENT CACHING YES.
    pub(crate) opt_in: bool,
    /// OPTOUT: all keys but those of commands that follow CLIENT CACHING NO.
    pub(crate) opt_out: bool,
    /// NOLOOP: it does not hear of its own changes.
    pub(crate) no_loop: bool,
    /// CLIENT CACHING was given for the next command.
    pub(crate) caching: bool,
    /// The client id of the connection that hears in its place, 0 for itself.
    pub(crate) redirect: u64,
    /// That one is gone.
    pub(crate) broken: bool,
    /// With BCAST.
    pub(crate) prefixes: Vec<Arc<[u8]>>,
}

/// Keys with one prefix, for those who want to hear of all of them.
#[derive(Debug)]
struct Prefix {
    name: Arc<[u8]>,
    listeners: Ids,
    /// Keys that changed, and by whom, until the next notice.
    changed: Vec<(Arc<[u8]>, Option<ConnId>)>,
}

/// Who tracks what.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    clients: Ids,
    keys: Ordered<Arc<[u8]>, Ids>,
    /// Pairs of a key and a connection.
    items: usize,
    /// In the order of their names, which is the order of the notices.
    prefixes: Vec<Prefix>,
    /// Some prefix has changed keys.
    pub(crate) due: bool,
    /// The key that was forgotten last because there were too many.
    evicted: Option<Arc<[u8]>>,
}

impl Tracked {
    /// Nobody tracks anything.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.keys.is_empty()
    }

    /// Connections that track.
    pub(crate) fn clients_len(&self) -> usize {
        self.clients.len()
    }

    /// Keys that somebody may have.
    pub(crate) fn keys_len(&self) -> usize {
        self.keys.len()
    }

    /// Pairs of a key and one who may have it.
    pub(crate) fn items_len(&self) -> usize {
        self.items
    }

    /// Prefixes that somebody listens to.
    pub(crate) fn prefixes_len(&self) -> usize {
        self.prefixes.len()
    }

    /// Makes a connection track, or track otherwise. Prefixes that it has already stay.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn start<'p>(
        &mut self,
        conn: &mut Conn,
        wanted: Tracking,
        prefixes: impl Iterator<Item = &'p [u8]>,
    ) -> Result<(), Error> {
        self.clients.insert(conn.id);
        let broadcast = wanted.broadcast;
        let before = conn.tracking.replace(Box::new(wanted));
        let kept = before.map_or_else(Vec::new, |before| before.prefixes);
        if !broadcast {
            return Ok(());
        }
        let Some(own) = &mut conn.tracking else {
            return Ok(());
        };
        own.prefixes = kept;
        for name in prefixes {
            if own.prefixes.iter().any(|known| **known == *name) {
                continue;
            }
            let place = self
                .prefixes
                .binary_search_by(|known| (*known.name).cmp(name));
            let at = match place {
                Ok(at) => at,
                Err(at) => {
                    let prefix = Prefix {
                        name: shared(name)?,
                        listeners: Ids::default(),
                        changed: Vec::new(),
                    };
                    self.prefixes.try_reserve(1)?;
                    self.prefixes.insert(at, prefix);
                    at
                }
            };
            let prefix = &mut self.prefixes[at];
            prefix.listeners.insert(conn.id);
            own.prefixes.try_reserve(1)?;
            own.prefixes.push(Arc::clone(&prefix.name));
        }
        Ok(())
    }

    /// Ends a connection's tracking. The keys that it may have are forgotten when they change.
    pub(crate) fn stop(&mut self, conn: &mut Conn) {
        if conn.tracking.take().is_none() {
            return;
        }
        self.clients.remove(conn.id);
        for prefix in &mut self.prefixes {
            prefix.listeners.remove(conn.id);
        }
        self.prefixes.retain(|prefix| !prefix.listeners.is_empty());
        if self.clients.is_empty() {
            self.forget_keys();
        }
    }

    fn forget_keys(&mut self) {
        self.keys = Ordered::new();
        self.items = 0;
        self.evicted = None;
    }

    /// Notes that a connection has read a key and may keep it.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn remember(&mut self, id: ConnId, key: &[u8]) -> Result<(), Error> {
        let readers = match self.keys.find(key) {
            Some(place) => self.keys.at_mut(place).ok_or(Error::OutOfMemory)?,
            None => self.keys.get_or_default(shared(key)?)?,
        };
        self.items += usize::from(readers.insert(id));
        Ok(())
    }

    /// Takes out who may have a key, and notes it for those who listen to a prefix.
    fn changed(&mut self, key: &[u8], by: Option<ConnId>) -> Ids {
        for prefix in &mut self.prefixes {
            if key.starts_with(&prefix.name)
                && prefix.changed.try_reserve(1).is_ok()
                && let Ok(name) = shared(key)
            {
                prefix.changed.push((name, by));
                self.due = true;
            }
        }
        let readers = self
            .keys
            .remove(key)
            .map_or_else(Ids::default, |(_, ids)| ids);
        self.items -= readers.len();
        readers
    }

    /// Takes out one of too many keys: the next behind the one that went last, so that all have their turn.
    fn evict(&mut self) -> Option<(Arc<[u8]>, Ids)> {
        let mut place = Place::default();
        if let Some(last) = &self.evicted {
            place = self.keys.lower_bound(last);
            if self.keys.at(place).is_some_and(|(key, _)| key == last) {
                place = self.keys.next(place);
            }
            if self.keys.at(place).is_none() {
                place = Place::default();
            }
        }
        let (key, readers) = self.keys.remove_at(place)?;
        self.items -= readers.len();
        self.evicted = Some(Arc::clone(&key));
        Some((key, readers))
    }
}

/// What a notice says.
#[derive(Clone, Copy)]
enum Notice<'a> {
    /// These keys changed.
    Keys(&'a [Arc<[u8]>]),
    /// This key changed.
    Key(&'a [u8]),
    /// All keys are gone.
    All,
}

impl Notice<'_> {
    fn write(self, reply: &mut Reply<'_>, protocol: Protocol) {
        match self {
            Notice::Keys(keys) => {
                reply.array(keys.len());
                keys.iter().for_each(|key| reply.bulk(key));
            }
            Notice::Key(key) => {
                reply.array(1);
                reply.bulk(key);
            }
            // In the protocol of the one that tracks, whoever hears of it.
            Notice::All => Reply::new(reply.out(), protocol).null(),
        }
    }
}

/// Tells a connection, or the one that hears in its place.
fn tell(delivery: &mut Delivery<'_>, id: ConnId, notice: Notice<'_>) {
    let Some(conn) = delivery.conn(id) else {
        return;
    };
    let (own, protocol) = (id, conn.protocol);
    let redirect = conn.tracking.as_ref().map_or(0, |own| own.redirect);
    let target = match redirect {
        0 => own,
        client_id => match delivery.by_client_id(client_id) {
            Some(target) => target,
            None => {
                broken(delivery, own, client_id);
                return;
            }
        },
    };
    let listens = delivery
        .conn(target)
        .is_some_and(|conn| conn.subscriptions.is_some());
    let speaks = delivery
        .conn(target)
        .is_some_and(|conn| conn.protocol == Protocol::Resp3);
    if speaks || (redirect != 0 && listens) {
        delivery.to(target, |out, spoken| {
            let mut reply = Reply::new(out, spoken);
            if spoken == Protocol::Resp3 {
                reply.push(2);
                reply.bulk(b"invalidate");
            } else {
                reply.push(3);
                reply.bulk(b"message");
                reply.bulk(CHANNEL);
            }
            notice.write(&mut reply, protocol);
        });
    }
}

/// The connection that was to hear of it is gone.
fn broken(delivery: &mut Delivery<'_>, id: ConnId, client_id: u64) {
    delivery.with(id, |conn| {
        if let Some(own) = &mut conn.tracking {
            own.broken = true;
        }
    });
    delivery.to(id, |out, protocol| {
        if protocol == Protocol::Resp3 {
            let mut reply = Reply::new(out, protocol);
            reply.push(2);
            reply.bulk(b"tracking-redir-broken");
            reply.int(client_id as i64);
        }
    });
}

/// A key changed: those who may have it are told at once, those who listen to a prefix with the next notice.
#[cold]
pub(crate) fn changed(mut delivery: Delivery<'_>, key: &[u8]) {
    let by = delivery.running();
    let readers = delivery.server().session.tracked.changed(key, by);
    for id in readers.into_vec() {
        let wants = delivery.conn(id).and_then(|conn| conn.tracking.as_ref());
        let wants = wants.is_some_and(|own| !(own.broadcast || own.no_loop && by == Some(id)));
        if wants {
            tell(&mut delivery, id, Notice::Key(key));
        }
    }
    delivery.end();
}

/// All keys went.
#[cold]
pub(crate) fn flushed(mut delivery: Delivery<'_>) {
    let tracked = &mut delivery.server().session.tracked;
    tracked.forget_keys();
    let ids = tracked.clients.clone().into_vec();
    for id in ids {
        tell(&mut delivery, id, Notice::All);
    }
    delivery.end();
}

/// Tells those who listen to prefixes of what has changed since the last time.
#[cold]
pub(crate) fn broadcast(mut delivery: Delivery<'_>) {
    delivery.server().session.tracked.due = false;
    for at in 0.. {
        let Some(prefix) = delivery.server().session.tracked.prefixes.get_mut(at) else {
            break;
        };
        let mut changed = core::mem::take(&mut prefix.changed);
        if changed.is_empty() {
            continue;
        }
        let listeners = prefix.listeners.clone().into_vec();
        sort_by(&mut changed, |left, right| left.0.cmp(&right.0));
        changed.dedup_by(|later, earlier| later.0 == earlier.0);
        let all: Vec<Arc<[u8]>> = changed.iter().map(|(key, _)| Arc::clone(key)).collect();
        for id in listeners {
            let own = delivery.conn(id).and_then(|conn| conn.tracking.as_ref());
            if own.is_some_and(|own| own.no_loop) {
                let others = changed.iter().filter(|(_, by)| *by != Some(id));
                let others: Vec<Arc<[u8]>> = others.map(|(key, _)| Arc::clone(key)).collect();
                if !others.is_empty() {
                    tell(&mut delivery, id, Notice::Keys(&others));
                }
            } else {
                tell(&mut delivery, id, Notice::Keys(&all));
            }
        }
    }
    delivery.end();
}

/// Forgets keys while there are more than `tracking-table-max-keys`, telling those who may have them. True if there
/// are still too many.
#[cold]
pub(crate) fn evict(mut delivery: Delivery<'_>) -> bool {
    let server = delivery.server();
    let most = usize::try_from(server.config.tracking_table_max_keys).unwrap_or(usize::MAX);
    let mut left = EVICTED_MAX;
    while most > 0 && left > 0 && delivery.server().session.tracked.keys.len() > most {
        let Some((key, readers)) = delivery.server().session.tracked.evict() else {
            break;
        };
        for id in readers.into_vec() {
            let wants = delivery.conn(id).and_then(|conn| conn.tracking.as_ref());
            if wants.is_some_and(|own| !own.broadcast) {
                tell(&mut delivery, id, Notice::Key(&key));
            }
        }
        left -= 1;
    }
    delivery.end();
    left == 0
}

/// Notes the keys that a command has read, where its connection wants that. Without memory for a name the connection
/// is not tracked any more.
#[cold]
pub(crate) fn read(command: &Command, args: Args<'_>, conn: &mut Conn, server: &mut Server) {
    let Some(own) = &conn.tracking else {
        return;
    };
    let wants = match (own.opt_in, own.opt_out) {
        (true, _) => own.caching,
        (_, true) => !own.caching,
        _ => true,
    };
    if own.broadcast || !wants || !command.flags.has(Flags::READONLY) {
        return;
    }
    for key in command::keys(command, args).unwrap_or_default() {
        let tracked = &mut server.session.tracked;
        if tracked.remember(conn.id, args.at(key.position)).is_err() {
            tracked.stop(conn);
            return;
        }
    }
}
