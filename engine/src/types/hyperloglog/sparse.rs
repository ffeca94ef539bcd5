//! Sparse registers: runs of equal values, one or two bytes each; knows the header only to step over it.
//!
//! `00xxxxxx` is a run of x + 1 zeros, `01xxxxxx yyyyyyyy` one of xy + 1 zeros, `1vvvvvxx` x + 1 registers
//! with the value v + 1. Which of the possible forms a change leaves behind is Redis' choice at every
//! step, so that the bytes are the same after the same elements.

use super::{DENSE, DENSE_LEN, HEADER, HllError, REGISTERS, dense, estimate};
use alloc::vec::Vec;

/// The largest value a run can have.
const VALUE_MAX: u8 = 32;
const VALUE_RUN_MAX: usize = 4;
const ZERO_RUN_MAX: usize = 64;
/// How many opcodes a change looks at for equal neighbours.
const MERGE_SCAN: usize = 5;

/// A run of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Up to 64 registers of zero, in one byte.
    Zero(usize),
    /// Up to 16384 registers of zero, in two bytes.
    LongZero(usize),
    /// Up to 4 registers of this value, in one byte.
    Value(u8, usize),
}

impl Opcode {
    /// How many registers it stands for.
    pub fn run(self) -> usize {
        match self {
            Opcode::Zero(run) | Opcode::LongZero(run) | Opcode::Value(_, run) => run,
        }
    }

    /// Their value.
    pub fn value(self) -> u8 {
        match self {
            Opcode::Value(value, _) => value,
            Opcode::Zero(_) | Opcode::LongZero(_) => 0,
        }
    }

    fn bytes_len(self) -> usize {
        if matches!(self, Opcode::LongZero(_)) {
            2
        } else {
            1
        }
    }

    /// Reads the opcode at `at`; `None` behind the last one, or if it is cut off.
    #[inline]
    fn read(hll: &[u8], at: usize) -> Option<Opcode> {
        let first = *hll.get(at)?;
        Some(if first & 0x80 != 0 {
            Opcode::Value((first >> 2 & 0x1f) + 1, usize::from(first & 3) + 1)
        } else if first & 0x40 != 0 {
            let second = *hll.get(at + 1)?;
            Opcode::LongZero((usize::from(first & 0x3f) << 8 | usize::from(second)) + 1)
        } else {
            Opcode::Zero(usize::from(first) + 1)
        })
    }
}

/// The runs of a sparse value, in order.
#[derive(Clone, Debug)]
pub struct Opcodes<'a> {
    hll: &'a [u8],
    at: usize,
}

impl<'a> Opcodes<'a> {
    pub(super) fn new(hll: &'a [u8]) -> Self {
        Opcodes { hll, at: HEADER }
    }
}

impl Iterator for Opcodes<'_> {
    type Item = Opcode;

    fn next(&mut self) -> Option<Opcode> {
        let opcode = Opcode::read(self.hll, self.at)?;
        self.at += opcode.bytes_len();
        Some(opcode)
    }
}

/// Hands the runs to `each` with the first register of each, as long as they stay inside; they must then
/// have come to exactly all registers, and the bytes to an end.
fn for_each_run(hll: &[u8], mut each: impl FnMut(usize, usize, u8)) -> Result<(), HllError> {
    let mut first = 0;
    let mut opcodes = Opcodes::new(hll);
    while let Some(opcode) = opcodes.next() {
        let run = opcode.run();
        if first + run > REGISTERS {
            return Err(HllError::Corrupted);
        }
        each(first, run, opcode.value());
        first += run;
    }
    // One that is cut off would go beyond the last register, too.
    if first == REGISTERS && opcodes.at == hll.len() {
        Ok(())
    } else {
        Err(HllError::Corrupted)
    }
}

/// Adds up how many registers have each value. O(runs).
pub(super) fn histogram(
    hll: &[u8],
    histogram: &mut [u32; estimate::VALUES],
) -> Result<(), HllError> {
    for_each_run(hll, |_, run, value| {
        histogram[usize::from(value)] += run as u32;
    })
}

/// Raises each byte of `union` to the register of the same index. O(registers).
pub(super) fn merge(hll: &[u8], union: &mut [u8]) -> Result<(), HllError> {
    for_each_run(hll, |first, run, value| {
        if value > 0 {
            for place in &mut union[first..first + run] {
                *place = (*place).max(value);
            }
        }
    })
}

/// The same value with dense registers. O(registers).
pub(super) fn to_dense(hll: &[u8]) -> Result<Vec<u8>, HllError> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(DENSE_LEN)?;
    bytes.extend_from_slice(&hll[..HEADER]);
    bytes[4] = DENSE;
    bytes.resize(DENSE_LEN, 0);
    let registers = &mut bytes[HEADER..];
    for_each_run(hll, |first, run, value| {
        if value > 0 {
            for index in first..first + run {
                dense::raise(registers, index, value);
            }
        }
    })?;
    Ok(bytes)
}

