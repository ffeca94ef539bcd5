//! What connections do to the server and to each other.

mod common;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Client, PATIENCE, PROGRAM, Server, bulk, request};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
const PONG: &[u8] = b"+PONG\r\n";

/// A request in two packets, wherever it is cut, takes no processor time while its rest is missing.
#[test]
fn requests_in_pieces() {
    let server = Server::start(&[]);
    let whole = request(&[b"SET", b"key", b"value"]);
    for cut in 1..whole.len() {
        let mut client = server.connect();
        client.send(&[PING, &whole[..cut]].concat());
        client.expect(PONG);
        client.roundtrip(&whole[cut..], b"+OK\r\n");
    }
    let mut client = server.connect();
    client.roundtrip(&[PING, &whole[..20]].concat(), PONG);
    let before = server.cpu_ticks();
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.cpu_ticks() - before <= 3);
    client.roundtrip(&whole[20..], b"+OK\r\n");
}

#[test]
fn idle_takes_no_processor_time() {
    let server = Server::start(&[]);
    let clients: Vec<Client> = (0..20).map(|_| server.connect()).collect();
    std::thread::sleep(Duration::from_millis(100));
    let before = server.cpu_ticks();
    std::thread::sleep(Duration::from_secs(1));
    assert!(server.cpu_ticks() - before <= 3);
    drop(clients);
}

/// A client that is done with writing gets all replies, then the end.
#[test]
fn half_closed() {
    let server = Server::start(&[]);
    let files = server.files();
    let mut client = server.connect();
    client.send(&PING.repeat(20_000));
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert!(client.rest() == PONG.repeat(20_000));
    let cut_off = [PING, b"*1\r\n$4\r\nPI"].concat();
    for input in [PING, &cut_off, b""] {
        for _ in 0..100 {
            // The end often arrives together with the data.
            let mut client = server.connect();
            client.send(input);
            client.stream.shutdown(Shutdown::Write).unwrap();
            let replies = usize::from(!input.is_empty());
            assert_eq!(client.rest(), PONG.repeat(replies));
        }
    }
    server.wait_for_files(files);
}

/// Output waits for a slow reader without holding up others, and comes whole and in order.
#[test]
fn slow_reader() {
    let server = Server::start(&[]);
    let mut other = server.connect();
    let values: Vec<Vec<u8>> = (0..5u8)
        .map(|number| vec![b'a' + number; 10_000 + 90_000 * usize::from(number % 2)])
        .collect();
    let (mut requests, mut expected) = (Vec::new(), Vec::new());
    for (number, value) in values.iter().enumerate() {
        let key = number.to_string();
        other.roundtrip(&request(&[b"SET", key.as_bytes(), value]), b"+OK\r\n");
    }
    for number in 0..400 {
        let key = (number % values.len()).to_string();
        requests.extend(request(&[b"GET", key.as_bytes()]));
        requests.extend(PING);
        expected.extend(bulk(&values[number % values.len()]));
        expected.extend(PONG);
    }
    requests.extend(request(&[b"SET", b"done", b"1"]));
    expected.extend(b"+OK\r\n");
    let mut slow = server.connect();
    slow.send(&requests);
    // All of it runs, though nobody reads.
    let until = Instant::now() + PATIENCE;
    let mut done = false;
    while !done {
        assert!(Instant::now() < until);
        other.send(&request(&[b"GET", b"done"]));
        let mut reply = [0; 5];
        other.stream.read_exact(&mut reply).unwrap();
        done = &reply == b"$1\r\n1";
        if done {
            other.expect(b"\r\n");
        }
    }
    // The values change while their old ones wait to be sent.
    other.roundtrip(&request(&[b"SET", b"0", b"new"]), b"+OK\r\n");
    for piece in expected.chunks(1 << 20) {
        slow.expect(piece);
        std::thread::sleep(Duration::from_millis(2));
    }
    slow.roundtrip(&request(&[b"GET", b"0"]), &bulk(b"new"));
}

#[test]
fn a_limit_on_waiting_output_closes_the_client() {
    let mut server = Server::start(&["--client-output-buffer-limit", "normal", "20mb", "0", "0"]);
    let mut client = server.connect();
    let value = vec![b'x'; 1 << 20];
    client.roundtrip(&request(&[b"SET", b"k", &value]), b"+OK\r\n");
    // Too much for the limit and what the kernel takes.
    let _ = client
        .stream
        .write_all(&request(&[b"GET", b"k"]).repeat(100));
    server.wait_for_line("overcoming of output buffer limits");
    let mut all = Vec::new();
    let _ = client.stream.read_to_end(&mut all);
    assert!(all.len() < 100 << 20);
    server.connect().roundtrip(PING, PONG);
}

