//! Who gets in, who is sent away, and who may stay how long.

mod common;

use std::fs::{self, File};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use common::{Client, Server, refused};

const PING: &[u8] = b"PING\r\n";
const PONG: &[u8] = b"+PONG\r\n";

/// An address of this machine that is not its loopback; nothing is sent to find it out.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn protected_mode_refuses_other_machines() {
    let Some(address) = outer_address() else {
        eprintln!("this machine has no address but its loopback");
        return;
    };
    let server = Server::start(&["--bind", "*"]);
    let outside = || Client::new(TcpStream::connect((address, server.port)).unwrap());
    let text = String::from_utf8(outside().rest()).unwrap();
    assert!(
        text.starts_with(
            "-DENIED Redis is running in protected mode because protected mode is enabled"
        ),
        "{text}"
    );
    assert!(text.ends_with("\r\n"));
    let mut inside = server.connect();
    inside.roundtrip(b"CONFIG SET protected-mode no\r\n", b"+OK\r\n");
    outside().roundtrip(PING, PONG);
    inside.roundtrip(
        b"CONFIG SET protected-mode yes requirepass x\r\n",
        b"+OK\r\n",
    );
    outside().roundtrip(PING, b"-NOAUTH Authentication required.\r\n");
}

#[test]
fn one_client_too_many() {
    let server = Server::start(&["--maxclients", "3"]);
    let mut clients: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    clients
        .iter_mut()
        .for_each(|client| client.roundtrip(PING, PONG));
    let refusal = b"-ERR max number of clients reached\r\n";
    assert_eq!(server.connect().rest(), refusal);
    clients
        .iter_mut()
        .for_each(|client| client.roundtrip(PING, PONG));
    clients[0].roundtrip(b"CONFIG SET maxclients 4\r\n", b"+OK\r\n");
    let mut fourth = server.connect();
    fourth.roundtrip(PING, PONG);
    assert_eq!(server.connect().rest(), refusal);
}

/// Who says nothing for longer than `timeout` goes; who waits for an element or for messages stays.
#[test]
fn idle_clients_are_closed() {
    let server = Server::start(&["--timeout", "1"]);
    let mut idle = server.connect();
    idle.roundtrip(PING, PONG);
    let start = Instant::now();
    let mut waiting = server.connect();
    waiting.send(b"BLPOP q 0\r\n");
    let mut listening = server.connect();
    listening.send(b"SUBSCRIBE news\r\n");
    listening.expect(b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    let mut busy = server.connect();
    while start.elapsed() < Duration::from_millis(2500) {
        busy.roundtrip(PING, PONG);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(idle.rest(), b"");
    busy.roundtrip(b"RPUSH q a\r\n", b":1\r\n");
    waiting.expect(b"*2\r\n$1\r\nq\r\n$1\r\na\r\n");
    busy.roundtrip(b"PUBLISH news x\r\n", b":1\r\n");
    listening.expect(b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
}

/// A config file that cannot be read ends the program with a sentence.
#[test]
fn a_config_file_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let text = refused(&[path]);
    let line = format!("# Fatal error, can't open config file '{path}': Is a directory");
    assert!(text.contains(&line), "{text}");
    let file = dir.path().join("h.conf");
    fs::write(&file, "port 0\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0)).unwrap();
    if File::open(&file).is_ok() {
        // Nothing is hidden from the superuser.
        return;
    }
    let text = refused(&[file.to_str().unwrap()]);
    assert!(text.contains("': Permission denied"), "{text}");
}

/// Lines that are no configuration, each named with its number.
#[test]
fn a_config_file_with_a_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("h.conf");
    for (line, reason) in [
        (
            "port 70000",
            "argument must be between 0 and 65535 inclusive",
        ),
        ("port", "wrong number of arguments"),
        ("prot 1", "Bad directive or wrong number of arguments"),
        ("loglevel loud", "argument(s) must be one of the following"),
        ("maxmemory lots", "argument must be a memory value"),
        ("requirepass \"x", "Unbalanced quotes in configuration line"),
        ("appendonly maybe", "argument must be 'yes' or 'no'"),
    ] {
        fs::write(&file, format!("# a comment\n{line}\n")).unwrap();
        let text = refused(&[file.to_str().unwrap()]);
        assert!(
            text.contains("Reading the configuration file, at line 2"),
            "{text}"
        );
        assert!(text.contains(&format!(">>> '{line}'")), "{text}");
        assert!(text.contains(reason), "{text}");
    }
}
