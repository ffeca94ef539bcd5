//! The words about commands: summaries, histories, arguments. The compiler packs them from the specs into one run
//! of bytes, and what shows them (COMMAND DOCS, HELP) reads them from there; knows no single command.
//!
//! As structures with a pointer for every word they would be a quarter of the web module.

use super::table::{COUNT, SPECS};
use super::{Arg, ArgKind, CommandId, Spec};

/// The words about one command.
pub struct Docs {
    /// What it does, in one line.
    pub summary: &'static str,
    /// The first version of Redis (or Valkey) that has it.
    pub since: &'static str,
    /// Its cost.
    pub complexity: &'static str,
    /// Since when it is deprecated, and what replaces it.
    pub deprecated: Option<(&'static str, &'static str)>,
    /// Not for clients but for servers and tests.
    pub internal: bool,
    /// Versions, each followed by what changed in it.
    pub history: Words,
    /// Hints for clients and proxies.
    pub tips: Words,
    /// Its arguments.
    pub args: ArgDocs,
}

/// One argument; the fields are those of [`Arg`].
#[allow(missing_docs)]
pub struct ArgDoc {
    pub name: &'static str,
    pub display: Option<&'static str>,
    pub kind: Kind,
    pub token: Option<&'static str>,
    pub optional: bool,
    pub multiple: bool,
    pub multiple_token: bool,
    pub since: Option<&'static str>,
    pub deprecated_since: Option<&'static str>,
    pub key_spec: Option<u8>,
    pub summary: Option<&'static str>,
    /// What it is made of: nothing but for [`Kind::OneOf`] and [`Kind::Block`].
    pub parts: ArgDocs,
}

/// What an argument is: [`ArgKind`] without the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Key,
    String,
    Integer,
    Double,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Key,
        Kind::String,
        Kind::Integer,
        Kind::Double,
        Kind::Pattern,
        Kind::UnixTime,
        Kind::PureToken,
        Kind::OneOf,
        Kind::Block,
    ];

    /// The name in COMMAND DOCS.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Key => "key",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Double => "double",
            Kind::Pattern => "pattern",
            Kind::UnixTime => "unix-time",
            Kind::PureToken => "pure-token",
            Kind::OneOf => "oneof",
            Kind::Block => "block",
        }
    }
}

/// The words about the command with this number. O(their length).
pub fn docs(number: CommandId) -> Docs {
    let mut from = Reader(&PACKED.bytes[PACKED.starts[usize::from(number)] as usize..]);
    let (summary, since, complexity) = (from.text(), from.text(), from.text());
    let marks = from.byte();
    Docs {
        summary,
        since,
        complexity,
        deprecated: (marks & DEPRECATED != 0).then(|| (from.text(), from.text())),
        internal: marks & INTERNAL != 0,
        history: from.words(),
        tips: from.words(),
        args: from.args(),
    }
}

/// Texts one after the other.
#[derive(Clone, Copy)]
pub struct Words {
    left: usize,
    from: Reader,
}

impl Words {
    /// How many there are still.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl Iterator for Words {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        self.left = self.left.checked_sub(1)?;
        Some(self.from.text())
    }
}

/// Arguments one after the other.
#[derive(Clone, Copy)]
pub struct ArgDocs {
    left: usize,
    from: Reader,
}

impl ArgDocs {
    /// How many there are still.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl Iterator for ArgDocs {
    type Item = ArgDoc;

    fn next(&mut self) -> Option<ArgDoc> {
        self.left = self.left.checked_sub(1)?;
        Some(self.from.arg())
    }
}

// An argument's first byte is its kind and these.
const OPTIONAL: u8 = 0x10;
const MULTIPLE: u8 = 0x20;
const MULTIPLE_TOKEN: u8 = 0x40;
// Its second byte says what follows the name.
const HAS_DISPLAY: u8 = 0x01;
const HAS_TOKEN: u8 = 0x02;
const HAS_SINCE: u8 = 0x04;
const HAS_DEPRECATED_SINCE: u8 = 0x08;
const HAS_SUMMARY: u8 = 0x10;
const HAS_KEY_SPEC: u8 = 0x20;
// What a command's mark says.
const DEPRECATED: u8 = 0x01;
const INTERNAL: u8 = 0x02;
/// Stands behind every text.
const END: u8 = 0;

