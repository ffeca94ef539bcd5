//! Replies as Lua values and Lua values as replies, as Redis turns one into the other. Knows no command.

use alloc::vec::Vec;

use hyla_lua::libs::{Fail, Machine, View};
use hyla_lua::text::number::to_i64;

use crate::number::{float, parse_i64};
use crate::resp::Reply;

/// Tables in tables that a reply is made of: where Lua's stack would be at its end.
const DEPTH_MAX: usize = 7000;

/// A container that is being read off a reply.
struct Reading<V> {
    /// What the elements go into.
    table: V,
    /// What stands for the container: the table, or one that holds it under a name.
    whole: V,
    kind: Kind,
    /// Elements to come, keys among them.
    left: usize,
    /// Elements so far, of an array.
    len: usize,
    /// The key whose value comes next, of a map.
    key: Option<V>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Array,
    Map,
    Set,
}

/// What a reply begins with.
enum Item<V> {
    Value(V),
    Container(Kind, usize),
}

/// The value of one whole reply. An error reply is a table with `err`, see [`is_error`].
///
/// # Errors
/// No memory.
pub(crate) fn to_value<M: Machine>(machine: &mut M, reply: &[u8]) -> Result<M::Value, Fail> {
    let mut rest = reply;
    let mut stack: Vec<Reading<M::Value>> = Vec::new();
    loop {
        machine.spend(1)?;
        let mut value = match read(machine, &mut rest)? {
            Item::Value(value) => value,
            Item::Container(kind, left) => {
                let container = begin(machine, kind, left)?;
                if left > 0 {
                    stack.try_reserve(1)?;
                    stack.push(container);
                    continue;
                }
                container.whole
            }
        };
        loop {
            let Some(top) = stack.last_mut() else {
                return Ok(value);
            };
            top.left -= 1;
            put(machine, top, value)?;
            if top.left > 0 {
                break;
            }
            value = top.whole;
            stack.pop();
        }
    }
}

fn begin<M: Machine>(machine: &mut M, kind: Kind, left: usize) -> Result<Reading<M::Value>, Fail> {
    let table = machine.table()?;
    let whole = match kind {
        Kind::Array => table,
        Kind::Map => wrap(machine, b"map", table)?,
        Kind::Set => wrap(machine, b"set", table)?,
    };
    Ok(Reading {
        table,
        whole,
        kind,
        left,
        len: 0,
        key: None,
    })
}

/// A table with one field.
fn wrap<M: Machine>(machine: &mut M, name: &[u8], value: M::Value) -> Result<M::Value, Fail> {
    let table = machine.table()?;
    let name = machine.string(name)?;
    machine.set(table, name, value)?;
    Ok(table)
}

fn put<M: Machine>(
    machine: &mut M,
    top: &mut Reading<M::Value>,
    value: M::Value,
) -> Result<(), Fail> {
    match (top.kind, top.key.take()) {
        (Kind::Array, _) => {
            top.len += 1;
            let key = machine.number(top.len as f64);
            machine.set(top.table, key, value)
        }
        (Kind::Map, None) => {
            top.key = Some(value);
            Ok(())
        }
        (Kind::Map, Some(key)) => machine.set(top.table, key, value),
        (Kind::Set, _) => {
            let yes = machine.boolean(true);
            machine.set(top.table, value, yes)
        }
    }
}

/// Takes one item off the reply. Our own replies are well formed; what is not would be nil.
fn read<M: Machine>(machine: &mut M, rest: &mut &[u8]) -> Result<Item<M::Value>, Fail> {
    let (kind, line) = take_line(rest);
    let number = || parse_i64(line).unwrap_or(0);
    let count = |per: usize| usize::try_from(number()).unwrap_or(0) * per;
    let value = match kind {
        b':' => machine.number(number() as f64),
        b'$' | b'*' if number() < 0 => machine.boolean(false),
        b'$' => {
            let bytes = take_bytes(rest, count(1));
            machine.spend(bytes.len() / 16)?;
            machine.string(bytes)?
        }
        b'+' => {
            let text = machine.string(line)?;
            wrap(machine, b"ok", text)?
        }
        b'-' => error_table(machine, line, true)?,
        b'*' | b'>' => return Ok(Item::Container(Kind::Array, count(1))),
        b'%' => return Ok(Item::Container(Kind::Map, count(2))),
        b'~' => return Ok(Item::Container(Kind::Set, count(1))),
        b'#' => machine.boolean(line == b"t"),
        b',' => {
            let value = float::parse(line).unwrap_or(f64::NAN);
            let value = machine.number(value);
            wrap(machine, b"double", value)?
        }
        b'(' => {
            let text = machine.string(line)?;
            wrap(machine, b"big_number", text)?
        }
        b'=' => {
            let bytes = take_bytes(rest, count(1));
            verbatim(machine, bytes)?
        }
        _ => machine.nil(),
    };
    Ok(Item::Value(value))
}

fn verbatim<M: Machine>(machine: &mut M, bytes: &[u8]) -> Result<M::Value, Fail> {
    let (format, text) = bytes.split_at_checked(3).unwrap_or((bytes, b""));
    let table = machine.table()?;
    for (name, bytes) in [
        (&b"format"[..], format),
        (b"string", text.strip_prefix(b":").unwrap_or(text)),
    ] {
        let name = machine.string(name)?;
        let value = machine.string(bytes)?;
        machine.set(table, name, value)?;
    }
    wrap(machine, b"verbatim_string", table)
}

fn take_line<'a>(rest: &mut &'a [u8]) -> (u8, &'a [u8]) {
    let end = rest.iter().position(|byte| *byte == b'\r');
    let (line, behind) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = behind.get(2..).unwrap_or_default();
    match line {
        [kind, text @ ..] => (*kind, text),
        [] => (0, line),
    }
}