/// A register's run, and where it stands.
struct Place {
    opcode: Opcode,
    at: usize,
    /// The run before, or this one if it is the first.
    before: usize,
    /// The first register of the run.
    first: usize,
}

/// Finds the run that holds a register. O(runs).
fn locate(hll: &[u8], index: usize) -> Result<Place, HllError> {
    let (mut at, mut before, mut first) = (HEADER, HEADER, 0);
    while let Some(opcode) = Opcode::read(hll, at) {
        let run = opcode.run();
        if index < first + run {
            return Ok(Place {
                opcode,
                at,
                before,
                first,
            });
        }
        before = at;
        at += opcode.bytes_len();
        first += run;
    }
    Err(HllError::Corrupted)
}

/// Raises the register at `index` to at least `value`; whether it was lower. O(bytes).
///
/// The value becomes dense if it would be longer than `bytes_max` or the register's value does not fit.
pub(super) fn raise(
    hll: &mut Vec<u8>,
    index: usize,
    value: u8,
    bytes_max: usize,
) -> Result<bool, HllError> {
    if value > VALUE_MAX {
        return promote(hll, index, value);
    }
    let place = locate(hll, index)?;
    if place.opcode.value() >= value {
        return Ok(false);
    }
    if place.opcode.run() == 1 && place.opcode.bytes_len() == 1 {
        hll[place.at] = value_byte(value, 1);
    } else if !split(hll, &place, index, value, bytes_max)? {
        return promote(hll, index, value);
    }
    join_neighbours(hll, place.before);
    Ok(true)
}

fn promote(hll: &mut Vec<u8>, index: usize, value: u8) -> Result<bool, HllError> {
    *hll = to_dense(hll)?;
    Ok(dense::raise(&mut hll[HEADER..], index, value))
}

/// Cuts a run around one register, which gets the new value; `false` if there is no room for that.
fn split(
    hll: &mut Vec<u8>,
    place: &Place,
    index: usize,
    value: u8,
    bytes_max: usize,
) -> Result<bool, HllError> {
    let mut pieces = Pieces::default();
    pieces.push(place.opcode.value(), index - place.first);
    pieces.push(value, 1);
    let last = place.first + place.opcode.run() - 1;
    pieces.push(place.opcode.value(), last - index);
    let pieces = &pieces.bytes[..pieces.len];
    let (old_len, old_bytes) = (hll.len(), place.opcode.bytes_len());
    if pieces.len() > old_bytes && old_len + pieces.len() - old_bytes > bytes_max {
        return Ok(false);
    }
    let more = pieces.len().saturating_sub(old_bytes);
    if hll.capacity() - old_len < more {
        // Sparse values grow by single bytes up to a few thousand.
        hll.try_reserve_exact((old_len / 8).max(16))?;
    }
    let behind = place.at + old_bytes;
    hll.resize(old_len + more, 0);
    hll.copy_within(behind..old_len, place.at + pieces.len());
    hll.truncate(old_len + pieces.len() - old_bytes);
    hll[place.at..place.at + pieces.len()].copy_from_slice(pieces);
    Ok(true)
}

/// The opcodes that take the place of one.
#[derive(Default)]
struct Pieces {
    bytes: [u8; 5],
    len: usize,
}

impl Pieces {
    fn push(&mut self, value: u8, run: usize) {
        let short = |byte| ([byte, 0], 1);
        let (bytes, len) = match (value, run) {
            (_, 0) => return,
            (0, 1..=ZERO_RUN_MAX) => short(run as u8 - 1),
            (0, _) => {
                let stored = run - 1;
                ([0x40 | (stored >> 8) as u8, stored as u8], 2)
            }
            (value, run) => short(value_byte(value, run)),
        };
        self.bytes[self.len..self.len + len].copy_from_slice(&bytes[..len]);
        self.len += len;
    }
}

fn value_byte(value: u8, run: usize) -> u8 {
    0x80 | (value - 1) << 2 | (run - 1) as u8
}

/// Joins runs of the same value where they fit into one, from `at` on over the next few.
fn join_neighbours(hll: &mut Vec<u8>, mut at: usize) {
    for _ in 0..MERGE_SCAN {
        let Some(opcode) = Opcode::read(hll, at) else {
            return;
        };
        if let Opcode::Value(value, run) = opcode
            && let Some(Opcode::Value(next_value, next_run)) = Opcode::read(hll, at + 1)
            && value == next_value
            && run + next_run <= VALUE_RUN_MAX
        {
            hll[at + 1] = value_byte(value, run + next_run);
            hll.remove(at);
        } else {
            at += opcode.bytes_len();
        }
    }
}
