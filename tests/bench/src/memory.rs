//! Memory mode: resident bytes for each key, on a fresh process for every shape of data.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use crate::args::Settings;
use crate::interrupt;
use crate::load::Load;
use crate::report::Report;
use crate::workload::{fill_8, fill_32_ttl};

/// Connections of the fill: few, since their buffers count too.
const CONNECTIONS: usize = 4;
/// Requests sent before the first reading, so that buffers and code pages are there already.
const WARM_UP_KEYS: u64 = 1000;

type Request = fn(u64, &mut Vec<u8>);
const SHAPES: [(&str, Request); 2] = [
    ("16-byte keys, 8-byte values", fill_8),
    ("16-byte keys, 32-byte values, TTL", fill_32_ttl),
];

/// One shape of data.
#[derive(Serialize)]
pub(crate) struct MemoryRow {
    shape: &'static str,
    keys: u64,
    results: Vec<MemoryResult>,
}

#[derive(Serialize)]
struct MemoryResult {
    server: String,
    /// Growth of the resident set divided by the number of keys.
    rss_bytes_per_key: f64,
    /// The same right after the fill, before the allocator has given unused pages back.
    rss_bytes_per_key_at_once: f64,
    /// The same from INFO's `used_memory`, where offered.
    used_bytes_per_key: Option<f64>,
    /// Hyla's resident bytes divided by this server's; none for Hyla itself.
    hyla_to_this: Option<f64>,
}

/// Runs all of it.
pub(crate) fn run(settings: &Settings, report: &mut Report) -> Result<()> {
    println!(
        "\nMemory: {} keys, growth of the resident set (RSS) and of used_memory",
        settings.keys
    );
    println!(
        "{:<36} {:<8} {:>13} {:>8} {:>14} {:>10}",
        "data", "server", "RSS bytes/key", "at once", "used bytes/key", "RSS ratio"
    );
    for (shape, request) in SHAPES {
        let mut results: Vec<MemoryResult> = Vec::new();
        for index in 0..settings.specs.len() {
            let mut result = measure(settings, index, request)?;
            result.hyla_to_this = results
                .first()
                .map(|hyla| hyla.rss_bytes_per_key / result.rss_bytes_per_key);
            let line = format!(
                "{:<36} {:<8} {:>13.1} {:>8.1} {:>14} {:>10}",
                if index == 0 { shape } else { "" },
                result.server,
                result.rss_bytes_per_key,
                result.rss_bytes_per_key_at_once,
                result
                    .used_bytes_per_key
                    .map_or("-".to_owned(), |n| format!("{n:.1}")),
                result
                    .hyla_to_this
                    .map_or_else(String::new, |n| format!("{n:.2}")),
            );
            println!("{}", line.trim_end());
            results.push(result);
        }
        report.memory.push(MemoryRow {
            shape,
            keys: settings.keys,
            results,
        });
    }
    Ok(())
}

fn measure(settings: &Settings, index: usize, request: Request) -> Result<MemoryResult> {
    let server = settings.start(index)?;
    let mut load = Load::connect(&server, CONNECTIONS)?;
    load.fill(&server, WARM_UP_KEYS.min(settings.keys), 64, request)?;
    server.flush()?;
    settle(Duration::from_secs(1).min(settings.settle))?;
    let used = || {
        server
            .info("memory", "used_memory")
            .and_then(|n| n.parse::<f64>().ok())
    };
    let (rss_before, used_before) = (server.rss_bytes()?, used());
    load.fill(&server, settings.keys, 64, request)?;
    let rss_at_once = server.rss_bytes()?;
    settle(settings.settle)?;
    let (rss_after, used_after) = (server.rss_bytes()?, used());
    let per_key = |after: f64, before: f64| (after - before) / settings.keys as f64;
    Ok(MemoryResult {
        server: server.name.clone(),
        rss_bytes_per_key: per_key(rss_after as f64, rss_before as f64),
        rss_bytes_per_key_at_once: per_key(rss_at_once as f64, rss_before as f64),
        used_bytes_per_key: used_after
            .zip(used_before)
            .map(|(after, before)| per_key(after, before)),
        hyla_to_this: None,
    })
}

fn settle(time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        interrupt::check()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
