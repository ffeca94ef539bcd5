//! One row or more for every family of commands, at pipeline 16: no command may cost more than its peer's. Run with
//! `--only breadth`.

use super::{Count, Fill, FillRequest, Refill, Request, Workload};
use crate::resp::write_request;

/// Requests that fill: enough to leave the caches, few enough for a quick run.
const SOME: u64 = 200_000;

const fn row(name: &'static str, fill: &'static str, request: &'static str) -> Workload {
    Workload {
        name,
        group: "breadth",
        about: request,
        fill: if fill.is_empty() {
            None
        } else {
            Some(Fill {
                count: Count::AtMost(SOME),
                request: FillRequest::Text(fill),
                in_order: false,
            })
        },
        refill: Refill::EachRound,
        request: Request::Text(request),
        pipelines: &[16],
    }
}

/// The entries of a stream, with IDs of their own, and a group that was delivered none.
const fn on_stream(name: &'static str, request: &'static str) -> Workload {
    Workload {
        fill: Some(Fill {
            count: Count::AtMost(1_000_000),
            request: FillRequest::Code(fill_stream),
            in_order: true,
        }),
        ..row(name, "", request)
    }
}

fn fill_stream(i: u64, out: &mut Vec<u8>) {
    if i == 0 {
        write_request(
            out,
            &[b"XGROUP", b"CREATE", b"stream", b"g", b"0", b"MKSTREAM"],
        );
    } else {
        let id = format!("{i}-1");
        write_request(
            out,
            &[b"XADD", b"stream", id.as_bytes(), b"field", b"value-08"],
        );
    }
}

/// The script that gives a lock back: it deletes the key if that still holds the caller's word.
const UNLOCK: &[u8] = b"if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end";

/// That script and the keys that it may find, whose values are another word.
const fn with_script(name: &'static str, request: &'static str) -> Workload {
    Workload {
        fill: Some(Fill {
            count: Count::AtMost(SOME),
            request: FillRequest::Code(fill_script),
            in_order: false,
        }),
        ..row(name, "", request)
    }
}

fn fill_script(i: u64, out: &mut Vec<u8>) {
    if i == 0 {
        write_request(out, &[b"SCRIPT", b"LOAD", UNLOCK]);
    } else {
        super::fill_8(i, out);
    }
}

const STRINGS: &str = "SET key:{i} value-08";
const NUMBERS: &str = "SET num:{i} 100";
const LONG: &str = "SETRANGE long:{i:1000} 1000 x";
const LISTS: &str = "RPUSH lst:{i:1000} value-{i}";
const HASHES: &str = "HSET hsh:{i/10} f{i:10} value-08";
const HASH: &str = "HSET hash fld:{i} value-08";
const COUNTS: &str = "HSET counts fld:{i} 100";
const SET: &str = "SADD set mem:{i}";
const SETS: &str = "SADD set:{i/100} mem:{i:200}";
const ZSET: &str = "ZADD zset {r:1000000} mem:{i}";
const ZSETS: &str = "ZADD zst:{i/100} {r:1000} mem:{i:200}";
const LEX: &str = "ZADD lex 0 mem:{i}";
const PLACES: &str = "GEOADD geo {r:179}.{r:1000000} {r:80}.{r:1000000} mem:{i}";
const BITS: &str = "SETBIT bit:{i:100} {r:65536} 1";

