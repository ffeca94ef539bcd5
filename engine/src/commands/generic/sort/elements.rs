//! What SORT sorts: the elements' texts in one buffer, each with what it is sorted by. Knows nothing of options or
//! replies.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use super::pattern::Pattern;
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::number::float;
use crate::types::sort::sort_many;

const NO_NUMBER: Error = Error::fixed(&"ERR One or more scores can't be converted into double");

struct Element {
    text: Range<usize>,
    score: f64,
    /// What BY found, as text.
    by: Option<Range<usize>>,
}

#[derive(Default)]
pub(super) struct Elements {
    bytes: Vec<u8>,
    items: Vec<Element>,
}

impl Elements {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn push(&mut self, text: &[u8]) -> Result<(), Error> {
        self.items.try_reserve(1)?;
        let text = append(&mut self.bytes, text)?;
        self.items.push(Element {
            text,
            score: 0.0,
            by: None,
        });
        Ok(())
    }

    pub(super) fn at(&self, index: usize) -> &[u8] {
        &self.bytes[self.items[index].text.clone()]
    }

    pub(super) fn reverse(&mut self) {
        self.items.reverse();
    }

    /// Finds what each element is sorted by.
    pub(super) fn look_up(
        &mut self,
        keys: &mut Keyspace,
        by: Option<&Pattern<'_>>,
        alpha: bool,
    ) -> Result<(), Error> {
        let Elements { bytes, items } = self;
        let mut all_numbers = true;
        let mut found = Vec::new();
        for item in items {
            match by {
                None if alpha => {}
                None => match number(&bytes[item.text.clone()]) {
                    Some(score) => item.score = score,
                    None => all_numbers = false,
                },
                Some(pattern) => {
                    found.clear();
                    let there = pattern.value(keys, &bytes[item.text.clone()], |value| {
                        append(&mut found, value.unwrap_or_default())?;
                        Ok(value.is_some())
                    })?;
                    if there && alpha {
                        item.by = Some(append(bytes, &found)?);
                    } else if there {
                        match number(&found) {
                            Some(score) => item.score = score,
                            None => all_numbers = false,
                        }
                    }
                }
            }
        }
        if all_numbers { Ok(()) } else { Err(NO_NUMBER) }
    }

    /// Sorts. What compares equal stays in its order. `exact`: by all bytes of a text, where otherwise it ends at its
    /// first zero as C's strings do.
    pub(super) fn sort(&mut self, alpha: bool, by: bool, exact: bool, descending: bool) {
        let Elements { bytes, items } = self;
        let text = |range: &Range<usize>| &bytes[range.clone()];
        let shown = |range: &Range<usize>| {
            let all = text(range);
            if exact { all } else { c_string(all) }
        };
        sort_many(items, |a, b| {
            let order = match (alpha, by) {
                (false, _) => {
                    let order = a.score.partial_cmp(&b.score).unwrap_or(Ordering::Equal);
                    order.then_with(|| text(&a.text).cmp(text(&b.text)))
                }
                (true, false) => shown(&a.text).cmp(shown(&b.text)),
                (true, true) => a.by.as_ref().map(shown).cmp(&b.by.as_ref().map(shown)),
            };
            let order = if descending { order.reverse() } else { order };
            // They came in the order of their texts.
            order.then_with(|| (a.text.start, a.text.end).cmp(&(b.text.start, b.text.end)))
        });
    }
}

fn append(bytes: &mut Vec<u8>, text: &[u8]) -> Result<Range<usize>, Error> {
    bytes.try_reserve(text.len())?;
    let start = bytes.len();
    bytes.extend_from_slice(text);
    Ok(start..bytes.len())
}

/// The bytes before the first zero.
fn c_string(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == 0);
    &text[..end.unwrap_or(text.len())]
}

/// Reads a number as C's `strtod` does: white space may come before it, a zero byte ends it, and no text is 0.
fn number(text: &[u8]) -> Option<f64> {
    let text = c_string(text);
    if text.is_empty() {
        return Some(0.0);
    }
    let space = |byte: &u8| matches!(byte, b' ' | 9..=13);
    let start = text.iter().position(|byte| !space(byte))?;
    float::parse(&text[start..])
}
