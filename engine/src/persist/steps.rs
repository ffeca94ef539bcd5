//! A collection in steps of a bounded number of elements, for those that write them out. Knows no format.

use alloc::vec::Vec;

use crate::error::Error;

/// One step: from a cursor to the next one. It counts the elements it has written and keeps what has failed.
pub(super) type Step<'a> = dyn FnMut(u64, &mut usize, &mut Result<(), Error>) -> u64 + 'a;

/// Takes steps of a scan from `cursor` on until `budget` elements are written; true when it is through.
pub(super) fn scan(cursor: &mut u64, budget: usize, step: &mut Step<'_>) -> Result<bool, Error> {
    let (mut written, mut result) = (0, Ok(()));
    while written < budget {
        *cursor = step(*cursor, &mut written, &mut result);
        result?;
        if *cursor == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Goes on unless something failed before.
pub(super) fn also(result: &mut Result<(), Error>, next: impl FnOnce() -> Result<(), Error>) {
    if result.is_ok() {
        *result = next();
    }
}

/// Notes a name as the one from which on the next is looked for; with a 0 behind, that is the next but this one.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(super) fn note(from: &mut Vec<u8>, name: &[u8]) -> Result<(), Error> {
    from.clear();
    // With room for the 0.
    from.try_reserve(name.len() + 1)?;
    from.extend_from_slice(name);
    Ok(())
}
