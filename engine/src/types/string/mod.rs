//! What string commands compute on the bytes of a value: ranges, bits, bit fields, LCS.

pub mod bitfield;
pub mod bits;
pub mod lcs;
pub mod range;
