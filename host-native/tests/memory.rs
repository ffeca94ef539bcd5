//! Memory that the system refuses: the command that asked for it gets an error, what is stored stays, and all others
//! go on.

mod common;

use std::process::Command;

use common::{Client, PROGRAM, Server, request};

/// Address space that the server gets, in KB as `ulimit -v` takes it: its threads and programs need a quarter of it.
const LIMIT_KB: &str = "1000000";
/// Two values of this size do not fit, with what the allocator keeps in reserve.
const LARGE: &[u8] = b"300000000";
const REFUSED: &str = "-ERR out of memory allocating the value";

fn start() -> Server {
    let mut command = Command::new("sh");
    let script = format!("ulimit -v {LIMIT_KB} && exec \"$0\" \"$@\"");
    command.args(["-c", &script, PROGRAM, "--save", ""]);
    Server::start_command(command)
}

fn ask(client: &mut Client, args: &[&[u8]]) -> String {
    client.send(&request(args));
    client.line()
}

#[test]
fn commands_that_find_no_memory_fail_alone() {
    let server = start();
    let mut client = server.connect();
    let mut other = server.connect();
    assert_eq!(ask(&mut other, &[b"SET", b"small", b"value"]), "+OK");
    assert_eq!(
        ask(&mut client, &[b"SETRANGE", b"one", LARGE, b"x"]),
        ":300000001"
    );
    let hungry: &[&[&[u8]]] = &[
        &[b"SETRANGE", b"two", b"536000000", b"x"],
        &[b"SETRANGE", b"small", b"536000000", b"x"],
        &[b"SETBIT", b"two", b"4294000000", b"1"],
        &[b"SETBIT", b"small", b"4294000000", b"1"],
        &[b"BITFIELD", b"two", b"SET", b"u8", b"4294000000", b"1"],
        &[b"BITOP", b"NOT", b"two", b"one"],
        &[b"BITOP", b"OR", b"two", b"one", b"small"],
    ];
    for args in hungry {
        let name = String::from_utf8_lossy(args[0]).into_owned();
        assert_eq!(ask(&mut client, args), REFUSED, "{name}");
        assert_eq!(ask(&mut other, &[b"STRLEN", b"small"]), ":5", "{name}");
        assert_eq!(ask(&mut other, &[b"EXISTS", b"two"]), ":0", "{name}");
    }
    assert_eq!(ask(&mut client, &[b"STRLEN", b"one"]), ":300000001");
    // What is given back can be had again.
    assert_eq!(ask(&mut client, &[b"DEL", b"one"]), ":1");
    assert_eq!(
        ask(&mut client, &[b"SETRANGE", b"two", LARGE, b"x"]),
        ":300000001"
    );
}
