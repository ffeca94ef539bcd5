//! BITOP: combining strings bit by bit.

use alloc::format;
use alloc::vec::Vec;

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Expiry, NewValue, Place};
use crate::types::string::bits::{BitOp, combine};

pub(crate) const SPECS: &[Spec] = &[BITOP];

const BITOP: Spec = Spec {
    name: "bitop",
    summary: "Combines strings bit by bit and stores the result at a key.",
    since: "2.6.0",
    group: Group::Bitmap,
    complexity: "O(N) where N is the length of all strings together.",
    history: &[(
        "8.2.0",
        "Added the `DIFF`, `DIFF1`, `ANDOR` and `ONE` operations.",
    )],
    arity: -4,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[
        KeySpec::at(2, KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::range(3, -1, 1, KeyFlags::RO.or(KeyFlags::ACCESS)),
    ],
    args: &[
        Arg::one_of(
            "operation",
            &[
                Arg::word("and", "AND"),
                Arg::word("or", "OR"),
                Arg::word("xor", "XOR"),
                Arg::word("not", "NOT"),
                Arg::word("diff", "DIFF").since("8.2.0"),
                Arg::word("diff1", "DIFF1").since("8.2.0"),
                Arg::word("andor", "ANDOR").since("8.2.0"),
                Arg::word("one", "ONE").since("8.2.0"),
            ],
        ),
        Arg::key("destkey", 0),
        Arg::key("key", 1).multiple(),
    ],
    ..Spec::new(bitop)
};

/// Operations, their names, and whether they need two sources at least.
const OPERATIONS: [(BitOp, &str, bool); 8] = [
    (BitOp::And, "AND", false),
    (BitOp::Or, "OR", false),
    (BitOp::Xor, "XOR", false),
    (BitOp::Not, "NOT", false),
    (BitOp::Diff, "DIFF", true),
    (BitOp::Diff1, "DIFF1", true),
    (BitOp::AndOr, "ANDOR", true),
    (BitOp::One, "ONE", false),
];

fn bitop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, target) = (ctx.args, ctx.arg(2));
    let named = OPERATIONS.iter().find(|(_, name, _)| args.is(1, name));
    let &(operation, name, two) = named.ok_or(Error::Syntax)?;
    if operation == BitOp::Not && args.len() != 4 {
        return Err(Error::fixed(
            &"ERR BITOP NOT must be called with a single source key.",
        ));
    }
    if two && args.len() < 5 {
        return Err(ctx.refuse(format!(
            "ERR BITOP {name} must be called with at least two source keys."
        )));
    }
    let mut result = combined(ctx, operation)?;
    let len = result.len();
    let place = ctx.keys.find(target);
    if len > 0 {
        let new = NewValue::computed(&mut result);
        ctx.keys.put(place, target, &new, Expiry::Clear)?;
        ctx.changed(Event::SET, target);
    } else if ctx.keys.remove(place) {
        ctx.changed(Event::DEL, target);
    }
    ctx.reply.int(len as i64);
    Ok(())
}

/// What the operation makes of the sources.
fn combined(ctx: &mut Ctx<'_>, operation: BitOp) -> Result<Vec<u8>, Error> {
    let sources = ctx.args.from(3);
    // Looking at a key may find it expired and remove it; after all were looked at places stay valid.
    for key in sources.iter() {
        ctx.keys.read(key);
    }
    let mut places: Vec<Place> = Vec::new();
    let mut digits: Vec<[u8; 20]> = Vec::new();
    let mut strings: Vec<&[u8]> = Vec::new();
    places.try_reserve_exact(sources.len())?;
    digits.try_reserve_exact(sources.len())?;
    strings.try_reserve_exact(sources.len())?;
    places.extend(sources.iter().map(|key| ctx.keys.find(key)));
    digits.resize(sources.len(), [0; 20]);
    for (place, digits) in places.iter().zip(&mut digits) {
        strings.push(match ctx.keys.entry(*place) {
            Some(entry) => entry.string()?.bytes(digits),
            None => &[],
        });
    }
    Ok(combine(operation, &strings)?)
}
