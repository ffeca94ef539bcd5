//! SPOP and SRANDMEMBER.

use alloc::vec::Vec;

use super::member::removal;
use super::reply_member;
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::types::set::{Popped, Set};

pub(crate) const SPECS: &[Spec] = &[SPOP, SRANDMEMBER];

/// Members in one record of the log.
const RECORD_MEMBERS: usize = 1024;
/// From so many members on, memory for the reply is asked for before it is written.
const MANY: u64 = 1 << 16;
/// Bytes of the smallest member's reply.
const MEMBER_BYTES_MIN: u64 = 6;

const SPOP: Spec = Spec {
    name: "spop",
    summary: "Takes random members out of a set and gives them.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
    history: &[("3.2.0", "Takes a `count`.")],
    arity: -2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[
        Arg::key("key", 0),
        Arg::int("count").optional().since("3.2.0"),
    ],
    tips: &["nondeterministic_output"],
    ..Spec::new(spop)
};

const SRANDMEMBER: Spec = Spec {
    name: "srandmember",
    summary: "Gives random members of a set.",
    since: "1.0.0",
    group: Group::Set,
    complexity: "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
    history: &[("2.6.0", "Takes a `count`.")],
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::int("count").optional().since("2.6.0"),
    ],
    tips: &["nondeterministic_output"],
    ..Spec::new(srandmember)
};

fn spop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 3 {
        return Err(Error::Syntax);
    }
    if ctx.args.len() == 3 {
        return spop_count(ctx);
    }
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    let random = &mut ctx.server.random;
    let popped = match ctx.keys.collection_mut::<Set>(place)? {
        Some((set, hasher)) => set.pop(hasher, || random.next_u64())?,
        None => None,
    };
    let Some(popped) = popped else {
        ctx.reply.null();
        return Ok(());
    };
    reply_member(&mut ctx.reply, popped.element());
    ctx.changed(Event::SPOP, key);
    let emptied = ctx.keys.remove_if_empty(place);
    ctx.record(&[b"SREM", key, popped.element().text(&mut [0; 20])]);
    if emptied {
        ctx.notify(Event::DEL, key);
    }
    Ok(())
}

fn spop_count(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    const REFUSED: Error = Error::fixed(&"ERR value is out of range, must be positive");
    let (key, count) = (ctx.arg(1), ctx.args.int(2).map_err(|_| REFUSED)?);
    let count = u64::try_from(count).map_err(|_| REFUSED)?;
    let place = ctx.keys.find(key);
    let len = match ctx.keys.collection_mut::<Set>(place)? {
        Some((set, _)) => set.len(),
        None => 0,
    };
    if count == 0 || len == 0 {
        ctx.reply.set(0);
        return Ok(());
    }
    if count < len as u64 {
        return pop_some(ctx, place, key, count as usize);
    }
    if let Some((set, _)) = ctx.keys.collection::<Set>(place)? {
        ctx.reply.set(len);
        let reply = &mut ctx.reply;
        set.iter().for_each(|member| reply_member(reply, member));
    }
    ctx.keys.remove(place);
    ctx.changed(Event::SPOP, key);
    ctx.changes += len as u64 - 1;
    ctx.notify(Event::DEL, key);
    let lazily = ctx.config().lazyfree_lazy_server_del;
    ctx.record(&[if lazily { b"UNLINK" } else { b"DEL" }, key]);
    Ok(())
}

/// Pops `count` members, fewer than there are, in pieces that are logged one by one.
fn pop_some(ctx: &mut Ctx<'_>, place: Place, key: &[u8], count: usize) -> Result<(), Error> {
    let mut piece: Vec<Popped> = Vec::new();
    piece.try_reserve_exact(count.min(RECORD_MEMBERS))?;
    ctx.reply.set(count);
    ctx.changed(Event::SPOP, key);
    ctx.changes += count as u64 - 1;
    let (mut left, mut result) = (count, Ok(()));
    while left > 0 && result.is_ok() {
        let random = &mut ctx.server.random;
        let Some((set, hasher)) = ctx.keys.collection_mut::<Set>(place)? else {
            break;
        };
        while piece.len() < left.min(RECORD_MEMBERS) {
            match set.pop(hasher, || random.next_u64()) {
                Ok(popped) => piece.extend(popped),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        left -= piece.len();
        log_piece(ctx, key, &piece)?;
        let reply = &mut ctx.reply;
        let members = piece.drain(..);
        members.for_each(|popped| reply_member(reply, popped.element()));
    }
    result
}

/// Logs that these members are gone.
fn log_piece(ctx: &mut Ctx<'_>, key: &[u8], piece: &[Popped]) -> Result<(), Error> {
    let mut digits: Vec<[u8; 20]> = Vec::new();
    if ctx.server.log.is_kept() {
        digits.try_reserve_exact(piece.len())?;
        digits.resize(piece.len(), [0; 20]);
    }
    let members = piece.iter().zip(&mut digits);
    let members = members.map(|(popped, digits)| popped.element().text(digits));
    ctx.record_all(removal(key, members));
    Ok(())
}

fn srandmember(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() > 3 {
        return Err(Error::Syntax);
    }
    if ctx.args.len() == 3 {
        return srandmember_count(ctx);
    }
    let random = &mut ctx.server.random;
    let found = ctx.keys.read_collection::<Set>(ctx.args.at(1))?;
    let member = found.and_then(|(set, _)| set.random(|| random.next_u64()));
    match member {
        Some(member) => reply_member(&mut ctx.reply, member),
        None => ctx.reply.null(),
    }
    Ok(())
}

fn srandmember_count(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let count = ctx.args.int(2)?;
    if count == i64::MIN {
        return Err(Error::fixed(
            &"ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ));
    }
    let random = &mut ctx.server.random;
    let found = ctx.keys.read_collection::<Set>(ctx.args.at(1))?;
    let Some((set, hasher)) = found else {
        ctx.reply.array(0);
        return Ok(());
    };
    let reply = &mut ctx.reply;
    if count >= 0 {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(set.len());
        reply.array(count);
        return set.sample(
            hasher,
            count,
            || random.next_u64(),
            |member| reply_member(reply, member),
        );
    }
    let count = count.unsigned_abs();
    expect_members(count)?;
    reply.array(count as usize);
    for _ in 0..count {
        if let Some(member) = set.random(|| random.next_u64()) {
            reply_member(reply, member);
        }
        if reply.out().failed() {
            break;
        }
    }
    Ok(())
}

/// Refuses a reply of so many members where even the smallest ones would not fit into memory.
fn expect_members(count: u64) -> Result<(), Error> {
    if count >= MANY {
        let bytes = count.checked_mul(MEMBER_BYTES_MIN);
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        Vec::<u8>::new().try_reserve_exact(bytes.ok_or(Error::OutOfMemory)?)?;
    }
    Ok(())
}
