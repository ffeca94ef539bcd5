//! Append-only files between the engine and real servers: 2,000 random keys of all types each way, `HYLA_KEYS=100000` for
//! as many. `HYLA_PEER=PATH` names another server than the redis-server on PATH. Without one the test says so and passes.

use hyla_engine::Now;
use hyla_engine::boundary::Lane;
use hyla_tests::keys;
use hyla_tests::resp::{self, Value};
use hyla_tests::sim::disk::Disk;
use hyla_tests::sim::{Host, Random};
use hyla_tests::target::{Client, RedisServer, Target};
use std::path::Path;
use std::time::Duration;

const KEYS: u64 = 2_000;
const WAIT: Duration = Duration::from_secs(120);

fn keys_len() -> u64 {
    let given = std::env::var("HYLA_KEYS").ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(KEYS)
}

fn peer() -> String {
    std::env::var("HYLA_PEER").unwrap_or_else(|_| "redis-server".into())
}

fn call(target: &mut dyn Target, client: &mut Client, argv: &[Vec<u8>]) -> Value {
    let words: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
    let reply = client.call(target, &words, WAIT).expect("a reply");
    let shown = argv[0].escape_ascii();
    assert!(reply.error().is_none(), "{shown}: {reply:?}");
    reply
}

fn say(target: &mut dyn Target, client: &mut Client, text: &str) -> String {
    let argv: Vec<Vec<u8>> = text
        .split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect();
    match call(target, client, &argv) {
        Value::Line(_, bytes) | Value::Blob(_, bytes) => String::from_utf8_lossy(&bytes).into(),
        _ => String::new(),
    }
}

/// The commands for all keys, over five databases.
fn commands(seed: u64) -> impl Iterator<Item = keys::Words> {
    let mut random = Random::new(seed);
    (0..keys_len()).flat_map(move |number| {
        let mut commands = Vec::new();
        if number % 500 == 0 {
            let database = (number / 500 % 5).to_string();
            commands.push(vec![b"SELECT".to_vec(), database.into_bytes()]);
        }
        commands.extend(keys::make(&mut random, &format!("key:{number}")));
        commands
    })
}

fn hex(digest: hyla_engine::sha1::Digest) -> String {
    String::from_utf8_lossy(&hyla_engine::sha1::hex(&digest)).into()
}

/// Now, as streams' times are of the present.
fn now() -> Now {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Now {
        unix_ms: since.map_or(0, |since| since.as_millis() as u64),
        mono_us: 1_000_000,
    }
}

fn host(config: &str, disk: Disk) -> Host {
    let mut host = Host::start(config, 1, disk, now());
    host.loaded().unwrap_or_else(|what| panic!("{what}"));
    host
}

fn settle(host: &mut Host) {
    for _ in 0..1000 {
        while host.work(Lane::Log) || host.work(Lane::Bulk) {}
        host.pass(100_000);
        if !host.is_busy(Lane::Log) && !host.is_busy(Lane::Bulk) {
            return;
        }
    }
    panic!("it never rests: {}", host.said());
}

/// What is behind the files of a directory, for a disk.
fn take_files(disk: &mut Disk, root: &Path, below: &str) {
    for entry in std::fs::read_dir(root.join(below)).expect("a directory") {
        let name = entry.expect("an entry").file_name();
        let path = format!("{below}/{}", name.to_string_lossy());
        disk.put(
            path.as_bytes(),
            &std::fs::read(root.join(&path)).expect("a file"),
        );
    }
}

fn from_peer(preamble: &str) {
    let options = [
        "--enable-debug-command",
        "yes",
        "--aof-use-rdb-preamble",
        preamble,
    ];
    let Some(process) = RedisServer::start_program(&peer(), &options).expect("it starts") else {
        eprintln!("no redis-server on PATH: nothing is tested");
        return;
    };
    let mut target = process.target();
    let client = &mut Client::open(&mut target).expect("a connection");
    let target: &mut dyn Target = &mut target;
    let all: Vec<keys::Words> = commands(1).collect();
    let (before, behind) = all.split_at(all.len() / 2);
    for argv in before {
        call(target, client, argv);
    }
    // What is there makes up the base, what follows goes to the increment.
    say(target, client, "CONFIG SET appendonly yes");
    for _ in 0..600 {
        let info = say(target, client, "INFO persistence");
        let ready =
            info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0");
        if ready && info.contains("aof_enabled:1") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    for argv in behind {
        call(target, client, argv);
    }
    let there = say(target, client, "DEBUG DIGEST");
    std::thread::sleep(Duration::from_millis(1500));
    let mut disk = Disk::new(1, 4096);
    take_files(&mut disk, process.dir(), "appendonlydir");
    let mut host = host("appendonly yes\nappenddirname appendonlydir\n", disk);
    assert_eq!(hex(host.digest()), there, "{}", host.said());
}

#[test]
fn files_of_a_peer_are_read() {
    from_peer("yes");
}

#[test]
fn files_of_a_peer_without_a_preamble_are_read() {
    from_peer("no");
}

fn to_peer(preamble: &str) {
    let config = format!("appendonly yes\nsave \"\"\naof-use-rdb-preamble {preamble}\n");
    let mut host = host(&config, Disk::new(1, 4096));
    let connection = host.open();
    let all: Vec<keys::Words> = commands(2).collect();
    for (number, argv) in all.iter().enumerate() {
        let mut bytes = Vec::new();
        resp::encode_command(argv, &mut bytes);
        host.send(connection, &bytes);
        if number == all.len() / 2 {
            host.send(connection, b"BGREWRITEAOF\r\n");
        }
        if number % 1000 == 0 || number == all.len() / 2 {
            settle(&mut host);
        }
    }
    settle(&mut host);
    host.pass(2_000_000);
    settle(&mut host);
    let here = hex(host.digest());
    let files: Vec<(String, Vec<u8>)> = host
        .disk
        .paths()
        .filter_map(|path| {
            let bytes = host.disk.read(path)?.to_vec();
            Some((String::from_utf8_lossy(path).into(), bytes))
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    let bases = files.iter().filter(|file| file.0.contains(".base."));
    let (end, start) = match preamble {
        "yes" => (".base.rdb", &b"REDIS"[..]),
        _ => (".base.aof", &b"*"[..]),
    };
    for (path, bytes) in bases {
        assert!(path.ends_with(end) && bytes.starts_with(start), "{path}");
    }
    let options = ["--enable-debug-command", "yes", "--appendonly", "yes"];
    let Some(process) = RedisServer::start_on(&peer(), &options, &files).expect("it starts") else {
        eprintln!("no redis-server on PATH: nothing is tested");
        return;
    };
    let mut target = process.target();
    let client = &mut Client::open(&mut target).expect("a connection");
    let target: &mut dyn Target = &mut target;
    // It answers while it loads.
    for _ in 0..600 {
        if say(target, client, "INFO persistence").contains("\nloading:0") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(say(target, client, "DEBUG DIGEST"), here, "{}", host.said());
}

#[test]
fn files_are_read_by_a_peer() {
    to_peer("yes");
}

#[test]
fn files_without_a_preamble_are_read_by_a_peer() {
    to_peer("no");
}
