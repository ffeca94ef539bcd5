//! The table of workloads: what is stored first, and what one request is. Adding a row is all that a
//! new workload needs. Must not know how requests are sent or measured.

use crate::resp::write_request;

mod breadth;
pub(crate) mod scaling;
mod template;

/// A small seeded generator (SplitMix64), so that every server gets the same requests.
pub(crate) struct Rng(u64);

impl Rng {
    /// The same seed gives the same sequence.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `0..n`, to within `n / 2^64`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

/// What a request generator may use.
pub(crate) struct Source {
    /// Seeded randomness.
    pub(crate) rng: Rng,
    /// Size of the key space.
    pub(crate) keys: u64,
    /// Number of the request, from 0.
    pub(crate) index: u64,
}

impl Source {
    /// A random key of the key space.
    fn key(&mut self) -> [u8; 16] {
        name(*b"key:", self.rng.below(self.keys))
    }
}

/// Data that a workload finds stored.
pub(crate) struct Fill {
    /// How many requests fill it.
    pub(crate) count: Count,
    /// What fill request number `i` is.
    pub(crate) request: FillRequest,
    /// They must be served in order, as entries of a stream with IDs of their own.
    pub(crate) in_order: bool,
}

/// How fill requests are made.
#[derive(Clone, Copy)]
pub(crate) enum FillRequest {
    /// By a function.
    Code(fn(i: u64, out: &mut Vec<u8>)),
    /// From text, see [`template`].
    Text(&'static str),
}

impl FillRequest {
    /// Appends fill request number `i` for a key space of `keys`.
    pub(crate) fn append(self, i: u64, keys: u64, out: &mut Vec<u8>) {
        match self {
            Self::Code(append) => append(i, out),
            Self::Text(text) => {
                let mut source = Source {
                    rng: Rng::new(i),
                    keys,
                    index: i,
                };
                template::append(text, &mut source, out);
            }
        }
    }
}

/// How requests are made.
#[derive(Clone, Copy)]
pub(crate) enum Request {
    /// By a function.
    Code(fn(&mut Source, &mut Vec<u8>)),
    /// From text, see [`template`].
    Text(&'static str),
}

impl Request {
    /// Appends the next request.
    pub(crate) fn append(self, source: &mut Source, out: &mut Vec<u8>) {
        match self {
            Self::Code(append) => append(source, out),
            Self::Text(text) => template::append(text, source, out),
        }
    }
}

/// How many requests a fill takes.
pub(crate) enum Count {
    /// One for each key of the key space.
    Keys,
    /// This many, or the size of the key space if that is smaller.
    AtMost(u64),
}

impl Count {
    /// The number for a key space of `keys`.
    pub(crate) fn of(&self, keys: u64) -> u64 {
        match self {
            Self::Keys => keys,
            Self::AtMost(n) => keys.min(*n),
        }
    }
}

/// When the data is flushed and filled again.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Refill {
    /// Once for each pipeline depth: the workload leaves the size of the data as it is.
    Once,
    /// Before every round: the workload grows the data, and a faster server would otherwise work on
    /// more of it.
    EachRound,
}

/// One row of the table.
pub(crate) struct Workload {
    /// Name for `--only` and the report.
    pub(crate) name: &'static str,
    /// Name of the group, also good for `--only`.
    pub(crate) group: &'static str,
    /// What one operation is.
    pub(crate) about: &'static str,
    /// What is stored before.
    pub(crate) fill: Option<Fill>,
    /// When that happens.
    pub(crate) refill: Refill,
    /// One request, which has exactly one reply.
    pub(crate) request: Request,
    /// Pipeline depths that it is run at unless the command line names others.
    pub(crate) pipelines: &'static [usize],
}

const BOTH: &[usize] = &[1, 16];
const VALUE_8: &[u8] = b"value-08";
const VALUE_32: &[u8] = &[b'w'; 32];
const VALUE_100: &[u8] = &[b'x'; 100];

/// A name of 16 bytes: the prefix and twelve decimal digits.
fn name(prefix: [u8; 4], n: u64) -> [u8; 16] {
    let mut out = [b'0'; 16];
    out[..4].copy_from_slice(&prefix);
    let mut n = n;
    for digit in out[4..].iter_mut().rev() {
        *digit = b'0' + (n % 10) as u8;
        n /= 10;
    }
    out
}

fn number(n: u64) -> String {
    n.to_string()
}

/// `SET` of a 16-byte key and an 8-byte value that is not a number.
pub(crate) fn fill_8(i: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"SET", &name(*b"key:", i), VALUE_8]);
}

