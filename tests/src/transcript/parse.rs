//! The file format of transcripts: sections, marks, steps and where each expectation stands in the file. It must not know
//! how steps are run.

use super::pattern::{Pattern, parse_patterns};
use crate::notation::split_arguments;
use crate::target::{Identity, Version};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// The connection of steps that name none.
pub const DEFAULT_CONNECTION: &str = "main";

/// A transcript file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Its lines as they are, for a rewrite.
    pub lines: Vec<String>,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// A part of a file that starts from an empty server and fresh connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it shows.
    pub title: String,
    /// What it needs; includes the marks that stand before the first section.
    pub marks: Marks,
    /// Directives that are set for its time, as (name, value).
    pub config: Vec<(String, String)>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// Conditions on a section or a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `requires:`; all have to hold for a server that is not Hyla.
    pub requires: Vec<Requirement>,
    /// `differs:`; Hyla differs from Redis on purpose, for this reason.
    pub differs: Option<String>,
}

/// What a real server must be to have what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `redis>=7.4`
    Redis(Version),
    /// `valkey>=8.1`
    Valkey(Version),
    /// `docs-only`: known from documentation; no server at hand has it.
    DocsOnly,
}

/// One action and what it should bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Line number of the action, from 1.
    pub line: usize,
    /// What it needs, beyond the section's marks.
    pub marks: Marks,
    /// The connection's name.
    pub connection: String,
    /// What is done.
    pub action: Action,
    /// What should come.
    pub expected: Expected,
    /// The indices in [`Transcript::lines`] of the expectation; empty where there is none yet.
    pub expected_lines: Range<usize>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `> SET k v`: one command as an array of bulk strings.
    Command(Vec<Vec<u8>>),
    /// `raw> "…"`: these bytes.
    Raw(Vec<u8>),
    /// `wait>`: nothing; replies are expected that something else caused.
    Wait,
    /// `close>`: the client closes the connection.
    Close,
    /// `~ 1500ms`: time passes.
    Advance(Duration),
}

/// What should come after an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// These replies, in this order.
    pub replies: Vec<Pattern>,
    /// And then this.
    pub then: Then,
}

/// What should follow the replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// Nothing is checked; a reply too many is found by the next step on the connection.
    #[default]
    Open,
    /// `!silent`: nothing more comes for a moment.
    Silent,
    /// `!closed`: the server closes the connection.
    Closed,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line number, from 1.
    pub line: usize,
    /// A sentence.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl Marks {
    /// Whether the expectation holds for `server`.
    #[must_use]
    pub fn apply_to(&self, server: &Identity) -> bool {
        if *server == Identity::Hyla {
            return true;
        }
        self.differs.is_none()
            && self
                .requires
                .iter()
                .all(|requirement| requirement.holds(server))
    }

    /// Whether any condition is set.
    #[must_use]
    pub fn any(&self) -> bool {
        self.differs.is_some() || !self.requires.is_empty()
    }
}

impl Requirement {
    fn parse(text: &str) -> Option<Requirement> {
        if text == "docs-only" {
            return Some(Requirement::DocsOnly);
        }
        let (server, version) = text.split_once(">=")?;
        let version = Version::parse(version.trim())?;
        match server.trim() {
            "redis" => Some(Requirement::Redis(version)),
            "valkey" => Some(Requirement::Valkey(version)),
            _ => None,
        }
    }

    /// Valkey has what Redis 7.2 has, and nothing of later Redis versions for certain.
    fn holds(self, server: &Identity) -> bool {
        match (self, server) {
            (_, Identity::Hyla) => true,
            (Requirement::Redis(least), Identity::Redis(version))
            | (Requirement::Valkey(least), Identity::Valkey(version)) => *version >= least,
            (Requirement::Redis(least), Identity::Valkey(_)) => least <= Version([7, 2, 0]),
            (Requirement::Valkey(_), Identity::Redis(_)) | (Requirement::DocsOnly, _) => false,
        }
    }
}

/// Reads a transcript file.
///
/// # Errors
/// The first line that is not in the format.
pub fn parse(text: &str) -> Result<Transcript, ParseError> {
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let mut parser = Parser::default();
    let mut at = 0;
    while at < lines.len() {
        at = parser
            .line(&lines, at)
            .map_err(|(line, message)| ParseError { line, message })?;
    }
    parser
        .finish()
        .map_err(|(line, message)| ParseError { line, message })?;
    Ok(Transcript {
        lines,
        sections: parser.sections,
    })
}

type LineError = (usize, String);

#[derive(Default)]
struct Parser {
    sections: Vec<Section>,
    file_marks: Marks,
    file_config: Vec<(String, String)>,
    /// Marks that stand before the next step, and the line of the first of them.
    pending: Marks,
    pending_line: usize,
}

