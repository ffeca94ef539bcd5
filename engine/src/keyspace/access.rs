//! What an entry's 24 access bits mean: when it was last used, or how often. Knows nothing of tables and keys.
//!
//! Without an LFU policy they are a clock of seconds. With one, the upper 16 are the minute of the last access
//! and the lower 8 a counter that grows with the logarithm of the accesses and decays with time (Morris, *Counting
//! large numbers of events in small registers*, 1978).

use super::entry::Entry;
use crate::random::Random;

/// The clock's largest value; it wraps.
const CLOCK_MAX: u32 = 0x00ff_ffff;
/// A new key's counter: more than 0, so that it is not the first to be evicted.
const COUNTER_NEW: u32 = 5;
const COUNTER_MAX: u32 = 255;

/// How accesses are counted under an LFU policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frequency {
    /// `lfu-log-factor`: the larger, the more accesses saturate the counter.
    pub log_factor: u32,
    /// `lfu-decay-time`: minutes after which the counter falls by one; 0 for never.
    pub decay_minutes: u32,
}

/// What an access does to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Clock,
    Frequency,
    /// Nothing: the client does not want to leave traces.
    Quiet,
}

/// Reads and writes access bits.
#[derive(Debug)]
pub(super) struct Access {
    mode: Mode,
    quiet: bool,
    clock: u32,
    minute: u32,
    frequency: Option<Frequency>,
    random: Random,
}

impl Access {
    pub(super) fn new(seed: u64) -> Self {
        Access {
            mode: Mode::Clock,
            quiet: false,
            clock: 0,
            minute: 0,
            frequency: None,
            random: Random::new(seed),
        }
    }

    #[inline]
    pub(super) fn set_now(&mut self, now_ms: u64) {
        self.clock = (now_ms / 1000) as u32 & CLOCK_MAX;
        self.minute = (now_ms / 60_000) as u32 & 0xffff;
    }

    pub(super) fn frequency(&self) -> Option<Frequency> {
        self.frequency
    }

    pub(super) fn set_frequency(&mut self, frequency: Option<Frequency>) {
        self.frequency = frequency;
        self.set_quiet(self.quiet);
    }

    /// Gives what was set before.
    #[inline]
    pub(super) fn set_quiet(&mut self, quiet: bool) -> bool {
        self.mode = match (quiet, self.frequency) {
            (true, _) => Mode::Quiet,
            (false, None) => Mode::Clock,
            (false, Some(_)) => Mode::Frequency,
        };
        core::mem::replace(&mut self.quiet, quiet)
    }

    /// Notes that the entry was used.
    #[inline]
    pub(super) fn note(&mut self, entry: &mut Entry) {
        match self.mode {
            Mode::Clock => entry.set_access(self.clock),
            Mode::Frequency => self.count(entry),
            Mode::Quiet => {}
        }
    }

    /// The bits of an entry that is new.
    #[inline]
    pub(super) fn fresh(&self) -> u32 {
        match self.frequency {
            None => self.clock,
            Some(_) => self.minute << 8 | COUNTER_NEW,
        }
    }

    /// The bits of an entry that comes from elsewhere: unused for so many seconds, or used so often; whichever is not
    /// kept does not matter.
    pub(super) fn restored(&self, idle_seconds: Option<i64>, frequency: Option<u8>) -> u32 {
        match (self.frequency, idle_seconds, frequency) {
            (Some(_), _, Some(counter)) => self.minute << 8 | u32::from(counter),
            (None, Some(idle), _) => {
                let then = i64::from(self.clock) - idle.clamp(0, i64::from(u32::MAX));
                // Longer ago than the clock can tell: as old as it can be.
                u32::try_from(then).unwrap_or((self.clock + CLOCK_MAX / 2) % CLOCK_MAX)
            }
            _ => self.fresh(),
        }
    }

    /// Notes that an entry whose bits were `before` got another value.
    #[inline]
    pub(super) fn replaced(&mut self, entry: &mut Entry, before: u32) {
        if self.frequency.is_none() {
            entry.set_access(self.clock);
        } else {
            entry.set_access(before);
            self.note(entry);
        }
    }

    #[cold]
    fn count(&mut self, entry: &mut Entry) {
        let Some(frequency) = self.frequency else {
            return;
        };
        let mut counter = self.counter(entry.access());
        let above = counter.saturating_sub(COUNTER_NEW);
        let odds = u64::from(above) * u64::from(frequency.log_factor) + 1;
        if counter < COUNTER_MAX && self.random.below(odds) == 0 {
            counter += 1;
        }
        entry.set_access(self.minute << 8 | counter);
    }

    /// The counter in `access`, decayed until now.
    pub(super) fn counter(&self, access: u32) -> u32 {
        let (since, counter) = (access >> 8, access & COUNTER_MAX);
        let elapsed = if self.minute >= since {
            self.minute - since
        } else {
            0xffff - since + self.minute
        };
        let decay_minutes = self
            .frequency
            .map_or(0, |frequency| frequency.decay_minutes);
        counter.saturating_sub(elapsed.checked_div(decay_minutes).unwrap_or(0))
    }

    /// Seconds since the access that the clock in `access` says.
    pub(super) fn idle_seconds(&self, access: u32) -> u32 {
        if self.clock >= access {
            self.clock - access
        } else {
            self.clock + (CLOCK_MAX - access)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::NewValue;

    const MINUTE_MS: u64 = 60_000;

    fn counting(log_factor: u32) -> (Access, Entry) {
        let mut access = Access::new(1);
        access.set_frequency(Some(Frequency {
            log_factor,
            decay_minutes: 1,
        }));
        access.set_now(1000 * MINUTE_MS);
        let mut entry = Entry::new(b"k", &NewValue::Int(1), None).unwrap();
        entry.set_access(access.fresh());
        (access, entry)
    }

    #[test]
    fn the_counter_grows_with_the_logarithm_of_accesses() {
        // What the documented table of redis.conf says for factor 10: 1000 hits about 18, 100,000 about 142.
        for (factor, hits, low, high) in [
            (0, 300, 255, 255),
            (10, 1000, 14, 24),
            (10, 100_000, 120, 165),
        ] {
            let (mut access, mut entry) = counting(factor);
            (0..hits).for_each(|_| access.note(&mut entry));
            let counter = access.counter(entry.access());
            assert!((low..=high).contains(&counter), "{factor} {hits} {counter}");
        }
    }

    #[test]
    fn the_counter_decays_and_minutes_wrap() {
        let (mut access, entry) = counting(10);
        assert_eq!(access.counter(entry.access()), COUNTER_NEW);
        access.set_now(1003 * MINUTE_MS);
        assert_eq!(access.counter(entry.access()), COUNTER_NEW - 3);
        access.set_now(66_000 * MINUTE_MS);
        assert_eq!(access.counter(entry.access()), 0);
    }

    #[test]
    fn a_quiet_access_leaves_no_trace() {
        let mut access = Access::new(1);
        access.set_now(5000);
        let mut entry = Entry::new(b"k", &NewValue::Int(1), None).unwrap();
        access.note(&mut entry);
        access.set_now(9000);
        assert!(!access.set_quiet(true));
        access.note(&mut entry);
        assert_eq!(access.idle_seconds(entry.access()), 4);
        assert!(access.set_quiet(false));
        access.note(&mut entry);
        assert_eq!(access.idle_seconds(entry.access()), 0);
    }
}