/// `SET` of a 16-byte key and a 32-byte value with a time to live.
pub(crate) fn fill_32_ttl(i: u64, out: &mut Vec<u8>) {
    write_request(
        out,
        &[b"SET", &name(*b"key:", i), VALUE_32, b"EX", b"1000000"],
    );
}

fn fill_8_ttl(i: u64, out: &mut Vec<u8>) {
    write_request(
        out,
        &[b"SET", &name(*b"key:", i), VALUE_8, b"EX", b"1000000"],
    );
}

fn fill_100(i: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"SET", &name(*b"key:", i), VALUE_100]);
}

fn fill_counter(i: u64, out: &mut Vec<u8>) {
    write_request(
        out,
        &[b"SET", &name(*b"key:", i), number(i % 1000).as_bytes()],
    );
}

fn mset10(source: &mut Source, out: &mut Vec<u8>) {
    let keys: [[u8; 16]; 10] = std::array::from_fn(|_| source.key());
    let mut args: Vec<&[u8]> = vec![b"MSET"];
    for key in &keys {
        args.extend([key.as_slice(), VALUE_8]);
    }
    write_request(out, &args);
}

fn mget10(source: &mut Source, out: &mut Vec<u8>) {
    let keys: [[u8; 16]; 10] = std::array::from_fn(|_| source.key());
    let mut args: Vec<&[u8]> = vec![b"MGET"];
    args.extend(keys.iter().map(<[u8; 16]>::as_slice));
    write_request(out, &args);
}

fn set_px(source: &mut Source, out: &mut Vec<u8>) {
    let ttl_ms = 600_000 + source.rng.below(3_600_000);
    write_request(
        out,
        &[
            b"SET",
            &source.key(),
            VALUE_8,
            b"PX",
            number(ttl_ms).as_bytes(),
        ],
    );
}

fn del_set(source: &mut Source, out: &mut Vec<u8>) {
    let key = source.key();
    if source.index.is_multiple_of(2) {
        write_request(out, &[b"DEL", &key]);
    } else {
        write_request(out, &[b"SET", &key, VALUE_8]);
    }
}

fn setbit(source: &mut Source, out: &mut Vec<u8>) {
    let key = name(*b"bit:", source.rng.below(1000));
    let offset = number(source.rng.below(65_536));
    let bit = number(source.rng.below(2));
    write_request(out, &[b"SETBIT", &key, offset.as_bytes(), bit.as_bytes()]);
}

fn fill_zset(i: u64, out: &mut Vec<u8>) {
    write_request(
        out,
        &[b"ZADD", b"zset", number(i).as_bytes(), &name(*b"mem:", i)],
    );
}

fn zadd(source: &mut Source, out: &mut Vec<u8>) {
    let score = number(source.rng.below(1_000_000_000));
    let member = name(*b"mem:", source.rng.below(source.keys));
    write_request(out, &[b"ZADD", b"zset", score.as_bytes(), &member]);
}

fn zrangebyscore(source: &mut Source, out: &mut Vec<u8>) {
    let low = source.rng.below(source.keys);
    write_request(
        out,
        &[
            b"ZRANGEBYSCORE",
            b"zset",
            number(low).as_bytes(),
            number(low + 9).as_bytes(),
        ],
    );
}

fn fill_hash(i: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"HSET", b"hash", &name(*b"fld:", i), VALUE_8]);
}

