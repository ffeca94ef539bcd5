//! The allocator, a count of what it has handed out, and when unused pages go back to the system. Knows no engine.
#![allow(
    unsafe_code,
    reason = "a global allocator is unsafe to write; this one passes everything on"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicIsize, AtomicU64, Ordering};
use std::thread::Thread;

use mimalloc::MiMalloc;

/// What a thread counts for itself before it adds it to the sum, in bytes.
const PENDING_MAX: usize = 16 * 1024;
/// Sizes up to this come from bins, larger ones in whole pages.
const BINNED_MAX: usize = 128 * 1024;
const PAGE: usize = 4096;

/// The number of mimalloc's option `purge_delay`: how many milliseconds free pages wait before they go back.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
/// Longer than a server runs between two calls of [`give_back`].
const NEVER_MS: std::ffi::c_long = i32::MAX as std::ffi::c_long;
/// How much less of a processor the thread that gives pages back has: as little as there is.
const NICE: std::ffi::c_int = 19;
/// Pages go back at most once in this time.
const GIVE_BACK_US: u64 = 1_000_000;
/// They go back where so many bytes were freed, and so large a part of what was in use.
const FREED_MIN: u64 = 1 << 20;
const FREED_PART: u64 = 64;

static USED: AtomicIsize = AtomicIsize::new(0);
/// The most that was in use since pages went back last, and when that is to be looked at again.
static PEAK: AtomicU64 = AtomicU64::new(0);
static DUE_US: AtomicU64 = AtomicU64::new(0);
static GIVER: OnceLock<Thread> = OnceLock::new();

thread_local! {
    static PENDING: Cell<isize> = const { Cell::new(0) };
}

/// mimalloc, counted.
pub(crate) struct Counted;

/// Bytes in blocks that are handed out now: sizes of blocks, not those that were asked for. Exact to 16 KB a thread.
pub(crate) fn used_bytes() -> u64 {
    USED.load(Ordering::Relaxed).max(0) as u64
}

/// Gives free pages back to the system from a thread of their own from now on. By itself mimalloc does it in the thread that
/// happens to need a page, all that is due at once, which takes tens of milliseconds where a gigabyte was freed.
///
/// # Errors
/// There is no thread to be had.
pub(crate) fn give_back_aside() -> io::Result<()> {
    // SAFETY: the option exists, and any number is good for it.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, NEVER_MS) };
    let handle = std::thread::Builder::new()
        .name("pages".to_string())
        .spawn(|| {
            // It is busy for tens of milliseconds at a time.
            yield_to_others(NICE);
            loop {
                std::thread::park();
                // SAFETY: it may be called at any time; of other threads' memory it touches only pages that they gave up.
                unsafe { libmimalloc_sys::mi_collect(true) };
            }
        })?;
    let _ = GIVER.set(handle.thread().clone());
    Ok(())
}

