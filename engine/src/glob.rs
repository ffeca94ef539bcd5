//! Glob patterns as KEYS, SCAN, PSUBSCRIBE and CONFIG GET understand them; knows only bytes.
//!
//! Redis' quirks are kept: the empty text matches no pattern but the empty one (KEYS handles a lone
//! `*` before it asks), an unterminated class ends with the pattern, ranges compare bytes as
//! signed (unless case is ignored), and an escaped byte inside a class keeps its case even where case is ignored.

/// Behind so many `*` nothing matches any more, as in Redis.
const STARS_MAX: u32 = 1000;

/// Whether the whole `text` matches `pattern`.
///
/// `*` any bytes, `?` one byte, `[a-c]` and `[^a-c]` classes, `\` takes the next byte literally.
/// With `nocase`, ASCII letters match in either case. No recursion: only the last `*` is ever
/// tried again, which finds the same matches as trying all of them. O(pattern * text), no
/// allocation.
pub fn matches(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    let mut stars = 0;
    let (mut at, mut pos) = (0, 0);
    // Behind the last `*`, and the text position from which that was last tried.
    let mut retry = None;
    while let (Some(&first), Some(&byte)) = (pattern.get(at), text.get(pos)) {
        if first == b'*' {
            at = skip_stars(pattern, at);
            if at == pattern.len() {
                return true;
            }
            stars += 1;
            if stars > STARS_MAX {
                return false;
            }
            retry = Some((at, pos));
            continue;
        }
        let (matched, next) = match_one(pattern, at, byte, nocase);
        if matched {
            (at, pos) = (next, pos + 1);
            if pos == text.len() {
                // Every further element needs a byte, so no retry with less text can succeed.
                return skip_stars(pattern, at) == pattern.len();
            }
            if at < pattern.len() {
                continue;
            }
        }
        let Some((star_at, star_pos)) = retry else {
            return false;
        };
        (at, pos) = (star_at, star_pos + 1);
        retry = Some((at, pos));
    }
    at == pattern.len() && pos == text.len()
}

/// The first place from `at` on that is not a `*`.
fn skip_stars(pattern: &[u8], at: usize) -> usize {
    let stars = pattern[at..].iter().take_while(|&&b| b == b'*').count();
    at + stars
}

/// Matches the element at `at`, which is not a `*`, with one byte; also where the next one starts.
fn match_one(pattern: &[u8], at: usize, byte: u8, nocase: bool) -> (bool, usize) {
    match pattern[at] {
        b'?' => (true, at + 1),
        b'[' => match_class(pattern, at + 1, byte, nocase),
        b'\\' if at + 1 < pattern.len() => (same(pattern[at + 1], byte, nocase), at + 2),
        literal => (same(literal, byte, nocase), at + 1),
    }
}

fn same(a: u8, b: u8, nocase: bool) -> bool {
    if nocase {
        a.eq_ignore_ascii_case(&b)
    } else {
        a == b
    }
}

