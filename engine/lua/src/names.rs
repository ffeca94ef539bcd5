//! How 5.1 names chunks, variables and functions in its error messages: by looking at the instructions that loaded
//! them. Knows nothing of the machine's state.

use alloc::vec::Vec;

use crate::compile::{Op, Proto};
use crate::heap::{Gc, Str};
use crate::value::Value;

/// Bytes that 5.1 has for a chunk's name, with a NUL, in errors of what runs.
pub(crate) const RUNNING: usize = 60;
/// The same in errors of the compiler.
pub(crate) const COMPILING: usize = 80;

/// Appends decimal digits.
pub(crate) fn push_integer(out: &mut Vec<u8>, value: i64) {
    let spec = crate::text::printf::Spec::default();
    out.extend_from_slice(crate::text::printf::signed(value, &spec).bytes());
}

/// A chunk's name as messages show it that have `room` bytes for it: [`RUNNING`] or [`COMPILING`].
pub(crate) fn chunk_id(source: &[u8], room: usize) -> Vec<u8> {
    let end = source.iter().position(|byte| *byte == 0);
    let source = &source[..end.unwrap_or(source.len())];
    let mut out = Vec::new();
    match source {
        [b'=', rest @ ..] => out.extend_from_slice(&rest[..rest.len().min(room - 1)]),
        [b'@', rest @ ..] => {
            let over = rest.len().saturating_sub(room - 8);
            if over > 0 {
                out.extend_from_slice(b"...");
            }
            out.extend_from_slice(&rest[over..]);
        }
        text => {
            let line = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let len = line.unwrap_or(text.len()).min(room - 17);
            out.extend_from_slice(b"[string \"");
            out.extend_from_slice(&text[..len]);
            if len < text.len() {
                out.extend_from_slice(b"...");
            }
            out.extend_from_slice(b"\"]");
        }
    }
    out
}

/// The local variable in a register at an instruction.
pub(crate) fn local(proto: &Proto, register: u32, pc: usize) -> Option<Gc<Str>> {
    let here =
        |local: &&crate::compile::LocalName| local.from as usize <= pc && pc < local.to as usize;
    let mut locals = proto
        .locals
        .iter()
        .take_while(|local| local.from as usize <= pc);
    let found = locals.by_ref().filter(here).nth(register as usize);
    found.map(|local| local.name)
}

/// The last instruction before `end` that sets a register, as 5.1 finds it: jumps forward are taken.
fn setter(proto: &Proto, end: usize, register: u32) -> Option<usize> {
    let mut last = None;
    let mut pc = 0;
    while pc < end {
        let ins = proto.code[pc];
        let (a, b) = (u32::from(ins.a), u32::from(ins.b));
        let sets = match ins.op {
            Op::LoadNil => a <= register && register <= b,
            Op::TForLoop => register >= a + 2,
            Op::Method => register == a || register == a + 1,
            Op::Call | Op::TailCall => register >= a,
            Op::Vararg => register >= a && (b == 0 || register < a + b - 1),
            Op::Jmp
            | Op::SetGlobal
            | Op::SetUpval
            | Op::SetTable
            | Op::SetField
            | Op::SetConst
            | Op::Eq
            | Op::Lt
            | Op::Le
            | Op::EqK
            | Op::LtK
            | Op::LeK
            | Op::GtK
            | Op::GeK
            | Op::Return
            | Op::SetList
            | Op::Close => false,
            _ => a == register,
        };
        if sets {
            last = Some(pc);
        }
        if matches!(ins.op, Op::Jmp | Op::ForLoop | Op::ForPrep) {
            let target = pc as i64 + 1 + i64::from(ins.c);
            if target > pc as i64 && target <= end as i64 {
                pc = target as usize;
                continue;
            }
        }
        pc += 1;
    }
    last
}

fn text(value: Value) -> &'static [u8] {
    match value {
        Value::Str(name) => name.live_bytes(),
        _ => b"?",
    }
}

/// What a register holds at an instruction: the kind of variable, and its name.
pub(crate) fn variable(
    proto: &Proto,
    register: u32,
    pc: usize,
) -> Option<(&'static str, &'static [u8])> {
    if let Some(name) = local(proto, register, pc) {
        return Some(("local", name.live_bytes()));
    }
    let ins = proto.code[setter(proto, pc, register)?];
    match ins.op {
        Op::GetGlobal => Some(("global", text(proto.constants[ins.c as usize]))),
        Op::Move if ins.b < u16::from(ins.a) => variable(proto, u32::from(ins.b), pc),
        Op::GetTable => Some(("field", b"?")),
        Op::GetField | Op::GetConst => Some(("field", text(proto.constants[ins.c as usize]))),
        Op::GetUpval => {
            let name = proto.upval_names.get(usize::from(ins.b));
            Some(("upvalue", name.map_or(b"?", |name| name.live_bytes())))
        }
        Op::Method => Some(("method", text(proto.constants[ins.c as usize]))),
        _ => None,
    }
}

/// The name of the function that an instruction calls.
pub(crate) fn callee(proto: &Proto, pc: usize) -> Option<(&'static str, &'static [u8])> {
    let ins = proto.code[pc];
    match ins.op {
        Op::Call | Op::TailCall | Op::TForLoop => variable(proto, u32::from(ins.a), pc),
        _ => None,
    }
}
