//! Waiting, seen from several connections: with a command of the tests' own, since those that wait belong to types.

extern crate std;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use std::format;

use crate::boundary::{ConnId, Input, Now, Output, Peer, State};
use crate::command::{Ctx, Flags, KeyFlags, KeySpec, Spec};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::Error;
use crate::keyspace::Event;
use crate::resp::{Chunks, Intake};
use crate::session::blocking::{Awaits, GiveUp};

/// Commands that only tests have.
pub(crate) const SPECS: &[Spec] = &[TAKE];

/// `TESTTAKE key … seconds`: takes the first string there is, or waits for one.
const TAKE: Spec = Spec {
    name: "testtake",
    summary: "Takes a string, or waits for one.",
    since: "0.0.0",
    complexity: "O(1)",
    arity: -3,
    flags: Flags::WRITE.or(Flags::NOSCRIPT).or(Flags::BLOCKING),
    keys: &[KeySpec::range(1, -2, 1, KeyFlags::RW)],
    ..Spec::new(take)
};

fn take(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let last = ctx.args.len() - 1;
    let deadline_us = ctx.deadline(last)?;
    let keys = ctx.args.upto(last).from(1);
    for key in keys.iter() {
        let place = ctx.keys.find(key);
        if let Some(entry) = ctx.keys.entry(place) {
            let text = entry.string()?.bytes(&mut [0; 20]).to_vec();
            ctx.reply.array(2);
            ctx.reply.bulk(key);
            ctx.reply.bulk(&text);
            ctx.keys.remove(place);
            ctx.changed(Event::DEL, key);
            ctx.record(&[b"DEL", key]);
            return Ok(());
        }
    }
    ctx.block_on(
        keys.iter(),
        deadline_us,
        Awaits::AnyChange,
        GiveUp::NullArray,
    )
}

/// An engine with connections that read lines and show what they get as one line.
struct World {
    engine: Engine,
    now: Now,
    conns: Vec<ConnId>,
    intakes: Vec<Intake>,
    log: Vec<u8>,
    parked: BTreeMap<usize, bool>,
    closed: Vec<usize>,
}

impl World {
    fn new(conns: usize) -> World {
        World::with(conns, &[])
    }

    fn with(conns: usize, directives: &[(&str, &str)]) -> World {
        let mut config = Config::default();
        for (name, value) in directives {
            let set = config.set(&[(name.as_bytes(), value.as_bytes())], true);
            assert!(set.is_ok(), "{name}");
        }
        let now = Now {
            unix_ms: 1_000_000_000_000,
            mono_us: 1_000_000,
        };
        let mut engine = Engine::new(config, 1, now, || 0);
        engine.keep_log(true);
        let mut world = World {
            engine,
            now,
            conns: Vec::new(),
            intakes: Vec::new(),
            log: Vec::new(),
            parked: BTreeMap::new(),
            closed: Vec::new(),
        };
        for link in 0..conns {
            let peer = Peer {
                loopback: true,
                ..Peer::default()
            };
            let out = &mut Chunks::new();
            let link = link as u64;
            let accepted = world
                .engine
                .handle(now, Input::Accepted { link, peer, out });
            world.conns.push(accepted.conn.expect("it is let in"));
            world.intakes.push(Intake::new());
        }
        world
    }

    /// Sends lines, separated by `;`, and gives all replies.
    fn send(&mut self, conn: usize, lines: &str) -> String {
        let bytes = lines.split(';').map(|line| format!("{}\r\n", line.trim()));
        let bytes: String = bytes.collect();
        assert!(self.intakes[conn].push(bytes.as_bytes()));
        let mut out = Chunks::new();
        self.go_on(conn, &mut out);
        self.drain();
        show(&out)
    }

    fn go_on(&mut self, conn: usize, out: &mut Chunks) {
        self.intakes[conn].parse(100, crate::command::resolve);
        let input = Input::Requests {
            conn: self.conns[conn],
            intake: &mut self.intakes[conn],
            out,
        };
        let progress = self.engine.handle(self.now, input);
        self.parked.insert(conn, progress.state == State::Parked);
    }

