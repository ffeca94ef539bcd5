//! Pauses mode: the longest step of the engine, as it measures itself, while a large collection grows, is trimmed or
//! deleted, or changes during a snapshot, and while many keys expire at once.

mod saving;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::args::Settings;
use crate::interrupt;
use crate::load::Load;
use crate::report::Report;
use crate::resp::{Reply, write_request};
use crate::server::Server;

/// Elements that one request adds.
const TOGETHER: u64 = 10;
const DEPTH: u64 = 64;
const CONNECTIONS: usize = 16;
/// In a request: half of the elements.
const HALF: &str = "half";
/// Between an end that all keys have and the moment it is set.
const AHEAD: Duration = Duration::from_secs(20);
/// How long what is done in slices may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What one undertaking showed.
#[derive(Serialize)]
pub(crate) struct PauseRow {
    what: String,
    elements: u64,
    step_us_max: Option<String>,
    steps_over_1ms: Option<String>,
    /// From the request to the end of its slices.
    seconds: f64,
}

/// A collection: how elements are added, [`TOGETHER`] at a time but to streams, and what is then done to it.
struct Large {
    name: &'static str,
    add: fn(u64, &mut Vec<u8>),
    ends: &'static [&'static [&'static str]],
}

const COLLECTIONS: [Large; 10] = [
    Large {
        name: "list",
        add: add_to_list,
        ends: &[&["LTRIM", "big", "0", "0"], &["DEL", "big"]],
    },
    Large {
        name: "list",
        add: add_to_list,
        ends: &[&["DEL", "big"]],
    },
    Large {
        name: "hash",
        add: add_to_hash,
        ends: &[&["DEL", "big"]],
    },
    Large {
        name: "set",
        add: add_to_set,
        ends: &[&["DEL", "big"]],
    },
    Large {
        name: "sorted set",
        add: add_to_zset,
        ends: &[&["SET", "big", "x"], &["DEL", "big"]],
    },
    Large {
        name: "sorted set",
        add: add_to_zset,
        ends: &[&["ZREMRANGEBYRANK", "big", HALF, "-1"], &["DEL", "big"]],
    },
    Large {
        name: "stream",
        add: add_to_stream,
        ends: &[&["DEL", "big"]],
    },
    Large {
        name: "stream",
        add: add_to_stream,
        ends: &[&["XTRIM", "big", "MAXLEN", "=", HALF]],
    },
    Large {
        name: "stream",
        add: add_to_stream,
        ends: &[&["XTRIM", "big", "MAXLEN", "=", "5"]],
    },
    Large {
        name: "stream",
        add: add_to_stream,
        ends: &[&["XTRIM", "big", "MINID", "=", "99999999999999"]],
    },
];

fn add(head: &[&[u8]], first: u64, out: &mut Vec<u8>, each: impl Fn(u64, &mut Vec<Vec<u8>>)) {
    let mut words: Vec<Vec<u8>> = head.iter().map(|word| word.to_vec()).collect();
    for i in first * TOGETHER..(first + 1) * TOGETHER {
        each(i, &mut words);
    }
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    write_request(out, &words);
}

fn add_to_list(i: u64, out: &mut Vec<u8>) {
    add(&[b"RPUSH", b"big"], i, out, |i, words| {
        words.push(format!("itm:{i:08}").into_bytes());
    });
}

fn add_to_hash(i: u64, out: &mut Vec<u8>) {
    add(&[b"HSET", b"big"], i, out, |i, words| {
        words.extend([format!("fld:{i:09}").into_bytes(), b"value-08".to_vec()]);
    });
}

fn add_to_set(i: u64, out: &mut Vec<u8>) {
    add(&[b"SADD", b"big"], i, out, |i, words| {
        words.push(format!("mem:{i:09}").into_bytes());
    });
}

fn add_to_zset(i: u64, out: &mut Vec<u8>) {
    add(&[b"ZADD", b"big"], i, out, |i, words| {
        let score = (i * 7919 % 1_000_003).to_string();
        words.extend([score.into_bytes(), format!("mem:{i:09}").into_bytes()]);
    });
}

/// One request for one entry.
fn add_to_stream(_: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"XADD", b"big", b"*", b"field", b"value-08"]);
}

/// The parts of this mode, as `--only` names them.
pub(crate) const PARTS: [&str; 4] = ["collections", "groups", "expiry", "saving"];

/// Runs the parts that `only` names, all where it names none: on Hyla, which alone says how long its steps are.
pub(crate) fn run(settings: &Settings, only: &[String], report: &mut Report) -> Result<()> {
    for name in only {
        ensure!(
            PARTS.contains(&name.as_str()),
            "--only: the parts of pauses are {}, not '{name}'",
            PARTS.join(", ")
        );
    }
    let wants = |part: &str| only.is_empty() || only.iter().any(|name| name == part);
    let clock = if settings.wall {
        "wall time"
    } else {
        "CPU time of its thread"
    };
    println!("\nPauses: the longest step of the engine, and steps over 1 ms, in {clock}");
    println!(
        "{:<62} {:>10} {:>12} {:>10} {:>9}",
        "what", "elements", "longest, us", "over 1 ms", "seconds"
    );
    let [all, of_streams, ends, saves] = PARTS;
    if wants(all) {
        collections(settings, report)?;
    }
    if wants(of_streams) {
        groups(settings, report)?;
    }
    if wants(ends) {
        expiry(settings, report)?;
    }
    if wants(saves) {
        saving::run(settings, report)?;
    }
    Ok(())
}

