//! What must hold for any bytes: the bodies of the fuzz targets, which plain tests run too, on fixed seeds. It must not know
//! where the bytes come from. A body panics where something does not hold.

pub mod corpus;

use crate::resp::{self, Value};
use hyla_driver::{Driver, START};
use hyla_engine::command::{all, get, resolve};
use hyla_engine::config::{Config, Request, push_quoted, rewrite, split_args};
use hyla_engine::glob::matches;
use hyla_engine::number::long_double::LongDouble;
use hyla_engine::number::{float, integer};
use hyla_engine::resp::Intake;

/// A target's name, as in `cargo fuzz run NAME`, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("intake", intake),
    ("requests", requests),
    ("glob", glob),
    ("numbers", numbers),
    ("config_file", config_file),
    ("payload", payload),
    ("lua_source", lua_source),
    ("functions", functions),
];

/// Where the parser's limits on lines begin, whose errors may come earlier when the bytes come in pieces.
const LINE_BYTES: usize = 60_000;

/// Bytes in arbitrary pieces give the same requests and the same error as in one piece.
pub fn intake(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    if rest.len() > LINE_BYTES {
        return;
    }
    let authenticated = first & 0x80 == 0;
    let (whole, error) = parsed(&[rest], authenticated);
    let step = usize::from(first & 0x0f) + 1;
    let mut pieces = Vec::new();
    let mut left = rest;
    let mut at = 0;
    while !left.is_empty() {
        // The bytes themselves say where to cut.
        let len = 1 + (usize::from(left[0]) + at) % step;
        let (piece, behind) = left.split_at(len.min(left.len()));
        pieces.push(piece);
        left = behind;
        at += 1;
    }
    assert_eq!(parsed(&pieces, authenticated), (whole, error));
}

type Requests = Vec<(u16, Vec<Vec<u8>>)>;

fn parsed(pieces: &[&[u8]], authenticated: bool) -> (Requests, Option<Vec<u8>>) {
    let mut intake = Intake::new();
    intake.limits.authenticated = authenticated;
    let mut requests = Vec::new();
    for piece in pieces {
        assert!(intake.push(piece), "a small input finds no room");
        loop {
            intake.parse(7, resolve);
            let Some(request) = intake.peek() else { break };
            let args = intake.args(request).iter().map(<[u8]>::to_vec);
            requests.push((request.command, args.collect()));
            intake.consume();
        }
        assert!(!intake.has_unparsed() || authenticated || intake.error().is_none());
    }
    (requests, intake.error().map(<[u8]>::to_vec))
}

/// Bytes of replies that one input may cause, before it is cut off.
const REPLY_BYTES_MAX: usize = 64 << 20;

/// Any requests: no panic, every output is RESP, and time may pass.
///
/// The input is raw bytes for the parser where it begins with `*` or a letter. Else each byte picks a command, an argument, or
/// lets time pass, so that inputs reach deep into the handlers.
pub fn requests(data: &[u8]) {
    let mut driver = Driver::new(1, START, true);
    let conn = driver.open();
    let mut out = Vec::new();
    match data.first() {
        Some(first) if *first == b'*' || first.is_ascii_alphabetic() => driver.send(conn, data),
        _ => composed(&mut driver, conn, data, &mut out),
    }
    driver.advance(1_000_000);
    driver.receive(conn, &mut out);
    well_formed(&out);
    well_formed(driver.log());
}

/// Arguments that commands tell apart.
const WORDS: &[&str] = &[
    "k",
    "a",
    "b",
    "",
    "0",
    "1",
    "-1",
    "5",
    "9223372036854775807",
    "-9223372036854775808",
    "1.5",
    "1e300",
    "inf",
    "NX",
    "XX",
    "GT",
    "LT",
    "EX",
    "PX",
    "EXAT",
    "PXAT",
    "KEEPTTL",
    "GET",
    "SET",
    "PERSIST",
    "IFEQ",
    "LEN",
    "IDX",
    "MINMATCHLEN",
    "WITHMATCHLEN",
    "BYTE",
    "BIT",
    "AND",
    "NOT",
    "u8",
    "i64",
    "#1",
    "INCRBY",
    "OVERFLOW",
    "SAT",
    "FAIL",
    "MATCH",
    "COUNT",
    "TYPE",
    "*",
    "REPLACE",
    "DB",
    "SYNC",
    "ASYNC",
    "3",
    "2",
    "AUTH",
    "SETNAME",
    "on",
    "off",
];

