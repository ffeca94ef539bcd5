//! BITFIELD and BITFIELD_RO: integers of any width inside of strings.

use super::{bytes_len, refusal};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::string::string_len;
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::{Args, Reply};
use crate::types::string::bitfield::{
    self, FieldType, Overflow, bytes_for_field, parse_offset, value_to_increment, value_to_set,
};

pub(crate) const SPECS: &[Spec] = &[BITFIELD, BITFIELD_RO];

const FIELD: [Arg; 2] = [Arg::string("encoding"), Arg::int("offset")];

const BITFIELD: Spec = Spec {
    name: "bitfield",
    summary: "Reads, sets and increments integers of any width at any bit of the string at a key.",
    since: "3.2.0",
    group: Group::Bitmap,
    complexity: "O(1) for each subcommand",
    arity: -2,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[KeySpec {
        notes: "This command allows both access and modification of the key",
        ..KeySpec::at(
            1,
            KeyFlags::RW
                .or(KeyFlags::ACCESS)
                .or(KeyFlags::UPDATE)
                .or(KeyFlags::VARIABLE_FLAGS),
        )
    }],
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "operation",
            &[
                Arg::block("encoding_offset", &FIELD).after("GET"),
                Arg::block("write", &[OVERFLOW, WRITE]),
            ],
        )
        .optional()
        .multiple(),
    ],
    ..Spec::new(bitfield)
};

const OVERFLOW: Arg = Arg::one_of(
    "wrap_sat_fail",
    &[
        Arg::word("wrap", "WRAP"),
        Arg::word("sat", "SAT"),
        Arg::word("fail", "FAIL"),
    ],
)
.after("OVERFLOW")
.optional();

const WRITE: Arg = Arg::one_of(
    "write_operation",
    &[
        Arg::block(
            "encoding_offset_value",
            &[FIELD[0], FIELD[1], Arg::int("value")],
        )
        .after("SET"),
        Arg::block(
            "encoding_offset_increment",
            &[FIELD[0], FIELD[1], Arg::int("increment")],
        )
        .after("INCRBY"),
    ],
);

const BITFIELD_RO: Spec = Spec {
    name: "bitfield_ro",
    summary: "Reads integers of any width at any bit of the string at a key.",
    since: "6.0.0",
    group: Group::Bitmap,
    complexity: "O(1) for each subcommand",
    arity: -2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg {
            multiple_token: true,
            ..Arg::block("encoding_offset", &FIELD)
                .after("GET")
                .optional()
                .multiple()
        },
    ],
    ..Spec::new(bitfield_ro)
};

#[derive(Clone, Copy)]
enum Action {
    Get,
    Set(i64),
    Increment(i64),
}

#[derive(Clone, Copy)]
struct Operation {
    action: Action,
    field: FieldType,
    offset: u64,
    overflow: Overflow,
}

/// The operations that the arguments name, read one after the other. Reading them twice, once to check
/// them all and once to run them, needs no list.
struct Operations<'a> {
    args: Args<'a>,
    index: usize,
    overflow: Overflow,
    /// proto-max-bulk-len in bytes.
    len_max: u64,
}

impl<'a> Operations<'a> {
    fn new(args: Args<'a>, len_max: u64) -> Self {
        Operations {
            args,
            index: 2,
            overflow: Overflow::default(),
            len_max,
        }
    }

    fn read(&mut self) -> Result<Option<Operation>, Error> {
        let args = self.args;
        while self.index < args.len() {
            let at = self.index;
            let behind = args.len() - at - 1;
            if args.is(at, "OVERFLOW") && behind >= 1 {
                self.overflow = Overflow::parse(args.at(at + 1)).map_err(refusal)?;
                self.index += 2;
                continue;
            }
            let values = if args.is(at, "GET") && behind >= 2 {
                0
            } else if (args.is(at, "SET") || args.is(at, "INCRBY")) && behind >= 3 {
                1
            } else {
                return Err(Error::Syntax);
            };
            let field = FieldType::parse(args.at(at + 1)).map_err(refusal)?;
            let offset =
                parse_offset(args.at(at + 2), Some(field), self.len_max).map_err(refusal)?;
            let action = match values {
                0 => Action::Get,
                _ if args.is(at, "SET") => Action::Set(args.int(at + 3)?),
                _ => Action::Increment(args.int(at + 3)?),
            };
            self.index += 3 + values;
            return Ok(Some(Operation {
                action,
                field,
                offset,
                overflow: self.overflow,
            }));
        }
        Ok(None)
    }
}

