//! The harness against real servers: transcripts hold, two equal servers agree, a tampered one is found out. Without a
//! redis-server on PATH these tests say so and pass.

use hyla_tests::oracle::generate::{GROUPS, Group};
use hyla_tests::oracle::play::Pair;
use hyla_tests::oracle::{Options, Outcome, run};
use hyla_tests::target::{Conn, Identity, Received, RedisServer, StreamTarget, Target};
use hyla_tests::transcript::run::Mode;
use hyla_tests::transcript::{all_files, run_file};
use std::io;
use std::time::Duration;

fn redis(directives: &[&str]) -> Option<RedisServer> {
    let server = RedisServer::start(directives).expect("redis-server starts");
    if server.is_none() {
        eprintln!("no redis-server on PATH: nothing is tested");
    }
    server
}

fn compare(left: &mut dyn Target, right: &mut dyn Target, commands: usize) -> Outcome {
    let groups: Vec<&Group> = GROUPS.iter().collect();
    let options = Options {
        commands,
        seed: 42,
        groups,
        differences_max: 1,
    };
    run(
        &mut Pair {
            left,
            right,
            batch: 50,
        },
        &options,
    )
    .expect("both servers stay up")
}

#[test]
fn every_transcript_holds_for_redis() {
    let Some(server) = redis(&[]) else { return };
    let mut target = server.target();
    let identity = target.identity().expect("INFO");
    for path in all_files().expect("transcripts") {
        let report = run_file(&path, &mut target, &identity, Mode::Check).expect("runs");
        assert!(
            report.failures.is_empty(),
            "{}: {:#?}",
            path.display(),
            report.failures
        );
        // A file for newer servers alone has nothing but skipped steps here.
        let steps = report.passed + report.skipped;
        assert!(steps > 0, "{}: nothing was checked", path.display());
    }
}

#[test]
fn two_equal_servers_agree() {
    let (Some(left), Some(right)) = (redis(&[]), redis(&[])) else {
        return;
    };
    let outcome = compare(&mut left.target(), &mut right.target(), 20_000);
    assert!(outcome.differences.is_empty(), "{:#?}", outcome.differences);
    assert!(outcome.commands >= 20_000);
}

#[test]
fn a_missing_command_is_found() {
    let (Some(left), Some(right)) = (redis(&["--rename-command", "GETDEL", ""]), redis(&[])) else {
        return;
    };
    let outcome = compare(&mut left.target(), &mut right.target(), 20_000);
    assert_eq!(outcome.differences[0].name, "GETDEL");
    assert!(
        outcome.differences[0]
            .transcript
            .contains("unknown command"),
        "{}",
        outcome.differences[0].transcript
    );
}

/// Passes everything on, but SET stores another first byte under `k0`.
struct Tampered(StreamTarget);

impl Target for Tampered {
    fn identity(&mut self) -> io::Result<Identity> {
        self.0.identity()
    }
    fn open(&mut self) -> io::Result<Conn> {
        self.0.open()
    }
    fn close(&mut self, conn: Conn) {
        self.0.close(conn);
    }
    fn send(&mut self, conn: Conn, bytes: &[u8]) -> io::Result<()> {
        let mut bytes = bytes.to_vec();
        let start = b"$3\r\nSET\r\n$2\r\nk0\r\n$";
        for at in 0..bytes.len().saturating_sub(start.len()) {
            if bytes[at..].starts_with(start) && bytes[at + start.len()] != b'0' {
                let line_end = bytes[at + start.len()..]
                    .iter()
                    .position(|byte| *byte == b'\n');
                let value = at + start.len() + line_end.expect("a whole command") + 1;
                bytes[value] = b'Z';
            }
        }
        self.0.send(conn, &bytes)
    }
    fn receive(&mut self, conn: Conn, into: &mut Vec<u8>, wait: Duration) -> io::Result<Received> {
        self.0.receive(conn, into, wait)
    }
    fn advance(&mut self, by: Duration) -> io::Result<()> {
        self.0.advance(by)
    }
    fn reset(&mut self) -> io::Result<()> {
        self.0.reset()
    }
}

/// The command that is wrong answers OK; a later one, far away, shows it.
#[test]
fn a_hidden_difference_is_shrunk_to_its_cause() {
    let (Some(left), Some(right)) = (redis(&[]), redis(&[])) else {
        return;
    };
    let outcome = compare(&mut Tampered(left.target()), &mut right.target(), 20_000);
    let transcript = &outcome.differences[0].transcript;
    let commands = transcript
        .lines()
        .filter(|line| line.starts_with("> "))
        .count();
    assert!(commands <= 3, "{transcript}");
    assert!(transcript.contains("> SET k0 "), "{transcript}");
}
