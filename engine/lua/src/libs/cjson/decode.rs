//! JSON as values. A stack of its own in place of recursion.

use alloc::vec::Vec;

use super::token::{Lexer, Token};
use super::{Config, Fail, Machine, append_integer};

/// An array or object that is being read.
struct Frame<V> {
    table: V,
    /// How many elements an array has.
    len: usize,
    /// The key whose value comes next, in an object.
    key: Option<V>,
}

fn unexpected(wanted: &str, found: Token, at: usize) -> Fail {
    if found == Token::OutOfMemory {
        return Fail::OutOfMemory;
    }
    let mut words = b"Expected ".to_vec();
    words.extend_from_slice(wanted.as_bytes());
    words.extend_from_slice(b" but found ");
    words.extend_from_slice(found.name().as_bytes());
    words.extend_from_slice(b" at character ");
    append_integer(&mut words, at as i64 + 1);
    Fail::Text(words)
}

/// A text that is being read.
pub(super) struct Decoding<V> {
    pub(super) text: Vec<u8>,
    /// Where the lexer is, and where the token at hand begins.
    at: usize,
    start: usize,
    token: Token,
    string: Vec<u8>,
    stack: Vec<Frame<V>>,
}

impl<V: Copy> Decoding<V> {
    pub(super) fn new(text: Vec<u8>) -> Decoding<V> {
        Decoding {
            text,
            at: 0,
            start: 0,
            token: Token::Comma,
            string: Vec::new(),
            stack: Vec::new(),
        }
    }

    /// The values that nothing else holds yet.
    pub(super) fn kept(&self) -> impl Iterator<Item = V> {
        let frames = self.stack.iter();
        frames.flat_map(|frame| [Some(frame.table), frame.key].into_iter().flatten())
    }
}

/// The value of a JSON text; nothing if it is not read to its end yet.
pub(super) fn decode<M: Machine>(
    config: &Config,
    machine: &mut M,
    state: &mut Decoding<M::Value>,
) -> Result<Option<M::Value>, Fail> {
    let text = &state.text[..];
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err(Fail::text("JSON parser does not support UTF-16 or UTF-32"));
    }
    let mut lexer = Lexer::new(text, config.decode_invalid);
    let mut stack = core::mem::take(&mut state.stack);
    let mut token = if state.at == 0 {
        next(&mut lexer, machine)?
    } else {
        lexer.go_on(state.at, state.start, core::mem::take(&mut state.string));
        state.token
    };
    loop {
        // A value begins here.
        if machine.is_tired() && lexer.position() > state.at {
            (state.at, state.start) = (lexer.position(), lexer.start);
            (state.token, state.string, state.stack) = (token, lexer.string, stack);
            return Ok(None);
        }
        let mut value = match token {
            Token::ObjectBegin | Token::ArrayBegin => {
                descend(config, &lexer, machine, &mut stack, token)?;
                token = next(&mut lexer, machine)?;
                let object = stack.last().is_some_and(|frame| frame.key.is_some());
                match (object, token) {
                    (true, Token::ObjectEnd) | (false, Token::ArrayEnd) => {
                        stack.pop().map_or(machine.nil(), |frame| frame.table)
                    }
                    (true, _) => {
                        read_key(&mut lexer, machine, &mut stack, token)?;
                        token = next(&mut lexer, machine)?;
                        continue;
                    }
                    (false, _) => continue,
                }
            }
            Token::String => machine.string(&lexer.string)?,
            Token::Number(number) => {
                machine.number(if number.is_nan() { f64::NAN } else { number })
            }
            Token::Bool(value) => machine.boolean(value),
            Token::Null => machine.null(),
            _ => return Err(unexpected("value", token, lexer.start)),
        };
        // A value has ended, and with it perhaps those around it.
        loop {
            let Some(frame) = stack.last_mut() else {
                let token = next(&mut lexer, machine)?;
                return match token {
                    Token::End => Ok(Some(value)),
                    _ => Err(unexpected("the end", token, lexer.start)),
                };
            };
            let object = frame.key.is_some();
            let key = match frame.key {
                Some(key) => key,
                None => {
                    frame.len += 1;
                    machine.number(frame.len as f64)
                }
            };
            machine.set(frame.table, key, value)?;
            token = next(&mut lexer, machine)?;
            match (object, token) {
                (true, Token::ObjectEnd) | (false, Token::ArrayEnd) => {
                    value = frame.table;
                    stack.pop();
                }
                (_, Token::Comma) => {
                    token = next(&mut lexer, machine)?;
                    if object {
                        read_key(&mut lexer, machine, &mut stack, token)?;
                        token = next(&mut lexer, machine)?;
                    }
                    break;
                }
                (true, _) => return Err(unexpected("comma or object end", token, lexer.start)),
                (false, _) => return Err(unexpected("comma or array end", token, lexer.start)),
            }
        }
    }
}

fn next<M: Machine>(lexer: &mut Lexer<'_>, machine: &mut M) -> Result<Token, Fail> {
    let before = lexer.position();
    let token = lexer.next();
    machine.spend(1 + (lexer.position() - before) / 8)?;
    Ok(token)
}

/// Begins an array or object.
fn descend<M: Machine>(
    config: &Config,
    lexer: &Lexer<'_>,
    machine: &mut M,
    stack: &mut Vec<Frame<M::Value>>,
    token: Token,
) -> Result<(), Fail> {
    let depth = stack.len() as i64 + 1;
    if depth > i64::from(config.decode_depth) {
        let mut words = b"Found too many nested data structures (".to_vec();
        append_integer(&mut words, depth);
        words.extend_from_slice(b") at character ");
        append_integer(&mut words, lexer.position() as i64);
        return Err(Fail::Text(words));
    }
    stack.try_reserve(1)?;
    let frame = Frame {
        table: machine.table()?,
        len: 0,
        key: (token == Token::ObjectBegin).then(|| machine.nil()),
    };
    stack.push(frame);
    Ok(())
}

/// A key and its colon.
fn read_key<M: Machine>(
    lexer: &mut Lexer<'_>,
    machine: &mut M,
    stack: &mut [Frame<M::Value>],
    token: Token,
) -> Result<(), Fail> {
    if token != Token::String {
        return Err(unexpected("object key string", token, lexer.start));
    }
    let key = machine.string(&lexer.string)?;
    if let Some(frame) = stack.last_mut() {
        frame.key = Some(key);
    }
    match next(lexer, machine)? {
        Token::Colon => Ok(()),
        other => Err(unexpected("colon", other, lexer.start)),
    }
}
