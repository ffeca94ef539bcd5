//! The latency monitor: spikes by event, as LATENCY LATEST and HISTORY show them. Knows no wire format;
//! durations are handed in.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Spikes that are kept of an event.
const SAMPLES_MAX: usize = 160;

/// One event's spikes.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// The longest spike since the last reset, in milliseconds.
    pub max_ms: u64,
    /// Seconds since 1970 and milliseconds of each spike, oldest first; one a second.
    pub samples: VecDeque<(u64, u64)>,
}

/// All events that had spikes.
#[derive(Debug, Default)]
pub struct LatencyMonitor {
    events: Vec<Event>,
}

impl LatencyMonitor {
    /// Notes a spike of event `name`.
    #[cold]
    pub fn note(&mut self, name: &'static str, unix_s: u64, ms: u64) {
        let index = match self.events.iter().position(|event| event.name == name) {
            Some(index) => index,
            None => {
                self.events.push(Event {
                    name,
                    max_ms: 0,
                    samples: VecDeque::new(),
                });
                self.events.len() - 1
            }
        };
        let event = &mut self.events[index];
        event.max_ms = event.max_ms.max(ms);
        match event.samples.back_mut() {
            Some((second, longest)) if *second == unix_s => *longest = ms.max(*longest),
            _ => {
                if event.samples.len() == SAMPLES_MAX {
                    event.samples.pop_front();
                }
                event.samples.push_back((unix_s, ms));
            }
        }
    }

    /// The events in the order of their first spikes.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Forgets the event `name`, in any case. True if it was there.
    pub fn reset(&mut self, name: &[u8]) -> bool {
        let before = self.events.len();
        self.events
            .retain(|event| !name.eq_ignore_ascii_case(event.name.as_bytes()));
        self.events.len() < before
    }

    /// Forgets all events and gives their number.
    pub fn reset_all(&mut self) -> usize {
        let count = self.events.len();
        self.events.clear();
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_one_sample_and_an_event_160() {
        let mut monitor = LatencyMonitor::default();
        monitor.note("command", 1, 5);
        monitor.note("command", 1, 9);
        monitor.note("command", 1, 7);
        assert_eq!(monitor.events()[0].samples, [(1, 9)]);
        (2..500).for_each(|second| monitor.note("command", second, 1));
        assert_eq!(monitor.events()[0].samples.len(), SAMPLES_MAX);
        assert_eq!(monitor.events()[0].max_ms, 9);
        assert!(monitor.reset(b"COMMAND"));
        assert!(!monitor.reset(b"command"));
    }
}
