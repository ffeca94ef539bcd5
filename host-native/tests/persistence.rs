//! What is on disk after the process ended, in whatever way: snapshots and the append-only file, and that redis-server
//! and this one read each other's.

mod common;

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Client, PATIENCE, PROGRAM, Server, free_port, request};
use nix::sys::signal::Signal;

/// How often the process is killed under load; `HYLA_KILLS` makes it more.
const KILLS: usize = 5;
/// Connections that write meanwhile.
const WRITERS: usize = 8;

fn fill(client: &mut Client) {
    for line in [
        "SET a 1",
        "RPUSH l x y z",
        "SADD s 1 2 3",
        "SADD words one two three",
        "HSET h f v g w",
        "ZADD z 1 a 2.5 b",
        "XADD st 1-1 f v",
        "SET gone v PX 1",
        "SET timed v PX 1000000",
        "SELECT 5",
        "INCR n",
        "SELECT 0",
    ] {
        let reply = client.ask(line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
        if reply.starts_with('$') {
            client.line();
        }
    }
    let code = b"#!lua name=lib\nredis.register_function('answer', function() return 42 end)";
    client.roundtrip(&request(&[b"FUNCTION", b"LOAD", code]), b"$3\r\nlib\r\n");
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(client.ask("EXISTS gone"), ":0");
}

#[test]
fn a_snapshot_survives() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(dir.path(), &[]);
    let mut client = server.connect();
    fill(&mut client);
    assert_eq!(client.ask("SAVE"), "+OK");
    let digest = client.ask("DEBUG DIGEST");
    assert_eq!(client.ask("SET late 1"), "+OK");
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    server.wait_for_line("Background saving terminated with success");
    assert_eq!(client.ask("DEL late"), ":1");
    server.signal(Signal::SIGKILL);
    server.wait();

    let mut server = Server::start_in(dir.path(), &["--save", "3600 1"]);
    let mut client = server.connect();
    assert_eq!(client.ask("DEL late"), ":1");
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    // The configuration has a save point, so that the end saves.
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait(), Some(0));

    let server = Server::start_in(dir.path(), &[]);
    let mut client = server.connect();
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    assert_eq!(client.ask("DEBUG RELOAD"), "+OK");
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    assert_eq!(client.ask("FCALL answer 0"), ":42");
}

/// The number behind `name` in INFO.
fn figure(client: &mut Client, name: &str) -> i64 {
    let text = client.bulk(b"INFO persistence\r\n");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest[1..].parse().ok())
        .unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// A snapshot of what was deleted is given up; where there are save points the file says at once that nothing is left.
#[test]
fn everything_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("dump.rdb");
    let slow = ["--rdb-key-save-delay", "100000"];
    let mut server = Server::start_in(dir.path(), &slow);
    let mut client = server.connect();
    assert_eq!(client.ask("DEBUG POPULATE 100"), "+OK");
    assert_eq!(client.ask("SET a 1"), "+OK");
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    assert_eq!(figure(&mut client, "rdb_bgsave_in_progress"), 1);
    assert_eq!(figure(&mut client, "rdb_saves"), 1);
    assert_eq!(client.ask("FLUSHALL"), "+OK");
    server.wait_for_line("Background saving terminated");
    assert_eq!(figure(&mut client, "rdb_bgsave_in_progress"), 0);
    assert_eq!(figure(&mut client, "rdb_last_bgsave_time_sec"), 0);
    assert_eq!(figure(&mut client, "rdb_changes_since_last_save"), 102);
    assert_eq!(client.ask("SET a 1"), "+OK");
    assert!(!file.exists());

    // Another database is no matter of the snapshot's.
    client.roundtrip(
        &request(&[b"CONFIG", b"SET", b"save", b"3600 1000"]),
        b"+OK\r\n",
    );
    assert_eq!(client.ask("DEBUG POPULATE 100"), "+OK");
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    assert_eq!(client.ask("FLUSHDB"), "+OK");
    assert_eq!(figure(&mut client, "rdb_bgsave_in_progress"), 1);
    assert_eq!(client.ask("SET b 1"), "+OK");
    assert_eq!(client.ask("FLUSHALL"), "+OK");
    server.wait_for_line("DB saved on disk");
    assert!(file.exists());
    assert_eq!(figure(&mut client, "rdb_bgsave_in_progress"), 0);
    assert_eq!(figure(&mut client, "rdb_changes_since_last_save"), 0);
    assert_eq!(figure(&mut client, "rdb_saves"), 2);
    client.send(b"MULTI\r\nSET x 1\r\nFLUSHALL\r\nSET late 1\r\nEXEC\r\n");
    client.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    server.wait_for_line("DB saved on disk");
    assert_eq!(figure(&mut client, "rdb_changes_since_last_save"), 1);
    server.signal(Signal::SIGKILL);
    server.wait();

    // What can't be saved is deleted all the same.
    let server = Server::start_in(dir.path(), &["--save", "3600 1"]);
    let mut client = server.connect();
    assert_eq!(client.ask("DBSIZE"), ":0");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fs::write(file.join("x"), "").unwrap();
    assert_eq!(client.ask("SET a 1"), "+OK");
    assert_eq!(client.ask("FLUSHALL"), "+OK");
    assert_eq!(figure(&mut client, "rdb_changes_since_last_save"), 2);
    assert_eq!(client.ask("SET a 1"), "+OK");
}

