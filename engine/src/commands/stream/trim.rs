//! How requests say that a stream is to be trimmed; XTRIM, which does nothing else.

use alloc::vec::Vec;

use super::references::{self, CONDITION};
use super::{DELETES, KEY, STREAM, strict_id};
use crate::command::{Arg, Ctx, Flags, Spec};
use crate::error::Error;
use crate::keyspace::{Event, Place};
use crate::number::write_i64;
use crate::resp::Args;
use crate::types::stream::{ID_TEXT_MAX, Keep, Limits, Stream, StreamId, Trim, Trimmed};

pub(crate) const SPECS: &[Spec] = &[XTRIM];

/// What is to be trimmed, and how.
pub(super) const TRIM: Arg = Arg::block(
    "trim",
    &[
        Arg::one_of(
            "strategy",
            &[
                Arg::word("maxlen", "MAXLEN"),
                Arg::word("minid", "MINID").since("6.2.0"),
            ],
        ),
        Arg::one_of(
            "operator",
            &[Arg::word("equal", "="), Arg::word("approximately", "~")],
        )
        .optional(),
        Arg::string("threshold"),
        Arg::int("count").after("LIMIT").optional().since("6.2.0"),
    ],
);

const XTRIM: Spec = Spec {
    name: "xtrim",
    summary: "Deletes the first entries of a stream.",
    complexity: "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.",
    history: &[
        (
            "6.2.0",
            "Added the `MINID` trimming strategy and the `LIMIT` option.",
        ),
        (
            "8.2.0",
            "Added the `KEEPREF`, `DELREF` and `ACKED` options.",
        ),
    ],
    arity: -4,
    flags: Flags::WRITE,
    keys: DELETES,
    tips: &["nondeterministic_output"],
    args: &[KEY, TRIM, CONDITION],
    handler: xtrim,
    ..STREAM
};

fn xtrim(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (trimming, end) = TrimArgs::parse(ctx, false)?;
    let key = ctx.arg(1);
    let place = ctx.keys.find(key);
    if ctx.keys.collection::<Stream>(place)?.is_none() {
        ctx.reply.int(0);
        return Ok(());
    }
    let Some(wanted) = trimming.trim else {
        return Ok(());
    };
    let (gone, threshold) = trim(ctx, place, wanted, false)?;
    if gone > 0 && trimming.is_rough() && ctx.is_logged() {
        let args = ctx.args;
        ctx.record_all(trimming.rewritten(args.upto(end), &threshold));
    }
    ctx.reply.int(gone as i64);
    Ok(())
}

/// Limits of nodes, as configured.
pub(super) fn node_limits(ctx: &Ctx<'_>) -> Limits {
    Limits {
        bytes: ctx.config().stream_node_max_bytes,
        entries: ctx.config().stream_node_max_entries,
    }
}

/// Trims the stream at a place. Gives how many entries went, and the threshold that says exactly what is left.
pub(super) fn trim(
    ctx: &mut Ctx<'_>,
    place: Place,
    trim: Trim,
    counted: bool,
) -> Result<(u64, Vec<u8>), Error> {
    let key = ctx.arg(1);
    let Some((stream, _)) = ctx.keys.collection_mut::<Stream>(place)? else {
        return Ok((0, Vec::new()));
    };
    let Trimmed { gone, behind, rest } = stream.trim(trim);
    let threshold = match trim.keep {
        Keep::Last(_) => write_i64(stream.len() as i64, &mut [0; 20]).to_vec(),
        Keep::From(_) => behind.write(&mut [0; ID_TEXT_MAX]).to_vec(),
    };
    ctx.keys.discard(rest);
    match (gone, counted) {
        (0, _) => {}
        (_, true) => ctx.notify(Event::XTRIM, key),
        (_, false) => ctx.changed(Event::XTRIM, key),
    }
    Ok((gone, threshold))
}

/// The arguments of XADD before the ID, and those of XTRIM.
#[derive(Default)]
pub(super) struct TrimArgs {
    /// NOMKSTREAM was given.
    pub(super) no_create: bool,
    /// What is to be trimmed.
    pub(super) trim: Option<Trim>,
    /// The argument that is the threshold, 0 if there is none.
    threshold: usize,
    /// The argument LIMIT, 0 if there is none.
    limit: usize,
}

