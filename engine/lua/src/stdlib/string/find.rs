//! `string.find`, `string.match` and `string.gmatch`.

use alloc::boxed::Box;

use super::position;
use crate::fault::Fault;
use crate::native::{Call, Next};
use crate::text::pattern::{Capture, Outcome, PatternError, Search, find_plain, is_plain};
use crate::value::Value;
use crate::vm::Vm;

/// What a malformed pattern is as an error.
pub(super) fn fault(vm: &mut Vm, error: PatternError) -> Fault {
    match error {
        PatternError::OutOfMemory => Fault::Memory,
        other => vm.error(other.text().as_bytes()),
    }
}

/// Bytes that a search may hold which is kept for the next one.
const KEPT_MAX: usize = 4096;

/// A search, the one that was kept if there is one: a new one costs more than a short match.
pub(super) fn new_search(vm: &mut Vm, pattern: &[u8], may_anchor: bool) -> Box<Search> {
    match vm.search.take() {
        Some(mut search) => {
            search.renew(pattern, may_anchor);
            search
        }
        None => Box::new(Search::new(pattern, may_anchor)),
    }
}

/// Keeps a search that is done.
pub(super) fn keep_search(vm: &mut Vm, search: Box<Search>) {
    if search.memory_bytes() <= KEPT_MAX {
        vm.search = Some(search);
    }
}

/// The value of a capture, see [`Search::capture`].
pub(super) fn capture(
    vm: &mut Vm,
    search: &Search,
    subject: &[u8],
    index: usize,
    (start, end): (usize, usize),
) -> Result<Value, Fault> {
    match search.capture(index, start, end) {
        Ok(Capture::Range(from, to)) => {
            vm.spend((to - from) / 64);
            Ok(Value::Str(vm.heap.string(&subject[from..to])?))
        }
        Ok(Capture::Position(at)) => Ok(Value::Number(at as f64 + 1.0)),
        Err(error) => Err(fault(vm, error)),
    }
}

/// Pushes `count` captures of a match.
pub(super) fn push_captures(
    vm: &mut Vm,
    call: Call,
    search: &Search,
    subject: &[u8],
    count: usize,
    whole: (usize, usize),
) -> Result<(), Fault> {
    vm.need_stack(call, count, "too many captures")?;
    for index in 0..count {
        let value = capture(vm, search, subject, index, whole)?;
        vm.push(value)?;
    }
    Ok(())
}

pub(super) fn find(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    search_for(vm, call, true)
}

pub(super) fn r#match(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    search_for(vm, call, false)
}

/// Phases of a search that goes on.
const PATTERN: u32 = 1;
const PLAIN: u32 = 2;

fn search_for(vm: &mut Vm, call: Call, is_find: bool) -> Result<Next, Fault> {
    let subject = vm.check_string(call, 1)?.live_bytes();
    let pattern = vm.check_string(call, 2)?.live_bytes();
    if call.phase == 0 {
        let start = position(vm.integer_or(call, 3, 1)?, subject.len()) - 1;
        let start = start.clamp(0, subject.len() as i64) as usize;
        if is_find && (vm.arg(call, 4).is_true() || is_plain(pattern)) {
            return plain(vm, call, subject, pattern, start);
        }
        let mut search = new_search(vm, pattern, true);
        search.from(start);
        return go_on(vm, call, search, is_find);
    }
    if call.phase == PLAIN {
        let start = vm.take_state::<usize>(call).map_or(0, |start| *start);
        return plain(vm, call, subject, pattern, start);
    }
    match vm.take_state::<Search>(call) {
        Some(search) => go_on(vm, call, search, is_find),
        None => Ok(Next::Return(0)),
    }
}

fn go_on(vm: &mut Vm, call: Call, mut search: Box<Search>, is_find: bool) -> Result<Next, Fault> {
    let subject = vm.check_string(call, 1)?.live_bytes();
    let pattern = vm.check_string(call, 2)?.live_bytes();
    let outcome = vm.with_fuel(|fuel| search.run(subject, pattern, fuel));
    if outcome == Ok(Outcome::OutOfFuel) {
        vm.put_state(call, search);
        return Ok(Next::Pause(PATTERN));
    }
    let found = found(vm, call, &search, outcome, is_find);
    keep_search(vm, search);
    found
}

/// Gives what a search came to.
fn found(
    vm: &mut Vm,
    call: Call,
    search: &Search,
    outcome: Result<Outcome, PatternError>,
    is_find: bool,
) -> Result<Next, Fault> {
    let (start, end) = match outcome {
        Ok(Outcome::Match(start, end)) => (start, end),
        Ok(_) => return vm.give(Value::Nil),
        Err(error) => return Err(fault(vm, error)),
    };
    let subject = vm.check_string(call, 1)?.live_bytes();
    if !is_find {
        let count = search.values();
        push_captures(vm, call, search, subject, count, (start, end))?;
        return Ok(Next::Return(count));
    }
    vm.push(Value::Number(start as f64 + 1.0))?;
    vm.push(Value::Number(end as f64))?;
    let count = search.level();
    push_captures(vm, call, search, subject, count, (start, end))?;
    Ok(Next::Return(count + 2))
}

fn plain(
    vm: &mut Vm,
    call: Call,
    subject: &[u8],
    wanted: &[u8],
    mut start: usize,
) -> Result<Next, Fault> {
    match vm.with_fuel(|fuel| find_plain(subject, wanted, &mut start, fuel)) {
        Outcome::Match(from, to) => {
            vm.push(Value::Number(from as f64 + 1.0))?;
            vm.push(Value::Number(to as f64))?;
            Ok(Next::Return(2))
        }
        Outcome::None => vm.give(Value::Nil),
        Outcome::OutOfFuel => {
            vm.put_state(call, Box::new(start));
            Ok(Next::Pause(PLAIN))
        }
    }
}

pub(super) fn gmatch(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let subject = vm.check_string(call, 1)?;
    let pattern = vm.check_string(call, 2)?;
    let values = [Value::Str(subject), Value::Str(pattern), Value::Number(0.0)];
    let step = vm.function(gmatch_step, Box::new(values))?;
    vm.give(step)
}

/// What `gmatch` gives for a loop. Its values: the subject, the pattern, and where the next match is looked for.
fn gmatch_step(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let mut native = call.native;
    let [
        Value::Str(subject),
        Value::Str(pattern),
        Value::Number(start),
    ] = native.upvals[..]
    else {
        return Ok(Next::Return(0));
    };
    let (subject, pattern) = (subject.live_bytes(), pattern.live_bytes());
    let kept = if call.phase == 0 {
        None
    } else {
        vm.take_state::<Search>(call)
    };
    let mut search = kept.unwrap_or_else(|| {
        let mut search = new_search(vm, pattern, false);
        search.from(start as usize);
        search
    });
    match vm.with_fuel(|fuel| search.run(subject, pattern, fuel)) {
        Ok(Outcome::Match(from, to)) => {
            let next = if from == to { to + 1 } else { to };
            native.upvals[2] = Value::Number(next as f64);
            let count = search.values();
            push_captures(vm, call, &search, subject, count, (from, to))?;
            keep_search(vm, search);
            Ok(Next::Return(count))
        }
        Ok(Outcome::None) => Ok(Next::Return(0)),
        Ok(Outcome::OutOfFuel) => {
            vm.put_state(call, search);
            Ok(Next::Pause(1))
        }
        Err(error) => Err(fault(vm, error)),
    }
}
