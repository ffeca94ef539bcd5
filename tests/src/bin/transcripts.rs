//! The command line of the transcript runner. It must not know how a transcript is run.

use hyla_tests::target::{
    Address, EngineTarget, HylaServer, Identity, Native, RedisServer, StreamTarget, Target,
};
use hyla_tests::transcript::run::Mode;
use hyla_tests::transcript::{all_files, run_file};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
transcripts [--engine | --wasm | --server PATH | --against ADDRESS] [--as-hyla] [--rewrite] [FILES...]
Runs transcripts (all of tests/transcripts unless FILES are named), against a redis-server from PATH unless told otherwise.
  --engine           the engine in this process, in virtual time
  --wasm             the engine as wasm in wasmtime, in virtual time (needs `--features wasm`)
  --server PATH      starts the hyla-server at PATH
  --against ADDRESS  HOST:PORT or the path of a unix socket
  --as-hyla          check every part, whatever the server's INFO says
  --rewrite          take the expectations from the server and write them into the files";

/// Who is asked.
enum Who {
    Redis,
    Engine,
    Wasm,
    Server(PathBuf),
    Address(String),
}

/// The engine's seed in virtual time.
const SEED: u64 = 1;

struct Options {
    who: Who,
    as_hyla: bool,
    mode: Mode,
    files: Vec<PathBuf>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        who: Who::Redis,
        as_hyla: false,
        mode: Mode::Check,
        files: Vec::new(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--engine" => options.who = Who::Engine,
            "--wasm" => options.who = Who::Wasm,
            "--server" => {
                let path = args.next().ok_or("--server needs a path")?;
                options.who = Who::Server(PathBuf::from(path));
            }
            "--against" => {
                options.who = Who::Address(args.next().ok_or("--against needs an address")?);
            }
            "--as-hyla" => options.as_hyla = true,
            "--rewrite" => options.mode = Mode::Learn,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}\n{USAGE}")),
            file => options.files.push(PathBuf::from(file)),
        }
    }
    Ok(options)
}

/// A server that was started for this run, kept until its end.
#[expect(dead_code, reason = "held only to be ended by its drop")]
enum Own {
    Redis(RedisServer),
    Hyla(HylaServer),
}

fn target(who: &Who, own: &mut Option<Own>) -> Result<Box<dyn Target>, String> {
    let text = |error: std::io::Error| error.to_string();
    Ok(match who {
        Who::Address(address) => Box::new(StreamTarget::new(Address(address.clone()))),
        Who::Engine => Box::new(EngineTarget::new(Native::new(), SEED, false).map_err(text)?),
        Who::Wasm => wasm()?,
        Who::Server(path) => {
            let server = HylaServer::start(path, &[]).map_err(text)?;
            let target = server.target();
            *own = Some(Own::Hyla(server));
            Box::new(target)
        }
        Who::Redis => {
            let server = RedisServer::start(&[]).map_err(text)?;
            let server = server.ok_or("no redis-server on PATH; name a server with --against")?;
            let target = server.target();
            *own = Some(Own::Redis(server));
            Box::new(target)
        }
    })
}

#[cfg(feature = "wasm")]
fn wasm() -> Result<Box<dyn Target>, String> {
    use hyla_tests::target::{Program, WasmTarget};
    Program::build()
        .and_then(|program| WasmTarget::new(program.instance()?, SEED, false))
        .map(|target| Box::new(target) as Box<dyn Target>)
        .map_err(|error| error.to_string())
}

#[cfg(not(feature = "wasm"))]
fn wasm() -> Result<Box<dyn Target>, String> {
    Err("--wasm needs a build with `--features wasm`".to_owned())
}

fn run(options: Options) -> Result<bool, String> {
    let mut own = None;
    let mut target = target(&options.who, &mut own)?;
    let hyla = options.as_hyla || matches!(own, Some(Own::Hyla(_)));
    let server = match hyla {
        true => Identity::Hyla,
        false => target.identity().map_err(|error| error.to_string())?,
    };
    let files = match options.files.is_empty() {
        true => all_files().map_err(|error| error.to_string())?,
        false => options.files,
    };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for path in files {
        let report = run_file(&path, &mut *target, &server, options.mode)
            .map_err(|error| error.to_string())?;
        for failure in &report.failures {
            println!(
                "{}: {}: {}: {}\n",
                path.display(),
                failure.section,
                failure.line,
                failure.message
            );
        }
        passed += report.passed;
        failed += report.failed;
        skipped += report.skipped;
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped (against {server:?})");
    Ok(failed == 0)
}

fn main() -> ExitCode {
    match options().and_then(run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
