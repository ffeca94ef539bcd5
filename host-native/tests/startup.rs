//! How the program starts, refuses to start, and ends.

mod common;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Client, PATIENCE, PROGRAM, Server, free_port, refused, run};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
fn version_and_help() {
    for flag in ["-v", "--version"] {
        let output = run(&[flag]);
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let start = concat!(
            "Hyla server v=",
            env!("CARGO_PKG_VERSION"),
            " redis_version=7.2."
        );
        assert!(text.starts_with(start), "{text}");
    }
    let output = run(&["--help"]);
    assert!(output.status.success());
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("Usage: hyla-server")
    );
}

#[test]
fn what_is_not_offered_says_so() {
    assert!(refused(&["--sentinel"]).contains("no Sentinel mode"));
    assert!(refused(&["--test-memory", "10"]).contains("does not test memory"));
    assert!(refused(&["--check-system"]).contains("does not check"));
    assert!(refused(&["--loadmodule", "/x.so"]).contains("loads no modules"));
}

#[test]
fn wrong_configurations() {
    let banner = "*** FATAL CONFIG FILE ERROR (Hyla ";
    let text = refused(&["--no-such-directive", "1"]);
    assert!(text.contains(banner), "{text}");
    assert!(
        text.contains("Bad directive or wrong number of arguments"),
        "{text}"
    );
    let text = refused(&["--port", "0", "--dir", "/no/such/dir"]);
    assert!(
        text.contains(">>> 'dir \"/no/such/dir\"'\nNo such file or directory"),
        "{text}"
    );
    let text = refused(&["--logfile", "/no/such/dir/x.log"]);
    assert!(
        text.contains("Can't open the log file: No such file or directory"),
        "{text}"
    );
    let text = refused(&["/no/such/file.conf"]);
    assert!(
        text.contains(
            "# Fatal error, can't open config file '/no/such/file.conf': No such file or directory"
        ),
        "{text}"
    );
    let text = refused(&["--include", "/no/such/file.conf"]);
    assert!(
        text.contains(banner) && text.contains("No such file or directory"),
        "{text}"
    );
}

#[test]
fn places_that_cannot_be_listened_on() {
    let server = Server::start(&[]);
    let port = server.port.to_string();
    let text = refused(&["--port", &port]);
    let warning = format!(
        "# Warning: Could not create server TCP listening socket 127.0.0.1:{port}: bind: Address already in use"
    );
    assert!(text.contains(&warning), "{text}");
    assert!(
        text.contains(&format!(
            "# Failed listening on port {port} (tcp), aborting."
        )),
        "{text}"
    );
    let text = refused(&["--port", "1", "--bind", "192.0.2.1"]);
    assert!(
        text.contains("192.0.2.1:1: bind: Cannot assign requested address"),
        "{text}"
    );
    let text = refused(&["--port", "0"]);
    assert!(
        text.contains("# Configured to not listen anywhere, exiting."),
        "{text}"
    );
    let text = refused(&["--port", "0", "--unixsocket", "/no/such/dir/x.sock"]);
    assert!(
        text.contains("# Failed opening Unix socket: bind: No such file or directory"),
        "{text}"
    );
    server.connect().roundtrip(b"PING\r\n", b"+PONG\r\n");
}

/// An optional address that the machine lacks is left out.
#[test]
fn optional_addresses() {
    let server = Server::start(&["--bind", "127.0.0.1", "-192.0.2.1"]);
    server.connect().roundtrip(b"PING\r\n", b"+PONG\r\n");
}

