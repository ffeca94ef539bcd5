//! LOLWUT.

use alloc::format;
use alloc::string::String;

use crate::command::{Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::observe::facts::{HYLA_VERSION, REDIS_VERSION};

pub(crate) const SPECS: &[Spec] = &[LOLWUT];

/// A tree frog, after which the server is named.
const FROG: &str = "\
     _        _
    (o)------(o)
   /            \\
  |  .________.  |
   \\  `------'  /
  __/ |      | \\__
 /,_,/        \\,_,\\
";

const LOLWUT: Spec = Spec {
    name: "lolwut",
    summary: "Draws a picture and tells the version.",
    since: "5.0.0",
    group: Group::Server,
    complexity: "O(1)",
    arity: -1,
    flags: Flags::READONLY.or(Flags::FAST),
    args: &[Arg::int("version").after("VERSION").optional()],
    ..Spec::new(lolwut)
};

fn lolwut(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut frogs = 1;
    if ctx.args.len() >= 3 && ctx.args.is(1, "VERSION") {
        frogs = ctx.args.int(2)?.clamp(1, 9) as usize;
    }
    let mut text = String::new();
    for line in FROG.lines() {
        for _ in 0..frogs {
            text.push_str(&format!("{line:<21}"));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push_str(&format!(
        "Hyla ver. {HYLA_VERSION}, speaks as Redis ver. {REDIS_VERSION}\n"
    ));
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}
