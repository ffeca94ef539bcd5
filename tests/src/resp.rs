//! Replies as a client sees them, without loss: every accepted byte sequence has exactly one [`Value`]. It must not know
//! who sent them or what they should have been.

use std::fmt;

/// Aggregates may not nest deeper than this; no Redis reply comes near it.
const DEPTH_MAX: usize = 64;

/// Kinds of one-line replies whose payload is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// `+OK`
    Simple,
    /// `-ERR text`
    Error,
    /// `,3.14` (RESP3); the text is kept, so that `1e3` and `1000` differ.
    Double,
    /// `(123` (RESP3)
    BigNumber,
}

/// Kinds of length-prefixed replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blob {
    /// `$5`
    Bulk,
    /// `!5` (RESP3)
    Error,
    /// `=9` (RESP3); the payload includes the `txt:` prefix.
    Verbatim,
}

/// Kinds of replies that hold other replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// `*2`
    Array,
    /// `%1` (RESP3): two children an entry.
    Map,
    /// `~2` (RESP3)
    Set,
    /// `>2` (RESP3)
    Push,
    /// `|1` (RESP3): two children an entry, then the reply that it is an attribute of.
    Attribute,
}

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// One-line text of some kind, without the line end.
    Line(Line, Vec<u8>),
    /// `:1`
    Int(i64),
    /// Length-prefixed bytes of some kind.
    Blob(Blob, Vec<u8>),
    /// `$-1`
    NilBulk,
    /// `*-1`
    NilArray,
    /// `_` (RESP3)
    Null,
    /// `#t` or `#f` (RESP3)
    Bool(bool),
    /// An aggregate and its children, flattened for maps and attributes.
    Node(Node, Vec<Value>),
}

/// Why bytes are not a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a RESP reply: {}", self.0)
    }
}

impl Line {
    /// The type byte on the wire.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Line::Simple => b'+',
            Line::Error => b'-',
            Line::Double => b',',
            Line::BigNumber => b'(',
        }
    }

    /// The kind that a type byte names.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Line> {
        [Line::Simple, Line::Error, Line::Double, Line::BigNumber]
            .into_iter()
            .find(|kind| kind.byte() == byte)
    }
}

impl Blob {
    /// The type byte on the wire.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Blob::Bulk => b'$',
            Blob::Error => b'!',
            Blob::Verbatim => b'=',
        }
    }

    /// The kind that a type byte names.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Blob> {
        [Blob::Bulk, Blob::Error, Blob::Verbatim]
            .into_iter()
            .find(|kind| kind.byte() == byte)
    }
}

impl Node {
    /// The type byte on the wire.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Node::Array => b'*',
            Node::Map => b'%',
            Node::Set => b'~',
            Node::Push => b'>',
            Node::Attribute => b'|',
        }
    }

    /// The kind that a type byte names.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Node> {
        [
            Node::Array,
            Node::Map,
            Node::Set,
            Node::Push,
            Node::Attribute,
        ]
        .into_iter()
        .find(|kind| kind.byte() == byte)
    }

    /// How many children stand behind the announced count.
    #[must_use]
    pub fn children(self, count: usize) -> usize {
        match self {
            Node::Array | Node::Set | Node::Push => count,
            Node::Map => count.saturating_mul(2),
            Node::Attribute => count.saturating_mul(2).saturating_add(1),
        }
    }

    /// The count that is announced for so many children.
    #[must_use]
    pub fn count(self, children: usize) -> usize {
        match self {
            Node::Array | Node::Set | Node::Push => children,
            Node::Map => children / 2,
            Node::Attribute => children.saturating_sub(1) / 2,
        }
    }
}

impl Value {
    /// A bulk string.
    #[must_use]
    pub fn bulk(bytes: impl Into<Vec<u8>>) -> Value {
        Value::Blob(Blob::Bulk, bytes.into())
    }

    /// The text of an error reply.
    #[must_use]
    pub fn error(&self) -> Option<&[u8]> {
        match self {
            Value::Line(Line::Error, text) | Value::Blob(Blob::Error, text) => Some(text),
            _ => None,
        }
    }

