//! SINTER, SINTERCARD, SUNION and SDIFF; and finding several sets at once.

use alloc::vec::Vec;

use super::{limits, reply_member};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Keyspace, Place};
use crate::resp::{Args, Chunks, Reply};
use crate::types::set::{self, Element, Set};

pub(crate) const SPECS: &[Spec] = &[SINTER, SINTERCARD, SUNION, SDIFF];

const SINTER: Spec = Spec {
    name: "sinter",
    summary: "Gives the members that all of several sets have.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0).multiple()],
    tips: &["nondeterministic_output_order"],
    ..Spec::new(sinter)
};

const SINTERCARD: Spec = Spec {
    name: "sintercard",
    summary: "Counts the members that all of several sets have, up to a limit if wanted.",
    since: "7.0.0",
    arity: -3,
    flags: Flags::READONLY.or(Flags::MOVABLEKEYS),
    keys: &[KeySpec::counted(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::int("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::int("limit").after("LIMIT").optional(),
    ],
    tips: &[],
    handler: sintercard,
    ..SINTER
};

const SUNION: Spec = Spec {
    name: "sunion",
    summary: "Gives the members that any of several sets has.",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    handler: sunion,
    ..SINTER
};

const SDIFF: Spec = Spec {
    name: "sdiff",
    summary: "Gives the members of a set that none of several others has.",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    handler: sdiff,
    ..SINTER
};

/// The places of the sets at `keys`. They count as read, and the places are valid until the keyspace changes.
///
/// # Errors
/// [`Error::WrongType`] if one is no set; [`Error::OutOfMemory`].
pub(super) fn places(keyspace: &mut Keyspace, keys: Args<'_>) -> Result<Vec<Place>, Error> {
    // Looking at a key may find it expired and remove it; after all were looked at places stay valid.
    for key in keys.iter() {
        keyspace.read_collection::<Set>(key)?;
    }
    let mut places = Vec::new();
    places.try_reserve_exact(keys.len())?;
    places.extend(keys.iter().map(|key| keyspace.find(key)));
    Ok(places)
}

/// The sets at places; without those that do not exist.
pub(super) fn sets<'k>(keyspace: &'k Keyspace, places: &[Place]) -> Result<Vec<&'k Set>, Error> {
    let mut sets = Vec::new();
    sets.try_reserve_exact(places.len())?;
    for place in places {
        sets.extend(keyspace.collection::<Set>(*place)?.map(|(set, _)| set));
    }
    Ok(sets)
}

/// Replies with the members that `visit_all` hands over.
fn reply_set(
    reply: &mut Reply<'_>,
    visit_all: impl FnOnce(&mut dyn FnMut(Element<'_>) -> Result<bool, Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut found = Chunks::new();
    let mut members = Reply::new(&mut found, reply.protocol());
    let mut count = 0;
    visit_all(&mut |member| {
        reply_member(&mut members, member);
        count += 1;
        if members.out().failed() {
            return Err(Error::OutOfMemory);
        }
        Ok(true)
    })?;
    reply.set(count);
    reply.out().append(&mut found);
    Ok(())
}

fn sinter(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let places = places(ctx.keys, ctx.args.from(1))?;
    let mut sets = sets(ctx.keys, &places)?;
    if sets.len() < places.len() {
        ctx.reply.set(0);
        return Ok(());
    }
    reply_set(&mut ctx.reply, |visit| {
        set::intersect(&mut sets, ctx.keys.hasher(), visit)
    })
}

fn sintercard(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let args = ctx.args;
    let count = args.int(1).ok().filter(|count| *count > 0);
    let count = count.ok_or(Error::fixed(&"ERR numkeys should be greater than 0"))?;
    if count as u64 > args.len() as u64 - 2 {
        return Err(Error::fixed(
            &"ERR Number of keys can't be greater than number of args",
        ));
    }
    let end = 2 + count as usize;
    let mut limit = 0;
    let mut index = end;
    while index < args.len() {
        if !args.is(index, "LIMIT") || index + 1 == args.len() {
            return Err(Error::Syntax);
        }
        let given = args.int(index + 1).ok();
        let given = given.and_then(|given| u64::try_from(given).ok());
        limit = given.ok_or(Error::fixed(&"ERR LIMIT can't be negative"))?;
        index += 2;
    }
    let places = places(ctx.keys, args.upto(end).from(2))?;
    let mut sets = sets(ctx.keys, &places)?;
    let mut found: u64 = 0;
    if sets.len() == places.len() {
        set::intersect(&mut sets, ctx.keys.hasher(), &mut |_| {
            found += 1;
            Ok(found != limit)
        })?;
    }
    ctx.reply.int(found as i64);
    Ok(())
}

fn sunion(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let places = places(ctx.keys, ctx.args.from(1))?;
    let sets = sets(ctx.keys, &places)?;
    reply_set(&mut ctx.reply, |visit| {
        set::union(&sets, ctx.keys.hasher(), &limits, visit)
    })
}

fn sdiff(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let places = places(ctx.keys, ctx.args.from(1))?;
    let Some((first, _)) = ctx.keys.collection::<Set>(places[0])? else {
        ctx.reply.set(0);
        return Ok(());
    };
    let others = sets(ctx.keys, &places[1..])?;
    reply_set(&mut ctx.reply, |visit| {
        let rest = set::difference(first, &others, ctx.keys.hasher(), &limits, visit)?;
        if let Some(rest) = rest {
            for member in rest.iter() {
                visit(member)?;
            }
        }
        Ok(())
    })
}
