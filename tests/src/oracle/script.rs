//! The scripting group: EVAL, EVALSHA, FCALL and what manages scripts and functions, over commands of the other groups, with
//! values of every kind as results and every way to go wrong.

use super::compare::Compare::{self, Exact};
use super::generate::{Args, Generator, Group, Random};
use hyla_engine::sha1;
use std::fmt::Write;

/// The scripting group.
pub const GROUP: Group = Group {
    name: "script",
    generators: GENERATORS,
};

const fn row(weight: u32, compare: Compare, make: fn(&mut Random) -> Args) -> Generator {
    Generator {
        weight,
        compare,
        make,
    }
}

const GENERATORS: &[Generator] = &[
    row(60, Exact, |r| {
        let (body, args) = script(r);
        called(
            Args::new(r.word(&["EVAL", "EVAL", "EVAL", "EVAL_RO"])).arg(body),
            args,
        )
    }),
    row(20, Exact, evalsha),
    row(20, Exact, fcall),
    row(4, Exact, |r| {
        let body = script(r).0;
        let digest = digest(&body);
        Args::new("SCRIPT EXISTS")
            .arg(digest)
            .arg("e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
            .after(Args::new("SCRIPT LOAD").arg(body))
    }),
    row(2, Exact, |r| Args::new("EVALSHA").arg(r.value()).int(0)),
    row(1, Exact, |r| {
        Args::new("SCRIPT FLUSH").arg(r.word(&["ASYNC", "SYNC", "NOW"]))
    }),
    row(1, Exact, |_| Args::new("SCRIPT KILL")),
    row(1, Exact, |_| Args::new("FUNCTION KILL")),
    row(4, Exact, load),
    row(1, Exact, |_| Args::new("FUNCTION DELETE mylib")),
    row(1, Exact, |_| Args::new("FUNCTION FLUSH")),
];

/// Groups whose commands scripts call.
const CALLED: &[&Group] = &[
    &super::string::GROUP,
    &super::bitmap::GROUP,
    &super::generic::GROUP,
    &super::list::GROUP,
    &super::hash::GROUP,
    &super::set::GROUP,
    &super::hyperloglog::GROUP,
    &super::sorted_set::GROUP,
];

/// Commands that scripts leave alone: those that Redis 7.0 still kept from them, and those that the two may answer
/// differently.
const LEFT_ALONE: &[&str] = &[
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BLMOVE",
    "BLMPOP",
    "BZPOPMIN",
    "BZPOPMAX",
    "BZMPOP",
    "OBJECT",
    "SCAN",
    "HSCAN",
    "SSCAN",
    "ZSCAN",
    "RANDOMKEY",
    "COPY",
    "SELECT",
    "FLUSHALL",
    "FLUSHDB",
    "SWAPDB",
    "MOVE",
    "WAIT",
    "DUMP",
    "RESTORE",
    "SPOP",
    "SRANDMEMBER",
    "HRANDFIELD",
    "ZRANDMEMBER",
];

/// Whether a command goes by the order of members. That means something where all scores are equal, which other commands
/// before it see to, and scripts run it without those: over mixed scores the answer is what a search happens to meet.
fn is_by_member(name: &str, argv: &[Vec<u8>]) -> bool {
    name.starts_with('Z')
        && (name.ends_with("LEX")
            || name.ends_with("LEXCOUNT")
            || argv.iter().any(|arg| arg == b"BYLEX"))
}

/// A command with an exact reply.
fn command(r: &mut Random) -> Vec<Vec<u8>> {
    loop {
        let group = *r.pick(CALLED);
        let generator = r.pick(group.generators);
        let args = (generator.make)(r);
        let name = String::from_utf8_lossy(&args.argv[0]).to_uppercase();
        if generator.compare == Exact
            && !LEFT_ALONE.contains(&&*name)
            && !is_by_member(&name, &args.argv)
        {
            return args.argv;
        }
    }
}

fn literal(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b" :{}*[]+-._".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "\\{byte:03}");
        }
    }
    text.push('"');
    text
}

