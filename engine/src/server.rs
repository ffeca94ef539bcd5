//! State that belongs to no key and no connection: counters, the log, what the host is asked to do.
//! Knows no command.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::boundary::{ConnId, Job, Now, Output};
use crate::command::Renames;
use crate::config::{Change, Config};
use crate::conn::Conn;
use crate::error::{Error, Told};
use crate::keyspace::Frequency;
use crate::log::Log;
use crate::observe::facts::HostFacts;
use crate::observe::latency::LatencyMonitor;
use crate::observe::slowlog::SlowLog;
use crate::observe::stats::Stats;
use crate::pause::Pause;
use crate::random::Random;
use crate::script::Scripts;
use crate::session::Session;
use crate::sha1::Digest;
use crate::store::Store;

/// The engine's own state beside keys and connections.
pub struct Server {
    /// The configuration.
    pub config: Config,
    /// What the latest error says.
    pub told: Told,
    /// Names of commands that are others than their own.
    pub(crate) renames: Renames,
    /// Random numbers, from the host's seed.
    pub random: Random,
    /// The effect log.
    pub log: Log,
    /// Counters for INFO.
    pub stats: Stats,
    /// CLIENT PAUSE.
    pub pause: Pause,
    /// DEBUG SLEEP: nothing runs at all.
    pub sleep: Pause,
    /// Commands wait for the end of the server.
    pub(crate) ending: Pause,
    /// DEBUG PAUSE-CRON: nothing is done that nobody waits for.
    pub cron_paused: bool,
    /// RESTORE takes any checksum; DEBUG SET-SKIP-CHECKSUM-VALIDATION.
    pub(crate) payloads_unchecked: bool,
    /// A script's command runs.
    pub(crate) in_script: bool,
    /// Scripts may run what they must not; DEBUG SET-DISABLE-DENY-SCRIPTS.
    pub(crate) scripts_run_all: bool,
    /// Keys whose time has come are looked for; DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: bool,
    /// Bytes from which a list's element gets a node of its own, 0 for the usual ones; DEBUG
    /// QUICKLIST-PACKED-THRESHOLD.
    pub list_large_bytes: usize,
    /// Commands that took long.
    pub slowlog: SlowLog,
    /// Spikes by event.
    pub latency: LatencyMonitor,
    /// What the host says of itself.
    pub facts: HostFacts,
    /// What was allocated when the server was ready, in bytes.
    pub memory_startup: u64,
    /// The most memory that the host reported, in bytes.
    pub memory_peak: u64,
    /// When the engine started.
    pub started: Now,
    /// Names this run of the server: 40 hexadecimal digits.
    pub run_id: [u8; 40],
    /// Names this history of changes, in the same form.
    pub replication_id: [u8; 40],
    /// Transactions, publish/subscribe and waiting.
    pub(crate) session: Session,
    /// Lua scripts and functions.
    pub(crate) scripts: Scripts,
    /// What the host is to do, oldest first.
    pub outputs: VecDeque<Output>,
    /// Jobs of the host that a connection waits for.
    pub(crate) waiting: Vec<Waiting>,
    /// Connections whose transaction can go on.
    pub(crate) unfinished: Vec<ConnId>,
    /// What has to do with files.
    pub(crate) store: Store,
    last_job: u64,
    /// What names are drawn from.
    names: Random,
    /// Counts nanoseconds, for accounting only.
    pub stopwatch: fn() -> u64,
}

/// What a finished job means for the connection that waits for it.
#[derive(Debug)]
pub(crate) enum Pending {
    /// CONFIG SET: the host applies these changes, or they are undone.
    Apply(Vec<Change>),
    /// CONFIG REWRITE.
    RewriteConfig,
    /// SHUTDOWN, which answers only if it failed.
    Shutdown,
    /// SAVE.
    Save,
    /// FLUSHALL, which answers the same whatever becomes of its save.
    Flush,
    /// DEBUG RELOAD.
    Reload,
}

impl Pending {
    /// The host does it at once, without the engine's help.
    pub(crate) fn is_quick(&self) -> bool {
        matches!(self, Pending::Apply(_) | Pending::RewriteConfig)
    }
}

