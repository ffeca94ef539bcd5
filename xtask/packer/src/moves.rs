//! Better places for functions that are in an order already. Knows nothing of Hyla.

use crate::between::Between;
use crate::code::Function;
use crate::order::{KEPT, Runs};
use crate::window::{Costs, REACH};

/// So many places are tried for each function.
const PLACES: usize = 6;

/// Places nearer to each other than this are about as good, in bytes.
const APART: usize = 8_000;

/// A function that would cost less elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    index: usize,
    /// The function that it would come after.
    after: usize,
    /// How much less, in sixteenths of a bit.
    gain: u32,
}

/// What moves would gain something each if it were the only one, the best first.
pub(crate) fn find(functions: &[Function], costs: &Costs) -> Vec<Move> {
    let wanted = places_to_try(functions);
    let mut between = Between::before_all(functions, costs);
    let mut costs_here = Vec::with_capacity(functions.len());
    let mut best: Vec<Option<(u32, usize)>> = vec![None; functions.len()];
    for (place, function) in functions.iter().enumerate() {
        between.take(place);
        costs_here.push(between.cost(&function.body));
        between.put(&function.body);
        for &index in &wanted[place] {
            let there = (between.cost(&functions[index].body), place);
            best[index] = Some(best[index].map_or(there, |best| best.min(there)));
        }
    }
    let mut moves: Vec<Move> = best
        .into_iter()
        .enumerate()
        .filter_map(|(index, best)| {
            let (cost, after) = best?;
            let gain = costs_here[index].checked_sub(cost)?;
            Some(Move { index, after, gain })
        })
        .collect();
    moves.sort_by_key(|it| (u32::MAX - it.gain, it.index));
    moves
}

/// The order after some moves. Functions that others come after stay.
pub(crate) fn order_after(moves: &[Move], functions: usize) -> Vec<usize> {
    let mut moved = vec![false; functions];
    let mut followers = vec![Vec::new(); functions];
    for it in moves {
        if !moved[it.after] && followers[it.index].is_empty() {
            moved[it.index] = true;
            followers[it.after].push(it.index);
        }
    }
    let mut order = Vec::with_capacity(functions);
    for index in 0..functions {
        if !moved[index] {
            order.push(index);
            order.append(&mut followers[index]);
        }
    }
    order
}

/// For each function, those that might be better after it: it has much in common with them.
fn places_to_try(functions: &[Function]) -> Vec<Vec<usize>> {
    let bodies: Vec<&[u8]> = functions.iter().map(|it| &it.body[..]).collect();
    let Runs { of, with, weights } = Runs::find(&bodies);
    let mut starts = Vec::with_capacity(bodies.len());
    let mut length = 0;
    for body in &bodies {
        starts.push(length);
        length += body.len();
    }
    let mut wanted = vec![Vec::new(); bodies.len()];
    let mut common = vec![0.0; bodies.len()];
    for index in KEPT.min(bodies.len())..bodies.len() {
        let mut others = Vec::new();
        for &run in &of[index] {
            for &other in with[run].iter().filter(|&&other| other >= KEPT) {
                if common[other] == 0.0 {
                    others.push(other);
                }
                common[other] += weights[run];
            }
        }
        let mut others: Vec<(f64, usize)> = others
            .into_iter()
            .map(|other| {
                let common = std::mem::take(&mut common[other]);
                (common / (bodies[other].len() as f64).powf(0.3), other)
            })
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut places: Vec<usize> = Vec::new();
        let around = REACH + bodies[index].len();
        for (_, other) in others {
            let near = |place: usize, bytes| starts[place].abs_diff(starts[other]) < bytes;
            if !near(index, around) && !places.iter().any(|&place| near(place, APART)) {
                places.push(other);
                wanted[other].push(index);
                if places.len() == PLACES {
                    break;
                }
            }
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_come_after_those_that_stay() {
        let moves = [(3, 0), (1, 4), (4, 2), (0, 3)].map(|(index, after)| Move {
            index,
            after,
            gain: 1,
        });
        // The third would come after one that others come after, the last after one that has gone.
        assert_eq!(order_after(&moves, 5), [0, 3, 2, 4, 1]);
    }
}
