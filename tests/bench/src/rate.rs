//! Rate mode: every workload on every server in alternating rounds; rate, latency, CPU time per operation.

use anyhow::Result;
use serde::Serialize;

use crate::args::Settings;
use crate::load::{Batches, Load, Sample};
use crate::report::{Report, Spread, show_us};
use crate::resp::Reply;
use crate::server::Server;
use crate::workload::{Refill, Rng, Source, Workload};

/// Pipeline depth of fills.
const FILL_DEPTH: u64 = 64;
/// The same where one connection has to do it.
const FILL_DEPTH_ALONE: u64 = 500;
/// In a closed loop one side is always busy, so that when both are below this something else had the CPUs.
const BUSY_LEAST: f64 = 0.9;
/// Requests tried before a workload, to see that the server knows the command.
const PROBES: u64 = 4;

/// One workload at one depth and number of connections.
#[derive(Serialize)]
pub(crate) struct RateRow {
    workload: &'static str,
    about: &'static str,
    pipeline: usize,
    clients: usize,
    /// Hyla first.
    results: Vec<RateResult>,
}

/// What one server showed in it.
#[derive(Serialize)]
struct RateResult {
    server: String,
    ops_per_s: Spread,
    /// From sending a batch to its last reply; all rounds together.
    p50_us: f64,
    p99_us: Spread,
    /// User and system time of all the server's threads.
    cpu_us_per_op: Spread,
    /// CPU seconds per second of the server and of the load generator, median.
    server_busy: f64,
    client_busy: f64,
    client_cpu_us_per_op: f64,
    errors: u64,
    /// Hyla's figures divided by this server's; none for Hyla itself.
    hyla_to_this: Option<Ratios>,
}

#[derive(Serialize)]
struct Ratios {
    rate: Spread,
    p99: Spread,
    cpu_per_op: Spread,
}

/// Runs all of it.
pub(crate) fn run(settings: &Settings, rows: &[&Workload], report: &mut Report) -> Result<()> {
    let servers: Result<Vec<Server>> = (0..settings.specs.len())
        .map(|i| settings.start(i))
        .collect();
    let servers = servers?;
    announce(settings, rows, servers.len());
    print_head();
    for &clients in &settings.clients {
        let loads: Result<Vec<Load>> = servers.iter().map(|s| Load::connect(s, clients)).collect();
        let mut bench = Bench {
            settings,
            servers: &servers,
            loads: loads?,
            clients,
        };
        for workload in rows {
            bench.run_workload(workload, report)?;
        }
    }
    print_summary(report);
    Ok(())
}

/// Servers with their connections.
struct Bench<'a> {
    settings: &'a Settings,
    servers: &'a [Server],
    loads: Vec<Load>,
    clients: usize,
}

