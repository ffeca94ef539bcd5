//! `table.sort`: 5.1's quicksort, comparison by comparison, in a form that can stop at each of them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::table::{element, set_element};
use crate::fault::Fault;
use crate::heap::Gc;
use crate::native::{Call, Next};
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// Which comparison is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// There is none: a range begins.
    Range,
    /// Whether the last element is less than the first.
    Ends,
    /// Whether the middle is less than the first.
    MiddleFirst,
    /// Whether the last is less than the middle.
    MiddleLast,
    /// Whether the next from the left is less than the pivot.
    Up,
    /// Whether the pivot is less than the next from the right.
    Down,
}

struct Sort {
    at: At,
    /// The range being sorted.
    low: i64,
    high: i64,
    /// Where the two sides are.
    left: i64,
    right: i64,
    pivot: Value,
    /// What is compared: the element of `left` and that of `right`, or of the two places that [`At`] says.
    first: Value,
    second: Value,
    /// Ranges for later.
    later: Vec<(i64, i64)>,
}

/// The phases.
const COMPARED: u32 = 1;
const GO_ON: u32 = 2;

/// How two elements compare.
enum Order {
    Known(bool),
    /// A function was pushed with them.
    Asked,
}

pub(super) fn sort(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let table = vm.check_table(call, 1)?;
    let mut answer = None;
    let mut sort = match call.phase {
        0 => {
            if !vm.arg(call, 2).is_nil() {
                vm.check_function(call, 2)?;
            }
            for _ in 0..3 {
                vm.push(Value::Nil)?;
            }
            Box::new(Sort::new(table.border() as i64))
        }
        phase => {
            if phase == COMPARED {
                answer = Some(vm.pop().is_true());
            }
            match vm.take_state::<Sort>(call) {
                Some(sort) => sort,
                None => return Ok(Next::Return(0)),
            }
        }
    };
    loop {
        if sort.at == At::Range {
            if sort.low >= sort.high {
                let Some((low, high)) = sort.later.pop() else {
                    return Ok(Next::Return(0));
                };
                (sort.low, sort.high) = (low, high);
                continue;
            }
            sort.first = element(table, sort.low);
            sort.second = element(table, sort.high);
            sort.at = At::Ends;
        }
        let less = match answer.take() {
            Some(less) => less,
            None => {
                if vm.is_tired() {
                    sort.keep(vm, call);
                    vm.put_state(call, sort);
                    return Ok(Next::Pause(GO_ON));
                }
                vm.spend(2);
                let (left, right) = sort.operands();
                match compare(vm, call, &sort, left, right)? {
                    Order::Known(less) => less,
                    Order::Asked => {
                        vm.put_state(call, sort);
                        return Ok(Next::Call {
                            args: 2,
                            results: 1,
                            phase: COMPARED,
                        });
                    }
                }
            }
        };
        sort.step(vm, table, less)?;
    }
}

/// Compares two elements, or pushes what has to be called for it.
fn compare(
    vm: &mut Vm,
    call: Call,
    sort: &Sort,
    left: Value,
    right: Value,
) -> Result<Order, Fault> {
    let function = match vm.arg(call, 2) {
        Value::Nil => match (left, right) {
            (Value::Number(left), Value::Number(right)) => return Ok(Order::Known(left < right)),
            (Value::Str(left), Value::Str(right)) => {
                return Ok(Order::Known(Vm::string_less(left, right)));
            }
            _ => vm.less_handler(left, right)?,
        },
        function => function,
    };
    sort.keep(vm, call);
    vm.push(function)?;
    vm.push(left)?;
    vm.push(right)?;
    Ok(Order::Asked)
}

impl Sort {
    fn new(len: i64) -> Sort {
        Sort {
            at: At::Range,
            low: 1,
            high: len,
            left: 0,
            right: 0,
            pivot: Value::Nil,
            first: Value::Nil,
            second: Value::Nil,
            later: Vec::new(),
        }
    }

