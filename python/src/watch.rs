//! A computation in threads of its own, watched from Python: functions, signals, progress, threads.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyRuntimeError, PySystemExit};
use pyo3::prelude::*;
use saddleflux::Progress;

use crate::desk::{self, Desk, Event};
use crate::fault;
use crate::flight::{self, Flight};

/// How often a signal is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How long a computation that was asked to stop is waited for. One that does not look at its progress within that time
/// (the search for critical points, say) is left to end by itself: it owns what it works on, it calls nothing of
/// Python, and nobody hears of it.
const PATIENCE: Duration = Duration::from_millis(250);

/// Says that a computation has ended, also where it failed.
struct Ending(Sender<Event>);

impl Drop for Ending {
    fn drop(&mut self) {
        // Nobody listens any more where the computation was given up.
        let _ = self.0.send(Event::Ended);
    }
}

/// Runs `work` in threads of its own, without the interpreter's lock; what it asks of functions is answered here, in
/// the thread that called.
///
/// # Errors
/// What a signal handler, `tell` or a function raises; threads that cannot be had; a solver that panicked, which is a
/// fault of its own.
pub(crate) fn watched<T: Send + 'static>(
    py: Python<'_>,
    threads: usize,
    tell: Option<Bound<'_, PyAny>>,
    samplers: &[Bound<'_, PyAny>],
    work: impl FnOnce(&Progress, &Desk) -> T + Send + 'static,
) -> PyResult<T> {
    let flight = Arc::new(Flight::begin()?);
    let progress = Arc::new(Progress::default());
    let (events, happens) = mpsc::channel();
    let desk = Desk::new(events.clone());
    let (inside, asking, counted) = (Arc::clone(&progress), desk.clone(), Arc::clone(&flight));
    let solver = move || {
        let _ending = Ending(events);
        let _counted = counted;
        // No thread outlives it.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let found = pool.build_scoped(|thread| thread.run(), |pool| pool.install(|| work(&inside, &asking)));
        found.map_err(|error| error.to_string())
    };
    let solving = thread::Builder::new()
        .name("saddleflux".into())
        .spawn(solver)
        .map_err(|error| PyRuntimeError::new_err(format!("no thread can be had to solve on: {error}")))?;
    let mut listener = Listener { happens, progress: &progress, tell, samplers, told: Instant::now() };
    if let Err(error) = listener.listen(py) {
        progress.interrupt();
        desk.close();
        flight.leave();
        listener.give_up(py);
        return Err(fault::interruption(py, error));
    }
    drop(flight);
    match py.detach(|| solving.join()) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(reason)) => Err(fault::input("threads", &reason)),
        Err(_) => Err(PyRuntimeError::new_err(
            "the solver failed at a fault of its own, which standard error tells: please report it with the problem",
        )),
    }
}

/// The thread that asked for a solution.
struct Listener<'a, 'py> {
    happens: Receiver<Event>,
    progress: &'a Progress,
    tell: Option<Bound<'py, PyAny>>,
    samplers: &'a [Bound<'py, PyAny>],
    /// When progress was last told.
    told: Instant,
}

impl Listener<'_, '_> {
    fn wait(&mut self, py: Python<'_>, time: Duration) -> Result<Event, RecvTimeoutError> {
        // Detaching wants what can be sent, and of a receiver that is the only reference to it.
        let happens = &mut self.happens;
        py.detach(move || happens.recv_timeout(time))
    }

    /// Answers until the computation has ended.
    fn listen(&mut self, py: Python<'_>) -> PyResult<()> {
        loop {
            match self.wait(py, LOOK_EVERY) {
                Ok(Event::Asked(question)) => question.answer(py, self.samplers)?,
                Ok(Event::Doubted(doubt)) => doubt.answer(py, self.samplers)?,
                Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            py.check_signals()?;
            if flight::is_over() {
                // Ends a thread without a word.
                return Err(PySystemExit::new_err(()));
            }
            self.tell(py)?;
        }
    }

    fn tell(&mut self, py: Python<'_>) -> PyResult<()> {
        if self.told.elapsed() < TELL_EVERY {
            return Ok(());
        }
        if let Some(tell) = &self.tell {
            desk::call(tell, &self.progress.state().into_pyobject(py)?)?;
        }
        self.told = Instant::now();
        Ok(())
    }

    /// Waits a moment for a computation that was asked to stop; what it still asks is not answered.
    fn give_up(&mut self, py: Python<'_>) {
        let until = Instant::now() + PATIENCE;
        let mut is_asked = |time: Duration| self.wait(py, time).is_ok_and(|event| !matches!(event, Event::Ended));
        while is_asked(until.saturating_duration_since(Instant::now())) {}
    }
}
