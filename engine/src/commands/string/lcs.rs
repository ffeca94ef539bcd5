//! LCS: what two strings have in common.

use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::resp::{Args, Reply};
use crate::types::string::lcs::{LcsError, Match, length, matches, subsequence};

pub(crate) const SPECS: &[Spec] = &[LCS];

const LCS: Spec = Spec {
    name: "lcs",
    summary: "Gives the longest common subsequence of two strings, its length, or where its runs are.",
    since: "7.0.0",
    group: Group::String,
    complexity: "O(N*M) where N and M are the lengths of the two strings.",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::range(1, 1, 1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[
        Arg::key("key1", 0),
        Arg::key("key2", 0),
        Arg::word("len", "LEN").optional(),
        Arg::word("idx", "IDX").optional(),
        Arg::int("len").after("MINMATCHLEN").optional(),
        Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
    ],
    ..Spec::new(lcs)
};

#[derive(Default)]
struct Options {
    len: bool,
    idx: bool,
    len_min: usize,
    with_match_len: bool,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Options, Error> {
        let mut options = Options::default();
        let mut index = 3;
        while index < args.len() {
            if args.is(index, "IDX") {
                options.idx = true;
            } else if args.is(index, "LEN") {
                options.len = true;
            } else if args.is(index, "WITHMATCHLEN") {
                options.with_match_len = true;
            } else if args.is(index, "MINMATCHLEN") && index + 1 < args.len() {
                index += 1;
                let len_min = args.int(index)?.max(0);
                options.len_min = usize::try_from(len_min).unwrap_or(usize::MAX);
            } else {
                return Err(Error::Syntax);
            }
            index += 1;
        }
        if options.idx && options.len {
            return Err(Error::fixed(
                &"ERR If you want both the length and indexes, please just use IDX.",
            ));
        }
        Ok(options)
    }
}

const NO_STRINGS: Error = Error::fixed(&"ERR The specified keys must contain string values");

fn lcs(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key_a, key_b) = (ctx.arg(1), ctx.arg(2));
    let limit = ctx.config().proto_max_bulk_len;
    // Looking at one key may find it expired and remove it; after both were looked at places stay valid.
    ctx.keys.read(key_a);
    ctx.keys.read(key_b);
    let (place_a, place_b) = (ctx.keys.find(key_a), ctx.keys.find(key_b));
    let (mut digits_a, mut digits_b) = ([0; 20], [0; 20]);
    let a = match ctx.keys.entry(place_a) {
        Some(entry) => entry.string().map_err(|_| NO_STRINGS)?.bytes(&mut digits_a),
        None => &[],
    };
    let b = match ctx.keys.entry(place_b) {
        Some(entry) => entry.string().map_err(|_| NO_STRINGS)?.bytes(&mut digits_b),
        None => &[],
    };
    let options = Options::parse(ctx.args)?;
    let refusal = |error: LcsError| Error::fixed(error.text());
    if options.idx {
        let (runs, len) = matches(a, b, options.len_min, limit).map_err(refusal)?;
        reply_matches(&mut ctx.reply, &runs, len, options.with_match_len);
    } else if options.len {
        let len = length(a, b, limit).map_err(refusal)?;
        ctx.reply.int(len as i64);
    } else {
        ctx.reply.bulk(&subsequence(a, b, limit).map_err(refusal)?);
    }
    Ok(())
}

fn reply_matches(reply: &mut Reply<'_>, runs: &[Match], len: usize, with_match_len: bool) {
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(runs.len());
    for run in runs {
        reply.array(if with_match_len { 3 } else { 2 });
        for (first, last) in [run.a, run.b] {
            reply.array(2);
            reply.int(first as i64);
            reply.int(last as i64);
        }
        if with_match_len {
            reply.int(run.len() as i64);
        }
    }
    reply.bulk(b"len");
    reply.int(len as i64);
}