    /// The type byte on the wire; both nils have that of what is missing.
    #[must_use]
    pub fn byte(&self) -> u8 {
        match self {
            Value::Line(kind, _) => kind.byte(),
            Value::Int(_) => b':',
            Value::Blob(kind, _) => kind.byte(),
            Value::NilBulk => b'$',
            Value::NilArray => b'*',
            Value::Null => b'_',
            Value::Bool(_) => b'#',
            Value::Node(kind, _) => kind.byte(),
        }
    }

    /// Appends the bytes that [`parse`] read.
    pub fn encode(&self, into: &mut Vec<u8>) {
        into.push(self.byte());
        match self {
            Value::Line(_, text) => into.extend_from_slice(text),
            Value::Int(n) => into.extend_from_slice(n.to_string().as_bytes()),
            Value::Blob(_, bytes) => {
                into.extend_from_slice(format!("{}\r\n", bytes.len()).as_bytes());
                into.extend_from_slice(bytes);
            }
            Value::NilBulk | Value::NilArray => into.extend_from_slice(b"-1"),
            Value::Null => {}
            Value::Bool(yes) => into.push(if *yes { b't' } else { b'f' }),
            Value::Node(kind, children) => {
                into.extend_from_slice(format!("{}\r\n", kind.count(children.len())).as_bytes());
                for child in children {
                    child.encode(into);
                }
                return;
            }
        }
        into.extend_from_slice(b"\r\n");
    }
}

/// Appends a command as an array of bulk strings.
pub fn encode_command<A: AsRef<[u8]>>(argv: &[A], into: &mut Vec<u8>) {
    into.extend_from_slice(format!("*{}\r\n", argv.len()).as_bytes());
    for arg in argv {
        let arg = arg.as_ref();
        into.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        into.extend_from_slice(arg);
        into.extend_from_slice(b"\r\n");
    }
}

/// Reads one reply from the front of `bytes`: the reply and how many bytes it took, or `None` where more bytes are needed.
///
/// # Errors
/// [`Malformed`] for bytes that no reply begins with, and for numbers not written in their one canonical form (`:+1`,
/// `$05`): two servers that differ in that are not byte-identical.
pub fn parse(bytes: &[u8]) -> Result<Option<(Value, usize)>, Malformed> {
    let mut at = 0;
    let value = parse_at(bytes, &mut at, 0)?;
    Ok(value.map(|value| (value, at)))
}

fn parse_at(bytes: &[u8], at: &mut usize, depth: usize) -> Result<Option<Value>, Malformed> {
    if depth > DEPTH_MAX {
        return Err(Malformed("nested too deeply"));
    }
    let Some(&kind) = bytes.get(*at) else {
        return Ok(None);
    };
    if !b"+-:$*_,#(!=%~>|".contains(&kind) {
        return Err(Malformed("unknown type byte"));
    }
    let Some(line) = take_line(bytes, at)? else {
        return Ok(None);
    };
    if let Some(kind) = Line::from_byte(kind) {
        return Ok(Some(Value::Line(kind, line.to_vec())));
    }
    if let Some(kind) = Blob::from_byte(kind) {
        return parse_blob(bytes, at, kind, line);
    }
    if let Some(kind) = Node::from_byte(kind) {
        return parse_node(bytes, at, kind, line, depth);
    }
    match (kind, line) {
        (b':', text) => Ok(Some(Value::Int(number(text)?))),
        (b'#', b"t") => Ok(Some(Value::Bool(true))),
        (b'#', b"f") => Ok(Some(Value::Bool(false))),
        (b'_', b"") => Ok(Some(Value::Null)),
        _ => Err(Malformed("bad boolean or null")),
    }
}

