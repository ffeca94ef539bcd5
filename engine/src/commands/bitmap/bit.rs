//! SETBIT and GETBIT: single bits.

use super::{bytes_len, refusal};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::string::string_len;
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::string::bitfield::parse_offset;
use crate::types::string::bits::{bytes_for_bit, get_bit, set_bit};

pub(crate) const SPECS: &[Spec] = &[SETBIT, GETBIT];

const SETBIT: Spec = Spec {
    name: "setbit",
    summary: "Sets or clears one bit of the string at a key, which grows as far as needed, and gives the old bit.",
    since: "2.2.0",
    group: Group::Bitmap,
    complexity: "O(1)",
    arity: 4,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE),
    )],
    args: &[Arg::key("key", 0), Arg::int("offset"), Arg::int("value")],
    ..Spec::new(setbit)
};

const GETBIT: Spec = Spec {
    name: "getbit",
    summary: "Gives one bit of the string at a key; 0 beyond its end.",
    since: "2.2.0",
    group: Group::Bitmap,
    complexity: "O(1)",
    arity: 3,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0), Arg::int("offset")],
    ..Spec::new(getbit)
};

fn setbit(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    let limit = ctx.config().proto_max_bulk_len;
    let offset = parse_offset(ctx.arg(2), None, limit).map_err(refusal)?;
    let on = match ctx.args.int(3) {
        Ok(bit @ 0..=1) => bit == 1,
        _ => {
            return Err(Error::fixed(&"ERR bit is not an integer or out of range"));
        }
    };
    let len = bytes_len(bytes_for_bit(offset))?;
    let place = ctx.keys.find(key);
    let old_len = string_len(ctx.keys.entry(place))?;
    let was = ctx
        .keys
        .change_string(place, key, len, |bytes| set_bit(bytes, offset, on))?;
    if was != on || old_len.is_none_or(|old| old < len) {
        ctx.changed(Event::SETBIT, key);
    }
    ctx.reply.flag(was);
    Ok(())
}

fn getbit(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let limit = ctx.config().proto_max_bulk_len;
    let offset = parse_offset(ctx.arg(2), None, limit).map_err(refusal)?;
    let entry = ctx.keys.read(ctx.args.at(1));
    let bit = match entry {
        Some(entry) => get_bit(entry.string()?.bytes(&mut [0; 20]), offset),
        None => false,
    };
    ctx.reply.flag(bit);
    Ok(())
}
