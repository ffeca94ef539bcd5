//! COMMAND: what the command table says, for clients and tools. DOCS is in its own file.

use alloc::vec::Vec;

use super::docs::docs;
use super::help;
use crate::command::{
    self, Acl, Arg, ArgKind, Begin, Command, CommandId, Ctx, Find, Flags, Group, KeyRef, KeySpec,
    Renames, Spec,
};
use crate::error::Error;
use crate::resp::{Args, Reply, UNRESOLVED};

pub(crate) const SPECS: &[Spec] = &[COMMAND];

/// A whole request as arguments of another.
const COMMAND_LINE: &[Arg] = &[
    Arg::string("command"),
    Arg::string("arg").optional().multiple(),
];

const COMMAND: Spec = Spec {
    name: "command",
    summary: "Tells everything about all commands.",
    since: "2.8.13",
    group: Group::Server,
    complexity: "O(N) where N is the total number of Redis commands",
    arity: -1,
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    tips: &["nondeterministic_output_order"],
    subcommands: &[
        Spec {
            name: "count",
            summary: "Counts the commands.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            ..Spec::new(count)
        },
        Spec {
            name: "docs",
            summary: "Describes commands: summary, arguments, history.",
            since: "7.0.0",
            group: Group::Server,
            complexity: "O(N) where N is the number of commands to look up",
            arity: -2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            args: &[Arg::string("command-name").optional().multiple()],
            tips: &["nondeterministic_output_order"],
            ..Spec::new(docs)
        },
        Spec {
            name: "getkeys",
            summary: "Finds the keys of a request.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(N) where N is the number of arguments to the command",
            arity: -4,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            args: COMMAND_LINE,
            ..Spec::new(getkeys)
        },
        Spec {
            name: "getkeysandflags",
            summary: "Finds the keys of a request and what it does with them.",
            since: "7.0.0",
            group: Group::Server,
            complexity: "O(N) where N is the number of arguments to the command",
            arity: -4,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            args: COMMAND_LINE,
            ..Spec::new(getkeysandflags)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "5.0.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            ..Spec::new(help)
        },
        Spec {
            name: "info",
            summary: "Tells arity, flags and key positions of commands.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(N) where N is the number of commands to look up",
            history: &[(
                "7.0.0",
                "Takes no names too, and then tells of all commands.",
            )],
            arity: -2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            args: &[Arg::string("command-name").optional().multiple()],
            tips: &["nondeterministic_output_order"],
            ..Spec::new(info)
        },
        Spec {
            name: "list",
            summary: "Lists the names of commands.",
            since: "7.0.0",
            group: Group::Server,
            complexity: "O(N) where N is the total number of Redis commands",
            arity: -2,
            flags: Flags::LOADING.or(Flags::STALE),
            acl: Acl::CONNECTION,
            args: &[Arg::one_of(
                "filterby",
                &[
                    Arg::string("module-name").after("MODULE"),
                    Arg::string("category").after("ACLCAT"),
                    Arg::new("pattern", ArgKind::Pattern).after("PATTERN"),
                ],
            )
            .after("FILTERBY")
            .optional()],
            tips: &["nondeterministic_output_order"],
            ..Spec::new(list)
        },
    ],
    ..Spec::new(command)
};

/// The number of a command or, as `container|name`, of a subcommand.
pub(super) fn find(name: &[u8], renames: &Renames) -> Option<CommandId> {
    let mut parts = name.splitn(2, |byte| *byte == b'|');
    let container = parts.next()?;
    let container = renames.resolve(container, command::resolve(container));
    if container == UNRESOLVED {
        return None;
    }
    match parts.next() {
        None => Some(container),
        Some(name) => command::resolve_subcommand(container, name),
    }
}

