//! The typed methods of the JavaScript API, one for each command: leading arguments by position, options
//! as one object whose names are the tokens. What does not fit that form takes a plain list of arguments.

use hyla_engine::command::{Arg, ArgKind, Spec};

use crate::text::{camel_case, each_command, quoted, syntax};

/// Names that the classes need for themselves.
const TAKEN: [&str; 1] = ["command"];

/// The whole module.
pub(crate) fn module() -> String {
    let mut methods = String::new();
    let mut names = String::new();
    each_command(|container, spec| {
        let words: Vec<&str> = container
            .iter()
            .map(|it| it.name)
            .chain([spec.name])
            .collect();
        let name = camel_case(&words);
        if TAKEN.contains(&name.as_str()) {
            return;
        }
        let signature = signature(spec.args).unwrap_or_else(|| String::from("...args: Argument[]"));
        methods.push_str(&doc(&words, spec));
        methods.push_str(&format!("  {name}<T = Reply>({signature}): Promise<T>;\n"));
        let words: Vec<String> = words
            .iter()
            .map(|word| quoted(&word.to_ascii_uppercase()))
            .collect();
        names.push_str(&format!("  {name}: [{}],\n", words.join(", ")));
    });
    let used: Vec<&str> = ["Argument", "Choice", "Reply", "Value"]
        .into_iter()
        .filter(|name| {
            methods
                .split(|it: char| !it.is_alphanumeric())
                .any(|it| it == *name)
        })
        .collect();
    let used = used.join(", ");
    format!(
        "// Generated from the command table by `cargo xtask wasm`.\n\
         import type {{ {used} }} from '../types.js';\n\n\
         /** Each method's command. */\n\
         export const methods: Readonly<Record<string, readonly string[]>> = {{\n{names}}};\n\n\
         /** A method for every command. */\n\
         export interface Commands {{\n{methods}}}\n"
    )
}

fn doc(words: &[&str], spec: &Spec) -> String {
    let name = words.join(" ").to_ascii_uppercase();
    let mut lines = vec![
        String::from(spec.summary),
        String::new(),
        format!("`{}`", format!("{name} {}", syntax(spec.args)).trim_end()),
        String::new(),
        format!("Since {}. {}", spec.since, spec.complexity),
    ];
    if let Some((since, replacement)) = spec.deprecated {
        lines.push(format!("@deprecated since {since}: use {replacement}"));
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let line = line.replace("*/", "*\u{200b}/");
            format!("   * {line}").trim_end().to_owned()
        })
        .collect();
    format!("  /**\n{}\n   */\n", lines.join("\n"))
}

/// The parameters, where the arguments fit the form.
fn signature(args: &[Arg]) -> Option<String> {
    let mut parameters: Vec<String> = Vec::new();
    let mut options: Vec<String> = Vec::new();
    let mut optional = false;
    for (at, arg) in args.iter().enumerate() {
        let last = at + 1 == args.len();
        if arg.optional && has_tokens(arg) {
            options.push(option(arg)?);
            continue;
        }
        // What stands behind options cannot be told from them.
        if !options.is_empty() || (optional && !arg.optional) {
            return None;
        }
        if arg.multiple {
            if !last {
                return None;
            }
            let name = parameter_name(arg.name);
            parameters.push(format!("...{name}: Argument[]"));
            return Some(parameters.join(", "));
        }
        optional |= arg.optional;
        positional(arg, arg.optional, &mut parameters)?;
    }
    if !options.is_empty() {
        parameters.push(format!("options?: {}", options.join(" & ")));
    }
    Some(parameters.join(", "))
}

/// The parameters of an argument that has no token.
fn positional(arg: &Arg, optional: bool, parameters: &mut Vec<String>) -> Option<()> {
    let mark = if optional { "?" } else { "" };
    match arg.kind {
        _ if arg.token.is_some() || arg.multiple => return None,
        ArgKind::OneOf(choices) => {
            let mut words = Vec::new();
            for choice in choices {
                match (choice.kind, choice.token) {
                    (ArgKind::PureToken, Some(token)) => words.push(quoted(token)),
                    (ArgKind::Block(_) | ArgKind::OneOf(_), _) | (_, Some(_)) => return None,
                    _ => words.push(String::from("Value")),
                }
            }
            let name = parameter_name(arg.name);
            parameters.push(format!("{name}{mark}: {}", words.join(" | ")));
        }
        ArgKind::Block(parts) => {
            for part in parts {
                positional(part, optional || part.optional, parameters)?;
            }
        }
        ArgKind::PureToken => return None,
        _ => parameters.push(format!("{}{mark}: Value", parameter_name(arg.name))),
    }
    Some(())
}

