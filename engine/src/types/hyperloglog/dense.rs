//! Dense registers: six bits each, lowest bits first; knows nothing of the header.

use super::REGISTERS;

/// Registers that eight bytes' worth of shifting hands out at once: 6 bytes hold 8 of them.
const GROUP_BYTES: usize = 6;
const GROUP: usize = 8;

/// The register at `index`, which exists. O(1).
pub(super) fn get(registers: &[u8], index: usize) -> u8 {
    let (at, shift) = (index * 6 / 8, index * 6 % 8);
    let low = u16::from(registers[at]);
    let high = u16::from(registers.get(at + 1).copied().unwrap_or(0));
    ((low | high << 8) >> shift) as u8 & 0x3f
}

/// Raises the register at `index` to at least `value`; whether it was lower. O(1).
pub(super) fn raise(registers: &mut [u8], index: usize, value: u8) -> bool {
    if get(registers, index) >= value {
        return false;
    }
    let (at, shift) = (index * 6 / 8, index * 6 % 8);
    let (mask, bits) = (0x3fu16 << shift, u16::from(value) << shift);
    registers[at] = registers[at] & !(mask as u8) | bits as u8;
    if let Some(next) = registers.get_mut(at + 1) {
        *next = *next & !((mask >> 8) as u8) | (bits >> 8) as u8;
    }
    true
}

/// Hands each register to `each`, in order.
fn for_each(registers: &[u8], mut each: impl FnMut(usize, u8)) {
    let (groups, _) = registers.as_chunks::<GROUP_BYTES>();
    for (at, group) in groups.iter().enumerate() {
        let [a, b, c, d, e, f] = *group;
        let mut bits = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        for offset in 0..GROUP {
            each(at * GROUP + offset, bits as u8 & 0x3f);
            bits >>= 6;
        }
    }
}

/// Adds up how many registers have each value. O(registers).
pub(super) fn histogram(registers: &[u8], histogram: &mut [u32; 64]) {
    // Neighbours mostly have equal values: two tables keep one addition from waiting for the other.
    let mut odd = [0; 64];
    for_each(registers, |index, value| {
        if index % 2 == 0 {
            histogram[usize::from(value)] += 1;
        } else {
            odd[usize::from(value)] += 1;
        }
    });
    for (sum, odd) in histogram.iter_mut().zip(odd) {
        *sum += odd;
    }
}

/// Raises each byte of `union` to the register of the same index. O(registers).
pub(super) fn merge(registers: &[u8], union: &mut [u8]) {
    let Some(union) = union.first_chunk_mut::<REGISTERS>() else {
        return;
    };
    for_each(registers, |index, value| {
        let place = &mut union[index % REGISTERS];
        *place = (*place).max(value);
    });
}
