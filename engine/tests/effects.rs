//! What commands leave in the effect log: records that change the same wherever and whenever they run.

use hyla_engine::config::Config;
use hyla_engine::resp::{Chunks, Intake};
use hyla_engine::{ConnId, Engine, Input, Now, Output, Peer, command};

const START_MS: u64 = 1_700_000_000_000;

/// An engine that keeps its log, with one connection.
struct Logged {
    engine: Engine,
    conn: ConnId,
    now: Now,
}

impl Logged {
    fn new() -> Self {
        let now = Now {
            unix_ms: START_MS,
            mono_us: 0,
        };
        let mut engine = Engine::new(Config::default(), 1, now, || 0);
        engine.keep_log(true);
        let accepted = Input::Accepted {
            link: 0,
            peer: Peer {
                loopback: true,
                ..Peer::default()
            },
            out: &mut Chunks::new(),
        };
        let conn = engine.handle(now, accepted).conn.expect("accepted");
        Logged { engine, conn, now }
    }

    /// Runs a line of words and gives what the log got, a record a line.
    fn run(&mut self, line: &str) -> String {
        let mut intake = Intake::new();
        assert!(intake.push(format!("{line}\r\n").as_bytes()));
        intake.parse(16, command::resolve);
        let requests = Input::Requests {
            conn: self.conn,
            intake: &mut intake,
            out: &mut Chunks::new(),
        };
        self.engine.handle(self.now, requests);
        let mut log = Vec::new();
        loop {
            match self.engine.poll() {
                Output::Append { from, to } => {
                    log.extend_from_slice(self.engine.log_bytes(from, to).expect("the log"));
                }
                Output::Sleep { .. } => return records(&log),
                _ => {}
            }
        }
    }

    fn check(&mut self, line: &str, expected: &str) {
        assert_eq!(self.run(line), expected, "{line}");
    }
}

/// RESP arrays of words without spaces as lines, the selection of a database left out.
fn records(log: &[u8]) -> String {
    let text = String::from_utf8(log.to_vec()).expect("text");
    let mut records: Vec<String> = Vec::new();
    for line in text.split_terminator("\r\n") {
        match line.as_bytes().first() {
            Some(b'*') => records.push(String::new()),
            Some(b'$') => {}
            _ => {
                let record = records.last_mut().expect("a record");
                if !record.is_empty() {
                    record.push(' ');
                }
                record.push_str(line);
            }
        }
    }
    records.retain(|record| !record.starts_with("SELECT "));
    records.join("\n")
}

#[test]
fn relative_times_become_absolute() {
    let mut logged = Logged::new();
    logged.check("SET k v EX 10", "SET k v PXAT 1700000010000");
    logged.check("SETEX k 10 v", "SET k v PXAT 1700000010000");
    logged.check("PSETEX k 10 v", "SET k v PXAT 1700000000010");
    logged.check("GETEX k EX 20", "PEXPIREAT k 1700000020000");
    logged.check("GETEX k", "");
    logged.check("GETEX k EX 0", "");
    logged.check("GETEX k PERSIST", "PERSIST k");
    logged.check("GETEX k PERSIST", "");
    logged.check("GETEX k EXAT 1", "DEL k");
    logged.check("GETEX k EXAT 1", "");
    logged.check(
        "MSETEX 2 a 1 b 2 NX EX 10",
        "MSETEX 2 a 1 b 2 PXAT 1700000010000",
    );
}

#[test]
fn conditions_are_gone() {
    let mut logged = Logged::new();
    logged.check("SET k v NX", "SET k v");
    logged.check("SET k w NX", "");
    logged.check("SET k w IFEQ v KEEPTTL", "SET k w KEEPTTL");
    logged.check("SETNX k x", "");
    logged.check("SETNX l x", "SET l x");
    logged.check("MSETNX l 1 m 2", "");
    logged.check("MSETNX m 1 n 2", "MSET m 1 n 2");
    logged.check("MSETEX 2 m 1 o 2 XX", "");
    logged.check("MSETEX 2 m 1 n 2 KEEPTTL XX", "MSETEX 2 m 1 n 2 KEEPTTL");
    logged.check("MSETEX 1 m 1 XX", "MSET m 1");
    logged.check("DELIFEQ k v", "");
    logged.check("DELIFEQ k w", "DEL k");
}

