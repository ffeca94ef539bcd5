//! `cmsgpack`: MessagePack in and out, as lua-cmsgpack 0.4 does it. Stacks of its own in place of recursion.
//!
//! Source: the MessagePack specification.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Call, Fail, Machine, View, append, append_integer};
use crate::text::number;

#[cfg(test)]
mod tests;

/// A function of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cmsgpack {
    /// `pack(value, …)`
    Pack,
    /// `unpack(data)`
    Unpack,
    /// `unpack_one(data [, offset])`
    UnpackOne,
    /// `unpack_limit(data, limit [, offset])`
    UnpackLimit,
}

/// The functions with their names.
pub const FUNCTIONS: [(&str, Cmsgpack); 4] = [
    ("pack", Cmsgpack::Pack),
    ("unpack", Cmsgpack::Unpack),
    ("unpack_one", Cmsgpack::UnpackOne),
    ("unpack_limit", Cmsgpack::UnpackLimit),
];

/// The strings of the library.
pub const CONSTANTS: [(&str, &str); 4] = [
    ("_NAME", "cmsgpack"),
    ("_VERSION", "lua-cmsgpack 0.4.0"),
    ("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"),
    ("_DESCRIPTION", "MessagePack C implementation for Lua"),
];

/// Tables in tables that are packed; what is deeper becomes nil.
const NESTING_MAX: usize = 16;
/// Arrays and maps in each other that are unpacked: about what the C stack of Lua has room for.
const DEPTH_MAX: usize = 3998;

/// Runs a function of the library.
///
/// # Errors
/// A wrong argument, data that is no MessagePack; no memory.
pub fn run<M: Machine>(function: Cmsgpack, call: &mut Call<'_, M>) -> Result<(), Fail> {
    match function {
        Cmsgpack::Pack => pack(call),
        Cmsgpack::Unpack => unpack(call, 0, 0),
        Cmsgpack::UnpackOne => {
            let offset = call.integer_or(2, 0)?;
            unpack(call, 1, offset)
        }
        Cmsgpack::UnpackLimit => {
            let limit = call.check_integer(2)?;
            let offset = call.integer_or(3, 0)?;
            unpack(call, limit, offset)
        }
    }
}

/// A table that is being packed.
enum Packing<V> {
    Array { table: V, at: usize, len: usize },
    Map { table: V, key: V, value: Option<V> },
}

fn pack<M: Machine>(call: &mut Call<'_, M>) -> Result<(), Fail> {
    if call.args.is_empty() {
        return Err(Fail::argument(0, "MessagePack pack needs input."));
    }
    let mut packed = call.pause.take().unwrap_or(Packed {
        out: Vec::new(),
        next: 0,
        stack: Vec::new(),
    });
    loop {
        if !pack_value(call.machine, &mut packed)? {
            call.pause.state = Some(Box::new(packed));
            return Ok(());
        }
        let Some(value) = call.args.get(packed.next) else {
            return call.push_string(&packed.out);
        };
        packed.next += 1;
        begin(call.machine, *value, &mut packed.stack, &mut packed.out)?;
    }
}

/// Arguments that are being packed. The tables in it are in them.
struct Packed<V> {
    out: Vec<u8>,
    /// The argument that comes next.
    next: usize,
    stack: Vec<Packing<V>>,
}

/// Goes on with a value that has begun. False if it has not come to its end.
fn pack_value<M: Machine>(machine: &mut M, packed: &mut Packed<M::Value>) -> Result<bool, Fail> {
    let Packed { out, stack, .. } = packed;
    while let Some(frame) = stack.last_mut() {
        if machine.is_tired() {
            return Ok(false);
        }
        machine.spend(1)?;
        let next = match frame {
            Packing::Array { at, len, .. } if at == len => None,
            Packing::Array { table, at, .. } => {
                *at += 1;
                Some(machine.index(*table, *at))
            }
            Packing::Map { table, key, value } => match value.take() {
                Some(value) => Some(value),
                None => machine.next(*table, *key).map(|(next, its)| {
                    *key = next;
                    *value = Some(its);
                    next
                }),
            },
        };
        match next {
            Some(value) => begin(machine, value, stack, out)?,
            None => {
                stack.pop();
            }
        }
    }
    Ok(true)
}

