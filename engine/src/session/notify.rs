//! What follows from a change of a key: watches are touched, waiters looked at, notifications published.
//! Knows no command.

use alloc::vec::Vec;

use super::deliver::Delivery;
use super::{pubsub, tracking};
use crate::boundary::Now;
use crate::clients::Clients;
use crate::config::{Config, KeyspaceEvents};
use crate::conn::Conn;
use crate::keyspace::{Class, Event, Keyspace, Lapsed, What};
use crate::number::write_i64;
use crate::resp::ArgBuf;
use crate::server::Server;

/// The classes of events that are published, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Classes(u16);

impl Classes {
    /// As `notify-keyspace-events` says; none where neither form is wanted.
    #[inline]
    pub(crate) fn of(config: &Config) -> Classes {
        let bits = config.notify_keyspace_events.0;
        let forms = KeyspaceEvents::KEYSPACE | KeyspaceEvents::KEYEVENT;
        Classes(if bits & forms == 0 { 0 } else { bits })
    }

    /// Something is published.
    pub(crate) fn any(self) -> bool {
        self.0 != 0
    }

    /// Events of this class are published.
    pub(crate) fn has(self, class: Class) -> bool {
        self.0 & bit(class) != 0
    }
}

/// A class' bit in [`KeyspaceEvents`].
#[inline]
const fn bit(class: Class) -> u16 {
    match class {
        Class::Generic => KeyspaceEvents::GENERIC,
        Class::String => KeyspaceEvents::STRING,
        Class::List => KeyspaceEvents::LIST,
        Class::Set => KeyspaceEvents::SET,
        Class::Hash => KeyspaceEvents::HASH,
        Class::SortedSet => KeyspaceEvents::ZSET,
        Class::Stream => KeyspaceEvents::STREAM,
        Class::Expired => KeyspaceEvents::EXPIRED,
        Class::New => KeyspaceEvents::NEW,
        Class::KeyMiss => KeyspaceEvents::KEY_MISS,
    }
}

/// What a change may touch besides the keys themselves.
pub(crate) struct Around<'a> {
    pub(crate) now: Now,
    pub(crate) clients: &'a mut Clients,
    pub(crate) server: &'a mut Server,
    /// The connection whose command runs.
    pub(crate) running: Option<&'a mut Conn>,
}

impl Around<'_> {
    pub(crate) fn delivery(&mut self) -> Delivery<'_> {
        let running = self.running.as_deref_mut();
        Delivery::new(self.now, self.clients, self.server, running)
    }

    /// A key of `database` changed in a way that no event tells of.
    pub(crate) fn changed_quietly(&mut self, database: usize, key: &[u8]) {
        self.touch(database, key, true);
    }

    fn touch(&mut self, database: usize, key: &[u8], wakes: bool) {
        let session = &mut self.server.session;
        session.watches.touch(database, key);
        if wakes {
            session.blocking.signal(database, key);
        }
        if !session.tracked.is_empty() {
            tracking::changed(self.delivery(), key);
        }
    }

    /// A key of `database` changed.
    pub(crate) fn changed(&mut self, database: usize, event: Event, key: &[u8]) {
        // Other changes of a stream serve nobody who waits, as in Redis.
        let wakes = event.class != Class::Stream || event == Event::XADD;
        self.touch(database, key, wakes);
        self.publish(database, event, key);
    }

    /// Publishes an event, if its class is wanted and somebody listens to anything.
    pub(crate) fn publish(&mut self, database: usize, event: Event, key: &[u8]) {
        let classes = Classes::of(&self.server.config);
        if !classes.has(event.class) || self.server.session.pubsub.is_silent() {
            return;
        }
        let name = event.name.as_bytes();
        if classes.0 & KeyspaceEvents::KEYSPACE != 0 {
            self.send(b"__keyspace@", database, key, name);
        }
        if classes.0 & KeyspaceEvents::KEYEVENT != 0 {
            self.send(b"__keyevent@", database, name, key);
        }
    }

    /// Publishes `text` to the channel `PREFIX DATABASE __: NAME`. Without memory nobody hears of it.
    fn send(&mut self, prefix: &[u8], database: usize, name: &[u8], text: &[u8]) {
        let mut channel = Vec::new();
        if channel.try_reserve(prefix.len() + 24 + name.len()).is_err() {
            return;
        }
        channel.extend_from_slice(prefix);
        channel.extend_from_slice(write_i64(database as i64, &mut [0; 20]));
        channel.extend_from_slice(b"__:");
        channel.extend_from_slice(name);
        let running = self.running.as_deref_mut();
        pubsub::publish(
            self.now,
            self.clients,
            self.server,
            running,
            false,
            &channel,
            text,
        );
    }

    /// Tells of what the keyspace noted: logs the deletion of keys whose time had come, and lets those who
    /// follow know.
    #[cold]
    pub(crate) fn settle(&mut self, keys: &mut Keyspace) {
        let mut record = ArgBuf::new();
        for noted in keys.take_journal() {
            let (database, key) = (noted.database, &noted.key[..]);
            match noted.what {
                What::Created => self.publish(database, Event::NEW, key),
                What::Missed => self.publish(database, Event::KEYMISS, key),
                What::Expired => {
                    if self.server.log.is_kept() {
                        let lazy = self.server.config.lazyfree_lazy_expire;
                        record.clear();
                        record.push(if lazy { b"UNLINK" } else { b"DEL" });
                        record.push(key);
                        self.server.log.append(database, record.args());
                    }
                    self.changed(database, Event::EXPIRED, key);
                }
            }
        }
    }
}

/// A slice of removing the fields of hashes whose time has come, and telling of it. True if there is more to do at
/// once.
pub(crate) fn expire_fields(keys: &mut Keyspace, around: &mut Around<'_>) -> bool {
    let mut record = ArgBuf::new();
    keys.expire_fields(|database, key, lapsed| match lapsed {
        Lapsed::Field(field) => {
            if around.server.log.is_kept() {
                record.clear();
                [b"HDEL", key, field]
                    .iter()
                    .for_each(|arg| record.push(arg));
                around.server.log.append(database, record.args());
            }
        }
        Lapsed::Fields => around.changed(database, Event::HEXPIRED, key),
        Lapsed::Hash => around.changed(database, Event::DEL, key),
    })
}

/// A database is about to lose all its keys, or to get another's in their place.
///
/// Watched keys that exist before or after have changed, even where the value is the same.
pub(crate) fn replaced(
    keys: &mut Keyspace,
    server: &mut Server,
    database: usize,
    other: Option<usize>,
) {
    let selected = keys.selected();
    let watched: Vec<_> = server.session.watches.keys_of(database).cloned().collect();
    for key in watched {
        let exists = [Some(database), other].into_iter().flatten().any(|number| {
            keys.select(number);
            keys.find(&key).exists()
        });
        if exists {
            server.session.watches.touch(database, &key);
        }
    }
    keys.select(selected);
    server.session.blocking.signal_all(database);
}
