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
];

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