/// A connection that waits for the host.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The connection.
    pub(crate) conn: ConnId,
    /// Its jobs.
    pub(crate) jobs: Vec<u64>,
    /// How many of them are done.
    pub(crate) done: usize,
    /// What the host refused: the job's position and its words.
    pub(crate) refused: Option<(usize, String)>,
    /// What it is about.
    pub(crate) pending: Pending,
}

impl Waiting {
    /// Notes a job's result; the first refusal counts. True when all are done.
    pub(crate) fn finish(&mut self, job: u64, result: Result<Vec<u8>, String>) -> bool {
        let position = self.jobs.iter().position(|known| *known == job);
        if let (Err(text), None, Some(position)) = (result, &self.refused, position) {
            self.refused = Some((position, text));
        }
        self.done += 1;
        self.done == self.jobs.len()
    }
}

impl Server {
    /// Requests may have to wait or be refused: a script is suspended, a pause is on, or the server ends. One
    /// branch for what is hardly ever so.
    #[inline]
    pub(crate) fn is_held_up(&self) -> bool {
        self.scripts.is_suspended()
            | self.pause.is_set()
            | self.sleep.is_set()
            | self.ending.is_set()
    }

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

    /// Finds or compiles a script, [`Scripts::load`].
    pub(crate) fn load_script(&mut self, body: &[u8], keep: bool) -> Result<Digest, Error> {
        self.scripts.load(body, keep, &self.told)
    }

    pub(crate) fn new(config: Config, seed: u64, started: Now, stopwatch: fn() -> u64) -> Self {
        // Names must not tell the numbers that random replies are made of.
        let mut names = Random::new(!seed);
        Server {
            config,
            told: Told::default(),
            renames: Renames::default(),
            random: Random::new(seed),
            log: Log::default(),
            stats: Stats::default(),
            pause: Pause::default(),
            sleep: Pause::default(),
            ending: Pause::default(),
            cron_paused: false,
            payloads_unchecked: false,
            in_script: false,
            scripts_run_all: false,
            active_expire: true,
            list_large_bytes: 0,
            slowlog: SlowLog::default(),
            latency: LatencyMonitor::default(),
            facts: HostFacts::default(),
            memory_startup: 0,
            memory_peak: 0,
            started,
            run_id: hex_name(&mut names),
            replication_id: hex_name(&mut names),
            names,
            session: Session::default(),
            scripts: Scripts::default(),
            outputs: VecDeque::new(),
            waiting: Vec::new(),
            unfinished: Vec::new(),
            store: Store::default(),
            last_job: 0,
            stopwatch,
        }
    }

    /// Begins a new history of changes.
    pub(crate) fn change_replication_id(&mut self) {
        self.replication_id = hex_name(&mut self.names);
    }

    /// Asks the host for `work` and gives the job's number.
    pub(crate) fn start(&mut self, work: Job) -> u64 {
        let job = self.ticket();
        self.outputs.push_back(Output::Start { job, work });
        job
    }

    /// A number for something whose end is waited for.
    pub(crate) fn ticket(&mut self) -> u64 {
        self.last_job += 1;
        self.last_job
    }

    /// Asks the host for `work`, and parks the connection until all of it is done.
    pub(crate) fn start_and_park(
        &mut self,
        conn: &mut Conn,
        work: impl IntoIterator<Item = Job>,
        pending: Pending,
    ) {
        let jobs: Vec<u64> = work.into_iter().map(|work| self.start(work)).collect();
        self.park(conn, jobs, pending);
    }

    /// Parks the connection until something ends, whose number it gives.
    pub(crate) fn park_for(&mut self, conn: &mut Conn, pending: Pending) -> u64 {
        let ticket = self.ticket();
        self.park(conn, alloc::vec![ticket], pending);
        ticket
    }

    /// Parks the connection until all of `jobs` are done.
    pub(crate) fn park(&mut self, conn: &mut Conn, jobs: Vec<u64>, pending: Pending) {
        conn.waiting = true;
        self.waiting.push(Waiting {
            conn: conn.id,
            jobs,
            done: 0,
            refused: None,
            pending,
        });
    }
}

/// 40 random hexadecimal digits.
fn hex_name(random: &mut Random) -> [u8; 40] {
    let mut name = [0; 40];
    for digit in &mut name {
        *digit = b"0123456789abcdef"[random.below(16) as usize];
    }
    name
}