impl TrimArgs {
    /// Reads them up to the first argument that is none, which must be XADD's ID, and gives where that is.
    ///
    /// # Errors
    /// Those of XADD and XTRIM, in Redis' order.
    pub(super) fn parse(ctx: &Ctx<'_>, is_add: bool) -> Result<(TrimArgs, usize), Error> {
        let mut found = TrimArgs::default();
        let (mut keep, mut whole_nodes, mut limit) = (None, false, 0);
        let mut references = None;
        let mut at = 2;
        while at < ctx.args.len() {
            let more = ctx.args.len() - 1 - at;
            let is_minid = ctx.args.is(at, "MINID");
            if is_add && ctx.arg(at) == b"*" {
                break;
            } else if (is_minid || ctx.args.is(at, "MAXLEN")) && more > 0 {
                if keep.is_some() {
                    return Err(Error::fixed(
                        &"ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
                    ));
                }
                whole_nodes = more >= 2 && ctx.arg(at + 1) == b"~";
                if whole_nodes || more >= 2 && ctx.arg(at + 1) == b"=" {
                    at += 1;
                }
                at += 1;
                keep = Some(if is_minid {
                    Keep::From(strict_id(ctx.arg(at), 0)?)
                } else {
                    let most = ctx.args.int(at)?;
                    Keep::Last(
                        u64::try_from(most)
                            .map_err(|_| Error::fixed(&"ERR The MAXLEN argument must be >= 0."))?,
                    )
                });
                found.threshold = at;
            } else if ctx.args.is(at, "LIMIT") && more > 0 {
                found.limit = at;
                at += 1;
                limit = u64::try_from(ctx.args.int(at)?)
                    .map_err(|_| Error::fixed(&"ERR The LIMIT argument must be >= 0."))?;
            } else if is_add && ctx.args.is(at, "NOMKSTREAM") {
                found.no_create = true;
            } else if let Some(word) = references::word(ctx.args, at) {
                if references.replace(word).is_some() {
                    return Err(Error::Syntax);
                }
            } else if is_add {
                if StreamId::parse_open(ctx.arg(at)).is_none() {
                    // A wrong ID is told of before wrong combinations.
                    strict_id(ctx.arg(at), 0)?;
                }
                break;
            } else {
                return Err(Error::Syntax);
            }
            at += 1;
        }
        if limit > 0 && keep.is_none() {
            return Err(Error::fixed(
                &"ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            ));
        }
        if !is_add && keep.is_none() {
            return Err(Error::fixed(
                &"ERR syntax error, XTRIM must be called with MAXLEN or MINID",
            ));
        }
        if found.limit > 0 && !whole_nodes {
            return Err(Error::fixed(
                &"ERR syntax error, LIMIT cannot be used without the special ~ option",
            ));
        }
        if whole_nodes && found.limit == 0 {
            limit = default_limit(ctx.config().stream_node_max_entries);
        }
        found.trim = keep.map(|keep| Trim {
            keep,
            whole_nodes,
            limit,
            references: references.unwrap_or_default(),
        });
        Ok((found, at))
    }

    /// What goes depends on how entries are spread over nodes.
    pub(super) fn is_rough(&self) -> bool {
        self.trim.is_some_and(|trim| trim.whole_nodes)
    }

    /// The arguments with a threshold that says exactly what went.
    pub(super) fn rewritten<'a>(
        &self,
        args: Args<'a>,
        threshold: &'a [u8],
    ) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (at, limit, rough) = (self.threshold, self.limit, self.is_rough());
        args.iter()
            .enumerate()
            .filter(move |(index, _)| {
                !rough || limit == 0 || *index != limit && *index != limit + 1
            })
            .map(move |(index, arg)| match index {
                _ if !rough => arg,
                index if index == at => threshold,
                index if index + 1 == at => b"=",
                _ => arg,
            })
    }
}

/// Entries that a trimming of whole nodes takes away at most, so that it does not take long.
fn default_limit(node_entries: u64) -> u64 {
    const MOST: u64 = 1_000_000;
    const WITHOUT_NODES: u64 = 10_000;
    match node_entries.saturating_mul(100) {
        0 => WITHOUT_NODES,
        limit => limit.min(MOST),
    }
}
