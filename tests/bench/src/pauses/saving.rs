//! Large collections that change all the time while a snapshot is written.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{COLLECTIONS, CONNECTIONS, PATIENCE, deliver, grow, show};
use crate::args::Settings;
use crate::interrupt;
use crate::load::Load;
use crate::report::Report;
use crate::resp::write_request;
use crate::server::Server;

/// Requests between two looks at whether the snapshot is done.
const REQUESTS: u64 = 4000;
const DEPTH: u64 = 16;
const KINDS: [&str; 5] = ["list", "hash", "set", "sorted set", "stream"];

/// Saves while each kind of collection changes, and a stream that a group reads.
pub(super) fn run(settings: &Settings, report: &mut Report) -> Result<()> {
    let count = settings.grow_keys;
    for kind in KINDS {
        let large = COLLECTIONS.iter().find(|large| large.name == kind);
        let server = settings.start_timed()?;
        grow(&server, large.context("there is no such kind")?, count)?;
        let (seconds, more) = save(&server, kind, count)?;
        let what = format!("{kind}: BGSAVE while it changes, {more}");
        show(report, &server, what, count, seconds);
    }
    let server = settings.start_timed()?;
    let count = settings.keys;
    deliver(&server, count)?;
    let (seconds, more) = save(&server, "deliveries", count)?;
    let what = format!("deliveries: BGSAVE while they change, {more}");
    show(report, &server, what, count, seconds);
    Ok(())
}

/// Changes the collection until a snapshot is done; gives its seconds, and how many changes there were and how much more
/// memory was used in the meantime.
fn save(server: &Server, kind: &str, count: u64) -> Result<(f64, String)> {
    let mut load = Load::connect(server, CONNECTIONS)?;
    let mut client = server.client()?;
    client.call(&["CONFIG", "RESETSTAT"])?;
    let used = || {
        let used = server.info("memory", "used_memory");
        Ok::<u64, anyhow::Error>(used.context("no used_memory")?.parse()?)
    };
    let before = used()?;
    let mut most = before;
    let began = Instant::now();
    client.call(&["BGSAVE"])?;
    let mut sent = 0;
    loop {
        load.fill(server, REQUESTS, DEPTH, |i, out| {
            change(kind, sent + i, count, out);
        })?;
        sent += REQUESTS;
        most = most.max(used()?);
        let running = server.info("persistence", "rdb_bgsave_in_progress");
        if running.as_deref() == Some("0") {
            break;
        }
        ensure!(began.elapsed() < PATIENCE, "BGSAVE hangs");
        interrupt::check()?;
    }
    let status = server.info("persistence", "rdb_last_bgsave_status");
    ensure!(status.as_deref() == Some("ok"), "BGSAVE failed");
    let (more, all) = ((most - before) >> 20, before >> 20);
    let more = format!("{}k times: +{more} of {all} MB", sent / 1000);
    Ok((began.elapsed().as_secs_f64(), more))
}

/// Change number `i`, all over a collection of `count` elements.
fn change(kind: &str, i: u64, count: u64, out: &mut Vec<u8>) {
    let at = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % count;
    let text = format!("{at:09}");
    let index = (at / 2).to_string();
    let trimmed = (count - i * 10 % (count / 2)).to_string();
    let (field, member) = (format!("fld:{text}"), format!("mem:{text}"));
    let words: &[&str] = match (kind, i % 4) {
        ("list", 0) => &["LPUSH", "big", "pushed"],
        ("list", 1) => &["RPOP", "big"],
        ("list", 2) => &["LSET", "big", &index, "other"],
        ("list", _) => &["LPOP", "big"],
        ("hash", 0) => &["HDEL", "big", &field],
        ("hash", _) => &["HSET", "big", &field, "other"],
        ("set", 0) => &["SADD", "big", &text],
        ("set", _) => &["SREM", "big", &member],
        ("sorted set", 0) => &["ZREM", "big", &member],
        ("sorted set", _) => &["ZADD", "big", &text, &member],
        ("stream", 0) => &["XTRIM", "big", "MAXLEN", "~", &trimmed],
        ("deliveries", 0 | 2) => &[
            "XREADGROUP",
            "GROUP",
            "g",
            "c",
            "COUNT",
            "1",
            "STREAMS",
            "big",
            ">",
        ],
        ("deliveries", 1) => &[
            "XAUTOCLAIM",
            "big",
            "g",
            "d",
            "0",
            "0",
            "COUNT",
            "2",
            "JUSTID",
        ],
        _ => &["XADD", "big", "*", "field", "other"],
    };
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    write_request(out, &words);
}
