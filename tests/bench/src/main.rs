//! Benchmark of hyla-server against redis-server and valkey-server in one run. README.md beside this crate says how
//! to run it and what each figure means.

mod args;
mod files;
mod grow;
mod interrupt;
mod load;
mod memory;
mod pauses;
mod rate;
mod report;
mod resp;
mod scaling;
mod server;
mod workload;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::args::{Args, Mode};
use crate::report::Report;

fn main() -> ExitCode {
    let raw: Vec<String> = std::env::args().collect();
    let result = match raw.get(1).map(String::as_str) {
        Some(server::LAUNCH) => server::launch(&raw[2..]),
        _ => bench(&Args::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(args: &Args) -> Result<()> {
    let has_parts = matches!(args.mode, Some(Mode::Files | Mode::Pauses));
    let (rows, parts) = match has_parts {
        true => (Vec::new(), &args.only[..]),
        false => (workload::select(&args.only)?, &[][..]),
    };
    if args.list {
        for row in rows {
            println!("{:<14} {:<11} {}", row.name, row.group, row.about);
        }
        return Ok(());
    }
    let settings = args.settings()?;
    interrupt::install()?;
    // Hundreds of connections to several servers are more than the usual soft limit of open files.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    if let Some((_, client)) = settings.cpus {
        server::pin(client)?;
    }
    let mut report = Report::begin(&settings);
    if let Some(path) = &args.json {
        // Written once now, so that a path that cannot be written is known before the long part.
        report.write_json(path)?;
    }
    // Each is started once before anything long: one that does not run should say so now.
    for index in 0..settings.specs.len() {
        report.add_server(&settings.start(index)?);
    }
    let modes = match args.mode {
        None => vec![Mode::Rate, Mode::Memory],
        Some(Mode::All) => vec![
            Mode::Rate,
            Mode::Memory,
            Mode::Grow,
            Mode::Scaling,
            Mode::Pauses,
            Mode::Files,
        ],
        Some(one) => vec![one],
    };
    for mode in modes {
        match mode {
            Mode::Rate => rate::run(&settings, &rows, &mut report)?,
            Mode::Memory => memory::run(&settings, &mut report)?,
            Mode::Scaling => scaling::run(&settings, &mut report)?,
            Mode::Pauses => pauses::run(&settings, parts, &mut report)?,
            Mode::Files => files::run(&settings, parts, &mut report)?,
            Mode::Grow | Mode::All => grow::run(&settings, &mut report)?,
        }
    }
    match &args.json {
        Some(path) => report.write_json(path),
        None => Ok(()),
    }
}