fn parse_blob(
    bytes: &[u8],
    at: &mut usize,
    kind: Blob,
    line: &[u8],
) -> Result<Option<Value>, Malformed> {
    let len = number(line)?;
    if len == -1 && kind == Blob::Bulk {
        return Ok(Some(Value::NilBulk));
    }
    let len = usize::try_from(len).map_err(|_| Malformed("negative length"))?;
    let Some(rest) = bytes.get(*at..) else {
        return Ok(None);
    };
    if rest.len() < len.saturating_add(2) {
        return Ok(None);
    }
    if &rest[len..len + 2] != b"\r\n" {
        return Err(Malformed("no line end after a bulk string"));
    }
    *at += len + 2;
    Ok(Some(Value::Blob(kind, rest[..len].to_vec())))
}

fn parse_node(
    bytes: &[u8],
    at: &mut usize,
    kind: Node,
    line: &[u8],
    depth: usize,
) -> Result<Option<Value>, Malformed> {
    let count = number(line)?;
    if count == -1 && kind == Node::Array {
        return Ok(Some(Value::NilArray));
    }
    let count = usize::try_from(count).map_err(|_| Malformed("negative count"))?;
    let mut children = Vec::new();
    for _ in 0..kind.children(count) {
        let Some(child) = parse_at(bytes, at, depth + 1)? else {
            return Ok(None);
        };
        children.push(child);
    }
    Ok(Some(Value::Node(kind, children)))
}

/// The text behind the type byte up to the line end, which is consumed.
fn take_line<'a>(bytes: &'a [u8], at: &mut usize) -> Result<Option<&'a [u8]>, Malformed> {
    let start = *at + 1;
    let rest = &bytes[start..];
    let Some(end) = rest.iter().position(|&b| b == b'\n') else {
        return Ok(None);
    };
    let Some(line) = rest[..end].strip_suffix(b"\r") else {
        return Err(Malformed("line feed without carriage return"));
    };
    *at = start + end + 1;
    Ok(Some(line))
}

fn number(text: &[u8]) -> Result<i64, Malformed> {
    let text = std::str::from_utf8(text).map_err(|_| Malformed("bad number"))?;
    let n: i64 = text.parse().map_err(|_| Malformed("bad number"))?;
    if n.to_string() == text {
        Ok(n)
    } else {
        Err(Malformed("number not in canonical form"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(bytes: &[u8]) -> Value {
        let (value, used) = parse(bytes).expect("well-formed").expect("complete");
        assert_eq!(used, bytes.len());
        let mut again = Vec::new();
        value.encode(&mut again);
        assert_eq!(again, bytes);
        value
    }

    #[test]
    fn every_type_survives_a_round_trip() {
        for bytes in [
            "+OK\r\n",
            "-ERR no\r\n",
            ":-7\r\n",
            "$0\r\n\r\n",
            "$4\r\na\r\nb\r\n",
            "$-1\r\n",
            "*-1\r\n",
            "*0\r\n",
            "_\r\n",
            ",inf\r\n",
            "#t\r\n",
            "#f\r\n",
            "(123\r\n",
            "!3\r\nERR\r\n",
            "=5\r\ntxt:x\r\n",
            "%1\r\n+a\r\n:1\r\n",
            "~2\r\n:1\r\n:2\r\n",
            ">1\r\n*1\r\n$-1\r\n",
            "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n",
        ] {
            round_trip(bytes.as_bytes());
        }
    }

    #[test]
    fn every_prefix_is_incomplete() {
        let bytes = b"*3\r\n$3\r\nabc\r\n%1\r\n+k\r\n,1.5\r\n*-1\r\n";
        for end in 0..bytes.len() {
            assert_eq!(parse(&bytes[..end]), Ok(None), "prefix of {end}");
        }
        round_trip(bytes);
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        for bytes in [
            ":+1\r\n",
            ":01\r\n",
            "$03\r\nabc\r\n",
            "$-2\r\n",
            "%-1\r\n",
            "$1\r\nabc",
            "x",
            "+OK\n",
            "#y\r\n",
            ":-0\r\n",
        ] {
            assert!(parse(bytes.as_bytes()).is_err(), "{bytes:?}");
        }
        assert!(parse("*1\r\n".repeat(100).as_bytes()).is_err());
    }
}
