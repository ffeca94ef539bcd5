//! Files mode: saving and loading a snapshot, and what the append-only file costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::args::Settings;
use crate::load::{Batches, Load, Sample};
use crate::report::{Report, Spread};
use crate::server::Server;
use crate::workload::{self, Workload, fill_8};

const CONNECTIONS: usize = 50;
const FILL_DEPTH: u64 = 64;
/// Writes go on for so long before the snapshot begins, so that the time without one is known too.
const BEFORE: Duration = Duration::from_secs(1);
/// Between two looks at a server's memory.
const LOOK: Duration = Duration::from_millis(50);
/// A snapshot that takes longer has hung.
const SAVE_LIMIT: Duration = Duration::from_secs(300);
/// Keys that appends are measured with, at most.
const APPEND_KEYS_MAX: u64 = 1_000_000;

/// One figure of one server.
#[derive(Serialize)]
pub(crate) struct FilesRow {
    what: String,
    server: String,
    value: Spread,
    /// Hyla's figure divided by this one; none for Hyla itself.
    hyla_to_this: Option<Spread>,
}

/// Figures of all servers, which are shown together.
struct Figures {
    /// Of every server, in the order of the settings: one value a round.
    servers: Vec<Vec<f64>>,
}

impl Figures {
    fn new(settings: &Settings) -> Figures {
        Figures {
            servers: settings.specs.iter().map(|_| Vec::new()).collect(),
        }
    }

    fn show(&self, what: &str, settings: &Settings, report: &mut Report) {
        for (index, (values, spec)) in self.servers.iter().zip(&settings.specs).enumerate() {
            let value = Spread::of(values);
            let ratio = (index > 0).then(|| Spread::ratio(&self.servers[0], values));
            println!(
                "{:<62} {:<8} {:>12.3} {:>22}",
                if index == 0 { what } else { "" },
                spec.name,
                value.median,
                ratio.map_or_else(String::new, |ratio| ratio.show_ratio())
            );
            report.files.push(FilesRow {
                what: what.to_owned(),
                server: spec.name.clone(),
                value,
                hyla_to_this: ratio,
            });
        }
    }
}

/// The parts of this mode, as `--only` names them.
pub(crate) const PARTS: [&str; 3] = ["snapshots", "everysec", "always"];

/// Runs the parts that `only` names; all where it names none.
pub(crate) fn run(settings: &Settings, only: &[String], report: &mut Report) -> Result<()> {
    for name in only {
        ensure!(
            PARTS.contains(&name.as_str()),
            "--only: the parts of files are {}, not '{name}'",
            PARTS.join(", ")
        );
    }
    let wants = |part: &str| only.is_empty() || only.iter().any(|name| name == part);
    println!(
        "\nFiles: snapshots of {} keys of 16 bytes with 8-byte values, and appending",
        settings.keys
    );
    println!(
        "{:<62} {:<8} {:>12} {:>22}",
        "figure (median)", "server", "value", "hyla / this"
    );
    let workload = *workload::select(&["set".to_owned()])?
        .first()
        .context("there is no workload named set")?;
    let [saves, appends, waits] = PARTS;
    if wants(saves) {
        snapshots(settings, workload, report)?;
    }
    if wants(appends) {
        for depth in [1, 16] {
            everysec(settings, workload, depth, report)?;
        }
    }
    if wants(waits) {
        for clients in [50, 500] {
            always(settings, workload, clients, report)?;
        }
    }
    Ok(())
}

/// What one snapshot showed.
struct Saved {
    seconds: f64,
    extra_bytes: f64,
    longest_ms: f64,
}

