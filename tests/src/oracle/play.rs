//! Plays the same commands on two targets from a clean start and finds the first pair of answers that disagree. It must not
//! know where the commands come from.

use super::compare::{Answer, Compare};
use super::differences::intended;
use super::generate::{Command, cursor_at};
use crate::resp::{Blob, Node, Value, encode_command};
use crate::target::{Client, Reply, Target};
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

/// How long a reply may take, in real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// A scan over few keys that takes more calls than this does not end.
const SCAN_CALLS_MAX: usize = 10_000;

/// The two sides.
pub struct Pair<'a> {
    /// Hyla.
    pub left: &'a mut dyn Target,
    /// Redis.
    pub right: &'a mut dyn Target,
    /// How many commands are sent before their replies are read.
    pub batch: usize,
}

/// What came of playing.
pub struct Played {
    /// The answers of both sides, up to and including the first that disagree.
    pub answers: Vec<(Answer, Answer)>,
    /// Whether the last of the answers disagree.
    pub differs: bool,
    /// How many answers differed as intended.
    pub intended: usize,
}

impl Pair<'_> {
    /// Empties both sides and plays `commands` on one fresh connection each, speaking protocol version 2 or 3.
    ///
    /// # Errors
    /// Where a target fails as a whole; a closed connection is an answer.
    pub fn play(&mut self, protocol: u8, commands: &[Command]) -> io::Result<Played> {
        self.left.reset()?;
        self.right.reset()?;
        let mut left = Client::open(self.left)?;
        let mut right = Client::open(self.right)?;
        if protocol == 3 {
            for (client, target) in [(&mut left, &mut *self.left), (&mut right, &mut *self.right)] {
                client.call(target, &["HELLO", "3"], PATIENCE)?;
            }
        }
        let mut played = Played {
            answers: Vec::with_capacity(commands.len()),
            differs: false,
            intended: 0,
        };
        let mut rest = commands;
        while !rest.is_empty() && !played.differs {
            let (batch, behind) = rest.split_at(self.batch_len(rest));
            rest = behind;
            self.exchange(&mut left, &mut right, batch, &mut played)?;
        }
        self.left.close(left.conn());
        self.right.close(right.conn());
        Ok(played)
    }

    /// A scan answers to its own answers, so it is a batch of its own.
    fn batch_len(&self, commands: &[Command]) -> usize {
        let scan = commands
            .iter()
            .take(self.batch)
            .position(|command| command.compare == Compare::Scan);
        scan.map_or(commands.len().min(self.batch), |at| at.max(1))
    }

    fn exchange(
        &mut self,
        left: &mut Client,
        right: &mut Client,
        batch: &[Command],
        played: &mut Played,
    ) -> io::Result<()> {
        if batch[0].compare == Compare::Scan {
            let answers = (
                scan(self.left, left, &batch[0].argv)?,
                scan(self.right, right, &batch[0].argv)?,
            );
            take(&batch[0], answers, played);
            return Ok(());
        }
        let mut bytes = Vec::new();
        for command in batch {
            encode_command(&command.argv, &mut bytes);
        }
        self.left.send(left.conn(), &bytes)?;
        self.right.send(right.conn(), &bytes)?;
        for command in batch {
            let answers = (answer(self.left, left)?, answer(self.right, right)?);
            if !take(command, answers, played) {
                break;
            }
        }
        Ok(())
    }
}

/// Keeps a pair of answers; `false` if they disagree.
fn take(command: &Command, answers: (Answer, Answer), played: &mut Played) -> bool {
    let (left, right) = &answers;
    let agree = command.compare.agree(left, right);
    // A connection that is gone on both sides answers nothing more.
    let over = matches!(left, Answer::None(_)) && !agree;
    let excused = !agree && !over && intended(&command.argv, left, right).is_some();
    played.intended += usize::from(excused);
    played.differs = !agree && !excused;
    played.answers.push(answers);
    !played.differs
}

fn answer(target: &mut dyn Target, client: &mut Client) -> io::Result<Answer> {
    Ok(match client.reply(target, PATIENCE)? {
        Reply::Value(value) => Answer::Value(value),
        Reply::Quiet => Answer::None("no reply".to_owned()),
        Reply::Closed => Answer::None("the connection was closed".to_owned()),
        Reply::Malformed(why) => Answer::None(why.to_string()),
    })
}

/// Scans until the cursor is 0 again: all elements, sorted, each once. An error stands for itself.
fn scan(target: &mut dyn Target, client: &mut Client, argv: &[Vec<u8>]) -> io::Result<Answer> {
    let mut argv = argv.to_vec();
    let at = cursor_at(&argv);
    let mut seen = BTreeSet::new();
    for _ in 0..SCAN_CALLS_MAX {
        let mut bytes = Vec::new();
        encode_command(&argv, &mut bytes);
        target.send(client.conn(), &bytes)?;
        let answer = answer(target, client)?;
        let Answer::Value(Value::Node(Node::Array, parts)) = &answer else {
            return Ok(answer);
        };
        let [
            Value::Blob(Blob::Bulk, cursor),
            Value::Node(Node::Array, elements),
        ] = parts.as_slice()
        else {
            return Ok(answer);
        };
        seen.extend(elements.iter().cloned());
        if cursor == b"0" {
            return Ok(Answer::Value(Value::Node(
                Node::Array,
                seen.into_iter().collect(),
            )));
        }
        argv[at].clone_from(cursor);
    }
    Ok(Answer::None("the scan does not end".to_owned()))
}