/// The command or subcommand that a request starting at `args` would run.
fn find_request(args: Args<'_>, renames: &Renames) -> Option<&'static Command> {
    let number = renames.resolve(args.at(0), command::resolve(args.at(0)));
    if number == UNRESOLVED {
        return None;
    }
    let command = command::get(number);
    match args.get(1) {
        Some(name) if command.subcommands > 0 => {
            Some(command::get(command::resolve_subcommand(number, name)?))
        }
        _ => Some(command),
    }
}

/// The commands that have a name.
fn named(renames: &Renames) -> impl Iterator<Item = CommandId> + Clone {
    let numbers = command::all().map(|(number, _)| number);
    numbers.filter(|number| renames.has(*number))
}

fn command(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let known = named(&ctx.server.renames);
    ctx.reply.array(known.clone().count());
    known.for_each(|number| describe(&mut ctx.reply, number));
    Ok(())
}

fn info(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.len() == 2 {
        return command(ctx);
    }
    ctx.reply.array(ctx.args.len() - 2);
    for name in ctx.args.from(2).iter() {
        match find(name, &ctx.server.renames) {
            Some(number) => describe(&mut ctx.reply, number),
            None => ctx.reply.null(),
        }
    }
    Ok(())
}

fn count(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.int(named(&ctx.server.renames).count() as i64);
    Ok(())
}

/// Writes the ten elements of COMMAND INFO.
fn describe(reply: &mut Reply<'_>, number: CommandId) {
    let command = command::get(number);
    reply.array(10);
    reply.bulk(command::full_name(number).as_bytes());
    reply.int(i64::from(command.arity));
    // Redis keeps `may_replicate` to itself.
    let names = command.flags.names();
    let names = names.filter(|name| *name != "may_replicate");
    reply.set(names.clone().count());
    names.for_each(|name| reply.simple(name));
    let (first, last, step) = command::legacy_range(command);
    [first, last, step]
        .into_iter()
        .for_each(|value| reply.int(i64::from(value)));
    let categories = command.acl.names();
    reply.set(categories.clone().count());
    for name in categories {
        reply.out().push(b"+@");
        reply.out().push(name.as_bytes());
        reply.out().push(b"\r\n");
    }
    let tips = command::docs(number).tips;
    reply.set(tips.len());
    tips.for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(command.keys.len());
    command.keys.iter().for_each(|key| key_spec(reply, key));
    if command.subcommands == 0 {
        return reply.set(0);
    }
    let subcommands = CommandId::from(command.subcommands);
    reply.array(usize::from(subcommands));
    (1..=subcommands).for_each(|at| describe(reply, number + at));
}

fn key_spec(reply: &mut Reply<'_>, key: &KeySpec) {
    reply.map(if key.notes.is_empty() { 3 } else { 4 });
    if !key.notes.is_empty() {
        reply.bulk(b"notes");
        reply.bulk(key.notes.as_bytes());
    }
    reply.bulk(b"flags");
    reply.set(key.flags.names().count());
    key.flags.names().for_each(|name| reply.simple(name));
    reply.bulk(b"begin_search");
    match key.begin {
        Begin::Index(index) => search(reply, "index", &[("index", index)], None),
        Begin::Keyword { word, from } => {
            search(reply, "keyword", &[("startfrom", from)], Some(word));
        }
        Begin::Unknown => search(reply, "unknown", &[], None),
    }
    reply.bulk(b"find_keys");
    match key.find {
        Find::Range { last, step, limit } => {
            let fields = [("lastkey", last), ("keystep", step), ("limit", limit)];
            search(reply, "range", &fields, None);
        }
        Find::KeyNum {
            number,
            first,
            step,
        } => {
            let fields = [
                ("keynumidx", number),
                ("firstkey", first),
                ("keystep", step),
            ];
            search(reply, "keynum", &fields, None);
        }
        Find::Unknown => search(reply, "unknown", &[], None),
    }
}

/// One half of a key spec: its type and its parameters.
fn search(reply: &mut Reply<'_>, kind: &str, fields: &[(&str, i32)], keyword: Option<&str>) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
    reply.map(fields.len() + usize::from(keyword.is_some()));
    if let Some(keyword) = keyword {
        reply.bulk(b"keyword");
        reply.bulk(keyword.as_bytes());
    }
    for (name, value) in fields {
        reply.bulk(name.as_bytes());
        reply.int(i64::from(*value));
    }
}

/// What COMMAND LIST shows.
enum Filter<'a> {
    All,
    Nothing,
    Category(Acl),
    Pattern(&'a [u8]),
}

fn list(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let filter = if ctx.args.len() == 2 {
        Filter::All
    } else if ctx.args.len() == 5 && ctx.args.is(2, "FILTERBY") {
        let wanted = ctx.arg(4);
        if ctx.args.is(3, "MODULE") {
            Filter::Nothing
        } else if ctx.args.is(3, "ACLCAT") {
            let known = Acl::NAMES
                .iter()
                .find(|(_, name)| wanted.eq_ignore_ascii_case(name.as_bytes()));
            known.map_or(Filter::Nothing, |(category, _)| Filter::Category(*category))
        } else if ctx.args.is(3, "PATTERN") {
            Filter::Pattern(wanted)
        } else {
            return Err(Error::Syntax);
        }
    } else {
        return Err(Error::Syntax);
    };
    let shown = |number: &CommandId| match filter {
        Filter::All => true,
        Filter::Nothing => false,
        Filter::Category(category) => command::get(*number).acl.has(category),
        Filter::Pattern(pattern) => {
            crate::glob::matches(pattern, command::full_name(*number).as_bytes(), true)
        }
    };
    let numbers: Vec<CommandId> = (0..command::len() as u16).filter(shown).collect();
    ctx.reply.array(numbers.len());
    for number in numbers {
        ctx.reply.bulk(command::full_name(number).as_bytes());
    }
    Ok(())
}

/// The keys of the request that stands behind the subcommand's name.
fn request_keys<'a>(ctx: &Ctx<'a>) -> Result<(Args<'a>, Vec<KeyRef>), Error> {
    let args = ctx.args.from(2);
    let command = find_request(args, &ctx.server.renames)
        .ok_or(Error::fixed(&"ERR Invalid command specified"))?;
    Ok((args, command::keys(command, args)?))
}

fn getkeys(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, keys) = request_keys(ctx)?;
    ctx.reply.array(keys.len());
    keys.iter()
        .for_each(|key| ctx.reply.bulk(args.at(key.position)));
    Ok(())
}

fn getkeysandflags(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, keys) = request_keys(ctx)?;
    ctx.reply.array(keys.len());
    for key in keys {
        ctx.reply.array(2);
        ctx.reply.bulk(args.at(key.position));
        ctx.reply.set(key.flags.names().count());
        key.flags.names().for_each(|name| ctx.reply.simple(name));
    }
    Ok(())
}