fn snapshots(settings: &Settings, workload: &Workload, report: &mut Report) -> Result<()> {
    let figures = || Figures::new(settings);
    let (mut quiet, mut time, mut memory) = (figures(), figures(), figures());
    let (mut latency, mut bound) = (figures(), figures());
    let (mut load, mut load_cpu) = (figures(), figures());
    let kept = std::env::temp_dir().join(format!("hyla-bench-{}.rdb", std::process::id()));
    let kept = Kept(kept);
    for round in 0..settings.rounds {
        for index in order(round, settings.specs.len()) {
            let server = settings.start_free(index, &[], |_| Ok(()))?;
            Load::connect(&server, CONNECTIONS)?.fill(
                &server,
                settings.keys,
                FILL_DEPTH,
                fill_8,
            )?;
            quiet.servers[index].push(save(&server, Looks::Sizes)?.0);
            // What a peer wrote is loaded by all.
            if round == 0 && index + 1 == settings.specs.len().min(2) {
                fs::copy(server.dir().join("dump.rdb"), &kept.0)?;
            }
            let saved = save_under_writes(settings, &server, workload, Looks::Sizes)?;
            memory.servers[index].push(saved.extra_bytes / f64::from(1 << 20));
            let saved = save_under_writes(settings, &server, workload, Looks::End)?;
            time.servers[index].push(saved.seconds);
            latency.servers[index].push(saved.longest_ms);
            drop(server);
            let server = settings.start_bound(index, &[])?;
            let mut load = Load::connect(&server, CONNECTIONS)?;
            load.fill(&server, settings.keys, FILL_DEPTH, fill_8)?;
            let saved = save_under_writes(settings, &server, workload, Looks::End)?;
            bound.servers[index].push(saved.longest_ms);
        }
    }
    for round in 0..settings.rounds {
        for index in order(round, settings.specs.len()) {
            let began = Instant::now();
            let place = |dir: &Path| Ok(fs::copy(&kept.0, dir.join("dump.rdb")).map(|_| ())?);
            let server = settings.start_free(index, &[], place)?;
            load.servers[index].push(began.elapsed().as_secs_f64());
            load_cpu.servers[index].push(server.cpu_ns()? as f64 / 1e9);
            let keys = server.keys()?;
            ensure!(keys == settings.keys, "{} loaded {keys} keys", server.name);
        }
    }
    quiet.show("BGSAVE, nothing else to do: s", settings, report);
    time.show("BGSAVE under writes: s", settings, report);
    memory.show("BGSAVE under writes: extra memory, MB", settings, report);
    latency.show("BGSAVE under writes: longest latency, ms", settings, report);
    bound.show(
        "the same with all of a server on one CPU, ms",
        settings,
        report,
    );
    load.show("start with that file until PONG: s", settings, report);
    load_cpu.show("start with that file: CPU s", settings, report);
    Ok(())
}

/// In round 1 A B C, in round 2 B C A, and so on.
fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |at| (at + round) % count)
}

/// A file, removed when dropped.
struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What is looked at while a server saves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    /// Whether it is over, and how much memory it takes. The kernel goes through all pages of all of a server's
    /// processes for that, at the cost of whoever needs the CPU or the process' memory map: with a million keys it
    /// makes the longest latency 1 to 2 ms longer, of every server, also while it saves nothing.
    Sizes,
    /// Whether it is over: for times.
    End,
}

/// Saves and waits for the end: seconds, and the most memory above what there was before where that is looked at.
fn save(server: &Server, looks: Looks) -> Result<(f64, f64)> {
    let before = server.memory_bytes()?;
    let mut most = before;
    let mut client = server.client()?;
    let began = Instant::now();
    client.call(&["BGSAVE"])?;
    loop {
        thread::sleep(LOOK.min(Duration::from_millis(2) + began.elapsed() / 20));
        if looks == Looks::Sizes {
            most = most.max(server.memory_bytes()?);
        }
        let running = server.info("persistence", "rdb_bgsave_in_progress");
        if running.as_deref() == Some("0") {
            break;
        }
        ensure!(
            began.elapsed() < SAVE_LIMIT,
            "{}: BGSAVE hangs",
            server.name
        );
    }
    let seconds = began.elapsed().as_secs_f64();
    let status = server.info("persistence", "rdb_last_bgsave_status");
    ensure!(
        status.as_deref() == Some("ok"),
        "{}: BGSAVE failed",
        server.name
    );
    Ok((seconds, most.saturating_sub(before) as f64))
}

fn save_under_writes(
    settings: &Settings,
    server: &Server,
    workload: &Workload,
    looks: Looks,
) -> Result<Saved> {
    let mut load = Load::connect(server, CONNECTIONS)?;
    let mut batches = Batches::prepare(workload, 1, settings.keys, settings.seed);
    let (recording, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let saving = scope.spawn(|| {
            thread::sleep(BEFORE);
            recording.store(true, Ordering::Relaxed);
            let saved = save(server, looks);
            stop.store(true, Ordering::Relaxed);
            saved
        });
        let sample = load.run_until(server, &mut batches, &recording, &stop)?;
        let (seconds, extra_bytes) = saving.join().expect("the thread does not panic")?;
        Ok(Saved {
            seconds,
            extra_bytes,
            longest_ms: sample.latency.max() as f64 / 1e6,
        })
    })
}

