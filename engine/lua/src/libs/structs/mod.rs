//! `struct`: numbers and strings as C lays them out, after Roberto Ierusalimschy's library.

use alloc::vec::Vec;

use super::{Call, Fail, Machine, View, append, append_integer};
use crate::text::number;

#[cfg(test)]
mod tests;

/// A function of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Struct {
    /// `pack(format, …)`
    Pack,
    /// `unpack(format, data [, offset])`
    Unpack,
    /// `size(format)`
    Size,
}

/// The functions with their names.
pub const FUNCTIONS: [(&str, Struct); 3] = [
    ("pack", Struct::Pack),
    ("unpack", Struct::Unpack),
    ("size", Struct::Size),
];

/// The largest integer, in bytes.
const INTEGER_BYTES_MAX: i64 = 32;
/// What `!` alone aligns to.
const ALIGNMENT_MAX: i64 = 8;

/// How the items that follow are laid out.
struct Layout {
    big_endian: bool,
    alignment: usize,
}

/// A format string under way.
struct Format {
    text: Vec<u8>,
    at: usize,
    layout: Layout,
}

/// An item's letter (or another option's), its size and the padding before it.
struct Item {
    option: u8,
    size: usize,
    padding: usize,
}

impl Format {
    fn new(text: Vec<u8>) -> Format {
        Format {
            text,
            at: 0,
            layout: Layout {
                big_endian: false,
                alignment: 1,
            },
        }
    }

    /// The next item for a place in the data; `None` at the end, which a NUL is too.
    fn next(&mut self, position: usize) -> Result<Option<Item>, Fail> {
        let option = match self.text.get(self.at) {
            None | Some(0) => return Ok(None),
            Some(option) => *option,
        };
        self.at += 1;
        let size = self.size(option)?;
        let unit = size.min(self.layout.alignment);
        let padding = if size == 0 || option == b'c' {
            0
        } else {
            // Integers of sizes that are no power of two are aligned as strangely as in C.
            (unit.wrapping_sub(position & (unit - 1))) & (unit - 1)
        };
        Ok(Some(Item {
            option,
            size,
            padding,
        }))
    }

    fn size(&mut self, option: u8) -> Result<usize, Fail> {
        Ok(match option {
            b'b' | b'B' | b'x' => 1,
            b'h' | b'H' => 2,
            b'f' => 4,
            b'l' | b'L' | b'T' | b'd' => 8,
            b'c' => self.number(1)? as usize,
            b'i' | b'I' => {
                let size = self.number(4)?;
                if size > INTEGER_BYTES_MAX {
                    let mut words = b"integral size ".to_vec();
                    append_integer(&mut words, size);
                    words.extend_from_slice(b" is larger than limit of 32");
                    return Err(Fail::Text(words));
                }
                size as usize
            }
            _ => 0,
        })
    }

    /// Digits, or `default` if there are none.
    fn number(&mut self, default: i64) -> Result<i64, Fail> {
        let digits = self.text[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let (mut value, mut count) = (0, 0);
        for digit in digits {
            value = value * 10 + i64::from(digit - b'0');
            count += 1;
            if value > i64::from(i32::MAX) {
                return Err(Fail::text("integral size overflow"));
            }
        }
        self.at += count;
        Ok(if count == 0 { default } else { value })
    }

    /// What is no item: byte order, alignment, a space.
    fn control(&mut self, option: u8) -> Result<(), Fail> {
        match option {
            b' ' => {}
            b'>' => self.layout.big_endian = true,
            b'<' => self.layout.big_endian = false,
            b'!' => {
                let alignment = self.number(ALIGNMENT_MAX)?;
                if alignment <= 0 || alignment & (alignment - 1) != 0 {
                    let mut words = b"alignment ".to_vec();
                    append_integer(&mut words, alignment);
                    words.extend_from_slice(b" is not a power of 2");
                    return Err(Fail::Text(words));
                }
                self.layout.alignment = alignment as usize;
            }
            _ => {
                let mut words = b"invalid format option '".to_vec();
                words.push(option);
                words.push(b'\'');
                return Err(Fail::Argument(1, words));
            }
        }
        Ok(())
    }
}

/// Runs a function of the library.
///
/// # Errors
/// A wrong argument or format; no memory.
pub fn run<M: Machine>(function: Struct, call: &mut Call<'_, M>) -> Result<(), Fail> {
    let format = Format::new(call.check_string(1)?);
    call.machine.spend(format.text.len())?;
    match function {
        Struct::Pack => pack(call, format),
        Struct::Unpack => unpack(call, format),
        Struct::Size => size(call, format),
    }
}

fn pack<M: Machine>(call: &mut Call<'_, M>, mut format: Format) -> Result<(), Fail> {
    let mut out = Vec::new();
    let mut arg = 2;
    while let Some(item) = format.next(out.len())? {
        append(call.machine, &mut out, &[0; 32][..item.padding.min(32)])?;
        match item.option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let value = packed_number(call, arg)?;
                let value = if value < 0.0 {
                    number::to_i64(value) as u64
                } else {
                    number::to_u64(value)
                };
                let mut bytes = [0; 32];
                bytes[..8].copy_from_slice(&value.to_le_bytes());
                put(call, &mut out, &mut bytes[..item.size], &format.layout)?;
                arg += 1;
            }
            b'x' => append(call.machine, &mut out, &[0])?,
            b'f' => {
                let mut bytes = (packed_number(call, arg)? as f32).to_le_bytes();
                put(call, &mut out, &mut bytes, &format.layout)?;
                arg += 1;
            }
            b'd' => {
                let mut bytes = packed_number(call, arg)?.to_le_bytes();
                put(call, &mut out, &mut bytes, &format.layout)?;
                arg += 1;
            }
            b'c' | b's' => {
                let text = match call.check_string(arg) {
                    Err(_) if arg == call.args.len() + 1 => {
                        return Err(Fail::argument(arg, "string expected, got nil"));
                    }
                    text => text?,
                };
                arg += 1;
                let size = if item.size == 0 {
                    text.len()
                } else {
                    item.size
                };
                let Some(text) = text.get(..size) else {
                    return Err(Fail::argument(arg, "string too short"));
                };
                call.machine.spend(text.len() / 16)?;
                append(call.machine, &mut out, text)?;
                if item.option == b's' {
                    append(call.machine, &mut out, &[0])?;
                }
            }
            option => format.control(option)?,
        }
    }
    call.push_string(&out)
}

