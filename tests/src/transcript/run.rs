//! Runs a parsed transcript against a target: checks every expectation, or learns what the expectations should be. It must
//! not know where transcripts are stored or how results are shown.

use super::parse::{Action, Expected, Section, Step, Then, Transcript};
use super::pattern::Pattern;
use crate::notation::{command_line, quote};
use crate::resp::{Value, encode_command};
use crate::target::{Client, Identity, Reply, Target};
use std::io;
use std::ops::Range;
use std::time::Duration;

/// How long an expected reply may take, in real time.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing must come for `!silent`, in real time.
const SILENCE: Duration = Duration::from_millis(50);
/// While learning: how long to wait for a first reply, and for further ones.
const LEARN_FIRST: Duration = Duration::from_secs(1);
const LEARN_MORE: Duration = Duration::from_millis(30);

/// What a run found. Counts are of steps that expect something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps whose expectation held, or was learnt.
    pub passed: usize,
    /// Steps whose expectation did not hold.
    pub failed: usize,
    /// Steps that do not apply to this server, or stand behind a failure that ended their section.
    pub skipped: usize,
    /// The failures, in order.
    pub failures: Vec<Failure>,
    /// While learning: expectations that are to be replaced, in order.
    pub edits: Vec<Edit>,
}

/// One expectation that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Line of the step, from 1.
    pub line: usize,
    /// Title of its section.
    pub section: String,
    /// The step and a line diff of expected and received replies.
    pub message: String,
}

/// A new expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The lines (indices) to replace.
    pub range: Range<usize>,
    /// What to put there.
    pub lines: Vec<String>,
}

/// Whether expectations are checked or learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every applicable expectation is checked.
    Check,
    /// Expectations are taken from the server. From Hyla only those marked as beyond what a real server can tell.
    Learn,
}

/// Runs all sections of `file` against `target`, which `server` says who it is.
///
/// # Errors
/// Where the target fails as a whole; what concerns one section is a failure in the report.
pub fn run(
    file: &Transcript,
    target: &mut dyn Target,
    server: &Identity,
    mode: Mode,
) -> io::Result<Report> {
    let mut report = Report::default();
    for section in &file.sections {
        let runner = Runner {
            target,
            server,
            mode,
            clients: Vec::new(),
            report: &mut report,
            section,
        };
        runner.section()?;
    }
    Ok(report)
}

/// The file's text with new expectations in place.
#[must_use]
pub fn apply(file: &Transcript, edits: &[Edit]) -> String {
    let mut lines = file.lines.clone();
    for edit in edits.iter().rev() {
        lines.splice(edit.range.clone(), edit.lines.iter().cloned());
    }
    lines.join("\n") + "\n"
}

/// Names and values.
type Directives = Vec<(String, String)>;

struct Runner<'a> {
    target: &'a mut dyn Target,
    server: &'a Identity,
    mode: Mode,
    clients: Vec<(String, Client)>,
    report: &'a mut Report,
    section: &'a Section,
}

/// What came of a step.
struct Outcome {
    values: Vec<Value>,
    end: End,
}

/// What stood behind the replies.
#[derive(PartialEq, Eq)]
enum End {
    /// Not looked for.
    Open,
    Silent,
    Closed,
    Malformed(String),
}

