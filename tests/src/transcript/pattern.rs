//! Expected replies: the notation, what matches, and how an expectation takes over what a server said. It must not know
//! about files, sections or connections.

use crate::notation::{escape, quote, unescape, unquote};
use crate::resp::{Blob, Line, Node, Value};

/// One expected reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `<any>`: one reply of any kind; `$<any>`, `:<int>` and so on: any non-nil reply with that type byte.
    Any(Option<u8>),
    /// `:<1..5>`: an integer within these bounds, both included.
    Range(i64, i64),
    /// `-ERR unknown...`: one-line text that starts so.
    LinePrefix(Line, Vec<u8>),
    /// `$"abc"...`: a string that starts so.
    BlobPrefix(Blob, Vec<u8>),
    /// A reply without children, exactly.
    Leaf(Value),
    /// `*2` and its children. `unordered`: children (entries, for a map) in any order.
    Node {
        /// Which aggregate.
        kind: Node,
        /// Flattened, as in [`Value::Node`].
        children: Vec<Pattern>,
        /// Whether the order counts.
        unordered: bool,
    },
}

impl From<&Value> for Pattern {
    fn from(value: &Value) -> Pattern {
        match value {
            Value::Node(kind, children) => Pattern::Node {
                kind: *kind,
                children: children.iter().map(Pattern::from).collect(),
                unordered: false,
            },
            leaf => Pattern::Leaf(leaf.clone()),
        }
    }
}

impl Pattern {
    /// Whether `value` is as expected.
    #[must_use]
    pub fn matches(&self, value: &Value) -> bool {
        match (self, value) {
            (Pattern::Any(None), _) => true,
            (Pattern::Any(Some(_)), Value::NilBulk | Value::NilArray) => false,
            (Pattern::Any(Some(byte)), value) => value.byte() == *byte,
            (Pattern::Range(low, high), Value::Int(n)) => (low..=high).contains(&n),
            (Pattern::LinePrefix(kind, prefix), Value::Line(found, text)) => {
                kind == found && text.starts_with(prefix)
            }
            (Pattern::BlobPrefix(kind, prefix), Value::Blob(found, bytes)) => {
                kind == found && bytes.starts_with(prefix)
            }
            (Pattern::Leaf(expected), value) => expected == value,
            (
                Pattern::Node {
                    kind,
                    children,
                    unordered,
                },
                Value::Node(found, values),
            ) => {
                if kind != found || children.len() != values.len() {
                    return false;
                }
                let width = if *kind == Node::Map { 2 } else { 1 };
                if *unordered && *kind != Node::Attribute {
                    matches_unordered(children, values, width)
                } else {
                    all_match(children, values)
                }
            }
            _ => false,
        }
    }

    /// The expectation after a rewrite: wildcards and marks that fit `value` stay, everything else is what was said.
    #[must_use]
    pub fn rewritten(&self, value: &Value) -> Pattern {
        if self.matches(value) {
            return self.clone();
        }
        match (self, value) {
            (
                Pattern::Node {
                    kind,
                    unordered: true,
                    ..
                },
                Value::Node(found, values),
            ) if kind == found => {
                let mut values = values.clone();
                if *kind != Node::Map {
                    values.sort();
                }
                let children = values.iter().map(Pattern::from).collect();
                Pattern::Node {
                    kind: *kind,
                    children,
                    unordered: true,
                }
            }
            (Pattern::Node { kind, children, .. }, Value::Node(found, values))
                if kind == found && children.len() == values.len() =>
            {
                let children = children
                    .iter()
                    .zip(values)
                    .map(|(child, value)| child.rewritten(value))
                    .collect();
                Pattern::Node {
                    kind: *kind,
                    children,
                    unordered: false,
                }
            }
            _ => Pattern::from(value),
        }
    }

