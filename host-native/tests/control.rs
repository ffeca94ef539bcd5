//! What a client changes about the running process: CONFIG SET, CONFIG REWRITE, SHUTDOWN.

mod common;

use std::fs;
use std::net::TcpStream;

use common::{Client, Server, free_port, refused, request};

fn set(client: &mut Client, name: &str, value: &str) -> String {
    let args: [&[u8]; 4] = [b"CONFIG", b"SET", name.as_bytes(), value.as_bytes()];
    client.send(&request(&args));
    client.line()
}

/// What the host has to apply answers in its place of a transaction, and nobody runs in between.
#[test]
fn host_directives_in_a_transaction() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let port = free_port().to_string();
    let requests: [&[&[u8]]; 9] = [
        &[b"MULTI"],
        &[b"SET", b"a", b"1"],
        &[
            b"CONFIG",
            b"SET",
            b"loglevel",
            b"verbose",
            b"maxclients",
            b"100",
        ],
        &[b"GET", b"a"],
        &[b"CONFIG", b"SET", b"bind", b"192.0.2.1"],
        &[b"CONFIG", b"SET", b"port", port.as_bytes()],
        &[b"INCR", b"a"],
        &[b"EXEC"],
        &[b"PING"],
    ];
    client.send(&requests.map(request).concat());
    client.expect(b"+OK\r\n");
    client.expect(&b"+QUEUED\r\n".repeat(6));
    client.expect(b"*6\r\n+OK\r\n+OK\r\n$1\r\n1\r\n-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n+OK\r\n:2\r\n+PONG\r\n");
    let moved = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    Client::new(moved).roundtrip(b"GET a\r\n", b"$1\r\n2\r\n");
}

/// `rename-command` gives commands other names or takes them away; what they are called in the accounts stays.
#[test]
fn renamed_commands() {
    let lines = [
        ("FLUSHALL", ""),
        ("set", "Put"),
        ("get", "set"),
        ("config", "admin"),
    ];
    let args: Vec<&str> = lines
        .iter()
        .flat_map(|(old, new)| ["--rename-command", old, new])
        .collect();
    let server = Server::start(&args);
    let mut client = server.connect();
    for (line, reply) in [
        ("put a 1", "+OK"),
        ("SET a", "$1\r\n1"),
        (
            "get a",
            "-ERR unknown command 'get', with args beginning with: 'a' ",
        ),
        (
            "flushall",
            "-ERR unknown command 'flushall', with args beginning with: ",
        ),
        (
            "config get port",
            "-ERR unknown command 'config', with args beginning with: 'get' 'port' ",
        ),
        (
            "admin set rename-command x",
            "-ERR Unknown option or number of arguments for CONFIG SET - 'rename-command'",
        ),
        ("eval \"return redis.call('put','a','1')\" 0", "+OK"),
        (
            "eval \"return redis.pcall('get','a')['err'] ~= nil\" 0",
            ":1",
        ),
        (
            "admin nothing",
            "-ERR unknown subcommand 'nothing'. Try CONFIG HELP.",
        ),
        ("multi", "+OK"),
        ("put a 2", "+QUEUED"),
        ("put", "-ERR wrong number of arguments for 'set' command"),
        ("discard", "+OK"),
        ("command getkeys put a b", "*1\r\n$1\r\na"),
        ("command getkeys get a", "-ERR Invalid command specified"),
        ("command info flushall", "*1\r\n$-1"),
    ] {
        client.roundtrip(
            format!("{line}\r\n").as_bytes(),
            format!("{reply}\r\n").as_bytes(),
        );
    }
    let stats = client.bulk(b"INFO commandstats\r\n");
    assert!(stats.contains("cmdstat_set:calls=2,"), "{stats}");
    assert!(stats.contains("cmdstat_get:calls=1,"), "{stats}");
    for (old, new, reason) in [
        ("nothing", "x", "No such command in rename-command"),
        ("get", "del", "Target command name already exists"),
    ] {
        let text = refused(&["--rename-command", old, new]);
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn shutdown() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("h.pid");
    let mut server = Server::start(&["--pidfile", pid.to_str().unwrap()]);
    let mut client = server.connect();
    client.send(b"PING\r\nSHUTDOWN NOSAVE\r\nPING\r\n");
    assert_eq!(client.rest(), b"+PONG\r\n");
    server.wait_for_line("User requested shutdown...");
    assert_eq!(server.wait(), Some(0));
    assert!(!pid.exists());
}

#[test]
fn another_port() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let busy = Server::start(&[]);
    assert_eq!(
        set(&mut client, "port", &busy.port.to_string()),
        "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
    );
    // The old port is still there.
    server.connect().roundtrip(b"PING\r\n", b"+PONG\r\n");
    let port = free_port();
    assert_eq!(set(&mut client, "port", &port.to_string()), "+OK");
    let mut moved = Client::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    moved.roundtrip(b"PING\r\n", b"+PONG\r\n");
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
    client.roundtrip(b"PING\r\n", b"+PONG\r\n");
}