impl Runner<'_> {
    fn section(mut self) -> io::Result<()> {
        let section = self.section;
        let applies =
            |step: &Step| section.marks.apply_to(self.server) && step.marks.apply_to(self.server);
        if !section.steps.iter().any(applies) {
            self.report.skipped += section.steps.iter().filter(|step| expects(step)).count();
            return Ok(());
        }
        self.target.reset()?;
        let (admin, before) = match self
            .open_admin()
            .and_then(|admin| self.configure(admin, &section.config))
        {
            Ok(configured) => configured,
            Err(error) => {
                self.fail(
                    section.steps[0].line,
                    format!("cannot set the section's config: {error}"),
                );
                self.report.skipped += section.steps.len().saturating_sub(1);
                return Ok(());
            }
        };
        self.steps()?;
        self.clients.clear();
        if let Err(error) = self.configure(admin, &before) {
            self.fail(
                section.steps[0].line,
                format!("cannot restore the config: {error}"),
            );
        }
        Ok(())
    }

    fn steps(&mut self) -> io::Result<()> {
        let section = self.section;
        for (at, step) in section.steps.iter().enumerate() {
            if !step.marks.apply_to(self.server) {
                self.report.skipped += usize::from(expects(step));
                continue;
            }
            if !self.step(step)? {
                self.report.skipped += section.steps[at + 1..]
                    .iter()
                    .filter(|step| expects(step))
                    .count();
                return Ok(());
            }
        }
        let last = section.steps.last().map_or(0, |step| step.line);
        for at in 0..self.clients.len() {
            self.no_leftover(at, last)?;
        }
        Ok(())
    }

    /// Runs one step; `false` if the section cannot go on.
    fn step(&mut self, step: &Step) -> io::Result<bool> {
        if let Action::Advance(time) = step.action {
            self.target.advance(time)?;
            return Ok(true);
        }
        let client = self.client(&step.connection)?;
        if step.action != Action::Wait {
            self.no_leftover(client, step.line)?;
        }
        let conn = self.clients[client].1.conn();
        match &step.action {
            Action::Command(argv) => {
                let mut bytes = Vec::new();
                encode_command(argv, &mut bytes);
                self.target.send(conn, &bytes)?;
            }
            Action::Raw(bytes) => self.target.send(conn, bytes)?,
            Action::Close => {
                self.target.close(conn);
                self.clients.remove(client);
                return Ok(true);
            }
            Action::Wait | Action::Advance(_) => {}
        }
        let marked = step.marks.any() || self.section.marks.any();
        if self.mode == Mode::Learn && (*self.server != Identity::Hyla || marked) {
            let outcome = self.learn(client, &step.expected)?;
            return Ok(self.edit(step, &outcome));
        }
        let outcome = self.collect(client, &step.expected)?;
        Ok(self.judge(step, &outcome))
    }

    fn client(&mut self, name: &str) -> io::Result<usize> {
        if let Some(at) = self.clients.iter().position(|(known, _)| known == name) {
            return Ok(at);
        }
        self.clients
            .push((name.to_owned(), Client::open(self.target)?));
        Ok(self.clients.len() - 1)
    }

    /// A reply that no expectation spoke of must not be taken for that of a later command.
    fn no_leftover(&mut self, client: usize, line: usize) -> io::Result<()> {
        while let Reply::Value(value) = self.clients[client].1.reply(self.target, Duration::ZERO)? {
            let lines = diff(&[], &super::pattern::render_values(&[value]));
            let name = &self.clients[client].0;
            let message =
                format!("before this step, a reply too many on connection {name}:\n{lines}");
            self.fail(line, message);
        }
        Ok(())
    }

    /// Reads as many replies as are expected, and looks for what is expected behind them.
    fn collect(&mut self, client: usize, expected: &Expected) -> io::Result<Outcome> {
        let mut outcome = Outcome {
            values: Vec::new(),
            end: End::Open,
        };
        let wanted = expected.replies.len();
        let wait_behind = match expected.then {
            Then::Open => None,
            Then::Silent => Some(SILENCE),
            Then::Closed => Some(PATIENCE),
        };
        while outcome.end == End::Open {
            let wait = if outcome.values.len() < wanted {
                Some(PATIENCE)
            } else {
                wait_behind
            };
            let Some(wait) = wait else { break };
            self.receive(client, wait, &mut outcome)?;
            if outcome.values.len() > wanted {
                break;
            }
        }
        Ok(outcome)
    }

    /// Reads whatever comes.
    fn learn(&mut self, client: usize, expected: &Expected) -> io::Result<Outcome> {
        let mut outcome = Outcome {
            values: Vec::new(),
            end: End::Open,
        };
        let parked = expected.replies.is_empty() && expected.then == Then::Silent;
        let mut wait = if parked { SILENCE } else { LEARN_FIRST };
        while outcome.end == End::Open {
            self.receive(client, wait, &mut outcome)?;
            wait = LEARN_MORE;
        }
        Ok(outcome)
    }

    fn receive(&mut self, client: usize, wait: Duration, outcome: &mut Outcome) -> io::Result<()> {
        match self.clients[client].1.reply(self.target, wait)? {
            Reply::Value(value) => outcome.values.push(value),
            Reply::Quiet => outcome.end = End::Silent,
            Reply::Closed => outcome.end = End::Closed,
            Reply::Malformed(why) => {
                outcome.end = End::Malformed(format!(
                    "!malformed {why}: {}",
                    quote(self.clients[client].1.unread())
                ));
            }
        }
        Ok(())
    }

    /// Counts the step; `false` if the connection cannot be in step any more.
    fn judge(&mut self, step: &Step, outcome: &Outcome) -> bool {
        let Expected { replies, then } = &step.expected;
        if replies.is_empty() && *then == Then::Open {
            self.fail(
                step.line,
                format!(
                    "{}\n    no expectation; --rewrite fills it in",
                    describe(step)
                ),
            );
            return false;
        }
        let all = replies.len() == outcome.values.len()
            && replies
                .iter()
                .zip(&outcome.values)
                .all(|(pattern, value)| pattern.matches(value));
        let end_holds = match then {
            Then::Open => outcome.end == End::Open,
            Then::Silent => outcome.end == End::Silent,
            Then::Closed => outcome.end == End::Closed,
        };
        if all && end_holds {
            self.report.passed += 1;
            return true;
        }
        let mut wanted = Vec::new();
        replies
            .iter()
            .for_each(|pattern| pattern.render(0, &mut wanted));
        wanted.extend(then_line(*then).map(str::to_owned));
        let mut got = learnt_lines(&step.expected, &outcome.values);
        got.extend(match &outcome.end {
            End::Open => None,
            End::Silent => Some("!silent".to_owned()),
            End::Closed => Some("!closed".to_owned()),
            End::Malformed(text) => Some(text.clone()),
        });
        self.fail(
            step.line,
            format!("{}\n{}", describe(step), diff(&wanted, &got)),
        );
        replies.len() == outcome.values.len() && end_holds
    }

    fn edit(&mut self, step: &Step, outcome: &Outcome) -> bool {
        if let End::Malformed(text) = &outcome.end {
            self.fail(step.line, format!("{}\n    {text}", describe(step)));
            return false;
        }
        let mut lines = learnt_lines(&step.expected, &outcome.values);
        let parked = outcome.values.is_empty() || step.expected.then == Then::Silent;
        if outcome.end == End::Closed {
            lines.push("!closed".to_owned());
        } else if parked {
            lines.push("!silent".to_owned());
        }
        self.report.edits.push(Edit {
            range: step.expected_lines.clone(),
            lines,
        });
        self.report.passed += 1;
        true
    }

    fn fail(&mut self, line: usize, message: String) {
        self.report.failed += 1;
        self.report.failures.push(Failure {
            line,
            section: self.section.title.clone(),
            message,
        });
    }

    /// The connection that sets directives stays open, and authenticated, until it has set them back.
    fn open_admin(&mut self) -> io::Result<Option<Client>> {
        if self.section.config.is_empty() {
            Ok(None)
        } else {
            Client::open(self.target).map(Some)
        }
    }

    /// Sets directives and returns what they were, in the order in which to set them back.
    fn configure(
        &mut self,
        admin: Option<Client>,
        directives: &[(String, String)],
    ) -> io::Result<(Option<Client>, Directives)> {
        let mut before = Vec::new();
        let Some(mut admin) = admin else {
            return Ok((None, before));
        };
        for (name, value) in directives {
            let old = admin.call(self.target, &["CONFIG", "GET", name], PATIENCE)?;
            let Some(old) = config_value(&old) else {
                return Err(io::Error::other(format!(
                    "CONFIG GET {name}: no such directive"
                )));
            };
            before.insert(0, (name.clone(), old));
            let reply = admin.call(self.target, &["CONFIG", "SET", name, value], PATIENCE)?;
            if let Some(error) = reply.error() {
                let error = String::from_utf8_lossy(error);
                return Err(io::Error::other(format!(
                    "CONFIG SET {name} {value}: {error}"
                )));
            }
        }
        Ok((Some(admin), before))
    }
}