/// A million requests before the first reply is read.
#[test]
fn big_pipeline() {
    const COUNT: usize = 1_000_000;
    let server = Server::start(&[]);
    let mut client = server.connect();
    let input = PING.repeat(1000);
    for _ in 0..COUNT / 1000 {
        client.send(&input);
    }
    let expected = PONG.repeat(1000);
    for _ in 0..COUNT / 1000 {
        client.expect(&expected);
    }
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), b"");
}

#[test]
fn big_value() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let value: Vec<u8> = (0..64usize << 20).map(|at| (at / 7 % 251) as u8).collect();
    client.roundtrip(&request(&[b"SET", b"big", &value]), b"+OK\r\n");
    client.roundtrip(&request(&[b"GET", b"big"]), &bulk(&value));
    client.roundtrip(PING, PONG);
}

#[test]
fn protocol_errors_close_their_connection_only() {
    let server = Server::start(&[]);
    let mut other = server.connect();
    for (input, reply) in [
        (
            "*1\r\n$x\r\n",
            "-ERR Protocol error: invalid bulk length\r\n",
        ),
        (
            "*x\r\n",
            "-ERR Protocol error: invalid multibulk length\r\n",
        ),
        (
            "*1\r\n:1\r\n",
            "-ERR Protocol error: expected '$', got ':'\r\n",
        ),
        (
            "PING \"\r\n",
            "-ERR Protocol error: unbalanced quotes in request\r\n",
        ),
    ] {
        let mut client = server.connect();
        client.send(&[PING, input.as_bytes()].concat());
        assert_eq!(client.rest(), [PONG, reply.as_bytes()].concat());
        other.roundtrip(PING, PONG);
    }
}

#[test]
fn many_connections() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard.min(65_536), hard).unwrap();
    let server = Server::start(&[]);
    let files = server.files();
    let mut clients: Vec<Client> = (0..1000).map(|_| server.connect()).collect();
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            let text = format!("{round}-{number}");
            client.send(&request(&[b"PING", text.as_bytes()]));
        }
        for (number, client) in clients.iter_mut().enumerate() {
            client.expect(&bulk(format!("{round}-{number}").as_bytes()));
        }
    }
    drop(clients);
    server.wait_for_files(files);
    server.connect().roundtrip(PING, PONG);
}

/// Connections come and go, some in the middle of something, while others work on.
#[test]
fn churn() {
    let server = Server::start(&[]);
    let files = server.files();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for round in 0..200 {
                    let mut client = server.connect();
                    let value = format!("{worker}-{round}");
                    let key = format!("k{worker}");
                    let set = request(&[b"SET", key.as_bytes(), value.as_bytes()]);
                    match round % 4 {
                        // Leaves without reading.
                        0 => client.send(&PING.repeat(100)),
                        // Leaves within a request.
                        1 => client.send(&set[..set.len() / 2]),
                        _ => {
                            client.roundtrip(&set, b"+OK\r\n");
                            let get = request(&[b"GET", key.as_bytes()]);
                            client.roundtrip(&get, &bulk(value.as_bytes()));
                        }
                    }
                }
            });
        }
        let mut steady = server.connect();
        for _ in 0..200 {
            steady.roundtrip(&PING.repeat(50), &PONG.repeat(50));
        }
    });
    server.wait_for_files(files);
}

/// Where descriptors run out the server goes on, does not spin, and accepts again later.
#[test]
fn used_up_descriptors() {
    let mut command = Command::new("sh");
    let script = "ulimit -n 64 && exec \"$0\" \"$@\"";
    command.args(["-c", script, PROGRAM]);
    let server = Server::start_command(command);
    let mut first = server.connect();
    let clients: Vec<Client> = (0..100).map(|_| server.connect()).collect();
    std::thread::sleep(Duration::from_millis(100));
    let before = server.cpu_ticks();
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.cpu_ticks() - before <= 3);
    first.roundtrip(PING, PONG);
    drop(clients);
    server.connect().roundtrip(PING, PONG);
}