/// What a script is given: its keys and its other arguments.
#[derive(Default)]
struct Given {
    keys: Vec<Vec<u8>>,
    args: Vec<Vec<u8>>,
}

/// An argument of `redis.call` as Lua text.
fn argument(r: &mut Random, bytes: &[u8], at: usize, given: &mut Given) -> String {
    let number = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.parse::<i32>().is_ok_and(|n| n.to_string() == *text));
    match (r.below(10), number) {
        (0..4, Some(number)) => number.to_owned(),
        (4, Some(number)) => format!("{number}.0"),
        (5..7, _) if at == 1 => {
            given.keys.push(bytes.to_vec());
            format!("KEYS[{}]", given.keys.len())
        }
        (7, _) if at > 0 => {
            given.args.push(bytes.to_vec());
            format!("ARGV[{}]", given.args.len())
        }
        _ => literal(bytes),
    }
}

fn call(r: &mut Random, given: &mut Given) -> String {
    let how = r.word(&[
        "redis.call",
        "redis.call",
        "redis.pcall",
        "redis.pcall",
        "pcall(redis.call",
    ]);
    let args: Vec<String> = match r.below(40) {
        0 => vec![],
        1 => vec![
            r.word(&[
                "{}",
                "nil",
                "true",
                "'nosuchcommand'",
                "'get'",
                "1",
                "'multi'",
                "'debug'",
            ])
            .to_owned(),
        ],
        2 => vec![
            "'set'".to_owned(),
            "'k0'".to_owned(),
            r.word(&["1.5", "1e20", "-1.5", "1/0", "{}", "false"])
                .to_owned(),
        ],
        _ => {
            let argv = command(r);
            let words = argv.iter().enumerate();
            words
                .map(|(at, bytes)| argument(r, bytes, at, given))
                .collect()
        }
    };
    let args = args.join(", ");
    if let Some(protected) = how.strip_prefix("pcall(") {
        let comma = if args.is_empty() { "" } else { ", " };
        return format!("pcall({protected}{comma}{args})");
    }
    format!("{how}({args})")
}

