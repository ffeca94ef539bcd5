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

/// A subscriber that reads nothing is closed at the limit of its class, whatever of its output waits where. Others get
/// all, and a connection of another class may have more waiting.
#[test]
fn a_slow_subscriber_is_closed_at_its_limit() {
    const LIMIT: usize = 8 << 20;
    let mut server = Server::start(&["--client-output-buffer-limit", "pubsub", "8mb", "0", "0"]);
    let mut publisher = server.connect();
    let message = vec![b'm'; 100_000];
    publisher.roundtrip(&request(&[b"SET", b"k", &message]), b"+OK\r\n");
    let mut normal = server.connect();
    normal.send(&request(&[b"GET", b"k"]).repeat(300));
    let (mut slow, mut quick) = (server.connect(), server.connect());
    let subscribed = b"*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n";
    for client in [&mut slow, &mut quick] {
        client.roundtrip(&request(&[b"SUBSCRIBE", b"ch"]), subscribed);
    }
    let expected = [&b"*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n"[..], &bulk(&message)].concat();
    let publish = request(&[b"PUBLISH", b"ch", &message]);
    let mut sent = 0;
    loop {
        publisher.send(&publish);
        let receivers = publisher.line();
        quick.expect(&expected);
        if receivers == ":1" {
            break;
        }
        assert_eq!(receivers, ":2");
        sent += message.len();
        let waits = omem(&mut publisher, "cmd=subscribe");
        assert!(waits <= LIMIT + message.len(), "{waits}");
        // What the kernel takes comes on top.
        assert!(sent < LIMIT + (64 << 20));
    }
    assert!(sent >= LIMIT);
    server.wait_for_line("closed for overcoming of output buffer limits");
    // Nothing comes after what the kernel had already.
    let mut rest = Vec::new();
    let _ = slow.stream.read_to_end(&mut rest);
    assert!(rest.len() < sent);
    normal.expect(&bulk(&message).repeat(300));
}

/// The most that waits for one of the connections whose line of CLIENT LIST has `pattern`.
fn omem(client: &mut Client, pattern: &str) -> usize {
    let list = client.bulk(&request(&[b"CLIENT", b"LIST"]));
    let lines = list.lines().filter(|line| line.contains(pattern));
    let omem = lines.map(|line| field(line, "omem=").parse::<usize>().unwrap());
    omem.max().unwrap_or(0)
}

/// The value behind `name` in a line of fields.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(name).expect(name);
    rest.split([' ', '\r', '\n']).next().unwrap_or_default()
}

/// Being over the soft limit for longer than its seconds closes a subscriber, though nothing more is published.
#[test]
fn a_soft_limit_has_its_time() {
    let limit = ["--client-output-buffer-limit", "pubsub", "0", "1mb", "2"];
    let mut server = Server::start(&limit);
    let (mut publisher, mut slow) = (server.connect(), server.connect());
    slow.send(&request(&[b"SUBSCRIBE", b"ch"]));
    assert_eq!(slow.line(), "*3");
    let publish = request(&[b"PUBLISH", b"ch", &vec![b'm'; 1 << 20]]);
    let start = Instant::now();
    // More than the kernel may still take of it.
    while omem(&mut publisher, "sub=1") < 10 << 20 {
        publisher.send(&publish);
        assert_eq!(publisher.line(), ":1");
    }
    server.wait_for_line("closed for overcoming of output buffer limits");
    let took = start.elapsed();
    assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(12));
    publisher.roundtrip(PING, PONG);
}

/// A reply larger than the hard limit closes its client, with nothing of it sent.
#[test]
fn a_reply_over_the_limit_is_not_sent() {
    let server = Server::start(&["--client-output-buffer-limit", "normal", "1mb", "0", "0"]);
    let mut client = server.connect();
    client.roundtrip(
        &request(&[b"SETRANGE", b"k", b"2000000", b"x"]),
        b":2000001\r\n",
    );
    client.send(&request(&[b"GET", b"k"]));
    assert_eq!(client.rest(), b"");
    server.connect().roundtrip(PING, PONG);
}