/// Gives the calling thread less of a processor that it shares, `nice` steps less: one that is busy for long makes the
/// engine's thread, or a client on the same machine, wait for whole slices of the scheduler's. Does nothing where the
/// system knows priorities of processes only. It stands here because this module may use `unsafe`.
pub(crate) fn yield_to_others(nice: i32) {
    #[cfg(target_os = "linux")]
    // SAFETY: both take numbers; 0 is the calling thread.
    unsafe {
        let present = nix::libc::getpriority(nix::libc::PRIO_PROCESS, 0);
        nix::libc::setpriority(nix::libc::PRIO_PROCESS, 0, present + nice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nice;
}

/// Has pages given back if enough was freed lately. To be called from time to time by one thread.
pub(crate) fn look_after(now_us: u64) {
    let used = used_bytes();
    let peak = PEAK.load(Ordering::Relaxed).max(used);
    PEAK.store(peak, Ordering::Relaxed);
    if peak - used < FREED_MIN.max(peak / FREED_PART) || now_us < DUE_US.load(Ordering::Relaxed) {
        return;
    }
    PEAK.store(used, Ordering::Relaxed);
    DUE_US.store(now_us + GIVE_BACK_US, Ordering::Relaxed);
    if let Some(giver) = GIVER.get() {
        giver.unpark();
    }
}

/// The size of the block that a request of `size` bytes gets: in steps of 16 bytes up to 128, of an eighth to a
/// quarter above.
#[inline]
fn block_bytes(size: usize) -> isize {
    let bytes = if size <= 8 {
        8
    } else if size <= 128 {
        size.next_multiple_of(16)
    } else if size <= BINNED_MAX {
        let last = size - 1;
        let step = 1 << (last.ilog2() - 2);
        (last / step + 1) * step
    } else {
        size.next_multiple_of(PAGE)
    };
    bytes as isize
}

#[inline]
fn count(bytes: isize) {
    PENDING.with(|pending| {
        let sum = pending.get() + bytes;
        if sum.unsigned_abs() < PENDING_MAX {
            pending.set(sum);
        } else {
            pending.set(0);
            USED.fetch_add(sum, Ordering::Relaxed);
        }
    });
}

/// Whether every block of this size is aligned enough by itself: mimalloc's blocks have sizes in steps of 16 bytes and
/// begin where their size says, the smallest aside. Its functions that take an alignment do not rely on that and give a
/// larger block to most sizes that are no powers of two.
#[inline]
fn is_natural(layout: Layout, size: usize) -> bool {
    layout.align() <= 8 || layout.align() == 16 && size > 8
}

// SAFETY: every call goes to mimalloc with the size it came with, and with the alignment unless every block of that size has
// it; and mimalloc keeps the trait's contract. A block may be freed and resized whichever way it was allocated. Counting
// allocates nothing and unwinds nowhere: the thread's cell has no destructor, so that it is there to the thread's end.
unsafe impl GlobalAlloc for Counted {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = if is_natural(layout, layout.size()) {
            // SAFETY: any size is good.
            unsafe { libmimalloc_sys::mi_malloc(layout.size()).cast() }
        } else {
            // SAFETY: the caller's promise is passed on.
            unsafe { MiMalloc.alloc(layout) }
        };
        if !block.is_null() {
            count(block_bytes(layout.size()));
        }
        block
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = if is_natural(layout, layout.size()) {
            // SAFETY: any size is good.
            unsafe { libmimalloc_sys::mi_zalloc(layout.size()).cast() }
        } else {
            // SAFETY: the caller's promise is passed on.
            unsafe { MiMalloc.alloc_zeroed(layout) }
        };
        if !block.is_null() {
            count(block_bytes(layout.size()));
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { MiMalloc.dealloc(block, layout) };
        count(-block_bytes(layout.size()));
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let moved = if is_natural(layout, size) {
            // SAFETY: the caller promises that the block came from here.
            unsafe { libmimalloc_sys::mi_realloc(block.cast(), size).cast() }
        } else {
            // SAFETY: the caller's promise is passed on.
            unsafe { MiMalloc.realloc(block, layout, size) }
        };
        if !moved.is_null() {
            count(block_bytes(size) - block_bytes(layout.size()));
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_the_sizes_of_bins() {
        for (size, block) in [
            (1, 8),
            (9, 16),
            (16, 16),
            (17, 32),
            (128, 128),
            (129, 160),
            (160, 160),
            (161, 192),
            (257, 320),
            (1000, 1024),
            (1025, 1280),
            (100_000, 114_688),
            (200_000, 200_704),
        ] {
            assert_eq!(block_bytes(size), block, "{size}");
        }
    }

    #[test]
    fn the_option_is_the_one_that_is_meant() {
        // SAFETY: reads a number.
        let default_ms = unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        assert!(default_ms == 1000 || default_ms == NEVER_MS);
    }

    #[test]
    fn blocks_are_no_larger_than_they_are_counted_and_aligned() {
        for align in [1, 2, 4, 8, 16, 32, 64] {
            for size in (1..700).chain([1000, 4096, 5000, 65_536, 100_000]) {
                let layout = Layout::from_size_align(size, align).unwrap();
                for zeroed in [false, true] {
                    // SAFETY: the layout is one of a size that is not 0.
                    let block = unsafe {
                        match zeroed {
                            true => Counted.alloc_zeroed(layout),
                            false => Counted.alloc(layout),
                        }
                    };
                    assert!(block.addr().is_multiple_of(align), "{layout:?}");
                    // SAFETY: the block is mimalloc's.
                    let usable = unsafe { libmimalloc_sys::mi_usable_size(block.cast()) };
                    if align <= 8 {
                        assert_eq!(usable as isize, block_bytes(size), "{layout:?}");
                    }
                    let larger = Layout::from_size_align(size + 40, align).unwrap();
                    // SAFETY: the block came with this layout, and the moved one goes with its own.
                    unsafe {
                        let moved = Counted.realloc(block, layout, larger.size());
                        assert!(moved.addr().is_multiple_of(align), "{larger:?}");
                        Counted.dealloc(moved, larger);
                    }
                }
            }
        }
    }

    /// Other tests allocate meanwhile, but not that much.
    #[test]
    fn what_is_handed_out_is_counted() {
        let before = used_bytes() as f64;
        let mut large = vec![0u8; 300 << 20];
        let small: Vec<Box<[u8; 100]>> = (0..500_000).map(|_| Box::new([1; 100])).collect();
        let grown = used_bytes() as f64 - before;
        let expected = f64::from((300 << 20) + 500_000 * (112 + 8));
        assert!((grown - expected).abs() < expected / 10.0, "{grown}");
        large.truncate(100 << 20);
        large.shrink_to_fit();
        drop(small);
        let left = used_bytes() as f64 - before;
        assert!((left - f64::from(100 << 20)).abs() < 30e6, "{left}");
    }
}
