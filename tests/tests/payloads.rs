//! DUMP and RESTORE between the engine and a real server: what one dumps the other restores, of every type and in every
//! encoding. Without a redis-server on PATH these tests say so and pass.

use hyla_engine::config::Config;
use hyla_tests::resp::Value;
use hyla_tests::target::{Client, Identity, RealTimeEngine, RedisServer, Target, Version};
use std::collections::BTreeSet;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(20);

/// A target with a connection.
struct Peer<'a> {
    target: &'a mut dyn Target,
    client: Client,
}

impl<'a> Peer<'a> {
    fn new(target: &'a mut dyn Target) -> Self {
        let client = Client::open(target).expect("a connection");
        Peer { target, client }
    }

    fn call<A: AsRef<[u8]>>(&mut self, argv: &[A]) -> Value {
        let reply = self.client.call(self.target, argv, WAIT).expect("a reply");
        let name = String::from_utf8_lossy(argv[0].as_ref()).into_owned();
        assert!(reply.error().is_none(), "{name}: {reply:?}");
        reply
    }

    fn bytes<A: AsRef<[u8]>>(&mut self, argv: &[A]) -> Vec<u8> {
        match self.call(argv) {
            Value::Blob(_, bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    fn digest(&mut self, key: &str) -> Value {
        self.call(&["DEBUG", "DIGEST-VALUE", key])
    }
}

/// Commands that make a key named `k` of each type and in each form. Words are split at spaces.
fn recipes() -> Vec<Vec<Vec<String>>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let many = |command: &str, count: usize, make: &dyn Fn(usize) -> Vec<String>| {
        let numbers = (0..count).collect::<Vec<_>>();
        let chunk = |numbers: &[usize]| {
            let mut argv = words(command);
            argv.extend(numbers.iter().flat_map(|number| make(*number)));
            argv
        };
        numbers.chunks(500).map(chunk).collect::<Vec<_>>()
    };
    let mut recipes = Vec::new();
    for value in [
        "0",
        "127",
        "128",
        "-129",
        "32767",
        "32768",
        "2147483647",
        "2147483648",
        "-9223372036854775808",
        "007",
        "x",
        "1e3",
        "3.14",
    ] {
        recipes.push(vec![words(&format!("SET k {value}"))]);
    }
    for len in [0, 20, 21, 44, 63, 64, 300, 16_383, 16_384, 70_000] {
        recipes.push(vec![vec!["SET".into(), "k".into(), "ab".repeat(len / 2)]]);
    }
    let number = |n: usize| vec![(n * 7919).to_string()];
    let name = |n: usize| vec![format!("name:{n}")];
    for count in [1, 3, 100, 600, 3000] {
        recipes.push(many("SADD k", count, &number));
        recipes.push(many("SADD k", count, &|n| {
            vec![(n as u64 * 1_000_000_007).to_string()]
        }));
        recipes.push(many("SADD k", count, &name));
        recipes.push(many("RPUSH k", count, &number));
        recipes.push(many("RPUSH k", count, &|n| {
            vec![format!("item:{n}:{}", "y".repeat(n % 200))]
        }));
        recipes.push(many("HSET k", count, &|n| {
            vec![format!("field:{n}"), format!("value {n}")]
        }));
        recipes.push(many("HSET k", count, &|n| {
            vec![n.to_string(), (n * n).to_string()]
        }));
        recipes.push(many("ZADD k", count, &|n| {
            vec![(n * 31 % 97).to_string(), format!("m{n}")]
        }));
        recipes.push(many("ZADD k", count, &|n| {
            vec![format!("{}", n as f64 / 7.0), format!("m{n}")]
        }));
    }
    recipes.push(vec![words("ZADD k inf a -inf b 0 c -0 d 1e300 e")]);
    recipes.push(vec![vec![
        "RPUSH".into(),
        "k".into(),
        "big".repeat(30_000),
        "small".into(),
    ]]);
    recipes.push(vec![vec![
        "HSET".into(),
        "k".into(),
        "f".into(),
        "v".repeat(5000),
    ]]);
    recipes.push(vec![vec![
        "SADD".into(),
        "k".into(),
        "1".into(),
        "two".into(),
    ]]);
    recipes.push(vec![vec!["SADD".into(), "k".into(), "m".repeat(100)]]);
    recipes.push(vec![words("PFADD k a b c d e")]);
    recipes.push(vec![words("SETBIT k 100 1")]);
    recipes.push(vec![words(
        "GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
    )]);
    recipes
}

/// The same for streams: nodes of several forms, entries deleted and trimmed, groups with deliveries, consumers without.
fn stream_recipes() -> Vec<Vec<Vec<String>>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let lines = |text: &[&str]| text.iter().map(|line| words(line)).collect::<Vec<_>>();
    let added = |count: usize, make: &dyn Fn(usize) -> String| {
        let add = |n: usize| words(&format!("XADD k {}-{} {}", 1 + n / 3, n % 3, make(n)));
        (0..count).map(add).collect::<Vec<_>>()
    };
    let same = |n: usize| format!("name item:{n} count {n}");
    let other = |n: usize| match n % 3 {
        0 => format!("name x{n}"),
        1 => format!("{n} {n} other {}", "z".repeat(n % 300)),
        _ => format!("name -{n} name {n}"),
    };
    let mut recipes = vec![added(1, &same), added(350, &same), added(350, &other)];
    let with = |first: &[Vec<String>], then: &[&str]| [first, &lines(then)].concat();
    let deleted = "XDEL k 1-0 1-1 20-2 33-1 33-2 34-0 100-0 117-0 999-1";
    recipes.push(with(&added(350, &same), &[deleted]));
    recipes.push(with(
        &added(350, &other),
        &[
            deleted,
            "XTRIM k MAXLEN = 130",
            "XSETID k 500-5 ENTRIESADDED 700 MAXDELETEDID 400-0",
        ],
    ));
    recipes.push(with(&added(4, &same), &["XTRIM k MAXLEN 0"]));
    let groups = [
        "XGROUP CREATE k g 0",
        "XGROUP CREATE k h $ ENTRIESREAD 17",
        "XGROUP CREATE k never 5-1",
        "XGROUP CREATECONSUMER k g idle",
        "XREADGROUP GROUP g alice COUNT 140 STREAMS k >",
        "XREADGROUP GROUP g bob COUNT 30 STREAMS k >",
        "XREADGROUP GROUP g alice COUNT 10 STREAMS k >",
        "XREADGROUP GROUP g carol COUNT 10 NOACK STREAMS k >",
        "XREADGROUP GROUP h dave STREAMS k >",
        "XACK k g 3-0 3-1 50-2",
        "XCLAIM k g carol 0 10-0 10-1 60-0 RETRYCOUNT 77 JUSTID",
        "XCLAIM k g bob 0 11-0 LASTID 200-0 TIME 1600000000000",
    ];
    recipes.push(with(&added(350, &same), &groups));
    // What was delivered is deleted, and a consumer of much.
    recipes.push(with(&with(&added(350, &other), &groups), &[deleted]));
    recipes.push(with(
        &with(&added(1200, &same), &groups),
        &[
            "XREADGROUP GROUP g erin COUNT 600 STREAMS k >",
            "XREADGROUP GROUP g bob COUNT 100 STREAMS k >",
            "XGROUP DELCONSUMER k g erin",
        ],
    ));
    recipes.push(with(
        &with(&added(20, &same), &groups),
        &["XTRIM k MAXLEN 1"],
    ));
    recipes.push(lines(&["XGROUP CREATE k empty $ MKSTREAM"]));
    recipes
}

/// Lists of elements that each are a node of its own, once [`PLAIN`] was said.
fn plain_recipes() -> Vec<Vec<Vec<String>>> {
    let push = |lens: &[usize]| {
        let elements = lens.iter().map(|len| "p".repeat(*len));
        ["RPUSH".to_owned(), "k".to_owned()]
            .into_iter()
            .chain(elements)
            .collect()
    };
    vec![
        vec![push(&[300])],
        vec![push(&[5, 300, 7, 70_000, 200, 3])],
        vec![push(&[150; 40])],
    ]
}

/// From so many bytes on an element is a node of its own.
const PLAIN: [&str; 3] = ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100b"];

/// The same for hashes whose fields have deadlines.
fn deadline_recipes() -> Vec<Vec<Vec<String>>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let set = words("HSET k a 1 b two c 3");
    let mut large = words("HSET k");
    large.extend((0..600).flat_map(|n| [format!("field:{n}"), n.to_string()]));
    let at = |fields: &str| words(&format!("HPEXPIREAT k 33177117420000 FIELDS {fields}"));
    let later = |fields: &str| words(&format!("HPEXPIREAT k 33177117999000 FIELDS {fields}"));
    vec![
        vec![set.clone(), at("1 b")],
        vec![set.clone(), at("2 b a"), later("1 a")],
        vec![set.clone(), at("1 b"), words("HPERSIST k FIELDS 1 b")],
        vec![large, at("2 field:7 field:500"), later("1 field:8")],
    ]
}