fn config_value(reply: &Value) -> Option<String> {
    let Value::Node(_, children) = reply else {
        return None;
    };
    match children.get(1)? {
        Value::Blob(_, bytes) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    }
}

fn expects(step: &Step) -> bool {
    !matches!(step.action, Action::Advance(_) | Action::Close)
}

fn then_line(then: Then) -> Option<&'static str> {
    match then {
        Then::Open => None,
        Then::Silent => Some("!silent"),
        Then::Closed => Some("!closed"),
    }
}

/// What came, in the notation, with the wildcards that fit.
fn learnt_lines(expected: &Expected, values: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let pattern = expected.replies.get(at);
        pattern
            .map_or_else(|| Pattern::from(value), |pattern| pattern.rewritten(value))
            .render(0, &mut lines);
    }
    lines
}

fn describe(step: &Step) -> String {
    let what = match &step.action {
        Action::Command(argv) => format!("> {}", command_line(argv)),
        Action::Raw(bytes) => format!("raw> {}", quote(bytes)),
        Action::Wait => "wait>".to_owned(),
        Action::Close => "close>".to_owned(),
        Action::Advance(time) => format!("~ {}ms", time.as_millis()),
    };
    if step.connection == super::parse::DEFAULT_CONNECTION {
        what
    } else {
        format!("@{} {what}", step.connection)
    }
}