fn composed(driver: &mut Driver, conn: usize, data: &[u8], out: &mut Vec<u8>) {
    let names: Vec<&str> = all().map(|(_, command)| command.name).collect();
    let mut argv: Vec<Vec<u8>> = Vec::new();
    let mut bytes = data.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            0..=63 => {
                play(driver, conn, &argv, out);
                let page = usize::from(bytes.next().copied().unwrap_or(0));
                argv = vec![names[(usize::from(byte) + page * 64) % names.len()].into()];
            }
            64..=191 => {
                let (number, command) = all().nth(usize::from(byte)).unwrap_or_else(first);
                let sub = match command.subcommands {
                    0 => "",
                    _ => get(number + 1).name,
                };
                let word = WORDS.get(usize::from(byte) - 64).copied().unwrap_or(sub);
                argv.push(word.into());
            }
            192..=223 => {
                let len = usize::from(byte - 192);
                argv.push(bytes.by_ref().take(len).copied().collect());
            }
            _ => driver.advance(u64::from(byte) * 1000),
        }
        if out.len() > REPLY_BYTES_MAX {
            return;
        }
    }
    play(driver, conn, &argv, out);
}

fn first() -> (u16, &'static hyla_engine::command::Command) {
    (0, get(0))
}

fn play(driver: &mut Driver, conn: usize, argv: &[Vec<u8>], out: &mut Vec<u8>) {
    if argv.is_empty() {
        return;
    }
    let mut bytes = Vec::new();
    resp::encode_command(argv, &mut bytes);
    driver.send(conn, &bytes);
    driver.receive(conn, out);
}

/// The bytes are whole RESP values and nothing behind them.
fn well_formed(mut bytes: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        match resp::parse(bytes) {
            Ok(Some((value, used))) => {
                values.push(value);
                bytes = &bytes[used..];
            }
            other => panic!(
                "{other:?} at {:?}",
                bytes[..bytes.len().min(200)].escape_ascii().to_string()
            ),
        }
    }
    values
}

/// Patterns match what they must: themselves when escaped, everything for `*`, and case only where it counts.
pub fn glob(data: &[u8]) {
    let at = data
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(data.len());
    let (pattern, text) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let exact = matches(pattern, text, false);
    let folded = matches(pattern, text, true);
    let ranges = pattern.contains(&b'[');
    assert!(folded || !exact || ranges, "a match is lost without case");
    if text.is_empty() {
        // Not even `*` matches the empty text, as in Redis.
        return;
    }
    assert!(matches(b"*", text, false));
    let escaped: Vec<u8> = text.iter().flat_map(|byte| [b'\\', *byte]).collect();
    assert!(matches(&escaped, text, false), "an escaped text is itself");
    let open = [b"*", escaped.as_slice(), b"*"].concat();
    assert!(matches(&open, text, false));
    if exact {
        let all = [pattern, b"*"].concat();
        assert!(pattern.ends_with(b"\\") || ranges || matches(&all, text, false));
    }
}

/// What is read is written the same way, or reads as the same number.
pub fn numbers(data: &[u8]) {
    if let Some(value) = integer::parse_i64(data) {
        let mut digits = [0; 20];
        assert_eq!(integer::write_i64(value, &mut digits), data);
        assert_eq!(integer::digits_len(value), data.len());
        assert!(LongDouble::parse(data).is_some());
    }
    if let Some(value) = integer::parse_u64(data) {
        let mut digits = [0; 20];
        assert_eq!(integer::write_u64(value, &mut digits), data);
        assert_eq!(integer::parse_u64_lenient(data), Some(value));
    }
    let _ = integer::parse_u64_lenient(data);
    if let Some(value) = float::parse(data) {
        assert!(!value.is_nan());
        doubles(value);
    }
    if let Some(bytes) = data.first_chunk::<8>() {
        doubles(f64::from_le_bytes(*bytes));
    }
    if let Some(value) = LongDouble::parse(data) {
        let mut text = Vec::new();
        value.write_fixed17_trimmed(&mut text);
        assert!(text.len() <= 4952 || value.is_nan_or_infinite());
        let _ = value.add(value);
    }
}

