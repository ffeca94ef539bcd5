//! Requests written as text: words with blanks between them, and places to fill in. Must not know what the
//! requests mean.
//!
//! | place | becomes |
//! |---|---|
//! | `{n}` | a random number below the size of the key space, twelve digits |
//! | `{n:100}` | a random number below 100, twelve digits |
//! | `{r:100}` | a random number below 100, as it is |
//! | `{k}` | the size of the key space, as it is |
//! | `{i}` | the request's number, twelve digits |
//! | `{i:100}` | the request's number modulo 100, twelve digits |
//! | `{i/100}` | the request's number divided by 100, twelve digits |
//! | `A \| B` | A and B in turn |

use super::Source;
use crate::resp::write_request;

/// Appends the request that `text` describes.
pub(super) fn append(text: &str, source: &mut Source, out: &mut Vec<u8>) {
    let turns = text.split(" | ").count() as u64;
    let turn = (source.index % turns) as usize;
    let one = text.split(" | ").nth(turn).unwrap_or(text);
    let words: Vec<Vec<u8>> = one.split(' ').map(|word| fill_in(word, source)).collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    write_request(out, &words);
}

fn fill_in(word: &str, source: &mut Source) -> Vec<u8> {
    let mut filled = String::new();
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once('{') {
        let (place, after) = behind.split_once('}').expect("a place is closed");
        filled.push_str(before);
        filled.push_str(&value(place, source));
        rest = after;
    }
    filled.push_str(rest);
    filled.into_bytes()
}

fn value(place: &str, source: &mut Source) -> String {
    let number = |text: &str| -> u64 { text.parse().expect("a place's bound is a number") };
    let padded = |value: u64| format!("{value:012}");
    match place.split_at(1) {
        ("n", "") => padded(source.rng.below(source.keys)),
        ("n", bound) => padded(source.rng.below(number(&bound[1..]))),
        ("k", "") => source.keys.to_string(),
        ("r", bound) => source.rng.below(number(&bound[1..])).to_string(),
        ("i", "") => padded(source.index),
        ("i", bound) if bound.starts_with('/') => padded(source.index / number(&bound[1..])),
        ("i", bound) => padded(source.index % number(&bound[1..])),
        _ => panic!("no such place: {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rng;
    use super::*;

    #[test]
    fn places_are_filled_in() {
        let mut source = Source {
            rng: Rng::new(1),
            keys: 1,
            index: 123,
        };
        assert_eq!(
            fill_in("a{n}b{i:100}", &mut source),
            b"a000000000000b000000000023"
        );
        assert_eq!(fill_in("{i/100}{r:1}", &mut source), b"0000000000010");
        assert_eq!(fill_in("{k}", &mut source), b"1");
        let mut out = Vec::new();
        append("A | B {n:1}", &mut source, &mut out);
        assert!(out.starts_with(b"*2\r\n$1\r\nB\r\n$12\r\n"));
    }
}
