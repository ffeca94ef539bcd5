//! The work that may still be done in a slice: one number, which the machine and all of its tables know. Audited, see the
//! module above.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ptr::NonNull;

/// Where that number is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fuel(NonNull<Cell<i64>>);

impl Fuel {
    pub(super) fn new() -> Fuel {
        Fuel(NonNull::from(Box::leak(Box::new(Cell::new(0)))))
    }

    /// Gives its memory back.
    ///
    /// # Safety
    /// It is not used any more, by nobody.
    pub(super) unsafe fn free(self) {
        // SAFETY: it came from a box, and the caller's promise.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }

    #[inline(always)]
    fn cell(&self) -> &Cell<i64> {
        // SAFETY: the heap frees it after everything that has it.
        unsafe { self.0.as_ref() }
    }

    /// What is left.
    #[inline(always)]
    pub(crate) fn get(self) -> i64 {
        self.cell().get()
    }

    /// From now on there is so much.
    #[inline(always)]
    pub(crate) fn set(self, units: i64) {
        self.cell().set(units);
    }

    /// Takes some.
    #[inline(always)]
    pub(crate) fn spend(self, units: usize) {
        let cell = self.cell();
        cell.set(cell.get() - units as i64);
    }

    /// Takes one unit; true if that was the last.
    #[inline(always)]
    pub(crate) fn burn(self) -> bool {
        let cell = self.cell();
        let left = cell.get() - 1;
        cell.set(left);
        left <= 0
    }
}