/// Packs what is no table, and the head of what is one.
fn begin<M: Machine>(
    machine: &mut M,
    value: M::Value,
    stack: &mut Vec<Packing<M::Value>>,
    out: &mut Vec<u8>,
) -> Result<(), Fail> {
    match machine.view(value) {
        View::Bool(value) => append(machine, out, &[if value { 0xc3 } else { 0xc2 }]),
        View::Number(number) => append_number(machine, out, number),
        View::String(text) => {
            let len = text.len();
            machine.spend(len / 16)?;
            head(
                machine,
                out,
                len,
                [(31, 0xa0), (0xff, 0xd9), (0xffff, 0xda)],
                0xdb,
            )?;
            super::reserve(machine, out, len)?;
            if let View::String(text) = machine.view(value) {
                out.extend_from_slice(text);
            }
            Ok(())
        }
        View::Table if stack.len() < NESTING_MAX => {
            stack.try_reserve(1)?;
            let (count, is_array) = measure(machine, value)?;
            if is_array {
                let len = machine.border(value);
                head(
                    machine,
                    out,
                    len,
                    [(15, 0x90), (0, 0), (0xffff, 0xdc)],
                    0xdd,
                )?;
                stack.push(Packing::Array {
                    table: value,
                    at: 0,
                    len,
                });
            } else {
                head(
                    machine,
                    out,
                    count,
                    [(15, 0x80), (0, 0), (0xffff, 0xde)],
                    0xdf,
                )?;
                stack.push(Packing::Map {
                    table: value,
                    key: machine.nil(),
                    value: None,
                });
            }
            Ok(())
        }
        _ => append(machine, out, &[0xc0]),
    }
}

/// How many pairs a table has, and whether its keys are 1 to that. O(pairs).
fn measure<M: Machine>(machine: &mut M, table: M::Value) -> Result<(usize, bool), Fail> {
    let (mut count, mut largest, mut is_array) = (0usize, 0f64, true);
    let mut key = machine.nil();
    while let Some((next, _)) = machine.next(table, key) {
        machine.spend(1)?;
        key = next;
        count += 1;
        match machine.view(key) {
            View::Number(index) if index > 0.0 && number::to_i64(index) as f64 == index => {
                largest = largest.max(index);
            }
            _ => is_array = false,
        }
    }
    Ok((count, is_array && largest == count as f64))
}

/// A length with the shortest head: within the type's byte, or behind one of 8, 16 or 32 bits.
fn head<M: Machine>(
    machine: &mut M,
    out: &mut Vec<u8>,
    len: usize,
    [within, byte, word]: [(usize, u8); 3],
    long: u8,
) -> Result<(), Fail> {
    let bytes = (len as u32).to_be_bytes();
    if len <= within.0 {
        append(machine, out, &[within.1 | len as u8])
    } else if len <= byte.0 {
        append(machine, out, &[byte.1, bytes[3]])
    } else if len <= word.0 {
        append(machine, out, &[word.1, bytes[2], bytes[3]])
    } else {
        append(machine, out, &[long])?;
        append(machine, out, &bytes)
    }
}

fn append_number<M: Machine>(machine: &mut M, out: &mut Vec<u8>, value: f64) -> Result<(), Fail> {
    let integer = number::to_i64(value);
    let is_integer = integer as f64 == value && value < 9_223_372_036_854_775_808.0;
    let mut bytes = [0; 9];
    let len = if is_integer {
        let all = integer.to_be_bytes();
        let (tag, len) = match integer {
            -32..=127 => (all[7], 0),
            128..=0xff => (0xcc, 1),
            0x100..=0xffff => (0xcd, 2),
            0x1_0000..=0xffff_ffff => (0xce, 4),
            0x1_0000_0000.. => (0xcf, 8),
            -128..=-33 => (0xd0, 1),
            -32768..=-129 => (0xd1, 2),
            -0x8000_0000..=-32769 => (0xd2, 4),
            _ => (0xd3, 8),
        };
        bytes[0] = tag;
        bytes[1..=len].copy_from_slice(&all[8 - len..]);
        len
    } else if f64::from(value as f32) == value {
        bytes[0] = 0xca;
        bytes[1..5].copy_from_slice(&(value as f32).to_be_bytes());
        4
    } else {
        bytes[0] = 0xcb;
        bytes[1..].copy_from_slice(&value.to_be_bytes());
        8
    };
    append(machine, out, &bytes[..=len])
}

