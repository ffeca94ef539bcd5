//! DUMP and RESTORE between the engine and a real server: what one dumps the other restores, of every type and in every
//! encoding. Without a redis-server on PATH these tests say so and pass.

use hyla_engine::config::Config;
use hyla_tests::resp::Value;
use hyla_tests::target::{Client, Identity, RealTimeEngine, RedisServer, Target, Version};
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
    carry_all(from, to, recipes());
}

fn carry_all(from: &mut Peer<'_>, to: &mut Peer<'_>, recipes: Vec<Vec<Vec<String>>>) {
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
        // A string that was changed in place is like any other afterwards.
        if before != b"raw" {
            assert_eq!(encoding(from, "back"), before, "{shown}");
        }
    }
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
