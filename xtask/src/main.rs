//! `cargo xtask TASK`: all building, running, testing and measuring that is more than plain cargo. Knows no command of the
//! engine.

mod bench;
mod run;
mod setup;
mod step;
mod summary;
mod test;
mod wasm;

use std::env;
use std::process::ExitCode;

/// A task's outcome: nothing, or the sentence that says what went wrong.
type Outcome = Result<(), String>;

/// A task's name, what it does, and its function, which takes the arguments behind the name.
type Task = (&'static str, &'static str, fn(&[String]) -> Outcome);

/// All tasks.
const TASKS: &[Task] = &[
    (
        "run",
        "build everything, start the server on 6379 and the playground on http://127.0.0.1:8379",
        run::main,
    ),
    (
        "test",
        "install or name what the tests need and run them all; --help lists options",
        test::main,
    ),
    (
        "bench",
        "build the release server and measure it; --help lists options",
        bench::main,
    ),
    (
        "wasm",
        "build the npm package in host-web/pkg and the playground in www/dist",
        wasm::main,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let Some(name) = args.first() else {
        return usage();
    };
    let Some((_, _, task)) = TASKS.iter().find(|(task, _, _)| task == name) else {
        eprintln!("xtask: no task '{name}'");
        return usage();
    };
    match task(&args[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("xtask {name}: {text}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo xtask TASK");
    for (name, text, _) in TASKS {
        eprintln!("  {name:8} {text}");
    }
    ExitCode::FAILURE
}