fn with_debug() -> RealTimeEngine {
    let mut config = Config::default();
    config
        .parse_file(b"enable-debug-command yes", &mut |_| Ok(Vec::new()))
        .expect("a directive");
    RealTimeEngine::with_config(config)
}

fn redis(directives: &[&str]) -> Option<RedisServer> {
    let mut all = vec!["--enable-debug-command", "yes"];
    all.extend(directives);
    let server = RedisServer::start(&all).expect("redis-server starts");
    if server.is_none() {
        eprintln!("no redis-server on PATH: nothing is tested");
    }
    server
}

/// Makes every recipe's key at `from`, carries it to `to`, and back.
fn carry(from: &mut Peer<'_>, to: &mut Peer<'_>) {
    let mut forms = carry_all(from, to, recipes());
    forms.extend(carry_all(from, to, stream_recipes()));
    from.call(&PLAIN);
    to.call(&PLAIN);
    forms.extend(carry_all(from, to, plain_recipes()));
    for form in [
        "string int",
        "string embstr",
        "string raw",
        "list quicklist",
        "set intset",
        "set hashtable",
        "zset listpack",
        "zset skiplist",
        "hash listpack",
        "hash hashtable",
        "stream stream",
    ] {
        assert!(forms.contains(form), "{form}: {forms:?}");
    }
}

