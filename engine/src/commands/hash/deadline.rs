//! Fields whose time has come, when a command meets them: they are gone for it, and most commands delete them. No
//! command is here.

use super::reply_element;
use crate::command::Ctx;
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::resp::{ArgBuf, Reply};
use crate::types::hash_map::Hash;
use crate::types::listpack::Element;

/// Deletes a field whose time has come, and logs that. True if the hash went with it. Nobody is told yet.
#[cold]
fn drop_field(ctx: &mut Ctx<'_>, place: Place, key: &[u8], field: &[u8]) -> bool {
    if ctx.keys.is_frozen() {
        return false;
    }
    log_drop(ctx, key, field);
    ctx.keys.drop_field(place, field)
}

fn log_drop(ctx: &mut Ctx<'_>, key: &[u8], field: &[u8]) {
    if ctx.server.log.is_kept() {
        ctx.settle();
        let mut record = ArgBuf::new();
        let parts = [&b"HDEL"[..], key, field];
        parts.into_iter().for_each(|part| record.push(part));
        let database = ctx.keys.selected();
        ctx.server.log.append(database, record.args());
    }
}

/// Deletes a field whose time has come and tells of it.
#[cold]
pub(super) fn lapse(ctx: &mut Ctx<'_>, key: &[u8], field: &[u8]) {
    if ctx.keys.is_frozen() {
        return;
    }
    let place = ctx.keys.find(key);
    let gone = drop_field(ctx, place, key, field);
    ctx.notify(Event::HEXPIRED, key);
    if gone {
        ctx.notify(Event::DEL, key);
    }
}

/// A field's value; one whose time has come is deleted.
///
/// # Errors
/// [`Error::WrongType`].
pub(super) fn live<'k>(
    ctx: &'k mut Ctx<'_>,
    key: &[u8],
    field: &[u8],
) -> Result<Option<Element<'k>>, Error> {
    let place = ctx.keys.find(key);
    live_at(ctx, place, key, field)
}

/// The same where the key's place is known.
///
/// # Errors
/// [`Error::WrongType`].
pub(super) fn live_at<'k>(
    ctx: &'k mut Ctx<'_>,
    place: Place,
    key: &[u8],
    field: &[u8],
) -> Result<Option<Element<'k>>, Error> {
    let now_ms = ctx.now.unix_ms;
    let is_due = match ctx.keys.collection::<Hash>(place)? {
        Some((hash, hasher)) if hash.is_timed() => hash
            .find(hasher, field)
            .is_some_and(|(_, deadline)| deadline <= now_ms),
        _ => false,
    };
    if is_due {
        lapse(ctx, key, field);
        return Ok(None);
    }
    let hash = ctx.keys.collection::<Hash>(place)?;
    Ok(hash.and_then(|(hash, hasher)| Some(hash.find(hasher, field)?.0)))
}

/// Looks at several fields of one hash, one after the other, and deletes those whose time has come.
pub(super) struct Fields<'a> {
    key: &'a [u8],
    place: Place,
    /// How many were deleted.
    pub(super) lapsed: usize,
    /// The hash went with the last of them.
    pub(super) gone: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(ctx: &mut Ctx<'_>, key: &'a [u8]) -> Self {
        Fields {
            key,
            place: ctx.keys.find(key),
            lapsed: 0,
            gone: false,
        }
    }

    /// Whether there is such a field.
    ///
    /// # Errors
    /// [`Error::WrongType`].
    pub(super) fn has(&mut self, ctx: &mut Ctx<'_>, field: &[u8]) -> Result<bool, Error> {
        self.look(ctx, field, |_, _| ())
    }

    /// Answers with a field's value, or null; says whether there is such a field.
    ///
    /// # Errors
    /// [`Error::WrongType`].
    pub(super) fn reply(&mut self, ctx: &mut Ctx<'_>, field: &[u8]) -> Result<bool, Error> {
        let found = self.look(ctx, field, reply_element)?;
        if !found {
            ctx.reply.null();
        }
        Ok(found)
    }

    fn look(
        &mut self,
        ctx: &mut Ctx<'_>,
        field: &[u8],
        show: fn(&mut Reply<'_>, Element<'_>),
    ) -> Result<bool, Error> {
        if self.gone {
            return Ok(false);
        }
        let now_ms = ctx.now.unix_ms;
        let hash = ctx.keys.collection::<Hash>(self.place)?;
        match hash.and_then(|(hash, hasher)| hash.find(hasher, field)) {
            None => Ok(false),
            Some((value, deadline)) if deadline > now_ms => {
                show(&mut ctx.reply, value);
                Ok(true)
            }
            Some(_) => {
                self.lapsed += usize::from(!ctx.keys.is_frozen());
                self.gone = drop_field(ctx, self.place, self.key, field);
                Ok(false)
            }
        }
    }

    /// Tells that fields were deleted, if there were any.
    pub(super) fn tell(&self, ctx: &mut Ctx<'_>) {
        if self.lapsed > 0 {
            ctx.notify(Event::HEXPIRED, self.key);
        }
    }
}

/// Deletes about `max` fields of a hash whose time has come, and tells of it. True if some may be left.
///
/// # Errors
/// [`Error::WrongType`].
pub(super) fn drop_due(ctx: &mut Ctx<'_>, key: &[u8], max: usize) -> Result<bool, Error> {
    let now_ms = ctx.now.unix_ms;
    let place = ctx.keys.find(key);
    match ctx.keys.collection::<Hash>(place)? {
        Some((hash, _)) if hash.earliest() <= now_ms && !ctx.keys.is_frozen() => {}
        _ => return Ok(false),
    }
    let log = ctx.server.log.is_kept();
    let mut dropped = ArgBuf::new();
    let mut count = 0;
    let (mut from, mut more) = (usize::MAX, false);
    if let Some((hash, hasher)) = ctx.keys.collection_mut::<Hash>(place)? {
        more = hash.expire(hasher, now_ms, max, &mut from, |field| {
            count += 1;
            if log {
                dropped.push(field);
            }
        });
    }
    if count == 0 {
        return Ok(more);
    }
    for field in dropped.args().iter() {
        log_drop(ctx, key, field);
    }
    ctx.keys.stats.expired_fields += count;
    ctx.notify(Event::HEXPIRED, key);
    if ctx.keys.remove_if_empty(place) {
        ctx.notify(Event::DEL, key);
    }
    Ok(more)
}
