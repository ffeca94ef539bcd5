//! Values of 512 MB, the largest that there are. They take gigabytes and a minute, so that they are only made where
//! `HYLA_LARGE=1` is set: `HYLA_LARGE=1 cargo test --release -p hyla-server --test large`.

mod common;

use std::io::Write;

use common::{Client, Server, request};

const LARGEST: usize = 512 << 20;
const TOO_LONG: &str = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";

fn wanted() -> bool {
    std::env::var_os("HYLA_LARGE").is_some()
}

fn start() -> (Server, Client) {
    let server = Server::start(&["--save", ""]);
    let client = server.connect();
    (server, client)
}

fn ask(client: &mut Client, args: &[&[u8]]) -> String {
    client.send(&request(args));
    client.line()
}

#[test]
fn values_of_512_megabytes() {
    if !wanted() {
        return;
    }
    let (_server, mut client) = start();
    let value: Vec<u8> = (0..LARGEST).map(|at| (at / 3 % 251) as u8).collect();
    assert_eq!(ask(&mut client, &[b"SET", b"k", &value]), "+OK");
    assert_eq!(ask(&mut client, &[b"STRLEN", b"k"]), ":536870912");
    assert_eq!(ask(&mut client, &[b"GET", b"k"]), "$536870912");
    for piece in value.chunks(1 << 20) {
        client.expect(piece);
    }
    client.expect(b"\r\n");
    assert_eq!(ask(&mut client, &[b"APPEND", b"k", b"y"]), TOO_LONG);
    assert_eq!(ask(&mut client, &[b"APPEND", b"k", b""]), ":536870912");
    assert_eq!(
        ask(&mut client, &[b"SETRANGE", b"k", b"536870911", b"y"]),
        ":536870912"
    );
    assert_eq!(
        ask(&mut client, &[b"SETRANGE", b"k", b"536870912", b"y"]),
        TOO_LONG
    );
    assert_eq!(
        ask(&mut client, &[b"SETRANGE", b"n", b"536870911", b"yy"]),
        TOO_LONG
    );
    assert_eq!(ask(&mut client, &[b"DEL", b"k"]), ":1");
    let (half, rest) = value.split_at(LARGEST / 2);
    assert_eq!(ask(&mut client, &[b"SET", b"h", half]), "+OK");
    assert_eq!(ask(&mut client, &[b"APPEND", b"h", rest]), ":536870912");
    assert_eq!(ask(&mut client, &[b"DEL", b"h"]), ":1");
    assert_eq!(ask(&mut client, &[b"LPUSH", b"l", &value]), ":1");
    assert_eq!(
        ask(&mut client, &[b"SETBIT", b"b", b"4294967295", b"1"]),
        ":0"
    );
    let offset = "-ERR bit offset is not an integer or out of range";
    assert_eq!(
        ask(&mut client, &[b"SETBIT", b"b", b"4294967296", b"1"]),
        offset
    );
}

/// One byte more than `proto-max-bulk-len` is refused as soon as its length is known, at whatever that is set to.
#[test]
fn longer_values_are_refused() {
    let (server, mut client) = start();
    let refused = |bytes: usize| {
        let mut client = server.connect();
        let head = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${bytes}\r\n");
        client.stream.write_all(head.as_bytes()).unwrap();
        client.line()
    };
    let error = "-ERR Protocol error: invalid bulk length";
    assert_eq!(refused(LARGEST + 1), error);
    let set: [&[u8]; 4] = [b"CONFIG", b"SET", b"proto-max-bulk-len", b"1mb"];
    assert_eq!(ask(&mut client, &set), "+OK");
    assert_eq!(refused((1 << 20) + 1), error);
    assert_eq!(
        ask(&mut client, &[b"SETRANGE", b"m", b"1048575", b"y"]),
        ":1048576"
    );
    assert_eq!(ask(&mut client, &[b"APPEND", b"m", b"y"]), TOO_LONG);
    let small: [&[u8]; 4] = [b"CONFIG", b"SET", b"proto-max-bulk-len", b"1000"];
    assert!(ask(&mut client, &small).starts_with("-ERR CONFIG SET failed"));
}
