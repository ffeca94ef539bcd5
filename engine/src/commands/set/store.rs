//! SINTERSTORE, SUNIONSTORE and SDIFFSTORE.

use super::combine::{places, sets};
use super::limits;
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::set::{self, Set};

pub(crate) const SPECS: &[Spec] = &[SINTERSTORE, SUNIONSTORE, SDIFFSTORE];

const SOURCES: KeySpec = KeySpec::range(2, -1, 1, KeyFlags::RO.or(KeyFlags::ACCESS));

const SINTERSTORE: Spec = Spec {
    name: "sinterstore",
    summary: "Stores the members that all of several sets have at a key.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    arity: -3,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE)), SOURCES],
    args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
    ..Spec::new(sinterstore)
};

const SUNIONSTORE: Spec = Spec {
    name: "sunionstore",
    summary: "Stores the members that any of several sets has at a key.",
    complexity: "O(N) where N is the total number of elements in all given sets.",
    keys: &[KeySpec::at(1, KeyFlags::OW.or(KeyFlags::UPDATE)), SOURCES],
    handler: sunionstore,
    ..SINTERSTORE
};

const SDIFFSTORE: Spec = Spec {
    name: "sdiffstore",
    summary: "Stores the members of a set that none of several others has at a key.",
    handler: sdiffstore,
    ..SUNIONSTORE
};

/// Stores a result at the first key in place of whatever is there; an empty one deletes it.
fn store(ctx: &mut Ctx<'_>, result: Set, event: Event) -> Result<(), Error> {
    let target = ctx.arg(1);
    let len = result.len();
    let place = ctx.keys.find(target);
    if len > 0 {
        ctx.keys.create(place, target, result)?;
        ctx.changed(event, target);
    } else if ctx.keys.remove(place) {
        ctx.changed(Event::DEL, target);
    }
    ctx.reply.int(len as i64);
    Ok(())
}

fn sinterstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let places = places(ctx.keys, ctx.args.from(2))?;
    let mut sets = sets(ctx.keys, &places)?;
    let mut result = Set::default();
    if sets.len() == places.len() {
        let hasher = ctx.keys.hasher();
        let smallest = sets.iter().min_by_key(|set| set.len());
        if smallest.is_some_and(|set| set.as_intset().is_none()) {
            result = Set::list();
        }
        set::intersect(&mut sets, hasher, &mut |member| {
            result.add_new(hasher, member, &limits)
        })?;
        result.make_intset(&limits)?;
        result.shrink_to_fit();
    }
    store(ctx, result, Event::SINTERSTORE)
}

fn sunionstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let places = places(ctx.keys, ctx.args.from(2))?;
    let mut result = Set::default();
    let hasher = ctx.keys.hasher();
    let sets = sets(ctx.keys, &places)?;
    set::union(&sets, hasher, &limits, &mut |member| {
        result.add_new(hasher, member, &limits)
    })?;
    store(ctx, result, Event::SUNIONSTORE)
}

fn sdiffstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limits = limits(ctx);
    let places = places(ctx.keys, ctx.args.from(2))?;
    let mut result = Set::default();
    if let Some((first, hasher)) = ctx.keys.collection::<Set>(places[0])? {
        let others = sets(ctx.keys, &places[1..])?;
        let rest = set::difference(first, &others, hasher, &limits, &mut |member| {
            result.add_new(hasher, member, &limits)
        })?;
        result = rest.unwrap_or(result);
    }
    store(ctx, result, Event::SDIFFSTORE)
}