#[derive(Clone, Copy)]
struct Reader(&'static [u8]);

impl Reader {
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *byte
    }

    fn text(&mut self) -> &'static str {
        let len = self.0.iter().position(|byte| *byte == END);
        let (text, rest) = self.0.split_at(len.unwrap_or(self.0.len()));
        self.0 = rest;
        self.byte();
        core::str::from_utf8(text).unwrap_or_default()
    }

    fn text_if(&mut self, present: bool) -> Option<&'static str> {
        present.then(|| self.text())
    }

    fn words(&mut self) -> Words {
        let left = usize::from(self.byte());
        let words = Words { left, from: *self };
        (0..left).for_each(|_| {
            self.text();
        });
        words
    }

    fn args(&mut self) -> ArgDocs {
        let left = usize::from(self.byte());
        let args = ArgDocs { left, from: *self };
        (0..left).for_each(|_| {
            self.arg();
        });
        args
    }

    fn arg(&mut self) -> ArgDoc {
        let (marks, has) = (self.byte(), self.byte());
        let kind = Kind::ALL[usize::from(marks & 0xf) % Kind::ALL.len()];
        ArgDoc {
            kind,
            optional: marks & OPTIONAL != 0,
            multiple: marks & MULTIPLE != 0,
            multiple_token: marks & MULTIPLE_TOKEN != 0,
            name: self.text(),
            display: self.text_if(has & HAS_DISPLAY != 0),
            token: self.text_if(has & HAS_TOKEN != 0),
            since: self.text_if(has & HAS_SINCE != 0),
            deprecated_since: self.text_if(has & HAS_DEPRECATED_SINCE != 0),
            summary: self.text_if(has & HAS_SUMMARY != 0),
            key_spec: (has & HAS_KEY_SPEC != 0).then(|| self.byte()),
            parts: if matches!(kind, Kind::OneOf | Kind::Block) {
                self.args()
            } else {
                ArgDocs {
                    left: 0,
                    from: Reader(&[]),
                }
            },
        }
    }
}

const BYTES: usize = pack::<0>().len;
static PACKED: Packed<BYTES> = pack();

/// All commands' words, and where each command's begin.
struct Packed<const N: usize> {
    bytes: [u8; N],
    /// What has been written, even beyond `N`.
    len: usize,
    starts: [u32; COUNT],
}

/// Packs as much as `N` bytes hold and counts the rest.
#[allow(long_running_const_eval, reason = "some ten thousand bytes")]
const fn pack<const N: usize>() -> Packed<N> {
    let mut packed = Packed {
        bytes: [0; N],
        len: 0,
        starts: [0; COUNT],
    };
    let mut number = 0;
    while number < COUNT {
        packed.starts[number] = packed.len as u32;
        packed.command(SPECS[number]);
        number += 1;
    }
    packed
}

