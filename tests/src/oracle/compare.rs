//! When two replies count as the same. It must not know how they came about.

use super::generate::{FUTURE_S, MILLIS};
use crate::resp::{Node, Value};

/// Two servers do the same thing a little apart in time.
const TOLERANCE_MS: i64 = 1000;
const TOLERANCE_S: i64 = 1;

/// How a command's replies are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Byte for byte.
    Exact,
    /// An aggregate whose children may come in any order.
    Unordered,
    /// A remaining time in seconds.
    Seconds,
    /// A remaining time in milliseconds.
    Millis,
    /// A point in time in seconds: exact where it was given as such.
    UnixSeconds,
    /// A point in time in milliseconds: exact where it was given as such.
    UnixMillis,
    /// A whole scan, call after call: what it gave in total.
    Scan,
}

/// What one server said to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A reply.
    Value(Value),
    /// None, for this reason: closed, silent, not RESP.
    None(String),
}

impl Compare {
    /// Whether the two answers agree.
    #[must_use]
    pub fn agree(self, left: &Answer, right: &Answer) -> bool {
        if left == right {
            return true;
        }
        let (Answer::Value(left), Answer::Value(right)) = (left, right) else {
            return false;
        };
        match self {
            Compare::Exact | Compare::Scan => false,
            Compare::Unordered => sorted(left) == sorted(right),
            Compare::Seconds => near(left, right, TOLERANCE_S),
            Compare::Millis => near(left, right, TOLERANCE_MS),
            Compare::UnixSeconds => {
                let given = |n| FUTURE_S.iter().any(|s| n == *s || n == *s + 1);
                !is(left, given) && !is(right, given) && near(left, right, TOLERANCE_S)
            }
            Compare::UnixMillis => {
                let given = |n: i64| FUTURE_S.contains(&(n / 1000)) && MILLIS.contains(&(n % 1000));
                !is(left, given) && !is(right, given) && near(left, right, TOLERANCE_MS)
            }
        }
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Node(Node::Map, children) => {
            let mut entries: Vec<&[Value]> = children.chunks(2).collect();
            entries.sort();
            Value::Node(Node::Map, entries.concat())
        }
        Value::Node(kind, children) => {
            let mut children = children.clone();
            children.sort();
            Value::Node(*kind, children)
        }
        other => other.clone(),
    }
}

fn is(value: &Value, test: impl Fn(i64) -> bool) -> bool {
    matches!(value, Value::Int(n) if test(*n))
}

/// Negative numbers mean something else than a time, so they are never near.
fn near(left: &Value, right: &Value, tolerance: i64) -> bool {
    match (left, right) {
        (Value::Int(left @ 0..), Value::Int(right @ 0..)) => {
            left.abs_diff(*right) <= tolerance.unsigned_abs()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(compare: Compare, left: i64, right: i64) -> bool {
        compare.agree(
            &Answer::Value(Value::Int(left)),
            &Answer::Value(Value::Int(right)),
        )
    }

    #[test]
    fn times_are_compared_by_what_is_known_of_them() {
        assert!(agree(Compare::Millis, 5000, 5900) && !agree(Compare::Millis, 5000, 6001));
        assert!(agree(Compare::Seconds, 5, 6) && !agree(Compare::Seconds, 5, 7));
        assert!(!agree(Compare::Seconds, 0, -1) && !agree(Compare::Seconds, -1, -2));
        assert!(agree(Compare::UnixSeconds, 1_900_000_000, 1_900_000_001));
        assert!(!agree(Compare::UnixSeconds, FUTURE_S[0], FUTURE_S[0] + 1));
        assert!(!agree(
            Compare::UnixMillis,
            FUTURE_S[0] * 1000 + 499,
            FUTURE_S[0] * 1000 + 498
        ));
        assert!(!agree(Compare::Exact, 1, 2));
    }

    #[test]
    fn order_and_kind_count_where_they_should() {
        let array =
            |kind, items: &[i64]| Value::Node(kind, items.iter().map(|n| Value::Int(*n)).collect());
        let answer = |items: &[i64]| Answer::Value(array(Node::Array, items));
        assert!(Compare::Unordered.agree(&answer(&[1, 2]), &answer(&[2, 1])));
        assert!(!Compare::Unordered.agree(&answer(&[1, 2]), &answer(&[1, 1])));
        assert!(!Compare::Exact.agree(&answer(&[1, 2]), &answer(&[2, 1])));
        let set = Answer::Value(array(Node::Set, &[1, 2]));
        assert!(!Compare::Unordered.agree(&answer(&[1, 2]), &set));
    }
}