/// Data that is being unpacked.
struct Unpacked<V> {
    data: Vec<u8>,
    at: usize,
    count: i32,
    results: Vec<V>,
    stack: Vec<Unpacking<V>>,
}

/// Unpacks up to `limit` values from `offset` on; all, if both are 0.
fn unpack<M: Machine>(call: &mut Call<'_, M>, limit: i64, offset: i64) -> Result<(), Fail> {
    // C's `int` takes the lowest 32 bits.
    let (limit, offset) = (limit as i32, offset as i32);
    let all = limit == 0 && offset == 0;
    let mut state = match call.pause.take() {
        Some(before) => before,
        None => begin_unpacking(call, limit, offset)?,
    };
    let len = state.data.len();
    let mut input = Input {
        data: &state.data,
        at: state.at,
    };
    while (input.at < len && (all || state.count < limit)) || !state.stack.is_empty() {
        let Some(value) = unpack_value(call.machine, &mut input, &mut state.stack)? else {
            state.at = input.at;
            call.machine.scratch(len)?;
            call.pause.kept.extend(&state.results);
            for frame in &state.stack {
                call.pause.kept.push(frame.table);
                call.pause.kept.extend(frame.key);
            }
            call.pause.state = Some(Box::new(state));
            return Ok(());
        };
        state.results.try_reserve(1)?;
        state.results.push(value);
        state.count += 1;
        // The place of what comes next is one of the results.
        if state.results.len() + usize::from(!all) > RESULTS_MAX {
            return Err(Fail::text(
                "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)",
            ));
        }
    }
    if !all {
        let next = if input.at == len {
            -1.0
        } else {
            input.at as f64
        };
        let next = call.machine.number(next);
        call.push(next)?;
    }
    call.results.try_reserve(state.results.len())?;
    call.results.append(&mut state.results);
    Ok(())
}

fn begin_unpacking<M: Machine>(
    call: &mut Call<'_, M>,
    limit: i32,
    offset: i32,
) -> Result<Unpacked<M::Value>, Fail> {
    let data = call.check_string(1)?;
    let complaint = if limit < 0 || offset < 0 {
        Some((
            "Invalid request to unpack with offset of ",
            " and limit of ",
        ))
    } else if offset as usize > data.len() {
        Some(("Start offset ", " greater than input length "))
    } else {
        None
    };
    if let Some((before, between)) = complaint {
        let mut words = before.as_bytes().to_vec();
        append_integer(&mut words, i64::from(offset));
        words.extend_from_slice(between.as_bytes());
        append_integer(&mut words, data.len() as i64);
        words.push(b'.');
        return Err(Fail::Text(words));
    }
    Ok(Unpacked {
        data,
        at: offset as usize,
        count: 0,
        results: Vec::new(),
        stack: Vec::new(),
    })
}

/// Results that Lua's stack has room for.
const RESULTS_MAX: usize = 7998;