#[test]
fn results_stand_for_reads_and_floats() {
    let mut logged = Logged::new();
    logged.check("GETSET k 1", "SET k 1");
    logged.check("INCRBYFLOAT k 0.5", "SET k 1.5 KEEPTTL");
    logged.check("INCRBYFLOAT k abc", "");
    logged.check("GETDEL k", "DEL k");
    logged.check("GETDEL k", "");
    logged.check("GET k", "");
}

#[test]
fn what_is_deterministic_is_logged_as_it_came() {
    let mut logged = Logged::new();
    for line in [
        "INCR n",
        "DECRBY n 5",
        "APPEND k a",
        "APPEND k a",
        "SETRANGE k 5 b",
        "SETBIT b 9 1",
        "BITFIELD b SET u8 0 1",
        "BITFIELD c OVERFLOW FAIL INCRBY u1 0 2",
        "BITOP AND d b n",
        "MSET x 1 y 2",
    ] {
        logged.check(line, line);
    }
    for line in [
        "SETRANGE k 5 \"\"",
        "SETBIT b 9 1",
        "BITFIELD b SET u8 0 1",
        "BITFIELD b GET u8 0",
        "BITOP AND none none2 none3",
        "INCR k",
        "GETRANGE k 0 -1",
    ] {
        logged.check(line, "");
    }
    logged.check("BITOP AND x none none", "BITOP AND x none none");
}

#[test]
fn chance_is_gone() {
    let mut logged = Logged::new();
    logged.run("SADD s 7");
    logged.check("SPOP s", "SREM s 7");
    logged.check("SPOP s", "");
    logged.run("SADD s a");
    logged.check("SPOP s 5", "DEL s");
    logged.run("SADD s 1 2 3");
    logged.check("SPOP s 0", "");
    let record = logged.run("SPOP s 2");
    let words: Vec<&str> = record.split(' ').collect();
    assert!(
        record.starts_with("SREM s ") && words.len() == 4,
        "{record}"
    );
    let gone = |member: &&str| words[2..].contains(member);
    let left = ["1", "2", "3"].into_iter().find(|member| !gone(member));
    let left = left.expect("one is left");
    logged.check("SPOP s 1", "DEL s");
    logged.check(&format!("SREM s {left}"), "");
    logged.check("SRANDMEMBER s", "");
}

#[test]
fn sets_and_hyperloglogs_are_logged_as_they_came() {
    let mut logged = Logged::new();
    for line in [
        "SADD s a b",
        "SADD s b c",
        "SREM s a x",
        "SMOVE s t b",
        "SUNIONSTORE u s t",
        "SINTERSTORE u s none",
        "PFADD h a b",
        "PFCOUNT h",
        "PFADD h c",
        "PFCOUNT h",
        "PFMERGE h2 h",
        "PFDEBUG TODENSE h",
        "PFADD h d",
    ] {
        logged.check(line, line);
    }
    for line in [
        "SADD s c",
        "SREM s x",
        "SMOVE s t x",
        "SMOVE t t b",
        "SDIFFSTORE u none s",
        "SMEMBERS s",
        "PFADD h a",
        "PFCOUNT h h2",
        "PFDEBUG TODENSE h",
    ] {
        logged.check(line, "");
    }
}

#[test]
fn keys_found_expired_are_deleted_first() {
    let mut logged = Logged::new();
    logged.run("SET k 1 PX 10");
    logged.now.unix_ms += 20;
    logged.check("INCR k", "DEL k\nINCR k");
    logged.run("SET k 1 PX 10");
    logged.now.unix_ms += 20;
    logged.check("STRLEN k", "DEL k");
}

#[test]
fn hashes() {
    let mut logged = Logged::new();
    logged.check("HSET h a 1 b 2", "HSET h a 1 b 2");
    logged.check("HSETNX h a 3", "");
    logged.check("HSETNX h c 3", "HSETNX h c 3");
    logged.check("HINCRBY h a 4", "HINCRBY h a 4");
    logged.check("HINCRBYFLOAT h a 0.5", "HSET h a 5.5");
    logged.check("HDEL h x", "");
    logged.check("HGETDEL h FIELDS 2 a x", "HDEL h a x");
    logged.check("HGETDEL h FIELDS 1 a", "");
    logged.check("HDEL h b c", "HDEL h b c");
}

