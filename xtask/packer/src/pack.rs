//! Makes a module's download smaller without changing what it does: functions that are alike come near each other, and
//! name alike what has names at will. Knows nothing of Hyla.

use std::collections::BTreeMap;
use std::error::Error;

use crate::code::{Code, Function, Mark};
use crate::moves::Move;
use crate::window::Costs;
use crate::{gzipped, moves, order, variables};

/// So often functions get better places, and then their variables better indices.
const ROUNDS: usize = 3;

/// Times that functions are moved in a round.
const MOVES: usize = 2;

/// Moves that seem to gain something are tried in so many parts, the best first.
const PARTS: usize = 12;

/// The module, packed.
///
/// # Errors
/// If it is none, or has names or a start.
pub(crate) fn packed(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut code = Code::parse(module)?;
    align_alike(&mut code.functions);
    let costs = Costs::of(&code.section());
    // First by what they do, since variables have no good indices yet.
    let shapes: Vec<Vec<u8>> = code.functions.iter().map(shape).collect();
    let shapes: Vec<&[u8]> = shapes.iter().map(Vec::as_slice).collect();
    code.reorder(&order::order(&shapes));
    variables::rename(&mut code.functions, &costs);
    let bodies: Vec<&[u8]> = code.functions.iter().map(|it| &it.body[..]).collect();
    code.reorder(&order::order(&bodies));
    variables::rename(&mut code.functions, &costs);
    for _ in 0..ROUNDS {
        for _ in 0..MOVES {
            improve_places(&mut code, &costs)?;
        }
        variables::rename(&mut code.functions, &costs);
    }
    code.write()
}

/// Moves functions, if that makes the code smaller.
fn improve_places(code: &mut Code<'_>, costs: &Costs) -> Result<(), Box<dyn Error>> {
    let moves = moves::find(&code.functions, costs);
    let mut size = gzipped(&code.section())?;
    let mut made: Vec<Move> = Vec::new();
    let mut best = None;
    for some in moves.chunks(moves.len().div_ceil(PARTS).max(1)) {
        made.extend_from_slice(some);
        let mut moved = code.clone();
        moved.reorder(&moves::order_after(&made, code.functions.len()));
        let smaller = gzipped(&moved.section())?;
        if smaller < size {
            size = smaller;
            best = Some(moved);
        } else {
            made.truncate(made.len() - some.len());
        }
    }
    if let Some(moved) = best {
        *code = moved;
    }
    Ok(())
}

/// What a function does, without its variables' indices.
fn shape(function: &Function) -> Vec<u8> {
    let mut shape = Vec::with_capacity(function.body.len());
    let mut copied = 0;
    for &(at, mark) in &function.marks {
        if mark == Mark::Variable {
            shape.extend_from_slice(&function.body[copied..at]);
            copied = at + 1;
        }
    }
    shape.extend_from_slice(&function.body[copied..]);
    shape
}

/// Makes all loads and stores of a kind say the same of their addresses: what most of them say. It is a hint: they do
/// the same whatever it says, and engines make no use of it where processors load from any address.
fn align_alike(functions: &mut [Function]) {
    let mut times: BTreeMap<u8, BTreeMap<u8, usize>> = BTreeMap::new();
    for function in functions.iter() {
        for at in alignments(function) {
            let of_kind = times.entry(function.body[at - 1]).or_default();
            *of_kind.entry(function.body[at]).or_default() += 1;
        }
    }
    for function in functions {
        for at in alignments(function) {
            let said = times.get(&function.body[at - 1]);
            let most = said.and_then(|said| said.iter().max_by_key(|(_, times)| **times));
            if let Some((&most, _)) = most {
                function.body[at] = most;
            }
        }
    }
}

fn alignments(function: &Function) -> Vec<usize> {
    let marks = function.marks.iter();
    marks
        .filter(|(_, mark)| *mark == Mark::Alignment)
        .map(|&(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::tests::{meaning, module};

    #[test]
    fn packed_means_the_same_in_less() {
        let before = module(200);
        let after = packed(&before).unwrap();
        assert_eq!(meaning(&before), meaning(&after));
        let (before, after) = (gzipped(&before).unwrap(), gzipped(&after).unwrap());
        assert!(after < before * 3 / 4, "{before} {after}");
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(packed(b"\0asm\x01\0\0\0?").is_err());
    }
}
