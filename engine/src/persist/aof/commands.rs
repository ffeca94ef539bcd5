//! Keys as the commands that make them, for an append-only file without an RDB file in front. Knows no keyspace and runs
//! no command.
//!
//! The commands and their order are those of redis-server 7.0, with HPEXPIREAT for fields that have a deadline.

use alloc::vec::Vec;

use crate::error::Error;
use crate::keyspace::Value;
use crate::number::float::{TEXT_LEN_MAX, write_g17};
use crate::number::{write_i64, write_u64};
use crate::persist::steps::{self, also};
use crate::types::hash_map::{Hash, NEVER};
use crate::types::list::NodeRef;
use crate::types::listpack::Element;
use crate::types::stream::{ID_TEXT_MAX, PastGroup, Pending, Stream, StreamId};
use crate::types::{KeyHasher, ObjectRef};

/// Elements that one command has at most.
const ITEMS_MAX: usize = 64;

/// Bytes of an annotation at most.
const ANNOTATION_MAX: usize = 26;

/// Writes that what follows was done in this second since 1970.
pub fn annotate(second: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"#TS:");
    out.extend_from_slice(write_u64(second, &mut [0; 20]));
    out.extend_from_slice(b"\r\n");
}

/// Records that grow at the end.
#[derive(Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives away what was written and starts anew.
    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.bytes)
    }

    /// One command.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], as for all that follows; what is there then is of no use.
    pub fn command(&mut self, words: &[&[u8]]) -> Result<(), Error> {
        self.line(b'*', words.len())?;
        words.iter().try_for_each(|word| self.word(word))
    }

    /// What follows was done in this second since 1970.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn annotation(&mut self, second: u64) -> Result<(), Error> {
        self.bytes.try_reserve(ANNOTATION_MAX)?;
        annotate(second, &mut self.bytes);
        Ok(())
    }

    /// From here on commands work on this database.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn select(&mut self, database: usize) -> Result<(), Error> {
        self.command(&[b"SELECT", write_u64(database as u64, &mut [0; 20])])
    }

    /// A library of functions.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn function(&mut self, code: &[u8]) -> Result<(), Error> {
        self.command(&[b"FUNCTION", b"LOAD", code])
    }

    /// A key whose value is a string.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn string(&mut self, key: &[u8], value: Value<'_>) -> Result<(), Error> {
        self.command(&[b"SET", key, value.bytes(&mut [0; 20])])
    }

    /// The same for a string of so many bytes, which come as parts.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn begin_string(&mut self, key: &[u8], len: usize) -> Result<(), Error> {
        self.line(b'*', 3)?;
        self.word(b"SET")?;
        self.word(key)?;
        self.line(b'$', len)
    }

    /// A part of that string, perhaps the last.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn string_part(&mut self, part: &[u8], is_last: bool) -> Result<(), Error> {
        self.bytes.try_reserve(part.len() + 2)?;
        self.bytes.extend_from_slice(part);
        if is_last {
            self.bytes.extend_from_slice(b"\r\n");
        }
        Ok(())
    }

    /// When a key disappears, in milliseconds since 1970: for behind its value.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn expiry(&mut self, key: &[u8], at_ms: u64) -> Result<(), Error> {
        self.command(&[b"PEXPIREAT", key, write_u64(at_ms, &mut [0; 20])])
    }

    fn line(&mut self, mark: u8, len: usize) -> Result<(), Error> {
        self.bytes.try_reserve(24)?;
        self.bytes.push(mark);
        self.bytes
            .extend_from_slice(write_u64(len as u64, &mut [0; 20]));
        self.bytes.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Error> {
        self.line(b'$', word.len())?;
        self.bytes.try_reserve(word.len() + 2)?;
        self.bytes.extend_from_slice(word);
        self.bytes.extend_from_slice(b"\r\n");
        Ok(())
    }
}

/// Where the writing of a stream is.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// Its entries from an ID on, and the node that has it.
    Entries(StreamId, StreamId),
    Group,
    Consumers,
    /// What is pending in a group, from this ID on.
    Pending(StreamId),
}