    /// Appends the notation, one line a node, children indented by two more spaces.
    pub fn render(&self, indent: usize, lines: &mut Vec<String>) {
        let pad = "  ".repeat(indent);
        match self {
            Pattern::Node {
                kind,
                children,
                unordered,
            } => {
                let mark = if *unordered { " unordered" } else { "" };
                lines.push(format!(
                    "{pad}{}{}{mark}",
                    char::from(kind.byte()),
                    kind.count(children.len())
                ));
                for child in children {
                    child.render(indent + 1, lines);
                }
            }
            leaf => lines.push(format!("{pad}{}", leaf.leaf_text())),
        }
    }

    fn leaf_text(&self) -> String {
        match self {
            Pattern::Any(None) => "<any>".to_owned(),
            Pattern::Any(Some(b':')) => ":<int>".to_owned(),
            Pattern::Any(Some(byte)) => format!("{}<any>", char::from(*byte)),
            Pattern::Range(low, high) => format!(":<{low}..{high}>"),
            Pattern::LinePrefix(kind, prefix) => {
                format!("{}{}...", char::from(kind.byte()), escape(prefix))
            }
            Pattern::BlobPrefix(kind, prefix) => {
                format!("{}{}...", char::from(kind.byte()), quote(prefix))
            }
            Pattern::Leaf(value) => value_text(value),
            Pattern::Node { .. } => unreachable!("a node is more than one line"),
        }
    }
}

fn value_text(value: &Value) -> String {
    let byte = char::from(value.byte());
    match value {
        Value::Line(_, text) => format!("{byte}{}", escape(text)),
        Value::Int(n) => format!(":{n}"),
        Value::Blob(_, bytes) => format!("{byte}{}", quote(bytes)),
        Value::NilBulk => "$nil".to_owned(),
        Value::NilArray => "*nil".to_owned(),
        Value::Null => "_".to_owned(),
        Value::Bool(yes) => if *yes { "#t" } else { "#f" }.to_owned(),
        Value::Node(..) => unreachable!("a node is more than one line"),
    }
}

fn all_match(patterns: &[Pattern], values: &[Value]) -> bool {
    patterns
        .iter()
        .zip(values)
        .all(|(pattern, value)| pattern.matches(value))
}

/// Assigns every entry to one pattern by augmenting paths, so that a wildcard cannot take what a stricter pattern needs.
/// O(n³) at worst; lists in transcripts are short.
fn matches_unordered(patterns: &[Pattern], values: &[Value], width: usize) -> bool {
    let patterns: Vec<&[Pattern]> = patterns.chunks(width).collect();
    let values: Vec<&[Value]> = values.chunks(width).collect();
    let mut taken = vec![None; values.len()];
    (0..patterns.len()).all(|at| {
        assign(
            at,
            &patterns,
            &values,
            &mut taken,
            &mut vec![false; values.len()],
        )
    })
}

fn assign(
    at: usize,
    patterns: &[&[Pattern]],
    values: &[&[Value]],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for slot in 0..values.len() {
        if seen[slot] || !all_match(patterns[at], values[slot]) {
            continue;
        }
        seen[slot] = true;
        if taken[slot].is_none_or(|other| assign(other, patterns, values, taken, seen)) {
            taken[slot] = Some(at);
            return true;
        }
    }
    false
}

/// Reads expected replies from notation lines, given as (line number, text).
///
/// # Errors
/// The number of the offending line and a sentence about it.
pub fn parse_patterns(lines: &[(usize, &str)]) -> Result<Vec<Pattern>, (usize, String)> {
    let mut at = 0;
    let mut patterns = Vec::new();
    while at < lines.len() {
        patterns.push(parse_one(lines, &mut at, 0)?);
    }
    Ok(patterns)
}

fn parse_one(
    lines: &[(usize, &str)],
    at: &mut usize,
    indent: usize,
) -> Result<Pattern, (usize, String)> {
    let (number, line) = lines[*at];
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() != indent * 2 {
        return Err((
            number,
            format!("expected {} spaces of indentation", indent * 2),
        ));
    }
    *at += 1;
    let Some((kind, count, unordered)) = node_head(text) else {
        return parse_leaf(text).map_err(|error| (number, error));
    };
    let mut children = Vec::new();
    for _ in 0..kind.children(count) {
        if *at >= lines.len() {
            return Err((
                number,
                format!("{text} has only {} children", children.len()),
            ));
        }
        children.push(parse_one(lines, at, indent + 1)?);
    }
    Ok(Pattern::Node {
        kind,
        children,
        unordered,
    })
}

