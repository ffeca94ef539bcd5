//! What a transcript cannot show: who is let in, idle connections, and what the host is told.

extern crate std;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::boundary::{CloseReason, ConnId, Input, Now, Output, Peer, State};
use crate::config::Config;
use crate::engine::Engine;
use crate::resp::{Chunks, Intake};

const SECOND_US: u64 = 1_000_000;

/// An engine, its time and the connections' links, counted up.
struct World {
    engine: Engine,
    now: Now,
    links: u64,
}

fn world(directives: &[(&str, &str)]) -> World {
    let mut config = Config::default();
    for (name, value) in directives {
        let set = config.set(&[(name.as_bytes(), value.as_bytes())], true);
        assert!(set.is_ok(), "{name}");
    }
    let now = Now {
        unix_ms: 1_000_000_000_000,
        mono_us: 1000 * SECOND_US,
    };
    World {
        engine: Engine::new(config, 1, now, || 0),
        now,
        links: 0,
    }
}

impl World {
    /// What came of a new connection, and what it was told.
    fn accept(&mut self, loopback: bool) -> (Option<ConnId>, String) {
        self.links += 1;
        let peer = Peer {
            address: std::format!("10.0.0.1:{}", self.links),
            loopback,
            ..Peer::default()
        };
        let mut out = Chunks::new();
        let input = Input::Accepted {
            link: self.links,
            peer,
            out: &mut out,
        };
        let progress = self.engine.handle(self.now, input);
        assert_eq!(progress.conn.is_none(), progress.state == State::Closing);
        (progress.conn, text(&out))
    }

    fn open(&mut self) -> ConnId {
        self.accept(true).0.expect("it is let in")
    }

    fn send(&mut self, conn: ConnId, intake: &mut Intake, line: &str) -> (State, String) {
        assert!(intake.push(line.as_bytes()));
        intake.parse(100, crate::command::resolve);
        let mut out = Chunks::new();
        let out_ref = &mut out;
        let input = Input::Requests {
            conn,
            intake,
            out: out_ref,
        };
        let progress = self.engine.handle(self.now, input);
        (progress.state, text(&out))
    }

    fn run(&mut self, conn: ConnId, line: &str) -> (State, String) {
        self.send(conn, &mut Intake::new(), line)
    }

    fn pass(&mut self, us: u64) {
        self.now.mono_us += us;
        self.now.unix_ms += us / 1000;
        self.engine.handle(self.now, Input::Tick);
    }

    /// What the host is asked to do, without the log, and until when it may sleep.
    fn outputs(&mut self) -> (Vec<Output>, u64) {
        let mut outputs = Vec::new();
        loop {
            match self.engine.poll() {
                Output::Sleep { until_us } => return (outputs, until_us),
                Output::Append { .. } => {}
                output => outputs.push(output),
            }
        }
    }
}

fn text(out: &Chunks) -> String {
    String::from_utf8_lossy(&out.to_vec()).to_string()
}

#[test]
fn protected_mode_lets_in_this_machine_only() {
    let (none, told) = world(&[]).accept(false);
    assert!(none.is_none());
    assert!(told.starts_with("-DENIED Redis is running in protected mode because protected mode"));
    assert!(told.ends_with("start accepting connections from the outside.\r\n"));
    assert_eq!(told.matches("  ").count(), 0);
    for directives in [("protected-mode", "no"), ("requirepass", "x")] {
        assert!(world(&[directives]).accept(false).0.is_some());
    }
    assert!(world(&[]).accept(true).0.is_some());
}

#[test]
fn maxclients() {
    let mut world = world(&[("maxclients", "2")]);
    let first = world.open();
    world.open();
    let (none, told) = world.accept(true);
    assert!(none.is_none());
    assert_eq!(told, "-ERR max number of clients reached\r\n");
    world
        .engine
        .handle(world.now, Input::Closed { conn: first });
    world.open();
}

#[test]
fn anonymous_limits_hold_from_the_start_and_end_with_auth() {
    let mut world = world(&[("requirepass", "secret"), ("proto-max-bulk-len", "2mb")]);
    let conn = world.open();
    let limits = world.engine.limits(conn);
    assert!(!limits.authenticated);
    assert_eq!(limits.bulk_bytes, 2 << 20);
    let mut intake = Intake::new();
    intake.limits = limits;
    let (_, told) = world.send(conn, &mut intake, "PING\r\n");
    assert_eq!(told, "-NOAUTH Authentication required.\r\n");
    assert!(!intake.limits.authenticated);
    world.send(conn, &mut intake, "AUTH secret\r\n");
    assert!(intake.limits.authenticated);
}

#[test]
fn idle_connections_are_closed() {
    let mut world = world(&[("timeout", "10")]);
    let (idle, busy) = (world.open(), world.open());
    world.pass(6 * SECOND_US);
    world.run(busy, "PING\r\n");
    world.outputs();
    world.pass(5 * SECOND_US);
    let close = Output::Close {
        conn: idle,
        link: 1,
        why: CloseReason::Idle,
    };
    assert_eq!(world.outputs().0, [close]);
    assert_eq!(world.run(idle, "PING\r\n"), (State::Closing, String::new()));
    assert_eq!(world.run(busy, "PING\r\n").1, "+PONG\r\n");
}

