//! The intended differences between Hyla and Redis: the whole list, each with its reason. It must not excuse more than it
//! says: a row tests the command and both answers.

use super::compare::Answer;
use crate::resp::{Blob, Node, Value};

/// One intended difference.
pub struct Difference {
    /// What differs and why, in a sentence.
    pub reason: &'static str,
    /// Whether this command with these answers (Hyla's, Redis') is the difference meant. `argv[0]` is in upper case.
    pub applies: fn(argv: &[Vec<u8>], hyla: &Answer, redis: &Answer) -> bool,
}

/// All of them. Hyla is the left side of the oracle, Redis the right one.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        reason: "OBJECT REFCOUNT: Redis shares small integers, but not where COPY made them; Hyla keeps no such objects and \
             answers as if all small integers were shared",
        applies: |argv, hyla, redis| {
            let is = |answer: &Answer, number| *answer == Answer::Value(Value::Int(number));
            argv.len() == 3
                && argv[0] == b"OBJECT"
                && argv[1].eq_ignore_ascii_case(b"REFCOUNT")
                && is(hyla, i64::from(i32::MAX))
                && is(redis, 1)
        },
    },
    Difference {
        reason: "HRANDFIELD of one field or with repetitions (damage made it so): chance decides which",
        applies: |argv, hyla, redis| {
            let shape = |answer: &Answer| match answer {
                Answer::Value(Value::Blob(..)) => Some(0),
                Answer::Value(Value::Node(Node::Array, fields)) => Some(fields.len()),
                _ => None,
            };
            argv[0] == b"HRANDFIELD"
                && argv.get(2).is_none_or(|count| count.starts_with(b"-"))
                && shape(hyla).is_some()
                && shape(hyla) == shape(redis)
        },
    },
    Difference {
        reason: "HELP lists subcommands in words of its own",
        applies: |argv, hyla, redis| {
            let lines = |answer: &Answer| matches!(answer, Answer::Value(Value::Node(Node::Array, lines)) if !lines.is_empty());
            argv.len() == 2 && argv[1].eq_ignore_ascii_case(b"HELP") && lines(hyla) && lines(redis)
        },
    },
    Difference {
        reason: "OBJECT ENCODING: Redis 7.0 has no listpack sets and keeps every list as a quicklist; 7.2 and Hyla keep \
             small ones as a listpack",
        applies: |argv, hyla, redis| {
            let is = |answer: &Answer, name: &[u8]| matches!(answer, Answer::Value(Value::Blob(Blob::Bulk, text)) if text == name);
            argv.len() == 3
                && argv[0] == b"OBJECT"
                && argv[1].eq_ignore_ascii_case(b"ENCODING")
                && is(hyla, b"listpack")
                && (is(redis, b"hashtable") || is(redis, b"quicklist"))
        },
    },
    Difference {
        reason: "OBJECT ENCODING: SADD of more numbers than an intset may have, of which some are the same (damage made it so), makes \
             a table since Redis 7.2, which goes by how many it is given",
        applies: |argv, hyla, redis| {
            let is = |answer: &Answer, name: &[u8]| matches!(answer, Answer::Value(Value::Blob(Blob::Bulk, text)) if text == name);
            argv.len() == 3
                && argv[0] == b"OBJECT"
                && argv[1].eq_ignore_ascii_case(b"ENCODING")
                && is(hyla, b"hashtable")
                && is(redis, b"intset")
        },
    },
    Difference {
        reason: "Redis before 7.2 writes doubles with 17 digits, Hyla and Redis 7.2 write the shortest text",
        applies: |argv, hyla, redis| match (hyla, redis) {
            (Answer::Value(hyla), Answer::Value(redis)) => {
                argv[0].starts_with(b"Z") && equal_but_for_doubles(hyla, redis, |a, b| a == b)
            }
            _ => false,
        },
    },
    Difference {
        reason: "the last bit of a distance that STOREDIST stores is the C library's, which rounds 1400 to 2600 of a million \
             sines, cosines and arc sines to the wrong side: 0.3 % of distances",
        applies: |argv, hyla, redis| match (hyla, redis) {
            (Answer::Value(hyla), Answer::Value(redis)) => {
                // Whole scores are places, which GEOSEARCHSTORE may have stored beside distances that it took for some.
                let near = |a: f64, b: f64| {
                    a == b || a.fract() != 0.0 && (a - b).abs() <= a.abs() * 4.0 * f64::EPSILON
                };
                argv[0] == b"ZRANGE"
                    && argv.get(1).is_some_and(|key| key.starts_with(b"geo:"))
                    && equal_but_for_doubles(hyla, redis, near)
            }
            _ => false,
        },
    },
    Difference {
        reason: "a function of Lua that needs more registers than there are is refused a token earlier or later: the two give \
             them out differently",
        applies: |argv, hyla, redis| {
            let head = |answer: &Answer| match answer {
                Answer::Value(Value::Line(_, text)) => {
                    let near = b" function or expression too complex near ";
                    let at = text.windows(near.len()).position(|window| window == near)?;
                    // The kind of error; the line may be another one where the call goes over several.
                    let kind = text.iter().position(|byte| *byte == b':')?;
                    (kind < at).then(|| text[..kind].to_vec())
                }
                _ => None,
            };
            let compiles: [&[u8]; 6] = [
                b"EVAL",
                b"EVAL_RO",
                b"SCRIPT",
                b"FUNCTION",
                b"FCALL",
                b"FCALL_RO",
            ];
            compiles.contains(&argv[0].as_slice())
                && head(hyla).is_some()
                && head(hyla) == head(redis)
        },
    },
    Difference {
        reason: "ZRANDMEMBER draws by chance where there are more members than it was asked for",
        applies: |argv, hyla, redis| match (hyla, redis) {
            (Answer::Value(hyla), Answer::Value(redis)) => {
                argv[0] == b"ZRANDMEMBER" && have_one_shape(hyla, redis)
            }
            _ => false,
        },
    },
    Difference {
        reason: "ZRANK and ZREVRANK take WITHSCORE since Redis 7.2, and call another word there a syntax error",
        applies: |argv, _, redis| {
            argv.len() > 3
                && (argv[0] == b"ZRANK" || argv[0] == b"ZREVRANK")
                && matches!(redis, Answer::Value(Value::Line(_, text)) if text.starts_with(b"ERR wrong number"))
        },
    },
];