/// `*3` or `*3 unordered`.
fn node_head(text: &str) -> Option<(Node, usize, bool)> {
    let kind = Node::from_byte(*text.as_bytes().first()?)?;
    let rest = &text[1..];
    let (count, unordered) = rest
        .strip_suffix(" unordered")
        .map_or((rest, false), |count| (count, true));
    Some((kind, count.parse().ok()?, unordered))
}

fn parse_leaf(text: &str) -> Result<Pattern, String> {
    let exact = |value| Ok(Pattern::Leaf(value));
    match text {
        "<any>" => return Ok(Pattern::Any(None)),
        "$nil" => return exact(Value::NilBulk),
        "*nil" => return exact(Value::NilArray),
        "_" => return exact(Value::Null),
        "#t" => return exact(Value::Bool(true)),
        "#f" => return exact(Value::Bool(false)),
        _ => {}
    }
    let byte = *text.as_bytes().first().ok_or("an empty line is no reply")?;
    if !byte.is_ascii() {
        return Err(format!("not a reply: {text}"));
    }
    let rest = &text[1..];
    if (rest == "<any>" && b"+-,($!=*%~>|".contains(&byte)) || (rest == "<int>" && byte == b':') {
        return Ok(Pattern::Any(Some(byte)));
    }
    if byte == b':' {
        return parse_int(rest).ok_or_else(|| format!("not an integer: {rest}"));
    }
    if let Some(kind) = Line::from_byte(byte) {
        return Ok(match rest.strip_suffix("...") {
            Some(prefix) => Pattern::LinePrefix(kind, unescape(prefix)?),
            None => Pattern::Leaf(Value::Line(kind, unescape(rest)?)),
        });
    }
    let kind = Blob::from_byte(byte).ok_or_else(|| format!("not a reply: {text}"))?;
    match unquote(rest)? {
        (bytes, "") => exact(Value::Blob(kind, bytes)),
        (bytes, "...") => Ok(Pattern::BlobPrefix(kind, bytes)),
        (_, after) => Err(format!("text after a string: {after}")),
    }
}

fn parse_int(text: &str) -> Option<Pattern> {
    if let Some(range) = text
        .strip_prefix('<')
        .and_then(|range| range.strip_suffix('>'))
    {
        let (low, high) = range.split_once("..")?;
        return Some(Pattern::Range(low.parse().ok()?, high.parse().ok()?));
    }
    text.parse().ok().map(|n| Pattern::Leaf(Value::Int(n)))
}

