//! Connections that wait for keys or for time: who waits for what, in which order, and until when. Knows no
//! command.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::boundary::{ConnId, Now, Output};
use crate::command::{self, CommandId};
use crate::conn::{Conn, Replies};
use crate::error::Error;
use crate::keyspace::Entry;
use crate::number::float;
use crate::resp::{ArgBuf, Args, Reply};
use crate::server::Server;
use crate::types::ObjectRef;
use crate::types::ordered::{Ordered, Place};
use crate::types::sort::sort_by;

/// What CLIENT UNBLOCK says where it is asked to.
const UNBLOCKED: &str = "UNBLOCKED client unblocked via CLIENT UNBLOCK";

/// What a command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// A list under one of its keys.
    List,
    /// A sorted set under one of its keys.
    SortedSet,
    /// A stream under one of its keys.
    Stream,
    /// Any change of one of its keys, the loss of it included.
    AnyChange,
    /// The log to be durable farther than it is.
    Durable,
    /// Nothing but time.
    Time,
}

impl Awaits {
    /// Whether what is under a key now may satisfy it.
    pub(crate) fn is_met_by(self, entry: Option<&Entry>) -> bool {
        let object = entry.and_then(Entry::object);
        match self {
            Awaits::List => matches!(object, Some(ObjectRef::List(_))),
            Awaits::SortedSet => matches!(object, Some(ObjectRef::SortedSet(_))),
            Awaits::Stream => matches!(object, Some(ObjectRef::Stream(_))),
            Awaits::AnyChange | Awaits::Durable => true,
            Awaits::Time => false,
        }
    }
}

/// What a command answers whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// Null, a null array in RESP2.
    NullArray,
    /// Null, a null bulk string in RESP2.
    Null,
    /// A number.
    Int(i64),
    /// Two numbers.
    Pair(i64, i64),
    /// OK: what it waited for was the time.
    Ok,
}

impl GiveUp {
    /// Writes the answer.
    pub(crate) fn write(self, reply: &mut Reply<'_>) {
        match self {
            GiveUp::NullArray => reply.null_array(),
            GiveUp::Null => reply.null(),
            GiveUp::Int(value) => reply.int(value),
            GiveUp::Pair(first, second) => {
                reply.array(2);
                reply.int(first);
                reply.int(second);
            }
            GiveUp::Ok => reply.ok(),
        }
    }
}

/// A command that waits. It runs again from the start when one of its keys is ready.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// Its number in the table.
    pub(crate) command: CommandId,
    /// Its request.
    pub(crate) request: ArgBuf,
    /// What it waits for.
    pub(crate) awaits: Awaits,
    /// What it answers when it gives up.
    pub(crate) give_up: GiveUp,
    /// Since when it is at work all the same, in microseconds of [`Now::mono_us`](crate::Now::mono_us).
    pub(crate) busy_since_us: Option<u64>,
    /// Until when it waits, in microseconds of [`Now::mono_us`](crate::Now::mono_us).
    pub(crate) deadline_us: Option<u64>,
    /// Its keys, each once.
    pub(crate) keys: Vec<super::watch::Watched>,
}

#[derive(Debug, Default)]
struct Waiters {
    queue: VecDeque<ConnId>,
    ready: bool,
}

/// All connections that wait, by key and by time.
#[derive(Debug, Default)]
pub(crate) struct Blocking {
    databases: Vec<Ordered<Arc<[u8]>, Waiters>>,
    deadlines: Ordered<(u64, ConnId), ()>,
    /// Keys that changed while somebody waited for them, in the order of their changes.
    ready: VecDeque<super::watch::Watched>,
    len: usize,
    keyed: usize,
}

