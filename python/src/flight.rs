//! Computations under way, and what a fork or the interpreter's end means for them.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Computations under way in this process.
static FLYING: AtomicUsize = AtomicUsize::new(0);
/// Those of them that nobody waits for.
static LEFT: AtomicUsize = AtomicUsize::new(0);
/// The process that counts them.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// Whether this process was forked in the middle of a computation.
static BROKEN: AtomicBool = AtomicBool::new(false);
/// The thread that ends the interpreter.
static CLOSER: Mutex<Option<ThreadId>> = Mutex::new(None);

/// How often what is left is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A computation under way.
pub(crate) struct Flight {
    process: u32,
    is_left: AtomicBool,
}

impl Flight {
    /// Counts a computation.
    ///
    /// # Errors
    /// A process that was forked while its parent's other threads computed: their half-made state was copied with it,
    /// and whoever waits for it waits for ever.
    pub(crate) fn begin() -> PyResult<Flight> {
        let own = count_anew();
        if BROKEN.load(Ordering::SeqCst) {
            return Err(PyRuntimeError::new_err(
                "this process was forked while another thread of its parent was solving: start workers before, or by \
                 multiprocessing.get_context(\"spawn\")",
            ));
        }
        FLYING.fetch_add(1, Ordering::SeqCst);
        Ok(Flight { process: own, is_left: AtomicBool::new(false) })
    }

    /// Says that nobody waits for it any more.
    pub(crate) fn leave(&self) {
        if !self.is_left.swap(true, Ordering::SeqCst) {
            LEFT.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            return;
        }
        FLYING.fetch_sub(1, Ordering::SeqCst);
        if self.is_left.load(Ordering::SeqCst) {
            LEFT.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// In a process that was forked, begins to count anew.
fn count_anew() -> u32 {
    let own = std::process::id();
    if PROCESS.swap(own, Ordering::SeqCst) != own {
        LEFT.store(0, Ordering::SeqCst);
        if FLYING.swap(0, Ordering::SeqCst) > 0 {
            BROKEN.store(true, Ordering::SeqCst);
        }
    }
    own
}

/// Waits for computations that were interrupted, this long at most: before a fork, so that nothing of them is copied.
#[pyfunction]
pub(crate) fn settle(py: Python<'_>, seconds: f64) {
    count_anew();
    let until = Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 60.0));
    while LEFT.load(Ordering::SeqCst) > 0 && Instant::now() < until {
        py.detach(|| thread::sleep(LOOK_EVERY));
    }
}

/// Ends computations that other threads wait for, and waits for all that go on, this long at most: before the
/// interpreter ends.
#[pyfunction]
pub(crate) fn close(py: Python<'_>, seconds: f64) {
    count_anew();
    *CLOSER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
    let until = Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 60.0));
    while FLYING.load(Ordering::SeqCst) > 0 && Instant::now() < until {
        py.detach(|| thread::sleep(LOOK_EVERY));
    }
}

/// Whether the interpreter ends, and this thread is not the one that ends it.
pub(crate) fn is_over() -> bool {
    let closer = *CLOSER.lock().unwrap_or_else(PoisonError::into_inner);
    closer.is_some_and(|closer| closer != thread::current().id())
}
