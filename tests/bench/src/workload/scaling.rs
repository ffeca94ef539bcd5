//! The main operation of each type, for seeing how its cost grows with the collection: the collection has as many
//! elements as the key space has keys.

use super::{Count, Fill, FillRequest, Refill, Request, Workload};

const fn row(name: &'static str, fill: &'static str, request: &'static str) -> Workload {
    Workload {
        name,
        group: "scaling",
        about: request,
        fill: Some(Fill {
            count: Count::Keys,
            request: FillRequest::Text(fill),
            in_order: false,
        }),
        refill: Refill::EachRound,
        request: Request::Text(request),
        pipelines: &[16],
    }
}

/// The same for a collection whose elements must come in order.
const fn ordered(name: &'static str, fill: &'static str, request: &'static str) -> Workload {
    Workload {
        fill: Some(Fill {
            count: Count::Keys,
            request: FillRequest::Text(fill),
            in_order: true,
        }),
        ..row(name, fill, request)
    }
}

const STRINGS: &str = "SET key:{i} value-08";
const LIST: &str = "RPUSH list value-{i}";
const HASH: &str = "HSET hash fld:{i} value-08";
const SET: &str = "SADD set mem:{i}";
const ZSET: &str = "ZADD zset {r:1000000} mem:{i}";
const STREAM: &str = "XADD stream {i}-1 field value-08";
const PLACES: &str = "GEOADD geo {r:179}.{r:1000000} {r:80}.{r:1000000} mem:{i}";

/// The rows.
#[rustfmt::skip]
pub(crate) const ROWS: &[Workload] = &[
    row("SET", STRINGS, "SET key:{n} value-09"),
    row("GET", STRINGS, "GET key:{n}"),
    row("EXPIRE", STRINGS, "EXPIRE key:{n} 1000"),
    row("LPUSH, RPOP", LIST, "LPUSH list value-08 | RPOP list"),
    row("LRANGE 0 9", LIST, "LRANGE list 0 9"),
    row("HSET", HASH, "HSET hash fld:{n} value-09"),
    row("HGET", HASH, "HGET hash fld:{n}"),
    row("SREM, SADD", SET, "SREM set mem:{n} | SADD set mem:{n}"),
    row("SISMEMBER", SET, "SISMEMBER set mem:{n}"),
    row("ZADD", ZSET, "ZADD zset {r:1000000} mem:{n}"),
    row("ZRANK", ZSET, "ZRANK zset mem:{n}"),
    row("ZRANGEBYSCORE of 10", ZSET, "ZRANGEBYSCORE zset {r:1000000} +inf LIMIT 0 10"),
    row("ZPOPMIN, ZADD", ZSET, "ZPOPMIN zset | ZADD zset {r:1000000} mem:{n}"),
    ordered("XADD MAXLEN ~", STREAM, "XADD stream MAXLEN ~ {k} * field value-08"),
    ordered("XRANGE of 10", STREAM, "XRANGE stream {n} + COUNT 10"),
    row("GEOADD", PLACES, "GEOADD geo {r:179}.{r:1000000} {r:80}.{r:1000000} mem:{n}"),
    row("PFADD", "PFADD hll {i}", "PFADD hll {n}"),
];
