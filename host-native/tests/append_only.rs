//! The append-only file at run time: turned on and off, and loaded again. What is expected was seen at redis-server 7.0.15,
//! but for the refusals of DEBUG LOADAOF, where that one ends itself.

mod common;

use std::fs;

use common::{Client, Server, request};
use nix::sys::signal::Signal;

fn all_ok(client: &mut Client, lines: &[&str]) {
    for line in lines {
        assert_eq!(client.ask(line), "+OK", "{line}");
    }
}

/// The word behind `name` in INFO.
fn shown(client: &mut Client, name: &str) -> String {
    let text = client.bulk(b"INFO persistence\r\n");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))[1..].to_string()
}

fn kill(mut server: Server) {
    server.signal(Signal::SIGKILL);
    server.wait();
}

const FINISHED: &str = "Background AOF rewrite finished successfully";

#[test]
fn turned_on_and_off_while_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(dir.path(), &["--appendfsync", "no"]);
    let mut client = server.connect();
    all_ok(&mut client, &["SET before 1", "CONFIG SET appendonly yes"]);
    assert_eq!(shown(&mut client, "aof_enabled"), "1");
    all_ok(&mut client, &["SET during 1"]);
    server.wait_for_line(FINISHED);
    all_ok(&mut client, &["SET after 1", "CONFIG SET appendonly yes"]);
    assert_eq!(shown(&mut client, "aof_rewrites"), "1");
    kill(server);

    let mut server = Server::start_in(dir.path(), &["--appendonly", "yes", "--appendfsync", "no"]);
    let mut client = server.connect();
    assert_eq!(client.ask("EXISTS before during after"), ":3");
    all_ok(&mut client, &["SET last 1", "CONFIG SET appendonly no"]);
    while shown(&mut client, "aof_enabled") != "0" {}
    all_ok(&mut client, &["SET nowhere 1"]);
    // What was written before it was turned on again is in the new base.
    all_ok(&mut client, &["CONFIG SET appendonly yes"]);
    server.wait_for_line(FINISHED);
    all_ok(&mut client, &["CONFIG SET appendonly no"]);
    while shown(&mut client, "aof_enabled") != "0" {}
    all_ok(&mut client, &["SET lost 1"]);
    kill(server);

    let server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    let all = "EXISTS before during after last nowhere lost";
    assert_eq!(client.ask(all), ":5");
}

/// A write that comes while the first base is still being written waits for nothing and is in the increment behind it.
#[test]
fn writes_while_the_first_base_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let slow = ["--rdb-key-save-delay", "2000", "--appendfsync", "always"];
    let mut server = Server::start_in(dir.path(), &slow);
    let mut client = server.connect();
    all_ok(&mut client, &["DEBUG POPULATE 300"]);
    all_ok(&mut client, &["CONFIG SET appendonly yes", "SET during 1"]);
    assert_eq!(client.ask("DEL key:7"), ":1");
    assert_eq!(shown(&mut client, "aof_rewrite_in_progress"), "1");
    assert_eq!(client.ask("WAITAOF 1 0 10000"), "*2");
    assert_eq!((client.line(), client.line()), (":1".into(), ":0".into()));
    assert_eq!(shown(&mut client, "aof_rewrite_in_progress"), "0");
    server.wait_for_line(FINISHED);
    let digest = client.ask("DEBUG DIGEST");
    kill(server);

    let server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    assert_eq!(server.connect().ask("DEBUG DIGEST"), digest);
}

#[test]
fn where_no_file_can_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let in_the_way = dir.path().join("appendonlydir");
    fs::write(&in_the_way, "").unwrap();
    let server = Server::start_in(dir.path(), &[]);
    let mut client = server.connect();
    let refusal = "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs.";
    for line in [
        "CONFIG SET appendonly yes",
        "CONFIG SET maxclients 77 appendonly yes",
    ] {
        assert_eq!(client.ask(line), refusal);
    }
    let off = b"*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n";
    client.roundtrip(b"CONFIG GET appendonly\r\n", off);
    assert_eq!(shown(&mut client, "aof_enabled"), "0");
    assert_eq!(shown(&mut client, "aof_last_bgrewrite_status"), "err");
    all_ok(&mut client, &["SET a 1"]);

    fs::remove_file(&in_the_way).unwrap();
    all_ok(&mut client, &["CONFIG SET appendonly yes", "SET b 1"]);
    assert_eq!(client.ask("WAITAOF 1 0 10000"), "*2");
    assert_eq!((client.line(), client.line()), (":1".into(), ":0".into()));
    assert_eq!(shown(&mut client, "aof_last_bgrewrite_status"), "ok");
}

