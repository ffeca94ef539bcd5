//! What building and testing need beside cargo: installed where that is possible, else named in a sentence. It must not know
//! who needs it.

use crate::step::{cargo, on_path, program, show};
use std::path::Path;
use std::process::Command;

/// Adds compilation targets through rustup where they are missing.
///
/// # Errors
/// What to do by hand.
fn targets(names: &[&str]) -> Result<(), String> {
    let by_hand = || {
        format!(
            "targets {} are needed; install them with rustup",
            names.join(" ")
        )
    };
    if names.is_empty() {
        return Ok(());
    }
    if !on_path("rustup") {
        return if names.iter().all(|name| compiles_for(name)) {
            Ok(())
        } else {
            Err(by_hand())
        };
    }
    let listed = program("rustup", &["target", "list", "--installed"]).output();
    let listed = listed.map_err(|_| by_hand())?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !listed.lines().any(|line| line == *name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("rustup target add {}", missing.join(" "));
    let mut add = program("rustup", &["target", "add"]);
    add.args(missing);
    show(add).map_err(|error| format!("{error}\n{}", by_hand()))
}

/// Whether a toolchain that did not come from rustup has the target's core library.
fn compiles_for(target: &str) -> bool {
    let arguments = [
        "rustc",
        "--quiet",
        "-p",
        "hyla-engine",
        "--target",
        target,
        "--",
        "--print=target-libdir",
    ];
    let output = cargo(&arguments).output();
    output.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout);
        Path::new(folder.trim()).is_dir()
    })
}

/// Something that a task cannot do without.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A compilation target.
    Target(&'static str),
    /// Node with npm.
    Node,
    /// The real server, which the expectations come from.
    Redis,
    /// A browser.
    Chromium,
}

/// Makes sure that all of it is there, through rustup, and through apt where we are root on a Debian.
///
/// # Errors
/// Everything that is missing, and what to do about it by hand.
pub(crate) fn all(needs: &[&Need]) -> Result<(), String> {
    let mut names: Vec<&str> = Vec::new();
    let mut packages: Vec<&str> = Vec::new();
    for need in needs {
        let (package, programs): (&str, &[&str]) = match need {
            Need::Target(name) if !names.contains(name) => {
                names.push(name);
                continue;
            }
            Need::Redis => ("redis-server", &["redis-server"]),
            Need::Chromium => ("chromium", &BROWSERS),
            Need::Target(_) | Need::Node => continue,
        };
        if !packages.contains(&package) && !programs.iter().any(|name| on_path(name)) {
            packages.push(package);
        }
    }
    let node = if needs.contains(&&Need::Node) {
        node()
    } else {
        Ok(())
    };
    let outcomes = [node, targets(&names), installed(&packages)];
    let missing: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing.join("\n"))
    }
}

/// Any of these will do.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The oldest Node that the JavaScript tools run on.
const NODE_LEAST: (u32, u32) = (20, 19);

/// Makes sure of Node and npm, which come in too many ways for us to install them.
///
/// # Errors
/// What is missing.
fn node() -> Result<(), String> {
    let (major, minor) = NODE_LEAST;
    let wanted = format!("Node {major}.{minor} or later with npm is needed (https://nodejs.org)");
    let Ok(output) = program("node", &["--version"]).output() else {
        return Err(format!("{wanted}: there is no `node` on PATH."));
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.trim().trim_start_matches('v').split('.');
    let mut number = || numbers.next()?.parse::<u32>().ok();
    if number()
        .zip(number())
        .is_none_or(|version| version < NODE_LEAST)
    {
        return Err(format!("{wanted}; this is {}.", text.trim()));
    }
    if on_path("npm") {
        Ok(())
    } else {
        Err(format!("{wanted}: there is no `npm` on PATH."))
    }
}

/// Installs Debian's packages where that is possible.
fn installed(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    let by_hand = format!("Missing: {names}. On Debian: sudo apt-get install {names}");
    if !on_path("apt-get") || !is_root() {
        return Err(by_hand);
    }
    println!("apt-get install {names}");
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get", arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(packages);
    // Where apt knows the packages already, its lists need no refreshing.
    let known = apt(&["install", "-qq", "--simulate"]);
    let lists_stale = !quiet(known, packages);
    if lists_stale {
        show(apt(&["update", "-qq"])).map_err(|error| format!("{error}\n{by_hand}"))?;
    }
    show(apt(&install))
        .or_else(|_| show(apt(&["update", "-qq"])).and_then(|()| show(apt(&install))))
        .map_err(|error| format!("{error}\n{by_hand}"))
}

/// Whether a command with these further arguments succeeds, whatever it says.
fn quiet(mut command: Command, arguments: &[&str]) -> bool {
    let output = command.args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}
