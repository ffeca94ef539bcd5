//! The oracle: seeded random commands played on two servers side by side, their replies compared, and a difference shrunk
//! to a few commands. It must not know what kind of targets answer.
//!
//! Commands run in episodes. Each starts from empty databases with its own seed, so a difference names a seed that shows it
//! at once, and ends with a look at every key.

pub mod bitmap;
pub mod compare;
pub mod differences;
pub mod generate;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hash_deadline;
pub mod hyperloglog;
pub mod list;
pub mod play;
pub mod script;
pub mod set;
pub mod shrink;
pub mod sorted_set;
pub mod stream;
pub mod string;

use crate::notation::command_line;
use crate::transcript::pattern::render_values;
use compare::Answer;
use generate::{Command, Group, Random, Step, audit};
use play::{Pair, Played};
use std::fmt::Write;
use std::io;

/// About how many commands an episode has.
const EPISODE: usize = 2000;
/// One episode of so many speaks RESP3.
const RESP3_EVERY: u64 = 4;

/// What to do.
pub struct Options<'a> {
    /// About how many commands to send; whole episodes are played.
    pub commands: usize,
    /// The first episode's seed; later episodes count up from it.
    pub seed: u64,
    /// The groups to take commands from.
    pub groups: Vec<&'a Group>,
    /// After how many differences to stop. An episode ends with its first.
    pub differences_max: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many commands both sides answered, not counting those sent for shrinking.
    pub commands: usize,
    /// How many answers differed as [`differences`] says they may.
    pub intended: usize,
    /// The differences found, one for each name of a command.
    pub differences: Vec<Difference>,
}

/// A difference.
#[derive(Debug)]
pub struct Difference {
    /// The seed whose first episode shows it.
    pub seed: u64,
    /// The command whose answers differ, in upper case.
    pub name: String,
    /// A section of a transcript with the right side's replies, and the left side's as a comment.
    pub transcript: String,
}

/// Plays random episodes until enough commands are sent or enough differences are found.
///
/// # Errors
/// Where a target fails as a whole.
pub fn run(pair: &mut Pair<'_>, options: &Options<'_>) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut seed = options.seed;
    while outcome.commands < options.commands && outcome.differences.len() < options.differences_max
    {
        let steps = episode(seed, &options.groups);
        let protocol = if seed % RESP3_EVERY == 3 { 3 } else { 2 };
        let played = pair
            .play(protocol, &flat(&steps))
            .map_err(|error| io::Error::new(error.kind(), format!("seed {seed}: {error}")))?;
        outcome.commands += played.answers.len();
        outcome.intended += played.intended;
        if played.differs {
            let name = last_name(&steps, &played);
            if outcome.differences.iter().all(|known| known.name != name) {
                outcome
                    .differences
                    .push(explain(pair, seed, protocol, steps, &played));
            }
        }
        seed = seed.wrapping_add(1);
    }
    Ok(outcome)
}

/// The steps that a seed stands for.
#[must_use]
pub fn episode(seed: u64, groups: &[&Group]) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mut steps = Vec::new();
    let mut commands = 0;
    while commands < EPISODE {
        let step = random.step(groups);
        commands += step.len();
        steps.push(step);
    }
    steps.extend(audit());
    steps
}

fn flat(steps: &[Step]) -> Vec<Command> {
    steps.iter().flatten().cloned().collect()
}

fn name(command: &Command) -> String {
    String::from_utf8_lossy(&command.argv[0]).to_uppercase()
}

/// The name of the last command that was answered.
fn last_name(steps: &[Step], played: &Played) -> String {
    let last = steps
        .iter()
        .flatten()
        .nth(played.answers.len().saturating_sub(1));
    last.map(name).unwrap_or_default()
}

/// Shrinks what differed. Where that fails (it was chance, or a side has died of it) the last commands have to do.
fn explain(
    pair: &mut Pair<'_>,
    seed: u64,
    protocol: u8,
    steps: Vec<Step>,
    played: &Played,
) -> Difference {
    let commands = flat(&steps);
    let name = last_name(&steps, played);
    let title = format!("seed {seed}: {name}");
    let transcript = match shrunk(pair, &name, protocol, steps) {
        Ok(Some((commands, shown))) => transcript(&title, protocol, &commands, &shown.answers),
        other => {
            let why = other.err().map_or_else(
                || "not again when repeated".to_owned(),
                |error| error.to_string(),
            );
            let from = played.answers.len().saturating_sub(20);
            let title = format!("{title} ({why}; the last commands of its episode)");
            transcript(&title, 2, &commands[from..], &played.answers[from..])
        }
    };
    Difference {
        seed,
        name,
        transcript,
    }
}

/// The fewest commands after which the command `wanted` differs, and their answers; `None` if it does not differ again.
fn shrunk(
    pair: &mut Pair<'_>,
    wanted: &str,
    protocol: u8,
    mut steps: Vec<Step>,
) -> io::Result<Option<(Vec<Command>, Played)>> {
    let mut fails = |steps: &[Step]| -> io::Result<Option<usize>> {
        let commands = flat(steps);
        let played = pair.play(protocol, &commands)?;
        let last = played.answers.len().saturating_sub(1);
        Ok((played.differs && name(&commands[last]) == wanted).then(|| step_of(steps, last) + 1))
    };
    let Some(len) = fails(&steps)? else {
        return Ok(None);
    };
    steps.truncate(len);
    let commands = flat(&shrink::shrink(steps, &mut fails)?);
    let shown = pair.play(protocol, &commands)?;
    Ok(Some((commands, shown)))
}

/// The step that holds the command at index `at` of all steps' commands.
fn step_of(steps: &[Step], at: usize) -> usize {
    let mut end = 0;
    let holds = |step: &Step| {
        end += step.len();
        at < end
    };
    steps.iter().position(holds).unwrap_or(steps.len())
}

fn transcript(
    title: &str,
    protocol: u8,
    commands: &[Command],
    answers: &[(Answer, Answer)],
) -> String {
    let mut text = format!("=== {title}\n");
    if protocol == 3 {
        text.push_str("> HELLO 3\n<any>\n");
    }
    for (command, (left, right)) in commands.iter().zip(answers) {
        let _ = writeln!(text, "> {}", command_line(&command.argv));
        push_lines(&mut text, "", right);
        if !command.compare.agree(left, right) {
            text.push_str("# the left side said:\n");
            push_lines(&mut text, "#   ", left);
        }
    }
    text
}

fn push_lines(text: &mut String, prefix: &str, answer: &Answer) {
    let lines = match answer {
        Answer::Value(value) => render_values(std::slice::from_ref(value)),
        Answer::None(why) => vec![format!("# {why}")],
    };
    for line in lines {
        let _ = writeln!(text, "{prefix}{line}");
    }
}
