//! The command line of the oracle. It must not know how commands are made or compared.

use hyla_tests::oracle::generate::{GROUPS, Group, NEWER_GROUPS};
use hyla_tests::oracle::play::Pair;
use hyla_tests::oracle::{Options, run};
use hyla_tests::target::{Address, RealTimeEngine, RedisServer, StreamTarget, Target};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
oracle --left ADDRESS --right ADDRESS [options]
Plays random commands on two servers (left: Hyla, right: Redis) and compares every reply. Empties both servers.
ADDRESS is HOST:PORT, the path of a unix socket, `engine` (the engine in this process), `redis` (starts the
redis-server on PATH), or `redis=PROGRAM` (starts that server, a newer one say).
  --commands N      how many commands to send (200000)
  --seed S          the first seed (1)
  --groups A,B      command groups (all of them that redis-server 7.0 has; for newer ones: hash-deadline)
  --batch N         commands sent at once (50)
  --differences N   stop after so many differences, one for each command name (1)";

struct Arguments {
    left: Option<String>,
    right: Option<String>,
    batch: usize,
    options: Options<'static>,
}

fn arguments() -> Result<Arguments, String> {
    let options = Options {
        commands: 200_000,
        seed: 1,
        groups: GROUPS.iter().collect(),
        differences_max: 1,
    };
    let mut arguments = Arguments {
        left: None,
        right: None,
        batch: 50,
        options,
    };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        if flag == "--help" || flag == "-h" {
            return Err(USAGE.to_owned());
        }
        let value = args
            .next()
            .ok_or_else(|| format!("{flag} needs a value\n{USAGE}"))?;
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("{flag}: not a number: {value}"))
        };
        match flag.as_str() {
            "--left" => arguments.left = Some(value),
            "--right" => arguments.right = Some(value),
            "--batch" => arguments.batch = number()?.max(1),
            "--commands" => arguments.options.commands = number()?,
            "--differences" => arguments.options.differences_max = number()?,
            "--seed" => arguments.options.seed = number()? as u64,
            "--groups" => arguments.options.groups = groups(&value)?,
            _ => return Err(format!("unknown option {flag}\n{USAGE}")),
        }
    }
    Ok(arguments)
}

fn groups(names: &str) -> Result<Vec<&'static Group>, String> {
    let find = |name: &str| {
        let mut all = GROUPS.iter().chain(NEWER_GROUPS);
        all.find(|group| group.name == name)
    };
    names
        .split(',')
        .map(|name| find(name).ok_or_else(|| format!("no group {name}")))
        .collect()
}

/// The target at `address`; a server that has to be started for it goes into `own`.
fn target(
    address: Option<String>,
    side: &str,
    own: &mut Vec<RedisServer>,
) -> Result<Box<dyn Target>, String> {
    let address = address.ok_or_else(|| format!("--{side} is missing\n{USAGE}"))?;
    Ok(match address.as_str() {
        "engine" => Box::new(RealTimeEngine::new()),
        name if name == "redis" || name.starts_with("redis=") => {
            let program = name.strip_prefix("redis=").unwrap_or("redis-server");
            let server = RedisServer::start_program(program, &[]);
            let server = server.map_err(|error| error.to_string())?;
            let server = server.ok_or_else(|| format!("there is no {program}"))?;
            let target = server.target();
            own.push(server);
            Box::new(target)
        }
        _ => Box::new(StreamTarget::new(Address(address))),
    })
}

fn oracle() -> Result<bool, String> {
    let arguments = arguments()?;
    let mut own = Vec::new();
    let mut left = target(arguments.left, "left", &mut own)?;
    let mut right = target(arguments.right, "right", &mut own)?;
    let mut pair = Pair {
        left: &mut *left,
        right: &mut *right,
        batch: arguments.batch,
    };
    let start = Instant::now();
    let outcome = run(&mut pair, &arguments.options).map_err(|error| error.to_string())?;
    for difference in &outcome.differences {
        println!("{}", difference.transcript);
    }
    println!(
        "{} commands from seed {}, {} differences, {} intended, {:.1} s",
        outcome.commands,
        arguments.options.seed,
        outcome.differences.len(),
        outcome.intended,
        start.elapsed().as_secs_f64()
    );
    Ok(outcome.differences.is_empty())
}

fn main() -> ExitCode {
    match oracle() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