/// Both texts of a double read as that double.
fn doubles(value: f64) {
    let mut buffer = [0; float::TEXT_LEN_MAX];
    for text in [
        float::write_shortest(value, &mut buffer).to_vec(),
        float::write_g17(value, &mut buffer).to_vec(),
    ] {
        let again = float::parse(&text);
        // Tiny numbers are printed and refused when read, as in Redis.
        let same = again.is_some_and(|again| again.to_bits() == value.to_bits() || again == value);
        assert!(
            same || value.is_nan() || value.abs() < f64::MIN_POSITIVE,
            "{value:e} prints as {}",
            text.escape_ascii()
        );
    }
}

/// A configuration file is taken or refused; one that is taken says the same after it was written anew.
pub fn config_file(data: &[u8]) {
    if let Some(words) = split_args(data) {
        let mut line = Vec::new();
        for word in &words {
            push_quoted(&mut line, word);
            line.push(b' ');
        }
        assert_eq!(split_args(&line), Some(words));
    }
    let mut config = Config::default();
    if let Err(error) = config.parse_file(data, &mut no_host) {
        assert!(!error.message("Hyla").is_empty());
        return;
    }
    let text = rewrite(data, &config, None);
    let mut again = Config::default();
    let taken = again.parse_file(&text, &mut no_host);
    assert!(taken.is_ok(), "{}", text.escape_ascii());
    let values = |config: &Config| {
        config
            .get(&[b"*"])
            .into_iter()
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&config), values(&again), "{}", text.escape_ascii());
}

/// A host that has no other files and takes everything else.
fn no_host(request: Request<'_>) -> Result<Vec<Vec<u8>>, Vec<u8>> {
    match request {
        Request::Include(_) => Err(b"there is nothing but this file".to_vec()),
        _ => Ok(Vec::new()),
    }
}

/// A value with its type, as in a payload but without version and checksum: it becomes a key that commands can work on and
/// that is dumped again, or it is refused.
///
/// An input that begins with 255 is a recipe for a value instead, so that inputs are mostly sound: each further byte is a
/// change to one of the seeds that [`sound_values`] gives.
pub fn payload(data: &[u8]) {
    let body = match data.split_first() {
        Some((255, recipe)) => mutated(recipe),
        _ => data.to_vec(),
    };
    let payload = with_checksum(&body);
    let mut driver = Driver::new(1, START, true);
    let conn = driver.open();
    let mut say = |argv: &[&[u8]]| say(&mut driver, conn, argv);
    let restored = say(&[b"RESTORE", b"k", b"0", &payload]);
    if let Some(error) = restored[0].error() {
        assert_eq!(error, b"ERR Bad data format");
        return;
    }
    let Value::Blob(_, dumped) = &say(&[b"DUMP", b"k"])[0] else {
        panic!("a key that is there is not dumped");
    };
    let dumped = dumped.clone();
    let copied = say(&[b"RESTORE", b"copy", b"0", &dumped]);
    assert!(copied[0].error().is_none(), "what was dumped is refused");
    for argv in USES {
        say(argv);
    }
    say(&[b"DUMP", b"k"]);
}

/// Commands that look into values of every type and change them.
const USES: &[&[&[u8]]] = &[
    &[b"TYPE", b"k"],
    &[b"GETRANGE", b"k", b"-5", b"-1"],
    &[b"APPEND", b"k", b"x"],
    &[b"LRANGE", b"k", b"0", b"-1"],
    &[b"LINSERT", b"k", b"BEFORE", b"a", b"b"],
    &[b"LREM", b"k", b"-2", b"a"],
    &[b"LSET", b"k", b"-1", b"a"],
    &[b"RPOPLPUSH", b"k", b"k"],
    &[b"LTRIM", b"k", b"1", b"-2"],
    &[b"SADD", b"k", b"a", b"7"],
    &[b"SMEMBERS", b"k"],
    &[b"SREM", b"k", b"1"],
    &[b"SPOP", b"k", b"2"],
    &[b"ZADD", b"k", b"1.5", b"a", b"-3", b"m1"],
    &[b"ZRANGEBYSCORE", b"k", b"-inf", b"+inf", b"WITHSCORES"],
    &[b"ZINCRBY", b"k", b"2", b"a"],
    &[b"ZREMRANGEBYRANK", b"k", b"1", b"1"],
    &[b"ZPOPMIN", b"k"],
    &[b"HSET", b"k", b"a", b"b", b"1", b"2"],
    &[b"HGETALL", b"k"],
    &[b"HINCRBY", b"k", b"1", b"5"],
    &[b"HDEL", b"k", b"a"],
    &[b"HRANDFIELD", b"k", b"-3", b"WITHVALUES"],
];

