//! Failed allocations: the program ends with a message and exit status 3, where Rust would abort.
//!
//! Large allocations (grids, particles, matrices) are checked beforehand against the free memory. Other processes may
//! take that memory meanwhile, and many small allocations add up, so that allocations may still fail.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::io;
use crate::memory::{self, Bound};

/// The system's allocator, which ends the program if it fails.
pub struct Allocator;

/// The bound that limits the memory, found at the beginning of the program, because it cannot be read after a failed
/// allocation.
static BOUND: OnceLock<Bound> = OnceLock::new();

/// Finds the bound that limits the memory.
pub(super) fn prepare() {
    BOUND.get_or_init(|| memory::free().bound);
}

// SAFETY: every call is forwarded to the system's allocator, and its result is returned unless it is null.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees what the system's allocator requires.
        granted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        granted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        granted(unsafe { System.realloc(pointer, layout, size) }, size)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn granted(pointer: *mut u8, bytes: usize) -> *mut u8 {
    if pointer.is_null() {
        refused(bytes);
    }
    pointer
}

/// Ends the program without allocating memory.
#[cold]
fn refused(bytes: usize) -> ! {
    static HERE: AtomicU32 = AtomicU32::new(0);
    if HERE.fetch_add(1, Ordering::SeqCst) > 0 {
        // Another thread, or this one, has already begun to end the program.
        std::thread::sleep(Duration::from_secs(1));
        signal_hook::low_level::exit(STATUS);
    }
    let mut message = Text { bytes: [0; 512], length: 0 };
    let bound = BOUND.get().copied().unwrap_or(Bound::Unknown);
    let (amount, unit) = if bytes < 1_000_000 { (bytes as f64 / 1e3, "kB") } else { (bytes as f64 / 1e6, "MB") };
    // What exceeds the buffer is omitted.
    let _ = writeln!(
        message,
        "error: the system refuses {amount:.1} {unit} more of memory, bounded by {bound}: take fewer cells (grid.cells), fewer or shorter \
         particles ([particles]), less data, or fewer threads (--threads), or raise that limit. No file is half written"
    );
    // A handle of its own: the thread that holds the lock of standard error may be waiting for memory.
    #[cfg(unix)]
    if let Ok(handle) = std::os::fd::AsFd::as_fd(&std::io::stderr()).try_clone_to_owned() {
        let _ = File::from(handle).write_all(&message.bytes[..message.length]);
    }
    if let Some(unfinished) = io::Unfinished::try_stop() {
        unfinished.remove();
    }
    signal_hook::low_level::exit(STATUS)
}

const STATUS: i32 = 3;

/// A text in a buffer of fixed size.
struct Text {
    bytes: [u8; 512],
    length: usize,
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let end = self.length + part.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}
