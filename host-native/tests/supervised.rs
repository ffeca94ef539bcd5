//! What a service manager hears, and what the log says where none is there.

mod common;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;

use common::{PATIENCE, PROGRAM, Server};
use nix::sys::signal::Signal;

/// The program in an environment of which the test says what a manager has set.
fn program(args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_remove("NOTIFY_SOCKET")
        .env_remove("UPSTART_JOB");
    command.args(args);
    command
}

fn supervised(server: &Server) -> String {
    let mut client = server.connect();
    client.send(b"INFO server\r\nQUIT\r\n");
    let text = String::from_utf8(client.rest()).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("process_supervised:"));
    line.unwrap().to_string()
}

#[track_caller]
fn expect(socket: &UnixDatagram, text: &str) {
    let mut buffer = [0; 200];
    let len = socket.recv(&mut buffer).unwrap();
    assert_eq!(std::str::from_utf8(&buffer[..len]).unwrap(), text);
}

#[test]
fn systemd_hears_of_start_and_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let abstract_name = format!("hyla-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
    for (mode, variable, socket) in [
        (
            "systemd",
            path.to_str().unwrap(),
            UnixDatagram::bind(&path).unwrap(),
        ),
        (
            "auto",
            &format!("@{abstract_name}"),
            UnixDatagram::bind_addr(&address).unwrap(),
        ),
    ] {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        // In the background a manager would lose sight of the process.
        let mut command = program(&["--supervised", mode, "--daemonize", "yes"]);
        command.env("NOTIFY_SOCKET", variable);
        let mut server = Server::start_command(command);
        assert!(
            server.log[0].contains(" * Supervised by systemd. "),
            "{:?}",
            server.log
        );
        expect(&socket, "STATUS=Hyla is loading...\n");
        expect(&socket, "STATUS=Ready to accept connections\n");
        expect(&socket, "READY=1\n");
        assert_eq!(supervised(&server), "systemd");
        server.signal(Signal::SIGTERM);
        expect(&socket, "STOPPING=1\n");
        assert_eq!(server.wait(), Some(0));
    }
}

/// A server that nobody watches starts all the same.
#[test]
fn no_manager() {
    for (mode, line) in [
        (
            "systemd",
            Some("# systemd supervision error: NOTIFY_SOCKET not found!"),
        ),
        (
            "upstart",
            Some("# upstart supervision requested, but UPSTART_JOB not found!"),
        ),
        ("auto", None),
        ("no", None),
    ] {
        let server = Server::start_command(program(&["--supervised", mode]));
        let said = server.log.iter().find(|line| line.contains("supervision"));
        match line {
            Some(line) => assert!(said.unwrap().ends_with(line), "{said:?}"),
            None => assert_eq!(said, None),
        }
        assert_eq!(supervised(&server), "no");
    }
    let mut command = program(&["--supervised", "systemd"]);
    command.env("NOTIFY_SOCKET", "/no/such/socket");
    let server = Server::start_command(command);
    assert!(
        server.log[0].ends_with("# systemd supervision error: sd_notify: -2"),
        "{:?}",
        server.log
    );
}
