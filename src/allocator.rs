//! Large allocations in huge pages.
//!
//! A big grid's arrays are written once. In pages of 4 kB the page faults take longer than the work: measured on a virtual
//! machine, 1.3 to 2 s for each GB touched first, against 0.1 to 0.4 s in pages of 2 MB. Systems give those on request only.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, which asks for huge pages where an allocation is large.
///
/// A program sets it with `#[global_allocator]`; the library itself does not depend on it.
pub struct HugePages;

/// The size of a huge page on x86-64 and on most other machines.
const PAGE: usize = 1 << 21;
/// Two pages: smaller allocations would leave much of a page unused.
const LARGE: usize = 2 * PAGE;

/// The layout that is asked from the system: large blocks begin at a page.
fn placed(layout: Layout) -> Layout {
    if layout.size() < LARGE {
        return layout;
    }
    // Sizes close to isize::MAX cannot be padded; the system refuses them all the same.
    layout.align_to(PAGE).unwrap_or(layout)
}

/// Asks for huge pages below the whole pages of a block.
fn advise(block: *mut u8, size: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: the range lies within a block that was just allocated; the advice changes no contents.
    unsafe {
        // Only a hint: a system without huge pages refuses it and loses nothing but time.
        let _ = libc::madvise(block.cast(), size & !(PAGE - 1), libc::MADV_HUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (block, size);
}

// SAFETY: every block comes from `System` with the layout that `placed` gives, and goes back to it with the same one.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout has a size above zero, and so has the placed one.
        let block = unsafe { System.alloc(placed(layout)) };
        if layout.size() >= LARGE && !block.is_null() {
            advise(block, layout.size());
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LARGE {
            // SAFETY: as above.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as above; the block has `size` bytes. The advice must come before the first touch.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block was allocated with this layout.
        unsafe { System.dealloc(block, placed(layout)) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() < LARGE && size < LARGE {
            // SAFETY: small blocks are the system's own.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the caller's `size` fits the alignment; both blocks hold the bytes that are copied.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}
