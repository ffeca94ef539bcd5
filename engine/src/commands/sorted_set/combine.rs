//! ZUNION, ZINTER and ZDIFF, their STORE forms, and ZINTERCARD.

use alloc::format;
use alloc::vec::Vec;

use super::{limits, reply_range, store};
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::{Entry, Event, Keyspace, Place};
use crate::number::float;
use crate::resp::Args;
use crate::types::KeyHasher;
use crate::types::listpack::Element;
use crate::types::set::Set;
use crate::types::sort::sort_by_key;
use crate::types::sorted_set::{Limits, SortedSet};

pub(crate) const SPECS: &[Spec] = &[
    ZUNION,
    ZINTER,
    ZDIFF,
    ZUNIONSTORE,
    ZINTERSTORE,
    ZDIFFSTORE,
    ZINTERCARD,
];

const NUMKEYS: Arg = Arg::int("numkeys");
const KEYS: Arg = Arg::key("key", 0).multiple();
const DESTINATION: Arg = Arg::key("destination", 0);
const SOURCES: Arg = Arg::key("key", 1).multiple();
const WEIGHTS: Arg = Arg::int("weight").after("WEIGHTS").multiple().optional();
const AGGREGATE: Arg = Arg::one_of(
    "aggregate",
    &[
        Arg::word("sum", "SUM"),
        Arg::word("min", "MIN"),
        Arg::word("max", "MAX"),
    ],
)
.after("AGGREGATE")
.optional();
const WITHSCORES: Arg = Arg::word("withscores", "WITHSCORES").optional();

/// What those that reply have in common.
const READING: Spec = Spec {
    since: "6.2.0",
    group: Group::SortedSet,
    arity: -3,
    flags: Flags::READONLY.or(Flags::MOVABLEKEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    ..Spec::new(zunion)
};

/// What those that store have in common.
const STORING: Spec = Spec {
    arity: -4,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::MOVABLEKEYS),
    keys: &[
        KeySpec::at(1, KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::counted(2, KeyFlags::RO.or(KeyFlags::ACCESS)),
    ],
    ..READING
};

const ZUNION: Spec = Spec {
    name: "zunion",
    summary: "Gives the members of several sorted sets together.",
    since: "6.2.0",
    complexity: "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
    args: &[NUMKEYS, KEYS, WEIGHTS, AGGREGATE, WITHSCORES],
    handler: zunion,
    ..READING
};

fn zunion(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Operation::Union, "zunion")
}

const ZINTER: Spec = Spec {
    name: "zinter",
    summary: "Gives the members that all of several sorted sets have.",
    since: "6.2.0",
    complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
    args: &[NUMKEYS, KEYS, WEIGHTS, AGGREGATE, WITHSCORES],
    handler: zinter,
    ..READING
};

fn zinter(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Operation::Inter, "zinter")
}

const ZDIFF: Spec = Spec {
    name: "zdiff",
    summary: "Gives the members of the first sorted set that no other has.",
    since: "6.2.0",
    complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
    args: &[NUMKEYS, KEYS, WITHSCORES],
    handler: zdiff,
    ..READING
};

fn zdiff(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    reply(ctx, Operation::Diff, "zdiff")
}

const ZUNIONSTORE: Spec = Spec {
    name: "zunionstore",
    summary: "Stores the members of several sorted sets together.",
    since: "2.0.0",
    complexity: "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
    args: &[DESTINATION, NUMKEYS, SOURCES, WEIGHTS, AGGREGATE],
    handler: zunionstore,
    ..STORING
};

fn zunionstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    store_result(ctx, Operation::Union, "zunionstore", Event::ZUNIONSTORE)
}

const ZINTERSTORE: Spec = Spec {
    name: "zinterstore",
    summary: "Stores the members that all of several sorted sets have.",
    since: "2.0.0",
    complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
    args: &[DESTINATION, NUMKEYS, SOURCES, WEIGHTS, AGGREGATE],
    handler: zinterstore,
    ..STORING
};

fn zinterstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    store_result(ctx, Operation::Inter, "zinterstore", Event::ZINTERSTORE)
}

const ZDIFFSTORE: Spec = Spec {
    name: "zdiffstore",
    summary: "Stores the members of the first sorted set that no other has.",
    since: "6.2.0",
    complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
    args: &[DESTINATION, NUMKEYS, SOURCES],
    handler: zdiffstore,
    ..STORING
};

fn zdiffstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    store_result(ctx, Operation::Diff, "zdiffstore", Event::ZDIFFSTORE)
}

const ZINTERCARD: Spec = Spec {
    name: "zintercard",
    summary: "Counts the members that all of several sorted sets have.",
    since: "7.0.0",
    complexity: "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
    args: &[NUMKEYS, KEYS, Arg::int("limit").after("LIMIT").optional()],
    handler: zintercard,
    ..READING
};

