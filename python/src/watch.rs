//! A computation in threads of its own, watched from Python: signals, progress, threads, forks.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use saddleflux::Progress;

use crate::fault;

/// How often a signal is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How long a computation that was asked to stop is waited for. One that does not look at its progress within that time
/// (the search for critical points, say) is left to end by itself: it owns what it works on, and nobody hears of it.
const PATIENCE: Duration = Duration::from_millis(250);

/// An exception that was raised where a computation called Python.
#[derive(Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    /// Keeps an exception; the first one tells what went wrong.
    pub(crate) fn put(&self, error: PyErr) {
        if let Ok(mut kept) = self.0.lock() {
            kept.get_or_insert(error);
        }
    }

    /// Whether there is one.
    pub(crate) fn is_set(&self) -> bool {
        self.0.lock().is_ok_and(|kept| kept.is_some())
    }

    /// Takes the exception.
    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().ok()?.take()
    }
}

/// Runs `work` in threads of its own, without the interpreter's lock.
///
/// # Errors
/// What a signal handler, `tell` or a function within `work` raises; threads that cannot be had; a solver that
/// panicked, which is a fault of its own.
pub(crate) fn watched<T: Send + 'static>(
    py: Python<'_>,
    threads: usize,
    tell: Option<Bound<'_, PyAny>>,
    raised: &Raised,
    work: impl FnOnce(&Progress) -> T + Send + 'static,
) -> PyResult<(T, usize)> {
    let flight = Flight::begin()?;
    let progress = Arc::new(Progress::default());
    let (sender, mut receiver) = mpsc::sync_channel(1);
    let inside = Arc::clone(&progress);
    let solver = move || {
        let _flight = flight;
        let pool = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool,
            Err(error) => {
                let _ = sender.send(Err(error.to_string()));
                return;
            }
        };
        let found = pool.install(|| work(&inside));
        // Nobody listens any more where the computation was given up.
        let _ = sender.send(Ok((found, pool.current_num_threads())));
    };
    std::thread::Builder::new()
        .name("saddleflux".into())
        .spawn(solver)
        .map_err(|error| PyRuntimeError::new_err(format!("no thread can be had to solve on: {error}")))?;
    let outcome = listen(py, &mut receiver, &progress, tell.as_ref());
    // What a function of the user's raised says more than what came of it.
    match (raised.take(), outcome?) {
        (Some(error), _) => Err(error),
        (None, Ok(found)) => Ok(found),
        (None, Err(reason)) => Err(fault::input("threads", &reason)),
    }
}

/// Waits for the computation, and asks it to stop when a signal comes.
fn listen<T: Send>(
    py: Python<'_>,
    receiver: &mut Receiver<Result<T, String>>,
    progress: &Progress,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<Result<T, String>> {
    let mut told = Instant::now();
    // Detaching wants what can be sent, and of a receiver that is the only reference to it.
    let mut wait = |time: Duration| {
        let receiver = &mut *receiver;
        py.detach(move || receiver.recv_timeout(time))
    };
    loop {
        match wait(LOOK_EVERY) {
            Ok(found) => return Ok(found),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err(
                    "the solver failed at a fault of its own, which standard error tells: please report it with the problem",
                ));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let look = || -> PyResult<()> {
            py.check_signals()?;
            match tell {
                Some(tell) if told.elapsed() >= TELL_EVERY => tell.call1(progress.state()).map(drop),
                _ => Ok(()),
            }
        };
        let seen = look();
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
        }
        if let Err(error) = seen {
            progress.interrupt();
            let _ = wait(PATIENCE);
            return Err(fault::interruption(py, error));
        }
    }
}

/// Computations under way in this process.
static FLYING: AtomicUsize = AtomicUsize::new(0);
/// The process that counts them.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// Whether this process was forked in the middle of a computation.
static BROKEN: AtomicBool = AtomicBool::new(false);

/// A computation under way.
struct Flight(u32);

impl Flight {
    /// Counts a computation.
    ///
    /// # Errors
    /// A process that was forked while its parent's other threads computed: their half-made state was copied with it,
    /// and whoever waits for it waits for ever.
    fn begin() -> PyResult<Flight> {
        let own = std::process::id();
        if PROCESS.swap(own, Ordering::SeqCst) != own && FLYING.swap(0, Ordering::SeqCst) > 0 {
            BROKEN.store(true, Ordering::SeqCst);
        }
        if BROKEN.load(Ordering::SeqCst) {
            return Err(PyRuntimeError::new_err(
                "this process was forked while another thread of its parent was solving: start workers before, or by \
                 multiprocessing.get_context(\"spawn\")",
            ));
        }
        FLYING.fetch_add(1, Ordering::SeqCst);
        Ok(Flight(own))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.0 == std::process::id() {
            FLYING.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