impl Operation {
    /// Runs it and replies. Whether the string is another one now.
    fn run(self, bytes: &mut [u8], reply: &mut Reply<'_>) -> bool {
        let (field, offset) = (self.field, self.offset);
        let old = bitfield::get(bytes, field, offset);
        let (new, shown) = match self.action {
            Action::Get => {
                reply.int(old);
                return false;
            }
            Action::Set(value) => (value_to_set(field, value, self.overflow), Some(old)),
            Action::Increment(by) => {
                let new = value_to_increment(field, old, by, self.overflow);
                (new, new)
            }
        };
        match (new, shown) {
            (Some(new), Some(shown)) => {
                bitfield::set(bytes, field, offset, new);
                reply.int(shown);
                bitfield::get(bytes, field, offset) != old
            }
            _ => {
                reply.null();
                false
            }
        }
    }
}

/// What a first reading of all operations finds.
#[derive(Default)]
struct Checked {
    count: usize,
    /// The length that writing needs; `None` where nothing is written.
    write_len: Option<u64>,
}

fn check(args: Args<'_>, len_max: u64) -> Result<Checked, Error> {
    let mut operations = Operations::new(args, len_max);
    let mut checked = Checked::default();
    while let Some(operation) = operations.read()? {
        checked.count += 1;
        if !matches!(operation.action, Action::Get) {
            let len = bytes_for_field(operation.field, operation.offset);
            checked.write_len = checked.write_len.max(Some(len));
        }
    }
    Ok(checked)
}

fn bitfield(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, key) = (ctx.args, ctx.arg(1));
    let len_max = ctx.config().proto_max_bulk_len;
    let checked = check(args, len_max)?;
    let Some(write_len) = checked.write_len else {
        return read(ctx, checked.count, len_max);
    };
    let len = bytes_len(write_len)?;
    let place = ctx.keys.find(key);
    let old_len = string_len(ctx.keys.entry(place))?;
    ctx.reply.array(checked.count);
    let mut operations = Operations::new(args, len_max);
    let changed = ctx.keys.change_string(place, key, len, |bytes| {
        let mut changed = false;
        while let Ok(Some(operation)) = operations.read() {
            changed |= operation.run(bytes, &mut ctx.reply);
        }
        changed
    })?;
    if changed || old_len.is_none_or(|old| old < len) {
        ctx.changed(Event::SETBIT, key);
    }
    Ok(())
}

fn bitfield_ro(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let len_max = ctx.config().proto_max_bulk_len;
    let checked = check(ctx.args, len_max)?;
    if checked.write_len.is_some() {
        return Err(Error::fixed(
            &"ERR BITFIELD_RO only supports the GET subcommand",
        ));
    }
    read(ctx, checked.count, len_max)
}

/// Runs `count` operations that only read.
fn read(ctx: &mut Ctx<'_>, count: usize, len_max: u64) -> Result<(), Error> {
    let mut operations = Operations::new(ctx.args, len_max);
    let mut digits = [0; 20];
    let bytes = match ctx.keys.read(ctx.args.at(1)) {
        Some(entry) => entry.string()?.bytes(&mut digits),
        None => &[],
    };
    ctx.reply.array(count);
    while let Some(operation) = operations.read()? {
        ctx.reply
            .int(bitfield::get(bytes, operation.field, operation.offset));
    }
    Ok(())
}
