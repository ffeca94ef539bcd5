//! Patterns against what lua5.1 found.

extern crate std;
use super::*;
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};

/// `string.find`, its values as text, with `fuel` at a time.
fn find(subject: &[u8], pattern: &[u8], fuel: i64) -> String {
    if is_plain(pattern) {
        return match plain(subject, pattern, 0, fuel) {
            Some(start) => format!("{},{}", start + 1, start + pattern.len()),
            None => "nil".to_string(),
        };
    }
    find_pattern(subject, pattern, fuel)
}

/// The same for a pattern that is taken as one whatever is in it.
fn find_pattern(subject: &[u8], pattern: &[u8], fuel: i64) -> String {
    let mut runs = 0;
    let mut search = Search::new(pattern, true);
    search.from(0);
    loop {
        runs += 1;
        assert!(runs < 100_000, "no end in sight");
        match search.run(subject, pattern, &mut fuel.clone()) {
            Ok(Outcome::OutOfFuel) => {}
            Ok(Outcome::None) => return "nil".to_string(),
            Ok(Outcome::Match(start, end)) => {
                let mut out = format!("{},{}", start + 1, end);
                for index in 0..search.level() {
                    out.push(',');
                    match search.capture(index, start, end) {
                        Ok(Capture::Position(at)) => out.push_str(&(at + 1).to_string()),
                        Ok(Capture::Range(from, to)) => {
                            let caught = String::from_utf8_lossy(&subject[from..to]);
                            out.push_str(&format!("'{caught}'"));
                        }
                        Err(error) => return format!("error: {}", error.text()),
                    }
                }
                return out;
            }
            Err(error) => return format!("error: {}", error.text()),
        }
    }
}

/// A line is a pattern, a subject and the values of `string.find`, with tabs between.
#[test]
fn cases() {
    let mut count = 0;
    for line in include_str!("cases.txt").lines() {
        let mut fields = line.split('\t');
        let (pattern, subject) = (fields.next().unwrap(), fields.next().unwrap());
        let expected = fields.next().unwrap();
        for fuel in [1, 3, i64::MAX] {
            let found = find(subject.as_bytes(), pattern.as_bytes(), fuel);
            assert_eq!(found, expected, "{pattern:?} in {subject:?}, fuel {fuel}");
        }
        count += 1;
    }
    assert!(count > 2000);
}

#[test]
fn a_pattern_ends_at_its_nul() {
    assert_eq!(find_pattern(b"xab", b"a\0b", 99), "2,2");
    assert_eq!(find(b"xab", b"a\0b", 99), "nil");
    assert_eq!(find(b"x\0b", b"%zb", 99), "2,3");
    assert_eq!(
        find(b"x", b"[\0]", 99),
        "error: malformed pattern (missing ']')"
    );
    assert_eq!(
        find(b"x", b"x%\0", 99),
        "error: malformed pattern (ends with '%')"
    );
    assert!(is_plain(b"ab\0."));
    assert!(!is_plain(b"ab."));
}

#[test]
fn many_captures() {
    let some = "()".repeat(32);
    assert!(find(b"", some.as_bytes(), 999).starts_with("1,0,1,1,1"));
    let many = "()".repeat(33);
    assert_eq!(find(b"", many.as_bytes(), 999), "error: too many captures");
}

#[test]
fn deep_patterns_end() {
    let pattern = "a?".repeat(150_000);
    let subject = "a".repeat(150_000);
    assert_eq!(
        find(subject.as_bytes(), pattern.as_bytes(), i64::MAX),
        "1,150000"
    );
    let pattern = "a?".repeat(250_000);
    let subject = "a".repeat(250_000);
    assert_eq!(
        find(subject.as_bytes(), pattern.as_bytes(), i64::MAX),
        "error: pattern too complex"
    );
}

/// What takes exponential time in Lua takes as much fuel here, and stops.
#[test]
fn fuel_ends_what_time_would_not() {
    let pattern = b".-.-.-.-.-.-.-.-.-.-b";
    let subject = [b'a'; 300];
    let mut search = Search::new(pattern, true);
    search.from(0);
    let mut fuel = 1_000_000;
    assert_eq!(
        search.run(&subject, pattern, &mut fuel),
        Ok(Outcome::OutOfFuel)
    );
    assert!(fuel > -100);
}

fn plain(subject: &[u8], wanted: &[u8], from: usize, fuel: i64) -> Option<usize> {
    let mut at = from;
    loop {
        match find_plain(subject, wanted, &mut at, &mut fuel.clone()) {
            Outcome::OutOfFuel => {}
            Outcome::None => return None,
            Outcome::Match(start, end) => {
                assert_eq!(end - start, wanted.len());
                return Some(start);
            }
        }
    }
}

proptest! {
    #[test]
    fn plain_search(subject in "[ab]{0,200}", wanted in "[ab]{0,6}", fuel in 1i64..100) {
        let expected = subject.find(&wanted);
        prop_assert_eq!(plain(subject.as_bytes(), wanted.as_bytes(), 0, fuel), expected);
    }

    /// Whatever the bytes are, a run ends and tells the same however it is cut.
    #[test]
    fn cuts_do_not_matter(
        subject in proptest::collection::vec(0u8..128, 0..12),
        pattern in "[ab%()\\[\\]^$.*+?f1-]{0,10}",
    ) {
        let whole = find(&subject, pattern.as_bytes(), 1_000_000);
        prop_assert_eq!(find(&subject, pattern.as_bytes(), 1), whole);
    }
}