/// Whether both are texts, or lists of one length.
fn have_one_shape(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Blob(left, _), Value::Blob(right, _)) => left == right,
        (Value::Node(left_kind, left), Value::Node(right_kind, right)) => {
            left_kind == right_kind && left.len() == right.len()
        }
        _ => false,
    }
}

/// Whether two replies are the same if texts of doubles that are `equal` count as the same.
fn equal_but_for_doubles(left: &Value, right: &Value, equal: fn(f64, f64) -> bool) -> bool {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<f64>().ok();
    let same = |left: &[u8], right: &[u8]| {
        left == right
            || number(left)
                .zip(number(right))
                .is_some_and(|(left, right)| equal(left, right))
    };
    match (left, right) {
        (Value::Blob(left_kind, left), Value::Blob(right_kind, right)) => {
            left_kind == right_kind && same(left, right)
        }
        (Value::Line(left_kind, left), Value::Line(right_kind, right)) => {
            left_kind == right_kind && same(left, right)
        }
        (Value::Node(left_kind, left), Value::Node(right_kind, right)) => {
            left_kind == right_kind
                && left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal_but_for_doubles(left, right, equal))
        }
        _ => left == right,
    }
}

/// The reason why these answers may differ, if there is one.
#[must_use]
pub fn intended(argv: &[Vec<u8>], hyla: &Answer, redis: &Answer) -> Option<&'static str> {
    let mut argv = argv.to_vec();
    if let Some(name) = argv.first_mut() {
        name.make_ascii_uppercase();
    }
    DIFFERENCES
        .iter()
        .find(|difference| (difference.applies)(&argv, hyla, redis))
        .map(|difference| difference.reason)
}
