//! PFADD, PFCOUNT and PFMERGE.

use alloc::vec::Vec;

use super::{copied, put, refusal, sparse_bytes_max, with_bytes};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::resp::Args;
use crate::types::hyperloglog::{self, DENSE_LEN, EMPTY, Encoding, Union};

pub(crate) const SPECS: &[Spec] = &[PFADD, PFCOUNT, PFMERGE];

const PFADD: Spec = Spec {
    name: "pfadd",
    summary: "Counts elements into a HyperLogLog, which comes into being if there is none.",
    since: "2.8.9",
    group: Group::Hyperloglog,
    complexity: "O(1) to add every element.",
    arity: -2,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::INSERT))],
    args: &[
        Arg::key("key", 0),
        Arg::string("element").optional().multiple(),
    ],
    ..Spec::new(pfadd)
};

const PFCOUNT: Spec = Spec {
    name: "pfcount",
    summary: "Estimates how many different elements one or several HyperLogLogs have counted.",
    since: "2.8.9",
    group: Group::Hyperloglog,
    complexity: "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.",
    arity: -2,
    flags: Flags::READONLY.or(Flags::MAY_REPLICATE),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec {
        notes: "RW because it may change the internal representation of the key, and propagate to replicas",
        ..KeySpec::range(1, -1, 1, KeyFlags::RW.or(KeyFlags::ACCESS))
    }],
    args: &[Arg::key("key", 0).multiple()],
    ..Spec::new(pfcount)
};

const PFMERGE: Spec = Spec {
    name: "pfmerge",
    summary: "Makes a HyperLogLog the union of itself and others.",
    since: "2.8.9",
    group: Group::Hyperloglog,
    complexity: "O(N) to merge N HyperLogLogs, but with high constant times.",
    arity: -2,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::HYPERLOGLOG,
    keys: &[
        KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::INSERT)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.or(KeyFlags::ACCESS)),
    ],
    args: &[Arg::key("destkey", 0), Arg::key("sourcekey", 1).multiple()],
    ..Spec::new(pfmerge)
};

fn pfadd(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, elements) = (ctx.arg(1), ctx.args.from(2));
    let place = ctx.keys.find(key);
    let dense = match ctx.keys.entry(place) {
        Some(entry) => with_bytes(entry, hyperloglog::check)?.map_err(refusal)? == Encoding::Dense,
        None => false,
    };
    let updated = if dense {
        ctx.keys.change_string(place, key, DENSE_LEN, |hll| {
            let added = elements
                .iter()
                .filter(|element| hyperloglog::add_in_place(hll, element) == Some(true))
                .count();
            if added > 0 {
                hyperloglog::invalidate(hll);
            }
            added
        })?
    } else {
        add_sparse(ctx, place, key, elements)?
    };
    if updated > 0 {
        ctx.changed(Event::PFADD, key);
        ctx.changes += updated as u64 - 1;
    }
    ctx.reply.flag(updated > 0);
    Ok(())
}

/// Counts elements into sparse registers or ones that come into being, and gives the number of changes.
fn add_sparse(
    ctx: &mut Ctx<'_>,
    place: Place,
    key: &[u8],
    elements: Args<'_>,
) -> Result<usize, Error> {
    let bytes_max = sparse_bytes_max(ctx);
    let entry = ctx.keys.entry(place);
    let raw = entry.is_some_and(|entry| entry.encoding() == "raw");
    let (mut hll, mut updated) = match entry {
        Some(entry) => (copied(entry)?, 0),
        None => (empty()?, 1),
    };
    let mut result = Ok(());
    for element in elements.iter() {
        match hyperloglog::add(&mut hll, element, bytes_max) {
            Ok(added) => updated += usize::from(added),
            Err(error) => {
                result = Err(refusal(error));
                break;
            }
        }
    }
    if updated > 0 {
        hyperloglog::invalidate(&mut hll);
    }
    if updated > 0 || !raw {
        put(ctx, place, key, &mut hll)?;
    } else {
        ctx.keys.touch(place);
    }
    result.map(|()| updated)
}

fn empty() -> Result<Vec<u8>, Error> {
    let mut hll = Vec::new();
    hll.try_reserve(EMPTY.len())?;
    hll.extend_from_slice(&EMPTY);
    Ok(hll)
}

fn pfcount(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 2 {
        let union = union(ctx, ctx.args.from(1))?;
        ctx.reply.int(union.count() as i64);
        return Ok(());
    }
    let key = ctx.arg(1);
    let place = ctx.keys.find_counted(key);
    ctx.keys.touch(place);
    let Some(entry) = ctx.keys.entry(place) else {
        ctx.reply.int(0);
        return Ok(());
    };
    let len = entry.string()?.bytes_len();
    if let Some(count) = with_bytes(entry, hyperloglog::cached_count)? {
        if entry.encoding() != "raw" {
            ctx.keys.change_string(place, key, len, |_| ())?;
        }
        ctx.reply.int(count as i64);
        return Ok(());
    }
    let count = with_bytes(entry, hyperloglog::count)?.map_err(refusal)?;
    ctx.keys.change_string(place, key, len, |hll| {
        hyperloglog::set_cached_count(hll, count);
    })?;
    ctx.changed_quietly(key);
    ctx.reply.int(count as i64);
    Ok(())
}

/// The union of all HyperLogLogs at `keys`; a key that does not exist has counted nothing.
fn union(ctx: &mut Ctx<'_>, keys: Args<'_>) -> Result<Union, Error> {
    let mut union = Union::new().map_err(refusal)?;
    for key in keys.iter() {
        if let Some(entry) = ctx.keys.read(key) {
            with_bytes(entry, |hll| union.merge(hll))?.map_err(refusal)?;
        }
    }
    Ok(union)
}

fn pfmerge(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let target = ctx.arg(1);
    let union = union(ctx, ctx.args.from(1))?;
    let place = ctx.keys.find(target);
    let mut hll = match ctx.keys.entry(place) {
        Some(entry) => copied(entry)?,
        None => empty()?,
    };
    union
        .store(&mut hll, sparse_bytes_max(ctx))
        .map_err(refusal)?;
    put(ctx, place, target, &mut hll)?;
    ctx.changed(Event::PFADD, target);
    ctx.reply.ok();
    Ok(())
}