/// A number to pack. Behind the last argument the library finds a nil of its own.
fn packed_number<M: Machine>(call: &Call<'_, M>, index: usize) -> Result<f64, Fail> {
    if index == call.args.len() + 1 {
        return Err(Fail::argument(index, "number expected, got nil"));
    }
    call.check_number(index)
}

fn put<M: Machine>(
    call: &mut Call<'_, M>,
    out: &mut Vec<u8>,
    little_endian: &mut [u8],
    layout: &Layout,
) -> Result<(), Fail> {
    if layout.big_endian {
        little_endian.reverse();
    }
    append(call.machine, out, little_endian)
}

fn unpack<M: Machine>(call: &mut Call<'_, M>, mut format: Format) -> Result<(), Fail> {
    let data = call.check_string(2)?;
    let start = call.integer_or(3, 1)?;
    if start == 0 {
        return Err(Fail::argument(3, "offset must be 1 or greater"));
    }
    let mut at = (start as usize).wrapping_sub(1);
    let too_short = || Fail::argument(2, "data string too short");
    while let Some(item) = format.next(at)? {
        at = at.wrapping_add(item.padding);
        let mut bytes = at
            .checked_add(item.size)
            .and_then(|end| data.get(at..end))
            .ok_or_else(too_short)?;
        let mut taken = item.size;
        call.machine.spend(1)?;
        match item.option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let signed = item.option.is_ascii_lowercase();
                call.push_number(integer(bytes, &format.layout, signed))?;
            }
            b'x' => {}
            b'f' => {
                let value = f32::from_le_bytes(fixed(bytes, &format.layout));
                call.push_number(f64::from(value))?;
            }
            b'd' => {
                let value = f64::from_le_bytes(fixed(bytes, &format.layout));
                // Of all NaNs there is one: machines may keep others for themselves.
                call.push_number(if value.is_nan() { f64::NAN } else { value })?;
            }
            b'c' => {
                if item.size == 0 {
                    taken = previous_size(call)?;
                    bytes = at
                        .checked_add(taken)
                        .and_then(|end| data.get(at..end))
                        .ok_or_else(too_short)?;
                }
                call.machine.spend(bytes.len() / 16)?;
                call.push_string(bytes)?;
            }
            b's' => {
                let rest = data.get(at..).unwrap_or_default();
                let end = rest.iter().position(|byte| *byte == 0);
                let Some(end) = end else {
                    return Err(Fail::text("unfinished string in data"));
                };
                call.machine.spend(end / 16)?;
                call.push_string(&rest[..end])?;
                taken = end + 1;
            }
            option => format.control(option)?,
        }
        at += taken;
    }
    call.push_number(at as f64 + 1.0)
}

/// Takes the number back that was read last, as `c0` does.
fn previous_size<M: Machine>(call: &mut Call<'_, M>) -> Result<usize, Fail> {
    let last = call.results.last().map(|last| call.machine.view(*last));
    let size = match last {
        Some(View::Number(size)) => Some(size),
        Some(View::String(text)) => number::parse(text),
        _ => None,
    };
    let Some(size) = size else {
        return Err(Fail::text("format 'c0' needs a previous size"));
    };
    call.results.pop();
    Ok(usize::try_from(number::to_u64(size)).unwrap_or(usize::MAX))
}

/// Up to 32 bytes as an integer of which 64 bits count.
fn integer(bytes: &[u8], layout: &Layout, signed: bool) -> f64 {
    let mut value = 0u64;
    let mut add = |byte: &u8| value = value << 8 | u64::from(*byte);
    if layout.big_endian {
        bytes.iter().for_each(&mut add);
    } else {
        bytes.iter().rev().for_each(&mut add);
    }
    if !signed {
        return value as f64;
    }
    // Shifts by 64 and more are those of the processor that Redis runs on.
    let mask = u64::MAX << ((bytes.len() * 8).wrapping_sub(1) & 63);
    if value & mask != 0 {
        value |= mask;
    }
    value as i64 as f64
}

fn fixed<const N: usize>(bytes: &[u8], layout: &Layout) -> [u8; N] {
    let mut copy = [0; N];
    copy.copy_from_slice(&bytes[..N]);
    if layout.big_endian {
        copy.reverse();
    }
    copy
}

fn size<M: Machine>(call: &mut Call<'_, M>, mut format: Format) -> Result<(), Fail> {
    let mut total = 0usize;
    while let Some(item) = format.next(total)? {
        total = total.wrapping_add(item.padding).wrapping_add(item.size);
        match item.option {
            b's' => return Err(Fail::argument(1, "option 's' has no fixed size")),
            b'c' if item.size == 0 => {
                return Err(Fail::argument(1, "option 'c0' has no fixed size"));
            }
            option if !option.is_ascii_alphanumeric() => format.control(option)?,
            _ => {}
        }
    }
    call.push_number(total as f64)
}
