//! XACK.

use super::{GROUP, IDS, KEY, STREAM, UPDATES, strict_ids};
use crate::command::{Ctx, Flags, Spec};
use crate::error::Error;
use crate::types::stream::Stream;

pub(crate) const SPECS: &[Spec] = &[XACK];

const XACK: Spec = Spec {
    name: "xack",
    summary: "Acknowledges entries that a group was delivered.",
    complexity: "O(1) for each message ID processed.",
    arity: -4,
    flags: Flags::WRITE.or(Flags::FAST),
    keys: UPDATES,
    args: &[KEY, GROUP, IDS],
    handler: xack,
    ..STREAM
};

fn xack(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (key, name) = (ctx.arg(1), ctx.arg(2));
    let place = ctx.keys.find(key);
    let stream = ctx.keys.collection::<Stream>(place)?;
    if stream.is_none_or(|(stream, _)| stream.group(name).is_none()) {
        ctx.reply.int(0);
        return Ok(());
    }
    let ids = strict_ids(ctx, 3, ctx.args.len())?;
    let stream = ctx.keys.collection_mut::<Stream>(place)?;
    let mut acknowledged = 0;
    if let Some(mut group) = stream.and_then(|(stream, _)| stream.group_mut(name)) {
        for id in ids {
            acknowledged += i64::from(group.acknowledge(id));
        }
    }
    if acknowledged > 0 {
        ctx.changed_unseen();
    }
    ctx.reply.int(acknowledged);
    Ok(())
}