/// Data that is being unpacked.
struct Input<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Fail> {
        let end = self.at.checked_add(len);
        let bytes = end.and_then(|end| self.data.get(self.at..end));
        let bytes = bytes.ok_or_else(|| Fail::text("Missing bytes in input."))?;
        self.at += len;
        Ok(bytes)
    }

    /// A big-endian number of 1, 2, 4 or 8 bytes.
    fn number(&mut self, len: usize) -> Result<u64, Fail> {
        let bytes = self.take(len)?;
        Ok(bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}

/// An array or map that is being unpacked.
struct Unpacking<V> {
    table: V,
    /// Values that are still to come, a map's keys among them.
    left: u64,
    /// How many elements an array has so far.
    len: usize,
    map: bool,
    /// The key whose value comes next.
    key: Option<V>,
}

/// What stands at the beginning of the input.
enum Item<V> {
    Value(V),
    Array(u64),
    Map(u64),
}

/// The next whole value; nothing if the work stops before its end.
fn unpack_value<M: Machine>(
    machine: &mut M,
    input: &mut Input<'_>,
    stack: &mut Vec<Unpacking<M::Value>>,
) -> Result<Option<M::Value>, Fail> {
    loop {
        if machine.is_tired() && !stack.is_empty() {
            return Ok(None);
        }
        machine.spend(1)?;
        let mut value = match item(machine, input)? {
            Item::Value(value) => value,
            Item::Array(0) | Item::Map(0) => machine.table()?,
            Item::Array(len) => {
                enter(machine, stack, len, false)?;
                continue;
            }
            Item::Map(pairs) => {
                enter(machine, stack, 2 * pairs, true)?;
                continue;
            }
        };
        loop {
            let Some(top) = stack.last_mut() else {
                return Ok(Some(value));
            };
            top.left -= 1;
            match top.key.take() {
                None if top.map => top.key = Some(value),
                None => {
                    top.len += 1;
                    let key = machine.number(top.len as f64);
                    machine.set(top.table, key, value)?;
                }
                Some(key) => {
                    match machine.view(key) {
                        View::Nil => return Err(Fail::Plain("table index is nil")),
                        View::Number(key) if key.is_nan() => {
                            return Err(Fail::Plain("table index is NaN"));
                        }
                        _ => {}
                    }
                    machine.set(top.table, key, value)?;
                }
            }
            if top.left > 0 {
                break;
            }
            value = top.table;
            stack.pop();
        }
    }
}

fn enter<M: Machine>(
    machine: &mut M,
    stack: &mut Vec<Unpacking<M::Value>>,
    left: u64,
    map: bool,
) -> Result<(), Fail> {
    if stack.len() >= DEPTH_MAX {
        return Err(Fail::text(if map {
            "stack overflow (in function mp_decode_to_lua_hash)"
        } else {
            "stack overflow (in function mp_decode_to_lua_array)"
        }));
    }
    stack.try_reserve(1)?;
    stack.push(Unpacking {
        table: machine.table()?,
        left,
        len: 0,
        map,
        key: None,
    });
    Ok(())
}

fn item<M: Machine>(machine: &mut M, input: &mut Input<'_>) -> Result<Item<M::Value>, Fail> {
    let tag = input.number(1)? as u8;
    let number = match tag {
        0x00..=0x7f => f64::from(tag),
        0xe0..=0xff => f64::from(tag as i8),
        0xcc => input.number(1)? as f64,
        0xcd => input.number(2)? as f64,
        0xce => input.number(4)? as f64,
        0xcf => input.number(8)? as f64,
        0xd0 => f64::from(input.number(1)? as i8),
        0xd1 => f64::from(input.number(2)? as i16),
        0xd2 => f64::from(input.number(4)? as i32),
        0xd3 => input.number(8)? as i64 as f64,
        0xca => f64::from(f32::from_bits(input.number(4)? as u32)),
        0xcb => f64::from_bits(input.number(8)?),
        0xc0 => return Ok(Item::Value(machine.nil())),
        0xc2 | 0xc3 => return Ok(Item::Value(machine.boolean(tag == 0xc3))),
        0xa0..=0xbf => return string(machine, input, usize::from(tag & 31)),
        0xd9 | 0xc4 => {
            let len = input.number(1)? as usize;
            return string(machine, input, len);
        }
        0xda | 0xc5 => {
            let len = input.number(2)? as usize;
            return string(machine, input, len);
        }
        0xdb | 0xc6 => {
            let len = input.number(4)? as usize;
            return string(machine, input, len);
        }
        0x90..=0x9f => return Ok(Item::Array(u64::from(tag & 15))),
        0xdc => return Ok(Item::Array(input.number(2)?)),
        0xdd => return Ok(Item::Array(input.number(4)?)),
        0x80..=0x8f => return Ok(Item::Map(u64::from(tag & 15))),
        0xde => return Ok(Item::Map(input.number(2)?)),
        0xdf => return Ok(Item::Map(input.number(4)?)),
        _ => return Err(Fail::text("Bad data format in input.")),
    };
    let number = if number.is_nan() { f64::NAN } else { number };
    Ok(Item::Value(machine.number(number)))
}

fn string<M: Machine>(
    machine: &mut M,
    input: &mut Input<'_>,
    len: usize,
) -> Result<Item<M::Value>, Fail> {
    let bytes = input.take(len)?;
    machine.spend(len / 16)?;
    Ok(Item::Value(machine.string(bytes)?))
}
