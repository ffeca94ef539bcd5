//! Runs a file as `lua5.1 FILE` does: prints to standard output, errors to standard error. `FILE --redis` adds the
//! libraries of Redis' scripts.

use std::io::Write;
use std::process::ExitCode;

use hyla_lua::{Outcome, Value, Vm, stdlib};

/// Bytes that objects may hold, if the variable `MEMORY` does not say.
const MEMORY_LIMIT: usize = 1 << 31;

/// A number from the environment.
fn setting(name: &str) -> Option<i64> {
    std::env::var(name).ok()?.parse().ok()
}

fn print(bytes: &[u8]) {
    OUT.with_borrow_mut(|out| {
        // A closed pipe is the reader's affair.
        let _ = out.write_all(bytes);
    });
}

thread_local! {
    static OUT: std::cell::RefCell<std::io::BufWriter<std::io::Stdout>> =
        std::cell::RefCell::new(std::io::BufWriter::new(std::io::stdout()));
}

fn fail(message: &[u8]) -> ExitCode {
    OUT.with_borrow_mut(|out| {
        let _ = out.flush();
    });
    eprintln!("lua: {}", String::from_utf8_lossy(message));
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        return fail(b"no file");
    };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) => return fail(format!("cannot open {path} ({error})").as_bytes()),
    };
    let memory = setting("MEMORY").map_or(MEMORY_LIMIT, |bytes| bytes as usize);
    let Ok(mut vm) = Vm::new(memory) else {
        return fail(b"not enough memory");
    };
    vm.print = print;
    // As deep as the interpreter of 5.1 is when it runs a file.
    vm.base_depth = 2;
    if stdlib::open(&mut vm).is_err() {
        return fail(b"not enough memory");
    }
    if std::env::args().nth(2).as_deref() == Some("--redis")
        && stdlib::scripts::open(&mut vm).is_err()
    {
        return fail(b"not enough memory");
    }
    // A first line for the shell is no Lua.
    let start = match text.first() {
        Some(b'#') => text
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(text.len()),
        _ => 0,
    };
    let name = format!("@{path}");
    let function = match vm.load(&text[start..], name.as_bytes()) {
        Ok(function) => function,
        Err(message) => return fail(&message.unwrap_or_else(|| b"not enough memory".to_vec())),
    };
    if vm.begin(function, &[]).is_err() {
        return fail(b"not enough memory");
    }
    // `FUEL`: that much in a slice; `SLICES`: so many of them before the run is killed.
    let slice = setting("FUEL").unwrap_or(i64::MAX);
    let mut slices = setting("SLICES").unwrap_or(i64::MAX);
    // `LONGEST`: the longest slice on standard error, in milliseconds.
    let mut longest = std::time::Duration::ZERO;
    loop {
        let start = std::time::Instant::now();
        let outcome = vm.run(slice);
        longest = longest.max(start.elapsed());
        match outcome {
            Outcome::Suspended => {
                slices -= 1;
                if slices == 0 {
                    vm.abandon();
                    return fail(b"killed");
                }
            }
            Outcome::Failed => {
                let message = match vm.error_value() {
                    Value::Str(text) => text.bytes().to_vec(),
                    Value::Number(number) => format!("{number}").into_bytes(),
                    Value::Nil => Vec::new(),
                    _ => b"(error object is not a string)".to_vec(),
                };
                return fail(&message);
            }
            _ => break,
        }
    }
    OUT.with_borrow_mut(|out| {
        let _ = out.flush();
    });
    if setting("LONGEST").is_some() {
        eprintln!("{:.1} ms", longest.as_secs_f64() * 1000.0);
    }
    ExitCode::SUCCESS
}
