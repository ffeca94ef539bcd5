//! Group commit: whether a flush under `appendfsync always` waits a little for commands that are probably on their way.
//!
//! While one flush is under way others' commands gather for the next. Those whose replies it releases mostly write again
//! soon; a flush that does not wait for them takes half of the writers only, and twice as many are needed.

use crate::boundary::Now;

/// A flush waits at most for this part of what the last one took, within these microseconds: mostly all that are waited
/// for come much earlier.
const WAIT_PART: u64 = 4;
const WAIT_US_MIN: u64 = 2000;
const WAIT_US_MAX: u64 = 10_000;
/// After waits that brought little so many flushes at most do not wait.
const REST_MAX: u32 = 64;

/// What is known of those that wait for flushes. Counts are of replies that were told to wait, since the start.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// What the flush before covered, and what the last one does.
    released: u64,
    covered: u64,
    began_us: u64,
    ended_us: u64,
    took_us: u64,
    /// The next flush waits for so many, until this moment; 0 if it does not.
    expected: u64,
    until_us: u64,
    /// Flushes that do not wait, and how many more it will be after the next vain one.
    rest: u32,
    rest_next: u32,
}

impl Group {
    /// A flush begins that covers all of `promised`.
    pub(super) fn began(&mut self, now: Now, promised: u64) {
        if self.until_us > 0 {
            // The wait was worth it if most of those came that the last flush had released.
            let missing = self.expected.saturating_sub(promised);
            let came = missing <= (self.covered - self.released) / 2;
            self.rest_next = match came {
                true => 0,
                false => (self.rest_next * 2).clamp(1, REST_MAX),
            };
            self.rest = self.rest_next;
        }
        self.released = self.covered;
        self.covered = promised;
        self.began_us = now.mono_us;
        self.until_us = 0;
    }

    /// It has ended, and `promised` have been told to wait by now.
    pub(super) fn ended(&mut self, now: Now, promised: u64) {
        if self.rest > 0 {
            self.rest -= 1;
            return;
        }
        self.ended_us = now.mono_us;
        self.took_us = now.mono_us.saturating_sub(self.began_us);
        self.expected = promised + (self.covered - self.released);
        let wait_us = (self.took_us / WAIT_PART).clamp(WAIT_US_MIN, WAIT_US_MAX);
        self.until_us = now.mono_us + wait_us;
    }

    /// The next flush is to wait.
    pub(super) fn waits(&self, now: Now, promised: u64) -> bool {
        if now.mono_us >= self.until_us || promised >= self.expected {
            return false;
        }
        // Where the rest takes longer to come than a flush, one half is flushed while the other comes.
        let half = promised - self.covered >= (self.expected - self.covered) / 2;
        // A thread may have looked at the clock before the flush ended, and come to speak after it.
        !(half && now.mono_us.saturating_sub(self.ended_us) >= self.took_us)
    }

    /// Until when it waits, in microseconds of [`Now::mono_us`].
    pub(super) fn until_us(&self) -> u64 {
        self.until_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono_us: u64) -> Now {
        Now {
            unix_ms: 0,
            mono_us,
        }
    }

    /// A flush of `covered` replies that took a millisecond.
    fn flushed(covered: u64) -> Group {
        let mut group = Group::default();
        group.began(at(10_000), covered);
        group.ended(at(11_000), covered);
        group
    }

    #[test]
    fn one_writer_alone_never_waits() {
        let group = flushed(1);
        assert!(!group.waits(at(11_050), 2));
    }

    #[test]
    fn those_that_were_released_are_waited_for() {
        let group = flushed(50);
        assert!(group.waits(at(11_050), 51));
        assert!(group.waits(at(11_050), 99));
        assert!(!group.waits(at(11_050), 100));
        // Half of them, and as much time as a flush takes: the other half comes meanwhile.
        assert!(group.waits(at(11_950), 75));
        assert!(!group.waits(at(12_000), 75));
        assert!(group.waits(at(12_000), 74));
        assert!(group.waits(at(10_999), 75));
        // Not for ever.
        assert!(group.waits(at(12_999), 51));
        assert!(!group.waits(at(13_000), 51));
    }

    #[test]
    fn vain_waits_become_rare() {
        let mut group = flushed(50);
        let (mut waits, mut promised, mut now_us) = (0, 50, 11_000);
        for _ in 0..1000 {
            // Of those that the last flush released one comes again.
            promised += 1;
            if group.waits(at(now_us), promised) {
                waits += 1;
                now_us += WAIT_US_MIN;
            }
            group.began(at(now_us), promised);
            promised += 9;
            now_us += 1000;
            group.ended(at(now_us), promised);
        }
        assert!(waits < 40, "{waits} of 1000 flushes waited in vain");
    }
}
