//! `cargo xtask test`: the steps, one after the other, each timed, its output in a log that is shown when it fails. It must
//! not know how a step's program works.

use crate::Outcome;
use crate::setup::{self, Need};
use crate::step::{cargo, keep, program, root, target_dir, xtask};
use crate::summary::{Count, count};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const USAGE: &str = "\
cargo xtask test [--quick] [--only NAME]... [--list]
  --quick      leaves out what takes minutes: wasm, servers, browsers, the benchmark
  --only NAME  only this step; may be given several times
  --list       shows the steps";

/// Lines of a failed step's log that are shown.
const LINES_SHOWN: usize = 150;
/// Commands that the oracle sends.
const ORACLE_COMMANDS: &str = "200000";
/// The oracle's groups that run with another seed every time.
const ORACLE_FRESH: &str = "string,bitmap,generic";
/// Those that run with the same.
const ORACLE_FIXED: &str = "list,hash,set,sorted-set,geo,hyperloglog";
const ORACLE_SEED: &str = "31337";

/// A target without std, and the one of the npm package.
const BARE: &str = "thumbv7em-none-eabi";
const WASM: &str = "wasm32-unknown-unknown";

/// What came of a step without a failure.
enum Done {
    Passed,
    /// A piece of the tree that is not there yet.
    Skipped(&'static str),
}

type Ended = Result<Done, String>;

/// One step.
struct Step {
    name: &'static str,
    about: &'static str,
    quick: bool,
    needs: &'static [Need],
    run: fn(&Path) -> Ended,
}

/// Quick ones first; those that build something for others before them.
const STEPS: &[Step] = &[
    step("fmt", "formatting", true, &[], fmt),
    step(
        "unit",
        "unit tests of the engine and of the Lua machine",
        true,
        &[],
        unit,
    ),
    step(
        "bare",
        "the engine for a target without std, and for wasm32",
        true,
        &[Need::Target(BARE), Need::Target(WASM)],
        bare,
    ),
    step(
        "tests",
        "rules of the house, fuzz targets on fixed seeds, the harness itself",
        true,
        &[Need::Redis],
        tests,
    ),
    step(
        "engine",
        "transcripts on the engine in virtual time",
        true,
        &[],
        engine,
    ),
    step(
        "native",
        "tests of the server, the benchmark and xtask",
        true,
        &[],
        native,
    ),
    step(
        "redis",
        "transcripts against redis-server: the expectations are right",
        true,
        &[Need::Redis],
        redis,
    ),
    step(
        "server",
        "transcripts on hyla-server over TCP",
        true,
        &[],
        server,
    ),
    step(
        "oracle",
        "random commands on the engine and on redis-server",
        false,
        &[Need::Redis],
        oracle,
    ),
    step(
        "wasm",
        "wasm parity, and transcripts in wasmtime",
        false,
        &[Need::Target(WASM)],
        wasm,
    ),
    step("clippy", "lints of all crates", false, &[], clippy),
    step(
        "miri",
        "the modules with `unsafe` under Miri",
        false,
        &[],
        miri,
    ),
    step(
        "package",
        "the npm package and its size",
        false,
        &[Need::Target(WASM), Need::Node],
        package,
    ),
    step(
        "npm",
        "tests of the npm package in Node",
        false,
        &[Need::Node],
        npm,
    ),
    step(
        "browser",
        "tests in Chromium",
        false,
        &[Need::Node, Need::Chromium],
        browser,
    ),
    step(
        "smoke",
        "the release server under the benchmark, on tiny data",
        false,
        &[Need::Redis],
        smoke,
    ),
];

const fn step(
    name: &'static str,
    about: &'static str,
    quick: bool,
    needs: &'static [Need],
    run: fn(&Path) -> Ended,
) -> Step {
    Step {
        name,
        about,
        quick,
        needs,
        run,
    }
}

/// Runs the steps that the arguments name.
///
/// # Errors
/// Where a step failed, or an argument is wrong.
pub(crate) fn main(arguments: &[String]) -> Outcome {
    let Some(steps) = chosen(arguments)? else {
        return Ok(());
    };
    let needs: Vec<&Need> = steps.iter().flat_map(|step| step.needs).collect();
    setup::all(&needs).map_err(|error| {
        format!(
            "{error}\nSteps that need nothing of it can be run by themselves; --list shows them."
        )
    })?;
    let logs = target_dir().join("xtask");
    std::fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
    println!("What a step says while it runs is in {}.", logs.display());
    let start = Instant::now();
    let mut rows = Vec::new();
    let mut total = Count::default();
    for (at, step) in steps.iter().enumerate() {
        print!(
            "[{}/{}] {:<8} {} ... ",
            at + 1,
            steps.len(),
            step.name,
            step.about
        );
        let _ = std::io::stdout().flush();
        let row = run_step(step, &logs);
        println!("{}", row.outcome);
        total.passed += row.count.passed;
        total.failed += row.count.failed;
        rows.push(row);
    }
    rows.sort_by(|left, right| right.seconds.total_cmp(&left.seconds));
    println!(
        "\nWhat took the time ({:.0} s in all):",
        start.elapsed().as_secs_f64()
    );
    for row in &rows {
        println!("{:>7.1} s  {:<8} {}", row.seconds, row.name, row.outcome);
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 {
        Ok(())
    } else {
        Err("There are failures.".to_owned())
    }
}

/// The steps to run; `None` where they were only to be listed.
fn chosen(arguments: &[String]) -> Result<Option<Vec<&'static Step>>, String> {
    let mut quick = false;
    let mut only = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--only" => {
                let name = arguments.next().ok_or("--only needs a step's name")?;
                let step = STEPS.iter().find(|step| step.name == name);
                only.push(step.ok_or_else(|| format!("no step {name}; --list shows them"))?);
            }
            "--list" => {
                STEPS
                    .iter()
                    .for_each(|step| println!("{:<8} {}", step.name, step.about));
                return Ok(None);
            }
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(None);
            }
            other => return Err(format!("unknown option {other}\n{USAGE}")),
        }
    }
    if only.is_empty() {
        only.extend(STEPS.iter().filter(|step| step.quick || !quick));
    }
    Ok(Some(only))
}

