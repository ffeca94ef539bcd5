//! RDB files between the engine and a real server, and what becomes of damaged ones. Without a redis-server on PATH the
//! first half says so and passes.

use hyla_engine::config::Config;
use hyla_engine::keyspace::Keyspace;
use hyla_engine::persist::load::Loader;
use hyla_engine::persist::rdb::{Damage, Limits};
use hyla_engine::persist::{digest, save};
use hyla_engine::sha1;
use hyla_tests::resp::Value;
use hyla_tests::target::{Client, RedisServer, Target};
use std::path::PathBuf;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(60);
const DATABASES: usize = 16;
/// Keys of the file that goes both ways; `HYLA_KEYS` says otherwise.
const KEYS: u64 = 20_000;

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn text(&mut self) -> String {
        match self.below(4) {
            0 => self.below(1 << 20).to_string(),
            1 => format!("-{}", self.next() >> 2),
            2 => "word ".repeat(self.below(20) as usize),
            _ => format!("text {}", self.next()),
        }
    }

    /// A command that makes a key of any type, mostly small.
    fn command(&mut self, key: &str) -> Vec<String> {
        let count = if self.below(50) == 0 {
            700
        } else {
            1 + self.below(12)
        };
        let mut argv = vec![String::new(), key.to_owned()];
        argv[0] = match self.below(6) {
            0 | 1 => {
                argv.push(self.text());
                "SET".into()
            }
            2 => {
                argv.extend((0..count).map(|_| self.text()));
                "RPUSH".into()
            }
            3 => {
                let numbers = self.below(2) == 0;
                argv.extend((0..count).map(|n| match numbers {
                    true => (n * 1001).to_string(),
                    false => self.text(),
                }));
                "SADD".into()
            }
            4 => {
                argv.extend((0..count).flat_map(|n| [format!("field:{n}"), self.text()]));
                "HSET".into()
            }
            _ => {
                for n in 0..count {
                    argv.extend([
                        (self.below(1000) as f64 / 4.0).to_string(),
                        format!("m:{n}"),
                    ]);
                }
                "ZADD".into()
            }
        };
        argv
    }
}

/// Calls on one connection, whatever target it is of.
fn call(target: &mut dyn Target, client: &mut Client, argv: &[&str]) -> Value {
    let reply = client.call(target, argv, WAIT).expect("a reply");
    assert!(reply.error().is_none(), "{argv:?}: {reply:?}");
    reply
}

fn text(value: &Value) -> String {
    match value {
        Value::Line(_, bytes) | Value::Blob(_, bytes) => String::from_utf8_lossy(bytes).into(),
        other => panic!("{other:?}"),
    }
}

fn path(target: &mut dyn Target, client: &mut Client) -> PathBuf {
    let Value::Node(_, pair) = call(target, client, &["CONFIG", "GET", "dir"]) else {
        panic!("no directory");
    };
    PathBuf::from(text(&pair[1])).join("dump.rdb")
}

fn limits() -> Limits {
    Limits::of(&Config::default(), 0)
}

fn load(file: &[u8], piece: usize) -> Result<Keyspace, Damage> {
    let mut keys = Keyspace::new(DATABASES, 1);
    keys.set_now(1);
    let mut loader = Loader::new(&keys, limits(), true, false);
    for piece in file.chunks(piece) {
        loader.push(&mut keys, piece)?;
    }
    loader.finish(&mut keys)?;
    assert!(loader.is_done());
    Ok(keys)
}

fn sum(keys: &mut Keyspace) -> String {
    String::from_utf8_lossy(&sha1::hex(&digest::of_all(keys))).into()
}

