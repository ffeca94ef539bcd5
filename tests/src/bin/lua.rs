//! The command line of the Lua machine's tests beside lua5.1. It must not know how programs are made or compared.

use hyla_tests::lua::fuzz::{self, Difference, Options};
use hyla_tests::lua::packages::{self, Outcome, Server};
use hyla_tests::lua::{bench, run, sources};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
lua fuzz [--programs N] [--seed S] [--batch N] [--differences N] [--release] [--runner PATH]
  Random programs on lua5.1 and on the machine; what differs is made small and shown with its seed.
lua sources [--seconds N] [--seed S] [--batch N] [--differences N]
  Wrong and half-wrong source texts: both say the same of them, and what compiles runs without harm.
lua show --seed S
  The program of a seed.
lua bench [--rounds N] [--only NAME] [--runner PATH]
  Times the programs of tests/lua-bench on both and prints ratios.
lua packages [--left HOST:PORT] [--right HOST:PORT] [--folder PATH]
  The Lua scripts of npm and PyPI packages, installed below the folder (a new one), compiled and run on both servers,
  which are emptied. Without servers it says which scripts there are.
The runner is built when none is given: engine/lua/examples/lua.rs.";

struct Flags(Vec<(String, String)>);

impl Flags {
    fn parse(args: &[String]) -> Result<Flags, String> {
        let mut flags = Vec::new();
        let mut args = args.iter();
        while let Some(flag) = args.next() {
            let value = if flag == "--release" {
                Some("")
            } else {
                args.next().map(|v| &**v)
            };
            let value = value.ok_or_else(|| format!("{flag} needs a value\n{USAGE}"))?;
            flags.push((flag.clone(), value.to_owned()));
        }
        Ok(Flags(flags))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(flag, _)| flag == name);
        found.map(|(_, value)| &**value)
    }

    fn number(&self, name: &str, default: u64) -> Result<u64, String> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("{name}: not a number: {text}")),
        }
    }

    fn runner(&self, release: bool) -> Result<PathBuf, String> {
        match self.get("--runner") {
            Some(path) => Ok(PathBuf::from(path)),
            None => run::build_runner(release || self.get("--release").is_some()),
        }
    }
}

fn fuzz(flags: &Flags) -> Result<bool, String> {
    let options = Options {
        programs: flags.number("--programs", 10_000)?,
        seed: flags.number("--seed", 1)?,
        batch: flags.number("--batch", 500)?.max(1),
        differences_max: usize::try_from(flags.number("--differences", 5)?).unwrap_or(5),
        runner: flags.runner(false)?,
    };
    let start = Instant::now();
    let mut found = 0;
    let report = &mut |difference: &Difference| {
        found += 1;
        println!(
            "seed {}\n{}\nlua5.1:\n{}ours:\n{}",
            difference.seed, difference.source, difference.expected, difference.got
        );
    };
    let mut shown = 0;
    let progress = &mut |done: u64| {
        if done / 20_000 > shown {
            shown = done / 20_000;
            eprintln!("{done} programs, {:.0} s", start.elapsed().as_secs_f64());
        }
    };
    let ran = fuzz::run(&options, report, progress).map_err(|error| error.to_string())?;
    println!(
        "{} programs from seed {}, {} distinct, {found} differences, {:.1} s, too much for lua5.1: {:?}",
        ran.programs,
        options.seed,
        ran.distinct,
        start.elapsed().as_secs_f64(),
        ran.left_out
    );
    Ok(found == 0)
}

fn sources(flags: &Flags) -> Result<bool, String> {
    let seconds = flags.number("--seconds", 60)?;
    let batch = usize::try_from(flags.number("--batch", 1000)?.max(1)).unwrap_or(1000);
    let shown_max = flags.number("--differences", 20)?;
    let mut found = 0;
    let seed = flags.number("--seed", 1)?;
    let ran = sources::run(
        seed,
        batch,
        seconds,
        &mut |difference| {
            found += 1;
            if found <= shown_max {
                println!(
                    "{}\nlua5.1: {}\nours: {}",
                    difference.source.escape_ascii(),
                    difference.expected,
                    difference.got
                );
            }
        },
        &mut |seed, done| {
            if seed % 20 == 0 {
                println!("seed {seed}: {done} texts");
            }
        },
    );
    let ran = ran.map_err(|error| error.to_string())?;
    println!("{ran} texts from seed {seed}, {found} differences, {seconds} s");
    Ok(found == 0)
}