fn appending(policy: &str) -> [&str; 4] {
    ["--appendonly", "yes", "--appendfsync", policy]
}

fn everysec(
    settings: &Settings,
    workload: &Workload,
    depth: usize,
    report: &mut Report,
) -> Result<()> {
    let figures = || Figures::new(settings);
    // Without a log; with one that only grows; with one that is rewritten when it has doubled, as configured.
    let mut sides = [figures(), figures(), figures()];
    let arguments = appending("everysec");
    let grows = [&arguments[..], &["--auto-aof-rewrite-percentage", "0"]].concat();
    let given: [&[&str]; 3] = [&[], &grows, &arguments];
    for index in 0..settings.specs.len() {
        for round in 0..settings.rounds {
            for side in order(round, given.len()) {
                let server = settings.start_bound(index, given[side])?;
                let sample = writes(settings, &server, workload, depth, CONNECTIONS)?;
                let us = sample.server_cpu_ns as f64 / 1e3 / sample.ops as f64;
                sides[side].servers[index].push(us);
            }
        }
    }
    let name = |what: &str| format!("{what}, pipeline {depth}");
    let [without, grows, rewritten] = &sides;
    without.show(&name("SET without a log: CPU us/op"), settings, report);
    for (what, with) in [("everysec", rewritten), ("everysec, no rewrites", grows)] {
        let mut added = figures();
        for (index, added) in added.servers.iter_mut().enumerate() {
            let pairs = with.servers[index].iter().zip(&without.servers[index]);
            added.extend(pairs.map(|(with, without)| with / without));
        }
        with.show(&name(&format!("SET, {what}: CPU us/op")), settings, report);
        let of = format!("SET, {what}: CPU, of that without");
        added.show(&name(&of), settings, report);
    }
    Ok(())
}

fn writes(
    settings: &Settings,
    server: &Server,
    workload: &Workload,
    depth: usize,
    clients: usize,
) -> Result<Sample> {
    let keys = settings.keys.min(APPEND_KEYS_MAX);
    let mut load = Load::connect(server, clients)?;
    load.fill(server, keys, FILL_DEPTH, fill_8)?;
    let mut batches = Batches::prepare(workload, depth, keys, settings.seed);
    load.run(server, &mut batches, settings.round / 4, settings.round)
}

fn always(
    settings: &Settings,
    workload: &Workload,
    clients: usize,
    report: &mut Report,
) -> Result<()> {
    let mut rate = Figures::new(settings);
    let (mut typical, mut longest) = (Figures::new(settings), Figures::new(settings));
    for round in 0..settings.rounds {
        for index in order(round, settings.specs.len()) {
            let server = settings.start_bound(index, &appending("always"))?;
            let stop = AtomicBool::new(false);
            let (sample, mut reads) = thread::scope(|scope| {
                let reading = scope.spawn(|| read_times(&server, &stop));
                let sample = writes(settings, &server, workload, 1, clients);
                stop.store(true, Ordering::Relaxed);
                let reads = reading.join().expect("the thread does not panic");
                anyhow::Ok((sample?, reads?))
            })?;
            reads.sort_by(f64::total_cmp);
            rate.servers[index].push(sample.ops as f64 / sample.seconds);
            typical.servers[index].push(reads[reads.len() / 2]);
            longest.servers[index].push(reads[reads.len() * 99 / 100]);
        }
    }
    let name = |what: &str| format!("{what}, {clients} clients");
    rate.show(&name("SET, always: ops/s"), settings, report);
    typical.show(&name("GET meanwhile: p50 ms"), settings, report);
    longest.show(&name("GET meanwhile: p99 ms"), settings, report);
    Ok(())
}

/// How long reads take one after the other, in milliseconds.
fn read_times(server: &Server, stop: &AtomicBool) -> Result<Vec<f64>> {
    let mut client = server.client()?;
    let mut times = Vec::new();
    while times.is_empty() || !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        client.call(&["GET", "key:000000000001"])?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        thread::sleep(Duration::from_millis(1));
    }
    Ok(times)
}
