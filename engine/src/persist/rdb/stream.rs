//! Streams in RDB: nodes as listpacks, then the IDs, then groups with what they have delivered. Knows no keys.
//!
//! Redis 5 wrote neither the first ID nor how many entries there ever were; Redis 7.0 wrote those, Redis 7.2 added when
//! consumers were active. Written is the form of 7.0.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use super::kind;
use super::sink::Sink;
use super::source::{Source, Stop};
use crate::error::Error;
use crate::persist::steps;
use crate::types::listpack::Listpack;
use crate::types::stream::{Group, Stream, StreamId};

/// A stream that is being read.
#[derive(Default)]
pub(super) struct StreamDecoder {
    stream: Stream,
    stage: Stage,
    group: Group,
    name: Vec<u8>,
    /// What the group has delivered, by ID, and to whom once that is read.
    pending: Vec<Delivery>,
    /// Groups still to come, the present one aside.
    groups: u64,
}

/// A delivery whose consumer is read later.
struct Delivery {
    id: StreamId,
    time_ms: i64,
    count: u64,
    claimed: bool,
}

#[derive(Default)]
enum Stage {
    /// How many nodes there are.
    #[default]
    Count,
    Nodes(u64),
    Groups,
    Pending(u64),
    /// Consumers still to come.
    Consumers(u64),
    Done,
}

impl StreamDecoder {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    pub(super) fn finish(self) -> Stream {
        self.stream
    }

    /// Reads one thing more. Nothing is changed before all of it was read.
    pub(super) fn step(&mut self, kind: u8, source: &mut Source<'_>) -> Result<(), Stop> {
        self.stage = match self.stage {
            Stage::Count => Stage::Nodes(source.length()?),
            Stage::Nodes(0) => {
                self.facts(kind, source)?;
                Stage::Groups
            }
            Stage::Nodes(left) => {
                let key = source.blob()?;
                let id = StreamId::from_bytes(key.try_into().map_err(|_| Stop::Corrupt)?);
                let list = Listpack::from_bytes(source.blob()?)?;
                self.stream.push_node(id, list)?;
                Stage::Nodes(left - 1)
            }
            Stage::Groups if self.groups == 0 => Stage::Done,
            Stage::Groups => self.group(kind, source)?,
            Stage::Pending(0) => Stage::Consumers(source.length()?),
            Stage::Pending(left) => {
                let id = raw_id(source)?;
                let (time_ms, count) = (source.u64()? as i64, source.length()?);
                if self.pending.last().is_some_and(|last| last.id >= id) {
                    return Err(Stop::Corrupt);
                }
                self.pending.try_reserve(1)?;
                self.pending.push(Delivery {
                    id,
                    time_ms,
                    count,
                    claimed: false,
                });
                Stage::Pending(left - 1)
            }
            Stage::Consumers(0) => {
                self.end_group()?;
                Stage::Groups
            }
            Stage::Consumers(left) => {
                self.consumer(kind, source)?;
                Stage::Consumers(left - 1)
            }
            Stage::Done => Stage::Done,
        };
        Ok(())
    }

    fn facts(&mut self, kind: u8, source: &mut Source<'_>) -> Result<(), Stop> {
        let len = source.length()?;
        let stream = &mut self.stream;
        let last_id = id(source)?;
        let newer = if kind == kind::STREAM_LISTPACKS {
            None
        } else {
            Some((id(source)?, id(source)?, source.length()?))
        };
        let groups = source.length()?;
        if len != stream.len() as u64 || stream.last_entry_id().is_some_and(|id| id > last_id) {
            return Err(Stop::Corrupt);
        }
        let first = stream.range(StreamId::MIN, StreamId::MAX, false).next();
        let first_id = first.map_or(StreamId::MIN, |entry| entry.id);
        stream.last_id = last_id;
        (stream.first_id, stream.max_deleted_id, stream.entries_added) =
            newer.unwrap_or((first_id, StreamId::MIN, len));
        self.groups = groups;
        Ok(())
    }

    fn group(&mut self, kind: u8, source: &mut Source<'_>) -> Result<Stage, Stop> {
        let name = source.blob()?;
        let last_id = id(source)?;
        let read = if kind == kind::STREAM_LISTPACKS {
            self.stream.distance_from_start(last_id)
        } else {
            Some(source.length()?).filter(|read| *read != u64::MAX)
        };
        let pending = source.length()?;
        self.name = name;
        self.group = Group::new(last_id, read);
        self.groups -= 1;
        Ok(Stage::Pending(pending))
    }