#[test]
fn config_file_include_and_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    fs::write(dir.path().join("inner-1.conf"), format!("port {port}\n")).unwrap();
    let main = dir.path().join("main.conf");
    let text = format!(
        "include {}/inner-*.conf\ncluster-node-timeout 1500\n",
        dir.path().display()
    );
    fs::write(&main, text).unwrap();
    let mut child = Command::new(PROGRAM)
        .arg(&main)
        .args(["--io-threads", "1", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let log = dir.path().join("log");
    let stdin = format!("logfile {}\n", log.display());
    child
        .stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    let mut client = connect_when_ready(port);
    client.roundtrip(b"PING\r\n", b"+PONG\r\n");
    child.kill().unwrap();
    child.wait().unwrap();
    let log = fs::read_to_string(log).unwrap();
    assert!(
        log.contains("Directive 'cluster-node-timeout' is kept"),
        "{log}"
    );
    assert!(log.contains("* Ready to accept connections tcp"), "{log}");
}

/// Connects as soon as the server answers; while it loads its files it accepts, but refuses all commands.
fn connect_when_ready(port: u16) -> Client {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => {
                let mut client = Client::new(stream);
                client.send(b"PING\r\n");
                match client.line().as_str() {
                    "+PONG" => return client,
                    other => assert!(other.starts_with("-LOADING"), "{other}"),
                }
            }
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn log_lines_have_redis_form() {
    let server = Server::start(&[]);
    let line = server.log.last().unwrap();
    let (head, text) = line.split_once(" * ").unwrap();
    assert_eq!(text, "Ready to accept connections tcp");
    let parts: Vec<&str> = head.split(' ').collect();
    assert_eq!(parts[0], format!("{}:M", server.pid()));
    assert_eq!((parts.len(), parts[1].len(), parts[2].len()), (5, 2, 3));
    assert_eq!(parts[4].len(), "13:00:00.123".len());
}

#[test]
fn unix_socket_and_pid_file_come_and_go() {
    let dir = tempfile::tempdir().unwrap();
    let (socket, pid) = (dir.path().join("h.sock"), dir.path().join("h.pid"));
    let mut server = Server::start(&[
        "--unixsocket",
        socket.to_str().unwrap(),
        "--unixsocketperm",
        "700",
        "--pidfile",
        pid.to_str().unwrap(),
    ]);
    server.wait_for_line("Ready to accept connections unix");
    assert_eq!(
        fs::metadata(&socket).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(
        fs::read_to_string(&pid).unwrap(),
        format!("{}\n", server.pid())
    );
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    let mut reply = [0; 7];
    std::io::Read::read_exact(&mut stream, &mut reply).unwrap();
    assert_eq!(&reply, b"+PONG\r\n");
    server.signal(Signal::SIGHUP);
    server.connect().roundtrip(b"PING\r\n", b"+PONG\r\n");
    server.signal(Signal::SIGTERM);
    server.wait_for_line("# Received SIGTERM scheduling shutdown...");
    server.wait_for_line("ready to exit, bye bye...");
    assert_eq!(server.wait(), Some(0));
    assert!(!socket.exists() && !pid.exists());
}

/// The socket of a process that was killed is no obstacle, any other file is.
#[test]
fn an_old_unix_socket_is_replaced_but_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("h.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let server = Server::start(&["--unixsocket", path.to_str().unwrap()]);
    UnixStream::connect(&path).unwrap();
    drop(server);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "precious").unwrap();
    let text = refused(&["--port", "0", "--unixsocket", path.to_str().unwrap()]);
    assert!(
        text.contains("Failed opening Unix socket: bind: Address already in use"),
        "{text}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[test]
fn interrupt_ends_with_zero() {
    let mut server = Server::start(&[]);
    let mut client = server.connect();
    client.roundtrip(b"PING\r\n", b"+PONG\r\n");
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait(), Some(0));
    assert_eq!(client.rest(), b"");
}

#[test]
fn in_the_background() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = dir.path().join("h.conf");
    let text = format!(
        "port {port}\ndaemonize yes\ndir {0}\npidfile h.pid\nlogfile h.log\nio-threads 1\n",
        dir.path().display()
    );
    fs::write(&config, text).unwrap();
    assert!(run(&[config.to_str().unwrap()]).status.success());
    let mut client = connect_when_ready(port);
    client.roundtrip(b"PING\r\n", b"+PONG\r\n");
    let pid = fs::read_to_string(dir.path().join("h.pid")).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap();
    let session = stat.rsplit(')').next().unwrap().split(' ').nth(4).unwrap();
    assert_eq!(session, pid.trim());
    kill(Pid::from_raw(pid.trim().parse().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(client.rest(), b"");
    let until = Instant::now() + PATIENCE;
    while dir.path().join("h.pid").exists() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(10));
    }
}
