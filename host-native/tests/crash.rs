//! The real program, killed at random moments under load: what was acknowledged is there after the next start, and nothing
//! that was not sent. With `appendfsync always` that is what a machine's end leaves, with `no` a process' end.
//! `HYLA_KILLS=500` makes it as many kills, `HYLA_SEED=n` other moments.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use common::{PATIENCE, Server};
use nix::sys::signal::Signal;

/// Kills, where nothing else is said.
const KILLS: u64 = 50;
const WRITERS: usize = 4;
/// Requests that a writer sends before it waits for replies, at most.
const PIPELINE_MAX: u64 = 16;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What one writer did in a round.
#[derive(Default)]
struct Tally {
    sent: AtomicU64,
    acknowledged: AtomicU64,
}

fn start(dir: &Path, appendfsync: &str) -> Server {
    let dir = dir.to_str().unwrap();
    Server::start(&[
        "--dir",
        dir,
        "--appendonly",
        "yes",
        "--appendfsync",
        appendfsync,
        "--save",
        "",
        "--auto-aof-rewrite-percentage",
        "100",
        "--auto-aof-rewrite-min-size",
        "200kb",
    ])
}

fn connect(port: u16) -> Option<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

fn request(words: &[&str], into: &mut Vec<u8>) {
    into.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        into.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
}

/// The replies' lines that are expected for one write: `+OK +QUEUED +QUEUED *2 :n :n`.
const LINES_OF_WRITE: usize = 6;

/// Writes until the server is gone.
fn write(port: u16, round: u64, writer: usize, tally: &Tally) {
    let mut random = Random(round * 31 + writer as u64);
    let Some(mut stream) = connect(port) else {
        return;
    };
    let (left, right) = (
        format!("r{round}:w{writer}:a"),
        format!("r{round}:w{writer}:b"),
    );
    let mut buffer = [0; 4096];
    loop {
        let count = 1 + random.below(PIPELINE_MAX);
        let mut bytes = Vec::new();
        let first = tally.sent.load(Ordering::SeqCst);
        for number in first + 1..=first + count {
            let number = number.to_string();
            request(&["MULTI"], &mut bytes);
            request(&["RPUSH", &left, &number], &mut bytes);
            request(&["RPUSH", &right, &number], &mut bytes);
            request(&["EXEC"], &mut bytes);
        }
        tally.sent.store(first + count, Ordering::SeqCst);
        if stream.write_all(&bytes).is_err() {
            return;
        }
        let (mut lines, wanted) = (0, count as usize * LINES_OF_WRITE);
        while lines < wanted {
            let Ok(read @ 1..) = stream.read(&mut buffer) else {
                return;
            };
            assert!(!buffer[..read].contains(&b'-'), "a write is refused");
            let before = lines / LINES_OF_WRITE;
            lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
            let now = lines / LINES_OF_WRITE;
            let more = (now - before) as u64;
            tally.acknowledged.fetch_add(more, Ordering::SeqCst);
        }
    }
}

/// The elements of a list.
fn elements(stream: &mut TcpStream, key: &str) -> Vec<u64> {
    let mut bytes = Vec::new();
    request(&["LRANGE", key, "0", "-1"], &mut bytes);
    stream.write_all(&bytes).unwrap();
    let mut text = String::new();
    let mut buffer = [0; 65536];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server is gone");
        text += std::str::from_utf8(&buffer[..read]).unwrap();
        let Some((head, rest)) = text.split_once("\r\n") else {
            continue;
        };
        let count: usize = head.strip_prefix('*').expect(head).parse().unwrap();
        if rest.matches("\r\n").count() == 2 * count {
            let words = rest.split("\r\n").skip(1).step_by(2);
            return words.map(|word| word.parse().unwrap()).collect();
        }
    }
}

/// Checks one round's lists and gives their length.
fn check(stream: &mut TcpStream, round: u64, writer: usize, tally: &Tally) -> u64 {
    let left = elements(stream, &format!("r{round}:w{writer}:a"));
    let right = elements(stream, &format!("r{round}:w{writer}:b"));
    assert_eq!(left, right, "round {round}: half of a block is there");
    let count = left.len() as u64;
    let all: Vec<u64> = (1..=count).collect();
    assert_eq!(left, all, "round {round}: something else is there");
    let acknowledged = tally.acknowledged.load(Ordering::SeqCst);
    let sent = tally.sent.load(Ordering::SeqCst);
    assert!(
        acknowledged <= count,
        "round {round}: {acknowledged} acknowledged, {count} there"
    );
    assert!(count <= sent, "round {round}: {sent} sent, {count} there");
    count
}

#[test]
fn what_was_acknowledged_survives_kills() {
    kill_often("always");
}

#[test]
fn what_was_acknowledged_is_with_the_operating_system() {
    kill_often("no");
}

fn kill_often(appendfsync: &str) {
    let kills = number("HYLA_KILLS").unwrap_or(KILLS);
    let mut random = Random(number("HYLA_SEED").unwrap_or(1));
    let dir = tempfile::tempdir().unwrap();
    let mut counts = Vec::new();
    let mut acknowledged = 0;
    let mut server = start(dir.path(), appendfsync);
    for round in 0..kills {
        let tallies: [Tally; WRITERS] = Default::default();
        let port = server.port;
        thread::scope(|scope| {
            for (writer, tally) in tallies.iter().enumerate() {
                scope.spawn(move || write(port, round, writer, tally));
            }
            thread::sleep(Duration::from_micros(random.below(60_000)));
            server.signal(Signal::SIGKILL);
            server.wait();
        });
        server = start(dir.path(), appendfsync);
        let mut stream = connect(server.port).expect("it is there");
        for (writer, tally) in tallies.iter().enumerate() {
            counts.push((round, writer, check(&mut stream, round, writer, tally)));
            acknowledged += tally.acknowledged.load(Ordering::SeqCst);
        }
    }
    // What earlier rounds wrote went through all the later kills and rewrites.
    let mut stream = connect(server.port).expect("it is there");
    for (round, writer, count) in counts {
        let left = elements(&mut stream, &format!("r{round}:w{writer}:a"));
        assert_eq!(
            left.len() as u64,
            count,
            "round {round} has lost something since"
        );
    }
    println!("{appendfsync}: {kills} kills, {acknowledged} acknowledged writes");
}