#[test]
fn files_go_both_ways() {
    let given = |name| std::env::var(name).ok();
    let keys_len = given("HYLA_KEYS").and_then(|given| given.parse().ok());
    let peer = given("HYLA_PEER").unwrap_or_else(|| "redis-server".into());
    let started = RedisServer::start_program(&peer, &["--enable-debug-command", "yes"]);
    let Some(process) = started.expect("redis-server starts") else {
        eprintln!("no redis-server on PATH: nothing is tested");
        return;
    };
    let mut target = process.target();
    let client = &mut Client::open(&mut target).expect("a connection");
    let target: &mut dyn Target = &mut target;
    let mut random = Random(7);
    for number in 0..keys_len.unwrap_or(KEYS) {
        if number % 1000 == 0 {
            call(
                target,
                client,
                &["SELECT", &(number / 1000 % 5).to_string()],
            );
        }
        let key = format!("key:{number}");
        let argv = random.command(&key);
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        call(target, client, &words);
        if number % 5 == 0 {
            call(target, client, &["PEXPIREAT", &key, "33177117420000"]);
        }
    }
    call(target, client, &["SAVE"]);
    let there = text(&call(target, client, &["DEBUG", "DIGEST"]));
    let path = path(target, client);
    let file = std::fs::read(&path).expect("a file");
    let mut keys = load(&file, 4093).expect("a sound file");
    assert_eq!(sum(&mut keys), there);
    for compressed in [true, false] {
        let mut config = Config::default();
        let line = format!("rdbcompression {}", if compressed { "yes" } else { "no" });
        config
            .parse_file(line.as_bytes(), &mut |_| Ok(Vec::new()))
            .expect("a directive");
        let back = save::all(&mut keys, &config, 1_767_225_600_000, 1).expect("memory");
        std::fs::write(&path, back).expect("a file");
        call(target, client, &["FLUSHALL"]);
        call(target, client, &["DEBUG", "RELOAD", "NOSAVE"]);
        assert_eq!(text(&call(target, client, &["DEBUG", "DIGEST"])), there);
    }
}

/// A file of every type, written here.
fn small_file() -> Vec<u8> {
    let mut driver = hyla_driver::Driver::new(1, hyla_driver::START, false);
    let conn = driver.open();
    let mut random = Random(3);
    let mut keys = Keyspace::new(DATABASES, 1);
    keys.set_now(1);
    let mut payloads = Vec::new();
    for number in 0..40 {
        let key = format!("key:{number}");
        let mut request = Vec::new();
        hyla_tests::resp::encode_command(&random.command(&key), &mut request);
        hyla_tests::resp::encode_command(&["DUMP", &key], &mut request);
        driver.send(conn, &request);
    }
    driver.receive(conn, &mut payloads);
    let mut rest = payloads.as_slice();
    let (mut number, mut file) = (0u8, b"REDIS0010\xfe\x03".to_vec());
    while let Ok(Some((value, used))) = hyla_tests::resp::parse(rest) {
        rest = &rest[used..];
        if let Value::Blob(_, payload) = value {
            let (kind, value) = payload[..payload.len() - 10].split_first().expect("a type");
            file.extend_from_slice(&[*kind, 1, number]);
            file.extend_from_slice(value);
            number += 1;
        }
    }
    assert_eq!(number, 40);
    file.push(0xff);
    let checksum = hyla_engine::crc64::update(0, &file);
    file.extend_from_slice(&checksum.to_le_bytes());
    file
}

#[test]
fn a_file_cut_anywhere_is_refused_where_it_ends() {
    let file = small_file();
    assert_eq!(load(&file, 1).expect("sound").len(3), 40);
    for len in 0..file.len() {
        let damage = load(&file[..len], 1000).err().expect("it is not whole");
        assert!(damage.offset <= len as u64, "{len}: {damage:?}");
    }
}

#[test]
fn a_file_with_any_bit_changed_is_refused() {
    let file = small_file();
    // Every bit of the first kilobyte and of the last, some in between.
    let bits = 8 * file.len();
    for bit in (0..bits).filter(|bit| *bit < 8192 || *bit > bits - 8192 || bit % 13 == 0) {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let damage = load(&damaged, file.len()).err();
        let damage = damage.unwrap_or_else(|| panic!("bit {bit} goes unnoticed"));
        assert!(damage.offset <= file.len() as u64, "{bit}: {damage:?}");
    }
}
