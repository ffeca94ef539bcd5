//! What a server tells of itself: counters, histograms, the slow log and INFO. Knows no wire format.

pub mod facts;
pub mod histogram;
pub mod info;
pub mod latency;
pub mod slowlog;
pub mod stats;