/// Values of every type that is read, as Redis and Valkey write them, each with its type before it.
pub fn sound_values() -> Vec<Vec<u8>> {
    let values = include_str!("fuzz/values.txt");
    let lines = values.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(unhex).collect()
}

fn unhex(line: &str) -> Option<Vec<u8>> {
    let digits = line.split(' ').next_back()?.as_bytes();
    let pairs = digits.chunks_exact(2);
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    pairs.map(byte).collect()
}

/// A sound value with some changes, chosen by the bytes of `recipe`.
fn mutated(recipe: &[u8]) -> Vec<u8> {
    let values = sound_values();
    let mut bytes = recipe.iter().map(|byte| usize::from(*byte));
    let mut next = || bytes.next();
    let mut value = values[next().unwrap_or(0) % values.len()].clone();
    while let (Some(what), Some(high), Some(low)) = (next(), next(), next()) {
        let at = (high * 256 + low) % value.len().max(1);
        match what % 8 {
            0 => value.truncate(at),
            1 => drop(value.splice(at..at, [low as u8])),
            2 if at < value.len() => drop(value.remove(at)),
            3 if at < value.len() => value[at] ^= 1 << (low % 8),
            4 if at < value.len() => value[at] = [0, 1, 127, 128, 253, 254, 255][low % 7],
            5 if at + 4 <= value.len() => value[at..at + 4].fill(what as u8),
            6 => {
                let piece = value[at..(at + what / 8).min(value.len())].to_vec();
                value.splice(at..at, piece);
            }
            7 => value[0] = (what / 8) as u8,
            _ => {}
        }
        if value.is_empty() {
            value.push(low as u8);
        }
    }
    value
}

/// A source text compiles or is refused; what compiles runs, with any memory and in any slices, without harm.
pub fn lua_source(data: &[u8]) {
    crate::lua::sources::play(data);
}

/// A library is loaded or refused, its functions run, and what FUNCTION DUMP gives of it is taken back. Where the input
/// begins with an odd byte it is what stands in a payload itself; else it is the library's text behind its first line.
pub fn functions(data: &[u8]) {
    let (first, rest) = data.split_first().unwrap_or((&0, b""));
    let mut driver = Driver::new(1, START, true);
    let conn = driver.open();
    let loaded = if first % 2 == 0 {
        let text = [b"#!lua name=lib\n", rest].concat();
        say(&mut driver, conn, &[b"FUNCTION", b"LOAD", &text])
    } else {
        let payload = with_checksum(rest);
        say(&mut driver, conn, &[b"FUNCTION", b"RESTORE", &payload])
    };
    if loaded.first().is_none_or(|reply| reply.error().is_some()) {
        return;
    }
    let dump = say(&mut driver, conn, &[b"FUNCTION", b"DUMP"]);
    let [Value::Blob(_, dump)] = &dump[..] else {
        panic!("libraries that are there are not dumped");
    };
    let again = say(
        &mut driver,
        conn,
        &[b"FUNCTION", b"RESTORE", dump, b"REPLACE"],
    );
    assert!(again[0].error().is_none(), "what was dumped is refused");
    for name in [&b"f"[..], b"g", b"h"] {
        for command in [&b"FCALL"[..], b"FCALL_RO"] {
            say(&mut driver, conn, &[command, name, b"1", b"k", b"v"]);
            // What does not end is killed, or it has written.
            driver.advance(6_000_000);
            let other = driver.open();
            say(&mut driver, other, &[b"FUNCTION", b"KILL"]);
            driver.advance(1000);
        }
    }
    say(&mut driver, conn, &[b"FUNCTION", b"LIST", b"WITHCODE"]);
    say(&mut driver, conn, &[b"FUNCTION", b"FLUSH"]);
}

fn say(driver: &mut Driver, conn: usize, argv: &[&[u8]]) -> Vec<Value> {
    let (mut request, mut out) = (Vec::new(), Vec::new());
    resp::encode_command(argv, &mut request);
    driver.send(conn, &request);
    driver.receive(conn, &mut out);
    well_formed(&out)
}

/// The bytes with a version and the checksum that a payload ends with.
fn with_checksum(body: &[u8]) -> Vec<u8> {
    let mut payload = [body, &10u16.to_le_bytes()].concat();
    let checksum = hyla_engine::crc64::update(0, &payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}