/// A line of the summary.
struct Row {
    name: &'static str,
    seconds: f64,
    count: Count,
    outcome: String,
}

fn run_step(step: &Step, logs: &Path) -> Row {
    let log = logs.join(step.name).with_extension("log");
    let _ = std::fs::remove_file(&log);
    let start = Instant::now();
    let outcome = (step.run)(&log);
    let seconds = start.elapsed().as_secs_f64();
    let text = std::fs::read(&log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut counted = count(&text).unwrap_or_default();
    let outcome = match outcome {
        Ok(Done::Skipped(why)) => format!("skipped: {why}"),
        Ok(Done::Passed) => {
            // A step without tests of its own counts as one.
            counted.passed += usize::from(counted == Count::default());
            format!("{} passed, {seconds:.1} s", counted.passed)
        }
        Err(why) => {
            counted.failed = counted.failed.max(1);
            println!("FAILED\n{}\n{why}", tail(&text));
            format!(
                "FAILED: {} of {}; all of it in {}",
                counted.failed,
                counted.failed + counted.passed,
                log.display()
            )
        }
    };
    Row {
        name: step.name,
        seconds,
        count: counted,
        outcome,
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
}

/// Runs commands in order, up to the first that fails.
fn all(log: &Path, commands: impl IntoIterator<Item = Command>) -> Ended {
    for command in commands {
        keep(command, log)?;
    }
    Ok(Done::Passed)
}

/// The test programs with everything in them, so that they are built once.
fn harness(program: &str, arguments: &[&str]) -> Command {
    let mut command = cargo(&["run", "--quiet", "-p", "hyla-tests", "--bin", program, "--"]);
    command.args(arguments);
    command
}

fn fmt(log: &Path) -> Ended {
    all(log, [cargo(&["fmt", "--all", "--check"])])
}

fn clippy(log: &Path) -> Ended {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "hyla-tests/wasm",
        "--",
        "-D",
        "warnings",
    ];
    all(log, [cargo(&arguments)])
}

fn unit(log: &Path) -> Ended {
    all(
        log,
        [cargo(&[
            "test",
            "-p",
            "hyla-engine",
            "-p",
            "hyla-lua",
            "-p",
            "hyla-number",
        ])],
    )
}

fn bare(log: &Path) -> Ended {
    all(
        log,
        [BARE, WASM].map(|target| cargo(&["build", "-p", "hyla-engine", "--target", target])),
    )
}

fn tests(log: &Path) -> Ended {
    all(
        log,
        [cargo(&["test", "-p", "hyla-tests", "--no-fail-fast"])],
    )
}

fn engine(log: &Path) -> Ended {
    all(log, [harness("transcripts", &["--engine"])])
}

fn native(log: &Path) -> Ended {
    let packages = [
        "test",
        "--no-fail-fast",
        "-p",
        "hyla-server",
        "-p",
        "hyla-bench",
        "-p",
        "xtask",
    ];
    all(log, [cargo(&packages)])
}

fn redis(log: &Path) -> Ended {
    all(log, [harness("transcripts", &[])])
}

fn server(log: &Path) -> Ended {
    let build = cargo(&["build", "-p", "hyla-server"]);
    let server = target_dir().join("debug/hyla-server");
    let server = server.display().to_string();
    all(log, [build, harness("transcripts", &["--server", &server])])
}

fn oracle(log: &Path) -> Ended {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seed = now.as_secs().to_string();
    print!("seed {seed} ... ");
    let _ = std::io::stdout().flush();
    let run = |groups: &'static str, seed: &str| {
        let arguments = [
            ["--left", "engine"],
            ["--right", "redis"],
            ["--commands", ORACLE_COMMANDS],
            ["--groups", groups],
            ["--seed", seed],
        ];
        harness("oracle", &arguments.concat())
    };
    // A fresh seed where no difference is known. The collections still have rare ones, so theirs stands.
    all(
        log,
        [run(ORACLE_FRESH, &seed), run(ORACLE_FIXED, ORACLE_SEED)],
    )
}

