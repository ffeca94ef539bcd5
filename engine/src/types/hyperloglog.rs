//! HyperLogLog in the very bytes of Redis' string values: header, cached cardinality, sparse or dense
//! registers. Knows nothing of keys; works on byte buffers.
//!
//! Header of 16 bytes: `HYLL`, encoding (0 dense, 1 sparse), three unused, the cached cardinality in
//! little-endian with its highest bit set while it is stale. 16384 registers of 6 bits follow. After
//! Flajolet et al., *HyperLogLog* (2007), and for the estimate Ertl, *New cardinality estimation
//! algorithms for HyperLogLog sketches* (2017).

mod dense;
mod estimate;
mod hash;
mod sparse;
#[cfg(test)]
mod tests;

use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::fmt;
pub use sparse::{Opcode, Opcodes};

/// How many registers there are.
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// Bits of an element's hash that choose the register; the others are counted.
const INDEX_BITS: u32 = 14;
/// Bits of the hash whose zeros are counted.
const COUNTED_BITS: u32 = 64 - INDEX_BITS;
const HEADER: usize = 16;
/// The size of a value with dense registers, in bytes.
pub const DENSE_LEN: usize = HEADER + REGISTERS * 6 / 8;
const MAGIC: &[u8; 4] = b"HYLL";
const DENSE: u8 = 0;
const SPARSE: u8 = 1;

/// Why a string is no HyperLogLog, or could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HllError {
    /// The header is not that of a HyperLogLog.
    NotHll,
    /// The registers do not add up.
    Corrupted,
    /// The allocator had no room.
    OutOfMemory,
}

impl HllError {
    /// The error reply's text, with its code.
    pub fn text(self) -> &'static &'static str {
        match self {
            HllError::NotHll => &"WRONGTYPE Key is not a valid HyperLogLog string value.",
            HllError::Corrupted => &"INVALIDOBJ Corrupted HLL object detected",
            HllError::OutOfMemory => &"ERR out of memory allocating the value",
        }
    }
}

impl fmt::Display for HllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl From<TryReserveError> for HllError {
    fn from(_: TryReserveError) -> Self {
        HllError::OutOfMemory
    }
}

/// How the registers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Six bits each.
    Dense,
    /// Runs of equal registers.
    Sparse,
}

/// The bytes of a HyperLogLog that has seen nothing.
///
/// Its cached cardinality, 0, is valid; PFADD without elements still marks it stale, see `invalidate`.
pub const EMPTY: [u8; 18] = {
    let mut bytes = [0; 18];
    bytes[0] = MAGIC[0];
    bytes[1] = MAGIC[1];
    bytes[2] = MAGIC[2];
    bytes[3] = MAGIC[3];
    bytes[4] = SPARSE;
    // One run of 16384 zeros.
    bytes[16] = 0x7f;
    bytes[17] = 0xff;
    bytes
};

/// Checks the header as Redis does before any use; the registers are checked when they are used. O(1).
///
/// All other functions here take strings that passed.
pub fn check(hll: &[u8]) -> Result<Encoding, HllError> {
    if hll.len() < HEADER || !hll.starts_with(MAGIC) {
        return Err(HllError::NotHll);
    }
    match hll[4] {
        DENSE if hll.len() == DENSE_LEN => Ok(Encoding::Dense),
        SPARSE => Ok(Encoding::Sparse),
        _ => Err(HllError::NotHll),
    }
}

/// Counts an element in; whether that changed a register. O(1) for dense, O(bytes) for sparse.
///
/// A sparse value becomes dense when it would grow beyond `sparse_bytes_max` (the directive
/// hll-sparse-max-bytes, header included) or when a register passes what sparse can hold.
pub fn add(hll: &mut Vec<u8>, element: &[u8], sparse_bytes_max: usize) -> Result<bool, HllError> {
    let (index, count) = hash::pattern(element);
    let changed = match check(hll)? {
        Encoding::Dense => dense::raise(&mut hll[HEADER..], index, count),
        Encoding::Sparse => sparse::raise(hll, index, count, sparse_bytes_max)?,
    };
    if changed {
        invalidate(hll);
    }
    Ok(changed)
}

/// Like `add` for a dense value where it lies; `None` if it is not dense. O(1).
pub fn add_in_place(hll: &mut [u8], element: &[u8]) -> Option<bool> {
    if check(hll) != Ok(Encoding::Dense) {
        return None;
    }
    let (index, count) = hash::pattern(element);
    let changed = dense::raise(&mut hll[HEADER..], index, count);
    if changed {
        invalidate(hll);
    }
    Some(changed)
}

