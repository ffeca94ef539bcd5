//! Gives a function's variables indices with which it is most like the functions around it. Which variable has which
//! index makes no difference to anything else. Knows nothing of Hyla.

use std::ops::Range;

use crate::between::Between;
use crate::code::{Function, Mark};
use crate::window::Costs;

/// So many exchanges are tried in each function.
const TRIES: usize = 100;

/// Tries exchanges of two variables of a type in each function in turn, and keeps those that make it cost less.
pub(crate) fn rename(functions: &mut [Function], costs: &Costs) {
    let mut between = Between::before_all(functions, costs);
    for (index, function) in functions.iter_mut().enumerate() {
        between.take(index);
        rename_in(function, &mut between);
        between.put(&function.body);
    }
}

fn rename_in(function: &mut Function, between: &mut Between<'_>) {
    let places = places(function);
    let groups = groups(function);
    let body = &mut function.body;
    let widest = groups.iter().map(Range::len).max().unwrap_or(0);
    let pairs = || {
        (1..widest as u8).flat_map(|apart| {
            let firsts = groups
                .iter()
                .flat_map(move |group| group.start..group.end.saturating_sub(apart));
            firsts.map(move |first| (first, first + apart))
        })
    };
    let mut cost = None;
    let mut left = TRIES;
    loop {
        let mut better = false;
        for (a, b) in pairs() {
            if left == 0 {
                return;
            }
            left -= 1;
            let before = *cost.get_or_insert_with(|| between.cost(body));
            exchange(body, &places, a, b);
            let after = between.cost(body);
            if after < before {
                cost = Some(after);
                better = true;
            } else {
                exchange(body, &places, a, b);
            }
        }
        if !better {
            return;
        }
    }
}

/// Where the function names one of its variables.
fn places(function: &Function) -> Vec<usize> {
    let marks = function.marks.iter();
    marks
        .filter(|(_, mark)| *mark == Mark::Variable)
        .map(|&(at, _)| at)
        .collect()
}

/// The indices, as far as they take one byte, of each type's variables.
fn groups(function: &Function) -> Vec<Range<u8>> {
    let mut next = function.first_variable;
    let mut groups = Vec::new();
    for &number in &function.variables {
        let end = next + number;
        groups.push(next.min(128) as u8..end.min(128) as u8);
        next = end;
    }
    groups
}

fn exchange(body: &mut [u8], places: &[usize], a: u8, b: u8) {
    for &at in places {
        let index = &mut body[at];
        if *index == a {
            *index = b;
        } else if *index == b {
            *index = a;
        }
    }
}