/// A client that hangs up while its command waits is gone at once, and takes nothing from the key afterwards.
#[test]
fn hanging_up_ends_a_wait() {
    let server = Server::start(&[]);
    let mut other = server.connect();
    let blpop = request(&[b"BLPOP", b"list", b"0"]);
    for way in 0..3 {
        let mut client = server.connect();
        client.send(&blpop);
        wait_for_clients(&mut other, 2);
        if way == 0 {
            client.stream.shutdown(Shutdown::Write).unwrap();
            assert_eq!(client.rest(), b"");
        } else if way == 1 {
            // Requests behind the one that waits change nothing of it.
            client.send(&PING.repeat(10));
        }
        drop(client);
        wait_for_clients(&mut other, 1);
        other.roundtrip(&request(&[b"RPUSH", b"list", b"a"]), b":1\r\n");
        other.roundtrip(&request(&[b"DEL", b"list"]), b":1\r\n");
    }
    // The same where the end comes with the request.
    let mut client = server.connect();
    client.send(&blpop);
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), b"");
    wait_for_clients(&mut other, 1);
    // And where a pause holds the request.
    other.roundtrip(
        &request(&[b"CLIENT", b"PAUSE", b"100000", b"WRITE"]),
        b"+OK\r\n",
    );
    let mut client = server.connect();
    client.send(&request(&[b"SET", b"k", b"v"]));
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), b"");
    other.roundtrip(&request(&[b"CLIENT", b"UNPAUSE"]), b"+OK\r\n");
    other.roundtrip(&request(&[b"EXISTS", b"k"]), b":0\r\n");
    // A reply that the host is still working on comes.
    let mut client = server.connect();
    client.send(&request(&[b"CONFIG", b"SET", b"maxclients", b"100"]));
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), b"+OK\r\n");
}

fn wait_for_clients(client: &mut Client, count: usize) {
    let until = Instant::now() + PATIENCE;
    loop {
        let list = client.bulk(&request(&[b"CLIENT", b"LIST"]));
        let blocked = list.lines().filter(|line| line.contains("flags=b")).count();
        if list.lines().count() == count && blocked == count - 1 {
            return;
        }
        assert!(Instant::now() < until, "{list}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// INFO counts the bytes of requests and replies.
#[test]
fn traffic_is_counted() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let info = request(&[b"INFO", b"stats"]);
    let read = |client: &mut Client| {
        let text = client.bulk(&info);
        let number = |name: &str| field(&text, name).parse::<usize>().unwrap();
        let input = number("total_net_input_bytes:");
        let output = number("total_net_output_bytes:");
        (input, output, number("total_reads_processed:"), text.len())
    };
    let before = read(&mut client);
    let value = vec![b'x'; 300_000];
    let set = request(&[b"SET", b"k", &value]);
    client.roundtrip(&set, b"+OK\r\n");
    client.roundtrip(&request(&[b"GET", b"k"]), &bulk(&value));
    let after = read(&mut client);
    let get = request(&[b"GET", b"k"]).len();
    assert_eq!(after.0 - before.0, set.len() + get + info.len());
    let info_reply = bulk(&vec![b'x'; before.3]).len();
    assert_eq!(after.1 - before.1, 5 + bulk(&value).len() + info_reply);
    assert!(after.2 > before.2);
    let until = Instant::now() + PATIENCE;
    for name in ["instantaneous_input_kbps:", "instantaneous_output_kbps:"] {
        while field(&client.bulk(&info), name).parse::<f64>().unwrap() < 10.0 {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    client.roundtrip(&request(&[b"CONFIG", b"RESETSTAT"]), b"+OK\r\n");
    assert!(read(&mut client).0 < 1000);
}

/// INFO's memory is what is allocated: it follows what is stored and deleted at once.
#[test]
fn memory_is_counted() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let read = |client: &mut Client, name: &str| {
        let text = client.bulk(&request(&[b"INFO", b"memory"]));
        field(&text, name).parse::<f64>().unwrap()
    };
    let before = read(&mut client, "used_memory:");
    assert!(before > 10_000.0 && before < 50e6, "{before}");
    client.roundtrip(
        &request(&[b"SETRANGE", b"k", b"50000000", b"x"]),
        b":50000001\r\n",
    );
    let grown = read(&mut client, "used_memory:") - before;
    assert!((50e6..51e6).contains(&grown), "{grown}");
    let peak = read(&mut client, "used_memory_peak:");
    assert!(peak >= before + grown);
    let (rss, used) = (read(&mut client, "used_memory_rss:"), before + grown);
    let ratio = read(&mut client, "mem_fragmentation_ratio:");
    assert!((ratio - rss / used).abs() < 0.3, "{ratio} {rss} {used}");
    assert!(read(&mut client, "used_memory_dataset:") > 45e6);
    client.roundtrip(&request(&[b"DEL", b"k"]), b":1\r\n");
    let left = read(&mut client, "used_memory:") - before;
    assert!(left.abs() < 1e6, "{left}");
    assert_eq!(read(&mut client, "used_memory_peak:"), peak);
}

/// Who has not authenticated may not make replies wait.
#[test]
fn strangers_have_no_output_waiting() {
    let server = Server::start(&["--requirepass", "secret"]);
    let mut client = server.connect();
    let input = PING.repeat(10_000);
    let until = Instant::now() + PATIENCE;
    while client.stream.write_all(&input).is_ok() {
        assert!(Instant::now() < until);
    }
    let mut other = server.connect();
    other.roundtrip(b"AUTH secret\r\n", b"+OK\r\n");
    wait_for_clients(&mut other, 1);
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
