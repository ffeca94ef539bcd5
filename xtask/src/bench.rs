//! `cargo xtask bench`: the release server under the benchmark. It must not know what is measured.

use crate::Outcome;
use crate::step::{cargo, show, target_dir};

/// Builds both in release and hands all arguments on.
///
/// # Errors
/// Where the build or the benchmark fails.
pub(crate) fn main(arguments: &[String]) -> Outcome {
    show(cargo(&[
        "build",
        "--release",
        "-p",
        "hyla-server",
        "-p",
        "hyla-bench",
    ]))?;
    let server = target_dir().join("release/hyla-server");
    let mut bench = cargo(&[
        "run",
        "--quiet",
        "--release",
        "-p",
        "hyla-bench",
        "--",
        "--hyla",
    ]);
    bench.arg(server).args(arguments);
    show(bench)
}