fn hset(source: &mut Source, out: &mut Vec<u8>) {
    let field = name(*b"fld:", source.rng.below(source.keys));
    write_request(out, &[b"HSET", b"hash", &field, VALUE_8]);
}

/// Hashes of ten fields; a tenth of the fill requests makes one hash each.
fn fill_small_hash(i: u64, out: &mut Vec<u8>) {
    let field = number(i % 10);
    write_request(
        out,
        &[b"HSET", &name(*b"hsh:", i / 10), field.as_bytes(), VALUE_8],
    );
}

fn hgetall(source: &mut Source, out: &mut Vec<u8>) {
    let hashes = (source.keys.min(SMALL_HASH_FIELDS) / 10).max(1);
    write_request(
        out,
        &[b"HGETALL", &name(*b"hsh:", source.rng.below(hashes))],
    );
}

const SMALL_HASH_FIELDS: u64 = 100_000;

fn fill_set(i: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"SADD", b"set", &name(*b"mem:", i)]);
}

fn sadd(source: &mut Source, out: &mut Vec<u8>) {
    let member = name(*b"mem:", source.rng.below(source.keys));
    write_request(out, &[b"SADD", b"set", &member]);
}

/// Every SPOP is paired with an SADD, so that the set keeps its size.
fn spop_sadd(source: &mut Source, out: &mut Vec<u8>) {
    if source.index.is_multiple_of(2) {
        write_request(out, &[b"SPOP", b"set"]);
    } else {
        sadd(source, out);
    }
}

fn lpush(source: &mut Source, out: &mut Vec<u8>) {
    let key = name(*b"lst:", source.rng.below(1000));
    write_request(out, &[b"LPUSH", &key, VALUE_8]);
}

fn fill_list(_: u64, out: &mut Vec<u8>) {
    write_request(out, &[b"RPUSH", b"list", VALUE_8]);
}

/// A plain row: filled once, at both depths.
const fn row(
    name: &'static str,
    group: &'static str,
    about: &'static str,
    fill: Option<Fill>,
    request: fn(&mut Source, &mut Vec<u8>),
) -> Workload {
    Workload {
        name,
        group,
        about,
        fill,
        refill: Refill::Once,
        request: Request::Code(request),
        pipelines: BOTH,
    }
}

/// A row whose data grows: flushed and filled before every round.
const fn growing(
    name: &'static str,
    group: &'static str,
    about: &'static str,
    fill: Option<Fill>,
    request: fn(&mut Source, &mut Vec<u8>),
) -> Workload {
    Workload {
        refill: Refill::EachRound,
        ..row(name, group, about, fill, request)
    }
}

const fn each_key(request: fn(u64, &mut Vec<u8>)) -> Option<Fill> {
    Some(Fill {
        count: Count::Keys,
        request: FillRequest::Code(request),
        in_order: false,
    })
}

const fn at_most(count: u64, request: fn(u64, &mut Vec<u8>)) -> Option<Fill> {
    Some(Fill {
        count: Count::AtMost(count),
        request: FillRequest::Code(request),
        in_order: false,
    })
}

