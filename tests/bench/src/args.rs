//! The command line, made settings; finding the peers. Must not start anything.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::{Parser, ValueEnum};

use crate::server::{Server, Spec};

/// Compares hyla-server with redis-server and valkey-server in one run: rates, latency, CPU time
/// per operation, bytes per key, and Hyla's ratio to each peer.
#[derive(Parser)]
#[command(name = "bench", version)]
pub(crate) struct Args {
    /// What to measure; rate and memory unless given
    #[arg(value_enum)]
    pub(crate) mode: Option<Mode>,
    /// The hyla-server program
    #[arg(long, value_name = "PATH", required_unless_present = "list")]
    hyla: Option<PathBuf>,
    /// The redis-server program, instead of the one on PATH
    #[arg(long, value_name = "PATH")]
    redis: Option<PathBuf>,
    /// The valkey-server program, instead of the one on PATH or that peers.sh has unpacked
    #[arg(long, value_name = "PATH")]
    valkey: Option<PathBuf>,
    /// One more peer; may be given again
    #[arg(long, value_name = "NAME=PATH")]
    peer: Vec<String>,
    /// Names of the peers to leave out
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    without: Vec<String>,
    /// One more argument for hyla-server; may be given again
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    hyla_arg: Vec<String>,
    /// Workloads or groups to run, in files mode its parts (snapshots, everysec, always), in pauses mode
    /// its parts (collections, groups, expiry, saving); all unless given
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Show the workloads and end
    #[arg(long)]
    pub(crate) list: bool,
    /// Length of one round of one server [default: 1; smoke: 0.2]
    #[arg(long)]
    seconds: Option<f64>,
    /// Rounds of each server [default: 5; smoke: 1]
    #[arg(long)]
    rounds: Option<usize>,
    /// Numbers of connections [default: 50; unpinned: 50,500]
    #[arg(long, value_name = "N,..", value_delimiter = ',')]
    clients: Vec<usize>,
    /// Pipeline depths [default: each workload's own, 1 and 16; unpinned: 16]
    #[arg(long, value_name = "N,..", value_delimiter = ',')]
    pipeline: Vec<usize>,
    /// Size of the key space, and keys stored in memory mode [default: 1000000; smoke: 10000]
    #[arg(long)]
    keys: Option<u64>,
    /// Keys stored in grow mode, elements in pauses mode [default: 10000000; smoke: 100000]
    #[arg(long)]
    grow_keys: Option<u64>,
    /// Let the servers use all CPUs and their own default of I/O threads
    #[arg(long)]
    unpinned: bool,
    /// CPU of the server
    #[arg(long, default_value_t = 0)]
    server_cpu: usize,
    /// CPU of the load generator
    #[arg(long, default_value_t = 1)]
    client_cpu: usize,
    /// First port of the servers
    #[arg(long, default_value_t = 17379)]
    port: u16,
    /// Seed of the random keys
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pauses mode: measure steps in wall time, with what other threads and processes take of the CPU
    #[arg(long)]
    wall: bool,
    /// Write the results to this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// One short round on little data: shows that everything works, measures nothing
    #[arg(long)]
    smoke: bool,
}

/// What to measure.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Mode {
    /// Rate, latency and CPU time per operation of each workload
    Rate,
    /// Bytes of resident memory for each key
    Memory,
    /// Pauses while a keyspace grows
    Grow,
    /// CPU time of operations on collections of growing size
    Scaling,
    /// The longest steps while large collections grow and go
    Pauses,
    /// Saving and loading snapshots; what the append-only file costs
    Files,
    /// All of these
    All,
}

/// Everything that a measurement needs to know.
pub(crate) struct Settings {
    /// Hyla first, then the peers.
    pub(crate) specs: Vec<Spec>,
    /// Length of a round.
    pub(crate) round: Duration,
    /// Rounds of each server.
    pub(crate) rounds: usize,
    /// Numbers of connections.
    pub(crate) clients: Vec<usize>,
    /// Pipeline depths; empty for each workload's own.
    pub(crate) pipelines: Vec<usize>,
    /// Size of the key space.
    pub(crate) keys: u64,
    /// Keys stored in grow mode.
    pub(crate) grow_keys: u64,
    /// CPUs of server and load generator; `None` unpinned.
    pub(crate) cpus: Option<(usize, usize)>,
    /// CPUs that this process may use, before it pins itself.
    pub(crate) cpus_present: usize,
    /// Wait between a fill and the reading of its memory. Allocators give unused pages back with a delay, jemalloc
    /// within ten seconds.
    pub(crate) settle: Duration,
    /// Seed of the random keys.
    pub(crate) seed: u64,
    /// Pauses are measured in wall time.
    pub(crate) wall: bool,
    port: u16,
    /// What the reader should know about the set-up.
    pub(crate) notes: Vec<String>,
}

impl Settings {
    /// Starts server number `index` of `specs`.
    pub(crate) fn start(&self, index: usize) -> Result<Server> {
        let port = self.port + index as u16;
        Server::start(
            &self.specs[index],
            port,
            self.cpus.map(|(server, _)| server),
        )
    }
}

impl Settings {
    /// Starts Hyla so that it measures its steps in CPU time, unless wall time is asked for.
    pub(crate) fn start_timed(&self) -> Result<Server> {
        let mut spec = self.specs[0].clone();
        spec.steps_in_cpu_time = !self.wall;
        Server::start(&spec, self.port, self.cpus.map(|(server, _)| server))
    }

