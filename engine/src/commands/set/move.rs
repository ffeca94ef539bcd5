//! SMOVE.

use super::limits;
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::set::{Element, Set};

pub(crate) const SPECS: &[Spec] = &[SMOVE];

const SMOVE: Spec = Spec {
    name: "smove",
    summary: "Takes a member out of one set and puts it into another.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "O(1)",
    arity: 4,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1, KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE)),
        KeySpec::at(2, KeyFlags::RW.or(KeyFlags::INSERT)),
    ],
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::string("member"),
    ],
    ..Spec::new(smove)
};

fn smove(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (source, target, member) = (ctx.arg(1), ctx.arg(2), ctx.arg(3));
    let (element, limits) = (Element::Bytes(member), limits(ctx));
    // A key that is found expired goes, so both are looked at before places are taken.
    ctx.keys.find(source);
    let to = ctx.keys.find(target);
    let from = ctx.keys.find(source);
    let found = ctx.keys.collection::<Set>(from)?;
    let has = found.is_some_and(|(set, hasher)| set.contains(hasher, element));
    if found.is_some() {
        ctx.keys.collection::<Set>(to)?;
    }
    if !has || source == target {
        ctx.keys.touch(from);
        ctx.reply.flag(has);
        return Ok(());
    }
    // Into the other set first: that may fail for want of memory.
    let added = match ctx.keys.collection_mut::<Set>(to)? {
        Some((set, hasher)) => set.add(hasher, element, &limits)?,
        None => {
            let mut set = Set::for_members(member, 1, &limits);
            set.add(ctx.keys.hasher(), element, &limits)?;
            ctx.keys.create(to, target, set)?;
            true
        }
    };
    let from = ctx.keys.find(source);
    if let Some((set, hasher)) = ctx.keys.collection_mut::<Set>(from)? {
        set.remove(hasher, element);
    }
    ctx.changed(Event::SREM, source);
    if ctx.keys.remove_if_empty(from) {
        ctx.notify(Event::DEL, source);
    }
    if added {
        ctx.changed(Event::SADD, target);
    }
    ctx.reply.flag(true);
    Ok(())
}
