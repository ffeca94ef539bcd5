//! What scripts and functions leave in the append-only file, and that it gives the same keys again.

mod common;

use std::fs;
use std::path::Path;

use common::{Client, PROGRAM, Server, request};
use nix::sys::signal::Signal;

fn serve(dir: &Path) -> Server {
    Server::start(&[
        "--dir",
        dir.to_str().unwrap(),
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--enable-debug-command",
        "yes",
    ])
}

fn ask(client: &mut Client, words: &[&str]) -> String {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    client.send(&request(&words));
    client.line()
}

/// The commands of the increment, each as its words with spaces between.
fn increment(dir: &Path) -> Vec<String> {
    let path = dir.join("appendonlydir/appendonly.aof.1.incr.aof");
    let bytes = fs::read(path).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.split("\r\n");
    let mut commands = Vec::new();
    while let Some(count) = lines.next().and_then(|head| head.strip_prefix('*')) {
        let count: usize = count.parse().unwrap();
        let mut words = Vec::new();
        for _ in 0..count {
            lines.next();
            words.push(lines.next().unwrap());
        }
        commands.push(words.join(" "));
    }
    commands
}

/// A script with its keys' number and the rest, and what it leaves.
const SCRIPTS: &[(&[&str], &[&str])] = &[
    // What only reads, or changes nothing, leaves nothing.
    (
        &["EVAL", "return redis.call('GET', KEYS[1])", "1", "a"],
        &[],
    ),
    (
        &["EVAL", "return redis.call('DEL', KEYS[1])", "1", "none"],
        &[],
    ),
    (
        &["EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "a"],
        &[],
    ),
    // Several commands are a transaction.
    (
        &[
            "EVAL",
            "return redis.call('set', KEYS[1], ARGV[1])",
            "1",
            "a",
            "1",
        ],
        &["set a 1"],
    ),
    (
        &[
            "EVAL",
            "redis.call('INCR', KEYS[1]) redis.call('GET', KEYS[1]) return redis.call('RPUSH', 'l', 1, 2.5)",
            "1",
            "a",
        ],
        &["MULTI", "INCR a", "RPUSH l 1 2.5", "EXEC"],
    ),
    // What depends on the moment or on chance is logged as what it came to.
    (
        &[
            "EVAL",
            "return redis.call('SADD', KEYS[1], 'x') + #redis.call('SPOP', KEYS[1])",
            "1",
            "s",
        ],
        &["MULTI", "SADD s x", "SREM s x", "EXEC"],
    ),
    // What was done before an error stays.
    (
        &[
            "EVAL",
            "redis.call('SET', 'b', 'kept') return redis.call('INCR', 'b')",
            "0",
        ],
        &["SET b kept"],
    ),
    // The script says what is logged.
    (
        &[
            "EVAL",
            "redis.set_repl(redis.REPL_NONE) redis.call('SET', 'hidden', 1) redis.set_repl(redis.REPL_ALL) \
             redis.call('SET', 'shown', 1) redis.set_repl(redis.REPL_AOF) redis.call('DEL', 'hidden') return 1",
            "0",
        ],
        &["MULTI", "SET shown 1", "DEL hidden", "EXEC"],
    ),
    (
        &[
            "EVAL",
            "redis.set_repl(redis.REPL_NONE) redis.call('SET', 'x', 1) return redis.call('DEL', 'x')",
            "0",
        ],
        &[],
    ),
    // Another database, in which the script leaves its caller nothing.
    (
        &[
            "EVAL",
            "redis.call('SELECT', 5) redis.call('SET', 'five', 1) return 1",
            "0",
        ],
        &["SELECT 5", "SET five 1"],
    ),
    (&["SET", "c", "0"], &["SELECT 0", "SET c 0"]),
    // The first database is selected before the transaction.
    (
        &[
            "EVAL",
            "redis.call('SELECT', 5) redis.call('SET', 'x', 1) redis.call('SET', 'y', 1) \
             redis.call('SELECT', 6) redis.call('SET', 'x', 1) return 1",
            "0",
        ],
        &[
            "SELECT 5", "MULTI", "SET x 1", "SET y 1", "SELECT 6", "SET x 1", "EXEC",
        ],
    ),
    (&["SET", "c", "1"], &["SELECT 0", "SET c 1"]),
    // A function.
    (
        &["FCALL", "put", "1", "f", "v"],
        &[
            "MULTI",
            "HSET f field v",
            "PEXPIREAT f 4102444800000",
            "EXEC",
        ],
    ),
    (&["FCALL_RO", "look", "1", "f"], &[]),
];

const LIBRARY: &str = "#!lua name=lib\n\
    redis.register_function('put', function(keys, args) redis.call('HSET', keys[1], 'field', args[1]) \
    return redis.call('EXPIREAT', keys[1], 4102444800) end)\n\
    redis.register_function{function_name = 'look', callback = function(keys) return redis.call('HGET', keys[1], 'field') end, \
    flags = {'no-writes'}}";

#[test]
fn scripts_leave_their_effects() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = serve(dir.path());
    let mut client = server.connect();
    assert_eq!(ask(&mut client, &["SET", "first", "1"]), "+OK");
    assert_eq!(ask(&mut client, &["FUNCTION", "LOAD", LIBRARY]), "$3");
    client.line();
    let mut known = increment(dir.path());
    assert_eq!(known[..2], ["SELECT 0", "SET first 1"]);
    for (script, effects) in SCRIPTS {
        let reply = ask(&mut client, script);
        if reply.starts_with('$') && reply != "$-1" {
            client.line();
        }
        let all = increment(dir.path());
        assert_eq!(all[known.len()..], **effects, "{script:?}: {reply}");
        known = all;
    }
    // As a part of a transaction a script is a part of its block.
    for words in [
        &["MULTI"][..],
        &["SET", "t", "1"],
        &["EVAL", "return redis.call('INCR', 't')", "0"],
        &["EVAL", "return redis.call('GET', 't')", "0"],
        &["EXEC"],
    ] {
        ask(&mut client, words);
    }
    for _ in 0..4 {
        client.line();
    }
    let all = increment(dir.path());
    assert_eq!(all[known.len()..], ["MULTI", "SET t 1", "INCR t", "EXEC"]);

    let digest = ask(&mut client, &["DEBUG", "DIGEST"]);
    server.signal(Signal::SIGKILL);
    server.wait();
    let server = serve(dir.path());
    let mut client = server.connect();
    assert_eq!(ask(&mut client, &["DEBUG", "DIGEST"]), digest);
    assert_eq!(ask(&mut client, &["FCALL", "look", "1", "f"]), "$1");
    client.line();
}

