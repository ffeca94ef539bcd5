//! 64 KB of every type as an RDB file and as an append-only file, cut off anywhere and with any bit flipped: what is read is
//! a prefix of what was written, or the file is refused with the place. A sample of it; `HYLA_DAMAGE=all` for all.

use hyla_engine::Now;
use hyla_engine::boundary::Lane;
use hyla_engine::config::Config;
use hyla_engine::keyspace::Keyspace;
use hyla_engine::persist::aof::{self, Fault, FaultKind, Item, Scanner};
use hyla_engine::persist::load::Loader;
use hyla_engine::persist::rdb::{Damage, Limits};
use hyla_tests::resp::{Node, Value};
use hyla_tests::sim::disk::Disk;
use hyla_tests::sim::{Host, Random};
use hyla_tests::{keys, resp};

/// How large the files are at least.
const BYTES: usize = 64 * 1024;
/// One in so many places is tried, where not all are.
const SAMPLE: usize = 997;

fn step() -> usize {
    match std::env::var("HYLA_DAMAGE").as_deref() {
        Ok("all") => 1,
        _ => SAMPLE,
    }
}

fn settle(host: &mut Host) {
    host.pass(10_000);
    while host.work(Lane::Log) || host.work(Lane::Bulk) {}
}

/// A server's files with at least so many bytes of records, or of a snapshot.
fn file(path: &str) -> Vec<u8> {
    let now = Now {
        unix_ms: 1_767_225_600_000,
        mono_us: 1_000_000,
    };
    let config = "appendonly yes\nsave \"\"\nappendfsync no\naof-timestamp-enabled yes\n";
    let mut host = Host::start(config, 1, Disk::new(1, 512), now);
    host.loaded().unwrap_or_else(|what| panic!("{what}"));
    let connection = host.open();
    let mut random = Random::new(3);
    for number in 0.. {
        let mut bytes = Vec::new();
        if number % 10 == 0 {
            resp::encode_command(&["SELECT", &(number / 10 % 4).to_string()], &mut bytes);
        }
        let commands = keys::make(&mut random, &format!("key:{number}"));
        let block = number % 7 == 0;
        if block {
            resp::encode_command(&["MULTI"], &mut bytes);
        }
        commands
            .iter()
            .for_each(|argv| resp::encode_command(argv, &mut bytes));
        if block {
            resp::encode_command(&["EXEC"], &mut bytes);
        }
        host.send(connection, &bytes);
        settle(&mut host);
        if path == "dump.rdb" && number % 100 == 0 {
            host.send(connection, b"SAVE\r\n");
            settle(&mut host);
        }
        if let Some(file) = host.disk.read(path.as_bytes())
            && file.len() >= BYTES
        {
            return file.to_vec();
        }
    }
    unreachable!("the file grows")
}

fn load(file: &[u8]) -> Result<(), Damage> {
    let mut keys = Keyspace::new(16, 1);
    keys.set_now(1);
    let limits = Limits::of(&Config::default(), 0);
    let mut loader = Loader::new(&keys, limits, true, false);
    loader.push(&mut keys, file)?;
    loader.finish(&mut keys)
}

#[test]
fn an_rdb_file_that_is_cut_off_is_refused() {
    let file = file("dump.rdb");
    assert_eq!(load(&file), Ok(()));
    for len in (0..file.len()).step_by(step().min(151)) {
        let damage = load(&file[..len]).expect_err("it is not whole");
        assert!(damage.offset <= len as u64, "{len}: {damage:?}");
    }
}