/// What a stream's groups are, as both sides show it.
fn groups(peer: &mut Peer<'_>, key: &str) -> Vec<Value> {
    let mut shown = vec![
        peer.call(&["XINFO", "GROUPS", key]),
        peer.call(&["XLEN", key]),
    ];
    for group in ["g", "h", "never", "empty"] {
        let summary = ["XPENDING", key, group];
        let all = ["XPENDING", key, group, "-", "+", "10000"];
        for argv in [&summary[..], &all] {
            let reply = peer.client.call(peer.target, argv, WAIT).expect("a reply");
            // An error would name the key.
            shown.extend(reply.error().is_none().then(|| without_idle(reply)));
        }
    }
    shown
}

/// XINFO's facts without when a consumer was active last, which the form for Redis 7.0 does not have.
fn without_active(value: Value) -> Value {
    let Value::Node(kind, mut parts) = value else {
        return value;
    };
    let named = |part: &Value| matches!(part, Value::Blob(_, name) if name == b"active-time");
    if let Some(at) = parts.iter().position(named) {
        parts.drain(at..at + 2);
    }
    Value::Node(kind, parts.into_iter().map(without_active).collect())
}

/// XPENDING's rows without the time that has passed.
fn without_idle(reply: Value) -> Value {
    let row = |row: Value| match row {
        Value::Node(kind, mut parts) if parts.len() == 4 && matches!(parts[2], Value::Int(_)) => {
            parts.remove(2);
            Value::Node(kind, parts)
        }
        other => other,
    };
    match reply {
        Value::Node(kind, rows) => Value::Node(kind, rows.into_iter().map(row).collect()),
        other => other,
    }
}

/// Gives the types and encodings that were carried.
fn carry_all(
    from: &mut Peer<'_>,
    to: &mut Peer<'_>,
    recipes: Vec<Vec<Vec<String>>>,
) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for recipe in recipes {
        from.call(&["DEL", "k", "back"]);
        to.call(&["DEL", "k"]);
        for argv in &recipe {
            from.call(argv);
        }
        let shown = recipe[0].join(" ");
        let shown = &shown[..shown.len().min(60)];
        let digest = from.digest("k");
        let there = from.bytes(&["DUMP", "k"]);
        to.call(&[b"RESTORE".as_slice(), b"k", b"0", &there]);
        assert_eq!(to.digest("k"), digest, "{shown}");
        let back = to.bytes(&["DUMP", "k"]);
        from.call(&[b"RESTORE".as_slice(), b"back", b"0", &back]);
        assert_eq!(from.digest("back"), digest, "{shown}");
        let encoding = |peer: &mut Peer<'_>, key| peer.bytes(&["OBJECT", "ENCODING", key]);
        let before = encoding(from, "k");
        let after = encoding(from, "back");
        // A string that was changed in place is like any other afterwards, and so is a hash whose fields have lost all
        // deadlines, so that older servers read it.
        if before != b"raw" && (before != b"listpackex" || after != b"listpack") {
            assert_eq!(after, before, "{shown}");
        }
        if before == b"stream" {
            let made = groups(from, "k");
            assert_eq!(groups(to, "k"), made, "{recipe:?}");
            assert_eq!(groups(from, "back"), made, "{recipe:?}");
            // Consumers, when they were seen, deliveries with their times, and how it is stored.
            let mut full =
                |key| without_active(from.call(&["XINFO", "STREAM", key, "FULL", "COUNT", "0"]));
            assert_eq!(full("back"), full("k"), "{recipe:?}");
        }
        let Value::Line(_, name) = from.call(&["TYPE", "k"]) else {
            panic!("a type's name")
        };
        let (name, before) = (
            String::from_utf8_lossy(&name),
            String::from_utf8_lossy(&before),
        );
        forms.insert(format!("{name} {before}"));
    }
    forms
}