/// Writes one collection part by part. One that changes in the meantime keeps what it was.
#[derive(Debug)]
pub struct Commands {
    /// A scan's cursor, or how many elements or nodes are written; of a stream see [`Stream::walked`].
    cursor: u64,
    of: Of,
    /// The group, or where the next one is looked for; the same for consumers.
    group: Vec<u8>,
    consumer: Vec<u8>,
}

impl Default for Commands {
    fn default() -> Self {
        Commands {
            cursor: 0,
            of: Of::Entries(StreamId::MIN, StreamId::MIN),
            group: Vec::new(),
            consumer: Vec::new(),
        }
    }
}

impl Commands {
    /// How far it is, as the collection counts it.
    pub fn walked(&self) -> u64 {
        self.cursor
    }

    /// Writes about `budget` elements more, and says whether all are written. O(`budget`).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; what is written then is of no use.
    pub fn step(
        &mut self,
        key: &[u8],
        object: ObjectRef<'_>,
        hasher: &KeyHasher,
        out: &mut Records,
        budget: usize,
    ) -> Result<bool, Error> {
        let budget = budget.max(1);
        let (mut left, mut right) = ([0; 20], [0; 20]);
        match object {
            ObjectRef::List(list) => {
                let mut batch = Batch::new(b"RPUSH", key, out);
                let mut written = 0;
                while written < budget && (self.cursor as usize) < list.past_nodes_len() {
                    let node = list.past_node(self.cursor as usize);
                    self.cursor += 1;
                    match node.ok_or(Error::OutOfMemory)? {
                        NodeRef::Packed(list) => {
                            written += list.len();
                            for element in list {
                                batch.item(&[element.text(&mut left)])?;
                            }
                        }
                        NodeRef::Plain(element) => {
                            written += 1;
                            batch.item(&[element])?;
                        }
                    }
                }
                batch.flush()?;
                Ok(self.cursor as usize == list.past_nodes_len())
            }
            ObjectRef::Set(set) => {
                let mut batch = Batch::new(b"SADD", key, out);
                let all = steps::scan(&mut self.cursor, budget, &mut |cursor, written, result| {
                    set.past_scan(hasher, cursor, &mut |member| {
                        *written += 1;
                        also(result, || batch.item(&[member.text(&mut left)]));
                    })
                })?;
                batch.flush()?;
                Ok(all)
            }
            ObjectRef::SortedSet(set) => {
                let mut batch = Batch::new(b"ZADD", key, out);
                let mut result = Ok(());
                let mut item = |member: Element<'_>, score| {
                    let mut text = [0; TEXT_LEN_MAX];
                    let words = [write_g17(score, &mut text), member.text(&mut right)];
                    also(&mut result, || batch.item(&words));
                };
                let all = if set.as_listpack().is_some() {
                    set.iter().for_each(|(member, score)| item(member, score));
                    true
                } else {
                    set.past_part(hasher, &mut self.cursor, budget, &mut item)
                };
                result?;
                batch.flush()?;
                Ok(all)
            }
            ObjectRef::Hash(hash) => self.hash(key, hash, hasher, out, budget),
            ObjectRef::Stream(stream) => self.stream(key, stream, out, budget),
        }
    }

    fn hash(
        &mut self,
        key: &[u8],
        hash: &Hash,
        hasher: &KeyHasher,
        out: &mut Records,
        budget: usize,
    ) -> Result<bool, Error> {
        let mut deadlines = Records::default();
        let mut batch = Batch::new(b"HMSET", key, out);
        let (mut left, mut right) = ([0; 20], [0; 20]);
        let all = steps::scan(&mut self.cursor, budget, &mut |cursor, written, result| {
            hash.past_scan(hasher, cursor, &mut |field, value, deadline| {
                *written += 1;
                let field = field.text(&mut left);
                also(result, || batch.item(&[field, value.text(&mut right)]));
                if deadline != NEVER {
                    let at = write_u64(deadline, &mut right);
                    also(result, || {
                        deadlines.command(&[b"HPEXPIREAT", key, at, b"FIELDS", b"1", field])
                    });
                }
            })
        })?;
        batch.flush()?;
        out.bytes.try_reserve(deadlines.bytes.len())?;
        out.bytes.extend_from_slice(&deadlines.bytes);
        Ok(all)
    }

    fn stream(
        &mut self,
        key: &[u8],
        stream: &Stream,
        out: &mut Records,
        budget: usize,
    ) -> Result<bool, Error> {
        let mut written = 0;
        while written < budget {
            if let Of::Entries(node, start) = self.of {
                let mut next = Some(node);
                while let Some((master, node)) = next.and_then(|from| stream.past_node_from(from)) {
                    for entry in node.entries_from(master, start) {
                        if written >= budget {
                            self.of = Of::Entries(master, entry.id);
                            self.cursor = master.ms;
                            return Ok(false);
                        }
                        written += 1 + entry.len;
                        out.line(b'*', 3 + 2 * entry.len)?;
                        out.word(b"XADD")?;
                        out.word(key)?;
                        out.word(entry.id.write(&mut [0; ID_TEXT_MAX]))?;
                        for part in entry.parts() {
                            out.word(part.text(&mut [0; 20]))?;
                        }
                    }
                    next = master.next();
                }
                facts(key, stream, out)?;
                self.of = Of::Group;
                self.cursor = u64::MAX;
            }
            let Some(group) = stream.past_group_from(&self.group) else {
                return Ok(true);
            };
            match self.of {
                Of::Group => {
                    create_group(key, group, out)?;
                    steps::note(&mut self.group, group.name())?;
                    self.consumer.clear();
                    self.of = Of::Consumers;
                }
                Of::Consumers => match group.consumer_from(&self.consumer) {
                    Some(consumer) => {
                        let (of, name) = (group.name(), consumer.name());
                        out.command(&[b"XGROUP", b"CREATECONSUMER", key, of, name])?;
                        steps::note(&mut self.consumer, name)?;
                        self.consumer.push(0);
                    }
                    None => self.of = Of::Pending(StreamId::MIN),
                },
                Of::Pending(start) => {
                    let mut next = Some(start);
                    while let Some(delivery) = next.and_then(|from| group.delivery_from(from)) {
                        if written >= budget {
                            self.of = Of::Pending(delivery.0);
                            return Ok(false);
                        }
                        claim(key, group, delivery, out)?;
                        written += 1;
                        next = delivery.0.next();
                    }
                    self.group.push(0);
                    self.of = Of::Group;
                }
                Of::Entries(..) => {}
            }
            written += 1;
        }
        Ok(false)
    }
}