#[test]
fn an_rdb_file_with_a_flipped_bit_is_refused() {
    let mut file = file("dump.rdb");
    for bit in (0..8 * file.len()).step_by(step()) {
        file[bit / 8] ^= 1 << (bit % 8);
        match load(&file) {
            Err(damage) => assert!(damage.offset <= file.len() as u64, "{bit}: {damage:?}"),
            Ok(()) => panic!("bit {bit} goes unnoticed"),
        }
        file[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Where records end, whole ones outside of blocks, and how it ended.
fn scan(file: &[u8]) -> (Vec<u64>, Result<u64, Fault>) {
    let mut scanner = Scanner::new(0, aof::Limits::default());
    scanner.push(file).expect("memory");
    scanner.end();
    let mut ends = Vec::new();
    loop {
        match scanner.next() {
            Err(fault) => return (ends, Err(fault)),
            Ok(Some(Item::Record(record))) => ends.push(record.end),
            Ok(Some(_)) => {}
            Ok(None) => return (ends, Ok(scanner.valid())),
        }
    }
}

const INCREMENT: &str = "appendonlydir/appendonly.aof.1.incr.aof";

#[test]
fn an_append_only_file_that_is_cut_off_has_a_sound_prefix() {
    let file = file(INCREMENT);
    let (ends, whole) = scan(&file);
    assert_eq!(whole, Ok(file.len() as u64));
    let mut valid_before = 0;
    for len in (0..file.len()).step_by(step().min(97)) {
        let (seen, end) = scan(&file[..len]);
        let expected = ends.iter().filter(|end| **end <= len as u64);
        assert!(seen.iter().eq(expected), "{len}");
        let valid = match end {
            Ok(valid) => valid,
            Err(fault) => {
                assert_eq!(
                    (fault.kind, fault.offset),
                    (FaultKind::Truncated, len as u64)
                );
                fault.valid
            }
        };
        assert!(valid >= valid_before && valid <= len as u64);
        valid_before = valid;
        assert_eq!(scan(&file[..valid as usize]).1, Ok(valid), "{len}");
    }
}

/// For every byte whether it is in an argument, or in the text of an annotation; and where requests begin.
fn layout(file: &[u8]) -> (Vec<bool>, Vec<usize>) {
    let (mut free, mut starts) = (vec![false; file.len()], Vec::new());
    let mut at = 0;
    while at < file.len() {
        let len = file[at..]
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("a line");
        let (line, next) = (&file[at..at + len - 1], at + len + 1);
        at = next;
        match line[0] {
            b'#' => free[next - len..next - 1].fill(true),
            b'*' => starts.push(next - len - 1),
            b'$' => {
                let len = std::str::from_utf8(&line[1..])
                    .ok()
                    .and_then(|len| len.parse().ok());
                let len: usize = len.expect("a number");
                free[next..next + len].fill(true);
                at = next + len + 2;
            }
            _ => {}
        }
    }
    (free, starts)
}

/// Whether the record around a place is a request like any other, by the plainest reading, though a digit in it has
/// changed: a longer argument has swallowed others whose line ends and heads happen to fit, up to the next record's own
/// head. The format has nothing that would tell.
fn is_sound_by_chance(file: &[u8], start: usize, at: usize) -> bool {
    let line = file[..at].iter().rposition(|byte| *byte == b'\n');
    if !file[at].is_ascii_digit() || line.is_none_or(|end| file[end + 1] != b'$') {
        return false;
    }
    match resp::parse(&file[start..]) {
        Ok(Some((Value::Node(Node::Array, arguments), _))) => {
            let is_blob = |argument: &Value| matches!(argument, Value::Blob(..));
            arguments.iter().all(is_blob)
        }
        _ => false,
    }
}

#[test]
fn a_flipped_bit_outside_of_arguments_is_found() {
    let mut file = file(INCREMENT);
    let (free, starts) = layout(&file);
    let mut by_chance = 0;
    assert!(free.iter().filter(|free| !**free).count() > 8_000);
    for bit in (0..8 * file.len())
        .filter(|bit| !free[bit / 8])
        .step_by(step().min(97))
    {
        let at = bit / 8;
        file[at] ^= 1 << (bit % 8);
        let (seen, end) = scan(&file);
        let last = seen.last().copied().unwrap_or(0);
        let found = last <= at as u64
            && end.is_err_and(|fault| fault.valid <= (at as u64).min(fault.offset));
        if !found {
            let start = starts.iter().rfind(|start| **start <= at);
            let by_chance_sound = start.is_some_and(|start| is_sound_by_chance(&file, *start, at));
            assert!(
                by_chance_sound,
                "bit {bit}: a record of {last} comes out, {end:?}"
            );
            by_chance += 1;
        }
        file[at] ^= 1 << (bit % 8);
    }
    println!("{by_chance} flips make another request by chance");
    assert!(by_chance <= 3);
}