    /// Does what the engine asks for, but for fetching: [`World::receive`].
    fn drain(&mut self) -> u64 {
        loop {
            match self.engine.poll() {
                Output::Sleep { until_us } => return until_us,
                Output::Append { from, to } => {
                    let bytes = self.engine.log_bytes(from, to).expect("the log");
                    self.log.extend_from_slice(bytes);
                }
                Output::Resume { link, .. } => {
                    self.parked.insert(link as usize, false);
                }
                Output::Close { link, .. } => self.closed.push(link as usize),
                _ => {}
            }
        }
    }

    /// What a connection gets that another, or time, caused; if it goes on, then with what it sent.
    fn receive(&mut self, conn: usize) -> String {
        let mut out = Chunks::new();
        self.engine.take_output(self.conns[conn], &mut out);
        if self.parked.get(&conn) == Some(&false) && !self.intakes[conn].is_empty() {
            self.go_on(conn, &mut out);
            self.drain();
        }
        show(&out)
    }

    fn pass(&mut self, ms: u64) {
        self.now.unix_ms += ms;
        self.now.mono_us += ms * 1000;
        self.engine.handle(self.now, Input::Tick);
        self.drain();
    }

    fn close(&mut self, conn: usize) {
        let conn = self.conns[conn];
        self.engine.handle(self.now, Input::Closed { conn });
        self.drain();
    }

    fn logged(&mut self) -> String {
        let log = core::mem::take(&mut self.log);
        let log = String::from_utf8(log).expect("text");
        let words = log.split("\r\n").filter(|line| !line.is_empty());
        let words = words.filter(|line| !line.starts_with(['*', '$']));
        words.collect::<Vec<_>>().join(" ")
    }
}

fn show(out: &Chunks) -> String {
    let text = String::from_utf8(out.to_vec()).expect("text");
    text.trim_end().replace("\r\n", " ")
}

#[test]
fn first_come_first_served() {
    let mut world = World::new(4);
    assert_eq!(world.send(0, "TESTTAKE k 0; PING"), "");
    assert_eq!(world.send(1, "TESTTAKE k 0"), "");
    assert_eq!(world.send(2, "TESTTAKE j k 0"), "");
    assert!(world.parked[&0] && world.parked[&1]);
    assert_eq!(world.send(3, "SET k 1"), "+OK");
    assert_eq!(world.receive(0), "*2 $1 k $1 1 +PONG");
    assert_eq!(world.receive(1), "");
    // Within one batch each command serves before the next one runs.
    assert_eq!(world.send(3, "SET k 2; SET k 3; GET k"), "+OK +OK $-1");
    assert_eq!(world.receive(1), "*2 $1 k $1 2");
    assert_eq!(world.receive(2), "*2 $1 k $1 3");
    assert_eq!(
        world.logged(),
        "SELECT 0 SET k 1 DEL k SET k 2 DEL k SET k 3 DEL k"
    );
    assert_eq!(world.send(0, "PING"), "+PONG");
}

#[test]
fn a_transaction_serves_at_its_end_and_never_waits() {
    let mut world = World::new(2);
    assert_eq!(world.send(0, "TESTTAKE a b 0"), "");
    let block = "MULTI; SET b 1; SET a 2; TESTTAKE none 0; EXEC";
    let queued = "+OK +QUEUED +QUEUED +QUEUED";
    assert_eq!(world.send(1, block), format!("{queued} *3 +OK +OK *-1"));
    assert_eq!(world.receive(0), "*2 $1 a $1 2");
    assert_eq!(world.logged(), "SELECT 0 MULTI SET b 1 SET a 2 EXEC DEL a");
    // Made and gone inside: nobody is served, nobody is lost.
    assert_eq!(world.send(0, "TESTTAKE a 0"), "");
    world.send(1, "MULTI; SET a 1; DEL a; EXEC");
    assert_eq!(world.receive(0), "");
    world.send(1, "SET a 3");
    assert_eq!(world.receive(0), "*2 $1 a $1 3");
    world.logged();
    world.send(1, "MULTI; GET a; EXEC");
    assert_eq!(world.logged(), "");
}