/// Matches the class whose first byte inside the bracket is at `at`.
fn match_class(pattern: &[u8], mut at: usize, byte: u8, nocase: bool) -> (bool, usize) {
    let negated = pattern.get(at) == Some(&b'^');
    at += usize::from(negated);
    let mut found = false;
    loop {
        match pattern[at..] {
            [b'\\', escaped, ..] => {
                found |= escaped == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [] => break,
            [start, b'-', end, ..] => {
                found |= in_range(start, end, byte, nocase);
                at += 3;
            }
            [literal, ..] => {
                found |= same(literal, byte, nocase);
                at += 1;
            }
        }
    }
    (found != negated, at)
}

/// A range in either direction. Its ends are put in order before letters are lowered, as in Redis.
fn in_range(start: u8, end: u8, byte: u8, nocase: bool) -> bool {
    let (low, high) = if start as i8 > end as i8 {
        (end, start)
    } else {
        (start, end)
    };
    let order = |b: u8| match b {
        _ if !nocase => i32::from(b as i8),
        // C's tolower turns signed bytes into unsigned ones, but for this one, which is its EOF.
        0xff => -1,
        _ => i32::from(b.to_ascii_lowercase()),
    };
    (order(low)..=order(high)).contains(&order(byte))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn too_many_stars_match_nothing() {
        let text = [b'a'; 2000];
        for (stars, matched) in [(1000, true), (1001, false)] {
            assert_eq!(matches(&b"*?".repeat(stars), &text, false), matched);
            let closed = [b"*?".repeat(stars), b"*".to_vec()].concat();
            assert_eq!(matches(&closed, &text, false), matched);
        }
    }

    /// Confirmed with KEYS on a redis-server 7.0.15.
    #[test]
    fn case_sensitive() {
        let cases: &[(&[u8], &[u8], bool)] = &[
            (b"", b"", true),
            (b"*", b"", false),
            (b"**", b"", false),
            (b"**", b"a", true),
            (b"", b"a", false),
            (b"?", b"a", true),
            (b"[", b"a", false),
            (b"[^", b"a", true),
            (b"[^a", b"a", false),
            (b"[a", b"a", true),
            (b"[^]", b"a", true),
            (b"[]", b"a", false),
            (b"[]a]", b"a", false),
            (b"[\\]", b"a", false),
            (b"[a-", b"a", true),
            (b"[z-a]", b"a", true),
            (b"[\x80-\xff]", b"\xff", true),
            (b"[\x01-\xff]", b"\xff", true),
            (b"[\x01-\xff]", b"\x01", true),
            (b"[\x01-\xff]", b"a", false),
            (b"[\x00-\x7f]", b"a", true),
            (b"\\", b"a", false),
            (b"a\\", b"a", false),
            (b"a**", b"a", true),
            (b"*a", b"a", true),
            (b"a*", b"A", false),
        ];
        for &(pattern, text, expected) in cases {
            let got = matches(pattern, text, false);
            assert_eq!(got, expected, "{pattern:?} {text:?}");
        }
    }

    /// Confirmed with COMMAND LIST FILTERBY PATTERN on a redis-server 7.0.15.
    #[test]
    fn case_ignored() {
        for (pattern, text, expected) in NOCASE {
            let got = matches(pattern.as_bytes(), text.as_bytes(), true);
            assert_eq!(got, *expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn case_ignored_in_ranges_of_high_bytes() {
        assert!(matches(b"[\xff-p]et", b"get", true));
        assert!(!matches(b"[\x80-p]et", b"get", true));
    }

    const NOCASE: &[(&str, &str, bool)] = &[
        ("GET", "get", true),
        ("[G]ET", "get", true),
        ("[F-H]ET", "get", true),
        ("[H-F]et", "get", true),
        ("[Z-a]et", "get", false),
        ("[\\G]et", "get", false),
        ("[\\g]et", "get", true),
        ("\\G*T", "get", true),
        ("[^G]et", "get", false),
    ];

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = std::format!("{}b", "a*".repeat(1000));
        let text = "a".repeat(5000);
        assert!(!matches(pattern.as_bytes(), text.as_bytes(), false));
    }

    /// All ways to split the text at every `*`: slow, and obviously right for `*`, `?`, literals.
    fn plain(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| plain(rest, &text[skip..])),
            ([b'?', rest @ ..], [_, tail @ ..]) => plain(rest, tail),
            ([literal, rest @ ..], [byte, tail @ ..]) => literal == byte && plain(rest, tail),
            (_, []) => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn finds_what_full_backtracking_finds(pattern in "[ab*?]{0,10}", text in "[ab]{1,12}") {
            let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(matches(pattern, text, false), plain(pattern, text));
        }

        #[test]
        fn no_pattern_panics(pattern in r"[\[\]^\\*?a-]{0,20}", text in r"[a\\\[-]{0,8}") {
            matches(pattern.as_bytes(), text.as_bytes(), true);
            matches(pattern.as_bytes(), text.as_bytes(), false);
        }
    }
}
