//! Consumer groups: what was delivered last, and what was delivered to whom and not acknowledged. Knows nothing of a
//! stream's entries.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::id::StreamId;
use super::past::{ConsumerFacts, GroupFacts};
use crate::error::Error;
use crate::types::ordered::{Ordered, Place};

/// A deleted consumer's deliveries up to this number are taken out at once.
const AT_ONCE: usize = if cfg!(test) { 2 } else { 256 };
/// So many deliveries to consumers that are gone are passed over one by one.
const PASSED: usize = if cfg!(test) { 2 } else { 64 };

/// A delivery that waits for its acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// When it was delivered last, in milliseconds since 1970.
    pub time_ms: i64,
    /// How often it was delivered.
    pub count: u64,
    /// To whom.
    pub consumer: ConsumerId,
}

/// Names a consumer within its group, until it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerId(pub(super) u32);

/// A member of a group.
pub struct Consumer {
    name: Arc<[u8]>,
    /// When it asked last, in milliseconds since 1970.
    pub seen_ms: i64,
    /// When it got something last; -1 for never.
    pub active_ms: i64,
    pub(super) pending: Ordered<StreamId, ()>,
    /// When it came into being, in the stream's moments, if something was kept then.
    pub(super) born: u64,
    /// When it was deleted, in the stream's moments, while its deliveries are still to be taken out; [`HERE`] before.
    gone: u64,
}

/// A consumer was not deleted.
const HERE: u64 = u64::MAX;

impl Consumer {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The IDs of what it has not acknowledged, from `start` on. O(log n) to begin.
    pub fn pending_from(&self, start: StreamId) -> impl Iterator<Item = StreamId> {
        let place = self.pending.lower_bound(&start);
        self.pending.iter_from(place).map(|(id, ())| *id)
    }

    /// The first ID from `start` on that it has not acknowledged. O(log n).
    pub fn next_pending(&self, start: StreamId) -> Option<StreamId> {
        let place = self.pending.lower_bound(&start);
        self.pending.at(place).map(|(id, ())| *id)
    }

    /// How many deliveries wait for its acknowledgement.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn facts(&self) -> ConsumerFacts {
        ConsumerFacts {
            seen_ms: self.seen_ms,
            pending_len: self.pending_len(),
        }
    }
}

/// A group of consumers.
#[derive(Default)]
pub struct Group {
    /// The last entry that was delivered.
    pub last_id: StreamId,
    /// Entries that were ever delivered, in the stream's own counting; `None` where nobody can say.
    pub entries_read: Option<u64>,
    pub(super) pending: Ordered<StreamId, Pending>,
    pub(super) by_name: Ordered<Arc<[u8]>, ConsumerId>,
    consumers: Vec<Option<Consumer>>,
    /// When it came into being, in the stream's moments.
    pub(super) number: u64,
    /// Deliveries in `pending` to consumers that are gone. Nobody is shown them.
    gone_len: usize,
}

impl Group {
    /// A group that has been delivered everything up to `last_id`.
    pub fn new(last_id: StreamId, entries_read: Option<u64>) -> Group {
        Group {
            last_id,
            entries_read,
            ..Group::default()
        }
    }

    /// The consumer of a name. O(log n).
    pub fn find(&self, name: &[u8]) -> Option<ConsumerId> {
        self.by_name.get(name).copied()
    }

    /// A consumer.
    ///
    /// # Panics
    /// Where it was deleted.
    pub fn consumer(&self, id: ConsumerId) -> &Consumer {
        let consumer = self.consumers[id.0 as usize].as_ref();
        consumer.expect("a consumer's number is not kept longer than the consumer")
    }

    /// A consumer, to be changed.
    ///
    /// # Panics
    /// Where it was deleted.
    pub fn consumer_mut(&mut self, id: ConsumerId) -> &mut Consumer {
        let consumer = self.consumers[id.0 as usize].as_mut();
        consumer.expect("a consumer's number is not kept longer than the consumer")
    }

    /// All consumers by name.
    pub fn consumers(&self) -> impl Iterator<Item = &Consumer> {
        self.by_name.iter().map(|(_, id)| self.consumer(*id))
    }

