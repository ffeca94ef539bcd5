//! The longest common subsequence of two strings, as the LCS command chooses it.
//!
//! Among several equally long ones Redis' walk from the ends decides, and so it does here. Where
//! Redis keeps a table of four bytes a cell, one bit a cell is enough to walk back.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;

/// One run of bytes common to both strings; all positions are inclusive byte indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// First and last position in the first string.
    pub a: (usize, usize),
    /// First and last position in the second string.
    pub b: (usize, usize),
}

impl Match {
    /// The run's length in bytes, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a match is never empty")]
    pub fn len(&self) -> usize {
        self.a.1 - self.a.0 + 1
    }
}

/// Why LCS refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LcsError {
    /// A string of 4 GB.
    TooLong,
    /// Redis' table for these lengths would exceed proto-max-bulk-len.
    OverLimit,
    /// No memory for the work.
    OutOfMemory,
}

impl LcsError {
    /// The error reply's text, with its code.
    pub fn text(self) -> &'static &'static str {
        match self {
            LcsError::TooLong => &"ERR String too long for LCS",
            LcsError::OverLimit => {
                &"ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
            }
            LcsError::OutOfMemory => {
                &"ERR Insufficient memory, failed allocating transient memory for LCS"
            }
        }
    }
}

impl From<TryReserveError> for LcsError {
    fn from(_: TryReserveError) -> LcsError {
        LcsError::OutOfMemory
    }
}

/// The length of the longest common subsequence in bytes.
///
/// `limit` is proto-max-bulk-len: refused is what Redis' own table of 4 * (|a|+1) * (|b|+1) bytes
/// would not fit into. O(|a| * |b|) time, O(|b|) memory.
pub fn length(a: &[u8], b: &[u8], limit: u64) -> Result<usize, LcsError> {
    check(a, b, limit)?;
    let mut row = zeros(b.len())?;
    for &byte in a {
        fill_row(byte, b, &mut row, |_| ());
    }
    Ok(row.last().map_or(0, |&len| len as usize))
}

/// The longest common subsequence itself; limits as for `length`, memory |a| * |b| bits.
pub fn subsequence(a: &[u8], b: &[u8], limit: u64) -> Result<Vec<u8>, LcsError> {
    let table = Table::build(a, b, limit)?;
    let mut found = Vec::new();
    found.try_reserve_exact(table.len)?;
    let mut step = table.start();
    while let Some(common) = table.next(&mut step) {
        found.extend(common.then(|| a[step.0]));
    }
    found.reverse();
    Ok(found)
}

/// The common runs, last one first, and the length of the whole subsequence.
///
/// Runs shorter than `len_min` (MINMATCHLEN) are left out; the whole length still counts them.
pub fn matches(
    a: &[u8],
    b: &[u8],
    len_min: usize,
    limit: u64,
) -> Result<(Vec<Match>, usize), LcsError> {
    let table = Table::build(a, b, limit)?;
    let mut found = Vec::new();
    let mut run: Option<Match> = None;
    let mut step = table.start();
    loop {
        let common = table.next(&mut step);
        run = match (run, common) {
            (Some(run), Some(true)) => Some(Match {
                a: (step.0, run.a.1),
                b: (step.1, run.b.1),
            }),
            (None, Some(true)) => Some(Match {
                a: (step.0, step.0),
                b: (step.1, step.1),
            }),
            (run, _) => {
                if let Some(run) = run.filter(|run| run.len() >= len_min) {
                    found.try_reserve(1)?;
                    found.push(run);
                }
                None
            }
        };
        if common.is_none() {
            return Ok((found, table.len));
        }
    }
}

fn check(a: &[u8], b: &[u8], limit: u64) -> Result<(), LcsError> {
    let (a_len, b_len) = (a.len() as u64, b.len() as u64);
    if a_len.max(b_len) >= u64::from(u32::MAX) - 1 {
        return Err(LcsError::TooLong);
    }
    let cells = (a_len + 1).saturating_mul(b_len + 1);
    if cells.saturating_mul(4) > limit {
        return Err(LcsError::OverLimit);
    }
    Ok(())
}

fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>, LcsError> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(len)?;
    zeros.resize(len, T::default());
    Ok(zeros)
}

