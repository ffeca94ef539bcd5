//! Signals that end the process, and what holds them up.

mod common;

use std::time::Duration;

use common::{Server, request};
use nix::sys::signal::Signal;

/// Long enough for a signal to have had its way.
const A_WHILE: Duration = Duration::from_millis(300);

fn serve(args: &[&str]) -> Server {
    Server::start(&[&["--enable-debug-command", "yes"], args].concat())
}

#[test]
fn a_pause_holds_up_no_signal() {
    for mode in ["ALL", "WRITE"] {
        let mut server = serve(&[]);
        let mut client = server.connect();
        let pause = format!("CLIENT PAUSE 100000 {mode}\r\n");
        client.roundtrip(pause.as_bytes(), b"+OK\r\n");
        server.signal(Signal::SIGTERM);
        assert_eq!(server.wait(), Some(0));
    }
}

/// Where nothing is done that nobody waits for a signal waits, and can be taken back.
#[test]
fn a_signal_is_called_off() {
    let mut server = serve(&[]);
    let mut client = server.connect();
    let none = b"-ERR No shutdown in progress.\r\n";
    client.roundtrip(b"SHUTDOWN ABORT\r\n", none);
    client.roundtrip(b"DEBUG PAUSE-CRON 1\r\n", b"+OK\r\n");
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        server.signal(signal);
        server.wait_for_line("scheduling shutdown...");
        client.roundtrip(b"SHUTDOWN ABORT\r\n", b"+OK\r\n");
        server.wait_for_line("* Shutdown manually aborted.");
        client.roundtrip(b"SHUTDOWN ABORT\r\n", none);
    }
    client.roundtrip(b"DEBUG PAUSE-CRON 0\r\n", b"+OK\r\n");
    std::thread::sleep(A_WHILE);
    client.roundtrip(b"DEBUG PAUSE-CRON 1\r\n", b"+OK\r\n");
    server.signal(Signal::SIGINT);
    server.wait_for_line("scheduling shutdown...");
    std::thread::sleep(A_WHILE);
    client.roundtrip(b"SET a 1\r\n", b"+OK\r\n");
    client.send(b"DEBUG PAUSE-CRON 0\r\n");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn whoever_insists_is_heard() {
    let mut server = serve(&[]);
    let mut client = server.connect();
    client.roundtrip(b"DEBUG PAUSE-CRON 1\r\n", b"+OK\r\n");
    server.signal(Signal::SIGTERM);
    server.wait_for_line("scheduling shutdown...");
    server.signal(Signal::SIGINT);
    server.wait_for_line("You insist... exiting now.");
    assert_eq!(server.wait(), Some(1));
}

/// What a half run script has done is not saved.
#[test]
fn a_script_holds_up_a_signal() {
    let busy = b"-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";
    let mut server = serve(&["--lua-time-limit", "50"]);
    let mut client = server.connect();
    let script = b"redis.call('SET', 'a', 1) while true do end";
    client.send(&request(&[b"EVAL", script, b"0"]));
    std::thread::sleep(A_WHILE);
    server.signal(Signal::SIGTERM);
    server.wait_for_line("scheduling shutdown...");
    std::thread::sleep(A_WHILE);
    let mut other = server.connect();
    other.roundtrip(b"PING\r\n", busy);
    other.roundtrip(b"SHUTDOWN\r\n", busy);
    other.roundtrip(b"SHUTDOWN SAVE\r\n", busy);
    other.send(b"SHUTDOWN NOSAVE\r\n");
    assert_eq!(server.wait(), Some(0));

    let mut server = serve(&["--lua-time-limit", "50"]);
    let mut client = server.connect();
    client.send(b"EVAL 'while true do end' 0\r\n");
    std::thread::sleep(A_WHILE);
    server.signal(Signal::SIGTERM);
    server.wait_for_line("scheduling shutdown...");
    let mut other = server.connect();
    other.roundtrip(b"PING\r\n", busy);
    other.send(b"SCRIPT KILL\r\n");
    assert_eq!(server.wait(), Some(0));
}