    /// Keeps the values alive that the table may lose meanwhile.
    fn keep(&self, vm: &mut Vm, call: Call) {
        vm.set_local(call, 0, self.pivot);
        vm.set_local(call, 1, self.first);
        vm.set_local(call, 2, self.second);
    }

    /// What is to be compared: whether the first is less than the second.
    fn operands(&self) -> (Value, Value) {
        match self.at {
            At::Range | At::Ends | At::MiddleLast => (self.second, self.first),
            At::MiddleFirst => (self.first, self.second),
            At::Up => (self.first, self.pivot),
            At::Down => (self.pivot, self.second),
        }
    }

    /// Goes on to the next comparison, with the last one's answer.
    fn step(&mut self, vm: &mut Vm, table: Gc<Table>, less: bool) -> Result<(), Fault> {
        let (low, high) = (self.low, self.high);
        let middle = i64::midpoint(low, high);
        match self.at {
            At::Range => {}
            At::Ends => {
                if less {
                    set_element(vm, table, low, self.second)?;
                    set_element(vm, table, high, self.first)?;
                }
                if high - low == 1 {
                    self.end_range();
                    return Ok(());
                }
                self.first = element(table, middle);
                self.second = element(table, low);
                self.at = At::MiddleFirst;
            }
            At::MiddleFirst if less => {
                set_element(vm, table, middle, self.second)?;
                set_element(vm, table, low, self.first)?;
                return self.split(vm, table);
            }
            At::MiddleFirst => {
                self.second = element(table, high);
                self.at = At::MiddleLast;
            }
            At::MiddleLast => {
                if less {
                    set_element(vm, table, middle, self.second)?;
                    set_element(vm, table, high, self.first)?;
                }
                return self.split(vm, table);
            }
            At::Up if less => {
                if self.left > high {
                    return Err(vm.error(b"invalid order function for sorting"));
                }
                self.left += 1;
                self.first = element(table, self.left);
            }
            At::Up => self.look_down(table),
            At::Down if less => {
                if self.right < low {
                    return Err(vm.error(b"invalid order function for sorting"));
                }
                self.look_down(table);
            }
            At::Down if self.right < self.left => return self.divide(vm, table),
            At::Down => {
                set_element(vm, table, self.left, self.second)?;
                set_element(vm, table, self.right, self.first)?;
                self.look_up(table);
            }
        }
        Ok(())
    }

    fn end_range(&mut self) {
        self.high = self.low;
        self.at = At::Range;
    }

    fn look_up(&mut self, table: Gc<Table>) {
        self.left += 1;
        self.first = element(table, self.left);
        self.at = At::Up;
    }

    fn look_down(&mut self, table: Gc<Table>) {
        self.right -= 1;
        self.second = element(table, self.right);
        self.at = At::Down;
    }

    /// The first, the middle and the last are in order: the middle is the pivot, and goes to the last place but one.
    fn split(&mut self, vm: &mut Vm, table: Gc<Table>) -> Result<(), Fault> {
        let (low, high) = (self.low, self.high);
        if high - low == 2 {
            self.end_range();
            return Ok(());
        }
        let middle = i64::midpoint(low, high);
        self.pivot = element(table, middle);
        let other = element(table, high - 1);
        set_element(vm, table, middle, other)?;
        set_element(vm, table, high - 1, self.pivot)?;
        (self.left, self.right) = (low, high - 1);
        self.look_up(table);
        Ok(())
    }

    /// The sides have met: the pivot goes between, and the smaller side is sorted first.
    fn divide(&mut self, vm: &mut Vm, table: Gc<Table>) -> Result<(), Fault> {
        let (low, high, left) = (self.low, self.high, self.left);
        let pivot = element(table, high - 1);
        let other = element(table, left);
        set_element(vm, table, high - 1, other)?;
        set_element(vm, table, left, pivot)?;
        let (small, large) = if left - low < high - left {
            ((low, left - 1), (left + 1, high))
        } else {
            ((left + 1, high), (low, left - 1))
        };
        self.later.try_reserve(1).map_err(|_| Fault::Memory)?;
        self.later.push(large);
        (self.low, self.high) = small;
        self.at = At::Range;
        Ok(())
    }
}
