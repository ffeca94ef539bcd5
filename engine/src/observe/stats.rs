//! The accounts of a server: what was called, how long it took, what failed. Knows no wire format and no
//! clock; durations are handed in.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::facts::HostUsage;
use super::histogram::{Histogram, Log2Histogram};
use crate::command::{self, CommandId};
use crate::resp::UNRESOLVED;
use crate::types::sort::sort_by_key;

/// Different error codes that are counted; those behind share the total only.
const ERROR_CODES_MAX: usize = 128;
/// Bytes of an error's text in which its code has to end.
const ERROR_CODE_BYTES_MAX: usize = 31;
/// Samples that a rate is the mean of.
const SAMPLES: usize = 16;
/// Microseconds between samples of rates.
const SAMPLE_US: u64 = 100_000;

/// One command's account.
#[derive(Clone, Debug, Default)]
pub struct CommandStats {
    /// Runs, failed ones included.
    pub calls: u64,
    /// Time of all runs, in nanoseconds.
    pub ns: u64,
    /// Requests that were refused before they ran.
    pub rejected: u64,
    /// Runs that ended in an error.
    pub failed: u64,
    /// Durations of the runs; nothing before the first one or without `latency-tracking`.
    pub histogram: Option<Histogram>,
}

/// A counter's rate, sampled ten times a second.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: [u64; SAMPLES],
    next: usize,
    last: u64,
}

impl Rate {
    fn sample(&mut self, value: u64, elapsed_us: u64) {
        let grown = value.saturating_sub(self.last);
        self.samples[self.next] = grown.saturating_mul(1_000_000) / elapsed_us.max(1);
        self.next = (self.next + 1) % SAMPLES;
        self.last = value;
    }

    /// The mean of the last samples, per second.
    pub fn per_second(&self) -> u64 {
        self.samples.iter().sum::<u64>() / SAMPLES as u64
    }
}

/// Counters that INFO shows.
#[derive(Debug)]
pub struct Stats {
    /// Changes of keys, for save points.
    pub changes: u64,
    /// Commands that ran.
    pub commands: u64,
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that were refused.
    pub rejected_connections: u64,
    /// Error replies.
    pub errors: u64,
    /// What the process had used at the last reset.
    pub used_before: HostUsage,
    /// Durations of the engine's steps: single commands and ticks.
    pub steps: Log2Histogram,
    /// Steps that took over a millisecond.
    pub steps_over_1ms: u64,
    /// Rate of `commands`.
    pub commands_rate: Rate,
    /// Rate of the host's `input_bytes`.
    pub input_rate: Rate,
    /// Rate of the host's `output_bytes`.
    pub output_rate: Rate,
    /// The stopwatch's last reading, in nanoseconds: the end of one command is the start of the next.
    pub(crate) lap_ns: u64,
    sampled_us: u64,
    per_command: Vec<CommandStats>,
    error_codes: Vec<(String, u64)>,
}

impl Default for Stats {
    fn default() -> Self {
        let mut per_command = Vec::new();
        per_command.resize_with(command::len(), CommandStats::default);
        Stats {
            changes: 0,
            commands: 0,
            connections: 0,
            rejected_connections: 0,
            errors: 0,
            used_before: HostUsage::default(),
            steps: Log2Histogram::default(),
            steps_over_1ms: 0,
            commands_rate: Rate::default(),
            input_rate: Rate::default(),
            output_rate: Rate::default(),
            lap_ns: 0,
            sampled_us: 0,
            per_command,
            error_codes: Vec::new(),
        }
    }
}

impl Stats {
    /// Counts a run of `ns` nanoseconds. O(1); allocates at a command's first run only.
    #[inline]
    pub(crate) fn called(
        &mut self,
        number: CommandId,
        failure: Option<&[u8]>,
        ns: u64,
        track: bool,
    ) {
        self.commands += 1;
        self.step(ns);
        let Some(stats) = self.per_command.get_mut(usize::from(number)) else {
            return;
        };
        stats.calls += 1;
        stats.ns += ns;
        if track {
            match &mut stats.histogram {
                Some(histogram) => histogram.record(ns),
                None => start_histogram(stats, ns),
            }
        }
        if let Some(text) = failure {
            stats.failed += 1;
            self.error(text);
        }
    }

    /// Counts a request that was refused; [`UNRESOLVED`] where no command has its name.
    #[cold]
    pub(crate) fn rejected(&mut self, number: CommandId, text: &[u8]) {
        if number != UNRESOLVED
            && let Some(stats) = self.per_command.get_mut(usize::from(number))
        {
            stats.rejected += 1;
        }
        self.error(text);
    }

