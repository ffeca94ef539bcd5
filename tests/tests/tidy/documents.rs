//! Documents that are made from the engine's tables and committed: they must be what would be made now.
//! `HYLA_REFRESH=1 cargo test -p hyla-tests --test tidy` writes them.

use super::source::root;
use hyla_engine::command::{self, Arg, ArgKind, Spec};
use hyla_engine::config::Support;
use hyla_engine::config::table::directives;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A generated document: its path from the root, and what makes it.
type Document = (&'static str, fn() -> String);

/// Every one of them.
const GENERATED: &[Document] = &[("COMPAT.md", compat)];

#[test]
fn generated_documents_are_fresh() {
    for (path, make) in GENERATED {
        let file = root().join(path);
        let fresh = make();
        if std::env::var_os("HYLA_REFRESH").is_some() {
            std::fs::write(&file, &fresh).expect("the document is written");
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == fresh,
            "{path} is stale: HYLA_REFRESH=1 cargo test -p hyla-tests --test tidy"
        );
    }
}

/// COMPAT.md: which commands and directives there are.
fn compat() -> String {
    let mut text = String::from(
        "# What Hyla understands\n\n\
         Made from the tables in the source (`engine/src/commands/`, `engine/src/config/table/`); do not edit.\n\
         A command that stands here is complete: every option, reply and error text is that of Redis.\n",
    );
    let mut groups: BTreeMap<&str, Vec<(String, &Spec)>> = BTreeMap::new();
    for spec in command::specs() {
        let group = groups.entry(spec.group.name()).or_default();
        if spec.subcommands.is_empty() {
            group.push((spec.name.to_uppercase(), spec));
        }
        for sub in spec.subcommands {
            let name = format!("{} {}", spec.name, sub.name).to_uppercase();
            group.push((name, sub));
        }
    }
    for (group, mut commands) in groups {
        commands.sort_by(|left, right| left.0.cmp(&right.0));
        let _ = write!(
            text,
            "\n## Commands: {group}\n| command | since | what it does |\n|---|---|---|\n"
        );
        for (name, spec) in commands {
            let usage = format!("{name}{}", arguments(spec.args)).replace('|', "\\|");
            let _ = writeln!(text, "| `{usage}` | {} | {} |", spec.since, spec.summary);
        }
    }
    text.push_str(&directives_text());
    text
}

/// Arguments in the usual notation, with a space before each.
fn arguments(args: &[Arg]) -> String {
    args.iter()
        .map(|arg| format!(" {}", argument(arg)))
        .collect()
}

fn argument(arg: &Arg) -> String {
    let name = arg.display.unwrap_or(arg.name).to_owned();
    let inner = match arg.kind {
        ArgKind::PureToken => String::new(),
        ArgKind::OneOf(choices) => {
            let choices: Vec<String> = choices.iter().map(argument).collect();
            let choices = choices.join(" | ");
            if arg.optional && arg.token.is_none() {
                choices
            } else {
                format!("<{choices}>")
            }
        }
        ArgKind::Block(parts) => arguments(parts).trim_start().to_owned(),
        _ => name,
    };
    let once = match (arg.token, inner.is_empty()) {
        (Some(""), _) => format!("\"\" {inner}"),
        (Some(token), true) => token.to_owned(),
        (Some(token), false) => format!("{token} {inner}"),
        (None, _) => inner.clone(),
    };
    let shown = match (arg.multiple, arg.multiple_token) {
        (false, _) => once,
        (true, false) => format!("{once} [{inner} ...]"),
        (true, true) => format!("{once} [{once} ...]"),
    };
    if arg.optional {
        format!("[{shown}]")
    } else {
        shown
    }
}

fn directives_text() -> String {
    let mut later = Vec::new();
    let mut now = Vec::new();
    for directive in directives() {
        match directive.support {
            Support::Later => later.push(directive.name),
            _ => now.push(directive.name),
        }
    }
    later.sort_unstable();
    now.sort_unstable();
    let list = |names: &[&str]| format!("`{}`", names.join("` `"));
    format!(
        "\n## Directives\nWork: {}\n\nAccepted with a warning, their feature is not here yet: {}\n",
        list(&now),
        list(&later)
    )
}
