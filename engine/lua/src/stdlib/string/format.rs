//! `string.format`.

use alloc::vec::Vec;

use super::{append, give, reserve, take_buffer};
use crate::fault::Fault;
use crate::native::{Call, Next};
use crate::text::format::{self, Directive, Kind, Piece};
use crate::vm::Vm;

pub(super) fn format(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let text = vm.check_string(call, 1)?.live_bytes();
    let mut out = take_buffer(vm);
    let mut at = 0;
    let mut arg = 1;
    vm.spend(text.len() / 16);
    while let Some(piece) = format::next(text, &mut at) {
        if let Ok(Piece::Literal(bytes)) = piece {
            append(&vm.heap, &mut out, bytes)?;
            continue;
        }
        arg += 1;
        if arg > call.count {
            return Err(vm.arg_error(call, arg, b"no value"));
        }
        match piece {
            Ok(Piece::Directive(directive)) => print(vm, call, arg, &directive, &mut out)?,
            Ok(Piece::Literal(_)) => {}
            Err(error) => {
                let mut words = Vec::new();
                error.write(&mut words);
                return Err(vm.error(&words));
            }
        }
    }
    give(vm, out)
}

/// Appends an argument as its directive says.
fn print(
    vm: &mut Vm,
    call: Call,
    arg: usize,
    directive: &Directive,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    match directive.kind {
        Kind::Number(letter) => {
            let value = vm.check_number(call, arg)?;
            let text = format::number(value, letter, &directive.spec);
            let mut bytes = text.bytes();
            if letter == b'c' {
                let end = bytes.iter().position(|byte| *byte == 0);
                bytes = &bytes[..end.unwrap_or(bytes.len())];
            }
            vm.spend(8 + bytes.len() / 4);
            append(&vm.heap, out, bytes)
        }
        Kind::String => {
            let text = vm.check_string(call, arg)?.live_bytes();
            let (before, text, behind) = format::string(text, &directive.spec);
            vm.spend(1 + text.len() / 64);
            reserve(&vm.heap, out, before + text.len() + behind)?;
            out.resize(out.len() + before, b' ');
            out.extend_from_slice(text);
            out.resize(out.len() + behind, b' ');
            Ok(())
        }
        Kind::Quoted => {
            let text = vm.check_string(call, arg)?.live_bytes();
            vm.spend(1 + text.len() / 8);
            reserve(&vm.heap, out, text.len() + 2)?;
            out.push(b'"');
            for byte in text {
                match format::quoted(*byte) {
                    Some(escape) => append(&vm.heap, out, escape)?,
                    None => append(&vm.heap, out, &[*byte])?,
                }
            }
            append(&vm.heap, out, b"\"")
        }
    }
}
