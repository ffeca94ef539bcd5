//! Texts of values: reading with Redis' checks and error texts, and writing for CONFIG GET and for files. Knows one
//! directive at a time, and neither names nor commands.

use super::directive::{Directive, Kind, Value};
use super::settings::{
    KeyspaceEvents, MemoryOrPercent, OutputBufferLimit, ReplicaOf, SavePoint, Settings,
    ShutdownFlags, client_class,
};
use super::text::until_nul;
use crate::number::{Percent, PercentError, parse_i64};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{Display, Formatter, Result as FmtResult};

/// Longest string that a directive takes. Redis has no limit; a bound keeps every copy of the settings small.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Addresses that `bind` takes.
const BIND_ADDRESSES_MAX: usize = 16;

/// Why a text is no value of a directive. `Display` is the text that clients and start-up errors show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Not `yes` or `no`.
    NotBool,
    /// Not a whole number of 64 bits.
    NotInteger,
    /// Not a number of bytes.
    NotMemory,
    /// Neither bytes nor percent.
    NotMemoryOrPercent,
    /// Over 100 percent.
    PercentTooHigh,
    /// Not an octal number.
    NotOctal,
    /// Outside of decimal bounds.
    OutOfRange(i64, u64),
    /// Outside of octal bounds.
    OutOfOctalRange(u64),
    /// None of the words.
    NotOneOf(&'static [&'static str]),
    /// Too few or too many arguments.
    ArgumentCount,
    /// Longer than [`VALUE_BYTES_MAX`].
    TooLong,
    /// No memory for a copy.
    OutOfMemory,
    /// What a check of this one directive says.
    Text(&'static str),
}

impl Display for Invalid {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        let text = match self {
            Self::NotBool => "argument must be 'yes' or 'no'",
            Self::NotInteger => "argument couldn't be parsed into an integer",
            Self::NotMemory => "argument must be a memory value",
            Self::NotMemoryOrPercent => "argument must be a memory or percent value",
            Self::PercentTooHigh => "percentage argument must be less or equal to 100",
            Self::NotOctal => "argument couldn't be parsed as an octal number",
            Self::OutOfRange(min, max) => {
                return write!(f, "argument must be between {min} and {max} inclusive");
            }
            Self::OutOfOctalRange(max) => {
                return write!(f, "argument must be between 0 and {max:o} inclusive");
            }
            Self::NotOneOf(words) => {
                f.write_str("argument(s) must be one of the following: ")?;
                for (position, word) in words.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    write!(f, "{comma}{word}")?;
                }
                return Ok(());
            }
            Self::ArgumentCount => "wrong number of arguments",
            Self::TooLong => "argument is too long",
            Self::OutOfMemory => "out of memory",
            Self::Text(text) => text,
        };
        f.write_str(text)
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A line of a configuration file. `save` lines add up after the first one, which this flag marks.
    File {
        /// No `save` line was read before.
        first_save: bool,
    },
    /// CONFIG SET.
    Command,
}

/// Reads the arguments of a directive. `settings` holds the present values, for directives that change only a part.
pub(super) fn parse(
    row: &Directive,
    args: &[&[u8]],
    settings: &Settings,
    source: Source,
) -> Result<Value, Invalid> {
    if args.iter().map(|arg| arg.len()).sum::<usize>() > VALUE_BYTES_MAX {
        return Err(Invalid::TooLong);
    }
    if row.multi {
        return parse_multi(row, args, settings, source);
    }
    let &[arg] = args else {
        return Err(Invalid::ArgumentCount);
    };
    let word = until_nul(arg);
    let value = match row.kind {
        Kind::Bool => Value::Bool(parse_bool(word)?),
        Kind::Integer { min, max } => Value::Number(within(
            i128::from(parse_i64(arg).ok_or(Invalid::NotInteger)?),
            min,
            max,
        )?),
        Kind::Memory { min, max } => {
            let bytes = parse_memory(word).ok_or(Invalid::NotMemory)?;
            Value::Number(within(i128::from(bytes), min, max)?)
        }
        Kind::MemoryOrPercent => Value::Memory(parse_memory_or_percent(word)?),
        Kind::Octal { max } => Value::Number(parse_octal(word, max)?.into()),
        Kind::Choice(words) => Value::Choice(parse_choice(word, words)?),
        Kind::Checked(check) => {
            check(word).map_err(Invalid::Text)?;
            Value::Bytes(copy(word)?)
        }
        Kind::Password => Value::Bytes(copy(arg)?),
        Kind::KeyspaceEvents => Value::Events(parse_events(word)?),
        // The rest of the kinds take several arguments and were handled above.
        _ => Value::Bytes(copy(word)?),
    };
    Ok(adjusted(row, value, source))
}

