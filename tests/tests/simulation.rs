//! An engine on a simulated disk, whose power is cut at many moments. `HYLA_CUTS=100000` makes it as many, `HYLA_FROM=n` begins with another seed, `HYLA_SEED=n`
//! plays one seed alone and prints what the disk is asked for (with `-- --nocapture`); a failure names its seed.

use hyla_tests::sim::recovery::{Plan, play};

/// Cuts, where nothing else is said.
const CUTS: u64 = 2_000;
/// Failures, after which it is enough.
const FAILURES_MAX: usize = 20;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn what_was_acknowledged_survives_every_cut() {
    if let Some(seed) = number("HYLA_SEED") {
        let cuts = play(Plan::of(seed), true).unwrap_or_else(|failure| panic!("{failure}"));
        println!("seed {seed}: {cuts} cuts");
        return;
    }
    let wanted = number("HYLA_CUTS").unwrap_or(CUTS);
    let (mut cuts, mut failures) = (0, Vec::new());
    for seed in number("HYLA_FROM").unwrap_or(0).. {
        if cuts >= wanted || failures.len() >= FAILURES_MAX {
            break;
        }
        match play(Plan::of(seed), false) {
            Ok(count) => cuts += count,
            Err(failure) => failures.push(failure),
        }
    }
    println!("{cuts} cuts");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
