//! LPOP, RPOP and LMPOP.

use super::{ENDS, end, limits, pop_event, removed, reply_element};
use crate::command::{Acl, Arg, Begin, Ctx, Find, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::Place;
use crate::number::write_i64;
use crate::resp::Args;
use crate::types::list::{End, List};

pub(crate) const SPECS: &[Spec] = &[LPOP, RPOP, LMPOP];

const LPOP: Spec = Spec {
    name: "lpop",
    summary: "Takes elements from a list's head and gives them.",
    since: "1.0.0",
    group: Group::List,
    complexity: "O(N) where N is the number of elements returned",
    history: &[("6.2.0", "`count`, to take several.")],
    arity: -2,
    flags: Flags::WRITE.or(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
    )],
    args: &[
        Arg::key("key", 0),
        Arg::int("count").since("6.2.0").optional(),
    ],
    ..Spec::new(lpop)
};

const RPOP: Spec = Spec {
    name: "rpop",
    summary: "Takes elements from a list's tail and gives them.",
    handler: rpop,
    ..LPOP
};

const LMPOP: Spec = Spec {
    name: "lmpop",
    summary: "Takes elements from the first list that has some.",
    since: "7.0.0",
    group: Group::List,
    complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    arity: -4,
    flags: Flags::WRITE.or(Flags::MOVABLEKEYS),
    acl: Acl::LIST,
    keys: &[KeySpec {
        flags: KeyFlags::RW.or(KeyFlags::ACCESS).or(KeyFlags::DELETE),
        begin: Begin::Index(1),
        find: Find::KeyNum {
            number: 0,
            first: 1,
            step: 1,
        },
        notes: "",
    }],
    args: &[
        Arg::int("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", ENDS),
        Arg::int("count").after("COUNT").optional(),
    ],
    ..Spec::new(lmpop)
};

fn lpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop(ctx, End::Head, "lpop")
}

fn rpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    pop(ctx, End::Tail, "rpop")
}

fn pop(ctx: &mut Ctx<'_>, end: End, name: &str) -> Result<(), Error> {
    if ctx.args.len() > 3 {
        return Err(ctx.wrong_arity(name));
    }
    let key = ctx.arg(1);
    if ctx.args.len() == 3 {
        return pop_count(ctx, key, end);
    }
    let place = ctx.keys.find(key);
    if !pop_one(ctx, place, key, end)? {
        ctx.reply.null();
    }
    Ok(())
}

/// Pops one element from the list at a place and writes it; false where there is none.
pub(super) fn pop_one(
    ctx: &mut Ctx<'_>,
    place: Place,
    key: &[u8],
    end: End,
) -> Result<bool, Error> {
    let limits = limits(ctx);
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        return Ok(false);
    };
    let index = match end {
        End::Head => 0,
        End::Tail => list.len().saturating_sub(1),
    };
    if let Some(element) = list.get(index) {
        reply_element(&mut ctx.reply, element);
    }
    list.remove(index, 1);
    list.shrink(limits);
    removed(ctx, place, pop_event(end), key, 1);
    Ok(true)
}

fn pop_count(ctx: &mut Ctx<'_>, key: &[u8], end: End) -> Result<(), Error> {
    let count = ctx
        .args
        .size(2)
        .ok_or(Error::fixed(&"ERR value is out of range, must be positive"))?;
    let place = ctx.keys.find(key);
    if ctx.keys.collection::<List>(place)?.is_none() {
        ctx.reply.null_array();
    } else if count == 0 {
        ctx.keys.touch(place);
        ctx.reply.array(0);
    } else {
        take(ctx, place, key, end, count)?;
    }
    Ok(())
}

/// Takes up to `count` elements, at least one, from the list at a place and writes them as an array; says how many.
fn take(
    ctx: &mut Ctx<'_>,
    place: Place,
    key: &[u8],
    end: End,
    count: usize,
) -> Result<usize, Error> {
    let limits = limits(ctx);
    let Some((list, _)) = ctx.keys.collection_mut::<List>(place)? else {
        return Ok(0);
    };
    let len = list.len();
    let count = count.min(len);
    let (first, rest) = match end {
        End::Head => (0, 0),
        End::Tail => (len - 1, len - count),
    };
    ctx.reply.array(count);
    for element in list.walk(first, end == End::Tail).take(count) {
        reply_element(&mut ctx.reply, element);
    }
    let gone = list.remove(rest, count);
    list.shrink(limits);
    ctx.keys.discard(gone);
    removed(ctx, place, pop_event(end), key, count);
    Ok(count)
}

fn lmpop(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let request = ManyKeys::parse(ctx.args, 1)?;
    if !pop_first(ctx, &request)? {
        ctx.reply.null_array();
    }
    Ok(())
}

/// What LMPOP and BLMPOP ask for.
pub(super) struct ManyKeys<'a> {
    pub(super) keys: Args<'a>,
    end: End,
    count: usize,
}

impl<'a> ManyKeys<'a> {
    /// Reads the arguments from the number of keys at `index` on.
    pub(super) fn parse(args: Args<'a>, index: usize) -> Result<ManyKeys<'a>, Error> {
        let positive = |index, text| {
            args.size(index)
                .filter(|number| *number > 0)
                .ok_or(Error::fixed(text))
        };
        let keys = positive(index, &"ERR numkeys should be greater than 0")?;
        let at = keys.checked_add(index + 1).filter(|at| *at < args.len());
        let at = at.ok_or(Error::Syntax)?;
        let end = end(args, at)?;
        let count = match args.len() - at {
            1 => 1,
            3.. if args.is(at + 1, "COUNT") => {
                let count = positive(at + 2, &"ERR count should be greater than 0")?;
                if args.len() > at + 3 {
                    return Err(Error::Syntax);
                }
                count
            }
            _ => return Err(Error::Syntax),
        };
        Ok(ManyKeys {
            keys: args.from(index + 1).upto(keys),
            end,
            count,
        })
    }
}

/// Pops from the first of the keys that has a list; false where none has.
pub(super) fn pop_first(ctx: &mut Ctx<'_>, request: &ManyKeys<'_>) -> Result<bool, Error> {
    for key in request.keys.iter() {
        let place = ctx.keys.find(key);
        if ctx.keys.collection::<List>(place)?.is_none() {
            continue;
        }
        ctx.reply.array(2);
        ctx.reply.bulk(key);
        let taken = take(ctx, place, key, request.end, request.count)?;
        let name = pop_name(request.end);
        ctx.record(&[name, key, write_i64(taken as i64, &mut [0; 20])]);
        return Ok(true);
    }
    Ok(false)
}

/// The command that does the same to one list.
pub(super) fn pop_name(end: End) -> &'static [u8] {
    match end {
        End::Head => b"LPOP",
        End::Tail => b"RPOP",
    }
}