/// Values of every kind that becomes a reply, some of which cannot.
const VALUES: &[&str] = &[
    "nil",
    "true",
    "false",
    "0",
    "-1",
    "3.99",
    "-3.99",
    "1e18",
    "1e300",
    "-1/0",
    "0/0",
    "''",
    "'text'",
    "'\\0\\r\\n'",
    "{}",
    "{1, 2, 'three', {4, {5}}}",
    "{1, nil, 3}",
    "{nil, 2}",
    "{n = 1}",
    "{ok = 'FINE'}",
    "{ok = 1}",
    "{err = 'WRONG my mistake'}",
    "{err = 'nospace'}",
    "{err = 5}",
    "{err = 'a\\r\\nb'}",
    "{double = 3.5}",
    "{double = 1/0}",
    "{double = 'x'}",
    "{map = {a = 1}}",
    "{map = {}}",
    "{map = {[1] = {map = {b = false}}}}",
    "{set = {x = true}}",
    "{set = {}}",
    "{big_number = '123456789012345678901234567890'}",
    "{big_number = 1}",
    "{verbatim_string = {format = 'txt', string = 'hi'}}",
    "{verbatim_string = {format = 'toolong', string = 'hi'}}",
    "{verbatim_string = {string = 'hi'}}",
    "redis.error_reply('MY fault')",
    "redis.error_reply('fault')",
    "redis.error_reply('-MY fault')",
    "redis.error_reply('')",
    "redis.error_reply(1)",
    "redis.status_reply('fine')",
    "redis.status_reply()",
    "redis.sha1hex('')",
    "redis.sha1hex(12)",
    "redis.sha1hex()",
    "redis.log(redis.LOG_WARNING)",
    "redis.log(9, 'x')",
    "redis.setresp(4)",
    "redis.setresp()",
    "redis.set_repl(9)",
    "redis.set_repl(redis.REPL_ALL)",
    "redis.replicate_commands()",
    "redis.acl_check_cmd('get', 'k')",
    "redis.acl_check_cmd('nosuch')",
    "redis.acl_check_cmd()",
    "redis.REPL_SLAVE + redis.LOG_NOTICE",
    "KEYS",
    "ARGV",
    "#KEYS + #ARGV",
    "KEYS[1]",
    "type(redis.call)",
    "cjson.encode({1, {a = cjson.null}, 'x', 1.5})",
    "cjson.decode('[1, null, {\"a\": [true]}]')",
    "cjson.decode('[1,')",
    "cmsgpack.unpack(cmsgpack.pack({1, 'a', {x = 2}}))",
    "struct.pack('>I2', 258)",
    "bit.tohex(bit.bxor(255, 3840))",
    "nosuchglobal",
    "math.floor(-2.5)",
    "string.rep('ab', 3)",
    "loadstring('return 7')()",
    "loadstring('globe = 7')()",
    "loadstring('return globe')()",
    "setmetatable({}, {__index = function(t, k) if k == 1 then return 'one' end end})",
    "setmetatable(_G, {})",
    "rawset(_G, 'x', 1)",
    "rawset(redis, 'x', 1)",
    "getmetatable('').__index",
    "(function() local t = {} for k in pairs(redis) do t[#t + 1] = k end return table.concat(t, ' ') end)()",
    "math",
    "table",
    "bit",
    "cjson",
    "cmsgpack",
    "struct",
    "select('#', unpack(ARGV))",
    "coroutine.wrap(function() coroutine.yield(5) end)()",
    "(function() math.randomseed(5) return math.random(100) end)()",
    "error('oops')",
    "error({err = 'TABLE error'})",
    "error()",
    "error('oops', 0)",
    "(function() local x = nil; return x.y end)()",
    "1 + {}",
    "'a' < 1",
    "assert(false, 'not so')",
];

/// A value as text, tables in their order.
const SHOW: &str = "local function show(v) if type(v) == 'function' then return 'f' end if type(v) ~= 'table' then return tostring(v) end local t = {} \
     for k, x in pairs(v) do t[#t + 1] = show(k) .. '=' .. show(x) end return '{' .. table.concat(t, ',') .. '}' .. #v end ";

/// Statements that end with a return.
fn statements(r: &mut Random, given: &mut Given) -> String {
    let mut body = String::new();
    let newline = r.word(&["\n", " ", "\r\n"]);
    if r.percent(20) {
        body.push_str("redis.setresp(3)");
        body.push_str(newline);
    }
    let shows = r.percent(30);
    if shows {
        body.push_str(SHOW);
    }
    let mut results = Vec::new();
    for at in 0..r.below(4) {
        match r.below(8) {
            0 => {
                let _ = write!(body, "for i = 1, 2 do {} end{newline}", call(r, given));
            }
            1 => {
                let _ = write!(body, "local r{at} = {}{newline}", r.word(VALUES));
                results.push(format!("r{at}"));
            }
            _ => {
                let _ = write!(body, "local r{at} = {}{newline}", call(r, given));
                results.push(format!("r{at}"));
            }
        }
    }
    if results.is_empty() || r.percent(25) {
        results.push(r.word(VALUES).to_owned());
    }
    let results = if shows {
        results
            .iter()
            .map(|result| format!("show({result})"))
            .collect()
    } else {
        results
    };
    match r.below(10) {
        0 => {}
        1 if results.len() == 1 => {
            let _ = write!(body, "return {}, 'more'", results[0]);
        }
        2..7 if results.len() == 1 => {
            let _ = write!(body, "return {}", results[0]);
        }
        _ => {
            let _ = write!(body, "return {{{}}}", results.join(", "));
        }
    }
    if r.percent(2) {
        body.push_str(r.word(&[" end", " return", " =", "'", " local x ="]));
    }
    body
}

