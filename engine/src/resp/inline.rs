//! Inline commands: one line of words, quoted as in redis-cli. Also how config files and the command
//! line are split. Knows nothing of what the words mean.

use alloc::vec::Vec;

use super::ArgBuf;

/// Splits `line` into words: `"…"` with the escapes `\n \r \t \b \a \xHH`, `'…'` with `\'`, or plain.
/// Nothing if a quote is not closed, or is followed by anything but space.
///
/// Source: redis-server's `sdssplitargs`, by observation.
pub fn split_line(line: &[u8]) -> Option<ArgBuf> {
    let mut words = ArgBuf::new();
    let mut word = Vec::new();
    let mut rest = line;
    loop {
        while rest.first().is_some_and(|byte| is_space(*byte)) {
            rest = &rest[1..];
        }
        if rest.first().is_none_or(|byte| *byte == 0) {
            return Some(words);
        }
        word.clear();
        rest = read_word(rest, &mut word)?;
        words.push(&word);
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0b | 0x0c)
}

/// Reads one word into `word` and gives what is behind it.
fn read_word<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest.first() {
            None | Some(0) => return Some(rest),
            Some(b'"') => {
                rest = read_double_quoted(&rest[1..], word)?;
                return ends_word(rest).then_some(rest);
            }
            Some(b'\'') => {
                rest = read_single_quoted(&rest[1..], word)?;
                return ends_word(rest).then_some(rest);
            }
            Some(byte) if is_space(*byte) => return Some(rest),
            Some(byte) => {
                word.push(*byte);
                rest = &rest[1..];
            }
        }
    }
}

fn ends_word(rest: &[u8]) -> bool {
    rest.first()
        .is_none_or(|byte| is_space(*byte) || *byte == 0)
}

fn read_double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match *rest {
            [b'"', ..] => return Some(&rest[1..]),
            [b'\\', b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                word.push(hex(high) << 4 | hex(low));
                rest = &rest[4..];
            }
            [b'\\', escaped, ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => other,
                });
                rest = &rest[2..];
            }
            [] | [0, ..] => return None,
            [byte, ..] => {
                word.push(byte);
                rest = &rest[1..];
            }
        }
    }
}

fn read_single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match *rest {
            [b'\\', b'\'', ..] => {
                word.push(b'\'');
                rest = &rest[2..];
            }
            [b'\'', ..] => return Some(&rest[1..]),
            [] | [0, ..] => return None,
            [byte, ..] => {
                word.push(byte);
                rest = &rest[1..];
            }
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn words(line: &str) -> Option<Vec<String>> {
        let split = split_line(line.as_bytes())?;
        Some(
            split
                .args()
                .iter()
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect(),
        )
    }

    #[test]
    fn words_and_quotes() {
        assert_eq!(words("set k  v ").unwrap(), ["set", "k", "v"]);
        assert_eq!(words(r#"set "a b" 'c d'"#).unwrap(), ["set", "a b", "c d"]);
        assert_eq!(words(r#""\x41\n\q" '\x41'"#).unwrap(), ["A\nq", r"\x41"]);
        assert_eq!(words(r#"ab"cd""#).unwrap(), ["abcd"]);
        assert_eq!(words(r#""""#).unwrap(), [""]);
        assert_eq!(words("").unwrap().len(), 0);
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        assert_eq!(words(r#""abc"#), None);
        assert_eq!(words(r#""a"b"#), None);
        assert_eq!(words("'a'b"), None);
        assert_eq!(words(r#""\"#), None);
    }
}
