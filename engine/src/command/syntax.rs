//! A command's arguments as one line of text, `key [NX | XX] [EX seconds]`, for HELP and hints. Knows no
//! single command.

use alloc::string::String;

use super::{ArgDoc, ArgDocs, Kind};

/// The line for `args`; empty without arguments.
pub fn syntax(args: ArgDocs) -> String {
    let mut line = String::new();
    sequence(args, " ", &mut line);
    line
}

fn sequence(args: ArgDocs, between: &str, line: &mut String) {
    for (at, arg) in args.enumerate() {
        if at > 0 {
            line.push_str(between);
        }
        argument(&arg, line);
    }
}

fn argument(arg: &ArgDoc, line: &mut String) {
    if arg.optional {
        line.push('[');
    }
    if let (Some(token), false) = (arg.token, arg.multiple_token) {
        token_before(token, arg, line);
    }
    one(arg, line);
    if arg.multiple {
        line.push_str(" [");
        one(arg, line);
        line.push_str(" ...]");
    }
    if arg.optional {
        line.push(']');
    }
}

/// The argument once, with its token only if it is repeated with it.
fn one(arg: &ArgDoc, line: &mut String) {
    if let (Some(token), true) = (arg.token, arg.multiple_token) {
        token_before(token, arg, line);
    }
    match arg.kind {
        Kind::PureToken => {}
        Kind::OneOf => {
            line.push('<');
            sequence(arg.parts, " | ", line);
            line.push('>');
        }
        Kind::Block => sequence(arg.parts, " ", line),
        _ => {
            line.push('<');
            line.push_str(arg.display.unwrap_or(arg.name));
            line.push('>');
        }
    }
}

fn token_before(token: &str, arg: &ArgDoc, line: &mut String) {
    line.push_str(token);
    if arg.kind != Kind::PureToken {
        line.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::super::docs::packed;
    use super::super::{Arg, ArgKind};
    use super::*;

    #[test]
    fn lines() {
        const ARGS: &[Arg] = &[
            Arg::key("key", 0),
            Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).optional(),
            Arg::int("seconds").after("EX").optional(),
            Arg::string("value").multiple(),
            Arg::new("pattern", ArgKind::Pattern)
                .after("GET")
                .multiple_token()
                .optional(),
        ];
        assert_eq!(
            syntax(packed(ARGS)),
            "<key> [<NX | XX>] [EX <seconds>] <value> [<value> ...] [GET <pattern> [GET <pattern> ...]]"
        );
        assert_eq!(syntax(packed(&[])), "");
    }
}