fn take_bytes<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (bytes, behind) = rest.split_at(len.min(rest.len()));
    *rest = behind.get(2..).unwrap_or_default();
    bytes
}

/// The table that stands for an error: `err` with the text, and whether statistics have it already.
///
/// # Errors
/// No memory.
pub(crate) fn error_table<M: Machine>(
    machine: &mut M,
    text: &[u8],
    counted: bool,
) -> Result<M::Value, Fail> {
    let text = machine.string(text)?;
    let table = wrap(machine, b"err", text)?;
    if counted {
        let name = machine.string(b"ignore_error_stats_update")?;
        let yes = machine.boolean(true);
        machine.set(table, name, yes)?;
    }
    Ok(table)
}

/// Whether a reply is an error.
pub(crate) fn is_error(reply: &[u8]) -> bool {
    reply.first() == Some(&b'-')
}

/// A table that is being written as a reply.
enum Writing<V> {
    /// The index written last and how many there are.
    Array { table: V, at: usize, len: usize },
    /// A map or, if `values` is false, a set; the key written last, and its value if that comes next.
    Pairs {
        table: V,
        key: V,
        value: Option<V>,
        values: bool,
    },
}

/// What is to be written next.
enum Next<V> {
    Value(V),
    Nothing,
}

/// Writes a value as a script's reply. `typed_bools` says that the script speaks RESP3, where booleans stay what they
/// are. An error's text is given back, for the statistics, if it is the reply.
///
/// # Errors
/// No memory, or the run was ended.
pub(crate) fn to_reply<M: Machine>(
    machine: &mut M,
    value: M::Value,
    typed_bools: bool,
    reply: &mut Reply<'_>,
) -> Result<(), Fail> {
    let mut stack: Vec<Writing<M::Value>> = Vec::new();
    write(machine, value, typed_bools, reply, &mut stack)?;
    while let Some(top) = stack.last_mut() {
        machine.spend(1)?;
        let next = match top {
            Writing::Array { at, len, .. } if at == len => Next::Nothing,
            Writing::Array { table, at, .. } => {
                *at += 1;
                Next::Value(machine.index(*table, *at))
            }
            Writing::Pairs {
                table,
                key,
                value,
                values,
            } => match value.take() {
                Some(value) => Next::Value(value),
                None => match machine.next(*table, *key) {
                    None => Next::Nothing,
                    Some((next, its)) => {
                        *key = next;
                        *value = values.then_some(its);
                        Next::Value(next)
                    }
                },
            },
        };
        match next {
            Next::Value(value) => write(machine, value, typed_bools, reply, &mut stack)?,
            Next::Nothing => {
                stack.pop();
            }
        }
    }
    Ok(())
}

fn write<M: Machine>(
    machine: &mut M,
    value: M::Value,
    typed_bools: bool,
    reply: &mut Reply<'_>,
    stack: &mut Vec<Writing<M::Value>>,
) -> Result<(), Fail> {
    match machine.view(value) {
        View::String(text) => {
            let len = text.len();
            reply.bulk(text);
            machine.spend(len / 16)
        }
        View::Bool(value) if typed_bools => {
            reply.bool(value);
            Ok(())
        }
        View::Bool(true) => {
            reply.int(1);
            Ok(())
        }
        View::Number(number) => {
            reply.int(to_i64(number));
            Ok(())
        }
        View::Table if stack.len() >= DEPTH_MAX => {
            reply.error_text("ERR reached lua stack limit");
            Ok(())
        }
        View::Table => write_table(machine, value, reply, stack),
        _ => {
            reply.null();
            Ok(())
        }
    }
}

fn write_table<M: Machine>(
    machine: &mut M,
    table: M::Value,
    reply: &mut Reply<'_>,
    stack: &mut Vec<Writing<M::Value>>,
) -> Result<(), Fail> {
    if let View::String(text) = machine.view(machine.field(table, b"err")) {
        reply.error_bytes(trim_line_ends(text));
        return Ok(());
    }
    if let View::String(text) = machine.view(machine.field(table, b"ok")) {
        reply.simple_bytes(text);
        return Ok(());
    }
    if let View::Number(value) = machine.view(machine.field(table, b"double")) {
        reply.double(value);
        return Ok(());
    }
    for (name, values) in [(&b"map"[..], true), (b"set", false)] {
        let inner = machine.field(table, name);
        if machine.view(inner) != View::Table {
            continue;
        }
        let mut count = 0;
        let mut key = machine.nil();
        while let Some((next, _)) = machine.next(inner, key) {
            machine.spend(1)?;
            key = next;
            count += 1;
        }
        if values {
            reply.map(count);
        } else {
            reply.set(count);
        }
        stack.try_reserve(1)?;
        stack.push(Writing::Pairs {
            table: inner,
            key: machine.nil(),
            value: None,
            values,
        });
        return Ok(());
    }
    if let View::String(text) = machine.view(machine.field(table, b"big_number")) {
        reply.big_number(text);
        return Ok(());
    }
    let verbatim = machine.field(table, b"verbatim_string");
    if machine.view(verbatim) == View::Table
        && let View::String(format) = machine.view(machine.field(verbatim, b"format"))
        && let View::String(text) = machine.view(machine.field(verbatim, b"string"))
    {
        reply.verbatim_bytes(format, text);
        return Ok(());
    }
    let mut len = 0;
    while machine.view(machine.index(table, len + 1)) != View::Nil {
        machine.spend(1)?;
        len += 1;
    }
    reply.array(len);
    stack.try_reserve(1)?;
    stack.push(Writing::Array { table, at: 0, len });
    Ok(())
}

/// An error's text ends with no line end.
pub(crate) fn trim_line_ends(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = text {
        text = rest;
    }
    text
}
