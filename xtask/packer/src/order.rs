//! Finds an order of a module's functions in which a download's compressor sees much of what they have in common: it
//! looks back 32 KB only, and a module is many times as long. Knows nothing of Hyla.

use std::collections::{HashMap, VecDeque};

/// So many functions stay at the front, where the optimiser put those with the most callers: an index below 128 takes
/// one byte in each call.
pub(crate) const KEPT: usize = 100;

/// What two functions have in common is counted in runs of so many bytes.
const RUN: usize = 6;

/// A run in more functions than this is nearby anyway.
const COMMON: usize = 60;

/// How far back a function counts as near, in bytes of code. Less than the compressor's window: what is nearer is
/// found with fewer bits.
const NEAR: usize = 31_000;

/// After those that stay, the next is always that function which has the most in common with the ones just before, for
/// its size.
pub(crate) fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let Runs { of, with, weights } = Runs::find(bodies);
    // What a function's runs that are near weigh, and how often each run is near.
    let mut near_of = vec![0.0; bodies.len()];
    let mut times_near = vec![0_u32; with.len()];
    let sizes: Vec<f64> = bodies
        .iter()
        .map(|body| (body.len() as f64).powf(0.7))
        .collect();
    let mut left: Vec<usize> = (KEPT.min(bodies.len())..bodies.len()).rev().collect();
    let mut near: VecDeque<usize> = VecDeque::new();
    let mut near_bytes = 0;
    let mut order = Vec::with_capacity(bodies.len());
    for step in 0..bodies.len() {
        let next = if step < KEPT {
            step
        } else {
            let worth = |index: usize| (near_of[index] + 0.5) / sizes[index];
            let best = (0..left.len())
                .max_by(|&a, &b| worth(left[a]).total_cmp(&worth(left[b])))
                .expect("one is left for each step");
            left.remove(best)
        };
        order.push(next);
        near.push_back(next);
        near_bytes += bodies[next].len();
        for &run in &of[next] {
            times_near[run] += 1;
            if times_near[run] == 1 {
                for &index in &with[run] {
                    near_of[index] += weights[run];
                }
            }
        }
        while near_bytes > NEAR && near.len() > 1 {
            let gone = near.pop_front().expect("more than one");
            near_bytes -= bodies[gone].len();
            for &run in &of[gone] {
                times_near[run] -= 1;
                if times_near[run] == 0 {
                    for &index in &with[run] {
                        near_of[index] -= weights[run];
                    }
                }
            }
        }
    }
    order
}

/// What functions have in common: the runs of bytes that tell something.
pub(crate) struct Runs {
    /// The numbers of the runs in each function.
    pub(crate) of: Vec<Vec<usize>>,
    /// The functions with each run, in ascending order.
    pub(crate) with: Vec<Vec<usize>>,
    /// What each run says: less if it is in many functions.
    pub(crate) weights: Vec<f64>,
}

impl Runs {
    pub(crate) fn find(bodies: &[&[u8]]) -> Runs {
        let mut all: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (index, body) in bodies.iter().enumerate() {
            for run in body.windows(RUN) {
                let functions = all.entry(run).or_default();
                if functions.last() != Some(&index) {
                    functions.push(index);
                }
            }
        }
        let mut with: Vec<Vec<usize>> = all
            .into_values()
            .filter(|functions| (2..=COMMON).contains(&functions.len()))
            .collect();
        // A map's order is another each time.
        with.sort_unstable();
        let mut of = vec![Vec::new(); bodies.len()];
        for (run, functions) in with.iter().enumerate() {
            for &index in functions {
                of[index].push(run);
            }
        }
        let weights = with
            .iter()
            .map(|functions| 1.0 / (functions.len() as f64).sqrt())
            .collect();
        Runs { of, with, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that have nothing in common with those of another seed.
    fn body(mut seed: u32) -> Vec<u8> {
        (0..400)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect()
    }

    /// Every function has a place, the first keep theirs, and those that are alike stand near each other.
    #[test]
    fn alike_functions_stand_near_each_other() {
        const KINDS: usize = 90;
        let kinds: Vec<Vec<u8>> = (1..=KINDS as u32).map(body).collect();
        // Some of each kind, farther apart than a compressor looks back.
        let bodies: Vec<&[u8]> = (0..KEPT + 2 * KINDS)
            .map(|at| kinds[at % KINDS].as_slice())
            .collect();
        let order = order(&bodies);
        assert!(order[..KEPT].iter().copied().eq(0..KEPT));
        let mut all = order.clone();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..bodies.len()));
        // In the order they came in, none of a kind was near.
        let near = NEAR / bodies[0].len();
        let alike = (KEPT..order.len()).filter(|&at| {
            let before = &order[at - near..at];
            before
                .iter()
                .any(|other| other % KINDS == order[at] % KINDS)
        });
        assert!(KINDS > near && alike.count() >= 2 * KINDS - 30);
    }
}
