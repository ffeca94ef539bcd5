//! Blocks of memory for small objects: what is freed is kept for the next of its size, up to a bound, so that a script that
//! runs over and over asks the allocator for little. Audited, see the module above.

use alloc::alloc::{Layout, alloc, dealloc};
use core::ptr::{self, NonNull};

/// Sizes are rounded up to this many bytes, and one list of blocks is kept for each.
const STEP: usize = 16;
const LISTS: usize = 16;
/// Bytes that are kept. None under a fuzzer, which then sees what is used after it was freed.
const KEPT_MAX: usize = if cfg!(fuzzing) { 0 } else { 256 << 10 };

/// The blocks that are kept. A block that is kept holds the address of the next one.
#[derive(Debug)]
pub(super) struct Pool {
    lists: [*mut u8; LISTS],
    kept: usize,
}

fn list_of(size: usize) -> usize {
    size.wrapping_sub(1) / STEP
}

fn layout(size: usize) -> Layout {
    // SAFETY: callers ask for sizes that they have counted, far from the greatest; the alignment is a power of two.
    unsafe { Layout::from_size_align_unchecked(size.next_multiple_of(STEP), 8) }
}

impl Pool {
    pub(super) const fn new() -> Pool {
        Pool {
            lists: [ptr::null_mut(); LISTS],
            kept: 0,
        }
    }

    /// A block of `size` bytes, which are not none, aligned for any object; nothing if there is no memory.
    #[inline]
    pub(super) fn take(&mut self, size: usize) -> Option<NonNull<u8>> {
        if let Some(list) = self.lists.get_mut(list_of(size))
            && let Some(block) = NonNull::new(*list)
        {
            // SAFETY: a kept block is alive, belongs to nobody else and holds the next one's address.
            *list = unsafe { block.cast::<*mut u8>().read() };
            self.kept -= size.next_multiple_of(STEP);
            return Some(block);
        }
        // SAFETY: the layout is not empty.
        NonNull::new(unsafe { alloc(layout(size)) })
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// [`Pool::take`] has given it for this size, and nothing uses it any more.
    #[inline]
    pub(super) unsafe fn give(&mut self, block: *mut u8, size: usize) {
        let bytes = size.next_multiple_of(STEP);
        if let Some(list) = self.lists.get_mut(list_of(size))
            && self.kept + bytes <= KEPT_MAX
        {
            // SAFETY: the block has room for an address and is aligned for one.
            unsafe { block.cast::<*mut u8>().write(*list) };
            *list = block;
            self.kept += bytes;
            return;
        }
        // SAFETY: it came from `alloc` with this layout.
        unsafe { dealloc(block, layout(size)) };
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for (at, list) in self.lists.iter_mut().enumerate() {
            while let Some(block) = NonNull::new(*list) {
                // SAFETY: as in `take`; the blocks of a list are all of its size.
                unsafe {
                    *list = block.cast::<*mut u8>().read();
                    dealloc(block.as_ptr(), layout((at + 1) * STEP));
                }
            }
        }
    }
}