#[test]
fn deadlines_of_fields_become_absolute() {
    let mut engine = Logged::new();
    engine.run("HSET h a 1 b 2 c 3 d 4");
    for (line, expected) in [
        (
            "HEXPIRE h 10 FIELDS 2 a x",
            "HPEXPIREAT h 1700000010000 FIELDS 1 a",
        ),
        (
            "HEXPIRE h 20 NX FIELDS 2 a b",
            "HPEXPIREAT h 1700000020000 NX FIELDS 1 b",
        ),
        ("HEXPIRE h 20 XX FIELDS 1 c", ""),
        ("HPERSIST h FIELDS 1 c", ""),
        ("HPERSIST h FIELDS 2 b c", "HPERSIST h FIELDS 2 b c"),
        ("HEXPIRE h 0 FIELDS 2 c x", "HDEL h c"),
        ("HGETEX h FIELDS 2 a b", ""),
        (
            "HGETEX h EX 5 FIELDS 2 b x",
            "HPEXPIREAT h 1700000005000 FIELDS 2 b x",
        ),
        ("HGETEX h PERSIST FIELDS 1 b", "HPERSIST h FIELDS 1 b"),
        ("HGETEX h PXAT 1 FIELDS 2 b x", "HDEL h b"),
        (
            "HSETEX h FNX EX 5 FIELDS 1 e 5",
            "HSETEX h FNX PXAT 1700000005000 FIELDS 1 e 5",
        ),
        ("HSETEX h FNX EX 5 FIELDS 1 e 5", ""),
        ("HINCRBYFLOAT h a 0.5", "HSETEX h KEEPTTL FIELDS 1 a 1.5"),
        ("HINCRBYFLOAT h d 0.5", "HSET h d 4.5"),
        ("HSETEX h PXAT 1 FIELDS 2 a 1 f 1", "HDEL h a f"),
    ] {
        engine.check(line, expected);
    }
}

/// Nothing ticks here: fields whose time has come are found by commands.
#[test]
fn a_field_that_is_found_expired_is_deleted_first() {
    let mut engine = Logged::new();
    for (line, expected) in [
        ("HGET h a", "HDEL h a"),
        ("HMGET h a b", "HDEL h a"),
        ("HSTRLEN h a", "HDEL h a"),
        ("HEXISTS h a", "HDEL h a"),
        ("HGETALL h", ""),
        ("HSCAN h 0", ""),
        ("HLEN h", ""),
        ("HTTL h FIELDS 1 a", ""),
        ("HPERSIST h FIELDS 1 a", ""),
        ("HSET h a 2", "HSET h a 2"),
        ("HDEL h a", "HDEL h a"),
        ("HRANDFIELD h", "HDEL h a"),
        ("HRANDFIELD h 2", "HDEL h a"),
        ("HINCRBY h a 2", "HDEL h a\nHINCRBY h a 2"),
        ("HINCRBYFLOAT h a 2", "HDEL h a\nHSET h a 2"),
        ("HSETNX h a 2", "HDEL h a\nHSETNX h a 2"),
        ("HGETDEL h FIELDS 2 a b", "HDEL h a\nHDEL h a b"),
        (
            "HGETEX h EX 1 FIELDS 2 a b",
            "HDEL h a\nHPEXPIREAT h 1700000001000 FIELDS 2 a b",
        ),
        (
            "HSETEX h FNX FIELDS 1 a 2",
            "HDEL h a\nHSETEX h FNX FIELDS 1 a 2",
        ),
        ("HSETEX h FXX FIELDS 1 a 2", "HDEL h a"),
        (
            "HEXPIRE h 1 FIELDS 1 a",
            "HPEXPIREAT h 1700000001000 FIELDS 1 a",
        ),
    ] {
        for fields in ["a 1 b 2", "a 1 b 2 long {}"] {
            engine.now.unix_ms = START_MS - 10;
            engine.run("FLUSHALL");
            let fields = fields.replace("{}", &"v".repeat(100));
            engine.run(&format!("HSET h {fields}"));
            engine.run("HPEXPIRE h 1 FIELDS 1 a");
            engine.now.unix_ms = START_MS;
            engine.check(line, expected);
        }
    }
    engine.now.unix_ms = START_MS - 10;
    engine.run("HSETEX last PX 1 FIELDS 1 a 1");
    engine.now.unix_ms = START_MS;
    engine.check("HGET last a", "HDEL last a");
    engine.check("RENAME last x", "");
}
