//! COMMAND DOCS and the HELP of containers: the specs as documentation.

use alloc::format;

use super::command::find;
use crate::command::{self, ArgDoc, ArgDocs, CommandId, Ctx, Docs, syntax};
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
    let command = command::get(number);
    let docs = command::docs(number);
    let fields = [
        (docs.deprecated.is_some() || docs.internal, 1),
        (docs.deprecated.is_some(), 2),
        (!docs.complexity.is_empty(), 1),
        (!docs.history.is_empty(), 1),
        (!docs.args.is_empty(), 1),
        (command.subcommands > 0, 1),
    ];
    let present = fields.iter().filter(|(present, _)| *present);
    reply.map(3 + present.map(|(_, count)| count).sum::<usize>());
    field(reply, "summary", docs.summary);
    field(reply, "since", docs.since);
    field(reply, "group", command.group.name());
    if !docs.complexity.is_empty() {
        field(reply, "complexity", docs.complexity);
    }
    doc_flags(reply, &docs);
    if let Some((since, replacement)) = docs.deprecated {
        field(reply, "deprecated_since", since);
        field(reply, "replaced_by", replacement);
    }
    let mut history = docs.history;
    if !history.is_empty() {
        reply.bulk(b"history");
        reply.set(history.len() / 2);
        while let (Some(version), Some(change)) = (history.next(), history.next()) {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
    }
    if !docs.args.is_empty() {
        arguments(reply, docs.args);
    }
    if command.subcommands > 0 {
        reply.bulk(b"subcommands");
        let subcommands = CommandId::from(command.subcommands);
        reply.map(usize::from(subcommands));
        (1..=subcommands).for_each(|at| named(reply, number + at));
    }
}

fn doc_flags(reply: &mut Reply<'_>, docs: &Docs) {
    let flags = [
        (docs.deprecated.is_some(), "deprecated"),
        (docs.internal, "syscmd"),
    ];
    let set = || flags.iter().filter(|(present, _)| *present);
    if set().next().is_none() {
        return;
    }
    reply.bulk(b"doc_flags");
    reply.set(set().count());
    set().for_each(|(_, name)| reply.simple(name));
}

fn arguments(reply: &mut Reply<'_>, args: ArgDocs) {
    reply.bulk(b"arguments");
    reply.array(args.len());
    args.for_each(|arg| argument(reply, &arg));
}

fn argument(reply: &mut Reply<'_>, arg: &ArgDoc) {
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
    let count = texts.iter().filter(|(_, text)| text.is_some()).count()
        + usize::from(arg.key_spec.is_some())
        + usize::from(set().next().is_some())
        + usize::from(!arg.parts.is_empty());
    reply.map(2 + count);
    field(reply, "name", arg.name);
    field(reply, "type", arg.kind.name());
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
    if !arg.parts.is_empty() {
        arguments(reply, arg.parts);
    }
}

/// A container's HELP: each subcommand's syntax and summary, in the form of Redis.
pub(crate) fn help(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let number = command::resolve(ctx.arg(0));
    let number = ctx.server.renames.resolve(ctx.arg(0), number);
    let container = command::get(number);
    let subcommands = CommandId::from(container.subcommands);
    let plain = container.arity == -1;
    ctx.reply
        .array(1 + 2 * usize::from(subcommands + CommandId::from(plain)));
    let name = container.name.to_ascii_uppercase();
    ctx.reply.simple(&format!(
        "{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    ));
    if plain {
        ctx.reply.simple("(no subcommand)");
        ctx.reply
            .simple(&format!("    {}", command::docs(number).summary));
    }
    let all = || number + 1..=number + subcommands;
    let is_help = |number: &CommandId| command::get(*number).name == "help";
    for number in all()
        .filter(|number| !is_help(number))
        .chain(all().filter(is_help))
    {
        let mut line = command::get(number).name.to_ascii_uppercase();
        let docs = command::docs(number);
        if !docs.args.is_empty() {
            line.push(' ');
            line.push_str(&syntax(docs.args));
        }
        ctx.reply.simple(&line);
        ctx.reply.simple(&format!("    {}", docs.summary));
    }
    Ok(())
}
