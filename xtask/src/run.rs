//! `cargo xtask run`: everything built, the server and the playground up. It must not know how the parts are built.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Child;
use std::time::Duration;

use crate::Outcome;
use crate::setup::{self, Need};
use crate::step::{cargo, program, show, target_dir, xtask};

/// Directives that say where the two are served, and the ports that they have here.
const PORTS: [(&str, &str); 2] = [("--port", "6379"), ("--http-port", "8379")];
/// How often a server that starts is asked whether it is there.
const PATIENCE: Duration = Duration::from_millis(50);

/// Builds all and runs the server until it ends. Further arguments are directives for it.
///
/// # Errors
/// Where something is missing or in the way, does not build, or the server fails.
pub(crate) fn main(directives: &[String]) -> Outcome {
    let ports = PORTS.map(|(name, usual)| (name, given(directives, name).unwrap_or(usual)));
    // What takes minutes comes after all that can be known now.
    for (name, port) in ports {
        is_free(name, port)?;
    }
    setup::all(&[&Need::Node, &Need::Target("wasm32-unknown-unknown")])?;
    println!("Building the playground and the server; the first time takes some minutes.");
    show(xtask(&["wasm"])?)?;
    show(cargo(&["build", "--release", "-p", "hyla-server"]))?;
    let server = target_dir().join("release/hyla-server");
    let mut server = program(server, &[]);
    for (name, port) in ports {
        server.args([name, port]);
    }
    let mut server = server
        .args(directives)
        .spawn()
        .map_err(|error| format!("{}: {error}", target_dir().display()))?;
    if wait_for(&mut server, ports.map(|(_, port)| port)) {
        let [(_, port), (_, http)] = ports;
        println!(
            "\nServer:     127.0.0.1:{port} (redis-cli -p {port})\nPlayground: http://127.0.0.1:{http}\nCtrl-C ends both.\n"
        );
    }
    let status = server.wait().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the server ended with {status}"))
    }
}

/// The value that the arguments give a directive.
fn given<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().rposition(|argument| argument == name)?;
    Some(arguments.get(at + 1)?.as_str())
}

fn is_free(name: &str, port: &str) -> Outcome {
    let Ok(number) = port.parse::<u16>() else {
        // The server has its own words for that.
        return Ok(());
    };
    match TcpListener::bind((Ipv4Addr::LOCALHOST, number)) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "port {port} cannot be used ({error}). Perhaps another server runs there; choose another port: \
             cargo xtask run {name} {}",
            number.wrapping_add(1).max(1024)
        )),
    }
}

/// Whether all ports answer before the server ends.
fn wait_for(server: &mut Child, ports: [&str; 2]) -> bool {
    let mut ports = ports.iter().filter_map(|port| port.parse::<u16>().ok());
    ports.all(|port| {
        // Zero is a server that is not wanted.
        while port != 0 && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if !matches!(server.try_wait(), Ok(None)) {
                return false;
            }
            std::thread::sleep(PATIENCE);
        }
        true
    })
}

#[test]
fn the_last_port_given_counts() {
    let arguments = ["--port", "1", "--io-threads", "2", "--port", "3"].map(String::from);
    assert_eq!(given(&arguments, "--port"), Some("3"));
    assert_eq!(given(&arguments, "--http-port"), None);
    assert_eq!(given(&arguments[..5], "--port"), None);
}
