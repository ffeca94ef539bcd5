//! Values as JSON. A stack of its own in place of recursion.

use alloc::vec::Vec;

use super::{Config, Fail, Invalid, Machine, View, append_integer};
use crate::libs::{Progress, append, reserve};
use crate::text::number;

/// A table that is being written.
enum Frame<V> {
    /// The element written last and the last one.
    Array { table: V, at: usize, len: usize },
    /// The key written last; `nil` at first.
    Object { table: V, key: V, first: bool },
}

/// A text that is being written. The tables in it are in the value that it is of.
pub(super) struct Encoding<V> {
    out: Vec<u8>,
    stack: Vec<Frame<V>>,
}

/// The JSON text of a value, or how far it came.
pub(super) fn encode<M: Machine>(
    config: &Config,
    machine: &mut M,
    before: Option<Encoding<M::Value>>,
    value: M::Value,
) -> Result<Progress<Vec<u8>, Encoding<M::Value>>, Fail> {
    let Encoding { mut out, mut stack } = match before {
        Some(before) => before,
        None => {
            let (mut out, mut stack) = (Vec::new(), Vec::new());
            write(config, machine, value, &mut stack, &mut out)?;
            Encoding { out, stack }
        }
    };
    while let Some(frame) = stack.last_mut() {
        if machine.is_tired() {
            return Ok(Progress::Stopped(Encoding { out, stack }));
        }
        machine.spend(1)?;
        let next = match frame {
            Frame::Array { at, len, .. } if at == len => {
                append(machine, &mut out, b"]")?;
                None
            }
            Frame::Array { table, at, .. } => {
                if *at > 0 {
                    append(machine, &mut out, b",")?;
                }
                *at += 1;
                Some(machine.index(*table, *at))
            }
            Frame::Object { table, key, first } => match machine.next(*table, *key) {
                None => {
                    append(machine, &mut out, b"}")?;
                    None
                }
                Some((next_key, value)) => {
                    let table = *table;
                    *key = next_key;
                    if !core::mem::take(first) {
                        append(machine, &mut out, b",")?;
                    }
                    write_key(config, machine, table, next_key, &mut out)?;
                    append(machine, &mut out, b":")?;
                    Some(value)
                }
            },
        };
        match next {
            Some(value) => write(config, machine, value, &mut stack, &mut out)?,
            None => {
                stack.pop();
            }
        }
    }
    Ok(Progress::Ended(out))
}

/// Writes what is no table, and begins what is one.
fn write<M: Machine>(
    config: &Config,
    machine: &mut M,
    value: M::Value,
    stack: &mut Vec<Frame<M::Value>>,
    out: &mut Vec<u8>,
) -> Result<(), Fail> {
    match machine.view(value) {
        View::Nil | View::Null => append(machine, out, b"null"),
        View::Bool(true) => append(machine, out, b"true"),
        View::Bool(false) => append(machine, out, b"false"),
        View::Number(number) => write_number(config, machine, number, out),
        View::String(_) => write_string(machine, value, out),
        View::Table => {
            let depth = stack.len() as i64 + 1;
            if depth > i64::from(config.encode_depth) {
                let mut words = b"Cannot serialise, excessive nesting (".to_vec();
                append_integer(&mut words, depth);
                words.push(b')');
                return Err(Fail::Text(words));
            }
            stack.try_reserve(1)?;
            let len = array_len(config, machine, value)?;
            append(machine, out, if len > 0 { b"[" } else { b"{" })?;
            stack.push(if len > 0 {
                Frame::Array {
                    table: value,
                    at: 0,
                    len,
                }
            } else {
                Frame::Object {
                    table: value,
                    key: machine.nil(),
                    first: true,
                }
            });
            Ok(())
        }
        View::Other(name) => Err(refused(name, "type not supported")),
    }
}

fn refused(type_name: &str, why: &str) -> Fail {
    let mut words = b"Cannot serialise ".to_vec();
    words.extend_from_slice(type_name.as_bytes());
    words.extend_from_slice(b": ");
    words.extend_from_slice(why.as_bytes());
    Fail::Text(words)
}

/// The length of the array that a table is, or 0 if it is none. O(elements).
fn array_len<M: Machine>(config: &Config, machine: &mut M, table: M::Value) -> Result<usize, Fail> {
    let (mut largest, mut count) = (0i64, 0i64);
    let mut key = machine.nil();
    while let Some((next, _)) = machine.next(table, key) {
        machine.spend(1)?;
        key = next;
        match machine.view(key) {
            // C takes it for an `int`, and what does not fit one for the least.
            View::Number(index) if index >= 1.0 && number::to_i64(index) as f64 == index => {
                let index = number::to_i64(index);
                if index > i64::from(i32::MAX) {
                    return Ok(0);
                }
                largest = largest.max(index);
                count += 1;
            }
            _ => return Ok(0),
        }
    }
    let ratio = i64::from(config.sparse_ratio);
    if ratio > 0 && largest > count * ratio && largest > i64::from(config.sparse_safe) {
        if !config.sparse_convert {
            return Err(refused("table", "excessively sparse array"));
        }
        return Ok(0);
    }
    Ok(largest as usize)
}

fn write_key<M: Machine>(
    config: &Config,
    machine: &mut M,
    table: M::Value,
    key: M::Value,
    out: &mut Vec<u8>,
) -> Result<(), Fail> {
    match machine.view(key) {
        View::Number(number) => {
            append(machine, out, b"\"")?;
            write_number(config, machine, number, out)?;
            append(machine, out, b"\"")
        }
        View::String(_) => write_string(machine, key, out),
        _ => {
            let name = machine.view(table).type_name();
            Err(refused(name, "table key must be a number or string"))
        }
    }
}

fn write_number<M: Machine>(
    config: &Config,
    machine: &mut M,
    number: f64,
    out: &mut Vec<u8>,
) -> Result<(), Fail> {
    if !number.is_finite() {
        match config.encode_invalid {
            Invalid::Refuse => return Err(refused("number", "must not be NaN or Inf")),
            Invalid::Null => return append(machine, out, b"null"),
            Invalid::Write if number.is_nan() => return append(machine, out, b"nan"),
            Invalid::Write => {}
        }
    }
    let mut buffer = [0; number::TEXT_LEN_MAX];
    let text = number::write_general(number, config.precision as u32, &mut buffer);
    append(machine, out, text)
}

/// What stands for a byte, if not the byte itself: the letter behind a backslash, or `u` for its number.
fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' | b'/' => Some(byte),
        8 => Some(b'b'),
        b'\t' => Some(b't'),
        b'\n' => Some(b'n'),
        12 => Some(b'f'),
        b'\r' => Some(b'r'),
        0..=31 | 127 => Some(b'u'),
        _ => None,
    }
}

fn write_string<M: Machine>(
    machine: &mut M,
    value: M::Value,
    out: &mut Vec<u8>,
) -> Result<(), Fail> {
    let View::String(text) = machine.view(value) else {
        return Ok(());
    };
    let len = text.iter().map(|byte| match escape(*byte) {
        None => 1,
        Some(b'u') => 6,
        Some(_) => 2,
    });
    let len = len.sum::<usize>() + 2;
    machine.spend(len / 4)?;
    reserve(machine, out, len)?;
    let View::String(text) = machine.view(value) else {
        return Ok(());
    };
    out.push(b'"');
    for &byte in text {
        match escape(byte) {
            None => out.push(byte),
            Some(b'u') => {
                let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
        }
    }
    out.push(b'"');
    Ok(())
}