#[test]
fn loaded_again() {
    let refusal = "-ERR DEBUG LOADAOF is not possible here";
    for appendfsync in ["always", "everysec", "no"] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::start_in(dir.path(), &["--appendfsync", appendfsync]);
        let mut client = server.connect();
        assert_eq!(client.ask("DEBUG LOADAOF"), refusal);
        let code = b"#!lua name=lib\nredis.register_function('answer', function() return 42 end)";
        client.roundtrip(&request(&[b"FUNCTION", b"LOAD", code]), b"$3\r\nlib\r\n");
        all_ok(&mut client, &["SET a 1", "CONFIG SET appendonly yes"]);
        server.wait_for_line(FINISHED);
        all_ok(&mut client, &["SET b 1", "SELECT 3", "SET c 1 EX 1000"]);
        let digest = client.ask("DEBUG DIGEST");
        all_ok(&mut client, &["DEBUG LOADAOF"]);
        assert_eq!(client.ask("DEBUG DIGEST"), digest);
        assert_eq!(shown(&mut client, "rdb_changes_since_last_save"), "0");
        assert_eq!(client.ask("FCALL answer 0"), ":42");
        // The database is the one that was selected; what follows is behind the files that were read.
        all_ok(&mut client, &["SET d 1"]);
        assert_eq!(client.ask("DBSIZE"), ":2");
        all_ok(&mut client, &["MULTI"]);
        assert_eq!(client.ask("DEBUG LOADAOF"), "+QUEUED");
        assert_eq!(client.ask("EXEC"), "*1");
        assert_eq!(client.line(), refusal);

        // While it is rewritten the old files and the new one are read, one behind the other.
        let many: Vec<String> = (0..200).map(|number| format!("k{number} v")).collect();
        let many = format!("MSET {}", many.join(" "));
        all_ok(&mut client, &[&many, "CONFIG SET rdb-key-save-delay 1000"]);
        let started = "+Background append only file rewriting started";
        assert_eq!(client.ask("BGREWRITEAOF"), started);
        all_ok(&mut client, &["SET e 1"]);
        let digest = client.ask("DEBUG DIGEST");
        all_ok(&mut client, &["DEBUG LOADAOF"]);
        assert_eq!(client.ask("DEBUG DIGEST"), digest);
        server.wait_for_line(FINISHED);
        all_ok(&mut client, &["SET f 1"]);
        let digest = client.ask("DEBUG DIGEST");
        all_ok(&mut client, &["DEBUG LOADAOF"]);
        assert_eq!(client.ask("DEBUG DIGEST"), digest);
        kill(server);

        let server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
        assert_eq!(server.connect().ask("DEBUG DIGEST"), digest);
    }
}

/// It must not go on with a part of the data.
#[test]
fn what_cannot_be_loaded_again_ends_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(dir.path(), &["--appendonly", "yes"]);
    let mut client = server.connect();
    all_ok(&mut client, &["SET a 1"]);
    let files = dir.path().join("appendonlydir");
    let increment = files.join("appendonly.aof.1.incr.aof");
    let mut text = fs::read(&increment).unwrap();
    text[0] = b'!';
    fs::write(&increment, text).unwrap();
    client.send(&request(&[b"DEBUG", b"LOADAOF"]));
    assert_eq!(server.wait(), Some(1));
}

/// Strings that snapshots write in parts, as commands and in RDB, compressed and not.
#[test]
fn long_strings_are_saved_whole() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_in(dir.path(), &["--appendfsync", "no"]);
    let mut client = server.connect();
    let mut number = 1_u32;
    let noise: Vec<u8> = (0..300_000)
        .map(|_| {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (number >> 24) as u8
        })
        .collect();
    let words = b"many words, ".repeat(20_000);
    for (key, value) in [("noise", &noise), ("words", &words)] {
        client.send(&request(&[b"SET", key.as_bytes(), value]));
        assert_eq!(client.line(), "+OK");
    }
    client.ask("EXPIRE words 1000");
    let digest = client.ask("DEBUG DIGEST");
    let size = |name: &str| fs::metadata(dir.path().join(name)).unwrap().len();
    for (compress, least) in [("yes", 300_000), ("no", 540_000)] {
        let set = format!("CONFIG SET rdbcompression {compress}");
        all_ok(&mut client, &[&set, "SAVE"]);
        assert!((least..least + 20_000).contains(&size("dump.rdb")));
        all_ok(&mut client, &["DEBUG RELOAD NOSAVE"]);
        assert_eq!(client.ask("DEBUG DIGEST"), digest);
    }
    for preamble in ["yes", "no"] {
        let set = format!("CONFIG SET aof-use-rdb-preamble {preamble}");
        all_ok(&mut client, &[&set, "CONFIG SET appendonly yes"]);
        while shown(&mut client, "aof_rewrite_in_progress") != "0" {}
        all_ok(&mut client, &["DEBUG LOADAOF"]);
        assert_eq!(client.ask("DEBUG DIGEST"), digest);
        let seconds: u32 = client.ask("TTL words")[1..].parse().unwrap();
        assert!((900..=1000).contains(&seconds));
        all_ok(&mut client, &["CONFIG SET appendonly no"]);
        while shown(&mut client, "aof_enabled") != "0" {}
    }
}
