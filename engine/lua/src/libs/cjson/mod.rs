//! `cjson`: JSON in and out, with the options and words of lua-cjson 2.1 as Redis has it.

mod decode;
mod encode;
#[cfg(test)]
mod tests;
mod token;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Call, Fail, Machine, Progress, View, append_integer};

/// A function of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cjson {
    /// `encode(value)`
    Encode,
    /// `decode(text)`
    Decode,
    /// `encode_sparse_array([convert [, ratio [, safe]]])`
    EncodeSparseArray,
    /// `encode_max_depth([depth])`
    EncodeMaxDepth,
    /// `decode_max_depth([depth])`
    DecodeMaxDepth,
    /// `encode_number_precision([digits])`
    EncodeNumberPrecision,
    /// `encode_keep_buffer([keep])`
    EncodeKeepBuffer,
    /// `encode_invalid_numbers([how])`
    EncodeInvalidNumbers,
    /// `decode_invalid_numbers([take])`
    DecodeInvalidNumbers,
}

/// The functions that work on a [`Config`], with their names. Beside them a module has `new`, `null`, `_NAME` and
/// `_VERSION`.
pub const FUNCTIONS: [(&str, Cjson); 9] = [
    ("encode", Cjson::Encode),
    ("decode", Cjson::Decode),
    ("encode_sparse_array", Cjson::EncodeSparseArray),
    ("encode_max_depth", Cjson::EncodeMaxDepth),
    ("decode_max_depth", Cjson::DecodeMaxDepth),
    ("encode_number_precision", Cjson::EncodeNumberPrecision),
    ("encode_keep_buffer", Cjson::EncodeKeepBuffer),
    ("encode_invalid_numbers", Cjson::EncodeInvalidNumbers),
    ("decode_invalid_numbers", Cjson::DecodeInvalidNumbers),
];

/// `cjson._NAME`.
pub const NAME: &str = "cjson";
/// `cjson._VERSION`.
pub const VERSION: &str = "2.1.0";

/// What to do with numbers that JSON does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It is an error.
    Refuse,
    /// Write them as C does.
    Write,
    /// Write `null`.
    Null,
}

/// The options of one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Arrays with large gaps are written as objects instead of being refused.
    pub sparse_convert: bool,
    /// Gaps are large where the highest index is above so many times the elements; 0: never.
    pub sparse_ratio: i32,
    /// Up to this index no gap is large.
    pub sparse_safe: i32,
    /// Tables in tables that are written.
    pub encode_depth: i32,
    /// Arrays and objects in each other that are read.
    pub decode_depth: i32,
    /// Significant digits of numbers, 1 to 14.
    pub precision: i32,
    /// Kept for those who ask; there is no buffer.
    pub keep_buffer: bool,
    /// Infinities and NaN when writing.
    pub encode_invalid: Invalid,
    /// Infinities, NaN and hexadecimal numbers are read.
    pub decode_invalid: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth: 1000,
            decode_depth: 1000,
            precision: 14,
            keep_buffer: true,
            encode_invalid: Invalid::Refuse,
            decode_invalid: true,
        }
    }
}

fn encode<M: Machine>(config: &Config, call: &mut Call<'_, M>) -> Result<(), Fail> {
    let before = call.pause.take();
    match encode::encode(config, call.machine, before, call.args[0])? {
        Progress::Ended(text) => call.push_string(&text),
        Progress::Stopped(state) => {
            call.pause.state = Some(Box::new(state));
            Ok(())
        }
    }
}

fn decode<M: Machine>(config: &Config, call: &mut Call<'_, M>) -> Result<(), Fail> {
    let mut state = match call.pause.take() {
        Some(before) => before,
        None => decode::Decoding::new(call.check_string(1)?),
    };
    if let Some(value) = decode::decode(config, call.machine, &mut state)? {
        return call.push(value);
    }
    call.machine.scratch(state.text.len())?;
    call.pause.kept.extend(state.kept());
    call.pause.state = Some(Box::new(state));
    Ok(())
}

