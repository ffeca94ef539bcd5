//! `bit`: operations on 32 bits, as in Lua BitOp 1.0.

use alloc::vec::Vec;

use super::{Call, Fail, Machine};

#[cfg(test)]
mod tests;

/// A function of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    /// `tobit(x)`
    Tobit,
    /// `tohex(x [, digits])`
    Tohex,
    /// `bnot(x)`
    Bnot,
    /// `band(x, …)`
    Band,
    /// `bor(x, …)`
    Bor,
    /// `bxor(x, …)`
    Bxor,
    /// `lshift(x, n)`
    Lshift,
    /// `rshift(x, n)`
    Rshift,
    /// `arshift(x, n)`
    Arshift,
    /// `rol(x, n)`
    Rol,
    /// `ror(x, n)`
    Ror,
    /// `bswap(x)`
    Bswap,
}

/// The functions with their names, in the order in which the library enters them.
pub const FUNCTIONS: [(&str, Bit); 12] = [
    ("tobit", Bit::Tobit),
    ("bnot", Bit::Bnot),
    ("band", Bit::Band),
    ("bor", Bit::Bor),
    ("bxor", Bit::Bxor),
    ("lshift", Bit::Lshift),
    ("rshift", Bit::Rshift),
    ("arshift", Bit::Arshift),
    ("rol", Bit::Rol),
    ("ror", Bit::Ror),
    ("bswap", Bit::Bswap),
    ("tohex", Bit::Tohex),
];

/// The number's lowest 32 bits, rounded to nearest even as adding 2^52 + 2^51 does.
fn to_bits(number: f64) -> u32 {
    (number + 6_755_399_441_055_744.0).to_bits() as u32
}

fn bits<M: Machine>(call: &Call<'_, M>, index: usize) -> Result<u32, Fail> {
    Ok(to_bits(call.check_number(index)?))
}

/// Runs a function of the library.
///
/// # Errors
/// An argument that is no number; no memory.
pub fn run<M: Machine>(function: Bit, call: &mut Call<'_, M>) -> Result<(), Fail> {
    let first = bits(call, 1)?;
    let value = match function {
        Bit::Tobit => first,
        Bit::Tohex => return tohex(call, first),
        Bit::Bnot => !first,
        Bit::Bswap => first.swap_bytes(),
        Bit::Band | Bit::Bor | Bit::Bxor => {
            call.machine.spend(call.args.len())?;
            let mut value = first;
            for index in 2..=call.args.len() {
                let next = bits(call, index)?;
                value = match function {
                    Bit::Band => value & next,
                    Bit::Bor => value | next,
                    _ => value ^ next,
                };
            }
            value
        }
        _ => {
            let places = bits(call, 2)? & 31;
            match function {
                Bit::Lshift => first << places,
                Bit::Rshift => first >> places,
                Bit::Arshift => (first as i32 >> places) as u32,
                Bit::Rol => first.rotate_left(places),
                _ => first.rotate_right(places),
            }
        }
    };
    call.push_number(f64::from(value as i32))
}

fn tohex<M: Machine>(call: &mut Call<'_, M>, mut value: u32) -> Result<(), Fail> {
    let digits = match call.args.len() {
        1 => 8,
        _ => bits(call, 2)? as i32,
    };
    let letters = if digits < 0 {
        b"0123456789ABCDEF"
    } else {
        b"0123456789abcdef"
    };
    let count = digits.unsigned_abs().min(8) as usize;
    let mut text: Vec<u8> = alloc::vec![b'0'; count];
    for digit in text.iter_mut().rev() {
        *digit = letters[(value & 15) as usize];
        value >>= 4;
    }
    call.push_string(&text)
}