fn parse_multi(
    row: &Directive,
    args: &[&[u8]],
    settings: &Settings,
    source: Source,
) -> Result<Value, Invalid> {
    let words: Vec<&[u8]> = args.iter().map(|arg| until_nul(arg)).collect();
    match row.kind {
        Kind::Bind => parse_bind(&words),
        Kind::Save => parse_save(&words, &settings.save, source),
        Kind::OutputBufferLimits => parse_limits(&words, settings.client_output_buffer_limit),
        Kind::OomScoreAdjValues => parse_scores(&words),
        Kind::Percentiles => parse_percentiles(&words),
        Kind::ShutdownFlags => parse_shutdown(&words),
        _ => parse_replicaof(&words),
    }
}

/// Values that Redis takes but moves to what it can work with.
fn adjusted(row: &Directive, value: Value, source: Source) -> Value {
    match (row.name, &value) {
        ("hz", Value::Number(hz)) => Value::Number((*hz).clamp(1, 500)),
        ("repl-backlog-size", Value::Number(bytes)) if source == Source::Command => {
            Value::Number((*bytes).max(16 * 1024))
        }
        // `yes` and `relative` are one value, reported as `yes`.
        ("oom-score-adj", Value::Choice(2)) => Value::Choice(1),
        _ => value,
    }
}

fn copy(bytes: &[u8]) -> Result<Vec<u8>, Invalid> {
    let mut out = Vec::new();
    out.try_reserve_exact(bytes.len())
        .map_err(|_| Invalid::OutOfMemory)?;
    out.extend_from_slice(bytes);
    Ok(out)
}

fn within(number: i128, min: i64, max: u64) -> Result<i128, Invalid> {
    if (i128::from(min)..=i128::from(max)).contains(&number) {
        Ok(number)
    } else {
        Err(Invalid::OutOfRange(min, max))
    }
}

fn parse_bool(word: &[u8]) -> Result<bool, Invalid> {
    if word.eq_ignore_ascii_case(b"yes") {
        Ok(true)
    } else if word.eq_ignore_ascii_case(b"no") {
        Ok(false)
    } else {
        Err(Invalid::NotBool)
    }
}

/// C's `strtoll`: leading spaces, a sign, digits; the number stays at the bounds of 64 bits, the rest is given back.
fn leading_number(word: &[u8], base: u64) -> (i64, &[u8]) {
    let space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = word
        .iter()
        .position(|byte| !space(byte))
        .unwrap_or(word.len());
    let mut rest = &word[start..];
    let negative = rest.first() == Some(&b'-');
    if let Some((b'-' | b'+', tail)) = rest.split_first() {
        rest = tail;
    }
    let mut number = 0u64;
    let mut digits = 0;
    while let Some((byte, tail)) = rest.split_first()
        && byte.is_ascii_digit()
        && u64::from(byte - b'0') < base
    {
        number = number
            .saturating_mul(base)
            .saturating_add(u64::from(byte - b'0'));
        digits += 1;
        rest = tail;
    }
    if digits == 0 {
        return (0, word);
    }
    let signed = if negative {
        0i64.saturating_sub_unsigned(number)
    } else {
        0i64.saturating_add_unsigned(number)
    };
    (signed, rest)
}