fn wasm(log: &Path) -> Ended {
    let parity = [
        "test",
        "-p",
        "hyla-tests",
        "--features",
        "wasm",
        "--test",
        "wasm",
    ];
    let transcripts = [
        "run",
        "--quiet",
        "-p",
        "hyla-tests",
        "--features",
        "wasm",
        "--bin",
        "transcripts",
        "--",
        "--wasm",
    ];
    all(log, [cargo(&parity), cargo(&transcripts)])
}

fn miri(log: &Path) -> Ended {
    let has = cargo_nightly(&["miri", "--version"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return Ok(Done::Skipped(
            "Miri is not installed: rustup toolchain install nightly --component miri,rust-src",
        ));
    }
    let audited = ["--", "keyspace::entry", "types::item"];
    let mut test = cargo_nightly(&["miri", "test", "-p", "hyla-engine", "--lib"]);
    test.args(audited);
    // The property tests look at many cases natively; each costs seconds here.
    test.env("PROPTEST_CASES", "2")
        .env("MIRIFLAGS", "-Zmiri-disable-isolation");
    let mut lua = cargo_nightly(&["miri", "test", "-p", "hyla-lua", "--test", "memory"]);
    // A machine's objects point to each other, which is what the newer model is for.
    lua.env("MIRIFLAGS", "-Zmiri-disable-isolation -Zmiri-tree-borrows");
    all(log, [test, lua])
}

/// Cargo of the nightly toolchain; fails when run where there is no rustup.
fn cargo_nightly(arguments: &[&str]) -> Command {
    let mut command = program("rustup", &["run", "nightly", "cargo"]);
    command.args(arguments).env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn package(log: &Path) -> Ended {
    // It holds the module against its limit itself.
    keep(xtask(&["wasm"])?, log)?;
    Ok(Done::Passed)
}

fn npm(log: &Path) -> Ended {
    npm_test("host-web", "host-web/pkg/index.js", log)
}

fn browser(log: &Path) -> Ended {
    npm_test("tests/browser", "www/dist/index.html", log)
}

fn smoke(log: &Path) -> Ended {
    let build = cargo(&["build", "--release", "-p", "hyla-server"]);
    let server = target_dir().join("release/hyla-server");
    let server = server.display().to_string();
    let bench = cargo(&[
        "run",
        "--quiet",
        "-p",
        "hyla-bench",
        "--",
        "--hyla",
        &server,
        "all",
        "--smoke",
    ]);
    all(log, [build, bench])
}

/// Runs the tests of a folder's package on what `package` has built.
fn npm_test(folder: &str, built: &str, log: &Path) -> Ended {
    if !root().join(built).exists() {
        return Err(format!("there is no {built} yet: cargo xtask wasm"));
    }
    let mut test = program("npm", &["test"]);
    test.current_dir(root().join(folder));
    all(log, [test])
}