fn zintercard(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let request = Request::parse(ctx, 1, Operation::Inter, Form::Count, "zintercard")?;
    let places = places(ctx.keys, &request)?;
    let hasher = ctx.keys.hasher();
    let inputs = inputs(ctx.keys, &places, &request)?;
    let mut count = 0;
    intersect(hasher, &inputs, request.aggregate, |_, _| {
        count += 1;
        Ok(count != request.limit)
    })?;
    ctx.reply.int(count);
    Ok(())
}

fn reply(ctx: &mut Ctx<'_>, operation: Operation, command: &str) -> Result<(), Error> {
    let request = Request::parse(ctx, 1, operation, Form::Reply, command)?;
    let result = combine(ctx, operation, &request)?;
    reply_range(
        &mut ctx.reply,
        &result,
        0..result.len(),
        false,
        request.scores,
    );
    Ok(())
}

fn store_result(
    ctx: &mut Ctx<'_>,
    operation: Operation,
    command: &str,
    event: Event,
) -> Result<(), Error> {
    let request = Request::parse(ctx, 2, operation, Form::Store, command)?;
    let result = combine(ctx, operation, &request)?;
    store(ctx, ctx.arg(1), result, event)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Inter,
    Diff,
}

/// What becomes of the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Reply,
    Store,
    Count,
}

#[derive(Clone, Copy)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    /// The score so far with another input's; one that is no number is never less or greater.
    fn of(self, score: f64, other: f64) -> f64 {
        let wins = match self {
            Aggregate::Sum => return number(score + other),
            Aggregate::Min => other < score,
            Aggregate::Max => other > score,
        };
        if wins { other } else { score }
    }
}

/// Zero where infinities or a zero weight leave no number.
fn number(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

/// A request's keys and options.
struct Request<'a> {
    keys: Args<'a>,
    /// As text, one for each key; none where all are 1.
    weights: Option<Args<'a>>,
    aggregate: Aggregate,
    scores: bool,
    /// 0: none.
    limit: i64,
}

