//! SCAN, and the cursor and options that all scans share.

use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::glob;
use crate::number::{parse_u64, write_u64};
use crate::resp::{Args, Chunks, Reply};

pub(crate) const SPECS: &[Spec] = &[SCAN];

/// Keys that a call meets at least, where there are so many.
const COUNT_DEFAULT: u64 = 10;
/// A call looks at this many buckets for each key it was asked for, and then stops even if it found fewer.
const BUCKETS_PER_KEY: u64 = 10;

const SCAN: Spec = Spec {
    name: "scan",
    summary: "Walks through the keys of the selected database, some in each call.",
    since: "2.8.0",
    group: Group::Generic,
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    history: &[("6.0.0", "Added `TYPE`.")],
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    args: &[
        Arg::int("cursor"),
        Arg::new("pattern", ArgKind::Pattern)
            .after("MATCH")
            .optional(),
        Arg::int("count").after("COUNT").optional(),
        Arg::string("type").after("TYPE").optional().since("6.0.0"),
    ],
    tips: &["nondeterministic_output", "request_policy:special"],
    ..Spec::new(scan)
};

fn scan(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let cursor = cursor(ctx.arg(1))?;
    let options = ScanOptions::parse(ctx.args, 2, true)?;
    let keys = &mut *ctx.keys;
    walk(
        &mut ctx.reply,
        cursor,
        options.count,
        &mut |cursor, list| {
            let mut elements = 0;
            let (cursor, met) = keys.scan(
                cursor,
                |entry| options.wants(entry.key()) && options.wants_type(entry.type_name()),
                |entry| {
                    list.bulk(entry.key());
                    elements += 1;
                },
            );
            Step {
                cursor,
                met: met as u64,
                elements,
            }
        },
    )
}

/// What lies at a cursor.
#[derive(Default)]
pub(crate) struct Step {
    /// Where to go on; 0 at the end.
    pub(crate) cursor: u64,
    /// How much there was, wanted or not.
    pub(crate) met: u64,
    /// How many elements of the reply's list that made.
    pub(crate) elements: usize,
}

/// Replies with the next cursor and a list of what is met on the way to it: steps from `cursor` on, until `count` have been
/// met or many buckets were empty. `step` looks at one and writes what is wanted of it to the list.
///
/// # Errors
/// No memory for the list.
pub(crate) fn walk(
    reply: &mut Reply<'_>,
    mut cursor: u64,
    count: u64,
    step: &mut dyn FnMut(u64, &mut Reply<'_>) -> Step,
) -> Result<(), Error> {
    let mut found = Chunks::new();
    let mut list = Reply::new(&mut found, reply.protocol());
    let (mut elements, mut met) = (0, 0);
    let mut buckets_left = count.saturating_mul(BUCKETS_PER_KEY);
    loop {
        let here = step(cursor, &mut list);
        cursor = here.cursor;
        met += here.met;
        elements += here.elements;
        if cursor == 0 || buckets_left == 0 || met >= count {
            break;
        }
        buckets_left -= 1;
    }
    if found.failed() {
        return Err(Error::OutOfMemory);
    }
    reply.array(2);
    reply.bulk(write_u64(cursor, &mut [0; 20]));
    reply.array(elements);
    reply.out().append(&mut found);
    Ok(())
}

/// The reply for a key that does not exist: the walk is over, and nothing was met.
pub(crate) fn reply_nothing(reply: &mut Reply<'_>) -> Result<(), Error> {
    reply.array(2);
    reply.bulk(b"0");
    reply.array(0);
    Ok(())
}

/// What a scan's options ask for.
pub(crate) struct ScanOptions<'a> {
    /// MATCH, unless it is a lone `*`.
    pattern: Option<&'a [u8]>,
    /// TYPE.
    type_name: Option<&'a [u8]>,
    /// COUNT; at least 1.
    pub(crate) count: u64,
    /// Values are wanted with the names: no NOVALUES.
    pub(crate) values: bool,
}

/// What is scanned, which decides which options there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scanned {
    Keys,
    Fields,
    Members,
}

impl<'a> ScanOptions<'a> {
    /// Reads the options from argument `first` on; TYPE only where the scan is one over keys.
    ///
    /// # Errors
    /// Unknown options; a COUNT that is no integer or below 1.
    pub(crate) fn parse(args: Args<'a>, first: usize, of_keys: bool) -> Result<Self, Error> {
        let scanned = if of_keys {
            Scanned::Keys
        } else {
            Scanned::Members
        };
        ScanOptions::read(args, first, scanned)
    }

    /// The same for a scan over fields with values, where NOVALUES is known.
    ///
    /// # Errors
    /// As [`ScanOptions::parse`].
    pub(crate) fn parse_hash(args: Args<'a>, first: usize) -> Result<Self, Error> {
        ScanOptions::read(args, first, Scanned::Fields)
    }

    fn read(args: Args<'a>, first: usize, scanned: Scanned) -> Result<Self, Error> {
        let mut options = ScanOptions {
            pattern: None,
            type_name: None,
            count: COUNT_DEFAULT,
            values: true,
        };
        let mut index = first;
        while index < args.len() {
            if args.is(index, "NOVALUES") && scanned == Scanned::Fields {
                options.values = false;
                index += 1;
                continue;
            }
            if index + 1 == args.len() {
                return Err(Error::Syntax);
            }
            let value = args.at(index + 1);
            if args.is(index, "COUNT") {
                let count = args.int(index + 1)?;
                if count < 1 {
                    return Err(Error::Syntax);
                }
                options.count = count.unsigned_abs();
            } else if args.is(index, "MATCH") {
                options.pattern = (value != b"*").then_some(value);
            } else if args.is(index, "TYPE") && scanned == Scanned::Keys {
                options.type_name = Some(value);
            } else {
                return Err(Error::Syntax);
            }
            index += 2;
        }
        Ok(options)
    }

    /// Whether MATCH lets this name through.
    pub(crate) fn wants(&self, name: &[u8]) -> bool {
        self.pattern
            .is_none_or(|pattern| glob::matches(pattern, name, false))
    }

    fn wants_type(&self, name: &str) -> bool {
        self.type_name
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// A cursor as C's `strtoul` reads it: a sign and leading zeros are allowed, a minus wraps, a NUL byte ends the
/// text, and the empty text is 0. White space before it is not allowed.
///
/// # Errors
/// Anything else, and numbers beyond 64 bits.
pub(crate) fn cursor(text: &[u8]) -> Result<u64, Error> {
    const INVALID: Error = Error::fixed(&"ERR invalid cursor");
    let end = text.iter().position(|byte| *byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    if text.is_empty() {
        return Ok(0);
    }
    let (negative, digits) = match text[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    let magnitude = if zeros == digits.len() && zeros > 0 {
        0
    } else {
        parse_u64(&digits[zeros..]).ok_or(INVALID)?
    };
    Ok(if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_as_redis_reads_them() {
        // Each of these was asked of redis-server 7.0.15.
        for (text, expected) in [
            (&b""[..], Some(0)),
            (b"0", Some(0)),
            (b"007", Some(7)),
            (b"+7", Some(7)),
            (b"-1", Some(u64::MAX)),
            (b"7\0x", Some(7)),
            (b"\0", Some(0)),
            (b"18446744073709551615", Some(u64::MAX)),
            (b"18446744073709551616", None),
            (b"-", None),
            (b"+", None),
            (b"--1", None),
            (b" 1", None),
            (b"1 ", None),
            (b"1.5", None),
            (b"abc", None),
        ] {
            assert_eq!(cursor(text).ok(), expected, "{text:?}");
        }
    }
}
