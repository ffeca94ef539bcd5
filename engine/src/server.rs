//! State that belongs to no key and no connection: counters, the log, what the host is asked to do.
//! Knows no command.

use alloc::collections::VecDeque;

use crate::boundary::Output;
use crate::command::CommandId;
use crate::config::Config;
use crate::error::Error;
use crate::keyspace::Frequency;
use crate::log::Log;
use crate::random::Random;

/// The engine's own state beside keys and connections.
pub struct Server {
    /// The configuration.
    pub config: Config,
    /// Random numbers.
    pub random: Random,
    /// The effect log.
    pub log: Log,
    /// Counters.
    pub stats: Stats,
    /// What the host is asked to do, oldest first.
    pub outputs: VecDeque<Output>,
    /// Keys whose time has come are looked for; DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: bool,
    /// A monotonic nanosecond counter, for accounting only.
    pub stopwatch: fn() -> u64,
}

impl Server {
    /// How accesses are counted, where the eviction policy is LFU.
    pub(crate) fn frequency(&self) -> Option<Frequency> {
        use crate::config::MaxmemoryPolicy::{AllkeysLfu, VolatileLfu};
        let config = &self.config;
        let counted = matches!(config.maxmemory_policy, AllkeysLfu | VolatileLfu);
        counted.then_some(Frequency {
            log_factor: config.lfu_log_factor,
            decay_minutes: config.lfu_decay_time,
        })
    }

    pub(crate) fn new(config: Config, seed: u64, stopwatch: fn() -> u64) -> Self {
        Server {
            config,
            random: Random::new(seed),
            log: Log::default(),
            stats: Stats::default(),
            outputs: VecDeque::new(),
            active_expire: true,
            stopwatch,
        }
    }
}

/// Counters that INFO shows.
#[derive(Debug, Default)]
pub struct Stats {
    /// Changes to the data, for save points.
    pub changes: u64,
    /// Commands that ran.
    pub commands: u64,
    /// Connections that were accepted.
    pub connections: u64,
}

impl Stats {
    #[inline]
    pub(crate) fn called(&mut self, _number: CommandId, _result: &Result<(), Error>) {
        self.commands += 1;
    }

    pub(crate) fn rejected(&mut self, _number: CommandId, _error: &Error) {}
}