/// A whole argument as `strtoll` reads it; the empty one is 0.
fn whole_number(word: &[u8]) -> Option<i64> {
    let (number, rest) = leading_number(word, 10);
    rest.is_empty().then_some(number)
}

/// Digits and a unit. No digits are 0, too many stay at the maximum, and the product wraps, as in Redis.
pub(crate) fn parse_memory(word: &[u8]) -> Option<u64> {
    let end = word
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(word.len());
    let (digits, unit) = word.split_at(end);
    if digits.len() >= 128 {
        return None;
    }
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let number = digits.iter().fold(0u64, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    Some(number.wrapping_mul(factor))
}

fn parse_memory_or_percent(word: &[u8]) -> Result<MemoryOrPercent, Invalid> {
    if let [digits @ .., b'%'] = word
        && let Some(percent @ 0..) = parse_i64(digits)
    {
        return match u8::try_from(percent) {
            Ok(0) => Ok(MemoryOrPercent::Bytes(0)),
            Ok(percent) if percent <= 100 => Ok(MemoryOrPercent::Percent(percent)),
            _ => Err(Invalid::PercentTooHigh),
        };
    }
    parse_memory(word)
        .map(MemoryOrPercent::Bytes)
        .ok_or(Invalid::NotMemoryOrPercent)
}

fn parse_octal(word: &[u8], max: u64) -> Result<u64, Invalid> {
    let (number, rest) = leading_number(word, 8);
    if !rest.is_empty() || number == i64::MAX || number == i64::MIN {
        return Err(Invalid::NotOctal);
    }
    u64::try_from(number)
        .ok()
        .filter(|number| *number <= max)
        .ok_or(Invalid::OutOfOctalRange(max))
}

fn parse_choice(word: &[u8], words: &'static [&'static str]) -> Result<usize, Invalid> {
    words
        .iter()
        .position(|candidate| word.eq_ignore_ascii_case(candidate.as_bytes()))
        .ok_or(Invalid::NotOneOf(words))
}

fn parse_bind(words: &[&[u8]]) -> Result<Value, Invalid> {
    let words = if words == [b""] { &[] } else { words };
    if words.len() > BIND_ADDRESSES_MAX {
        return Err(Invalid::Text("Too many bind addresses specified."));
    }
    let addresses: Result<Vec<_>, _> = words.iter().map(|word| copy(word)).collect();
    addresses.map(Value::Addresses)
}

fn parse_save(words: &[&[u8]], present: &[SavePoint], source: Source) -> Result<Value, Invalid> {
    const ERROR: Invalid = Invalid::Text("Invalid save parameters");
    let clears = words == [b""];
    let words = if clears { &[] } else { words };
    if !words.len().is_multiple_of(2) {
        return Err(ERROR);
    }
    let adds = source == Source::File { first_save: false } && !clears;
    let mut points = if adds { present.to_vec() } else { Vec::new() };
    for pair in words.chunks_exact(2) {
        let seconds = whole_number(pair[0]).ok_or(ERROR)?;
        let changes = whole_number(pair[1]).ok_or(ERROR)?;
        if seconds < 1 || changes < 0 {
            return Err(ERROR);
        }
        // Redis keeps the count in 32 bits and cuts off the rest.
        let changes = changes as i32;
        points.push(SavePoint { seconds, changes });
    }
    Ok(Value::Save(points))
}

fn parse_limits(words: &[&[u8]], mut limits: [OutputBufferLimit; 3]) -> Result<Value, Invalid> {
    const CLASS: Invalid =
        Invalid::Text("Invalid client class specified in buffer limit configuration.");
    const NUMBER: Invalid =
        Invalid::Text("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    if !words.len().is_multiple_of(4) {
        return Err(Invalid::Text(
            "Wrong number of arguments in buffer limit configuration.",
        ));
    }
    for group in words.chunks_exact(4) {
        let class = match group[0].to_ascii_lowercase().as_slice() {
            b"normal" => client_class::NORMAL,
            b"slave" | b"replica" => client_class::REPLICA,
            b"pubsub" => client_class::PUBSUB,
            _ => return Err(CLASS),
        };
        limits[class] = OutputBufferLimit {
            hard: parse_memory(group[1]).ok_or(NUMBER)?,
            soft: parse_memory(group[2]).ok_or(NUMBER)?,
            soft_seconds: whole_number(group[3])
                .and_then(|seconds| u32::try_from(seconds as i32).ok())
                .ok_or(NUMBER)?,
        };
    }
    Ok(Value::Limits(limits))
}