fn has_tokens(arg: &Arg) -> bool {
    match arg.kind {
        _ if arg.token.is_some() => true,
        ArgKind::OneOf(choices) => choices.iter().all(has_tokens),
        ArgKind::Block(parts) => parts.first().is_some_and(|part| part.token.is_some()),
        _ => false,
    }
}

/// The type of an options object that holds this argument.
fn option(arg: &Arg) -> Option<String> {
    if let (ArgKind::OneOf(choices), None) = (arg.kind, arg.token) {
        let members: Option<Vec<String>> = choices.iter().map(member).collect();
        return Some(format!("Choice<{{ {} }}>", members?.join("; ")));
    }
    if let (ArgKind::Block(parts), None) = (arg.kind, arg.token) {
        let members: Option<Vec<String>> = parts.iter().map(|part| member_of(part, true)).collect();
        return Some(format!("{{ {} }}", members?.join("; ")));
    }
    Some(format!("{{ {} }}", member_of(arg, true)?))
}

fn member(arg: &Arg) -> Option<String> {
    member_of(arg, false)
}

/// `EX: Value`, `NX: true`, `LIMIT: [offset: Value, count: Value]`.
fn member_of(arg: &Arg, optional: bool) -> Option<String> {
    let token = arg.token.filter(|token| !token.is_empty())?;
    let mark = if optional { "?" } else { "" };
    let kind = match arg.kind {
        _ if arg.multiple => String::from("Value | readonly Value[]"),
        ArgKind::PureToken if optional => String::from("boolean"),
        ArgKind::PureToken => String::from("true"),
        ArgKind::OneOf(choices) => {
            let words: Option<Vec<String>> = choices
                .iter()
                .map(|choice| match choice.kind {
                    ArgKind::PureToken => choice.token.map(quoted),
                    _ => None,
                })
                .collect();
            words?.join(" | ")
        }
        ArgKind::Block(parts) => {
            let simple = parts.iter().all(|part| {
                part.token.is_none()
                    && !part.optional
                    && !part.multiple
                    && !matches!(part.kind, ArgKind::OneOf(_) | ArgKind::Block(_))
            });
            if !simple {
                return None;
            }
            let parts: Vec<String> = parts
                .iter()
                .map(|part| format!("{}: Value", parameter_name(part.name)))
                .collect();
            format!("[{}]", parts.join(", "))
        }
        _ => String::from("Value"),
    };
    Some(format!("{}{mark}: {kind}", quoted(token)))
}

/// `end-unit-block` as a parameter's name.
fn parameter_name(name: &str) -> String {
    let name = camel_case(&[&name.replace([' ', ':', '/', '.'], "-")]);
    match name.as_str() {
        // Words of the language.
        "function" | "arguments" | "default" | "new" | "delete" | "in" | "this" | "with"
        | "null" | "true" | "false" | "import" | "export" | "options" => format!("{name}_"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[Arg]) -> Option<String> {
        signature(args)
    }

    #[test]
    fn options_become_an_object() {
        const CHOICES: &[Arg] = &[Arg::word("nx", "NX"), Arg::int("version").after("IF")];
        const RANGE: &[Arg] = &[Arg::int("offset"), Arg::int("count")];
        let args = [
            Arg::key("key", 0),
            Arg::one_of("condition", CHOICES).optional(),
            Arg::word("get", "GET").optional(),
            Arg::block("limit", RANGE).after("LIMIT").optional(),
        ];
        let expected = "key: Value, options?: Choice<{ \"NX\": true; \"IF\": Value }> \
            & { \"GET\"?: boolean } & { \"LIMIT\"?: [offset: Value, count: Value] }";
        assert_eq!(of(&args).as_deref(), Some(expected));
    }

    #[test]
    fn repeated_arguments_are_spread() {
        let args = [Arg::string("destkey"), Arg::key("key", 0).multiple()];
        assert_eq!(
            of(&args).as_deref(),
            Some("destkey: Value, ...key: Argument[]")
        );
    }

    #[test]
    fn options_before_positions_do_not_fit() {
        let args = [Arg::word("ch", "CH").optional(), Arg::string("member")];
        assert_eq!(of(&args), None);
    }
}