#[test]
fn killed_connections_are_gone_at_once() {
    let mut world = world(&[]);
    let (killer, victim) = (world.open(), world.open());
    world.open();
    let kill = "CLIENT KILL ADDR 10.0.0.1:2\r\n";
    assert_eq!(world.run(killer, kill).1, ":1\r\n");
    let close = Output::Close {
        conn: victim,
        link: 2,
        why: CloseReason::Killed,
    };
    assert_eq!(world.outputs().0, [close]);
    assert_eq!(world.run(killer, kill).1, ":0\r\n");
    assert_eq!(world.run(victim, "PING\r\n").0, State::Closing);
    let ids: Vec<String> = world
        .run(killer, "CLIENT LIST\r\n")
        .1
        .lines()
        .filter(|line| line.starts_with("id="))
        .map(|line| line[..4].to_string())
        .collect();
    assert_eq!(ids, ["id=1", "id=3"]);
}

#[test]
fn a_pause_wakes_the_host_and_resumes_in_order() {
    let mut world = world(&[]);
    let (pauser, first, second) = (world.open(), world.open(), world.open());
    world.pass(0);
    assert_eq!(world.run(pauser, "CLIENT PAUSE 50\r\n").1, "+OK\r\n");
    let end_us = world.now.mono_us + 50_000;
    assert_eq!(world.outputs(), (Vec::new(), end_us));
    let mut intake = Intake::new();
    let sent = world.send(second, &mut intake, "PING\r\nECHO a\r\n");
    assert_eq!(sent, (State::Parked, String::new()));
    assert_eq!(world.run(first, "PING\r\n").0, State::Parked);
    world.pass(50_000);
    let resumed: Vec<Output> = [(second, 3), (first, 2)]
        .map(|(conn, link)| Output::Resume { conn, link })
        .into();
    assert_eq!(world.outputs().0, resumed);
    let sent = world.send(second, &mut intake, "");
    assert_eq!(sent, (State::Ready, "+PONG\r\n$1\r\na\r\n".to_string()));
}

#[test]
fn who_waited_for_a_pause_is_not_overtaken() {
    let mut world = world(&[]);
    let (pauser, first, gone, late) = (world.open(), world.open(), world.open(), world.open());
    world.run(pauser, "CLIENT PAUSE 100000 WRITE\r\n");
    let (mut early, mut intake) = (Intake::new(), Intake::new());
    let parked = (State::Parked, String::new());
    assert_eq!(world.send(first, &mut early, "SET k 1\r\n"), parked);
    assert_eq!(world.run(gone, "SET k 3\r\n"), parked);
    world.run(pauser, "CLIENT UNPAUSE\r\n");
    assert_eq!(world.send(late, &mut intake, "SET k 2\r\n"), parked);
    assert_eq!(world.run(pauser, "GET k\r\n").1, "$-1\r\n");
    assert_eq!(world.send(first, &mut early, "").1, "+OK\r\n");
    world.outputs();
    let now = world.now;
    world.engine.handle(now, Input::Closed { conn: gone });
    world.pass(SECOND_US);
    let resumed = Output::Resume {
        conn: late,
        link: 4,
    };
    assert_eq!(world.outputs().0, [resumed]);
    assert_eq!(
        world.send(late, &mut intake, "GET k\r\n").1,
        "+OK\r\n$1\r\n2\r\n"
    );
}

#[test]
fn the_blocked_are_served_behind_a_script_and_not_in_the_middle() {
    let mut world = world(&[]);
    let (waiter, runner, other) = (world.open(), world.open(), world.open());
    assert_eq!(world.run(waiter, "BLPOP x 0\r\n").0, State::Parked);
    let script = "redis.call('lpush', KEYS[1], 'y') for i = 1, 3000000 do end \
                  redis.call('lpush', KEYS[1], 'z')";
    let eval = std::format!("EVAL \"{script}\" 1 x\r\n");
    assert_eq!(world.run(runner, &eval).0, State::Parked);
    world.run(other, "HELLO 2\r\n");
    let mut popped = Chunks::new();
    for _ in 0..1000 {
        world.pass(1000);
        world.engine.take_output(waiter, &mut popped);
        if !popped.is_empty() {
            break;
        }
    }
    assert_eq!(popped.to_vec(), b"*2\r\n$1\r\nx\r\n$1\r\nz\r\n");
}

#[test]
fn a_line_of_client_info() {
    let mut world = world(&[]);
    let conn = world.open();
    world.run(conn, "CLIENT SETNAME me\r\n");
    world.pass(3 * SECOND_US);
    let line = world.run(conn, "CLIENT INFO\r\n").1;
    let line = line.lines().nth(1).expect("a bulk string").to_string();
    let (known, rest) = line.split_once(" tot-mem=").expect("the field tot-mem");
    assert_eq!(
        known,
        "id=1 addr=10.0.0.1:1 laddr= fd=0 name=me age=3 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 \
         multi=-1 qbuf=13 qbuf-free=0 argv-mem=10 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0"
    );
    let (_, rest) = rest.split_once(' ').expect("more fields");
    assert_eq!(
        rest,
        "events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver="
    );
}