#[test]
fn waiting_ends_by_time_by_order_and_with_the_connection() {
    let mut world = World::new(3);
    world.send(0, "TESTTAKE k 0.5; PING");
    world.send(1, "TESTTAKE k 0");
    assert!(world.drain() <= 1_500_000);
    let info = world.send(2, "INFO clients");
    assert!(info.contains("blocked_clients:2"), "{info}");
    world.pass(499);
    assert_eq!(world.receive(0), "");
    world.pass(1);
    assert_eq!(world.receive(0), "*-1 +PONG");
    assert_eq!(
        world.send(2, "CLIENT UNBLOCK 1; CLIENT UNBLOCK 2 ERROR"),
        ":0 :1"
    );
    let text = "-UNBLOCKED client unblocked via CLIENT UNBLOCK";
    assert_eq!(world.receive(1), text);
    world.send(0, "TESTTAKE k 0");
    world.send(1, "TESTTAKE k 0");
    world.close(0);
    assert_eq!(world.send(2, "SET k 1"), "+OK");
    assert_eq!(world.receive(1), "*2 $1 k $1 1");
    let info = world.send(2, "INFO clients");
    assert!(info.contains("blocked_clients:0"), "{info}");
    assert!(info.contains("total_blocking_keys:0"), "{info}");
}

#[test]
fn timeouts_are_checked() {
    let mut world = World::new(1);
    for (timeout, reply) in [
        ("x", "-ERR timeout is not a float or out of range"),
        ("-1", "-ERR timeout is negative"),
        ("1e100", "-ERR timeout is out of range"),
    ] {
        assert_eq!(world.send(0, &format!("TESTTAKE k {timeout}")), reply);
    }
}

#[test]
fn swapping_databases_serves() {
    let mut world = World::new(2);
    world.send(0, "TESTTAKE k 0");
    assert_eq!(
        world.send(1, "SELECT 1; SET k 1; SWAPDB 0 1"),
        "+OK +OK +OK"
    );
    assert_eq!(world.receive(0), "*2 $1 k $1 1");
}

#[test]
fn one_flush_for_many_messages_and_a_bound_for_them() {
    let mut world = World::with(2, &[("client-output-buffer-limit", "pubsub 1000 0 0")]);
    world.send(0, "SUBSCRIBE c");
    let input = "PUBLISH c 1; PUBLISH c 2".replace("; ", "\r\n") + "\r\n";
    assert!(world.intakes[1].push(input.as_bytes()));
    world.go_on(1, &mut Chunks::new());
    let mut flushes = 0;
    loop {
        match world.engine.poll() {
            Output::Flush { .. } => flushes += 1,
            Output::Sleep { .. } => break,
            _ => {}
        }
    }
    assert_eq!(flushes, 1);
    assert!(world.receive(0).ends_with("$7 message $1 c $1 2"));
    let big = "x".repeat(600);
    assert_eq!(
        world.send(1, &format!("PUBLISH c {big}; PUBLISH c {big}")),
        ":1 :1"
    );
    assert_eq!(world.closed, [0]);
    assert_eq!(world.send(1, "PUBLISH c x; PUBSUB CHANNELS"), ":0 *0");
}

#[test]
fn a_transaction_that_grows_too_large_closes_its_connection() {
    let mut world = World::with(1, &[("client-query-buffer-limit", "1mb")]);
    assert_eq!(world.send(0, "MULTI"), "+OK");
    let value = "x".repeat(60_000);
    let mut last = String::new();
    for _ in 0..18 {
        last = world.send(0, &format!("SET k {value}"));
    }
    assert_eq!(last, "");
}

#[test]
fn own_messages_come_behind_the_reply() {
    let mut world = World::new(1);
    world.send(0, "HELLO 3");
    world.send(0, "SUBSCRIBE c");
    assert_eq!(world.send(0, "PUBLISH c m"), ":1 >3 $7 message $1 c $1 m");
}