impl Blocking {
    /// Nobody waits for a key.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.keyed == 0
    }

    /// Connections that wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Those whose waiting has an end.
    pub(crate) fn timed_len(&self) -> usize {
        self.deadlines.len()
    }

    /// Keys that somebody waits for.
    pub(crate) fn keys_len(&self) -> usize {
        self.databases.iter().map(Ordered::len).sum()
    }

    /// Keys that somebody waits for to change in any way.
    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Makes `conn` wait behind all who wait for the same keys already. O(keys · log of all).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; it does not wait then.
    pub(crate) fn add<'k>(
        &mut self,
        conn: &mut Conn,
        mut blocked: Blocked,
        database: usize,
        keys: impl Iterator<Item = &'k [u8]>,
    ) -> Result<(), Error> {
        if self.databases.len() <= database {
            self.databases.resize_with(database + 1, Ordered::new);
        }
        for key in keys {
            let waiting = &self.databases[database];
            let name = match waiting.find(key).and_then(|place| waiting.at(place)) {
                Some((name, _)) => Arc::clone(name),
                None => super::pubsub::shared(key)?,
            };
            blocked.keys.try_reserve(1)?;
            blocked.keys.push((database, name));
        }
        sort_by(&mut blocked.keys, Ord::cmp);
        blocked.keys.dedup();
        if let Some(deadline_us) = blocked.deadline_us {
            self.deadlines.insert((deadline_us, conn.id), ())?;
        }
        let mut added = Ok(());
        for at in 0..blocked.keys.len() {
            let name = Arc::clone(&blocked.keys[at].1);
            match self.databases[database].get_or_default(name) {
                Ok(waiters) => waiters.queue.push_back(conn.id),
                Err(error) => {
                    blocked.keys.truncate(at);
                    added = Err(error);
                    break;
                }
            }
            self.keyed += 1;
        }
        self.len += 1;
        conn.blocked = Some(Box::new(blocked));
        if added.is_err() {
            self.remove(conn);
        }
        added
    }

    /// Ends a connection's waiting, if it waits.
    pub(crate) fn remove(&mut self, conn: &mut Conn) -> Option<Box<Blocked>> {
        let blocked = conn.blocked.take()?;
        for (database, key) in &blocked.keys {
            let waiting = &mut self.databases[*database];
            let Some(waiters) = waiting.get_mut(&**key) else {
                continue;
            };
            waiters.queue.retain(|id| *id != conn.id);
            if waiters.queue.is_empty() {
                waiting.remove(&**key);
            }
            self.keyed -= 1;
        }
        if let Some(deadline_us) = blocked.deadline_us {
            self.deadlines.remove(&(deadline_us, conn.id));
        }
        self.len -= 1;
        Some(blocked)
    }

    /// A key changed: those who wait for it are to be looked at.
    pub(crate) fn signal(&mut self, database: usize, key: &[u8]) {
        let Some(waiting) = self.databases.get_mut(database) else {
            return;
        };
        if let Some(place) = waiting.find(key)
            && let Some(name) = make_ready(waiting, place)
        {
            self.ready.push_back((database, name));
        }
    }

    /// All keys of a database may have changed.
    pub(crate) fn signal_all(&mut self, database: usize) {
        if let Some(waiting) = self.databases.get_mut(database) {
            let mut place = Place::default();
            while waiting.at(place).is_some() {
                if let Some(name) = make_ready(waiting, place) {
                    self.ready.push_back((database, name));
                }
                place = waiting.next(place);
            }
        }
    }

    /// The next key that changed, and who waits for it, first come first.
    pub(crate) fn next_ready(&mut self) -> Option<(usize, Arc<[u8]>, VecDeque<ConnId>)> {
        let (database, key) = self.ready.pop_front()?;
        let waiters = self.databases[database].get_mut(&*key);
        let queue = waiters.map_or_else(VecDeque::new, |waiters| {
            waiters.ready = false;
            waiters.queue.clone()
        });
        Some((database, key, queue))
    }

    /// The first deadline, in microseconds of [`Now::mono_us`](crate::Now::mono_us).
    pub(crate) fn due_us(&self) -> Option<u64> {
        self.deadlines.first().map(|((due_us, _), ())| *due_us)
    }

    /// A connection whose deadline has come.
    pub(crate) fn overdue(&self, now_us: u64) -> Option<ConnId> {
        let ((due_us, id), ()) = self.deadlines.first()?;
        (*due_us <= now_us).then_some(*id)
    }
}

/// Marks the key at `place` as one that changed, and gives its name unless it was marked.
fn make_ready(waiting: &mut Ordered<Arc<[u8]>, Waiters>, place: Place) -> Option<Arc<[u8]>> {
    let (name, waiters) = waiting.at(place)?;
    if waiters.ready {
        return None;
    }
    let name = Arc::clone(name);
    waiting.at_mut(place)?.ready = true;
    Some(name)
}

/// How waiting ends without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As if its time were over.
    TimedOut,
    /// With an error, as CLIENT UNBLOCK can have it.
    Error,
}

/// Ends a connection's waiting with what that way of ending answers, and lets it go on. False if it does not
/// wait.
pub(crate) fn give_up(now: Now, server: &mut Server, conn: &mut Conn, end: End) -> bool {
    let Some(blocked) = server.session.blocking.remove(conn) else {
        return false;
    };
    if conn.replies == Replies::On {
        let protocol = conn.protocol;
        let mut reply = Reply::new(&mut conn.mailbox, protocol);
        match end {
            End::TimedOut => blocked.give_up.write(&mut reply),
            End::Error => {
                reply.error_text(UNBLOCKED);
            }
        }
    }
    let result = match end {
        End::TimedOut => Ok(()),
        End::Error => Err(Error::fixed(&UNBLOCKED)),
    };
    command::account_waited(now, &blocked, conn, server, result.err());
    resume(server, conn);
    true
}

/// Has the host fetch what waits for a connection and hand in its remaining requests again.
pub(crate) fn resume(server: &mut Server, conn: &mut Conn) {
    if conn.replies == Replies::Skipping {
        conn.replies = Replies::On;
    }
    conn.parked = false;
    let (id, link) = (conn.id, conn.link);
    if !conn.mailbox.is_empty() && !conn.flush_asked {
        conn.flush_asked = true;
        server.outputs.push_back(Output::Flush { conn: id, link });
    }
    server.outputs.push_back(Output::Resume { conn: id, link });
}

/// The request of a command that begins to wait, as its own copy.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(crate) fn keep(args: Args<'_>) -> Result<ArgBuf, Error> {
    let mut request = ArgBuf::new();
    request.try_extend(args)?;
    Ok(request)
}

/// The deadline that a timeout in seconds, fractions included, at argument `index` means, in microseconds of
/// [`Now::mono_us`]; none for 0.
///
/// # Errors
/// No number, a negative one, or one beyond 64 bits of milliseconds.
pub(crate) fn deadline(args: Args<'_>, index: usize, now: Now) -> Result<Option<u64>, Error> {
    const TOO_LARGE: Error = Error::fixed(&"ERR timeout is out of range");
    let seconds = args
        .get(index)
        .and_then(float::parse)
        .ok_or(Error::fixed(&"ERR timeout is not a float or out of range"))?;
    let ms = seconds * 1000.0;
    if ms > i64::MAX as f64 {
        return Err(TOO_LARGE);
    }
    let ms = libm::ceil(ms) as i64;
    let ms = u64::try_from(ms).map_err(|_| Error::fixed(&"ERR timeout is negative"))?;
    if ms > (i64::MAX as u64).saturating_sub(now.unix_ms) {
        return Err(TOO_LARGE);
    }
    Ok((ms > 0).then(|| now.mono_us.saturating_add(ms.saturating_mul(1000))))
}