/// Turns the lengths for one prefix of the first string into those for the next longer one.
///
/// `row[j]` is the length for `b[..=j]`. `up` is told, column by column, whether the way back from
/// a cell whose bytes differ leads up, to the shorter first string, rather than left.
fn fill_row(byte: u8, b: &[u8], row: &mut [u32], mut up: impl FnMut(bool)) {
    let (mut diagonal, mut left) = (0, 0);
    for (cell, &other) in row.iter_mut().zip(b) {
        let above = *cell;
        up(above > left);
        left = if byte == other {
            diagonal + 1
        } else {
            above.max(left)
        };
        diagonal = above;
        *cell = left;
    }
}

/// Which way back every cell leads; what is needed to read the subsequence from the ends.
struct Table<'a> {
    a: &'a [u8],
    b: &'a [u8],
    /// One bit a cell, row after row, each row starting a new word.
    up: Vec<u64>,
    words_per_row: usize,
    len: usize,
}

impl<'a> Table<'a> {
    fn build(a: &'a [u8], b: &'a [u8], limit: u64) -> Result<Table<'a>, LcsError> {
        check(a, b, limit)?;
        let words_per_row = b.len().div_ceil(64);
        let words = words_per_row.checked_mul(a.len());
        let mut up: Vec<u64> = zeros(words.ok_or(LcsError::OutOfMemory)?)?;
        let mut row = zeros(b.len())?;
        if words_per_row > 0 {
            for (&byte, words) in a.iter().zip(up.chunks_exact_mut(words_per_row)) {
                let mut column = 0;
                fill_row(byte, b, &mut row, |is_up| {
                    words[column / 64] |= u64::from(is_up) << (column % 64);
                    column += 1;
                });
            }
        }
        Ok(Table {
            a,
            b,
            up,
            words_per_row,
            len: row.last().map_or(0, |&len| len as usize),
        })
    }

    /// The walk's state: how much of each string is left.
    fn start(&self) -> (usize, usize) {
        (self.a.len(), self.b.len())
    }

    /// One step towards the front: whether it took a common byte, now at the state's positions.
    fn next(&self, (a_left, b_left): &mut (usize, usize)) -> Option<bool> {
        let (row, column) = (a_left.checked_sub(1)?, b_left.checked_sub(1)?);
        if self.a[row] == self.b[column] {
            (*a_left, *b_left) = (row, column);
            return Some(true);
        }
        let word = self.up[row * self.words_per_row + column / 64];
        if word >> (column % 64) & 1 == 1 {
            *a_left = row;
        } else {
            *b_left = column;
        }
        Some(false)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;

    const LIMIT: u64 = 512 << 20;

    /// Confirmed with LCS on a redis-server 7.0.15.
    #[test]
    fn example() {
        let (a, b) = (b"ohmytext", b"mynewtext");
        let runs = [
            Match {
                a: (4, 7),
                b: (5, 8),
            },
            Match {
                a: (2, 3),
                b: (0, 1),
            },
        ];
        assert_eq!(subsequence(a, b, LIMIT).as_deref(), Ok(&b"mytext"[..]));
        assert_eq!(length(a, b, LIMIT), Ok(6));
        assert_eq!(matches(a, b, 0, LIMIT), Ok((runs.to_vec(), 6)));
        assert_eq!(matches(a, b, 4, LIMIT), Ok((runs[..1].to_vec(), 6)));
        assert_eq!(matches(a, b"", 0, LIMIT), Ok((Vec::new(), 0)));
        assert_eq!(subsequence(b"", b, LIMIT), Ok(Vec::new()));
    }

    #[test]
    fn limit_counts_four_bytes_a_cell() {
        let text = std::vec![b'x'; 9];
        assert_eq!(length(&text, &text, 400), Ok(9));
        assert_eq!(length(&text, &text, 399), Err(LcsError::OverLimit));
        assert_eq!(matches(&text, &text, 0, 399), Err(LcsError::OverLimit));
    }

    proptest! {
        #[test]
        fn all_three_agree(a in "[abc]{0,80}", b in "[abcd]{0,80}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            let found = subsequence(a, b, LIMIT).unwrap();
            let (runs, len) = matches(a, b, 0, LIMIT).unwrap();
            prop_assert_eq!(found.len(), len);
            prop_assert_eq!(length(a, b, LIMIT), Ok(len));
            let mut joined = Vec::new();
            for run in runs.iter().rev() {
                prop_assert_eq!(&a[run.a.0..=run.a.1], &b[run.b.0..=run.b.1]);
                joined.extend_from_slice(&a[run.a.0..=run.a.1]);
            }
            prop_assert_eq!(joined, found);
        }
    }
}
