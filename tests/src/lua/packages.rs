//! The Lua scripts of packages that people use: installed into a folder of their own, taken out of their files, compiled
//! and run on two servers with the same made-up keys and arguments. Nothing of them is kept.

use crate::resp::{self, Value};
use crate::target::{Address, Conn, Received, StreamTarget, Target};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The packages of npm.
pub const NPM: &[&str] = &[
    "bullmq",
    "bull",
    "bottleneck",
    "redlock",
    "bee-queue",
    "rate-limiter-flexible",
];
/// The packages of PyPI.
pub const PYPI: &[&str] = &["rq", "celery", "kombu", "limits", "huey", "dramatiq"];

/// A script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Script {
    /// The file that it comes from, and which of that file's.
    pub name: String,
    /// Its source.
    pub source: String,
}

/// Installs the packages below a folder.
///
/// # Errors
/// npm or pip fails, or is not there.
pub fn install(folder: &Path) -> Result<(), String> {
    let folder = folder.to_string_lossy();
    let npm = [
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--prefix",
        &folder,
    ];
    quietly("npm", &[&npm[..], NPM].concat())?;
    let python = format!("{folder}/python");
    let pip = ["install", "-q", "--no-deps", "--target", &python];
    quietly("pip", &[&pip[..], PYPI].concat())
}

fn quietly(program: &str, arguments: &[&str]) -> Result<(), String> {
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} {}: {status}", arguments[0])),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

/// Every script in the files below a folder, each source once.
///
/// # Errors
/// A file cannot be read.
pub fn scripts(folder: &Path) -> io::Result<Vec<Script>> {
    let mut found = Vec::new();
    let mut sources = BTreeSet::new();
    let mut paths = vec![folder.to_path_buf()];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                paths.push(entry?.path());
            }
            continue;
        }
        for (number, source) in in_file(&path)?.into_iter().enumerate() {
            let shown = path.strip_prefix(folder).unwrap_or(&path).display();
            if sources.insert(source.clone()) {
                let name = format!("{shown}#{number}");
                found.push(Script { name, source });
            }
        }
    }
    found.sort();
    Ok(found)
}

fn in_file(path: &PathBuf) -> io::Result<Vec<String>> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    if !["lua", "js", "cjs", "mjs", "py", "json"].contains(&&*ending) {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    let all = match &*ending {
        // Includes are put together by the package; what it runs is in its JavaScript.
        "lua" if text.contains("@include") => Vec::new(),
        "lua" => vec![text],
        _ => quoted(&text),
    };
    Ok(all.into_iter().filter(|text| is_script(text)).collect())
}

/// Whether a text looks like a script for Redis.
fn is_script(text: &str) -> bool {
    let calls = ["redis.call", "redis.pcall"];
    let names = ["KEYS", "ARGV"];
    calls.iter().any(|call| text.contains(call)) && names.iter().any(|name| text.contains(name))
}

/// The literals of a program in JavaScript, Python or JSON that have several lines or are long.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '"', '\'']) {
        let quote = &rest[at..=at];
        let triple = quote.repeat(3);
        let end = if quote != "`" && rest[at..].starts_with(&triple) {
            triple
        } else {
            quote.to_owned()
        };
        let body = &rest[at + end.len()..];
        let Some(len) = literal_len(body, &end) else {
            rest = &rest[at + 1..];
            continue;
        };
        if len > 40 {
            found.push(unescaped(&body[..len]));
        }
        // What looks like a long literal may be what stands between two: both are tried.
        let is_long = len > 40 && body[..len].contains("redis.");
        rest = if is_long || len <= 40 {
            &body[len + end.len()..]
        } else {
            &rest[at + 1..]
        };
    }
    found
}

/// Bytes up to the closing quotes.
fn literal_len(body: &str, end: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + body[from..].find(end)?;
        let slashes = body[..at]
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\')
            .count();
        if end.len() == 1 && end != "`" && body[..at].contains('\n') {
            return None;
        }
        if slashes % 2 == 0 {
            return Some(at);
        }
        from = at + 1;
    }
}

/// A literal's text.
fn unescaped(body: &str) -> String {
    let mut text = String::new();
    let mut letters = body.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('\n') | None => {}
            Some(other) => text.push(other),
        }
    }
    text
}

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every reply was the same.
    Same,
    /// Neither server compiles it, with the same words: a part of a script, or a text about one.
    NoScript,
    /// What is not the same.
    Differs(String),
}

