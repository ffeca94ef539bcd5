//! ZADD and ZINCRBY.

use super::limits;
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Event;
use crate::number::float;
use crate::types::sorted_set::{Put, Rule, SortedSet};

pub(crate) const SPECS: &[Spec] = &[ZADD, ZINCRBY];

/// Scores that are read once; those behind are read a second time.
const SCORES_KEPT: usize = 16;

const ZADD: Spec = Spec {
    name: "zadd",
    summary: "Gives members of a sorted set new scores and adds those that are missing.",
    since: "1.2.0",
    group: Group::SortedSet,
    complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    history: &[
        ("2.4.0", "Takes several members at once."),
        ("3.0.2", "Takes `XX`, `NX`, `CH` and `INCR`."),
        ("6.2.0", "Takes `GT` and `LT`."),
    ],
    arity: -4,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    member: 3,
    args: &[
        Arg::key("key", 0),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
            .optional()
            .since("3.0.2"),
        Arg::one_of(
            "comparison",
            &[Arg::word("gt", "GT"), Arg::word("lt", "LT")],
        )
        .optional()
        .since("6.2.0"),
        Arg::word("change", "CH").optional().since("3.0.2"),
        Arg::word("increment", "INCR").optional().since("3.0.2"),
        Arg::block(
            "score_member",
            &[Arg::new("score", ArgKind::Double), Arg::string("member")],
        )
        .multiple(),
    ],
    ..Spec::new(zadd)
};

fn zadd(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    add_by_options(ctx, Rule::default())
}

/// Adds under a rule to which options before the pairs add.
fn add_by_options(ctx: &mut Ctx<'_>, mut rule: Rule) -> Result<(), Error> {
    let mut count_moved = false;
    let mut first = 2;
    // A score is no word: most requests have no options.
    while let Some(word) = ctx.args.get(first) {
        if !matches!(word.first(), Some(b'a'..=b'z' | b'A'..=b'Z')) {
            break;
        }
        let is = |option: &str| word.eq_ignore_ascii_case(option.as_bytes());
        if is("nx") {
            rule.missing = true;
        } else if is("xx") {
            rule.present = true;
        } else if is("gt") {
            rule.greater = true;
        } else if is("lt") {
            rule.less = true;
        } else if is("ch") {
            count_moved = true;
        } else if is("incr") {
            rule.increment = true;
        } else {
            break;
        }
        first += 1;
    }
    let words = ctx.args.len() - first.min(ctx.args.len());
    if words == 0 || !words.is_multiple_of(2) {
        return Err(Error::Syntax);
    }
    if rule.missing && rule.present {
        return Err(Error::fixed(
            &"ERR XX and NX options at the same time are not compatible",
        ));
    }
    if rule.missing && (rule.greater || rule.less) || rule.greater && rule.less {
        return Err(Error::fixed(
            &"ERR GT, LT, and/or NX options at the same time are not compatible",
        ));
    }
    if rule.increment && words > 2 {
        return Err(Error::fixed(
            &"ERR INCR option supports a single increment-element pair",
        ));
    }
    add(ctx, first, rule, count_moved)
}

const ZINCRBY: Spec = Spec {
    name: "zincrby",
    summary: "Adds to the score of a member.",
    since: "1.2.0",
    group: Group::SortedSet,
    complexity: "O(log(N)) where N is the number of elements in the sorted set.",
    arity: 4,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::UPDATE),
    )],
    member: 3,
    args: &[
        Arg::key("key", 0),
        Arg::int("increment"),
        Arg::string("member"),
    ],
    ..Spec::new(zincrby)
};

fn zincrby(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    // An option in place of the increment is read as one, as in ZADD.
    let rule = Rule {
        increment: true,
        ..Rule::default()
    };
    add_by_options(ctx, rule)
}

/// Adds the pairs from argument `first` on.
fn add(ctx: &mut Ctx<'_>, first: usize, rule: Rule, count_moved: bool) -> Result<(), Error> {
    let pairs = ctx.args.from(first);
    let mut scores = [0.0; SCORES_KEPT];
    for pair in 0..pairs.len() / 2 {
        let score = float::parse(pairs.at(2 * pair)).ok_or(Error::NotFloat)?;
        if let Some(kept) = scores.get_mut(pair) {
            *kept = score;
        }
    }
    let event = if rule.increment {
        Event::ZINCR
    } else {
        Event::ZADD
    };
    let count = pairs.len() / 2;
    let added = put_all(ctx, rule, event, (first, 2, count), |index| {
        let score = match scores.get(index) {
            Some(score) => *score,
            None => float::parse(pairs.at(2 * index)).ok_or(Error::NotFloat)?,
        };
        Ok((score, pairs.at(2 * index + 1)))
    })?;
    reply_added(ctx, &added, rule, count_moved);
    Ok(())
}

/// What became of a request's members.
#[derive(Default)]
pub(in crate::commands) struct Added {
    added: i64,
    moved: i64,
    last: Option<Put>,
}

/// Writes what ZADD replies.
pub(in crate::commands) fn reply_added(
    ctx: &mut Ctx<'_>,
    added: &Added,
    rule: Rule,
    count_moved: bool,
) {
    match added.last {
        Some(Put::Added(score) | Put::Moved(score) | Put::Same(score)) if rule.increment => {
            ctx.reply.double(score);
        }
        _ if rule.increment => ctx.reply.null(),
        _ if count_moved => ctx.reply.int(added.added + added.moved),
        _ => ctx.reply.int(added.added),
    }
}

/// Puts members with scores into the set at the request's first key. The members stand in the request from
/// argument `first` on, `count` of them, `step` arguments each; `member` gives one with its score.
///
/// # Errors
/// The key holds something else; a sum is not a number; what `member` gives; [`Error::OutOfMemory`]. What was put
/// until then stays, and is logged.
#[inline]
pub(in crate::commands) fn put_all<'a>(
    ctx: &mut Ctx<'_>,
    rule: Rule,
    event: Event,
    (first, step, count): (usize, usize, usize),
    member: impl Fn(usize) -> Result<(f64, &'a [u8]), Error>,
) -> Result<Added, Error> {
    let (key, limits) = (ctx.arg(1), limits(ctx));
    let mut all = Added::default();
    let mut place = ctx.keys.find(key);
    if !place.exists() {
        if rule.present {
            return Ok(all);
        }
        place = ctx.keys.create(place, key, SortedSet::default())?;
    }
    let Some((set, hasher)) = ctx.keys.collection_mut::<SortedSet>(place)? else {
        return Ok(all);
    };
    let mut done = 0;
    let mut result = Ok(());
    while result.is_ok() && done < count {
        let put = member(done).and_then(|(score, member)| {
            set.put(hasher, limits, member, |old| rule.decide(old, score))
        });
        match put {
            Ok(put) => {
                all.last = Some(put);
                all.added += i64::from(matches!(put, Put::Added(_)));
                all.moved += i64::from(matches!(put, Put::Moved(_)));
                done += 1;
            }
            Err(error) => result = Err(error),
        }
    }
    if all.added + all.moved > 0 {
        ctx.changed(event, key);
    }
    if result.is_err() {
        ctx.keys.remove_if_empty(place);
        if all.added + all.moved > 0 {
            ctx.record_all(ctx.args.upto(first + step * done).iter());
        }
    }
    result.map(|()| all)
}
