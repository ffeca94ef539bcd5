//! Grow mode: a keyspace filled with many keys; the pauses that this causes, as the server measures them and as a
//! client sees them.

use anyhow::Result;
use serde::Serialize;

use crate::args::Settings;
use crate::load::Load;
use crate::report::{Report, show_us};
use crate::resp::Reply;
use crate::server::Server;
use crate::workload::fill_8;

const DEPTH: u64 = 16;
const CONNECTIONS: usize = 50;

/// What the growth showed on one server.
#[derive(Serialize)]
pub(crate) struct GrowRow {
    server: String,
    keys: u64,
    ops_per_s: f64,
    cpu_us_per_op: f64,
    /// From sending a batch of 16 to its last reply, as the client sees it.
    client_p50_us: f64,
    client_p99_us: f64,
    client_p999_us: f64,
    client_max_us: f64,
    /// What the server says of itself; `None` where it does not offer the figure.
    engine: Vec<(&'static str, Option<String>)>,
}

/// Runs all of it, one server at a time.
pub(crate) fn run(settings: &Settings, report: &mut Report) -> Result<()> {
    println!(
        "\nGrow: {} keys of 16 bytes with 8-byte values, {CONNECTIONS} connections, pipeline {DEPTH}",
        settings.grow_keys
    );
    for index in 0..settings.specs.len() {
        let server = settings.start(index)?;
        let row = measure(&server, settings.grow_keys)?;
        print_row(&row);
        report.grow.push(row);
    }
    Ok(())
}

fn measure(server: &Server, keys: u64) -> Result<GrowRow> {
    // The hundredth percentile of the commands' own time is the longest command. A server that does not know
    // the directive just leaves the figure out.
    let percentiles = [
        "CONFIG",
        "SET",
        "latency-tracking-info-percentiles",
        "50 99 99.9 100",
    ];
    let monitor = ["CONFIG", "SET", "latency-monitor-threshold", "1"];
    let mut client = server.client()?;
    client.call(&percentiles)?;
    client.call(&monitor)?;
    let mut load = Load::connect(server, CONNECTIONS)?;
    let sample = load.fill(server, keys, DEPTH, fill_8)?;
    let quantile_us = |q| sample.latency.value_at_quantile(q) as f64 / 1e3;
    Ok(GrowRow {
        server: server.name.clone(),
        keys,
        ops_per_s: sample.ops as f64 / sample.seconds,
        cpu_us_per_op: sample.server_cpu_ns as f64 / 1e3 / sample.ops as f64,
        client_p50_us: quantile_us(0.5),
        client_p99_us: quantile_us(0.99),
        client_p999_us: quantile_us(0.999),
        client_max_us: sample.latency.max() as f64 / 1e3,
        engine: vec![
            (
                "longest engine step, us",
                server.info("hyla", "engine_step_us_max"),
            ),
            (
                "engine steps over 1 ms",
                server.info("hyla", "engine_steps_over_1ms"),
            ),
            (
                "SET in the server, us",
                server.info("latencystats", "latency_percentiles_usec_set"),
            ),
            (
                "SET calls and mean",
                server.info("commandstats", "cmdstat_set"),
            ),
            ("events over 1 ms (LATENCY LATEST)", latency_events(server)),
        ],
    })
}

/// Events of the latency monitor with their longest time; `None` where the server has no monitor.
fn latency_events(server: &Server) -> Option<String> {
    let Reply::Array(events) = server.client().ok()?.call(&["LATENCY", "LATEST"]).ok()? else {
        return None;
    };
    let shown: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Reply::Array(fields) => match fields.as_slice() {
                [Reply::Bulk(Some(name)), _, _, Reply::Integer(max_ms), ..] => {
                    Some(format!("{name} {max_ms} ms"))
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    Some(if shown.is_empty() {
        "none".to_owned()
    } else {
        shown.join(", ")
    })
}

fn print_row(row: &GrowRow) {
    println!(
        "{:<9} {:.0} ops/s, {} CPU us/op; a batch of {DEPTH} seen by the client: p50 {} p99 {} p99.9 {} max {} us",
        row.server,
        row.ops_per_s,
        show_us(row.cpu_us_per_op),
        show_us(row.client_p50_us),
        show_us(row.client_p99_us),
        show_us(row.client_p999_us),
        show_us(row.client_max_us),
    );
    for (what, figure) in &row.engine {
        println!(
            "          {what:<34} {}",
            figure.as_deref().unwrap_or("not offered")
        );
    }
}
