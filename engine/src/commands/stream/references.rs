//! XDELEX and XACKDEL, which delete entries with an eye on the groups, and the words that say how.

use alloc::vec::Vec;

use super::{DELETES, GROUP, IDS, KEY, STREAM, strict_ids};
use crate::command::{Arg, Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::Args;
use crate::types::stream::{Deletion, References, Stream, StreamId};

pub(crate) const SPECS: &[Spec] = &[XDELEX, XACKDEL];

/// The words.
pub(super) const CONDITION: Arg = Arg::one_of(
    "condition",
    &[
        Arg::word("keepref", "KEEPREF"),
        Arg::word("delref", "DELREF"),
        Arg::word("acked", "ACKED"),
    ],
)
.optional();

const COUNTED_IDS: Arg = Arg::block("ids", &[Arg::int("numids"), IDS]).after("IDS");

const XDELEX: Spec = Spec {
    name: "xdelex",
    summary: "Deletes entries of a stream, as far as its groups allow.",
    since: "8.2.0",
    complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
    arity: -5,
    flags: Flags::WRITE.or(Flags::FAST),
    keys: DELETES,
    args: &[KEY, CONDITION, COUNTED_IDS],
    handler: xdelex,
    ..STREAM
};

const XACKDEL: Spec = Spec {
    name: "xackdel",
    summary: "Acknowledges entries that a group was delivered, and deletes them as far as the other groups allow.",
    since: "8.2.0",
    complexity: "O(1) for each entry ID processed.",
    arity: -6,
    flags: Flags::WRITE.or(Flags::FAST),
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::UPDATE).or(KeyFlags::DELETE),
    )],
    args: &[KEY, GROUP, CONDITION, COUNTED_IDS],
    handler: xackdel,
    ..STREAM
};

/// What the word at argument `at` means, if it is one of them.
pub(super) fn word(args: Args<'_>, at: usize) -> Option<References> {
    let words = [
        ("KEEPREF", References::Keep),
        ("DELREF", References::Delete),
        ("ACKED", References::Heed),
    ];
    let found = words.into_iter().find(|(word, _)| args.is(at, word));
    found.map(|(_, references)| references)
}

/// A word and `IDS numids id …`, in any order, from argument `at` on.
///
/// # Errors
/// A wrong number of IDs, a wrong ID, or anything else.
fn parse(ctx: &Ctx<'_>, mut at: usize) -> Result<(References, Vec<StreamId>), Error> {
    let (mut references, mut ids) = (None, None);
    while at < ctx.args.len() {
        if let Some(found) = word(ctx.args, at) {
            if references.replace(found).is_some() {
                return Err(Error::Syntax);
            }
            at += 1;
        } else if ctx.args.is(at, "IDS") && ids.is_none() && at + 1 < ctx.args.len() {
            let count = ctx.args.int(at + 1).ok().filter(|count| *count > 0);
            let count = count.ok_or(Error::fixed(
                &"ERR Number of IDs must be a positive integer",
            ))?;
            at += 2;
            let most = ctx.args.len() - at;
            let end = match usize::try_from(count) {
                Ok(count) if count <= most => at + count,
                _ => {
                    return Err(Error::fixed(
                        &"ERR The `numids` parameter must match the number of arguments",
                    ));
                }
            };
            ids = Some((at, end));
            at = end;
        } else {
            return Err(Error::Syntax);
        }
    }
    let (first, end) = ids.ok_or(Error::Syntax)?;
    Ok((references.unwrap_or_default(), strict_ids(ctx, first, end)?))
}

/// Replies what became of an entry.
fn reply(ctx: &mut Ctx<'_>, deletion: Deletion) {
    ctx.reply.int(match deletion {
        Deletion::Missing => -1,
        Deletion::Done => 1,
        Deletion::Heeded => 2,
    });
}

/// What a request did to a stream.
#[derive(Default)]
struct Changes {
    /// Entries went.
    deleted: bool,
    /// Deliveries were taken away.
    forgot: bool,
}

impl Changes {
    fn tell(&self, ctx: &mut Ctx<'_>, key: &[u8]) {
        if self.deleted {
            ctx.changed(Event::XDEL, key);
        } else if self.forgot {
            ctx.changed_unseen();
        }
    }

    /// Deletes an entry.
    fn delete(&mut self, stream: &mut Stream, id: StreamId, references: References) -> Deletion {
        if references == References::Delete {
            self.forgot |= stream.forget(id);
        }
        let was_first = id == stream.first_id;
        let deletion = stream.delete_with(id, references);
        if deletion == Deletion::Done {
            self.deleted = true;
            if was_first || stream.is_empty() {
                stream.deleted();
            }
        }
        deletion
    }
}

fn xdelex(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (references, ids) = parse(ctx, 2)?;
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let mut changes = Changes::default();
    ctx.keys.collection::<Stream>(place)?;
    ctx.reply.array(ids.len());
    for id in ids {
        let deletion = match ctx.keys.collection_mut::<Stream>(place)? {
            Some((stream, _)) => changes.delete(stream, id, references),
            None => Deletion::Missing,
        };
        reply(ctx, deletion);
    }
    changes.tell(ctx, key);
    Ok(())
}

fn xackdel(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (references, ids) = parse(ctx, 3)?;
    let (key, name) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(key);
    let mut changes = Changes::default();
    ctx.keys.collection::<Stream>(place)?;
    ctx.reply.array(ids.len());
    for id in ids {
        let mut deletion = Deletion::Missing;
        if let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)?
            && let Some(mut group) = stream.group_mut(name)
            && group.acknowledge(id)
        {
            changes.forgot = true;
            deletion = match changes.delete(stream, id, references) {
                Deletion::Heeded => Deletion::Heeded,
                // One that was deleted before is as good as deleted now.
                _ => Deletion::Done,
            };
        }
        reply(ctx, deletion);
    }
    changes.tell(ctx, key);
    Ok(())
}
