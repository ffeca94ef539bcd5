//! The patterns behind BY and GET: a key, or a hash's field, whose name has an element in place of the star. Knows
//! nothing of sorting.

use alloc::vec::Vec;

use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::types::hash_map::Hash;

/// A pattern with a star.
pub(super) struct Pattern<'a> {
    before: &'a [u8],
    after: &'a [u8],
    /// The field behind `->`, where the key is that of a hash.
    field: Option<&'a [u8]>,
}

impl<'a> Pattern<'a> {
    /// Nothing where there is no star.
    pub(super) fn parse(text: &'a [u8]) -> Option<Pattern<'a>> {
        let star = text.iter().position(|byte| *byte == b'*')?;
        let (before, after) = (&text[..star], &text[star + 1..]);
        let arrow = after.windows(2).position(|pair| pair == b"->");
        Some(match arrow.filter(|arrow| arrow + 2 < after.len()) {
            Some(arrow) => Pattern {
                before,
                after: &after[..arrow],
                field: Some(&after[arrow + 2..]),
            },
            None => Pattern {
                before,
                after,
                field: None,
            },
        })
    }

    /// Hands what is found for `element` to `put`: nothing where there is no such key or it holds another type.
    pub(super) fn value<R>(
        &self,
        keys: &mut Keyspace,
        element: &[u8],
        put: impl FnOnce(Option<&[u8]>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut key = Vec::new();
        key.try_reserve_exact(self.before.len() + element.len() + self.after.len())?;
        key.extend_from_slice(self.before);
        key.extend_from_slice(element);
        key.extend_from_slice(self.after);
        if let Some(field) = self.field {
            let now_ms = keys.now_ms();
            let hash = keys.read_collection::<Hash>(&key).ok().flatten();
            let value = hash.and_then(|(hash, hasher)| hash.get(hasher, field, now_ms));
            return match value {
                Some(value) => put(Some(value.text(&mut [0; 20]))),
                None => put(None),
            };
        }
        let entry = keys.read(&key);
        match entry.and_then(|entry| entry.string().ok()) {
            Some(value) => put(Some(value.bytes(&mut [0; 20]))),
            None => put(None),
        }
    }
}

/// Hands what GET of `text` gives for `element` to `put`.
pub(super) fn get(
    keys: &mut Keyspace,
    text: &[u8],
    element: &[u8],
    put: &mut impl FnMut(Option<&[u8]>) -> Result<(), Error>,
) -> Result<(), Error> {
    if text == b"#" {
        return put(Some(element));
    }
    match Pattern::parse(text) {
        Some(pattern) => pattern.value(keys, element, put),
        None => put(None),
    }
}