    /// Starts server number `index` with more arguments, bound to no CPU: a child process or another thread would
    /// have to share it. `prepare` is as in [`Server::start_with`].
    pub(crate) fn start_free(
        &self,
        index: usize,
        arguments: &[&str],
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Server> {
        let spec = self.spec(index, arguments);
        Server::start_with(&spec, self.port + index as u16, None, prepare)
    }

    /// Starts server number `index` with more arguments, all of its threads on the server's CPU. Where none is set
    /// aside for it, the scheduler puts a server that answers a load generator beside it on the same CPU for long
    /// times, and rates are of both together.
    pub(crate) fn start_bound(&self, index: usize, arguments: &[&str]) -> Result<Server> {
        let spec = self.spec(index, arguments);
        let cpu = self.cpus.map(|(server, _)| server);
        Server::start_with(&spec, self.port + index as u16, cpu, |_| Ok(()))
    }

    fn spec(&self, index: usize, arguments: &[&str]) -> Spec {
        let mut spec = self.specs[index].clone();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        spec.extra_args.extend(arguments);
        spec
    }
}

impl Args {
    /// Checks the arguments and finds the peers.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let mut notes = Vec::new();
        let smoke = |normal, smoke| if self.smoke { smoke } else { normal };
        let seconds = self.seconds.unwrap_or(smoke(1.0, 0.2));
        ensure!(
            (0.01..=600.0).contains(&seconds),
            "--seconds must be between 0.01 and 600"
        );
        let rounds = self.rounds.unwrap_or(if self.smoke { 1 } else { 5 });
        ensure!(rounds > 0, "--rounds must be at least 1");
        let or = |given: &[usize], default: &[usize]| {
            if given.is_empty() { default } else { given }.to_vec()
        };
        let clients = or(
            &self.clients,
            if self.unpinned { &[50, 500] } else { &[50] },
        );
        let pipelines = or(&self.pipeline, if self.unpinned { &[16] } else { &[] });
        ensure!(
            clients
                .iter()
                .chain(&pipelines)
                .all(|n| (1..=10_000).contains(n)),
            "--clients and --pipeline must be between 1 and 10000"
        );
        let keys = self
            .keys
            .unwrap_or(if self.smoke { 10_000 } else { 1_000_000 });
        let grow_keys = self
            .grow_keys
            .unwrap_or(if self.smoke { 100_000 } else { 10_000_000 });
        ensure!(
            keys >= 100 && grow_keys >= 100,
            "--keys and --grow-keys must be at least 100"
        );
        let cpus_present = std::thread::available_parallelism().map_or(1, usize::from);
        let specs = self.specs(&mut notes)?;
        ensure!(
            usize::from(self.port) + specs.len() <= 65_536 && self.port > 0,
            "--port leaves no room for {} servers",
            specs.len()
        );
        Ok(Settings {
            specs,
            round: Duration::from_secs_f64(seconds),
            rounds,
            clients,
            pipelines,
            keys,
            grow_keys,
            cpus: self.cpus(cpus_present, &mut notes),
            cpus_present,
            settle: Duration::from_millis(if self.smoke { 500 } else { 12_000 }),
            seed: self.seed,
            wall: self.wall,
            port: self.port,
            notes,
        })
    }

    fn cpus(&self, present: usize, notes: &mut Vec<String>) -> Option<(usize, usize)> {
        if self.unpinned {
            return None;
        }
        if present < 2 {
            notes.push(
                "Only one CPU: servers and load generator share it, and rates mean little.".into(),
            );
            return None;
        }
        Some((self.server_cpu, self.client_cpu))
    }

    fn specs(&self, notes: &mut Vec<String>) -> Result<Vec<Spec>> {
        let spec = |name: &str, path: PathBuf| Spec {
            name: name.to_owned(),
            path,
            extra_args: Vec::new(),
            steps_in_cpu_time: false,
        };
        let mut hyla = spec("hyla", given(self.hyla.as_deref())?.unwrap_or_default());
        hyla.extra_args.clone_from(&self.hyla_arg);
        let mut specs = vec![hyla];
        let redis = given(self.redis.as_deref())?.or_else(|| on_path("redis-server"));
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().nth(2).unwrap_or(here);
        let unpacked = root.join("target/peers/bin/valkey-server");
        let valkey = given(self.valkey.as_deref())?
            .or_else(|| on_path("valkey-server"))
            .or_else(|| given(Some(&unpacked)).ok().flatten());
        for (name, path, how) in [
            ("redis", redis, "install redis-server or give --redis PATH"),
            (
                "valkey",
                valkey,
                "run tests/bench/peers.sh or give --valkey PATH",
            ),
        ] {
            match path {
                Some(path) => specs.push(spec(name, path)),
                None => notes.push(format!("No {name}-server to compare with: {how}.")),
            }
        }
        for peer in &self.peer {
            let Some((name, path)) = peer.split_once('=') else {
                bail!("--peer wants NAME=PATH, not '{peer}'");
            };
            specs.extend(given(Some(Path::new(path)))?.map(|path| spec(name, path)));
        }
        specs.retain(|spec| spec.name == "hyla" || !self.without.contains(&spec.name));
        Ok(specs)
    }
}

/// The absolute path of a program that the command line names; an error if there is none.
fn given(path: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(path) = path else { return Ok(None) };
    match path.canonicalize() {
        // The name is kept as given: redis-server may be a link to a program that looks at its name.
        Ok(_) => Ok(Some(std::path::absolute(path)?)),
        Err(e) => bail!("no program at {}: {e}", path.display()),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}
