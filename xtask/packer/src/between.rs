//! A place among a module's functions: what bytes cost there behind those before it, and what those after it have of
//! them. Knows nothing of Hyla.

use crate::code::Function;
use crate::window::{Costs, Window};

/// The place goes from the first function to the last; no function is at it, so that one more would be in between.
pub(crate) struct Between<'c> {
    costs: &'c Costs,
    before: Window,
    /// Everything backwards, from the last byte to the place.
    after: Window,
    /// How much of `after` comes after each function.
    ends: Vec<usize>,
    backwards: Vec<u8>,
}

impl<'c> Between<'c> {
    /// The place before the first of these functions.
    pub(crate) fn before_all(functions: &[Function], costs: &'c Costs) -> Self {
        let mut between = Between {
            costs,
            before: Window::default(),
            after: Window::default(),
            ends: vec![0; functions.len()],
            backwards: Vec::new(),
        };
        let mut length = 0;
        for (index, function) in functions.iter().enumerate().rev() {
            between.ends[index] = length;
            length += function.body.len();
            between.turn(&function.body);
            between.after.push(&between.backwards);
        }
        between
    }

    /// Takes the function after the place, which is the `index`th, out.
    pub(crate) fn take(&mut self, index: usize) {
        self.after.truncate(self.ends[index]);
    }

    /// Puts a function before the place.
    pub(crate) fn put(&mut self, body: &[u8]) {
        self.before.push(body);
    }

    /// What a body would cost here, in sixteenths of a bit: once for what it can copy, and once for what can be copied
    /// from it.
    pub(crate) fn cost(&mut self, body: &[u8]) -> u32 {
        self.turn(body);
        self.before.cost(body, self.costs) + self.after.cost(&self.backwards, self.costs)
    }

    fn turn(&mut self, body: &[u8]) {
        self.backwards.clear();
        self.backwards.extend(body.iter().rev());
    }
}