    fn consumer(&mut self, kind: u8, source: &mut Source<'_>) -> Result<(), Stop> {
        let name = source.blob()?;
        let seen_ms = source.u64()? as i64;
        let active_ms = if kind == kind::STREAM_LISTPACKS_3 {
            source.u64()? as i64
        } else {
            seen_ms
        };
        let count = source.length()?;
        let all = count.checked_mul(16).ok_or(Stop::Corrupt)?;
        let ids = source.take(all)?;
        if self.group.find(&name).is_some() {
            return Err(Stop::Corrupt);
        }
        let consumer = self.group.add(&name, seen_ms, active_ms)?;
        for bytes in ids.as_chunks::<16>().0 {
            let id = StreamId::from_bytes(*bytes);
            let found = self.pending.binary_search_by(|known| known.id.cmp(&id));
            let known = &mut self.pending[found.map_err(|_| Stop::Corrupt)?];
            if known.claimed {
                return Err(Stop::Corrupt);
            }
            known.claimed = true;
            self.group
                .deliver(id, consumer, known.time_ms, known.count)?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), Stop> {
        if self.pending.iter().any(|delivery| !delivery.claimed) {
            return Err(Stop::Corrupt);
        }
        self.pending.clear();
        let group = core::mem::take(&mut self.group);
        if !self.stream.create_group(&self.name, group)? {
            return Err(Stop::Corrupt);
        }
        Ok(())
    }
}

fn id(source: &mut Source<'_>) -> Result<StreamId, Stop> {
    let (ms, seq) = (source.length()?, source.length()?);
    Ok(StreamId { ms, seq })
}

fn raw_id(source: &mut Source<'_>) -> Result<StreamId, Stop> {
    let bytes = source.take(16)?;
    let bytes = bytes.try_into().map_err(|_| Stop::Corrupt)?;
    Ok(StreamId::from_bytes(bytes))
}

fn write_id(sink: &mut Sink, id: StreamId) -> Result<(), Error> {
    sink.length(id.ms)?;
    sink.length(id.seq)
}

/// What of a stream is written next.
#[derive(Debug, Default)]
enum Next {
    #[default]
    Start,
    Nodes,
    Group,
    Deliveries,
    Consumer,
    /// What a consumer has not acknowledged.
    List,
}

/// A stream that is being written, as it was when that was kept.
#[derive(Debug, Default)]
pub(super) struct StreamEncoder {
    next: Next,
    /// Nodes, deliveries, or IDs of a list are written up to before this one; or nothing is behind what is written.
    from: Option<StreamId>,
    /// The group, or where the next one is looked for; the same for consumers.
    group: Vec<u8>,
    consumer: Vec<u8>,
}

impl StreamEncoder {
    /// See [`Stream::walked`].
    pub(super) fn walked(&self) -> u64 {
        match self.next {
            Next::Start => 0,
            Next::Nodes => self.from.map_or(u64::MAX, |from| from.ms),
            _ => u64::MAX,
        }
    }

    /// Writes about `budget` entries, deliveries and consumers more; says whether all is written. O(`budget`).
    pub(super) fn step(
        &mut self,
        stream: &Stream,
        sink: &mut Sink,
        budget: usize,
    ) -> Result<bool, Error> {
        let mut written = 0;
        while written < budget {
            let facts = stream.past_facts();
            let group = stream.past_group_from(&self.group);
            match (&self.next, group) {
                (Next::Start, _) => {
                    sink.length(facts.nodes as u64)?;
                    self.begin(Next::Nodes);
                }
                (Next::Nodes, _) => {
                    let node = self.from.and_then(|from| stream.past_node_from(from));
                    if let Some((id, node)) = node {
                        let list = node.listpack();
                        sink.string(&id.to_bytes())?;
                        sink.listpack(list)?;
                        written += list.len() / 4 + 1;
                        self.from = id.next();
                        continue;
                    }
                    sink.length(facts.len)?;
                    for id in [facts.last_id, facts.first_id, facts.max_deleted_id] {
                        write_id(sink, id)?;
                    }
                    sink.length(facts.entries_added)?;
                    sink.length(facts.groups as u64)?;
                    self.next = Next::Group;
                }
                (_, None) => return Ok(true),
                (Next::Group, Some(group)) => {
                    let facts = group.facts();
                    sink.string(group.name())?;
                    write_id(sink, facts.last_id)?;
                    sink.length(facts.entries_read.unwrap_or(u64::MAX))?;
                    sink.length(facts.pending_len as u64)?;
                    steps::note(&mut self.group, group.name())?;
                    self.begin(Next::Deliveries);
                }
                (Next::Deliveries, Some(group)) => {
                    while let Some((id, pending)) =
                        self.from.and_then(|from| group.delivery_from(from))
                    {
                        if written >= budget {
                            return Ok(false);
                        }
                        sink.raw(&id.to_bytes())?;
                        sink.raw(&pending.time_ms.to_le_bytes())?;
                        sink.length(pending.count)?;
                        written += 1;
                        self.from = id.next();
                    }
                    sink.length(group.facts().consumers_len as u64)?;
                    self.consumer.clear();
                    self.next = Next::Consumer;
                }
                (Next::Consumer, Some(group)) => {
                    if let Some(consumer) = group.consumer_from(&self.consumer) {
                        let facts = consumer.facts();
                        sink.string(consumer.name())?;
                        sink.raw(&facts.seen_ms.to_le_bytes())?;
                        sink.length(facts.pending_len as u64)?;
                        steps::note(&mut self.consumer, consumer.name())?;
                        self.begin(Next::List);
                    } else {
                        self.group.push(0);
                        self.next = Next::Group;
                    }
                }
                (Next::List, Some(group)) => {
                    if let Some(consumer) = group.consumer_from(&self.consumer) {
                        while let Some(id) = self.from.and_then(|from| consumer.pending_from(from))
                        {
                            if written >= budget {
                                return Ok(false);
                            }
                            sink.raw(&id.to_bytes())?;
                            written += 1;
                            self.from = id.next();
                        }
                    }
                    self.consumer.push(0);
                    self.next = Next::Consumer;
                }
            }
            written += 1;
        }
        Ok(false)
    }

    fn begin(&mut self, next: Next) {
        self.next = next;
        self.from = Some(StreamId::MIN);
    }
}