/// All workloads, in the order in which they run.
#[rustfmt::skip]
pub(crate) const WORKLOADS: &[Workload] = &[
    row("set", "string", "SET of a random key, 8-byte value, all keys exist", each_key(fill_8),
        |s, out| write_request(out, &[b"SET", &s.key(), VALUE_8])),
    row("get", "string", "GET of a random key, 8-byte value, all keys exist", each_key(fill_8),
        |s, out| write_request(out, &[b"GET", &s.key()])),
    row("set-100", "string", "SET, 100-byte value, all keys exist", each_key(fill_100),
        |s, out| write_request(out, &[b"SET", &s.key(), VALUE_100])),
    row("get-100", "string", "GET, 100-byte value, all keys exist", each_key(fill_100),
        |s, out| write_request(out, &[b"GET", &s.key()])),
    row("incr", "string", "INCR of a random key, all keys exist", each_key(fill_counter),
        |s, out| write_request(out, &[b"INCR", &s.key()])),
    row("mset10", "string", "MSET of ten random keys, 8-byte values", each_key(fill_8), mset10),
    row("mget10", "string", "MGET of ten random keys, 8-byte values", each_key(fill_8), mget10),
    row("ping", "connection", "PING", None, |_, out| write_request(out, &[b"PING"])),
    row("set-px", "string", "SET PX of a random key, all keys exist with a TTL, none expires", each_key(fill_8_ttl), set_px),
    row("del-set", "string", "DEL and SET in turn, random keys", each_key(fill_8), del_set),
    row("setbit", "string", "SETBIT in 1000 bitmaps of 8 KB", None, setbit),
    growing("append", "string", "APPEND of 8 bytes to a random key", each_key(fill_8),
        |s, out| write_request(out, &[b"APPEND", &s.key(), VALUE_8])),
    growing("zadd", "types", "ZADD of random members to one sorted set, empty at first", None, zadd),
    row("zrangebyscore", "types", "ZRANGEBYSCORE of 10 members of one large sorted set", each_key(fill_zset), zrangebyscore),
    row("hset", "types", "HSET of a random field of one large hash, all fields exist", each_key(fill_hash), hset),
    row("hgetall", "types", "HGETALL of a hash of 10 fields", at_most(SMALL_HASH_FIELDS, fill_small_hash), hgetall),
    growing("sadd", "types", "SADD of random members to one set, empty at first", None, sadd),
    row("spop", "types", "SPOP and SADD in turn on one large set", each_key(fill_set), spop_sadd),
    growing("lpush", "types", "LPUSH of 8 bytes to one of 1000 lists, empty at first", None, lpush),
    row("lrange", "types", "LRANGE of 100 elements of a list of 1000", at_most(1000, fill_list),
        |_, out| write_request(out, &[b"LRANGE", b"list", b"0", b"99"])),
    growing("xadd", "types", "XADD of one field to one stream, empty at first", None,
        |_, out| write_request(out, &[b"XADD", b"stream", b"*", b"field", VALUE_8])),
];

/// Every row: those above, then those of breadth.
pub(crate) fn all() -> impl Iterator<Item = &'static Workload> {
    WORKLOADS.iter().chain(breadth::ROWS)
}

/// The rows that `only` names, by name or group; those above when it is empty. Fails on a name that is neither.
pub(crate) fn select(only: &[String]) -> anyhow::Result<Vec<&'static Workload>> {
    let named = |w: &Workload, n: &str| w.name == n || w.group == n;
    for n in only {
        if !all().any(|w| named(w, n)) {
            anyhow::bail!("no workload or group is named '{n}'; --list shows them");
        }
    }
    if only.is_empty() {
        return Ok(WORKLOADS.iter().collect());
    }
    Ok(all().filter(|w| only.iter().any(|n| named(w, n))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_16_bytes_and_differ() {
        assert_eq!(&name(*b"key:", 42), b"key:000000000042");
        assert_ne!(name(*b"key:", 1), name(*b"key:", 10));
    }

    #[test]
    fn rows_have_different_names_that_are_no_groups() {
        for (i, row) in all().enumerate() {
            assert!(
                all().take(i).all(|other| other.name != row.name),
                "{}",
                row.name
            );
            assert!(all().all(|other| other.group != row.name), "{}", row.name);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_requests() {
        for row in all() {
            let make = || {
                let mut source = Source {
                    rng: Rng::new(7),
                    keys: 1000,
                    index: 0,
                };
                let mut out = Vec::new();
                for index in 0..100 {
                    source.index = index;
                    row.request.append(&mut source, &mut out);
                }
                out
            };
            assert_eq!(make(), make(), "{}", row.name);
        }
    }

    #[test]
    fn selection_is_by_name_or_group_and_refuses_others() {
        assert_eq!(select(&[]).unwrap().len(), WORKLOADS.len());
        assert_eq!(select(&["get".to_owned()]).unwrap().len(), 1);
        assert!(select(&["types".to_owned()]).unwrap().len() > 5);
        assert!(select(&["nonsense".to_owned()]).is_err());
    }
}
