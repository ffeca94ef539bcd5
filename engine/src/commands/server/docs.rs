//! COMMAND DOCS: the specs as documentation.

use super::command::find;
use crate::command::{self, Arg, ArgKind, CommandId, Ctx, Spec};
use crate::error::Error;
use crate::resp::Reply;

/// COMMAND DOCS; unknown names are left out.
pub(super) fn docs(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() == 2 {
        ctx.reply.map(command::all().count());
        command::all().for_each(|(number, _)| named(&mut ctx.reply, number));
        return Ok(());
    }
    let names = ctx.args.from(2);
    let renames = &ctx.server.renames;
    let found = || names.iter().filter_map(|name| find(name, renames));
    ctx.reply.map(found().count());
    found().for_each(|number| named(&mut ctx.reply, number));
    Ok(())
}

fn named(reply: &mut Reply<'_>, number: CommandId) {
    reply.bulk(command::full_name(number).as_bytes());
    describe(reply, number);
}

fn field(reply: &mut Reply<'_>, name: &str, value: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

fn describe(reply: &mut Reply<'_>, number: CommandId) {
    let spec = command::spec(number);
    let fields = [
        (spec.deprecated.is_some() || spec.internal, 1),
        (spec.deprecated.is_some(), 2),
        (!spec.complexity.is_empty(), 1),
        (!spec.history.is_empty(), 1),
        (!spec.args.is_empty(), 1),
        (!spec.subcommands.is_empty(), 1),
    ];
    let present = fields.iter().filter(|(present, _)| *present);
    reply.map(3 + present.map(|(_, count)| count).sum::<usize>());
    field(reply, "summary", spec.summary);
    field(reply, "since", spec.since);
    field(reply, "group", spec.group.name());
    if !spec.complexity.is_empty() {
        field(reply, "complexity", spec.complexity);
    }
    doc_flags(reply, spec);
    if let Some((since, replacement)) = spec.deprecated {
        field(reply, "deprecated_since", since);
        field(reply, "replaced_by", replacement);
    }
    if !spec.history.is_empty() {
        reply.bulk(b"history");
        reply.set(spec.history.len());
        for (version, change) in spec.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
    }
    if !spec.args.is_empty() {
        arguments(reply, spec.args);
    }
    if !spec.subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(spec.subcommands.len());
        (1..=spec.subcommands.len()).for_each(|at| named(reply, number + at as u16));
    }
}

fn doc_flags(reply: &mut Reply<'_>, spec: &Spec) {
    let flags = [
        (spec.deprecated.is_some(), "deprecated"),
        (spec.internal, "syscmd"),
    ];
    let set = || flags.iter().filter(|(present, _)| *present);
    if set().next().is_none() {
        return;
    }
    reply.bulk(b"doc_flags");
    reply.set(set().count());
    set().for_each(|(_, name)| reply.simple(name));
}

fn arguments(reply: &mut Reply<'_>, args: &[Arg]) {
    reply.bulk(b"arguments");
    reply.array(args.len());
    args.iter().for_each(|arg| argument(reply, arg));
}

fn argument(reply: &mut Reply<'_>, arg: &Arg) {
    let flags = [
        (arg.optional, "optional"),
        (arg.multiple, "multiple"),
        (arg.multiple_token, "multiple_token"),
    ];
    let set = || flags.iter().filter(|(present, _)| *present);
    let texts = [
        ("display_text", arg.display),
        ("token", arg.token),
        ("summary", arg.summary),
        ("since", arg.since),
        ("deprecated_since", arg.deprecated_since),
    ];
    let (kind, parts) = kind(arg.kind);
    let count = texts.iter().filter(|(_, text)| text.is_some()).count()
        + usize::from(arg.key_spec.is_some())
        + usize::from(set().next().is_some())
        + usize::from(parts.is_some());
    reply.map(2 + count);
    field(reply, "name", arg.name);
    field(reply, "type", kind);
    for (at, (name, text)) in texts.into_iter().enumerate() {
        if let Some(text) = text {
            field(reply, name, text);
        }
        if let (0, Some(spec)) = (at, arg.key_spec) {
            reply.bulk(b"key_spec_index");
            reply.int(i64::from(spec));
        }
    }
    if set().next().is_some() {
        reply.bulk(b"flags");
        reply.set(set().count());
        set().for_each(|(_, name)| reply.simple(name));
    }
    if let Some(parts) = parts {
        arguments(reply, parts);
    }
}

/// An argument's type and, where it has them, its parts.
fn kind(kind: ArgKind) -> (&'static str, Option<&'static [Arg]>) {
    match kind {
        ArgKind::Key => ("key", None),
        ArgKind::String => ("string", None),
        ArgKind::Integer => ("integer", None),
        ArgKind::Double => ("double", None),
        ArgKind::Pattern => ("pattern", None),
        ArgKind::UnixTime => ("unix-time", None),
        ArgKind::PureToken => ("pure-token", None),
        ArgKind::OneOf(choices) => ("oneof", Some(choices)),
        ArgKind::Block(parts) => ("block", Some(parts)),
    }
}