impl<'a> Request<'a> {
    /// Reads the number of keys at argument `first` and all behind it, and finds the keys.
    fn parse(
        ctx: &mut Ctx<'a>,
        first: usize,
        operation: Operation,
        form: Form,
        command: &str,
    ) -> Result<Self, Error> {
        let args = ctx.args;
        let count = args.int(first)?;
        if count < 1 {
            return Err(ctx.refuse(format!(
                "ERR at least 1 input key is needed for '{command}' command"
            )));
        }
        if count as u64 > (args.len() - (first + 1)) as u64 {
            return Err(Error::Syntax);
        }
        let count = count as usize;
        let mut request = Request {
            keys: args.from(first + 1).upto(count),
            weights: None,
            aggregate: Aggregate::Sum,
            scores: false,
            limit: 0,
        };
        // Every key is looked up, and what has expired goes, before any is read.
        for key in request.keys.iter() {
            if let Some(entry) = ctx.keys.read(key) {
                Input::of(entry)?;
            }
        }
        let weighted = operation != Operation::Diff && form != Form::Count;
        let mut index = first + 1 + count;
        while index < args.len() {
            let left = args.len() - index;
            if weighted && left > count && args.is(index, "WEIGHTS") {
                let weights = args.from(index + 1).upto(count);
                if weights.iter().any(|weight| float::parse(weight).is_none()) {
                    return Err(Error::fixed(&"ERR weight value is not a float"));
                }
                request.weights = Some(weights);
                index += 1 + count;
            } else if weighted && left >= 2 && args.is(index, "AGGREGATE") {
                request.aggregate = aggregate(args, index + 1)?;
                index += 2;
            } else if form == Form::Reply && args.is(index, "WITHSCORES") {
                request.scores = true;
                index += 1;
            } else if form == Form::Count && left >= 2 && args.is(index, "LIMIT") {
                let limit = args.int(index + 1).ok().filter(|limit| *limit >= 0);
                request.limit = limit.ok_or(Error::fixed(&"ERR LIMIT can't be negative"))?;
                index += 2;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(request)
    }
}

fn aggregate(args: Args<'_>, index: usize) -> Result<Aggregate, Error> {
    if args.is(index, "SUM") {
        Ok(Aggregate::Sum)
    } else if args.is(index, "MIN") {
        Ok(Aggregate::Min)
    } else if args.is(index, "MAX") {
        Ok(Aggregate::Max)
    } else {
        Err(Error::Syntax)
    }
}

/// The score of a plain set's members.
const SET_SCORE: f64 = 1.0;

/// What is under an input's key.
#[derive(Clone, Copy)]
enum Source<'a> {
    Nothing,
    Set(&'a Set),
    SortedSet(&'a SortedSet),
}

/// One key's members with scores.
#[derive(Clone, Copy)]
struct Input<'a> {
    source: Source<'a>,
    weight: f64,
    /// How many inputs the request names before it.
    turn: usize,
}

impl<'a> Input<'a> {
    /// What takes part of an entry. The one place that knows which types do.
    fn of(entry: &'a Entry) -> Result<Source<'a>, Error> {
        if let Ok(set) = entry.collection::<Set>() {
            return Ok(Source::Set(set));
        }
        entry.collection().map(Source::SortedSet)
    }

    fn len(&self) -> usize {
        match self.source {
            Source::Nothing => 0,
            Source::Set(set) => set.len(),
            Source::SortedSet(set) => set.len(),
        }
    }

    fn score(&self, hasher: &KeyHasher, member: &[u8]) -> Option<f64> {
        match self.source {
            Source::Nothing => None,
            Source::Set(set) => set
                .contains(hasher, Element::Bytes(member).canonical())
                .then_some(SET_SCORE),
            Source::SortedSet(set) => set.score(hasher, member),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (Element<'a>, f64)> + use<'a> {
        let (set, sorted_set) = match self.source {
            Source::Nothing => (None, None),
            Source::Set(set) => (Some(set), None),
            Source::SortedSet(set) => (None, Some(set)),
        };
        let members = set
            .into_iter()
            .flat_map(Set::iter)
            .map(|member| (member, SET_SCORE));
        members.chain(sorted_set.into_iter().flat_map(SortedSet::iter))
    }
}

/// Where the keys are. What has expired is gone since the request was read, so all places stay valid.
fn places(keys: &mut Keyspace, request: &Request<'_>) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    places.try_reserve_exact(request.keys.len())?;
    places.extend(request.keys.iter().map(|key| keys.find(key)));
    Ok(places)
}

/// The inputs in the order of the request.
fn inputs<'a>(
    keys: &'a Keyspace,
    places: &[Place],
    request: &Request<'_>,
) -> Result<Vec<Input<'a>>, Error> {
    let mut inputs = Vec::new();
    inputs.try_reserve_exact(places.len())?;
    for (index, place) in places.iter().enumerate() {
        let source = keys.entry(*place).map_or(Ok(Source::Nothing), Input::of)?;
        let weight = match request.weights {
            Some(weights) => float::parse(weights.at(index)).unwrap_or(1.0),
            None => 1.0,
        };
        inputs.push(Input {
            source,
            weight,
            turn: inputs.len(),
        });
    }
    Ok(inputs)
}

fn combine(
    ctx: &mut Ctx<'_>,
    operation: Operation,
    request: &Request<'_>,
) -> Result<SortedSet, Error> {
    let limits = limits(ctx);
    let places = places(ctx.keys, request)?;
    let hasher = ctx.keys.hasher();
    let inputs = inputs(ctx.keys, &places, request)?;
    let mut result = SortedSet::large();
    match operation {
        Operation::Union => unite(hasher, limits, inputs, request.aggregate, &mut result)?,
        Operation::Inter => intersect(hasher, &inputs, request.aggregate, |member, score| {
            result.put(hasher, limits, member, |_| Ok(Some(score)))?;
            Ok(true)
        })?,
        Operation::Diff => subtract(hasher, limits, &inputs, &mut result)?,
    }
    result.settle(limits)?;
    Ok(result)
}

/// Adds all members of all inputs, the smallest input first and of equal ones the first, which decides how scores add up.
fn unite(
    hasher: &KeyHasher,
    limits: Limits,
    mut inputs: Vec<Input<'_>>,
    aggregate: Aggregate,
    result: &mut SortedSet,
) -> Result<(), Error> {
    sort_by_key(&mut inputs, |input| (input.len(), input.turn));
    let mut digits = [0; 20];
    for input in &inputs {
        for (member, score) in input.iter() {
            let score = number(score * input.weight);
            result.put(hasher, limits, member.text(&mut digits), |old| {
                Ok(Some(old.map_or(score, |old| aggregate.of(old, score))))
            })?;
        }
    }
    Ok(())
}

/// Hands the members that all inputs have to `found`, until that says false.
fn intersect(
    hasher: &KeyHasher,
    inputs: &[Input<'_>],
    aggregate: Aggregate,
    mut found: impl FnMut(&[u8], f64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut sorted = Vec::new();
    sorted.try_reserve_exact(inputs.len())?;
    sorted.extend_from_slice(inputs);
    sort_by_key(&mut sorted, |input| (input.len(), input.turn));
    let Some((smallest, others)) = sorted.split_first() else {
        return Ok(());
    };
    let mut digits = [0; 20];
    for (member, score) in smallest.iter() {
        let member = member.text(&mut digits);
        let score = others
            .iter()
            .try_fold(number(score * smallest.weight), |sum, other| {
                let score = other.score(hasher, member)?;
                Some(aggregate.of(sum, score * other.weight))
            });
        if let Some(score) = score
            && !found(member, score)?
        {
            break;
        }
    }
    Ok(())
}

/// Adds the members of the first input that no other has.
fn subtract(
    hasher: &KeyHasher,
    limits: Limits,
    inputs: &[Input<'_>],
    result: &mut SortedSet,
) -> Result<(), Error> {
    let Some((first, others)) = inputs.split_first() else {
        return Ok(());
    };
    let mut digits = [0; 20];
    for (member, score) in first.iter() {
        let member = member.text(&mut digits);
        if !others
            .iter()
            .any(|other| other.score(hasher, member).is_some())
        {
            result.put(hasher, limits, member, |_| Ok(Some(score)))?;
        }
    }
    Ok(())
}