/// Collections grow, and go.
fn collections(settings: &Settings, report: &mut Report) -> Result<()> {
    for large in &COLLECTIONS {
        let server = settings.start_timed()?;
        let count = settings.grow_keys;
        let grown = timed(&server, || grow(&server, large, count))?;
        show(
            report,
            &server,
            format!("{}: growing", large.name),
            count,
            grown,
        );
        let half = (count / 2).to_string();
        for end in large.ends {
            let words = end
                .iter()
                .map(|word| if *word == HALF { &half } else { *word });
            let end: Vec<&str> = words.collect();
            let seconds = timed(&server, || {
                ensure!(!matches!(server.client()?.call(&end)?, Reply::Error(_)));
                until(|| {
                    Ok(server
                        .info("memory", "lazyfree_pending_objects")
                        .is_none_or(|n| n == "0"))
                })
            })?;
            show(
                report,
                &server,
                format!("{}: {}", large.name, end.join(" ")),
                count,
                seconds,
            );
        }
    }
    Ok(())
}

fn grow(server: &Server, large: &Large, count: u64) -> Result<()> {
    let mut load = Load::connect(server, CONNECTIONS)?;
    let requests = match large.name {
        "stream" => count,
        _ => count / TOGETHER,
    };
    load.fill(server, requests, DEPTH, large.add)?;
    Ok(())
}

/// Consumers of a million deliveries are deleted, and groups.
fn groups(settings: &Settings, report: &mut Report) -> Result<()> {
    let server = settings.start_timed()?;
    let count = settings.keys;
    let mut client = server.client()?;
    deliver(&server, count)?;
    for end in [
        &["XGROUP", "DELCONSUMER", "big", "g", "a"][..],
        &["XGROUP", "DELCONSUMER", "big", "g", "b"],
        &["XGROUP", "DESTROY", "big", "g"],
    ] {
        let seconds = timed(&server, || client.call(end).map(|_| ()))?;
        show(report, &server, end.join(" "), count / 2, seconds);
    }
    Ok(())
}

/// Fills a stream and delivers all of it to two consumers of a group.
fn deliver(server: &Server, count: u64) -> Result<()> {
    server
        .client()?
        .call(&["XGROUP", "CREATE", "big", "g", "0", "MKSTREAM"])?;
    grow(server, &COLLECTIONS[COLLECTIONS.len() - 1], count)?;
    let mut load = Load::connect(server, CONNECTIONS)?;
    load.fill(server, count / 10, DEPTH, |i, out| {
        let consumer: &[u8] = if i % 2 == 0 { b"a" } else { b"b" };
        write_request(
            out,
            &[
                b"XREADGROUP",
                b"GROUP",
                b"g",
                consumer,
                b"COUNT",
                b"10",
                b"STREAMS",
                b"big",
                b">",
            ],
        );
    })?;
    Ok(())
}

/// Keys that all end at one moment.
fn expiry(settings: &Settings, report: &mut Report) -> Result<()> {
    let server = settings.start_timed()?;
    let count = settings.keys;
    let end = SystemTime::now().duration_since(UNIX_EPOCH)? + AHEAD;
    let at = end.as_millis().to_string();
    let mut load = Load::connect(&server, CONNECTIONS)?;
    load.fill(&server, count, 64, |i, out| {
        let key = format!("key:{i:012}");
        write_request(
            out,
            &[b"SET", key.as_bytes(), b"value-08", b"PXAT", at.as_bytes()],
        );
    })?;
    until(|| Ok(SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(1) > end))?;
    let mut client = server.client()?;
    let seconds = timed(&server, || {
        until(|| Ok(matches!(client.call(&["DBSIZE"])?, Reply::Integer(0))))
    })?;
    show(
        report,
        &server,
        "keys that expire at once".to_owned(),
        count,
        seconds,
    );
    Ok(())
}

fn until(mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let give_up = Instant::now() + PATIENCE;
    while !done()? {
        ensure!(Instant::now() < give_up, "it does not come to an end");
        interrupt::check()?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Runs something with the server's figures begun anew, and gives the seconds it took.
fn timed(server: &Server, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    server.client()?.call(&["CONFIG", "RESETSTAT"])?;
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn show(report: &mut Report, server: &Server, what: String, elements: u64, seconds: f64) {
    let row = PauseRow {
        step_us_max: server.info("hyla", "engine_step_us_max"),
        steps_over_1ms: server.info("hyla", "engine_steps_over_1ms"),
        what,
        elements,
        seconds,
    };
    println!(
        "{:<62} {:>10} {:>12} {:>10} {:>9.2}",
        row.what,
        row.elements,
        row.step_us_max.as_deref().unwrap_or("-"),
        row.steps_over_1ms.as_deref().unwrap_or("-"),
        row.seconds
    );
    report.pauses.push(row);
}