impl Bench<'_> {
    fn run_workload(&mut self, workload: &Workload, report: &mut Report) -> Result<()> {
        let mut able = Vec::new();
        for (i, server) in self.servers.iter().enumerate() {
            match probe(server, workload, self.settings)? {
                None => able.push(i),
                Some(error) => {
                    let name = &server.name;
                    report.note(format!(
                        "{}: skipped for {name}, which answers: {error}",
                        workload.name
                    ));
                }
            }
        }
        if able.first() != Some(&0) {
            return Ok(());
        }
        let depths = match self.settings.pipelines.as_slice() {
            [] => workload.pipelines,
            given => given,
        };
        for &depth in depths {
            let samples = self.rounds(workload, depth, &able)?;
            let row = self.row(workload, depth, &able, &samples);
            print_row(&row);
            for (samples, &i) in samples.iter().zip(&able) {
                if let Some(sample) = samples.iter().find(|s| s.errors.0 > 0) {
                    let name = &self.servers[i].name;
                    report.note(format!(
                        "{name} answered with errors, first: {}",
                        sample.errors.1
                    ));
                }
            }
            report.rate.push(row);
        }
        Ok(())
    }

    /// Samples of each able server, one a round. The order turns round by round, so that drift of the
    /// machine's speed falls on all alike.
    fn rounds(
        &mut self,
        workload: &Workload,
        depth: usize,
        able: &[usize],
    ) -> Result<Vec<Vec<Sample>>> {
        let settings = self.settings;
        let mut batches = Batches::prepare(workload, depth, settings.keys, settings.seed);
        let mut samples: Vec<Vec<Sample>> = able.iter().map(|_| Vec::new()).collect();
        for &i in able {
            self.prepare(workload, i)?;
            let half = settings.round / 2;
            self.loads[i].run(&self.servers[i], &mut batches, half / 4, half)?;
        }
        for round in 0..settings.rounds {
            for turn in 0..able.len() {
                let which = (round + turn) % able.len();
                let i = able[which];
                if workload.refill == Refill::EachRound {
                    self.prepare(workload, i)?;
                }
                batches.rewind();
                let sample = self.loads[i].run(
                    &self.servers[i],
                    &mut batches,
                    settings.round / 10,
                    settings.round,
                )?;
                samples[which].push(sample);
            }
        }
        Ok(samples)
    }

    fn prepare(&mut self, workload: &Workload, i: usize) -> Result<()> {
        let server = &self.servers[i];
        prepare(server, &mut self.loads[i], workload, self.settings.keys)
    }

    fn row(
        &self,
        workload: &Workload,
        depth: usize,
        able: &[usize],
        samples: &[Vec<Sample>],
    ) -> RateRow {
        let figures: Vec<Figures> = samples.iter().map(|s| Figures::of(s)).collect();
        let results = able
            .iter()
            .zip(samples)
            .zip(&figures)
            .map(|((&i, samples), own)| {
                let ratios = || Ratios {
                    rate: Spread::ratio(&figures[0].rate, &own.rate),
                    p99: Spread::ratio(&figures[0].p99_us, &own.p99_us),
                    cpu_per_op: Spread::ratio(&figures[0].cpu_us, &own.cpu_us),
                };
                RateResult {
                    server: self.servers[i].name.clone(),
                    ops_per_s: Spread::of(&own.rate),
                    p50_us: p50_us(samples),
                    p99_us: Spread::of(&own.p99_us),
                    cpu_us_per_op: Spread::of(&own.cpu_us),
                    server_busy: Spread::of(&own.server_busy).median,
                    client_busy: Spread::of(&own.client_busy).median,
                    client_cpu_us_per_op: Spread::of(&own.client_us).median,
                    errors: samples.iter().map(|s| s.errors.0).sum(),
                    hyla_to_this: (i != 0).then(ratios),
                }
            });
        RateRow {
            workload: workload.name,
            about: workload.about,
            pipeline: depth,
            clients: self.clients,
            results: results.collect(),
        }
    }
}

/// Empties a server and stores what a workload finds.
pub(crate) fn prepare(
    server: &Server,
    load: &mut Load,
    workload: &Workload,
    keys: u64,
) -> Result<()> {
    server.flush()?;
    if let Some(fill) = &workload.fill {
        let (count, request) = (fill.count.of(keys), fill.request);
        let append = |n, out: &mut Vec<u8>| request.append(n, keys, out);
        if fill.in_order {
            let mut one = Load::connect(server, 1)?;
            one.fill(server, count, FILL_DEPTH_ALONE, append)?;
        } else {
            load.fill(server, count, FILL_DEPTH, append)?;
        }
    }
    Ok(())
}

/// One figure a round.
struct Figures {
    rate: Vec<f64>,
    p99_us: Vec<f64>,
    cpu_us: Vec<f64>,
    client_us: Vec<f64>,
    server_busy: Vec<f64>,
    client_busy: Vec<f64>,
}

impl Figures {
    fn of(samples: &[Sample]) -> Self {
        let each = |f: fn(&Sample) -> f64| samples.iter().map(f).collect();
        Self {
            rate: each(|s| s.ops as f64 / s.seconds),
            p99_us: each(|s| s.latency.value_at_quantile(0.99) as f64 / 1e3),
            cpu_us: each(|s| s.server_cpu_ns as f64 / 1e3 / s.ops as f64),
            client_us: each(|s| s.client_cpu_ns as f64 / 1e3 / s.ops as f64),
            server_busy: each(|s| s.server_cpu_ns as f64 / 1e9 / s.seconds),
            client_busy: each(|s| s.client_cpu_ns as f64 / 1e9 / s.seconds),
        }
    }
}

fn p50_us(samples: &[Sample]) -> f64 {
    let all: Vec<f64> = samples
        .iter()
        .map(|s| s.latency.value_at_quantile(0.5) as f64 / 1e3)
        .collect();
    Spread::of(&all).median
}

/// The error with which a server answers a workload's fill or requests; `None` when it knows them.
fn probe(server: &Server, workload: &Workload, settings: &Settings) -> Result<Option<String>> {
    server.flush()?;
    let mut client = server.client()?;
    let mut source = Source {
        rng: Rng::new(settings.seed),
        keys: settings.keys,
        index: 0,
    };
    for n in 0..PROBES {
        let mut requests = vec![Vec::new()];
        if let Some(fill) = &workload.fill {
            requests.push(Vec::new());
            fill.request.append(n, settings.keys, &mut requests[0]);
        }
        source.index = n;
        if let Some(last) = requests.last_mut() {
            workload.request.append(&mut source, last);
        }
        for request in requests {
            if let Reply::Error(error) = client.call_raw(&request)? {
                return Ok(Some(error));
            }
        }
    }
    Ok(None)
}