/// A script and what it is given.
fn script(r: &mut Random) -> (String, Given) {
    let mut given = Given::default();
    let mut body = String::new();
    if r.percent(15) {
        body.push_str(r.word(&[
            "#!lua\n",
            "#!lua flags=no-writes\n",
            "#!lua flags=allow-stale,no-writes\n",
            "#!lua flags=no-cluster\n",
            "#!lua flags=nosuch\n",
            "#!lua name=x\n",
            "#!lua",
            "#!js\n",
            "#!lua flags=\n",
        ]));
    }
    body.push_str(&statements(r, &mut given));
    (body, given)
}

/// A call with its numbers of keys, its keys and its arguments.
fn called(args: Args, given: Given) -> Args {
    let mut args = args.int(given.keys.len() as i64);
    for arg in given.keys.into_iter().chain(given.args) {
        args = args.arg(arg);
    }
    args
}

fn digest(body: &str) -> Vec<u8> {
    sha1::hex(&sha1::digest(body.as_bytes())).to_vec()
}

fn evalsha(r: &mut Random) -> Args {
    let (body, given) = script(r);
    let mut digest = digest(&body);
    if r.percent(10) {
        digest.make_ascii_uppercase();
    }
    let args = Args::new(r.word(&["EVALSHA", "EVALSHA", "EVALSHA_RO"])).arg(digest);
    let args = called(args, given);
    if r.percent(10) {
        return args;
    }
    let load = r.word(&["SCRIPT LOAD", "SCRIPT LOAD", "EVAL"]);
    match load {
        "EVAL" => args.after(Args::new("EVAL").arg(body).int(0)),
        _ => args.after(Args::new(load).arg(body)),
    }
}

/// A library with one function or two, and what the first is to be given.
fn library(r: &mut Random) -> (String, Given) {
    let mut given = Given::default();
    let body = statements(r, &mut given);
    let head = match r.below(20) {
        0 => "#!lua\n",
        1 => "#!lua name=my-lib\n",
        3 => "",
        _ => "#!lua name=mylib\n",
    };
    let mut text = format!("{head}local KEYS, ARGV = {{}}, {{}}\n");
    if r.percent(5) {
        let _ = writeln!(text, "local early = {}", r.word(VALUES));
    }
    let function = format!("function(KEYS, ARGV)\n{body}\nend");
    let _ = match r.below(4) {
        0 => writeln!(
            text,
            "redis.register_function{{function_name = 'myfunc', callback = {function}, flags = {{{}}}, description = 'd'}}",
            r.word(&[
                "",
                "'no-writes'",
                "'allow-stale'",
                "'nosuch'",
                "'no-writes', 'allow-oom'",
                "1"
            ])
        ),
        1 => writeln!(
            text,
            "local function f() return 'second' end redis.register_function('other', f)\n\
             redis.register_function('myfunc', {function})"
        ),
        _ => writeln!(text, "redis.register_function('myfunc', {function})"),
    };
    if r.percent(5) {
        text.push_str(r.word(&[
            "return 1",
            "redis.register_function('myfunc', 1)",
            "x = 1",
            "redis.call('get', 'k')",
        ]));
    }
    (text, given)
}

fn load(r: &mut Random) -> Args {
    let text = library(r).0;
    let args = Args::new("FUNCTION LOAD");
    let args = if r.percent(70) {
        args.arg("REPLACE")
    } else {
        args
    };
    args.arg(text)
}

fn fcall(r: &mut Random) -> Args {
    let (text, given) = library(r);
    let name = r.word(&["myfunc", "myfunc", "myfunc", "MYFUNC", "other", "nosuch"]);
    let args = Args::new(r.word(&["FCALL", "FCALL", "FCALL_RO"])).arg(name);
    called(args, given).after(Args::new("FUNCTION LOAD REPLACE").arg(text))
}