#[test]
fn what_cannot_be_saved_stops_writes() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["--save", "3600 1", "--dbfilename", "dump.rdb"];
    let mut server = Server::start_in(dir.path(), &args);
    let mut client = server.connect();
    // A directory in the file's place cannot be renamed over.
    fs::create_dir(dir.path().join("dump.rdb")).unwrap();
    fs::write(dir.path().join("dump.rdb/x"), "").unwrap();
    assert_eq!(client.ask("SET a 1"), "+OK");
    assert_eq!(client.ask("SAVE"), "-ERR");
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    server.wait_for_line("Background saving error");
    let refusal = client.ask("SET a 2");
    assert!(
        refusal.starts_with("-MISCONF Redis is configured to save RDB"),
        "{refusal}"
    );
    assert!(client.ask("PING").starts_with("-MISCONF"));
    assert_eq!(client.ask("GET a"), "$1");
    client.line();
    assert_eq!(
        client.ask("SHUTDOWN"),
        "-ERR Errors trying to SHUTDOWN. Check logs."
    );
    fs::remove_dir_all(dir.path().join("dump.rdb")).unwrap();
    assert_eq!(client.ask("BGSAVE"), "+Background saving started");
    server.wait_for_line("Background saving terminated with success");
    assert_eq!(client.ask("SET a 2"), "+OK");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let kills = std::env::var("HYLA_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = [0u64; WRITERS];
    for round in 0..kills.unwrap_or(KILLS) {
        let args = ["--appendonly", "yes", "--appendfsync", "always"];
        let mut server = Server::start_in(dir.path(), &args);
        let mut client = server.connect();
        for (number, least) in acknowledged.iter_mut().enumerate() {
            let count = client.ask(&format!("INCRBY w{number} 0"));
            let count: u64 = count[1..].parse().unwrap();
            // One may have been on its way when the process ended.
            assert!(
                (*least..=*least + 1).contains(&count),
                "round {round}: {count} of {least} writes"
            );
            *least = count;
        }
        if round % 2 == 1 {
            assert!(client.ask("BGREWRITEAOF").starts_with('+'));
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let client = server.connect();
                std::thread::spawn(move || write_on(client, number))
            })
            .collect();
        // No two rounds end at the same moment.
        std::thread::sleep(Duration::from_millis(40 + (round as u64 * 37) % 160));
        server.signal(Signal::SIGKILL);
        server.wait();
        for (number, writer) in writers.into_iter().enumerate() {
            let last = writer.join().unwrap();
            acknowledged[number] = acknowledged[number].max(last);
        }
    }
    assert!(acknowledged.iter().all(|count| *count > 0));
}

/// Counts up until the server is gone, and gives the last number that it acknowledged.
fn write_on(mut client: Client, number: usize) -> u64 {
    let name = format!("w{number}");
    let line = request(&[b"INCR", name.as_bytes()]);
    let mut last = 0;
    loop {
        if client.stream.write_all(&line).is_err() {
            return last;
        }
        let mut reply = Vec::new();
        while !reply.ends_with(b"\r\n") {
            let mut byte = [0];
            match client.stream.read(&mut byte) {
                Ok(1) => reply.push(byte[0]),
                _ => return last,
            }
        }
        let text = String::from_utf8(reply).unwrap();
        last = text[1..].trim_end().parse().unwrap();
    }
}

#[test]
fn waiting_for_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_in(dir.path(), &[]);
    let mut client = server.connect();
    assert_eq!(
        client.ask("WAITAOF 1 0 0"),
        "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
    );
    assert_eq!(client.ask("SET before 1"), "+OK");
    assert_eq!(client.ask("CONFIG SET appendonly yes"), "+OK");
    assert_eq!(client.ask("SET a 1"), "+OK");
    client.roundtrip(
        &request(&[b"WAITAOF", b"1", b"0", b"0"]),
        b"*2\r\n:1\r\n:0\r\n",
    );
    // A replica that is not there is waited for in vain.
    client.roundtrip(
        &request(&[b"WAITAOF", b"0", b"1", b"20"]),
        b"*2\r\n:1\r\n:0\r\n",
    );
    server.signal(Signal::SIGKILL);
    let server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    assert_eq!(client.ask("EXISTS a before"), ":2");
    assert_eq!(client.ask("CONFIG SET appendonly no"), "+OK");
    assert_eq!(client.ask("SET b 1"), "+OK");
}