/// Says how long it will take, supposing that a fill stores a million keys a second.
fn announce(settings: &Settings, rows: &[&Workload], servers: usize) {
    let mut seconds = 0.0;
    for row in rows {
        let depths = match settings.pipelines.len() {
            0 => row.pipelines.len(),
            n => n,
        };
        let fill = row.fill.as_ref().map_or(0, |f| f.count.of(settings.keys));
        let fills = match row.refill {
            Refill::Once => 1,
            Refill::EachRound => 1 + settings.rounds,
        };
        let load = settings.round.as_secs_f64() * (settings.rounds as f64 * 1.1 + 0.65);
        seconds += depths as f64 * (load + fill as f64 * fills as f64 / 1e6);
    }
    seconds *= (servers * settings.clients.len()) as f64;
    println!("takes about {:.0} minutes\n", (seconds / 60.0).ceil());
}

fn print_head() {
    println!("CPU us/op is the server's CPU time for each operation: the figure that decides.");
    println!(
        "busy: CPUs in use by server / load generator; ! where neither had a CPU to itself, so that the row is in doubt."
    );
    println!("Ratios are Hyla : server, of medians, with the [least..greatest] of a round.");
    println!(
        "{:<14} {:>4} {:>5}  {:<8} {:>9} {:>8} {:>8} {:>9} {:>9} {:>10}  {:<19} {:<19} p99 ratio",
        "workload",
        "pipe",
        "conns",
        "server",
        "ops/s",
        "p50 us",
        "p99 us",
        "CPU us/op",
        "client us",
        "busy",
        "CPU ratio",
        "rate ratio"
    );
}

fn print_row(row: &RateRow) {
    for (i, result) in row.results.iter().enumerate() {
        let ratios = result
            .hyla_to_this
            .as_ref()
            .map_or_else(Default::default, |r| {
                [r.cpu_per_op, r.rate, r.p99].map(|ratio| ratio.show_ratio())
            });
        let (name, pipe, conns) = if i == 0 {
            (
                row.workload,
                row.pipeline.to_string(),
                row.clients.to_string(),
            )
        } else {
            Default::default()
        };
        let doubt = result.server_busy.max(result.client_busy) < BUSY_LEAST;
        let line = format!(
            "{name:<14} {pipe:>4} {conns:>5}  {:<8} {:>9.0} {:>8} {:>8} {:>9} {:>9} {:>10}  {:<19} {:<19} {:<19}",
            result.server,
            result.ops_per_s.median,
            show_us(result.p50_us),
            show_us(result.p99_us.median),
            show_us(result.cpu_us_per_op.median),
            show_us(result.client_cpu_us_per_op),
            format!(
                "{}{:.2}/{:.2}",
                if doubt { "!" } else { "" },
                result.server_busy,
                result.client_busy
            ),
            ratios[0],
            ratios[1],
            ratios[2],
        );
        println!("{}", line.trim_end());
    }
}

/// Geometric means over the workloads, for each peer, depth and number of connections, and the worst one.
fn print_summary(report: &Report) {
    let mut groups: Vec<(String, usize, usize)> = Vec::new();
    for row in &report.rate {
        for result in row.results.iter().skip(1) {
            let group = (result.server.clone(), row.pipeline, row.clients);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    println!();
    for (peer, pipeline, clients) in groups {
        let rows = report
            .rate
            .iter()
            .filter(|r| (r.pipeline, r.clients) == (pipeline, clients));
        let ratios: Vec<(&str, f64, f64)> = rows
            .filter_map(|row| {
                let result = row.results.iter().find(|r| r.server == peer)?;
                let ratios = result.hyla_to_this.as_ref()?;
                Some((row.workload, ratios.cpu_per_op.median, ratios.rate.median))
            })
            .collect();
        let mean = |f: fn(&(&str, f64, f64)) -> f64| {
            (ratios.iter().map(|r| f(r).ln()).sum::<f64>() / ratios.len() as f64).exp()
        };
        if let Some(worst) = ratios.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            println!(
                "Hyla : {peer}, pipeline {pipeline}, {clients} connections, {} workloads: CPU per operation {:.2} \
                 (worst: {} {:.2}), rate {:.2} (geometric means)",
                ratios.len(),
                mean(|r| r.1),
                worst.0,
                worst.1,
                mean(|r| r.2)
            );
        }
    }
}
