//! GET.

use super::reply_string;
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;

pub(crate) const SPECS: &[Spec] = &[GET];

const GET: Spec = Spec {
    name: "get",
    summary: "Gives the string at a key.",
    since: "1.0.0",
    group: Group::String,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::READONLY.or(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    args: &[Arg::key("key", 0)],
    ..Spec::new(get)
};

fn get(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let key = ctx.arg(1);
    reply_string(&mut ctx.reply, ctx.keys.read(key))
}
