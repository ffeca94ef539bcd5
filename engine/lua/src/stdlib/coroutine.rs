//! The library `coroutine`.

use alloc::boxed::Box;

use crate::fault::Fault;
use crate::heap::{Gc, Thread};
use crate::native::{Call, FAILED, Next};
use crate::thread::Status;
use crate::value::Value;
use crate::vm::Vm;

/// Adds the library to the globals.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    let table = vm.heap.table()?;
    vm.register(
        table,
        &[
            ("create", create),
            ("resume", resume),
            ("running", running),
            ("status", status),
            ("wrap", wrap),
            ("yield", r#yield),
        ],
    )?;
    let globals = vm.globals;
    vm.set_field(globals, "coroutine", Value::Table(table))
}

/// What a coroutine costs beside its first call: its stack is made.
const NEW_COST: usize = 25;

fn new(vm: &mut Vm, call: Call) -> Result<Gc<Thread>, Fault> {
    let Value::Closure(function) = vm.arg(call, 1) else {
        return Err(vm.arg_error(call, 1, b"Lua function expected"));
    };
    vm.spend(NEW_COST);
    let globals = vm.thread.globals;
    let thread = vm.heap.thread(globals)?;
    let running = core::mem::replace(&mut vm.thread, thread);
    let pushed = vm.push(Value::Closure(function));
    vm.thread = running;
    pushed?;
    Ok(thread)
}

fn create(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let thread = new(vm, call)?;
    vm.give(Value::Thread(thread))
}

/// What `status` says of a coroutine.
fn status_of(vm: &Vm, thread: Gc<Thread>) -> &'static str {
    if thread == vm.thread {
        return "running";
    }
    match thread.status {
        Status::Running => "running",
        Status::Normal => "normal",
        Status::Dead => "dead",
        Status::Suspended => "suspended",
    }
}

/// Why a coroutine cannot be resumed.
fn refusal(vm: &mut Vm, thread: Gc<Thread>) -> Option<&'static str> {
    match status_of(vm, thread) {
        "suspended" if vm.may_resume() => None,
        "suspended" => {
            // 5.1 has emptied its stack: of one that has not begun nothing is left.
            if thread.frames.is_empty() {
                vm.kill_thread(thread);
            }
            Some("C stack overflow")
        }
        "running" => Some("cannot resume running coroutine"),
        "normal" => Some("cannot resume normal coroutine"),
        _ => Some("cannot resume dead coroutine"),
    }
}

fn thread_arg(vm: &mut Vm, call: Call) -> Result<Gc<Thread>, Fault> {
    match vm.arg(call, 1) {
        Value::Thread(thread) => Ok(thread),
        _ => Err(vm.arg_error(call, 1, b"coroutine expected")),
    }
}

fn resume(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    match call.phase {
        0 => {
            let thread = thread_arg(vm, call)?;
            if let Some(words) = refusal(vm, thread) {
                vm.push(Value::Bool(false))?;
                vm.push_string(words.as_bytes())?;
                return Ok(Next::Return(2));
            }
            Ok(Next::Resume {
                thread,
                args: call.count - 1,
                phase: 1,
            })
        }
        FAILED => {
            let error = vm.pop();
            vm.push(Value::Bool(false))?;
            vm.push(error)?;
            Ok(Next::Return(2))
        }
        _ => {
            vm.set_arg(call, 1, Value::Bool(true));
            Ok(Next::Return(vm.above(call)))
        }
    }
}

fn wrap(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let thread = new(vm, call)?;
    let function = vm.function(wrapped, Box::new([Value::Thread(thread)]))?;
    vm.give(function)
}

fn wrapped(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let Some(Value::Thread(thread)) = call.native.upvals.first().copied() else {
        return Ok(Next::Return(0));
    };
    match call.phase {
        0 => {
            if let Some(words) = refusal(vm, thread) {
                return Err(vm.error(words.as_bytes()));
            }
            Ok(Next::Resume {
                thread,
                args: call.count,
                phase: 1,
            })
        }
        FAILED => {
            let error = vm.pop();
            match error {
                Value::Str(text) => Err(vm.error(text.live_bytes())),
                Value::Number(number) => {
                    let text = vm.number_text(number)?;
                    Err(vm.error(text.live_bytes()))
                }
                other => Err(vm.raise(other)),
            }
        }
        _ => Ok(Next::Return(vm.above(call))),
    }
}

fn r#yield(_: &mut Vm, call: Call) -> Result<Next, Fault> {
    Ok(Next::Yield(call.count))
}

fn status(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let thread = thread_arg(vm, call)?;
    let status = status_of(vm, thread);
    vm.give_string(status.as_bytes())
}

fn running(vm: &mut Vm, _: Call) -> Result<Next, Fault> {
    let thread = vm.thread;
    if thread.parent.is_none() {
        return vm.give(Value::Nil);
    }
    vm.give(Value::Thread(thread))
}
