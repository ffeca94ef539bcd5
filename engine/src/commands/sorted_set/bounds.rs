//! The bounds of ranges as requests write them; ZCOUNT and ZLEXCOUNT, which have nothing else.

use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::number::float;
use crate::types::sorted_set::{LexBound, LexRange, ScoreRange, SortedSet};

pub(crate) const SPECS: &[Spec] = &[ZCOUNT, ZLEXCOUNT];

const ZCOUNT: Spec = Spec {
    name: "zcount",
    summary: "Counts the members with scores in a range.",
    since: "2.0.0",
    group: Group::SortedSet,
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    arity: 4,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::new("min", ArgKind::Double),
        Arg::new("max", ArgKind::Double),
    ],
    ..Spec::new(zcount)
};

fn zcount(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let range = scores(ctx.arg(2), ctx.arg(3))?;
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let count = set.map_or(0, |(set, _)| set.ranks_of_scores(&range).len());
    ctx.reply.int(count as i64);
    Ok(())
}

const ZLEXCOUNT: Spec = Spec {
    name: "zlexcount",
    summary: "Counts the members between two members.",
    since: "2.8.9",
    group: Group::SortedSet,
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    arity: 4,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0), Arg::string("min"), Arg::string("max")],
    ..Spec::new(zlexcount)
};

fn zlexcount(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let range = members(ctx.arg(2), ctx.arg(3))?;
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let count = set.map_or(0, |(set, _)| set.ranks_of_members(&range).len());
    ctx.reply.int(count as i64);
    Ok(())
}

/// A range of scores; `(` before a bound excludes it.
///
/// # Errors
/// A bound is no number.
pub(super) fn scores(min: &[u8], max: &[u8]) -> Result<ScoreRange, Error> {
    let (min, above_min) = score(min)?;
    let (max, below_max) = score(max)?;
    Ok(ScoreRange {
        min,
        max,
        above_min,
        below_max,
    })
}

fn score(text: &[u8]) -> Result<(f64, bool), Error> {
    let (digits, excluded) = match text.strip_prefix(b"(") {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let value = lenient(digits).ok_or(Error::fixed(&"ERR min or max is not a float"))?;
    Ok((value, excluded))
}

/// A number as C's `strtod` reads a whole string: white space may stand before it, a NUL byte ends it, the empty
/// text is 0, what is too large or too small is infinite or 0.
fn lenient(text: &[u8]) -> Option<f64> {
    if let Some(value) = float::parse(text) {
        return Some(value);
    }
    let end = text.iter().position(|byte| *byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    if text.is_empty() {
        return Some(0.0);
    }
    let space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let digits = &text[text.iter().take_while(|byte| space(byte)).count()..];
    float::parse_saturating(digits)
}

/// A range of members.
///
/// # Errors
/// A bound has another form than `-`, `+`, `[member` and `(member`.
pub(super) fn members<'a>(min: &'a [u8], max: &'a [u8]) -> Result<LexRange<'a>, Error> {
    Ok(LexRange {
        min: member(min)?,
        max: member(max)?,
    })
}

fn member(text: &[u8]) -> Result<LexBound<'_>, Error> {
    match text {
        b"-" => Ok(LexBound::Least),
        b"+" => Ok(LexBound::Greatest),
        [b'[', member @ ..] => Ok(LexBound::Including(member)),
        [b'(', member @ ..] => Ok(LexBound::Excluding(member)),
        _ => Err(Error::fixed(&"ERR min or max not valid string range item")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_as_redis_reads_them() {
        // Each of these was asked of redis-server 7.0.15.
        for (text, expected) in [
            (&b""[..], Some((0.0, false))),
            (b"(", Some((0.0, true))),
            (b" 1", Some((1.0, false))),
            (b"( 1", Some((1.0, true))),
            (b"1 ", None),
            (b" ", None),
            (b"1e400", Some((f64::INFINITY, false))),
            (b"-1e400", Some((f64::NEG_INFINITY, false))),
            (b"1e-400", Some((0.0, false))),
            (b"+inf", Some((f64::INFINITY, false))),
            (b"0x10", Some((16.0, false))),
            (b"5\0x", Some((5.0, false))),
            (b"nan", None),
            (b"((1", None),
            (b"abc", None),
        ] {
            assert_eq!(score(text).ok(), expected, "{text:?}");
        }
    }
}
