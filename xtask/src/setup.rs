//! What building and testing need beside cargo: installed where that is possible, else named in a sentence. It must not know
//! who needs it.

use crate::step::{cargo, on_path, program, show};
use std::path::Path;
use std::process::Command;

/// Adds compilation targets through rustup where they are missing.
///
/// # Errors
/// What to do by hand.
pub(crate) fn targets(names: &[&str]) -> Result<(), String> {
    let by_hand = || {
        format!(
            "targets {} are needed; install them with rustup",
            names.join(" ")
        )
    };
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

/// Makes sure that one of `programs` is on PATH, through apt where we are root on a Debian.
///
/// # Errors
/// What to do by hand.
pub(crate) fn installed(programs: &[&str], package: &str) -> Result<(), String> {
    let found = || programs.iter().any(|name| on_path(name));
    if found() {
        return Ok(());
    }
    let by_hand = format!("{} is needed: apt-get install {package}", programs[0]);
    if !on_path("apt-get") || !is_root() {
        return Err(by_hand);
    }
    println!("apt-get install {package}");
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get", arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let install = ["install", "-y", "-qq", "--no-install-recommends", package];
    let outcome = show(apt(&install)).or_else(|_| {
        show(apt(&["update", "-qq"]))?;
        show(apt(&install))
    });
    match outcome {
        Ok(()) if found() => Ok(()),
        Ok(()) => Err(by_hand),
        Err(error) => Err(format!("{error}\n{by_hand}")),
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}