/// The rows.
#[rustfmt::skip]
pub(super) const ROWS: &[Workload] = &[
    row("exists", STRINGS, "EXISTS key:{n:200000}"),
    row("type", STRINGS, "TYPE key:{n:200000}"),
    row("expire-persist", STRINGS, "EXPIRE key:{n:200000} 1000 | PERSIST key:{n:200000}"),
    row("ttl", STRINGS, "TTL key:{n:200000}"),
    row("rename", STRINGS, "RENAME key:{n:200000} key:{n:200000} | SET key:{n:200000} value-08"),
    row("copy", STRINGS, "COPY key:{n:200000} key:{n:200000} REPLACE"),
    row("randomkey", STRINGS, "RANDOMKEY"),
    row("scan", STRINGS, "SCAN {r:1000} COUNT 10"),
    row("object-encoding", STRINGS, "OBJECT ENCODING key:{n:200000}"),
    row("unlink", STRINGS, "UNLINK key:{n:200000} | SET key:{n:200000} value-08"),
    row("setnx", STRINGS, "SETNX key:{n:400000} value-08"),
    row("getset", STRINGS, "GETSET key:{n:200000} value-09"),
    row("getex", STRINGS, "GETEX key:{n:200000} EX 1000"),
    row("getdel", STRINGS, "GETDEL key:{n:200000} | SET key:{n:200000} value-08"),
    row("incrby", NUMBERS, "INCRBY num:{n:200000} 7"),
    row("incrbyfloat", NUMBERS, "INCRBYFLOAT num:{n:200000} 1.5"),
    row("getrange", LONG, "GETRANGE long:{n:1000} 10 200"),
    row("setrange", LONG, "SETRANGE long:{n:1000} {r:900} value-08"),
    row("strlen", STRINGS, "STRLEN key:{n:200000}"),
    row("lcs", STRINGS, "LCS key:{n:200000} key:{n:200000}"),
    row("getbit", BITS, "GETBIT bit:{n:100} {r:65536}"),
    row("bitcount", BITS, "BITCOUNT bit:{n:100}"),
    row("bitpos", BITS, "BITPOS bit:{n:100} 1 {r:4000}"),
    row("bitop", BITS, "BITOP AND bit:dest bit:{n:100} bit:{n:100}"),
    row("bitfield", BITS, "BITFIELD bit:{n:100} INCRBY u8 {r:8000} 1 GET u4 0"),
    row("rpush", "", "RPUSH lst:{n:1000} value-08"),
    row("lpush-rpop", LISTS, "LPUSH lst:{n:1000} value-08 | RPOP lst:{n:1000}"),
    row("rpush-lpop", LISTS, "RPUSH lst:{n:1000} value-08 | LPOP lst:{n:1000}"),
    row("lindex", LISTS, "LINDEX lst:{n:1000} {r:200}"),
    row("lset", LISTS, "LSET lst:{n:1000} {r:200} value-000000000000"),
    row("linsert", LISTS, "LINSERT lst:{n:1000} BEFORE value-{n:1000} x | RPOP lst:{n:1000}"),
    row("lrem", LISTS, "LREM lst:{n:1000} 1 value-{n:200000} | RPUSH lst:{n:1000} value-{n:200000}"),
    row("lpos", LISTS, "LPOS lst:{n:1000} value-{n:200000}"),
    row("lmove", LISTS, "LMOVE lst:{n:1000} lst:{n:1000} LEFT RIGHT"),
    row("llen", LISTS, "LLEN lst:{n:1000}"),
    row("ltrim", LISTS, "RPUSH lst:{n:1000} value-08 | LTRIM lst:{n:1000} -200 -1"),
    row("hget", HASH, "HGET hash fld:{n:200000}"),
    row("hget-small", HASHES, "HGET hsh:{n:20000} f{n:10}"),
    row("hset-small", HASHES, "HSET hsh:{n:20000} f{n:10} value-09"),
    row("hmget", HASHES, "HMGET hsh:{n:20000} f{n:10} f{n:10} f{n:10}"),
    row("hincrby", COUNTS, "HINCRBY counts fld:{n:200000} 1"),
    row("hexists", HASH, "HEXISTS hash fld:{n:400000}"),
    row("hdel-hset", HASH, "HDEL hash fld:{n:200000} | HSET hash fld:{n:200000} value-08"),
    row("hlen", HASHES, "HLEN hsh:{n:20000}"),
    row("hkeys", HASHES, "HKEYS hsh:{n:20000}"),
    row("hvals", HASHES, "HVALS hsh:{n:20000}"),
    row("hrandfield", HASH, "HRANDFIELD hash 3"),
    row("hscan", HASH, "HSCAN hash {r:1000} COUNT 10"),
    row("sismember", SET, "SISMEMBER set mem:{n:400000}"),
    row("smismember", SET, "SMISMEMBER set mem:{n:400000} mem:{n:400000} mem:{n:400000}"),
    row("srem-sadd", SET, "SREM set mem:{n:200000} | SADD set mem:{n:200000}"),
    row("srandmember", SET, "SRANDMEMBER set"),
    row("srandmember-10", SET, "SRANDMEMBER set 10"),
    row("scard", SETS, "SCARD set:{n:2000}"),
    row("smembers", SETS, "SMEMBERS set:{n:2000}"),
    row("sinter", SETS, "SINTER set:{n:2000} set:{n:2000}"),
    row("sunion", SETS, "SUNION set:{n:2000} set:{n:2000}"),
    row("sdiff", SETS, "SDIFF set:{n:2000} set:{n:2000}"),
    row("sintercard", SETS, "SINTERCARD 2 set:{n:2000} set:{n:2000} LIMIT 10"),
    row("sinterstore", SETS, "SINTERSTORE dest set:{n:2000} set:{n:2000}"),
    row("sunionstore", SETS, "SUNIONSTORE dest set:{n:2000} set:{n:2000}"),
    row("sdiffstore", SETS, "SDIFFSTORE dest set:{n:2000} set:{n:2000}"),
    row("smove", SETS, "SMOVE set:{n:2000} set:{n:2000} mem:{n:200}"),
    row("zincrby", ZSET, "ZINCRBY zset 1 mem:{n:200000}"),
    row("zscore", ZSET, "ZSCORE zset mem:{n:200000}"),
    row("zrank", ZSET, "ZRANK zset mem:{n:200000}"),
    row("zrem-zadd", ZSET, "ZREM zset mem:{n:200000} | ZADD zset {r:1000000} mem:{n:200000}"),
    row("zcard", ZSETS, "ZCARD zst:{n:2000}"),
    row("zcount", ZSET, "ZCOUNT zset {r:500000} 1000000"),
    row("zrange", ZSET, "ZRANGE zset {r:100000} +inf BYSCORE LIMIT 0 10"),
    row("zrange-rank", ZSET, "ZREVRANGE zset 0 9 WITHSCORES"),
    row("zrange-deep", ZSET, "ZRANGE zset 100000 100009"),
    row("zrangebylex", LEX, "ZRANGEBYLEX lex [mem:{n:200000} + LIMIT 0 10"),
    row("zpopmin", ZSET, "ZPOPMIN zset | ZADD zset {r:1000000} mem:{n:200000}"),
    row("zadd-small", ZSETS, "ZADD zst:{n:2000} {r:1000} mem:{n:200}"),
    row("zrandmember", ZSET, "ZRANDMEMBER zset 3"),
    row("zunion", ZSETS, "ZUNION 2 zst:{n:2000} zst:{n:2000}"),
    row("zinterstore", ZSETS, "ZINTERSTORE dest 2 zst:{n:2000} zst:{n:2000}"),
    row("zdiff", ZSETS, "ZDIFF 2 zst:{n:2000} zst:{n:2000}"),
    row("pfadd", "", "PFADD hll:{n:100} {n:1000000}"),
    row("pfcount", "PFADD hll:{i:100} {i}", "PFCOUNT hll:{n:100}"),
    row("pfcount-changing", "PFADD hll:{i:100} {i}", "PFADD hll:{n:100} {n:1000000} | PFCOUNT hll:{n:100}"),
    row("pfmerge", "PFADD hll:{i:100} {i}", "PFMERGE dest hll:{n:100} hll:{n:100}"),
    row("geoadd", "", "GEOADD geo {r:179}.{r:1000000} {r:80}.{r:1000000} mem:{n:200000}"),
    row("geopos", PLACES, "GEOPOS geo mem:{n:200000}"),
    row("geodist", PLACES, "GEODIST geo mem:{n:200000} mem:{n:200000}"),
    row("geosearch", PLACES, "GEOSEARCH geo FROMLONLAT {r:179} {r:80} BYRADIUS 50 km COUNT 10"),
    row("sort", LISTS, "SORT lst:{n:1000} ALPHA LIMIT 0 10"),
    row("xadd-trim", "", "XADD stream MAXLEN ~ 1000 * field value-08"),
    row("xadd-two", "", "XADD stream * field-1 value-08 field-2 value-08"),
    on_stream("xrange", "XRANGE stream {n:1000000} + COUNT 10"),
    on_stream("xrevrange", "XREVRANGE stream {n:1000000} - COUNT 10"),
    on_stream("xread", "XREAD COUNT 10 STREAMS stream {n:1000000}"),
    on_stream("xreadgroup-xack", "XREADGROUP GROUP g c COUNT 1 STREAMS stream > | XACK stream g {i/2}-1"),
    on_stream("xreadgroup-10", "XREADGROUP GROUP g c COUNT 10 STREAMS stream >"),
    on_stream("xclaim", "XREADGROUP GROUP g c COUNT 1 STREAMS stream > | XCLAIM stream g d 0 {i/2}-1"),
    on_stream("xpending", "XREADGROUP GROUP g c COUNT 1 STREAMS stream > | XPENDING stream g - + 10"),
    on_stream("xdel", "XDEL stream {n:1000000}-1"),
    on_stream("xlen", "XLEN stream"),
    row("publish", "", "PUBLISH channel message"),
    row("echo", "", "ECHO message"),
    row("select", "", "SELECT 0"),
    row("multi", STRINGS, "MULTI | SET key:{n:200000} value-08 | GET key:{n:200000} | EXEC"),
    row("dump", HASHES, "DUMP hsh:{n:20000}"),
    with_script("evalsha-cad", "EVALSHA b998f9dfb154cdbea8cda65ad5177aadf0e945a2 1 key:{n:200000} other"),
    with_script("evalsha-unlock", "SET lock:{i/2} word | EVALSHA b998f9dfb154cdbea8cda65ad5177aadf0e945a2 1 lock:{i/2} word"),
    row("eval-cad", STRINGS, "EVAL if(redis.call('get',KEYS[1])==ARGV[1])then(redis.call)('del',KEYS[1])end 1 key:{n:200000} other"),
];