fn parse_scores(words: &[&[u8]]) -> Result<Value, Invalid> {
    let &[master, replica, background] = words else {
        return Err(Invalid::ArgumentCount);
    };
    let mut scores = [0; 3];
    for (score, word) in scores.iter_mut().zip([master, replica, background]) {
        *score = whole_number(word)
            .filter(|number| (-2000..=2000).contains(number))
            .and_then(|number| i32::try_from(number).ok())
            .ok_or(Invalid::Text(
                "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
            ))?;
    }
    Ok(Value::Scores(scores))
}

fn parse_percentiles(words: &[&[u8]]) -> Result<Value, Invalid> {
    let words = if words == [b""] { &[] } else { words };
    let mut percentiles = Vec::new();
    for word in words {
        percentiles.push(Percent::parse(word).map_err(|error| {
            Invalid::Text(match error {
                PercentError::NotANumber => "Invalid latency-tracking-info-percentiles parameters",
                PercentError::OutOfRange => {
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                }
            })
        })?);
    }
    Ok(Value::Percentiles(percentiles))
}

const SHUTDOWN_WORDS: &[&str] = &["default", "save", "nosave", "now", "force"];

fn parse_shutdown(words: &[&[u8]]) -> Result<Value, Invalid> {
    if words.is_empty() {
        return Err(Invalid::NotOneOf(SHUTDOWN_WORDS));
    }
    let mut flags = 0u8;
    for word in words {
        // Bit 0 stands for `default`, which adds nothing.
        flags |= 1u8 << parse_choice(word, SHUTDOWN_WORDS)?;
    }
    let flags = flags >> 1;
    let both = ShutdownFlags::SAVE | ShutdownFlags::NOSAVE;
    if flags & both == both {
        return Err(Invalid::Text(
            "shutdown options SAVE and NOSAVE can't be used simultaneously",
        ));
    }
    Ok(Value::Shutdown(ShutdownFlags(flags)))
}

fn parse_replicaof(words: &[&[u8]]) -> Result<Value, Invalid> {
    let &[host, port] = words else {
        return Err(Invalid::ArgumentCount);
    };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(Value::Master(None));
    }
    let port = whole_number(port).and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or(Invalid::Text("Invalid master port"))?;
    Ok(Value::Master(Some(ReplicaOf {
        host: copy(host)?,
        port,
    })))
}

/// Letters of `notify-keyspace-events` in the order in which they are reported.
const EVENT_LETTERS: &[(u8, u16)] = &[
    (b'g', KeyspaceEvents::GENERIC),
    (b'$', KeyspaceEvents::STRING),
    (b'l', KeyspaceEvents::LIST),
    (b's', KeyspaceEvents::SET),
    (b'h', KeyspaceEvents::HASH),
    (b'z', KeyspaceEvents::ZSET),
    (b'x', KeyspaceEvents::EXPIRED),
    (b'e', KeyspaceEvents::EVICTED),
    (b't', KeyspaceEvents::STREAM),
    (b'd', KeyspaceEvents::MODULE),
    (b'n', KeyspaceEvents::NEW),
    (b'K', KeyspaceEvents::KEYSPACE),
    (b'E', KeyspaceEvents::KEYEVENT),
    (b'm', KeyspaceEvents::KEY_MISS),
];

