//! A server under test: started, asked, measured from outside, and killed when dropped. Must not know
//! which measurement it is started for.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::{Pid, getppid};

use crate::interrupt;
use crate::resp::{Client, Reply};

/// How long a server may take to answer its first PING.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// How long one set-up command (FLUSHALL of a full keyspace, say) may take.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// What `/proc` counts CPU time in, nanoseconds: Linux shows it in hundredths of a second everywhere.
const TICK_NS: u64 = 10_000_000;
/// First argument that makes this program the launcher of a server; see [`launch`].
pub(crate) const LAUNCH: &str = "--launch-server";

/// What to start.
#[derive(Clone)]
pub(crate) struct Spec {
    /// Name in the report.
    pub(crate) name: String,
    /// The program.
    pub(crate) path: PathBuf,
    /// Arguments after the usual ones.
    pub(crate) extra_args: Vec<String>,
    /// Hyla measures its steps in CPU time of the engine's thread, not in wall time.
    pub(crate) steps_in_cpu_time: bool,
}

/// A running server. Dropping it kills the process and removes its directory.
pub(crate) struct Server {
    /// Name in the report.
    pub(crate) name: String,
    /// The program.
    pub(crate) path: PathBuf,
    /// What the program says its version is.
    pub(crate) version: String,
    /// The arguments it was started with.
    pub(crate) args: Vec<String>,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    child: Child,
    dir: Dir,
    cpu_clock: ClockId,
}

impl Server {
    /// Starts `spec` on `port` of the loopback interface and waits until it answers PING. With `cpu` it runs on
    /// that CPU alone and with one I/O thread; without, on all CPUs and with its own default.
    pub(crate) fn start(spec: &Spec, port: u16, cpu: Option<usize>) -> Result<Self> {
        Self::start_with(spec, port, cpu, |_| Ok(()))
    }

