//! Streams in RDB: nodes as listpacks, then the IDs, then groups with what they have delivered. Knows no keys.
//!
//! Redis 5 wrote neither the first ID nor how many entries there ever were; Redis 7.0 wrote those, Redis 7.2 added when
//! consumers were active. Written is the form of 7.0.

use alloc::vec::Vec;

use super::kind;
use super::sink::Sink;
use super::source::{Source, Stop};
use crate::error::Error;
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

/// Writes nodes from number `from` on until about `budget` entries are written; says how many nodes there were.
pub(super) fn write_nodes(
    stream: &Stream,
    from: usize,
    sink: &mut Sink,
    budget: usize,
) -> Result<usize, Error> {
    if from == 0 {
        sink.length(stream.nodes_len() as u64)?;
    }
    let (mut written, mut nodes) = (0, 0);
    for (id, list) in stream.nodes().skip(from) {
        if written >= budget {
            break;
        }
        sink.string(&id.to_bytes())?;
        sink.listpack(list)?;
        written += list.len() / 4 + 1;
        nodes += 1;
    }
    Ok(nodes)
}

/// Writes what follows the nodes. O(deliveries).
pub(super) fn write_facts(stream: &Stream, sink: &mut Sink) -> Result<(), Error> {
    sink.length(stream.len() as u64)?;
    for id in [stream.last_id, stream.first_id, stream.max_deleted_id] {
        write_id(sink, id)?;
    }
    sink.length(stream.entries_added)?;
    sink.length(stream.groups_len() as u64)?;
    for (name, group) in stream.groups() {
        sink.string(name)?;
        write_id(sink, group.last_id)?;
        sink.length(group.entries_read.unwrap_or(u64::MAX))?;
        sink.length(group.pending_len() as u64)?;
        for (id, pending) in group.deliveries() {
            sink.raw(&id.to_bytes())?;
            sink.raw(&pending.time_ms.to_le_bytes())?;
            sink.length(pending.count)?;
        }
        sink.length(group.consumers_len() as u64)?;
        for consumer in group.consumers() {
            sink.string(consumer.name())?;
            sink.raw(&consumer.seen_ms.to_le_bytes())?;
            sink.length(consumer.pending_len() as u64)?;
            for id in consumer.pending_from(StreamId::MIN) {
                sink.raw(&id.to_bytes())?;
            }
        }
    }
    Ok(())
}
