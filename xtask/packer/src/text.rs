//! Text of the generated TypeScript: strings, names, and a command's syntax as people read it.

use hyla_engine::command::{Arg, ArgKind, Spec};

/// A string literal.
pub(crate) fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            letter if letter.is_control() => {
                literal.push_str(&format!("\\u{:04x}", letter as u32));
            }
            letter => literal.push(letter),
        }
    }
    literal.push('"');
    literal
}

/// `client` and `no-evict` become `clientNoEvict`.
pub(crate) fn camel_case(words: &[&str]) -> String {
    let mut name = String::new();
    for part in words.iter().flat_map(|word| word.split(['-', '_', '|'])) {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if !name.is_empty() => name.push(first.to_ascii_uppercase()),
            Some(first) => name.push(first),
            None => {}
        }
        name.extend(letters);
    }
    name
}

/// The arguments as in a manual: `key value [NX | XX] [EX seconds]`.
pub(crate) fn syntax(args: &[Arg]) -> String {
    let words: Vec<String> = args.iter().map(argument).collect();
    words.join(" ")
}

fn argument(arg: &Arg) -> String {
    let mut text = match arg.kind {
        ArgKind::PureToken => String::new(),
        ArgKind::OneOf(choices) => {
            let words: Vec<String> = choices.iter().map(argument).collect();
            let joined = words.join(" | ");
            if arg.optional && arg.token.is_none() && !arg.multiple {
                joined
            } else {
                format!("<{joined}>")
            }
        }
        ArgKind::Block(parts) => syntax(parts),
        _ => String::from(arg.display.unwrap_or(arg.name)),
    };
    let repeated = arg.multiple.then(|| text.clone());
    if let Some(token) = arg.token {
        text = match (token, text.as_str()) {
            ("", _) => format!("\"\" {text}"),
            (_, "") => String::from(token),
            _ => format!("{token} {text}"),
        };
    }
    if let Some(repeated) = repeated {
        text = if arg.multiple_token {
            format!("{text} [{text} ...]")
        } else {
            format!("{text} [{repeated} ...]")
        };
    }
    if arg.optional {
        text = format!("[{text}]");
    }
    text
}

/// One call of `visit` for each command that can be run, with its container if it is a subcommand.
pub(crate) fn each_command(mut visit: impl FnMut(Option<&'static Spec>, &'static Spec)) {
    let mut specs: Vec<&'static Spec> = hyla_engine::command::specs().collect();
    specs.sort_by_key(|spec| spec.name);
    for spec in specs {
        visit(None, spec);
        let mut subcommands: Vec<&'static Spec> = spec.subcommands.iter().collect();
        subcommands.sort_by_key(|spec| spec.name);
        for subcommand in subcommands {
            visit(Some(spec), subcommand);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined() {
        assert_eq!(camel_case(&["client", "no-evict"]), "clientNoEvict");
        assert_eq!(camel_case(&["bitfield_ro"]), "bitfieldRo");
        assert_eq!(camel_case(&["get"]), "get");
    }

    #[test]
    fn literals_hold_any_text() {
        assert_eq!(quoted("a\"b\\\n\u{1}"), r#""a\"b\\\n\u0001""#);
    }

    #[test]
    fn syntax_reads_like_a_manual() {
        const CHOICES: &[Arg] = &[Arg::word("nx", "NX"), Arg::word("xx", "XX")];
        let args = [
            Arg::key("key", 0).multiple(),
            Arg::one_of("condition", CHOICES).optional(),
            Arg::int("count").after("COUNT").optional(),
        ];
        assert_eq!(syntax(&args), "key [key ...] [NX | XX] [COUNT count]");
    }
}