fn bench(flags: &Flags) -> Result<bool, String> {
    let runner = flags.runner(true)?;
    let rounds = usize::try_from(flags.number("--rounds", 5)?.max(1)).unwrap_or(5);
    let mut ratios = Vec::new();
    let mut worst: (f64, String) = (0.0, String::new());
    let mut good = true;
    println!(
        "{:16} {:>9} {:>9} {:>7}",
        "program", "lua5.1", "ours", "ratio"
    );
    for path in bench::programs().map_err(|error| error.to_string())? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if flags.get("--only").is_some_and(|only| only != name) {
            continue;
        }
        let row = bench::time(&path, &runner, rounds).map_err(|error| error.to_string())?;
        let (left, right) = (row.reference.as_secs_f64(), row.ours.as_secs_f64());
        let trouble = row.trouble.unwrap_or_default();
        good &= trouble.is_empty();
        println!(
            "{:16} {left:8.3}s {right:8.3}s {:7.2} {trouble}",
            row.name, row.ratio
        );
        if row.ratio > worst.0 {
            worst = (row.ratio, row.name);
        }
        ratios.push(row.ratio);
    }
    println!(
        "geometric mean {:.2}, worst {:.2} ({})",
        bench::mean(&ratios),
        worst.0,
        worst.1
    );
    Ok(good)
}

fn show(flags: &Flags) -> Result<bool, String> {
    let program = hyla_tests::lua::generate::program(flags.number("--seed", 1)?);
    print!("{}", hyla_tests::lua::generate::text(&program));
    Ok(true)
}

fn packages(flags: &Flags) -> Result<bool, String> {
    let text = |error: std::io::Error| error.to_string();
    let folder = match flags.get("--folder") {
        Some(path) => PathBuf::from(path),
        None => run::scratch().map_err(text)?.join("packages"),
    };
    if !folder.exists() {
        std::fs::create_dir_all(&folder).map_err(text)?;
        packages::install(&folder)?;
    }
    let scripts = packages::scripts(&folder).map_err(text)?;
    let (Some(left), Some(right)) = (flags.get("--left"), flags.get("--right")) else {
        for script in &scripts {
            println!("{:7} bytes  {}", script.source.len(), script.name);
        }
        println!("{} scripts in {}", scripts.len(), folder.display());
        return Ok(true);
    };
    let mut servers = [
        Server::connect(left).map_err(text)?,
        Server::connect(right).map_err(text)?,
    ];
    let (mut same, mut differing) = (0, 0);
    for script in &scripts {
        match packages::compare(script, &mut servers) {
            Ok(Outcome::Same) => same += 1,
            Ok(Outcome::NoScript) => {}
            Ok(Outcome::Differs(difference)) => {
                differing += 1;
                println!("{}\n  {difference}", script.name);
            }
            Err(error) => return Err(format!("{}: {error}", script.name)),
        }
    }
    println!(
        "{} texts, {same} scripts with the same replies, {differing} differ",
        scripts.len()
    );
    Ok(differing == 0 && same > 0)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let flags = Flags::parse(args.get(1..).unwrap_or_default());
    let done = match (args.first().map(|name| &**name), flags) {
        (_, Err(message)) => Err(message),
        (Some("fuzz"), Ok(flags)) => fuzz(&flags),
        (Some("sources"), Ok(flags)) => sources(&flags),
        (Some("bench"), Ok(flags)) => bench(&flags),
        (Some("packages"), Ok(flags)) => packages(&flags),
        (Some("show"), Ok(flags)) => show(&flags),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
