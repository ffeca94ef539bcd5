//! Times the benchmark programs of `tests/lua-bench` on lua5.1 and on the machine: pairs of runs in turn, so that a busy
//! computer is busy for both. It prints ratios, their geometric mean and the worst.

use super::run::{REFERENCE, file};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// A program's figures.
pub struct Row {
    /// Its name.
    pub name: String,
    /// lua5.1's best time.
    pub reference: Duration,
    /// The machine's best time.
    pub ours: Duration,
    /// The median of the pairs' ratios.
    pub ratio: f64,
    /// What is wrong with it: another output, or an end with an error.
    pub trouble: Option<String>,
}

/// The programs.
///
/// # Errors
/// The folder cannot be read.
pub fn programs() -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lua-bench");
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "lua") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Times one program, `rounds` times on each.
///
/// # Errors
/// One of the two does not start.
pub fn time(path: &Path, runner: &Path, rounds: usize) -> io::Result<Row> {
    let mut row = Row {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        reference: LIMIT,
        ours: LIMIT,
        ratio: 0.0,
        trouble: None,
    };
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let expected = file(Path::new(REFERENCE), path, LIMIT)?;
        let got = file(runner, path, LIMIT)?;
        if let Some(trouble) = got.trouble {
            row.trouble = Some(trouble);
        } else if expected.output != got.output {
            row.trouble = Some("prints something else".to_owned());
        }
        row.reference = row.reference.min(expected.took);
        row.ours = row.ours.min(got.took);
        ratios.push(got.took.as_secs_f64() / expected.took.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    row.ratio = ratios.get(ratios.len() / 2).copied().unwrap_or(0.0);
    Ok(row)
}

/// The geometric mean.
#[must_use]
pub fn mean(ratios: &[f64]) -> f64 {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (sum / ratios.len().max(1) as f64).exp()
}