#[test]
fn an_end_that_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    fill(&mut client);
    let digest = client.ask("DEBUG DIGEST");
    server.signal(Signal::SIGTERM);
    server.wait();
    let path = dir.path().join("appendonlydir/appendonly.aof.1.incr.aof");
    let good = fs::metadata(&path).unwrap().len();
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n7\r\n*1\r\n$4\r\nEX")
        .unwrap();
    let args = [
        "--appendonly",
        "yes",
        "--aof-load-truncated",
        "no",
        "--save",
        "",
    ];
    let port = free_port().to_string();
    let output = Command::new(PROGRAM)
        .args(args)
        .args(["--dir", dir.path().to_str().unwrap(), "--port", &port])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("Unexpected end of file"), "{text}");
    let server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    assert_eq!(fs::metadata(&path).unwrap().len(), good);
}

/// A base of commands begins with the moment of its making, also where it has none.
#[test]
fn a_base_of_commands_says_when() {
    let dir = tempfile::tempdir().unwrap();
    let args = [
        "--appendonly",
        "yes",
        "--aof-timestamp-enabled",
        "yes",
        "--aof-use-rdb-preamble",
        "no",
    ];
    let base = |number: u32| {
        let name = format!("appendonlydir/appendonly.aof.{number}.base.aof");
        let text = fs::read_to_string(dir.path().join(name)).unwrap();
        let rest = text.strip_prefix("#TS:").unwrap();
        let (second, rest) = rest.split_once("\r\n").unwrap();
        let _: u64 = second.parse().unwrap();
        rest.to_string()
    };
    let mut server = Server::start_in(dir.path(), &args);
    let mut client = server.connect();
    assert_eq!(base(1), "");
    assert_eq!(client.ask("SET a 1"), "+OK");
    assert!(client.ask("BGREWRITEAOF").starts_with('+'));
    server.wait_for_line("Background AOF rewrite finished successfully");
    assert!(base(2).starts_with("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n"));
    server.signal(Signal::SIGKILL);
    server.wait();
    let server = Server::start_in(dir.path(), &args);
    let mut client = server.connect();
    client.roundtrip(b"GET a\r\n", b"$1\r\n1\r\n");
}

#[test]
fn an_old_file_gets_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let old = b"*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n7\r\n*3\r\n$9\r\nPEXPIREAT\r\n$1\r\na\r\n$1\r\n9\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*2\r\n$7\r\nPERSIST\r\n$1\r\na\r\n";
    fs::write(dir.path().join("appendonly.aof"), old).unwrap();
    let mut server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    assert_eq!(client.ask("SELECT 2"), "+OK");
    // What the log says of time is not said again by the clock.
    client.roundtrip(b"GET a\r\n", b"$1\r\n8\r\n");
    assert_eq!(client.ask("SET b 1"), "+OK");
    server.signal(Signal::SIGTERM);
    server.wait();
    assert!(!dir.path().join("appendonly.aof").exists());
    let server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    assert_eq!(client.ask("SELECT 2"), "+OK");
    assert_eq!(client.ask("EXISTS a b"), ":2");
}

/// A redis-server, killed when it is dropped.
struct Redis {
    child: Child,
    port: u16,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing where there is none on PATH.
fn redis(dir: &Path, args: &[&str]) -> Option<Redis> {
    let port = free_port();
    let child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--dir", dir.to_str().unwrap()])
        .args(["--save", "", "--enable-debug-command", "yes"])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    match child {
        Ok(child) => Some(Redis { child, port }),
        Err(_) => {
            eprintln!("no redis-server on PATH: nothing is tested");
            None
        }
    }
}

impl Redis {
    fn connect(&self) -> Client {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                let mut client = Client::new(stream);
                if client.ask("PING") == "+PONG" {
                    return client;
                }
            }
            assert!(Instant::now() < until, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn redis_reads_ours_and_we_read_its() {
    let dir = tempfile::tempdir().unwrap();
    let log = ["--appendonly", "yes"];
    let mut server = Server::start_in(dir.path(), &log);
    let mut client = server.connect();
    fill(&mut client);
    assert!(client.ask("BGREWRITEAOF").starts_with('+'));
    server.wait_for_line("Background AOF rewrite finished successfully");
    client.send(b"MULTI\r\nINCR a\r\nSPOP words\r\nEXEC\r\n");
    client.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:2\r\n");
    client.line();
    client.line();
    let digest = client.ask("DEBUG DIGEST");
    server.signal(Signal::SIGTERM);
    server.wait();

    let Some(redis) = redis(dir.path(), &log) else {
        return;
    };
    let mut client = redis.connect();
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    assert_eq!(client.ask("FCALL answer 0"), ":42");
    for line in [
        "SADD more 1 2 3",
        "SET t v PX 500000",
        "HSET h x y",
        "RENAME l l2",
    ] {
        let reply = client.ask(line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
    }
    assert!(client.ask("BGREWRITEAOF").starts_with('+'));
    assert_eq!(client.ask("LPUSH l2 w"), ":4");
    assert_eq!(client.ask("DEBUG SLEEP 0.5"), "+OK");
    let digest = client.ask("DEBUG DIGEST");
    client.send(b"SHUTDOWN NOSAVE\r\n");
    client.rest();
    drop(redis);

    let server = Server::start_in(dir.path(), &log);
    let mut client = server.connect();
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    assert_eq!(client.ask("LLEN l2"), ":4");
    assert_eq!(client.ask("FCALL answer 0"), ":42");
}
