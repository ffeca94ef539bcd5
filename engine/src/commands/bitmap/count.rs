//! BITCOUNT and BITPOS: counting and finding bits.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::resp::Args;
use crate::types::string::bits::{Unit, count, count_range, position_range};

pub(crate) const SPECS: &[Spec] = &[BITCOUNT, BITPOS];

const UNIT: Arg = Arg::one_of(
    "index_unit",
    &[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")],
)
.optional()
.since("7.0.0");

const BITCOUNT: Spec = Spec {
    name: "bitcount",
    summary: "Counts the bits that are set in the string at a key or in a part of it.",
    since: "2.6.0",
    group: Group::Bitmap,
    complexity: "O(N) where N is the length of the part.",
    history: &[("7.0.0", "Added the `BYTE|BIT` option.")],
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::block("index", &[Arg::int("start"), Arg::int("end"), UNIT]).optional(),
    ],
    ..Spec::new(bitcount)
};

const BITPOS: Spec = Spec {
    name: "bitpos",
    summary: "Finds the first bit that is set, or clear, in the string at a key or in a part of it.",
    since: "2.8.7",
    group: Group::Bitmap,
    complexity: "O(N) where N is the length of the part.",
    history: &[("7.0.0", "Added the `BYTE|BIT` option.")],
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::int("bit"),
        Arg::block(
            "index",
            &[
                Arg::int("start"),
                Arg::block("end_index", &[Arg::int("end"), UNIT]).optional(),
            ],
        )
        .optional(),
    ],
    ..Spec::new(bitpos)
};

fn unit(args: Args<'_>, index: usize) -> Result<Unit, Error> {
    if index >= args.len() || args.is(index, "BYTE") {
        Ok(Unit::Byte)
    } else if args.is(index, "BIT") {
        Ok(Unit::Bit)
    } else {
        Err(Error::Syntax)
    }
}

/// As in Redis 7.0 nothing but the key is looked at where there is no key, and the unit only where the
/// range may hold something.
fn bitcount(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let args = ctx.args;
    let Some(entry) = ctx.keys.read(args.at(1)) else {
        ctx.reply.int(0);
        return Ok(());
    };
    let mut digits = [0; 20];
    let bytes = entry.string()?.bytes(&mut digits);
    let bits = match args.len() {
        2 => count(bytes),
        4 | 5 => {
            let (start, end) = (args.int(2)?, args.int(3)?);
            if start < 0 && end < 0 && start > end {
                0
            } else {
                count_range(bytes, start, end, unit(args, 4)?)
            }
        }
        _ => return Err(Error::Syntax),
    };
    ctx.reply.int(bits as i64);
    Ok(())
}

/// As in Redis 7.0 the range is not looked at where there is no key.
fn bitpos(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let args = ctx.args;
    let bit = match args.int(2)? {
        bit @ 0..=1 => bit == 1,
        _ => return Err(Error::fixed(&"ERR The bit argument must be 1 or 0.")),
    };
    let Some(entry) = ctx.keys.read(args.at(1)) else {
        ctx.reply.int(if bit { -1 } else { 0 });
        return Ok(());
    };
    let mut digits = [0; 20];
    let bytes = entry.string()?.bytes(&mut digits);
    let found = match args.len() {
        3 => position_range(bytes, bit, 0, None, Unit::Byte),
        4 => position_range(bytes, bit, args.int(3)?, None, Unit::Byte),
        5 | 6 => {
            let start = args.int(3)?;
            let unit = unit(args, 5)?;
            position_range(bytes, bit, start, Some(args.int(4)?), unit)
        }
        _ => return Err(Error::Syntax),
    };
    ctx.reply.int(found.map_or(-1, |at| at as i64));
    Ok(())
}
