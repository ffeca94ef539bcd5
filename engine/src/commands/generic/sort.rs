//! SORT and SORT_RO.

mod elements;
mod pattern;

use alloc::vec::Vec;

use crate::command::{Acl, Arg, Begin, Ctx, Find, Flags, Group, KeyFlags, KeyRef, KeySpec, Spec};
use crate::commands::list::limits;
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::Args;
use crate::types::ObjectRef;
use crate::types::list::{End, Limits, List};
use crate::types::sorted_set::SortedSet;
use elements::Elements;
use pattern::Pattern;

pub(crate) const SPECS: &[Spec] = &[SORT, SORT_RO];

const UNKNOWN: KeySpec = KeySpec {
    flags: KeyFlags::RO.or(KeyFlags::ACCESS),
    begin: Begin::Unknown,
    find: Find::Unknown,
    notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
};
const DESTINATION: KeySpec = KeySpec {
    flags: KeyFlags::OW.or(KeyFlags::UPDATE),
    notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    ..UNKNOWN
};
const KEY: KeySpec = KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS));
const SORTED: KeyRef = KeyRef {
    position: 1,
    flags: KEY.flags,
};

const BY: Arg = Arg {
    key_spec: Some(1),
    ..Arg::new("pattern", crate::command::ArgKind::Pattern)
        .after("BY")
        .optional()
};
const GET: Arg = Arg {
    key_spec: Some(1),
    ..Arg::new("pattern", crate::command::ArgKind::Pattern)
        .after("GET")
        .optional()
        .multiple_token()
};
const LIMIT: Arg = Arg::block("offset_count", &[Arg::int("offset"), Arg::int("count")])
    .after("LIMIT")
    .optional();
const ORDER: Arg = Arg::one_of(
    "order",
    &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")],
)
.optional();
const ALPHA: Arg = Arg::word("sorting", "ALPHA").optional();

const SORT: Spec = Spec {
    name: "sort",
    summary: "Sorts the elements of a list, set or sorted set, and gives or stores them or what belongs to them.",
    since: "1.0.0",
    group: Group::Generic,
    complexity: "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).",
    arity: -2,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::MOVABLEKEYS),
    acl: Acl::SET.or(Acl::SORTEDSET).or(Acl::LIST).or(Acl::DANGEROUS),
    keys: &[KEY, UNKNOWN, DESTINATION],
    find_keys: Some(find_keys),
    args: &[
        Arg::key("key", 0),
        BY,
        LIMIT,
        GET,
        ORDER,
        ALPHA,
        Arg::key("destination", 2).after("STORE").optional(),
    ],
    ..Spec::new(sort)
};

const SORT_RO: Spec = Spec {
    name: "sort_ro",
    summary: "Sorts the elements of a list, set or sorted set, and gives them or what belongs to them.",
    since: "7.0.0",
    flags: Flags::READONLY.or(Flags::MOVABLEKEYS),
    keys: &[KEY, UNKNOWN],
    find_keys: Some(|_, found| found.push(SORTED)),
    args: &[Arg::key("key", 0), BY, LIMIT, GET, ORDER, ALPHA],
    handler: sort_ro,
    ..SORT
};

/// The key, and the last one behind a STORE that is not itself an option's value.
fn find_keys(args: Args<'_>, found: &mut Vec<KeyRef>) {
    found.push(SORTED);
    let mut store = None;
    let mut index = 2;
    while index < args.len() {
        if args.is(index, "LIMIT") {
            index += 2;
        } else if args.is(index, "GET") || args.is(index, "BY") {
            index += 1;
        } else if args.is(index, "STORE") && index + 1 < args.len() {
            index += 1;
            store = Some(index);
        }
        index += 1;
    }
    found.extend(store.map(|position| KeyRef {
        position,
        flags: DESTINATION.flags,
    }));
}

/// What to sort by, and which way.
struct Options<'a> {
    descending: bool,
    alpha: bool,
    /// First element and number of elements; negative: all.
    limit: (i64, i64),
    by: Option<Pattern<'a>>,
    /// BY something without a star: the elements stay as they are.
    unsorted: bool,
    /// Arguments that are patterns of GET.
    gets: Vec<usize>,
    store: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>, may_store: bool) -> Result<Options<'a>, Error> {
        let mut options = Options {
            descending: false,
            alpha: false,
            limit: (0, -1),
            by: None,
            unsorted: false,
            gets: Vec::new(),
            store: None,
        };
        let mut index = 2;
        while index < args.len() {
            let left = args.len() - 1 - index;
            if args.is(index, "ASC") {
                options.descending = false;
            } else if args.is(index, "DESC") {
                options.descending = true;
            } else if args.is(index, "ALPHA") {
                options.alpha = true;
            } else if args.is(index, "LIMIT") && left >= 2 {
                options.limit = (args.int(index + 1)?, args.int(index + 2)?);
                index += 2;
            } else if may_store && args.is(index, "STORE") && left >= 1 {
                index += 1;
                options.store = Some(args.at(index));
            } else if args.is(index, "BY") && left >= 1 {
                index += 1;
                options.by = Pattern::parse(args.at(index));
                options.unsorted |= options.by.is_none();
            } else if args.is(index, "GET") && left >= 1 {
                index += 1;
                options.gets.try_reserve(1)?;
                options.gets.push(index);
            } else {
                return Err(Error::Syntax);
            }
            index += 1;
        }
        Ok(options)
    }

    /// The part of `len` elements that LIMIT asks for.
    fn part(&self, len: usize) -> core::ops::Range<usize> {
        let clamp = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(len);
        let start = clamp(self.limit.0);
        let end = if self.limit.1 < 0 {
            len
        } else {
            start.saturating_add(clamp(self.limit.1)).min(len)
        };
        start..end
    }
}