/// Replies in the notation, as lines.
#[must_use]
pub fn render_values(values: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for value in values {
        Pattern::from(value).render(0, &mut lines);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(text: &str) -> Vec<Pattern> {
        let lines: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
            .collect();
        parse_patterns(&lines).unwrap_or_else(|error| panic!("{error:?} in\n{text}"))
    }

    fn one(text: &str) -> Pattern {
        let mut all = patterns(text);
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    fn value(wire: &str) -> Value {
        crate::resp::parse(wire.as_bytes())
            .expect("well-formed")
            .expect("complete")
            .0
    }

    fn check(text: &str, wire: &str, expected: bool) {
        assert_eq!(
            one(text).matches(&value(wire)),
            expected,
            "{text} against {wire:?}"
        );
    }

    #[test]
    fn notation_and_wire_agree() {
        for (text, wire) in [
            ("+OK", "+OK\r\n"),
            ("-ERR with: \\x20".trim_end(), "-ERR with:  \r\n"),
            (":-3", ":-3\r\n"),
            ("$\"a\\r\\n\\x00\"", "$4\r\na\r\n\0\r\n"),
            ("$nil", "$-1\r\n"),
            ("*nil", "*-1\r\n"),
            ("*0", "*0\r\n"),
            ("*2\n  *1\n    :1\n  $nil", "*2\r\n*1\r\n:1\r\n$-1\r\n"),
            ("%1\n  +k\n  #t", "%1\r\n+k\r\n#t\r\n"),
            ("~1\n  ,1.50", "~1\r\n,1.50\r\n"),
            (">1\n  _", ">1\r\n_\r\n"),
            ("|1\n  +a\n  :1\n  :2", "|1\r\n+a\r\n:1\r\n:2\r\n"),
            ("(99", "(99\r\n"),
            ("=\"txt:x\"", "=5\r\ntxt:x\r\n"),
            ("!\"ERR\"", "!3\r\nERR\r\n"),
        ] {
            check(text, wire, true);
            assert_eq!(render_values(&[value(wire)]).join("\n"), text);
        }
    }

    #[test]
    fn kinds_that_look_alike_differ() {
        check("$nil", "*-1\r\n", false);
        check("_", "$-1\r\n", false);
        check("+OK", "$2\r\nOK\r\n", false);
        check(":1", "$1\r\n1\r\n", false);
        check("*0", "~0\r\n", false);
        check(",1.5", ",1.50\r\n", false);
    }

    #[test]
    fn wildcards_match_their_kind_only() {
        check("<any>", "*1\r\n:1\r\n", true);
        check(":<int>", ":5\r\n", true);
        check(":<int>", "$1\r\n5\r\n", false);
        check("$<any>", "$-1\r\n", false);
        check("*<any>", "*1\r\n:1\r\n", true);
        check(":<1..3>", ":3\r\n", true);
        check(":<-3..-1>", ":0\r\n", false);
        check("$\"ab\"...", "$3\r\nabc\r\n", true);
        check("$\"ab\"...", "$1\r\na\r\n", false);
        check("-ERR...", "-ERR x\r\n", true);
        check("-ERR...", "-WRONG x\r\n", false);
    }

    #[test]
    fn unordered_children_match_one_to_one() {
        check("*2 unordered\n  :<int>\n  :1", "*2\r\n:1\r\n:2\r\n", true);
        check("*2 unordered\n  :1\n  :1", "*2\r\n:1\r\n:2\r\n", false);
        check("*2\n  :2\n  :1", "*2\r\n:1\r\n:2\r\n", false);
        check(
            "%2 unordered\n  +a\n  :1\n  +b\n  :2",
            "%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n",
            true,
        );
        check(
            "%2 unordered\n  +a\n  :1\n  +b\n  :2",
            "%2\r\n+b\r\n:1\r\n+a\r\n:2\r\n",
            false,
        );
    }

    #[test]
    fn a_rewrite_keeps_what_fits() {
        let rewrite = |text: &str, wire: &str| {
            let mut lines = Vec::new();
            one(text).rewritten(&value(wire)).render(0, &mut lines);
            lines.join("\n")
        };
        assert_eq!(
            rewrite("*2\n  :<int>\n  :1", "*2\r\n:7\r\n:2\r\n"),
            "*2\n  :<int>\n  :2"
        );
        assert_eq!(
            rewrite("*1 unordered\n  :1", "*2\r\n:7\r\n:2\r\n"),
            "*2 unordered\n  :2\n  :7"
        );
        assert_eq!(rewrite(":<int>", "+OK\r\n"), "+OK");
        assert_eq!(rewrite("$\"a\"...", "$2\r\nab\r\n"), "$\"a\"...");
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, line) in [
            ("*2\n  :1", 1),
            ("*1\n:1", 2),
            (":x", 1),
            ("$abc", 1),
            ("+OK\n  :1", 2),
            ("$\"a\" b", 1),
        ] {
            let lines: Vec<(usize, &str)> = text
                .lines()
                .enumerate()
                .map(|(at, line)| (at + 1, line))
                .collect();
            let error = parse_patterns(&lines).expect_err(text);
            assert_eq!(error.0, line, "{text}: {}", error.1);
        }
    }
}
