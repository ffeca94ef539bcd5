//! The command line of the transcript runner. It must not know how a transcript is run.

use hyla_tests::target::{Address, Identity, RedisServer, StreamTarget, Target};
use hyla_tests::transcript::run::Mode;
use hyla_tests::transcript::{all_files, run_file};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
transcripts [--against ADDRESS] [--as-hyla] [--rewrite] [FILES...]
Runs transcripts (all of tests/transcripts unless FILES are named).
  --against ADDRESS  HOST:PORT or the path of a unix socket; without it, a redis-server from PATH is started
  --as-hyla          check every part, whatever the server's INFO says
  --rewrite          take the expectations from the server and write them into the files";

struct Options {
    against: Option<String>,
    as_hyla: bool,
    mode: Mode,
    files: Vec<PathBuf>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        against: None,
        as_hyla: false,
        mode: Mode::Check,
        files: Vec::new(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--against" => options.against = Some(args.next().ok_or("--against needs an address")?),
            "--as-hyla" => options.as_hyla = true,
            "--rewrite" => options.mode = Mode::Learn,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}\n{USAGE}")),
            file => options.files.push(PathBuf::from(file)),
        }
    }
    Ok(options)
}

fn run(options: Options) -> Result<bool, String> {
    let mut own = None;
    let mut target: Box<dyn Target> = if let Some(address) = options.against {
        Box::new(StreamTarget::new(Address(address)))
    } else {
        let server = RedisServer::start(&[]).map_err(|error| format!("redis-server: {error}"))?;
        let server =
            own.insert(server.ok_or("no redis-server on PATH; name a server with --against")?);
        Box::new(server.target())
    };
    let server = match options.as_hyla {
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