#[test]
fn another_address() {
    let server = Server::start(&["--bind", "127.0.0.1"]);
    let mut client = server.connect();
    for value in ["192.0.2.1", "127.0.0.1 no.such.host.invalid"] {
        assert_eq!(
            set(&mut client, "bind", value),
            "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses."
        );
    }
    server.connect().roundtrip(b"PING\r\n", b"+PONG\r\n");
    // The wildcard takes the place of the one address, and the other way round.
    assert_eq!(set(&mut client, "bind", "*"), "+OK");
    let mut other = Client::new(TcpStream::connect(("127.0.0.2", server.port)).unwrap());
    other.roundtrip(b"PING\r\n", b"+PONG\r\n");
    assert_eq!(set(&mut client, "bind", "127.0.0.1"), "+OK");
    assert!(TcpStream::connect(("127.0.0.2", server.port)).is_err());
    server.connect().roundtrip(b"PING\r\n", b"+PONG\r\n");
}

#[test]
fn more_clients_than_descriptors() {
    let mut command = std::process::Command::new("sh");
    let script = "ulimit -n 100 && exec \"$0\" \"$@\"";
    command.args(["-c", script, common::PROGRAM]);
    let server = Server::start_command(command);
    if server.log.iter().all(|line| !line.contains("maxclients")) {
        // A process that may do anything raises its limit.
        return;
    }
    let mut client = server.connect();
    assert_eq!(
        set(&mut client, "maxclients", "5000"),
        "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to handle the specified number of clients, try with 68"
    );
}

#[test]
fn rewrite() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("h.conf");
    fs::write(&path, "# mine\nloglevel notice\n").unwrap();
    let server = Server::start(&[path.to_str().unwrap()]);
    let mut client = server.connect();
    assert_eq!(set(&mut client, "loglevel", "verbose"), "+OK");
    client.roundtrip(b"CONFIG REWRITE\r\n", b"+OK\r\n");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# mine\nloglevel verbose\n"), "{text}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// A key whose time has come is there for DEBUG OBJECT until something looks for it.
#[test]
fn debug_object_shows_what_is_due() {
    let server = Server::start(&["--enable-debug-command", "yes"]);
    let mut client = server.connect();
    client.roundtrip(b"DEBUG SET-ACTIVE-EXPIRE 0\r\n", b"+OK\r\n");
    client.roundtrip(b"SET k v PX 1\r\n", b"+OK\r\n");
    std::thread::sleep(std::time::Duration::from_millis(30));
    client.send(b"DEBUG OBJECT k\r\n");
    assert!(client.line().starts_with("+Value at:"));
    client.roundtrip(b"EXISTS k\r\n", b":0\r\n");
    client.roundtrip(b"DEBUG OBJECT k\r\n", b"-ERR no such key\r\n");
}

/// DEBUG HELP names what can be asked for, each with a sentence about it.
#[test]
fn debug_help_says_what_there_is() {
    let server = Server::start(&["--enable-debug-command", "yes"]);
    let mut client = server.connect();
    client.send(b"DEBUG HELP\r\n");
    let count: usize = client.line()[1..].trim().parse().unwrap();
    let lines: Vec<String> = (0..count).map(|_| client.line()).collect();
    for name in ["LOADAOF", "LOG", "OBJECT", "RELOAD", "REPLYBUFFER", "SLEEP"] {
        let is_about = |line: &String| line[1..].split_whitespace().next() == Some(name);
        let at = lines.iter().position(is_about);
        let text = at.and_then(|at| lines.get(at + 1));
        let words = text.filter(|text| text.starts_with("+    "));
        assert!(
            words.is_some_and(|words| words.len() > 24),
            "{name}: {lines:?}"
        );
    }
    client.roundtrip(b"DEBUG LOG words\r\n", b"+OK\r\n");
    client.roundtrip(b"DEBUG REPLYBUFFER RESIZING 0\r\n", b"+OK\r\n");
}