/// Runs a function of the library.
///
/// # Errors
/// A wrong argument, a value that cannot be written, a text that is no JSON; no memory.
pub fn run<M: Machine>(
    function: Cjson,
    config: &mut Config,
    call: &mut Call<'_, M>,
) -> Result<(), Fail> {
    let most = match function {
        Cjson::Encode | Cjson::Decode => {
            if call.args.len() != 1 {
                return Err(Fail::argument(1, "expected 1 argument"));
            }
            return if function == Cjson::Encode {
                encode(config, call)
            } else {
                decode(config, call)
            };
        }
        Cjson::EncodeSparseArray => 3,
        _ => 1,
    };
    if call.args.len() > most {
        return Err(Fail::argument(most + 1, "found too many arguments"));
    }
    match function {
        Cjson::EncodeSparseArray => {
            switch(call, 1, &mut config.sparse_convert)?;
            integer(call, 2, &mut config.sparse_ratio, 0, i32::MAX)?;
            integer(call, 3, &mut config.sparse_safe, 0, i32::MAX)
        }
        Cjson::EncodeMaxDepth => integer(call, 1, &mut config.encode_depth, 1, i32::MAX),
        Cjson::DecodeMaxDepth => integer(call, 1, &mut config.decode_depth, 1, i32::MAX),
        Cjson::EncodeNumberPrecision => integer(call, 1, &mut config.precision, 1, 14),
        Cjson::EncodeKeepBuffer => switch(call, 1, &mut config.keep_buffer),
        Cjson::EncodeInvalidNumbers => {
            let chosen = choice(call, 1, &["off", "on", "null"])?;
            config.encode_invalid = match chosen {
                Some(0) => Invalid::Refuse,
                Some(1) => Invalid::Write,
                Some(_) => Invalid::Null,
                None => config.encode_invalid,
            };
            if config.encode_invalid == Invalid::Null {
                return call.push_string(b"null");
            }
            let on = config.encode_invalid == Invalid::Write;
            call.push(call.machine.boolean(on))
        }
        _ => switch(call, 1, &mut config.decode_invalid),
    }
}

/// An option that is a number; its value is given back.
fn integer<M: Machine>(
    call: &mut Call<'_, M>,
    index: usize,
    setting: &mut i32,
    least: i32,
    most: i32,
) -> Result<(), Fail> {
    if !matches!(call.view(index), None | Some(View::Nil)) {
        // C's `int` takes the lowest 32 bits.
        let value = call.check_integer(index)? as i32;
        if !(least..=most).contains(&value) {
            let mut words = b"expected integer between ".to_vec();
            append_integer(&mut words, i64::from(least));
            words.extend_from_slice(b" and ");
            append_integer(&mut words, i64::from(most));
            return Err(Fail::Argument(1, words));
        }
        *setting = value;
    }
    call.push_number(f64::from(*setting))
}

/// An option that is on or off; its value is given back.
fn switch<M: Machine>(
    call: &mut Call<'_, M>,
    index: usize,
    setting: &mut bool,
) -> Result<(), Fail> {
    if let Some(chosen) = choice(call, index, &["off", "on"])? {
        *setting = chosen == 1;
    }
    call.push(call.machine.boolean(*setting))
}

/// Which of `words` an argument is; booleans stand for the first two.
fn choice<M: Machine>(
    call: &mut Call<'_, M>,
    index: usize,
    words: &[&str],
) -> Result<Option<usize>, Fail> {
    match call.view(index) {
        None | Some(View::Nil) => return Ok(None),
        Some(View::Bool(on)) => return Ok(Some(usize::from(on))),
        Some(_) => {}
    }
    let text = call.check_string(index)?;
    let found = words.iter().position(|word| word.as_bytes() == text);
    if found.is_none() {
        let mut complaint: Vec<u8> = b"invalid option '".to_vec();
        complaint.extend_from_slice(&text);
        complaint.push(b'\'');
        return Err(Fail::Argument(index, complaint));
    }
    Ok(found)
}