    /// Counts an error reply by its code, the first word.
    #[cold]
    pub(crate) fn error(&mut self, text: &[u8]) {
        self.errors += 1;
        let end = text.iter().position(|byte| *byte == b' ');
        let code = end
            .filter(|end| *end <= ERROR_CODE_BYTES_MAX)
            .and_then(|end| core::str::from_utf8(&text[..end]).ok())
            .unwrap_or("ERR");
        if let Some((_, count)) = self.error_codes.iter_mut().find(|(known, _)| known == code) {
            *count += 1;
        } else if self.error_codes.len() < ERROR_CODES_MAX {
            self.error_codes.push((code.to_string(), 1));
        }
    }

    /// Counts a step of the engine that took `ns` nanoseconds.
    #[inline]
    pub(crate) fn step(&mut self, ns: u64) {
        self.steps.record(ns);
        self.steps_over_1ms += u64::from(ns > 1_000_000);
    }

    /// Samples the rates if that is due. `now_us` never runs backwards.
    pub(crate) fn sample(&mut self, now_us: u64, usage: &HostUsage) {
        let elapsed_us = now_us.saturating_sub(self.sampled_us);
        if elapsed_us < SAMPLE_US {
            return;
        }
        self.sampled_us = now_us;
        self.commands_rate.sample(self.commands, elapsed_us);
        self.input_rate.sample(usage.input_bytes, elapsed_us);
        self.output_rate.sample(usage.output_bytes, elapsed_us);
    }

    /// Starts over, as CONFIG RESETSTAT does. The changes since the last snapshot are no statistics.
    pub fn reset(&mut self, usage: &HostUsage) {
        *self = Stats {
            changes: self.changes,
            used_before: *usage,
            lap_ns: self.lap_ns,
            sampled_us: self.sampled_us,
            ..Stats::default()
        };
    }

    /// One command's account.
    pub fn command(&self, number: CommandId) -> Option<&CommandStats> {
        self.per_command.get(usize::from(number))
    }

    /// Forgets one command's durations. True if there were any.
    pub fn reset_histogram(&mut self, number: CommandId) -> bool {
        self.per_command
            .get_mut(usize::from(number))
            .is_some_and(|stats| stats.histogram.take().is_some())
    }

    /// Error codes in the order of their alphabet, and how often each was answered.
    pub fn error_codes(&self) -> Vec<(&str, u64)> {
        let mut codes: Vec<(&str, u64)> = self
            .error_codes
            .iter()
            .map(|(code, count)| (code.as_str(), *count))
            .collect();
        sort_by_key(&mut codes, |code| *code);
        codes
    }
}

#[cold]
fn start_histogram(stats: &mut CommandStats, ns: u64) {
    stats.histogram.get_or_insert_default().record(ns);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_by_code() {
        let mut stats = Stats::default();
        for text in ["ERR a", "WRONGTYPE b", "ERR c", "nocode"] {
            stats.error(text.as_bytes());
        }
        assert_eq!(stats.error_codes(), [("ERR", 3), ("WRONGTYPE", 1)]);
        for at in 0..1000 {
            stats.error(alloc::format!("CODE{at} text").as_bytes());
        }
        assert_eq!(stats.error_codes().len(), ERROR_CODES_MAX);
        assert_eq!(stats.errors, 1004);
    }

    #[test]
    fn calls_failures_and_refusals_are_apart() {
        let mut stats = Stats::default();
        stats.called(0, None, 1500, true);
        let text = b"ERR syntax error";
        stats.called(0, Some(text), 500, true);
        stats.rejected(0, text);
        stats.rejected(UNRESOLVED, text);
        let command = stats.command(0).unwrap();
        assert_eq!(
            (command.calls, command.ns, command.failed, command.rejected),
            (2, 2000, 1, 1)
        );
        assert_eq!(command.histogram.as_ref().unwrap().total(), 2);
        assert_eq!(stats.errors, 3);
        stats.reset(&HostUsage::default());
        assert_eq!(stats.command(0).unwrap().calls, 0);
    }

    #[test]
    fn a_rate_is_the_mean_of_its_samples() {
        let mut stats = Stats::default();
        for tick in 1..=16 {
            stats.commands += 100;
            stats.sample(tick * 100_000, &HostUsage::default());
            stats.sample(tick * 100_000 + 1, &HostUsage::default());
        }
        assert_eq!(stats.commands_rate.per_second(), 1000);
    }
}
