//! Finds an order of a module's functions in which a download's compressor sees the most of what they have in common:
//! it looks back 32 KB only, and a module is many times as long. Knows nothing of Hyla.

use std::collections::{HashMap, VecDeque};
use std::error::Error;

use wasm_encoder::{NameMap, NameSection};
use wasmparser::{Parser, Payload, TypeRef};

/// So many functions stay at the front, where the optimiser put those with the most callers: an index below 128 takes
/// one byte in each call.
const KEPT: usize = 100;

/// What two functions have in common is counted in runs of so many bytes.
const RUN: usize = 6;

/// A run in more functions than this is nearby anyway.
const COMMON: usize = 60;

/// How far back a function counts as near, in bytes of code. Less than the compressor's window: what is nearer is
/// found with fewer bits.
const NEAR: usize = 31_000;

/// Functions of a module by their places in it, imported ones not counted.
struct Functions<'m> {
    bodies: Vec<&'m [u8]>,
    imported: u32,
}

/// The module with names that its functions would have to be sorted by. (Binaryen sorts; it knows every place that
/// names a function by its index.)
pub(crate) fn with_names_to_sort_by(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let functions = functions(module)?;
    let mut places = vec![0; functions.bodies.len()];
    for (place, index) in order(&functions.bodies).into_iter().enumerate() {
        places[index] = place;
    }
    let mut names = NameMap::new();
    for (index, place) in (functions.imported..).zip(places) {
        names.append(index, &format!("{place:06}"));
    }
    let mut section = NameSection::new();
    section.functions(&names);
    let mut named = module.to_vec();
    wasm_encoder::Section::append_to(&section, &mut named);
    Ok(named)
}

fn functions(module: &[u8]) -> Result<Functions<'_>, Box<dyn Error>> {
    let mut functions = Functions {
        bodies: Vec::new(),
        imported: 0,
    };
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let is_function = matches!(import?.ty, TypeRef::Func(_));
                    functions.imported += u32::from(is_function);
                }
            }
            Payload::CodeSectionEntry(body) => functions.bodies.push(&module[body.range()]),
            Payload::CustomSection(section) if section.name() == "name" => {
                return Err("the module has names already".into());
            }
            _ => {}
        }
    }
    Ok(functions)
}

/// After those that stay, the next is always that function which has the most in common with the ones just before, for
/// its size.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let (runs_of, functions_with) = runs(bodies);
    // How many runs of a function are near, and how often each run is.
    let mut near_of = vec![0_u32; bodies.len()];
    let mut times_near = vec![0_u32; functions_with.len()];
    let mut left: Vec<usize> = (KEPT.min(bodies.len())..bodies.len()).rev().collect();
    let mut near: VecDeque<usize> = VecDeque::new();
    let mut near_bytes = 0;
    let mut order = Vec::with_capacity(bodies.len());
    for step in 0..bodies.len() {
        let next = if step < KEPT {
            step
        } else {
            let worth = |index: usize| {
                (f64::from(near_of[index]) + 0.5) / (bodies[index].len() as f64).powf(0.7)
            };
            let best = (0..left.len())
                .max_by(|&a, &b| worth(left[a]).total_cmp(&worth(left[b])))
                .expect("one is left for each step");
            left.remove(best)
        };
        order.push(next);
        near.push_back(next);
        near_bytes += bodies[next].len();
        for &run in &runs_of[next] {
            times_near[run] += 1;
            if times_near[run] == 1 {
                for &index in &functions_with[run] {
                    near_of[index] += 1;
                }
            }
        }
        while near_bytes > NEAR && near.len() > 1 {
            let gone = near.pop_front().expect("more than one");
            near_bytes -= bodies[gone].len();
            for &run in &runs_of[gone] {
                times_near[run] -= 1;
                if times_near[run] == 0 {
                    for &index in &functions_with[run] {
                        near_of[index] -= 1;
                    }
                }
            }
        }
    }
    order
}

/// The numbers of the runs in each function, and of the functions with each run; of runs that tell something.
fn runs(bodies: &[&[u8]]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut all: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (index, body) in bodies.iter().enumerate() {
        for run in body.windows(RUN) {
            let functions = all.entry(run).or_default();
            if functions.last() != Some(&index) {
                functions.push(index);
            }
        }
    }
    let mut functions_with: Vec<Vec<usize>> = all
        .into_values()
        .filter(|functions| (2..=COMMON).contains(&functions.len()))
        .collect();
    // A map's order is another each time.
    functions_with.sort_unstable();
    let mut runs_of = vec![Vec::new(); bodies.len()];
    for (run, functions) in functions_with.iter().enumerate() {
        for &index in functions {
            runs_of[index].push(run);
        }
    }
    (runs_of, functions_with)
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