fn sort(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, true)
}

fn sort_ro(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, false)
}

fn run(ctx: &mut Ctx<'_>, may_store: bool) -> Result<(), Error> {
    let mut options = Options::parse(ctx.args, may_store)?;
    let (mut elements, ordered) = load(ctx, ctx.arg(1))?;
    if options.unsorted && !ordered && (options.store.is_some() || ctx.server.in_script) {
        // What is stored, or what a script does with it, must not depend on how a set lays out its members.
        options.unsorted = false;
        options.alpha = true;
        options.by = None;
    }
    if options.unsorted {
        if options.descending && ordered {
            elements.reverse();
        }
    } else {
        elements.look_up(ctx.keys, options.by.as_ref(), options.alpha)?;
        elements.sort(
            options.alpha,
            options.by.is_some(),
            options.store.is_some(),
            options.descending,
        );
    }
    let part = options.part(elements.len());
    match options.store {
        Some(target) => store(ctx, &elements, part, &options, target),
        None => {
            ctx.reply.array(part.len() * options.gets.len().max(1));
            let reply = &mut ctx.reply;
            output(ctx.keys, ctx.args, &elements, part, &options, |value| {
                match value {
                    Some(bytes) => reply.bulk(bytes),
                    None => reply.null(),
                }
                Ok(())
            })
        }
    }
}

/// The elements of the collection at `key`, and whether they have an order of their own: none where there is no key.
fn load(ctx: &mut Ctx<'_>, key: &[u8]) -> Result<(Elements, bool), Error> {
    let mut elements = Elements::default();
    let mut ordered = true;
    let place = ctx.keys.find(key);
    if let Ok(Some((set, hasher))) = ctx.keys.collection_mut::<SortedSet>(place) {
        // Redis needs the large form here, and OBJECT ENCODING tells.
        set.make_large(hasher)?;
    }
    let Some(entry) = ctx.keys.read(key) else {
        return Ok((elements, ordered));
    };
    match entry.object() {
        Some(ObjectRef::List(list)) => {
            for element in list.walk(0, false) {
                elements.push(element.text(&mut [0; 20]))?;
            }
        }
        Some(ObjectRef::Set(set)) => {
            ordered = false;
            for member in set.iter() {
                elements.push(member.text(&mut [0; 20]))?;
            }
        }
        Some(ObjectRef::SortedSet(set)) => {
            for (member, _) in set.iter() {
                elements.push(member.text(&mut [0; 20]))?;
            }
        }
        _ => return Err(Error::WrongType),
    }
    Ok((elements, ordered))
}

/// Gives every value that is asked for to `put`, in order.
fn output(
    keys: &mut crate::keyspace::Keyspace,
    args: Args<'_>,
    elements: &Elements,
    part: core::ops::Range<usize>,
    options: &Options<'_>,
    mut put: impl FnMut(Option<&[u8]>) -> Result<(), Error>,
) -> Result<(), Error> {
    for index in part {
        let element = elements.at(index);
        if options.gets.is_empty() {
            put(Some(element))?;
        }
        for get in &options.gets {
            pattern::get(keys, args.at(*get), element, &mut put)?;
        }
    }
    Ok(())
}

fn store(
    ctx: &mut Ctx<'_>,
    elements: &Elements,
    part: core::ops::Range<usize>,
    options: &Options<'_>,
    target: &[u8],
) -> Result<(), Error> {
    let limits: Limits = limits(ctx);
    let mut list = List::large(limits);
    output(ctx.keys, ctx.args, elements, part, options, |value| {
        list.push(End::Tail, value.unwrap_or_default(), limits)
    })?;
    list.settle(limits);
    let len = list.len();
    if len > 0 {
        let place = ctx.keys.find(target);
        // The new list takes nothing over from the old value, its expiry neither.
        ctx.keys.remove(place);
        let place = ctx.keys.find(target);
        ctx.keys.create(place, target, list)?;
        ctx.changed(Event::SORTSTORE, target);
        ctx.changes += len as u64 - 1;
    } else if ctx.keys.delete(target) {
        ctx.changed(Event::DEL, target);
    }
    ctx.reply.int(len as i64);
    Ok(())
}