/// A hash keeps the deadlines of its fields from here to here, where no server at hand has them.
#[test]
fn deadlines_of_fields_come_back() {
    let (mut there, mut here) = (with_debug(), with_debug());
    let (mut there, mut here) = (Peer::new(&mut there), Peer::new(&mut here));
    let forms = carry_all(&mut there, &mut here, deadline_recipes());
    assert!(forms.contains("hash listpackex") && forms.contains("hash hashtable"));
    let small = ["list listpack", "set listpack"].map(str::to_owned);
    let forms = carry_all(&mut there, &mut here, recipes());
    assert!(small.iter().all(|form| forms.contains(form)), "{forms:?}");
}

#[test]
fn what_redis_dumps_is_restored_and_dumped_back() {
    let Some(server) = redis(&[]) else { return };
    let (mut there, mut here) = (server.target(), with_debug());
    carry(&mut Peer::new(&mut there), &mut Peer::new(&mut here));
}

#[test]
fn what_is_dumped_here_redis_restores_and_dumps_back() {
    let Some(server) = redis(&["--rdbcompression", "no"]) else {
        return;
    };
    let (mut there, mut here) = (server.target(), with_debug());
    carry(&mut Peer::new(&mut here), &mut Peer::new(&mut there));
}

/// The digest of everything is the same too.
#[test]
fn equal_data_has_the_digest_that_redis_gives() {
    let Some(server) = redis(&[]) else { return };
    let (mut there, mut here) = (server.target(), with_debug());
    let digests = [
        fill(&mut Peer::new(&mut there)),
        fill(&mut Peer::new(&mut here)),
    ];
    assert_eq!(digests[0], digests[1]);
}

fn fill(peer: &mut Peer<'_>) -> Value {
    for (number, recipe) in recipes().into_iter().enumerate() {
        peer.call(&["SELECT", &(number % 3 * 5).to_string()]);
        for argv in &recipe {
            peer.call(argv);
        }
        let name = format!("key:{number}");
        peer.call(&["RENAME", "k", &name]);
        if number % 4 == 0 {
            peer.call(&["PEXPIREAT", &name, "33177117420000"]);
        }
    }
    peer.call(&["DEBUG", "DIGEST"])
}

/// Needs a server that has deadlines of fields.
#[test]
fn deadlines_of_fields_go_both_ways() {
    let Some(server) = redis(&[]) else { return };
    let (mut there, mut here) = (server.target(), with_debug());
    match there.identity().expect("INFO") {
        Identity::Redis(version) if version >= Version([7, 4, 0]) => {}
        _ => return,
    }
    let (mut there, mut here) = (Peer::new(&mut there), Peer::new(&mut here));
    carry_all(&mut there, &mut here, deadline_recipes());
    carry_all(&mut here, &mut there, deadline_recipes());
}

/// The values that the fuzz targets start from, through here and back to the server. What a server does not read itself
/// is left out.
#[test]
fn values_of_every_form_come_back_the_same() {
    let Some(server) = redis(&[]) else { return };
    let (mut there, mut here) = (server.target(), with_debug());
    let (mut there, mut here) = (Peer::new(&mut there), Peer::new(&mut here));
    let mut streams = 0;
    for value in hyla_tests::fuzz::sound_values() {
        let mut payload = value;
        payload.extend_from_slice(&10u16.to_le_bytes());
        let checksum = hyla_engine::crc64::update(0, &payload);
        payload.extend_from_slice(&checksum.to_le_bytes());
        let restore = [b"RESTORE".as_slice(), b"k", b"0", &payload, b"REPLACE"];
        let reply = there.client.call(there.target, &restore, WAIT);
        if reply.expect("a reply").error().is_some() {
            continue;
        }
        here.call(&restore);
        let digest = there.digest("k");
        let shown = payload.escape_ascii();
        assert_eq!(here.digest("k"), digest, "{shown}");
        let back = here.bytes(&["DUMP", "k"]);
        there.call(&[b"RESTORE".as_slice(), b"back", b"0", &back, b"REPLACE"]);
        assert_eq!(there.digest("back"), digest, "{shown}");
        if there.bytes(&["OBJECT", "ENCODING", "k"]) == b"stream" {
            streams += 1;
            // The groups as well, apart from when consumers were seen.
            for info in ["GROUPS", "STREAM"] {
                let groups = there.call(&["XINFO", info, "k"]);
                assert_eq!(there.call(&["XINFO", info, "back"]), groups, "{shown}");
            }
            let pending = there.call(&["XPENDING", "k", "g"]);
            assert_eq!(there.call(&["XPENDING", "back", "g"]), pending, "{shown}");
        }
    }
    assert!(streams >= 2, "{streams}");
}
