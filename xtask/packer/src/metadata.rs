//! The command table as data for completion, hints and help.

use hyla_engine::command::{Arg, ArgKind, Flags, Spec};

use crate::text::{each_command, quoted};

/// The whole module.
pub(crate) fn module() -> String {
    let mut text = String::from(
        "// Generated from the command table by `cargo xtask wasm`.\n\
         import type { CommandInfo } from '../commands.js';\n\n\
         export const table: readonly CommandInfo[] = [\n",
    );
    each_command(|container, spec| {
        text.push_str("  ");
        text.push_str(&command(container, spec));
        text.push_str(",\n");
    });
    text.push_str("];\n\n/** The version of the package and of the engine in it. */\n");
    text.push_str(&format!(
        "export const version = {};\n",
        quoted(env!("CARGO_PKG_VERSION"))
    ));
    text
}

fn command(container: Option<&Spec>, spec: &Spec) -> String {
    let mut fields = Vec::new();
    let name = match container {
        Some(container) => format!("{} {}", container.name, spec.name),
        None => String::from(spec.name),
    };
    fields.push(("name", quoted(&name.to_ascii_uppercase())));
    fields.push(("summary", quoted(spec.summary)));
    fields.push(("since", quoted(spec.since)));
    fields.push(("group", quoted(spec.group.name())));
    fields.push(("complexity", quoted(spec.complexity)));
    fields.push(("arity", spec.arity.to_string()));
    if spec.flags.has(Flags::WRITE) {
        fields.push(("write", String::from("true")));
    }
    if let Some((since, replacement)) = spec.deprecated {
        fields.push(("deprecatedSince", quoted(since)));
        fields.push(("replacedBy", quoted(replacement)));
    }
    if !spec.subcommands.is_empty() {
        fields.push(("container", String::from("true")));
    }
    fields.push(("arguments", arguments(spec.args)));
    object(&fields)
}

fn arguments(args: &[Arg]) -> String {
    let items: Vec<String> = args.iter().map(argument).collect();
    format!("[{}]", items.join(", "))
}

fn argument(arg: &Arg) -> String {
    let kind = match arg.kind {
        ArgKind::Key => "key",
        ArgKind::String => "string",
        ArgKind::Integer => "integer",
        ArgKind::Double => "double",
        ArgKind::Pattern => "pattern",
        ArgKind::UnixTime => "unix-time",
        ArgKind::PureToken => "pure-token",
        ArgKind::OneOf(_) => "oneof",
        ArgKind::Block(_) => "block",
    };
    let mut fields = vec![
        ("name", quoted(arg.display.unwrap_or(arg.name))),
        ("type", quoted(kind)),
    ];
    if let Some(token) = arg.token {
        fields.push(("token", quoted(token)));
    }
    let marks = [
        ("optional", arg.optional),
        ("multiple", arg.multiple),
        ("multipleToken", arg.multiple_token),
    ];
    for (name, on) in marks {
        if on {
            fields.push((name, String::from("true")));
        }
    }
    if let ArgKind::OneOf(parts) | ArgKind::Block(parts) = arg.kind {
        fields.push(("arguments", arguments(parts)));
    }
    object(&fields)
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("{{ {} }}", fields.join(", "))
}