/// What of a stream its entries do not say.
fn facts(key: &[u8], stream: &Stream, out: &mut Records) -> Result<(), Error> {
    let facts = stream.past_facts();
    if facts.len == 0 {
        // The only command that makes a stream without entries, and nothing else.
        out.command(&[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"])?;
    }
    let (mut last, mut deleted) = ([0; ID_TEXT_MAX], [0; ID_TEXT_MAX]);
    out.command(&[
        b"XSETID",
        key,
        facts.last_id.write(&mut last),
        b"ENTRIESADDED",
        write_u64(facts.entries_added, &mut [0; 20]),
        b"MAXDELETEDID",
        facts.max_deleted_id.write(&mut deleted),
    ])
}

fn create_group(key: &[u8], group: PastGroup<'_>, out: &mut Records) -> Result<(), Error> {
    let facts = group.facts();
    let (mut last, mut digits) = ([0; ID_TEXT_MAX], [0; 20]);
    let read = match facts.entries_read {
        Some(read) => write_u64(read, &mut digits),
        None => b"-1",
    };
    out.command(&[
        b"XGROUP",
        b"CREATE",
        key,
        group.name(),
        facts.last_id.write(&mut last),
        b"ENTRIESREAD",
        read,
    ])
}

/// A delivery that was not acknowledged.
fn claim(
    key: &[u8],
    group: PastGroup<'_>,
    (id, pending): (StreamId, Pending),
    out: &mut Records,
) -> Result<(), Error> {
    let (mut text, mut time, mut count) = ([0; ID_TEXT_MAX], [0; 20], [0; 20]);
    out.command(&[
        b"XCLAIM",
        key,
        group.name(),
        group.consumer_name(pending.consumer),
        b"0",
        id.write(&mut text),
        b"TIME",
        write_i64(pending.time_ms, &mut time),
        b"RETRYCOUNT",
        write_u64(pending.count, &mut count),
        b"JUSTID",
        b"FORCE",
    ])
}

/// One command for many elements.
struct Batch<'a> {
    name: &'a [u8],
    key: &'a [u8],
    words: Records,
    /// Elements, and their words.
    items: usize,
    words_len: usize,
    out: &'a mut Records,
}

impl<'a> Batch<'a> {
    fn new(name: &'a [u8], key: &'a [u8], out: &'a mut Records) -> Batch<'a> {
        Batch {
            name,
            key,
            words: Records::default(),
            items: 0,
            words_len: 0,
            out,
        }
    }

    fn item(&mut self, words: &[&[u8]]) -> Result<(), Error> {
        words.iter().try_for_each(|word| self.words.word(word))?;
        self.words_len += words.len();
        self.items += 1;
        if self.items == ITEMS_MAX {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the command, if it has elements.
    fn flush(&mut self) -> Result<(), Error> {
        if self.items == 0 {
            return Ok(());
        }
        self.out.line(b'*', 2 + self.words_len)?;
        self.out.word(self.name)?;
        self.out.word(self.key)?;
        self.out.bytes.try_reserve(self.words.bytes.len())?;
        self.out.bytes.extend_from_slice(&self.words.bytes);
        self.words.bytes.clear();
        (self.items, self.words_len) = (0, 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::list::{End, Limits, List};

    const LIMITS: Limits = Limits {
        fill: 100,
        large_bytes: 50,
    };

    fn parts(list: &mut List, mut between: impl FnMut(&mut List, u64)) -> Vec<u8> {
        let (hasher, mut out) = (KeyHasher::new(7), Records::default());
        let mut commands = Commands::default();
        while !commands
            .step(b"key", ObjectRef::List(list), &hasher, &mut out, 256)
            .unwrap()
        {
            between(list, commands.cursor);
        }
        out.take()
    }

    #[test]
    fn a_list_that_changes_while_it_is_written() {
        let mut list = List::large(LIMITS);
        let mut expected = Records::default();
        let value = |number: u64| match number % 1000 {
            0 => [b'x'; 60].to_vec(),
            _ => write_u64(number, &mut [0; 20]).to_vec(),
        };
        // Parts end behind whole nodes, which are of 100 elements, and of one that is large.
        for start in [0u64, 301, 601, 901] {
            let end = (start + 300).max(301);
            let numbers: Vec<u64> = (start..end).collect();
            for batch in numbers.chunks(ITEMS_MAX) {
                let values: Vec<Vec<u8>> = batch.iter().map(|number| value(*number)).collect();
                let mut words: Vec<&[u8]> = [&b"RPUSH"[..], b"key"].to_vec();
                words.extend(values.iter().map(Vec::as_slice));
                expected.command(&words).unwrap();
            }
        }
        for number in 0..1201 {
            list.push(End::Tail, &value(number), LIMITS).unwrap();
        }
        let expected = expected.take();
        assert!(parts(&mut list, |_, _| {}) == expected);
        assert!(list.keep(0).unwrap());
        let kept = parts(&mut list, |list, walked| {
            list.remove(0, 150);
            list.insert(200, b"new", true, LIMITS).unwrap();
            list.remove_equal(b"1100", 1, false);
            list.walked(walked);
        });
        assert!(kept == expected);
        list.release();
        assert!(list.keep(3).unwrap());
        let mut out = Records::default();
        let hasher = KeyHasher::new(7);
        let written =
            Commands::default().step(b"key", ObjectRef::List(&list), &hasher, &mut out, 1);
        assert_eq!(written, Err(Error::OutOfMemory));
    }
}