/// Lines that only one side has, marked `-` (expected) and `+` (got), between what both begin and end with.
fn diff(expected: &[String], got: &[String]) -> String {
    let head = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
    let (rest_expected, rest_got) = (&expected[head..], &got[head..]);
    let tail = rest_expected
        .iter()
        .rev()
        .zip(rest_got.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let mut lines: Vec<String> = Vec::new();
    let mut add = |mark: &str, part: &[String]| {
        lines.extend(part.iter().map(|line| format!("    {mark} {line}")));
    };
    add(" ", &expected[..head]);
    add("-", &rest_expected[..rest_expected.len() - tail]);
    add("+", &rest_got[..rest_got.len() - tail]);
    add(" ", &rest_expected[rest_expected.len() - tail..]);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use crate::target::{Conn, Received, Version};
    use std::collections::VecDeque;

    /// Answers whatever is sent with the next of its prepared replies.
    struct Scripted {
        replies: VecDeque<&'static str>,
        arrived: Vec<Vec<u8>>,
    }

    impl Scripted {
        fn new(replies: &[&'static str]) -> Scripted {
            Scripted {
                replies: replies.iter().copied().collect(),
                arrived: Vec::new(),
            }
        }
    }

    impl Target for Scripted {
        fn identity(&mut self) -> io::Result<Identity> {
            Ok(Identity::Redis(Version([7, 0, 15])))
        }
        fn open(&mut self) -> io::Result<Conn> {
            self.arrived.push(Vec::new());
            Ok(Conn(self.arrived.len() - 1))
        }
        fn close(&mut self, _: Conn) {}
        fn send(&mut self, conn: Conn, _: &[u8]) -> io::Result<()> {
            let reply = self.replies.pop_front().unwrap_or("");
            self.arrived[conn.0].extend_from_slice(reply.as_bytes());
            Ok(())
        }
        fn receive(&mut self, conn: Conn, into: &mut Vec<u8>, _: Duration) -> io::Result<Received> {
            let arrived = std::mem::take(&mut self.arrived[conn.0]);
            into.extend_from_slice(&arrived);
            Ok(if arrived.is_empty() {
                Received::Quiet
            } else {
                Received::Bytes
            })
        }
        fn advance(&mut self, _: Duration) -> io::Result<()> {
            Ok(())
        }
        fn reset(&mut self) -> io::Result<()> {
            self.arrived.clear();
            Ok(())
        }
    }

    fn play(text: &str, replies: &[&'static str], mode: Mode) -> (Report, String) {
        let file = parse(text).expect("well-formed");
        let mut target = Scripted::new(replies);
        let server = target.identity().expect("scripted");
        let report = run(&file, &mut target, &server, mode).expect("scripted");
        let text = apply(&file, &report.edits);
        (report, text)
    }

    fn counts(report: &Report) -> (usize, usize, usize) {
        (report.passed, report.failed, report.skipped)
    }

    #[test]
    fn right_and_wrong_replies_are_told_apart() {
        let text = "=== a\n> ONE\n+OK\n> TWO\n*2\n  :1\n  :<int>\n> THREE\n!silent\n";
        let (report, _) = play(text, &["+OK\r\n", "*2\r\n:1\r\n:9\r\n", ""], Mode::Check);
        assert_eq!(counts(&report), (3, 0, 0), "{:?}", report.failures);
        let (report, _) = play(
            text,
            &["+OK\r\n", "*2\r\n:2\r\n:9\r\n", ":1\r\n"],
            Mode::Check,
        );
        assert_eq!(counts(&report), (1, 2, 0));
        let first = &report.failures[0];
        assert_eq!((first.line, first.section.as_str()), (4, "a"));
        assert_eq!(
            first.message,
            "> TWO\n      *2\n    -   :1\n    +   :2\n        :<int>"
        );
        assert!(
            report.failures[1].message.contains("- !silent\n    + :1"),
            "{}",
            report.failures[1].message
        );
    }

    #[test]
    fn a_missing_reply_ends_the_section_and_one_too_many_is_found() {
        let (report, _) = play(
            "=== a\n> ONE\n+OK\n> TWO\n+OK\n=== b\n> X\n:1\n",
            &["", ":1\r\n"],
            Mode::Check,
        );
        assert_eq!(counts(&report), (1, 1, 1));
        let (report, _) = play("=== a\n> ONE\n+OK\n", &["+OK\r\n:5\r\n"], Mode::Check);
        assert_eq!(counts(&report), (1, 1, 0));
        assert!(report.failures[0].message.contains("+ :5"));
    }

    #[test]
    fn what_does_not_apply_is_skipped_and_not_rewritten() {
        let text = "=== a\nrequires: redis>=7.4\n> ONE\n+A\n=== b\n> TWO\n+B\ndiffers: on purpose\n> THREE\n+C\n";
        let (report, _) = play(text, &["+B\r\n"], Mode::Check);
        assert_eq!(counts(&report), (1, 0, 2));
        let (_, rewritten) = play(text, &["+X\r\n"], Mode::Learn);
        assert_eq!(rewritten, text.replace("+B", "+X"));
    }

    #[test]
    fn a_rewrite_fills_in_and_keeps_wildcards_and_comments() {
        let text = "=== a\n> ONE\n\n# why\n> TWO\n*1\n  :<int>\n> THREE\n+old\n";
        let (report, rewritten) = play(
            text,
            &["%1\r\n+a\r\n$-1\r\n", "*1\r\n:4\r\n", ""],
            Mode::Learn,
        );
        assert_eq!(counts(&report), (3, 0, 0));
        assert_eq!(
            rewritten,
            "=== a\n> ONE\n%1\n  +a\n  $nil\n\n# why\n> TWO\n*1\n  :<int>\n> THREE\n!silent\n"
        );
    }

    #[test]
    fn no_expectation_is_a_failure() {
        let (report, _) = play("=== a\n> ONE\n", &["+OK\r\n"], Mode::Check);
        assert_eq!(counts(&report), (0, 1, 0));
    }
}
