//! LPOS.

use alloc::vec::Vec;

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::resp::Args;
use crate::types::list::List;

pub(crate) const SPECS: &[Spec] = &[LPOS];

const LPOS: Spec = Spec {
    name: "lpos",
    summary: "Gives the indexes of elements that equal a given one.",
    since: "6.0.6",
    group: Group::List,
    complexity: "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key", 0),
        Arg::string("element"),
        Arg::int("rank").after("RANK").optional(),
        Arg::int("num-matches").after("COUNT").optional(),
        Arg::int("len").after("MAXLEN").optional(),
    ],
    ..Spec::new(lpos)
};

const RANK_ZERO: Error = Error::fixed(
    &"ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);
const RANK_RANGE: Error = Error::fixed(
    &"ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);

struct Options {
    /// The match to start with; from the tail where negative.
    rank: i64,
    /// How many matches, 0 for all; one, and not as an array, where it is not given.
    count: Option<u64>,
    /// How many elements to look at, 0 for all.
    most: u64,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Options, Error> {
        let mut options = Options {
            rank: 1,
            count: None,
            most: 0,
        };
        for index in (3..args.len()).step_by(2) {
            let value = index + 1;
            if value == args.len() {
                return Err(Error::Syntax);
            }
            let natural = |text| {
                let number = args.int(value).ok();
                let number = number.and_then(|number| u64::try_from(number).ok());
                number.ok_or(Error::fixed(text))
            };
            if args.is(index, "RANK") {
                options.rank = match args.int(value)? {
                    i64::MIN => return Err(RANK_RANGE),
                    0 => return Err(RANK_ZERO),
                    rank => rank,
                };
            } else if args.is(index, "COUNT") {
                options.count = Some(natural(&"ERR COUNT can't be negative")?);
            } else if args.is(index, "MAXLEN") {
                options.most = natural(&"ERR MAXLEN can't be negative")?;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }
}

fn lpos(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let options = Options::parse(ctx.args)?;
    let wanted = ctx.arg(2);
    let Some((list, _)) = ctx.keys.read_collection::<List>(ctx.arg(1))? else {
        match options.count {
            Some(_) => ctx.reply.array(0),
            None => ctx.reply.null(),
        }
        return Ok(());
    };
    let backward = options.rank < 0;
    let last = list.len().saturating_sub(1);
    let walk = list.walk(if backward { last } else { 0 }, backward);
    let most = match options.most {
        0 => usize::MAX,
        most => usize::try_from(most).unwrap_or(usize::MAX),
    };
    let skip = usize::try_from(options.rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let mut matches = walk
        .take(most)
        .enumerate()
        .filter(|(_, element)| element.is_text(wanted))
        .skip(skip)
        .map(|(step, _)| if backward { last - step } else { step });
    let Some(count) = options.count else {
        match matches.next() {
            Some(index) => ctx.reply.int(index as i64),
            None => ctx.reply.null(),
        }
        return Ok(());
    };
    let count = match count {
        0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let mut indexes = Vec::new();
    for index in matches.take(count) {
        indexes.try_reserve(1)?;
        indexes.push(index);
    }
    ctx.reply.array(indexes.len());
    indexes
        .iter()
        .for_each(|index| ctx.reply.int(*index as i64));
    Ok(())
}