    /// How many consumers there are.
    pub fn consumers_len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn facts(&self) -> GroupFacts {
        GroupFacts {
            last_id: self.last_id,
            entries_read: self.entries_read,
            pending_len: self.pending_len(),
            consumers_len: self.consumers_len(),
        }
    }

    /// Adds a consumer, whose name is new, and that was seen and active before, as snapshots say. O(log n), and O(n)
    /// where one was deleted.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn add(&mut self, name: &[u8], seen_ms: i64, active_ms: i64) -> Result<ConsumerId, Error> {
        let free = if self.by_name.len() < self.consumers.len() {
            self.consumers.iter().position(Option::is_none)
        } else {
            None
        };
        let slot = match free {
            Some(slot) => slot,
            None => {
                self.consumers.try_reserve(1)?;
                self.consumers.push(None);
                self.consumers.len() - 1
            }
        };
        let id = ConsumerId(slot as u32);
        let name: Arc<[u8]> = Arc::from(name);
        self.by_name.insert(Arc::clone(&name), id)?;
        self.consumers[slot] = Some(Consumer {
            name,
            seen_ms,
            active_ms,
            pending: Ordered::new(),
            born: 0,
            gone: HERE,
        });
        Ok(id)
    }

    /// Deletes a consumer and all that waits for its acknowledgement; says how much that was. O(consumers + log n): what is
    /// more than a little is left to [`Group::take_rest`].
    pub fn delete(&mut self, id: ConsumerId) -> usize {
        let (_, len) = self.mark_gone(id, 0);
        self.take_rest(&mut AT_ONCE.min(len));
        len
    }

    /// Deletes a consumer at a moment and leaves all of its deliveries to [`Group::take_rest`]; gives its name, and how many
    /// they are.
    pub(super) fn mark_gone(&mut self, id: ConsumerId, moment: u64) -> (Arc<[u8]>, usize) {
        let consumer = self.consumer_mut(id);
        consumer.gone = moment;
        let (name, len) = (Arc::clone(&consumer.name), consumer.pending.len());
        self.by_name.remove(&*name);
        self.gone_len += len;
        (name, len)
    }

    /// Deliveries are left of consumers that are gone.
    pub(super) fn has_rest(&self) -> bool {
        self.gone_len > 0
    }

    /// Takes out up to `left` deliveries to consumers that are gone, and counts them off. O(consumers + left · log n).
    pub(super) fn take_rest(&mut self, left: &mut usize) {
        for slot in &mut self.consumers {
            let Some(consumer) = slot.as_mut().filter(|consumer| consumer.gone < HERE) else {
                continue;
            };
            while *left > 0
                && let Some(place) = consumer.pending.last_place()
                && let Some((id, ())) = consumer.pending.remove_at(place)
            {
                self.pending.remove(&id);
                self.gone_len -= 1;
                *left -= 1;
            }
            if consumer.pending.is_empty() {
                *slot = None;
            }
        }
        while self.consumers.last().is_some_and(Option::is_none) {
            self.consumers.pop();
        }
    }

    fn is_gone(&self, delivery: &Pending) -> bool {
        self.gone_len > 0 && self.was_gone(delivery, HERE)
    }

    /// Its consumer had gone before a moment.
    pub(super) fn was_gone(&self, delivery: &Pending, moment: u64) -> bool {
        let consumer = &self.consumers[delivery.consumer.0 as usize];
        consumer
            .as_ref()
            .is_none_or(|consumer| consumer.gone < moment)
    }

    /// How many deliveries wait for their acknowledgement.
    pub fn pending_len(&self) -> usize {
        self.pending.len() - self.gone_len
    }

    /// What was delivered and not acknowledged, by ID.
    pub fn deliveries(&self) -> impl Iterator<Item = (StreamId, &Pending)> {
        let all = self.pending.iter().map(|(id, delivery)| (*id, delivery));
        all.filter(|(_, delivery)| !self.is_gone(delivery))
    }

    /// A delivery. O(log n).
    pub fn delivery(&self, id: StreamId) -> Option<&Pending> {
        let delivery = self.pending.get(&id);
        delivery.filter(|delivery| !self.is_gone(delivery))
    }

    /// The first delivery from `start` on. O(log n), and O(consumers · log n) where many of one that is gone lie there.
    pub fn next_delivery(&self, start: StreamId) -> Option<(StreamId, Pending)> {
        let place = self.pending.lower_bound(&start);
        let mut skipped = start;
        for (id, delivery) in self.pending.iter_from(place).take(PASSED) {
            if !self.is_gone(delivery) {
                return Some((*id, *delivery));
            }
            skipped = *id;
        }
        if self.gone_len == 0 {
            return None;
        }
        let next = self
            .consumers()
            .filter_map(|consumer| consumer.next_pending(skipped));
        let id = next.min()?;
        Some((id, *self.delivery(id)?))
    }

    /// The last delivery's ID. O(consumers).
    pub fn last_pending(&self) -> Option<StreamId> {
        let last = self
            .consumers()
            .filter_map(|consumer| consumer.pending.last());
        last.map(|(id, ())| *id).max()
    }

    /// Delivers an entry to a consumer at a time, whoever had it before; it was delivered so many times then. O(log n).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn deliver(
        &mut self,
        id: StreamId,
        to: ConsumerId,
        time_ms: i64,
        count: u64,
    ) -> Result<(), Error> {
        let delivery = Pending {
            time_ms,
            count,
            consumer: to,
        };
        let before = match self.pending.get_mut(&id) {
            Some(pending) => Some(core::mem::replace(pending, delivery).consumer),
            None => {
                self.pending.insert(id, delivery)?;
                None
            }
        };
        if before != Some(to) {
            if let Some(before) = before {
                self.forget(before, id);
            }
            self.consumer_mut(to).pending.insert(id, ())?;
        }
        Ok(())
    }

    /// Forgets a delivery, and says whether there was one. O(log n).
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        match self.pending.remove(&id) {
            Some((_, pending)) => self.forget(pending.consumer, id),
            None => false,
        }
    }

    /// Takes a delivery off a consumer's list. False if nobody was shown it any more.
    fn forget(&mut self, consumer: ConsumerId, id: StreamId) -> bool {
        let consumer = self.consumer_mut(consumer);
        consumer.pending.remove(&id);
        let gone = consumer.gone < HERE;
        self.gone_len -= usize::from(gone);
        !gone
    }

    /// Deliveries and consumers, for judging what freeing it takes.
    pub fn weight(&self) -> usize {
        self.pending.len() + self.by_name.len()
    }

    /// Frees some. False when nothing is left. The group is good for nothing else from then on.
    pub(super) fn drop_some(&mut self, count: usize) -> bool {
        if self.pending.drop_some(count) {
            return true;
        }
        let Some(last) = self.consumers.last_mut() else {
            return self.by_name.drop_some(count);
        };
        let more = last
            .as_mut()
            .is_some_and(|consumer| consumer.pending.drop_some(count));
        if !more {
            self.consumers.pop();
        }
        true
    }

    pub(super) fn copy(&self) -> Result<Group, Error> {
        let mut copy = Group::new(self.last_id, self.entries_read);
        let mut numbers = Vec::new();
        numbers.try_reserve_exact(self.consumers.len())?;
        for consumer in &self.consumers {
            numbers.push(match consumer {
                Some(consumer) if consumer.gone == HERE => {
                    Some(copy.add(consumer.name(), consumer.seen_ms, consumer.active_ms)?)
                }
                _ => None,
            });
        }
        let mut place = Place::default();
        while let Some((id, pending)) = self.pending.at(place) {
            if let Some(consumer) = numbers[pending.consumer.0 as usize] {
                copy.deliver(*id, consumer, pending.time_ms, pending.count)?;
            }
            place = self.pending.next(place);
        }
        Ok(copy)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let pending: usize = self
            .consumers
            .iter()
            .flatten()
            .map(|consumer| consumer.pending.memory_bytes() + consumer.name.len())
            .sum();
        size_of::<Group>() + self.pending.memory_bytes() + self.by_name.memory_bytes() + pending
    }
}