    /// The same; `prepare` puts what is to be there into the server's directory before.
    pub(crate) fn start_with(
        spec: &Spec,
        port: u16,
        cpu: Option<usize>,
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        let name = &spec.name;
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        TcpListener::bind(addr).with_context(|| {
            format!("port {port}, wanted for {name}, is not free (--port BASE moves the range)")
        })?;
        let dir = std::env::temp_dir().join(format!("hyla-bench-{}-{port}", std::process::id()));
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let args = server_args(spec, port, cpu, &dir);
        let dir = Dir(dir);
        prepare(&dir.0)?;
        let log = File::create(dir.0.join("log"))?;
        // By this link, since the file may have been replaced by a newer build meanwhile.
        let child = Command::new("/proc/self/exe")
            .arg(LAUNCH)
            .arg(std::process::id().to_string())
            .arg(cpu.map_or_else(|| "any".to_owned(), |n| n.to_string()))
            .arg(&spec.path)
            .args(&args)
            .envs(spec.steps_in_cpu_time.then_some(("HYLA_STEP_CLOCK", "cpu")))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Its own group: Ctrl-C is for the benchmark, which then stops the servers itself.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", spec.path.display()))?;
        let pid = Pid::from_raw(child.id().cast_signed());
        let mut server = Self {
            name: name.clone(),
            path: spec.path.clone(),
            version: String::new(),
            args,
            addr,
            child,
            dir,
            cpu_clock: clock_getcpuclockid(pid)?,
        };
        server.wait_until_ready()?;
        server.version = server.ask_version();
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < READY_LIMIT {
            interrupt::check()?;
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{} ended at once ({status}):\n{}",
                    self.name,
                    self.log_tail()
                );
            }
            let ping = Client::connect(self.addr, Duration::from_secs(1))
                .and_then(|mut client| client.call(&["PING"]));
            if matches!(ping, Ok(Reply::Status(text)) if text == "PONG") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "{} did not answer PING within {} s:\n{}",
            self.name,
            READY_LIMIT.as_secs(),
            self.log_tail()
        )
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.dir.0.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    fn ask_version(&self) -> String {
        let output = Command::new(&self.path).arg("--version").output();
        let text = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        match text {
            Ok(text) if !text.is_empty() => text.lines().next().unwrap_or_default().to_owned(),
            _ => {
                let fields = ["hyla_version", "valkey_version", "redis_version"];
                let found = fields.iter().find_map(|f| self.info("server", f));
                found.unwrap_or_else(|| "unknown".to_owned())
            }
        }
    }

    /// A blocking client.
    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(self.addr, CALL_LIMIT)
            .with_context(|| format!("cannot connect to {}", self.name))
    }

    /// One field of one INFO section; `None` where the server does not offer it.
    pub(crate) fn info(&self, section: &str, field: &str) -> Option<String> {
        let reply = self.client().ok()?.call(&["INFO", section]).ok()?;
        let Reply::Bulk(Some(text)) = reply else {
            return None;
        };
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| *name == field)
            .map(|(_, value)| value.trim().to_owned())
    }

    /// Removes every key. Fails when the server cannot.
    pub(crate) fn flush(&self) -> Result<()> {
        match self.client()?.call(&["FLUSHALL"])? {
            Reply::Status(_) => self.wait_until_freed(),
            other => bail!("{} answers FLUSHALL with {other:?}", self.name),
        }
    }

    /// Waits until a server that frees in the background is done, so that the next measurement has none of it.
    fn wait_until_freed(&self) -> Result<()> {
        let give_up = Instant::now() + CALL_LIMIT;
        while self
            .info("memory", "lazyfree_pending_objects")
            .is_some_and(|pending| pending != "0")
        {
            if Instant::now() > give_up {
                bail!("{} does not come to an end of freeing its keys", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// CPU time that all threads of the process, ended ones too, have used, and its children, ended ones too: what one
    /// server leaves to a fork another does in a thread. Nanoseconds, user and system; children's in steps of 10 ms.
    pub(crate) fn cpu_ns(&self) -> Result<u64> {
        let time = self
            .cpu_clock
            .now()
            .with_context(|| format!("{} has gone away:\n{}", self.name, self.log_tail()))?;
        let own = time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64;
        let ended = cpu_ticks(&self.child.id().to_string(), 15).unwrap_or(0);
        let running = self.children().into_iter();
        let running: u64 = running.filter_map(|child| cpu_ticks(&child, 13)).sum();
        Ok(own + (ended + running) * TICK_NS)
    }

    /// The process ids of its children.
    fn children(&self) -> Vec<String> {
        let pid = self.child.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        children.split_whitespace().map(str::to_owned).collect()
    }

    /// Its working directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir.0
    }

    /// Keys in database 0.
    pub(crate) fn keys(&self) -> Result<u64> {
        match self.client()?.call(&["DBSIZE"])? {
            Reply::Integer(keys) => Ok(keys.cast_unsigned()),
            other => bail!("{} answers DBSIZE with {other:?}", self.name),
        }
    }

    /// Bytes of memory that the process and its children take together: a page that several share counts once.
    pub(crate) fn memory_bytes(&self) -> Result<u64> {
        let pid = self.child.id().to_string();
        let mut all = proportional_bytes(&pid).context("no memory figures in /proc")?;
        for child in self.children() {
            // It may be gone already.
            all += proportional_bytes(&child).unwrap_or(0);
        }
        Ok(all)
    }

    /// Resident set size, bytes.
    pub(crate) fn rss_bytes(&self) -> Result<u64> {
        let pid = self.child.id();
        // The sum over all mappings is exact; the counter in `status` lags by some pages per thread.
        let exact = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
        let (text, field) = match exact {
            Ok(text) => (text, "Rss:"),
            Err(_) => (fs::read_to_string(format!("/proc/{pid}/status"))?, "VmRSS:"),
        };
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        let kib = line.and_then(|rest| rest.split_whitespace().next());
        let kib: u64 = kib.context("no resident set size in /proc")?.parse()?;
        Ok(kib * 1024)
    }
}

/// The sum of fields `first` and `first + 1` of a process' `/proc/PID/stat`, counted from 0: 13 has its own user and
/// system time, 15 that of its ended children; in units of [`TICK_NS`].
fn cpu_ticks(pid: &str, first: usize) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, field 1, may have any characters in it.
    let fields = text.rsplit_once(')')?.1.split_whitespace();
    fields
        .skip(first - 2)
        .take(2)
        .map(|field| field.parse::<u64>().ok())
        .sum()
}

/// A process' share of the memory it uses, bytes.
fn proportional_bytes(pid: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server's directory, removed when dropped: after the server itself, which is dropped first.
struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn server_args(spec: &Spec, port: u16, cpu: Option<usize>, dir: &Path) -> Vec<String> {
    let port = port.to_string();
    let dir = dir.to_string_lossy();
    let mut args = vec!["--port", &port, "--save", "", "--appendonly", "no"];
    if cpu.is_some() {
        args.extend(["--io-threads", "1"]);
    }
    args.extend(["--dir", &dir]);
    let args = args.into_iter().map(str::to_owned);
    args.chain(spec.extra_args.iter().cloned()).collect()
}

/// Becomes the server: the part of a start that has to happen inside the new process. `args` are the process id
/// of the benchmark, a CPU number or `any`, the program and its arguments.
///
/// The kernel is asked to kill this process when the benchmark ends, so that a benchmark that is killed or
/// aborts leaves no server behind. Returns only on an error.
pub(crate) fn launch(args: &[String]) -> Result<()> {
    let [parent, cpu, program, rest @ ..] = args else {
        bail!("{LAUNCH} is for the benchmark's own use");
    };
    set_pdeathsig(Signal::SIGKILL)?;
    let parent: i32 = parent.parse()?;
    ensure!(
        getppid() == Pid::from_raw(parent),
        "the benchmark has ended"
    );
    if cpu != "any" {
        pin(cpu.parse()?)?;
    }
    let error = Command::new(program).args(rest).exec();
    Err(error).with_context(|| format!("cannot execute {program}"))
}

/// Binds the calling thread, and what it starts, to one CPU.
pub(crate) fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    sched_setaffinity(Pid::from_raw(0), &set)
        .with_context(|| format!("cannot run on CPU {cpu}; --unpinned needs no particular CPU"))
}
