//! SADD, SREM, SISMEMBER, SMISMEMBER, SCARD and SMEMBERS.

use core::iter;

use super::{limits, reply_member};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::resp::Args;
use crate::types::set::{Element, Limits, Set};

pub(crate) const SPECS: &[Spec] = &[SADD, SREM, SISMEMBER, SMISMEMBER, SCARD, SMEMBERS];

const SADD: Spec = Spec {
    name: "sadd",
    summary: "Adds members to a set, which comes into being if there is none.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    history: &[("2.4.0", "Takes more than one `member`.")],
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::INSERT))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    ..Spec::new(sadd)
};

const SREM: Spec = Spec {
    name: "srem",
    summary: "Takes members out of a set; deletes the set with the last one.",
    complexity: "O(N) where N is the number of members to be removed.",
    flags: Flags::WRITE.or(Flags::FAST),
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::DELETE))],
    handler: srem,
    member: 2,
    ..SADD
};

const SISMEMBER: Spec = Spec {
    name: "sismember",
    summary: "Tells whether a set has a member.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member")],
    ..Spec::new(sismember)
};

const SMISMEMBER: Spec = Spec {
    name: "smismember",
    summary: "Tells for each of several members whether a set has it.",
    since: "6.2.0",
    complexity: "O(N) where N is the number of elements being checked for membership",
    arity: -3,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    handler: smismember,
    ..SISMEMBER
};

const SCARD: Spec = Spec {
    name: "scard",
    summary: "Counts a set's members.",
    arity: 2,
    args: &[Arg::key("key", 0)],
    handler: scard,
    ..SISMEMBER
};

const SMEMBERS: Spec = Spec {
    name: "smembers",
    summary: "Gives all members of a set.",
    complexity: "O(N) where N is the set cardinality.",
    arity: 2,
    flags: Flags::READONLY,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output_order"],
    handler: smembers,
    ..SISMEMBER
};

fn sadd(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, members, limits) = (ctx.arg(1), ctx.args.from(2), limits(ctx));
    let place = ctx.keys.find(key);
    if !place.exists() {
        let mut set = Set::for_members(members.at(0), members.len(), &limits);
        let mut added = 0;
        for member in members.iter() {
            let new = set.add(ctx.keys.hasher(), Element::Bytes(member), &limits)?;
            added += usize::from(new);
        }
        ctx.keys.create(place, key, set)?;
        changed(ctx, Event::SADD, key, added);
        ctx.reply.int(added as i64);
        return Ok(());
    }
    let mut added = 0;
    let result = add_all(ctx, place, members, &limits, &mut added);
    if let Err((error, tried)) = result {
        if added > 0 {
            // What was added until memory ran out stays.
            changed(ctx, Event::SADD, key, added);
            let head = [&b"SADD"[..], key];
            ctx.record_all(head.into_iter().chain(members.upto(tried).iter()));
        }
        return Err(error);
    }
    if added > 0 {
        changed(ctx, Event::SADD, key, added);
    }
    ctx.reply.int(added as i64);
    Ok(())
}

/// Adds members to the set at a place and counts those that were not in it. An error comes with the number of
/// members that were dealt with before.
#[inline]
fn add_all(
    ctx: &mut Ctx<'_>,
    place: Place,
    members: Args<'_>,
    limits: &Limits,
    added: &mut usize,
) -> Result<(), (Error, usize)> {
    let found = ctx.keys.collection_mut::<Set>(place);
    let Some((set, hasher)) = found.map_err(|error| (error, 0))? else {
        return Ok(());
    };
    let expected = set.expect(hasher, members.len(), limits);
    expected.map_err(|error| (error, 0))?;
    for (tried, member) in members.iter().enumerate() {
        let new = set.add(hasher, Element::Bytes(member), limits);
        *added += usize::from(new.map_err(|error| (error, tried))?);
    }
    Ok(())
}

/// Tells of an event that `count` members are part of.
#[inline]
fn changed(ctx: &mut Ctx<'_>, event: Event, key: &[u8], count: usize) {
    ctx.changed(event, key);
    ctx.changes += count as u64 - 1;
}

fn srem(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let mut removed = 0;
    if let Some((set, hasher)) = ctx.keys.collection_mut::<Set>(place)? {
        for member in ctx.args.from(2).iter() {
            if set.remove(hasher, Element::Bytes(member)) {
                removed += 1;
                if set.is_empty() {
                    break;
                }
            }
        }
    }
    if removed > 0 {
        changed(ctx, Event::SREM, key, removed);
        if ctx.keys.remove_if_empty(place) {
            ctx.notify(Event::DEL, key);
        }
    }
    ctx.reply.int(removed as i64);
    Ok(())
}

fn sismember(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let found = ctx.keys.read_collection::<Set>(ctx.args.at(1))?;
    let member = Element::Bytes(ctx.args.at(2));
    let is_member = found.is_some_and(|(set, hasher)| set.contains(hasher, member));
    ctx.reply.flag(is_member);
    Ok(())
}

fn smismember(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let members = ctx.args.from(2);
    let found = ctx.keys.read_collection::<Set>(ctx.args.at(1))?;
    ctx.reply.array(members.len());
    for member in members.iter() {
        let member = Element::Bytes(member);
        let is_member = found.is_some_and(|(set, hasher)| set.contains(hasher, member));
        ctx.reply.flag(is_member);
    }
    Ok(())
}

fn scard(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let found = ctx.keys.read_collection::<Set>(ctx.args.at(1))?;
    ctx.reply.int(found.map_or(0, |(set, _)| set.len()) as i64);
    Ok(())
}

fn smembers(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let found = ctx.keys.read_collection::<Set>(ctx.args.at(1))?;
    ctx.reply.set(found.map_or(0, |(set, _)| set.len()));
    if let Some((set, _)) = found {
        let reply = &mut ctx.reply;
        set.iter().for_each(|member| reply_member(reply, member));
    }
    Ok(())
}

/// The words of a record that takes `members` out of the set at `key`.
pub(super) fn removal<'r>(
    key: &'r [u8],
    members: impl Iterator<Item = &'r [u8]>,
) -> impl Iterator<Item = &'r [u8]> {
    iter::once(&b"SREM"[..]).chain([key]).chain(members)
}
