//! Memory mode: resident bytes for each key, on a fresh process for every shape of data.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use crate::args::Settings;
use crate::interrupt;
use crate::load::Load;
use crate::report::Report;
use crate::resp::write_request;
use crate::workload::{fill_8, fill_32_ttl};

/// Connections of the fill: few, since their buffers count too.
const CONNECTIONS: usize = 4;
/// Requests sent before the first reading, so that buffers and code pages are there already.
const WARM_UP_KEYS: u64 = 1000;

type Request = fn(u64, &mut Vec<u8>);

/// A shape of data.
struct Shape {
    about: &'static str,
    /// What the figures are for each of.
    unit: &'static str,
    /// So many requests make one of them.
    requests_each: u64,
    /// Of the key space's size, so many hundredths are made.
    percent: u64,
    request: Request,
}

const fn of_keys(about: &'static str, request: Request) -> Shape {
    Shape {
        about,
        unit: "key",
        requests_each: 1,
        percent: 100,
        request,
    }
}

/// One large collection.
const fn of_elements(about: &'static str, request: Request) -> Shape {
    Shape {
        unit: "element",
        ..of_keys(about, request)
    }
}

const SHAPES: [Shape; 8] = [
    of_keys("16-byte keys, 8-byte values", fill_8),
    of_keys("16-byte keys, 32-byte values, TTL", fill_32_ttl),
    of_elements("sorted set, 14-byte members", sorted_set),
    of_elements("hash, 13-byte fields and values", hash),
    of_elements("set, 14-byte members", set),
    of_elements("list, 12-byte items", list),
    of_elements("stream, entries of two fields", stream),
    Shape {
        unit: "hash",
        requests_each: 10,
        percent: 10,
        ..of_keys("hashes of 10 small fields", small_hash)
    },
];

fn sorted_set(i: u64, out: &mut Vec<u8>) {
    let score = (i * 7919 % 1_000_003).to_string();
    let member = format!("mem:{i:010}");
    write_request(
        out,
        &[b"ZADD", b"zset", score.as_bytes(), member.as_bytes()],
    );
}

fn hash(i: u64, out: &mut Vec<u8>) {
    let (field, value) = (format!("fld:{i:09}"), format!("val:{i:09}"));
    write_request(out, &[b"HSET", b"hash", field.as_bytes(), value.as_bytes()]);
}

fn set(i: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"SADD", b"set", format!("mem:{i:010}").as_bytes()]);
}

fn list(i: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"RPUSH", b"list", format!("itm:{i:08}").as_bytes()]);
}

fn stream(i: u64, out: &mut Vec<u8>) {
    let (first, second) = ((i % 100).to_string(), (i % 7).to_string());
    write_request(
        out,
        &[
            b"XADD",
            b"stream",
            b"*",
            b"a",
            first.as_bytes(),
            b"b",
            second.as_bytes(),
        ],
    );
}

fn small_hash(i: u64, out: &mut Vec<u8>) {
    let (key, field) = (format!("hsh:{:012}", i / 10), format!("field:{}", i % 10));
    write_request(
        out,
        &[b"HSET", key.as_bytes(), field.as_bytes(), b"value-08"],
    );
}

/// One shape of data.
#[derive(Serialize)]
pub(crate) struct MemoryRow {
    shape: &'static str,
    unit: &'static str,
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
        "\nMemory: {} keys or elements, growth of the resident set (RSS) and of used_memory",
        settings.keys
    );
    println!(
        "{:<36} {:<8} {:<8} {:>13} {:>8} {:>14} {:>10}",
        "data", "each", "server", "RSS bytes/key", "at once", "used bytes/key", "RSS ratio"
    );
    for shape in &SHAPES {
        let mut results: Vec<MemoryResult> = Vec::new();
        for index in 0..settings.specs.len() {
            let mut result = measure(settings, index, shape)?;
            result.hyla_to_this = results
                .first()
                .map(|hyla| hyla.rss_bytes_per_key / result.rss_bytes_per_key);
            let line = format!(
                "{:<36} {:<8} {:<8} {:>13.1} {:>8.1} {:>14} {:>10}",
                if index == 0 { shape.about } else { "" },
                if index == 0 { shape.unit } else { "" },
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
            shape: shape.about,
            unit: shape.unit,
            keys: settings.keys * shape.percent / 100,
            results,
        });
    }
    Ok(())
}

fn measure(settings: &Settings, index: usize, shape: &Shape) -> Result<MemoryResult> {
    let request = shape.request;
    let each = settings.keys * shape.percent / 100;
    let requests = each * shape.requests_each;
    let server = settings.start(index)?;
    let mut load = Load::connect(&server, CONNECTIONS)?;
    load.fill(&server, WARM_UP_KEYS.min(requests), 64, request)?;
    server.flush()?;
    settle(Duration::from_secs(1).min(settings.settle))?;
    let used = || {
        server
            .info("memory", "used_memory")
            .and_then(|n| n.parse::<f64>().ok())
    };
    let (rss_before, used_before) = (server.rss_bytes()?, used());
    load.fill(&server, requests, 64, request)?;
    let rss_at_once = server.rss_bytes()?;
    settle(settings.settle)?;
    let (rss_after, used_after) = (server.rss_bytes()?, used());
    let per_key = |after: f64, before: f64| (after - before) / each as f64;
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
