//! Building, running, testing and measuring Hyla: everything that is more than plain cargo.

mod bench;
mod run;
mod setup;
mod step;
mod summary;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask run [directives]     builds everything, starts the server on 6379 and the playground on http://127.0.0.1:8379
cargo xtask test [options]       installs or names what the tests need and runs them all; --help lists the options
cargo xtask bench [arguments]    builds the release server and measures it; --help lists the arguments
cargo xtask wasm                 builds the npm package";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("--help", &[][..]),
    };
    let outcome = match command {
        "run" => run::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("no task {other}\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