/// Compiles and runs a script on two servers: the one under test, and the one that is right.
///
/// # Errors
/// A connection is lost.
pub fn compare(script: &Script, servers: &mut [Server; 2]) -> io::Result<Outcome> {
    let load = |server: &mut Server| server.ask(&["SCRIPT", "LOAD", &script.source]);
    let [left, right] = servers;
    let (ours, expected) = (load(left)?, load(right)?);
    if ours != expected {
        return Ok(Outcome::Differs(format!(
            "SCRIPT LOAD: {ours:?} instead of {expected:?}"
        )));
    }
    for (round, arguments) in ARGUMENTS.iter().enumerate() {
        let mut request = vec!["EVAL", &script.source, "12"];
        request.extend(KEYS);
        request.extend(*arguments);
        for server in [&mut *left, &mut *right] {
            server.ask(&["FLUSHALL"])?;
            for command in SETTING {
                server.ask(command)?;
            }
        }
        // The second time it finds what the first has left.
        for time in 0..2 {
            let (ours, expected) = (left.ask(&request)?, right.ask(&request)?);
            if ours != expected {
                return Ok(Outcome::Differs(format!(
                    "EVAL with arguments {round}, time {time}: {ours:?} instead of {expected:?}"
                )));
            }
        }
        let (ours, expected) = (left.contents()?, right.contents()?);
        if ours != expected {
            return Ok(Outcome::Differs(format!(
                "keys after arguments {round}: {ours:?} instead of {expected:?}"
            )));
        }
    }
    Ok(Outcome::Same)
}

const KEYS: &[&str] = &[
    "q:a", "q:b", "q:c", "q:d", "q:e", "q:f", "q:g", "q:h", "q:i", "q:j", "q:k", "q:l",
];
/// What is there when a script begins.
const SETTING: &[&[&str]] = &[
    &["RPUSH", "q:a", "1", "2", "3"],
    &["HSET", "q:c", "opts", "1", "attempts", "2"],
    &["ZADD", "q:d", "1", "1", "2", "2"],
    &["SET", "q:e", "7"],
    &["SADD", "q:f", "1", "2"],
];
/// Arguments that scripts get, a list a run.
const ARGUMENTS: &[&[&str]] = &[
    &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
    &[
        "q:", "1000000", "60", "token", "0", "1", "{}", "[]", "name", "-1",
    ],
    &[
        "\u{81}\u{a3}",
        "job",
        "1700000000000",
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
    ],
    &[],
];

/// A server.
pub struct Server {
    target: StreamTarget,
    conn: Conn,
    rest: Vec<u8>,
}

impl Server {
    /// The server at `HOST:PORT`.
    ///
    /// # Errors
    /// There is none.
    pub fn connect(address: &str) -> io::Result<Server> {
        let mut target = StreamTarget::new(Address(address.to_owned()));
        let conn = target.open()?;
        Ok(Server {
            target,
            conn,
            rest: Vec::new(),
        })
    }

    /// The reply to a command.
    fn ask(&mut self, argv: &[&str]) -> io::Result<Value> {
        let mut request = Vec::new();
        resp::encode_command(argv, &mut request);
        self.target.send(self.conn, &request)?;
        loop {
            match resp::parse(&self.rest) {
                Ok(Some((value, used))) => {
                    self.rest.drain(..used);
                    return Ok(value);
                }
                Ok(None) => {}
                Err(error) => return Err(io::Error::other(error.0)),
            }
            let wait = Duration::from_secs(20);
            let received = self.target.receive(self.conn, &mut self.rest, wait)?;
            if received != Received::Bytes {
                return Err(io::Error::other("no reply"));
            }
        }
    }

    /// The keys with their types. Scripts give some of them a millisecond, as bullmq's relayPublish-1 does where its hash of
    /// nodes has no end: they are gone first.
    fn contents(&mut self) -> io::Result<Value> {
        std::thread::sleep(Duration::from_millis(3));
        let source = "local out = {} for _, k in ipairs(redis.call('KEYS', '*')) do \
            out[#out + 1] = k .. ' ' .. redis.call('TYPE', k).ok end table.sort(out) return out";
        self.ask(&["EVAL", source, "0"])
    }
}