/// A script that runs for more than one slice, while others write, is one block all the same.
#[test]
fn a_long_script_is_one_block() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path());
    let mut client = server.connect();
    let mut others = server.connect();
    let script =
        "for i = 1, 2000 do redis.call('INCR', KEYS[1]) for j = 1, 500 do end end return 1";
    client.send(&request(&[b"EVAL", script.as_bytes(), b"1", b"n"]));
    others.send(&request(&[b"SET", b"other", b"1"]));
    assert_eq!(client.line(), ":1");
    assert_eq!(others.line(), "+OK");
    let all = increment(dir.path());
    let start = all.iter().position(|command| command == "MULTI").unwrap();
    // The first record of a file says which database it works on.
    let inside = all[start + 1..]
        .iter()
        .filter(|command| *command != "SELECT 0");
    let inside: Vec<&str> = inside.map(String::as_str).collect();
    assert!(inside[..2000].iter().all(|command| *command == "INCR n"));
    assert_eq!(inside[2000], "EXEC");
    let others = all.iter().filter(|command| *command == "SET other 1");
    assert_eq!(others.count(), 1);
}

/// What an early slice of a script has written is promised by the reply that comes slices later.
#[test]
fn a_long_script_waits_for_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new("sh");
    // No file gets longer than 64 KB or so.
    let limit = "trap '' XFSZ; ulimit -f 64 && exec \"$0\" \"$@\"";
    command.args(["-c", limit, PROGRAM, "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always"]);
    command.args(["--dir", dir.path().to_str().unwrap()]);
    let mut server = Server::start_command(command);
    let mut client = server.connect();
    let script =
        b"redis.call('SET', 'a', string.rep('x', 200000)) for i = 1, 3000000 do end return 1";
    client.send(&request(&[b"EVAL", script, b"0"]));
    assert_eq!(client.rest(), b"");
    server.wait_for_line("AOF file");
}