impl Parser {
    /// Handles the line at index `at`, and its expectation if it is a step; returns the index of the next line.
    fn line(&mut self, lines: &[String], at: usize) -> Result<usize, LineError> {
        let line = lines[at].as_str();
        let number = at + 1;
        if line.is_empty() || line == "#" || line.starts_with("# ") {
            return Ok(at + 1);
        }
        if let Some(title) = line.strip_prefix("=== ") {
            self.finish()?;
            self.sections.push(Section {
                title: title.trim().to_owned(),
                marks: self.file_marks.clone(),
                config: self.file_config.clone(),
                steps: Vec::new(),
            });
            return Ok(at + 1);
        }
        if self
            .mark(line, number)
            .map_err(|message| (number, message))?
        {
            return Ok(at + 1);
        }
        self.step(lines, at)
    }

    fn finish(&self) -> Result<(), LineError> {
        if self.pending.any() {
            return Err((
                self.pending_line,
                "a mark without a step after it".to_owned(),
            ));
        }
        Ok(())
    }

    /// `requires:`, `differs:`, `config:`. Before a section's first step they hold for the section, later for one step.
    fn mark(&mut self, line: &str, number: usize) -> Result<bool, String> {
        let Some((name, value)) = line.split_once(':') else {
            return Ok(false);
        };
        if !matches!(name, "requires" | "differs" | "config") {
            return Ok(false);
        }
        let value = value.trim();
        let section = self.sections.last_mut();
        let inside = section
            .as_ref()
            .is_some_and(|section| !section.steps.is_empty());
        let (marks, config) = match section {
            Some(_) if inside => (&mut self.pending, None),
            Some(section) => (&mut section.marks, Some(&mut section.config)),
            None => (&mut self.file_marks, Some(&mut self.file_config)),
        };
        match name {
            "requires" => {
                let requirement = Requirement::parse(value);
                marks
                    .requires
                    .push(requirement.ok_or_else(|| format!("unknown requirement: {value}"))?);
            }
            "differs" if value.is_empty() => return Err("differs: needs a reason".to_owned()),
            "differs" => marks.differs = Some(value.to_owned()),
            _ => {
                let (name, value) = value
                    .split_once(' ')
                    .ok_or("config: needs a name and a value")?;
                let config = config.ok_or("config: must stand before the section's first step")?;
                config.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        if inside && self.pending_line == 0 {
            self.pending_line = number;
        }
        Ok(true)
    }

    fn step(&mut self, lines: &[String], at: usize) -> Result<usize, LineError> {
        let number = at + 1;
        let (connection, action) = parse_action(&lines[at]).map_err(|message| (number, message))?;
        let start = at + 1;
        let ends = |line: &String| line.is_empty() || !is_expectation(line);
        let end = lines[start..]
            .iter()
            .position(ends)
            .map_or(lines.len(), |len| start + len);
        let expected = parse_expected(lines, start..end)?;
        if end > start && matches!(action, Action::Close | Action::Advance(_)) {
            return Err((
                start + 1,
                "no reply can follow this step; use wait>".to_owned(),
            ));
        }
        let Some(section) = self.sections.last_mut() else {
            return Err((
                number,
                "a step before the first section (=== title)".to_owned(),
            ));
        };
        let marks = std::mem::take(&mut self.pending);
        self.pending_line = 0;
        section.steps.push(Step {
            line: number,
            marks,
            connection,
            action,
            expected,
            expected_lines: start..end,
        });
        Ok(end)
    }
}

/// Whether a line after a step belongs to its expectation.
fn is_expectation(line: &str) -> bool {
    let other = ["=== ", "# ", "requires:", "differs:", "config:", "~ "]
        .iter()
        .any(|start| line.starts_with(start));
    !other && line != "#" && parse_action(line).is_err_and(|message| message == NOT_A_STEP)
}

const NOT_A_STEP: &str = "neither a step, a mark, nor an expectation that follows a step";

/// `[@name] verb> rest`, or `~ 1500ms`.
fn parse_action(line: &str) -> Result<(String, Action), String> {
    if let Some(time) = line.strip_prefix("~ ") {
        return Ok((
            DEFAULT_CONNECTION.to_owned(),
            Action::Advance(parse_duration(time.trim())?),
        ));
    }
    let (connection, rest) = match line.strip_prefix('@') {
        None => (DEFAULT_CONNECTION, line),
        Some(named) => {
            let end = named.find([' ', '>']).ok_or(NOT_A_STEP)?;
            (&named[..end], named[end..].trim_start())
        }
    };
    let Some((verb @ ("" | "raw" | "wait" | "close"), argument)) = rest.split_once('>') else {
        return Err(NOT_A_STEP.to_owned());
    };
    // `>2` is a push in an expectation, `> 2` is a command.
    if !(argument.is_empty() || argument.starts_with(' '))
        || (verb.is_empty() && argument.is_empty())
    {
        return Err(NOT_A_STEP.to_owned());
    }
    let mut argv = split_arguments(argument)?;
    let action = match (verb, argv.len()) {
        ("", 1..) => Action::Command(argv),
        ("raw", 1) => Action::Raw(argv.remove(0)),
        ("raw", 2..) => Action::Raw(argv.concat()),
        ("wait", 0) => Action::Wait,
        ("close", 0) => Action::Close,
        _ => return Err(format!("wrong number of arguments for {verb}>")),
    };
    Ok((connection.to_owned(), action))
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let unit = |suffix: &str, factor: u64| {
        let n: u64 = text.strip_suffix(suffix)?.trim().parse().ok()?;
        n.checked_mul(factor).map(Duration::from_millis)
    };
    unit("ms", 1)
        .or_else(|| unit("s", 1000))
        .ok_or_else(|| format!("not a time (1500ms, 2s): {text}"))
}

fn parse_expected(lines: &[String], range: Range<usize>) -> Result<Expected, LineError> {
    let mut numbered: Vec<(usize, &str)> = range.map(|at| (at + 1, lines[at].as_str())).collect();
    let then = match numbered.last() {
        Some((_, "!closed")) => Then::Closed,
        Some((_, "!silent")) => Then::Silent,
        _ => Then::Open,
    };
    if then != Then::Open {
        numbered.pop();
    }
    Ok(Expected {
        replies: parse_patterns(&numbered)?,
        then,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::Value;

    const SAMPLE: &str = "\
# About the file.
requires: redis>=6.2

=== first
config: maxmemory 1mb
> SET k \"a b\"
+OK

# A comment.
requires: redis>=7.4
requires: docs-only
@b> GET k
$\"a b\"
~ 1500ms
raw> \"PING\\r\\n\" 'x'
+PONG
!closed
=== second
@b wait>
>1
  _
@b close>
> GET k
";

    #[test]
    fn a_file_is_read_in_full() {
        let file = parse(SAMPLE).expect("well-formed");
        assert_eq!(file.sections.len(), 2);
        let first = &file.sections[0];
        assert_eq!(
            (first.title.as_str(), first.marks.requires.len()),
            ("first", 1)
        );
        assert_eq!(first.config, [("maxmemory".to_owned(), "1mb".to_owned())]);
        assert_eq!(first.steps.len(), 4);
        assert_eq!(
            first.steps[0].action,
            Action::Command(vec![b"SET".to_vec(), b"k".to_vec(), b"a b".to_vec()])
        );
        assert_eq!(first.steps[0].expected_lines, 6..7);
        let marked = &first.steps[1];
        assert_eq!((marked.connection.as_str(), marked.line), ("b", 12));
        assert_eq!(
            marked.marks.requires,
            [
                Requirement::Redis(Version([7, 4, 0])),
                Requirement::DocsOnly
            ]
        );
        assert_eq!(marked.expected.replies, [Pattern::Leaf(Value::bulk("a b"))]);
        assert_eq!(
            first.steps[2].action,
            Action::Advance(Duration::from_millis(1500))
        );
        assert_eq!(first.steps[3].action, Action::Raw(b"PING\r\nx".to_vec()));
        assert_eq!(first.steps[3].expected.then, Then::Closed);
        let second = &file.sections[1];
        assert_eq!(
            (
                second.marks.requires.len(),
                second.config.len(),
                second.steps.len()
            ),
            (1, 0, 3)
        );
        assert_eq!(second.steps[0].expected.replies.len(), 1);
        assert_eq!(second.steps[1].action, Action::Close);
        assert!(second.steps[2].expected_lines.is_empty());
    }

    #[test]
    fn marks_skip_real_servers_only() {
        let redis = |version| Identity::Redis(Version(version));
        let requires = |text: &str| Marks {
            requires: vec![Requirement::parse(text).expect(text)],
            differs: None,
        };
        assert!(!requires("redis>=7.4").apply_to(&redis([7, 0, 15])));
        assert!(requires("redis>=7.4").apply_to(&redis([7, 4, 0])));
        assert!(!requires("redis>=7.4").apply_to(&Identity::Valkey(Version([8, 0, 0]))));
        assert!(requires("redis>=7.2").apply_to(&Identity::Valkey(Version([8, 0, 0]))));
        assert!(!requires("docs-only").apply_to(&redis([8, 0, 0])));
        assert!(!requires("valkey>=8").apply_to(&redis([8, 0, 0])));
        let differs = Marks {
            requires: Vec::new(),
            differs: Some("reason".to_owned()),
        };
        assert!(!differs.apply_to(&redis([7, 0, 15])));
        for marks in [requires("redis>=99"), requires("docs-only"), differs] {
            assert!(marks.apply_to(&Identity::Hyla));
        }
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, line) in [
            ("> PING\n", 1),
            ("=== a\n+OK\n", 2),
            ("=== a\n> PING\n*2\n  :1\n", 3),
            ("=== a\nrequires: moon\n", 2),
            ("=== a\n> PING\nrequires: docs-only\n=== b\n", 3),
            ("=== a\n> PING\ndiffers: x\n", 3),
            ("=== a\n> PING\nconfig: a b\n", 3),
            ("=== a\n~ 3 weeks\n", 2),
            ("=== a\n~ 3ms\n+OK\n", 3),
            ("=== a\n> \"a\n", 2),
            ("=== a\n> PING\n\n+PONG\n", 4),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.line, line, "{text}: {error}");
        }
    }
}