fn parse_events(word: &[u8]) -> Result<KeyspaceEvents, Invalid> {
    let mut flags = 0;
    for &letter in word {
        flags |= match EVENT_LETTERS.iter().find(|(known, _)| *known == letter) {
            Some((_, flag)) => *flag,
            None if letter == b'A' => KeyspaceEvents::ALL,
            None => {
                return Err(Invalid::Text(
                    "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
                ));
            }
        };
    }
    Ok(KeyspaceEvents(flags))
}

impl Display for KeyspaceEvents {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        let all = self.0 & Self::ALL == Self::ALL;
        if all {
            f.write_str("A")?;
        }
        for &(letter, flag) in EVENT_LETTERS {
            // `A` stands for the classes, and Redis leaves `n` out next to it.
            let named = all && (flag & Self::ALL != 0 || flag == Self::NEW);
            if self.0 & flag != 0 && !named {
                write!(f, "{}", char::from(letter))?;
            }
        }
        Ok(())
    }
}

impl Display for ShutdownFlags {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        if self.0 == 0 {
            return f.write_str(SHUTDOWN_WORDS[0]);
        }
        let mut space = "";
        for (bit, word) in SHUTDOWN_WORDS[1..].iter().enumerate() {
            if self.0 & (1 << bit) != 0 {
                write!(f, "{space}{word}")?;
                space = " ";
            }
        }
        Ok(())
    }
}

/// The text that CONFIG GET shows.
pub(super) fn show(row: &Directive, value: &Value) -> Vec<u8> {
    let text: String = match (value, row.kind) {
        (Value::Bytes(bytes), _) => return bytes.clone(),
        (Value::Addresses(addresses), _) => return addresses.join(&b' '),
        (Value::Master(Some(master)), _) => {
            let mut out = master.host.clone();
            out.extend(format!(" {}", master.port).bytes());
            return out;
        }
        (Value::Master(None), _) => String::new(),
        (Value::Bool(on), _) => String::from(if *on { "yes" } else { "no" }),
        (Value::Number(number), Kind::Octal { .. }) => format!("{:o}", *number as u64),
        (Value::Number(number @ ..0), _) => format!("{}", *number as i64),
        (Value::Number(number), _) => format!("{}", *number as u64),
        (Value::Memory(MemoryOrPercent::Bytes(bytes)), _) => format!("{bytes}"),
        (Value::Memory(MemoryOrPercent::Percent(percent)), _) => format!("{percent}%"),
        (Value::Choice(index), Kind::Choice(words)) => {
            String::from(words.get(*index).copied().unwrap_or(""))
        }
        (Value::Choice(index), _) => format!("{index}"),
        (Value::Save(points), _) => {
            let points: Vec<String> = points
                .iter()
                .map(|point| format!("{} {}", point.seconds, point.changes))
                .collect();
            points.join(" ")
        }
        (Value::Limits(limits), _) => {
            let classes: Vec<String> = ["normal", "slave", "pubsub"]
                .iter()
                .zip(limits)
                .map(|(class, limit)| {
                    format!(
                        "{class} {} {} {}",
                        limit.hard, limit.soft, limit.soft_seconds
                    )
                })
                .collect();
            classes.join(" ")
        }
        (Value::Scores([master, replica, background]), _) => {
            format!("{master} {replica} {background}")
        }
        (Value::Events(events), _) => format!("{events}"),
        (Value::Shutdown(flags), _) => format!("{flags}"),
        (Value::Percentiles(percentiles), _) => show_percentiles(percentiles),
    };
    text.into_bytes()
}

/// Percentages with a space between them.
pub(super) fn show_percentiles(percentiles: &[Percent]) -> String {
    let texts: Vec<String> = percentiles.iter().map(Percent::to_string).collect();
    texts.join(" ")
}

/// A number of bytes with the largest unit that it is a multiple of, as a rewritten file has it.
pub(super) fn show_memory(bytes: u64) -> String {
    for (unit, name) in [(1u64 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")] {
        if bytes != 0 && bytes.is_multiple_of(unit) {
            return format!("{}{name}", bytes / unit);
        }
    }
    format!("{bytes}")
}
