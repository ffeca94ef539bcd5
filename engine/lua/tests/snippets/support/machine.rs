//! Runs a program on the machine under test, as the reference runs it.

use super::{CHUNK, transcript};
use hyla_lua::{Outcome, Value, Vm, stdlib};
use std::cell::RefCell;

thread_local! {
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn print(bytes: &[u8]) {
    OUTPUT.with_borrow_mut(|output| output.extend_from_slice(bytes));
}

/// Limits of a run.
pub(crate) struct Limits {
    /// Fuel of a slice.
    pub(crate) slice: i64,
    /// Slices until it is killed.
    pub(crate) slices_max: u64,
    /// Bytes of its heap.
    pub(crate) memory_bytes: usize,
}

/// How a run came to its end.
pub(crate) enum Ended {
    /// By itself.
    Done,
    /// With an error; its text.
    Failed(Vec<u8>),
    /// Its fuel was all used up.
    Killed,
}

/// What a program printed, and how it ended.
pub(crate) fn run(source: &str, limits: &Limits) -> (Vec<u8>, Ended) {
    OUTPUT.with_borrow_mut(Vec::clear);
    let ended = end_of(source, limits);
    (OUTPUT.with_borrow_mut(std::mem::take), ended)
}

fn end_of(source: &str, limits: &Limits) -> Ended {
    let no_memory = || Ended::Failed(b"not enough memory".to_vec());
    let Ok(mut vm) = Vm::new(limits.memory_bytes) else {
        return no_memory();
    };
    vm.print = print;
    // As deep as the interpreter of 5.1 is when it runs a file.
    vm.base_depth = 2;
    if stdlib::open(&mut vm).is_err() {
        return no_memory();
    }
    // A first line for the shell is no Lua.
    let start = match source.as_bytes() {
        [b'#', ..] => source.find('\n').unwrap_or(source.len()),
        _ => 0,
    };
    let name = format!("@{CHUNK}");
    let function = match vm.load(&source.as_bytes()[start..], name.as_bytes()) {
        Ok(function) => function,
        Err(Some(text)) => return Ended::Failed(text),
        Err(None) => return no_memory(),
    };
    if vm.begin(function, &[]).is_err() {
        return no_memory();
    }
    for _ in 0..limits.slices_max {
        match vm.run(limits.slice) {
            Outcome::Suspended => {}
            Outcome::Failed => return Ended::Failed(error_text(&mut vm)),
            Outcome::Done | Outcome::Host(_) => return Ended::Done,
        }
    }
    vm.abandon();
    Ended::Killed
}

/// An error as lua5.1 shows it.
fn error_text(vm: &mut Vm) -> Vec<u8> {
    match vm.error_value() {
        Value::Str(text) => text.bytes().to_vec(),
        Value::Number(number) => {
            let text = vm.number_text(number);
            text.map_or(Vec::new(), |text| text.bytes().to_vec())
        }
        Value::Nil => Vec::new(),
        _ => b"(error object is not a string)".to_vec(),
    }
}

/// The transcript of a program that is given all it wants.
pub(crate) fn ours(source: &str, slice: i64) -> String {
    let limits = Limits {
        slice,
        slices_max: (3_000_000_000 / slice).unsigned_abs() + 1,
        memory_bytes: 1 << 30,
    };
    let (output, ended) = run(source, &limits);
    match ended {
        Ended::Done => transcript(&output, None),
        Ended::Failed(text) => transcript(&output, Some(&text)),
        Ended::Killed => transcript(&output, Some(b"killed")),
    }
}