/// Marks the cached cardinality stale, as after every change.
pub fn invalidate(hll: &mut [u8]) {
    if let Some(byte) = hll.get_mut(HEADER - 1) {
        *byte |= 0x80;
    }
}

/// The cardinality computed last, if nothing changed since. O(1).
pub fn cached_count(hll: &[u8]) -> Option<u64> {
    let bytes = hll.get(8..HEADER)?.first_chunk::<8>()?;
    let count = u64::from_le_bytes(*bytes);
    (count >> 63 == 0).then_some(count)
}

/// Stores a cardinality for `cached_count`.
pub fn set_cached_count(hll: &mut [u8], count: u64) {
    if let Some(place) = hll.get_mut(8..HEADER) {
        place.copy_from_slice(&count.to_le_bytes());
    }
}

/// Estimates how many different elements were counted in, from the registers. O(registers).
pub fn count(hll: &[u8]) -> Result<u64, HllError> {
    let mut histogram = [0; estimate::VALUES];
    match check(hll)? {
        Encoding::Dense => dense::histogram(&hll[HEADER..], &mut histogram),
        Encoding::Sparse => sparse::histogram(hll, &mut histogram)?,
    }
    Ok(estimate::cardinality(&histogram))
}

/// Makes the registers dense, keeping the cached cardinality; nothing happens if they are. O(registers).
pub fn to_dense(hll: &mut Vec<u8>) -> Result<(), HllError> {
    if check(hll)? == Encoding::Sparse {
        *hll = sparse::to_dense(hll)?;
    }
    Ok(())
}

/// The runs of a sparse value; none for a dense one.
pub fn opcodes(hll: &[u8]) -> Opcodes<'_> {
    match check(hll) {
        Ok(Encoding::Sparse) => Opcodes::new(hll),
        _ => Opcodes::new(&[]),
    }
}

/// One register of a dense value; `None` if it is not dense or has no such register. O(1).
pub fn dense_register(hll: &[u8], index: usize) -> Option<u8> {
    let dense = check(hll) == Ok(Encoding::Dense) && index < REGISTERS;
    dense.then(|| dense::get(&hll[HEADER..], index))
}

/// The registers of a union of values, one byte each.
#[derive(Clone, Debug)]
pub struct Union {
    registers: Vec<u8>,
    dense_seen: bool,
}

impl Union {
    /// The union of nothing: 16 KB.
    pub fn new() -> Result<Self, HllError> {
        let mut registers = Vec::new();
        registers.try_reserve_exact(REGISTERS)?;
        registers.resize(REGISTERS, 0);
        Ok(Union {
            registers,
            dense_seen: false,
        })
    }

    /// Takes a value in: every register becomes the larger of the two. O(registers).
    pub fn merge(&mut self, hll: &[u8]) -> Result<(), HllError> {
        match check(hll)? {
            Encoding::Dense => {
                self.dense_seen = true;
                dense::merge(&hll[HEADER..], &mut self.registers);
                Ok(())
            }
            Encoding::Sparse => sparse::merge(hll, &mut self.registers),
        }
    }

    /// Estimates how many different elements the values have counted together. O(registers).
    pub fn count(&self) -> u64 {
        let mut histogram = [0; estimate::VALUES];
        for &register in &self.registers {
            histogram[usize::from(register & 0x3f)] += 1;
        }
        estimate::cardinality(&histogram)
    }

    /// Raises the registers of `hll` to the union's, as PFMERGE does with its destination.
    ///
    /// It becomes dense if any merged value was, or as in `add`. O(registers), for sparse times runs.
    pub fn store(&self, hll: &mut Vec<u8>, sparse_bytes_max: usize) -> Result<(), HllError> {
        if self.dense_seen {
            to_dense(hll)?;
        }
        let mut encoding = check(hll)?;
        for (index, &register) in self.registers.iter().enumerate() {
            if register == 0 {
                continue;
            }
            if encoding == Encoding::Dense {
                dense::raise(&mut hll[HEADER..], index, register);
            } else {
                sparse::raise(hll, index, register, sparse_bytes_max)?;
                encoding = check(hll)?;
            }
        }
        invalidate(hll);
        Ok(())
    }
}
