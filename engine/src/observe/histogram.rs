//! Histograms of durations. Knows nothing of what took the time.

use alloc::boxed::Box;

use crate::number::Percent;

/// Buckets for each doubling of the duration: a percentile is off by at most 1/32.
const PER_OCTAVE: usize = 32;
/// Durations from here on, in nanoseconds (about a second), share the last bucket.
const LIMIT_NS: u64 = 1 << 30;
/// Buckets of a [`Histogram`].
const BUCKETS: usize = bucket_of(LIMIT_NS - 1) + 1;
/// Buckets of a [`Log2Histogram`].
pub const LOG2_BUCKETS: usize = 40;

/// Counts of durations in logarithmic buckets, each divided evenly (the idea of HdrHistogram). 6.5 KB.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
}

/// The bucket that a duration below [`LIMIT_NS`] belongs to.
const fn bucket_of(ns: u64) -> usize {
    if ns < 2 * PER_OCTAVE as u64 {
        return ns as usize;
    }
    let shift = (ns.ilog2() - PER_OCTAVE.ilog2()) as usize;
    shift * PER_OCTAVE + (ns >> shift) as usize
}

/// The longest duration of a bucket, in nanoseconds.
const fn bucket_end(bucket: usize) -> u64 {
    if bucket < 2 * PER_OCTAVE {
        return bucket as u64;
    }
    let shift = bucket / PER_OCTAVE - 1;
    (((bucket - shift * PER_OCTAVE) as u64 + 1) << shift) - 1
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            counts: Box::new([0; BUCKETS]),
            total: 0,
        }
    }
}

impl Histogram {
    /// Counts one duration. O(1), no allocation.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.counts[bucket_of(ns.min(LIMIT_NS - 1))] += 1;
        self.total += 1;
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration in nanoseconds that `percent` of all durations do not exceed.
    pub fn percentile_ns(&self, percent: Percent) -> u64 {
        let hundred = u64::from(Percent::HUNDRED.millionths());
        let (hundreds, rest) = (self.total / hundred, self.total % hundred);
        let share = u64::from(percent.millionths());
        let wanted = hundreds * share + (rest * share + hundred / 2) / hundred;
        let wanted = wanted.max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return bucket_end(bucket);
            }
        }
        0
    }

    /// Calls `visit` with a bound in microseconds and how many durations do not exceed it, for the bounds
    /// of LATENCY HISTOGRAM (doubling from one microsecond) where the number grows.
    pub fn cumulative(&self, mut visit: impl FnMut(u64, u64)) {
        let (mut bucket, mut seen, mut shown) = (0, 0, 0);
        let mut bound_ns = 1024;
        while seen < self.total && bound_ns <= LIMIT_NS {
            let last = bucket_of(bound_ns.min(LIMIT_NS - 1));
            while bucket <= last {
                seen += self.counts[bucket];
                bucket += 1;
            }
            if seen > shown {
                // Redis' histogram divides a doubling by 128 and names the end of the bound's own bucket.
                visit((bound_ns + bound_ns / 128 - 1) / 1000, seen);
                shown = seen;
            }
            bound_ns *= 2;
        }
    }
}

/// Counts of durations by the position of their highest bit, and the longest of them.
#[derive(Clone, Debug)]
pub struct Log2Histogram {
    counts: [u64; LOG2_BUCKETS],
    /// The longest duration, in nanoseconds.
    pub max_ns: u64,
}

impl Default for Log2Histogram {
    fn default() -> Self {
        Log2Histogram {
            counts: [0; LOG2_BUCKETS],
            max_ns: 0,
        }
    }
}

impl Log2Histogram {
    /// Counts one duration. O(1).
    #[inline]
    pub fn record(&mut self, ns: u64) {
        let bucket = (u64::BITS - ns.leading_zeros()) as usize;
        self.counts[bucket.min(LOG2_BUCKETS - 1)] += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    /// The buckets that are not empty: durations below this many nanoseconds, and their number.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| (1 << bucket, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn buckets_follow_each_other_without_gaps() {
        let mut expected = 0;
        for ns in 0..200_000 {
            let bucket = bucket_of(ns);
            assert!(bucket == expected || bucket == expected + 1, "{ns}");
            assert!(ns <= bucket_end(bucket), "{ns}");
            assert!(bucket == 0 || ns > bucket_end(bucket - 1), "{ns}");
            expected = bucket;
        }
        assert_eq!(bucket_end(BUCKETS - 1), LIMIT_NS - 1);
    }

    #[test]
    fn percentiles_are_close() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|us| histogram.record(us * 1000));
        for (millionths, us) in [
            (50_000_000, 500.0),
            (99_000_000, 990.0),
            (99_900_000, 999.0),
        ] {
            let found =
                histogram.percentile_ns(Percent::from_millionths(millionths)) as f64 / 1000.0;
            assert!((us..us * 1.04).contains(&found), "{millionths}: {found}");
        }
        histogram.record(u64::MAX);
        assert_eq!(histogram.percentile_ns(Percent::HUNDRED), LIMIT_NS - 1);
    }

    #[test]
    fn cumulative_bounds_are_those_of_redis() {
        let mut histogram = Histogram::default();
        (0..20).for_each(|at| histogram.record(900 << at));
        let mut bounds = Vec::new();
        histogram.cumulative(|us, count| bounds.push((us, count)));
        let expected = [1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113];
        for (at, us) in expected.into_iter().enumerate() {
            assert_eq!(bounds[at], (us, at as u64 + 1));
        }
    }

    #[test]
    fn log2_buckets_name_their_bound() {
        let mut histogram = Log2Histogram::default();
        [0, 1, 2, 3, 1000, u64::MAX]
            .into_iter()
            .for_each(|ns| histogram.record(ns));
        let buckets: Vec<_> = histogram.buckets().collect();
        assert_eq!(buckets[..4], [(1, 1), (2, 1), (4, 2), (1024, 1)]);
        assert_eq!(histogram.max_ns, u64::MAX);
    }
}
