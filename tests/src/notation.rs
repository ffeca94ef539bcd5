//! Bytes as readable text and back: quoting of arguments the way redis-cli does it, and of reply text. It must not know
//! about replies' structure or about files.

use std::fmt::Write;

/// Runs of one byte at least this long are written `"x"*1000`.
const RUN_MIN: usize = 48;

/// Bytes in double quotes, with `\xNN` for what is not printable ASCII. A long run of one byte becomes `"x"*1000`.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    if bytes.len() >= RUN_MIN && bytes.iter().all(|b| *b == bytes[0]) {
        return format!("{}*{}", quote(&bytes[..1]), bytes.len());
    }
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for &byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            _ => push_escaped(&mut out, byte),
        }
    }
    out.push('"');
    out
}

/// Text of a one-line reply: as it is, with escapes where a reader or an editor would lose something.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let last = at + 1 == bytes.len();
        let lost_at_end = last && byte == b' ';
        let like_a_wildcard = (at == 0 && byte == b'<') || (last && bytes.ends_with(b"..."));
        if lost_at_end || like_a_wildcard {
            let _ = write!(out, "\\x{byte:02x}");
        } else {
            push_escaped(&mut out, byte);
        }
    }
    out
}

fn push_escaped(out: &mut String, byte: u8) {
    match byte {
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x20..=0x7e => out.push(char::from(byte)),
        _ => {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

/// A command as one line: bare words where that is unambiguous, quoted otherwise.
#[must_use]
pub fn command_line<A: AsRef<[u8]>>(argv: &[A]) -> String {
    let words: Vec<String> = argv.iter().map(|arg| word(arg.as_ref())).collect();
    words.join(" ")
}

fn word(bytes: &[u8]) -> String {
    let plain = |b: &u8| b.is_ascii_graphic() && !b"\"'\\".contains(b);
    let long_run = bytes.len() >= RUN_MIN && bytes.iter().all(|b| *b == bytes[0]);
    if bytes.is_empty() || long_run || !bytes.iter().all(plain) {
        quote(bytes)
    } else {
        bytes.iter().map(|b| char::from(*b)).collect()
    }
}

/// Reverses [`escape`].
///
/// # Errors
/// A sentence about the escape that is wrong.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        rest = take_byte(rest, &mut out)?;
    }
    Ok(out)
}

/// Reverses [`quote`] for text that starts with a quote: the bytes, and what follows the closing quote or the run count.
///
/// # Errors
/// A sentence about what is wrong.
pub fn unquote(text: &str) -> Result<(Vec<u8>, &str), String> {
    let Some(inner) = text.strip_prefix('"') else {
        return Err(format!("expected a quoted string, found: {text}"));
    };
    let mut out = Vec::new();
    let mut rest = inner.as_bytes();
    loop {
        match rest.first() {
            None => return Err("unbalanced quotes".to_owned()),
            Some(b'"') => break,
            Some(_) => rest = take_byte(rest, &mut out)?,
        }
    }
    let after = &inner[inner.len() - rest.len() + 1..];
    let Some(count) = after.strip_prefix('*') else {
        return Ok((out, after));
    };
    let digits = count.len() - count.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let times: usize = count[..digits]
        .parse()
        .map_err(|_| format!("bad repeat count: *{count}"))?;
    Ok((out.repeat(times), &count[digits..]))
}

/// Takes one byte or one escape sequence from the front.
fn take_byte<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], String> {
    if rest[0] != b'\\' {
        out.push(rest[0]);
        return Ok(&rest[1..]);
    }
    let Some(&escape) = rest.get(1) else {
        return Err("lone backslash at the end".to_owned());
    };
    if escape == b'x' {
        let hex = rest
            .get(2..4)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = hex.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(byte.ok_or("\\x needs two hex digits")?);
        return Ok(&rest[4..]);
    }
    out.push(match escape {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        other => other,
    });
    Ok(&rest[2..])
}

/// Splits a line into arguments: bare words (backslashes literal), `"…"` with escapes and an optional `*count`, `'…'`.
///
/// # Errors
/// A sentence about what is wrong with the line.
pub fn split_arguments(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut argv = Vec::new();
    let mut rest = line.trim_start_matches(' ');
    while !rest.is_empty() {
        let after;
        if rest.starts_with('"') {
            let (bytes, left) = unquote(rest)?;
            argv.push(bytes);
            after = left;
        } else if let Some(inner) = rest.strip_prefix('\'') {
            let end = inner.find('\'').ok_or("unbalanced quotes")?;
            argv.push(inner.as_bytes()[..end].to_vec());
            after = &inner[end + 1..];
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            if rest[..end].contains(['"', '\'']) {
                return Err(format!("a quote inside a bare word: {}", &rest[..end]));
            }
            argv.push(rest.as_bytes()[..end].to_vec());
            after = &rest[end..];
        }
        if !after.is_empty() && !after.starts_with(' ') {
            return Err(format!("no space after a closing quote: {after}"));
        }
        rest = after.trim_start_matches(' ');
    }
    Ok(argv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_a_round_trip() {
        let all: Vec<u8> = (0..=255).collect();
        let argv: Vec<Vec<u8>> = vec![
            b"SET".to_vec(),
            Vec::new(),
            b"a b".to_vec(),
            b"\"'\\".to_vec(),
            all,
            vec![b'x'; 1000],
            b"plain*3".to_vec(),
        ];
        assert_eq!(split_arguments(&command_line(&argv)), Ok(argv));
    }

    #[test]
    fn lines_read_as_in_redis_cli() {
        let argv =
            split_arguments(r#"SET  'single \n' "\x00\xff\r\n" k\* "ab"*2"#).expect("well-formed");
        assert_eq!(
            argv,
            [
                &b"SET"[..],
                b"single \\n",
                b"\x00\xff\r\n",
                b"k\\*",
                b"abab"
            ]
        );
    }

    #[test]
    fn broken_quoting_is_named() {
        for line in [
            "\"abc", "'abc", "\"a\"b", "a\"b\"", "\"\\x0\"", "\"a\"*", "\"\\",
        ] {
            assert!(split_arguments(line).is_err(), "{line}");
        }
    }

    #[test]
    fn text_keeps_what_editors_strip() {
        for text in [
            &b"ends with a space "[..],
            b"<any>",
            b"dots...",
            b"tab\tback\\slash\xff",
            b"",
        ] {
            let escaped = escape(text);
            assert_eq!(escaped.trim_end(), escaped);
            assert!(!escaped.starts_with('<') && !escaped.ends_with("..."));
            assert_eq!(unescape(&escaped), Ok(text.to_vec()));
        }
        assert_eq!(escape(b"with: "), "with:\\x20");
    }
}