impl<const N: usize> Packed<N> {
    const fn byte(&mut self, byte: u8) {
        if self.len < N {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
    }

    const fn text(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() {
            assert!(text[at] != END, "a text cannot hold its own end");
            self.byte(text[at]);
            at += 1;
        }
        self.byte(END);
    }

    const fn text_if(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    const fn count(&mut self, count: usize) {
        assert!(count <= u8::MAX as usize, "a count is a byte");
        self.byte(count as u8);
    }

    const fn command(&mut self, spec: &Spec) {
        self.text(spec.summary);
        self.text(spec.since);
        self.text(spec.complexity);
        let deprecated = if spec.deprecated.is_some() {
            DEPRECATED
        } else {
            0
        };
        let internal = if spec.internal { INTERNAL } else { 0 };
        self.byte(deprecated | internal);
        if let Some((since, replacement)) = spec.deprecated {
            self.text(since);
            self.text(replacement);
        }
        self.count(2 * spec.history.len());
        let mut at = 0;
        while at < spec.history.len() {
            self.text(spec.history[at].0);
            self.text(spec.history[at].1);
            at += 1;
        }
        self.count(spec.tips.len());
        at = 0;
        while at < spec.tips.len() {
            self.text(spec.tips[at]);
            at += 1;
        }
        self.args(spec.args);
    }

    const fn args(&mut self, args: &[Arg]) {
        self.count(args.len());
        let mut at = 0;
        while at < args.len() {
            self.arg(&args[at]);
            at += 1;
        }
    }

    const fn arg(&mut self, arg: &Arg) {
        const fn mark(on: bool, mark: u8) -> u8 {
            if on { mark } else { 0 }
        }
        self.byte(
            kind(arg.kind) as u8
                | mark(arg.optional, OPTIONAL)
                | mark(arg.multiple, MULTIPLE)
                | mark(arg.multiple_token, MULTIPLE_TOKEN),
        );
        self.byte(
            mark(arg.display.is_some(), HAS_DISPLAY)
                | mark(arg.token.is_some(), HAS_TOKEN)
                | mark(arg.since.is_some(), HAS_SINCE)
                | mark(arg.deprecated_since.is_some(), HAS_DEPRECATED_SINCE)
                | mark(arg.summary.is_some(), HAS_SUMMARY)
                | mark(arg.key_spec.is_some(), HAS_KEY_SPEC),
        );
        self.text(arg.name);
        self.text_if(arg.display);
        self.text_if(arg.token);
        self.text_if(arg.since);
        self.text_if(arg.deprecated_since);
        self.text_if(arg.summary);
        if let Some(key_spec) = arg.key_spec {
            self.byte(key_spec);
        }
        if let ArgKind::OneOf(parts) | ArgKind::Block(parts) = arg.kind {
            self.args(parts);
        }
    }
}

const fn kind(kind: ArgKind) -> Kind {
    match kind {
        ArgKind::Key => Kind::Key,
        ArgKind::String => Kind::String,
        ArgKind::Integer => Kind::Integer,
        ArgKind::Double => Kind::Double,
        ArgKind::Pattern => Kind::Pattern,
        ArgKind::UnixTime => Kind::UnixTime,
        ArgKind::PureToken => Kind::PureToken,
        ArgKind::OneOf(_) => Kind::OneOf,
        ArgKind::Block(_) => Kind::Block,
    }
}

/// `args` packed as a command's are.
#[cfg(test)]
pub(super) fn packed(args: &[Arg]) -> ArgDocs {
    let mut packed = Packed {
        bytes: [0; 4096],
        len: 0,
        starts: [0; COUNT],
    };
    packed.args(args);
    Reader(alloc::boxed::Box::leak(alloc::boxed::Box::new(
        packed.bytes,
    )))
    .args()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_args(mut packed: ArgDocs, args: &[Arg]) {
        assert_eq!(packed.len(), args.len());
        for arg in args {
            let read = packed.next().unwrap();
            assert_eq!(read.kind, kind(arg.kind));
            assert_eq!(
                (read.name, read.display, read.token, read.summary),
                (arg.name, arg.display, arg.token, arg.summary)
            );
            assert_eq!(
                (read.since, read.deprecated_since, read.key_spec),
                (arg.since, arg.deprecated_since, arg.key_spec)
            );
            assert_eq!(
                (read.optional, read.multiple, read.multiple_token),
                (arg.optional, arg.multiple, arg.multiple_token)
            );
            match arg.kind {
                ArgKind::OneOf(parts) | ArgKind::Block(parts) => check_args(read.parts, parts),
                _ => assert!(read.parts.is_empty()),
            }
        }
    }

    #[test]
    fn what_is_read_is_what_the_specs_say() {
        for (number, spec) in SPECS.iter().enumerate() {
            let docs = docs(number as CommandId);
            assert_eq!(
                (docs.summary, docs.since, docs.complexity),
                (spec.summary, spec.since, spec.complexity)
            );
            assert_eq!(
                (docs.deprecated, docs.internal),
                (spec.deprecated, spec.internal)
            );
            let history = spec.history.iter().flat_map(|(since, what)| [since, what]);
            assert!(docs.history.eq(history.copied()));
            assert!(docs.tips.eq(spec.tips.iter().copied()));
            check_args(docs.args, spec.args);
        }
    }
}
